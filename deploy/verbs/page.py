"""`page`: bring the built page into the stage's bucket."""
# ruff: noqa: PLC0415  # boto3 is brought in when the verb runs

import argparse
import sys
from typing import Any

from deploy.stage import load_stage


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser(
        "page",
        help="upload the built page (after `make page`, after `deploy`)",
        description="Puts what the bucket does not have yet, parts before the documents that name them, and deletes nothing. May be repeated.",
        epilog="Ends with 0 when every file is there, with 2 for what was refused.",
    )
    parser.add_argument("--stage", required=True, help="a file of deploy/stages")
    parser.add_argument("--profile", help="AWS profile of the stage's account")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 when every file is there."""
    from botocore.config import Config

    from deploy.account import account_clients
    from deploy.page_build import PAGE
    from deploy.page_upload import upload_page

    stage = load_stage(options.stage)
    # Hundreds of files over an office's line: one that stumbles is sent again, for about a minute.
    patient = Config(retries={"mode": "standard", "total_max_attempts": 8})
    put = upload_page(account_clients(stage, options.profile)("s3", config=patient), stage, PAGE)
    sys.stdout.write(f"{put} files uploaded\n")
    return 0
