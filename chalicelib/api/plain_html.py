"""Pages without script as text: one skeleton, one style sheet, everything that people wrote escaped.

The policy lets nothing run and nothing load: the one style sheet is allowed by its hash, forms go to this host alone, and no other page may
frame it. The referrer stays on this host, because the address carries the link's token; without any, browsers would send no Origin either.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

STYLE: Final = (
    ":root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;margin:0}main{max-width:40rem;margin:0 auto;padding:1.5rem 1rem}"
    "h1{font-size:1.25rem;overflow-wrap:anywhere}blockquote{margin:1rem 0;padding-left:1rem;border-left:3px solid;white-space:pre-line;"
    "overflow-wrap:anywhere}button,.go{font:inherit;min-height:44px;padding:.5rem 1.25rem;border:2px solid;border-radius:.5rem;cursor:pointer}"
    "input{font:inherit;font-size:1.5rem;letter-spacing:.1em;width:12ch;min-height:44px;padding:0 .5rem}label{display:block;margin:1rem 0 .25rem}"
    "ul{list-style:none;padding:0}li{border-bottom:1px solid;padding:.25rem 0}li a,nav a{display:inline-block;min-height:44px;line-height:44px;"
    "overflow-wrap:anywhere}.error{border:2px solid;padding:.5rem 1rem}small{display:block}"
)
_HASH: Final = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
    "X-Frame-Options": "DENY",
}


def document(language: str, title: str, blocks: Iterable[str], *, other: tuple[str, str] | None = None) -> str:
    """A whole page. ``blocks`` are markup already; ``other`` is the label and the address of the same page in the other language."""
    links = f'<nav><a href="{escape(other[1])}">{escape(other[0])}</a></nav>' if other else ""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{links}<h1>{escape(title)}</h1>{''.join(blocks)}</main></body></html>\n"
    )


def paragraph(text: str) -> str:
    """A paragraph of plain text, nothing where it is empty."""
    return f"<p>{escape(text)}</p>" if text else ""


def trouble(title: str, hint: str) -> str:
    """What went wrong and what to do, read out at once by screen readers."""
    return f'<p class="error" role="alert"><strong>{escape(title)}</strong><br>{escape(hint)}</p>'


def quoted(text: str) -> str:
    """What somebody wrote, with its lines."""
    return f"<blockquote>{escape(text)}</blockquote>" if text else ""


def anchor(address: str, text: str, *, after: str = "") -> str:
    """A link, with a small line behind it where there is one to say."""
    said = f"<small>{escape(after)}</small>" if after else ""
    return f'<a href="{escape(address)}">{escape(text)}</a>{said}'


def listing(items: Iterable[str]) -> str:
    """A list of markup."""
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def button(action: str, label: str, *, fields: Mapping[str, str] | None = None, inside: str = "") -> str:
    """A form that is one button; ``inside`` is markup that stands before it."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in (fields or {}).items()
    )
    return (
        f'<form method="post" action="{escape(action)}">{hidden}{inside}<p><button>{escape(label)}</button></p></form>'
    )


def code_field(label: str) -> str:
    """The field of a mailed code: filled in by phones that offer it, pasted and full-width digits taken."""
    return (
        f'<label for="code">{escape(label)}</label><input id="code" name="code" required autofocus inputmode="numeric" '
        'autocomplete="one-time-code" maxlength="40" spellcheck="false">'
    )
