"""Aggregates to records and back: the only room that knows keys. Imports domain and ports, nothing else."""
