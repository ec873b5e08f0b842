"""The story itself: a member sends a file to a guest, the guest proves who they are and takes it, and then it is gone."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from demo.breakage import break_certificate, break_key, flip_bit
from demo.install import files_below
from demo.letters import code_in, link_in, wait_for_mail
from demo.marker import Marker, make_file, sha256_of
from demo.settings import DemoSettings, Failed

GUEST = "guest@partner.example"
# Gets what stays: every letter to the other one belongs to the story.
VISITOR = "visitor@partner.example"


class Place(Protocol):
    """Where a story is told: a running service, what it keeps on this machine (its mails in ``data``/mail), its first admin."""

    @property
    def url(self) -> str: ...
    @property
    def data(self) -> Path: ...
    @property
    def first(self) -> dict[str, Any]: ...


class Story:
    """Each step is printed with the seconds it took."""

    def __init__(self, settings: DemoSettings, install: Place) -> None:
        self._settings = settings
        self._install = install
        self._mails = install.data / "mail"
        self._began = time.monotonic()
        self._step = self._began

    def say(self, what: str) -> None:
        """One step, with its time."""
        now = time.monotonic()
        print(f"[{now - self._step:7.2f} s] {what}", flush=True)
        self._step = now

    def tell(self) -> tuple[str, float]:
        """The whole story; gives the file's SHA-256 and the seconds from the first step. Raises Failed."""
        self.say(f"service up at {self._install.url}, stores: {self._settings.store}")
        marker = make_file(self._settings)
        self.say(f"file ready: {marker.path.stat().st_size:,} bytes, sha256 {marker.sha256}")
        self._sign_in()
        sent = self._send(marker)
        link = self._mail(link_in, "the guest's mail arrived, with the link")
        if self._settings.broken == "flip":
            self.say(f"BREAK=flip: {flip_bit(self._install.data)}")
        if self._settings.broken == "key":
            self.say(f"BREAK=key: {break_key(self._install.data, self._settings)}")
        self._fetch(link, marker)
        self._end(sent["id"])
        self._prove(sent["id"])
        self._search(marker)
        return marker.sha256, time.monotonic() - self._began

    def leave_open(self) -> str:
        """One more transfer, small and good for a day, for whoever wants to see a guest's page; gives its link. Raises Failed."""
        letter = self._settings.folder / "welcome.txt"
        letter.write_text("This file came through Fumibako.\nこのファイルは文箱で届きました。\n", "utf-8")
        arguments = ["send", str(letter), "--to", VISITOR, "--hold", "0", "--expires", "1d", "--json"]
        arguments += ["--title", "Welcome", "--message", "Take your time: it stays for a day."]
        self._run("member", arguments)
        link = wait_for_mail(self._mails, VISITOR, link_in)
        self.say(f"one more transfer waits for {VISITOR}")
        return link

    def _sign_in(self) -> None:
        first = self._install.first
        arguments = ["login", self._install.url, "--email", first["email"], "--password-file", "-"]
        self._run("member", arguments, given=first["password"] + "\n")
        self.say(f"{first['email']} signed in; root fingerprint {first['root_fingerprint']}")

    def _send(self, marker: Marker) -> dict[str, Any]:
        expires = "5m" if self._settings.expire else "1h"
        arguments = ["send", str(marker.path), "--to", GUEST, "--hold", "0", "--expires", expires, "--json"]
        arguments += ["--title", "Drawings", "--message", "As agreed on the phone."]
        sent: dict[str, Any] = json.loads(self._run("member", arguments))
        # 5 minutes ahead is the least; by now it is a moment less than that away.
        self._expires = time.monotonic() + 300
        self.say(f"sent {sent['id']} to {GUEST}: {sent['bytes']:,} bytes, encrypted before they left")
        return sent

    def _mail(self, reader: Any, what: str) -> str:
        found = wait_for_mail(self._mails, GUEST, reader)
        self.say(what)
        return str(found)

    def _fetch(self, link: str, marker: Marker) -> None:
        code_pipe = self._begin_get("guest", link, self._settings.folder / "received")
        try:
            code = self._mail(code_in, "the code was mailed to the guest, who reads it there")
        except Failed:
            code_pipe.kill()
            _, error = code_pipe.communicate()
            raise Failed(f"no code came: {error}") from None
        output, error = code_pipe.communicate(code + "\n")
        if code_pipe.returncode:
            raise Failed(f"get ended with {code_pipe.returncode}: {_said(error)}", code_pipe.returncode)
        [received] = json.loads(output)["files"]
        digest = sha256_of(Path(received["path"]))
        if not digest == received["sha256"] == marker.sha256:
            raise Failed(f"sha256 differs: sent {marker.sha256}, received {digest}")
        self.say(f"the guest has it: sha256 of both ends is {digest}")

    def _begin_get(self, who: str, link: str, out: Path) -> "subprocess.Popen[str]":
        """Fetch what a link leads to; the mailed code is to be written to the process."""
        return subprocess.Popen(
            [*_CLI, "get", link, "-o", str(out), "--code-file", "-", "--json"],
            env=self._environment(who), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _end(self, transfer: str) -> None:
        if self._settings.expire:
            self._wait_for_expiry()
            self.say("the minute of expiry has come")
        else:
            self._run("member", ["recall", transfer])
            self.say("recalled")
        state = ""
        deadline = time.monotonic() + 330
        while state != "destroyed":
            if time.monotonic() > deadline:
                raise Failed(f"not destroyed within 5 minutes: {state}")
            self._pause()
            state = json.loads(self._run("member", ["show", transfer, "--json"]))["state"]
        self.say("destroyed, its absence verified by listing")

    def _prove(self, transfer: str) -> None:
        certificate = self._settings.folder / "certificate.json"
        deadline = time.monotonic() + 60
        while self._attempt("member", ["certificate", transfer, "-o", str(certificate)]).returncode:
            if time.monotonic() > deadline:
                raise Failed("no certificate within a minute")
            self._pause()
        if self._settings.broken == "cert":
            self.say(f"BREAK=cert: {break_certificate(certificate)}")
        root = self._install.first["root_fingerprint"]
        ended = self._attempt("auditor", ["verify", str(certificate), "--root", root])
        if ended.returncode:
            raise Failed(f"verify ended with {ended.returncode}: {ended.stderr.strip()}", ended.returncode)
        print(ended.stdout.rstrip().replace("\n", "\n" + " " * 12).join((" " * 12, "")))
        self.say("certificate verified offline against the root fingerprint")

    def _search(self, marker: Marker) -> None:
        searched = 0
        for folder in self._places():
            for path in [folder] if folder.is_file() else files_below(folder.resolve()) if folder.exists() else []:
                found = marker.found_in(path)
                if found:
                    raise Failed(f"{found} is still in {path}")
                searched += 1
        self.say(f"neither the marker in the file nor its name is in any of {searched} files of the install")

    def _places(self) -> list[Path]:
        """Folders and files in which the install keeps or writes anything."""
        return [self._install.data, self._settings.folder / "postgresql", self._settings.folder / "runtime.log"]

    def _wait_for_expiry(self) -> None:
        time.sleep(max(0.0, self._expires - time.monotonic()))

    def _pause(self) -> None:
        """Between two looks."""
        time.sleep(0.3)

    def _environment(self, who: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FUMIBAKO_")}
        return {**kept, "FUMIBAKO_HOME": str(self._settings.folder / "people" / who), "FUMIBAKO_LANG": "en"}

    def _attempt(self, who: str, arguments: Sequence[str], given: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*_CLI, *arguments], env=self._environment(who), input=given, capture_output=True, text=True, check=False
        )

    def _run(self, who: str, arguments: Sequence[str], given: str = "") -> str:
        ended = self._attempt(who, arguments, given)
        if ended.returncode:
            raise Failed(
                f"fumibako {arguments[0]} ended with {ended.returncode}: {_said(ended.stderr)}", ended.returncode
            )
        return ended.stdout


def _said(stderr: str) -> str:
    """A failure in words, where the command was asked for JSON too."""
    try:
        error = json.loads(stderr)["error"]
        return f"{error['message']} [{error['code']}]\nfumibako: Next: {error['hint']}"
    except (ValueError, LookupError, TypeError):
        return stderr.strip()


_CLI = (sys.executable, "-m", "fumibako.cli")
