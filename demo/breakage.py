"""Three ways to break the story; each must end it with the right error."""

import json
import sqlite3
import subprocess
from pathlib import Path

from demo.settings import DemoSettings, Failed


def flip_bit(data: Path) -> str:
    """One bit in the middle of a stored part."""
    parts = sorted((data / "blobs").rglob("p.*"))
    if not parts or not parts[len(parts) // 2].stat().st_size:
        raise Failed("no stored part to damage")
    part = parts[len(parts) // 2]
    place = part.stat().st_size // 2
    with part.open("r+b") as stream:
        stream.seek(place)
        byte = stream.read(1)[0]
        stream.seek(place)
        stream.write(bytes([byte ^ 1]))
    return f"one bit of byte {place:,} of a stored part"


def break_key(data: Path, settings: DemoSettings) -> str:
    """Every wrapped transfer key is removed, as a shredder would; what is stored can't be opened any more."""
    if settings.store == "postgresql":
        host = (settings.folder / "postgresql").resolve()
        subprocess.run(
            ["psql", "-q", "-h", str(host), "-U", "fumibako", "wrapped_keys", "-c", "DELETE FROM records"], check=True
        )
    elif settings.store == "sqlite":
        with sqlite3.connect(data / "wrapped-keys.db") as database:
            database.execute("DELETE FROM records")
        database.close()
    else:
        raise Failed("BREAK=key needs STORE=sqlite or postgresql")
    return "the wrapped transfer key is gone"


def break_certificate(path: Path) -> str:
    """Another reason than the one that was signed."""
    document = json.loads(path.read_text())
    document["statement"]["reason"] = "rejected"
    path.write_text(json.dumps(document))
    return "the certificate gives another reason"
