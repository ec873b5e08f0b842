#!/usr/bin/env bash
# Resolve pyproject's groups into requirements/*.lock with hashes. The resolver lives in an environment of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv build/lock-venv
build/lock-venv/bin/pip install --quiet --disable-pip-version-check 'pip>=25.1' 'pip-tools>=7.5'

lock() { # input, output
  build/lock-venv/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url \
    --no-emit-find-links --no-emit-trusted-host --no-annotate --output-file "$2" "$1"
  # Its remarks on setuptools and the empty lines around them say nothing that the hashes don't.
  sed -i -E '/^(#.*)?$/d' "$2"
}

for group in services runtime image dev; do
  build/lock-venv/bin/python - "$group" > "build/$group.in" <<'PY'
import sys, tomllib
project = tomllib.load(open("pyproject.toml", "rb"))
groups = project["dependency-groups"]
def expand(name):
    for item in groups[name]:
        yield from (expand(item["include-group"]) if isinstance(item, dict) else [item])
print("\n".join([*project["project"]["dependencies"], *expand(sys.argv[1])]))
if sys.argv[1] == "dev":
    print("\n".join(project["build-system"]["requires"]))
PY
  lock "build/$group.in" "requirements/$group.lock"
done
# Tools that pin what others need in other versions live in environments of their own.
for input in requirements/*.in; do
  lock "$input" "${input%.in}.lock"
done
