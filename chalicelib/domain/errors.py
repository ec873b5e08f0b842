"""Every refusal of the product, with a stable code.

A failed check raises ``Refused``; it never returns False. ``code`` is part of the public API (spec/errors.md lists each with its
HTTP status and its next step in Japanese and English); ``detail`` is one English sentence without secrets, names or addresses.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldProblem:
    """One field of a request that was refused. ``pointer`` is an RFC 6901 JSON pointer into the body."""

    pointer: str
    code: str
    detail: str


class Refused(Exception):
    """A rule said no. ``retry_after`` is in whole seconds where trying again later makes sense."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: tuple[FieldProblem, ...] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after


class NotFound(Refused):
    """Absent, or not yours: both answer alike, so that an id can't be probed."""

    def __init__(self, detail: str = "There is nothing at this address for you.") -> None:
        super().__init__("not_found", detail)


class Conflict(Refused):
    """A guarded write lost against another writer; read again and decide anew."""

    def __init__(
        self, detail: str = "Somebody else changed this at the same moment.", failed: tuple[int, ...] = ()
    ) -> None:
        super().__init__("conflict", detail)
        self.failed = failed


class StoreFull(Refused):
    """The store has no room left; nothing was written."""

    def __init__(self, detail: str = "The store has no room left.") -> None:
        super().__init__("store_full", detail)


class StoreAway(Refused):
    """The store did not answer; whether a write took effect is unknown, so repeat it with the same key."""

    def __init__(self, detail: str = "The store does not answer.", retry_after: int = 5) -> None:
        super().__init__("store_away", detail, retry_after=retry_after)


def refuse_field(code: str, pointer: str, detail: str) -> Refused:
    """A refusal that names the one field at fault (RFC 6901 pointer)."""
    return Refused(code, detail, errors=(FieldProblem(pointer, code, detail),))
