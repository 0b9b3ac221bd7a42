"""Figures made of rows: a name, a point or a bar, a number. Used for IC50 per arm and for the drivers."""

from __future__ import annotations

from dataclasses import dataclass

from exoresist.report.drawing import Layout, base_layout, broken, linear_axis, note, shown
from exoresist.report.palette import SOFT


@dataclass(frozen=True)
class RowText:
    """What is written at a row: name and value, each with a lesser second text."""

    name: str
    value: str
    name_aside: str = ""
    value_aside: str = ""

    def words(self) -> str:
        """The row as plain text."""
        aside = f" ({self.name_aside})" if self.name_aside else ""
        return f"{self.name}{aside}: {self.value}" + (f", {self.value_aside}" if self.value_aside else "")


def soft(text: str, width: int = 60) -> str:
    """Lesser text inside a plot."""
    return f'<span style="color:{SOFT}">{broken(text, width)}</span>' if text else ""


def joined(*parts: str) -> str:
    """Non-empty parts on lines of their own."""
    return "<br>".join(part for part in parts if part)


def row_layouts(
    rows: list[RowText], axis: Layout, narrow_axis: Layout, least: int, clear: int = 10
) -> tuple[Layout, Layout, Layout]:
    """Layouts of a figure of rows, the first on top: common, wide, narrow.

    least  least row height in pixels;  clear  pixels that a mark takes above the middle of its row: words begin beyond

    On a desk names stand left of the plot and values right of it; on a phone both stand above their row, or a long
    name would leave no room for the data.
    """
    count = len(rows)
    places = [count - 1 - number for number in range(count)]
    y_axis = linear_axis("", tickvals=places, showline=False, ticks="", showgrid=False, ticklabelstandoff=10)
    common = base_layout(0, xaxis=axis, yaxis=y_axis)
    widest = max(len(text) for row in rows for text in (row.value, row.value_aside))
    left = [joined(broken(row.name, 34), soft(row.name_aside, 34)) for row in rows]
    height = max([least] + [26 + 17 * (1 + name.count("<br>")) for name in left])
    wide = {
        "height": 86 + height * count,
        "margin": {"l": 20, "r": 28 + round(7.9 * widest), "t": 16, "b": 62},
        "yaxis": {"ticktext": left, "range": [-0.5, count - 0.5]},
        "annotations": [
            note(joined(shown(row.value), soft(row.value_aside)), 1.0, y, xref="paper", xanchor="left", xshift=14)
            for row, y in zip(rows, places, strict=True)
        ],
    }
    above = [joined(broken(row.name, 46), soft(row.name_aside, 46), values_line(row)) for row in rows]
    tallest = max(1 + text.count("<br>") for text in above)
    height = 32 + clear + 16 * tallest
    narrow = {
        "height": 80 + height * count,
        "margin": {"l": 6, "r": 8, "t": 6, "b": 58},
        "font": {"size": 12},
        "xaxis": narrow_axis,
        "yaxis": {
            "showticklabels": False,
            "automargin": False,
            "range": [-20 / height, count - 1 + (16 + clear + 16 * tallest) / height],
        },
        # The white ground keeps grid and reference lines from running through the words.
        "annotations": [
            note(
                text,
                0.0,
                y,
                12,
                xref="paper",
                xanchor="left",
                yanchor="bottom",
                yshift=clear,
                bgcolor="#ffffff",
                borderpad=1,
            )
            for text, y in zip(above, places, strict=True)
        ],
    }
    return common, wide, narrow


def values_line(row: RowText) -> str:
    """The value in bold and its aside, on one line."""
    return f"<b>{shown(row.value)}</b>" + (f"  {soft(row.value_aside)}" if row.value_aside else "")
