"""Figures of amounts: where the drug is, kinds of numbers."""

from __future__ import annotations

import math

from exoresist.report.drawing import (
    Figure,
    Key,
    Layout,
    Panel,
    Trace,
    arm_keys,
    base_layout,
    linear_axis,
    log_axis,
    mark,
    note,
    rounded,
    shown,
    span,
)
from exoresist.report.palette import INK, KINDS, PLACES, SOFT, Fill, arm_strokes, place_fills
from exoresist.report.wording import arm_labels, finite, number_text, percent_text, spoken, with_unit, wrapped
from exoresist.studies.answer import Answer, Row

OUTSIDE = ("medium", "serum")


def final_balance(answer: Answer) -> tuple[list[str], list[str], dict[tuple[str, str], float], dict[str, float]]:
    """Arms, places (usual order first), amount by (arm, place) in pmol, and time by arm: the last time of each arm."""
    rows = [row for row in answer.mass_balance if finite(row.get("amount")) is not None]
    present = {str(row["arm"]) for row in rows}
    arms = [str(row["id"]) for row in answer.arms if str(row["id"]) in present]
    times = {arm: max(float(row["time"]) for row in rows if row["arm"] == arm) for arm in arms}
    amounts = {
        (str(row["arm"]), str(row["place"])): float(row["amount"])
        for row in rows
        if str(row["arm"]) in times and float(row["time"]) == times[str(row["arm"])]
    }
    met = list(dict.fromkeys(place for (_, place), amount in amounts.items() if amount != 0.0))
    places = [place for place in PLACES if place in met] + [place for place in met if place not in PLACES]
    return arms, places, amounts, times


def mass_balance(answer: Answer) -> Figure | None:
    """Where the drug is at the end: stacked bars of all of it, one per arm."""
    arms, places, amounts, times = final_balance(answer)
    totals = {arm: math.fsum(amounts.get((arm, place), 0.0) for place in places) for arm in arms}
    arms = [arm for arm in arms if totals[arm] > 0]
    if not arms:
        return None
    labels, fills = arm_labels(answer.arms), place_fills(places)
    away = {arm: math.fsum(amounts.get((arm, place), 0.0) for place in OUTSIDE) / totals[arm] for arm in arms}
    # Where nearly all of the drug stays outside, the bars would show nothing else: they show the rest then.
    rest = min(away.values()) > 0.9
    everywhere, places = places, [place for place in places if not rest or place not in OUTSIDE]
    longest = max(1.0 - share for share in away.values()) * 100.0 if rest else 100.0
    if longest <= 0:
        return None
    positions = [len(arms) - 1 - number for number in range(len(arms))]
    traces: list[Trace] = []
    for place in places:
        shares = [100.0 * amounts.get((arm, place), 0.0) / totals[arm] for arm in arms]
        fill = fills[place]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": rounded(shares),
                "y": positions,
                "width": 0.5,
                "name": shown(spoken(place)),
                "marker": marker(fill),
                "text": [f"{number_text(share, 2)} %" if share >= 0.09 * longest else "" for share in shares],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "textfont": {"color": fill.text, "size": 13},
                "cliponaxis": False,
                "customdata": [with_unit(amounts.get((arm, place), 0.0), "pmol") for arm in arms],
                "hovertemplate": f"{shown(spoken(place))}: %{{x:.3~g}} %, %{{customdata}}<extra></extra>",
                "legendgroup": place,
            }
        )
    rows = [wrapped(labels[arm], 30) for arm in arms]
    layout = base_layout(
        110 + sum(max(66, 30 + 18 * len(row)) for row in rows),
        barmode="stack",
        uniformtext={"minsize": 12, "mode": "hide"},
        xaxis=linear_axis(
            "Share of all drug in the well (%)", range=[0, 1.004 * longest], nticks=6, **({} if rest else {"dtick": 20})
        ),
        yaxis=linear_axis(
            "",
            range=[-0.55, len(arms) - 0.45],
            tickvals=positions,
            showgrid=False,
            showline=False,
            ticks="",
            ticklabelstandoff=10,
        ),
    )
    outside = [
        note(f"total {percent_text(1.0 - away[arm])}", 1.0, position, 13, SOFT, xref="paper", xanchor="left", xshift=12)
        for arm, position in zip(arms, positions, strict=True)
        if rest
    ]
    wide = {
        "margin": {"l": 20, "r": 130 if rest else 30, "t": 10, "b": 62},
        "annotations": outside,
        "yaxis": {"ticktext": ["<br>".join(shown(line) for line in row) for row in rows]},
    }
    narrow = {
        "height": 90 + 84 * len(arms),
        "margin": {"l": 12, "r": 14, "t": 8, "b": 56},
        "font": {"size": 12},
        "yaxis": {"showticklabels": False, "automargin": False, "range": [-0.42, len(arms) - 0.25]},
        "annotations": [
            above_bar(labels[arm] + (f" (total {percent_text(1.0 - away[arm])})" if rest else ""), position)
            for arm, position in zip(arms, positions, strict=True)
        ],
    }
    when = ", ".join(sorted({number_text(times[arm]) for arm in arms}))
    words = "; ".join(
        f"{labels[arm]}: "
        + ", ".join(f"{place} {percent_text(amounts.get((arm, place), 0.0) / totals[arm])}" for place in everywhere)
        for arm in arms
    )
    return Figure(
        "mass-balance",
        "Where the drug is",
        (
            f"The drug of a well that is neither in medium nor on serum at {when} h, split by place, with the "
            "total beside each bar; all the rest is outside. Blue-greens are inside cells, hatched sand is in "
            if rest
            else f"All the drug of a well at {when} h, split by place. Greys are outside cells, blue-greens inside, "
            "hatched sand in "
        )
        + "vesicles. Amounts in pmol are in the table below and, with a pointer, on each segment.",
        "Drug in the cytosol and on the target kills; drug in lysosomes or vesicles does not. Compare the lightest and "
        "the darkest blue-green between arms; a longer bar may only mean more cells.",
        f"Stacked bars of drug amounts. {words}.",
        [Panel(traces, layout, wide, narrow)],
        [Key(spoken(place), place, fills[place].colour, "bar", shape=fills[place].shape) for place in places],
    )


def above_bar(label: str, position: int) -> Layout:
    """The name of an arm above its bar, for narrow screens."""
    lines = "<br>".join(shown(line) for line in wrapped(label, 46))
    return {
        "text": lines, "x": 0, "xref": "paper", "xanchor": "left", "y": position + 0.27, "yref": "y",
        "yanchor": "bottom", "showarrow": False, "align": "left", "font": {"size": 12, "color": INK},
    }  # fmt: skip


def marker(fill: Fill) -> Layout:
    """Bar fill with white gaps between segments; hatching where the fill asks for it."""
    found: Layout = {"color": fill.colour, "line": {"color": "#ffffff", "width": 1}}
    if fill.shape:
        found["pattern"] = {
            "shape": fill.shape,
            "bgcolor": fill.colour,
            "fgcolor": "#a8935c",
            "size": 7,
            "solidity": 0.16,
        }
    return found


def small_pools(answer: Answer) -> Figure | None:
    """The same amounts on a logarithmic axis: one row per place, one mark per arm."""
    arms, places, amounts, times = final_balance(answer)
    totals = {arm: math.fsum(amounts.get((arm, place), 0.0) for place in places) for arm in arms}
    arms = [arm for arm in arms if totals[arm] > 0]
    shares = {(arm, place): 100.0 * amounts.get((arm, place), 0.0) / totals[arm] for arm in arms for place in places}
    limits = span([share for share in shares.values()], 1.0)
    if not arms or limits is None:
        return None
    floor = max(10.0 ** math.floor(math.log10(limits[0])), 1e-6)
    strokes, labels = arm_strokes(answer.arms), arm_labels(answer.arms)
    traces: list[Trace] = []
    spread = 0.56 if len(arms) <= 5 else 0.82
    for number, arm in enumerate(arms):
        offset = 0.0 if len(arms) == 1 else spread * (0.5 - number / (len(arms) - 1))
        drawn = [place for place in places if shares[arm, place] > 0]
        values = [shares[arm, place] for place in drawn]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": rounded([max(value, floor) for value in values]),
                "y": [len(places) - 1 - places.index(place) + offset for place in drawn],
                "name": shown(labels[arm]),
                "marker": {
                    "color": strokes[arm].colour,
                    "symbol": [strokes[arm].mark if value >= floor else "triangle-left-open" for value in values],
                    "size": mark(strokes[arm], 10)["size"],
                    "line": {"color": "#ffffff", "width": 1},
                },
                "cliponaxis": False,
                "customdata": [
                    [percent_text(value / 100.0), with_unit(amounts[arm, place], "pmol")]
                    for place, value in zip(drawn, values, strict=True)
                ],
                "hovertemplate": "%{customdata[0]}, %{customdata[1]}<extra>" + shown(labels[arm]) + "</extra>",
                "legendgroup": arm,
            }
        )
    positions = [len(places) - 1 - number for number in range(len(places))]
    separators = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "yref": "y",
            "y0": y + 0.5,
            "y1": y + 0.5,
            "line": {"color": "#d5d2cb", "width": 1},
            "layer": "below",
        }
        for y in positions[1:]
    ]
    title = "Share of all drug in the well (%)"
    layout = base_layout(
        90 + len(places) * max(44, 13 * len(arms)),
        xaxis=log_axis(title, floor / 1.25, 125.0),
        yaxis=linear_axis(
            "", range=[-0.55, len(places) - 0.45], tickvals=positions,
            ticktext=[shown(spoken(place)) for place in places], showgrid=False, showline=False, ticks="",
            ticklabelstandoff=10,
        ),
        shapes=separators,
        margin={"l": 20, "r": 30, "t": 10, "b": 62},
    )  # fmt: skip
    narrow = {
        "margin": {"l": 10, "r": 14, "t": 8, "b": 56},
        "font": {"size": 12},
        "xaxis": log_axis(title, floor / 1.25, 125.0, most=4),
        "yaxis": {"ticktext": ["<br>".join(shown(line) for line in wrapped(spoken(place), 9)) for place in places]},
    }
    return Figure(
        "small-pools",
        "The same, down to the smallest pools",
        "Share of the drug in each place on a logarithmic axis, one mark per arm. Empty pools have no mark."
        + (" An open triangle: less than the axis shows." if min(filter(None, shares.values())) < floor else ""),
        "Marks of one row that lie together mean that the arm makes no difference to that pool. Equal distances are "
        "equal factors.",
        f"Dot plot of drug shares per place after {number_text(max(times.values()))} h; numbers in the table below.",
        [Panel(traces, layout, {}, narrow)],
        arm_keys(answer, set(arms)),
    )


def kinds(answer: Answer) -> Figure | None:
    """One bar: what kinds of numbers the answer rests on."""
    counts = kind_counts(answer.parameters)
    total = sum(counts.values())
    if not total:
        return None
    traces: list[Trace] = []
    for kind, count in counts.items():
        fill = KINDS.get(kind, Fill("#cfcfcf", INK))
        share = 100.0 * count / total
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "x": [count],
                "y": [0],
                "width": 0.9,
                "name": shown(kind),
                "marker": marker(fill),
                "text": [f"{share:.0f} %"] if share >= 9 else [""],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "textfont": {"color": fill.text, "size": 14},
                "hovertemplate": f"{shown(kind)}: {count} of {total}<extra></extra>",
                "legendgroup": kind,
            }
        )
    layout = base_layout(
        140,
        barmode="stack",
        uniformtext={"minsize": 12, "mode": "hide"},
        xaxis=linear_axis("Parameters (count)", range=[0, total], showgrid=False),
        yaxis=linear_axis(
            "", showticklabels=False, automargin=False, showgrid=False, showline=False, ticks="", range=[-0.5, 0.5]
        ),
        margin={"l": 12, "r": 20, "t": 6, "b": 58},
    )
    words = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    return Figure(
        "kinds",
        "What the numbers are",
        f"The {total} parameters of this answer by kind. Measured: read from a source. Fitted: estimated from data. "
        "Derived: computed from others. Assumed: a judgement, with a wide range.",
        "The more of the bar is assumed, the more the intervals above are opinions about ranges rather than errors of "
        "measurement.",
        f"One stacked bar: {words}.",
        [Panel(traces, layout, {}, {"font": {"size": 12}})],
        [
            Key(
                kind,
                kind,
                KINDS.get(kind, Fill("#cfcfcf", INK)).colour,
                "bar",
                shape=KINDS.get(kind, Fill("", "")).shape,
                note=str(count),
            )
            for kind, count in counts.items()
        ],
    )


def kind_counts(parameters: list[Row]) -> dict[str, int]:
    """Kind -> how many parameters, measured first."""
    found = [str(row.get("kind") or "unknown") for row in parameters]
    order = [*KINDS, *sorted(set(found) - set(KINDS))]
    return {kind: found.count(kind) for kind in order if kind in found}
