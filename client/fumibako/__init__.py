"""Fumibako: send files to people outside, and fetch what they sent. The client library behind the ``fumibako`` command."""

__version__ = "0.1.0"
