"""Figures: what Fumibako does in a time, beside what people would use instead. ``python -m bench NAME``."""
