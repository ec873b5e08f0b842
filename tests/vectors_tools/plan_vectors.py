"""Vectors of part plans and packs. The expected figures are reckoned by hand from spec/format.md."""

from typing import Any

from tests.vectors_tools.write import write

HAND = "by hand"
MIB, GIB, TIB = 1 << 20, 1 << 30, 1 << 40
STORE = 10_000 * 5 * GIB


def make() -> None:
    _known()
    _asked()
    _unknown()
    _impossible()
    _packs()


def _plan(name: str, size: int | None, ranges: dict[int, tuple[int, int]], **expected: Any) -> None:
    asked, limit = expected.pop("asked", None), expected.pop("limit", STORE)
    members = {"ciphertext_size": size, "asked": asked, "limit": limit, **expected}
    write("part_plans", name, origin=HAND, **members, ranges={str(n): list(range_) for n, range_ in ranges.items()})


def _known() -> None:
    small, large = 16 * MIB, 32 * MIB
    _plan("zero", 0, {1: (0, 0)}, part_size=small, count=1, single=True)
    _plan("empty-file", 56, {1: (0, 56)}, part_size=small, count=1, single=True)
    _plan("16-mib-less-one", small - 1, {1: (0, small - 1)}, part_size=small, count=1, single=True)
    _plan("16-mib", small, {1: (0, small)}, part_size=small, count=1, single=False)
    _plan("16-mib-and-one", small + 1, {1: (0, small), 2: (small, small + 1)}, part_size=small, count=2, single=False)
    _plan("4-gib", 4 * GIB, {256: (4 * GIB - small, 4 * GIB)}, part_size=small, count=256, single=False)
    _plan("4-gib-and-one", 4 * GIB + 1, {129: (4 * GIB, 4 * GIB + 1)}, part_size=large, count=129, single=False)
    ten = 10_737_582_136  # 10 GiB of plaintext: 40 + 10,737,418,240 + 16 * 10,241
    _plan(
        "10-gib-file",
        ten,
        {320: (10_703_863_808, 10 * GIB), 321: (10 * GIB, ten)},
        part_size=large,
        count=321,
        single=False,
    )
    _plan(
        "5000-parts-of-32-mib",
        5_000 * large,
        {5_000: (4_999 * large, 5_000 * large)},
        part_size=large,
        count=5_000,
        single=False,
    )
    over = 5_000 * large + 1
    _plan(
        "5000-parts-and-one",
        over,
        {1: (0, 33 * MIB), 4_849: (4_848 * 33 * MIB, over)},
        part_size=33 * MIB,
        count=4_849,
        single=False,
    )
    _plan("1-tib", TIB, {4_994: (4_993 * 210 * MIB, TIB)}, part_size=210 * MIB, count=4_994, single=False)
    half = 5_000 * 5 * GIB
    _plan("24.4-tib", half, {5_000: (half - 5 * GIB, half)}, part_size=5 * GIB, count=5_000, single=False)
    _plan("24.4-tib-and-one", half + 1, {5_001: (half, half + 1)}, part_size=5 * GIB, count=5_001, single=False)
    _plan(
        "48.8-tib",
        STORE,
        {1: (0, 5 * GIB), 10_000: (STORE - 5 * GIB, STORE)},
        part_size=5 * GIB,
        count=10_000,
        single=False,
    )
    _plan(
        "at-the-stores-own-limit", TIB, {1: (0, 210 * MIB)}, limit=TIB, part_size=210 * MIB, count=4_994, single=False
    )


def _asked() -> None:
    five, hundred = 5 * MIB, 100 * MIB
    ten = 10 * MIB
    _plan("asked-least", ten + 1, {1: (0, five), 3: (ten, ten + 1)}, asked=five, part_size=five, count=3, single=False)
    _plan("asked-more-than-the-file", ten, {1: (0, ten)}, asked=hundred, part_size=hundred, count=1, single=True)
    _plan("asked-just-the-file", ten, {1: (0, ten)}, asked=ten, part_size=ten, count=1, single=True)
    _plan(
        "asked-above-16-mib-file", 20 * MIB, {1: (0, 20 * MIB)}, asked=hundred, part_size=hundred, count=1, single=False
    )
    most = five * 10_000
    _plan(
        "asked-10000-parts", most, {10_000: (most - five, most)}, asked=five, part_size=five, count=10_000, single=False
    )
    _plan("asked-largest", 6 * GIB, {2: (5 * GIB, 6 * GIB)}, asked=5 * GIB, part_size=5 * GIB, count=2, single=False)
    _refused("asked-10001-parts", most + 1, asked=five, figure=10_000)
    _refused("asked-below-5-mib", TIB, asked=five - MIB, figure=five)
    _refused("asked-just-below-5-mib", TIB, asked=five - 1, figure=five)
    _refused("asked-above-5-gib", TIB, asked=5 * GIB + MIB, figure=5 * GIB)
    _refused("asked-no-whole-mib", TIB, asked=6 * MIB + MIB // 2, figure=MIB)
    _refused("asked-below-5-mib-of-unknown", None, asked=MIB, figure=five)


def _unknown() -> None:
    first = 16 * MIB
    ranges = {
        1: (0, first),
        1_000: (999 * first, 1_000 * first),
        1_001: (1_000 * first, 1_002 * first),
        2_000: (2_998 * first, 3_000 * first),
        2_001: (3_000 * first, 3_004 * first),
        9_000: (510_744 * first, 511_000 * first),
        9_001: (511_000 * first, 511_320 * first),
        10_000: (830_680 * first, 831_000 * first),
    }
    _plan("unknown-length", None, ranges, part_size=first, count=None, single=False)
    asked = 5 * MIB
    ranges = {1: (0, asked), 1_001: (1_000 * asked, 1_002 * asked), 10_000: (1_022_488 * asked, 1_023_000 * asked)}
    _plan("unknown-length-asked", None, ranges, asked=asked, part_size=asked, count=None, single=False)
    largest = 5 * GIB
    _plan(
        "unknown-length-asked-largest",
        None,
        {2_001: (2_000 * largest, 2_001 * largest)},
        asked=largest,
        part_size=largest,
        count=None,
        single=False,
    )


def _refused(name: str, size: int | None, *, figure: int, **members: Any) -> None:
    members = {"asked": None, "limit": STORE} | members
    write("part_plans", name, origin=HAND, error="plan_impossible", ciphertext_size=size, figure=figure, **members)


def _impossible() -> None:
    _refused("48.8-tib-and-one", STORE + 1, figure=STORE)
    _refused("above-the-stores-own-limit", 5 * TIB + 1, limit=5 * TIB, figure=5 * TIB)
    _refused("above-every-store", STORE + 1, limit=STORE * 2, figure=STORE)
    _refused("negative", -1, figure=0)


def _pack(name: str, sizes: list[int | None], placements: list[tuple[int, int, int | None, bool]]) -> None:
    names = ("blob", "offset", "length", "packed")
    placed = [dict(zip(names, placement, strict=True)) for placement in placements]
    write("packs", name, origin=HAND, plaintext_sizes=sizes, placements=placed)


def _packs() -> None:
    # A file of n bytes below the second segment takes n + 56; of 1 MiB - 1 it takes two segments, n + 72.
    nearly = (1 << 20) - 1
    _pack("no-files", [], [])
    _pack("one-small-file", [10], [(0, 0, 66, True)])
    _pack("empty-files", [0, 0], [(0, 0, 56, True), (0, 56, 56, True)])
    _pack("just-below-1-mib", [nearly, 1], [(0, 0, 1_048_647, True), (0, 1_048_647, 57, True)])
    _pack("just-1-mib", [1 << 20, 1], [(0, 0, 1_048_648, False), (1, 0, 57, True)])
    between: list[tuple[int, int, int | None, bool]] = [
        (0, 0, 157, True),
        (1, 0, 5 * MIB + 40 + 16 * 6, False),
        (0, 157, 256, True),
        (2, 0, None, False),
        (0, 413, 57, True),
    ]
    _pack("large-and-unknown-between", [101, 5 * MIB, 200, None, 1], between)
    # 63 files of nearly 1 MiB are 66,064,761 bytes; 1,044,103 remain in the pack of 67,108,864.
    files = [nearly] * 63
    placed: list[tuple[int, int, int | None, bool]] = [(0, n * 1_048_647, 1_048_647, True) for n in range(63)]
    _pack("pack-just-full", [*files, 1_044_047], [*placed, (0, 66_064_761, 1_044_103, True)])
    after = [(1, 0, 1_044_104, True), (1, 1_044_104, 57, True)]
    _pack("pack-passed-by-one", [*files, 1_044_048, 1], [*placed, *after])
    write("packs", "negative-size", origin=HAND, error="length_wrong", plaintext_sizes=[1, -1])
