"""Addresses of the compatible download in memory: ``given`` has every address by its token; ``away`` takes the host away."""

from dataclasses import dataclass, field

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import Tenant


@dataclass
class FakeFetchAddresses:
    """Implements ``FetchAddresses``."""

    given: dict[str, str] = field(default_factory=dict)
    away: bool = False

    def url(self, tenant: Tenant, token: str) -> str:
        if self.away:
            raise Refused("compatible_away", "No host opens files.")
        self.given[token] = f"{tenant.base_url}/opened/{token}"
        return self.given[token]
