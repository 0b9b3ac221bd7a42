"""Figures over time: living cells by lineage, and the cargo that recipients carry after vesicles are added."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from exoresist.report.drawing import (
    Figure,
    Layout,
    Panel,
    Trace,
    arm_keys,
    band,
    base_layout,
    curve,
    drug_name,
    line_up,
    linear_axis,
    log_axis,
    note,
    rounded,
    shown,
    span,
)
from exoresist.report.overlap import coinciding, importance, nested, overlap_words, uncovered
from exoresist.report.palette import SOFT, arm_strokes
from exoresist.report.wording import arm_labels, finite, interval_text, number_text, percent_text, spoken, with_unit
from exoresist.studies.answer import Answer, Row

LEAST_CELLS = 0.5  # a well with less than half a cell is empty
LEAST_COPIES = 0.01
Series = dict[str, list[tuple[float, float, float | None, float | None]]]  # arm -> time, value, low, high


def survivors(answer: Answer) -> Figure | None:
    """Cells over time: one panel per lineage, one line per arm, one scale for all panels."""
    rows = [row for row in answer.survivors if finite(row.get("cells")) is not None]
    limits = span([row.get(key) for row in rows for key in ("cells", "low", "high")], 1.3)
    if limits is None:
        return None
    cut = limits[0] < LEAST_CELLS and limits[1] > 20 * LEAST_CELLS
    limits = (LEAST_CELLS if cut else limits[0], limits[1])
    populations = list(dict.fromkeys(str(row["population"]) for row in rows))
    axis = time_axis(max(float(row["time"]) for row in rows))
    panels: list[Panel] = []
    words: list[str] = []
    for population in populations:
        own = series([row for row in rows if row["population"] == population], "cells", "low", "high")
        panel, said = time_panel(answer, own, limits, axis, "Living cells per well", "cells", spoken(population))
        panels.append(panel)
        words += [said] if said not in words else []
    drugged = bool(finite(answer.time_course_dose))
    dose = f" at {with_unit(answer.time_course_dose, 'nM')} {drug_name(answer)}" if drugged else ""
    several = ", the same in every panel" if len(panels) > 1 else ""
    last = max(float(row["time"]) for row in rows)
    labels = arm_labels(answer.arms)
    ends = "; ".join(
        f"{labels.get(str(row['arm']), row['arm'])}, {spoken(str(row['population']))}: {number_text(row['cells'])}"
        for row in rows
        if float(row["time"]) == last
    )
    floor = " The axis ends at half a cell: below that the well is empty." if cut else ""
    if not drugged:
        look = "Without drug the arms should grow alike; an arm that falls behind is harmed by what was added to it."
    elif len(panels) > 1:
        look = (
            "Arms that part in the recipients’ panel show protection; a rise of the resistant lineage alone is "
            "selection, which can look the same in a count of all cells."
        )
    else:
        look = "Arms that part show protection, or harm. Arms that stay together mean that the dose decides, not the arm."
    return Figure(
        "survivors",
        "Who survives" if drugged else "Cells over time",
        f"Living cells per well over time{dose}, by lineage. Logarithmic axis{several}: equal slopes are equal net "
        f"growth or kill. Bands hold 90 % of the draws.{floor}{joined_words(words)}",
        look,
        f"Line charts of living cells over time. After {number_text(last)} h: {ends}.",
        panels,
        arm_keys(answer, {str(row["arm"]) for row in rows}),
    )


def series(rows: list[Row], value: str, low: str, high: str) -> Series:
    """Arm -> (time, value, low, high) in order of time; rows without a value are left out."""
    found: Series = {}
    for row in sorted(rows, key=lambda row: float(row["time"])):
        number = finite(row.get(value))
        if number is not None:
            point = (float(row["time"]), number, finite(row.get(low)), finite(row.get(high)))
            found.setdefault(str(row["arm"]), []).append(point)
    return found


def time_axis(last: float) -> Layout:
    """Hours from the start, with steps that days divide into."""
    step = next((step for step in (1, 2, 4, 6, 12, 24, 48, 96, 168) if last / step <= 6), 24 * math.ceil(last / 144))
    ticks = [step * number for number in range(int(last / step) + 1)]
    return linear_axis("Time (h)", tickvals=ticks, range=[-0.02 * last, last * 1.02])


def time_panel(
    answer: Answer,
    own: Series,
    limits: tuple[float, float],
    axis: Layout,
    title: str,
    unit: str,
    name: str,
    marked: Mapping[str, Trace] | None = None,
) -> tuple[Panel, str]:
    """Values over time on a logarithmic axis, a line and a band per arm, and what the caption says of overlaps."""
    strokes, labels = arm_strokes(answer.arms), arm_labels(answer.arms)
    lines: dict[str, Trace] = {}
    for arm in strokes:
        if arm not in own:
            continue
        hover = f"%{{x:.3~g}} h: %{{y:,.3~r}} {unit}<extra>{shown(labels[arm])}</extra>"
        times = [point[0] for point in own[arm]]
        values = [point[1] if point[1] >= limits[0] else None for point in own[arm]]
        lines[arm] = curve(times, values, labels[arm], strokes[arm], arm, hover)
    curves = {arm: {x: math.log10(max(value, limits[0])) for x, value, _, _ in own[arm]} for arm in lines}
    groups = coinciding(curves, 0.006 * math.log10(limits[1] / limits[0]))
    nested(lines, groups)
    edges = {
        arm: {
            x: (max(low, limits[0]), max(high, limits[0])) for x, _, low, high in own[arm] if low is not None and high is not None
        }
        for arm in lines
    }
    logarithms = {
        arm: {x: (math.log10(low), math.log10(high)) for x, (low, high) in points.items()} for arm, points in edges.items()
    }
    drawn, hidden = uncovered(logarithms, importance(answer))
    bands = [
        area
        for arm in drawn
        if (
            area := band(
                list(edges[arm]),
                [low for low, _ in edges[arm].values()],
                [high for _, high in edges[arm].values()],
                strokes[arm].colour,
                arm,
                0.14,
            )
        )
    ]
    layout = base_layout(400, xaxis=axis, yaxis=log_axis(title, *limits))
    narrow = {
        "height": 300,
        "margin": {"l": 56, "r": 10, "t": 8, "b": 54},
        "font": {"size": 12},
        "yaxis": log_axis(title, *limits, most=6),
    }
    data = [*bands, *lines.values(), *(marked or {}).values()]
    return Panel(data, layout, {}, narrow, name[:1].upper() + name[1:]), overlap_words(groups, hidden, labels)


def levels(answer: Answer) -> Figure | None:
    """Cargo per recipient over time: all of it, and what came on top of the start, with peak and 4 h marked."""
    rows = [row for row in answer.levels if finite(row.get("copies_per_cell")) is not None]
    whole = series(rows, "copies_per_cell", "low", "high")
    limits = span([number for points in whole.values() for point in points for number in point[1:]], 1.3)
    if limits is None:
        return None
    axis = time_axis(max(float(row["time"]) for row in rows))
    cargo = spoken(", ".join(dict.fromkeys(str(row["cargo"]) for row in rows if row.get("cargo"))))
    panel, spare = time_panel(
        answer, whole, (max(limits[0], LEAST_COPIES), limits[1]), axis, "Copies per cell", "copies", "all copies"
    )
    panels, words = [panel], [spare]
    rises = {str(row["arm"]): row for row in answer.rises}
    gains = gained(rows, whole, {arm: added_hour(row) for arm, row in rises.items()})
    reach = span([number for points in gains.values() for point in points for number in point[1:]], 2.0)
    said = ""
    if reach is not None and gains:
        lows = (max(reach[0], LEAST_COPIES, reach[1] * 1e-7), reach[1])
        marks = {arm: mark for arm in gains if (mark := rise_marks(answer, arm, gains[arm], rises.get(arm)))}
        second, further = time_panel(
            answer, gains, lows, axis, "Copies gained per cell", "copies gained", "gained since the start", marks
        )
        panels.append(second)
        words += [further] if further != spare else []
        said = (
            " Second panel: what came on top of the first reading. A star marks the peak, with a bar for its time; a "
            "cross the level after 4 h."
            if marks
            else " Second panel: what came on top of the first reading."
        )
    for one in panels:
        happenings(answer, one)
    labels = arm_labels(answer.arms)
    alt = "; ".join(rise_words(labels.get(arm, arm), row) for arm, row in rises.items())
    timed = " Dotted lines up: vesicles added, vesicles washed out." if answer.events else ""
    return Figure(
        "levels",
        "Cargo on the recipients",
        f"Copies of {cargo or 'the cargo'} per recipient cell over time, on a logarithmic axis. Bands hold 90 % of the "
        f"draws.{said}{timed}{joined_words(words)}",
        "A rise within hours that falls once the vesicles are gone is cargo that vesicles brought; a slow rise that "
        "goes on would be cargo that the recipients make. Weigh the gain against the copies that they had before.",
        f"Line charts of copies per cell over time. {alt}.",
        panels,
        arm_keys(answer, set(whole)),
    )


def joined_words(words: list[str]) -> str:
    """Sentences of several panels, each once."""
    sentences = [sentence for text in words for sentence in re.findall(r" [^.]*\.", text)]
    return "".join(dict.fromkeys(sentences))


def added_hour(row: Row) -> float:
    """When the followed vesicles were added, h; times of a rise count from there."""
    return finite(row.get("added_h")) or 0.0


def gained(rows: list[Row], whole: Series, added: dict[str, float]) -> Series:
    """What came on top of the start, from its own columns, else as the difference of the central values.

    Arms that never gain a hundredth of a copy, and moments before anything has come, are left out: they have no place
    on a logarithmic axis.

    added  arm -> h, when its vesicles were added; 0 for arms that are not named
    """
    given = series(rows, "gained", "gained_low", "gained_high")
    found = given or {arm: [(x, value - points[0][1], None, None) for x, value, _, _ in points] for arm, points in whole.items()}
    return {
        arm: [point for point in points if point[0] > added.get(arm, 0.0) and point[1] > 0]
        for arm, points in found.items()
        if max(point[1] for point in points) >= LEAST_COPIES
    }


def rise_marks(
    answer: Answer, arm: str, points: list[tuple[float, float, float | None, float | None]], row: Row | None
) -> Trace | None:
    """A star at the peak with the interval of its time, and a cross at the level after 4 h, both counted from the addition."""
    peak = finite(row.get("peak_h")) if row else None
    share = finite(row.get("level_4h_over_max")) if row else None
    start = added_hour(row) if row else 0.0
    early = next((value for x, value, _, _ in points if abs(x - start - 4.0) < 1e-9), None)
    if row is None or peak is None or not points:
        return None
    # The peak may lie between the saved times; the level after 4 h and its share give its height exactly.
    height = early / share if early and share else max(point[1] for point in points)
    x, y, symbols = [start + peak], [height], ["star"]
    if early and share:
        x, y, symbols = [start + peak, start + 4.0], [height, early], ["star", "x"]
    stroke = arm_strokes(answer.arms)[arm]
    low, high = finite(row.get("peak_h_low")), finite(row.get("peak_h_high"))
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": rounded(x),
        "y": rounded(y),
        "marker": {"color": stroke.colour, "symbol": symbols, "size": 14, "line": {"color": "#ffffff", "width": 1.2}},
        "legendgroup": arm,
        "customdata": [f"peak after {number_text(peak)} h", f"{percent_text(share)} of the peak after 4 h"][: len(x)],
        "hovertemplate": "%{customdata}: %{y:,.3~r} copies gained<extra></extra>",
        "cliponaxis": False,
    }
    if low is not None and high is not None:
        ends = {"array": [max(0.0, high - peak), 0.0][: len(x)], "arrayminus": [max(0.0, peak - low), 0.0][: len(x)]}
        trace["error_x"] = {
            "type": "data", "symmetric": False, "color": stroke.colour, "thickness": 1.6, "width": 5, **ends,
        }  # fmt: skip
    return trace


def rise_words(label: str, row: Row) -> str:
    """Peak and early level of one arm in words."""
    times = interval_text(row.get("peak_h_low"), row.get("peak_h_high"))
    return (
        f"{label}: peak after {number_text(row.get('peak_h'))} h{f' ({times})' if times else ''}, "
        f"{percent_text(row.get('level_4h_over_max'))} of it after 4 h"
    )


def happenings(answer: Answer, panel: Panel) -> None:
    """Lines up for what was done to the culture, and when; in place."""
    moments: dict[float, list[str]] = {}
    for row in answer.events:
        time, what = finite(row.get("time")), spoken(str(row.get("what") or ""))
        if time is not None and what and what not in moments.setdefault(time, []):
            moments[time].append(what)
    if not moments:
        return
    panel.layout["shapes"] = [line_up(time) for time in moments]
    # Each text has its own tier above the plot, so that near moments cannot overlap.
    last = panel.layout["xaxis"]["range"][1]
    panel.layout["annotations"] = [
        note(
            shown(", ".join(words)), time, 1.0, 12, SOFT, yref="paper", yanchor="bottom",
            xanchor="left" if time < 0.6 * last else "right", yshift=2 + 15 * (len(moments) - 1 - tier),
        )
        for tier, (time, words) in enumerate(sorted(moments.items()))
    ]  # fmt: skip
    top = 10 + 15 * len(moments)
    panel.layout["margin"] = {**panel.layout["margin"], "t": top}
    panel.narrow["margin"] = {**panel.narrow["margin"], "t": top}
