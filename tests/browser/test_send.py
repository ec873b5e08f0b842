"""Sending, from the files to the recipient's disk."""

import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.support.sending import MIB, Sending, sha256
from tests.browser.support.site import Site
from tests.browser.support.visitors import Visitors
from tests.e2e.support.company import someone

MemberPage = Callable[..., Page]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "映像.mov"
    path.write_bytes(os.urandom(6 * MIB + 5))
    return path


def stranger() -> str:
    """An address at a domain that nobody ever wrote to."""
    return someone(f"{secrets.token_hex(4)}.example")


def fetched(site: Site, tmp_path: Path, link: str, *more: str) -> dict[str, str]:
    """What an outsider gets for a link: name -> SHA-256."""
    got = site.outsider(tmp_path).json("get", link, "-o", str(tmp_path / "in"), *more)["files"]
    return {Path(one["path"]).name: one["sha256"] for one in got}


def test_a_managed_transfer_arrives_as_it_was(site: Site, member_page: MemberPage, tmp_path: Path, film: Path) -> None:
    address = stranger()
    page = member_page("/send")
    sending = Sending(page)
    sending.choose(film)
    sending.people(address)
    page.get_by_label("Subject").fill("The film")
    page.get_by_label("Message").fill("As we said.\nBest wishes")
    sending.at_once(proof="link")
    sending.check()
    # Nobody of this organisation ever wrote there: it does not go without a tick.
    sending.button("send").click()
    expect(page.get_by_text(sending.said("confirm_needed"))).to_be_visible()
    sending.confirm()
    sending.sent()
    link = sending.link()
    assert site.link_for(address) == link
    assert fetched(site, tmp_path, link) == {film.name: sha256(film)}
    page.get_by_text(sending.said("sums")).click()
    expect(page.get_by_text(sha256(film))).to_be_visible()
    expect(page.get_by_text(sending.said("mail_downloaded"))).to_be_visible(timeout=30_000)
    assert page.title().startswith(sending.said("title_done"))


def test_a_sealed_link_is_whole_here_alone(site: Site, member_page: MemberPage, tmp_path: Path, film: Path) -> None:
    address = someone()
    page = member_page("/send")
    sending = Sending(page)
    sending.choose(film)
    sending.people(address)
    sending.at_once(proof="link")
    sending.sealed()
    sending.send()
    sending.sent()
    link = sending.link()
    mailed = site.link_for(address)
    assert link.startswith(mailed + ".")
    assert len(link) == len(mailed) + 1 + 43
    expect(page.get_by_text(sending.said("sealed_text"))).to_be_visible()
    page.get_by_role("button", name=sending.said("qr_show")).click()
    expect(page.get_by_role("img", name=re.compile(re.escape(address)))).to_be_visible()
    assert fetched(site, tmp_path, link) == {film.name: sha256(film)}


def test_a_passphrase_opens_what_is_sealed(site: Site, member_page: MemberPage, tmp_path: Path, film: Path) -> None:
    page = member_page("/send")
    sending = Sending(page)
    sending.choose(film)
    sending.people(someone())
    sending.at_once(proof="passphrase")
    sending.sealed()
    page.get_by_label(sending.said("passphrase"), exact=True).fill("港までの長い道")
    page.get_by_label(sending.said("passphrase_again")).fill("港までの")
    sending.button("check").click()
    expect(page.get_by_text(sending.said("passphrase_differs"))).to_be_visible()
    page.get_by_label(sending.said("passphrase_again")).fill("港までの長い道")
    sending.send()
    sending.sent()
    secret = tmp_path / "passphrase"
    secret.write_text("港までの長い道\n", "utf-8")
    assert fetched(site, tmp_path, sending.link(), "--passphrase-file", str(secret)) == {film.name: sha256(film)}


def test_a_folder_keeps_its_shape(site: Site, member_page: MemberPage, tmp_path: Path) -> None:
    folder = tmp_path / "図面"
    (folder / "改訂").mkdir(parents=True)
    for name in ("a.pdf", "改訂/a.pdf", ".DS_Store"):
        (folder / name).write_bytes(os.urandom(5000))
    page = member_page("/send")
    sending = Sending(page)
    sending.choose_folder(folder)
    expect(page.get_by_text(sending.said("left_out_system_file"))).to_be_visible()
    expect(page.get_by_text(sending.said("files_count_other", count=2)).first).to_be_visible()
    sending.people(someone())
    sending.at_once(proof="link")
    sending.send()
    sending.sent()
    got = site.outsider(tmp_path).json("get", sending.link(), "-o", str(tmp_path / "in"))["files"]
    assert {one["path"].removeprefix(str(tmp_path / "in") + "/") for one in got} == {"図面/a.pdf", "図面/改訂/a.pdf"}


def test_files_are_dropped_anywhere(member_page: MemberPage) -> None:
    page = member_page("/send")
    sending = Sending(page)
    sending.button("check").wait_for()
    page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["hello"], "dropped.txt"));
          for (const kind of ["dragover", "drop"]) {
            document.querySelector("h1").dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
          }
        }"""
    )
    expect(page.get_by_role("button", name=sending.said("remove", name="dropped.txt"))).to_be_visible()


def test_ten_thousand_files_do_not_freeze_the_page(member_page: MemberPage, tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for at in range(10_001):
        (folder / f"{at:05}.dpx").touch()
    page = member_page("/send")
    sending = Sending(page)
    sending.choose_folder(folder)
    expect(page.get_by_text("10,000 files").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text(sending.said("left_out_too_many_files"))).to_be_visible()
    page.get_by_text(sending.said("show_inside", name="frames")).click()
    expect(page.get_by_text("00099.dpx")).to_be_visible()
    # A page that hangs would not type.
    took = page.evaluate(
        """async () => {
          const field = document.querySelector("textarea");
          const began = performance.now();
          field.value = "hello";
          field.dispatchEvent(new Event("input", { bubbles: true }));
          await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
          return performance.now() - began;
        }"""
    )
    assert took < 500
    page.get_by_role("button", name=sending.said("remove", name="frames"), exact=True).click()
    expect(page.get_by_text("00099.dpx")).to_have_count(0)


def test_by_keyboard_alone(site: Site, member_page: MemberPage, film: Path) -> None:
    address = stranger()
    page = member_page("/send")
    sending = Sending(page)
    # The dialog for files is the browser's own; all else is done by keys.
    sending.choose(film)
    field = page.get_by_role("combobox", name=sending.said("recipients"))
    field.focus()
    page.keyboard.type(f"{address}, nobody\n")
    expect(page.get_by_text(sending.said("address_wrong", addresses="nobody"))).to_be_visible()
    field.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Backspace")
    expect(page.get_by_role("button", name=sending.said("remove", name=address))).to_have_count(0)
    page.keyboard.type(address + ",")
    expect(page.get_by_role("button", name=sending.said("remove", name=address))).to_be_visible()
    _press_at(page, sending.said("check"), key="Enter")
    expect(page.get_by_role("heading", name=sending.said("confirm_title"))).to_be_focused()
    page.locator(".domain").first.wait_for()
    _press_at(page, "", key="Space", role="checkbox")
    _press_at(page, sending.said("send"), key="Enter")
    sending.sent()


def _press_at(page: Page, name: str, *, key: str, role: str = "button") -> None:
    """Tab until the focus is on it, then press a key."""
    wanted = page.get_by_role(role, name=name, exact=True) if name else page.get_by_role(role)  # type: ignore[arg-type]
    for _ in range(40):
        page.keyboard.press("Tab")
        if wanted.first.evaluate("one => one === document.activeElement"):
            page.keyboard.press(key)
            return
    raise AssertionError(f"no way by Tab to {role} {name}")


def test_addresses_of_before_are_offered(site: Site, member_page: MemberPage, small_file: Path) -> None:
    person = site.new_account("member")
    address = someone()
    site.send(small_file, by=person, to=address, proof="link")
    page = member_page("/send", account=person)
    field = page.get_by_role("combobox", name="Recipients' addresses")
    field.press_sequentially(address[:5])
    offered = page.locator("[role=option]").filter(has_text=address)
    expect(offered).to_be_visible()
    field.press("ArrowDown")
    expect(offered).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    expect(page.get_by_role("button", name=f"Remove {address}")).to_be_visible()
    expect(page.locator("[role=option]")).to_have_count(0)


def test_an_offered_address_is_forgotten(site: Site, member_page: MemberPage, small_file: Path) -> None:
    person = site.new_account("member")
    address = someone()
    site.send(small_file, by=person, to=address, proof="link")
    page = member_page("/send", account=person)
    field = page.get_by_role("combobox", name="Recipients' addresses")
    offered = page.locator("[role=option]").filter(has_text=address)
    field.press_sequentially(address[:5])
    offered.wait_for()
    field.press("ArrowDown")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as forgotten:
        field.press("Delete")
    assert forgotten.value.status == 204
    field.fill("")
    with page.expect_response(lambda answer: "prefix=" in answer.url):
        field.press_sequentially(address[:5])
    expect(offered).to_have_count(0)


def test_a_pasted_list_is_taken_apart(member_page: MemberPage) -> None:
    page = member_page("/send")
    page.get_by_role("combobox", name="Recipients' addresses").focus()
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        "a@x.example\n佐藤 <b@x.example>; ｃ＠ｙ．ｅｘａｍｐｌｅ\nnobody\n",
    )
    for address in ("a@x.example", "b@x.example", "c@y.example"):
        expect(page.get_by_role("button", name=f"Remove {address}")).to_be_visible()
    expect(page.get_by_text("Not an address: nobody")).to_be_visible()


def test_a_look_alike_has_to_be_meant(member_page: MemberPage, small_file: Path) -> None:
    page = member_page("/send")
    sending = Sending(page)
    sending.choose(small_file)
    sending.people("a@acme.example", "b@acne.example")
    sending.check()
    ours = page.locator(".domain").filter(has=page.get_by_role("heading", name="acme.example", exact=True))
    expect(ours.get_by_text(sending.said("mark_internal"))).to_be_visible()
    expect(ours.get_by_role("checkbox")).to_have_count(0)
    odd = page.locator(".domain").filter(has=page.get_by_role("heading", name="acne.example", exact=True))
    expect(odd.get_by_text(sending.said("mark_looks_like", domain="acme.example"))).to_be_visible()
    expect(odd.get_by_text(sending.said("mark_one_letter"))).to_be_visible()
    sending.button("back").click()
    expect(page.get_by_role("button", name="Remove b@acne.example")).to_be_visible()


def test_what_the_server_refuses_comes_back_to_the_form(member_page: MemberPage, small_file: Path) -> None:
    """A time to send that lies too near to the expiry: the form knows no such rule."""
    page = member_page("/send")
    sending = Sending(page)
    sending.choose(small_file)
    sending.people(someone())
    sending.options()
    page.get_by_label(sending.said("expiry"), exact=True).select_option("date")
    page.get_by_label(sending.said("expiry_date_label")).fill(in_minutes(page, 30))
    page.get_by_label(sending.said("send_later")).check()
    page.get_by_label(sending.said("send_at"), exact=True).fill(in_minutes(page, 28))
    sending.send()
    expect(page.get_by_label(sending.said("send_at"), exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name=sending.said("check"))).to_be_visible()
    expect(page.locator("[data-journal]")).to_have_count(0)


def in_minutes(page: Page, minutes: int) -> str:
    """What a field for a moment takes: the reader's own time."""
    moment = "new Date(Date.now() - new Date().getTimezoneOffset() * 60000 + minutes * 60000)"
    return str(page.evaluate(f"minutes => {moment}.toISOString().slice(0, 16)", minutes))


def test_an_expiry_is_bounded_before_anything_is_asked(member_page: MemberPage, site: Site, small_file: Path) -> None:
    most = site.admin.get("/auth/v1/me")["tenant"]["max_expiry_days"]
    page = member_page("/send")
    sending = Sending(page)
    sending.choose(small_file)
    sending.people(someone())
    sending.options()
    page.get_by_label(sending.said("expiry"), exact=True).select_option("date")
    field = page.get_by_label(sending.said("expiry_date_label"))
    expect(page.get_by_text(sending.said("expiry_most_other", count=most))).to_be_visible()
    for minutes, told in (
        (2, sending.said("expires_at_wrong")),
        ((most + 1) * 24 * 60, sending.said("expires_at_far_other", count=most)),
    ):
        field.fill(in_minutes(page, minutes))
        sending.button("check").click()
        expect(page.get_by_text(told)).to_be_visible()
        expect(field).to_have_attribute("aria-invalid", "true")
    field.fill(in_minutes(page, (most - 1) * 24 * 60))
    sending.check()


def test_a_server_that_tells_no_bound_leaves_it_to_its_answer(visitors: Visitors, small_file: Path) -> None:
    """As servers of before: the field is open, and what the server refuses comes back to it."""

    def untold(route: Route) -> None:
        answer = route.fetch()
        me = answer.json()
        me["tenant"].pop("max_expiry_days", None)
        route.fulfill(response=answer, json=me)

    visitor = visitors.member()
    visitor.page.route("**/auth/v1/me", untold)
    page = visitor.page
    page.goto("/send")
    sending = Sending(page)
    sending.choose(small_file)
    sending.people(someone())
    sending.options()
    page.get_by_label(sending.said("expiry"), exact=True).select_option("date")
    field = page.get_by_label(sending.said("expiry_date_label"))
    field.fill(in_minutes(page, 400 * 24 * 60))
    sending.send()
    expect(field).to_have_attribute("aria-invalid", "true")


def test_held_it_can_be_sent_now_or_recalled(site: Site, member_page: MemberPage, small_file: Path) -> None:
    page = member_page("/send")
    for act in ("send_now", "recall"):
        sending = Sending(page)
        sending.choose(small_file)
        sending.people(someone())
        sending.send()
        sending.sent()
        expect(page.get_by_text(sending.said("state_held"))).to_be_visible(timeout=30_000)
        sending.button(act).click()
        if act == "recall":
            page.get_by_role("dialog").get_by_role("button", name=sending.said("recall_yes"), exact=True).click()
        ends = {"send_now": ("state_ready",), "recall": ("state_closed", "state_destroying", "state_destroyed")}[act]
        told = re.compile("|".join(sending.said(one) for one in ends))
        expect(page.locator(".notice-title").filter(has_text=told)).to_be_visible(timeout=30_000)
        sending.button("another").click()
