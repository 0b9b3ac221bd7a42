"""Pictures of a tissue: sections, courses, profiles, lineages and a moving picture. Drawn once, kept as SVG, PNG or GIF."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from exoresist.report.palette import GRID, INK, REFERENCE, SOFT, STROKES, arm_strokes
from exoresist.report.wording import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from exoresist.studies.tissue_answer import ArmAnswer, Section, TissueAnswer

DEAD = "#8c8c88"
LINEAGES = ("#56B4E9", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#0072B2")
UNITS = {"oxygen": "mmHg"}
MAP = "cividis"
MARKERS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle-up": "^",
    "triangle-down": "v",
    "pentagon": "p",
    "hexagon": "h",
}
DASHES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-."}


def section_figure(answer: TissueAnswer) -> str:
    """The middle plane of every arm at the end: cells by lineage, by pump level, and the fields beside them."""
    names = list(answer.arms[0].sections[-1].fields)
    shown = [name for name in names if not name.startswith("vesicles_")] + [
        name for name in names if name.startswith("vesicles_")
    ][-1:]
    columns = 1 + bool(answer.cargo) + len(shown)
    last = [arm.sections[-1] for arm in answer.arms]
    figure = _figure(3.1 * columns, 3.2 * len(answer.arms) + 0.3)
    axes = figure.subplots(len(answer.arms), columns, squeeze=False)
    levels = np.concatenate([one.level[np.isfinite(one.level)] for one in last]) if answer.cargo else np.array([1.0, 10.0])
    for row, (arm, one) in enumerate(zip(answer.arms, last, strict=True)):
        _cells(axes[row, 0], one, _lineage_colours(one), "Lineage" if row == 0 else "")
        axes[row, 0].set_ylabel(f"{_wrapped(arm.label)}\ny, µm", color=INK)
        place = 1
        if answer.cargo:
            drawn = _levels(axes[row, place], one, levels, answer)
            if row == 0:
                axes[row, place].set_title(f"{answer.cargo}, copies per cell", fontsize=10, color=INK)
            figure.colorbar(drawn, ax=axes[row, place], shrink=0.8)
            place += 1
        for name in shown:
            ends = [float(each.fields[name].min()) for each in last] + [float(each.fields[name].max()) for each in last]
            image = axes[row, place].imshow(
                one.fields[name],
                origin="lower",
                extent=one.extent,
                cmap=MAP,
                vmin=min(ends),
                vmax=max(ends) or 1.0,
                interpolation="nearest",
            )
            figure.colorbar(image, ax=axes[row, place], shrink=0.8)
            if row == 0:
                axes[row, place].set_title(f"{_spoken(name)}, {_unit(name)}", fontsize=10, color=INK)
            place += 1
        for axis in axes[row]:
            axis.set_aspect("equal")
            axis.set_xlim(one.extent[0], one.extent[1])
            axis.set_ylim(one.extent[2], one.extent[3])
            if row == len(answer.arms) - 1:
                axis.set_xlabel("x, µm")
    _legend_of_lineages(axes[0, 0], answer)
    return _svg(figure)


def course_figure(answer: TissueAnswer) -> str:
    """Living cells, and how many of them are resistant, against time."""
    strokes = arm_strokes([{"id": arm.id, "role": arm.role} for arm in answer.arms])
    wanted = [("living", "Living cells")]
    if answer.cargo:
        wanted += [("resistant_descended", "Resistant by descent"), ("resistant_converted", "Resistant by what was received")]
    figure = _figure(4.1 * len(wanted), 3.5)
    axes = figure.subplots(1, len(wanted), squeeze=False)[0]
    for axis, (key, title) in zip(axes, wanted, strict=True):
        for arm in answer.arms:
            stroke = strokes[arm.id]
            times = [float(row["time_h"]) for row in arm.rows]
            axis.plot(
                times, [float(row[key]) for row in arm.rows], color=stroke.colour, linestyle=DASHES[stroke.dash],
                marker=MARKERS[stroke.mark], markersize=3.5, markevery=max(1, len(times) // 8), label=arm.label,
            )  # fmt: skip
        _plain(axis, "Time, h", "Cells", title)
        axis.set_ylim(bottom=0.0)
    axes[0].legend(frameon=False, fontsize=8)
    return _svg(figure)


def profile_figure(answer: TissueAnswer) -> str:
    """Means against the distance from the middle at the end."""
    names = [name for name in answer.arms[0].profile[0] if name not in ("arm", "distance_um", "cells", "pump_level")]
    names = [name for name in names if not name.startswith("vesicles_")]
    if not names:
        return ""
    strokes = arm_strokes([{"id": arm.id, "role": arm.role} for arm in answer.arms])
    figure = _figure(4.1 * len(names), 3.4)
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    for axis, name in zip(axes, names, strict=True):
        for arm in answer.arms:
            stroke = strokes[arm.id]
            axis.plot(
                [float(row["distance_um"]) for row in arm.profile], [float(row[name]) for row in arm.profile], color=stroke.colour,
                linestyle=DASHES[stroke.dash], marker=MARKERS[stroke.mark], markersize=3.5, label=arm.label,
            )  # fmt: skip
        label = "Share of living cells" if name == "resistant_share" else f"{_spoken(name)}, {_unit(name)}"
        _plain(axis, "Distance from the middle, µm", label, "Resistant cells" if name == "resistant_share" else _spoken(name))
        axis.set_ylim(bottom=0.0)
    axes[0].legend(frameon=False, fontsize=8)
    return _svg(figure)


def lineage_figure(answer: TissueAnswer) -> str:
    """Living cells stacked by lineage, those that became resistant by what they received apart: descent against conversion."""
    figure = _figure(3.9 * len(answer.arms), 3.5)
    axes = figure.subplots(1, len(answer.arms), squeeze=False, sharey=True)[0]
    for axis, arm in zip(axes, answer.arms, strict=True):
        times = [float(row["time_h"]) for row in arm.rows]
        parts, labels, colours = [], [], []
        converted = np.array([float(row.get("resistant_converted", 0)) for row in arm.rows])
        living = [np.array([float(row[f"{kind}_living"]) for row in arm.rows]) for kind in answer.types]
        for index, (kind, count) in enumerate(zip(answer.types, living, strict=True)):
            taken = _converted_of(answer, index, arm, converted)
            parts += [count - taken]
            labels.append(_spoken(kind))
            colours.append(LINEAGES[index % len(LINEAGES)])
        if converted.any():
            parts.append(converted)
            labels.append("became resistant")
            colours.append("#F0E442")
        drawn = axis.stackplot(times, parts, labels=labels, colors=colours, linewidth=0.4, edgecolor="white")
        if converted.any():
            drawn[-1].set_hatch("//")
        _plain(axis, "Time, h", "Living cells" if axis is axes[0] else "", _wrapped(arm.label))
    axes[0].legend(frameon=False, fontsize=8, loc="lower left")
    return _svg(figure)


def moving_picture(answer: TissueAnswer, arm: ArmAnswer) -> str:
    """An animated GIF of an arm's middle plane, as a data address."""
    from PIL import Image

    levels = (
        np.concatenate([one.level[np.isfinite(one.level)] for one in arm.sections]) if answer.cargo else np.array([1.0, 10.0])
    )
    frames = []
    for one in arm.sections:
        figure = _figure(6.6 if answer.cargo else 3.5, 3.5)
        axes = figure.subplots(1, 1 + bool(answer.cargo), squeeze=False)[0]
        _cells(axes[0], one, _lineage_colours(one), f"{one.time_h:g} h")
        if answer.cargo:
            _levels(axes[1], one, levels, answer)
            axes[1].set_title(f"{answer.cargo}, copies per cell", fontsize=10, color=INK)
        for axis in axes:
            axis.set_aspect("equal")
            axis.set_xlim(one.extent[0], one.extent[1])
            axis.set_ylim(one.extent[2], one.extent[3])
            axis.set_xlabel("x, µm")
        axes[0].set_ylabel("y, µm")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=90)
        frames.append(Image.open(buffer).convert("P", palette=Image.Palette.ADAPTIVE, colors=64))
    out = io.BytesIO()
    frames[0].save(out, format="GIF", save_all=True, append_images=frames[1:], duration=350, loop=0, optimize=True)
    return "data:image/gif;base64," + base64.b64encode(out.getvalue()).decode()


# -- pieces


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _svg(figure: Figure) -> str:
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "exoresist", "svg.fonttype": "path"}):
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def _plain(axis: Axes, x: str, y: str, title: str) -> None:
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.set_title(title, fontsize=10, color=INK)
    axis.grid(color=GRID, linewidth=0.8)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


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
    from matplotlib.colors import LogNorm

    low, high = (float(np.quantile(levels[levels > 0.0], q)) for q in (0.01, 0.99))

    def paint(discs: Any) -> None:
        discs.set_array(np.ma.masked_invalid(np.maximum(one.level, low)))
        discs.set_cmap(MAP)
        discs.set_norm(LogNorm(low, max(high, 1.01 * low)))

    discs = _discs(axis, one, paint)
    discs.cmap.set_bad(DEAD)
    return discs


def _lineage_colours(one: Section) -> list[str]:
    return [DEAD if state else LINEAGES[kind % len(LINEAGES)] for kind, state in zip(one.kind, one.state, strict=True)]


def _legend_of_lineages(axis: Axes, answer: TissueAnswer) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], marker="o", linestyle="", color=LINEAGES[index % len(LINEAGES)], label=_spoken(kind))
        for index, kind in enumerate(answer.types)
    ]
    marks.append(Line2D([], [], marker="o", linestyle="", color=DEAD, label="dead"))
    axis.legend(handles=marks, frameon=False, fontsize=7, loc="upper left", handletextpad=0.1, borderaxespad=0.1)


def _converted_of(answer: TissueAnswer, index: int, arm: ArmAnswer, converted: Any) -> Any:
    """Converted cells are counted once, taken from the lineages that did not descend from a resistant one, in proportion."""
    if not converted.any():
        return np.zeros_like(converted)
    living = [np.array([float(row[f"{kind}_living"]) for row in arm.rows]) for kind in answer.types]
    descended = np.array([float(row["resistant_descended"]) for row in arm.rows])
    sensitive = [k for k, count in enumerate(living) if abs(count[0] - descended[0]) > 0.5 * descended[0] or descended[0] == 0.0]
    if index not in sensitive:
        return np.zeros_like(converted)
    total = sum(living[k] for k in sensitive)
    return converted * np.divide(living[index], total, out=np.zeros_like(converted), where=np.asarray(total) > 0.0)


def _spoken(name: str) -> str:
    return spoken(name.replace("vesicles_", "vesicles of "))


def _unit(name: str) -> str:
    return UNITS.get(name, "particles/mL" if name.startswith("vesicles_") else "nM")


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 28))


__all__ = [
    "REFERENCE",
    "SOFT",
    "STROKES",
    "course_figure",
    "lineage_figure",
    "moving_picture",
    "profile_figure",
    "section_figure",
]
