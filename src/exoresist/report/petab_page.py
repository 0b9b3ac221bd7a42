"""The page of a fitted PEtab problem: every reading beside what the model says of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from exoresist.report.drawing import Figure, Key, Layout, Panel, Trace, base_layout, linear_axis, log_axis, rounded, shown, span
from exoresist.report.measured_page import Column, MeasuredPage, Table, measured_page
from exoresist.report.palette import INK, SOFT, STROKES
from exoresist.report.wording import interval_text, number_text

MOST_PANELS, MOST_COLOURS = 12, 6
WIDE = 50.0  # largest over smallest reading from which the axis is logarithmic
EVERYTHING_ELSE = "further experiments"


def petab_page(summary: dict[str, Any], rows: Sequence[dict[str, Any]]) -> str:
    """The page as HTML.

    summary  what the command writes as summary.json
    rows     observable, experiment, time, measurement, simulation, noise, residual of each reading
    """
    figures = [_courses(rows), _agreement(rows)]
    return measured_page(
        MeasuredPage(
            name=summary["name"],
            title=summary["title"],
            question="",
            sentences=summary["sentences"],
            tiles=_tiles(summary),
            note="Log-likelihoods are those of the PEtab library; the model ran in libroadrunner.",
            figures=figures,
            tables=[_parameters(summary["parameters"])],
            warnings=summary["warnings"],
            footer=f"PEtab {summary['petab_version']}. Seed {summary['seed']}, {number_text(summary['timing_s'])} s.",
        )
    )


def _tiles(summary: dict[str, Any]) -> list[dict[str, str]]:
    count = summary["measurements"]
    tiles = [
        {"label": "Log-likelihood", "value": number_text(summary["log_likelihood"]), "interval": "", "meaning": "At these values."},
        {"label": "Chi-squared", "value": number_text(summary["chi2"]), "interval": f"of {count} readings",
         "meaning": "Squared distances in standard deviations: near the number of readings if the noise is right."},
    ]  # fmt: skip
    search = summary["search"]
    if search:
        tiles.append(
            {"label": "Descents that agree", "value": f"{search['agreeing']} of {search['descents']}", "interval": "",
             "meaning": "Ended within 0.1 log units of the best."}
        )  # fmt: skip
    return tiles


def _colours(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Experiment -> (name in the legend, colour); past six they share grey."""
    names = list(dict.fromkeys(str(row["experiment"]) for row in rows))
    found = {}
    for place, name in enumerate(names):
        few = place < MOST_COLOURS
        found[name] = (name or "as the model stands", STROKES[place].colour) if few else (EVERYTHING_ELSE, SOFT)
    return found


def _keys(colours: dict[str, tuple[str, str]]) -> list[Key]:
    return [Key(label, label, colour, "circle") for label, colour in dict.fromkeys(colours.values())]


def _courses(rows: Sequence[dict[str, Any]]) -> Figure:
    """One panel per observable: readings as points, what the model says at their times as lines."""
    colours = _colours(rows)
    observables = list(dict.fromkeys(str(row["observable"]) for row in rows))
    panels = []
    for observable in observables[:MOST_PANELS]:
        traces: list[Trace] = []
        for experiment, (label, colour) in colours.items():
            here = [row for row in rows if row["observable"] == observable and row["experiment"] == experiment]
            timed = sorted((row for row in here if math.isfinite(row["time"])), key=lambda row: float(row["time"]))
            if not timed:
                continue
            times = rounded([row["time"] for row in timed])
            common = {"type": "scatter", "x": times, "legendgroup": label, "name": shown(label)}
            traces.append(
                {**common, "mode": "lines+markers" if len(set(times)) == 1 else "lines", "y": rounded([row["simulation"] for row in timed]),
                 "line": {"color": colour, "width": 2.4}, "marker": {"color": colour, "symbol": "line-ew-open", "size": 16},
                 "hovertemplate": f"{shown(label)}, model: %{{y:.4g}} at %{{x:.4g}}<extra></extra>"}
            )  # fmt: skip
            traces.append(
                {**common, "mode": "markers", "y": rounded([row["measurement"] for row in timed]),
                 "marker": {"color": colour, "size": 7, "line": {"color": "#ffffff", "width": 1}},
                 "hovertemplate": f"{shown(label)}, measured: %{{y:.4g}} at %{{x:.4g}}<extra></extra>"}
            )  # fmt: skip
        layout: Layout = base_layout(320, xaxis=linear_axis("Time (unit of the model)"), yaxis=linear_axis(shown(observable)))
        panels.append(Panel(traces, layout, {}, {"height": 280, "margin": {"l": 56, "r": 12, "t": 12, "b": 52}}, observable))
    more = (
        f" {len(observables) - MOST_PANELS} further observables are in simulations.tsv." if len(observables) > MOST_PANELS else ""
    )
    return Figure(
        "courses",
        "Readings over time",
        "Points: measured. Lines: the model at the times of the measurements, joined; one time only: a stroke. Readings at steady state "
        f"have no place here.{more}",
        "Points that lie to one side of their line for long: there the model has the wrong shape, not just noise.",
        f"Plots of {len(panels)} observables over time, measured and modelled.",
        panels,
        _keys(colours),
    )


def _agreement(rows: Sequence[dict[str, Any]]) -> Figure:
    """Residuals of every reading against what the model says."""
    colours = _colours(rows)
    traces: list[Trace] = []
    for experiment, (label, colour) in colours.items():
        here = [row for row in rows if row["experiment"] == experiment and math.isfinite(row["residual"])]
        traces.append(
            {"type": "scatter", "mode": "markers", "x": rounded([row["simulation"] for row in here]),
             "y": rounded([row["residual"] for row in here]), "legendgroup": label, "name": shown(label),
             "marker": {"color": colour, "size": 7, "line": {"color": "#ffffff", "width": 1}},
             "text": [shown(f"{row['observable']} at {row['time']:g}") for row in here],
             "hovertemplate": "%{text}: %{y:.3g} standard deviations<extra></extra>"}
        )  # fmt: skip
    lines = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": y, "y1": y, "layer": "below",
         "line": {"color": INK if y == 0 else SOFT, "width": 1.2, "dash": "solid" if y == 0 else "dot"}}
        for y in (-1.96, 0.0, 1.96)
    ]  # fmt: skip
    values = [row["simulation"] for row in rows]
    ends = span(values) if min(values) > 0.0 else None
    # Observables of several sizes share this figure; on a linear axis the small ones would lie on one spot.
    wide = ends is not None and ends[1] > WIDE * ends[0]
    title = "Reading according to the model"
    axis = log_axis(title, *ends, most=7) if wide and ends else linear_axis(title)
    layout = base_layout(340, xaxis=axis, yaxis=linear_axis("(measured − model) / noise"), shapes=lines)
    return Figure(
        "residuals",
        "Residuals",
        "Every reading: how far it lies from the model, in units of its own noise, on the scale on which the noise is meant. Dotted: where "
        "95 % of normal readings should lie.",
        "A slope, a bow or a fan: noise that grows with the reading, or a wrong model.",
        "Plot of residuals against modelled readings.",
        [Panel(traces, layout, {}, {"height": 300, "margin": {"l": 56, "r": 12, "t": 12, "b": 52}})],
        _keys(colours),
    )


def _parameters(rows: Sequence[dict[str, Any]]) -> Table:
    columns = [Column("Parameter"), Column("Value", True), Column("90 % interval", True), Column("Bounds", True), Column("Given", True),
               Column("Searched on")]  # fmt: skip
    cells = [
        [
            row["name"],
            number_text(row["value"]),
            interval_text(row["low"], row["high"]) if row["estimated"] else "fixed",
            interval_text(row["lower_bound"], row["upper_bound"]) if row["estimated"] else "",
            number_text(row["nominal"]) if row["nominal"] is not None else "",
            {"lin": "as it is", "log": "logarithm", "log10": "logarithm"}[row["scale"]] if row["estimated"] else "",
        ]
        for row in rows
    ]
    return Table(
        "Parameters", columns, cells, "Intervals are those of a normal approximation at the best point, cut at the bounds."
    )
