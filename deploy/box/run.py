"""One run of the box: package, deploy, tell the story, scan, open for other browsers, deploy anew, fetch again, and report."""

import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from demo.settings import Failed
from deploy.box import journal, report
from deploy.box.clamd import Clamd, clamd_path
from deploy.box.containers import FRONT_KEY, Container, settings_of
from deploy.box.downloads import Downloads
from deploy.box.emulator import ROOT, Emulator
from deploy.box.front import Front
from deploy.box.infrastructure import Infrastructure, deploy_infrastructure
from deploy.box.install import BoxInstall
from deploy.box.mailbox import Mailbox
from deploy.box.passes import browser_passes
from deploy.box.recording import record
from deploy.box.scanning import Scanning
from deploy.box.services import Services
from deploy.box.standing import Standing
from deploy.box.story import BoxStory, settings
from deploy.box.verdict import faults
from deploy.errors import Refused
from deploy.packaging.image_root import make_root
from deploy.packaging.runtime_sdk import lay_out
from deploy.stage import Stage, load_stage

PAGE: Final = ROOT / "web/build/page"
# Longer than the longest schedule, which is an hour.
_LONGEST_SCHEDULE: Final = 3_700
_INVOKED_WITHIN: Final = 60.0


@dataclass(frozen=True)
class BoxSettings:
    """``build`` holds packages and gets cloud/; ``size`` is that of the file; ``page`` the built page, None to leave the browser out.

    ``layer`` is the image's root where one is there already, None to make it. ``recordings`` gets the events of the run, scrubbed.
    """

    build: Path
    size: int
    page: Path | None = PAGE
    scanner: bool = True
    layer: Path | None = None
    recordings: Path | None = None

    @property
    def folder(self) -> Path:
        """Where report, journal and logs go."""
        return self.build / "cloud"


def run(chosen: BoxSettings) -> dict[str, Any]:
    """The report, which is written to build/cloud/report.json too. Raises Refused, or Failed where the story ended badly or the report shows a fault."""
    began = time.monotonic()
    _require(chosen)
    shutil.rmtree(chosen.folder, ignore_errors=True)
    chosen.folder.mkdir(parents=True)
    stage = replace(load_stage("box"), scanner=chosen.scanner)
    cache, thrown = chosen.build / "wheels", ("scratch", "containers", "lambda-runtime", "layer", "events.jsonl")
    with ExitStack() as stack:
        # Each function unpacks its zip there: hundreds of megabytes that nobody looks at.
        for name in thrown:
            stack.callback(_thrown_away, chosen.folder / name)
        sdk = lay_out(chosen.folder / "lambda-runtime", cache)
        layer = chosen.layer or make_root(chosen.folder / "layer", cache)
        emulator = stack.enter_context(Emulator(chosen.folder, region=stage.region, account=stage.account, sdk=sdk))
        box = _Box(chosen, stage, emulator, layer)
        stack.enter_context(Mailbox(emulator.endpoint, box.install.data / "mail"))
        made = box.tell(stack)
        if chosen.recordings is not None:
            record(emulator.events, chosen.recordings)
    made["seconds"] = round(time.monotonic() - began, 1)
    report.write(chosen.folder, made)
    found = faults(stage, made)
    if found:
        raise Failed("; ".join(found))
    return made


def _require(chosen: BoxSettings) -> None:
    if chosen.page is not None and not (chosen.page / "headers.json").is_file():
        raise Refused("page_missing", f"{chosen.page} holds no built page.", "Run `make page`, or say --no-browser.")
    if chosen.scanner and clamd_path() is None:
        raise Refused("clamd_missing", "There is no clamd.", "Run `make packages`, or say --no-scanner.")


def _thrown_away(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


class _Box:
    def __init__(self, chosen: BoxSettings, stage: Stage, emulator: Emulator, layer: Path) -> None:
        self._chosen = chosen
        self._stage = stage
        self._emulator = emulator
        self._layer = layer
        self.install = BoxInstall(emulator, stage, chosen.folder / "data")

    def tell(self, stack: ExitStack) -> dict[str, Any]:
        """Everything in its order; gives the report."""
        infrastructure = deploy_infrastructure(self._emulator, self._stage, self._chosen.folder)
        services = Services(self._emulator, self._stage, infrastructure, self._chosen.build / "packages")
        services.deploy()
        functions = services.environment("transfers", "on_events")
        self.install.initialise(services.environment("auth", "api_handler"))
        clamd = stack.enter_context(Clamd(self._chosen.folder / "clamd")) if self._chosen.scanner else None
        scanner = stack.enter_context(self._scanner(functions, clamd)) if clamd else None
        told = settings(self._chosen.folder, self._chosen.size)
        story = BoxStory(told, self.install, self._emulator, journal.Schedules(self._emulator.journal, self._stage))
        story.let_schedules_begin()
        counted = self._story(story)
        scanned: dict[str, Any] | str = "left out"
        if clamd and scanner:
            scanned = Scanning(story, self._emulator, self._stage, clamd, self._chosen.folder).tell(scanner)
            stack.enter_context(self._scanner(functions, clamd))
        front = stack.enter_context(
            Front(self._chosen.page, services.apis, emulator=self._emulator.host, blobs=self._emulator.endpoint)
        )
        opened = Downloads(story, front, lambda: self._opener(functions), self._chosen.folder)
        with opened:
            downloads = opened.tell()
            link = story.leave_open()
            saved = browser_passes(story, front, link, self._chosen.folder) if self._chosen.page else "left out"
        compared = services.compared()
        logged = report.reported(self.install.logs())
        again = self._anew(story, services, link)
        self._every_schedule()
        return {
            "templates": compared,
            "infrastructure": _told(infrastructure),
            "story": story.steps,
            "operations": counted,
            "scanner": scanned,
            "compatible_downloads": downloads,
            "browser": saved,
            "deployed_anew": again,
            "invocations": journal.invocations(journal.lines(self._emulator.journal)),
            "logged_before_the_second_deployment": logged,
            "never_invoked": self._missing(),
            "clock_moved_seconds": self._emulator.clock.ahead,
        }

    def _scanner(self, functions: dict[str, str], clamd: Clamd) -> Container:
        told = settings_of(functions, self._emulator, roles="scan", clamd_address=clamd.address)
        return Container(journal.SCANNER, self._layer, told, self._emulator)

    def _opener(self, functions: dict[str, str]) -> Container:
        own = {"scanner": "none", "scanner_reason": "It opens files and checks none.", "front_keys": FRONT_KEY}
        told = settings_of(functions, self._emulator, roles="bytes", listen_port="0", **own)
        return Container("downloads", self._layer, told, self._emulator)

    def _story(self, story: BoxStory) -> dict[str, Any]:
        begin = journal.mark(self._emulator.journal)
        digest, _ = story.tell()
        story.admin_looks_around()
        lines = journal.lines(self._emulator.journal, begin, journal.mark(self._emulator.journal))
        told = {"transfers": 1, "files": 1, "bytes": self._chosen.size, "downloads": 1, "sha256": digest}
        counted = {"story": told, **journal.operations(lines)}
        report.write_json(self._chosen.folder / "operations.json", counted)
        return {"file": "operations.json", "count": sum(counted["operations"].values())}

    def _anew(self, story: BoxStory, services: Services, link: str) -> dict[str, Any]:
        """Services away and back: what was sent before is still there."""
        before, stood = dict(services.apis), Standing(self._emulator, self._stage).found()
        services.remove()
        left = Standing(self._emulator, self._stage).found()
        services.deploy()
        same = story.visitor_fetches(link) == (self._chosen.folder / "welcome.txt").read_bytes()
        if not same:
            raise Failed("what was sent before the second deployment came back as another file")
        story.say("the services were deleted and deployed anew, and the guest fetched what was sent before")
        apis = {"apis_before": before, "apis_after": dict(services.apis)}
        return {**apis, "same_bytes": same, "stood_before_removal": stood, "left_after_removal": left}

    def _every_schedule(self) -> None:
        """Let the longest schedule come round, and every function be seen; who was not is told by the report."""
        self._emulator.clock.pass_time(_LONGEST_SCHEDULE)
        deadline = time.monotonic() + _INVOKED_WITHIN
        while self._missing() and time.monotonic() < deadline:
            time.sleep(0.3)

    def _missing(self) -> list[str]:
        return journal.never_invoked(self._stage, journal.invocations(journal.lines(self._emulator.journal)))


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
            "the containers: the image's layer as processes of this machine",
        ],
    }
