"""Figures of a ranking: probability of being best, expected regret, effects with their intervals, schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exoresist.report.drawing import (
    Figure,
    Key,
    Layout,
    Panel,
    Trace,
    base_layout,
    line_up,
    linear_axis,
    log_axis,
    rounded,
    shown,
    span,
)
from exoresist.report.palette import SOFT, transparent
from exoresist.report.rows import RowText, row_layouts
from exoresist.report.wording import interval_text, number_text, percent_text
from exoresist.studies.answer import Row

if TYPE_CHECKING:
    from exoresist.studies.rank_answer import RankAnswer

MOST = 14  # rows of a figure; the table holds all
COLOURS = {
    "release": "#D55E00", "loading": "#CC79A7", "uptake": "#0072B2", "cargo": "#009E73", "pump": "#E69F00", "signal": "#56B4E9",
    "metabolism": "#8a7f66", "schedule": "#5f8597", "combination": "#6b4c9a", "arm": "#0072B2", "nothing": "#000000",
}  # fmt: skip
KINDS = {
    "release": "Release", "loading": "Loading", "uptake": "Uptake", "cargo": "Cargo", "pump": "Pump", "signal": "Signals",
    "metabolism": "Metabolism and death", "schedule": "Schedule", "combination": "Pair", "arm": "Arm of the scenario",
    "nothing": "None",
}  # fmt: skip


def rank_figures(answer: RankAnswer) -> dict[str, Figure]:
    """Figures of the page, in its order; those that have nothing to show are absent."""
    from exoresist.report.rank_map_figures import indices_figure, map_figure, patients_figure, tornado_figure
    from exoresist.report.rank_tissue_figures import courses_figure

    drawn: list[Figure | None] = [
        best_figure(answer),
        regret_figure(answer),
        effect_figure(answer, answer.interventions, "effect", "Effect of each choice"),
    ]
    drawn.append(courses_figure(answer))
    if answer.combinations:
        title = "Effect of the pairs, beside what they are made of"
        drawn.append(effect_figure(answer, answer.combinations, "pairs", title))
    drawn += [
        map_figure(answer),
        schedule_figure(answer),
        tornado_figure(answer),
        indices_figure(answer),
        patients_figure(answer),
    ]
    return {figure.id: figure for figure in drawn if figure is not None}


def shown_rows(rows: list[Row]) -> list[Row]:
    """The foremost rows, and always that of doing nothing."""
    first = rows[:MOST]
    return (
        first
        if any(row["kind"] == "nothing" for row in first)
        else [*first[:-1], *(row for row in rows if row["kind"] == "nothing")]
    )


def _keys(rows: list[Row]) -> list[Key]:
    kinds = dict.fromkeys(str(row["kind"]) for row in rows)
    return [Key(KINDS[kind], kind, COLOURS[kind], "bar") for kind in kinds]


def _bars(rows: list[Row], column: str, hover: list[str]) -> list[Trace]:
    """One trace for each kind, so that the legend can switch it."""
    traces: list[Trace] = []
    for kind in dict.fromkeys(str(row["kind"]) for row in rows):
        places = [place for place, row in enumerate(rows) if row["kind"] == kind]
        traces.append({
            "type": "bar", "orientation": "h", "x": rounded([rows[place][column] for place in places]),
            "y": [len(rows) - 1 - place for place in places], "width": 0.56, "name": shown(KINDS[kind]), "legendgroup": kind,
            "marker": {"color": transparent(COLOURS[kind], 0.85)}, "hovertext": [shown(hover[place]) for place in places],
            "hovertemplate": "%{hovertext}<extra></extra>",
        })  # fmt: skip
    return traces


def best_figure(answer: RankAnswer) -> Figure:
    """Probability of being best, with the interval that so many draws leave."""
    rows = shown_rows(sorted(answer.interventions, key=lambda row: -float(row["p_best"])))
    texts = [
        RowText(
            str(row["label"]), percent_text(row["p_best"]), "", f"{percent_text(row['p_low'])} to {percent_text(row['p_high'])}"
        )
        for row in rows
    ]
    traces = _bars(rows, "p_best", [text.words() for text in texts])
    for place, row in enumerate(rows):
        traces.append(_whisker(len(rows) - 1 - place, row["p_low"], row["p_high"], str(row["kind"])))
    top = max(float(row["p_high"]) for row in rows)
    axis = linear_axis("Probability of being best", range=[0.0, min(1.02, 1.06 * top)], tickformat=".0%", nticks=6)
    common, wide, narrow = row_layouts(texts, axis, {**axis, "nticks": 4}, 40)
    return Figure(
        "best",
        "How likely each choice is to be best",
        f"Share of the {answer.draws} {answer.judged_over} in which a choice does best; ties go to the choice with the fewest "
        f"interventions and are shared among equals. Whiskers: 90 % interval for so many {answer.judged_over}."
        + (f" The foremost {len(rows)} of {len(answer.interventions)}." if len(rows) < len(answer.interventions) else ""),
        "One long bar: the answer is sure. Several of one length: the numbers as they are known do not tell which is best.",
        "Bars. " + "; ".join(text.words() for text in texts) + ".",
        [Panel(traces, common, wide, narrow)],
        _keys(rows),
    )  # fmt: skip


def _whisker(y: int, low: Any, high: Any, group: str) -> Trace:
    return {
        "type": "scatter", "mode": "lines", "x": rounded([low, high]), "y": [y, y], "line": {"color": SOFT, "width": 1.6},
        "hoverinfo": "skip", "legendgroup": group,
    }  # fmt: skip


def regret_figure(answer: RankAnswer) -> Figure:
    """Expected regret: what a choice costs on average against always knowing the best."""
    rows = shown_rows(answer.interventions)
    folds = bool(answer.outcome["folds"])
    unit = "" if folds else (" h" if answer.outcome["unit"] == "h" else " days")
    text = percent_text if folds else number_text
    texts = [RowText(str(row["label"]), f"{text(row['regret'])}{unit}") for row in rows]
    less = str(answer.outcome["less"])
    title = f"Expected regret (more {less} than with the best choice)" if folds else f"Expected regret (time lost,{unit})"
    values = [float(row["regret"]) for row in rows]
    # One very bad choice must not press all others against the axis.
    cap = (
        max(values)
        if max(values) <= 6.0 * sorted(values)[len(values) // 2] or max(values) <= 0.02
        else 4.0 * sorted(values)[len(values) // 2]
    )
    cap = max(cap, sorted(values)[len(values) // 2] * 1.5, 1e-9)
    cut = [{**row, "regret": min(float(row["regret"]), cap)} for row in rows]
    axis = linear_axis(
        title, range=[0.0, 1.06 * cap], nticks=6, **({"tickformat": ".0%" if cap > 0.05 else ".1%"} if folds else {})
    )
    common, wide, narrow = row_layouts(texts, axis, {**axis, "nticks": 4}, 40)
    some = " Bars longer than the axis are cut; their numbers stand beside them." if max(values) > cap * 1.0001 else ""
    return Figure(
        "regret",
        "What each choice costs against always knowing the best",
        f"Mean over the {answer.judged_over} of what a choice leaves more than the best choice of the same draw.{some}",
        "Short bars: choices that hardly cost anything, even when they are seldom the very best.",
        "Bars. " + "; ".join(row.words() for row in texts) + ".",
        [Panel(_bars(cut, "regret", [row.words() for row in texts]), common, wide, narrow)],
        _keys(rows),
    )


def effect_figure(answer: RankAnswer, listed: list[Row], name: str, title: str) -> Figure:
    """Effect against none, with 90 % of the draws, one row a choice."""
    rows = shown_rows(listed)
    folds = bool(answer.outcome["folds"])
    unit = "" if folds else (" h" if answer.outcome["unit"] == "h" else " days")
    texts = [
        RowText(
            str(row["label"]), f"{number_text(row['effect'])}{'×' if folds else unit}", "",
            interval_text(row["low"], row["high"]) if row["low"] != row["high"] else "",
        )
        for row in rows
    ]  # fmt: skip
    traces: list[Trace] = []
    for place, row in enumerate(rows):
        kind, y = str(row["kind"]), len(rows) - 1 - place
        value, low, high = (float(row[key]) for key in ("effect", "low", "high"))
        traces.append({
            "type": "scatter", "mode": "markers", "x": rounded([value]), "y": [y], "legendgroup": kind, "name": shown(KINDS[kind]),
            "marker": {"color": COLOURS[kind], "size": 11, "line": {"color": "#ffffff", "width": 1}},
            "error_x": {
                "type": "data", "symmetric": False, "array": rounded([max(0.0, high - value)]),
                "arrayminus": rounded([max(0.0, value - low)]), "color": COLOURS[kind], "thickness": 2.2, "width": 5,
            },
            "hovertemplate": f"{shown(texts[place].words())}<extra></extra>",
        })  # fmt: skip
    label = str(answer.outcome["label"])
    label = label[:1].upper() + label[1:]
    ends = [float(row[key]) for row in rows for key in ("effect", "low", "high")]
    limits = span(ends, 1.08)
    if folds and limits is not None and limits[1] / limits[0] > 3.0:
        axis, narrow_axis = log_axis(label, *limits), log_axis(label, *limits, most=5)
    else:
        room = 0.05 * (max(ends) - min(ends)) or 0.05
        axis = narrow_axis = linear_axis(label, range=[min(ends) - room, max(ends) + room], nticks=6)
    common, wide, narrow = row_layouts(texts, axis, narrow_axis, 44)
    common["shapes"] = [line_up(1.0 if folds else 0.0)]
    side = "Left" if folds else "Right"
    return Figure(
        name,
        title,
        f"{label}. Points are central numbers, bars hold 90 % of the {answer.judged_over}; the dotted line is no effect. All choices "
        f"share the {answer.judged_over}, so bars that overlap may still be told apart.",
        f"{side} of the line is better. A bar that crosses it: the choice may do nothing, or harm.",
        "Points with intervals. " + "; ".join(text.words() for text in texts) + ".",
        [Panel(traces, common, wide, narrow)],
        _keys(rows),
    )


def schedule_figure(answer: RankAnswer) -> Figure | None:
    """What each schedule gives and when, and how the searches went."""
    rows = [row for row in answer.schedules if len(row["trials"])]
    if not rows:
        return None
    tried: list[Trace] = []
    colours = {"schedule_fixed": "#0072B2", "schedule_adaptive": "#D55E00"}
    for row in rows:
        colour, group = colours[str(row["name"])], str(row["name"])
        best: list[float] = []
        for trial in row["trials"]:
            best.append(min(float(trial["value"]), best[-1] if best else float("inf")))
        own = float(row["trials"][0]["value"])
        told = [_told(answer, value - own) for value in best]
        every = [_told(answer, float(trial["value"]) - own) for trial in row["trials"]]
        x = list(range(len(best)))
        tried += [
            {
                "type": "scatter", "mode": "markers", "x": x, "y": rounded(every), "legendgroup": group, "name": shown(str(row["label"])),
                "marker": {"color": colour, "size": 6, "opacity": 0.45},
                "hovertext": [shown(_trial_text(trial)) for trial in row["trials"]],
                "hovertemplate": "trial %{x}: %{y:.3~g}<br>%{hovertext}<extra></extra>",
            },
            {
                "type": "scatter", "mode": "lines", "x": x, "y": rounded(told), "legendgroup": group, "name": shown(str(row["label"])),
                "line": {"color": colour, "width": 2.4, "shape": "hv"}, "hoverinfo": "skip",
            },
        ]  # fmt: skip
    folds = bool(answer.outcome["folds"])
    label = str(answer.outcome["less"]) if folds else str(answer.outcome["label"])
    values = [value for trace in tried for value in trace["y"] if value is not None]
    title = (
        f"{label[:1].upper()}{label[1:]}, over those of the own schedule"
        if folds
        else f"{label[:1].upper()}{label[1:]}, against own"
    )
    limits = span(values, 1.1)
    axis = log_axis(title, *limits) if folds and limits is not None and limits[1] / limits[0] > 3.0 else linear_axis(title)
    layout: Layout = base_layout(380, xaxis=linear_axis("Trial of the search (0: the scenario's own schedule)"), yaxis=axis)
    narrow: Layout = {"height": 320, "margin": {"l": 60, "r": 10, "t": 10, "b": 54}, "font": {"size": 12}}
    limit, words = answer.limits, "; ".join(f"{row['label']}: {row['rule_text']}" for row in rows)
    return Figure(
        "schedules",
        "The search for a schedule",
        "Every trial of the two searches (dots) and the best so far (lines), on what is used for nothing else. Limits: "
        f"{number_text(limit['dose'])} nM a dose, {number_text(limit['total'])} nM in all, {number_text(limit['interval'])} h apart.",
        "A line that never leaves the level of trial 0: nothing was found that beats the scenario's own schedule.",
        f"Dots and lines of the outcome against the number of the trial. {words}.",
        [Panel(tried, layout, {}, narrow)],
        [Key(str(row["label"]), str(row["name"]), colours[str(row["name"])], "none") for row in rows],
    )  # fmt: skip


def _told(answer: RankAnswer, difference: float) -> float:
    import math

    return math.exp(min(difference, 50.0)) if answer.outcome["folds"] else -difference


def _trial_text(trial: Row) -> str:
    pause = f", paused below {number_text(trial['stop'])}, resumed above {number_text(trial['resume'])}" if trial["stop"] else ""
    return f"{number_text(trial['dose'])} nM, {trial['visits']} times, every {number_text(trial['interval'])} h{pause}"
