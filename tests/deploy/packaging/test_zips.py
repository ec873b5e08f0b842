"""The zips: what is in them, that they run as Lambda runs them, and that they are the same wherever and whenever they are made."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from deploy.errors import Refused
from deploy.names import SERVICES
from deploy.packaging.package import package
from deploy.packaging.runtime_sdk import lay_out
from deploy.packaging.staging import ROOT, stage
from tests.deploy.packaging.conftest import Packages, shared_folder

# What Lambda's runtime brings along (https://docs.aws.amazon.com/lambda/latest/dg/python-package.html): here ours, the newest, and the oldest it ever had.
RUNTIME_BRINGS = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")
FIRST_REQUEST = """
import json, sys
sys.path.insert(0, {folder!r})
import app
answer = app.app(json.loads({event!r}), None)
print(json.dumps({{"status": answer["statusCode"], "paths": len(json.loads(answer["body"]).get("paths", ""))}}))
import os, boto3, chalicelib.adapters.kms_key_store, cryptography.hazmat.primitives.ciphers.aead, fumibako_format.keys, pynamodb.connection
import chalicelib.adapters.outward_http, urllib3
from chalicelib.bootstrap_aws import client, s3
from chalicelib.config import load_settings
settings = load_settings(os.environ)
print(json.dumps([boto3.__version__, len([s3(settings), *(client(settings, name) for name in ("kms", "ses", "sesv2", "sns", "sqs", "sts"))])]))
names = ("app", "chalice.app", "chalicelib", "fumibako_format.keys", "msgspec", "cryptography", "pynamodb.connection")
print([name for name in names if not sys.modules[name].__file__.startswith({folder!r})])
"""


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_zip_has_the_app_its_inside_and_no_sdk(packages: Packages, service: str) -> None:
    files = packages.files(service)
    assert {
        "app.py",
        "chalice/app.py",
        "chalicelib/bootstrap.py",
        "fumibako_format/keys.py",
        "msgspec/__init__.py",
    } <= set(files)
    assert files["app.py"] == (ROOT / "services" / service / "app.py").read_bytes()
    tops = {name.partition("/")[0] for name in files}
    assert not {"boto3", "botocore", "urllib3", "tests", "deploy", "onprem", "client", "vendor"} & tops
    assert not [name for name in files if "__pycache__" in name or name.endswith((".pyc", ".map"))]
    assert {name for name in tops if name.startswith("services")} == set()
    assert packages.manifest["services"][service]["packed_bytes"] <= 12_000_000


def test_nothing_in_a_zip_tells_where_it_was_made(packages: Packages) -> None:
    places = [str(ROOT).encode(), str(packages.build).encode(), str(Path.home()).encode() + b"/"]
    ours = {
        name: content
        for name, content in packages.files("transfers").items()
        if name.startswith(("app", "chalicelib", "fumi"))
    }
    assert {name for name, content in ours.items() for place in places if place in content} == set()


@pytest.fixture(scope="session")
def runtimes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """Folders that a function imports boto3 from, and its version there."""
    shared = shared_folder(tmp_path_factory) / "runtimes"
    oldest, newest = shared / "oldest", shared / "newest"
    with FileLock(f"{shared}.lock", timeout=240):
        if not newest.exists():
            lay_out(oldest, ROOT / "build" / "wheels")
            newest.mkdir(parents=True)
            for name in RUNTIME_BRINGS:
                (newest / name).symlink_to(Path(sysconfig.get_paths()["purelib"]) / name)
    return {"oldest": (oldest, "1.27.1"), "newest": (newest, version("boto3"))}


@pytest.mark.parametrize("runtime", ["newest", "oldest"])
@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_zip_answers_its_first_request_with_what_lambda_brings(
    packages: Packages,
    service: str,
    runtime: str,
    runtimes: dict[str, tuple[Path, str]],
    stores: dict[str, str],
    tmp_path: Path,
) -> None:
    """In a process of its own that sees the zip and Lambda's own packages, and nothing of this environment."""
    folder, (beside, expected) = tmp_path / "task", runtimes[runtime]
    shutil.unpack_archive(packages.folder(service) / "deployment.zip", folder)
    template = packages.template(service)
    assert template["Resources"]["APIHandler"]["Properties"]["Handler"] == "app.app"
    script = FIRST_REQUEST.format(folder=str(folder), event=json.dumps(openapi_request()))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(beside),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        **stores,
    }
    command = [sys.executable, "-S", "-c", script]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert ended.returncode == 0, ended.stderr
    lines = [line for line in ended.stdout.splitlines() if not line.startswith('{"_aws"')]
    answer, sdk, strangers = lines
    assert json.loads(sdk) == [expected, 7]
    assert json.loads(answer)["status"] == 200
    assert json.loads(answer)["paths"] >= 3
    assert strangers == "[]"


def openapi_request() -> dict[str, Any]:
    return {
        "resource": "/v1/openapi.json",
        "path": "/v1/openapi.json",
        "httpMethod": "GET",
        "headers": {"host": "files.acme.example"},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/v1/openapi.json",
            "httpMethod": "GET",
            "path": "/v1/openapi.json",
            "requestId": "request-0001",
            "identity": {"sourceIp": "203.0.113.7"},
        },
        "body": None,
        "isBase64Encoded": False,
    }


@pytest.mark.slow
def test_packages_are_the_same_byte_for_byte_elsewhere_and_in_other_years(packages: Packages, tmp_path: Path) -> None:
    elsewhere = tmp_path / "an other place" / "build"
    elsewhere.mkdir(parents=True)
    (elsewhere / "wheels").symlink_to(ROOT / "build" / "wheels")
    command = ["faketime", "2031-05-06 07:08:09", sys.executable, "-m", "deploy", "package", "--build", str(elsewhere)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo", "LANG": "C", "PYTHONHASHSEED": "7"}
    umask = os.umask(0o077)
    try:
        ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    finally:
        os.umask(umask)
    assert ended.returncode == 0, ended.stderr
    for folder in ("packages", "services"):
        one, other = bytes_below(packages.build / folder), bytes_below(elsewhere / folder)
        assert one.keys() == other.keys()
        assert [name for name in sorted(one) if one[name] != other[name]] == []


def bytes_below(folder: Path) -> dict[str, bytes]:
    skipped = ("deployments", "merge.json")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not set(skipped) & set(path.parts)
    }


def test_staging_takes_sources_and_leaves_the_rest(tmp_path: Path) -> None:
    staged = stage("transfers", tmp_path)
    (staged / "left-over").write_text("of the last time", "utf-8")
    staged = stage("transfers", tmp_path)
    names = {str(path.relative_to(staged)) for path in staged.rglob("*") if path.is_file()}
    assert "left-over" not in names
    assert {"app.py", "requirements.txt", ".chalice/config.json", "vendor/fumibako_format/py.typed"} <= names
    assert not [name for name in names if "__pycache__" in name]
    assert not [path for path in staged.rglob("*") if path.is_symlink()]


def test_a_missing_policy_stops_the_packaging_and_leaves_what_was_there(tmp_path: Path) -> None:
    policies, build = tmp_path / "policies", tmp_path / "build"
    shutil.copytree(ROOT / "deploy" / "policies", policies)
    (policies / "transfers" / "sweep_due.json").unlink()
    with pytest.raises(Refused) as refused:
        package(build, services=["transfers"], policies=policies)
    assert refused.value.code == "policy_missing"
    assert not (build / "packages").exists()
    (policies / "transfers" / "sweep_due.json").write_text("{", "utf-8")
    with pytest.raises(Refused) as refused:
        package(build, services=["transfers"], policies=policies)
    assert refused.value.code == "policy_wrong"
