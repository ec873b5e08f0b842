"""Addresses of the compatible download on a host: the runtime serves ``/fetch/<token>`` where it serves bytes."""

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import Tenant

PREFIX = "/fetch/"


class RuntimeFetchAddresses:
    """``with_blobs``: this install's bytes come from the runtime itself, so tokens are served on the host of the signed addresses."""

    def __init__(self, *, with_blobs: bool) -> None:
        self._with_blobs = with_blobs

    def url(self, tenant: Tenant, token: str) -> str:
        return (tenant.blob_base_url if self._with_blobs else tenant.base_url) + PREFIX + token


class NoFetchAddresses:
    """For functions without a runtime beside them: there is nobody who could stream."""

    def url(self, tenant: Tenant, token: str) -> str:  # noqa: ARG002  # the port's signature
        raise Refused("compatible_away", "This install has no host that opens files for browsers.")
