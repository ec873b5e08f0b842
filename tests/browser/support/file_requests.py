"""File requests and what comes for them, made beside the browser: by the API of a member, and by a guest's command line."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, Route

from tests.browser.support.site import Account, Site
from tests.e2e.support.waiting import wait_for

REQUESTS = "/transfers/v1/requests"
TRANSFERS = "/transfers/v1/transfers"


@dataclass(frozen=True)
class Asked:
    """A file request and its open link, which is empty where each address got its own."""

    id: str
    link: str


class Caller:
    """A member's own calls, with a token of their own."""

    def __init__(self, site: Site, account: Account) -> None:
        self._site = site
        self._headers = {"Authorization": f"Bearer {site.bearer(account)}"}

    def get(self, path: str, **query: str) -> Any:
        """The answer to a GET."""
        return self._answered(self._site.http().get(self._site.url + path, params=query, headers=self._headers))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer to a POST."""
        return self._answered(self._site.http().post(self._site.url + path, json=body, headers=self._headers))

    def delete(self, path: str) -> Any:
        """The answer to a DELETE."""
        return self._answered(self._site.http().delete(self._site.url + path, headers=self._headers))

    def _answered(self, answer: httpx.Response) -> Any:
        answer.raise_for_status()
        return answer.json()


def ask(site: Site, account: Account, title: str, **more: Any) -> Asked:
    """A request with one open link, without a code unless ``proof`` says so."""
    made = Caller(site, account).post(REQUESTS, {"title": title, "proof": "link", **more})
    return Asked(made["id"], made.get("url", ""))


def fill(site: Site, asked: Asked, *paths: Path) -> str:
    """A guest sends these files to an open link; gives the transfer's id once it was completed."""
    guest = site.outsider(site.folder / "people", f"guest-{secrets.token_hex(4)}")
    ended = guest.json("send", *(str(path) for path in paths), "--request", asked.link)
    return str(ended["id"])


def wait_received(site: Site, account: Account, transfer: str) -> None:
    """Until it was checked and stands in the member's list of what came."""
    caller = Caller(site, account)

    def there() -> bool:
        items = caller.get(TRANSFERS, box="received")["items"]
        return any(one["id"] == transfer for one in items)

    wait_for(there, "what a guest sent is received")


def wait_state(site: Site, account: Account, transfer: str, *states: str) -> None:
    """Until a transfer is in one of these states."""
    caller = Caller(site, account)
    wait_for(lambda: caller.get(f"{TRANSFERS}/{transfer}")["state"] in states, f"{transfer} is {' or '.join(states)}")


def wait_certificate(site: Site, account: Account, transfer: str) -> None:
    """Until the erasure of a recalled transfer was checked and signed."""
    caller = Caller(site, account)

    def there() -> bool:
        try:
            caller.get(f"{TRANSFERS}/{transfer}/certificate")
        except httpx.HTTPStatusError:
            return False
        return True

    wait_for(there, "the certificate", seconds=60)


def refuse(page: Page, path: str) -> None:
    """The next call whose path begins so is refused: quicker than a line that breaks, which the page tries again and again."""
    page.route(f"**{path}**", _refused, times=1)


def _refused(route: Route) -> None:
    problem = {
        "type": "about:blank",
        "title": "Role missing",
        "status": 403,
        "code": "role_missing",
        "hint": "Ask an administrator.",
    }
    route.fulfill(status=403, content_type="application/problem+json", json=problem)
