"""``python -m fumibako.cli`` is the command, for places where no script is on the PATH."""

import sys

from fumibako.cli import main

sys.exit(main())
