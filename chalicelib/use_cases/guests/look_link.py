"""The first screen of a link: who sends what, how large, until when, before anything is asked of the guest. Changes nothing."""

from dataclasses import dataclass

from chalicelib.domain.link import Link, address_hint
from chalicelib.domain.partner import Partner
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guests.link_subject import Subject, open_link
from chalicelib.use_cases.guests.partner_of_link import partner_for


@dataclass(frozen=True)
class Look:
    """``hint`` is the bound address made unreadable for strangers; None where the link is bound to none. ``partner`` may vouch for it."""

    link: Link
    subject: Subject
    hint: str | None
    partner: Partner | None


def look_link(ctx: Context, token: str) -> Look:
    """Raises NotFound, or Refused("gone"). A mail scanner may call this as often as it likes: nothing is counted."""
    link, subject = open_link(ctx, token)
    return Look(link, subject, address_hint(link.address) if link.address else None, partner_for(ctx, link))
