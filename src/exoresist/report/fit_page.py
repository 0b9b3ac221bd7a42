"""The page of a fit: one self-contained `fit.html` with data, model, prediction and baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.report.drawing import Figure, Key, Layout, Panel, Trace, band, base_layout, linear_axis, rounded
from exoresist.report.files import write_atomically
from exoresist.report.page import rendered
from exoresist.report.palette import REFERENCE, STROKES
from exoresist.report.wording import number_text
from exoresist.studies.answer import Row

if TYPE_CHECKING:
    from exoresist.studies.fit_result import FitResult

TITLES = {"fitted": "Fitted doses", "predicted": "Held-out doses, predicted"}


def write_fit_page(result: FitResult, folder: Path) -> Path:
    """Write `fit.html` into `folder` and return its path."""
    return write_atomically(Path(folder) / "fit.html", fit_page(result).encode())


def fit_page(result: FitResult) -> str:
    """The whole page as HTML."""
    figure = fit_figure(result)
    return rendered(
        "fit.html.j2",
        [figure],
        result=result,
        figure=figure,
        tiles=_tiles(result),
    )


def fit_figure(result: FitResult) -> Figure:
    """Confluence against time in two panels: doses that were fitted, doses that were predicted."""
    tops = [(row["observed"] + row["observed_sd"], row["high"], row["baseline"]) for row in result.curves]
    top = max(map(max, tops))
    last = max(row["time"] for row in result.curves)
    panels, keys = [], []
    for role, title in TITLES.items():
        doses = sorted({row["dose"] for row in result.curves if row["role"] == role})
        dash = "solid" if role == "fitted" else "dash"
        traces: list[Trace] = []
        for place, dose in enumerate(doses):
            colour = _colour(dose, place)
            rows = [row for row in result.curves if row["dose"] == dose and row["role"] == role]
            group = f"{role}-{dose:g}"
            traces += _dose_traces(rows, dose, colour, dash, group)
            label = f"{number_text(dose)} nM" if dose else "untreated"
            keys.append(Key(label, group, colour, "circle", dash, note=title))
        layout: Layout = base_layout(
            430,
            xaxis=linear_axis("Time, h", range=[-1.5, last + 1.5], dtick=12),
            yaxis=linear_axis("Confluence, %", range=[0, 1.06 * top]),
        )
        narrow: Layout = {"height": 340, "margin": {"l": 52, "r": 12, "t": 12, "b": 52}, "font": {"size": 12}}
        panels.append(Panel(traces, layout, {}, narrow, title))
    return Figure(
        "fit",
        "Confluence over time",
        "Points: mean over replicates, with the standard deviation of a well. Thick lines: the model, solid where it "
        "was fitted, dashed where it had not seen the dose. Bands: 90 % of the parameter sets that the readings "
        "and the ranges expected beforehand allow. Thin dotted lines: the baseline without mechanism, fitted to the "
        "same doses.",
        "Dashed lines that leave their points: there the model predicts wrongly. A dotted line nearer to the points "
        "than the thick one: there the mechanism did not help.",
        "Two plots of confluence against time by dose, measured and modelled. " + result.sentences[0],
        panels,
        keys,
    )


def _dose_traces(rows: list[Row], dose: float, colour: str, dash: str, group: str) -> list[Trace]:
    """Band, baseline, model and points of one dose."""
    times = [row["time"] for row in rows]
    name = f"{dose:g} nM"
    area = band(times, [row["low"] for row in rows], [row["high"] for row in rows], colour, group)
    common = {"type": "scatter", "x": rounded(times), "legendgroup": group, "name": name}
    hover = f"{name}, %{{x:.3g}} h: %{{y:.3g}} %"
    drawn: list[Trace] = [
        {
            **common, "mode": "lines", "y": rounded([row["baseline"] for row in rows]),
            "line": {"color": colour, "width": 1.2, "dash": "dot"},
            "hovertemplate": f"baseline, {hover}<extra></extra>",
        },
        {
            **common, "mode": "lines", "y": rounded([row["predicted"] for row in rows]),
            "line": {"color": colour, "width": 2.6, "dash": dash}, "hovertemplate": f"model, {hover}<extra></extra>",
        },
        {
            **common, "mode": "markers", "y": rounded([row["observed"] for row in rows]),
            "error_y": {
                "type": "data", "array": rounded([row["observed_sd"] for row in rows]), "color": colour,
                "thickness": 0.8, "width": 0,
            },
            "marker": {"color": colour, "size": 6, "line": {"color": "#ffffff", "width": 1}},
            "hovertemplate": f"measured, {hover}<extra></extra>",
        },
    ]  # fmt: skip
    return [area, *drawn] if area else drawn


def _colour(dose: float, place: int) -> str:
    """Untreated is black, as the reference is elsewhere; the doses of a panel take the other colours in order."""
    return REFERENCE.colour if dose == 0 else STROKES[place % len(STROKES)].colour


def _tiles(result: FitResult) -> list[dict[str, str]]:
    """The four errors under the answer."""
    numbers = (
        ("Prediction", result.prediction_error, "The model at doses that it had not seen."),
        ("Baseline", result.baseline_prediction_error, "Growth with a Hill-type kill rate at the same doses."),
        ("Nearest dose", result.nearest_dose_error, "The curve of the nearest fitted dose, repeated."),
        ("Fit", result.fit_error, f"The model at the fitted doses; the baseline: {result.baseline_fit_error:.2f}."),
    )
    return [
        {"label": label, "value": f"{value:.2f}", "interval": "% confluence", "meaning": text} for label, value, text in numbers
    ]
