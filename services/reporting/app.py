"""What happened: the audit chain and the usage projection. Mounted at /reporting."""

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.bootstrap import context

app = FumibakoApp("reporting", context)
