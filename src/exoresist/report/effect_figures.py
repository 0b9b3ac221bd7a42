"""Figures of effects: dose-response curves, IC50 per arm, vesicle titration, drivers of the shift."""

from __future__ import annotations

import math

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
    line_across,
    line_up,
    linear_axis,
    log_axis,
    mark,
    note,
    rounded,
    shown,
    span,
)
from exoresist.report.overlap import coinciding, importance, nested, overlap_words, uncovered
from exoresist.report.palette import AVAILABLE, SOFT, Stroke, arm_strokes
from exoresist.report.rows import RowText, row_layouts
from exoresist.report.wording import (
    NULL,
    VISIBLE,
    arm_labels,
    change_text,
    estimate_text,
    finite,
    fold_text,
    number_text,
    ratio_interval,
    ratio_text,
    spoken,
    subject_text,
    with_unit,
)
from exoresist.studies.answer import Answer, Row


def dose_response(answer: Answer) -> Figure | None:
    """Survival against dose, one curve and band per arm."""
    rows = [row for row in answer.curves if (finite(row["dose"]) or 0) > 0 and finite(row["survival"]) is not None]
    doses = span([row["dose"] for row in rows], 1.15)
    if not rows or doses is None:
        return None
    strokes, labels = arm_strokes(answer.arms), arm_labels(answer.arms)
    lines: dict[str, Trace] = {}
    edges: dict[str, dict[float, tuple[float, float]]] = {}
    for arm, stroke in strokes.items():
        own = sorted((row for row in rows if row["arm"] == arm), key=lambda row: float(row["dose"]))
        if not own:
            continue
        x = [row["dose"] for row in own]
        hover = "%{x:,.3~g} nM: %{y:.1%} survive<extra>" + shown(labels[arm]) + "</extra>"
        lines[arm] = curve(x, [row["survival"] for row in own], labels[arm], stroke, arm, hover)
        ends = [(float(row["dose"]), finite(row.get("low")), finite(row.get("high"))) for row in own]
        edges[arm] = {dose: (low, high) for dose, low, high in ends if low is not None and high is not None}
    groups = coinciding({arm: dict(zip(line["x"], line["y"], strict=True)) for arm, line in lines.items()}, 0.015)
    nested(lines, groups)
    drawn, hidden = uncovered(edges, importance(answer))
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
    top = max([1.0] + [number for row in rows for key in ("survival", "high") if (number := finite(row.get(key))) is not None])
    title = f"{drug_name(answer).capitalize()} in the medium (nM)"
    layout = base_layout(
        440,
        xaxis=log_axis(title, *doses),
        yaxis=linear_axis("Survival (% of untreated)", range=[-0.02, top * 1.06], tickformat=".0%", tickvals=ticks_of_share(top)),
        shapes=[line_across(0.5)],
        annotations=[note("half", 0.0, 0.5, xref="paper", xanchor="left", yanchor="bottom", xshift=4, colour=SOFT, size=13)],
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
        "Cells alive at the end of the assay, as a share of the untreated cells of the same arm. Lines are the central "
        "parameter values; bands hold 90 % of the draws from the parameter ranges." + overlap_words(groups, hidden, labels),
        "A curve further right means cells that withstand more drug. Arms whose curves coincide would not be told "
        "apart on a plate. The dotted line is half of the untreated.",
        f"Line chart of survival against {drug_name(answer)} dose on a logarithmic axis. {values}.",
        [Panel([*bands, *lines.values()], layout, {}, narrow)],
        arm_keys(answer, {str(row["arm"]) for row in rows}),
    )


def ticks_of_share(top: float) -> list[float]:
    """Ticks at every quarter, or coarser when survival exceeds the untreated by far."""
    step = 0.25 if top <= 1.6 else 0.5 if top <= 3 else math.ceil(top / 5)
    return [step * number for number in range(int(top / step) + 1)]


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
        "marker": mark(stroke, 13),
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
    shifts = {str(row["arm"]): row for row in answer.shifts}
    references = {str(row["id"]) for row in answer.arms if row.get("role") == "reference"}
    texts: list[RowText] = []
    traces: list[Trace] = []
    for place, row in enumerate(rows):
        arm = str(row["arm"])
        alone = sum(other["arm"] == arm for other in rows) == 1
        value = estimate_text(row.get("value"), row.get("low"), row.get("high"), unit)
        missing = finite(row.get("value")) is None
        texts.append(
            RowText(
                labels[arm],
                "not reached" if missing else value,
                "" if alone else ", ".join(spoken(str(row[key])) for key in ("population", "drug") if row.get(key)),
                "" if missing or not alone or arm in references else shift_text(shifts.get(arm)),
            )
        )
        point = interval_point(row, len(rows) - 1 - place, strokes[arm], arm, labels[arm], unit)
        traces += [point] if point else []
    title = f"IC50 of {drug_name(answer)} ({unit})"
    wide_ticks = 7 if limits[1] < 1e5 else 5
    common, wide, narrow = row_layouts(
        texts, log_axis(title, *limits, most=wide_ticks), log_axis(title, *limits, most=min(6, wide_ticks)), 62
    )
    reference = next((row for row in rows if row["arm"] == answer.shift_against and finite(row.get("value"))), None)
    caption = f"IC50 of each arm ({unit}), with bars that hold 90 % of the draws; the axis is logarithmic."
    if any(text.value_aside for text in texts):
        caption += " Beneath each number its ratio to the reference arm."
    if reference is not None:
        common["shapes"] = [line_up(float(reference["value"]))]
        caption += " The dotted line marks the arm that the shift is measured against."
    if any(text.value != "not reached" and "(" not in text.value for text in texts):
        caption += " A number without an interval is the same in every draw."
    if any(text.value == "not reached" for text in texts):
        caption += " An arm without a point has no IC50 within the doses tested."
    return Figure(
        "ic50",
        "Dose that leaves half of the cells",
        caption,
        shift_in_words(answer, labels),
        f"Points with intervals. {'; '.join(text.words() for text in texts)}.",
        [Panel(traces, common, wide, narrow)],
    )


def shift_text(row: Row | None) -> str:
    """`1.09x (1.01-1.2)`, typeset; empty where there is no ratio."""
    value = finite(row.get("value")) if row else None
    if row is None or value is None:
        return ""
    interval = ratio_interval(row.get("low"), row.get("high"))
    return f"{ratio_text(value)}×" + (f" ({interval})" if "–" in interval else "")


def shift_in_words(answer: Answer, labels: dict[str, str]) -> str:
    """The named comparison in a sentence."""
    shift = answer.ic50_shift
    if shift is None or finite(shift.value) is None:
        return "The IC50 shift of the named comparison has no value here."
    against, of = labels.get(answer.shift_against, answer.shift_against), labels.get(answer.shift_of, answer.shift_of)
    interval = ratio_interval(shift.low, shift.high)
    between = f" “{of}” against “{against}”" if of and against else ""
    if interval == "1":
        return f"The shift{between} is 1 in every draw: there is none. The dotted line runs through both."
    return (
        f"The shift{between} is {fold_text(shift)}{f' (90 % interval {interval})' if interval else ''}; 1 is no shift. "
        "Arms share their draws, so judge by the interval of the shift, not by the overlap of the bars."
    )


def drivers(answer: Answer, most: int = 12) -> Figure | None:
    """The parameters whose own range moves the shift most: low end to high end, sorted."""
    rows = [
        row for row in answer.drivers if finite(row.get("low_effect")) is not None and finite(row.get("high_effect")) is not None
    ]
    rows = sorted(rows, key=lambda row: -abs(float(row["high_effect"]) - float(row["low_effect"])))[:most]
    effects = [float(row[key]) for row in rows for key in ("low_effect", "high_effect")]
    if not rows or max(abs(effect - 1.0) for effect in effects) < NULL:
        return None
    centre = finite(answer.ic50_shift.value) if answer.ic50_shift else None
    everything = effects + ([centre] if centre is not None else [])
    invisible = max(abs(effect - 1.0) for effect in everything) < VISIBLE
    number = change_text if invisible else ratio_text
    texts = [
        RowText(
            spoken(str(row["name"])).capitalize(),
            f"{number(row['low_effect'])} → {number(row['high_effect'])}",
            subject_text(str(row.get("subject") or "")),
        )
        for row in rows
    ]
    title = "IC50 shift with this parameter alone at the end of its range"
    limits = span(everything, 1.12)
    if invisible:
        title = "Change of the IC50 with this parameter alone at the end of its range (%)"
        axis = narrow_axis = percent_axis(title, everything)
    elif min(everything) > 0 and max(everything) / min(everything) > 10 and limits:
        axis, narrow_axis = log_axis(title, *limits), log_axis(title, *limits, most=5)
    else:
        room = 0.05 * (max(everything) - min(everything)) or 0.05
        axis = narrow_axis = linear_axis(title, range=[min(everything) - room, max(everything) + room])
    narrow_axis = {
        **narrow_axis,
        "title": {
            **narrow_axis["title"],
            "text": "Change of the IC50 (%)" if invisible else "IC50 shift at either end",
        },
    }
    common, wide, narrow = row_layouts(texts, axis, narrow_axis, 54)
    if centre is not None:
        common["shapes"] = [line_up(centre)]
    return Figure(
        "drivers",
        "What the answer hangs on",
        "IC50 shift when one parameter alone is moved to the low end (open mark) and the high end (filled mark) of its "
        "range, all others at their central values. The dotted line is the central shift.",
        "No single number within its range makes the shift visible: all bars end within 10 %."
        if invisible
        else "The long bars at the top are the measurements worth making first. A bar that crosses 1 can turn the answer.",
        "Tornado chart. " + "; ".join(text.words() for text in texts) + ".",
        [Panel(driver_traces(rows, [text.value for text in texts]), common, wide, narrow)],
    )


def percent_axis(title: str, ratios: list[float]) -> Layout:
    """An axis of ratios near 1, ticked as changes in per cent."""
    low, high = min([*ratios, 1.0]), max([*ratios, 1.0])
    room = 0.05 * (high - low)
    step = 10.0 ** math.floor(math.log10(high - low))
    step = next(factor * step for factor in (0.2, 0.5, 1, 2, 5) if (high - low) / (factor * step) <= 6)
    first, last = math.ceil((low - 1.0 - room) / step), math.floor((high - 1.0 + room) / step)
    ticks = [1.0 + step * number for number in range(first, last + 1)]
    texts = [number_text(float(f"{100.0 * step * number:.3g}")) for number in range(first, last + 1)]
    return linear_axis(title, range=[low - room, high + room], tickvals=ticks, ticktext=texts)


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
