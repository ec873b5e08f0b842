"""The shape of an event: which paths it has, without a single value. So that what the emulator calls functions with can be compared with AWS's own samples."""

from collections.abc import Iterator


def paths_of(value: object, path: str = "") -> set[str]:
    """``requestContext.identity.sourceIp``, ``Records[].body``: every leaf; elements of a list are taken together."""
    return set(_paths(value, path))


def _paths(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _paths(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for one in value:
            yield from _paths(one, f"{path}[]")
    else:
        yield path
