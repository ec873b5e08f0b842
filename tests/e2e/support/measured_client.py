"""The command line, telling at its end how much memory it took: ``python -m tests.e2e.support.measured_client get ...``.

PEAK_MEMORY names the file that gets VmHWM in bytes. The process says it itself: who looks from outside misses the last moments.
"""

import os
import sys
from pathlib import Path

from fumibako.cli import main

from tests.e2e.support.runtime import peak_memory

if __name__ == "__main__":
    code = main()
    Path(os.environ["PEAK_MEMORY"]).write_text(str(peak_memory(os.getpid())))
    sys.exit(code)
