"""Parts, bytes and completion: what is sent wrongly, twice, too late or at once."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from fumibako_format import base64url
from tests.service.bad_input.refusal import check_problem, check_refused
from tests.service.support import parcel
from tests.service.support.caller import Answer
from tests.service.support.cast import MINUTE, Cast
from tests.service.support.parcel import Made

MIB = 1 << 20
# Three parts: 5 MiB, 5 MiB, the rest.
LARGE = {"large.bin": os.urandom(11 * MIB)}
HEADER = base64url.encode(b"\x28" + bytes(39))
ANOTHER = base64url.encode(b"\x28" + b"\x01" * 39)


def begun(cast: Cast, **fields: Any) -> Made:
    """A transfer of one file in three parts, none of them sent."""
    size = len(LARGE["large.bin"])
    body = {"files": [{"name": "large.bin", "size": size, "media_type": "text/plain", "part_size": 5 * MIB}], **fields}
    answer = cast.world.call("POST", parcel.TRANSFERS, body, token=cast.hanako)
    assert answer.status == 201, answer.body
    return Made(answer.body, LARGE, base64url.decode(answer.body["transfer_key"]))


def blob_of(made: Made) -> str:
    return str(made.answer["files"][0]["blob"])


def part(number: int, blob: str | None = None, **more: Any) -> Callable[[Made], dict[str, Any]]:
    return lambda made: {"blob": blob or blob_of(made), "part": number, **more}


BAD_PARTS: list[tuple[str, list[Callable[[Made], dict[str, Any]]], int, str]] = [
    ("none", [], 422, "parts_wrong"),
    ("one twice", [part(1), part(1)], 422, "parts_wrong"),
    ("257", [part(n) for n in range(1, 258)], 422, "parts_wrong"),
    ("number 0", [part(0)], 422, "part_unknown"),
    ("number -1", [part(-1)], 422, "part_unknown"),
    ("one behind the last", [part(4)], 422, "part_unknown"),
    ("number 2**53", [part(2**53)], 422, "part_unknown"),
    ("number 2**60", [part(2**60)], 422, "request_invalid"),
    ("another size", [part(1, size=1)], 422, "part_size_wrong"),
    ("negative size", [part(1, size=-1)], 422, "part_size_wrong"),
    ("another blob", [part(1, "bl_7zzzzzzzzzzzzzzzzzzzzzzzzz")], 404, "not_found"),
]


@pytest.mark.parametrize(("parts", "status", "code"), [pytest.param(*rest, id=name) for name, *rest in BAD_PARTS])
def test_parts_that_are_not_of_the_plan_get_no_url(cast: Cast, parts: list[Any], status: int, code: str) -> None:
    made = begun(cast)
    body = {"parts": [one(made) for one in parts]}
    check_refused(
        cast,
        lambda headers: cast.world.call("POST", f"{made.path}/parts", body, token=cast.hanako, headers=headers),
        status,
        code,
    )


def altered(upload: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    assert old in upload["url"]
    return {**upload, "url": upload["url"].replace(old, new)}


def content_of(made: Made, number: int) -> bytes:
    (whole,) = parcel.streams(made).values()
    return whole[(number - 1) * 5 * MIB : number * 5 * MIB]


def test_bytes_that_do_not_fit_their_url_are_not_taken(cast: Cast) -> None:
    made = begun(cast)
    upload = made.answer["uploads"][0]
    content = content_of(made, 1)
    other = begun(cast).answer["uploads"][0]
    cases: list[tuple[dict[str, Any], bytes, dict[str, str], int, str]] = [
        (upload, content[:-1], {"content-length": str(len(content) - 1)}, 400, "length_wrong"),
        (upload, content + b"x", {"content-length": str(len(content) + 1)}, 400, "length_wrong"),
        (upload, b"", {"content-length": "0"}, 400, "length_wrong"),
        (upload, b"", {"content-length": "-1"}, 411, "length_required"),
        (upload, content, {"transfer-encoding": "chunked"}, 411, "length_required"),
        (altered(upload, "&n=1&", "&n=2&"), content, {}, 403, "url_invalid"),
        (altered(upload, "&size=", "&size=1"), content, {}, 403, "url_invalid"),
        (altered(upload, "exp=", "exp=9"), content, {}, 403, "url_invalid"),
        (altered(upload, "&sig=", "&sig=A"), content, {}, 403, "url_invalid"),
        (altered(upload, "/acme/", "/rival/"), content, {}, 403, "url_invalid"),
        (altered(upload, made.id, cast.transfers["other"].id), content, {}, 403, "url_invalid"),
        (
            {**upload, "url": upload["url"].partition("?")[0] + "?" + other["url"].partition("?")[2]},
            content,
            {},
            403,
            "url_invalid",
        ),
        ({**upload, "url": upload["url"].partition("?")[0]}, content, {}, 403, "url_invalid"),
        ({**upload, "url": upload["url"] + "&n=1"}, content, {}, 403, "url_invalid"),
        ({**upload, "url": upload["url"] + "&a=1" * 100}, content, {}, 403, "url_invalid"),
        ({**upload, "method": "GET"}, b"", {}, 403, "url_invalid"),
        ({**upload, "method": "POST"}, content, {}, 405, "method_not_allowed"),
        ({**upload, "method": "DELETE"}, b"", {}, 405, "method_not_allowed"),
    ]
    for signed, sent, more, status, code in cases:
        check_refused(cast, lambda h, s=signed, c=sent, m=more: cast.world.signed(s, c, {**m, **h}), status, code)


def test_a_body_that_ends_early_is_no_part(cast: Cast) -> None:
    """The length in the header fits, the bytes that come do not."""
    made = begun(cast)
    upload = made.answer["uploads"][0]
    for sent in (content_of(made, 1)[:-1], content_of(made, 1) + b"x", b""):
        check_refused(cast, lambda h, c=sent: cast.world.signed(upload, c, h), 400, "length_wrong")
    assert cast.world.call("GET", f"{made.path}/parts?blob={blob_of(made)}", token=cast.hanako).body == {"parts": []}


def test_a_url_that_has_expired_takes_nothing(own: Cast) -> None:
    made = begun(own)
    own.world.offset += 16 * MINUTE
    check_refused(
        own, lambda h: own.world.signed(made.answer["uploads"][0], content_of(made, 1), h), 403, "url_expired"
    )


def test_a_missing_part_joins_nothing(cast: Cast) -> None:
    made = begun(cast)
    for upload in made.answer["uploads"][::2]:
        assert cast.world.signed(upload, content_of(made, upload["part"])).status == 200
    body = {"files": parcel.records(made)}
    check_refused(
        cast,
        lambda h: cast.world.call("POST", f"{made.path}/files/complete", body, token=cast.hanako, headers=h),
        409,
        "part_missing",
    )
    check_refused(
        cast,
        lambda h: cast.world.call("POST", f"{made.path}/complete", {}, token=cast.hanako, headers=h),
        409,
        "files_missing",
    )


def test_two_puts_of_one_part_at_once_leave_one_of_them_whole(cast: Cast) -> None:
    made = begun(cast)
    first, second, third = made.answer["uploads"]
    one, two = content_of(made, 1), content_of(made, 1)
    assert one != two  # each sealing has a header of its own
    asked = [(first["method"], first["url"], content, dict(first["headers"])) for content in (one, two, one, two)]
    assert [answer.status for answer in cast.world.at_once(*asked)] == [200] * 4
    held = cast.world.call("GET", f"{made.path}/parts?blob={blob_of(made)}", token=cast.hanako).body["parts"]
    assert [(found["part"], found["size"]) for found in held] == [(1, 5 * MIB)]
    (stored,) = (cast.world.folder / "data" / "blobs").rglob(f"{blob_of(made)}/p.*")
    assert stored.read_bytes()[: 5 * MIB] in (one, two)
    for upload in (second, third):
        assert cast.world.signed(upload, content_of(made, upload["part"])).status == 200


def test_a_second_header_for_a_file_is_refused(cast: Cast) -> None:
    made = begun(cast)
    file = made.answer["files"][0]["id"]
    parts = [{"blob": blob_of(made), "part": 1}]

    def with_header(header: str) -> dict[str, Any]:
        return {"parts": parts, "headers": [{"file": file, "header": header}]}

    path = f"{made.path}/parts"
    for _ in range(2):
        assert cast.world.call("POST", path, with_header(HEADER), token=cast.hanako).status == 200
    check_refused(
        cast,
        lambda h: cast.world.call("POST", path, with_header(ANOTHER), token=cast.hanako, headers=h),
        409,
        "header_differs",
    )
    short = with_header(base64url.encode(bytes(39)))
    check_refused(
        cast, lambda h: cast.world.call("POST", path, short, token=cast.hanako, headers=h), 422, "header_wrong"
    )
    done = {"files": [{**parcel.records(made)[0], "header": ANOTHER}]}
    check_refused(
        cast,
        lambda h: cast.world.call("POST", f"{made.path}/files/complete", done, token=cast.hanako, headers=h),
        409,
        "header_differs",
    )


def differing(made: Made, **changes: Any) -> dict[str, Any]:
    """A record that says something else than was announced."""
    name, content = next(iter(made.contents.items()))
    said = changes.get("name", name), changes.get("content", content)
    return parcel.records(Made(made.answer, {said[0]: said[1]}, made.key))[0]


def test_records_lengths_and_checksums_that_do_not_match_name_nothing(cast: Cast) -> None:
    made = begun(cast)
    good = parcel.records(made)[0]
    cases: list[tuple[list[dict[str, Any]], int, str]] = [
        ([], 422, "files_wrong"),
        ([good, good], 422, "files_wrong"),
        ([{"id": f"fi_{n}"} for n in range(501)], 422, "files_wrong"),
        ([{"id": good["id"]}], 422, "record_wrong"),
        ([{**good, "record": "A" * 100}], 422, "record_wrong"),
        ([{**good, "record": "A+/="}], 422, "encoding_invalid"),
        ([{**good, "record": good["record"][:-8] + "AAAAAAAA"}], 422, "record_wrong"),
        ([differing(made, name="other.bin")], 422, "name_differs"),
        ([differing(made, content=b"another length")], 422, "size_differs"),
        ([{**good, "size": 1}], 422, "size_differs"),
        ([{**good, "checksum": ""}], 422, "checksum_invalid"),
        ([{**good, "checksum": "a b"}], 422, "checksum_invalid"),
        ([{**good, "checksum": "a" * 129}], 422, "checksum_invalid"),
    ]
    for files, status, code in cases:
        path, body = f"{made.path}/files/complete", {"files": files}
        check_refused(
            cast, lambda h, p=path, b=body: cast.world.call("POST", p, b, token=cast.hanako, headers=h), status, code
        )


def test_a_length_that_differs_from_what_arrived_joins_nothing(cast: Cast) -> None:
    """The length was unknown at create; what is told at the end is not what was sent."""
    body = {"files": [{"name": "stream.bin", "size": None, "media_type": "text/plain"}]}
    created = cast.world.call("POST", parcel.TRANSFERS, body, token=cast.hanako).body
    made = Made(created, {"stream.bin": b"x" * 100}, base64url.decode(created["transfer_key"]))
    (whole,) = parcel.streams(made).values()
    asked = {"parts": [{"blob": blob_of(made), "part": 1, "size": len(whole)}]}
    (upload,) = cast.world.call("POST", f"{made.path}/parts", asked, token=cast.hanako).body["uploads"]
    assert cast.world.signed(upload, whole).status == 200
    path = f"{made.path}/files/complete"
    for size, status, code in (
        (None, 422, "size_missing"),
        (-1, 422, "size_invalid"),
        (2**53, 422, "size_invalid"),
        (99, 422, "size_differs"),
        (17 << 20, 422, "size_differs"),
    ):
        done = {"files": [{**parcel.records(made)[0], **({} if size is None else {"size": size})}]}
        check_refused(
            cast, lambda h, d=done: cast.world.call("POST", path, d, token=cast.hanako, headers=h), status, code
        )
    longer = Made(created, {"stream.bin": b"x" * 101}, made.key)
    done = {"files": [{**parcel.records(longer)[0], "size": 101}]}
    check_refused(cast, lambda h: cast.world.call("POST", path, done, token=cast.hanako, headers=h), 409, "part_wrong")


def sent(cast: Cast) -> tuple[Made, dict[str, Any], bytes]:
    """A stored transfer that is not handed over yet, with a URL of a part that is out."""
    made = begun(cast, hold_minutes=0)
    content = content_of(made, 1)
    parcel.store(cast.world, cast.hanako, made)
    return made, made.answer["uploads"][0], content


def test_after_complete_no_part_is_taken(own: Cast) -> None:
    made, upload, content = sent(own)
    check_problem_of_put = check_problem(
        own.world.signed(upload, content, {"accept-language": "en"}), 409, "upload_closed"
    )
    assert check_problem_of_put["detail"]
    parts = {"parts": [{"blob": blob_of(made), "part": 1}]}
    path = f"{made.path}/parts"
    check_refused(own, lambda h: own.world.call("POST", path, parts, token=own.hanako, headers=h), 409, "upload_closed")
    assert own.world.call("POST", f"{made.path}/complete", {}, token=own.hanako).status == 202
    check_refused(own, lambda h: own.world.signed(upload, content, h), 409, "upload_closed")
    check_refused(own, lambda h: own.world.call("POST", path, parts, token=own.hanako, headers=h), 409, "state_wrong")
    more = {"files": [{"name": "late.txt", "size": 1}]}
    check_refused(
        own,
        lambda h: own.world.call("POST", f"{made.path}/files", more, token=own.hanako, headers=h),
        409,
        "state_wrong",
    )
    own.world.settle()
    assert parcel.fetch(own.world, own.hanako, made.id) == LARGE


def test_completing_twice_changes_nothing_the_second_time(own: Cast) -> None:
    made, _, _ = sent(own)
    named = {"files": [{"id": made.answer["files"][0]["id"], "record": "A" * 100}]}
    assert repeated(own, f"{made.path}/files/complete", named)[0].status == 200
    first, second = repeated(own, f"{made.path}/complete", {})
    assert (first.status, second.status) == (202, 202)
    assert first.body == second.body


def repeated(cast: Cast, path: str, body: dict[str, Any]) -> tuple[Answer, Answer]:
    """The same call twice, the second of which must leave every store as it was."""
    first = cast.world.call("POST", path, body, token=cast.hanako)
    before = cast.world.dump()
    second = cast.world.call("POST", path, body, token=cast.hanako)
    assert cast.world.dump() == before
    return first, second


def test_a_sealed_transfer_needs_its_ways_in(cast: Cast) -> None:
    made = parcel.create(cast.world, cast.hanako, {"a": b"secret"}, key=os.urandom(32), **{"class": "sealed"})
    parcel.store(cast.world, cast.hanako, made)
    path = f"{made.path}/complete"
    good = {"v": 1, "kind": "link"}
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({}, 422, "slots_missing"),
        ({"slots": [{"v": 2, "kind": "link"}]}, 422, "slots_wrong"),
        ({"slots": [{"v": 1, "kind": "door"}]}, 422, "slots_wrong"),
        ({"slots": [{**good, "deep": {"er": 1}}]}, 422, "slots_wrong"),
        ({"slots": [good] * 9}, 422, "slots_wrong"),
        ({"slots": [{**good, "wrapped": "A" * 9_000}]}, 422, "slots_wrong"),
        ({"slots": [good], "passphrase_auth": "AAAA"}, 422, "passphrase_auth_wrong"),
        ({"slots": [good], "passphrase_auth": "A+/="}, 422, "encoding_invalid"),
    ]
    for body, status, code in cases:
        check_refused(
            cast, lambda h, b=body: cast.world.call("POST", path, b, token=cast.hanako, headers=h), status, code
        )
