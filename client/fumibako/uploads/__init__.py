"""Sending: local files to parts, sealed and stored, resumable after a crash."""
