"""Rows of the transfers service."""

from typing import Any

from tests.service.matrix.rows import NEVER, Build, Probe, Row, malformed, reach
from tests.service.support.cast import REQUESTS, Cast
from tests.service.support.parcel import TRANSFERS

ONE = TRANSFERS + "/{transfer}"
ADDRESSES = "/transfers/v1/addresses"
HANAKOS = "ready other uploading held destroyed closed expired"
NEVER_TRANSFER = f"tr_{NEVER}"


def transfers(cast: Cast) -> dict[str, str]:
    """Transfers of every state and tenant, and ids of none."""
    real = {name: made.id for name, made in cast.transfers.items()}
    return {**real, **malformed("tr", real["ready"]), "a request": str(cast.requests["acme"]["id"])}


def blobs(cast: Cast) -> dict[str, str]:
    """Blobs as a body names them."""
    real = {name: made.answer["files"][0]["blob"] for name, made in cast.transfers.items()}
    return {**real, "guessed": "bl_01kdv0000000000000000000zz", "short": "bl_x", "dots": "..", "nul": "bl_\0"}


def files(cast: Cast) -> dict[str, str]:
    """Files as a body names them."""
    real = {name: made.answer["files"][0]["id"] for name, made in cast.transfers.items()}
    return {**real, "guessed": "fi_01kdv0000000000000000000zz", "short": "fi_x", "dots": "..", "nul": "fi_\0"}


def sessions(cast: Cast) -> dict[str, str]:
    """Download sessions."""
    return {**cast.downloads, **malformed("dl", cast.downloads["soto"])}


def sessions_in_body(cast: Cast) -> dict[str, str]:
    """The same, unescaped."""
    return {**cast.downloads, "guessed": "dl_01kdv0000000000000000000zz", "short": "dl_x", "dots": "..", "nul": "dl_\0"}


def addresses(cast: Cast) -> dict[str, str]:
    """An address of the owner's book, and ids of none."""
    book = cast.world.call("GET", ADDRESSES, token=cast.tokens["owner"]).body["items"]
    real = str(book[0]["id"])
    return {
        "owner's": real,
        "short": real[:-1],
        "longer": real + "0",
        "upper": real.upper() + "X",
        "nul": real + "%00",
        "long": "a" * 3_000,
    }


def requests(cast: Cast) -> dict[str, str]:
    """File requests."""
    real = {name: str(one["id"]) for name, one in cast.requests.items()}
    return {**real, **malformed("rq", real["acme"]), "a transfer": cast.transfers["ready"].id}


def recipients(cast: Cast) -> dict[str, str]:
    """Recipients as a body names them."""
    return {
        "ready": cast.shown("ready")["recipients"][0]["id"],
        "other": cast.shown("other")["recipients"][0]["id"],
        "guessed": "rc_01kdv0000000000000000000zz",
        "short": "rc_x",
    }


def at(suffix: str = "", body: Any = None) -> Build:
    """A path below a transfer."""
    return lambda _, one: (f"{TRANSFERS}/{one}{suffix}", body)


def narrowed(box: str) -> Build:
    """The list, narrowed to what came by a file request."""
    return lambda _, one: (f"{TRANSFERS}?request={one}{box}", None)


def of(name: str, suffix: str, body: Any) -> Build:
    """A path below a known transfer, with the id in the body."""
    return lambda cast, one: (f"{cast.transfers[name].path}{suffix}", body(one))


def by_transfer(build: Build, **by_token: str) -> Probe:
    return Probe(transfers, NEVER_TRANSFER, build, reach(**by_token))


FILE = [{"name": "n.txt", "size": 1}]
PART = {"parts": [{"blob": f"bl_{NEVER}", "part": 1}]}
DONE = {"files": [{"id": f"fi_{NEVER}", "record": "AAAA"}]}
ALL = HANAKOS + " incoming"
UPLOADER = {"owner": HANAKOS, "filler": "incoming", "rival": "rival"}
OWNER = {"owner": ALL, "rival": "rival"}
GUESTS = {"soto": "ready", "naka": "ready", "yoso": "other", "rival_guest": "rival"}
TAKERS = {"owner": ALL, "narrow": ALL, "rival": "rival", **GUESTS}
OVERSEERS = {"owner": ALL, "narrow": ALL, "admin": ALL, "rival": "rival"}
MEMBERS_ONLY = dict.fromkeys(("rival_guest", "soto", "naka", "yoso", "filler"), (404, "not_found"))
NARROW = {"narrow": (403, "scope_missing")}
ROBOT = {"robot": (403, "scope_missing")}

ROWS = (
    Row("GET", "/transfers/v1/openapi.json", open=True),
    # A guest of a transfer makes no transfer; a guest of a request does.
    Row(
        "POST",
        TRANSFERS,
        body={"files": FILE},
        refused={**NARROW, **{n: v for n, v in MEMBERS_ONLY.items() if n != "filler"}},
    ),
    Row("GET", TRANSFERS, refused={**ROBOT, **MEMBERS_ONLY}),
    Row(
        "GET",
        TRANSFERS,
        (
            Probe(requests, f"rq_{NEVER}", narrowed(""), reach(owner="acme", narrow="acme")),
            Probe(requests, f"rq_{NEVER}", narrowed("&box=all"), reach(admin="acme")),
        ),
    ),
    Row(
        "GET",
        ONE,
        (by_transfer(at(), **OVERSEERS, **GUESTS, filler="incoming"),),
    ),
    Row(
        "PATCH",
        ONE,
        (by_transfer(at(body={"max_downloads": 3}), **OWNER),),
        headers=(("if-match", '"1"'),),
    ),
    Row("DELETE", ONE, (by_transfer(at(), **OWNER, admin=ALL),)),
    Row(
        "POST",
        ONE + "/links",
        (
            by_transfer(at("/links", {}), **OWNER),
            Probe(
                recipients, f"rc_{NEVER}", of("ready", "/links", lambda one: {"recipient": one}), reach(owner="ready")
            ),
        ),
    ),
    Row("POST", ONE + "/files", (by_transfer(at("/files", {"files": FILE}), **UPLOADER),)),
    Row(
        "GET",
        ONE + "/files",
        (by_transfer(at("/files"), **TAKERS, filler="incoming"),),
    ),
    Row(
        "POST",
        ONE + "/parts",
        (
            by_transfer(at("/parts", PART), **UPLOADER),
            Probe(
                blobs,
                f"bl_{NEVER}",
                of("uploading", "/parts", lambda one: {"parts": [{"blob": one, "part": 1}]}),
                reach(owner="uploading"),
            ),
        ),
    ),
    Row(
        "GET",
        ONE + "/parts",
        (
            by_transfer(at(f"/parts?blob=bl_{NEVER}"), **UPLOADER),
            Probe(
                lambda cast: {**blobs(cast), "nul": "bl_%00"},
                f"bl_{NEVER}",
                lambda cast, one: (f"{cast.transfers['uploading'].path}/parts?blob={one}", None),
                reach(owner="uploading"),
            ),
        ),
    ),
    Row(
        "POST",
        ONE + "/files/complete",
        (
            by_transfer(at("/files/complete", DONE), **UPLOADER),
            Probe(
                files,
                f"fi_{NEVER}",
                of("uploading", "/files/complete", lambda one: {"files": [{"id": one, "record": "AAAA"}]}),
                reach(owner="uploading"),
            ),
        ),
    ),
    Row("POST", ONE + "/complete", (by_transfer(at("/complete", {}), **UPLOADER),)),
    Row(
        "POST",
        ONE + "/downloads",
        (
            by_transfer(at("/downloads", {}), **TAKERS),
            Probe(
                files,
                f"fi_{NEVER}",
                of("ready", "/downloads", lambda one: {"files": [one]}),
                reach(owner="ready", narrow="ready", soto="ready", naka="ready"),
            ),
            Probe(
                sessions_in_body,
                f"dl_{NEVER}",
                of("ready", "/downloads", lambda one: {"session": one}),
                reach(soto="soto", naka="naka"),
            ),
        ),
    ),
    Row(
        "POST",
        ONE + "/downloads/{session}/complete",
        (
            # Only of those that can't be fetched from is the owner told so before the session is looked for.
            by_transfer(
                at(f"/downloads/dl_{NEVER}/complete", {}),
                **dict.fromkeys(("owner", "narrow"), "uploading held destroyed closed expired"),
            ),
            Probe(
                sessions,
                f"dl_{NEVER}",
                lambda cast, one: (f"{cast.transfers['ready'].path}/downloads/{one}/complete", {}),
                reach(soto="soto", naka="naka"),
            ),
        ),
    ),
    Row(
        "POST",
        ONE + "/downloads/{session}/addresses",
        (
            by_transfer(
                at(f"/downloads/dl_{NEVER}/addresses", {"files": [f"fi_{NEVER}"]}),
                **dict.fromkeys(("owner", "narrow"), "uploading held destroyed closed expired"),
            ),
            Probe(
                sessions,
                f"dl_{NEVER}",
                lambda cast, one: (
                    f"{cast.transfers['ready'].path}/downloads/{one}/addresses",
                    {"files": [cast.transfers["ready"].answer["files"][0]["id"]]},
                ),
                reach(soto="soto", naka="naka"),
            ),
            Probe(
                files,
                f"fi_{NEVER}",
                lambda cast, one: (
                    f"{cast.transfers['ready'].path}/downloads/{cast.downloads['soto']}/addresses",
                    {"files": [one]},
                ),
                reach(soto="ready"),
            ),
        ),
    ),
    Row(
        "GET",
        ONE + "/certificate",
        (by_transfer(at("/certificate"), **OVERSEERS),),
    ),
    Row(
        "GET",
        ONE + "/receipt",
        (by_transfer(at("/receipt"), **dict.fromkeys(("owner", "admin", "narrow", "filler"), "incoming")),),
    ),
    Row("GET", "/transfers/v1/proof-root", refused=MEMBERS_ONLY),
    Row("GET", ADDRESSES, refused={**NARROW, **MEMBERS_ONLY}),
    Row("POST", ADDRESSES + "/check", body={"emails": ["a@b.example"]}, refused={**NARROW, **MEMBERS_ONLY}),
    Row(
        "DELETE",
        ADDRESSES + "/{address}",
        (Probe(addresses, "7" * 16, lambda _, one: (f"{ADDRESSES}/{one}", None), reach(owner="owner's")),),
    ),
    Row("POST", REQUESTS, body={"title": "Mine"}, refused={**NARROW, **ROBOT, **MEMBERS_ONLY}),
    Row("GET", REQUESTS, refused={**ROBOT, **MEMBERS_ONLY}),
    Row(
        "GET",
        REQUESTS + "/{request}",
        (
            Probe(
                requests,
                f"rq_{NEVER}",
                lambda _, one: (f"{REQUESTS}/{one}", None),
                reach(owner="acme", narrow="acme", admin="acme", rival="rival"),
            ),
        ),
    ),
    Row(
        "DELETE",
        REQUESTS + "/{request}",
        (
            Probe(
                requests,
                f"rq_{NEVER}",
                lambda _, one: (f"{REQUESTS}/{one}", None),
                reach(owner="acme", admin="acme", rival="rival"),
            ),
        ),
    ),
)
