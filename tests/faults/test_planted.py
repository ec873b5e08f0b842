"""The judges of the fault rounds notice: each fault is planted into a real runtime, and the rule that guards against it is broken.

The same steps with the product itself break none, so it is the fault that is noticed and not the steps.
"""

import contextlib
from pathlib import Path

import pytest

from tests.e2e.support.install import RUNTIME
from tests.e2e.support.waiting import wait_for
from tests.faults import judge
from tests.faults.lined_install import LinedInstall
from tests.faults.rounds import World, begin
from tests.faults.seeded import MIB

PLANTED = "tests.faults.planted."
SOON = 12.0

pytestmark = pytest.mark.slow


def send_and_kill(world: World, folder: Path, *, after: str) -> str:
    """Send, and kill the runtime once the client was told of the first part or of completion; gives the transfer."""
    source = folder / "source.bin"
    source.write_bytes(bytes(range(256)) * (12 * MIB // 256))
    command = world.member.start("send", str(source), "--to", "g@partner.example", "--hold", "0", "--expires", "1h")
    try:
        wait_for(
            lambda: world.acks.parts if after == "part" else world.acks.completed, f"the first {after}", pause=0.005
        )
    finally:
        world.serving.kill()
        command.kill()
        command.communicate()
    [transfer] = world.acks.created
    return transfer


@pytest.mark.parametrize("module", [RUNTIME, PLANTED + "acknowledge_before_rename"])
def test_a_part_acknowledged_before_its_rename_is_missed(module: str, tmp_path: Path) -> None:
    with LinedInstall(tmp_path) as install:
        world = begin(install, "runtime", 0, module=module)
        transfer = send_and_kill(world, tmp_path, after="part")
        with noticed("was acknowledged and is not there", module):
            judge.require_parts_on_disk(install.blobs, world.acks, transfer)
        install.serve()
        with noticed("was acknowledged and is not listed", module):
            judge.require_parts_listed(world.api, world.acks, transfer)


@pytest.mark.parametrize("module", [RUNTIME, PLANTED + "outbox_outside_the_transaction"])
def test_an_event_outside_the_transaction_is_missed(module: str, tmp_path: Path) -> None:
    with LinedInstall(tmp_path) as install:
        world = begin(install, "runtime", 0, module=module)
        transfer = send_and_kill(world, tmp_path, after="completed")
        install.serve()
        judge.require_completed(world.api, world.acks, transfer)
        with noticed("becomes ready", module):
            judge.wait_for_state(world.api, transfer, ("ready",), seconds=60 if module == RUNTIME else SOON)


@pytest.mark.parametrize("module", [RUNTIME, PLANTED + "forgetful_sweeper"])
def test_a_part_that_the_sweeper_forgot_is_found(module: str, tmp_path: Path) -> None:
    with LinedInstall(tmp_path) as install:
        world = begin(install, "runtime", 0, module=module)
        transfer = recalled(world, tmp_path)
        judge.wait_for_state(world.api, transfer, ("destroyed",), seconds=60)
        with noticed("left: bytes", module):
            judge.require_nothing_left(install.data, world.acks, transfer)


def test_a_transfer_of_which_something_is_left_is_never_called_destroyed(tmp_path: Path) -> None:
    with LinedInstall(tmp_path) as install:
        world = begin(install, "runtime", 0, module=PLANTED + "forgetful_but_honest_sweeper")
        transfer = recalled(world, tmp_path)
        judge.wait_for_state(world.api, transfer, ("destroying",), seconds=60)
        with pytest.raises(AssertionError, match="becomes destroyed"):
            judge.wait_for_state(world.api, transfer, ("destroyed",), seconds=4)


def recalled(world: World, folder: Path) -> str:
    """A transfer that was sent and taken back."""
    source = folder / "source.bin"
    source.write_bytes(bytes(range(256)) * (12 * MIB // 256))
    how = ("--to", "g@partner.example", "--hold", "0", "--expires", "1h")
    transfer = str(world.member.json("send", str(source), *how)["id"])
    world.member.run("recall", transfer)
    return transfer


def noticed(what: str, module: str) -> contextlib.AbstractContextManager[object]:
    """With a planted fault the rule must be broken, with the product itself it must hold."""
    return contextlib.nullcontext() if module == RUNTIME else pytest.raises(AssertionError, match=what)
