"""Figures of effects: dose-response curves, IC50 per arm, vesicle titration, drivers of the shift."""

from __future__ import annotations

import math
from typing import Any

from exoresist.report.drawing import (
    Figure,
    Key,
    Layout,
    Panel,
    Trace,
    band,
    base_layout,
    curve,
    linear_axis,
    log_axis,
    note,
    rounded,
    row_layouts,
    shown,
    span,
)
from exoresist.report.palette import AVAILABLE, INK, NEEDED, SOFT, Stroke, arm_strokes, transparent
from exoresist.report.wording import (
    MISSING,
    arm_labels,
    estimate_text,
    finite,
    fold_text,
    interval_text,
    number_text,
    spoken,
    with_unit,
)
from exoresist.studies.answer import Answer, Estimate, Row

NO_SHIFT = {"color": SOFT, "width": 1.5, "dash": "dot"}


def arm_keys(answer: Answer, used: set[str]) -> list[Key]:
    """Legend entries of the arms that a figure shows, in the order of the scenario."""
    strokes, labels = arm_strokes(answer.arms), arm_labels(answer.arms)
    return [
        Key(labels[arm], arm, stroke.colour, stroke.mark, stroke.dash) for arm, stroke in strokes.items() if arm in used
    ]


def drug_name(answer: Answer) -> str:
    """The drug as the axes name it."""
    drugs = sorted({str(row["drug"]) for row in answer.ic50 if row.get("drug")})
    return spoken(" and ".join(drugs)) if drugs else "drug"


def dose_response(answer: Answer) -> Figure | None:
    """Survival against dose, one curve and band per arm."""
    rows = [row for row in answer.curves if (finite(row["dose"]) or 0) > 0 and finite(row["survival"]) is not None]
    doses = span([row["dose"] for row in rows], 1.15)
    if not rows or doses is None:
        return None
    strokes, labels = arm_strokes(answer.arms), arm_labels(answer.arms)
    bands: list[Trace] = []
    lines: list[Trace] = []
    for arm, stroke in strokes.items():
        own = sorted((row for row in rows if row["arm"] == arm), key=lambda row: float(row["dose"]))
        if not own:
            continue
        x = [row["dose"] for row in own]
        area = band(x, [row.get("low") for row in own], [row.get("high") for row in own], stroke.colour, arm, 0.13)
        bands += [area] if area else []
        hover = "%{x:,.3~g} nM: %{y:.1%} survive<extra>" + shown(labels[arm]) + "</extra>"
        lines.append(curve(x, [row["survival"] for row in own], labels[arm], stroke, arm, hover))
    top = max(
        [1.0] + [number for row in rows for key in ("survival", "high") if (number := finite(row.get(key))) is not None]
    )
    title = f"{drug_name(answer).capitalize()} in the medium (nM)"
    layout = base_layout(
        440,
        xaxis=log_axis(title, *doses),
        yaxis=linear_axis(
            "Survival (% of untreated)", range=[-0.02, top * 1.06], tickformat=".0%", tickvals=ticks_of_share(top)
        ),
        shapes=[line_across(0.5)],
        annotations=[
            note("half", 0.0, 0.5, xref="paper", xanchor="left", yanchor="bottom", xshift=4, colour=SOFT, size=13)
        ],
    )
    narrow = {
        "height": 360,
        "margin": {"l": 56, "r": 10, "t": 10, "b": 56},
        "font": {"size": 12},
        "xaxis": log_axis(title, *doses, most=5),
    }
    values = "; ".join(
        f"{labels.get(str(row['arm']), row['arm'])}: IC50 {with_unit(row.get('value'), str(row.get('unit') or 'nM'))}"
        for row in answer.ic50
    )
    return Figure(
        "dose-response",
        "Survival against dose",
        "Cells alive at the end of the assay, as a share of the untreated cells of the same arm. Lines are the central parameter values; "
        "bands hold 90 % of the draws from the parameter ranges.",
        "A curve moved to the right means cells that withstand more drug. Where a curve crosses the dotted line is its IC50. "
        "Bands that overlap over their whole length are arms this model cannot tell apart.",
        f"Line chart of survival against {drug_name(answer)} dose on a logarithmic axis. {values}.",
        [Panel(bands + lines, layout, {}, narrow)],
        arm_keys(answer, {str(row["arm"]) for row in rows}),
    )


def ticks_of_share(top: float) -> list[float]:
    """Ticks at every quarter, or coarser when survival exceeds the untreated by far."""
    step = 0.25 if top <= 1.6 else 0.5 if top <= 3 else math.ceil(top / 5)
    return [step * number for number in range(int(top / step) + 1)]


def line_across(y: float) -> Layout:
    """A dotted line across the plot."""
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "yref": "y",
        "y0": y,
        "y1": y,
        "line": NO_SHIFT,
        "layer": "below",
    }


def line_up(x: float, colour: str = SOFT, dash: str = "dot", width: float = 1.5) -> Layout:
    """A line up the plot."""
    line = {"color": colour, "width": width, "dash": dash}
    return {
        "type": "line",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "xref": "x",
        "x0": x,
        "x1": x,
        "line": line,
        "layer": "below",
    }


def interval_point(row: Row, y: int, stroke: Stroke, group: str, label: str, unit: str) -> Trace | None:
    """One point with its interval; None where there is no value."""
    value = finite(row.get("value"))
    if value is None or value <= 0:
        return None
    low, high = finite(row.get("low")), finite(row.get("high"))
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": rounded([value]),
        "y": [y],
        "name": shown(label),
        "marker": {"color": stroke.colour, "symbol": stroke.mark, "size": 13, "line": {"color": "#ffffff", "width": 1}},
        "legendgroup": group,
        "hovertemplate": f"{shown(estimate_text(value, low, high, unit))}<extra></extra>",
    }
    if low is not None and high is not None and low > 0:
        ends = {"array": rounded([max(0.0, high - value)]), "arrayminus": rounded([max(0.0, value - low)])}
        trace["error_x"] = {
            "type": "data",
            "symmetric": False,
            "color": stroke.colour,
            "thickness": 2.5,
            "width": 7,
            **ends,
        }
    return trace


def potency(answer: Answer) -> Figure | None:
    """IC50 per arm as points with 90 % bars on a logarithmic axis."""
    strokes, labels = arm_strokes(answer.arms), arm_labels(answer.arms)
    rows = [row for arm in strokes for row in answer.ic50 if row["arm"] == arm]
    limits = span([row.get(key) for row in rows for key in ("value", "low", "high")], 1.35)
    if limits is None:
        return None
    unit = str(rows[0].get("unit") or "nM")
    several = len({(row.get("population"), row.get("drug")) for row in rows}) > 1
    names, values, traces = [], [], []
    for place, row in enumerate(rows):
        arm = str(row["arm"])
        extra = (
            f" ({spoken(str(row.get('population') or ''))}, {spoken(str(row.get('drug') or ''))})" if several else ""
        )
        names.append(labels[arm] + extra)
        missing = finite(row.get("value")) is None
        values.append("not reached" if missing else estimate_text(row["value"], row.get("low"), row.get("high"), unit))
        point = interval_point(row, len(rows) - 1 - place, strokes[arm], arm, names[-1], unit)
        traces += [point] if point else []
    title = f"IC50 of {drug_name(answer)} ({unit})"
    common, wide, narrow = row_layouts(names, values, log_axis(title, *limits), log_axis(title, *limits, most=6))
    reference = next((row for row in rows if row["arm"] == answer.shift_against and finite(row.get("value"))), None)
    if reference is not None:
        common["shapes"] = [line_up(float(reference["value"]))]
    missing_note = (
        " An arm without a point did not lose half of its cells within the doses tested."
        if "not reached" in values
        else ""
    )
    return Figure(
        "ic50",
        "Dose that leaves half of the cells",
        f"IC50 of each arm, with bars that hold 90 % of the draws; the axis is logarithmic. "
        f"{'The dotted line marks the arm that the shift is measured against.' if reference is not None else ''}{missing_note}",
        shift_in_words(answer, labels),
        f"Points with intervals. {'; '.join(f'{name}: {value}' for name, value in zip(names, values, strict=True))}.",
        [Panel(traces, common, wide, narrow)],
    )


def shift_in_words(answer: Answer, labels: dict[str, str]) -> str:
    """The named comparison in a sentence."""
    shift = answer.ic50_shift
    if shift is None or finite(shift.value) is None:
        return "The IC50 shift of this comparison could not be computed: one of its arms has no IC50."
    against, of = labels.get(answer.shift_against, answer.shift_against), labels.get(answer.shift_of, answer.shift_of)
    interval = interval_text(shift.low, shift.high)
    between = f" “{of}” against “{against}”" if of and against else ""
    return (
        f"The shift{between} is {fold_text(shift)}{f' (90 % interval {interval})' if interval else ''}; 1 means no shift. "
        "Arms share their draws, so the shift is known better than the bars alone suggest."
    )


def titration(answer: Answer) -> Figure | None:
    """IC50 fold against vesicles per cell, with vesicles available and needed."""
    rows = sorted(
        (
            row
            for row in answer.titration
            if (finite(row["vesicles_per_cell"]) or 0) > 0 and (finite(row["fold"]) or 0) > 0
        ),
        key=lambda row: float(row["vesicles_per_cell"]),
    )
    marks = [
        ("available", answer.vesicles_available, AVAILABLE, "solid"),
        ("needed for half the effect", answer.vesicles_needed, NEEDED, "dash"),
    ]
    there = [mark for mark in marks if mark[1] is not None and (finite(mark[1].value) or 0) > 0]
    limits = span([row["vesicles_per_cell"] for row in rows] + [mark[1].value for mark in there if mark[1]], 1.6)
    if not rows or limits is None:
        return None
    x = [row["vesicles_per_cell"] for row in rows]
    area = band(x, [row.get("low") for row in rows], [row.get("high") for row in rows], INK, "fold", 0.12)
    hover = "%{x:,.3~g} vesicles per cell: %{y:.3~g}-fold<extra></extra>"
    line = curve(x, [row["fold"] for row in rows], "IC50 fold", Stroke(INK, "circle", "solid"), "fold", hover)
    folds = [number for row in rows for key in ("fold", "low", "high") if (number := finite(row.get(key))) is not None]
    shapes: list[Layout] = [line_across(1.0)]
    notes = {True: [], False: []}  # type: dict[bool, list[Layout]]
    for tier, (word, estimate, colour, dash) in enumerate(there):
        assert estimate is not None and estimate.value is not None
        shapes += vertical_mark(estimate, colour, dash, limits)
        for wide in (True, False):
            notes[wide].append(mark_note(word, estimate, colour, tier, limits, wide))
    gap = gap_arrow(answer, there, limits)
    shapes += gap[0]
    notes[True] += gap[1]
    notes[False] += gap[1]
    title = "Vesicles added per recipient cell"
    layout = base_layout(470, xaxis=log_axis(title, *limits), yaxis=fold_axis(folds), shapes=shapes)
    narrow = {
        "height": 420,
        "margin": {"l": 56, "r": 12, "t": 112, "b": 56},
        "font": {"size": 12},
        "xaxis": log_axis(title, *limits, most=5),
        "annotations": notes[False],
    }
    missing = "" if len(there) == 2 else " One of the two marks is missing: within the range examined it has no value."
    return Figure(
        "titration",
        "How many vesicles it takes",
        "IC50 fold of recipients given purified vesicles, against the number given. The band holds 90 % of the draws. Vertical lines: vesicles "
        f"that the donors can supply, and vesicles needed for half of the greatest effect, with 90 % intervals as shaded columns.{missing}",
        f"Needed left of available: donors supply enough. Needed right of available: they do not, and the distance is the dose gap, here "
        f"{fold_text(answer.dose_gap)}{gap_interval(answer)}.",
        f"Curve of IC50 fold against vesicles per cell, both with bands. Available: {estimate_words(answer.vesicles_available)}. "
        f"Needed: {estimate_words(answer.vesicles_needed)}.",
        [
            Panel(
                [area, line] if area else [line],
                layout,
                {"margin": {"l": 76, "r": 24, "t": 96, "b": 62}, "annotations": notes[True]},
                narrow,
            )
        ],
    )


def gap_interval(answer: Answer) -> str:
    """` (90 % interval a-b)` of the dose gap, or nothing."""
    gap = answer.dose_gap
    interval = interval_text(gap.low, gap.high) if gap else ""
    return f" (90 % interval {interval})" if interval else ""


def estimate_words(estimate: Estimate | None) -> str:
    """An estimate as text for those who do not see the figure."""
    return MISSING if estimate is None else estimate_text(estimate.value, estimate.low, estimate.high, estimate.unit)


def fold_axis(folds: list[float]) -> Layout:
    """Fold axis: linear, or logarithmic when it spans more than a factor of ten."""
    title, low, high = "IC50 fold (1 = no shift)", min([*folds, 1.0]), max([*folds, 1.0])
    if high / max(low, 1e-9) > 10 and low > 0:
        return log_axis(title, low / 1.15, high * 1.15)
    room = max(0.06 * (high - low), 0.02)
    return linear_axis(title, range=[low - room, high + room])


def vertical_mark(estimate: Estimate, colour: str, dash: str, limits: tuple[float, float]) -> list[Layout]:
    """A column from low to high, cut at the axis ends, and a line at the value."""
    low, high = finite(estimate.low), finite(estimate.high)
    marks = [line_up(float(estimate.value or 0), colour, dash, 2.5)]
    if low is not None and high is not None and high > 0:
        ends = {"x0": max(low, limits[0]), "x1": min(high, limits[1])}
        fill = {"fillcolor": transparent(colour, 0.12), "line": {"width": 0}, "layer": "below"}
        marks.insert(0, {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "xref": "x", **ends, **fill})
    return marks


def mark_note(word: str, estimate: Estimate, colour: str, tier: int, limits: tuple[float, float], wide: bool) -> Layout:
    """The text above a vertical mark. Each mark has its own tier, so that near marks cannot overlap."""
    place = math.log10(float(estimate.value or 1) / limits[0]) / math.log10(limits[1] / limits[0])
    anchor = "left" if place < (0.25 if wide else 0.4) else "right" if place > (0.75 if wide else 0.6) else "center"
    interval = interval_text(estimate.low, estimate.high)
    text = f"<b>{word}</b> {number_text(estimate.value)}" + (f" ({interval})" if interval else "")
    size = 14 if wide else 12
    x = math.log10(float(estimate.value or 1))
    return note(
        text,
        x,
        1.0,
        size,
        colour,
        yref="paper",
        yanchor="bottom",
        xanchor=anchor,
        yshift=(6 if tier else 30) if wide else (4 if tier else 26),
    )


def gap_arrow(answer: Answer, there: list[Any], limits: tuple[float, float]) -> tuple[list[Layout], list[Layout]]:
    """An arrow above the plot from available to needed, with the dose gap written on it."""
    if len(there) < 2 or answer.dose_gap is None or finite(answer.dose_gap.value) is None:
        return [], []
    start, end = (math.log10(mark[1].value) for mark in there)
    arrow = {
        "x": end, "y": 1.0, "xref": "x", "yref": "paper", "ax": start, "axref": "x", "ay": 0, "ayref": "pixel", "yshift": 58, "text": "",
        "showarrow": True, "arrowhead": 2, "arrowsize": 1.2, "arrowwidth": 1.6, "arrowcolor": INK,
    }  # fmt: skip
    middle = (start + end) / 2
    place = (middle - math.log10(limits[0])) / math.log10(limits[1] / limits[0])
    anchor = "left" if place < 0.2 else "right" if place > 0.8 else "center"
    text = note(
        f"dose gap <b>{fold_text(answer.dose_gap)}</b>",
        middle,
        1.0,
        14,
        INK,
        yref="paper",
        yanchor="bottom",
        xanchor=anchor,
        yshift=62,
    )
    return [], [arrow, text]


def drivers(answer: Answer, most: int = 12) -> Figure | None:
    """The parameters whose own range moves the shift most: low end to high end, sorted."""
    rows = [
        row
        for row in answer.drivers
        if finite(row.get("low_effect")) is not None and finite(row.get("high_effect")) is not None
    ]
    rows = sorted(rows, key=lambda row: -abs(float(row["high_effect"]) - float(row["low_effect"])))[:most]
    if not rows:
        return None
    effects = [float(row[key]) for row in rows for key in ("low_effect", "high_effect")]
    centre = finite(answer.ic50_shift.value) if answer.ic50_shift else None
    everything = effects + ([centre] if centre is not None else [])
    labels = [
        spoken(str(row["name"])) + (f" ({spoken(str(row['subject']))})" if row.get("subject") else "") for row in rows
    ]
    values = [f"{number_text(row['low_effect'])} → {number_text(row['high_effect'])}" for row in rows]
    title = "IC50 shift with this parameter alone at the end of its range"
    limits = span(everything, 1.12)
    if min(everything) > 0 and max(everything) / min(everything) > 10 and limits:
        axis, narrow_axis = log_axis(title, *limits), log_axis(title, *limits, most=5)
    else:
        room = 0.05 * (max(everything) - min(everything)) or 0.05
        axis = narrow_axis = linear_axis(title, range=[min(everything) - room, max(everything) + room])
    narrow_axis = {**narrow_axis, "title": {**narrow_axis["title"], "text": "IC50 shift at either end of the range"}}
    common, wide, narrow = row_layouts(labels, values, axis, narrow_axis, per_row=46)
    if centre is not None:
        common["shapes"] = [line_up(centre)]
    return Figure(
        "drivers",
        "What the answer hangs on",
        "IC50 shift when one parameter alone is moved to the low end (open mark) and to the high end (filled mark) of its range, all others at "
        "their central values. The dotted line is the central shift.",
        "The longest bars at the top are the measurements worth making first. A bar that crosses 1 can turn the answer.",
        "Tornado chart. " + "; ".join(f"{label}: {value}" for label, value in zip(labels, values, strict=True)) + ".",
        [Panel(driver_traces(rows, values), common, wide, narrow)],
    )


def driver_traces(rows: list[Row], values: list[str]) -> list[Trace]:
    """A line with an open mark at the low end and a filled one at the high end, per row."""
    traces: list[Trace] = []
    for place, (row, value) in enumerate(zip(rows, values, strict=True)):
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": rounded([row["low_effect"], row["high_effect"]]),
                "y": [len(rows) - 1 - place] * 2,
                "line": {"color": AVAILABLE, "width": 7},
                "marker": {
                    "size": 14,
                    "color": ["#ffffff", AVAILABLE],
                    "line": {"color": AVAILABLE, "width": 2.5},
                    "opacity": 1,
                },
                "hovertemplate": f"{shown(value)}<extra></extra>",
            }
        )
    return traces
