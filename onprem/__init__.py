"""Fumibako on customers' own hosts."""
