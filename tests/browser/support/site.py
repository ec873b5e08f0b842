"""An install that serves the built page: its people, what was sent in it, and its mails."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from fumibako.http import Api

from tests.browser.support.built_page import BuiltPage
from tests.e2e.support.company import Company, someone
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for

PASSWORD = "a long way to the harbour"
T = TypeVar("T")


@dataclass(frozen=True)
class Account:
    """A member who has joined and can sign in with PASSWORD."""

    id: str
    email: str
    name: str
    roles: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class Sent:
    """A transfer, the address it went to, and the link mailed there; ``link`` carries the key where it is sealed."""

    id: str
    address: str
    link: str


class Site(Company):
    """A company with the page on it. ``settings`` are the runtime's, as for Install."""

    def __init__(self, folder: Path, page: BuiltPage, **settings: str) -> None:
        super().__init__(folder, PAGE_DIR=str(page.folder), **settings)
        self.page = page
        self._accounts: dict[tuple[str, ...], Account] = {}
        self._made: dict[str, Any] = {}
        self._spoken = "en"
        self._admin: Api | None = None
        self._staff: Person | None = None

    @property
    def admin(self) -> Api:
        """The first admin's API, signed in once."""
        if self._admin is None:
            self._admin = self.api()
        return self._admin

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What ``make`` gave when this name was first asked for: costly data that several tests look at and none changes."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    def account(self, *roles: str, language: str = "en", name: str = "") -> Account:
        """The member with these roles and this language; the same one each time, unless ``name`` asks for another."""
        kind = (*sorted(roles or ("member",)), language, name)
        if kind not in self._accounts:
            self._accounts[kind] = self.new_account(*roles, language=language, name=name)
        return self._accounts[kind]

    def new_account(self, *roles: str, language: str = "en", name: str = "") -> Account:
        """A member nobody else has: for tests that change the account itself."""
        given = roles or ("member",)
        email = someone("acme.example")
        shown = name or ("佐藤 花子" if language == "ja" else "Hanako Sato")
        body = {"email": email, "name": shown, "roles": list(given), "language": language}
        made = self.admin.post("/auth/v1/members", body)
        self.http().post(
            f"{self.url}/auth/v1/members/accept", json={"token": made["invitation_token"], "password": PASSWORD}
        ).raise_for_status()
        return Account(made["id"], email, shown, tuple(given), language)

    def bearer(self, account: Account) -> str:
        """An access token of a member's, for calls beside the browser."""
        body = {"email": account.email, "password": PASSWORD, "client": "cli"}
        answer = self.http().post(f"{self.url}/auth/v1/login", json=body)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def sender(self, account: Account | None = None) -> Person:
        """The command line of a member (the first admin's token without ``account``), to make transfers quickly."""
        if account is None:
            if self._staff is None:
                self._staff = self.staff(self.folder / "people")
            return self._staff
        person = Person(self.folder / "people" / account.id)
        if not person.home.exists():
            person.run("login", self.url, "--email", account.email, "--password-file", "-", given=PASSWORD + "\n")
        return person

    def send(
        self,
        *paths: Path,
        by: Account | None = None,
        to: str = "",
        proof: str = "code",
        language: str = "en",
        more: tuple[str, ...] = (),
    ) -> Sent:
        """A transfer that is ready, its link read from the mail. ``language`` is the mail's; ``more``: further options of ``fumibako send``."""
        self.speak(language)
        address = to or someone()
        names = [str(path) for path in paths]
        sent = self.sender(by).json(
            "send", *names, "--to", address, "--hold", "0", "--proof", proof, *more, seconds=300
        )
        link = self.link_to(address, known=set())
        return Sent(sent["id"], address, f"{link}.{sent['link_key']}" if sent.get("link_key") else link)

    def speak(self, language: str) -> None:
        """The language in which the company's mails are written from now on."""
        if language != self._spoken:
            self.change_tenant(language=language)
            self._spoken = language

    def link_to(self, address: str, *, known: set[str]) -> str:
        """The newest mailed link to an address, leaving out mails whose ids are ``known``."""

        def newest() -> str:
            links = [one.link for one in self.letters(address) if one.link and one.id not in known]
            return links[-1] if links else ""

        return wait_for(newest, f"a link to {address}")

    def known(self, address: str) -> set[str]:
        """The ids of the mails an address has so far: give them to ``newest_code``."""
        return {one.id for one in self.letters(address)}

    def newest_code(self, address: str, known: set[str] | None = None) -> str:
        """The last one-time code mailed to an address, waiting for one that is not among ``known``."""

        def newest() -> str:
            found = [one.code for one in self.letters(address) if one.id not in (known or set())]
            codes = [code for code in found if code]
            return codes[-1] if codes else ""

        return wait_for(newest, f"a code for {address}")

    def change_tenant(self, **settings: Any) -> None:
        """Settings of the tenant, as its admin would change them."""
        tenant = self.admin.get("/auth/v1/tenant")
        self.admin.patch("/auth/v1/tenant", settings, version=tenant["version"])

    def another_tenant(self) -> str:
        """A second company on this install, under the name ``localhost``; gives its base URL. To be called once, before anyone uses it."""
        url = f"http://localhost:{self.port}"
        name = f"other-{secrets.token_hex(3)}"
        how = ("--tenant", name, "--name", "Other Company", "--admin-email", "admin@other.example")
        settings, self.settings = self.settings, {**self.settings, "BASE_URL": url}
        try:
            done = self.command("init", *how)
        finally:
            self.settings = settings
        assert done.returncode == 0, done.stderr
        return url
