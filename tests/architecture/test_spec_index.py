"""spec/README.md names everything that lies in spec/, and the tests that read it."""

import re

from tests.architecture.pages import ROOT, page

INDEX = page("spec/README.md")


def test_every_page_is_listed() -> None:
    listed = set(re.findall(r"^\| \[(\w+\.md)\]", INDEX, re.MULTILINE))
    assert listed == {path.name for path in (ROOT / "spec").glob("*.md")} - {"README.md"}


def test_every_folder_of_vectors_is_listed() -> None:
    listed = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?) \|", INDEX, re.MULTILINE))))
    assert {path.name for path in (ROOT / "spec/vectors").iterdir() if path.is_dir()} <= listed


def test_the_tests_it_names_exist() -> None:
    for path in re.findall(r"`(tests/[\w/]+\.py)`", INDEX):
        assert (ROOT / path).is_file(), path
