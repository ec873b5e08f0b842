"""Pure rules. Nothing here reads a clock, a random source, a file or a network: time and randomness are arguments."""
