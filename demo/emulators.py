"""The stores beside SQLite: an own PostgreSQL cluster, and emulators of DynamoDB, S3, KMS, SNS and SQS."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from demo.settings import Failed


def _postgresql_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    raise Failed("PostgreSQL is missing: apt-get install postgresql")


def start_postgresql(stack: ExitStack, folder: Path) -> dict[str, str]:
    """A cluster in the demo's own folder, reached over a socket there; the settings that use it."""
    tools = _postgresql_bin()
    # PostgreSQL refuses to run as root, and its account must reach the folder.
    as_user = {"user": "postgres"} if os.geteuid() == 0 else {}
    base = Path(_scratch(stack))
    if as_user:
        os.chown(base, pwd.getpwnam("postgres").pw_uid, -1)
    cluster = base / "cluster"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/", **as_user}
    init = [tools / "initdb", "-D", cluster, "-A", "trust", "-U", "fumibako", "-E", "UTF8", "--locale=C"]
    subprocess.run([str(word) for word in init], check=True, **quiet)  # type: ignore[call-overload]
    options = f"-c listen_addresses='' -c unix_socket_directories={base}"
    control = [str(tools / "pg_ctl"), "-D", str(cluster), "-w", "-l", str(base / "postgresql.log")]
    subprocess.run([*control, "-o", options, "start"], check=True, **quiet)  # type: ignore[call-overload]
    stack.callback(lambda: subprocess.run([*control, "-m", "fast", "stop"], check=False, **quiet))  # type: ignore[call-overload]
    for name in ("records", "wrapped_keys"):
        subprocess.run([str(tools / "createdb"), "-h", str(base), "-U", "fumibako", name], check=True, **quiet)  # type: ignore[call-overload]
    (folder / "postgresql").symlink_to(base)
    url = f"postgresql+psycopg://fumibako@/{{name}}?host={base}"
    return {
        "FUMIBAKO_STORE": "postgresql",
        "FUMIBAKO_DATABASE_URL": url.format(name="records"),
        "FUMIBAKO_WRAPPED_KEYS_URL": url.format(name="wrapped_keys"),
    }


def _scratch(stack: ExitStack) -> str:
    """A short path: a socket's address has 107 bytes at most."""
    made = subprocess.run(["mktemp", "-d", "/tmp/fumibako-XXXXXX"], check=True, capture_output=True, text=True)
    path = made.stdout.strip()
    stack.callback(shutil.rmtree, path, ignore_errors=True)
    return path


def start_aws(stack: ExitStack, folder: Path) -> dict[str, str]:
    """moto's server in a process of its own; the settings that use its DynamoDB, S3, KMS, SNS and SQS."""
    port_file = folder / "aws.json"
    log = stack.enter_context((folder / "aws.log").open("wb"))
    process = subprocess.Popen(
        [sys.executable, "-m", "demo.aws_emulator", str(port_file)], stdout=log, stderr=log, start_new_session=True
    )
    stack.callback(process.wait, 10)
    stack.callback(process.terminate)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if port_file.exists():
            settings: dict[str, str] = json.loads(port_file.read_text())
            with urllib.request.urlopen(settings["FUMIBAKO_AWS_ENDPOINT"] + "/moto-api/", timeout=5):
                return settings
        time.sleep(0.1)
    raise Failed((folder / "aws.log").read_text("utf-8", "replace")[-1000:])
