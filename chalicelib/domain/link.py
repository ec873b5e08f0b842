"""Links: what a mail or a copied address carries into a transfer or a file request.

A link's token is ``<tenant>.<random 160 bits, base64url>``; stores keep its SHA-256 alone. The link follows its subject's expiry;
``expires_at`` may end it earlier. What a link is good for until proof is given: being looked at, and asking for a challenge.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.tenant import Proof

TOKEN_BYTES = 20
_TOKEN = re.compile(r"(?P<tenant>[a-z][a-z0-9-]{1,30}[a-z0-9])\.(?P<secret>[A-Za-z0-9_-]{27})\Z")


class LinkState(StrEnum):
    """Whether a link still leads anywhere."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Link:
    """``subject`` is a tr_ or rq_ id; ``recipient`` the rc_ it was made for, None where the guest is known only after the challenge.

    ``address`` binds the link to one address. ``domains`` opens it to every address of these domains (empty and no address: any).
    ``passphrase_auth_hash`` is what ``use_cases.guest_proof.hash_proof`` made of the client's passphrase_auth.
    ``name`` is the recipient's, for the greeting of the code's mail.
    """

    id: str
    tenant: TenantId
    subject: str
    kind: Literal["transfer", "request"]
    created_at: int
    proof: Proof
    language: str
    recipient: str | None = None
    name: str = ""
    address: str | None = None
    domains: tuple[str, ...] = ()
    expires_at: int | None = None
    passphrase_auth_hash: str | None = None
    state: LinkState = LinkState.OPEN


def split_token(token: str) -> tuple[TenantId, str]:
    """Tenant and secret of a bearer value. Raises NotFound for any other shape: malformed and absent answer alike."""
    found = _TOKEN.match(token)
    if not found:
        raise NotFound
    return TenantId(found["tenant"]), found["secret"]


def require_link_open(link: Link, now: int) -> None:
    """Raises Refused("gone") once the link was closed or its own end has come (``now >= expires_at``)."""
    if link.state is not LinkState.OPEN or (link.expires_at is not None and now >= link.expires_at):
        raise Refused("gone", "This link leads nowhere any more.")


def address_for(link: Link, given: str | None) -> str:
    """The address a code goes to: the link's own, or the one given where it fits.

    Raises Refused("address_needed") where none is known, Refused("address_not_allowed") where it is another than the link allows.
    """
    if link.address is not None:
        if given is not None and given != link.address:
            raise Refused("address_not_allowed", "This link was made for another address.")
        return link.address
    if given is None:
        raise Refused("address_needed", "This link asks for your mail address.")
    domain = given.rpartition("@")[2]
    if link.domains and domain not in link.domains:
        raise Refused("address_not_allowed", "This link is not open to addresses of that domain.")
    return given


def address_hint(address: str) -> str:
    """Enough for its owner to recognise, too little for a stranger: ``t•••@example.com``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def slots_before_proof(slots: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """What a guest needs of the key slots to prove a passphrase, and no more.

    A whole passphrase slot holds a commitment to its key: whoever has the link alone could try passphrases against it offline. It is
    shown after the proof.
    """
    shown = ("v", "kind", "salt", "m", "t", "p")
    return tuple(
        {name: slot[name] for name in shown if name in slot} for slot in slots if slot.get("kind") == "passphrase"
    )
