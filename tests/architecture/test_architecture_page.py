"""docs/architecture.md draws what is there: the state machine, and the folders of its table."""

import re

from chalicelib.domain.transfer_states import MOVES, REASONS, Reason, State
from tests.architecture.pages import ROOT, blocks, page

PAGE = page("docs/architecture.md")
(MACHINE,) = (block.text for block in blocks(PAGE) if block.text.startswith("stateDiagram"))
ARROWS = re.findall(r"^  ([\w\[\]*]+) --> ([\w\[\]*]+)(?:: (.+))?$", MACHINE, re.MULTILINE)


def test_the_drawn_machine_is_the_one_that_runs() -> None:
    drawn = {(start, end) for start, end, _ in ARROWS if "[*]" not in (start, end)}
    assert drawn == {(str(start), str(end)) for start, ends in MOVES.items() for end in ends}


def test_reasons_that_are_drawn_are_those_of_the_state() -> None:
    told = {start: set(reasons.split(", ")) for start, _, reasons in ARROWS if reasons}
    assert told
    for start, reasons in told.items():
        assert {Reason(one) for one in reasons} == REASONS[State(start)]


def test_every_room_of_the_table_is_there() -> None:
    rooms = re.findall(r"^\| `([\w/.*]+)` \|", PAGE, re.MULTILINE)
    assert len(rooms) >= 10
    for room in rooms:
        assert list(ROOT.glob(room)), room


def test_every_room_of_the_deployment_has_its_row() -> None:
    rooms = {path.parent.name for path in (ROOT / "deploy").glob("*/__init__.py")}
    told = set(re.findall(r"^\| `deploy/(\w+)` \|", PAGE, re.MULTILINE))
    # One function's source, which the identity stack packs.
    assert rooms - told == {"functions"}
