"""A cold Lambda: ``python -S -m bench.requests.lambda_first FOLDER EVENT``, where FOLDER holds the ``app.py`` of a staged service.

Imports it, answers the one event and prints ``{"status": ..., "body": ..., "modules": count}``. Nothing else is imported before.
"""

import sys

if __name__ == "__main__":
    folder, event = sys.argv[1:]
    sys.path.insert(0, folder)
    import json

    with open(event, encoding="utf-8") as file:  # noqa: PTH123  # pathlib would be an import of this side's own
        given = json.load(file)
    import app  # type: ignore[import-not-found]  # the staged service's

    answer = app.app(given, None)
    print(json.dumps({"status": answer["statusCode"], "body": answer["body"], "modules": len(sys.modules)}), flush=True)
