"""Figures of a laboratory's experiment: curves with their wells, shifts, plates, particle sizes, courses, effects."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from exoresist.report.analyse_plates import plate_figure
from exoresist.report.drawing import (
    Figure,
    Key,
    Layout,
    Panel,
    Trace,
    base_layout,
    line_across,
    line_up,
    linear_axis,
    log_axis,
    log_ticks,
    mark,
    note,
    rounded,
    shown,
    tick_texts,
)
from exoresist.report.palette import SOFT, STROKES, Stroke, arm_strokes, transparent
from exoresist.report.wording import number_text, spoken
from exoresist.studies.analyse_words import label as arm_label
from exoresist.studies.answer import Row

if TYPE_CHECKING:
    from exoresist.studies.analyse_answer import LabAnswer

NARROW: Layout = {"height": 340, "margin": {"l": 54, "r": 12, "t": 12, "b": 56}, "font": {"size": 12}}
MOST_COURSES = 4


def lab_figures(answer: LabAnswer) -> dict[str, Figure]:
    """Figure id -> figure, in the order of the page; those without data are left out."""
    makers = (curves_figure, shifts_figure, plate_figure, sizes_figure, courses_figure, effects_figure, tumours_figure)
    return {figure.id: figure for make in makers if (figure := make(answer)) is not None}


def lab_strokes(answer: LabAnswer) -> dict[str, Stroke]:
    """Stroke of every arm."""
    return arm_strokes([{"id": arm.id, "role": arm.role} for arm in answer.meta.arms])


def _keys(answer: LabAnswer, used: set[str]) -> list[Key]:
    return [
        Key(arm_label(answer, arm), arm, stroke.colour, stroke.mark, stroke.dash)
        for arm, stroke in lab_strokes(answer).items()
        if arm in used
    ]


def curves_figure(answer: LabAnswer) -> Figure | None:
    """Viability against dose: every well, the fitted curves, the IC50s with their intervals."""
    points = answer.potencies.points
    positive = sorted({row["dose"] for row in points if row["dose"] > 0})
    if not positive:
        return None
    drug, unit = answer.meta.drug or "drug", answer.meta.dose_unit
    zero = positive[0] / 10.0 ** (0.5 if len(positive) < 3 else min(1.0, math.log10(positive[1] / positive[0]) + 0.3))
    traces: list[Trace] = []
    top = 1.1
    for arm, stroke in lab_strokes(answer).items():
        mine = [row for row in points if row["arm"] == arm]
        if not mine:
            continue
        line = [row for row in answer.potencies.lines if row["arm"] == arm]
        name = shown(arm_label(answer, arm))
        if line:
            traces.append({
                "type": "scatter", "mode": "lines", "x": rounded([row["dose"] for row in line]),
                "y": rounded([100 * row["viability"] for row in line]),
                "line": {"color": stroke.colour, "width": 2.5, "dash": stroke.dash}, "name": name, "legendgroup": arm,
                "hoverinfo": "skip",
            })  # fmt: skip
        for odd in (False, True):
            wells = [row for row in mine if row["outlier"] is odd]
            if wells:
                symbol = f"{stroke.mark}-open" if odd else stroke.mark
                traces.append({
                    "type": "scatter", "mode": "markers", "x": rounded([row["dose"] or zero for row in wells]),
                    "y": rounded([100 * row["viability"] for row in wells]),
                    "marker": {**mark(stroke, 9 if odd else 6), "symbol": symbol,
                        "line": {"color": stroke.colour if odd else "#ffffff", "width": 2 if odd else 0.6}},
                    "name": name, "legendgroup": arm, "text": [f"well {row['well']}" if row["well"] else "" for row in wells],
                    "customdata": [number_text(row["dose"]) for row in wells],
                    "hovertemplate": f"{name}{', outlier' if odd else ''}<br>%{{customdata}} {shown(unit)}: %{{y:.3g}} % "
                        f"%{{text}}<extra></extra>",
                })  # fmt: skip
        top = max(top, max(row["viability"] for row in mine))
    for place, row in enumerate(answer.potencies.ic50):
        if row["value"] is None or row["low"] is None or row["high"] is None:
            continue
        stroke = lab_strokes(answer)[row["arm"]]
        traces.append({
            "type": "scatter", "mode": "markers", "x": [row["value"]], "y": [3.0 + 4.0 * (place % 4)],
            "marker": {"color": stroke.colour, "symbol": "line-ns-open", "size": 12},
            "error_x": {"type": "data", "symmetric": False, "array": [row["high"] - row["value"]],
                "arrayminus": [row["value"] - row["low"]], "color": stroke.colour, "thickness": 3, "width": 0},
            "legendgroup": row["arm"], "hovertemplate": f"IC50 {shown(row['label'])}: %{{x:.3g}} {shown(unit)}<extra></extra>",
        })  # fmt: skip
    low, high = zero / 1.6, positive[-1] * 1.6
    axis = log_axis(f"{spoken(drug)}, {unit}", low, high)
    ticks = [tick for tick in axis["tickvals"] if tick >= positive[0] * 0.99]
    axis.update(tickvals=[zero, *ticks], ticktext=["0", *tick_texts(ticks)])
    layout = base_layout(
        470, xaxis=axis, yaxis=linear_axis("Viability, % of untreated", range=[-4, 100 * max(top, 1.1) * 1.05]),
        shapes=[line_across(50.0)],
        annotations=[note("50 %", 1.0, 50, 12, SOFT, xref="paper", xanchor="right", yanchor="bottom")],
    )  # fmt: skip
    return Figure(
        "curves", f"Viability against {spoken(drug)}",
        "Each mark is a well, as a share of the untreated wells of its arm; wells that lie far from their curve are open and "
        "were kept. Lines: fitted "
        "logistic curves. Bars at the bottom: the IC50 of each arm with its 95 % interval.",
        "Curves that part at the same height: a shift. Curves that end at different heights: cells that no dose kills, which "
        "an IC50 does not tell.",
        "Viability against dose by arm. " + " ".join(answer.sentences[1:2]),
        [Panel(traces, layout, {}, NARROW)], _keys(answer, {row["arm"] for row in points}),
    )  # fmt: skip


def shifts_figure(answer: LabAnswer) -> Figure | None:
    """Shift of every arm against the reference."""
    rows = [row for row in answer.potencies.shifts if row["value"] is not None]
    if not rows:
        return None
    model = answer.model.predicted
    entries: list[tuple[str, Row, Stroke]] = [
        (arm_label(answer, row["arm"]), row, lab_strokes(answer)[row["arm"]]) for row in rows
    ]
    if model is not None and model["value"] is not None:
        entries.append(("Model's prediction", model, Stroke("#77736b", "diamond-open", "dash")))
    entries += [
        (f"Plate {row['plate']} alone", row, Stroke(SOFT, "circle-open", "dot"))
        for row in answer.potencies.repeats
        if row["value"] is not None
    ]
    return _forest("shifts", "IC50 against that of the reference", entries, "IC50 ratio", [
        "Marks: IC50 of an arm over that of the reference arm; bars: 95 % intervals (of the model's prediction 90 % of its "
        "draws).",
        "Bars that cross the line at 1 show nothing for sure. A control that should do nothing belongs at 1.",
    ])  # fmt: skip


def _forest(identity: str, title: str, entries: list[tuple[str, Row, Stroke]], axis: str, words: list[str]) -> Figure:
    """Ratios as points with bars on a logarithmic axis."""
    ends = [
        value for _, row, _ in entries for value in (row["value"], row["low"], row["high"]) if value is not None and value > 0
    ]
    low, high = min([*ends, 0.9]) / 1.15, max([*ends, 1.1]) * 1.15
    low, high = max(low, 0.01), min(high, 1000.0)
    traces: list[Trace] = []
    for place, (name, row, stroke) in enumerate(entries):
        start = row["low"] if row["low"] is not None else low
        end = row["high"] if row["high"] is not None else high
        traces.append({
            "type": "scatter", "mode": "markers", "x": rounded([row["value"]]), "y": [place], "marker": mark(stroke, 11),
            "error_x": {"type": "data", "symmetric": False, "array": rounded([max(end - row["value"], 0)]),
                "arrayminus": rounded([max(row["value"] - start, 0)]),
                        "color": stroke.colour, "thickness": 2, "width": 4},
            "hovertemplate": f"{shown(name)}: %{{x:.3g}} ({number_text(row['low'])} to "
                f"{number_text(row['high'])})<extra></extra>", "name": shown(name),
        })  # fmt: skip
    layout = base_layout(
        96 + 42 * len(entries),
        xaxis={**log_axis(axis, low, high), "tickvals": log_ticks(low, high, 8), "ticktext": tick_texts(log_ticks(low, high, 8))},
        yaxis={"range": [len(entries) - 0.4, -0.6], "tickvals": list(range(len(entries))),
            "ticktext": [shown(name) for name, _, _ in entries], "showgrid": False, "zeroline": False,
               "fixedrange": True, "automargin": True, "ticks": ""},
        shapes=[line_up(1.0, layer="above")], margin={"l": 40, "r": 24, "t": 12, "b": 62},
    )  # fmt: skip
    alt = "; ".join(
        f"{name}: {number_text(row['value'])} ({number_text(row['low'])} to {number_text(row['high'])})"
        for name, row, _ in entries
    )
    return Figure(identity, title, words[0], words[1], alt, [Panel(traces, layout, {}, {"font": {"size": 12}})])


def sizes_figure(answer: LabAnswer) -> Figure | None:
    """Particle sizes of every preparation."""
    rows = answer.doses.sizes
    if not rows:
        return None
    names = list(dict.fromkeys(row["preparation"] for row in rows))
    traces: list[Trace] = []
    last = 300.0
    for place, name in enumerate(names):
        mine = [row for row in rows if row["preparation"] == name]
        colour = STROKES[(place + 1) % len(STROKES)].colour
        traces.append({
            "type": "scatter", "mode": "lines", "x": rounded([row["diameter"] for row in mine]),
            "y": rounded([100 * row["share"] for row in mine]),
            "line": {"color": colour, "width": 1.5, "shape": "hvh"}, "fill": "tozeroy", "fillcolor": transparent(colour, 0.18),
            "name": shown(name), "legendgroup": name,
            "hovertemplate": "%{x:.4g} nm: %{y:.3g} % per nm<extra></extra>",
        })  # fmt: skip
        running = 0.0
        for row, following in zip(mine, [*mine[1:], mine[-1]], strict=True):
            running += row["share"] * (following["diameter"] - row["diameter"])
            if running >= 0.995:
                last = max(last, row["diameter"])
                break
    marks, notes = [], []
    row = next(one for one in answer.doses.preparations if one["id"] == names[0])
    for key, text in (("d10_nm", "D10"), ("d50_nm", "D50"), ("d90_nm", "D90")):
        if row.get(key):
            marks.append(line_up(row[key]))
            notes.append(
                note(
                    f"{text} {number_text(row[key])}",
                    row[key],
                    1.0,
                    12,
                    SOFT,
                    yref="paper",
                    yanchor="bottom",
                    textangle=-40,
                    xanchor="left",
                )
            )
    layout = base_layout(
        380, xaxis=linear_axis("Diameter, nm", range=[0, 1.05 * last]),
        yaxis=linear_axis("Particles, % per nm", rangemode="tozero"), shapes=marks, annotations=notes,
        margin={"l": 70, "r": 40, "t": 64, "b": 62},
    )  # fmt: skip
    return Figure(
        "sizes", "Particle sizes",
        "Share of particles per nanometre of diameter, as counted by particle tracking. Dotted lines: diameters below which "
        "10, 50 and 90 % of the particles lie.",
        "A peak well above 200 nm, or a second one: aggregates or larger particles. Tracking sees few particles below about "
        "50 nm, whatever is there.",
        f"Distribution of particle diameters, mean {number_text(row['mean_nm'])} nm.",
        [Panel(traces, layout, {}, {**NARROW, "margin": {"l": 54, "r": 30, "t": 60, "b": 56}})],
        [Key(name, name, STROKES[(place + 1) % len(STROKES)].colour, "none") for place,
            name in enumerate(names)] if len(names) > 1 else [],
    )  # fmt: skip


def courses_figure(answer: LabAnswer) -> Figure | None:
    """Signal over time by dose, a panel per arm, where plates were read more than once."""
    rows = answer.data.courses if answer.data is not None else []
    arms = list(dict.fromkeys(row["arm"] for row in rows))[:MOST_COURSES]
    if not arms:
        return None
    top = max(row["signal"] for row in rows)
    panels = []
    doses = sorted({row["dose"] for row in rows})
    for arm in arms:
        traces: list[Trace] = []
        for dose in doses:
            mine = sorted((row for row in rows if row["arm"] == arm and row["dose"] == dose), key=lambda row: row["hours"])
            times = sorted({row["hours"] for row in mine})
            means = [
                sum(row["signal"] for row in mine if row["hours"] == hours) / sum(row["hours"] == hours for row in mine)
                for hours in times
            ]
            share = doses.index(dose) / max(len(doses) - 1, 1)
            colour = f"rgb({int(20 + 190 * share)},{int(60 + 60 * (1 - share))},{int(150 - 120 * share)})"
            traces.append({
                "type": "scatter", "mode": "lines", "x": rounded(times), "y": rounded(means),
                "line": {"color": colour, "width": 2},
                "name": f"{dose:g} {shown(answer.meta.dose_unit)}",
                "hovertemplate": f"{dose:g} {shown(answer.meta.dose_unit)}, %{{x:.3g}} h: %{{y:.3g}}<extra></extra>",
            })  # fmt: skip
        layout = base_layout(
            360,
            xaxis=linear_axis("Time, h"),
            yaxis=linear_axis(
                f"Signal ({answer.meta.readout.kind})", range=[min(0.0, min(row["signal"] for row in rows)), 1.06 * top]
            ),
        )
        panels.append(Panel(traces, layout, {}, NARROW, arm_label(answer, arm)))
    return Figure(
        "courses", "Readings over time", "Mean signal of each dose, blanks of the same time subtracted, from blue "
            "(untreated) to red (the highest dose).",
        "Curves that bend late: the reading that is analysed may be too early.", "Signal against time by dose and arm.", panels,
    )  # fmt: skip


def effects_figure(answer: LabAnswer) -> Figure | None:
    """Folds and ratios of the sample tables."""
    rows = [row for row in answer.effects.rows if row["unit"] in ("fold", "ratio") and row["value"]]
    if not rows:
        return None
    strokes = lab_strokes(answer)
    entries = [(f"{row['what']}, {arm_label(answer, row['arm'])}", row, strokes[row["arm"]]) for row in rows]
    return _forest("effects", "What the other assays say", entries, "Ratio to the reference arm", [
        "Folds (qPCR), intensities (cytometry), counts (transwell) and volumes (calipers) of an arm over the reference arm, "
        "with 95 % intervals between samples.",
        "A mark without a bar comes from fewer than two samples: nothing is known of its scatter.",
    ])  # fmt: skip


def tumours_figure(answer: LabAnswer) -> Figure | None:
    """Volumes of single tumours."""
    rows = [row for row in answer.effects.tumours if row["volume"] and row["volume"] > 0]
    if not rows:
        return None
    strokes = lab_strokes(answer)
    traces: list[Trace] = []
    for arm, animal in dict.fromkeys((row["arm"], row["animal"]) for row in rows):
        mine = sorted((row for row in rows if (row["arm"], row["animal"]) == (arm, animal)), key=lambda row: row["day"])
        traces.append({
            "type": "scatter", "mode": "lines+markers", "x": rounded([row["day"] for row in mine]),
            "y": rounded([row["volume"] for row in mine]),
            "line": {"color": strokes[arm].colour, "width": 1.3, "dash": strokes[arm].dash}, "marker": mark(strokes[arm], 5),
            "legendgroup": arm, "name": shown(arm_label(answer, arm)),
            "hovertemplate": f"{shown(arm_label(answer, arm))}, {shown(str(animal))}, day %{{x:g}}: %{{y:.3g}}<extra></extra>",
        })  # fmt: skip
    volumes = [row["volume"] for row in rows]
    layout = base_layout(
        420, xaxis=linear_axis("Day"), yaxis=log_axis("Tumour volume, mm³", min(volumes) / 1.3, max(volumes) * 1.3)
    )
    return Figure(
        "tumours", "Tumour volumes", "Each line is an animal; volume is length x width² / 2. On a logarithmic axis a "
            "straight line is exponential growth.",
        "Lines of one colour that lie apart from those of the other.", "Tumour volume against day by animal.",
        [Panel(traces, layout, {}, NARROW)], _keys(answer, {row["arm"] for row in rows}),
    )  # fmt: skip
