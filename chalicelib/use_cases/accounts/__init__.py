"""Members, service accounts, sessions and tokens: who may come in, and for how long."""
