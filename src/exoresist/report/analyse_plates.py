"""Plates as pictures: every well with its reading, so that edges, stripes and mistakes of pipetting show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exoresist.report.drawing import Figure, Layout, Panel, Trace, base_layout, rounded, shown
from exoresist.report.palette import INK
from exoresist.report.wording import number_text
from exoresist.studies.answer import Row

if TYPE_CHECKING:
    from exoresist.studies.analyse_answer import LabAnswer

SIZES = {6: (2, 3), 12: (3, 4), 24: (4, 6), 48: (6, 8), 96: (8, 12), 384: (16, 24)}
LETTERS = "ABCDEFGHIJKLMNOP"
MOST = 4
SCALE = [[0.0, "#f7f4ec"], [0.25, "#cfe0dd"], [0.5, "#8fbab6"], [0.75, "#46827f"], [1.0, "#173f43"]]


def plate_figure(answer: LabAnswer) -> Figure | None:
    """A heat map per plate; None where readings have no positions."""
    data = answer.data
    if data is None or data.format not in SIZES or not any(row["well"] for row in data.wells):
        return None
    plates = list(dict.fromkeys(row["plate"] for row in data.wells))
    panels = [_panel(answer, plate, len(plates)) for plate in plates[:MOST]]
    further = f" Of {len(plates)} plates the first {MOST} are shown." if len(plates) > MOST else ""
    return Figure(
        "plates", "The plate" if len(plates) == 1 else "The plates",
        "Every well with its reading, the mean blank subtracted. B: blank; a cross: read, but not used; a ring: far from its "
        "curve; empty wells are white." + further,
        "Stripes and gradients that do not follow the doses; an edge that is lighter all around; single odd wells.",
        "Heat map of the wells. " + " ".join(f"Plate {row['plate']}: Z' {number_text(row['z_prime'])}." for row in answer.plates), panels,
    )  # fmt: skip


def _panel(answer: LabAnswer, plate: str, plates: int) -> Panel:
    data = answer.data
    assert data is not None
    down, along = SIZES[data.format or 96]
    values: list[list[float | None]] = [[None] * along for _ in range(down)]
    texts = [[""] * along for _ in range(down)]
    marks: list[Layout] = []
    odd = {row["well"] for row in answer.potencies.outliers if row["plate"] == plate}
    for row in data.wells:
        if row["plate"] != plate or not row["well"] or row["kind"] == "start":
            continue
        letter, column = LETTERS.index(row["well"][0]), int(row["well"][1:]) - 1
        if letter >= down or column >= along or row["kind"] in ("empty", "other"):
            continue
        values[letter][column] = row["signal"] if row["signal"] is not None else None
        texts[letter][column] = _words(answer, row)
        sign = "×" if not row["used"] else "B" if row["kind"] == "blank" else "○" if row["well"] in odd else ""
        if sign:
            marks.append({
                "x": column + 1, "y": letter, "text": sign, "showarrow": False,
                "font": {"size": 13 if along < 20 else 9, "color": "#b3261e" if sign in "×○" else INK},
            })  # fmt: skip
    trace: Trace = {
        "type": "heatmap", "z": [rounded(list(line)) for line in values], "x": list(range(1, along + 1)),
        "y": list(range(down)), "text": texts, "colorscale": SCALE,
        "hovertemplate": "%{text}<extra></extra>", "hoverongaps": False, "xgap": 2, "ygap": 2,
        "colorbar": {"title": {"text": "Signal", "side": "right"}, "thickness": 12, "outlinewidth": 0, "len": 0.9},
    }  # fmt: skip
    height = 60 + (36 if along < 20 else 24) * down
    layout = base_layout(
        height, margin={"l": 34, "r": 20, "t": 36, "b": 14},
        xaxis={"side": "top", "tickvals": list(range(1, along + 1)), "showgrid": False, "zeroline": False, "fixedrange": True,
            "ticks": "", "range": [0.5, along + 0.5], "tickangle": 0},
        yaxis={"tickvals": list(range(down)), "ticktext": list(LETTERS[:down]), "range": [down - 0.5, -0.5], "showgrid": False,
            "zeroline": False, "fixedrange": True, "ticks": ""},
        annotations=marks,
    )  # fmt: skip
    return Panel(
        [trace], layout, {}, {"height": int(0.75 * height), "font": {"size": 10}}, f"Plate {plate}" if plates > 1 else ""
    )


def _words(answer: LabAnswer, row: Row) -> str:
    arm = answer.meta.arm(row["arm"]) if row["arm"] else None
    what = (
        "blank"
        if row["kind"] == "blank"
        else f"{(arm.label or arm.id) if arm else row['arm']}, {number_text(row['dose'])} {answer.meta.dose_unit}"
    )
    reading = f"reads {number_text(row['raw'], 4)}" if row["raw"] is not None else ""
    why = f"not used: {row['why']}" if not row["used"] else ""
    return "<br>".join(part for part in (shown(f"{row['well']}: {what}"), reading, shown(why)) if part)
