"""Who asks and what they ask about, for tests that send anything at all to a live runtime."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.service.support import parcel
from tests.service.support.caller import mailed_link
from tests.service.support.live import Live
from tests.service.support.people import PASSWORD, invite, sign_in, walk_in

ROLES = ("admin", "member", "guest", "nobody")
REQUESTS = "/transfers/v1/requests"


@dataclass
class Crowd:
    """One person for each role, replaced when a request ended their session, and real ids for paths and bodies."""

    live: Live
    numbers: count = field(default_factory=count)  # type: ignore[type-arg]

    def __post_init__(self) -> None:
        self.ready = self._ready()
        self.uploading = parcel.create(self.live, self.live.admin, {"up.txt": b"not there yet"})
        self.request = self._request()
        self._people = {role: self.newcomer(role) for role in ROLES}

    def token(self, role: str, path: str, *, fresh: bool) -> str | None:
        """A token that works now; ``fresh`` makes a person whom nobody else needs afterwards."""
        if fresh:
            return self.newcomer(role, path)
        if role == "guest" and "{transfer}" in path:
            role = "guest of transfer"
        token = self._people.get(role)
        if role != "nobody" and (token is None or self.live.call("GET", "/auth/v1/me", token=token).status != 200):
            token = self._people[role] = self.newcomer(role.split(" ")[0], path)
        return token

    def newcomer(self, role: str, path: str = "") -> str | None:
        """The token of a person who was never here before."""
        if role == "nobody":
            return None
        if role == "guest":
            link = self.ready[1] if "{transfer}" in path else self.request["url"]
            return str(walk_in(self.live, link)["access_token"])
        email = f"{role}-{next(self.numbers)}@acme.example"
        invite(self.live, self.live.admin, email, roles=(role,))
        return str(sign_in(self.live, email, PASSWORD)["access_token"])

    def ids(self, name: str, path: str, method: str) -> list[str]:
        """Ids that exist, for a path parameter. What a DELETE may take away is made for it alone."""
        if name == "transfer":
            gone = parcel.create(self.live, self.live.admin, {"gone.txt": b""}).id if method == "DELETE" else None
            return [gone] if gone else [self.ready[0].id, self.uploading.id]
        if name == "request":
            return [self._request()["id"] if method == "DELETE" else self.request["id"]]
        if name == "session":
            body: dict[str, Any] = {}
            return [
                self.live.call("POST", f"{self.ready[0].path}/downloads", body, token=self.live.admin).body["session"]
            ]
        if "members" in path:
            return [invite(self.live, self.live.admin, f"victim-{next(self.numbers)}@acme.example")]
        return []

    def _ready(self) -> tuple[parcel.Made, str]:
        address = f"soto-{next(self.numbers)}@example.com"
        made = parcel.send(
            self.live, self.live.admin, {"a.txt": b"a"}, recipients=[{"email": address}], hold_minutes=0, proof="link"
        )
        return made, mailed_link(self.live, address)

    def _request(self) -> dict[str, Any]:
        answer = self.live.call("POST", REQUESTS, {"title": "Papers", "proof": "link"}, token=self.live.admin)
        assert answer.status == 201, answer.body
        return dict(answer.body)
