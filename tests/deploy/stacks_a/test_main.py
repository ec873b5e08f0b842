"""The command: every file of deploy/verbs is a verb, and what is refused says what to do next."""

import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

import deploy.verbs
from deploy.__main__ import main, parser

ROOT = Path(__file__).resolve().parents[3]
VERBS = sorted(found.name for found in pkgutil.iter_modules(deploy.verbs.__path__) if not found.name.startswith("_"))


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb.replace("_", "-"), "--help"])
    assert ended.value.code == 0
    assert "usage: python -m deploy" in capsys.readouterr().out


def test_no_verb_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "VERB" in capsys.readouterr().err


def test_help_brings_in_neither_cdk_nor_boto3() -> None:
    script = (
        "import sys; from deploy.__main__ import parser; parser().format_help();"
        "assert not {'aws_cdk', 'boto3'} & set(sys.modules), 'a verb imports too much'"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", ["deploy", "synth"])
def test_an_unknown_stage_is_refused_with_a_hint(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--stage", "nowhere"]) == 2
    told = capsys.readouterr().err
    assert "[stage_unknown]" in told
    assert "next: Write nowhere.toml." in told


def test_an_unknown_stack_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["remove", "--stage", "prod", "--only", "everything"]) == 2
    assert "[stack_unknown]" in capsys.readouterr().err
    assert main(["synth", "--stage", "prod", "--only", "everything"]) == 2
    assert "[stack_unknown]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "told"), [("AccessDeniedException", "aws_refused"), ("ExpiredTokenException", "credentials_expired")]
)
def test_what_aws_refuses_is_told_without_a_traceback(
    code: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> object:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetParameter")

    monkeypatch.setattr("deploy.account.account_clients", refused)
    assert main(["release", "--stage", "prod"]) == 2
    said = capsys.readouterr().err
    assert f"[{told}]" in said
    assert "next: " in said
    assert "Traceback" not in said


def test_a_mistake_of_ours_is_not_called_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(*_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("deploy.account.account_clients", mistaken)
    with pytest.raises(ZeroDivisionError):
        main(["release", "--stage", "prod"])


def test_the_room_imports_neither_services_nor_chalicelib() -> None:
    for path in sorted((ROOT / "deploy").rglob("*.py")):
        text = path.read_text("utf-8")
        for room in ("chalicelib", "services"):
            assert f"\nfrom {room}" not in text, path
            assert f"\nimport {room}" not in text, path


def test_the_parser_lists_every_verb() -> None:
    text = parser().format_help()
    for verb in VERBS:
        assert verb.replace("_", "-") in text or verb in text
