"""The tools of the figures tell the truth: turns, counts, comparisons."""

import socket
import threading
from pathlib import Path

import pytest

from bench.content import make_file, make_folder, same, same_folders, sha256
from bench.counted_line import CountedLine
from bench.figure import Figure, Kind, Measured, Plan, result_of
from bench.pairs import in_turn, rate
from bench.processes import Failed, free_port, run, serving


def test_ours_and_peers_take_turns() -> None:
    order: list[str] = []

    def taking(name: str, value: float) -> float:
        order.append(name)
        return value

    pairs = in_turn(2, lambda: taking("ours", 3), {"a": lambda: taking("a", 1), "b": lambda: taking("b", 2)})
    assert order == ["ours", "a", "b"] * 2
    assert pairs == {"a": [(3, 1), (3, 1)], "b": [(3, 2), (3, 2)]}


def test_a_rate_is_in_millions_of_bytes() -> None:
    assert rate(3_000_000, 1.5) == 2.0


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = (make_file(tmp_path / name, 20_000_001, 7) for name in ("one", "other"))
    assert one.stat().st_size == 20_000_001
    assert same(one, other)
    assert sha256(one) == sha256(other)
    assert not same(one, make_file(tmp_path / "third", 20_000_001, 8))


def test_folders_are_compared_by_names_and_bytes(tmp_path: Path) -> None:
    one, other = (make_folder(tmp_path / name, 105, 16, 7) for name in ("one", "other"))
    assert len(list(one.rglob("*.bin"))) == 105
    assert same_folders(one, other)
    (other / "0001/000104.bin").write_bytes(bytes(16))
    assert not same_folders(one, other)
    (other / "0001/000104.bin").unlink()
    assert not same_folders(one, other)


def test_the_line_counts_what_a_client_sends_and_changes_nothing() -> None:
    received = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listener, CountedLine(listener.getsockname()[1]) as line:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(1 << 16):
                    received.extend(data)
                connection.sendall(b"answer")

        server = threading.Thread(target=serve)
        server.start()
        sent = bytes(range(256)) * 20_000
        with socket.create_connection(("127.0.0.1", int(line.url.rpartition(":")[2]))) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(100) == b"answer"
        server.join(10)
        assert bytes(received) == sent
        assert line.sent == len(sent)


def test_a_line_to_nobody_ends_the_connection() -> None:
    with (
        CountedLine(free_port()) as line,
        socket.create_connection(("127.0.0.1", int(line.url.rpartition(":")[2]))) as client,
    ):
        assert client.recv(1) == b""


def test_a_program_that_fails_is_told() -> None:
    with pytest.raises(Failed, match=r"sh ended with 3: no"):
        run(["sh", "-c", "echo no >&2; exit 3"])


def test_a_server_that_never_listens_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(Failed, match="gone"),
        serving(["sh", "-c", "echo gone; exit 1"], free_port(), tmp_path / "log"),
    ):
        raise AssertionError


def a_figure(kind: Kind, goal: float) -> Figure:
    return Figure(
        "x", "X", "s", goal, kind, "ours", lambda _: Measured({}, checked=True), size=1, size_unit="x", smallest=1
    )


@pytest.mark.parametrize(
    ("kind", "goal", "pairs", "ratio", "reached"),
    [
        ("rate", 0.7, [(8.0, 10.0), (6.0, 10.0), (7.5, 10.0)], 0.75, True),
        ("time", 2.0, [(5.0, 9.0)], 1.8, False),
        ("share", 1.1, [(10.0, 10.0), (12.0, 10.0), (11.5, 10.0)], 1.15, False),
    ],
)
def test_the_median_pair_is_judged(
    tmp_path: Path, kind: Kind, goal: float, pairs: list[tuple[float, float]], ratio: float, reached: bool
) -> None:
    said = result_of(a_figure(kind, goal), Plan(1, len(pairs), tmp_path, 1), Measured({"peer": pairs}, checked=True))
    assert (said["ratio"], said["reached"]) == (ratio, reached)


def test_the_peer_we_do_worst_against_is_judged(tmp_path: Path) -> None:
    measured = Measured({"slow": [(10.0, 2.0)], "quick": [(10.0, 8.0)]}, checked=True)
    said = result_of(a_figure("rate", 2.0), Plan(1, 1, tmp_path, 1), measured)
    assert (said["ratio"], said["reached"]) == (1.25, False)


def test_a_limit_that_did_not_hold_is_not_reached(tmp_path: Path) -> None:
    measured = Measured({"peer": [(10.0, 10.0)]}, checked=True, held=False)
    assert not result_of(a_figure("share", 1.1), Plan(1, 1, tmp_path, 1), measured)["reached"]
