"""The API of Fumibako with a bearer token that is renewed in time, and the retries around each call. For lines of every kind."""

import time
from collections.abc import Awaitable, Callable, Mapping

from fumibako.answers import ask_json
from fumibako.credentials import Credentials, SignInFile
from fumibako.errors import NotAllowed, ServerRefused
from fumibako.line import Answer, Line
from fumibako.messages import text
from fumibako.retries import Retry, again

# Renewed a minute early: a token that ends while a body travels would cost the whole body.
_EARLY = 60


class Account:
    """JSON calls of one member, guest or program over one line. Several threads or tasks may use it.

    ``kept``: the file that the sign-in came from; other commands of the same person renew it too. ``ask``: puts a new access token
    into ``credentials``; a refresh token is used where it is None.
    """

    def __init__(
        self,
        credentials: Credentials,
        line: Line,
        *,
        kept: SignInFile | None = None,
        ask: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.credentials = credentials
        self.line = line
        self._kept = kept
        self._ask = ask or self.refresh
        self._renewing = line.lock()

    async def get(self, path: str, **query: str | int | None) -> Answer:
        return await self.call("GET", path, query={k: v for k, v in query.items() if v is not None})

    async def post(self, path: str, body: Answer | None = None, *, key: str | None = None) -> Answer:
        return await self.call("POST", path, body=body or {}, headers={"Idempotency-Key": key} if key else {})

    async def delete(self, path: str) -> Answer:
        return await self.call("DELETE", path)

    async def patch(self, path: str, body: Answer, *, version: int) -> Answer:
        return await self.call("PATCH", path, body=body, headers={"If-Match": f'"{version}"'})

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Answer | None = None,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call. Raises the ClientError of the problem, or NetworkFailed."""

        async def attempt(number: int) -> Answer:
            token = await self.token()
            sent = {"Authorization": f"Bearer {token}", **(headers or {})}
            try:
                return await ask_json(
                    self.line, method, self.credentials.url + path, body=body, query=query, headers=sent
                )
            except ServerRefused as refused:
                if refused.status == 401 and number == 0 and self.credentials.refresh_token:
                    await self._renew(token)
                    raise Retry("token", 0) from refused
                raise

        try:
            return await again(attempt, self.line.pause)
        except ServerRefused as refused:
            raise refused.as_client_error() from refused

    async def token(self) -> str:
        """An access token that lives another minute, where it can be renewed."""
        if self.credentials.refresh_token and time.time() > self.credentials.access_expires_at - _EARLY:
            await self._renew(self.credentials.access_token)
        return self.credentials.access_token

    async def _renew(self, used: str) -> None:
        """A new access token, once for all threads, and once for all commands that share the file.

        A refresh token serves once: where command A renews, B's is spent, and using it later than 30 s afterwards would end the
        session for both (spec/api.md). So the file is looked at again, under a lock, before it is used.
        """
        async with self._renewing:
            if self.credentials.access_token != used:
                return
            if self._kept is None:
                await self._ask()
                return
            async with self._kept.lock(self.line.pause):
                newer = self._kept.read()
                if newer is not None and newer.url == self.credentials.url and newer.access_token != used:
                    self.credentials = newer
                    if newer.access_expires_at > time.time() + _EARLY:
                        return
                await self._ask()
                self._kept.write(self.credentials)

    async def refresh(self) -> None:
        """Use the refresh token. Raises NotAllowed("signed_out")."""
        body = {"grant_type": "refresh_token", "refresh_token": self.credentials.refresh_token}
        try:
            answer = await ask_open(self.line, self.credentials.url, "/auth/v1/token", body)
        except NotAllowed as error:
            raise NotAllowed("signed_out", text("session_ended"), text("signed_out_hint")) from error
        take_tokens(self.credentials, answer)


def take_tokens(credentials: Credentials, answer: Answer) -> None:
    """Put the tokens of an answer of /auth into the sign-in."""
    credentials.access_token = str(answer["access_token"])
    credentials.access_expires_at = time.time() + float(answer["expires_in"])
    credentials.refresh_token = answer.get("refresh_token") or credentials.refresh_token


async def ask_open(line: Line, url: str, path: str, body: Answer) -> Answer:
    """POST to a route that needs no token. Raises the ClientError of the problem, or NetworkFailed."""

    async def attempt(_: int) -> Answer:
        return await ask_json(line, "POST", url + path, body=body)

    try:
        return await again(attempt, line.pause)
    except ServerRefused as refused:
        raise refused.as_client_error() from refused
