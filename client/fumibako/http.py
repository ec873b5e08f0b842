"""The blocking door to an account (fumibako.account): what the verbs of the command call."""

from collections.abc import Mapping

from fumibako.account import Account, ask_open, take_tokens
from fumibako.credentials import Credentials, SignInFile
from fumibako.driving import run
from fumibako.transport import Answer, Pool, open_pool, request_json


class Api:
    """JSON calls with a bearer token that is renewed before it ends. Safe to use from several threads.

    ``kept``: the file that the sign-in came from; other commands of the same person renew it too.
    """

    def __init__(self, credentials: Credentials, pool: Pool, *, kept: SignInFile | None = None) -> None:
        self.pool = pool
        self.account = Account(credentials, pool.line, kept=kept, ask=self._asked)

    @property
    def credentials(self) -> Credentials:
        """The sign-in as it is now."""
        return self.account.credentials

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
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call. Raises the ClientError of the problem, or NetworkFailed."""
        return run(self.account.call(method, path, body=body, query=query, headers=headers))

    async def _asked(self) -> None:
        self._ask_token()

    def _ask_token(self) -> None:
        """Put a new access token into the sign-in; a program that has no refresh token proves itself here."""
        run(self.account.refresh())


def call_open(pool: Pool, url: str, path: str, body: Answer) -> Answer:
    """POST to a route that needs no token. Raises the ClientError of the problem, or NetworkFailed."""
    return run(ask_open(pool.line, url, path, body))


__all__ = ["Answer", "Api", "Pool", "call_open", "open_pool", "request_json", "take_tokens"]
