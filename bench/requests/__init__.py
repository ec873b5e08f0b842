"""What the figures of a request stand on: API Gateway events, a load of requests, and peers that do the same work."""
