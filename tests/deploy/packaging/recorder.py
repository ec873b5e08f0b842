"""Who calls what: every call that an AWS SDK makes while a function runs is written down as the rights that it uses."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest import mock

from botocore.client import BaseClient

from chalicelib.adapters.s3_urls import SINGLE, S3UrlSigner
from tests.deploy.packaging.iam_actions import Grant, Places, grants

Who = tuple[str, str]


class Recorder:
    """``used``: (service, function) -> rights. Calls outside ``by`` are the test's own and are not written down."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._who: list[Who] = []
        self.used: dict[Who, set[Grant]] = defaultdict(set)
        self.mails: list[bytes] = []

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
            self._note(service, operation, asked)
            if operation == "SendEmail":
                self.mails.append(asked["Content"]["Raw"]["Data"])
            return call(client, operation, asked)

        return heard

    def _signed(self, sign: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(sign)
        def signed(signer: S3UrlSigner, ref: Any, what: str, **about: Any) -> Any:
            if sign.__name__ == "get":
                self._note("s3", "GetObject", {"VersionId": what})
            else:
                self._note("s3", "PutObject" if what == SINGLE else "UploadPart", {})
            return sign(signer, ref, what, **about)

        return signed

    def _note(self, service: str, operation: str, asked: dict[str, Any]) -> None:
        if self._who:
            self.used[self._who[-1]].update(grants(self._places, service, operation, asked))
