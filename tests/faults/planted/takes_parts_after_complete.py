"""A store that takes a part though its upload is complete: what a guest was given changes under their hands."""

import sys

from chalicelib.adapters.filesystem_sink import FilesystemPartSink
from onprem.runtime.__main__ import main

if __name__ == "__main__":
    FilesystemPartSink._refuse_when_complete = lambda self: None  # type: ignore[method-assign]
    sys.exit(main())
