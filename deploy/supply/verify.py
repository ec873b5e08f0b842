"""The check before anything of a release is deployed: offline, with nothing but the public key."""

from pathlib import Path
from typing import Final

import msgspec
from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError

from deploy.errors import Refused
from deploy.supply.gathering import archive_digest
from deploy.supply.release import ALGORITHMS, FILE, TYPE, Release, inventory
from deploy.supply.signing import public_key

PACKAGES: Final = Path(__file__).resolve().parents[2] / "build" / "packages"
_SHOWN: Final = 3


class _Registry(jws.JWSRegistry):
    """The library's limit is for tokens; a release names some thousand files."""

    max_payload_length = 4_000_000


def verified(folder: Path, key: Path, *, since: Release | None = None) -> Release:
    """The release in ``folder``, whose every file is exactly as it was signed by ``key`` (public, PEM).

    ``since``: a release that must not be newer than this one. Raises Refused: key_unreadable, release_missing, release_unreadable, release_unsigned
    (no signature, or an algorithm that is not ours), release_forged, release_odd_file, release_differs (changed, missing or further files, another
    image), release_older.
    """
    release = signed_release(folder / FILE, key)
    _refuse_differences(release.files, inventory(folder))
    for name, digest in sorted(release.images.items()):
        if archive_digest(folder / "images" / f"{name}.tar") != digest:
            raise _differs(f"image {name}")
    if since is not None and release.age < since.age:
        raise Refused(
            "release_older",
            f"Release {release.name} is older than {since.name}.",
            "Deploy the newer one; to go back on purpose use `python -m deploy pipeline back`.",
        )
    return release


def refuse_unsigned(folder: Path | None, key: Path | None, *, packages: Path = PACKAGES) -> None:
    """For a deployment from a tree: the release in ``folder`` is whole, and the tree's packages are the signed ones.

    Raises Refused as `verified` does, and key_missing where one of the two was not named.
    """
    if folder is None or key is None:
        raise Refused("key_missing", "--release and --key go together.", "Name both.")
    release = verified(folder, key)
    signed = {name: digest for name, digest in release.files.items() if name.startswith("packages/")}
    _refuse_differences(signed, {f"packages/{name}": digest for name, digest in inventory(packages).items()})


def signed_release(path: Path, key: Path) -> Release:
    """What a signed file says, before any other file is looked at. Raises Refused as `verified` does."""
    checker = public_key(key)
    try:
        text = path.read_bytes().strip()
    except OSError as error:
        raise Refused(
            "release_missing", f"There is no {path.name} in {path.parent}.", "Name a release's folder."
        ) from error
    try:
        # The algorithms are ours to say, never the file's: `none` and HMAC over a public key fail here.
        read = jws.deserialize_compact(text, checker, registry=_Registry(algorithms=list(ALGORITHMS)))
        if read.headers().get("typ") != TYPE:
            raise Refused(
                "release_unreadable", f"{path.name} was signed as something else.", "Take the file that `sign` wrote."
            )
        return msgspec.json.decode(read.payload, type=Release)
    except BadSignatureError as error:
        raise Refused(
            "release_forged",
            f"{path.name} was not signed by this key.",
            "Do not deploy it. Compare the key with the one that the vendor told you by another way.",
        ) from error
    except msgspec.DecodeError as error:
        raise Refused(
            "release_unreadable", f"{path.name} holds no release.", "Take the file that `sign` wrote."
        ) from error
    except (JoseError, ValueError) as error:
        raise Refused(
            "release_unsigned",
            f"{path.name} bears no signature of {' or '.join(ALGORITHMS)}.",
            "Do not deploy it. Fetch the release again.",
        ) from error


def _refuse_differences(wanted: dict[str, str], found: dict[str, str]) -> None:
    told = [f"{name} is changed" for name in sorted(wanted.keys() & found.keys()) if wanted[name] != found[name]]
    told += [f"{name} is missing" for name in sorted(wanted.keys() - found.keys())]
    told += [f"{name} is not of it" for name in sorted(found.keys() - wanted.keys())]
    if told:
        more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
        raise _differs(f"{', '.join(told[:_SHOWN])}{more}")


def _differs(what: str) -> Refused:
    return Refused(
        "release_differs", f"The folder is not what was signed: {what}.", "Do not deploy it. Fetch the release again."
    )
