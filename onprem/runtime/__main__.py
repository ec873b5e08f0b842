"""``python -m onprem.runtime``: serve, init, migrate, settle, check, settings, errors. Settings come from FUMIBAKO_* and the file FUMIBAKO_CONFIG names."""
# ruff: noqa: PLC0415  # each command imports what it needs: the supervisor stays small

import argparse
import json
import os
import socket
import sys
from dataclasses import asdict
from typing import cast

from chalicelib.bootstrap import LazyContext
from chalicelib.config import load_settings, settings_page
from chalicelib.domain.errors import Refused
from chalicelib.settings import Role, Settings
from onprem.runtime.logs import configure_logs


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it went well, 1 when not, 2 for wrong usage. JSON on stdout, everything else on stderr."""
    asked = _parser().parse_args(arguments)
    if asked.command == "settings":
        sys.stdout.write(settings_page())
        return 0
    if asked.command == "errors":
        from chalicelib.api.problem_page import problem_page

        sys.stdout.write(problem_page())
        return 0
    try:
        settings = load_settings(os.environ)
        configure_logs(settings.log_level)
        return _run(asked, settings)
    except Refused as refused:
        if asked.command == "check":
            from onprem.runtime.check import report, settings_wrong

            sys.stdout.write(report(settings_wrong(refused)) + "\n")
        sys.stderr.write(f"fumibako-runtime: {refused.code}: {refused.detail}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m onprem.runtime", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    parser.set_defaults(command="serve", child=None, socket=None, parent=0)
    serve = commands.add_parser("serve", help="serve until SIGTERM (the default)")
    serve.add_argument("--child", help=argparse.SUPPRESS)
    serve.add_argument("--socket", type=int, help=argparse.SUPPRESS)
    serve.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    commands.add_parser(
        "check", help="test settings, stores, schema, clock and space; JSON, exit code 1 if anything is wrong"
    )
    commands.add_parser("migrate", help="bring the databases to this version")
    settling = commands.add_parser(
        "settle", help="after a restore: show transfers whose key or bytes are gone, or end them"
    )
    settling.add_argument("--tenant", action="append", default=[], help="this one alone; may be repeated")
    settling.add_argument("--end", type=int, metavar="COUNT", help="end them, where there are exactly so many")
    commands.add_parser("settings", help="print the page of all settings")
    commands.add_parser("errors", help="print the page of all error codes")
    init = commands.add_parser("init", help="make data folder, keys, schema, first tenant and first admin")
    init.add_argument("--tenant", default="first", help="tenant id: 3 to 32 of a-z, 0-9 and -")
    init.add_argument("--name", default="Fumibako", help="company name, shown to guests")
    init.add_argument("--admin-email", required=True)
    init.add_argument("--admin-name", default="Administrator")
    init.add_argument("--language", choices=("ja", "en"), default="ja")
    return parser


def _run(asked: argparse.Namespace, settings: Settings) -> int:
    if asked.command == "serve":
        return _serve(asked, settings)
    context = LazyContext(settings)
    if asked.command == "check":
        from onprem.runtime.check import findings, report

        found = findings(context)
        sys.stdout.write(report(found) + "\n")
        return 0 if all(one.ok for one in found) else 1
    if asked.command == "migrate":
        from chalicelib.bootstrap_prepare import migrate

        migrate(context)
        return 0
    if asked.command == "settle":
        from onprem.runtime.settling import settle

        return settle(context, asked.tenant, end=asked.end, write=sys.stdout.write)
    from onprem.runtime.first_start import FirstTenant, initialise

    first = FirstTenant(asked.tenant, asked.name, asked.admin_email, asked.admin_name, asked.language)
    sys.stdout.write(json.dumps(asdict(initialise(context, first)), ensure_ascii=False) + "\n")
    return 0


def _serve(asked: argparse.Namespace, settings: Settings) -> int:
    from onprem.runtime.server import address_of, bound_socket, run
    from onprem.runtime.supervisor import Supervisor, end_with_parent

    if asked.child:
        end_with_parent(asked.parent)
        inherited = socket.socket(fileno=asked.socket) if asked.socket is not None else None
        run(settings, inherited, cast("tuple[Role, ...]", tuple(asked.child.split(","))))
        return 0
    serves = any(role in settings.roles for role in ("api", "bytes"))
    try:
        bound = bound_socket(settings.listen_host, settings.listen_port) if serves else None
    except OSError as error:
        raise Refused("port_taken", f"This address can't be listened on: {error.strerror}.") from error
    if bound is not None:
        # The one line on stdout: with port 0 it is how a caller learns the port.
        sys.stdout.write(json.dumps({"listening": address_of(bound, settings)}) + "\n")
        sys.stdout.flush()
    if settings.processes > 1 or settings.workers > 1:
        Supervisor(settings, bound).run()
    else:
        run(settings, bound, settings.roles)
    return 0


if __name__ == "__main__":
    sys.exit(main())
