"""File requests: asking somebody outside, and the receipt for what came."""
