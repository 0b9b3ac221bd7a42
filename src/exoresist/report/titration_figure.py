"""The figure of doses: IC50 fold against vesicles per cell, with the vesicles there are and the vesicles it takes."""

from __future__ import annotations

import math

from exoresist.report.drawing import (
    Figure,
    Layout,
    Panel,
    band,
    base_layout,
    curve,
    line_across,
    line_up,
    linear_axis,
    log_axis,
    note,
    span,
)
from exoresist.report.palette import AVAILABLE, INK, NEEDED, SOFT, Stroke, transparent
from exoresist.report.wording import MISSING, estimate_text, finite, fold_text, interval_text, number_text
from exoresist.studies.answer import Answer, Estimate

Mark = tuple[str, Estimate, str, str]


def titration(answer: Answer) -> Figure | None:
    """IC50 fold against vesicles per cell, with vesicles available and needed."""
    rows = sorted(
        (row for row in answer.titration if (finite(row["vesicles_per_cell"]) or 0) > 0 and (finite(row["fold"]) or 0) > 0),
        key=lambda row: float(row["vesicles_per_cell"]),
    )
    candidates = (
        ("available", answer.vesicles_available, AVAILABLE, "solid"),
        ("needed", answer.vesicles_needed, NEEDED, "dash"),
    )
    marks: list[Mark] = [
        (word, estimate, colour, dash)
        for word, estimate, colour, dash in candidates
        if estimate is not None and (finite(estimate.value) or 0) > 0
    ]
    limits = span([row["vesicles_per_cell"] for row in rows] + [estimate.value for _, estimate, _, _ in marks], 1.6)
    if not rows or limits is None:
        return None
    x = [row["vesicles_per_cell"] for row in rows]
    area = band(x, [row.get("low") for row in rows], [row.get("high") for row in rows], INK, "fold", 0.12)
    hover = "%{x:,.3~g} vesicles per cell: %{y:.3~g}-fold<extra></extra>"
    line = curve(x, [row["fold"] for row in rows], "IC50 fold", Stroke(INK, "circle", "solid"), "fold", hover)
    folds = [number for row in rows for key in ("fold", "low", "high") if (number := finite(row.get(key))) is not None]
    shapes: list[Layout] = [*untested(float(x[-1]), limits), line_across(1.0)]
    for _, estimate, colour, dash in marks:
        shapes += vertical_mark(estimate, colour, dash, limits)
    arrow = gap_arrow(answer, marks, limits)
    title = "Vesicles added per recipient cell"
    layout = base_layout(470, xaxis=log_axis(title, *limits), yaxis=fold_axis(folds), shapes=shapes)
    narrow = {
        "height": 420,
        "margin": {"l": 56, "r": 12, "t": 112 if marks else 14, "b": 56},
        "font": {"size": 12},
        "xaxis": log_axis(title, *limits, most=5),
        "annotations": [mark_note(mark, tier, limits, False) for tier, mark in enumerate(marks)]
        + arrow
        + layout.get("annotations", []),
    }
    beyond = limits[1] > 3 * float(x[-1])
    if beyond:
        layout["annotations"] = [untested_note(float(x[-1]), limits)]
    return Figure(
        "titration",
        "How many vesicles it takes",
        "IC50 fold of recipients given purified vesicles, against the number given. The band holds 90 % of the draws."
        + marks_words(marks)
        + (" Grey: more vesicles than were tested; the need is extrapolated there." if beyond else ""),
        look_for(answer, marks),
        f"Curve of IC50 fold against vesicles per cell, with a band. "
        f"Available: {estimate_words(answer.vesicles_available)}. Needed: {estimate_words(answer.vesicles_needed)}.",
        [
            Panel(
                [area, line] if area else [line],
                layout,
                {
                    "margin": {"l": 76, "r": 24, "t": 100 if marks else 20, "b": 62},
                    "annotations": [mark_note(mark, tier, limits, True) for tier, mark in enumerate(marks)]
                    + arrow
                    + layout.get("annotations", []),
                },
                narrow,
            )
        ],
    )


def marks_words(marks: list[Mark]) -> str:
    """What the caption says of the vertical lines that are there, and of the one that is not."""
    if not marks:
        return ""
    meanings = {
        "available": "vesicles available from the donors",
        "needed": "vesicles needed for half of the donors’ effect",
    }
    text = f" Vertical lines: {', and '.join(meanings[word] for word, *_ in marks)}, with 90 % intervals as columns."
    return text if len(marks) == 2 else text + " A line that is missing has no value within the range examined."


def look_for(answer: Answer, marks: list[Mark]) -> str:
    """How to read the figure, with the dose gap where there is one."""
    if answer.dose_gap is None or finite(answer.dose_gap.value) is None or len(marks) < 2:
        return (
            "The number of vesicles at which the curve leaves 1 for good. A plate assay sees a fold of about 1.1 at "
            "best: below it, vesicles do not matter."
        )
    return (
        "Needed left of available: donors supply enough. Needed right of available: they do not, and the distance is "
        f"the dose gap, here {fold_text(answer.dose_gap)}{gap_interval(answer)}."
    )


def untested(last: float, limits: tuple[float, float]) -> list[Layout]:
    """A grey column over the numbers that were not tested."""
    if limits[1] <= 3 * last:
        return []
    ends = {"xref": "x", "x0": last, "x1": limits[1], "yref": "paper", "y0": 0, "y1": 1}
    return [{"type": "rect", **ends, "fillcolor": "#f1efea", "line": {"width": 0}, "layer": "below"}]


def untested_note(last: float, limits: tuple[float, float]) -> Layout:
    """The words on that column."""
    middle = (math.log10(last) + math.log10(limits[1])) / 2
    return note("not tested", middle, 0.0, 12, SOFT, yref="paper", yanchor="bottom", yshift=3, textangle=-90)


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
    marks = [line_up(float(estimate.value or 0), colour, dash, 2.5, "above")]
    if low is not None and high is not None and high > 0:
        ends = {"x0": max(low, limits[0]), "x1": min(high, limits[1])}
        fill = {"fillcolor": transparent(colour, 0.12), "line": {"width": 0}, "layer": "below"}
        marks.insert(0, {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "xref": "x", **ends, **fill})
    return marks


def mark_note(mark: Mark, tier: int, limits: tuple[float, float], wide: bool) -> Layout:
    """The text above a vertical mark. Each mark has its own tier, so that near marks cannot overlap."""
    word, estimate, colour, _ = mark
    place = share_of_axis(math.log10(float(estimate.value or 1)), limits)
    interval = interval_text(estimate.low, estimate.high)
    text = f"<b>{word}</b> {number_text(estimate.value)}" + (f" ({interval})" if interval else "")
    common = {"yref": "paper", "yanchor": "bottom"}
    if wide:
        anchor = "left" if place < 0.2 else "right" if place > 0.8 else "center"
        x = math.log10(float(estimate.value or 1))
        return note(text, x, 1.0, 14, colour, xanchor=anchor, yshift=6 if tier else 30, **common)
    # On a phone the text is half as long as the axis: it keeps to the nearer edge, and its colour leads to the line.
    side = "left" if place < 0.5 else "right"
    return note(text, 0 if place < 0.5 else 1, 1.0, 12, colour, xref="paper", xanchor=side, yshift=4 if tier else 26, **common)


def share_of_axis(place: float, limits: tuple[float, float]) -> float:
    """Where on the axis a decimal logarithm lies, 0 left to 1 right."""
    return (place - math.log10(limits[0])) / math.log10(limits[1] / limits[0])


def gap_arrow(answer: Answer, marks: list[Mark], limits: tuple[float, float]) -> list[Layout]:
    """An arrow above the plot from available to needed, with the dose gap written on it."""
    if len(marks) < 2 or answer.dose_gap is None or finite(answer.dose_gap.value) is None:
        return []
    start, end = (math.log10(float(mark[1].value or 1)) for mark in marks)
    arrow = {
        "x": end, "y": 1.0, "xref": "x", "yref": "paper", "ax": start, "axref": "x", "ay": 0, "ayref": "pixel",
        "yshift": 58, "text": "", "showarrow": True, "arrowhead": 2, "arrowsize": 1.2, "arrowwidth": 1.6,
        "arrowcolor": INK,
    }  # fmt: skip
    place = share_of_axis((start + end) / 2, limits)
    anchor = "left" if place < 0.2 else "right" if place > 0.8 else "center"
    text = f"dose gap <b>{fold_text(answer.dose_gap)}</b>"
    common = {"yref": "paper", "yanchor": "bottom", "xanchor": anchor, "yshift": 63}
    return [arrow, note(text, (start + end) / 2, 1.0, 14, INK, **common)]
