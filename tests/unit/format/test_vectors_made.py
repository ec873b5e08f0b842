"""The vectors in the tree are the ones the generators write, and the spec names every error code."""

import re
from pathlib import Path

import pytest

from fumibako_format import errors
from tests.vectors_tools import audit_vectors, key_vectors, name_vectors, plan_vectors, proof_vectors, write

SPEC = Path(__file__).resolve().parents[3] / "spec"
MAKERS = {
    "audit": (audit_vectors.make, {"audit_blocks"}),
    "keys": (key_vectors.make, {"key_derivation", "key_slots", "file_records"}),
    "names": (name_vectors.make, {"names", "ids"}),
    "plans": (plan_vectors.make, {"part_plans", "packs"}),
    "proofs": (proof_vectors.make, {"merkle", "jws", "certificates"}),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_vectors_are_as_their_generator_writes_them(
    maker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, subjects = MAKERS[maker]
    monkeypatch.setattr(write, "FOLDER", tmp_path)
    make()
    made = {path.relative_to(tmp_path): path.read_text("utf-8") for path in tmp_path.rglob("*.json")}
    kept = {
        path.relative_to(SPEC / "vectors"): path
        for subject in subjects
        for path in (SPEC / "vectors" / subject).iterdir()
    }
    assert set(made) == set(kept)
    assert [str(path) for path, text in made.items() if kept[path].read_text("utf-8") != text] == []


def test_the_vectors_stay_small() -> None:
    assert sum(path.stat().st_size for path in (SPEC / "vectors").rglob("*.json")) < 3_000_000


def test_the_spec_names_every_error_code() -> None:
    named = set(re.findall(r"`([a-z]+_[a-z]+)`", (SPEC / "format.md").read_text("utf-8").partition("## 10. Errors")[2]))
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind is not errors.FormatError]
    assert named == {kind.code for kind in kinds if issubclass(kind, errors.FormatError)}
