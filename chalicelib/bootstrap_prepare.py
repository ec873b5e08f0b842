"""What a first start and an upgrade make on the host: folders, keys, schema. Repeating each is no error, two processes at once neither."""
# ruff: noqa: PLC0415  # only the SDKs that the settings need are imported

import os
from pathlib import Path

from chalicelib.bootstrap import LazyContext, blob_folder, keyring_file, master, master_key_file
from chalicelib.domain.errors import Refused
from chalicelib.settings import Settings


def prepare(ctx: LazyContext) -> None:
    """Everything that serving stands on, but no tenant. Raises StoreFull, StoreAway, or Refused of the keyring."""
    settings = ctx.settings
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.mode == "evaluation" and (settings.store == "dynamodb" or settings.blobs == "s3"):
        from chalicelib.bootstrap_aws import provision

        provision(settings)
    migrate(ctx)
    if settings.keys == "keyring":
        _make_keyring(settings, now=ctx.clock.now_ms())
    if settings.blobs == "filesystem":
        blob_folder(settings).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        ctx.filesystem.prepare()


def migrate(ctx: LazyContext) -> None:
    """Bring both databases to the version that this code was written for. DynamoDB has no schema to bring anywhere."""
    if ctx.settings.store == "dynamodb":
        return
    from chalicelib.adapters.sql_schema import upgrade

    upgrade(ctx.engine)
    upgrade(ctx.wrapped_keys_engine)


def schema_state(ctx: LazyContext) -> str:
    """``ok``, or one word of what is wrong: ``absent``, ``older``, ``store_away``."""
    if ctx.settings.store == "dynamodb":
        return "ok"
    from chalicelib.adapters.sql_schema import expected_version, schema_version

    try:
        versions = [schema_version(engine) for engine in (ctx.engine, ctx.wrapped_keys_engine)]
    except Refused as refused:
        return refused.code
    if None in versions:
        return "absent"
    return "ok" if set(versions) == {expected_version()} else "different"


def _make_keyring(settings: Settings, *, now: int) -> None:
    from chalicelib.adapters.keyring_key_store import KeyringKeyStore

    if not settings.master_passphrase_file and not settings.master_key_file:
        _make_master_key(master_key_file(settings))
    KeyringKeyStore.create(str(keyring_file(settings)), master(settings), now=now)


def _make_master_key(path: Path) -> None:
    """32 random bytes, readable by their owner only. A name that exists is left alone: another key would open nothing."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    try:
        os.write(descriptor, os.urandom(32))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
