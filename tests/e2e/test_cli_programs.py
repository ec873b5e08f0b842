"""Programs: a service account's key file, a token in a variable. Nothing is asked, and nothing ever waits for an answer."""

import json
from pathlib import Path

import pytest

from tests.cli.middle import Middle, Passed
from tests.cli.office import admin_of, program_of
from tests.cli.test_bar import on_a_terminal
from tests.cli.transcript import refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import Person

__all__ = ["company"]
pytestmark = pytest.mark.slow
P256 = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
}  # RFC 7517 appendix A.2


def letter(folder: Path) -> str:
    (folder / "letter.txt").write_text("Dear Ms Sato,\n")
    return str(folder / "letter.txt")


def test_a_key_file_is_all_that_a_program_needs(company: Company, tmp_path: Path) -> None:
    program = program_of(company, tmp_path, "transfers:read", "transfers:write")
    key = tmp_path / "key.json"
    assert key.stat().st_mode & 0o777 == 0o600
    sent = program.json("send", letter(tmp_path), "--to", someone(), "--hold", "0")
    program.run("wait", sent["id"], "--timeout", "60s")
    # The option says the same as the variable, and nothing of the token stays on this computer.
    other = Person(tmp_path / "other")
    [got] = other.json("get", sent["id"], "-o", str(tmp_path / "in"), "--key-file", str(key))["files"]
    assert Path(got["path"]).read_text() == "Dear Ms Sato,\n"
    assert not list((tmp_path / "other").rglob("credentials.json"))


def test_a_removed_account_and_scopes_that_are_not_there(company: Company, tmp_path: Path) -> None:
    program, admin = program_of(company, tmp_path, "transfers:read"), admin_of(company, tmp_path)
    refused(program.attempt("send", letter(tmp_path), "--to", someone()), 3, "scope_missing")
    refused(program.attempt("events"), 3, "(role_missing|scope_missing)")
    account = json.loads((tmp_path / "key.json").read_text())["client_id"].partition(".")[2]
    admin.run("service-account", "remove", account)
    refused(program.attempt("list"), 3, "client_invalid")


def test_a_secret_and_a_p_256_key_serve_too(company: Company, tmp_path: Path) -> None:
    body = {"name": "older", "scopes": ["transfers:read"]}
    with_secret = company.api().post("/auth/v1/service-accounts", body)
    public = {name: P256[name] for name in ("kty", "crv", "x", "y")}
    with_key = company.api().post("/auth/v1/service-accounts", {**body, "public_jwk": public})
    for made, proof in (
        (with_secret, {"client_secret": with_secret["client_secret"]}),
        (with_key, {"private_jwk": P256}),
    ):
        path = tmp_path / "key.json"
        path.write_text(json.dumps({"url": company.url, "client_id": made["client_id"], **proof}))
        assert Person(tmp_path, FUMIBAKO_KEY_FILE=str(path)).json("list")["next"] is None


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"url": "http://x", "client_id": "a.b"}', '{"client_secret": "s"}']
)
def test_what_is_no_key_file(tmp_path: Path, content: str) -> None:
    (tmp_path / "key.json").write_text(content)
    ended = Person(tmp_path, FUMIBAKO_KEY_FILE=str(tmp_path / "key.json")).attempt("list")
    refused(ended, 2, "key_file_wrong")
    refused(Person(tmp_path, FUMIBAKO_KEY_FILE=str(tmp_path / "none")).attempt("list"), 2, "file_unreadable")


def test_a_key_in_use_is_not_overwritten(company: Company, tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text("in use")
    words = ("service-account", "create", "nightly", "-o", str(tmp_path / "key.json"))
    refused(admin_of(company, tmp_path).attempt(*words), 2, "exists")
    assert (tmp_path / "key.json").read_text() == "in use"


def test_a_token_that_ends_in_between_is_replaced(company: Company, tmp_path: Path) -> None:
    """The server refuses the first token at the second call: the program proves itself again and goes on."""
    ended: list[str] = []

    def change(passed: Passed) -> None:
        if passed.path.startswith("/transfers/v1/transfers?") and not ended:
            ended.append(passed.path)
            passed.status, passed.headers = 401, {"Content-Type": "application/problem+json"}
            passed.body = b'{"status": 401, "code": "token_invalid", "title": "x"}'

    program_of(company, tmp_path, "transfers:read")
    with Middle(company.url, change=change) as middle:
        key = json.loads((tmp_path / "key.json").read_text())
        # Assertions are for the company's own address; a secret is not bound to one.
        body = {"name": "older", "scopes": ["transfers:read"]}
        made = company.api().post("/auth/v1/service-accounts", body)
        key = {"url": middle.url, "client_id": made["client_id"], "client_secret": made["client_secret"]}
        (tmp_path / "secret.json").write_text(json.dumps(key))
        Person(tmp_path, FUMIBAKO_KEY_FILE=str(tmp_path / "secret.json")).run("list")
        assert len(middle.of("POST", "/auth/v1/token")) == 2
    assert ended


@pytest.mark.parametrize("words", [(), ("--no-input",)])
def test_a_program_is_never_asked_even_on_a_terminal(company: Company, tmp_path: Path, words: tuple[str, ...]) -> None:
    address = someone()
    company.staff(tmp_path).json("send", letter(tmp_path), "--to", address, "--hold", "0", "--proof", "code")
    link = company.link_for(address)
    reader = Person(tmp_path / "p") if words else Person(tmp_path / "p", FUMIBAKO_URL=company.url, FUMIBAKO_TOKEN="t")
    code, shown = on_a_terminal(reader, "get", link, "-o", str(tmp_path / "in"), *words)
    assert code == 3
    assert "[no_terminal]" in shown


def test_secrets_of_a_key_file_are_nowhere_in_what_is_said(company: Company, tmp_path: Path) -> None:
    program = program_of(company, tmp_path, "transfers:read", FUMIBAKO_DEBUG="1")
    secret = json.loads((tmp_path / "key.json").read_text())["private_jwk"]["d"]
    for words in (("list",), ("show", "tr_00000000000000000000000000"), ("events",)):
        ended = program.attempt(*words)
        assert secret not in ended.stdout + ended.stderr
