"""People of a company with more rights than its usual staff: who may administer and audit."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.support.company import Company
from tests.e2e.support.people import Person

EVERYTHING = ["transfers:read", "transfers:write", "requests:write", "audit:read", "admin"]


def admin_of(company: Company, home: Path, **extra: str) -> Person:
    """The first admin with a personal token for everything."""
    token = str(company.api().post("/auth/v1/keys", {"name": "office", "scopes": EVERYTHING})["token"])
    return Person(home / "admin", FUMIBAKO_URL=company.url, FUMIBAKO_TOKEN=token, **extra)


def program_of(company: Company, home: Path, *scopes: str, **extra: str) -> Person:
    """A service account with its key file and nothing else."""
    admin, path = admin_of(company, home), home / "key.json"
    words = [word for scope in scopes for word in ("--scope", scope)]
    admin.run("service-account", "create", "nightly", "-o", str(path), *words)
    return Person(home / "program", FUMIBAKO_KEY_FILE=str(path), **extra)


def failure(stderr: str) -> dict[str, Any]:
    """The one object that stderr holds with ``--json``."""
    [line] = stderr.splitlines()
    found: dict[str, Any] = json.loads(line)
    return dict(found["error"])
