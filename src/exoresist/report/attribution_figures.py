"""Figures of an attribution: shares with their intervals, the waterfall, interactions of pairs, the ledger over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from exoresist.report.drawing import (
    Figure,
    Key,
    Layout,
    Panel,
    Trace,
    base_layout,
    broken,
    line_up,
    linear_axis,
    note,
    rounded,
    shown,
)
from exoresist.report.palette import INK, SOFT, Fill, transparent
from exoresist.report.wording import number_text, spoken
from exoresist.studies.answer import Row

if TYPE_CHECKING:
    from exoresist.studies.attribution_answer import AttributionAnswer

RAISES, LOWERS, ENDS = "#0072B2", "#D55E00", "#8a8a84"
SHARE, PRIOR, ORDERS = "#000000", "#8a8a84", "#c9b98a"
MOST_LAYERS = 6  # of each panel of the ledger; the rest goes into one
SHAPES = ("/", ".", "\\", "x", "-", "+")
# Colour says where a part is from, hatching which line it is, so that both panels speak the same language.
FROM = {
    "selection": "#E69F00", "own cargo": "#56B4E9", "received cargo": "#D55E00", "cargo passed on": "#CC79A7", "induced": "#009E73",
}  # fmt: skip
ELSE, REST = "#0072B2", Fill("#bdbbb4", INK, "")
ORIGINS = {"native": "own", "induced": "induced", "received": "received", "relayed": "passed on"}


def attribution_figures(answer: AttributionAnswer) -> dict[str, Figure]:
    """Figures of the page, in its order; those without anything to show are left out."""
    drawn = [shares_figure(answer), waterfall_figure(answer), matrix_figure(answer), ledger_figure(answer)]
    return {figure.id: figure for figure in drawn if figure is not None}


def _sorted(answer: AttributionAnswer) -> list[Row]:
    return sorted(answer.players, key=lambda row: -abs(float(row["value"] or 0.0)))


def shares_figure(answer: AttributionAnswer) -> Figure | None:
    """Every route's share with its interval over draws, and the range over orders beside it."""
    if not answer.players:
        return None
    rows = _sorted(answer)[::-1]
    updated = "posterior" in answer.transfer
    places = list(range(len(rows)))
    hover = [f"{shown(str(row['label']))}<br>{number_text(row['value'])} ({_ends(row)})" for row in rows]
    traces: list[Trace] = [
        {
            "type": "bar", "orientation": "h", "y": [place - 0.26 for place in places], "width": 0.14, "legendgroup": "orders",
            "base": rounded([row["order_low"] for row in rows]),
            "x": rounded([float(row["order_high"]) - float(row["order_low"]) for row in rows]),
            "marker": {"color": ORDERS, "line": {"color": "#8c7a45", "width": 1}},
            "customdata": [[number_text(row["order_low"]), number_text(row["order_high"])] for row in rows],
            "hovertemplate": "over orders: %{customdata[0]} to %{customdata[1]}<extra></extra>",
        },
        *([_dots(rows, [place + 0.24 for place in places], "prior_", PRIOR, "diamond-open", "prior", hover)] if updated else []),
        _dots(rows, [float(place) for place in places], "", SHARE, "circle", "shares", hover),
    ]  # fmt: skip
    labels = [broken(str(row["label"]), 26) for row in rows]
    layout = base_layout(
        110 + 62 * len(rows),
        xaxis=linear_axis(f"Change of the outcome ({answer.outcome['label']})", zeroline=False),
        yaxis=_rows_axis(labels),
        shapes=[line_up(0.0, SOFT, "solid", 1.2)],
        barmode="overlay",
    )
    narrow: Layout = {
        "margin": {"l": 10, "r": 12, "t": 10, "b": 56}, "font": {"size": 12},
        "yaxis": {**_rows_axis([broken(str(row["label"]), 15) for row in rows]), "tickfont": {"size": 11}},
    }  # fmt: skip
    share, lines = (
        ("share, 90 % interval over draws", f"; lines: 90 % of {answer.draws} draws") if answer.draws else ("share", "")
    )
    keys = [Key(share, "shares", SHARE, "circle"), Key("range over orders", "orders", ORDERS, "bar")]
    if updated:
        keys.insert(1, Key("before the data (prior)", "prior", PRIOR, "diamond-open"))
    return Figure(
        "shares",
        "What each route contributes",
        f"Shapley shares: the mean change of the outcome when a route is switched on, over all orders of switching on. Outcome: "
        f"{answer.outcome['says']}. Dots: central numbers{lines}. Bars under them: least and greatest "
        "change over orders, with central numbers.",
        "Intervals that cross zero: the direction is not settled. Wide bars: what the route does depends on what else is on.",
        "Horizontal dots with intervals for every route. " + answer.sentences[0],
        [Panel(traces, layout, {}, narrow)],
        keys,
    )


def _dots(rows: list[Row], places: list[float], head: str, colour: str, mark: str, group: str, hover: list[str]) -> Trace:
    values = [float(row[f"{head}value"] or 0.0) for row in rows]
    return {
        "type": "scatter", "mode": "markers", "x": rounded(values), "y": places, "legendgroup": group,
        "marker": {"color": colour, "symbol": mark, "size": 11},
        "error_x": {
            "type": "data", "symmetric": False, "color": colour, "thickness": 2, "width": 5,
            "array": rounded([float(row[f"{head}high"]) - value for row, value in zip(rows, values, strict=True)]),
            "arrayminus": rounded([value - float(row[f"{head}low"]) for row, value in zip(rows, values, strict=True)]),
        },
        "hovertemplate": "%{text}<extra></extra>", "text": hover,
    }  # fmt: skip


def _rows_axis(labels: list[str]) -> Layout:
    return {
        "tickvals": list(range(len(labels))), "ticktext": labels, "range": [-0.6, len(labels) - 0.4], "showgrid": False,
        "zeroline": False, "fixedrange": True, "automargin": True, "ticks": "",
    }  # fmt: skip


def _ends(row: Row) -> str:
    return f"{number_text(row['low'])} to {number_text(row['high'])}"


def waterfall_figure(answer: AttributionAnswer) -> Figure | None:
    """From the outcome with all routes off to that with all on, route by route."""
    if not answer.players:
        return None
    rows = _sorted(answer)
    start, end = float(answer.outcome["all_off"]["value"]), float(answer.outcome["all_on"]["value"])
    bases, heights, colours, labels, texts = [0.0], [start], [ENDS], ["all routes off"], [number_text(start)]
    level = start
    for row in rows:
        value = float(row["value"] or 0.0)
        bases.append(level)
        heights.append(value)
        colours.append(RAISES if value >= 0.0 else LOWERS)
        labels.append(str(row["label"]))
        texts.append(f"{'+' if value > 0.0 else ''}{number_text(value, 2)}")
        level += value
    bases.append(0.0)
    heights.append(end)
    colours.append(ENDS)
    labels.append("all routes on")
    texts.append(number_text(end))
    tops = [max(base, base + height) for base, height in zip(bases, heights, strict=True)]
    low = min(0.0, *(base + height for base, height in zip(bases, heights, strict=True)), *bases[1:-1])
    high = max(0.0, *tops)
    # The steps, not the distance from zero, are what is to be seen.
    inner = [start, end, *(base + height for base, height in zip(bases[1:-1], heights[1:-1], strict=True))]
    room = max(max(inner) - min(inner), 0.02 * max(abs(low), abs(high)), 1e-12)
    span = [min(inner) - 0.35 * room, max(inner) + 0.35 * room]
    cut = span[0] > 0.0 or span[1] < 0.0
    shapes = ["", *("/" if colour == LOWERS else "" for colour in colours[1:-1]), ""]
    traces: list[Trace] = [{
        "type": "bar", "orientation": "h", "y": list(range(len(labels))), "x": rounded(heights), "base": rounded(bases),
        "marker": {"color": colours, "pattern": {"shape": shapes, "fgcolor": "#ffffff", "size": 6}}, "width": 0.62,
        "customdata": [[shown(label), text] for label, text in zip(labels, texts, strict=True)],
        "hovertemplate": "%{customdata[0]}: %{customdata[1]}<extra></extra>",
    }]  # fmt: skip
    annotations = [
        note(text, min(max(top, span[0]), span[1]), place, 13, INK, xanchor="left", xshift=6)
        for place, (text, top) in enumerate(zip(texts, _visible_tops(bases, heights, span), strict=True))
    ]
    links = [
        {"type": "line", "xref": "x", "yref": "y", "x0": at, "x1": at, "y0": place + 0.31, "y1": place + 0.69,
         "line": {"color": SOFT, "width": 1, "dash": "dot"}}
        for place, at in enumerate([start, *(base + height for base, height in zip(bases[1:-1], heights[1:-1], strict=True))])
    ]  # fmt: skip
    axis = _rows_axis([broken(label, 26) for label in labels])
    layout = base_layout(
        120 + 44 * len(labels),
        xaxis=linear_axis(f"Outcome: {answer.outcome['label']}", range=span),
        yaxis={**axis, "range": [len(labels) - 0.4, -0.6]},
        annotations=annotations,
        shapes=links,
        margin={"l": 70, "r": 66, "t": 16, "b": 62},
    )
    narrow_axis = {
        **_rows_axis([broken(label, 15) for label in labels]),
        "range": [len(labels) - 0.4, -0.6],
        "tickfont": {"size": 11},
    }
    narrow: Layout = {"margin": {"l": 10, "r": 68, "t": 10, "b": 56}, "font": {"size": 12}, "yaxis": narrow_axis}
    return Figure(
        "waterfall",
        "From all routes off to all on",
        "The Shapley shares laid end to end with central numbers, the largest first. Their sum is the whole difference between the two "
        f"grey bars.{' The axis does not begin at zero, so that the steps can be seen.' if cut else ''}",
        "How much of the way one route makes. Steps back (hatched) are routes that work against the others.",
        "A waterfall of the outcome from all routes off to all routes on.",
        [Panel(traces, layout, {}, narrow)],
        [
            Key("raises the outcome", "raises", RAISES, "bar"),
            Key("lowers it", "lowers", LOWERS, "bar", "", "/"),
            Key("outcome", "ends", ENDS, "bar"),
        ],
    )


def _visible_tops(bases: list[float], heights: list[float], span: list[float]) -> list[float]:
    """The right-hand end of each bar, within what is shown."""
    return [min(max(base, base + height, span[0]), span[1]) for base, height in zip(bases, heights, strict=True)]


def matrix_figure(answer: AttributionAnswer) -> Figure | None:
    """Pairwise Shapley interactions as a matrix."""
    if len(answer.players) < 2:
        return None
    ids = [str(row["id"]) for row in _sorted(answer)]
    labels = {str(row["id"]): str(row["label"]) for row in answer.players}
    known = {frozenset((row["first"], row["second"])): row for row in answer.interactions}
    greatest = max((abs(float(row["value"])) for row in answer.interactions), default=0.0) or 1.0
    cells: list[list[float | None]] = []
    marks: list[Layout] = []
    for down, first in enumerate(ids):
        line: list[float | None] = []
        for across, second in enumerate(ids):
            row = known.get(frozenset((first, second))) if first != second else None
            line.append(None if row is None or across > down else float(f"{row['value']:.6g}"))
            if row is not None and across < down:
                dark = abs(float(row["value"])) > 0.6 * greatest
                marks.append(note(number_text(row["value"], 2), across, down, 12, "#ffffff" if dark else INK, align="center"))
        cells.append(line)
    trace: Trace = {
        "type": "heatmap", "z": cells, "x": list(range(len(ids))), "y": list(range(len(ids))), "zmin": -greatest, "zmax": greatest,
        "colorscale": [[0.0, LOWERS], [0.5, "#f6f4ee"], [1.0, RAISES]], "showscale": False, "xgap": 2, "ygap": 2,
        "hoverongaps": False, "customdata": [[[shown(labels[a]), shown(labels[b])] for b in ids] for a in ids],
        "hovertemplate": "%{customdata[0]} with %{customdata[1]}: %{z:.3g}<extra></extra>",
    }  # fmt: skip
    axis = _rows_axis([broken(labels[name], 26) for name in ids])
    below = {**_rows_axis([broken(labels[name], 14) for name in ids]), "range": [-0.5, len(ids) - 1.5], "tickangle": 0,
             "tickfont": {"size": 12}}  # fmt: skip
    layout = base_layout(
        150 + 54 * len(ids), xaxis=below, yaxis={**axis, "range": [len(ids) - 0.5, 0.5]}, annotations=marks,
        margin={"l": 70, "r": 24, "t": 10, "b": 80},
    )  # fmt: skip
    narrow: Layout = {
        "font": {"size": 11}, "margin": {"l": 10, "r": 8, "t": 8, "b": 90},
        "xaxis": {**below, "tickangle": -60, "tickfont": {"size": 10}},
        "yaxis": {**_rows_axis([broken(labels[name], 15) for name in ids]), "range": [len(ids) - 0.5, 0.5], "tickfont": {"size": 10}},
    }  # fmt: skip
    return Figure(
        "interactions",
        "Which routes lean on each other",
        "Pairwise Shapley interactions with central numbers, in the unit of the outcome: what two routes do together beyond the sum of "
        "what each does alone, over all combinations of the others.",
        "Below zero: routes that stand in for each other, so that blocking one does little. Above zero: routes that need each other.",
        "A triangle of interactions between pairs of routes.",
        [Panel([trace], layout, {}, narrow)],
        [Key("stand in for each other", "below", LOWERS, "bar"), Key("need each other", "above", RAISES, "bar")],
    )


def row_name(row: Row) -> str:
    """A line of the ledger in a few words."""
    origin = ORIGINS.get(str(row["origin"]), str(row["origin"]))
    head = "selection" if row["part"] == "selection" else spoken(str(row["channel"]))
    return f"{head}: {spoken(str(row['process']))}{f' ({origin})' if origin else ''}"


def ledger_figure(answer: AttributionAnswer) -> Figure | None:
    """The ledger's running totals by origin and line by line, gains above zero and losses below, and their sum."""
    if not answer.ledger_course:
        return None
    panels, keys = [], [Key("sum", "total", "#000000", "none")]
    for title, name_of, shapes in (("Net, by where it is from", net_name, ()), ("Line by line", row_name, SHAPES)):
        times, layers = _layers(answer.ledger_course, name_of, shapes)
        offset = len(keys)
        traces = [
            trace
            for place, (name, values, fill) in enumerate(layers)
            for trace in _layer(times, values, name, fill, f"layer{offset + place}")
        ]
        total = [sum(values[at] for _, values, _ in layers) for at in range(len(times))]
        traces.append({
            "type": "scatter", "mode": "lines", "x": rounded(times), "y": rounded(total), "line": {"color": "#000000", "width": 3},
            "legendgroup": "total", "hovertemplate": "sum at %{x:.3g} h: %{y:.3g}<extra></extra>",
        })  # fmt: skip
        keys += [
            Key(name, f"layer{offset + place}", fill.colour, "bar", "", fill.shape)
            for place, (name, _, fill) in enumerate(layers)
        ]
        layout = base_layout(
            380, xaxis=linear_axis("Time, h"),
            yaxis=linear_axis("ln of the fold in C*, since the start", zeroline=True, zerolinecolor=SOFT),
        )  # fmt: skip
        narrow: Layout = {"height": 320, "margin": {"l": 58, "r": 10, "t": 10, "b": 52}, "font": {"size": 12}}
        panels.append(Panel(traces, layout, {}, narrow, title))
    return Figure(
        "ledger",
        "The net ledger over time",
        f"Where the trait of the cells came from: {answer.ledger_trait}. Layers above zero add to it, layers below take from it, the black "
        "line is their sum. On the left, what the cells' own upkeep adds and takes is netted, and so is what they received; on the right, "
        "every line by itself. Central numbers.",
        "Whether the black line follows received cargo, or selection, or what the cells do by themselves.",
        "Stacked layers of the ledger's lines over time with their sum, by origin and line by line.",
        panels,
        keys,
    )


def net_name(row: Row) -> str:
    """Where a line's part is from, without the process."""
    if row["part"] == "selection":
        return "selection"
    origin = {"native": "own cargo", "received": "received cargo", "relayed": "cargo passed on", "induced": "induced"}
    return origin.get(str(row["origin"]), f"{spoken(str(row['channel']))}, no cargo")


def _layers(
    course: list[Row], name_of: Callable[[Row], str], shapes: tuple[str, ...]
) -> tuple[list[float], list[tuple[str, list[float], Fill]]]:
    """Times, and (name, running totals, fill) of the largest groups of lines; the rest in one."""
    groups: dict[str, dict[float, float]] = {}
    colours: dict[str, str] = {}
    for row in course:
        name = name_of(row)
        colours[name] = FROM.get(net_name(row), ELSE)
        group = groups.setdefault(name, {})
        group[float(row["time"])] = group.get(float(row["time"]), 0.0) + float(row["value"])
    times = sorted(next(iter(groups.values())))
    series = {name: [group[time] for time in times] for name, group in groups.items()}
    ranked = sorted(series, key=lambda name: -max(abs(value) for value in series[name]))
    layers = [
        (name, series[name], Fill(colours[name], INK, shapes[place] if shapes else ""))
        for place, name in enumerate(ranked[:MOST_LAYERS])
    ]
    rest = ranked[MOST_LAYERS:]
    if rest:
        layers.append((f"{len(rest)} smaller lines", [sum(series[name][at] for name in rest) for at in range(len(times))], REST))
    return times, layers


def _layer(times: list[float], values: list[float], name: str, fill: Fill, group: str) -> list[Trace]:
    """A line's gains in the stack above zero and its losses in that below."""
    made: list[Trace] = []
    for stack, part in (("gains", [max(value, 0.0) for value in values]), ("losses", [min(value, 0.0) for value in values])):
        if not any(part):
            continue
        pattern: dict[str, Any] = {"fillcolor": transparent(fill.colour, 0.8)}
        if fill.shape:
            pattern["fillpattern"] = {"shape": fill.shape, "fgcolor": "#ffffff", "bgcolor": fill.colour, "size": 7}
        made.append({
            "type": "scatter", "mode": "lines", "x": rounded(times), "y": rounded(part), "stackgroup": stack, "name": shown(name),
            "line": {"color": fill.colour, "width": 0.8}, "legendgroup": group,
            "hovertemplate": f"{shown(name)}<br>%{{x:.3g}} h: %{{y:.3g}}<extra></extra>", **pattern,
        })  # fmt: skip
    return made
