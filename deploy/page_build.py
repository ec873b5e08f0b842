"""The page's build as its folder tells it: which address is which file, which file gets which headers (web/build/page/headers.json)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from deploy.errors import Refused

PAGE: Final = Path(__file__).resolve().parents[1] / "web/build/page"
HEADERS_FILE: Final = "headers.json"
# CloudFront compresses by itself.
_COMPRESSED: Final = (".br", ".gz")


@dataclass(frozen=True)
class BuiltPage:
    """``routes`` as in headers.json; ``rules`` are (pattern, headers) in order; ``files`` the addresses of all files."""

    routes: Mapping[str, str]
    rules: tuple[tuple[str, Mapping[str, str]], ...]
    files: tuple[str, ...]

    def rule_of(self, address: str) -> str:
        """The pattern whose headers a file gets: the first that fits."""
        return next(pattern for pattern, _ in self.rules if fnmatchcase(address, pattern))

    @property
    def addresses(self) -> list[tuple[str, str]]:
        """(pattern of CloudFront, rule) in order, but for every other address, which is a screen."""
        folders = [(pattern, pattern) for pattern, _ in self.rules if pattern.count("*") and pattern != "/*"]
        own = {one: self.rule_of(one) for one in self.files if one.count("/") == 1}
        screens = {address: self.rule_of(file) for address, file in self.routes.items() if address != "*"}
        single = {one: rule for one, rule in (own | screens).items() if rule != self.default}
        return [*folders, *sorted(single.items())]

    @property
    def default(self) -> str:
        """The rule of screens."""
        return self.rule_of(self.routes["*"])


def read_page(folder: Path = PAGE) -> BuiltPage:
    """The page's build. Raises Refused("page_absent")."""
    try:
        built: dict[str, Any] = json.loads((folder / HEADERS_FILE).read_text("utf-8"))
    except FileNotFoundError as error:
        raise Refused("page_absent", f"There is no built page in {folder}.", "Run `make page`.") from error
    files = (f"/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*") if path.is_file())
    kept = sorted(one for one in files if not one.endswith(_COMPRESSED) and one != f"/{HEADERS_FILE}")
    rules = tuple((rule["match"], rule["headers"]) for rule in built["rules"])
    return BuiltPage(built["routes"], rules, tuple(kept))
