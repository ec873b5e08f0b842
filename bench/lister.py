"""``python -m bench.lister ID``: the id of every file of a transfer, a line each, by the client's library in a process of its own."""

import sys

from fumibako.credentials import load
from fumibako.http import Api, open_pool


def main() -> int:
    """Page by page."""
    credentials, kept = load()
    cursor: str | None = None
    with open_pool() as pool:
        api = Api(credentials, pool, kept=kept)
        while True:
            page = api.get(f"/transfers/v1/transfers/{sys.argv[1]}/files", cursor=cursor, limit=200)
            print("\n".join(one["id"] for one in page["items"]))
            cursor = page.get("next")
            if not cursor:
                return 0


if __name__ == "__main__":
    sys.exit(main())
