"""Curves of a tissue: cells over time, drug in blood, means by depth, lineages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from exoresist.report.palette import arm_strokes
from exoresist.report.tissue_drawing import LINEAGES, figure_of, plain_axis, scale_of, spoken_field, svg_of, titled, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from exoresist.studies.tissue_answer import ArmAnswer, TissueAnswer

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
ACROSS = 3  # small pictures in a row
PROFILED = {
    "resistant_share": ("Share of living cells", "Resistant cells"),
    "release_per_h": ("Vesicles per cell and hour", "Release"),
    "diameter_nm": ("Median diameter, nm", "Size of new vesicles"),
}


def course_figure(answer: TissueAnswer) -> str:
    """Living cells, and how many of them are resistant, against time."""
    strokes = arm_strokes([{"id": arm.id, "role": arm.role} for arm in answer.arms])
    wanted = [
        *[(f"{kind}_living", f"Living: {spoken_field(kind)}") for kind in answer.types],
        ("hypoxic", "Hypoxic"),
        ("dead", "Dead bodies"),
    ]
    wanted += [("killed", "Killed so far"), ("engulfed", "Engulfed so far")]
    if answer.cargo:
        wanted += [("resistant_descended", "Resistant by descent"), ("resistant_converted", "Resistant by what was received")]
    wanted = [(key, title) for key, title in wanted if any(float(row.get(key, 0)) for arm in answer.arms for row in arm.rows)]
    rows, across = -(-len(wanted) // ACROSS), _across(len(wanted))
    figure = figure_of(4.1 * across, 3.1 * rows)
    axes = figure.subplots(rows, across, squeeze=False).ravel()
    _blank(axes[len(wanted) :])
    for axis, (key, title) in zip(axes, wanted, strict=False):
        for arm in answer.arms:
            stroke = strokes[arm.id]
            times = [float(row["time_h"]) for row in arm.rows]
            axis.plot(
                times, [float(row.get(key, 0)) for row in arm.rows], color=stroke.colour, linestyle=DASHES[stroke.dash],
                marker=MARKERS[stroke.mark], markersize=3.5, markevery=max(1, len(times) // 8), label=arm.label,
            )  # fmt: skip
        plain_axis(axis, "Time, h", "Cells", title)
        axis.set_ylim(bottom=0.0)
    _legend_of_arms(figure, axes[0])
    return svg_of(figure)


def _across(panels: int) -> int:
    """Panels in a row; room for two where there is one, which alone would be as wide as the page, and its legend wider."""
    return min(ACROSS, max(2, panels))


def blood_figure(answer: TissueAnswer) -> str:
    """Free level in blood of drugs that come with it, against time; empty without any."""
    names = sorted({key for arm in answer.arms for key in arm.rows[-1] if key.startswith("plasma_")})
    if not names:
        return ""
    strokes = arm_strokes([{"id": arm.id, "role": arm.role} for arm in answer.arms])
    figure = figure_of(12.3, 3.1 * len(names))
    axes = figure.subplots(len(names), 1, squeeze=False).ravel()
    for axis, name in zip(axes, names, strict=True):
        for arm in answer.arms:
            stroke = strokes[arm.id]
            times = [float(row["time_h"]) for row in arm.rows]
            levels = [float(row.get(name, 0.0)) or np.nan for row in arm.rows]
            axis.plot(
                times, levels, color=stroke.colour, linestyle=DASHES[stroke.dash], marker=".", markersize=4, label=arm.label
            )
        plain_axis(axis, "Time, h", "Free in blood, nM", spoken_field(name.removeprefix("plasma_")))
        axis.set_yscale("log")
        axis.set_xlim(0.0, max(float(arm.rows[-1]["time_h"]) for arm in answer.arms))
    _legend_of_arms(figure, axes[0])
    return svg_of(figure)


def profile_figure(answer: TissueAnswer) -> str:
    """Means against the distance from the middle at the end."""
    names = _profiled(answer)
    if not names:
        return ""
    strokes = arm_strokes([{"id": arm.id, "role": arm.role} for arm in answer.arms])
    rows, across = -(-len(names) // ACROSS), _across(len(names))
    figure = figure_of(4.1 * across, 3.1 * rows)
    axes = figure.subplots(rows, across, squeeze=False).ravel()
    _blank(axes[len(names) :])
    for axis, name in zip(axes, names, strict=False):
        for arm in answer.arms:
            stroke = strokes[arm.id]
            points = [(float(row["distance_um"]), float(row[name]) / scale_of(name)) for row in arm.profile if name in row]
            axis.plot(
                [x for x, _ in points], [y for _, y in points], color=stroke.colour, linestyle=DASHES[stroke.dash],
                marker=MARKERS[stroke.mark], markersize=3.5, label=arm.label,
            )  # fmt: skip
        label, title = PROFILED.get(name, ("", ""))
        if name.startswith("share_of_"):
            label, title = "Share of living cells", f"Cells of {spoken_field(name.removeprefix('share_of_'))}"
        plain_axis(axis, "Distance from the middle, µm", label or titled(name), title or spoken_field(name))
        if name != "ph":
            axis.set_ylim(bottom=0.0, top=1.05 * axis.get_ylim()[1])
    _legend_of_arms(figure, axes[0])
    return svg_of(figure)


def _profiled(answer: TissueAnswer) -> list[str]:
    """What is drawn against the distance: all that is not level everywhere, vesicles and pump levels apart."""
    names: dict[str, list[float]] = {}
    for arm in answer.arms:
        for row in arm.profile:
            for name, value in row.items():
                if name not in ("arm", "distance_um", "cells", "pump_level") and not name.startswith("vesicles_"):
                    names.setdefault(name, []).append(float(value))
    return [name for name, values in names.items() if max(values) - min(values) > (0.05 if name == "ph" else 0.02 * max(values))]


def lineage_figure(answer: TissueAnswer) -> str:
    """Living cells stacked by lineage, those that became resistant by what they received apart: descent against conversion."""
    figure = figure_of(3.9 * len(answer.arms), 3.5)
    axes = figure.subplots(1, len(answer.arms), squeeze=False, sharey=True)[0]
    for axis, arm in zip(axes, answer.arms, strict=True):
        times = [float(row["time_h"]) for row in arm.rows]
        parts, labels, colours = [], [], []
        converted = np.array([float(row.get("resistant_converted", 0)) for row in arm.rows])
        living = [np.array([float(row.get(f"{kind}_living", 0)) for row in arm.rows]) for kind in answer.types]
        for index, (kind, count) in enumerate(zip(answer.types, living, strict=True)):
            taken = _converted_of(answer, index, arm, converted)
            parts += [count - taken]
            labels.append(spoken_field(kind))
            colours.append(LINEAGES[index % len(LINEAGES)])
        if converted.any():
            parts.append(converted)
            labels.append("became resistant")
            colours.append("#F0E442")
        drawn = axis.stackplot(times, parts, labels=labels, colors=colours, linewidth=0.4, edgecolor="white")
        if converted.any():
            drawn[-1].set_hatch("//")
        plain_axis(axis, "Time, h", "Living cells" if axis is axes[0] else "", wrapped(arm.label))
    handles, labels = max((axis.get_legend_handles_labels() for axis in axes), key=lambda pair: len(pair[1]))
    figure.legend(handles, labels, frameon=False, fontsize=8, loc="outside lower center", ncols=len(labels))
    return svg_of(figure)


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


def _legend_of_arms(figure: Figure, axis: Axes) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=8, loc="outside lower center", ncols=min(len(labels), 3))


def _blank(axes: Any) -> None:
    for axis in axes:
        axis.set_axis_off()
