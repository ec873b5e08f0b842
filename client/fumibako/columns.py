"""Lines that fit a terminal: Japanese characters take two columns (UAX #11) and may be parted anywhere but before a full stop."""

import re
import unicodedata

# A word of narrow characters with the space behind it, or one wide character.
_PIECE = re.compile(r"[^\s\u2e80-\u9fff\uff00-\uffef]+\s*|.", re.DOTALL)
# Not at the beginning of a line (kinsoku, JIS X 4051), as far as help texts need it.
_NEVER_FIRST = frozenset("、。，．）」』】：；？！ー")


def columns_of(words: str) -> int:
    """How wide it is on a terminal."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in words)


def wrap_columns(words: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns, but for words that are longer."""
    lines, line = [], ""
    for piece in _PIECE.findall(" ".join(words.split())):
        if line and columns_of((line + piece).rstrip()) > width and piece not in _NEVER_FIRST:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines or [""]
