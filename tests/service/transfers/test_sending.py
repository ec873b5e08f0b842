import pytest

from tests.service.transfers.desk import Desk

FILES = {"見積書.txt": b"one", "b.txt": b"two"}


def test_a_member_sends_and_hands_over() -> None:
    desk = Desk()
    created = desk.create(FILES, title="お見積り", expires_in_minutes=60, hold_minutes=0)
    assert (created.status, created.body["state"], created.headers["etag"]) == (201, "uploading", '"1"')
    assert [one["name"] for one in created.body["files"]] == list(FILES)
    assert [(one["index"], one["packed"], one["parts"], one["state"]) for one in created.body["files"]] == [
        (0, True, 1, "waiting"),
        (1, True, 1, "waiting"),
    ]
    named = desk.send_files(created.body, FILES)
    assert named.status == 200, named.body
    assert [one["state"] for one in named.body["files"]] == ["stored", "stored"]
    transfer = created.body["id"]
    whole = desk.call("POST", f"/v1/transfers/{transfer}/complete", {})
    assert (whole.status, whole.body["state"], whole.body["scan"]) == (202, "checking", "pending")
    shown = desk.call("GET", f"/v1/transfers/{transfer}")
    assert shown.headers["etag"] == f'"{shown.body["version"]}"'
    assert shown.body["title"] == "お見積り"
    assert shown.body["recipients"][0] == {
        "id": shown.body["recipients"][0]["id"],
        "email": "soto@example.com",
        "language": "ja",
        "state": "waiting",
        "downloads": 0,
    }
    listed = desk.call("GET", f"/v1/transfers/{transfer}/files?limit=1")
    assert [one["name"] for one in listed.body["items"]] == ["見積書.txt"]
    assert listed.body["next"] is not None


def test_a_body_with_many_problems_names_them_all() -> None:
    desk = Desk()
    body = {"files": [{"name": "a/../b", "size": -1}], "recipients": [{"email": "x"}], "expires_in_minutes": 1}
    answer = desk.call("POST", "/v1/transfers", body)
    assert (answer.status, answer.code) == (422, "expiry_past")
    assert [(one["pointer"], one["code"]) for one in answer.body["errors"]] == [
        ("/expires_in_minutes", "expiry_past"),
        ("/files/0/name", "name_invalid"),
        ("/files/0/size", "size_invalid"),
        ("/recipients/0/email", "address_invalid"),
    ]


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b'{"files": [], "surprise": 1}', 422, "request_invalid"),
        (b'{"files": [{"name": "a", "size": "1"}]}', 422, "request_invalid"),
        (b'{"files": [{"name": "a", "size": 1.5}]}', 422, "request_invalid"),
        (b'{"files": [{"name": "a", "size": true}]}', 422, "request_invalid"),
        (b'{"files": []}', 422, "files_none"),
        (b"{", 400, "body_not_json"),
        (b'{"files": [{"name": "a", "size": 1}], "expires_at": "tomorrow"}', 422, "time_invalid"),
        (b'{"files": [{"name": "a", "size": 1}], "class": "plain"}', 422, "class_not_allowed"),
        (b'{"files": [{"name": "a", "size": 1, "digest": "=="}]}', 422, "encoding_invalid"),
        (b'{"files": [{"name": "a", "size": 1}], "on_behalf_of": "mb_x"}', 403, "on_behalf_not_allowed"),
    ],
)
def test_bad_bodies_are_refused_before_anything_is_written(raw: bytes, status: int, code: str) -> None:
    desk = Desk()
    before = len(desk.office.ctx.records.outbox)
    answer = desk.call("POST", "/v1/transfers", raw=raw)
    assert (answer.status, answer.code) == (status, code)
    assert len(desk.office.ctx.records.outbox) == before


def test_a_repeated_create_answers_as_the_first_did() -> None:
    desk = Desk()
    headers = {"idempotency-key": "key-1"}
    body = {"files": [{"name": "a.txt", "size": 3}]}
    first = desk.call("POST", "/v1/transfers", body, headers=headers)
    again = desk.call("POST", "/v1/transfers", body, headers=headers)
    same = ("id", "transfer_key", "files", "expires_at")
    assert (again.status, [again.body[name] for name in same]) == (201, [first.body[name] for name in same])
    other = desk.call("POST", "/v1/transfers", {"files": [{"name": "b.txt", "size": 3}]}, headers=headers)
    assert (other.status, other.code) == (422, "idempotency_key_reused")


def test_parts_are_signed_and_listed() -> None:
    desk = Desk()
    made = desk.call("POST", "/v1/transfers", {"files": [{"name": "big", "size": 40 << 20}]}).body
    assert [one["part"] for one in made["uploads"]] == [1, 2, 3]
    blob = made["files"][0]["blob"]
    signed = desk.call("POST", f"/v1/transfers/{made['id']}/parts", {"parts": [{"blob": blob, "part": 3}]})
    (url,) = signed.body["uploads"]
    desk.office.ctx.blobs.put(url["url"], b"x" * url["size"])
    held = desk.call("GET", f"/v1/transfers/{made['id']}/parts?blob={blob}")
    assert [(one["part"], one["size"]) for one in held.body["parts"]] == [(3, url["size"])]
    assert desk.call("GET", f"/v1/transfers/{made['id']}/parts").code == "query_invalid"
    wrong = desk.call("POST", f"/v1/transfers/{made['id']}/parts", {"parts": [{"blob": blob, "part": 4}]})
    assert (wrong.status, wrong.code, wrong.body["errors"][0]["pointer"]) == (422, "part_unknown", "/parts/0")


def test_further_files_follow() -> None:
    desk = Desk()
    made = desk.create({"a.txt": b"a"}, more_files=True).body
    path = f"/v1/transfers/{made['id']}/files"
    more = desk.call("POST", path, {"files": [{"name": "b.txt", "size": 1}]}, headers={"idempotency-key": "k"})
    again = desk.call("POST", path, {"files": [{"name": "b.txt", "size": 1}]}, headers={"idempotency-key": "k"})
    assert (more.status, again.body["files"]) == (201, more.body["files"])
    assert [one["name"] for one in desk.call("GET", path).body["items"]] == ["a.txt", "b.txt"]


def test_changes_need_the_version_that_was_read() -> None:
    desk = Desk()
    made = desk.create({"a.txt": b"a"}).body
    path = f"/v1/transfers/{made['id']}"
    assert desk.call("PATCH", path, {"max_downloads": 3}).code == "if_match_missing"
    stale = desk.call("PATCH", path, {"max_downloads": 3}, headers={"if-match": '"7"'})
    assert (stale.status, stale.code) == (412, "version_changed")
    shown = desk.call("GET", path)
    changed = desk.call("PATCH", path, {"max_downloads": 3}, headers={"if-match": shown.headers["etag"]})
    assert (changed.status, changed.body["max_downloads"]) == (200, 3)


def test_recall_closes_it_at_once() -> None:
    desk = Desk()
    made = desk.create({"a.txt": b"a"}).body
    path = f"/v1/transfers/{made['id']}"
    recalled = desk.call("DELETE", path)
    assert (recalled.status, recalled.body["state"], recalled.body["reason"]) == (202, "closed", "revoked")
    gone = desk.call("POST", f"{path}/parts", {"parts": [{"blob": made["files"][0]["blob"], "part": 1}]})
    assert (gone.status, gone.code) == (410, "gone")
    listed = desk.call("GET", "/v1/transfers?state=closed&box=all")
    assert [one["id"] for one in listed.body["items"]] == [made["id"]]
    assert desk.call("GET", "/v1/transfers?box=attic").code == "query_invalid"


def test_ids_of_nothing_answer_alike() -> None:
    desk = Desk()
    answers = [
        desk.call("GET", f"/v1/transfers/{one}") for one in ("tr_01kdv0000000000000000000a1", "nonsense", "mb_x")
    ]
    assert {(one.status, one.code, one.body["detail"]) for one in answers} == {
        (404, "not_found", answers[0].body["detail"])
    }


def test_the_openapi_file_is_made_of_all_routes() -> None:
    paths = Desk().call("GET", "/v1/openapi.json").body["paths"]
    for path in ("/v1/transfers", "/v1/transfers/{transfer}/parts", "/v1/requests/{request}"):
        assert any(one.endswith(path) for one in paths)
