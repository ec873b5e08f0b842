"""Rows of notifications and reporting: lists of the tenant, for its admins and auditors."""

from tests.service.matrix.rows import Row
from tests.service.matrix.rows_auth import ADMINS_ONLY

ROWS = (
    Row("GET", "/notifications/v1/openapi.json", open=True),
    Row("GET", "/notifications/v1/deliveries", refused=ADMINS_ONLY),
    Row("POST", "/notifications/v1/deliveries/replay", refused=ADMINS_ONLY),
)
