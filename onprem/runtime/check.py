"""``check``: is this host fit to serve? Each finding says what is wrong and what to do; the exit code is 1 if any is."""

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from chalicelib.bootstrap import LazyContext
from chalicelib.bootstrap_check import other_clocks, probe_mail
from chalicelib.bootstrap_prepare import schema_state
from chalicelib.domain.errors import Refused
from chalicelib.ports.record_store import Key
from onprem.runtime.apps import load_apps
from onprem.runtime.check_address import hosts, reachable

# Before this moment no install of this version can have been made: 2025-01-01.
_EARLIEST_MS: Final = 1_735_689_600_000
_CLOCK_SLACK_MS: Final = 5_000
# Databases, journals and keyring need this much beside the blobs.
_FOLDER_BYTES: Final = 100 * 1024**2


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    detail: str
    ok: bool = True
    hint: str = ""


def findings(ctx: LazyContext) -> list[Finding]:
    """Every check, in an order in which the first failure is usually the cause of the others."""
    return [_found(ctx, name, ask, hint) for name, ask, hint in _CHECKS]


def settings_wrong(refused: Refused) -> list[Finding]:
    """The only finding where the settings themselves can't be used."""
    hint = "Correct the settings that are named; docs/operations/settings.md lists them all."
    return [Finding("settings", ok=False, detail=f"{refused.code}: {refused.detail}", hint=hint)]


def report(found: list[Finding]) -> str:
    """The findings as JSON."""
    good = all(one.ok for one in found)
    return json.dumps({"ok": good, "checks": [asdict(one) for one in found]}, indent=2)


def _found(ctx: LazyContext, name: str, ask: Callable[[LazyContext], str], hint: str) -> Finding:
    try:
        return Finding(name, detail=ask(ctx))
    except Refused as refused:
        return Finding(name, ok=False, detail=f"{refused.code}: {refused.detail}", hint=hint)
    except Exception as error:  # noqa: BLE001  # a check reports, it does not break off
        # The text of a driver's error may hold a password of a URL.
        return Finding(name, ok=False, detail=f"failed with {type(error).__name__}", hint=hint)


def _folder(ctx: LazyContext) -> str:
    folder = ctx.settings.data_dir
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise Refused("store_away", "The data folder is absent or not writable.")
    free = shutil.disk_usage(folder).free
    if free < _FOLDER_BYTES:
        raise Refused("store_full", f"{free} bytes are free for the databases, {_FOLDER_BYTES} are wanted.")
    return "writable"


def _schema(ctx: LazyContext) -> str:
    state = schema_state(ctx)
    if state != "ok":
        raise Refused("schema_wrong", f"The schema is {state}.")
    return "up to date"


def _records(ctx: LazyContext) -> str:
    began = time.perf_counter()
    ctx.records.get(Key("clock#", "check"))
    return f"answered in {(time.perf_counter() - began) * 1000:.1f} ms"


def _wrapped_keys(ctx: LazyContext) -> str:
    ctx.wrapped_keys.get(Key("clock#", "check"))
    return "answered"


def _keys(ctx: LazyContext) -> str:
    ctx.keys.sign(b"check", use="root")
    return f"{len(ctx.keys.public_keys(use='proof'))} proof keys"


def _blobs(ctx: LazyContext) -> str:
    free = ctx.blobs.free_bytes()
    if free is None:
        return "no limit known"
    if free < ctx.settings.min_free_bytes:
        raise Refused("store_full", f"{free} bytes are free, {ctx.settings.min_free_bytes} are wanted.")
    return f"{free} bytes free"


def _clock(ctx: LazyContext) -> str:
    host = time.time_ns() // 1_000_000
    # A fresh install has seen no time yet; the schema's own finding says so.
    behind = ctx.clock.now_ms() - host if schema_state(ctx) == "ok" else 0
    if host < _EARLIEST_MS or behind > _CLOCK_SLACK_MS:
        seconds = max(0, behind) // 1000
        raise Refused("clock_wrong", f"The host's clock is {seconds} s behind the time this install has already seen.")
    for name, theirs in other_clocks(ctx).items():
        off = theirs - time.time_ns() // 1_000_000
        if abs(off) > _CLOCK_SLACK_MS:
            raise Refused("clock_wrong", f"The clock of {name} is {off // 1000} s away from this host's.")
    return "agrees with everything that was asked"


def _scanner(ctx: LazyContext) -> str:
    return f"verdict on an empty file: {ctx.scanner.scan(iter(()), size=0).kind}"


def _services(ctx: LazyContext) -> str:
    apps = load_apps(ctx.settings)
    return ", ".join(
        f"{name}: {sum(len(methods) for methods in app.routes.values())} routes" for name, app in apps.items()
    )


_CHECKS: Final[tuple[tuple[str, Callable[[LazyContext], str], str], ...]] = (
    ("folder", _folder, "Make the data folder writable for this user with room in it, or run `init`."),
    ("schema", _schema, "Run `python -m onprem.runtime migrate`, or start the version that made the database."),
    ("records", _records, "Start the database, and look at FUMIBAKO_DATABASE_URL."),
    ("wrapped_keys", _wrapped_keys, "Start the database, and look at FUMIBAKO_WRAPPED_KEYS_URL."),
    (
        "keys",
        _keys,
        "Run `init` where there is no keyring yet; else give it the key file or passphrase it was made with, readable by this user alone.",
    ),
    ("blobs", _blobs, "Mount the folder or start the store; free room where it is full."),
    ("clock", _clock, "Set the clocks of all hosts by NTP."),
    (
        "mail",
        probe_mail,
        "Start the relay, and look at FUMIBAKO_SMTP_HOST, _PORT, _SECURITY, _USER and _PASSWORD_FILE.",
    ),
    ("scanner", _scanner, "Start clamd, or look at FUMIBAKO_CLAMD_ADDRESS."),
    ("address", reachable, "Look at FUMIBAKO_BASE_URL, the DNS entry, the certificate and the proxy in front."),
    ("hosts", hosts, "Give FUMIBAKO_BASE_URL the address that `init` was run with, or change the tenant's."),
    ("services", _services, "Install all four services, or look at FUMIBAKO_SERVICES_DIR."),
)
