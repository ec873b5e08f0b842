"""Every check, room by room; a new room only needs its file with ``CHECKS``."""

import importlib
import pkgutil

from deploy.prove.check import Check


def all_checks() -> tuple[Check, ...]:
    """The checks of every room, in the order of the rooms' names."""
    rooms = sorted(found.name for found in pkgutil.iter_modules(__path__))
    modules = [importlib.import_module(f"{__name__}.{room}") for room in rooms]
    return tuple(check for module in modules for check in module.CHECKS)


def room_of(check: Check) -> str:
    """The file in which a check stands."""
    rooms = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return next(room for room in rooms if check in importlib.import_module(f"{__name__}.{room}").CHECKS)
