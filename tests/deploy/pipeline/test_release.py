"""One signature over everything that is deployed: what it lets pass, and each way of slipping something in."""

import base64
import hmac
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from joserfc import jws
from joserfc.jwk import ECKey

from deploy.__main__ import main
from deploy.errors import Refused
from deploy.supply.release import FILE, TYPE, inventory
from deploy.supply.signing import KeyFile, KmsKey, sign_release
from deploy.supply.verify import refuse_unsigned, signed_release, verified
from tests.deploy.pipeline.releases import Keys, write_image, write_keys, write_release

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return write_keys(tmp_path / "keys")


@pytest.fixture
def folder(tmp_path: Path, keys: Keys) -> Path:
    write_release(tmp_path / "release", keys)
    return tmp_path / "release"


def code(run: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        run()
    assert refused.value.detail.endswith(".")
    assert refused.value.hint.endswith(".")
    return refused.value.code


@pytest.mark.parametrize("kind", ["ES256", "Ed25519"])
def test_a_release_is_what_was_signed(tmp_path: Path, kind: str) -> None:
    pair = write_keys(tmp_path / "keys", kind)
    made = write_release(tmp_path / "release", pair)
    assert verified(tmp_path / "release", pair.public) == made
    header = (tmp_path / "release" / FILE).read_bytes().partition(b".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + b"==")) == {"alg": kind, "typ": TYPE}


def test_a_release_of_many_files_is_read(tmp_path: Path, keys: Keys) -> None:
    """The library's own limit is for tokens."""
    made = write_release(tmp_path / "release", keys, **{f"page/assets/{number:064}.js": "" for number in range(1_500)})
    assert verified(tmp_path / "release", keys.public) == made


def changed(folder: Path) -> None:
    (folder / "page" / "index.html").write_text("other page", "utf-8")


def missing(folder: Path) -> None:
    (folder / "packages" / "manifest.json").unlink()


def further(folder: Path) -> None:
    (folder / "assembly" / "dev" / "more.json").write_text("{}", "utf-8")


def renamed(folder: Path) -> None:
    (folder / "page" / "index.html").rename(folder / "page" / "other.html")


def other_image(folder: Path) -> None:
    write_image(folder / "images" / "fumibako.tar", {"etc/version": b"9.9.9"})


def link(folder: Path) -> None:
    (folder / "page" / "index.html").unlink()
    (folder / "page" / "index.html").symlink_to(folder / "packages" / "manifest.json")


def linked_folder(folder: Path) -> None:
    shutil.move(folder / "page", folder.parent / "page")
    (folder / "page").symlink_to(folder.parent / "page")


def no_signature(folder: Path) -> None:
    header, payload, _ = (folder / FILE).read_bytes().strip().split(b".")
    (folder / FILE).write_bytes(header + b"." + payload + b".")


def algorithm_none(folder: Path) -> None:
    _, payload, _ = (folder / FILE).read_bytes().strip().split(b".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": TYPE}).encode()).rstrip(b"=")
    (folder / FILE).write_bytes(header + b"." + payload + b".")


def hmac_of_the_public_key(folder: Path) -> None:
    payload = (folder / FILE).read_bytes().split(b".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "typ": TYPE}).encode()).rstrip(b"=")
    secret = (folder.parent / "keys" / "public.pem").read_bytes()
    mac = hmac.digest(secret, header + b"." + payload, "sha256")
    (folder / FILE).write_bytes(header + b"." + payload + b"." + base64.urlsafe_b64encode(mac).rstrip(b"="))


def signed_for_something_else(folder: Path) -> None:
    payload = base64.urlsafe_b64decode((folder / FILE).read_bytes().split(b".")[1] + b"==")
    key = ECKey.import_key((folder.parent / "keys" / "private.pem").read_bytes())
    (folder / FILE).write_text(jws.serialize_compact({"alg": "ES256", "typ": "JWT"}, payload, key), "utf-8")


def another_statement(folder: Path) -> None:
    """Signed rightly, of the right type, but nothing that a release says."""
    key = ECKey.import_key((folder.parent / "keys" / "private.pem").read_bytes())
    (folder / FILE).write_text(jws.serialize_compact({"alg": "ES256", "typ": TYPE}, b'{"a":1}', key), "utf-8")


def another_payload(folder: Path) -> None:
    header, payload, signature = (folder / FILE).read_bytes().strip().split(b".")
    told = json.loads(base64.urlsafe_b64decode(payload + b"=="))
    told["files"]["page/index.html"] = "0" * 64
    (folder / FILE).write_bytes(
        b".".join((header, base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"="), signature))
    )


def nothing_signed(folder: Path) -> None:
    (folder / FILE).unlink()


FORGERIES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a changed file": (changed, "release_differs"),
    "a missing file": (missing, "release_differs"),
    "a further file": (further, "release_differs"),
    "a renamed file": (renamed, "release_differs"),
    "another image": (other_image, "release_differs"),
    "a link instead of a file": (link, "release_odd_file"),
    "a link instead of a folder": (linked_folder, "release_odd_file"),
    "no signature": (no_signature, "release_forged"),
    "the algorithm none": (algorithm_none, "release_unsigned"),
    "HMAC with the public key": (hmac_of_the_public_key, "release_unsigned"),
    "a signature for something else": (signed_for_something_else, "release_unreadable"),
    "another statement": (another_statement, "release_unreadable"),
    "another payload": (another_payload, "release_forged"),
    "no signed file": (nothing_signed, "release_missing"),
}


@pytest.mark.parametrize("name", sorted(FORGERIES))
def test_a_forgery_is_refused(folder: Path, keys: Keys, name: str) -> None:
    forge, expected = FORGERIES[name]
    forge(folder)
    assert code(lambda: verified(folder, keys.public)) == expected


@pytest.mark.parametrize("kind", ["ES256", "Ed25519"])
def test_another_key_is_refused(tmp_path: Path, folder: Path, kind: str) -> None:
    stranger = write_keys(tmp_path / "stranger", kind)
    expected = {"ES256": "release_forged", "Ed25519": "release_unsigned"}[kind]
    assert code(lambda: verified(folder, stranger.public)) == expected


def test_an_image_whose_manifest_does_not_hold_is_refused(folder: Path, keys: Keys) -> None:
    """The digest of the file alone would not tell: the release names what a registry will show."""
    archive = folder / "images" / "fumibako.tar"
    archive.write_bytes(
        archive.read_bytes().replace(b'"schemaVersion": 2, "mediaType"', b'"schemaVersion": 3, "mediaType"')
    )
    release = signed_release(folder / FILE, keys.public)
    told = type(release)(
        **{**{name: getattr(release, name) for name in release.__struct_fields__}, "files": inventory(folder)}
    )
    sign_release(folder, told, KeyFile(keys.private))
    assert code(lambda: verified(folder, keys.public)) == "image_unreadable"


@pytest.mark.parametrize(
    ("version", "committed", "passes"),
    [
        ("1.2.3", 1_000, True),
        ("1.2.3", 1_001, True),
        ("1.3.0", 1, True),
        ("1.2.3", 999, False),
        ("1.2.2", 9_999, False),
    ],
)
def test_nothing_older_passes(tmp_path: Path, keys: Keys, version: str, committed: int, passes: bool) -> None:
    runs = write_release(tmp_path / "runs", keys)
    write_release(tmp_path / "release", keys, version=version, committed=committed)
    if passes:
        assert verified(tmp_path / "release", keys.public, since=runs).version == version
    else:
        assert code(lambda: verified(tmp_path / "release", keys.public, since=runs)) == "release_older"


def test_what_is_no_key_is_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "no.pem").write_text("no key", "utf-8")
    for path in (tmp_path / "no.pem", tmp_path / "absent.pem"):
        assert code(lambda path=path: verified(folder, path)) == "key_unreadable"  # type: ignore[misc]


class Kms:
    """KMS as its API reference says: it signs the digest that it is given and answers in DER. moto hashes a digest once more."""

    def __init__(self, private: Path) -> None:
        key = serialization.load_pem_private_key(private.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key

    def sign(self, *, KeyId: str, Message: bytes, MessageType: str, SigningAlgorithm: str) -> dict[str, bytes]:  # noqa: N803
        assert (KeyId, MessageType, SigningAlgorithm, len(Message)) == ("the key", "DIGEST", "ECDSA_SHA_256", 32)
        return {"Signature": self._key.sign(Message, ec.ECDSA(Prehashed(hashes.SHA256())))}


def test_a_key_in_kms_signs(folder: Path, keys: Keys) -> None:
    """Again and again: one answer in 128 has a half that is shorter than 32 bytes."""
    release = signed_release(folder / FILE, keys.public)
    for _ in range(300):
        sign_release(folder, release, KmsKey(Kms(keys.private), "the key"))
        assert signed_release(folder / FILE, keys.public) == release


def built(tmp_path: Path) -> tuple[Path, Path]:
    """A build folder and a page as the other verbs leave them."""
    build, page = tmp_path / "build", tmp_path / "page"
    for place in (build / "packages", build / "sbom", build / "assembly" / "dev", page):
        place.mkdir(parents=True)
        (place / "file.json").write_text("{}", "utf-8")
    write_image(build / "image" / "fumibako.tar", {"etc/version": b"1"})
    return build, page


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of one commit; commands run in it."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").write_text("content", "utf-8")
    git = ["git", "-c", "user.name=Nobody", "-c", "user.email=nobody@example.jp", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "One"]):
        subprocess.run([*git, *arguments], cwd=tree, check=True)
    monkeypatch.chdir(tree)
    return tree


def test_signed_and_verified_from_the_command_line(
    tmp_path: Path, keys: Keys, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build, page = built(tmp_path)
    out = tmp_path / "out"
    sign = ["sign", "--build", str(build), "--page", str(page), "--out", str(out), "--stage", "dev"]
    assert main([*sign, "--signer", str(keys.private)]) == 0
    assert "5 files, 1 images" in capsys.readouterr().out
    check = ["verify", "--release", str(out), "--key", str(keys.public), "--since", str(out / FILE)]
    assert main(check) == 0
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True, check=True)
    shown = capsys.readouterr().out
    assert commit.stdout[:12] in shown
    assert "fumibako@sha256:" in shown
    (out / "page" / "file.json").write_text("other", "utf-8")
    assert main(check) == 2
    assert "page/file.json is changed" in capsys.readouterr().err


def test_a_changed_tree_signs_nothing(
    tmp_path: Path, keys: Keys, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build, page = built(tmp_path)
    sign = ["sign", "--build", str(build), "--page", str(page), "--out", str(tmp_path / "out"), "--stage", "dev"]
    (checkout / "file").write_text("changed", "utf-8")
    assert main([*sign, "--signer", str(keys.private)]) == 2
    assert "[source_changed]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_outside_a_checkout_nothing_is_signed(
    tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert main(["sign", "--stage", "dev", "--signer", str(keys.private)]) == 2
    assert "[source_unknown]" in capsys.readouterr().err


@pytest.mark.parametrize("part", ["assembly/dev", "image", "packages", "sbom"])
def test_a_release_without_a_part_is_not_made(
    tmp_path: Path, keys: Keys, checkout: Path, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    build, page = built(tmp_path)
    shutil.rmtree(build / part)
    sign = ["sign", "--build", str(build), "--page", str(page), "--out", str(tmp_path / "out"), "--stage", "dev"]
    assert main([*sign, "--signer", str(keys.private)]) == 2
    assert "[release_incomplete]" in capsys.readouterr().err


def test_a_deployment_from_a_tree_takes_the_signed_packages_alone(tmp_path: Path, folder: Path, keys: Keys) -> None:
    tree = tmp_path / "tree-packages"
    shutil.copytree(folder / "packages", tree)
    refuse_unsigned(folder, keys.public, packages=tree)
    (tree / "manifest.json").write_text("other", "utf-8")
    assert code(lambda: refuse_unsigned(folder, keys.public, packages=tree)) == "release_differs"
    for one, other in ((folder, None), (None, keys.public)):
        assert code(lambda one=one, other=other: refuse_unsigned(one, other)) == "key_missing"  # type: ignore[misc]


def test_deploying_asks_for_the_release_before_anything_else(
    folder: Path, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(folder)
    assert main(["deploy", "--stage", "dev", "--release", str(folder), "--key", str(keys.public)]) == 2
    assert "[release_differs]" in capsys.readouterr().err
