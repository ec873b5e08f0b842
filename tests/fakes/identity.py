"""A sign-in service in memory: tests say who signs in, and see what was asked."""

from urllib.parse import urlencode

from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.identity import IdentityClient, SignInRequest, VerifiedIdentity


class FakeIdentity:
    """``people``: code -> who signs in with it. ``away`` makes every call fail; ``asked`` are the requests of the browsers."""

    def __init__(self) -> None:
        self.people: dict[str, VerifiedIdentity] = {}
        self.asked: list[SignInRequest] = []
        self.clients: list[IdentityClient] = []
        self.away = False
        self.wrong: set[str] = set()

    def check(self, issuer: str) -> None:
        self._answer()
        if issuer in self.wrong:
            raise Refused("issuer_invalid", "There is no OpenID Connect service of this name at this address.")

    def authorization_url(self, client: IdentityClient, request: SignInRequest) -> str:
        self._answer()
        self.asked.append(request)
        self.clients.append(client)
        query = {"state": request.state, "redirect_uri": client.redirect_uri, "login_hint": request.login_hint}
        return f"{client.issuer}/authorize?{urlencode(query)}"

    def identify(
        self,
        client: IdentityClient,
        *,
        code: str,
        nonce: str,
        code_verifier: str,
        now: int,
        answered_by: str | None = None,
    ) -> VerifiedIdentity:
        self._answer()
        if answered_by not in (None, client.issuer):
            raise Refused("identity_refused", "Another sign-in service answered than was asked.")
        known = [one for one in self.asked if (one.nonce, one.code_verifier) == (nonce, code_verifier)]
        if code not in self.people or not known:
            raise Refused("identity_refused", "The sign-in service did not confirm the sign-in.")
        return self.people.pop(code)

    def _answer(self) -> None:
        if self.away:
            raise StoreAway("The sign-in service does not answer.", retry_after=30)
