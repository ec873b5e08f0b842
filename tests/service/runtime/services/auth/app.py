"""A small service of the runtime's own tests."""

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.bootstrap import context

app = FumibakoApp("auth", context)
