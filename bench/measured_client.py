"""The command line, telling at its end how much memory it took: ``python -m bench.measured_client get ...``.

BENCH_PEAK names the file that gets VmHWM in bytes. The process says it itself: who looks from outside misses the last moments.
"""

import os
import sys
from pathlib import Path

from fumibako.cli import main

from bench.memory_of import peak_of

if __name__ == "__main__":
    code = main()
    Path(os.environ["BENCH_PEAK"]).write_text(str(peak_of(os.getpid())))
    sys.exit(code)
