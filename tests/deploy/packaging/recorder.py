"""Who calls what: every call that an AWS SDK makes while a function runs is written down as the rights that it uses.

Where tenants share an account, an API function does most of its work with sessions of a role of the tenants (docs/cloud/isolation.md). One telling
shows both forms: the function alone (``api_handler``, what a tenant with an account of its own gets) does what both halves do together,
``api_handler.pooled`` is what is left to the function, ``tenant`` what is done by sessions.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest import mock

from botocore.client import BaseClient

from chalicelib.adapters.s3_urls import SINGLE, S3UrlSigner
from chalicelib.domain.blob_key import blob_key
from tests.deploy.packaging.iam_actions import Grant, Places, grants, grants_of_tenant

Who = tuple[str, str]
API, POOLED, TENANT = "api_handler", "api_handler.pooled", "tenant"


class Recorder:
    """``used``: (service, function) -> rights. Calls outside ``by`` are the test's own and are not written down."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._who: list[Who] = []
        # Access key of a session -> (role, tenant).
        self._sessions: dict[str, tuple[str, str]] = {}
        self.used: dict[Who, set[Grant]] = defaultdict(set)
        self.mails: list[bytes] = []

    def role_of_tenants(self, service: str) -> str:
        """The role whose sessions are told apart from the function's own rights."""
        return self._places.role(service)

    @contextmanager
    def by(self, service: str, function: str) -> Iterator[None]:
        """Calls in the block, on whatever thread, are this function's."""
        self._who.append((service, function))
        try:
            yield
        finally:
            self._who.pop()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Write down until the block ends. Signing an address uses the right that the address carries."""
        with (
            mock.patch.object(BaseClient, "_make_api_call", self._heard(BaseClient._make_api_call)),
            mock.patch.object(S3UrlSigner, "put", self._signed(S3UrlSigner.put)),
            mock.patch.object(S3UrlSigner, "get", self._signed(S3UrlSigner.get)),
        ):
            yield

    def _heard(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def heard(client: BaseClient, operation: str, asked: dict[str, Any]) -> Any:
            service = client.meta.service_model.service_name
            self._note(service, operation, asked, client._request_signer._credentials.access_key)
            if operation == "SendEmail":
                self.mails.append(asked["Content"]["Raw"]["Data"])
            answer = call(client, operation, asked)
            if operation == "AssumeRole":
                self._sessions[answer["Credentials"]["AccessKeyId"]] = asked["RoleArn"], asked["Tags"][0]["Value"]
            return answer

        return heard

    def _signed(self, sign: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(sign)
        def signed(signer: S3UrlSigner, ref: Any, what: str, **about: Any) -> Any:
            key, access_key = blob_key(ref.tenant, ref.transfer, ref.blob), signer._credentials().access_key
            if sign.__name__ == "get":
                self._note("s3", "GetObject", {"Key": key, "VersionId": what}, access_key)
            else:
                self._note("s3", "PutObject" if what == SINGLE else "UploadPart", {"Key": key}, access_key)
            return sign(signer, ref, what, **about)

        return signed

    def _note(self, service: str, operation: str, asked: dict[str, Any], access_key: str) -> None:
        if not self._who:
            return
        ours, function = self._who[-1]
        plain = set(grants(self._places, service, operation, asked))
        if service != "sts":
            self.used[ours, function] |= plain
        if access_key in self._sessions:
            role, tenant = self._sessions[access_key]
            assert (function, role) == (API, self._places.role(ours)), (
                "only requests act for tenants, by their service's role"
            )
            self.used[ours, TENANT].update(grants_of_tenant(self._places, tenant, service, operation, asked))
        elif function == API:
            self.used[ours, POOLED] |= plain
