"""The page of a cohort fit: groups beside their bands, every animal's own curve, plasma, and how held-out groups came out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from exoresist.report.drawing import (
    Figure,
    Key,
    Layout,
    Panel,
    Trace,
    band,
    base_layout,
    linear_axis,
    log_axis,
    rounded,
    shown,
    span,
)
from exoresist.report.measured_page import Column, MeasuredPage, Table, measured_page
from exoresist.report.palette import INK, SOFT, STROKES
from exoresist.report.wording import interval_text, number_text, unit_text
from exoresist.studies.xenograft_answer import XenograftAnswer

HOURS_PER_DAY = 24.0
MODEL, DATA, BASELINE, NEAREST = STROKES[1].colour, INK, STROKES[0].colour, STROKES[2].colour
NARROW: Layout = {"height": 300, "margin": {"l": 58, "r": 12, "t": 12, "b": 52}, "font": {"size": 12}}
TILES = 4


def xenograft_page(answer: XenograftAnswer) -> str:
    """The page as HTML."""
    return measured_page(
        MeasuredPage(
            name=answer.file.name,
            title=answer.file.title or answer.file.name,
            question=answer.file.question,
            sentences=answer.sentences,
            tiles=_tiles(answer),
            note="Errors are root mean squares of ln(predicted / measured volume), told as factors: "
            "1.5 is half too much or a third too little.",
            figures=[_groups(answer), _animals(answer), *([_plasma(answer)] if answer.plasma else [])],
            tables=[_predictions(answer), _parameters(answer)],
            warnings=answer.warnings,
            footer=f"Data: {answer.file.source}. Seed {answer.file.seed}, {number_text(answer.timing_s)} s.",
        )
    )


def _tiles(answer: XenograftAnswer) -> list[dict[str, str]]:
    tiles = []
    for group, row in list(answer.predictive.items())[: TILES - 1]:
        tiles.append({
            "label": f"{group}, held out", "value": f"× {math.exp(row['error']):.2f}",
            "interval": f"dose-scaled rates × {math.exp(row['baseline']):.2f}",
            "meaning": f"Error of {row['readings']} volumes; nearest treated group: × {math.exp(row['baseline_nearest']):.2f}.",
        })  # fmt: skip
    noise = answer.fit.tumour.number("noise")
    tiles.append({
        "label": "Scatter about an animal's curve", "value": f"× {math.exp(noise):.2f}", "interval": "",
        "meaning": "One standard deviation: no prediction can be closer.",
    })  # fmt: skip
    return tiles


def _days(rows: Sequence[dict[str, Any]]) -> list[float]:
    return [row["time"] / HOURS_PER_DAY for row in rows]


def _volume_axis(values: Sequence[Any]) -> Layout:
    low, high = span([value for value in values if value and value > 1.0]) or (1.0, 10.0)
    return log_axis("Tumour, mm³", max(low, 1.0), high, most=7)


def _groups(answer: XenograftAnswer) -> Figure:
    """A visual predictive check: one panel per group."""
    panels = []
    for group in dict.fromkeys(row["group"] for row in answer.bands):
        rows = [row for row in answer.readings if row["group"] == group]
        bands = [row for row in answer.bands if row["group"] == group]
        role = bands[0]["role"]
        days = _days(bands)
        traces: list[Trace] = []
        area = band(days, [row["low"] for row in bands], [max(row["high"], 1.0) for row in bands], MODEL, "band", 0.18)
        if area:
            traces.append(area)
        traces.append(
            {"type": "scatter", "mode": "lines", "x": rounded(days), "y": rounded([row["median"] for row in bands]), "legendgroup": "band",
             "line": {"color": MODEL, "width": 2.6, "dash": "solid" if role == "fitted" else "dash"},
             "hovertemplate": "model, median: %{y:.3g} mm³ on day %{x:.3g}<extra></extra>"}
        )  # fmt: skip
        for key, colour, name in (("baseline", BASELINE, "dose-scaled rates"), ("nearest", NEAREST, "nearest treated group")):
            if role == "fitted":
                continue
            middle = [_median([row[key] for row in rows if row["time"] == one["time"]]) for one in bands]
            traces.append(
                {"type": "scatter", "mode": "lines", "x": rounded(days), "y": rounded(middle), "legendgroup": key,
                 "line": {"color": colour, "width": 1.8, "dash": "dot"},
                 "hovertemplate": f"{name}: %{{y:.3g}} mm³ on day %{{x:.3g}}<extra></extra>"}
            )  # fmt: skip
        traces.append(
            {"type": "scatter", "mode": "markers", "x": rounded(_days(rows)), "y": rounded([row["volume"] for row in rows]),
             "legendgroup": "data", "marker": {"color": DATA, "size": 4.5, "opacity": 0.75},
             "text": [shown(f"animal {row['animal']}") for row in rows],
             "hovertemplate": "%{text}: %{y:.3g} mm³ on day %{x:.3g}<extra></extra>"}
        )  # fmt: skip
        values = [row["volume"] for row in rows] + [row["low"] for row in bands] + [row["high"] for row in bands]
        layout = base_layout(340, xaxis=linear_axis("Time, days", dtick=7), yaxis=_volume_axis(values))
        panels.append(Panel(traces, layout, {}, NARROW, f"{group}, {role}"))
    return Figure(
        "groups",
        "Groups and what the model says of them",
        "Points: every volume. Line and band: median and 90 % of simulated readings of the animals that were still there, begun at each "
        "animal's first volume, with its doses and weight; dashed where the group was held out. Dotted, held-out groups only: the two "
        "predictions without mechanism. Volumes below 1 mm³ are off the axis.",
        "Points outside the band for long, and a dashed line further from them than a dotted one: there the mechanism did not help.",
        "Plots of tumour volume over time by dose group with predicted bands. " + answer.sentences[0],
        panels,
        [Key("measured", "data", DATA, "points"), Key("model, 90 %", "band", MODEL, "band"),
         Key("dose-scaled rates", "baseline", BASELINE, "", "dot"), Key("nearest treated group", "nearest", NEAREST, "", "dot")],
    )  # fmt: skip


def _median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])


def _animals(answer: XenograftAnswer) -> Figure:
    """Each fitted animal with its own curve: one panel per group."""
    fitted = [row for row in answer.readings if row["individual"] is not None]
    panels, most = [], 0
    for group in dict.fromkeys(row["group"] for row in fitted):
        traces: list[Trace] = []
        here = [row for row in fitted if row["group"] == group]
        names = list(dict.fromkeys(row["animal"] for row in here))
        most = max(most, len(names))
        for place, name in enumerate(names):
            rows = [row for row in here if row["animal"] == name]
            stroke = STROKES[place % len(STROKES)]
            dash = "solid" if place < len(STROKES) else "dash"
            common = {"type": "scatter", "x": rounded(_days(rows)), "legendgroup": f"animal {place}"}
            traces.append(
                {**common, "mode": "lines", "y": rounded([row["individual"] for row in rows]),
                 "line": {"color": stroke.colour, "width": 2, "dash": dash},
                 "hovertemplate": f"animal {shown(name)}: %{{y:.3g}} mm³<extra></extra>"}
            )  # fmt: skip
            traces.append(
                {**common, "mode": "markers", "y": rounded([row["volume"] for row in rows]),
                 "marker": {"color": stroke.colour, "size": 6, "symbol": stroke.mark, "line": {"color": "#ffffff", "width": 1}},
                 "hovertemplate": f"animal {shown(name)}, measured: %{{y:.3g}} mm³ on day %{{x:.3g}}<extra></extra>"}
            )  # fmt: skip
        values = [row["volume"] for row in here] + [row["individual"] for row in here]
        layout = base_layout(360, xaxis=linear_axis("Time, days", dtick=7), yaxis=_volume_axis(values))
        panels.append(Panel(traces, layout, {}, NARROW, group))
    keys = [
        Key(f"animal {place + 1} of the panel", f"animal {place}", STROKES[place % len(STROKES)].colour, "circle",
            "solid" if place < len(STROKES) else "dash")
        for place in range(most)
    ]  # fmt: skip
    return Figure(
        "animals",
        "Every fitted animal",
        "Marks: measured. Lines: the course at the effects that the animal most likely has (its start, growth and response).",
        "A line that leaves its marks for long: an animal that the equations cannot follow.",
        "Plots of tumour volume over time of each fitted animal with its own fitted curve.",
        panels,
        keys,
    )


def _plasma(answer: XenograftAnswer) -> Figure:
    rows = answer.plasma
    traces: list[Trace] = []
    keys = []
    for place, group in enumerate(dict.fromkeys(row["group"] for row in rows)):
        stroke = STROKES[place % len(STROKES)]
        keys.append(Key(f"{group}, measured", group, stroke.colour, "points"))
        for below in (False, True):
            here = sorted(
                (row for row in rows if row["group"] == group and row["below"] == below), key=lambda row: float(row["since"])
            )
            if not here:
                continue
            traces.append(
                {"type": "scatter", "mode": "markers", "x": rounded([row["since"] for row in here]),
                 "y": rounded([row["concentration"] for row in here]), "legendgroup": group,
                 "marker": {"color": stroke.colour, "size": 8, "symbol": "triangle-down-open" if below else stroke.mark,
                            "line": {"color": stroke.colour if below else "#ffffff", "width": 1.5 if below else 1}},
                 "hovertemplate": f"{group}{', below this' if below else ''}: %{{y:.3g}} nM, %{{x:.3g}} h after a dose<extra></extra>"}
            )  # fmt: skip
        here = [row for row in rows if row["group"] == group]
        traces.append(
            {"type": "scatter", "mode": "markers", "x": rounded([row["since"] for row in here]),
             "y": rounded([max(row["predicted"], 1e-2) for row in here]), "legendgroup": f"{group} model",
             "marker": {"color": stroke.colour, "size": 12, "symbol": "line-ew-open", "line": {"width": 2}},
             "hovertemplate": f"{group}, model: %{{y:.3g}} nM<extra></extra>"}
        )  # fmt: skip
        keys.append(Key(f"{group}, model", f"{group} model", stroke.colour, "", "solid"))
    low, high = span([row["concentration"] for row in rows] + [max(row["predicted"], 0.1) for row in rows]) or (1.0, 10.0)
    layout = base_layout(
        360,
        xaxis=linear_axis("After the last dose, h", dtick=4),
        yaxis=log_axis(f"{answer.file.drug.capitalize()} in plasma, nM", low, high),
    )
    lines = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "line": {"color": SOFT, "width": 1.2, "dash": "dot"}}
    half = answer.fit.tumour.number("half_effect")
    layout["shapes"] = [{**lines, "y0": half, "y1": half}]
    return Figure(
        "plasma",
        "Plasma",
        "Marks: measured, total drug; open triangles: below what the assay sees. Strokes: the model at the same moment with the numbers "
        "that animal most likely has. Dotted: the concentration of half the effect, which these readings do not settle.",
        "Strokes that stay on one side of their marks at early or late times: absorption or elimination is wrong.",
        "Plot of drug concentrations in plasma against time after the last dose.",
        [Panel(traces, layout, {}, NARROW)],
        keys,
    )


def _predictions(answer: XenograftAnswer) -> Table:
    columns = [Column("Held-out group"), Column("Model", True), Column("Dose-scaled rates", True), Column("Nearest treated group", True),
               Column("Readings in the 90 % band", True), Column("Readings", True), Column("Animals", True)]  # fmt: skip
    rows = [
        [
            group, f"× {math.exp(row['error']):.2f}", f"× {math.exp(row['baseline']):.2f}", f"× {math.exp(row['baseline_nearest']):.2f}",
            f"{100 * row['coverage_90']:.0f} %", str(row["readings"]), str(row["animals"]),
        ]
        for group, row in answer.predictive.items()
    ]  # fmt: skip
    note = "All three begin at the animal's first volume. Readings below the calliper's limit count as at it."
    return Table("Held-out groups", columns, rows, note)


def _parameters(answer: XenograftAnswer) -> Table:
    columns = [Column("Number"), Column("Value", True), Column("90 % interval", True), Column("Before the data", True), Column("Unit"),
               Column("Settled by the data")]  # fmt: skip
    rows = [
        [
            row["name"].replace("_", " "), number_text(row["value"]), interval_text(row["low"], row["high"]),
            interval_text(row["prior_low"], row["prior_high"]), unit_text(row["unit"]), "yes" if row["identified"] else "no",
        ]
        for row in answer.parameters
    ]  # fmt: skip
    note = "Spreads are standard deviations of a number's logarithm between animals. Settled: an interval less than half as wide as before."
    return Table("What was fitted", columns, rows, note)
