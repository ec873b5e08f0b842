"""Rows of notifications and reporting: lists of the tenant, for its admins and auditors."""

from tests.service.matrix.rows import Row
from tests.service.matrix.rows_auth import ADMINS_ONLY

# The scope is asked before the role: neither token here has the scope admin, nor audit:read.
BY_SCOPE = {**ADMINS_ONLY, **dict.fromkeys(("narrow", "robot"), (403, "scope_missing"))}

ROWS = (
    Row("GET", "/notifications/v1/openapi.json", open=True),
    Row("GET", "/notifications/v1/deliveries", refused=BY_SCOPE),
    Row("POST", "/notifications/v1/deliveries/replay", refused=BY_SCOPE),
    Row("GET", "/reporting/v1/openapi.json", open=True),
    Row("GET", "/reporting/v1/audit", refused=BY_SCOPE),
    Row("GET", "/reporting/v1/audit/export", refused=BY_SCOPE),
    Row("GET", "/reporting/v1/audit/roots", refused=BY_SCOPE),
    Row("GET", "/reporting/v1/audit/check", refused=BY_SCOPE),
    Row("POST", "/reporting/v1/audit/erase-personal", body={"subject": "tr_x"}, refused=BY_SCOPE),
    Row("GET", "/reporting/v1/usage", refused=BY_SCOPE),
    Row("GET", "/reporting/v1/events", refused=BY_SCOPE),
)
