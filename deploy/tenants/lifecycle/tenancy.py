"""What is written down of a tenancy: what was asked for, which way it goes, and what each step left behind."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final, Literal

from deploy.errors import Refused
from deploy.names import STAGE_NAME

Delivery = Literal["pooled", "silo"]
# active: towards serving. undone: back to before it was asked for. gone: off-boarded, data destroyed.
Goal = Literal["active", "undone", "gone"]
_TENANT: Final = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]")
_RESERVED: Final = frozenset(("due", "outbox", "host", "lease", "clock"))
_HOST: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(:\d{1,5})?")
_ACCOUNT: Final = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Asked:
    """``stage`` is the stage that serves the tenant: a shared one for pooled, one of its own for silo. ``account`` empty: any of the pool."""

    tenant: str
    delivery: Delivery
    stage: str
    host: str
    name: str
    account: str = ""


@dataclass(frozen=True)
class Tenancy:
    """``done``: step -> facts that it left (account id, stack states, ...), in the order in which they were done. No secret, no address.

    ``version`` counts writes; 0 has never been written.
    """

    asked: Asked
    goal: Goal = "active"
    done: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    version: int = 0

    @property
    def tenant(self) -> str:
        return self.asked.tenant

    def with_done(self, step: str, facts: Mapping[str, str]) -> "Tenancy":
        return replace(self, done={**self.done, step: dict(facts)})

    def without(self, step: str) -> "Tenancy":
        return replace(self, done={name: facts for name, facts in self.done.items() if name != step})

    def fact(self, step: str, name: str) -> str:
        """What a step left. Raises KeyError before it was done: a step that needs it comes later."""
        return self.done[step][name]


def checked(asked: Asked) -> Asked:
    """Raises Refused("tenancy_wrong") with everything that is wrong."""
    faults = [
        sentence
        for holds, sentence in (
            (
                _TENANT.fullmatch(asked.tenant) and asked.tenant not in _RESERVED,
                "A tenant id has 3 to 32 of a-z, 0-9 and -, and is no word of ours.",
            ),
            (asked.delivery in ("pooled", "silo"), "Delivery is pooled or silo."),
            (STAGE_NAME.fullmatch(asked.stage), "A stage's name has 2 to 12 characters of a-z and 0-9."),
            (_HOST.fullmatch(asked.host), "The host is a name such as files.example.jp."),
            (asked.name.strip() and len(asked.name) <= 200, "The company's name has 1 to 200 characters."),
            (not asked.account or _ACCOUNT.fullmatch(asked.account), "An account is 12 digits."),
            (not asked.account or asked.delivery == "silo", "Only a silo has an account of its own."),
        )
        if not holds
    ]
    if faults:
        raise Refused("tenancy_wrong", " ".join(faults), "Correct the values and ask again.")
    return asked


def to_json(tenancy: Tenancy) -> str:
    """Everything but the version, which the registry keeps."""
    body = asdict(tenancy)
    body.pop("version")
    return json.dumps(body, ensure_ascii=False, sort_keys=False)


def from_json(text: str, version: int) -> Tenancy:
    """Raises Refused("registry_unreadable")."""
    try:
        body = json.loads(text)
        return Tenancy(Asked(**body["asked"]), body["goal"], body["done"], version)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(
            "registry_unreadable", "A tenancy's record can't be read.", "Restore it from the registry's backup."
        ) from error
