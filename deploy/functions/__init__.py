"""Code of the small functions that stacks bring with them, inline in their templates: the standard library and boto3, at most 4,096 characters."""
