"""What a page of the operators tells to look at is looked at: its commands run in a shell, against a stage under its real names."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from moto import mock_aws

from deploy.stage import load_stage
from tests.architecture.commands.shell import lines_of
from tests.architecture.pages import ROOT, blocks, headings, page
from tests.deploy.runbooks.stage_world import make_stage
from tests.deploy.runbooks.terminal import Terminal, client, terminal

STAGE = load_stage("prod")
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for room in ("alarms", "runbooks")
    for path in (ROOT / "docs/operations" / room).glob("*.md")
    if path.name != "README.md"
)
# Sections whose commands change nothing.
READING = ("Look first", "Look", "See that it is over")
NAMES = {"STAGE": STAGE.name, "AWS_REGION": STAGE.region, "AWS_PROFILE": "fumibako-prod"}
# What moto can't answer; the model of the service still judged these commands.
UNANSWERED = {
    ("backup", "ListRecoveryPointsByBackupVault"),
    ("cloudtrail", "LookupEvents"),
    ("health", "DescribeEvents"),
    ("lambda", "GetAccountSettings"),
    ("sesv2", "GetAccount"),
    ("service-quotas", "GetServiceQuota"),
    ("service-quotas", "ListRequestedServiceQuotaChangeHistory"),
    ("service-quotas", "ListServiceQuotas"),
    ("sesv2", "ListSuppressedDestinations"),
    ("sqs", "ListMessageMoveTasks"),
}


@pytest.fixture(scope="module")
def shell() -> Iterator[Terminal]:
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        account = client("sts", STAGE.region).get_caller_identity()["Account"]
        make_stage(replace(STAGE, account=account))
        with terminal() as made:
            yield made


def commands(name: str, *, sections: tuple[str, ...]) -> list[str]:
    """The commands of these sections of a page, without their prompts."""
    found = []
    for part in re.split(r"^## ", page(name), flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        if heading in sections:
            for block in blocks(text):
                assert block.language == "console", f"{name}: {heading}"
                # Our own verbs are run by tests of theirs.
                whole = re.sub(r"^\$ python -m deploy .*\n", "", block.text, flags=re.MULTILINE)
                found.append(re.sub(r"^\$ ", "", whole, flags=re.MULTILINE))
    return found


def beginning() -> str:
    """The names that every page asks for, set as the index says, without signing in."""
    (names, _) = (one.text for one in blocks(page("docs/operations/alarms/README.md")))
    return "\n".join(line[2:] for line in names.splitlines())


@pytest.mark.parametrize("name", PAGES)
def test_what_it_tells_to_look_at_can_be_looked_at(name: str, shell: Terminal) -> None:
    script = commands(name, sections=READING)
    assert script
    before = len(shell.calls)
    ended = shell.run("\n".join([beginning(), *script]), NAMES)
    assert ended.returncode == 0, ended.stderr
    made = shell.calls[before:]
    assert len(made) > 1
    assert [one for one in made if not one.reads] == []
    assert {(one.service, one.operation) for one in made} & (shell.unanswered ^ UNANSWERED) == set()


def test_every_operators_page_is_judged_too() -> None:
    assert len(PAGES) > 25
    assert all(list(lines_of(name)) for name in PAGES)


@pytest.mark.parametrize("name", [name for name in PAGES if "/runbooks/" in name])
def test_a_runbook_has_its_parts_in_order_and_its_line_in_the_index(name: str) -> None:
    found = [heading for heading in headings(page(name), 2) if not heading.startswith("What ")]
    assert found == ["When", "Look", "Do", "See that it is over", "Whom to tell"]
    assert f"({name.rsplit('/', 1)[-1]})" in page("docs/operations/runbooks/README.md")


def test_a_wrong_name_or_option_is_noticed(shell: Terminal) -> None:
    for line in (
        "aws sqs get-queue-url --queue-name fumibako-$STAGE-nobody",
        "aws sqs get-queue-url --name fumibako-$STAGE-transfers",
        "aws events describe-rule --name fumibako-$STAGE-sweep_due",
    ):
        ended = shell.run(line, NAMES)
        assert ended.returncode
        assert ended.stderr
