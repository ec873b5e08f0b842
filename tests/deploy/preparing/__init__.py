"""An account before its first deployment."""
