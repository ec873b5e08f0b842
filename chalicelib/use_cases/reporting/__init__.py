"""What happened: the audit chain, usage, the event log."""
