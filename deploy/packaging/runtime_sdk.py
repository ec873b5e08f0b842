"""The SDK that Lambda's runtime brings along: zips have none of their own, so they must start with whatever is there.

requirements/lambda-runtime.lock has the oldest that python3.11 ever had; newer ones come by themselves
(https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html, "Runtime-included SDK versions"). docs/decisions/0028-lambdas-own-sdk.md tells why.
"""

import re
from pathlib import Path
from typing import Final

from deploy.packaging.staging import ROOT
from deploy.packaging.wheels import fetched, locked, unpacked

LOCK: Final = ROOT / "requirements" / "lambda-runtime.lock"
_NAME: Final = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)


def lay_out(folder: Path, cache: Path) -> Path:
    """Make ``folder`` the place that functions import boto3 from; ``cache`` keeps the wheels. Raises Refused as fetching does."""
    lock = LOCK.read_text("utf-8")
    for name, content in unpacked(fetched(locked(_NAME.findall(lock), lock), cache)).items():
        placed = folder / name
        placed.parent.mkdir(parents=True, exist_ok=True)
        placed.write_bytes(content)
    return folder
