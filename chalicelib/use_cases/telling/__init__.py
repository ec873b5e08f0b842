"""Mails and how they went."""
