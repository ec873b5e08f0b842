"""What differs between systems about files: places, locks, and what outlives a power cut. Written for Linux, macOS and Windows."""
