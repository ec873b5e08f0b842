"""The image, built and run without a daemon: both entries answer and end when told to, as nobody, on a file system that takes no write."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from deploy.packaging.image import Image, Store, build_image
from deploy.packaging.staging import ROOT
from tests.deploy.packaging.conftest import shared_folder
from tests.deploy.packaging.containers import Podman
from tests.deploy.packaging.runtime_api import runtime_api
from tests.deploy.packaging.test_zips import openapi_request

pytestmark = [pytest.mark.slow, pytest.mark.root]
ADMIN = "admin@acme.example"
LOOK = """
import json, os, sys
def refused(path):
    try:
        open(path, "w")
    except OSError as error:
        return error.strerror
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "uid": os.getuid(),
    "gid": os.getgid(),
    "capabilities": [status[name].strip() for name in ("CapEff", "CapPrm", "CapBnd")],
    "no new": status["NoNewPrivs"].strip(),
    "refused": [refused(path) for path in ("/opt/fumibako/x", "/etc/x", "/x")],
    "python": sys.version_info[:2],
}))
"""


def build_folder() -> Path:
    """Between runs the base is kept: it is half of the work and changes when Debian does."""
    return ROOT / "build" / "image-tests"


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The base is brought into it once."""
    made = Store(tmp_path_factory.mktemp("store"))
    yield made
    made.empty()


@pytest.fixture(scope="session")
def image(layer: Path, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Built once a run, of the layer that this run shares."""
    shared = shared_folder(tmp_path_factory)
    told, archive = shared / "image.json", shared / "fumibako.tar"
    with FileLock(f"{told}.lock", timeout=480):
        if not told.exists():
            folder = build_folder()
            folder.mkdir(parents=True, exist_ok=True)
            made = build_image(folder, root=layer, store=store)
            shutil.move(made.archive, archive)
            told.write_text(json.dumps([made.digest, made.base, made.size]), "utf-8")
    digest, base, size = json.loads(told.read_text("utf-8"))
    return Image(archive, digest, base, size)


@pytest.fixture(scope="module")
def podman(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Podman, str]]:
    """A storage with the image in it, and the image's id."""
    with tempfile.TemporaryDirectory(prefix="podman-", dir="/tmp", ignore_cleanup_errors=True) as state:
        made = Podman(tmp_path_factory.mktemp("podman"), Path(state))
        yield made, made.load(image.archive)
        subprocess.run(made.command("rmi", "--all", "--force"), capture_output=True, timeout=60)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder that the container's user may write to."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    os.chown(folder, 10001, 10001)
    return folder


def settings(**own: str) -> list[str]:
    return [word for name, value in own.items() for word in ("--env", f"FUMIBAKO_{name}={value}")]


def on_a_host(data: Path) -> list[str]:
    given = settings(MODE="evaluation", MAIL="maildir", SCANNER="none", LISTEN_PORT="0", MIN_FREE_BYTES="1")
    return ["--volume", f"{data}:/var/lib/fumibako", *given]


def test_it_is_nobody_and_nothing_can_be_written(podman: tuple[Podman, str]) -> None:
    made, name = podman
    seen = made.once(name, "-c", LOOK, options=["--entrypoint", "/usr/bin/python3"])
    assert seen.returncode == 0, seen.stderr
    found = json.loads(seen.stdout)
    assert (found["uid"], found["gid"], found["python"]) == (10001, 10001, [3, 11])
    assert set(found["capabilities"]) == {"0" * 16}
    assert found["no new"] == "1"
    assert None not in found["refused"]


def test_the_http_entry_signs_an_admin_in_and_drains_when_told_to_stop(podman: tuple[Podman, str], data: Path) -> None:
    made, name = podman
    first = made.once(name, "init", "--admin-email", ADMIN, "--language", "en", options=on_a_host(data))
    assert first.returncode == 0, first.stderr
    password = json.loads(first.stdout)["password"]
    with made.running(name, options=on_a_host(data)) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        url = json.loads(line)["listening"]
        answer = posted(f"{url}/auth/v1/login", {"email": ADMIN, "password": password, "client": "cli"})
        assert answer["token_type"] == "Bearer"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def posted(url: str, body: dict[str, Any]) -> Any:
    headers = {"content-type": "application/json", "host": "127.0.0.1:8080"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("service", ["auth", "transfers"])
def test_the_lambda_entry_answers_an_invocation_and_ends_when_told_to(
    podman: tuple[Podman, str], service: str, stores: dict[str, str]
) -> None:
    made, name = podman
    with runtime_api() as (api, address):
        told = {
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_REGION": "eu-central-1",
            **stores,
        }
        options = [word for one in told.items() for word in ("--env", "=".join(one))]
        options += ["--workdir", f"/opt/fumibako/services/{service}", "--entrypoint", "/opt/fumibako/entry/lambda"]
        with made.running(name, "app.app", options=options) as process:
            answer = api.invoke(openapi_request())
            assert answer["statusCode"] == 200, answer
            assert json.loads(answer["body"])["servers"] == [{"url": f"/{service}"}]
            nowhere = {**openapi_request(), "resource": "/{proxy+}", "path": "/v1/nowhere"}
            lost = {**nowhere, "requestContext": {**nowhere["requestContext"], "resourcePath": "/{proxy+}"}}
            refused = api.invoke(lost)
            assert (refused["statusCode"], json.loads(refused["body"])["code"]) == (404, "not_found")
            process.send_signal(signal.SIGTERM)
            # 128 and the signal's number: Lambda ends functions so, and they have nothing to drain.
            assert process.wait(timeout=10) == 128 + signal.SIGTERM


def test_a_second_build_over_the_same_base_is_the_same_image(image: Image, store: Store, tmp_path: Path) -> None:
    """In another folder, with another umask: the base is shared, everything of ours is made anew."""
    folder = tmp_path / "an other place"
    (folder / "image").mkdir(parents=True)
    (folder / "wheels").symlink_to(ROOT / "build" / "wheels")
    for base in (build_folder() / "image").glob("base-*.tar"):
        (folder / "image" / base.name).symlink_to(base)
    umask = os.umask(0o077)
    try:
        again = build_image(folder, store=store)
    finally:
        os.umask(umask)
    assert (again.digest, again.base) == (image.digest, image.base)


def test_the_layer_holds_the_staged_sources_and_no_tools_that_install(layer: Path) -> None:
    home = layer / "opt" / "fumibako"
    names = {path.name for path in (home / "lib").iterdir()}
    assert not {"pip", "setuptools", "wheel", "inquirer"} & names
    assert {"awslambdaric", "botocore", "uvicorn", "sqlalchemy", "psycopg_binary"} <= names
    assert (home / "services" / "auth" / "app.py").read_bytes() == (ROOT / "services" / "auth" / "app.py").read_bytes()
    assert not [path for path in (home / "app").rglob("*") if path.is_symlink()]
    compiled = next((home / "app" / "chalicelib").glob("__pycache__/bootstrap.*.pyc")).read_bytes()
    assert str(layer).encode() not in compiled
    assert b"/opt/fumibako/app/chalicelib/bootstrap.py" in compiled


def test_a_store_touches_nothing_of_this_machines(tmp_path: Path) -> None:
    command = Store(tmp_path).command("images")
    assert command[:3] == ["buildah", "--root", str(tmp_path / "storage")]
