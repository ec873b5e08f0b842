"""Whole installs for stories and fault rounds: separate processes over TCP, people with the command line, mails from the maildir."""
