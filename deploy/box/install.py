"""The first tenant of the box, made over the deployed tables and keys; its mails, and everything that the cloud holds, as files to look through."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy import names
from deploy.box.emulator import ROOT, Emulator
from deploy.errors import Refused
from deploy.stage import Stage

ADMIN: Final = "admin@box.example"
TENANT: Final = "box"


class BoxInstall:
    """What the story stands on: ``url`` is the custom domain of API Gateway, ``data`` has the mails, ``first`` the first admin."""

    def __init__(self, emulator: Emulator, stage: Stage, folder: Path) -> None:
        self._emulator = emulator
        self._stage = stage
        self.url = emulator.public_url
        self.data = folder
        self.first: dict[str, Any] = {}
        (folder / "mail").mkdir(parents=True, exist_ok=True)

    def initialise(self, settings: Mapping[str, str]) -> None:
        """Tenant and first admin, by the runtime's own command with a function's settings. Raises Refused("init_failed").

        In an account the onboarding of a tenant does this.
        """
        command = [sys.executable, "-m", "onprem.runtime", "init", "--tenant", TENANT, "--name", "Box Company"]
        command += ["--admin-email", ADMIN, "--admin-name", "Box Admin", "--language", "en"]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FUMIBAKO_", "AWS_"))}
        own = {
            "AWS_ACCESS_KEY_ID": self._emulator.account,
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_DEFAULT_REGION": self._emulator.region,
            "FUMIBAKO_DATA_DIR": str(self.data / "unused"),
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "client"))),
        }
        ended = subprocess.run(
            command, env={**kept, **settings, **own}, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise Refused(
                "init_failed", f"init ended with {ended.returncode}: {ended.stderr.strip()[-800:]}", "See build/cloud."
            )
        self.first = json.loads(ended.stdout.splitlines()[-1])

    def dump(self) -> int:
        """Write every item, every version of every object and every log line to files below ``data``; gives how many files."""
        folder = self.data / "cloud"
        folder.mkdir(exist_ok=True)
        return (
            self._dump_tables(folder) + self._dump_objects(folder) + self._dump_logs(folder) + self._dump_queues(folder)
        )

    def _dump_tables(self, folder: Path) -> int:
        client = self._emulator.client("dynamodb")
        tables = (names.records_table(self._stage), names.wrapped_keys_table(self._stage))
        for table in tables:
            with (folder / f"{table}.jsonl").open("w", encoding="utf-8") as file:
                for page in client.get_paginator("scan").paginate(TableName=table):
                    file.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in page["Items"])
        return len(tables)

    def _dump_objects(self, folder: Path) -> int:
        store, bucket, count = self._emulator.client("s3"), names.blobs_bucket(self._stage), 0
        for page in store.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for version in page.get("Versions", []):
                got = store.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
                (folder / f"object-{count}").write_bytes(version["Key"].encode() + b"\n" + got["Body"].read())
                count += 1
        return count

    def _dump_logs(self, folder: Path) -> int:
        text = "\n".join(message for lines in self.logs().values() for message in lines)
        (folder / "functions.log").write_text(text, "utf-8")
        return 1

    def _dump_queues(self, folder: Path) -> int:
        """What is still in a queue; it is only looked at, and comes again."""
        sqs, lines = self._emulator.client("sqs"), []
        for url in sqs.list_queues().get("QueueUrls", []):
            held = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
            lines += [message["Body"] for message in held.get("Messages", [])]
        (folder / "queues.txt").write_text("\n".join(lines), "utf-8")
        return 1

    def logs(self) -> dict[str, list[str]]:
        """Function -> its log lines, from the emulator's CloudWatch Logs."""
        client = self._emulator.client("logs")
        found: dict[str, list[str]] = {}
        for service, functions in names.FUNCTIONS.items():
            for one in functions:
                group = names.log_group(self._stage, service, one)
                found[names.function(self._stage, service, one)] = _messages(client, group)
        return found


def _messages(client: Any, group: str) -> list[str]:
    try:
        pages = client.get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]
    except client.exceptions.ResourceNotFoundException:
        return []
