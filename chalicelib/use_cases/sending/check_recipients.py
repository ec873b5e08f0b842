"""Checks of recipients as given: addresses, duplicates, names, how many."""

from collections.abc import Sequence

from chalicelib.domain.errors import Refused
from chalicelib.domain.findings import Findings
from chalicelib.domain.limits import checked_text
from chalicelib.domain.recipients import (
    MAX_RECIPIENTS,
    NAME_CHARACTERS,
    RecipientEntry,
    checked_address,
    same_address_key,
)
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.create_command import RecipientSpec

LANGUAGES = ("ja", "en")


def check_recipients(
    ctx: Context,
    findings: Findings,
    specs: Sequence[RecipientSpec],
    *,
    pointer: str,
    language: str,
    present: Sequence[RecipientEntry] = (),
) -> tuple[RecipientEntry, ...]:
    """Entries with new ids, in the order given. Notes too_many_recipients, address_invalid, recipient_twice, text_wrong, language_unknown."""
    if len(specs) + len(present) > MAX_RECIPIENTS:
        findings.add("too_many_recipients", pointer, f"A transfer has at most {MAX_RECIPIENTS} recipients.")
        return ()
    seen = {same_address_key(one.email) for one in present}
    entries: list[RecipientEntry] = []
    for n, spec in enumerate(specs):
        with findings.at(f"{pointer}/{n}/email"):
            email = checked_address(spec.email)
            if same_address_key(email) in seen:
                raise Refused("recipient_twice", "This address is given twice.")
            seen.add(same_address_key(email))
            entries.append(RecipientEntry(ctx.ids.new("rc"), email, spec.name, spec.language or language))
        with findings.at(f"{pointer}/{n}/name"):
            checked_text(spec.name, NAME_CHARACTERS, lines=False)
        with findings.at(f"{pointer}/{n}/language"):
            check_language(spec.language)
    return tuple(entries)


def check_language(language: str | None) -> None:
    """Raises Refused("language_unknown") for anything but ja, en or nothing."""
    if language is not None and language not in LANGUAGES:
        raise Refused("language_unknown", "The languages are ja and en.")
