"""Every vector of spec/vectors that belongs to fumibako_format, one test a file."""

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from fumibako_format import audit, base64url, certificates, ids, jws, keys, merkle, names, packs, parts, record, slots
from fumibako_format.errors import FormatError, NameInvalid, PlanError
from fumibako_format.hkdf import hkdf_sha256
from fumibako_format.streaming import Header, open_stream, seal_stream
from tests.vectors_tools.pieces import assembled, plaintext_of, whole_ciphertext
from tests.vectors_tools.write import names as vector_names
from tests.vectors_tools.write import read

Vector = dict[str, Any]
MESSAGES: dict[str, str] = json.loads(Path(__file__).with_name("messages.json").read_text("utf-8"))


def vectors(subject: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "vector", [pytest.param(subject + "/" + name, id=name) for name in vector_names(subject)]
    )


def loaded(path: str) -> Vector:
    subject, _, name = path.partition("/")
    vector = read(subject, name) | {"#": path}
    assert vector["name"] == name
    assert vector["origin"]
    assert vector["expect"] == ("invalid" if "error" in vector else "valid")
    return vector


def refused(vector: Vector, call: Any) -> FormatError:
    """Assert that ``call`` raises the vector's error, with something to say and a next step."""
    with pytest.raises(FormatError) as caught:
        call()
    assert caught.value.code == vector["error"]
    # Where several checks could refuse, the message shows that it was the one the vector is about.
    assert caught.value.message == MESSAGES.get(vector["#"], caught.value.message)
    assert caught.value.message.endswith(".")
    assert caught.value.hint.endswith(".")
    return caught.value


def random_of(vector: Vector) -> Any:
    return io.BytesIO(bytes.fromhex(vector["random"])).read


@vectors("file")
def test_file(vector: str) -> None:
    case = loaded(vector)
    key, aad, opened = bytes.fromhex(case["key"]), case["aad"].encode("ascii"), io.BytesIO()
    if "error" in case:
        base = read("file", case["base"])
        source = io.BytesIO(assembled(case["pieces"], base))
        planned = case["planned_size"]
        refused(case, lambda: open_stream(source.read, opened.write, key=key, aad=aad, ciphertext_size=planned))
        # Whatever came out before the error is true, and never the whole.
        assert plaintext_of(base["plaintext"]).startswith(opened.getvalue())
        assert opened.tell() < max(1, base["plaintext"]["size"])
        return
    ciphertext, plaintext = whole_ciphertext(case), plaintext_of(case["plaintext"])
    size = case["ciphertext"]["size"]
    assert open_stream(io.BytesIO(ciphertext).read, opened.write, key=key, aad=aad, ciphertext_size=size) == len(
        plaintext
    )
    assert opened.getvalue() == plaintext
    sealed = io.BytesIO()
    header = Header.parse(bytes.fromhex(case["header"]))
    assert seal_stream(io.BytesIO(plaintext).read, sealed.write, key=key, aad=aad, header=header) == len(plaintext)
    assert sealed.getvalue() == ciphertext


@vectors("key_derivation")
def test_key_derivation(vector: str) -> None:
    case = loaded(vector)
    transfer_key = bytes.fromhex(case["transfer_key"])
    if "error" in case:
        refused(case, lambda: keys.file_key(transfer_key, case["file_id"]))
        return
    file_key = keys.file_key(transfer_key, case["file_id"])
    assert file_key.hex() == case["file_key"]
    assert keys.record_key(file_key, case["file_id"]).hex() == case["record_key"]
    aad = keys.associated_data(case["transfer_id"], case["file_id"])
    assert aad.decode() == case["associated_data"]
    salt = bytes.fromhex(case["header_salt"])
    assert hkdf_sha256(file_key, info=aad, salt=salt).hex() == case["segment_key"]


@vectors("key_slots")
def test_key_slots(vector: str) -> None:
    case = loaded(vector)
    slot, transfer = case["slot"], case["transfer_id"]
    if "passphrase" in case:

        def opened() -> bytes:
            return slots.open_passphrase_slot(slot, case["passphrase"], transfer)
    else:

        def opened() -> bytes:
            return slots.open_link_slot(slot, base64url.decode(case["link_key"]), transfer)

    if "error" in case:
        refused(case, opened)
        return
    assert opened().hex() == case["transfer_key"]
    if "random" in case and "passphrase" in case:
        params = slots.Argon2Parameters(*(slot[name] for name in ("m", "t", "p")))
        random, passphrase = random_of(case), case["passphrase"]
        made, auth = slots.passphrase_slot(opened(), transfer, passphrase, random, params=params)
        assert (made, base64url.encode(auth)) == (slot, case["auth"])
        before_proof = {name: slot[name] for name in ("v", "kind", "salt", "m", "t", "p")}
        assert slots.passphrase_auth(before_proof, passphrase) == auth
    elif "random" in case:
        made, link_key = slots.link_slot(opened(), transfer, random_of(case))
        assert (made, base64url.encode(link_key)) == (slot, case["link_key"])


@vectors("file_records")
def test_file_records(vector: str) -> None:
    case = loaded(vector)
    file_key, file_id, sealed = bytes.fromhex(case["file_key"]), case["file_id"], bytes.fromhex(case["sealed"])

    def opened() -> record.FileRecord:
        return record.open_record(sealed, file_key=file_key, file_id=file_id)

    if "error" in case:
        refused(case, opened)
        return
    found = opened()
    text = None if found.digest is None else base64url.encode(found.digest)
    assert asdict(found) | {"digest": text} == case["record"]
    if "random" in case:
        assert record.seal_record(found, file_key=file_key, file_id=file_id, random=random_of(case)) == sealed


@vectors("part_plans")
def test_part_plans(vector: str) -> None:
    case = loaded(vector)

    def planned() -> parts.PartPlan:
        return parts.plan_parts(case["ciphertext_size"], asked=case["asked"], limit=case["limit"])

    if "error" in case:
        error = refused(case, planned)
        assert isinstance(error, PlanError)
        assert error.limit == case["figure"]
        return
    plan = planned()
    assert (plan.part_size, plan.count, plan.single) == (case["part_size"], case["count"], case["single"])
    for number, (start, end) in case["ranges"].items():
        assert plan.range(int(number)) == (start, end)
        assert plan.size_of(int(number)) == end - start


@vectors("packs")
def test_packs(vector: str) -> None:
    case = loaded(vector)
    if "error" in case:
        refused(case, lambda: packs.plan_packs(case["plaintext_sizes"]))
        return
    assert [asdict(placed) for placed in packs.plan_packs(case["plaintext_sizes"])] == case["placements"]


@vectors("names")
def test_names(vector: str) -> None:
    case = loaded(vector)
    if "error" in case:
        for check in (names.check_name, names.safe_path):
            error = refused(case, lambda check=check: check(case["given"]))
            assert isinstance(error, NameInvalid)
            assert error.reason == case["reason"]
            assert error.reason in names.REASONS
    elif "names" in case:
        assert [list(path) for path in names.safe_paths(case["names"])] == case["paths"]
    elif "text" in case:
        assert names.display_name(case["text"]) == case["shown"]
    else:
        assert names.check_name(case["given"]) == case["checked"]
        assert list(names.safe_path(case["given"])) == case["path"]
        assert names.display_name(case["checked"]) == case["checked"]


@vectors("ids")
def test_ids(vector: str) -> None:
    case = loaded(vector)
    if "error" in case:
        refused(case, lambda: ids.decode_id(case["text"]))
        assert not ids.is_id(case["text"], case["text"].partition("_")[0])
        return
    raw = bytes.fromhex(case["uuid"])
    assert ids.decode_id(case["text"]) == (case["prefix"], raw)
    assert ids.encode_id(case["prefix"], raw) == case["text"]
    assert ids.is_id(case["text"], case["prefix"])
    if "ms" in case:
        assert ids.uuid7(case["ms"], bytes.fromhex(case["random"])) == raw


@vectors("merkle")
def test_merkle(vector: str) -> None:
    case = loaded(vector)
    root = bytes.fromhex(case["root"])
    if "error" in case:
        leaf, path = merkle.leaf_hash(bytes.fromhex(case["leaf"])), [bytes.fromhex(step) for step in case["path"]]
        refused(case, lambda: merkle.verify_inclusion(leaf, case["index"], case["size"], path, root))
        return
    leaves = [bytes.fromhex(leaf) for leaf in case["leaves"]]
    assert merkle.tree_root(leaves) == root
    for index, leaf in enumerate(leaves):
        path = merkle.inclusion_proof(leaves, index)
        assert [step.hex() for step in path] == case["proofs"][index]
        merkle.verify_inclusion(merkle.leaf_hash(leaf), index, len(leaves), path, root)


@vectors("jws")
def test_jws(vector: str) -> None:
    case = loaded(vector)

    def verified() -> jws.Jws:
        return jws.verify_with(jws.parse(case["token"]), case["jwk"])

    if "error" in case:
        refused(case, verified)
        return
    assert verified().payload.decode() == case["payload"]
    assert jws.public_jwk(jws.load_jwk(case["jwk"])) == case["jwk"]
    assert jws.thumbprint(case["jwk"]) == case.get("thumbprint", jws.thumbprint(case["jwk"]))


@vectors("certificates")
def test_certificates(vector: str) -> None:
    case = loaded(vector)
    document = case["document"]

    def verified() -> certificates.Verified:
        return certificates.verify_certificate(document, root_fingerprint=case["root_fingerprint"])

    if "error" in case:
        refused(case, verified)
        return
    found = verified()
    assert (found.type, found.statement) == (document["type"], document["statement"])
    assert found.kid == "proofs-2026"


@vectors("audit_blocks")
def test_audit_blocks(vector: str) -> None:
    case = loaded(vector)

    def verified() -> audit.AuditChain:
        return audit.verify_audit_chain(case["blocks"], roots=case["roots"], root_fingerprint=case["root_fingerprint"])

    if "error" in case:
        refused(case, verified)
        return
    found = verified()
    for name in ("first", "last", "entries", "last_hash", "signed_through"):
        assert getattr(found, name) == case[name]
    assert found.root_fingerprint == case["root_fingerprint"]
    assert [audit.audit_block_hash(block) for block in case["blocks"]] == case["hashes"]
