"""The table of the contract suites: which runs fail, and what is said of them."""

from collections import Counter
from contextlib import nullcontext

import pytest

from tests.contract import table
from tests.contract.harness import Registry


def two_adapters() -> Registry:
    registry = Registry()
    registry.add("mail", "fake", lambda _: nullcontext())
    registry.add("mail", "smtp", lambda _: nullcontext())
    registry.add("mail", "ses", lambda _: nullcontext(), group="moto")
    return registry


@pytest.fixture(autouse=True)
def every_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUMIBAKO_ADAPTERS", raising=False)


def test_equal_cells_are_well() -> None:
    passed = Counter({"mail/fake": 3, "mail/smtp": 3, "mail/ses": 3})
    assert table.faults(passed, [], two_adapters()) == []
    assert table.lines(passed, two_adapters()) == ["mail           fake 3  smtp 3  ses 3"]


def test_a_cell_of_zero_is_a_fault() -> None:
    found = table.faults(Counter({"mail/fake": 3, "mail/ses": 3}), [], two_adapters())
    assert found[0] == "mail/smtp has no passed test"


def test_a_port_without_any_test_is_a_fault() -> None:
    assert len(table.faults(Counter(), [], two_adapters())) == 3


def test_unequal_cells_are_a_fault() -> None:
    (found,) = table.faults(Counter({"mail/fake": 3, "mail/smtp": 2, "mail/ses": 3}), [], two_adapters())
    assert "unequal" in found


def test_a_skipped_test_is_a_fault() -> None:
    passed = Counter({"mail/fake": 3, "mail/smtp": 3, "mail/ses": 3})
    assert table.faults(passed, ["tests/contract/test_mail.py::test_x[fake]"], two_adapters()) == [
        "tests/contract/test_mail.py::test_x[fake] was skipped"
    ]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [("", ["fake", "smtp", "ses"]), ("fake", ["fake"]), ("local", ["fake", "smtp"]), ("moto, smtp", ["smtp", "ses"])],
)
def test_a_run_may_be_restricted_to_names_and_groups(
    monkeypatch: pytest.MonkeyPatch, wanted: str, names: list[str]
) -> None:
    monkeypatch.setenv("FUMIBAKO_ADAPTERS", wanted)
    assert [adapter.name for adapter in two_adapters().selected("mail")] == names
    assert table.faults(Counter({f"mail/{name}": 1 for name in names}), [], two_adapters()) == []


def test_a_name_is_registered_once() -> None:
    registry = two_adapters()
    with pytest.raises(ValueError, match="already"):
        registry.add("mail", "smtp", lambda _: nullcontext())
