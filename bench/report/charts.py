"""The charts of the page: how far from its goal each figure is, and the rates side by side."""

import math
from collections.abc import Sequence

from bench.report.drawing import WIDTH, bar, picture, upright, word
from bench.report.numbers import number
from bench.report.records import Record

_ROW, _TOP, _LEFT = 26, 56, 150
# Ten times the goal and a tenth of it are the ends of the scale; a longer bar says no more than its number.
_DECADES = 1.0


def goals(found: Sequence[Record]) -> str:
    """One row a figure on a logarithmic scale around the goal: to the right is beyond it."""
    bottom = _TOP + _ROW * len(found)
    middle, half = 380.0, 210.0
    shapes = [
        word(16, 24, "Ratio of each figure against its goal"),
        word(16, 42, "right of the line: reached", kind="faint"),
    ]
    for times in (0.1, 0.5, 2, 10):
        x = middle + half * math.log10(times)
        shapes += [upright(x, _TOP, bottom), word(x, bottom + 16, f"{times:g}x", kind="faint", anchor="middle")]
    for row, one in enumerate(found):
        y = _TOP + row * _ROW
        reach = half * max(-_DECADES, min(_DECADES, math.log10(max(one.times_goal, 1e-9))))
        kind = "good" if one.said["reached"] else "short"
        verdict = "" if one.said["reached"] else ", short"
        bound = "or less" if one.said["kind"] == "share" else "or more"
        shapes += [
            word(_LEFT - 8, y + 17, one.name, anchor="end"),
            bar(middle + min(0.0, reach), y + 5, abs(reach), _ROW - 10, kind),
            word(
                WIDTH - 16,
                y + 17,
                f"{number(one.said['ratio'])} ({number(one.said['goal'])} {bound}){verdict}",
                anchor="end",
            ),
        ]
    shapes += [
        upright(middle, _TOP - 4, bottom, "goal"),
        word(middle, bottom + 16, "goal", kind="faint", anchor="middle"),
    ]
    said = "; ".join(f"{one.name}: ratio {number(one.said['ratio'])}, goal {number(one.said['goal'])}" for one in found)
    return picture("Ratios against goals", said, bottom + 30, shapes)


def rates(found: Sequence[Record]) -> str:
    """Ours and every peer of the figures in MB/s, each figure a group of bars."""
    groups = [(one, [("ours", float(one.said["ours"])), *((p.name, p.value) for p in one.peers)]) for one in found]
    longest = max((value for _, rows in groups for _, value in rows), default=1.0)
    left, room = 290.0, WIDTH - 290.0 - 90
    shapes = [
        word(16, 24, "Rates in MB/s (10^6 bytes), medians: green reached its goal, orange did not, grey are the peers")
    ]
    y = 40.0
    for one, rows in groups:
        shapes.append(word(16, y + 16, one.name))
        for name, value in rows:
            kind = "peer" if name != "ours" else "good" if one.said["reached"] else "short"
            width = room * value / longest
            shapes += [
                word(left - 8, y + 15, name, kind="faint", anchor="end"),
                bar(left, y + 4, width, 14, kind),
                word(left + width + 6, y + 16, number(value), kind="faint"),
            ]
            y += 20
        y += 10
    said = "; ".join(
        f"{one.name}: " + ", ".join(f"{name} {number(value)}" for name, value in rows) for one, rows in groups
    )
    return picture("Rates of ours and of the peers", said, int(y) + 10, shapes)
