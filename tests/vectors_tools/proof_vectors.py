"""Vectors of Merkle trees, signatures (JWS), certificates and receipts."""

import copy
from typing import Any

from tests.vectors_tools.signing import (
    b64,
    canonical,
    ed25519,
    fingerprint_of,
    jwk_of,
    jws,
    key_statement,
    p256,
    path,
    thumbprint_of,
    tree,
)
from tests.vectors_tools.write import write

HAND = "by hand, signed with keys made of a seed"
TENANT, TRANSFER = "te_01jd8x3v6kf2q9m4n7p0r5s8ta", "tr_01jd8x3v6kf2q9m4n7p0r5s8tw"
FILES = ["fi_01jd8x3v6kf2q9m4n7p0r5s8tx", "fi_01jd8x3v6kf2q9m4n7p0r5s8ty"]
ROOT, SIGNER = p256("root"), ed25519("signer")
STRANGER = ed25519("a stranger")
OTHER_ROOT, OTHER_SIGNER = ed25519("another root"), p256("another signer")
SIGNED_AT = "2026-06-01T10:05:00.000Z"

# The leaves and roots of the test suite of Certificate Transparency (google/certificate-transparency).
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

DELETION: dict[str, Any] = {
    "v": 1,
    "type": "deletion-certificate",
    "tenant": TENANT,
    "transfer": TRANSFER,
    "class": "managed",
    "reason": "expired",
    "files": [
        {
            "id": FILES[0],
            "ciphertext_size": 57,
            "checksum": "crc64nvme:AAAAAAAAAAA=",
            "store_version": "3sL4kqtJlcpXroDTDmJ",
        },
        {"id": FILES[1], "ciphertext_size": 0, "checksum": None, "store_version": None},
    ],
    "destroyed_at": "2026-06-01T10:00:00.000Z",
    "verified_absent_at": "2026-06-01T10:04:00.000Z",
    "recoverable_until": "2026-07-06T10:00:00.000Z",
    "put_urls_until": "2026-06-01T10:04:00.000Z",
}
PAST: dict[str, Any] = {
    "v": 1,
    "type": "recoverable-past",
    "tenant": TENANT,
    "transfer": TRANSFER,
    "certificate": tree([canonical(DELETION)]).hex(),
    "recoverable_until": "2026-07-06T10:00:00.000Z",
    "stated_at": "2026-07-06T10:00:00.000Z",
}
RECEIPT: dict[str, Any] = {
    "v": 1,
    "type": "receipt",
    "tenant": TENANT,
    "transfer": TRANSFER,
    "request": "rq_01jd8x3v6kf2q9m4n7p0r5s8tq",
    "files": [{"id": FILES[0], "ciphertext_size": 57, "checksum": None}],
    "received_at": "2026-06-01T09:00:00.000Z",
}


def make() -> None:
    _merkle()
    _jws()
    _valid_certificates()
    _wrong_documents()
    _wrong_signatures()
    _wrong_statements()


def _merkle() -> None:
    origin = "google/certificate-transparency, merkletree tests; paths by RFC 6962's recursion"
    leaves = [bytes.fromhex(leaf) for leaf in CT_LEAVES]
    for size in range(1, 9):
        assert tree(leaves[:size]).hex() == CT_ROOTS[size - 1]
        proofs = [[step.hex() for step in path(leaves[:size], index)] for index in range(size)]
        write(
            "merkle", f"leaves-{size}", origin=origin, leaves=CT_LEAVES[:size], root=CT_ROOTS[size - 1], proofs=proofs
        )
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    write("merkle", "leaves-0", origin="SHA-256 of nothing", leaves=[], root=empty, proofs=[])
    good = {"leaf": CT_LEAVES[4], "index": 4, "size": 7, "path": [step.hex() for step in path(leaves[:7], 4)]}
    root, steps = CT_ROOTS[6], [step.hex() for step in path(leaves[:7], 4)]
    faults: dict[str, dict[str, Any]] = {
        "another-leaf": {"leaf": CT_LEAVES[5]},
        "another-index": {"index": 5},
        "negative-index": {"index": -1},
        "index-is-size": {"index": 7},
        "size-zero": {"size": 0, "index": 0},
        "another-size": {"size": 9},
        "another-root": {"root": CT_ROOTS[7]},
        "step-missing": {"path": steps[:-1]},
        "step-added": {"path": [*steps, steps[0]]},
        "steps-swapped": {"path": [steps[1], steps[0], *steps[2:]]},
        "step-short": {"path": [steps[0][:-2], *steps[1:]]},
        "no-path": {"path": []},
        "path-to-a-single-leaf": {"size": 1, "index": 0},
    }
    for name, change in faults.items():
        write("merkle", f"wrong-{name}", origin="by hand", error="proof_invalid", **({"root": root} | good | change))


def _jws() -> None:
    es256 = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
    token = (
        "eyJhbGciOiJFUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )
    payload = '{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'
    write("jws", "rfc-7515-a3-es256", origin="RFC 7515 appendix A.3", token=token, jwk=es256, payload=payload)
    eddsa = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    rfc8037 = (
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
        ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )
    known = {"payload": "Example of Ed25519 signing", "thumbprint": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}
    write("jws", "rfc-8037-a4-eddsa", origin="RFC 8037 appendix A", token=rfc8037, jwk=eddsa, **known)
    _wrong_jws(token, es256, eddsa)


def _wrong_jws(token: str, es256: dict[str, str], eddsa: dict[str, str]) -> None:
    first, second, third = token.split(".")

    def headed(header: bytes) -> str:
        return f"{b64(header)}.{second}.{third}"

    signed = jwk_of(SIGNER)
    faults: dict[str, tuple[str, dict[str, str]]] = {
        "alg-none": (headed(b'{"alg":"none"}'), es256),
        "alg-none-unsigned": (f"eyJhbGciOiJub25lIn0.{second}.", es256),
        "alg-missing": (headed(b"{}"), es256),
        "alg-hs256": (headed(b'{"alg":"HS256"}'), es256),
        "alg-of-another-key": (token, eddsa),
        "alg-in-other-case": (headed(b'{"alg":"es256"}'), es256),
        "payload-changed": (f"{first}.{b64(b'{}')}.{third}", es256),
        "header-changed": (headed(b'{"alg":"ES256","a":1}'), es256),
        "header-not-json": (headed(b"alg"), es256),
        "header-not-object": (headed(b'["ES256"]'), es256),
        "header-member-twice": (headed(b'{"alg":"none","alg":"ES256"}'), es256),
        "signature-changed": (token[:-2] + "0Q", es256),
        "signature-missing": (f"{first}.{second}.", es256),
        "signature-short": (f"{first}.{second}.{third[:84]}", es256),
        "base64-padded": (token + "==", es256),
        "base64-not-canonical": (token[:-1] + "R", es256),
        "base64-with-plus": (token.replace("-", "+"), es256),
        "two-segments": (f"{first}.{second}", es256),
        "four-segments": (token + ".", es256),
        "empty": ("", es256),
        "crit": (jws(SIGNER, {"crit": ["exp"], "exp": 1}, b"{}"), signed),
        "crit-empty": (jws(SIGNER, {"crit": []}, b"{}"), signed),
        "b64-false": (jws(SIGNER, {"b64": False}, b"{}"), signed),
        "key-private": (jws(SIGNER, {}, b"{}"), signed | {"d": "AA"}),
        "key-of-another-curve": (jws(SIGNER, {}, b"{}"), signed | {"crv": "X25519"}),
        "key-short": (jws(SIGNER, {}, b"{}"), signed | {"x": signed["x"][:-3]}),
        "key-without-y": (token, {name: value for name, value in es256.items() if name != "y"}),
        "key-off-the-curve": (token, es256 | {"y": es256["x"]}),
    }
    for name, (wrong, jwk) in faults.items():
        write("jws", f"wrong-{name}", origin="by hand", error="proof_invalid", token=wrong, jwk=jwk)


def document(
    statement: dict[str, Any],
    *,
    others: int = 0,
    stated: str | None = None,
    signer: Any = SIGNER,
    header: dict[str, Any] | None = None,
    **claims: Any,
) -> dict[str, Any]:
    """A certificate in a batch in which it follows ``others`` fillers."""
    leaves = [canonical({"filler": n}) for n in range(others)] + [canonical(statement)]
    batch = {"v": 1, "root": tree(leaves).hex(), "size": len(leaves), "signed_at": SIGNED_AT} | claims
    start = {"kid": "proofs-2026", "typ": "fumibako-batch-root+jws"} | (header or {})
    return {
        "v": 1,
        "type": statement.get("type"),
        "statement": statement,
        "proof": {"index": others, "size": len(leaves), "path": [step.hex() for step in path(leaves, others)]},
        "batch": jws(signer, start, canonical({name: value for name, value in batch.items() if value is not None})),
        "key_statement": stated or key_statement(ROOT, SIGNER),
    }


def _write(
    name: str, made: dict[str, Any], error: str | None = None, *, noted: str | None = fingerprint_of(ROOT)
) -> None:
    write("certificates", name, origin=HAND, error=error, root_fingerprint=noted, document=made)


def _valid_certificates() -> None:
    _write("deletion", document(DELETION))
    _write("deletion-in-a-batch", document(DELETION, others=6))
    _write("deletion-without-put-urls", document(DELETION | {"put_urls_until": None, "files": []}))
    _write("absent-at-the-same-moment", document(DELETION | {"destroyed_at": DELETION["verified_absent_at"]}))
    largest = DELETION["files"][0] | {"ciphertext_size": (1 << 53) - 1}
    _write("largest-size", document(DELETION | {"files": [largest]}))
    _write("recoverable-past", document(PAST, others=1))
    _write("receipt", document(RECEIPT, others=2))
    _write("receipt-without-request", document(RECEIPT | {"request": None}))
    _write("unknown-members", document(DELETION | {"later": ["x"]}) | {"note": "unsigned"})
    tenants = key_statement(OTHER_ROOT, OTHER_SIGNER, install=None, tenant=TENANT)
    made = document(DELETION, stated=tenants, signer=OTHER_SIGNER)
    _write("tenants-own-key", made, noted=fingerprint_of(OTHER_ROOT))
    plain = fingerprint_of(ROOT).replace(".", "").removeprefix("SHA256:")
    _write("fingerprint-without-groups", document(DELETION), noted=plain)
    _write("fingerprint-with-spaces", document(DELETION), noted=" " + fingerprint_of(ROOT).replace(".", " ") + "\n")
    first = document(DELETION, signed_at="2026-01-01T00:00:00.000Z")
    _write("signed-at-the-first-moment", first)
    _write("signed-at-the-last-moment", document(DELETION, signed_at="2026-12-31T23:59:59.999Z"))


def _wrong_documents() -> None:
    _write("signer-unknown", document(DELETION), "signer_unknown", noted=None)
    _write("another-root", document(DELETION), "proof_invalid", noted=fingerprint_of(OTHER_ROOT))
    _write("fingerprint-cut", document(DELETION), "proof_invalid", noted=fingerprint_of(ROOT)[:-1])
    _write("fingerprint-empty", document(DELETION), "proof_invalid", noted="")
    made = document(DELETION, others=6)
    changed = copy.deepcopy(made)
    changed["statement"]["reason"] = "revoked"
    _write("statement-changed", changed, "proof_invalid")
    _write("statement-changed-and-signer-unknown", changed, "proof_invalid", noted=None)
    _write("statement-missing", made | {"statement": None}, "proof_invalid")
    _write("type-changed", made | {"type": "receipt"}, "proof_invalid")
    _write("type-missing", {name: value for name, value in made.items() if name != "type"}, "proof_invalid")
    _write("version-2", made | {"v": 2}, "version_unknown")
    _write("version-true", made | {"v": True}, "version_unknown")
    proof = made["proof"]
    _write("proof-missing", made | {"proof": None}, "proof_invalid")
    _write("proof-another-index", made | {"proof": proof | {"index": 5}}, "proof_invalid")
    _write("proof-another-size", made | {"proof": proof | {"size": 8}}, "proof_invalid")
    _write("proof-index-text", made | {"proof": proof | {"index": "6"}}, "proof_invalid")
    _write("proof-size-true", made | {"proof": proof | {"size": True}}, "proof_invalid")
    _write("proof-path-missing", made | {"proof": proof | {"path": None}}, "proof_invalid")
    upper = [step.upper() for step in proof["path"]]
    _write("proof-path-upper-case", made | {"proof": proof | {"path": upper}}, "proof_invalid")
    _write("proof-step-a-number", made | {"proof": proof | {"path": [7, *proof["path"][1:]]}}, "proof_invalid")
    _write("batch-missing", made | {"batch": None}, "proof_invalid")
    _write("key-statement-missing", made | {"key_statement": None}, "proof_invalid")
    _write("statements-swapped", made | {"batch": made["key_statement"]}, "proof_invalid")


def _wrong_signatures() -> None:
    def bad(name: str, error: str = "proof_invalid", **how: Any) -> None:
        _write(name, document(DELETION, **how), error)

    bad("batch-by-another-key", signer=STRANGER)
    bad("batch-by-a-key-of-another-kind", signer=OTHER_SIGNER)
    bad("batch-kid-of-another-key", header={"kid": "proofs-2027"})
    bad("batch-of-another-kind", header={"typ": "JWT"})
    bad("batch-version-2", "version_unknown", v=2)
    bad("batch-before-its-key", signed_at="2025-12-31T23:59:59.999Z")
    bad("batch-after-its-key", signed_at="2027-01-01T00:00:00.000Z")
    bad("batch-without-time", signed_at=None)
    bad("batch-time-without-milliseconds", signed_at="2026-06-01T10:05:00Z")
    bad("batch-another-root", root="00" * 32)
    bad("batch-root-missing", root=None)
    bad("batch-root-upper-case", root=tree([canonical(DELETION)]).hex().upper())
    bad("key-for-another-tenant", stated=key_statement(ROOT, SIGNER, install=None, tenant="te_other"))
    bad("key-for-nobody", stated=key_statement(ROOT, SIGNER, install=None))
    bad("key-for-both", stated=key_statement(ROOT, SIGNER, tenant=TENANT))
    bad("key-statement-of-another-kind", stated=key_statement(ROOT, SIGNER, header={"typ": "JWT"}))
    bad("key-statement-names-another-root", stated=key_statement(ROOT, SIGNER, header={"kid": "x"}))
    bad("key-statement-carries-another-root", stated=key_statement(ROOT, SIGNER, header={"jwk": jwk_of(p256("x"))}))
    stranger = {"jwk": jwk_of(p256("x")), "kid": thumbprint_of(p256("x"))}
    bad("key-statement-not-signed-by-its-root", stated=key_statement(ROOT, SIGNER, header=stranger))
    bad("key-statement-without-root", stated=key_statement(ROOT, SIGNER, header={"jwk": "x"}))
    bad("key-statement-version-2", "version_unknown", stated=key_statement(ROOT, SIGNER, v=2))
    bad("key-statement-without-key", stated=key_statement(ROOT, SIGNER, jwk=None))
    bad("key-statement-kid-a-number", stated=key_statement(ROOT, SIGNER, kid=7))
    bad("key-statement-another-key", stated=key_statement(ROOT, STRANGER))
    bad("key-statement-backwards", stated=key_statement(ROOT, SIGNER, not_after="2025-12-31T00:00:00.000Z"))
    bad("key-statement-no-end", stated=key_statement(ROOT, SIGNER, not_after=None))
    bad("key-statement-no-start", stated=key_statement(ROOT, SIGNER, not_before=None))


def _wrong_statements() -> None:
    def bad(name: str, base: dict[str, Any], error: str = "proof_invalid", **change: Any) -> None:
        _write(f"statement-{name}", document(base | change), error)

    file = DELETION["files"][0]
    bad("version-2", DELETION, "version_unknown", v=2)
    bad("type-unknown", DELETION, type="promise")
    bad("type-a-list", DELETION, type=[])
    bad("tenant-empty", DELETION, tenant="")
    bad("tenant-a-number", DELETION, tenant=7)
    bad("transfer-of-another-kind", DELETION, transfer=FILES[0])
    bad("class-unknown", DELETION, **{"class": "open"})
    bad("reason-missing", DELETION, reason=None)
    bad("files-missing", DELETION, files=None)
    bad("files-of-text", DELETION, files=["a"])
    bad("file-id-of-another-kind", DELETION, files=[file | {"id": TRANSFER}])
    bad("file-size-negative", DELETION, files=[file | {"ciphertext_size": -1}])
    bad("file-size-2-to-53", DELETION, files=[file | {"ciphertext_size": 1 << 53}])
    bad("file-size-true", DELETION, files=[file | {"ciphertext_size": True}])
    bad("file-size-text", DELETION, files=[file | {"ciphertext_size": "57"}])
    bad("file-size-fraction", DELETION, files=[file | {"ciphertext_size": 57.5}])
    bad("file-checksum-a-number", DELETION, files=[file | {"checksum": 5}])
    without = {name: value for name, value in file.items() if name != "store_version"}
    bad("file-without-store-version", DELETION, files=[without])
    bad("destroyed-at-missing", DELETION, destroyed_at=None)
    bad("destroyed-at-no-date", DELETION, destroyed_at="2026-02-30T10:00:00.000Z")
    bad("destroyed-at-local-time", DELETION, destroyed_at="2026-06-01T10:00:00.000+09:00")
    bad("verified-before-destroyed", DELETION, verified_absent_at="2026-06-01T09:59:59.999Z", put_urls_until=None)
    bad("recoverable-until-missing", DELETION, recoverable_until=None)
    bad("put-urls-outlive-the-look", DELETION, put_urls_until="2026-06-01T10:04:00.001Z")
    bad("put-urls-a-number", DELETION, put_urls_until=0)
    bad("past-too-early", PAST, stated_at="2026-07-06T09:59:59.999Z")
    bad("past-certificate-short", PAST, certificate="00")
    bad("past-certificate-upper-case", PAST, certificate="A" * 64)
    bad("past-certificate-missing", PAST, certificate=None)
    bad("receipt-request-of-another-kind", RECEIPT, request=TRANSFER)
    bad("receipt-without-time", RECEIPT, received_at=None)
    bad("receipt-without-files", RECEIPT, files=None)
    bad("float-inside", DELETION, later=0.5)
    bad("integer-too-large", DELETION, later=1 << 53)
