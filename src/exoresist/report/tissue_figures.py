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
UNITS = {"oxygen": "mmHg", "matrix": "share of volume"}
MAP = "cividis"
BILLION = 1e9
MAKERS = 2  # of vesicles whose fields are shown
ACROSS = 3  # small pictures in a row
PROFILED = {
    "resistant_share": ("Share of living cells", "Resistant cells"),
    "release_per_h": ("Vesicles per cell and hour", "Release"),
    "diameter_nm": ("Median diameter, nm", "Size of new vesicles"),
}
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
    last = [arm.sections[-1] for arm in answer.arms]
    shown = _shown_fields(answer)
    columns = 1 + bool(answer.cargo) + len(shown)
    figure = _figure(2.9 * columns, 2.75 * len(answer.arms) + 0.5)
    axes = figure.subplots(len(answer.arms), columns, squeeze=False, sharex=True, sharey=True)
    levels = _levels_of(last, answer)
    half = _half_width(last)
    for row, (arm, one) in enumerate(zip(answer.arms, last, strict=True)):
        _cells(axes[row, 0], one, _lineage_colours(one, answer), "Lineage" if row == 0 else "")
        axes[row, 0].set_ylabel(f"{_wrapped(arm.label)}\n\ny, µm", color=INK)
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
                axes[row, place].set_title(f"{_spoken(name)}, {_unit(name)}", fontsize=10, color=INK)
            place += 1
        for axis in axes[row]:
            _frame(axis, half)
            _mark_vessels(axis, one)
            if row == len(answer.arms) - 1:
                axis.set_xlabel("x, µm")
    _legend_of_lineages(figure, answer, bool(last[0].vessels.size))
    return _svg(figure)


def _shown_fields(answer: TissueAnswer) -> list[str]:
    """Oxygen, drugs and matrix, and the vesicles of two makers at most; what is nowhere in any arm is left out."""
    names: list[str] = []
    for arm in answer.arms:
        for name, values in arm.sections[-1].fields.items():
            if name not in names and float(np.abs(values).max()) > 0.0:
                names.append(name)
    vesicles = [name for name in names if name.startswith("vesicles_")]
    return [name for name in names if not name.startswith("vesicles_")] + vesicles[:MAKERS]


def _field(figure: Figure, axis: Axes, one: Section, name: str, all_: list[Section]) -> None:
    """A field from 0 to the highest value of all arms, so that noise is not blown up; of oxygen each arm has its own scale."""
    of = [one] if name == "oxygen" else all_
    most = max(float(each.fields[name].max()) for each in of if name in each.fields)
    scale = BILLION if name.startswith("vesicles_") else 1.0
    values = one.fields.get(name, np.zeros((2, 2))) / scale
    image = axis.imshow(
        values, origin="lower", extent=one.extent, cmap=MAP, vmin=0.0, vmax=most / scale or 1.0, interpolation="nearest"
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
        axis.plot(
            *one.vessels, linestyle="", marker="P", markersize=6, color="#B00020", markeredgecolor="white", markeredgewidth=0.6
        )


def _levels_of(sections: list[Section], answer: TissueAnswer) -> Any:
    if not answer.cargo:
        return np.array([1.0, 10.0])
    return np.concatenate([one.level[np.isfinite(one.level)] for one in sections])


def course_figure(answer: TissueAnswer) -> str:
    """Living cells, and how many of them are resistant, against time."""
    strokes = arm_strokes([{"id": arm.id, "role": arm.role} for arm in answer.arms])
    wanted = [
        *[(f"{kind}_living", f"Living: {_spoken(kind)}") for kind in answer.types],
        ("hypoxic", "Hypoxic"),
        ("dead", "Dead bodies"),
    ]
    wanted += [("killed", "Killed so far"), ("engulfed", "Engulfed so far")]
    if answer.cargo:
        wanted += [("resistant_descended", "Resistant by descent"), ("resistant_converted", "Resistant by what was received")]
    wanted = [(key, title) for key, title in wanted if any(float(row.get(key, 0)) for arm in answer.arms for row in arm.rows)]
    rows = -(-len(wanted) // ACROSS)
    figure = _figure(4.1 * min(ACROSS, len(wanted)), 3.1 * rows)
    axes = figure.subplots(rows, min(ACROSS, len(wanted)), squeeze=False).ravel()
    _blank(axes[len(wanted) :])
    for axis, (key, title) in zip(axes, wanted, strict=False):
        for arm in answer.arms:
            stroke = strokes[arm.id]
            times = [float(row["time_h"]) for row in arm.rows]
            axis.plot(
                times, [float(row.get(key, 0)) for row in arm.rows], color=stroke.colour, linestyle=DASHES[stroke.dash],
                marker=MARKERS[stroke.mark], markersize=3.5, markevery=max(1, len(times) // 8), label=arm.label,
            )  # fmt: skip
        _plain(axis, "Time, h", "Cells", title)
        axis.set_ylim(bottom=0.0)
    _legend_of_arms(figure, axes[0])
    return _svg(figure)


def blood_figure(answer: TissueAnswer) -> str:
    """Free level in blood of drugs that come with it, against time; empty without any."""
    names = sorted({key for arm in answer.arms for key in arm.rows[-1] if key.startswith("plasma_")})
    if not names:
        return ""
    strokes = arm_strokes([{"id": arm.id, "role": arm.role} for arm in answer.arms])
    figure = _figure(8.2, 3.1 * len(names))
    axes = figure.subplots(len(names), 1, squeeze=False).ravel()
    for axis, name in zip(axes, names, strict=True):
        for arm in answer.arms:
            stroke = strokes[arm.id]
            times = [float(row["time_h"]) for row in arm.rows]
            levels = [float(row.get(name, 0.0)) or np.nan for row in arm.rows]
            axis.plot(times, levels, color=stroke.colour, linestyle=DASHES[stroke.dash], label=arm.label)
        _plain(axis, "Time, h", "Free in blood, nM", _spoken(name.removeprefix("plasma_")))
        axis.set_yscale("log")
    _legend_of_arms(figure, axes[0])
    return _svg(figure)


def profile_figure(answer: TissueAnswer) -> str:
    """Means against the distance from the middle at the end."""
    names = _profiled(answer)
    if not names:
        return ""
    strokes = arm_strokes([{"id": arm.id, "role": arm.role} for arm in answer.arms])
    rows = -(-len(names) // ACROSS)
    figure = _figure(4.1 * min(ACROSS, len(names)), 3.1 * rows)
    axes = figure.subplots(rows, min(ACROSS, len(names)), squeeze=False).ravel()
    _blank(axes[len(names) :])
    for axis, name in zip(axes, names, strict=False):
        for arm in answer.arms:
            stroke = strokes[arm.id]
            points = [(float(row["distance_um"]), float(row[name])) for row in arm.profile if name in row]
            axis.plot(
                [x for x, _ in points], [y for _, y in points], color=stroke.colour, linestyle=DASHES[stroke.dash],
                marker=MARKERS[stroke.mark], markersize=3.5, label=arm.label,
            )  # fmt: skip
        label, title = PROFILED.get(name, ("", ""))
        if name.startswith("share_of_"):
            label, title = "Share of living cells", f"Cells of {_spoken(name.removeprefix('share_of_'))}"
        _plain(axis, "Distance from the middle, µm", label or f"{_spoken(name)}, {_unit(name)}", title or _spoken(name))
        axis.set_ylim(bottom=0.0)
    _legend_of_arms(figure, axes[0])
    return _svg(figure)


def _profiled(answer: TissueAnswer) -> list[str]:
    """What is drawn against the distance: all that is not level everywhere, vesicles and pump levels apart."""
    names: dict[str, list[float]] = {}
    for arm in answer.arms:
        for row in arm.profile:
            for name, value in row.items():
                if name not in ("arm", "distance_um", "cells", "pump_level") and not name.startswith("vesicles_"):
                    names.setdefault(name, []).append(float(value))
    return [name for name, values in names.items() if max(values) - min(values) > 0.02 * max(values)]


def lineage_figure(answer: TissueAnswer) -> str:
    """Living cells stacked by lineage, those that became resistant by what they received apart: descent against conversion."""
    figure = _figure(3.9 * len(answer.arms), 3.5)
    axes = figure.subplots(1, len(answer.arms), squeeze=False, sharey=True)[0]
    for axis, arm in zip(axes, answer.arms, strict=True):
        times = [float(row["time_h"]) for row in arm.rows]
        parts, labels, colours = [], [], []
        converted = np.array([float(row.get("resistant_converted", 0)) for row in arm.rows])
        living = [np.array([float(row.get(f"{kind}_living", 0)) for row in arm.rows]) for kind in answer.types]
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
    handles, labels = max((axis.get_legend_handles_labels() for axis in axes), key=lambda pair: len(pair[1]))
    figure.legend(handles, labels, frameon=False, fontsize=8, loc="outside lower center", ncols=len(labels))
    return _svg(figure)


def moving_picture(answer: TissueAnswer, arm: ArmAnswer) -> str:
    """An animated GIF of an arm's middle plane, as a data address."""
    from PIL import Image

    levels, half = _levels_of(arm.sections, answer), _half_width(arm.sections)
    frames = []
    for one in arm.sections:
        figure = _figure(6.6 if answer.cargo else 3.5, 3.5)
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


def _lineage_colours(one: Section, answer: TissueAnswer) -> list[str]:
    by_name = {kind: LINEAGES[index % len(LINEAGES)] for index, kind in enumerate(answer.types)}
    return [DEAD if state else by_name[kind] for kind, state in zip(one.kind, one.state, strict=True)]


def _legend_of_lineages(figure: Figure, answer: TissueAnswer, vessels: bool) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], marker="o", linestyle="", color=LINEAGES[index % len(LINEAGES)], label=_spoken(kind))
        for index, kind in enumerate(answer.types)
    ]
    marks.append(Line2D([], [], marker="o", linestyle="", color=DEAD, label="dead"))
    if vessels:
        marks.append(Line2D([], [], marker="P", linestyle="", color="#B00020", label="vessel"))
    figure.legend(handles=marks, frameon=False, fontsize=9, loc="outside upper left", ncols=len(marks), handletextpad=0.1)


def _legend_of_arms(figure: Figure, axis: Axes) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=8, loc="outside lower center", ncols=min(len(labels), 3))


def _blank(axes: Any) -> None:
    for axis in axes:
        axis.set_axis_off()


def _converted_of(answer: TissueAnswer, index: int, arm: ArmAnswer, converted: Any) -> Any:
    """Converted cells are counted once, taken from the lineages that did not descend from a resistant one, in proportion."""
    if not converted.any():
        return np.zeros_like(converted)
    living = [np.array([float(row.get(f"{kind}_living", 0)) for row in arm.rows]) for kind in answer.types]
    descended = np.array([float(row["resistant_descended"]) for row in arm.rows])
    sensitive = [k for k, count in enumerate(living) if abs(count[0] - descended[0]) > 0.5 * descended[0] or descended[0] == 0.0]
    if index not in sensitive:
        return np.zeros_like(converted)
    total = sum(living[k] for k in sensitive)
    return converted * np.divide(living[index], total, out=np.zeros_like(converted), where=np.asarray(total) > 0.0)


def _spoken(name: str) -> str:
    return spoken(name.replace("vesicles_", "vesicles of "))


def _unit(name: str) -> str:
    return UNITS.get(name, "10⁹ per mL" if name.startswith("vesicles_") else "nM")


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 28))


__all__ = [
    "REFERENCE",
    "SOFT",
    "STROKES",
    "blood_figure",
    "course_figure",
    "lineage_figure",
    "moving_picture",
    "profile_figure",
    "section_figure",
]
