"""What the library can do, each once, as coroutines over a line. ``Fumibako`` and ``AsyncFumibako`` are the doors to them."""
