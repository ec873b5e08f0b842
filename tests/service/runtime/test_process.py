"""The runtime as people start it: init, check, serve, stop, several processes."""

import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil

from chalicelib.bootstrap import LazyContext
from chalicelib.domain.events import Event
from chalicelib.ports.record_store import Key, Put
from tests.service.runtime.processes import Install, answers, wait_until


def test_an_empty_folder_becomes_an_install_that_serves_and_drains(tmp_path: Path) -> None:
    install = Install(tmp_path)
    first = install.init()
    assert first["tenant"] == "acme"
    assert first["root_fingerprint"].startswith("SHA256:")
    assert len(first["password"]) == 23
    with install.serving() as runtime:
        ready = httpx.get(runtime.url + "/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "ok")
        missing = httpx.get(runtime.url + "/transfers/v1/none?secret=hunter2", headers={"X-Request-Id": "my-request-1"})
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
        assert missing.json()["request_id"] == missing.headers["x-request-id"] == "my-request-1"
        assert "fumibako_requests_total" in httpx.get(runtime.url + "/metrics").text
        assert runtime.stop() == 0
    lines = runtime.lines()
    assert [line["status"] for line in lines if line.get("request_id") == "my-request-1"] == [404]
    assert "hunter2" not in runtime.log.read_text("utf-8")
    assert lines[-1]["message"] == "stopped"


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    install = Install(tmp_path)
    install.init()
    again = install.run("init", "--tenant", "acme", "--admin-email", "other@example.com")
    assert again.returncode == 1
    assert b"tenant_exists" in again.stderr
    assert b"Traceback" not in again.stderr


def test_wrong_settings_end_with_a_sentence(tmp_path: Path) -> None:
    done = Install(tmp_path, {"LISTEN_PORTS": "1"}).run("serve")
    assert done.returncode == 1
    assert b"FUMIBAKO_LISTEN_PORTS: There is no such setting." in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_taken_port_is_said_so(tmp_path: Path) -> None:
    install = Install(tmp_path)
    install.init()
    with install.serving() as runtime:
        done = Install(tmp_path, {"LISTEN_PORT": runtime.url.rsplit(":", 1)[1]}).run("serve")
    assert done.returncode == 1
    assert b"port_taken" in done.stderr


def test_several_processes_share_the_port_are_restarted_and_drain(tmp_path: Path) -> None:
    install = Install(tmp_path, {"PROCESSES": "2"})
    install.init()
    with install.serving() as runtime:
        children = psutil.Process(runtime.process.pid).children()
        assert len(children) == 3
        children[0].send_signal(signal.SIGKILL)
        wait_until(lambda: len(alive(runtime.process.pid) - {children[0].pid}) == 3, "the killed child was replaced")
        wait_until(lambda: answers(runtime.url), "the port answers")
        metrics = httpx.get(runtime.url + "/metrics").text
        assert "fumibako_outbox_depth" in metrics
        assert runtime.stop() == 0
        assert alive(runtime.process.pid) == set()


def test_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    install = Install(tmp_path, {"PROCESSES": "2"})
    install.init()
    with install.serving() as runtime:
        children = psutil.Process(runtime.process.pid).children()
        runtime.stop(signal.SIGKILL)
        _, left = psutil.wait_procs(children, timeout=30)
        assert left == []


def alive(pid: int) -> set[int]:
    try:
        return {child.pid for child in psutil.Process(pid).children() if child.status() != psutil.STATUS_ZOMBIE}
    except psutil.NoSuchProcess:
        return set()


def test_a_route_is_called_as_api_gateway_would(tmp_path: Path) -> None:
    install = Install(tmp_path)
    install.init()
    with install.serving() as runtime:
        url = runtime.url + "/reporting/v1/things/a%2Fb/parts/7"
        answered = {
            token: httpx.get(url, headers={"Authorization": token} if token else {})
            for token in ("", "Bearer bad", "Bearer elsewhere", "Bearer broken", "Bearer good")
        }
        echo = httpx.post(
            runtime.url + "/reporting/v1/echo?a=1&a=2&b=%20",
            content=b"[1]",
            headers={"Content-Type": "application/json"},
        )
        binary = {"Content-Type": "application/octet-stream"}
        raw = httpx.post(runtime.url + "/reporting/v1/echo", content=b"\xff" * 4_999_999, headers=binary)
        large = httpx.post(runtime.url + "/reporting/v1/echo", content=b"x" * 5_000_000, headers=binary)
        assert runtime.stop() == 0
    assert [(answer.status_code, answer.json().get("code")) for answer in answered.values()] == [
        (401, "token_invalid"),
        (401, "token_invalid"),
        (403, "access_denied"),
        (500, "internal_error"),
        (200, None),
    ]
    assert answered[""].headers["www-authenticate"] == "Bearer"
    assert answered["Bearer good"].json() == {"thing": "a/b", "part": "7", "who": "mb_1"}
    assert echo.json() == {"length": 3, "query": {"a": ["1", "2"], "b": [" "]}}
    assert raw.json()["length"] == 4_999_999
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    assert "hunter2" not in runtime.log.read_text("utf-8")
    routes = {line["route"] for line in runtime.lines() if line["message"] == "request"}
    assert routes >= {"/v1/things/{thing}/parts/{part}", "/v1/echo"}


def test_events_reach_their_handlers_and_a_poisonous_one_harms_no_other(tmp_path: Path) -> None:
    install = Install(tmp_path, {"SCHEDULE_SECONDS": "0.2"})
    install.init()
    context = install.context()
    now, sealed = context.clock.now_ms(), {"notifications": b"a mail"}
    events = [
        Event(f"ev_{number}", "thing.done.v1", "acme", "tr_1", number, now, {"poison": number == 3}, sealed)
        for number in range(1, 8)
    ]
    context.records.transact([Put(Key("acme#made", "them"), {})], events)
    with install.serving() as runtime:
        ids = {event.id for event in events}
        wait_until(lambda: ids <= set(keys(context, "acme#seen")), "every event was seen")
        wait_until(lambda: ids - {"ev_3"} <= set(keys(context, "acme#reported")), "every good event was reported")
        wait_until(lambda: len(keys(context, "acme#ticks")) >= 3, "the schedule ran three times")
        assert runtime.stop() == 0
    assert "ev_3" not in keys(context, "acme#reported")
    assert any(line["message"] == "event not handled" and line["event"] == "ev_3" for line in runtime.lines())


def keys(context: LazyContext, pk: str) -> list[str]:
    return [record.key.sk for record in context.records.query(pk, limit=1000).records]


def test_a_request_under_way_is_finished_before_the_stop(tmp_path: Path) -> None:
    install = Install(tmp_path)
    install.init()
    with install.serving() as runtime:
        parts = urlsplit(runtime.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as connection:
            head = "POST /reporting/v1/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n"
            connection.sendall(head.encode() + b"[1")
            wait_until(lambda: established(runtime.process.pid, connection), "the connection was accepted")
            runtime.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not answers(runtime.url), "no connection is accepted")
            connection.sendall(b"1]")
            answer = connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 200")
        assert runtime.process.wait(30) == 0


def established(pid: int, connection: socket.socket) -> bool:
    port = connection.getsockname()[1]
    peers = [one.raddr.port for one in psutil.Process(pid).net_connections() if one.raddr]
    return port in peers
