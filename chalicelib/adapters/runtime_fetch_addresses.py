"""Addresses of the compatible download: the runtime serves ``/fetch/<token>``, on a host where it serves bytes, in the cloud behind the front door."""

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import Tenant

PREFIX = "/fetch/"


class RuntimeFetchAddresses:
    """``with_blobs``: this install's bytes come from the runtime itself, so tokens are served on the host of the signed addresses."""

    def __init__(self, *, with_blobs: bool) -> None:
        self._with_blobs = with_blobs

    def url(self, tenant: Tenant, token: str) -> str:
        return (tenant.blob_base_url if self._with_blobs else tenant.base_url) + PREFIX + token


class FrontFetchAddresses:
    """In the cloud: the tenant's own host, whose front door leads ``/fetch/`` to a container of the runtime's image.

    Built for functions too, which can't stream for hours and needn't: they only say the address.
    """

    def url(self, tenant: Tenant, token: str) -> str:
        return tenant.base_url + PREFIX + token


class NoFetchAddresses:
    """For functions without a runtime beside them: there is nobody who could stream."""

    def url(self, tenant: Tenant, token: str) -> str:  # noqa: ARG002  # the port's signature
        raise Refused("compatible_away", "This install has no host that opens files for browsers.")
