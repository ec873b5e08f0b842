"""A store that says "stored" and gives the part its name only a while later: a kill in between loses it."""

import sys
import threading

from chalicelib.adapters.filesystem_part import PartFile
from onprem.runtime.__main__ import main

_LATE_SECONDS = 60.0
_publish = PartFile.publish


def late(self: PartFile, name: str) -> None:
    copy = PartFile.__new__(PartFile)
    copy.__dict__.update(self.__dict__)
    # The descriptors are kept open by the copy, so that the sink's close does not end them.
    self._file, self._directory = -1, -1
    timer = threading.Timer(_LATE_SECONDS, _publish, (copy, name))
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    PartFile.publish = late  # type: ignore[method-assign]
    sys.exit(main())
