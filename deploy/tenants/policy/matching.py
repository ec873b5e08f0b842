"""Wildcards and variables of policy values.

``*`` stands for any text, ``?`` for one character; ``${*}``, ``${?}`` and ``${$}`` are the characters themselves, ``${key}`` the value of a
context key and ``${key, 'text'}`` with a default (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
What a variable brings in is literal: a tag with a star in it is no wildcard.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

# A key has one value, or several where it is one of those that AWS calls multivalued.
Value = str | tuple[str, ...]
Context = Mapping[str, Value]

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_DEFAULT: Final = re.compile(r"\s*([^,\s]+)\s*,\s*'(.*)'\s*\Z", re.DOTALL)
_LITERALS: Final = frozenset("*?$")
# Stands for a star that is no wildcard while a text is on its way; no policy holds it.
_MARKS: Final = {"*": "\ue000", "?": "\ue001"}
_BACK: Final = {mark: character for character, mark in _MARKS.items()}


class Unresolved(Exception):
    """A variable has no value in this request, or has several: its statement does not apply (fails the match)."""


def resolved(text: str, context: Context, *, variables: bool) -> str:
    """``text`` with its variables replaced, for ``matches``; unchanged where the policy's version knows none. Raises Unresolved.

    ``context`` has keys in lower case.
    """
    return _VARIABLE.sub(lambda found: _value(found[1], context), text) if variables else text


def literal(text: str) -> str:
    """What a resolved text says where wildcards mean nothing (StringEquals)."""
    return "".join(_BACK.get(character, character) for character in text)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits the pattern, letter by letter."""
    return _compiled(pattern).match(text) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Each of the six parts of an ARN by itself, so that a star does not reach over a colon but in the last part.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    if pattern == "*":
        return True
    wanted, given = pattern.split(":", 5), arn.split(":", 5)
    return len(wanted) == len(given) == 6 and all(matches(one, other) for one, other in zip(wanted, given, strict=True))


def _value(name: str, context: Context) -> str:
    if name in _LITERALS:
        return _MARKS.get(name, name)
    with_default = _DEFAULT.match(name)
    key = with_default[1] if with_default else name.strip()
    value = context.get(key.lower())
    if isinstance(value, str):
        return "".join(_MARKS.get(character, character) for character in value)
    if with_default:
        return with_default[2]
    raise Unresolved(key)


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile("".join(wild.get(one) or re.escape(_BACK.get(one, one)) for one in pattern) + r"\Z", re.DOTALL)
