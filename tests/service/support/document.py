"""The joined OpenAPI document, as every runtime serves it at /openapi.json."""

import json
from typing import Any

from chalicelib.settings import Settings
from onprem.runtime.apps import load_apps
from onprem.runtime.joined_openapi import joined_openapi


def joined_document() -> dict[str, Any]:
    """Built from the apps' own routes; no runtime is needed for it."""
    return dict(json.loads(joined_openapi(load_apps(Settings()))))
