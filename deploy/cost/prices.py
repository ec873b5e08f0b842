"""The price file: list prices of one Region, each with its unit, AWS's name of the usage, the page, and the day on which it was seen."""

import datetime
import tomllib
from pathlib import Path
from typing import Final

import msgspec

from deploy.errors import Refused

PRICES: Final = Path(__file__).resolve().parent / "prices-ap-northeast-1.toml"
_NEXT: Final = "Name a file like deploy/cost/prices-ap-northeast-1.toml after --prices."


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``usd`` for one ``unit``. ``seen``: the day on which it was read in AWS's price list or on ``page``; False where it could not be looked up."""

    usd: float
    unit: str
    usage_type: str
    page: str
    seen: datetime.date | bool


class PriceFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """List prices of one Region, in USD, of one day."""

    region: str
    date: datetime.date
    currency: str
    prices: dict[str, Price]

    def of(self, name: str) -> Price:
        """A price. Raises Refused("price_missing")."""
        found = self.prices.get(name)
        if found is None:
            raise Refused("price_missing", f"The price file has no price `{name}`.", f"Add [prices.{name}] to it.")
        return found


def load_prices(path: Path = PRICES) -> PriceFile:
    """The price file. Raises Refused: prices_missing, prices_wrong."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise Refused("prices_missing", f"There is no price file {path}.", _NEXT) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused("prices_wrong", f"{path.name} is no TOML: {error}.", "Correct the file.") from error
    try:
        found = msgspec.convert(raw, PriceFile, strict=True)
    except msgspec.ValidationError as error:
        raise Refused("prices_wrong", f"{path.name}: {error}.", "Correct the file.") from error
    wrong = [name for name, price in found.prices.items() if not price.usd > 0 or price.seen is True]
    if wrong or found.currency != "USD":
        detail = f"{path.name}: a price is above 0 USD, and `seen` is a day or false; wrong: {', '.join(wrong) or 'currency'}."
        raise Refused("prices_wrong", detail, "Correct the file.")
    return found
