"""GitHub's workflows: least rights, nothing unpinned, no secret, no word of a stranger in a shell, and lines that our parser takes."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.__main__ import parser
from deploy.pipeline.steps import build_lines, sign_lines
from deploy.pipeline.waves import load_waves
from deploy.stage import load_stage

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".github" / "workflows"
NAMES = ("nights", "preview", "release", "test")
TEXTS = {name: (FOLDER / f"{name}.yml").read_text("utf-8") for name in NAMES}
# `on` is a truth value in YAML 1.1.
WORKFLOWS: dict[str, dict[Any, Any]] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def steps(name: str) -> list[tuple[str, dict[str, Any]]]:
    return [(job, step) for job, told in WORKFLOWS[name]["jobs"].items() for step in told["steps"]]


def lines(name: str) -> list[str]:
    return [line for _, step in steps(name) if "run" in step for line in step["run"].splitlines()]


def verbs_of(line: str) -> list[list[str]]:
    """The arguments of each `python -m deploy` in a shell line; what the shell would put in is a word."""
    plain = re.sub(r'"?\$\(cat [^)]*\)"?', "dev", line)
    plain = re.sub(r"\$\{?[A-Z_]+\}?", "3", plain.replace("$BRANCH", "branch").replace("$STAGE", "dev"))
    found = []
    for part in re.split(r"&&|\|\||[|;>]", plain):
        words = shlex.split(part)
        if words[1:3] == ["-m", "deploy"]:
            found.append(words[3:])
    return found


def test_these_are_all_workflows() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == [f"{name}.yml" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_pinned_by_commit(name: str) -> None:
    used = [step["uses"] for _, step in steps(name) if "uses" in step]
    assert used
    for one in used:
        assert re.fullmatch(r"(actions|aws-actions)/[a-z-]+@[0-9a-f]{40}", one), one
    # With the version beside it, for people; one commit for one action.
    assert len(re.findall(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", TEXTS[name], re.MULTILINE)) == len(used)


def test_one_action_has_one_commit_everywhere() -> None:
    used = {step["uses"] for name in NAMES for _, step in steps(name) if "uses" in step}
    assert len({one.partition("@")[0] for one in used}) == len(used)


@pytest.mark.parametrize("name", NAMES)
def test_rights_are_least(name: str) -> None:
    workflow = WORKFLOWS[name]
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for job in workflow["jobs"].values():
        rights = job.get("permissions", workflow["permissions"])
        assert rights in ({"contents": "read"}, {"contents": "read", "id-token": "write"})
        # A token for AWS only where GitHub's rules for the environment were met.
        assert ("id-token" in rights) == ("environment" in job)
        assert job["timeout-minutes"] <= 300
        assert job["runs-on"] == "ubuntu-24.04"


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_and_no_run_in_a_stranger_s_name(name: str) -> None:
    text = TEXTS[name]
    for word in (
        "secrets.",
        "pull_request_target",
        "workflow_run",
        "aws-secret",
        "AWS_ACCESS_KEY",
        "write-all",
        "self-hosted",
    ):
        assert word not in text
    for _, step in steps(name):
        # What a branch is called must not become a command.
        assert "${{" not in step.get("run", "")
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
            assert "ref" not in step["with"]


def test_a_pull_request_starts_tests_alone() -> None:
    assert [name for name in NAMES if "pull_request" in (WORKFLOWS[name].get(True) or {})] == ["test"]
    assert "id-token" not in TEXTS["test"]
    assert WORKFLOWS["release"][True] == {"push": {"branches": ["main"]}}


@pytest.mark.parametrize("name", NAMES)
def test_every_line_runs_what_is_there(name: str) -> None:
    for line in lines(name):
        for arguments in verbs_of(line):
            parser().parse_args(arguments)
        for made in re.findall(r"\bmake ([a-z ]+)", line):
            assert set(made.split()) <= TARGETS, line


def test_a_line_that_no_parser_takes_is_found() -> None:
    (arguments,) = verbs_of(".venv/bin/python -m deploy pipeline bring --stag dev > x")
    with pytest.raises(SystemExit):
        parser().parse_args(arguments)


def test_credentials_come_after_everything_that_installs() -> None:
    for name in NAMES:
        for job, told in WORKFLOWS[name]["jobs"].items():
            kinds = [
                "credentials" if "configure-aws-credentials" in step.get("uses", "") else "install"
                for step in told["steps"]
                if "configure-aws-credentials" in step.get("uses", "") or "make " in step.get("run", "")
            ]
            assert kinds == sorted(kinds, reverse=True), (name, job)


def test_the_jobs_are_the_waves() -> None:
    jobs = WORKFLOWS["release"]["jobs"]
    waves = load_waves().waves
    assert list(jobs) == ["build", "sign", *(wave.name for wave in waves)]
    before = "sign"
    for wave in waves:
        job = jobs[wave.name]
        assert job["needs"] == before
        assert job["strategy"]["matrix"]["stage"] == list(wave.stages)
        assert job["environment"] == "${{ matrix.stage }}"
        assert job["timeout-minutes"] >= wave.bake_minutes + 120
        assert any(f"--wave {wave.name} " in step.get("run", "") for step in job["steps"])
        before = wave.name


def test_both_conveyors_run_the_same_lines() -> None:
    waves = load_waves()
    ours = [line for line in build_lines(waves) if "deploy " in line]
    theirs = [step["run"] for job, step in steps("release") if job == "build" and "deploy " in step.get("run", "")]
    assert [verbs_of(line) for line in ours] == [verbs_of(line) for line in theirs]
    for line in [*ours, *sign_lines(waves, "kms:arn")]:
        for arguments in verbs_of(line):
            parser().parse_args(arguments)


def test_the_build_runs_in_an_image_by_digest() -> None:
    for name, job in (("test", "test"), ("release", "build"), ("preview", "open")):
        told = WORKFLOWS[name]["jobs"][job]
        assert told["container"]["image"] == "${{ vars.BUILD_IMAGE }}"
        assert any("@sha256:" in step.get("run", "") for step in told["steps"])


def test_previews_are_swept_whatever_the_stage_did() -> None:
    """There may be nothing to wake; a preview that has ended goes all the same."""
    (sweep,) = [step for _, step in steps("nights") if "preview sweep" in step.get("run", "")]
    assert sweep["if"] == "${{ !cancelled() }}"


def test_who_sleeps_is_a_stage_of_development() -> None:
    for line in lines("nights"):
        for arguments in verbs_of(line):
            if arguments[0] in ("sleep", "wake"):
                assert not load_stage(arguments[2]).name.startswith("prod")
