"""Recall, expiry, destruction, verification of absence, certificates."""
