"""Sign-in services under contract: the fake, and our adapter beside a real certified provider."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from chalicelib.ports.identity import IdentityClient, IdentityService, VerifiedIdentity
from tests.contract.harness import Registry, Scene
from tests.sign_in_service import CLIENT_ID, CLIENT_SECRET, sign_in_service

REDIRECT = "http://127.0.0.1:9/auth/v1/links/sso/callback"


@dataclass
class IdentitySubject:
    """``sign_in(url, address)``: what a browser brings back. ``away``: the same where nobody answers; ``elsewhere``: an issuer that is none."""

    service: IdentityService
    client: IdentityClient
    sign_in: Callable[[str, str], dict[str, str]]
    away: IdentityService
    elsewhere: str


@contextmanager
def fake_identity(scene: Scene) -> Iterator[IdentitySubject]:
    from tests.fakes.identity import FakeIdentity

    service, away = FakeIdentity(), FakeIdentity()
    away.away = True
    service.wrong.add("https://elsewhere.example")

    def sign_in(url: str, address: str) -> dict[str, str]:
        said = {"unverified": False, "silent": None}.get(address.partition("@")[0], True)
        service.people[f"code of {address}"] = VerifiedIdentity(address, address, said)
        [state] = parse_qs(urlsplit(url).query)["state"]
        return {"code": f"code of {address}", "state": state}

    client = IdentityClient("https://login.example", CLIENT_ID, CLIENT_SECRET, REDIRECT)
    yield IdentitySubject(service, client, sign_in, away, "https://elsewhere.example")


@contextmanager
def oidc_identity(scene: Scene, method: str = "client_secret_basic") -> Iterator[IdentitySubject]:
    from chalicelib.adapters.oidc_identity import OIDCIdentity

    with sign_in_service(REDIRECT, method) as provider:
        service = OIDCIdentity(private_networks=["127.0.0.0/8"])
        client = IdentityClient(provider.issuer, CLIENT_ID, CLIENT_SECRET, REDIRECT)
        # Nobody listens on port 9 of this host.
        away = _Away(OIDCIdentity(private_networks=["127.0.0.0/8"]))
        yield IdentitySubject(service, client, provider.sign_in, away, f"{provider.issuer}/elsewhere")


@contextmanager
def oidc_by_post(scene: Scene) -> Iterator[IdentitySubject]:
    with oidc_identity(scene, "client_secret_post") as subject:
        yield subject


class _Away:
    """Asks an issuer at which nobody listens, whatever issuer it is given."""

    def __init__(self, service: IdentityService) -> None:
        self._service = service

    def check(self, issuer: str) -> None:
        self._service.check("http://127.0.0.1:9")


def register(registry: Registry) -> None:
    registry.add("identity", "fake", fake_identity)
    registry.add("identity", "oidc", oidc_identity, group="node")
    registry.add("identity", "oidc-post", oidc_by_post, group="node")
