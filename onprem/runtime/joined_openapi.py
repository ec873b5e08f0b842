"""/openapi.json: the four services' documents as one."""

from collections.abc import Mapping

import msgspec

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.openapi import joined, openapi


def joined_openapi(apps: Mapping[str, FumibakoApp]) -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(joined({name: openapi(app, name) for name, app in apps.items()}))
