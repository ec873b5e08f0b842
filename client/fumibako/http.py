"""The API of Fumibako with a bearer token that is renewed in time, and the retries around each call."""

import threading
import time

from fumibako.credentials import Credentials, SignInFile
from fumibako.errors import NotAllowed, ServerRefused
from fumibako.messages import text
from fumibako.retries import Retry, with_retries
from fumibako.transport import Answer, Pool, get_range, open_pool, put_part, request_json


class Api:
    """JSON calls with a bearer token that is renewed before it ends. Safe to use from several threads.

    ``kept``: the file that the sign-in came from; other commands of the same person renew it too.
    """

    def __init__(self, credentials: Credentials, pool: Pool, *, kept: SignInFile | None = None) -> None:
        self.credentials = credentials
        self.pool = pool
        self._kept = kept
        self._renewing = threading.Lock()

    def get(self, path: str, **query: str | int | None) -> Answer:
        return self.call("GET", path, query={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, body: Answer | None = None, *, key: str | None = None) -> Answer:
        return self.call("POST", path, body=body or {}, headers={"Idempotency-Key": key} if key else {})

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)

    def patch(self, path: str, body: Answer, *, version: int) -> Answer:
        return self.call("PATCH", path, body=body, headers={"If-Match": f'"{version}"'})

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Answer | None = None,
        query: dict[str, str | int] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One call. Raises the ClientError of the problem, or NetworkFailed."""

        def attempt(number: int) -> Answer:
            token = self._token()
            sent = {"Authorization": f"Bearer {token}", **(headers or {})}
            try:
                return request_json(
                    self.pool, method, self.credentials.url + path, body=body, query=query, headers=sent
                )
            except ServerRefused as refused:
                if refused.status == 401 and number == 0 and self.credentials.refresh_token:
                    self._renew(token)
                    raise Retry("token", 0) from refused
                raise

        try:
            return with_retries(attempt)
        except ServerRefused as refused:
            raise refused.as_client_error() from refused

    def _token(self) -> str:
        # Renewed a minute early: a token that ends while a body travels would cost the whole body.
        if self.credentials.refresh_token and time.time() > self.credentials.access_expires_at - 60:
            self._renew(self.credentials.access_token)
        return self.credentials.access_token

    def _renew(self, used: str) -> None:
        """A new access token, once for all threads, and once for all commands that share the file.

        A refresh token serves once: where command A renews, B's is spent, and using it later than 30 s afterwards would end the
        session for both (spec/api.md). So the file is looked at again, under a lock, before it is used.
        """
        with self._renewing:
            if self.credentials.access_token != used:
                return
            if self._kept is None:
                self._ask_token()
                return
            with self._kept.locked():
                newer = self._kept.read()
                if newer is not None and newer.url == self.credentials.url and newer.access_token != used:
                    self.credentials = newer
                    if newer.access_expires_at > time.time() + 60:
                        return
                self._ask_token()
                self._kept.write(self.credentials)

    def _ask_token(self) -> None:
        body = {"grant_type": "refresh_token", "refresh_token": self.credentials.refresh_token}
        try:
            answer = call_open(self.pool, self.credentials.url, "/auth/v1/token", body)
        except NotAllowed as error:
            raise NotAllowed("signed_out", text("session_ended"), text("signed_out_hint")) from error
        take_tokens(self.credentials, answer)


def take_tokens(credentials: Credentials, answer: Answer) -> None:
    """Put the tokens of an answer of /auth into the sign-in."""
    credentials.access_token = str(answer["access_token"])
    credentials.access_expires_at = time.time() + float(answer["expires_in"])
    credentials.refresh_token = answer.get("refresh_token") or credentials.refresh_token


def call_open(pool: Pool, url: str, path: str, body: Answer) -> Answer:
    """POST to a route that needs no token. Raises the ClientError of the problem, or NetworkFailed."""
    try:
        return with_retries(lambda _: request_json(pool, "POST", url + path, body=body))
    except ServerRefused as refused:
        raise refused.as_client_error() from refused


__all__ = [
    "Answer",
    "Api",
    "Pool",
    "call_open",
    "get_range",
    "open_pool",
    "put_part",
    "request_json",
    "take_tokens",
]
