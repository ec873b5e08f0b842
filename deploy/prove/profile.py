"""Clients from an AWS profile, and plain fetches: the real source of answers."""

import http.client
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from deploy.account import Clients, signed_in
from deploy.stage import Stage

_SECONDS: Final = 20
_CONFIG: Final = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"mode": "standard"})


class ProfileSource:
    """``clients`` are those of the profile; a tenant's session gets a session of its own."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._made: dict[tuple[str, str, str, bool], Any] = {}

    def client(self, service: str, *, region: str, credentials: Mapping[str, str] | None, tls: bool) -> Any:
        """A client, made once for a service, Region and session."""
        place = (service, region, credentials["AccessKeyId"] if credentials else "", tls)
        if place not in self._made:
            made = _session(credentials) if credentials else self._clients
            self._made[place] = made(service, region_name=region, use_ssl=tls, config=_CONFIG)
        return self._made[place]

    def fetch(self, url: str) -> Mapping[str, Any]:
        """As ``Source.fetch``."""
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=_SECONDS)
        try:
            connection.request("GET", parts.path or "/", headers={"User-Agent": "fumibako-prove"})
            answer = connection.getresponse()
            return {
                "status": answer.status,
                "headers": {name.lower(): value for name, value in answer.getheaders() if name.lower() in HEADERS},
            }
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()


# What checks look at; cookies and the like are not kept.
HEADERS: Final = frozenset(
    {
        "content-security-policy",
        "location",
        "referrer-policy",
        "server",
        "strict-transport-security",
        "x-amz-cf-id",
        "x-content-type-options",
    }
)


def profile_clients(stage: Stage, profile: str) -> Clients:
    """Clients of another account than the stage's. Raises Refused: credentials_missing, credentials_expired."""
    return signed_in(stage.region, profile, "--management-profile")[0]


def _session(credentials: Mapping[str, str]) -> Any:
    return boto3.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    ).client
