"""The page of a general fit: one self-contained `fit.html` with data and fit per condition, residuals, prior and posterior."""

from __future__ import annotations

import math
from pathlib import Path
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
    line_up,
    linear_axis,
    rounded,
    shown,
)
from exoresist.report.files import write_atomically
from exoresist.report.page import rendered
from exoresist.report.palette import REFERENCE, SOFT, STROKES, transparent
from exoresist.report.wording import number_text, spoken, subject_text
from exoresist.studies.answer import Row
from exoresist.studies.fitting.result import PRIOR_WIDTH

if TYPE_CHECKING:
    from exoresist.studies.fitting.result import GeneralFit

MOST_PANELS = 12
COLOURS = (*(stroke.colour for stroke in STROKES), "#6a4c93", "#8a5a00", "#5a5f66")  # more conditions than arms may share a panel
PRIOR_COLOUR, POSTERIOR_COLOUR = "#b9b4aa", STROKES[1].colour


def write_general_fit_page(result: GeneralFit, folder: Path) -> Path:
    """Write `fit.html` into `folder` and return its path."""
    return write_atomically(Path(folder) / "fit.html", general_fit_page(result).encode())


def general_fit_page(result: GeneralFit) -> str:
    """The whole page as HTML."""
    figures = [curves_figure(result), residuals_figure(result), parameters_figure(result)]
    return rendered(
        "general_fit.html.j2",
        figures,
        result=result,
        figures=figures,
        tiles=_tiles(result),
        hidden=max(0, len(_panels(result)) - MOST_PANELS),
    )


def _panels(result: GeneralFit) -> dict[tuple[str, str, str], list[Row]]:
    """Curves by experiment, arm and readout."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in result.curves:
        found.setdefault((row["experiment"], row["arm"], row["readout"]), []).append(row)
    return found


def _title(key: tuple[str, str, str]) -> str:
    parts = [part for part in key if part not in ("base", "experiment")]
    return ", ".join(spoken(part) for part in parts)


def _against_dose(rows: list[Row]) -> bool:
    """Whether a panel shows doses along its axis: hardly any times, several doses of one thing."""
    doses = {row["dose"] for row in rows}
    return len({row["time"] for row in rows}) < 3 and None not in doses and len(doses) > 2


def curves_figure(result: GeneralFit) -> Figure:
    """What was read and what the model makes of it, one panel per experiment, arm and readout."""
    panels, keys = [], []
    for key, rows in list(_panels(result).items())[:MOST_PANELS]:
        title = _title(key)
        panel, entries = _dose_panel(rows, title) if _against_dose(rows) else _time_panel(rows, title)
        panels.append(panel)
        keys += entries
    return Figure(
        "curves",
        "Measured and modelled",
        "Points: means over replicates with their standard deviation. Lines: the model at the best point, solid where it was fitted, "
        "dashed where the readings were held out. Dark bands: 90 % of the posterior; light bands: 90 % of readings to be expected. Thin "
        "dotted lines: the baseline without mechanism, on what was held out.",
        "Points outside the light band: there the model, or its noise, is wrong. Dashed lines that leave their points: there it predicts "
        "wrongly.",
        "Measured and modelled readings. " + result.sentences[0],
        panels,
        keys,
    )


def _conditions(rows: list[Row]) -> list[str]:
    order = {row["condition"]: (row["dose"] is not None, row["dose"] or 0.0) for row in rows}
    return sorted(order, key=lambda name: order[name])


def _short(rows: list[Row]) -> str:
    row = rows[0]
    if row["dose"] is None:
        return str(row["condition"])
    return f"{number_text(row['dose'])} nM" if row["dose"] else "untreated"


def _time_panel(rows: list[Row], title: str) -> tuple[Panel, list[Key]]:
    traces: list[Trace] = []
    keys: list[Key] = []
    place = 0
    for name in _conditions(rows):
        own = sorted((row for row in rows if row["condition"] == name), key=lambda row: row["time"])
        untreated = own[0]["dose"] == 0.0
        colour = REFERENCE.colour if untreated else COLOURS[place % len(COLOURS)]
        place += not untreated
        group = f"{title}-{name}"
        seen = [row for row in own if row["role"] == "fitted"]
        held = [row for row in own if row["role"] == "predicted"]
        # The dashed line begins where the solid one ends.
        ahead = [*(row for row in seen[-1:] if held and row["time"] < held[0]["time"]), *held]
        for part, dash in ((seen, "solid"), (ahead, "dash")):
            if part:
                traces += _traces([row["time"] for row in part], part, colour, dash, group, " h", len(_conditions(rows)))
        label = "readings and model" if len(_conditions(rows)) == 1 and own[0]["dose"] is None else _short(own)
        keys.append(Key(label, group, colour, "circle", "solid" if seen else "dash", note=title))
    last = max(row["time"] for row in rows)
    unit = "" if rows[0]["unit"] == "dimensionless" else f", {rows[0]['unit']}"
    return Panel(
        traces, _layout("Time, h", f"{spoken(rows[0]['readout'])}{unit}", rows, [-0.02 * last, 1.02 * last]), {}, _narrow(), title
    ), keys


def _dose_panel(rows: list[Row], title: str) -> tuple[Panel, list[Key]]:
    """Doses are laid out in steps of equal width, so that 0 has a place."""
    doses = sorted({row["dose"] for row in rows})
    place = {dose: number for number, dose in enumerate(doses)}
    traces: list[Trace] = []
    keys: list[Key] = []
    for number, (role, dash) in enumerate((("fitted", "solid"), ("predicted", "dash"))):
        for time in sorted({row["time"] for row in rows}):
            own = sorted((row for row in rows if row["role"] == role and row["time"] == time), key=lambda row: row["dose"])
            if not own:
                continue
            stroke = STROKES[(number + 2 * sorted({row["time"] for row in rows}).index(time)) % len(STROKES)]
            group = f"{title}-{role}-{time:g}"
            traces += _traces([place[row["dose"]] for row in own], own, stroke.colour, dash, group, "", 1)
            keys.append(Key(f"{role}, {time:g} h", group, stroke.colour, "circle", dash, note=title))
    unit = "" if rows[0]["unit"] == "dimensionless" else f", {rows[0]['unit']}"
    layout = _layout(f"{spoken(rows[0]['dosed'])}, nM", f"{spoken(rows[0]['readout'])}{unit}", rows, [-0.4, len(doses) - 0.6])
    layout["xaxis"] |= {"tickvals": list(range(len(doses))), "ticktext": [number_text(dose, 2) for dose in doses]}
    return Panel(traces, layout, {}, _narrow(), title), keys


def _traces(x: list[float], rows: list[Row], colour: str, dash: str, group: str, along: str, crowd: int) -> list[Trace]:
    """Bands, baseline, model and points of one condition."""
    areas = [band(x, [row["low"] for row in rows], [row["high"] for row in rows], colour, group, 0.22)]
    if crowd <= 4:
        areas.insert(0, band(x, [row["below"] for row in rows], [row["above"] for row in rows], colour, group, 0.08))
    name = shown(_short(rows))
    common = {"type": "scatter", "x": rounded(x), "legendgroup": group, "name": name}
    hover = f"{name}, %{{x:.3g}}{along}: %{{y:.4g}}"
    drawn: list[Trace] = []
    if any(row["baseline"] is not None for row in rows):
        drawn.append(
            {**common, "mode": "lines" if len(rows) > 1 else "markers", "y": rounded([row["baseline"] for row in rows]),
             "line": {"color": colour, "width": 1.2, "dash": "dot"}, "marker": {"color": colour, "symbol": "x-thin-open", "size": 9},
             "hovertemplate": f"baseline, {hover}<extra></extra>"}
        )  # fmt: skip
    drawn += [
        {**common, "mode": "lines" if len(rows) > 1 else "markers", "y": rounded([row["predicted"] for row in rows]),
         "line": {"color": colour, "width": 2.4, "dash": dash}, "marker": {"color": colour, "symbol": "line-ew-open", "size": 14},
         "hovertemplate": f"model, {hover}<extra></extra>"},
        {**common, "mode": "markers", "y": rounded([row["observed"] for row in rows]),
         "error_y": {"type": "data", "array": rounded([row["observed_sd"] or 0.0 for row in rows]), "color": colour, "thickness": 0.8,
                     "width": 0},
         "marker": {"color": colour, "size": 6, "line": {"color": "#ffffff", "width": 1}},
         "hovertemplate": f"measured, {hover}<extra></extra>"},
    ]  # fmt: skip
    return [area for area in areas if area] + drawn


def _layout(x: str, y: str, rows: list[Row], ends: list[float]) -> Layout:
    values = [value for row in rows for value in (row["observed"], row["predicted"]) if math.isfinite(value)]
    positive = [value for value in values if value > 0.0]
    wide = bool(positive) and len(positive) == len(values) and max(positive) > 300.0 * min(positive)
    axis = linear_axis(shown(y), rangemode="tozero" if min(values) >= 0.0 else "normal")
    if wide:
        axis = linear_axis(shown(y), type="log", exponentformat="power", dtick=1)
    return base_layout(380, xaxis=linear_axis(shown(x), range=ends), yaxis=axis)


def _narrow() -> Layout:
    return {"height": 320, "margin": {"l": 56, "r": 12, "t": 12, "b": 52}, "font": {"size": 12}}


def residuals_figure(result: GeneralFit) -> Figure:
    """Measured minus modelled over half of the interval in which readings are expected."""
    panels = []
    keys = []
    for role, label, colour in (
        ("fitted", "Fitted readings", STROKES[1].colour),
        ("predicted", "Held-out readings", STROKES[0].colour),
    ):
        rows = [row for row in result.curves if row["role"] == role and row["above"] > row["below"]]
        if not rows:
            continue
        y = [2.0 * (row["observed"] - row["predicted"]) / (row["above"] - row["below"]) for row in rows]
        texts = [f"{shown(row['condition'])}, {row['time']:g} h" for row in rows]
        trace: Trace = {
            "type": "scatter", "mode": "markers", "x": rounded([row["time"] for row in rows]), "y": rounded(y), "text": texts,
            "legendgroup": role, "name": label, "marker": {"color": transparent(colour, 0.6), "size": 6},
            "hovertemplate": "%{text}: %{y:.2f}<extra></extra>",
        }  # fmt: skip
        reach = max(2.0, 1.08 * max(abs(value) for value in y))
        layout = base_layout(
            320, xaxis=linear_axis("Time, h"), yaxis=linear_axis("Residual", range=[-reach, reach]),
            shapes=[line_across(0.0), line_across(1.0), line_across(-1.0)],
        )  # fmt: skip
        panels.append(Panel([trace], layout, {}, _narrow(), label))
        keys.append(Key(label, role, colour, "circle", "", note=label))
    return Figure(
        "residuals",
        "Residuals",
        "Measured minus modelled, over half of the width in which 90 % of single readings are expected; means over replicates. Nine in ten "
        "should lie between the dotted lines at −1 and 1, on both sides of 0, at all times.",
        "Runs of points on one side: there the model bends otherwise than the cells do.",
        "Residuals over time.",
        panels,
        keys,
    )


def parameters_figure(result: GeneralFit) -> Figure:
    """Prior beside posterior, on the scale on which what was expected runs from -1.64 to 1.64."""
    rows = list(reversed(result.parameters))
    half = PRIOR_WIDTH / 2.0
    names = [_name(row) for row in rows]
    traces: list[Trace] = []
    for place, row in enumerate(rows):
        ends = [_where(row, row[key]) for key in ("low", "median", "high")]
        interval = f"{number_text(row['low'])} to {number_text(row['high'])}"
        text = f"{shown(names[place])}: {number_text(row['median'])} ({interval}) {shown(row['unit'])}"
        for x, y, colour, width, group in (([-half, half], place + 0.16, PRIOR_COLOUR, 9, "prior"),
                                           ([ends[0], ends[2]], place - 0.16, POSTERIOR_COLOUR, 9, "posterior")):  # fmt: skip
            traces.append({"type": "scatter", "mode": "lines", "x": rounded(x), "y": [y, y], "line": {"color": colour, "width": width},
                           "legendgroup": group, "hoverinfo": "skip"})  # fmt: skip
        traces.append({"type": "scatter", "mode": "markers", "x": rounded([ends[1]]), "y": [place - 0.16], "legendgroup": "posterior",
                       "marker": {"color": "#ffffff", "size": 7, "line": {"color": POSTERIOR_COLOUR, "width": 2}},
                       "hovertemplate": f"{text}<extra></extra>"})  # fmt: skip
    reach = max([half, *(abs(_where(row, row[key])) for row in rows for key in ("low", "high"))]) * 1.08
    layout = base_layout(
        90 + 44 * len(rows),
        xaxis=linear_axis("Standard deviations of what was expected", range=[-reach, reach]),
        yaxis=linear_axis(
            "", tickvals=list(range(len(rows))), ticktext=[shown(name) for name in names], range=[-0.6, len(rows) - 0.4]
        ),
        shapes=[line_up(0.0, SOFT)],
    )
    keys = [
        Key("expected (prior)", "prior", PRIOR_COLOUR, "", "", note=""),
        Key("after the data (posterior)", "posterior", POSTERIOR_COLOUR, "", ""),
    ]
    return Figure(
        "parameters",
        "Prior and posterior",
        "Grey: the 90 % interval expected before the data. Blue: the 90 % interval after them, with its median. Each on the scale of its "
        "own expectation, so that all fit one axis; the numbers stand in the table.",
        "A blue bar as long as the grey one: the data say nothing about this number. One far from it: data and catalogue disagree.",
        "Prior and posterior interval of every parameter.",
        [
            Panel(
                traces,
                layout,
                {"margin": {"l": 250, "r": 24, "t": 10, "b": 60}},
                {"margin": {"l": 140, "r": 10, "t": 10, "b": 56}, "font": {"size": 11}},
                "",
            )
        ],
        keys,
    )


def _name(row: Row) -> str:
    subject = subject_text(row["subject"])
    more = f", {spoken(row['experiment'])}" if row["experiment"] else ""
    return f"{spoken(row['name'])} ({subject}{more})"


def _where(row: Row, value: float) -> float:
    """Standard deviations of the prior at which a value lies; the scale is logarithmic where the prior is positive throughout."""
    numbers = [row["prior_low"], row["prior_median"], row["prior_high"], value]
    if min(numbers) > 0.0:
        numbers = [math.log(number) for number in numbers]
    low, middle, high, here = numbers
    side = (middle - low) if here < middle else (high - middle)
    return (here - middle) / side * PRIOR_WIDTH / 2.0 if side > 0.0 else 0.0


def _tiles(result: GeneralFit) -> list[dict[str, str]]:
    """Four figures under the answer."""
    readouts = [row["readout"] for row in result.readouts]
    tiles = []
    for readout in readouts[:2]:
        own = [row for row in result.predictive.values() if row["readout"] == readout]
        if own:
            error = math.sqrt(sum(row["error"] ** 2 for row in own) / len(own))
            known = [row["baseline"] for row in own if row["baseline"] is not None]
            other = f"baseline {number_text(math.sqrt(sum(value**2 for value in known) / len(known)))}" if known else ""
            tiles.append({"label": f"Prediction, {spoken(readout)}", "value": number_text(error), "interval": other,
                          "meaning": f"Root mean square on {len(own)} held-out conditions."})  # fmt: skip
    for row in result.readouts[: 3 - len(tiles)]:
        tiles.append({"label": f"Fit, {spoken(row['readout'])}", "value": number_text(row["rmse"]), "interval": f"p = {row['p_value']:.2g}",
                      "meaning": f"{100 * row['coverage']:.0f} % of the fitted readings lie in their 90 % interval."})  # fmt: skip
    settled = sum(row["identified"] for row in result.parameters)
    tiles.append({"label": "Settled", "value": f"{settled} of {len(result.parameters)}", "interval": "",
                  "meaning": "Parameters whose interval the data narrowed by half or more."})  # fmt: skip
    return tiles
