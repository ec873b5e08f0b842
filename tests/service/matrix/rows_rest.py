"""Rows of notifications and reporting: lists of the tenant, for its admins and auditors."""

from tests.service.matrix.rows import Row
from tests.service.matrix.rows_auth import ADMINS_ONLY
# The scope is asked before the role: neither token here has the scope admin.
BY_SCOPE = {**ADMINS_ONLY, **dict.fromkeys(("narrow", "robot"), (403, "scope_missing"))}

ROWS = (
    Row("GET", "/notifications/v1/openapi.json", open=True),
    Row("GET", "/notifications/v1/deliveries", refused=BY_SCOPE),
    Row("POST", "/notifications/v1/deliveries/replay", refused=BY_SCOPE),
)
