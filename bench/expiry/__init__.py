"""What the figures of the workers stand on: an install, many transfers that are due at once, and a judge of their ends."""
