"""Whether a command would be taken by the program that it names: its own parser, its own models, its own list of targets."""

import argparse
import contextlib
import importlib.util
import io
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache

from fumibako.cli.command import build_parser

from deploy.__main__ import parser as deploy_parser
from onprem.runtime.__main__ import _parser as runtime_parser
from tests.architecture.commands import aws
from tests.architecture.commands.shell import UNKNOWN
from tests.architecture.pages import ROOT, page

# What our pages use of other people's programs. A word that is missing here is a slip of the pen or a new dependency.
OTHERS = frozenset(
    re.findall(
        r"\S+",
        """
        apt-get bash buildah case cat cd clear command cp createdb createuser curl cut date dd dig echo esac
        exit export false for git grep head install install_debian_packages.sh journalctl jq kill logger lsblk
        mkdir mmdebstrap mv nc nginx openssl pg_createcluster pg_dump pip podman printf psql read rm rsync scp
        sed skopeo set sha256sum sleep sort source sqlite3 ssh systemctl tail tar tee test timedatectl touch trap true
        truncate uniq unset unzip useradd wc xargs
        """,
    )
)
CDK = frozenset(("bootstrap", "deploy", "destroy", "diff", "import", "list", "ls", "synth"))


class Wrong(AssertionError):
    """The program would refuse the line."""


def check(words: Sequence[str], *, whole: bool, variables: Mapping[str, str]) -> None:
    """Raises Wrong. ``whole`` False: a mention, which may leave required words out. ``variables`` are those of the page."""
    known = [_filled(word, variables) for word in words]
    program, rest = known[0].rsplit("/", 1)[-1], known[1:]
    if program == "fumibako":
        parse(build_parser(), rest, whole=whole)
    elif program in ("python", "python3") and rest[:1] == ["-m"]:
        _module(rest[1], rest[2:], whole=whole)
    elif program == "make":
        _make(rest)
    elif program == "aws":
        _aws(rest, whole=whole)
    elif program == "cdk":
        if rest[0] not in CDK:
            raise Wrong(f"cdk has no {rest[0]}")
    elif program == "npm" and rest[:1] == ["run"]:
        _npm([word for word in rest[1:] if not word.startswith("-")])
    elif program not in OTHERS | {"python", "python3", "npm"}:
        raise Wrong(f"nobody knows the program `{program}`")


def _filled(word: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?([A-Za-z_]\w*)\}?", lambda found: variables.get(found[1], UNKNOWN), word)


def _module(module: str, rest: Sequence[str], *, whole: bool) -> None:
    if module == "deploy":
        parse(deploy_parser(), rest, whole=whole)
    elif module == "onprem.runtime":
        parse(runtime_parser(), rest, whole=whole)
    elif importlib.util.find_spec(module) is None:
        raise Wrong(f"there is no module {module}")
    elif module == "pytest":
        for word in rest:
            if word.startswith("tests/") and not (ROOT / word.split("::")[0]).exists():
                raise Wrong(f"there is no {word}")


def _aws(rest: Sequence[str], *, whole: bool) -> None:
    try:
        if not whole and len(rest) == 1:
            aws.operations(rest[0])
            return
        aws.parsed(rest)
    except aws.Wrong as wrong:
        # A mention may leave parameters out, or have a word in capitals for one.
        if not whole and re.search("Missing required parameter|Invalid length|is too short", str(wrong)):
            return
        raise Wrong(str(wrong)) from wrong


@cache
def targets() -> frozenset[str]:
    """Targets of the Makefile that people call."""
    return frozenset(re.findall(r"^\.PHONY: (\S+)$", page("Makefile"), re.MULTILINE))


def _make(rest: Sequence[str]) -> None:
    for word in rest:
        name, equals, _ = word.partition("=")
        if equals:
            if not re.search(rf"\b{name}\b", page("Makefile") + page("demo/settings.py")):
                raise Wrong(f"make knows no {name}")
        elif not word.startswith("-") and word not in targets():
            raise Wrong(f"there is no target {word}")


def _npm(rest: Sequence[str]) -> None:
    if rest and rest[0] not in json.loads(page("web/package.json"))["scripts"]:
        raise Wrong(f"npm has no script {rest[0]}")


def parse(parser: argparse.ArgumentParser, words: Sequence[str], *, whole: bool) -> None:
    """By the parser itself where the line is whole; else its verbs and options are looked up. Raises Wrong."""
    if whole and not {"...", "…"} & set(words):
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
                parser.parse_args(list(words))
        except SystemExit as ended:
            if ended.code:
                raise Wrong(said.getvalue()) from ended
        return
    _looked_up(parser, words)


def _looked_up(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    known = {option for action in parser._actions for option in action.option_strings}
    (verbs,) = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)] or [
        None
    ]
    taken = {option for action in parser._actions if action.nargs != 0 for option in action.option_strings}
    skip = False
    for number, word in enumerate(words):
        if skip:
            skip = False
        elif word.startswith("-") and word != "-":
            option = word.split("=")[0]
            if option not in known:
                raise Wrong(f"{parser.prog} has no {option}")
            skip = option in taken and "=" not in word
        elif verbs is not None and word not in ("...", "…", "VERB", "COMMAND", "NAME"):
            if word not in verbs:
                raise Wrong(f"{parser.prog} has no {word}")
            _looked_up(verbs[word], words[number + 1 :])
            return
