"""``make mutants``: mutation score of chalicelib/domain and fumibako_format (mutmut), written to docs/mutants.md.

The bar is 85%. Survivors are listed by file, so that the next test is easy to choose.
"""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BAR = 0.85
_LINE = re.compile(r"^\s+(\S+): (\w[\w ]*)$")
_PAGE = ROOT / "docs" / "mutants.md"


def main() -> int:
    """Run, count, write the page; 1 where the score is under the bar."""
    mutmut = Path(sys.executable).with_name("mutmut")
    subprocess.run([mutmut, "run", "--max-children", "2"], cwd=ROOT, check=False)
    listed = subprocess.run([mutmut, "results", "--all", "true"], cwd=ROOT, capture_output=True, text=True, check=True)
    states = [match.groups() for line in listed.stdout.splitlines() if (match := _LINE.match(line))]
    judged = [(name, state) for name, state in states if state not in ("skipped", "not checked", "no tests")]
    untested = [name for name, state in states if state == "no tests"]
    killed = sum(state in ("killed", "timeout", "suspicious") for _, state in judged)
    survived = Counter(name.rsplit(".x", 1)[0] for name, state in judged if state == "survived")
    total = len(judged) + len(untested)
    score = killed / total if total else 0.0
    lines = [
        "# Mutation score",
        "",
        "Written by `make mutants` (mutmut over chalicelib/domain and fumibako_format, tests of tests/unit/domain and tests/unit/format). The bar is 85%.",
        "",
        f"**{score:.1%}**: {killed} of {total} mutants killed; {sum(survived.values())} survived, {len(untested)} had no test.",
        "",
        "| module | survivors |",
        "| --- | --- |",
        *(f"| {module} | {count} |" for module, count in survived.most_common()),
    ]
    _PAGE.write_text("\n".join(lines) + "\n", "utf-8")
    print(lines[4])
    return 0 if score >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
