"""A guest with bare HTTP: every route they may call, and the signed URLs they hold, asked one by one."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from fumibako.links import parse_link


@dataclass
class BareGuest:
    """Has proved themselves by a link that asks no code. ``http`` keeps one connection, so that a request takes milliseconds."""

    url: str
    link: str
    http: httpx.Client
    tokens: dict[str, Any] = field(default_factory=dict)
    session: str = ""
    download: dict[str, Any] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """The link's own token."""
        return parse_link(self.link).token

    def begin(self) -> None:
        """Prove, list, open a download session: afterwards a signed URL is out."""
        self.tokens = self._asked("POST", "/auth/v1/links/verify", {"token": self.token}, expect=200)
        ids = [one["id"] for one in self._asked("GET", f"{self._base}/files", expect=200)["items"]]
        answer = self._asked("POST", f"{self._base}/downloads", {"files": ids}, expect=201)
        self.session, self.download = answer["session"], answer["files"][0]

    def fetch(self, *, most: int = 1 << 20) -> tuple[int, int]:
        """Status of the signed URL, and how many of the first ``most`` bytes came."""
        headers = {**self.download["headers"], "Range": f"bytes=0-{self.download['length'] - 1}"}
        came = 0
        with self.http.stream("GET", self.download["url"], headers=headers) as answer:
            for chunk in answer.iter_raw():
                came += len(chunk)
                if came >= most:
                    break
        return answer.status_code, min(came, most)

    def routes(self) -> dict[str, tuple[int, str]]:
        """Status and code of every route a guest of a transfer has."""
        files = {"files": [self.download["id"]]}
        refresh = {"grant_type": "refresh_token", "refresh_token": self.tokens["refresh_token"]}
        asked: list[tuple[str, str, dict[str, Any] | None]] = [
            ("GET", self._base, None),
            ("GET", f"{self._base}/files", None),
            ("POST", f"{self._base}/downloads", files),
            ("POST", f"{self._base}/downloads", {**files, "session": self.session}),
            ("POST", f"{self._base}/downloads/{self.session}/complete", files),
            ("POST", "/auth/v1/links/look", {"token": self.token}),
            ("POST", "/auth/v1/links/verify", {"token": self.token}),
            ("POST", "/auth/v1/token", refresh),
        ]
        answers = {}
        for number, (verb, path, body) in enumerate(asked):
            answer = self._request(verb, path, body)
            code = answer.json().get("code", "") if answer.content else ""
            answers[f"{number} {verb} {path}"] = (answer.status_code, code)
        return answers

    @property
    def _base(self) -> str:
        return f"/transfers/v1/transfers/{self.tokens['subject']}"

    def _asked(self, verb: str, path: str, body: dict[str, Any] | None = None, *, expect: int) -> dict[str, Any]:
        answer = self._request(verb, path, body)
        assert answer.status_code == expect, (answer.status_code, answer.text)
        content: dict[str, Any] = answer.json()
        return content

    def _request(self, verb: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens['access_token']}"} if self.tokens else {}
        return self.http.request(verb, self.url + path, json=body, headers=headers)
