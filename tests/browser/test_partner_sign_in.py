"""A guest signs in at the own company, a real OpenID Connect service, instead of waiting for a code."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.support.site import Site
from tests.browser.support.visitors import Visitors
from tests.sign_in_service import CLIENT_ID, CLIENT_SECRET, SignInService, sign_in_service

pytestmark = pytest.mark.slow
DOMAIN = "vouched.example"


@dataclass(frozen=True)
class Partnership:
    """An install whose admin trusts a partner's service for ``DOMAIN``."""

    site: Site
    service: SignInService


@pytest.fixture(scope="module")
def partnership(new_site: Callable[..., Site]) -> Iterator[Partnership]:
    site = new_site(PARTNER_NETWORKS="127.0.0.0/8")
    with sign_in_service(f"{site.url}/auth/v1/links/sso/callback") as service:
        body = {"name": "Vouched KK", "issuer": service.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        added = site.admin.post("/auth/v1/partners", {**body, "domains": [DOMAIN]})
        assert added["redirect_uri"] == service.redirect_uri
        yield Partnership(site, service)


@pytest.fixture
def people(chromium: Browser, partnership: Partnership) -> Iterator[Visitors]:
    visitors = Visitors(chromium, partnership.site)
    yield visitors
    visitors.close(judge=True)


def sign_in(page: Page, address: str) -> None:
    """On the partner's own pages: name, password, consent."""
    page.locator('input[name="login"]').fill(address)
    page.locator('input[name="password"]').fill("x")
    page.locator("button[type=submit]").click()
    page.locator("button[type=submit]").click()


def opened(people: Visitors, partnership: Partnership, file: Path, address: str) -> Page:
    sent = partnership.site.send(file, to=address)
    visitor = people.guest(sent.link, language="en")
    # The partner's pages are no part of the product.
    visitor.guard.allow(partnership.service.issuer.replace(".", r"\."))
    visitor.guard.allow(r"fonts\.googleapis\.com")
    visitor.page.get_by_role("button", name="Sign in at Vouched KK").click()
    return visitor.page


def test_who_signs_in_at_work_sees_the_files(people: Visitors, partnership: Partnership, small_file: Path) -> None:
    address = f"taro@{DOMAIN}"
    page = opened(people, partnership, small_file, address)
    sign_in(page, address)
    expect(page.get_by_text(small_file.name)).to_be_visible()
    assert page.url == f"{partnership.site.url}/l"
    page.reload()
    expect(page.get_by_text(small_file.name)).to_be_visible()


def test_somebody_else_is_told_so_and_may_try_again(
    people: Visitors, partnership: Partnership, small_file: Path
) -> None:
    page = opened(people, partnership, small_file, f"hanako@{DOMAIN}")
    sign_in(page, f"jiro@{DOMAIN}")
    expect(page.get_by_text("You signed in as somebody else")).to_be_visible()
    assert page.url == f"{partnership.site.url}/l"
    expect(page.get_by_role("button", name="Sign in at Vouched KK")).to_be_visible()
    expect(page.get_by_text(small_file.name)).to_have_count(0)
    # The other way stays open.
    page.get_by_text("Take a code by mail instead").click()
    expect(page.get_by_role("button", name="Mail me the code")).to_be_visible()
