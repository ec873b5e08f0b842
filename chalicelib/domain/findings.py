"""Collecting every problem of a request, so that a person corrects them all at once and nothing was changed meanwhile."""

from chalicelib.domain.errors import FieldProblem, Refused

MAX_LISTED = 100


class Findings:
    """Checks run inside ``at(pointer)``; ``require_none`` raises one refusal for all that failed."""

    def __init__(self) -> None:
        self._found: list[FieldProblem] = []

    def add(self, code: str, pointer: str, detail: str) -> None:
        """Note a problem of the field at ``pointer`` (RFC 6901)."""
        self._found.append(FieldProblem(pointer, code, detail))

    def at(self, pointer: str) -> "_At":
        """Note what is refused inside as a problem of this field, and go on behind it."""
        return _At(self._found, pointer)

    def require_none(self) -> None:
        """Raises Refused with the code of the first problem, and up to 100 of them in ``errors``."""
        if not self._found:
            return
        first, more = self._found[0], len(self._found) - 1
        detail = first.detail if not more else f"{first.detail} There are {more} more problems."
        raise Refused(first.code, detail, errors=tuple(self._found[:MAX_LISTED]))


class _At:
    """A plain class: a request with 500 files enters some thousand of them, and a generator costs three times as much."""

    __slots__ = ("_found", "_pointer")

    def __init__(self, found: list[FieldProblem], pointer: str) -> None:
        self._found = found
        self._pointer = pointer

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, refused: BaseException | None, trace: object) -> bool:
        if not isinstance(refused, Refused):
            return False
        self._found += refused.errors or [FieldProblem(self._pointer, refused.code, refused.detail)]
        return True
