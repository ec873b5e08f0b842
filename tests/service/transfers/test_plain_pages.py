"""Plain transfers without script: the pages of ``/p/<token>`` as a browser that runs nothing meets them, over SQLite and a directory."""

import html
import logging
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.service.support import parcel
from tests.service.support.caller import Answer, mailed_code, mailed_link, mails_to
from tests.service.support.people import sign_in, token_of
from tests.service.support.world import ADMIN, BASE, World, world

SOTO = "soto@example.com"
FILES = {"見積書 <b>&.txt": b"one", "b.txt": b"two two"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
HOSTILE = "<script>alert(1)</script>"


class Seen(HTMLParser):
    """What a page holds: its tags, links, forms and fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.actions: list[str] = []
        self.fields: list[dict[str, str | None]] = []
        self.language = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.tags.append(tag)
        if tag == "html":
            self.language = str(named["lang"])
        if tag == "a":
            self.links.append(str(named["href"]))
        if tag == "form":
            self.actions.append(str(named["action"]))
        if tag == "input":
            self.fields.append(named)


class Browser:
    """No script, one cookie jar; nothing is followed by itself."""

    def __init__(self, place: World) -> None:
        self.place = place
        self.cookies: dict[str, str] = {}

    def get(self, path: str, **headers: str) -> Answer:
        return self._sent("GET", path, None, headers)

    def post(self, path: str, form: str = "", **headers: str) -> Answer:
        return self._sent("POST", path, form.encode(), {**FORM, "origin": BASE, **headers})

    def _sent(self, method: str, path: str, raw: bytes | None, headers: dict[str, str]) -> Answer:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.place._client.cookies.clear()  # each browser has a jar of its own
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | ({"cookie": jar} if jar else {})
        if method == "GET":
            answer = self.place.call("GET", path.removeprefix(BASE), headers=sent)
        else:
            answer = self.place.call(method, path, raw=raw, headers=sent)
        for one in re.findall(r"(fumibako_\w+)=([^;,]*)", answer.headers.get("set-cookie", "")):
            self.cookies[one[0]] = one[1]
        return answer


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.password = made.new_tenant("acme", BASE, ADMIN)  # type: ignore[attr-defined]
        made.tenant(allow_plain=True)
        yield made


def send(place: World, **fields: Any) -> tuple[parcel.Made, str]:
    """A plain transfer and its path in the mail."""
    admin = sign_in(place, ADMIN, place.password)["access_token"]  # type: ignore[attr-defined]
    given = {"class": "plain", "hold_minutes": 0, "proof": "link", **fields}
    made = parcel.send(place, admin, FILES, recipients=[{"email": SOTO}], **given)
    place.settle()
    link = mailed_link(place, SOTO)
    return made, link.removeprefix(BASE)


def state(place: World, made: parcel.Made) -> tuple[str, int]:
    admin = sign_in(place, ADMIN, place.password)["access_token"]  # type: ignore[attr-defined]
    recipient = place.call("GET", made.path, token=admin).body["recipients"][0]
    return recipient["state"], recipient["downloads"]


def test_from_the_mail_to_the_file_without_script(place: World) -> None:
    made, path = send(place, title="お見積り", message="二行\nです")
    assert re.fullmatch(r"/p/acme\.[A-Za-z0-9_-]{27}", path)
    browser = Browser(place)
    first = browser.get(path, accept_language="ja")
    seen = Seen(first.raw.decode())
    text = first.raw.decode()
    assert (first.status, seen.language) == (200, "ja")
    assert all(part in text for part in ("First Admin", "Acme", "お見積り", "二行\nです", "10 B", "日本時間"))
    assert "script" not in seen.tags
    shown = browser.post(seen.actions[0])
    assert (shown.status, shown.headers["location"]) == (303, f"{path}/files")
    listed = browser.get(shown.headers["location"], accept_language="en")
    links = [one for one in Seen(listed.raw.decode()).links if "/files/" in one]
    assert html.unescape(listed.raw.decode()).count("見積書 <b>&.txt") == 1
    assert "<b>" not in listed.raw.decode()
    got = []
    for link in links:
        sent = browser.get(link)
        assert sent.status == 303
        got.append(browser.get(sent.headers["location"]).raw)
    assert got == list(FILES.values())
    assert state(place, made) == ("downloaded", 2)


def test_a_scanner_that_follows_every_link_counts_nothing(place: World) -> None:
    made, path = send(place, max_downloads=1)
    scanner = Browser(place)
    before = place.dump()
    for link in [path, *Seen(scanner.get(path).raw.decode()).links, f"{path}/files", f"{path}/files/fi_x"]:
        if not link.startswith("/l#"):
            assert scanner.get(link).status in (200, 303)
    ids = [one["id"] for one in made.answer["files"]]
    assert [scanner.get(f"{path}/files/{one}").headers["location"] for one in ids] == [path, path]
    changed = {key for key, row in place.dump().items() if before.get(key) != row}
    assert {key for key in changed if "#rate|" not in key and "#clock" not in key and "|clock#" not in key} == set()
    assert state(place, made) == ("invited", 0)


def test_a_code_is_mailed_asked_for_and_taken_as_people_type_it(place: World) -> None:
    _, path = send(place, proof="code")
    browser, stranger = Browser(place), Browser(place)
    asked = browser.get(path, accept_language="ja").raw.decode()
    assert "s•••@example.com" in asked
    seen = len(mails_to(place, SOTO))
    form = browser.post(path)
    field = Seen(form.raw.decode()).fields[0]
    assert (field["name"], field["autocomplete"], field["inputmode"]) == ("code", "one-time-code", "numeric")
    code = mailed_code(place, SOTO, after=seen)
    wrong = browser.post(path, "code=00000000" if code != "00000000" else "code=1")
    assert (wrong.status, Seen(wrong.raw.decode()).fields[0]["name"]) == (401, "code")
    assert 'role="alert"' in wrong.raw.decode()
    # The code alone is worth nothing in another browser.
    assert stranger.post(path, f"code={code}").status == 422
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    typed = f"{wide[:4]}%20{wide[4:]}"
    entered = browser.post(path, f"code={typed}")
    assert (entered.status, entered.headers["location"]) == (303, f"{path}/files")
    assert browser.get(f"{path}/files").status == 200
    assert stranger.get(f"{path}/files").headers["location"] == path


def test_who_comes_back_need_not_prove_again(place: World) -> None:
    _, path = send(place, proof="code")
    browser = Browser(place)
    seen = len(mails_to(place, SOTO))
    browser.post(path)
    browser.post(path, f"code={mailed_code(place, SOTO, after=seen)}")
    place.offset += 59 * 60_000
    assert browser.post(path).headers["location"] == f"{path}/files"
    place.offset += 59 * 60_000
    assert browser.get(f"{path}/files").status == 200
    place.offset += 61 * 60_000
    assert browser.get(f"{path}/files").headers["location"] == path


def test_the_cookie_is_of_this_link_alone(place: World) -> None:
    _, path = send(place)
    _, other = send(place)
    browser = Browser(place)
    answer = browser.post(path)
    cookie = answer.headers["set-cookie"]
    assert f"Path={path}; HttpOnly; SameSite=Strict; Secure" in cookie
    assert browser.get(f"{other}/files").headers["location"] == other


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "null", "sec_fetch_site": "cross-site"},
    ],
    ids=str,
)
def test_another_sites_form_gets_nowhere(place: World, headers: dict[str, str]) -> None:
    _, path = send(place, proof="code")
    seen = len(mails_to(place, SOTO))
    answer = Browser(place).post(path, **headers)
    place.settle()
    assert answer.status == 403
    assert len(mails_to(place, SOTO)) == seen
    assert "set-cookie" not in answer.headers


def test_a_look_ahead_counts_nothing(place: World) -> None:
    made, path = send(place)
    browser = Browser(place)
    browser.post(path)
    file = made.answer["files"][0]["id"]
    assert browser.get(f"{path}/files/{file}", sec_purpose="prefetch").status == 405
    assert browser.place.call("HEAD", f"{path}/files/{file}", headers={"cookie": ""}).status == 405
    assert state(place, made)[1] == 0


def test_every_page_is_locked_down(place: World) -> None:
    _, path = send(place, title=HOSTILE, message=HOSTILE)
    browser = Browser(place)
    pages = [browser.get(path), browser.get("/p/acme.x")]
    browser.post(path)
    pages.append(browser.get(f"{path}/files"))
    for page in pages:
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert all(part in policy for part in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"))
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "script" not in Seen(page.raw.decode()).tags


def test_both_languages_can_be_reached_and_stay(place: World) -> None:
    _, path = send(place)
    browser = Browser(place)
    english = browser.get(path, accept_language="en-US,en;q=0.9")
    switch = next(link for link in Seen(english.raw.decode()).links if "lang=ja" in link)
    japanese = browser.get(html.unescape(switch), accept_language="en")
    seen = Seen(japanese.raw.decode())
    assert (Seen(english.raw.decode()).language, seen.language) == ("en", "ja")
    assert set(seen.actions) == {f"{path}?lang=ja"}
    listed = browser.get(browser.post(seen.actions[0]).headers["location"])
    assert Seen(listed.raw.decode()).language == "ja"


def test_more_time_is_one_click(place: World) -> None:
    made, path = send(place)
    browser = Browser(place)
    assert 'name="more_time"' in browser.get(path).raw.decode()
    answer = browser.post(path, "more_time=1", accept_language="ja")
    place.settle()
    assert (answer.status, "頼みました" in answer.raw.decode()) == (200, True)
    assert any(made.id in mail.text for mail in mails_to(place, ADMIN))


def test_malformed_absent_foreign_and_other_classes_answer_alike(place: World) -> None:
    _, path = send(place)
    token = token_of(path)
    managed, _ = send(place, **{"class": "managed"})
    other = token_of(mailed_link(place, SOTO))
    wrong = [token[:-1], token + "A", "nobody." + token.partition(".")[2], "x", "acme." + "B" * 27, other]
    answers = {
        (one.status, one.raw) for one in (Browser(place).get(f"/p/{text}", accept_language="en") for text in wrong)
    }
    shown = {(status, re.sub(rb"/p/[^\"?]+", b"", raw)) for status, raw in answers}
    assert [status for status, _ in shown] == [404]
    assert managed.key is not None


def test_after_recall_the_pages_say_so(place: World) -> None:
    made, path = send(place)
    browser = Browser(place)
    browser.post(path)
    file = made.answer["files"][0]["id"]
    address = browser.get(f"{path}/files/{file}").headers["location"]
    admin = sign_in(place, ADMIN, place.password)["access_token"]  # type: ignore[attr-defined]
    place.call("DELETE", made.path, token=admin)
    answers = [browser.get(path), browser.get(f"{path}/files"), browser.get(f"{path}/files/{file}"), browser.post(path)]
    answers.append(browser.get(address, accept="text/html", accept_language="ja"))
    assert {one.status for one in answers} == {410}
    assert all(one.headers["content-type"] == "text/html; charset=utf-8" for one in answers)
    assert Seen(answers[-1].raw.decode()).language == "ja"


def test_what_the_server_may_not_open_for_others_is_open_to_plain(place: World) -> None:
    made, path = send(place)
    place.tenant(compatible_downloads="block")
    browser = Browser(place)
    browser.post(path)
    sent = browser.get(f"{path}/files/{made.answer['files'][1]['id']}")
    assert browser.get(sent.headers["location"]).raw == b"two two"


def test_no_log_line_has_the_token(place: World, caplog: pytest.LogCaptureFixture) -> None:
    made, path = send(place)
    browser = Browser(place)
    with caplog.at_level(logging.DEBUG):
        browser.get(path)
        browser.post(path)
        browser.get(f"{path}/files")
        browser.get(browser.get(f"{path}/files/{made.answer['files'][0]['id']}").headers["location"])
        browser.get(path + "/nowhere")
    lines = [f"{one.getMessage()} {vars(one)}" for one in caplog.records if one.name.startswith("fumibako")]
    assert any("/p/{token}/files/{file}" in line for line in lines)
    secrets = [token_of(path).partition(".")[2], browser.cookies["fumibako_plain"].partition(".")[2]]
    assert not [line for line in lines for secret in secrets if secret in line]


def test_the_pages_own_links_and_the_api_take_the_same_token(place: World) -> None:
    _, path = send(place)
    looked = place.call("POST", "/auth/v1/links/look", {"token": token_of(path)})
    assert (looked.status, looked.body["class"]) == (200, "plain")
    text = Browser(place).get(path).raw.decode()
    assert f"/l#{token_of(path)}" in Seen(text).links
