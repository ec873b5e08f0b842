"""The locked CDK command over the templates less what the emulator refuses (deploy/box/templates.py): run in its place by these tests."""

import json
import os
import sys
from pathlib import Path

from deploy.box.templates import divided

REAL = Path(__file__).resolve().parents[3] / "requirements/cdk/node_modules/.bin/cdk"


def main(arguments: list[str]) -> None:
    """Take out, then become the command."""
    if "--app" in arguments:
        for path in Path(arguments[arguments.index("--app") + 1]).glob("*.template.json"):
            kept, _ = divided(json.loads(path.read_text("utf-8")))
            path.write_text(json.dumps(kept), "utf-8")
    os.execv(REAL, [str(REAL), *arguments])  # no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
