"""Writing mails: which kind an event asks for, and its words. Pure: the catalogue and the content come in as arguments.

A mail says who sent what, how much, until when, and what to do next. It never names a file and never asks for a password.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Any, Final

KINDS: Final[Mapping[str, str]] = {
    "recipient.invited.v1": "ready",
    "challenge.issued.v1": "code",
    "download.completed.v1": "downloaded",
    "request.created.v1": "request",
    "request.invited.v1": "request",
    "request.received.v1": "received",
    "transfer.expiring.v1": "expiring",
    "transfer.closed.v1": "recalled",
    "transfer.destroyed.v1": "destroyed",
    "more_time.asked.v1": "more_time",
    "access.asked.v1": "add_me",
    "member.invited.v1": "invitation",
}
_JST: Final = timezone(timedelta(hours=9))
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
Texts = Mapping[str, Any]


@dataclass(frozen=True)
class Letter:
    """What goes into a mail. ``sender_name`` is shown as From, ``reply_to`` is the address of the person behind it or None."""

    subject: str
    text: str
    html: str
    sender_name: str
    reply_to: str | None


def kind_of(event_type: str, content: Mapping[str, Any]) -> str:
    """The kind of mail. ``expiring`` speaks differently to sender and recipient."""
    kind = KINDS[event_type]
    if kind == "expiring":
        return f"expiring_{content.get('role', 'recipient')}"
    return kind


def compose(kind: str, language: str, texts: Texts, content: Mapping[str, Any], *, company: str) -> Letter:
    """The letter. ``company`` is the tenant's name where the content has no sender of its own."""
    words = texts["words"]
    values = _values(kind, language, words, content, company=company)
    form = texts["mails"][kind]
    subject = _one_line(form["subject"].format(**values))
    lead = form["lead"].format(**values)
    after = [line for line in (part.format(**values) for part in form["after"]) if line.strip()]
    message = str(content.get("message") or "")
    quoted = (words["message"].format(**values), message) if message else None
    reply_to = (content.get("sender") or {}).get("address") if kind in ("ready", "request") else None
    foot = [words["automatic"]]
    if reply_to:
        foot.append(words["reply"].format(**values))
    foot.append(words["signature"].format(**values))
    # The code stands in the letter itself; a link beside it would teach people to follow links from such mails.
    action = (
        (form["action"], str(content.get("url") or content.get("certificate_url") or "")) if form["action"] else None
    )
    if action is not None and not action[1]:
        action = None
    letter = _Parts(lead, quoted, action, after, foot)
    sender = (content.get("sender") or {}).get("name")
    shown = f"{values['sender']} ({values['company']})" if sender else values["company"]
    return Letter(subject, letter.text(), letter.html(language), _one_line(shown), reply_to)


@dataclass(frozen=True)
class _Parts:
    lead: str
    quoted: tuple[str, str] | None
    action: tuple[str, str] | None
    after: list[str]
    foot: list[str]

    def text(self) -> str:
        blocks = [self.lead]
        if self.quoted:
            blocks.append(self.quoted[0] + "\n" + "\n".join(f"> {line}" for line in self.quoted[1].splitlines()))
        if self.action:
            blocks.append(f"{self.action[0]}:\n{self.action[1]}")
        blocks += self.after
        return "\n\n".join(blocks) + "\n\n-- \n" + "\n".join(self.foot) + "\n"

    def html(self, language: str) -> str:
        """Plain markup without images, scripts or anything fetched."""
        blocks = [f"<p>{escape(self.lead)}</p>"]
        if self.quoted:
            lines = "<br>".join(escape(line) for line in self.quoted[1].splitlines())
            blocks.append(f"<p>{escape(self.quoted[0])}</p><blockquote>{lines}</blockquote>")
        if self.action:
            label, url = escape(self.action[0]), escape(self.action[1], quote=True)
            blocks.append(f'<p><a href="{url}" style="font-size:18px">{label}</a><br>{url}</p>')
        blocks += [f"<p>{escape(line)}</p>" for line in self.after]
        foot = "<br>".join(escape(line) for line in self.foot)
        body = "\n".join(blocks)
        style = "font-family:sans-serif;font-size:16px;line-height:1.6"
        return (
            f'<!doctype html><html lang="{escape(language)}"><meta charset="utf-8"><body style="{style}">\n'
            f'{body}\n<p style="color:#555;font-size:14px">{foot}</p></body></html>\n'
        )


def _values(kind: str, language: str, words: Texts, content: Mapping[str, Any], *, company: str) -> dict[str, str]:
    sender = content.get("sender") or {}
    files = int(content.get("files") or 0)
    title = str(content.get("title") or "")
    plural = words["files_one"] if files == 1 else words["files_many"].format(count=f"{files:,}")
    moment = content.get("destroyed_at") or content.get("at")
    return {
        "sender": str(sender.get("name") or company),
        "company": str(sender.get("company") or content.get("company") or company),
        "who": str(content.get("who") or ""),
        "what": plural,
        "size": readable_size(int(content.get("bytes") or 0)),
        "until": readable_time(str(content["expires_at"]), language) if content.get("expires_at") else "",
        "at": readable_time(str(moment), language) if moment else "",
        "title": title,
        "title_line": words["title_line"].format(title=title) if title else "",
        "url": str(content.get("url") or ""),
        "code": readable_code(str(content.get("code") or "")),
        "minutes": str(content.get("minutes") or ""),
        "prove": _prove(words, content) if kind == "ready" else "",
        "scan": words.get(f"scan_{content.get('scan')}", ""),
    }


def _prove(words: Texts, content: Mapping[str, Any]) -> str:
    said = [words[f"prove_{content.get('proof') or 'code'}"]]
    # A link without its key can't open a sealed file: say so before somebody tries.
    if content.get("class") == "sealed" and content.get("proof") != "passphrase":
        said.append(words["sealed"])
    return " ".join(said)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def readable_code(code: str) -> str:
    """``12345678`` as ``1234 5678``: two groups are easier to carry over."""
    return f"{code[:4]} {code[4:]}".strip()


def readable_size(count: float) -> str:
    """1,536 -> ``1.5 KiB``."""
    for unit in _UNITS[:-1]:
        if count < 1024:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} {_UNITS[-1]}"


def readable_time(moment: str, language: str) -> str:
    """An RFC 3339 time for people, to the minute, always with its zone: Japan's in Japanese, UTC in English."""
    at = datetime.fromisoformat(moment)
    if language == "ja":
        local = at.astimezone(_JST)
        weekday = "月火水木金土日"[local.weekday()]
        return f"{local.year}年{local.month}月{local.day}日({weekday}) {local:%H:%M} 日本時間"
    return f"{at.astimezone(UTC):%A, %d %B %Y, %H:%M} UTC"
