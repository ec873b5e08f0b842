import ast
from collections.abc import Iterator
from pathlib import Path

from chalicelib.api.problem_catalogue import CATALOGUE

SOURCES = Path(__file__).resolve().parents[3] / "chalicelib"
RAISING = ("Refused", "refuse_field")


def codes_of(tree: ast.AST) -> Iterator[str]:
    """First arguments of Refused(...) and refuse_field(...), and of super().__init__ in their subclasses."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any("Refused" in ast.dump(base) for base in node.bases):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "super().__init__":
                    yield from constants(inner)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISING:
            yield from constants(node)


def constants(node: ast.Call) -> Iterator[str]:
    if not node.args:
        return
    for part in ast.walk(node.args[0]):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def test_every_code_that_can_be_raised_has_its_line() -> None:
    raised = {
        code: path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        for code in codes_of(ast.parse(path.read_text("utf-8")))
    }
    assert {code: path for code, path in raised.items() if code not in CATALOGUE} == {}


def test_every_line_is_whole() -> None:
    for code, entry in CATALOGUE.items():
        assert 400 <= entry.status < 600, code
        assert all(text.strip() for text in entry[1:]), code
        assert entry.hint.endswith("."), code
        assert entry.hint_ja.endswith("。"), code


def test_the_page_of_codes_is_up_to_date() -> None:
    from chalicelib.api.problem_page import problem_page

    assert (SOURCES.parent / "spec/errors.md").read_text("utf-8") == problem_page()
