"""Look-alike domains: the rules by example, and their index by properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.look_alikes import LookAlike, as_shown, forms, look_alike, one_apart, resemblance, skeleton
from chalicelib.domain.mail_domains import FREE_MAIL, domain_of, registrable, shown
from chalicelib.domain.recipients import checked_domain

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{2,14}[a-z0-9])", fullmatch=True)
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@st.composite
def one_off(draw: st.DrawFn) -> tuple[str, str]:
    """A label, and one that is one edit away."""
    label = draw(LABELS)
    at = draw(st.integers(0, len(label) - 2))
    letter = draw(st.sampled_from(LETTERS))
    edit = draw(st.sampled_from(("more", "less", "other", "swapped")))
    changed = {
        "more": label[:at] + letter + label[at:],
        "less": label[:at] + label[at + 1 :],
        "other": label[:at] + letter + label[at + 1 :],
        "swapped": label[:at] + label[at + 1] + label[at] + label[at + 2 :],
    }[edit]
    return label, changed


def distance(one: str, other: str) -> int:
    """Restricted Damerau-Levenshtein by the table, slow and plain."""
    table = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            cost = one[i - 1] != other[j - 1]
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@pytest.mark.parametrize(
    ("domain", "known", "reason"),
    [
        ("partmer.example", "partner.example", "one_letter"),
        ("partnr.example", "partner.example", "one_letter"),
        ("parnter.co.jp", "partner.co.jp", "one_letter"),
        ("rnitsui.co.jp", "mitsui.co.jp", "confusable"),
        ("g00gle.com", "google.com", "confusable"),
        ("paypa1.com", "paypal.com", "confusable"),
        ("vvorks.example", "works.example", "confusable"),
        ("xn--pyppl-3ved.com", "paypal.com", None),
        ("xn--80ak6aa92e.com", "apple.com", "punycode"),
        ("xn--caf-dma.example", "cafe.example", "punycode"),
        ("partner.co", "partner.co.jp", "tld"),
        ("mail.partner.com", "partner.example", "tld"),
        ("mail.partner.co.jp", "partner.co.jp", None),
        ("partner.example", "partner.example", None),
        ("abd.com", "abc.com", None),
        ("partmer.com", "partner.example", None),
        ("something.example", "partner.example", None),
    ],
)
def test_what_looks_alike_and_why(domain: str, known: str, reason: str | None) -> None:
    assert resemblance(domain, known) == reason
    if reason is not None:
        assert set(forms(domain)) & set(forms(known))


@given(one_off())
def test_whatever_is_one_edit_away_is_found_by_its_forms(pair: tuple[str, str]) -> None:
    label, changed = pair
    assert one_apart(label, changed) is (distance(label, changed) == 1)
    if label != changed and len(changed) >= 4:
        assert set(forms(f"{label}.example")) & set(forms(f"{changed}.example"))
        assert resemblance(f"{changed}.example", f"{label}.example") is not None


@given(LABELS, LABELS)
def test_the_distance_is_that_of_the_table_and_symmetric(one: str, other: str) -> None:
    assert one_apart(one, other) is one_apart(other, one) is (distance(one, other) == 1)
    assert skeleton(skeleton(one)) == skeleton(one) or "rn" in skeleton(one) or "vv" in skeleton(one)


@given(st.text(max_size=80))
def test_any_text_has_a_skeleton_and_few_forms(text: str) -> None:
    skeleton(text)
    found = forms(f"{text}.example")
    assert len(found) <= 66
    assert all(0 < len(one.encode()) <= 1_024 for one in found)


def test_the_best_reason_wins() -> None:
    known = ["partner.com", "partmer.example", "partnen.example"]
    assert look_alike("partner.example", known) == LookAlike("partmer.example", "one_letter")
    assert look_alike("partner.example", []) is None


def test_domains_are_shown_in_their_letters() -> None:
    assert shown("xn--r8jz45g.xn--zckzah") == "例え.テスト"
    assert as_shown("mail.partner.example") is None
    assert as_shown("xn--80ak6aa92e.com") == "аррӏе.com"
    assert shown("xn--\u00ff.example") == "xn--\u00ff.example"
    assert registrable("a.b.co.jp").suffix == "co.jp"
    assert registrable("co.jp").label == "co"
    assert domain_of("a@B.c") == "b.c"


def test_free_mail_domains_are_domains() -> None:
    assert all(checked_domain(one) == one for one in sorted(FREE_MAIL))
