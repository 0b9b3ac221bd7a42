"""Figures of a ranking in a tissue: the tumour under each choice over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exoresist.report.drawing import Figure, Key, Layout, Panel, base_layout, curve, linear_axis
from exoresist.report.palette import arm_strokes
from exoresist.report.wording import number_text

if TYPE_CHECKING:
    from exoresist.studies.rank_answer import RankAnswer


def courses_figure(answer: RankAnswer) -> Figure | None:
    """Living tumour over time under every choice that was judged, with central numbers."""
    rows = answer.courses
    if not rows:
        return None
    arms = [{"id": row["name"], "role": "reference" if row["kind"] == "nothing" else "treated"} for row in rows]
    strokes = arm_strokes(arms)
    data = [
        curve(
            row["time_h"], row["tumour"], str(row["label"]), strokes[str(row["name"])], str(row["name"]),
            "%{x:.3~g} h: %{y:.4~g} cells", len(row["time_h"]) <= 40,
        )
        for row in rows
    ]  # fmt: skip
    top = max(max(row["tumour"]) for row in rows)
    layout: Layout = base_layout(
        420,
        xaxis=linear_axis("Time, h"),
        yaxis=linear_axis("Living tumour, cells of the size at birth", range=[0.0, 1.06 * top]),
    )
    narrow: Layout = {"height": 320, "margin": {"l": 60, "r": 10, "t": 10, "b": 54}, "font": {"size": 12}}
    ends = "; ".join(f"{row['label']}: {number_text(row['tumour'][-1])}" for row in rows)
    return Figure(
        "courses",
        "The tumour under each choice",
        "Living biomass of all tumour cells with central numbers and one seed; all choices share the luck of every cell until they "
        "change what becomes of it.",
        "Lines that lie on each other: the choices do not differ in this tissue, whatever their order.",
        f"Lines over time. At the end: {ends}.",
        [Panel(data, layout, {}, narrow)],
        [
            Key(str(row["label"]), str(row["name"]), strokes[str(row["name"])].colour, strokes[str(row["name"])].mark,
                strokes[str(row["name"])].dash)
            for row in rows
        ],
    )  # fmt: skip
