"""The runtime with tokens and addresses that end soon, so that both end several times in one transfer: run instead of ``python -m onprem.runtime``.

TOKEN_SECONDS and URL_SECONDS are their lives; the product's are 15 minutes each.
"""

import os
import sys

from chalicelib.domain import download, retention, token
from onprem.runtime.__main__ import main

if __name__ == "__main__":
    token.ACCESS_SECONDS = int(os.environ["TOKEN_SECONDS"])  # type: ignore[attr-defined]
    download.URL_LIFE = retention.PUT_URL_LIFE = int(os.environ["URL_SECONDS"]) * 1000  # type: ignore[misc]
    sys.exit(main())
