"""``python -m bench.sealer seal|open SOURCE TARGET``: the client's library in a process of its own. The key (hex) comes by BENCH_KEY.

Prints the digest that the library gives (spec/format.md), in hex.
"""

import os
import sys
from pathlib import Path

from fumibako.sealing import open_file, seal_file

AAD = b"tr_bench/fi_bench"


def main() -> int:
    """One file."""
    verb, source, target = sys.argv[1:]
    work = {"seal": seal_file, "open": open_file}[verb]
    print(work(Path(source), Path(target), bytes.fromhex(os.environ["BENCH_KEY"]), aad=AAD).hex())
    return 0


if __name__ == "__main__":
    sys.exit(main())
