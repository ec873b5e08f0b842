"""Hosts the Chalice apps outside AWS: one port, workers, a scheduler and the byte path."""
