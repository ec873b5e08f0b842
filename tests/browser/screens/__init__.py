"""One module for each area of the page: how each of its screens is brought to its empty, its full and its error state. README.md says how."""
