"""Figures of a cohort: time to progression with numbers at risk, best response, burden, ROC of the markers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from exoresist.report.drawing import (
    Figure,
    Key,
    Layout,
    Panel,
    Trace,
    band,
    base_layout,
    line_across,
    linear_axis,
    log_axis,
    note,
    rounded,
    shown,
)
from exoresist.report.palette import DASHES, SOFT, STROKES, Stroke, arm_strokes, transparent
from exoresist.report.wording import arm_labels, number_text, spoken
from exoresist.studies.answer import Row

if TYPE_CHECKING:
    from exoresist.studies.cohort_answer import CohortAnswer

EVENTS = {"progression": "Without progression", "death": "Alive"}
QUESTIONS = {"diagnostic": "Patient or healthy", "predictive": "Does not respond", "prognostic": "Progresses early"}
READING_DASHES = {
    "all vesicles of the fluid": "dot",
    "captured vesicles of the tumour": "solid",
    "the load of a captured vesicle": "dash",
}
SENSITIVE, RESISTANT = "#0072B2", "#D55E00"
MOST_GROWTH = 60.0  # per cent; taller ones are cut
BOTTOM = 0.34  # share of the plot that the numbers at risk take


def cohort_figures(answer: CohortAnswer) -> dict[str, Figure]:
    """Figures of the page, in its order."""
    drawn = [survival_figure(answer), waterfall_figure(answer), burden_figure(answer), roc_figure(answer)]
    return {figure.id: figure for figure in drawn}


def cohort_strokes(answer: CohortAnswer) -> dict[str, Stroke]:
    """Strokes of the arms, each with a dash of its own: curves that lie on each other must show that there are two."""
    strokes = arm_strokes(answer.arms)
    return {arm: replace(stroke, dash=DASHES[place % len(DASHES)]) for place, (arm, stroke) in enumerate(strokes.items())}


def _keys(answer: CohortAnswer) -> list[Key]:
    strokes, labels = cohort_strokes(answer), arm_labels(answer.arms)
    return [Key(labels[arm], arm, stroke.colour, "none", stroke.dash) for arm, stroke in strokes.items()]


def survival_figure(answer: CohortAnswer) -> Figure:
    """Kaplan-Meier curves of every arm, one panel per event, the numbers at risk under each."""
    panels = [_survival_panel(answer, event, title) for event, title in EVENTS.items()]
    return Figure(
        "survival",
        "Time to progression, and to death",
        "Kaplan-Meier estimates over the virtual patients of each arm, with 90 % bands (Greenwood, log-log). Progression is seen on "
        "scans, hence the steps, and a death before it counts as well; patients who leave the study or have come late to it are censored. "
        "The numbers below are patients still followed and without the event.",
        "Curves that lie on each other: the treatment changes nothing that a trial of this size could see. Bands widen where few patients "
        "are left.",
        "Two plots of the share of patients without progression and alive against time, by arm. " + answer.sentences[0],
        panels,
        _keys(answer),
    )


def _survival_panel(answer: CohortAnswer, event: str, title: str) -> Panel:
    strokes = cohort_strokes(answer)
    traces: list[Trace] = []
    last = max((float(row["time"]) for row in answer.at_risk), default=1.0)
    for arm, stroke in strokes.items():
        rows = [row for row in answer.curves if row["arm"] == arm and row["event"] == event]
        corners, low = _stepped(rows, "low")
        area = band(corners, low, _stepped(rows, "high")[1], stroke.colour, arm, 0.10)
        traces += [area] if area else []
        traces.append({
            "type": "scatter", "mode": "lines", "x": rounded([row["time"] for row in rows]),
            "y": rounded([100.0 * float(row["share"]) for row in rows]), "name": shown(arm_labels(answer.arms)[arm]),
            "line": {"color": stroke.colour, "width": 2.4, "dash": stroke.dash, "shape": "hv"}, "legendgroup": arm,
            "hovertemplate": f"{shown(arm_labels(answer.arms)[arm])}<br>day %{{x:.0f}}: %{{y:.0f}} %<extra></extra>",
        })  # fmt: skip
    traces += _risk_traces(answer, event, strokes)
    count = len(strokes)
    marks = sorted({float(row["time"]) for row in answer.at_risk})
    every = [mark_ for index, mark_ in enumerate(marks) if index % 2 == 0]
    layout = base_layout(
        380 + 20 * count,
        xaxis=linear_axis("Days from the start of treatment", range=[-0.075 * last, 1.05 * last], tickvals=every, anchor="y2"),
        yaxis=linear_axis(f"{title}, %", range=[0, 103], domain=[BOTTOM, 1.0]),
        yaxis2={
            "domain": [0.0, BOTTOM - 0.06], "range": [count - 0.4, -0.6], "showgrid": False, "zeroline": False, "fixedrange": True,
            "tickvals": list(range(count)), "ticks": "", "automargin": True, "anchor": "x",
            "ticktext": [f'<span style="color:{stroke.colour}">■</span>' for stroke in strokes.values()],
        },
        annotations=[note("At risk", 0, BOTTOM - 0.055, 12, SOFT, xref="paper", yref="paper", xanchor="left", yanchor="bottom")],
    )  # fmt: skip
    narrow: Layout = {"height": 330 + 18 * count, "margin": {"l": 54, "r": 10, "t": 10, "b": 54}, "font": {"size": 12}}
    return Panel(traces, layout, {}, narrow, title)


def _stepped(rows: list[Row], column: str) -> tuple[list[float], list[float]]:
    """A step function's corners, in per cent: a band drawn between points would cut them."""
    times: list[float] = []
    values: list[float] = []
    for row in rows:
        if times:
            times.append(float(row["time"]))
            values.append(values[-1])
        times.append(float(row["time"]))
        values.append(100.0 * float(row[column]))
    return times, values


def _risk_traces(answer: CohortAnswer, event: str, strokes: dict[str, Stroke]) -> list[Trace]:
    traces: list[Trace] = []
    for place, (arm, stroke) in enumerate(strokes.items()):
        rows = [row for row in answer.at_risk if row["arm"] == arm and row["event"] == event]
        kept = [row for index, row in enumerate(rows) if index % 2 == 0]
        traces.append({
            "type": "scatter", "mode": "text", "x": [row["time"] for row in kept], "y": [place] * len(kept), "yaxis": "y2",
            "text": [str(row["patients"]) for row in kept], "textfont": {"size": 11.5, "color": stroke.colour}, "hoverinfo": "skip",
            "legendgroup": arm, "cliponaxis": False,
        })  # fmt: skip
    return traces


def waterfall_figure(answer: CohortAnswer) -> Figure:
    """Best change of every patient's tumour, sorted within those with and without resistant cells."""
    arms = [arm for arm in dict.fromkeys((answer.reference, answer.compared)) if arm]
    labels = arm_labels(answer.arms)
    panels = []
    for arm in arms:
        traces: list[Trace] = []
        for carries, colour, name, dash in ((True, RESISTANT, "carriers", "solid"), (False, SENSITIVE, "others", "dash")):
            changes = [
                float(row["best_change"]) for row in answer.patients if row["arm"] == arm and bool(row["carries"]) == carries
            ]
            changes.sort(reverse=True)
            traces.append({
                "type": "scatter", "mode": "lines", "x": rounded([100.0 * (at + 0.5) / len(changes) for at in range(len(changes))]),
                "y": rounded([min(100.0 * change, MOST_GROWTH) for change in changes]), "legendgroup": name, "name": name,
                "line": {"color": colour, "width": 2.2, "dash": dash, "shape": "hvh"}, "fill": "tozeroy",
                "fillcolor": transparent(colour, 0.18), "hovertemplate": "%{x:.0f} % of patients: %{y:.0f} %<extra></extra>",
            })  # fmt: skip
        layout = base_layout(
            360,
            xaxis=linear_axis("Patients from worst to best, %", range=[0, 100], dtick=25),
            yaxis=linear_axis("Best change of the diameter, %", range=[-104, MOST_GROWTH + 4.0], dtick=25, tick0=-100),
            shapes=[line_across(-30.0), line_across(20.0)],
        )
        narrow: Layout = {"height": 300, "margin": {"l": 56, "r": 10, "t": 10, "b": 50}, "font": {"size": 12}}
        panels.append(Panel(traces, layout, {}, narrow, labels[arm]))
    return Figure(
        "waterfall",
        "Best response of every patient",
        "A waterfall of all virtual patients, sorted within those with resistant cells at the start and those without: the least diameter "
        "on a later scan, up to progression, against that before treatment. Tumours that only grow lie above zero. Dotted lines: partial "
        "response at -30 %, and +20 %.",
        "Where the two curves lie on each other, it is not the resistant clone that decides who responds.",
        "Curves of the best change in tumour diameter, sorted, by whether the tumour had resistant cells.",
        panels,
        [
            Key("resistant cells at the start", "carriers", RESISTANT, "none", "solid"),
            Key("none at the start", "others", SENSITIVE, "none", "dash"),
        ],
    )


def burden_figure(answer: CohortAnswer) -> Figure:
    """Median tumour burden over time by arm, with the reference arm's range over patients."""
    strokes, labels = cohort_strokes(answer), arm_labels(answer.arms)
    lowest = [float(row["low" if row["arm"] == answer.reference else "median"]) for row in answer.burden]
    floor = max(1.0, 0.3 * min(lowest, default=1.0))
    traces: list[Trace] = []
    for arm, stroke in strokes.items():
        rows = [row for row in answer.burden if row["arm"] == arm]
        times = [row["time"] for row in rows]
        if arm == answer.reference:
            low, high = ([max(float(row[end]), floor) for row in rows] for end in ("low", "high"))
            area = band(times, low, high, stroke.colour, arm, 0.10)
            traces += [area] if area else []
        traces.append({
            "type": "scatter", "mode": "lines", "x": rounded(times),
            "y": rounded([max(float(row["median"]), floor) for row in rows]), "name": shown(labels[arm]), "legendgroup": arm,
            "line": {"color": stroke.colour, "width": 2.4, "dash": stroke.dash},
            "hovertemplate": f"{shown(labels[arm])}<br>day %{{x:.0f}}: %{{y:.2g}} cells<extra></extra>",
        })  # fmt: skip
    top = max((float(row["high"]) for row in answer.burden), default=1e12)
    layout = base_layout(
        400,
        xaxis=linear_axis("Days from the start of treatment"),
        yaxis=log_axis("Tumour cells", floor, 2.0 * top, 7),
    )
    narrow: Layout = {"height": 320, "margin": {"l": 62, "r": 10, "t": 10, "b": 52}, "font": {"size": 12}}
    return Figure(
        "burden",
        "Tumour cells over time",
        "Median over patients of each arm; the band holds 90 % of the patients of the reference arm. Below one cell a tumour is gone.",
        "A median that falls and rises again: most tumours relapse. A band that reaches the floor: some are cured.",
        "Tumour cells against time by arm, logarithmic.",
        [Panel(traces, layout, {}, narrow)],
        _keys(answer),
    )


def roc_figure(answer: CohortAnswer) -> Figure:
    """ROC curves of the markers: one panel per question, of the reference arm, then of the arm it is compared with."""
    markers = list(dict.fromkeys(str(row["marker"]) for row in answer.markers))
    colours = {name: STROKES[place % len(STROKES)].colour for place, name in enumerate(markers)}
    labels = arm_labels(answer.arms)
    panels = []
    for arm in [arm for arm in dict.fromkeys((answer.reference, answer.compared)) if arm]:
        for question, title in QUESTIONS.items():
            traces: list[Trace] = [{
                "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip",
                "line": {"color": SOFT, "width": 1, "dash": "dot"},
            }]  # fmt: skip
            found = [row for row in answer.markers if row["arm"] == arm and row["question"] == question]
            for row in found:
                traces.append(_roc_trace(answer, row, colours))
            if not found:
                continue
            layout = base_layout(
                340,
                xaxis=linear_axis("False positives", range=[-0.01, 1.01], tickvals=[0, 0.25, 0.5, 0.75, 1]),
                yaxis=linear_axis("True positives", range=[-0.01, 1.01], tickvals=[0, 0.25, 0.5, 0.75, 1]),
                margin={"l": 56, "r": 12, "t": 10, "b": 56},
            )
            name = title if question == "diagnostic" else f"{title}: {labels[arm]}"
            panels.append(Panel(traces, layout, {}, {"height": 310, "font": {"size": 12}}, name))
    keys = [Key(marker_text(name), name, colours[name], "none", "solid") for name in markers]
    keys += [Key(text, f"reading-{place}", SOFT, "none", dash) for place, (text, dash) in enumerate(READING_DASHES.items())]
    return Figure(
        "roc",
        f"What markers in {spoken(answer.fluid)} tell before treatment",
        "Receiver operating curves. All vesicles of the fluid: those of normal cells among them. Captured: caught by an antigen of the "
        "tumour. The areas with their intervals stand in the table below.",
        "A curve on the diagonal: the marker tells nothing. Between dotted and solid lies what vesicles of normal cells hide.",
        "Receiver operating curves of every marker and way of reading, one panel per question.",
        panels,
        keys,
    )


def _roc_trace(answer: CohortAnswer, row: Row, colours: dict[str, str]) -> Trace:
    same = ("arm", "marker", "reading", "question")
    points = [point for point in answer.roc if all(point[key] == row[key] for key in same)]
    name = f"{marker_text(str(row['marker']))}, {row['reading']}"
    return {
        "type": "scatter", "mode": "lines", "x": rounded([point["false_positive"] for point in points]),
        "y": rounded([point["true_positive"] for point in points]), "name": shown(name), "legendgroup": str(row["marker"]),
        "line": {"color": colours[str(row["marker"])], "width": 2.2, "dash": READING_DASHES.get(str(row["reading"]), "solid")},
        "hovertemplate": f"{shown(name)}<br>area {number_text(row['area'])}<extra></extra>",
    }  # fmt: skip


def marker_text(name: str) -> str:
    """A marker as the page names it."""
    return "number of vesicles" if name == "vesicles" else spoken(name)
