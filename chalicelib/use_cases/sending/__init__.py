"""From the first call to a complete upload, and what the sender sees and changes afterwards."""
