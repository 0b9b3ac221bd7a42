"""What all figures share: the figure record, axes, ticks, bands, lines and legends.

Figures are plotly's own dictionaries rather than its Python objects: the page needs only the JSON, and building it this
way takes milliseconds. The tests hold every one against plotly's validators.
"""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, field
from typing import Any

from exoresist.report.palette import GRID, INK, SOFT, Stroke, arm_strokes, transparent
from exoresist.report.wording import arm_labels, finite, number_text, power_text, spoken, wrapped
from exoresist.studies.answer import Answer

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
    """Panels with a title, what is shown, what to look for, and a text for those who do not see the picture."""

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
        "tickangle": 0,
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
        ticktext=tick_texts(ticks),
        **more,
    )


def log_ticks(low: float, high: float, most: int = 9) -> list[float]:
    """At most `most` round numbers within [low, high]: the finest of 1-2-3-5, 1-2-5, 1-3, decades that fits."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks: list[float] = []
    for steps in ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
        ticks = [float(f"{tick:.6g}") for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(ticks) <= most:
            return ticks
    return ticks[:: math.ceil(len(ticks) / most)]


def tick_texts(ticks: list[float]) -> list[str]:
    """Ticks written out, or all as powers where the greatest would be unreadable: never a mixture."""
    whole_powers = all(abs(math.log10(tick) - round(math.log10(tick))) < 1e-9 for tick in ticks)
    if ticks and whole_powers and (ticks[-1] > 2e6 or ticks[0] < 2e-4):
        return [power_text(round(math.log10(tick))) for tick in ticks]
    return [f"{tick:,.0f}" if 1e6 <= tick <= 2e6 else number_text(tick) for tick in ticks]


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
        "marker": mark(stroke, 8),
        "legendgroup": group,
        "hovertemplate": hover,
    }


def mark(stroke: Stroke, size: float) -> Layout:
    """The mark of an arm; triangles are drawn larger, for plotly draws them with half the area of a circle."""
    factor = 1.35 if stroke.mark.startswith("triangle") else 1.0
    line = {"color": "#ffffff", "width": 1}
    return {"color": stroke.colour, "symbol": stroke.mark, "size": round(size * factor, 1), "line": line}


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


def line_across(y: float) -> Layout:
    """A dotted line across the plot, above the grid that would otherwise cover it."""
    line = {"color": SOFT, "width": 1.5, "dash": "dot"}
    ends = {"xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": y, "y1": y}
    return {"type": "line", **ends, "line": line, "layer": "above"}


def line_up(x: float, colour: str = SOFT, dash: str = "dot", width: float = 1.5, layer: str = "below") -> Layout:
    """A line up the plot."""
    line = {"color": colour, "width": width, "dash": dash}
    ends = {"yref": "paper", "y0": 0, "y1": 1, "xref": "x", "x0": x, "x1": x}
    return {"type": "line", **ends, "line": line, "layer": layer}


def arm_keys(answer: Answer, used: set[str]) -> list[Key]:
    """Legend entries of the arms that a figure shows, in the order of the scenario."""
    strokes, labels = arm_strokes(answer.arms), arm_labels(answer.arms)
    return [Key(labels[arm], arm, stroke.colour, stroke.mark, stroke.dash) for arm, stroke in strokes.items() if arm in used]


def drug_name(answer: Answer) -> str:
    """The drug as the axes name it."""
    drugs = sorted({str(row["drug"]) for row in answer.ic50 if row.get("drug")})
    return spoken(" and ".join(drugs)) if drugs else "drug"
