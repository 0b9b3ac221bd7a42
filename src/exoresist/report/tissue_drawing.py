"""Pieces of all pictures of a tissue: figures, axes, colours of lineages, names and units of fields."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from exoresist.report.palette import GRID, INK
from exoresist.report.wording import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEAD = "#8c8c88"
LINEAGES = ("#56B4E9", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#0072B2")
UNITS = {"oxygen": "mmHg", "matrix": "share of volume", "glucose": "mM", "lactate": "mM", "ph": ""}
SCALES = {"glucose": 1e6, "lactate": 1e6}  # nM in the unit that is shown
SPOKEN = {"ph": "pH", "VEGFA": "VEGF-A"}


def figure_of(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def svg_of(figure: Figure) -> str:
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "exoresist", "svg.fonttype": "path"}):
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def plain_axis(axis: Axes, x: str, y: str, title: str) -> None:
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.set_title(title, fontsize=10, color=INK)
    axis.grid(color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def spoken_field(name: str) -> str:
    return SPOKEN.get(name) or spoken(name.replace("vesicles_", "vesicles of "))


def scale_of(name: str) -> float:
    """What a field is divided by to be in its unit."""
    return 1e9 if name.startswith("vesicles_") else SCALES.get(name, 1.0)


def titled(name: str) -> str:
    """A field's name with its unit."""
    unit = unit_of(name)
    return f"{spoken_field(name)}, {unit}" if unit else spoken_field(name)


def unit_of(name: str) -> str:
    return UNITS.get(name, "10⁹ per mL" if name.startswith("vesicles_") else "nM")


def wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 28))
