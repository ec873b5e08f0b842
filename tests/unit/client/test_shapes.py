"""What the names of answers stand for; that all answers of the server fit is told by tests/unit/api/test_shapes.py."""

import pytest
from fumibako.shapes import wrong_name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 7),
        ("id", None),
        ("url", {}),
        ("method", 1.5),
        ("headers", "x"),
        ("headers", None),
        ("bytes", True),
        ("bytes", 1.5),
        ("size", "7"),
        ("name", 7),
        ("items", {}),
        ("items", [7]),
        ("links", None),
        ("files", None),
        ("files", ["x"]),
        ("files", "x"),
        ("expires_at", True),
    ],
)
def test_another_kind_is_named(name: str, value: object) -> None:
    assert wrong_name({"fine": 7, name: value}) == name


def test_what_may_be_null_or_is_not_known_passes() -> None:
    for answer in ({}, {"name": None, "size": None, "cursor": None}, {"files": 3}, {"files": []}, {"new": object()}):
        assert wrong_name(answer) is None
