"""Vectors of names, safe paths and ids. What is expected is written by hand; hashes by sha256sum."""

import hashlib
from typing import Any

from tests.vectors_tools.write import write

HAND = "by hand"

REFUSED = {
    "empty": ("", "empty"),
    "leading-slash": ("/etc/passwd", "separator"),
    "trailing-slash": ("folder/", "separator"),
    "empty-segment": ("a//b", "separator"),
    "only-slash": ("/", "separator"),
    "backslash": ("a\\b", "separator"),
    "drive-letter": ("C:\\x", "separator"),
    "drive-relative": ("c:x", "separator"),
    "drive-with-slash": ("Z:/x", "separator"),
    "dot": (".", "dot_segment"),
    "dot-dot": ("..", "dot_segment"),
    "dot-dot-inside": ("a/../b", "dot_segment"),
    "dot-inside": ("a/./b", "dot_segment"),
    "dot-dot-end": ("a/..", "dot_segment"),
    "nul": ("a\x00.txt", "nul"),
    "newline": ("a\nb", "control"),
    "escape": ("a\x1b[2Jb", "control"),
    "lowest-control": ("a\x01", "control"),
    "highest-c0": ("a\x1f", "control"),
    "delete": ("a\x7f", "control"),
    "c1-first": ("a\x80", "control"),
    "c1-last": ("a\x9f", "control"),
    "line-separator": ("a\u2028b", "control"),
    "paragraph-separator": ("a\u2029b", "control"),
    "right-to-left-override": ("invoice\u202efdp.exe", "bidi"),
    "arabic-letter-mark": ("a\u061c", "bidi"),
    "left-to-right-mark": ("a\u200e", "bidi"),
    "right-to-left-mark": ("a\u200f", "bidi"),
    "embedding-first": ("a\u202a", "bidi"),
    "isolate-first": ("a\u2066", "bidi"),
    "isolate-last": ("a\u2069", "bidi"),
    "deprecated-format-last": ("a\u206f", "bidi"),
    "lone-high-surrogate": ("a\ud800", "surrogate"),
    "lone-low-surrogate": ("a\udfff", "surrogate"),
    "4097-bytes": ("a" * 4097, "too_long"),
    "4098-bytes-of-japanese": ("文" * 1366, "too_long"),
    "40000-characters": ("a" * 40_000, "too_long"),
}

DEEP = "/".join(["a" * 240, *["m" * 240] * 15, "z" * 240])

# name given -> name in NFC, path on disk; "{}" stands for the hash of the segment that changed.
ACCEPTED: dict[str, tuple[str, str, list[str]]] = {
    "plain": ("report.pdf", "report.pdf", ["report.pdf"]),
    "folders": ("a/b/c.txt", "a/b/c.txt", ["a", "b", "c.txt"]),
    "japanese": ("見積書/第一版.xlsx", "見積書/第一版.xlsx", ["見積書", "第一版.xlsx"]),
    "decomposed": ("e\u0301te\u0301.txt", "\u00e9t\u00e9.txt", ["\u00e9t\u00e9.txt"]),
    "decomposed-kana": ("か\u3099.txt", "が.txt", ["が.txt"]),
    "hidden": (".profile", ".profile", [".profile"]),
    "three-dots": ("...", "...", ["_~{}"]),
    "starts-with-dots": ("..a", "..a", ["..a"]),
    "space-inside": ("my file.txt", "my file.txt", ["my file.txt"]),
    "leading-space": (" x", " x", [" x"]),
    "only-space": (" ", " ", ["_~{}"]),
    "joined-emoji": (
        "\U0001f468\u200d\U0001f469.png",
        "\U0001f468\u200d\U0001f469.png",
        ["\U0001f468\u200d\U0001f469.png"],
    ),
    "c1-neighbours": ("~\u00a0", "~\u00a0", ["~\u00a0"]),
    "bidi-neighbours": (
        "a\u200d\u2010\u202f\u2065\u2070",
        "a\u200d\u2010\u202f\u2065\u2070",
        ["a\u200d\u2010\u202f\u2065\u2070"],
    ),
    "reserved": ("CON", "CON", ["_CON~{}"]),
    "reserved-lower": ("nul.txt", "nul.txt", ["_nul~{}.txt"]),
    "reserved-port": ("Com1.tar.gz", "Com1.tar.gz", ["_Com1.tar~{}.gz"]),
    "reserved-superscript": ("LPT\u00b9", "LPT\u00b9", ["_LPT\u00b9~{}"]),
    "reserved-with-space": ("aux .txt", "aux .txt", ["_aux ~{}.txt"]),
    "reserved-console": ("CONOUT$", "CONOUT$", ["_CONOUT$~{}"]),
    "reserved-after-stripping": ("prn.", "prn.", ["_prn~{}"]),
    "not-reserved": ("CONSOLE", "CONSOLE", ["CONSOLE"]),
    "not-reserved-port": ("COM10", "COM10", ["COM10"]),
    "trailing-dot": ("name.", "name.", ["name~{}"]),
    "trailing-space": ("name.txt ", "name.txt ", ["name~{}.txt"]),
    "windows-characters": ('<>:"|?*.txt', '<>:"|?*.txt', ["_______~{}.txt"]),
    "colon-later": ("ab:c", "ab:c", ["ab_c~{}"]),
    "drive-in-second-segment": ("a/C:x", "a/C:x", ["a", "C_x~{}"]),
    "255-bytes": ("a" * 251 + ".txt", "a" * 251 + ".txt", ["a" * 251 + ".txt"]),
    "256-bytes": ("a" * 252 + ".txt", "a" * 252 + ".txt", ["a" * 242 + "~{}.txt"]),
    "long-japanese": ("文" * 90 + ".docx", "文" * 90 + ".docx", ["文" * 80 + "~{}.docx"]),
    "long-extension": ("a" * 230 + "." + "b" * 33, "a" * 230 + "." + "b" * 33, ["a" * 230 + "." + "b" * 15 + "~{}"]),
    "longest-kept-extension": ("a" * 230 + "." + "b" * 32, "a" * 230 + "." + "b" * 32, ["a" * 213 + "~{}." + "b" * 32]),
    "4096-bytes": (DEEP, DEEP, ["a" * 240, "_~{middle}", "z" * 240]),
}


def make() -> None:
    for name, (given, reason) in REFUSED.items():
        write("names", name, origin=HAND, error="name_invalid", given=given, reason=reason)
    for name, (given, checked, path) in ACCEPTED.items():
        write("names", name, origin=HAND, given=given, checked=checked, path=_filled(checked, path))
    _together()
    _shown()
    _ids()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]


def _filled(checked: str, path: list[str]) -> list[str]:
    segments = checked.split("/")
    middle = _hash("/".join(segments[1:-1]))
    if "_~{middle}" in path:
        return [part.replace("{middle}", middle) for part in path]
    return [part.replace("{}", _hash(segment)) for part, segment in zip(path, segments, strict=True)]


def _together() -> None:
    cases: dict[str, tuple[list[str], list[list[str]]]] = {
        "no-names": ([], []),
        "same-name-twice": (["a.txt", "a.txt", "a.txt"], [["a.txt"], ["a~2.txt"], ["a~3.txt"]]),
        "differ-in-case": (["A.txt", "a.TXT"], [["A.txt"], ["a~2.TXT"]]),
        "differ-in-folders-case": (["D/x", "d/X", "d/y"], [["D", "x"], ["d", "X~2"], ["d", "y"]]),
        "differ-in-composition": (["\u00e9", "e\u0301"], [["\u00e9"], ["\u00e9~2"]]),
        "differ-in-compatibility": (["\ufb01le", "file"], [["\ufb01le"], ["file~2"]]),
        "differ-in-invisible": (["ab", "a\u200db"], [["ab"], ["a\u200db~2"]]),
        "sharp-s": (["STRASSE", "stra\u00dfe"], [["STRASSE"], ["stra\u00dfe~2"]]),
        "file-is-a-folder": (["a", "a/b"], [["a~2"], ["a", "b"]]),
        "folder-comes-first": (["A/b", "a"], [["A", "b"], ["a~2"]]),
        "the-next-is-taken": (["a~2", "a", "a"], [["a~2"], ["a"], ["a~3"]]),
        "taken-later": (["a", "a", "a~2"], [["a"], ["a~2"], ["a~2~2"]]),
    }
    for name, (given, paths) in cases.items():
        write("names", f"together-{name}", origin=HAND, names=given, paths=paths)


def _shown() -> None:
    cases = {
        "plain": ("見積書.pdf", "見積書.pdf"),
        "escape": ("a\x1b[2Jb\n", "a\ufffd[2Jb\ufffd"),
        "override": ("x\u202efdp.exe", "x\ufffdfdp.exe"),
        "surrogate": ("a\ud800b", "a\ufffdb"),
        "refused-but-shown": ("../x", "../x"),
    }
    for name, (given, shown) in cases.items():
        write("names", f"shown-{name}", origin=HAND, text=given, shown=shown)


def _ids() -> None:
    def valid(name: str, origin: str, prefix: str, raw: str, text: str, **more: Any) -> None:
        write("ids", name, origin=origin, prefix=prefix, uuid=raw, text=text, **more)

    rfc = "017f22e279b07cc398c4dc0c0c07398f"
    parts = {"ms": 0x017F22E279B0, "random": "0cc318c4dc0c0c07398f"}
    valid("rfc-9562-example", "RFC 9562 appendix A.6", "tr", rfc, "tr_01fwhe4ydgfk1shh6w1g60eecf", **parts)
    valid("all-zero", HAND, "fi", "00" * 16, "fi_" + "0" * 26)
    valid("all-one", HAND, "ev", "ff" * 16, "ev_7" + "z" * 25)
    good = "tr_01fwhe4ydgfk1shh6w1g60eecf"
    wrong = {
        "upper-case": good.upper(),
        "upper-case-digits": "tr_" + good[3:].upper(),
        "too-short": good[:-1],
        "too-long": good + "0",
        "over-128-bits": "tr_8" + "0" * 25,
        "letter-i": good[:-1] + "i",
        "letter-l": good[:-1] + "l",
        "letter-o": good[:-1] + "o",
        "letter-u": good[:-1] + "u",
        "no-prefix": good[3:],
        "empty-prefix": good[2:],
        "one-letter-prefix": good[1:],
        "nine-letter-prefix": "abcdefghi" + good[2:],
        "trailing-newline": good + "\n",
        "leading-space": " " + good,
        "path-inside": "tr_../fwhe4ydgfk1shh6w1g60eecf",
        "full-width-digit": good[:-1] + "\uff11",
    }
    for name, text in wrong.items():
        write("ids", f"refused-{name}", origin=HAND, error="id_invalid", text=text)
