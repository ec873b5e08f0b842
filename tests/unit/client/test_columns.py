import pytest
from fumibako.columns import columns_of, wrap_columns


def test_japanese_takes_two_columns() -> None:
    assert columns_of("abc図面") == 7


@pytest.mark.parametrize("width", [10, 20, 40])
def test_lines_fit_and_nothing_is_lost(width: int) -> None:
    words = "ファイルまたはフォルダーを選び、--force で上書きしてください。 Then run it again."
    lines = wrap_columns(words, width)
    assert all(columns_of(line) <= width + 2 for line in lines)  # a full stop may hang over
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    assert not any(line.startswith(("。", "、")) for line in lines)


def test_nothing_is_one_empty_line() -> None:
    assert wrap_columns("", 10) == [""]
