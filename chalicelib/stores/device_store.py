"""Device sign-ins by the hash of the terminal's code; the person's short code leads to that hash."""

from dataclasses import asdict, fields

from chalicelib.domain.device import LIFE_MS, DeviceSignIn, DeviceState
from chalicelib.ports.record_store import ABSENT, Key, Operation, Put, RecordStore

_FIELDS = frozenset(field.name for field in fields(DeviceSignIn)) - {"version"}


def _key(tenant: str, code_hash: str) -> Key:
    return Key(f"{tenant}#device#{code_hash}", "device")


def _user_code_key(tenant: str, user_code: str) -> Key:
    return Key(f"{tenant}#usercode#{user_code}", "device")


def new_device(device: DeviceSignIn) -> list[Operation]:
    """The writes of a new sign-in; they fail where its short code is in use."""
    purge = device.expires_at + LIFE_MS
    return [
        Put(_key(device.tenant, device.code_hash), _body(device), expect=ABSENT, purge_after=purge),
        Put(
            _user_code_key(device.tenant, device.user_code),
            {"hash": device.code_hash},
            expect=ABSENT,
            purge_after=purge,
        ),
    ]


def changed_device(device: DeviceSignIn) -> Put:
    """The write of a changed sign-in, guarded by the version that was read."""
    key = _key(device.tenant, device.code_hash)
    return Put(key, _body(device), expect=device.version, purge_after=device.expires_at + LIFE_MS)


def find_device(records: RecordStore, tenant: str, code_hash: str) -> DeviceSignIn | None:
    """The sign-in of a terminal's code, or None."""
    record = records.get(_key(tenant, code_hash))
    if record is None:
        return None
    body = {name: value for name, value in record.body.items() if name in _FIELDS}
    return DeviceSignIn(**{**body, "state": DeviceState(body["state"])}, version=record.version)


def find_device_by_user_code(records: RecordStore, tenant: str, user_code: str) -> DeviceSignIn | None:
    """The sign-in of a person's short code, or None."""
    record = records.get(_user_code_key(tenant, user_code))
    return find_device(records, tenant, record.body["hash"]) if record else None


def _body(device: DeviceSignIn) -> dict[str, object]:
    body = asdict(device)
    del body["version"]
    return body | {"state": str(device.state)}
