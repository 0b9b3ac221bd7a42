"""What all figures share: the figure record, axes, ticks, bands and rows of points with intervals.

Figures are plotly's own dictionaries rather than its Python objects: the page needs only the JSON, and building it this way takes
milliseconds. The tests hold every one against plotly's validators.
"""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, field
from typing import Any

from exoresist.report.palette import GRID, INK, SOFT, Stroke, transparent
from exoresist.report.wording import finite, number_text, wrapped

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif'
Layout = dict[str, Any]
Trace = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """One plot. `wide` and `narrow` are laid over `layout` on a desk and on a phone."""

    data: list[Trace]
    layout: Layout
    wide: Layout = field(default_factory=dict)
    narrow: Layout = field(default_factory=dict)
    title: str = ""


@dataclass(frozen=True)
class Key:
    """One entry of a legend, drawn in HTML outside the plot; `group` names the traces that it switches off and on."""

    label: str
    group: str
    colour: str
    mark: str = ""
    dash: str = ""
    shape: str = ""
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """Panels with a title, a caption (what is shown), what to look for, and a text for those who do not see the picture."""

    id: str
    title: str
    caption: str
    look_for: str
    alt: str
    panels: list[Panel]
    keys: list[Key] = field(default_factory=list)


def shown(text: str) -> str:
    """Text for inside a plot: plotly reads a little HTML, which a label of the user must not be able to use."""
    return html.escape(text, quote=False)


def broken(text: str, width: int) -> str:
    """`shown`, wrapped into lines of about `width` characters."""
    return "<br>".join(shown(line) for line in wrapped(text, width))


def rounded(values: list[Any]) -> list[float | None]:
    """Six significant figures: finer than any screen, and half the page weight."""
    numbers = [finite(value) for value in values]
    return [None if number is None else float(f"{number:.6g}") for number in numbers]


def base_layout(height: int, **more: Any) -> Layout:
    """Layout that every plot starts from; legends are drawn in HTML."""
    return {
        "height": height,
        "autosize": True,
        "showlegend": False,
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "font": {"family": FONT, "size": 14, "color": INK},
        "margin": {"l": 70, "r": 24, "t": 16, "b": 62},
        "hoverlabel": {
            "bgcolor": "#ffffff",
            "bordercolor": SOFT,
            "font": {"family": FONT, "size": 13, "color": INK},
            "align": "left",
        },
        "hovermode": "closest",
        "dragmode": False,
        **more,
    }


def linear_axis(title: str, **more: Any) -> Layout:
    """A linear axis with its unit in the title."""
    return {
        "title": {"text": title, "standoff": 10, "font": {"size": 14, "color": INK}},
        "gridcolor": GRID,
        "linecolor": "#77736b",
        "showline": True,
        "ticks": "outside",
        "ticklen": 5,
        "tickcolor": "#77736b",
        "zeroline": False,
        "automargin": True,
        "fixedrange": True,
        **more,
    }


def log_axis(title: str, low: float, high: float, most: int = 9, **more: Any) -> Layout:
    """A logarithmic axis from `low` to `high` (both > 0) with ticks written out in full."""
    ticks = log_ticks(low, high, most)
    return linear_axis(
        title,
        type="log",
        range=[math.log10(low), math.log10(high)],
        tickvals=ticks,
        ticktext=[number_text(tick) for tick in ticks],
        **more,
    )


def log_ticks(low: float, high: float, most: int = 9) -> list[float]:
    """At most about `most` round numbers within [low, high]: the finest of 1-2-3-4-5-7, 1-2-5, 1-3, decades that fits."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks: list[float] = []
    for steps in ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
        ticks = [float(f"{tick:.6g}") for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(ticks) <= most:
            return ticks
    return ticks[:: math.ceil(len(ticks) / most)]


def span(values: list[Any], room: float = 1.25) -> tuple[float, float] | None:
    """Least and greatest positive value, with a factor of room at either side; None without any."""
    numbers = [number for value in values if (number := finite(value)) is not None and number > 0]
    if not numbers:
        return None
    return min(numbers) / room, max(numbers) * room


def band(x: list[Any], low: list[Any], high: list[Any], colour: str, group: str, opacity: float = 0.16) -> Trace | None:
    """The area between two curves; None where fewer than two points have both."""
    points = [
        (a, b, c)
        for a, b, c in zip(rounded(x), rounded(low), rounded(high), strict=True)
        if a is not None and b is not None and c is not None
    ]
    if len(points) < 2:
        return None
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [p[0] for p in points] + [p[0] for p in reversed(points)],
        "y": [p[2] for p in points] + [p[1] for p in reversed(points)],
        "fill": "toself",
        "fillcolor": transparent(colour, opacity),
        "line": {"width": 0, "color": colour},
        "hoverinfo": "skip",
        "legendgroup": group,
        "showlegend": False,
    }


def curve(x: list[Any], y: list[Any], label: str, stroke: Stroke, group: str, hover: str, marks: bool = True) -> Trace:
    """A line with marks in the stroke of its arm. `hover` is plotly's template."""
    return {
        "type": "scatter",
        "mode": "lines+markers" if marks else "lines",
        "x": rounded(x),
        "y": rounded(y),
        "name": shown(label),
        "line": {"color": stroke.colour, "width": 2.5, "dash": stroke.dash},
        "marker": {"color": stroke.colour, "symbol": stroke.mark, "size": 8, "line": {"color": "#ffffff", "width": 1}},
        "legendgroup": group,
        "hovertemplate": hover,
    }


def row_layouts(
    labels: list[str], values: list[str], axis: Layout, narrow_axis: Layout, per_row: int = 56
) -> tuple[Layout, Layout, Layout]:
    """Layouts of a figure of rows (first row on top): common, wide, narrow.

    On a desk labels stand left of the plot and values right of it; on a phone both stand above their row, or a long name
    would leave no room for the data.
    """
    count = len(labels)
    places = [count - 1 - number for number in range(count)]
    y_axis = linear_axis("", range=[-0.6, count - 0.4], tickvals=places, showline=False, ticks="", showgrid=False)
    common = base_layout(0, xaxis=axis, yaxis=y_axis)
    lines = [wrapped(label, 34) for label in labels]
    wide = {
        "height": 92 + sum(max(per_row, 22 + 18 * len(row)) for row in lines),
        "margin": {"l": 20, "r": 168, "t": 22, "b": 62},
        "yaxis": {"ticktext": ["<br>".join(shown(line) for line in row) + "  " for row in lines]},
        "annotations": [
            note(value, 1.0, y, xref="paper", xanchor="left", xshift=12)
            for value, y in zip(values, places, strict=True)
        ],
    }
    narrow = {
        "height": 96
        + sum(
            58 + 15 * (len(wrapped(f"{label}: {value}", 44)) - 1) for label, value in zip(labels, values, strict=True)
        ),
        "margin": {"l": 12, "r": 12, "t": 22, "b": 58},
        "font": {"size": 12},
        "xaxis": narrow_axis,
        "yaxis": {"showticklabels": False, "range": [-0.5, count - 0.25]},
        "annotations": [
            note(
                f"{broken_label(label, value)}",
                0.0,
                y,
                xref="paper",
                xanchor="left",
                yanchor="bottom",
                yshift=9,
                size=12,
            )
            for label, value, y in zip(labels, values, places, strict=True)
        ],
    }
    return common, wide, narrow


def broken_label(label: str, value: str) -> str:
    """Label and value in short lines, the value in bold on the last."""
    return f"{broken(label, 46)}<br><b>{shown(value)}</b>"


def note(text: str, x: Any, y: Any, size: int = 14, colour: str = INK, **more: Any) -> Layout:
    """An annotation without an arrow."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "xref": "x",
        "yref": "y",
        "showarrow": False,
        "align": "left",
        "font": {"size": size, "color": colour},
        **more,
    }
