"""Words by which a transfer is found: those of its texts, and those of what somebody looks for. Both are cut by the same rules.

Compatibility forms and case count as one (NFKC and case folding, Unicode Standard Annex 15 and chapter 3.13). Where words stand between spaces, a
run of letters is a word and a run of digits is one. Japanese, Chinese, Korean and Thai put no spaces between words, or glue endings to them;
there each pair of neighbouring characters is a word, as Lucene's CJKBigramFilter has it: it needs no dictionary, which would be
megabytes in each Lambda and would miss the names of people and products, and who looks for any two characters or more finds them.
A transfer has a bounded number of words, so that 10,000 files do not make 10,000 records.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

TITLE_WORDS: Final = 48
MOST_WORDS: Final = 128
QUERY_WORDS: Final = 12
WORD_CHARACTERS: Final = 40
_MOST_MARKS: Final = 30
_SHORT: Final = 256
# Thai to Khmer, Hangul, kana and their marks, Han with its extensions.
_NO_SPACES: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\uac00-\ud7af\u3005-\u3007\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUNS: Final = re.compile(rf"([{_NO_SPACES}]+)|[^\W\d_{_NO_SPACES}]+|\d+")
_ID: Final = re.compile(r"tr_[0-9a-hjkmnp-tv-z]{1,26}\Z")


@dataclass(frozen=True)
class Sought:
    """What a search asks for: all of ``words``, and an id that begins with ``id_prefix``. Empty: it asks for nothing that could be found."""

    words: tuple[str, ...] = ()
    id_prefix: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.id_prefix)


def folded(text: str) -> str:
    """The text with compatibility forms and case made one: ＡＢＣ, abc and ABC are the same."""
    thin = _thinned(text) if len(text) > _SHORT else text
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", thin).casefold())


def _thinned(text: str) -> str:
    """At most 30 marks after a letter, as no language has more (UAX #15 12, Stream-Safe Text): ordering n of them takes n * n steps."""
    kept: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(unicodedata.normalize("NFKD", letter)[0]) else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def words_of(text: str) -> list[str]:
    """The different words of a text, in order, each of at most 40 characters."""
    found: dict[str, None] = {}
    for run in _RUNS.finditer(folded(text)):
        whole = run[0]
        if run[1] and len(whole) > 1:
            found |= dict.fromkeys(whole[n : n + 2] for n in range(len(whole) - 1))
        else:
            found[whole[:WORD_CHARACTERS]] = None
    return list(found)


def transfer_words(title: str, people: Sequence[tuple[str, str]], names: Iterable[str]) -> list[str]:
    """Up to 128 words of a transfer: 48 of its title, then those of its recipients (address, name) and of its files.

    The first recipient and the first file come first, then the second ones: so both have a share where there are too many.
    """
    found = dict.fromkeys(words_of(title)[:TITLE_WORDS])
    others: tuple[list[str], ...] = (
        [" ".join(person) for person in people[:MOST_WORDS]],
        list(islice(names, MOST_WORDS)),
    )
    for n in range(max(map(len, others))):
        for texts in others:
            found |= dict.fromkeys(words_of(texts[n]) if n < len(texts) else ())
        if len(found) >= MOST_WORDS:
            break
    return list(found)[:MOST_WORDS]


def sought(query: str) -> Sought:
    """What a query asks for, of 12 words at most. A word of the form ``tr_...`` is the beginning of an id."""
    terms = folded(query).split()
    ids = [term for term in terms if _ID.match(term)]
    rest = " ".join(term for term in terms if not _ID.match(term))
    return Sought(tuple(words_of(rest)[:QUERY_WORDS]), max(ids, key=len, default=""))


def has_words(words: Sequence[str], texts: Iterable[str]) -> bool:
    """Whether each of the words is one of the texts' words."""
    left = set(words)
    for text in texts:
        if not left:
            break
        left -= set(words_of(text))
    return not left
