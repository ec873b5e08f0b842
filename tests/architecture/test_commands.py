"""Every command line that a document shows would be taken by the program that it names."""

import re

import pytest

from tests.architecture.commands import programs
from tests.architecture.commands.shell import Line, lines_of, simple_commands
from tests.architecture.pages import ROOT
from tests.architecture.test_docs import MARKDOWN

# Recipes are run as they stand by a test of their own, in a tree that has what they make; spec/ and NEWS show no command lines to copy.
ELSEWHERE = re.compile(r"^(docs/licences|docs/recipes|spec/|web/|tests/|NEWS)")
PAGES = [name for name in MARKDOWN if not ELSEWHERE.match(name)]
# What the pages set at their beginning (docs/operations/alarms/README.md, "Before you begin"), as the stage prod of the tree has it.
VARIABLES = {"STAGE": "prod", "ACCOUNT": "444455556666", "AWS_REGION": "ap-northeast-1", "AWS_PROFILE": "fumibako-prod"}


def wrong(line: Line) -> str:
    """What its program would say against it; empty where it would be taken."""
    try:
        for words in simple_commands(line.shown):
            programs.check(words, whole=line.whole, variables=VARIABLES)
    except AssertionError as refused:
        return f"{line}\n    {refused}"
    return ""


@pytest.mark.parametrize("name", PAGES)
def test_every_command_would_be_taken(name: str) -> None:
    refused = [said for said in map(wrong, lines_of(name)) if said]
    assert not refused, "\n".join(refused)


def test_there_are_commands_to_judge() -> None:
    assert sum(1 for name in PAGES for _ in lines_of(name)) > 150
    assert (ROOT / "docs/cloud/README.md").exists()


@pytest.mark.parametrize(
    "shown",
    [
        "fumibako sned report.pdf",
        "python -m deploy deploy --stage prod --onyl services",
        "python -m onprem.runtime migrat",
        "python -m onprem.runtimes check",
        "make clowd",
        "aws sqs receive-messages --queue-url $URL",
        "aws sqs receive-message --queue $URL",
        "aws sqs receive-message",
        "aws kms enable-key --key-id $KEY --query 'KeyMetadata['",
        "aws sqs get-queue-attributes --queue-url $URL --attribute-names ApproximateNumberOfMesages",
        "fumibakoo show ID",
        "echo $(aws sts get-caller-identty)",
        "cdk diploy",
    ],
)
def test_a_slip_of_the_pen_is_noticed(shown: str) -> None:
    assert wrong(Line("nowhere.md", shown, whole=True))
