"""The rights that the stories used, once a run: whoever comes first tells them, the others read."""

import contextlib
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, replace
from pathlib import Path
from typing import Final

from filelock import FileLock

from tests.deploy.packaging.aws_install import AWSInstall, aws_install
from tests.deploy.packaging.iam_actions import Grant
from tests.deploy.packaging.stories import TELLINGS

Rights = Mapping[tuple[str, str], set[Grant]]
# Whose policies name the partition keys too: they need few, and touch what everybody else's work stands on, or one tenant's alone.
KEYED: Final = frozenset(
    (
        ("*", "signed_in"),
        ("*", "api_handler.pooled"),
        ("*", "tenant"),
        ("transfers", "relay_outbox"),
        ("transfers", "resend_unsent"),
        ("transfers", "purge_records"),
    )
)


def recorded(folder: Path) -> Rights:
    """The rights that lie in ``folder``, told anew where they do not."""
    used: dict[tuple[str, str], set[Grant]] = defaultdict(set)
    for name, tell in TELLINGS.items():
        path = folder / f"rights-of-{name}.json"
        with FileLock(f"{path}.lock", timeout=600):
            if not path.exists():
                path.write_text(json.dumps(_told(tell)), "utf-8")
        found: dict[str, list[list[str]]] = json.loads(path.read_text("utf-8"))
        for who, grants in found.items():
            used[_who(who)] |= {Grant(*one) for one in grants}
    return used


def without_keys(grants: Iterable[Grant]) -> set[Grant]:
    """The same without partition keys."""
    return {replace(one, key="") for one in grants}


def _told(tell: Callable[[AWSInstall], None]) -> dict[str, list[tuple[str, ...]]]:
    with tempfile.TemporaryDirectory() as folder, aws_install(Path(folder)) as install:
        # Functions write metrics to stdout, a line a request.
        with contextlib.redirect_stdout(io.StringIO()):
            tell(install)
        return {"/".join(who): sorted(map(astuple, grants)) for who, grants in sorted(install.recorder.used.items())}


def _who(name: str) -> tuple[str, str]:
    service, _, function = name.partition("/")
    return service, function
