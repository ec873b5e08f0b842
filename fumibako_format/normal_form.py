"""Unicode normal forms (UAX #15) of texts that a stranger chose, in time that grows with their length.

``unicodedata.normalize`` puts the marks after a letter in order by insertion: 32,000 marks, which is one name of 64 KB, take it two seconds. Here
longer texts are taken apart first and each run of marks is sorted, stably, by its combining class, as UAX #15 D109 orders them; what is left to
``normalize`` is then in order already, and the outcome is the same.
"""

import unicodedata
from operator import itemgetter
from typing import Final, Literal

Form = Literal["NFC", "NFKC", "NFD", "NFKD"]
# Up to here the worst text costs less than a fifth of a millisecond.
_SHORT: Final = 256


def normal_form(form: Form, text: str) -> str:
    """The text in this form, as ``unicodedata.normalize`` gives it."""
    if len(text) <= _SHORT or text.isascii():
        return unicodedata.normalize(form, text)
    return unicodedata.normalize(form, _in_order(text, "NFKD" if "K" in form else "NFD"))


def _in_order(text: str, apart: Form) -> str:
    ordered: list[str] = []
    marks: list[tuple[int, str]] = []
    for letter in text:
        for one in unicodedata.normalize(apart, letter):
            rank = unicodedata.combining(one)
            if rank:
                marks.append((rank, one))
                continue
            if marks:
                ordered += _sorted(marks)
                marks = []
            ordered.append(one)
    return "".join(ordered + _sorted(marks))


def _sorted(marks: list[tuple[int, str]]) -> list[str]:
    marks.sort(key=itemgetter(0))
    return [one for _, one in marks]
