"""Mail domains as people know them: what of a name can be registered, how it is shown, and which belong to everybody."""

from dataclasses import dataclass
from typing import Final

# Second labels under which names are registered in countries: example.co.jp, example.com.au. The Public Suffix List knows thousands more
# and changes every week; a cut that is wrong here costs a hint that was not needed, or one that is missing, and decides nothing.
_SECOND: Final = frozenset(
    ("ac", "ad", "co", "com", "ed", "edu", "go", "gob", "gov", "gr", "lg", "mil", "ne", "net", "nom", "or", "org")
)
_FREE_MAIL: Final = """
126.com 163.com aol.com au.com biglobe.ne.jp docomo.ne.jp excite.co.jp ezweb.ne.jp fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de
gmx.net googlemail.com hanmail.net hey.com hotmail.co.jp hotmail.co.uk hotmail.com hotmail.fr hotmail.it i.softbank.jp icloud.com infoseek.jp
laposte.net libero.it live.com live.jp mac.com mail.com mail.ru me.com mineo.jp msn.com naver.com nifty.com ocn.ne.jp orange.fr
outlook.com outlook.de outlook.fr outlook.jp plala.or.jp pm.me posteo.de proton.me protonmail.com qq.com rakuten.jp rediffmail.com rocketmail.com
sina.com so-net.ne.jp softbank.ne.jp t-online.de tutanota.com uqmobile.jp vodafone.ne.jp web.de y-mobile.ne.jp yahoo.ca yahoo.co.in yahoo.co.jp
yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yahoo.ne.jp yandex.ru ybb.ne.jp ymail.com ymobile.ne.jp
ymail.ne.jp zoho.com
"""
FREE_MAIL: Final = frozenset(_FREE_MAIL.split())


@dataclass(frozen=True)
class Registrable:
    """The part of a domain that somebody registered: ``partner`` and ``co.jp`` of ``mail.partner.co.jp``. ``label`` is as people see it."""

    label: str
    suffix: str


def domain_of(address: str) -> str:
    """The domain of a checked address, in lower case."""
    return address.rpartition("@")[2].lower()


def shown(domain: str) -> str:
    """The domain in the letters that it stands for (RFC 3492); labels that stand for nothing remain as they are."""
    return ".".join(_decoded(label) for label in domain.split("."))


def registrable(domain: str) -> Registrable:
    """Cut a checked domain of two labels or more."""
    labels = domain.split(".")
    long = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND
    at = len(labels) - (3 if long else 2)
    return Registrable(_decoded(labels[at]), ".".join(labels[at + 1 :]))


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label
