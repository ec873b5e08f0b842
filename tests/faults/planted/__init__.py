"""Runtimes with one fault each, to see that the judges notice. Run instead of ``python -m onprem.runtime``; nothing else imports them."""
