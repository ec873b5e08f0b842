"""Part URLs a second, beside botocore's ``generate_presigned_url``; ours must be botocore's at the same second, signature and all."""

import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench.figure import Figure, Measured, Plan
from bench.pairs import in_turn
from bench.processes import plain_environment, python, run
from bench.requests.signing import ours

# No upload of S3 has more.
_PARTS = 10_000


def measure(plan: Plan) -> Measured:
    """Each side in a process of its own, in turn; every address of botocore's last run is made again by ours."""
    size = min(plan.size, _PARTS)
    files = {name: plan.scratch / f"{name}.txt" for name in ("ours", "botocore")}

    def rate_of(name: str) -> float:
        command = [python(), "-m", "bench.requests.signing", name, str(size), str(files[name])]
        return size / float(run(command, environment=plain_environment()))

    pairs = in_turn(plan.runs, lambda: rate_of("ours"), {"botocore": lambda: rate_of("botocore")})
    return Measured(
        pairs={"botocore generate_presigned_url": pairs["botocore"]},
        checked=all(_same(file) for file in files.values()),
        notes=(
            "One upload, 16 MiB parts, content-length signed. Ours makes what stays the same of one second's addresses once.",
        ),
        versions={"python": sys.version.split()[0], "botocore": version("botocore")},
        flags={"botocore": "signature_version=s3v4, virtual host, client made before"},
    )


def _same(file: Path) -> bool:
    """Whether every address of a file is what ours makes at the second that it names."""
    at = 0
    sign = ours(lambda: at * 1000)
    for number, url in enumerate(file.read_text().splitlines(), 1):
        stamp = parse_qs(urlsplit(url).query)["X-Amz-Date"][0]
        at = int(datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())
        if _parts(sign(number)) != _parts(url):
            return False
    return True


def _parts(url: str) -> tuple[str, list[str]]:
    """An address without the order of its parameters: botocore writes uploadId before partNumber, and signs them sorted as we do."""
    place, _, query = url.partition("?")
    return place, sorted(query.split("&"))


FIGURE = Figure(
    name="sign",
    title="Part URLs",
    unit="URLs/s",
    goal=30.0,
    kind="rate",
    ours="10,000 part URLs by the S3 store's signer",
    measure=measure,
    size=10_000,
    size_unit="URLs",
    smallest=20,
    runs=5,
)
