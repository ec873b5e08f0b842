"""Switch things of a stage off and let them go again. What stood how is written down before the first switch is touched.

A: look ---- note (must be absent) ---- off, off, [killed]
A again:     the note is there: off what is still on, as the note says
B:           the note is there: the same harmless work
on:          the note says that it ends ---- on again, each as it stood ---- the note goes last
A and on:    the note ends or is gone when A is through: whatever A switched off comes on again, and A is refused
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from deploy.errors import Refused
from deploy.stilling.switches import Switches, busy

_PATIENCE: Final = 120.0
_PAUSE: Final = 2.0


@dataclass(frozen=True)
class Note:
    """``was``: kind -> name -> how it stood. ``ends``: somebody is letting it all go again."""

    since: str
    was: Mapping[str, Mapping[str, Any]]
    ends: bool = False


class Standstill:
    """``kinds`` in the order in which they go off; they come on in the other. ``parameter`` keeps the note in Parameter Store.

    ``ssm`` is a boto3 client; ``pause`` waits some seconds while AWS is at a change of the same thing.
    """

    def __init__(
        self, ssm: Any, parameter: str, kinds: Mapping[str, Switches], pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._ssm = ssm
        self._parameter = parameter
        self._kinds = dict(kinds)
        self._pause = pause

    def note(self) -> Note | None:
        """What is off since when; None where nothing is. Raises Refused("hold_unreadable")."""
        try:
            text = self._ssm.get_parameter(Name=self._parameter)["Parameter"]["Value"]
        except self._ssm.exceptions.ParameterNotFound:
            return None
        try:
            raw = json.loads(text)
            was = {str(kind): dict(names) for kind, names in raw["was"].items()}
            return Note(str(raw["since"]), was, bool(raw.get("ends", False)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(
                "hold_unreadable",
                f"{self._parameter} can't be read.",
                "Its history in Parameter Store has the earlier text: put that back, and repeat.",
            ) from error

    def off(self, kinds: Sequence[str]) -> Note:
        """Everything of these kinds off that the note names. Repeating it ends what a killed one began.

        Raises Refused: switch_busy; being_released, with everything on, where somebody else lets it go meanwhile.
        """
        note = self._noted([kind for kind in self._kinds if kind in kinds])
        for kind, switches in self._kinds.items():
            for name, stood in note.was.get(kind, {}).items():
                with suppress(LookupError):
                    self._patiently(switches.off, name, stood)
        held = self.note()
        if held is None or held.ends:
            # Whoever ends it may have passed by what was switched off here a moment later.
            list(self._all_on(note))
            raise _being_released(note)
        return note

    def still_on(self, note: Note) -> list[str]:
        """What the note names and what runs all the same: ``kind name``."""
        return [
            f"{kind} {name}"
            for kind, names in note.was.items()
            for name in self._kinds[kind].standing()
            if name in names
        ]

    def on(self) -> Iterator[str]:
        """Everything as it stood; gives ``kind name`` of what is gone meanwhile. Nothing noted is no error. Raises Refused("switch_busy")."""
        note = self.note()
        if note is None:
            return
        if not note.ends:
            note = Note(note.since, note.was, ends=True)
            self._write(note, overwrite=True)
        yield from self._all_on(note)
        if self.note() != note:
            # Somebody added to it meanwhile, and left out that it ends.
            yield from self.on()
            return
        with suppress(self._ssm.exceptions.ParameterNotFound):
            self._ssm.delete_parameter(Name=self._parameter)

    def _all_on(self, note: Note) -> Iterator[str]:
        for kind, switches in reversed(self._kinds.items()):
            for name, stood in note.was.get(kind, {}).items():
                try:
                    self._patiently(switches.on, name, stood)
                except LookupError:
                    yield f"{kind} {name}"

    def _noted(self, kinds: Sequence[str]) -> Note:
        """The note with these kinds in it; kinds that an earlier run left alone come to what it has."""
        held = self.note()
        if held is not None and held.ends:
            raise _being_released(held)
        missing = [kind for kind in kinds if held is None or kind not in held.was]
        if held is not None and not missing:
            return held
        was = {kind: self._kinds[kind].standing() for kind in missing}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        note = Note(now, was) if held is None else Note(held.since, {**held.was, **was})
        try:
            self._write(note, overwrite=held is not None)
        except self._ssm.exceptions.ParameterAlreadyExists:
            # Somebody else was first: theirs was written before anything was switched off, ours may not have been.
            return self._noted(kinds)
        return note

    def _write(self, note: Note, *, overwrite: bool) -> None:
        self._ssm.put_parameter(
            Name=self._parameter,
            Value=json.dumps({"since": note.since, "was": note.was, **({"ends": True} if note.ends else {})}),
            Type="String",
            Tier="Intelligent-Tiering",
            Overwrite=overwrite,
        )

    def _patiently(self, switch: Callable[[str, Any], None], name: str, stood: Any) -> None:
        waited = 0.0
        while True:
            try:
                switch(name, stood)
            except ClientError as error:
                if not busy(error):
                    raise
                if waited >= _PATIENCE:
                    raise Refused(
                        "switch_busy",
                        f"AWS is still at the last change of {name}.",
                        "Wait a minute, and repeat the command.",
                    ) from error
                self._pause(_PAUSE)
                waited += _PAUSE
            else:
                return


def _being_released(note: Note) -> Refused:
    return Refused(
        "being_released",
        f"What has been off since {note.since} is being switched on again by somebody else.",
        "Ask who that is. Where that run was killed, end it: `release`, or `wake` for a night. Then repeat this.",
    )
