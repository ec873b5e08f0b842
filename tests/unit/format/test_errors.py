"""Each error has a stable code, a sentence and a next step."""

import pytest

from fumibako_format import errors

CODES = {
    errors.FormatError: "format_wrong",
    errors.IntegrityError: "integrity_failed",
    errors.LengthError: "length_wrong",
    errors.HeaderError: "header_wrong",
    errors.KeyMismatch: "key_wrong",
    errors.NameInvalid: "name_invalid",
    errors.PlanError: "plan_impossible",
    errors.ProofInvalid: "proof_invalid",
    errors.SignerUnknown: "signer_unknown",
    errors.VersionUnknown: "version_unknown",
    errors.RecordError: "record_wrong",
    errors.PassphraseInvalid: "passphrase_invalid",
    errors.IdInvalid: "id_invalid",
    errors.EncodingInvalid: "encoding_invalid",
}


@pytest.mark.parametrize("kind", CODES)
def test_code_message_and_hint(kind: type[errors.FormatError]) -> None:
    more = {"reason": "nul"} if kind is errors.NameInvalid else {}
    plain, hinted = kind("What is wrong.", **more), kind("What is wrong.", "Do this.", **more)
    assert (plain.code, plain.message, str(plain), plain.hint) == (
        CODES[kind],
        "What is wrong.",
        "What is wrong.",
        kind.default_hint,
    )
    assert (hinted.hint, kind("x", "", **more).hint) == ("Do this.", "")
    assert kind.default_hint.endswith(".")


def test_codes_differ() -> None:
    assert len(set(CODES.values())) == len(CODES)


def test_evidence_is_kept() -> None:
    assert errors.NameInvalid("x", reason="nul").reason == "nul"
    assert errors.PlanError("x", limit=7).limit == 7
    assert errors.PlanError("x").limit is None
    assert errors.SignerUnknown("x", verified="this").verified == "this"
    assert errors.SignerUnknown("x").verified is None
