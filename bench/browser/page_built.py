"""The page as it ships, built for one measurement."""

import subprocess
from pathlib import Path

from bench.processes import ROOT, Failed

WEB = ROOT / "web"


def page_built(folder: Path) -> Path:
    """What FUMIBAKO_PAGE_DIR names. Raises Failed where the page's tools are missing or the build fails."""
    if not (WEB / "node_modules/.bin/vite").exists():
        raise Failed("the page's tools are missing: make web")
    command = ["npm", "run", "--silent", "build", "--", "--outDir", str(folder), "--emptyOutDir"]
    ended = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False, timeout=300)
    if ended.returncode:
        raise Failed(ended.stdout + ended.stderr)
    return folder
