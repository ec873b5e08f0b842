"""docs/operations says what is there: metrics, checks, schedules, settings, log fields, and its examples are read by the program."""

import ast
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from chalicelib.bootstrap import LazyContext
from chalicelib.config import load_settings, settings_page
from chalicelib.ports.event_bus import MAX_ATTEMPTS
from chalicelib.settings import Settings
from onprem.runtime.apps import load_apps
from onprem.runtime.check import findings
from onprem.runtime.metrics import Metrics
from onprem.runtime.scheduler import schedules_of
from tests.architecture.pages import ROOT, Block, blocks, page, rows
from tests.fakes.context import FakeContext

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/operations").glob("*.md"))
README = page("docs/operations/README.md")


def section(text: str, heading: str) -> str:
    return text.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]


def block(name: str, language: str) -> Block:
    (found,) = (one for one in blocks(page(name)) if one.language == language)
    return found


def exposed() -> dict[str, tuple[str, set[str]]]:
    """Name -> kind and labels, of everything a scrape can hold."""
    ports = FakeContext()
    metrics = Metrics()
    text = metrics.rendered(lambda: ports.bus).decode()
    kinds = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    found = {name: (kind, set[str]()) for name, kind in kinds.items() if not name.endswith("_created")}
    for collector in vars(metrics).values():
        if hasattr(collector, "_labelnames") and not isinstance(collector, CollectorRegistry):
            name = f"{collector._name}_total" if collector._type == "counter" else collector._name
            found[name] = (found[name][0], set(collector._labelnames))
    for name, label in re.findall(r"^(\w+)\{(\w+)=", text, re.MULTILINE):
        found[name][1].add(label)
    return found


def test_the_table_of_metrics_is_whole_and_right() -> None:
    told = {
        name.strip("`"): (kind, {label for label in labels.split(", ") if label})
        for name, kind, labels, _ in rows(section(README, "Metrics"))
    }
    assert told == exposed()


def test_alarms_ask_for_metrics_and_schedules_that_exist() -> None:
    asked = section(README, "Alarms to set")
    assert set(re.findall(r"fumibako_\w+", asked)) <= set(exposed())
    schedules = {
        one.name for name, app in load_apps(Settings()).items() for one in schedules_of(name, app, every_seconds=0)
    }
    assert set(re.findall(r'schedule="(\w+)"', asked)) <= schedules
    assert f"given up after {MAX_ATTEMPTS} attempts" in README


def test_every_check_has_its_row_in_order(tmp_path: Path) -> None:
    checks = [one.name for one in findings(LazyContext(Settings(data_dir=tmp_path, scanner="none")))]
    table = [row[0].strip("`") for row in rows(section(README, "By symptom"))]
    assert table[: len(checks)] == checks


def logged_fields() -> Iterator[str]:
    """Keys of every ``extra={...}`` of the server, and of the dicts named ``fields`` that are spread into one."""
    for top in ("chalicelib", "onprem"):
        for path in (ROOT / top).rglob("*.py"):
            text = path.read_text("utf-8")
            if "extra=" not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                is_extra = isinstance(node, ast.keyword) and node.arg == "extra"
                is_fields = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "fields"
                if is_extra or is_fields:
                    held = [one for one in ast.walk(node) if isinstance(one, ast.Dict)]
                    yield from (key.value for one in held for key in one.keys if isinstance(key, ast.Constant))


def test_the_table_of_log_fields_names_every_field() -> None:
    told = {field for row in rows(section(README, "Logs")) for field in re.findall(r"`(\w+)`", row[0])}
    written = {"time", "level", "logger", "message", "request_id", "exception", "places"} | set(logged_fields())
    assert told == written


@pytest.mark.parametrize("name", PAGES)
def test_settings_that_are_named_exist(name: str) -> None:
    known = set(re.findall(r"^## (FUMIBAKO_\w+)$", settings_page(), re.MULTILINE)) | {
        "FUMIBAKO_CONFIG",
        "FUMIBAKO_SETTINGS",
    }
    outside = {"FUMIBAKO_HOME"}
    assert set(re.findall(r"FUMIBAKO_[A-Z0-9_]*[A-Z0-9]", page(name))) <= known | outside


def test_the_settings_of_the_example_are_fit_for_production(tmp_path: Path) -> None:
    text = block("docs/operations/install.md", "toml").text
    file = tmp_path / "fumibako.toml"
    file.write_text(text, "utf-8")
    settings = load_settings({"FUMIBAKO_CONFIG": str(file)})
    assert settings.mode == "production"
    assert settings.processes == tomllib.loads(text)["processes"]


def test_systemd_waits_longer_than_the_runtime_drains() -> None:
    unit = block("docs/operations/install.md", "ini").text
    waits = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert waits
    assert int(waits[1]) >= Settings().drain_seconds + 20  # the supervisor itself waits 10 s more than its children


def test_the_proxy_takes_the_largest_part_and_logs_no_address() -> None:
    text = block("docs/operations/install.md", "nginx").text
    assert "client_max_body_size 5g;" in text
    assert "access_log off;" in text


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


PORT = closed_port()


def runtime(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "FUMIBAKO_MODE": "evaluation",
        "FUMIBAKO_MAIL": "maildir",
        "FUMIBAKO_SCANNER": "none",
        "FUMIBAKO_MIN_FREE_BYTES": "0",
        "FUMIBAKO_DATA_DIR": str(data),
        "FUMIBAKO_LISTEN_PORT": PORT,
        "FUMIBAKO_BASE_URL": f"http://127.0.0.1:{PORT}",
    }
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)


INIT = ("-m", "onprem.runtime", "init", "--tenant", "example", "--admin-email", "admin@example.jp")


@pytest.mark.slow
def test_a_restored_install_without_wrapped_keys_checks_out(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    assert runtime(old, *INIT).returncode == 0
    new.mkdir(mode=0o700)
    with sqlite3.connect(old / "records.db") as records:
        records.execute("VACUUM INTO ?", (str(new / "records.db"),))
    records.close()
    for name in ("keyring.json", "master.key"):
        shutil.copy2(old / name, new / name)
    shutil.copytree(old / "blobs", new / "blobs")
    assert runtime(new, "-m", "onprem.runtime", "migrate").returncode == 0
    checked = runtime(new, "-m", "onprem.runtime", "check")
    assert json.loads(checked.stdout)["ok"], checked.stdout
    again = runtime(new, *INIT)
    assert "tenant_exists" in again.stderr


@pytest.mark.slow
def test_a_key_is_renewed_as_the_page_says(tmp_path: Path) -> None:
    assert runtime(tmp_path, *INIT).returncode == 0
    script = block("docs/operations/keys.md", "python").text
    before = json.loads((tmp_path / "keyring.json").read_text("utf-8"))["keys"]
    renewed = runtime(tmp_path, "-c", script, "proof")
    assert renewed.returncode == 0, renewed.stderr
    after = json.loads((tmp_path / "keyring.json").read_text("utf-8"))["keys"]
    assert renewed.stdout.strip() in {key["kid"] for key in after}
    assert {key["kid"] for key in before} < {key["kid"] for key in after}
