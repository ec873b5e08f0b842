"""What the page may connect to: the origins of a tenant's signed addresses, for its Content-Security-Policy."""

import asyncio
import time
from typing import Final
from urllib.parse import urlsplit

from chalicelib.domain.errors import Refused
from chalicelib.use_cases.tenant_origin import tenant_addresses
from onprem.runtime.host import Host
from onprem.runtime.page import PageOrigins

# A changed address of the store is seen after this long; a page loads its document far more often.
_KEPT_SECONDS: Final = 30.0
_MOST_HOSTS: Final = 1_000


class TenantOrigins:
    """Asked with a request's Host. An unknown host gets a page that connects to nothing but itself."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._known: dict[str, tuple[float, PageOrigins]] = {}

    async def __call__(self, name: str) -> PageOrigins:
        """Raises nothing: a store that is away must not take the page away with it."""
        until, found = self._known.get(name, (0.0, None))
        now = time.monotonic()
        if found is not None and now < until:
            return found
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._host.requests, self._look, name)
        if len(self._known) >= _MOST_HOSTS:
            self._known.clear()
        self._known[name] = (now + _KEPT_SECONDS, found)
        return found

    def _look(self, name: str) -> PageOrigins:
        try:
            base_url, blob_base_url = tenant_addresses(self._host.ports(), name)
        except Refused:
            return PageOrigins((), is_https=False)
        return PageOrigins(self._blobs(base_url, blob_base_url), is_https=base_url.startswith("https:"))

    def _blobs(self, base_url: str, blob_base_url: str) -> tuple[str, ...]:
        settings = self._host.settings
        if settings.blobs == "filesystem":
            return () if blob_base_url == base_url else (blob_base_url,)
        parts = urlsplit(blob_base_url)
        # A bucket is addressed by path or by host, as its store wants it.
        return (blob_base_url, f"{parts.scheme}://{settings.s3_bucket}.{parts.netloc}")
