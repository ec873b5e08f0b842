"""The page's files come into the bucket in the right order, with the right types, once."""

from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from deploy.errors import Refused
from deploy.names import page_bucket
from deploy.page_upload import page_uploads, upload_page
from deploy.stage import load_stage

HEADERS = '{"routes": {"*": "/index.html"}, "rules": [{"match": "/*", "headers": {}}]}'


@pytest.fixture
def built(tmp_path: Path) -> Path:
    files = {
        "headers.json": HEADERS,
        "index.html": "<!doctype html>",
        "index.html.br": "x",
        "sw.js": "1",
        "assets/a-1.js": "2",
        "assets/a-1.js.gz": "x",
        "assets/b-2.wasm": "3",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
    return tmp_path


def test_parts_come_before_documents_and_nothing_that_is_compressed(built: Path) -> None:
    files = list(page_uploads(built))
    assert [one.key for one in files] == ["assets/a-1.js", "assets/b-2.wasm", "sw.js", "index.html"]
    assert {one.key: one.media_type for one in files}["index.html"] == "text/html; charset=utf-8"
    assert {one.cache for one in files if one.key.startswith("assets/")} == {"public, max-age=31536000, immutable"}
    assert {one.cache for one in files if not one.key.startswith("assets/")} == {"no-cache"}


def test_what_is_there_is_left_and_what_is_gone_stays(built: Path) -> None:
    stage = load_stage("dev")
    with mock_aws():
        s3 = boto3.client("s3", region_name=stage.region, aws_access_key_id="x", aws_secret_access_key="x")
        place = {"LocationConstraint": stage.region}
        s3.create_bucket(Bucket=page_bucket(stage), CreateBucketConfiguration=place)
        assert upload_page(s3, stage, built) == 4
        assert upload_page(s3, stage, built) == 0
        (built / "assets/a-1.js").rename(built / "assets/a-9.js")
        (built / "index.html").write_text("<!doctype html>new", "utf-8")
        assert upload_page(s3, stage, built) == 2
        held = {one["Key"] for one in s3.list_objects_v2(Bucket=page_bucket(stage))["Contents"]}
        assert {"assets/a-1.js", "assets/a-9.js"} <= held
        document = s3.head_object(Bucket=page_bucket(stage), Key="index.html")
        assert (document["ContentType"], document["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")


def test_a_page_that_was_not_built_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="page_absent"):
        list(page_uploads(tmp_path))
