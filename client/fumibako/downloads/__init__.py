"""Fetching: ranges in parallel, opened segment by segment, whole or not at all."""
