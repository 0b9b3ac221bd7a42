"""Sections through a tissue and a moving picture of them. Drawn once, kept as SVG, PNG or GIF."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from exoresist.report.palette import INK
from exoresist.report.tissue_drawing import DEAD, LINEAGES, figure_of, scale_of, spoken_field, svg_of, titled, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from exoresist.studies.tissue_answer import ArmAnswer, Section, TissueAnswer

MAP = "cividis"
MOST_FIELDS = 6  # beside the cells
HIGH = 0.99  # quantile at which the scale of a field ends
MAKERS = 2  # of vesicles whose fields are shown
MANY_VESSELS = 40  # points of wall in a picture


def section_figure(answer: TissueAnswer) -> str:
    """The middle plane of every arm at the end: cells by lineage, by pump level, and the fields beside them."""
    last = [arm.sections[-1] for arm in answer.arms]
    shown = _shown_fields(answer)
    columns = 1 + bool(answer.cargo) + len(shown)
    figure = figure_of(2.9 * columns, 2.75 * len(answer.arms) + 0.5)
    axes = figure.subplots(len(answer.arms), columns, squeeze=False, sharex=True, sharey=True)
    levels = _levels_of(last, answer)
    half = _half_width(last)
    for row, (arm, one) in enumerate(zip(answer.arms, last, strict=True)):
        _cells(axes[row, 0], one, _lineage_colours(one, answer), "Lineage" if row == 0 else "")
        axes[row, 0].set_ylabel(f"{wrapped(arm.label)}\n\ny, µm", color=INK)
        place = 1
        if answer.cargo:
            drawn = _levels(axes[row, place], one, levels, answer)
            if row == 0:
                axes[row, place].set_title(f"{answer.cargo}, copies per cell", fontsize=10, color=INK)
            figure.colorbar(drawn, ax=axes[row, place], shrink=0.8)
            place += 1
        for name in shown:
            _field(figure, axes[row, place], one, name, last)
            if row == 0:
                axes[row, place].set_title(titled(name), fontsize=10, color=INK)
            place += 1
        for axis in axes[row]:
            _frame(axis, half)
            _mark_vessels(axis, one)
            if row == len(answer.arms) - 1:
                axis.set_xlabel("x, µm")
    _legend_of_lineages(figure, answer, bool(last[0].vessels.size))
    return svg_of(figure)


def _shown_fields(answer: TissueAnswer) -> list[str]:
    """Oxygen, drugs and matrix, and the vesicles of two makers at most; what is nowhere in any arm is left out."""
    names: list[str] = []
    for arm in answer.arms:
        for name, values in arm.sections[-1].fields.items():
            if name not in names and float(np.abs(values).max()) > 0.0:
                names.append(name)
    if not any(float(row.get("hypoxic", 0)) for arm in answer.arms for row in arm.rows):
        names = [name for name in names if name != "oxygen"]
    if "ph" in names:  # tells what lactate does
        names = [name for name in names if name != "lactate"]
    vesicles = [name for name in names if name.startswith("vesicles_")][bool(answer.cargo) - MAKERS :]
    others = [name for name in names if not name.startswith("vesicles_")]
    return others[: MOST_FIELDS - len(vesicles)] + vesicles


def _field(figure: Figure, axis: Axes, one: Section, name: str, all_: list[Section]) -> None:
    """A field from 0 to its high values in all arms, so that noise is not blown up; of oxygen each arm has its own scale."""
    of = [each.fields[name].ravel() for each in ([one] if name == "oxygen" else all_) if name in each.fields]
    # A body that has just burst leaves a single bright voxel: the scale does not follow it.
    most = float(np.quantile(np.concatenate(of), HIGH)) or float(np.concatenate(of).max())
    scale = scale_of(name)
    values = one.fields.get(name, np.zeros((2, 2))) / scale
    lowest = 0.0
    if name == "ph":
        lowest, most = float(np.min(np.concatenate(of))) - 0.01, float(np.max(np.concatenate(of)))
    image = axis.imshow(
        values, origin="lower", extent=one.extent, cmap=MAP, vmin=lowest, vmax=most / scale or 1.0, interpolation="nearest"
    )
    figure.colorbar(image, ax=axis, shrink=0.8)


def _half_width(sections: list[Section]) -> float:
    """um from the middle that shows all cells of all sections with a margin, within the box."""
    reach = max((float(np.max(np.abs([one.x, one.y]) + one.radius)) for one in sections if len(one.x)), default=np.inf)
    return min(1.12 * reach, sections[0].extent[1])


def _frame(axis: Axes, half: float) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_aspect("equal")
    axis.set_xlim(-half, half)
    axis.set_ylim(-half, half)
    axis.xaxis.set_major_locator(MaxNLocator(4))
    axis.yaxis.set_major_locator(MaxNLocator(4))


def _mark_vessels(axis: Axes, one: Section) -> None:
    if one.vessels.size:
        many = one.vessels.shape[1] > MANY_VESSELS  # a net of them must not hide what lies beneath
        axis.plot(
            *one.vessels, linestyle="", marker="s" if many else "P", markersize=2.2 if many else 6.0, color="#B00020",
            markeredgecolor="white", markeredgewidth=0.3 if many else 0.6,
        )  # fmt: skip


def _levels_of(sections: list[Section], answer: TissueAnswer) -> Any:
    if not answer.cargo:
        return np.array([1.0, 10.0])
    return np.concatenate([one.level[np.isfinite(one.level)] for one in sections])


def moving_picture(answer: TissueAnswer, arm: ArmAnswer) -> str:
    """An animated GIF of an arm's middle plane, as a data address."""
    from PIL import Image

    levels, half = _levels_of(arm.sections, answer), _half_width(arm.sections)
    frames = []
    for one in arm.sections:
        figure = figure_of(6.6 if answer.cargo else 3.5, 3.5)
        axes = figure.subplots(1, 1 + bool(answer.cargo), squeeze=False)[0]
        _cells(axes[0], one, _lineage_colours(one, answer), f"{one.time_h:g} h")
        if answer.cargo:
            _levels(axes[1], one, levels, answer)
            axes[1].set_title(f"{answer.cargo}, copies per cell", fontsize=10, color=INK)
        for axis in axes:
            _frame(axis, half)
            _mark_vessels(axis, one)
            axis.set_xlabel("x, µm")
        axes[0].set_ylabel("y, µm")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=90)
        frames.append(Image.open(buffer).convert("RGB"))
    # One palette for all, of all: with one for each, encoders mix them up and frames come out in false colours.
    width, height = frames[0].size
    strip = Image.new("RGB", (width, height * len(frames)))
    for place, frame in enumerate(frames):
        strip.paste(frame, (0, place * height))
    palette = strip.quantize(240, dither=Image.Dither.NONE)
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    out = io.BytesIO()
    frames[0].save(out, format="GIF", save_all=True, append_images=frames[1:], duration=350, loop=0, optimize=False)
    return "data:image/gif;base64," + base64.b64encode(out.getvalue()).decode()


# -- pieces


def _cells(axis: Axes, one: Section, colours: list[str], title: str) -> None:
    _discs(axis, one, lambda collection: collection.set_facecolor(colours))
    axis.set_title(title, fontsize=10, color=INK)


def _discs(axis: Axes, one: Section, paint: Callable[[Any], None]) -> Any:
    from matplotlib.collections import EllipseCollection

    size = 2.0 * one.radius
    discs = EllipseCollection(
        size, size, np.zeros(len(size)), units="xy", offsets=np.stack([one.x, one.y], axis=1), offset_transform=axis.transData,
        edgecolor="white", linewidth=0.15,
    )  # fmt: skip
    discs.set_rasterized(len(size) > 3000)
    paint(discs)
    axis.add_collection(discs)
    return discs


def _levels(axis: Axes, one: Section, levels: Any, answer: TissueAnswer) -> Any:
    from matplotlib import colormaps
    from matplotlib.colors import LogNorm

    low, high = (float(np.quantile(levels[levels > 0.0], q)) for q in (0.01, 0.99))

    def paint(discs: Any) -> None:
        discs.set_array(np.ma.masked_invalid(np.maximum(one.level, low)))
        discs.set_cmap(colormaps[MAP].with_extremes(bad=DEAD))
        discs.set_norm(LogNorm(low, max(high, 1.01 * low)))

    return _discs(axis, one, paint)


def _lineage_colours(one: Section, answer: TissueAnswer) -> list[str]:
    by_name = {kind: LINEAGES[index % len(LINEAGES)] for index, kind in enumerate(answer.types)}
    return [DEAD if state else by_name[kind] for kind, state in zip(one.kind, one.state, strict=True)]


def _legend_of_lineages(figure: Figure, answer: TissueAnswer, vessels: bool) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], marker="o", linestyle="", color=LINEAGES[index % len(LINEAGES)], label=spoken_field(kind))
        for index, kind in enumerate(answer.types)
    ]
    marks.append(Line2D([], [], marker="o", linestyle="", color=DEAD, label="dead"))
    if vessels:
        marks.append(Line2D([], [], marker="P", linestyle="", color="#B00020", label="vessel"))
    figure.legend(handles=marks, frameon=False, fontsize=9, loc="outside upper left", ncols=len(marks), handletextpad=0.1)
