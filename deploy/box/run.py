"""One run of the box: package, deploy, tell the story, fetch in a browser, deploy anew, fetch again, and report."""

import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from demo.settings import Failed
from deploy import names
from deploy.box import journal, report
from deploy.box.browser import fetch_in_browser
from deploy.box.emulator import ROOT, Emulator
from deploy.box.front import Front
from deploy.box.infrastructure import Infrastructure, deploy_infrastructure
from deploy.box.install import BoxInstall
from deploy.box.mailbox import Mailbox
from deploy.box.services import Services
from deploy.box.story import BoxStory, settings
from deploy.errors import Refused
from deploy.stage import Stage, load_stage

PAGE: Final = ROOT / "web/build/page"
# Longer than the longest schedule, which is an hour.
_LONGEST_SCHEDULE: Final = 3_700
_INVOKED_WITHIN: Final = 60.0


@dataclass(frozen=True)
class BoxSettings:
    """``build`` holds packages and gets cloud/; ``size`` is that of the file; ``page`` the built page, None to leave the browser out."""

    build: Path
    size: int
    page: Path | None = PAGE

    @property
    def folder(self) -> Path:
        """Where report, journal and logs go."""
        return self.build / "cloud"


def run(chosen: BoxSettings) -> dict[str, Any]:
    """The report, which is written to build/cloud/report.json too. Raises Refused, or Failed where the story ended badly."""
    began = time.monotonic()
    if chosen.page is not None and not (chosen.page / "headers.json").is_file():
        raise Refused("page_missing", f"{chosen.page} holds no built page.", "Run `make page`, or say --no-browser.")
    shutil.rmtree(chosen.folder, ignore_errors=True)
    chosen.folder.mkdir(parents=True)
    stage = load_stage("box")
    with ExitStack() as stack:
        # Each function unpacks its zip there: hundreds of megabytes that nobody looks at.
        stack.callback(shutil.rmtree, chosen.folder / "scratch", ignore_errors=True)
        emulator = stack.enter_context(Emulator(chosen.folder, region=stage.region, account=stage.account))
        box = _Box(chosen, stage, emulator)
        stack.enter_context(Mailbox(emulator.endpoint, box.install.data / "mail"))
        made = box.tell()
    made["seconds"] = round(time.monotonic() - began, 1)
    report.write(chosen.folder, made)
    return made


class _Box:
    def __init__(self, chosen: BoxSettings, stage: Stage, emulator: Emulator) -> None:
        self._chosen = chosen
        self._stage = stage
        self._emulator = emulator
        self.install = BoxInstall(emulator, stage, chosen.folder / "data")

    def tell(self) -> dict[str, Any]:
        """Everything in its order; gives the report."""
        infrastructure = deploy_infrastructure(self._emulator, self._stage, self._chosen.folder)
        services = Services(self._emulator, self._stage, infrastructure, self._chosen.build / "packages")
        services.deploy()
        self.install.initialise(services.environment("auth", "api_handler"))
        told = settings(self._chosen.folder, self._chosen.size)
        story = BoxStory(told, self.install, self._emulator, journal.Schedules(self._emulator.journal, self._stage))
        story.let_schedules_begin()
        counted = self._story(story)
        link = story.leave_open()
        saved = self._in_browser(story, services, link)
        digests = services.deployed_digests()
        logged = report.reported(self.install.logs())
        again = self._anew(story, services, link)
        self._every_schedule()
        found = journal.invocations(journal.lines(self._emulator.journal))
        return {
            "templates": _compared(services, digests),
            "infrastructure": _told(infrastructure),
            "story": story.steps,
            "operations": counted,
            "browser": saved,
            "deployed_anew": again,
            "invocations": found,
            "logged_before_the_second_deployment": logged,
            "never_invoked": journal.never_invoked(self._stage, found),
            "clock_moved_seconds": self._emulator.clock.ahead,
        }

    def _story(self, story: BoxStory) -> dict[str, Any]:
        begin = journal.mark(self._emulator.journal)
        digest, _ = story.tell()
        story.admin_looks_around()
        lines = journal.lines(self._emulator.journal, begin, journal.mark(self._emulator.journal))
        told = {"transfers": 1, "files": 1, "bytes": self._chosen.size, "downloads": 1, "sha256": digest}
        counted = {"story": told, **journal.operations(lines)}
        report.write_json(self._chosen.folder / "operations.json", counted)
        return {"file": "operations.json", "count": sum(counted["operations"].values())}

    def _in_browser(self, story: BoxStory, services: Services, link: str) -> str:
        if self._chosen.page is None:
            return "left out"
        from demo.story import VISITOR  # noqa: PLC0415  # beside the only use of it

        known = story.letters(VISITOR)
        with Front(
            self._chosen.page, services.apis, emulator=self._emulator.host, blobs=self._emulator.endpoint
        ) as front:
            saved = fetch_in_browser(
                link,
                host=self.install.url.removeprefix("http://"),
                front=f"127.0.0.1:{front.port}",
                code=lambda: story.new_code(VISITOR, known),
                folder=self._chosen.folder,
            )
        if saved.read_bytes() != (self._chosen.folder / "welcome.txt").read_bytes():
            raise Failed(f"{saved.name} as the browser saved it is another file")
        story.say(f"a browser fetched {saved.name}, byte for byte")
        return saved.name

    def _anew(self, story: BoxStory, services: Services, link: str) -> dict[str, Any]:
        """Services away and back: what was sent before is still there."""
        before = dict(services.apis)
        services.remove()
        left = [name for service, ones in names.FUNCTIONS.items() for name in self._still_there(service, ones)]
        if left:
            raise Failed(f"still there after the services' stacks were deleted: {left}")
        services.deploy()
        same = story.visitor_fetches(link) == (self._chosen.folder / "welcome.txt").read_bytes()
        if not same:
            raise Failed("what was sent before the second deployment came back as another file")
        story.say("the services were deleted and deployed anew, and the guest fetched what was sent before")
        return {"apis_before": before, "apis_after": dict(services.apis), "same_bytes": same}

    def _still_there(self, service: str, functions: Sequence[str]) -> list[str]:
        client, found = self._emulator.client("lambda"), []
        for one in functions:
            name = names.function(self._stage, service, one)
            try:
                client.get_function_configuration(FunctionName=name)
                found.append(name)
            except client.exceptions.ResourceNotFoundException:
                continue
        return found

    def _every_schedule(self) -> None:
        """Let the longest schedule come round, and every function be seen."""
        self._emulator.clock.pass_time(_LONGEST_SCHEDULE)
        deadline = time.monotonic() + _INVOKED_WITHIN
        while missing := self._missing():
            if time.monotonic() > deadline:
                raise Failed(f"never invoked: {', '.join(missing)}")
            time.sleep(0.3)

    def _missing(self) -> list[str]:
        return journal.never_invoked(self._stage, journal.invocations(journal.lines(self._emulator.journal)))


def _compared(services: Services, digests: dict[str, str]) -> dict[str, Any]:
    """Raises Failed where a deployed template is not the packaged one."""
    told = {}
    for service, package in services.packages.items():
        if digests[service] != package.template_digest:
            raise Failed(f"the deployed template of {service} is not the packaged one")
        told[service] = {"template_sha256": package.template_digest, "zip_sha256": package.code_digest}
    return told


def _told(infrastructure: Infrastructure) -> dict[str, Any]:
    return {
        "from_synthesized_templates": dict(sorted(infrastructure.made.items())),
        "left_out": dict(sorted(infrastructure.left_out.items())),
        "by_hand": [
            "bucket of the packaged code",
            "the sender's identity in SES",
            "the tenants' role, without its policy",
            "API Gateway's custom domain and its base path mappings",
            "origin in the bucket's CORS rule",
        ],
    }
