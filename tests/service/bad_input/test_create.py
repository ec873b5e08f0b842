"""What is wrong with a transfer or a file request is said at its creation, with every field that is wrong."""

from typing import Any

import pytest

from fumibako_format.names import safe_paths
from tests.service.bad_input.refusal import check_problem, check_refused
from tests.service.support import parcel
from tests.service.support.cast import REQUESTS, Cast
from tests.service.support.parcel import TRANSFERS

FILE = {"name": "a.txt", "size": 1}
TO = {"email": "soto@example.com"}


def named(name: Any) -> dict[str, Any]:
    return {"files": [{"name": name, "size": 1}]}


def sized(size: Any, **more: Any) -> dict[str, Any]:
    return {"files": [{"name": "a.txt", "size": size, **more}]}


def to(*addresses: str) -> dict[str, Any]:
    return {"files": [FILE], "recipients": [{"email": one} for one in addresses]}


def with_(**fields: Any) -> dict[str, Any]:
    return {"files": [FILE], **fields}


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("no file", {"files": []}, "files_none", "/files"),
    ("files left out", {}, "request_invalid", "/files"),
    ("501 files in a call", {"files": [{"name": f"{n}", "size": 1} for n in range(501)]}, "too_many_files", "/files"),
    ("negative size", sized(-1), "size_invalid", "/files/0/size"),
    ("size above the store's", sized(2**53), "plan_impossible", "/files/0/size"),
    ("size above any number", sized(2**64), "request_invalid", "/files/0/size"),
    ("size with a fraction", sized(1.5), "request_invalid", "/files/0/size"),
    ("size as text", sized("1"), "request_invalid", "/files/0/size"),
    ("size as truth", sized(True), "request_invalid", "/files/0/size"),
    ("size left out", {"files": [{"name": "a"}]}, "request_invalid", "/files/0/size"),
    ("part size too small", sized(1, part_size=1), "plan_impossible", "/files/0/size"),
    ("more parts than any store takes", sized(2**44, part_size=5 << 20), "plan_impossible", "/files/0/size"),
    ("no name", {"files": [{"size": 1}]}, "name_missing", "/files/0/name"),
    ("empty name", named(""), "name_invalid", "/files/0/name"),
    ("path upwards", named("../etc/passwd"), "name_invalid", "/files/0/name"),
    ("path inside upwards", named("a/../../b"), "name_invalid", "/files/0/name"),
    ("dot", named("."), "name_invalid", "/files/0/name"),
    ("absolute path", named("/etc/passwd"), "name_invalid", "/files/0/name"),
    ("backslash", named("a\\b"), "name_invalid", "/files/0/name"),
    ("drive", named("C:a.txt"), "name_invalid", "/files/0/name"),
    ("two separators", named("a//b"), "name_invalid", "/files/0/name"),
    ("separator at the end", named("a/"), "name_invalid", "/files/0/name"),
    ("NUL", named("a\0b"), "name_invalid", "/files/0/name"),
    ("line feed", named("a\nb"), "name_invalid", "/files/0/name"),
    ("escape", named("a\x1b[31m"), "name_invalid", "/files/0/name"),
    ("C1 control", named("a\x85b"), "name_invalid", "/files/0/name"),
    ("right-to-left override", named("\u202efdp.exe"), "name_invalid", "/files/0/name"),
    ("isolate", named("a\u2066b"), "name_invalid", "/files/0/name"),
    ("half a character", named("a\ud800"), "body_not_json", ""),
    ("1,501 bytes in a record", named("a" * 1_501), "name_invalid", "/files/0/name"),
    ("40,001 characters", named("a" * 40_001), "request_invalid", "/files/0/name"),
    ("the same name", {"files": [FILE, FILE]}, "name_twice", "/files/1/name"),
    ("the same but for case", {"files": [FILE, {"name": "A.TXT", "size": 1}]}, "name_twice", "/files/1/name"),
    (
        "the same but for composition",
        {"files": [{"name": "が.txt", "size": 1}, {"name": "か\u3099.txt", "size": 1}]},
        "name_twice",
        "/files/1/name",
    ),
    ("a name where it is sealed", {**named("a"), "class": "sealed"}, "name_not_allowed", "/files/0/name"),
    ("media type with a line", sized(1, media_type="a\nb"), "media_type_invalid", "/files/0/media_type"),
    ("digest of 31 bytes", sized(1, digest="A" * 42), "digest_wrong", "/files/0/digest"),
    ("digest that is no base64url", sized(1, digest="A+/="), "encoding_invalid", "/files/0/digest"),
    *[
        (f"address {text!r}", to(text), "address_invalid", "/recipients/0/email")
        for text in (
            "x",
            "a@b",
            "@example.com",
            "a@",
            "a b@example.com",
            "a@example.com\n",
            "a@example.com\nBcc: b@example.com",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@exa mple.com",
            "a@-x.com",
            "a@example..com",
            ".a@example.com",
            '"a"@example.com',
            "Soto <a@example.com>",
            "a,b@example.com",
            "名前@example.com",
            "a" * 65 + "@example.com",
            "a@" + "b" * 250 + ".com",
            "a@b@example.com",
            "a\0@example.com",
        )
    ],
    ("address of 1,001 characters", to("a" * 1_001), "request_invalid", "/recipients/0/email"),
    ("address twice", to("a@example.com", "a@example.com"), "recipient_twice", "/recipients/1/email"),
    ("address twice but for case", to("a@example.com", "A@EXAMPLE.com"), "recipient_twice", "/recipients/1/email"),
    ("501 recipients", to(*(f"a{n}@example.com" for n in range(501))), "too_many_recipients", "/recipients"),
    (
        "name of a recipient with a line",
        with_(recipients=[{**TO, "name": "a\r\nb"}]),
        "text_wrong",
        "/recipients/0/name",
    ),
    ("end in the past", with_(expires_at="2020-01-01T00:00:00Z"), "expiry_past", "/expires_at"),
    ("end at once", with_(expires_in_minutes=0), "expiry_past", "/expires_in_minutes"),
    ("end in 4 minutes", with_(expires_in_minutes=4), "expiry_past", "/expires_in_minutes"),
    ("end beyond the limit", with_(expires_in_minutes=90 * 24 * 60 + 1), "expiry_too_far", "/expires_in_minutes"),
    ("end of time", with_(expires_at="9999-12-31T23:59:59Z"), "expiry_too_far", "/expires_at"),
    (
        "two ends",
        with_(expires_in_minutes=60, expires_at="2027-01-01T00:00:00Z"),
        "expiry_twice",
        "/expires_in_minutes",
    ),
    ("no time", with_(expires_at="tomorrow"), "time_invalid", "/expires_at"),
    ("no such day", with_(expires_at="2027-02-30T00:00:00Z"), "time_invalid", "/expires_at"),
    ("time without zone", with_(expires_at="2027-01-01T00:00:00"), "time_invalid", "/expires_at"),
    ("hold of 61 minutes", with_(hold_minutes=61), "hold_wrong", "/hold_minutes"),
    ("sending in the past", with_(send_at="2020-01-01T00:00:00Z"), "send_at_wrong", "/send_at"),
    ("no download allowed", with_(max_downloads=0), "max_downloads_wrong", "/max_downloads"),
    ("negative downloads", with_(max_downloads=-1), "max_downloads_wrong", "/max_downloads"),
    ("plain where it is not allowed", with_(**{"class": "plain"}), "class_not_allowed", "/class"),
    ("no such class", with_(**{"class": "open"}), "request_invalid", "/class"),
    ("no such language", with_(language="fr"), "request_invalid", "/language"),
    ("title of 201 characters", with_(title="a" * 201), "text_wrong", "/title"),
    ("title with a line", with_(title="a\r\nBcc: b@example.com"), "text_wrong", "/title"),
    ("message of 4,001 characters", with_(message="a" * 4_001), "text_wrong", "/message"),
    (
        "in another's name",
        with_(on_behalf_of="mb_01kdv0000000000000000000a1"),
        "on_behalf_not_allowed",
        "/on_behalf_of",
    ),
]


@pytest.mark.parametrize(("body", "code", "pointer"), [pytest.param(*rest, id=name) for name, *rest in BAD])
def test_a_bad_transfer_is_not_made(cast: Cast, body: dict[str, Any], code: str, pointer: str) -> None:
    statuses = {"body_not_json": 400, "on_behalf_not_allowed": 403}

    def ask(headers: dict[str, str]) -> Any:
        return cast.world.call("POST", TRANSFERS, body, token=cast.hanako, headers=headers)

    check_refused(cast, ask, statuses.get(code, 422), code, pointer=pointer or None)


BAD_REQUESTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("no title", {}, "request_invalid", "/title"),
    ("bad address", {"title": "x", "recipients": [{"email": "x"}]}, "address_invalid", "/recipients/0/email"),
    ("bad domain", {"title": "x", "domains": ["exa mple"]}, "domain_invalid", "/domains/0"),
    ("51 domains", {"title": "x", "domains": [f"a{n}.com" for n in range(51)]}, "too_many_domains", "/domains"),
    ("both", {"title": "x", "domains": ["a.com"], "recipients": [TO]}, "domains_not_allowed", "/domains"),
    ("sealed", {"title": "x", "class": "sealed"}, "class_not_allowed", "/class"),
    ("passphrase", {"title": "x", "proof": "passphrase"}, "proof_not_allowed", "/proof"),
    ("no file allowed", {"title": "x", "max_files": 0}, "limit_wrong", "/max_files"),
    ("negative bytes", {"title": "x", "max_bytes": -1}, "limit_wrong", "/max_bytes"),
    ("end in the past", {"title": "x", "expires_at": "2020-01-01T00:00:00Z"}, "expiry_past", "/expires_at"),
]


@pytest.mark.parametrize(("body", "code", "pointer"), [pytest.param(*rest, id=name) for name, *rest in BAD_REQUESTS])
def test_a_bad_file_request_is_not_made(cast: Cast, body: dict[str, Any], code: str, pointer: str) -> None:
    check_refused(
        cast,
        lambda headers: cast.world.call("POST", REQUESTS, body, token=cast.hanako, headers=headers),
        422,
        code,
        pointer=pointer,
    )


def test_every_problem_is_listed_with_the_first_as_code(cast: Cast) -> None:
    body = {"files": [{"name": "a/..", "size": -1}], "recipients": [{"email": "x"}], "title": "a\n", "max_downloads": 0}
    answer = cast.world.call("POST", TRANSFERS, body, token=cast.hanako, headers={"accept-language": "en"})
    errors = [(one["pointer"], one["code"]) for one in check_problem(answer, 422, "text_wrong")["errors"]]
    assert errors == [
        ("/title", "text_wrong"),
        ("/max_downloads", "max_downloads_wrong"),
        ("/files/0/name", "name_invalid"),
        ("/files/0/size", "size_invalid"),
        ("/recipients/0/email", "address_invalid"),
    ]


def test_the_10001st_file_is_refused(own: Cast) -> None:
    def files(first: int, count: int) -> list[dict[str, Any]]:
        return [{"size": 1} for _ in range(first, first + count)]  # packed: few blobs

    body = {"files": files(0, 500), "class": "sealed", "more_files": True}
    made = own.world.call("POST", TRANSFERS, body, token=own.hanako)
    path = f"{TRANSFERS}/{made.body['id']}/files"
    for first in range(500, 10_000, 500):
        body = {"files": files(first, 500), "more_files": True}
        assert own.world.call("POST", path, body, token=own.hanako).status == 201
    check_refused(
        own,
        lambda headers: own.world.call("POST", path, {"files": files(0, 1)}, token=own.hanako, headers=headers),
        422,
        "too_many_files",
        pointer="/files",
    )


KEPT = [
    "CON",
    "aux.txt",
    "nul.tar.gz",
    "trailing dot.",
    "a" * 300 + ".txt",
    "見積" * 100 + ".pdf",
    'a<b>:"|?*',
    "~",
    "-rf",
]


def test_names_that_some_disk_dislikes_are_kept_for_display_and_made_safe_on_disk(own: Cast) -> None:
    contents = {name: str(n).encode() for n, name in enumerate(KEPT)}
    to_soto = {"recipients": [{"email": "soto@example.com"}], "hold_minutes": 0}
    made = parcel.send(own.world, own.hanako, contents, **to_soto)
    own.world.settle()
    listed = own.world.call("GET", f"{made.path}/files", token=own.hanako).body["items"]
    assert [one["name"] for one in listed] == KEPT
    assert parcel.fetch(own.world, own.hanako, made.id) == contents
    stored = [str(path) for path in (own.world.folder / "data" / "blobs").rglob("*")]
    assert not any(name in path for name in KEPT if len(name) > 2 for path in stored)
    for (segment,) in safe_paths(KEPT):
        assert len(segment.encode()) <= 255
        assert segment.partition(".")[0].lower() not in ("con", "aux", "nul")
        assert not segment.endswith((".", " "))
        assert not set(segment) & set('<>:"|?*')
