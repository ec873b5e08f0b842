"""The keyring file: made once, opened by its master alone, never readable by others, changed as a whole."""

import json
import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey

from chalicelib.adapters.keyring_key_store import DAY_MS, KeyringKeyStore
from chalicelib.adapters.keyring_master import KeyFileMaster, PassphraseMaster, read_key_file
from chalicelib.domain.errors import Refused, StoreAway, StoreFull
from chalicelib.ports.key_store import Use

MASTER = KeyFileMaster(b"m" * 32)
NOW = 1_767_225_600_000


def created(folder: Path) -> KeyringKeyStore:
    return KeyringKeyStore.create(str(folder / "keyring.json"), MASTER, now=NOW)


def test_a_second_process_opens_what_the_first_created(tmp_path: Path) -> None:
    first, second = created(tmp_path), created(tmp_path)
    sealed = first.seal(b"secret", tenant="acme", purpose="wrap", context="tr_1")
    assert second.open(sealed, tenant="acme", purpose="wrap", context="tr_1") == b"secret"
    assert second.mac(b"x", purpose="p") == first.mac(b"x", purpose="p")
    assert second.public_keys(use="proof") == first.public_keys(use="proof")


def create_and_report(path: str, found: "multiprocessing.Queue[str]") -> None:
    found.put(KeyringKeyStore.create(path, MASTER, now=NOW).mac(b"x", purpose="p").hex())


def test_processes_that_create_at_once_share_one_keyring(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    found: multiprocessing.Queue[str] = context.Queue()
    path = str(tmp_path / "keyring.json")
    processes = [context.Process(target=create_and_report, args=(path, found)) for _ in range(3)]
    for process in processes:
        process.start()
    macs = {found.get(timeout=30) for _ in processes}
    for process in processes:
        process.join(30)
    assert len(macs) == 1


def test_the_passphrase_opens_and_another_does_not(tmp_path: Path) -> None:
    path = str(tmp_path / "keyring.json")
    made = KeyringKeyStore.create(path, PassphraseMaster("correct horse battery"), now=NOW)
    opened = KeyringKeyStore(path, PassphraseMaster("correct horse battery"))
    assert opened.mac(b"x", purpose="p") == made.mac(b"x", purpose="p")
    for wrong in (PassphraseMaster("another horse battery"), KeyFileMaster(b"c" * 32)):
        with pytest.raises(Refused) as refused:
            KeyringKeyStore(path, wrong)
        assert refused.value.code == "key_wrong"


def test_another_key_file_is_refused(tmp_path: Path) -> None:
    created(tmp_path)
    with pytest.raises(Refused) as refused:
        KeyringKeyStore(str(tmp_path / "keyring.json"), KeyFileMaster(b"n" * 32))
    assert refused.value.code == "key_wrong"


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620])
def test_a_keyring_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    created(tmp_path)
    (tmp_path / "keyring.json").chmod(mode)
    with pytest.raises(Refused) as refused:
        KeyringKeyStore(str(tmp_path / "keyring.json"), MASTER)
    assert refused.value.code == "keyring_open_to_others"


def test_the_files_are_private_from_the_start(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        created(tmp_path).rotate("access", now=NOW)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_an_absent_keyring_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        KeyringKeyStore(str(tmp_path / "keyring.json"), MASTER)
    assert refused.value.code == "keyring_absent"


def test_a_public_key_swapped_in_the_file_is_refused(tmp_path: Path) -> None:
    created(tmp_path)
    path = tmp_path / "keyring.json"
    fields = json.loads(path.read_text())
    fields["keys"][0]["x"] = fields["keys"][1]["x"]
    path.write_text(json.dumps(fields))
    with pytest.raises(Refused) as refused:
        KeyringKeyStore(str(path), MASTER)
    assert refused.value.code == "keyring_broken"


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": "other"}'])
def test_a_damaged_keyring_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keyring.json"
    path.touch(0o600)
    path.write_text(text)
    with pytest.raises(Refused) as refused:
        KeyringKeyStore(str(path), MASTER)
    assert refused.value.code == "keyring_broken"


@pytest.mark.parametrize(("member", "value"), [("memory_kib", 2**31), ("passes", 0), ("salt", "zz"), ("lanes", "1")])
def test_a_header_that_asks_too_much_is_refused(tmp_path: Path, member: str, value: object) -> None:
    path = tmp_path / "keyring.json"
    KeyringKeyStore.create(str(path), PassphraseMaster("correct horse battery"), now=NOW)
    fields = json.loads(path.read_text())
    fields["master"][member] = value
    path.write_text(json.dumps(fields))
    with pytest.raises(Refused) as refused:
        KeyringKeyStore(str(path), PassphraseMaster("correct horse battery"))
    assert refused.value.code == "keyring_broken"


def test_a_keyring_of_another_version_is_refused(tmp_path: Path) -> None:
    created(tmp_path)
    path = tmp_path / "keyring.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 2}))
    with pytest.raises(Refused) as refused:
        KeyringKeyStore(str(path), MASTER)
    assert refused.value.code == "keyring_version"


def test_rotation_signs_with_a_new_key_and_keeps_the_old_public_half(tmp_path: Path) -> None:
    store = created(tmp_path)
    old, signature = store.sign(b"data", use="proof")
    new = store.rotate("proof", now=NOW + 1)
    assert store.sign(b"data", use="proof")[0] == new != old
    jwks = {jwk["kid"]: jwk for jwk in store.public_keys(use="proof")}
    assert list(jwks) == [new, old]
    verify(jwks[old], b"data", signature)


def test_rotation_is_seen_by_another_process(tmp_path: Path) -> None:
    first, second = created(tmp_path), created(tmp_path)
    new = first.rotate("access", now=NOW + 1)
    assert second.sign(b"data", use="access")[0] == new
    assert new in {jwk["kid"] for jwk in second.public_keys(use="access")}


def test_rotation_erases_the_private_half_and_leaves_other_uses(tmp_path: Path) -> None:
    store = created(tmp_path)
    root = store.sign(b"", use="root")[0]
    old = store.sign(b"", use="proof")[0]
    store.rotate("proof", now=NOW + 1)
    keys = {key["kid"]: key for key in json.loads((tmp_path / "keyring.json").read_text())["keys"]}
    assert keys[old]["scalar"] is None
    assert keys[old]["retired_at"] == NOW + 1
    assert keys[root]["scalar"] is not None


def test_access_keys_are_forgotten_a_day_after_they_retired(tmp_path: Path) -> None:
    store = created(tmp_path)
    uses: tuple[Use, ...] = ("access", "proof")
    for use in uses:
        for now in (NOW + 1, NOW + 2 + DAY_MS, NOW + 3 + DAY_MS):
            store.rotate(use, now=now)
    assert [len(store.public_keys(use=use)) for use in uses] == [3, 4]


def test_kid_is_the_rfc_7638_thumbprint(tmp_path: Path) -> None:
    [jwk] = created(tmp_path).public_keys(use="access")
    assert ECKey.import_key(jwk).thumbprint() == jwk["kid"]


def test_the_same_random_bytes_make_the_same_keys(tmp_path: Path) -> None:
    stores = [
        KeyringKeyStore.create(str(tmp_path / name), MASTER, now=NOW, random=lambda size: bytes(range(size)))
        for name in ("a", "b")
    ]
    assert stores[0].public_keys(use="root") == stores[1].public_keys(use="root")


def test_a_file_that_vanished_is_a_store_away(tmp_path: Path) -> None:
    store = created(tmp_path)
    (tmp_path / "keyring.json").unlink()
    with pytest.raises(StoreAway):
        store.sign(b"data", use="access")


def test_a_full_disk_leaves_the_old_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = created(tmp_path)
    before = (tmp_path / "keyring.json").read_bytes()

    def no_room(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_room)
    with pytest.raises(StoreFull):
        store.rotate("access", now=NOW)
    assert (tmp_path / "keyring.json").read_bytes() == before


def test_threads_share_one_store(tmp_path: Path) -> None:
    store = created(tmp_path)

    def work(name: str) -> int:
        for turn in range(30):
            sealed = store.seal(b"x", tenant=name, purpose="wrap", context=str(turn))
            assert store.open(sealed, tenant=name, purpose="wrap", context=str(turn)) == b"x"
            kid, signature = store.sign(b"data", use="access")
            jwks = {jwk["kid"]: jwk for jwk in store.public_keys(use="access")}
            verify(jwks[kid], b"data", signature)
        return turn

    with ThreadPoolExecutor(4) as threads:
        done = threads.map(work, [f"tenant-{number}" for number in range(4)])
        for _ in range(5):
            store.rotate("access", now=NOW)
        assert list(done) == [29] * 4


def test_no_secret_stands_in_the_file_or_in_a_representation(tmp_path: Path) -> None:
    store = created(tmp_path)
    text = (tmp_path / "keyring.json").read_bytes()
    assert store._secret not in text
    assert "mmmm" not in repr(MASTER)
    assert "horse" not in repr(PassphraseMaster("correct horse battery"))


def test_a_key_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(b"m" * 32)
    path.chmod(0o440)
    assert read_key_file(str(path)) == MASTER


@pytest.mark.parametrize(
    ("content", "mode", "code"),
    [
        (b"m" * 32, 0o604, "master_open_to_others"),
        (b"m" * 31, 0o600, "master_invalid"),
        (b"m" * 33, 0o600, "master_invalid"),
    ],
)
def test_a_bad_key_file_is_refused(tmp_path: Path, content: bytes, mode: int, code: str) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(Refused) as refused:
        read_key_file(str(path))
    assert refused.value.code == code


def test_an_absent_key_file_and_a_short_passphrase_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as absent:
        read_key_file(str(tmp_path / "master.key"))
    with pytest.raises(Refused) as short:
        PassphraseMaster("short")
    assert (absent.value.code, short.value.code) == ("master_absent", "master_invalid")


def verify(jwk: dict[str, Any], data: bytes, signature: bytes) -> None:
    key = ECKey.import_key(jwk).public_key
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    key.verify(encode_dss_signature(r, s), data, ec.ECDSA(SHA256()))
