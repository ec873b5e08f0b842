"""Files on their way: transfers, file requests, parts, downloads, certificates. Mounted at /transfers."""

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.bootstrap import context

app = FumibakoApp("transfers", context)
