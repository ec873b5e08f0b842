"""The command line with its own times divided by CLIENT_HURRY, for a line on which everything happens so much sooner."""

import os
import sys

from fumibako import byte_connections, pace, retries
from fumibako.cli import main

if __name__ == "__main__":
    hurry = float(os.environ["CLIENT_HURRY"])
    byte_connections.OLDEST_SECONDS /= hurry
    pace.LONGEST_REQUEST_SECONDS /= hurry
    retries.LONGEST_PAUSE /= hurry
    sys.exit(main())
