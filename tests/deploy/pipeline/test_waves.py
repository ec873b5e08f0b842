"""The file of the waves: what it may say, and that the stages of the tree are in it."""

from pathlib import Path

import pytest

from deploy.__main__ import main
from deploy.errors import Refused
from deploy.pipeline.waves import FILE, by_account, load_waves, stages_of
from deploy.stage import STAGES

TEXT = FILE.read_text("utf-8")


def faults(tmp_path: Path, text: str) -> str:
    path = tmp_path / "waves.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(Refused, match="waves_wrong") as refused:
        load_waves(path)
    return refused.value.detail


def test_the_waves_of_the_tree_hold() -> None:
    waves = load_waves()
    assert waves.stages() == ["dev", "prod"]
    assert [wave.approval for wave in waves.waves] == [False, True]
    assert {account for account, _ in by_account(waves)} == {"111122223333", "444455556666"}


def test_a_build_image_by_tag_is_refused(tmp_path: Path) -> None:
    text = "\n".join(
        'build_image = "registry.example/build:12"' if line.startswith("build_image") else line
        for line in TEXT.splitlines()
    )
    assert "an image by digest, never by tag" in faults(tmp_path, text)


WRONG = {
    "no account": ('account = "777788889999"', 'account = "7777"', "12 digits"),
    "production without approval": ("approval = true", "approval = false", "needs `approval = true`"),
    "a stage twice": ('stages = ["prod"]', 'stages = ["prod", "dev"]', "in two waves"),
    "a stage that is not there": ('stages = ["prod"]', 'stages = ["nowhere"]', "no stage `nowhere`"),
    "no stage": ('stages = ["prod"]', "stages = []", "has no stage"),
    "too long a watch": ("bake_minutes = 60", "bake_minutes = 421", "1 to 420 minutes"),
    "two waves of one name": ('name = "pooled"', 'name = "dev"', "a name of its own"),
    "a word that is none": ("bake_minutes = 60", "bake = 60", "bake"),
    "another conveyor": ('conveyor = "codepipeline"', 'conveyor = "other"', "conveyor"),
    "a repository without its owner": ('"example/fumibako"', '"fumibako"', "owner/name"),
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_what_is_wrong_is_told(tmp_path: Path, name: str) -> None:
    before, after, told = WRONG[name]
    assert before in TEXT
    assert told in faults(tmp_path, TEXT.replace(before, after))


def test_an_account_has_its_stages_in_one_region(tmp_path: Path) -> None:
    """Its one release role is made by one stack."""
    for name, account in (("dev", "111122223333"), ("prod", "444455556666")):
        text = (STAGES / f"{name}.toml").read_text("utf-8")
        assert account in text
        other = (
            text if name == "dev" else text.replace(account, "111122223333").replace("ap-northeast-1", "ap-northeast-3")
        )
        (tmp_path / f"{name}.toml").write_text(other, "utf-8")
    with pytest.raises(Refused, match="two Regions") as refused:
        by_account(load_waves(), tmp_path)
    assert refused.value.code == "waves_wrong"


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    assert "waves.toml" in faults(tmp_path, "waves = [")
    with pytest.raises(Refused, match="waves_wrong"):
        load_waves(tmp_path / "absent.toml")


def test_a_wave_and_one_of_its_stages() -> None:
    waves = load_waves()
    assert stages_of(waves.wave("dev"), None) == ["dev"]
    assert stages_of(waves.wave("pooled"), "prod") == ["prod"]
    with pytest.raises(Refused, match="stage_elsewhere"):
        stages_of(waves.wave("dev"), "prod")
    with pytest.raises(Refused, match="wave_unknown"):
        waves.wave("none")


def test_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pipeline", "show"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "1. dev: dev; at once; watched 15 min",
        "2. pooled: prod; after approval; watched 60 min",
    ]
