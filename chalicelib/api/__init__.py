"""The HTTP edge: decoding requests, shaping answers and problems, the authorizer, OpenAPI."""
