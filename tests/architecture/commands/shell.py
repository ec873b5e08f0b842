"""Command lines as the documents show them: from fenced blocks and from inline code, split into simple commands as a shell would."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture.pages import page

# A block that shows what a terminal shows has a prompt before each command; in the others every line is one.
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PROMPT = re.compile(r"[$#] (.*)")
_SHELLS = ("console", "sh", "bash")
FIRST_WORDS = ("fumibako ", "python -m ", ".venv/bin/python ", "make ", "aws ", "cdk ", "npm ")
_OPERATORS = frozenset(("|", "||", "&&", ";", "&", "|&", "(", ")", ";;"))
_KEYWORDS = frozenset(("do", "then", "else", "if", "while", "until", "!", "{", "time"))
# One arm of a `case`.
_ARM = re.compile(r"^\s*[^()\s'\"]+( \| [^()\s]+)*\)\s")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=.*", re.DOTALL)
# What stands in for a value that only running would tell: long enough for an ARN and a UUID, and a number too.
UNKNOWN = "1" * 40


@dataclass(frozen=True)
class Line:
    """One command line: ``shown`` as it stands on the page, ``whole`` False for a mention inside a sentence."""

    page: str
    shown: str
    whole: bool

    def __str__(self) -> str:
        return f"{self.page}: {self.shown}"


def lines_of(name: str) -> Iterator[Line]:
    """Every command line of a page."""
    text = page(name)
    for found in _FENCE.finditer(text):
        language, body = found[1], found[2]
        if language in _SHELLS or (not language and body.startswith((*FIRST_WORDS, "$ "))):
            prompted = language == "console" or "\n$ " in f"\n{body}"
            yield from (Line(name, one, whole=True) for one in _joined(body, prompted=prompted))
    for shown in _INLINE.findall(_FENCE.sub("", text)):
        if shown.startswith(FIRST_WORDS):
            # In a sentence a bar stands between alternatives of the last word.
            yield Line(name, shown.replace("\\|", "|").split(" | ")[0], whole=False)


def _joined(body: str, *, prompted: bool) -> Iterator[str]:
    """Lines with their continuations; without what the commands print, where there are prompts."""
    pending = ""
    for line in body.splitlines():
        if pending:
            pending += "\n" + line
        else:
            found = _PROMPT.match(line) if prompted else None
            if prompted and not found:
                continue
            pending = found[1] if found else line
        if pending.endswith("\\") or _is_open(pending):
            continue
        if pending.strip() and not pending.lstrip().startswith("#"):
            yield pending
        pending = ""
    assert not pending, f"a command that does not end: {pending}"


def _is_open(text: str) -> bool:
    """Whether a quote or a substitution goes on in the next line."""
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return text.count("$(") > text.count(")")


def simple_commands(shown: str) -> Iterator[list[str]]:
    """The words of each simple command of a line, those inside ``$(...)`` first; redirections and assignments taken away."""
    outer, inner = _substitutions(re.sub(r"\\\n\s*", " ", _ARM.sub("", shown)))
    for one in inner:
        yield from simple_commands(one)
    lexer = shlex.shlex(outer, posix=True, punctuation_chars="|&;()<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    for token in [*lexer, ";"]:
        if token.startswith("#") and token.strip("#") == "":
            yield from _stripped(words)
            return
        if token in _OPERATORS:
            yield from _stripped(words)
            words = []
        else:
            words.append(token)


def _substitutions(text: str) -> tuple[str, list[str]]:
    inner: list[str] = []
    while (start := text.find("$(")) >= 0:
        depth, end = 1, start + 2
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        inner.append(text[start + 2 : end - 1])
        text = text[:start] + UNKNOWN + text[end:]
    return text, inner


def _stripped(words: list[str]) -> Iterator[list[str]]:
    """Without what stands before and behind a command; nothing where nothing is left."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif re.fullmatch(r"[<>]+&?|&>", word):
            skip = True
            # The number before a redirection is a file descriptor.
            if kept and kept[-1].isdigit():
                kept.pop()
        else:
            kept.append(word)
    while kept and (kept[0] in _KEYWORDS or _ASSIGNMENT.fullmatch(kept[0])):
        kept = kept[1:]
    if kept[:2] == ["sudo", "-u"]:
        yield from _stripped(kept[3:])
    elif kept and kept[0] not in ("for", "done", "fi", "}"):
        yield kept
