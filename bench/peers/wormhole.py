"""magic-wormhole: from one person's computer to another's by a relay, encrypted on the way. Three packages, pinned."""

import contextlib
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.peers.packages import environment, programs, version_of
from bench.processes import LONGEST, Failed, free_port, serving

FLAGS = "send/receive --no-listen --hide-progress (all bytes by the relay), mailbox and transit relay on 127.0.0.1"


class Wormhole:
    """A mailbox and a transit relay that answer on this machine alone."""

    def __init__(self, mailbox: int, transit: int) -> None:
        self._options = ["--relay-url", f"ws://127.0.0.1:{mailbox}/v1", "--transit-helper", f"tcp:127.0.0.1:{transit}"]
        self._program = str(programs() / "wormhole")

    def pass_on(self, source: Path, target: Path) -> None:
        """Send a file and receive it, both at once as two people would. Raises Failed where either fails."""
        code = f"{secrets.randbelow(900) + 100}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
        quietly = ["--no-listen", "--hide-progress"]
        send = [self._program, *self._options, "send", *quietly, "--code", code, str(source)]
        receive = [self._program, *self._options, "receive", *quietly, "--accept-file", "-o", str(target), code]
        both = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment())
            for command in (send, receive)
        ]
        said = [process.communicate(timeout=LONGEST)[0] for process in both]
        if any(process.returncode for process in both):
            raise Failed(f"wormhole: {said!r}"[-800:])


@contextlib.contextmanager
def wormhole(base: Path) -> Iterator[Wormhole]:
    """Both relays, in a folder of their own."""
    base.mkdir(parents=True)
    twist, mailbox, transit = str(programs() / "twist"), free_port(), free_port()
    first = [
        twist,
        "wormhole-mailbox",
        "--port",
        f"tcp:{mailbox}:interface=127.0.0.1",
        "--channel-db",
        str(base / "channels"),
    ]
    second = [twist, "transitrelay", "--port", f"tcp:{transit}:interface=127.0.0.1"]
    with (
        serving(first, mailbox, base / "mailbox.log", environment=environment(), folder=base),
        serving(second, transit, base / "transit.log", environment=environment(), folder=base),
    ):
        yield Wormhole(mailbox, transit)


def version() -> str:
    """Of the command and of the relay."""
    return f"magic-wormhole {version_of('magic-wormhole')}, transit relay {version_of('magic-wormhole-transit-relay')}"
