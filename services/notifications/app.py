"""What people are told: mails in Japanese and English. Mounted at /notifications."""

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.bootstrap import context

app = FumibakoApp("notifications", context)
