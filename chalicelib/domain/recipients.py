"""Recipients: what an address must look like, and where each of them stands."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from chalicelib.domain.errors import Refused

MAX_RECIPIENTS = 500
RECIPIENTS_A_PAGE = 250
NAME_CHARACTERS = 200
RecipientStage = Literal["waiting", "invited", "opened", "downloaded", "exhausted"]

# RFC 5321 4.1.2 without quoted strings and address literals, which no mail system of a company gives out; sizes of 4.5.3.1.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_ALL_DIGITS = re.compile(r"[0-9]+\Z")


@dataclass(frozen=True)
class RecipientEntry:
    """One address of a transfer or file request. ``id`` is an rc_ id."""

    id: str
    email: str
    name: str
    language: str


@dataclass(frozen=True)
class RecipientState:
    """What happened to one recipient. ``token`` is the link's token sealed for re-mailing, erased at closing.

    ``version`` is the record's, 0 before the first write. ``exhausted_files`` counts files fetched ``max_downloads`` times.
    """

    id: str
    state: RecipientStage = "waiting"
    downloads: int = 0
    exhausted_files: int = 0
    last_download_at: int | None = None
    link: str | None = None
    token: bytes | None = None
    invited_at: int | None = None
    version: int = 0


def checked_address(text: str) -> str:
    """The address with its domain in lower case (the local part is the receiver's own). Raises Refused("address_invalid")."""
    local, at, domain = text.rpartition("@")
    domain = domain.lower()
    labels = domain.split(".")
    fits = bool(at) and len(local) <= 64 and len(text) <= 254 and len(domain) <= 253
    shaped = _LOCAL.match(local) is not None and len(labels) > 1 and all(_LABEL.match(label) for label in labels)
    if not fits or not shaped or _ALL_DIGITS.match(labels[-1]):
        raise Refused("address_invalid", "This is not a mail address of the form name@domain.")
    return f"{local}@{domain}"


def same_address_key(address: str) -> str:
    """Two addresses with one key count as the same person: no mail system in use tells apart the case of the local part."""
    return address.lower()


def address_hash(address: str) -> str:
    """SHA-256 of what two spellings of one address share, in hex: where an address names a record, or is counted, without standing there."""
    return sha256(same_address_key(address).encode()).hexdigest()


def checked_domain(text: str) -> str:
    """A mail domain in lower case. Raises Refused("domain_invalid")."""
    domain = text.lower().removeprefix("@")
    labels = domain.split(".")
    if (
        len(domain) > 253
        or len(labels) < 2
        or not all(_LABEL.match(label) for label in labels)
        or _ALL_DIGITS.match(labels[-1])
    ):
        raise Refused("domain_invalid", "This is not a mail domain such as example.com.")
    return domain
