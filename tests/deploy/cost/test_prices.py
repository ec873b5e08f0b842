"""The price file: every price in use is in it, each says where it is from, and what is wrong with a file is told in a sentence."""

from pathlib import Path

import pytest

import deploy.cost
from deploy.cost.kinds import committed
from deploy.cost.lines import bill
from deploy.cost.month import Month, month_lines, peer_lines
from deploy.cost.operations import OPERATIONS
from deploy.cost.prices import PRICES, load_prices
from deploy.cost.recording import load_recording
from deploy.errors import Refused

FOLDER = Path(deploy.cost.__file__).parent


def test_every_price_in_use_is_in_the_file_and_no_other() -> None:
    found = load_recording()
    lines = [*month_lines(found, Month()), *peer_lines(found, Month())]
    used = {line.price for line in lines} | {line.price for lines in committed().values() for line in lines}
    used |= {one.price for one in OPERATIONS.values() if one.price}
    assert used == set(load_prices().prices)


def test_every_price_says_where_it_is_from() -> None:
    prices = load_prices()
    for name, price in prices.prices.items():
        assert price.page.startswith("https://aws.amazon.com/"), name
        assert price.usage_type, name
        assert price.unit, name
        assert isinstance(price.seen, bool) or price.seen <= prices.date, name


def test_there_is_one_dated_price_file() -> None:
    assert [path.name for path in FOLDER.glob("prices-*")] == [PRICES.name]
    assert PRICES.name == f"prices-{load_prices().region}.toml"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("region = ", "prices_wrong"),
        ("region = 'x'", "prices_wrong"),
        ("region='x'\ncurrency='JPY'\ndate=2026-01-01\n[prices]\n", "prices_wrong"),
        (
            "region='x'\ncurrency='USD'\ndate=2026-01-01\n[prices.a]\nusd=0.0\nunit='u'\nusage_type='t'\npage='p'\nseen=false\n",
            "prices_wrong",
        ),
        (
            "region='x'\ncurrency='USD'\ndate=2026-01-01\n[prices.a]\nusd=1.0\nunit='u'\nusage_type='t'\npage='p'\nseen=true\n",
            "prices_wrong",
        ),
    ],
)
def test_a_wrong_price_file_is_refused(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(Refused) as refused:
        load_prices(path)
    assert refused.value.code == code


def test_a_missing_price_file_and_a_missing_price_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        load_prices(tmp_path / "none.toml")
    assert refused.value.code == "prices_missing"
    few = tmp_path / "few.toml"
    few.write_text("region='x'\ncurrency='USD'\ndate=2026-01-01\n[prices]\n")
    with pytest.raises(Refused) as refused:
        bill(month_lines(load_recording(), Month()), load_prices(few))
    assert refused.value.code == "price_missing"
