"""Commands for contributors; nothing here ships."""
