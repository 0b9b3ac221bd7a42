"""Figures behind a ranking: interaction maps of two agents, and what the effect hangs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exoresist.report.drawing import Figure, Key, Layout, Panel, Trace, base_layout, line_up, linear_axis, rounded, shown
from exoresist.report.palette import INK, SOFT
from exoresist.report.rows import RowText, row_layouts
from exoresist.report.wording import number_text, percent_text, spoken, subject_text
from exoresist.studies.answer import Row

if TYPE_CHECKING:
    from exoresist.studies.rank_answer import RankAnswer

LOW, HIGH, FIRST, TOTAL = "#0072B2", "#D55E00", "#1f5a5c", "#a9ccc9"
DIVERGING = [[0.0, "#b2543a"], [0.5, "#f7f5f0"], [1.0, "#1f5a7c"]]  # short of independence, independent, beyond
LOEWE = [[0.0, "#1f5a7c"], [0.5, "#f7f5f0"], [1.0, "#b2543a"]]
OUTCOMES = {"time": "Days without progression, {reference}", "gain": "Days gained by {best}"}
PATIENT_ROWS = 8
CLEAR = 20  # pixels: half of a bar, where words stand above it
LEAST = 0.02  # of the cells: the colour scale of a map is never finer than that


def map_figure(answer: RankAnswer) -> Figure | None:
    """For each pair of agents a map of the excess over independence (Bliss) and one of the combination index (Loewe)."""
    if not answer.maps:
        return None
    panels = [panel for one in answer.maps for panel in (_bliss(one), _loewe(one)) if panel is not None]
    words = "; ".join(
        f"{one['first']['label']} with {one['second']['label']}: Bliss excess from {percent_text(one['least_bliss'])} to "
        f"{percent_text(one['most_bliss'])} of the cells"
        for one in answer.maps
    )
    return Figure(
        "maps",
        "Two agents together: more than each alone?",
        "With central numbers, cells over those left where both doses are 0. Bliss: share of the cells killed beyond (blue) or short of "
        "(red) what independent agents would kill. Loewe: combination index, d1/D1 + d2/D2; below 1 (blue) less of both is needed than of "
        "either; an agent that alone never does as much counts with an infinite D, and fields are empty where neither does.",
        "White: the two act by themselves. Blue fields at doses that can be given are where a pair is worth more than its parts.",
        f"Maps over dose grids. {words}.",
        panels,
    )


def _grid(one: Row, column: str) -> tuple[list[float], list[float], list[list[Any]]]:
    first = sorted({float(row["first"]) for row in one["rows"]})
    second = sorted({float(row["second"]) for row in one["rows"]})
    cells = {(float(row["first"]), float(row["second"])): row[column] for row in one["rows"]}
    return first, second, [[cells[a, b] for b in second] for a in first]


def _heat(one: Row, column: str, title: str, scale: list[list[Any]], ends: tuple[float, float], text: Any) -> Panel:
    first, second, values = _grid(one, column)
    names = [shown(str(one[axis]["label"])) for axis in ("first", "second")]
    trace: Trace = {
        "type": "heatmap", "z": [rounded(row) for row in values], "x": [number_text(b) for b in second],
        "y": [number_text(a) for a in first], "colorscale": scale, "zmin": ends[0], "zmax": ends[1], "showscale": False, "xgap": 2,
        "ygap": 2, "hovertemplate": f"{names[0]} %{{y}}, {names[1]} %{{x}}: %{{text}}<extra></extra>",
        "text": [["" if value is None else text(value) for value in row] for row in values], "texttemplate": "%{text}",
        "textfont": {"size": 11, "color": INK}, "hoverongaps": False,
    }  # fmt: skip
    layout: Layout = base_layout(
        380,
        xaxis=linear_axis(_agent(one["second"]), type="category", showgrid=False, ticks=""),
        yaxis=linear_axis(_agent(one["first"]), type="category", showgrid=False, ticks=""),
    )
    narrow: Layout = {"height": 320, "margin": {"l": 58, "r": 8, "t": 8, "b": 54}, "font": {"size": 12}}
    return Panel([trace], layout, {}, narrow, title)


def _over(one: Row, what: str) -> str:
    first = str(one["first"]["label"])
    return f"{first[:1].upper()}{first[1:]} with {one['second']['label']}: {what}"


def _agent(axis: Row) -> str:
    name = str(axis["label"])
    return f"{name[:1].upper()}{name[1:]} ({axis['unit']})"


def _bliss(one: Row) -> Panel:
    reach = max(LEAST, abs(float(one["most_bliss"])), abs(float(one["least_bliss"])))
    return _heat(
        one,
        "bliss",
        _over(one, "Bliss excess, % of the cells"),
        DIVERGING,
        (-reach, reach),
        lambda value: f"{100 * value:.1f}".replace("-0.0", "0.0"),
    )


def _loewe(one: Row) -> Panel | None:
    if not any(row["loewe"] is not None for row in one["rows"]):
        return None
    return _heat(one, "loewe", _over(one, "Loewe, combination index"), LOEWE, (0.0, 2.0), lambda value: f"{value:.2f}")


def tornado_figure(answer: RankAnswer) -> Figure | None:
    """Each number alone at the ends of its range."""
    rows = answer.tornado[:12]
    if not rows:
        return None
    folds = bool(answer.outcome["folds"])
    label = next(
        (str(row["label"]) for row in answer.interventions if row["name"] == answer.sensitivity_of), answer.sensitivity_of
    )
    centre = float(rows[0]["effect"])
    texts = [
        RowText(
            spoken(str(row["name"])).capitalize(), f"{number_text(row['low_effect'])} → {number_text(row['high_effect'])}",
            subject_text(str(row["subject"])),
        )
        for row in rows
    ]  # fmt: skip
    traces = _bars(rows, texts, centre, ("low_effect", LOW, "at its 5 % point"), ("high_effect", HIGH, "at its 95 % point"))
    ends = [float(row[key]) for row in rows for key in ("low_effect", "high_effect")] + [centre]
    room = 0.05 * (max(ends) - min(ends)) or 0.05
    title = f"Effect of {label}: {answer.outcome['label']}"
    axis = linear_axis(
        title if len(title) < 90 else str(answer.outcome["label"]), range=[min(ends) - room, max(ends) + room], nticks=6
    )
    common, wide, narrow = row_layouts(texts, axis, {**axis, "nticks": 4}, 46, CLEAR)
    common |= {"barmode": "overlay", "shapes": [line_up(centre)]}
    return Figure(
        "tornado",
        f"What the effect of {label} hangs on",
        "Each number alone at its 5 % and at its 95 % point, all others at their central values; the dotted line is the effect with "
        "central numbers.",
        f"The number on top moves the effect most. Further {'left' if folds else 'right'} is better.",
        "Bars. " + "; ".join(text.words() for text in texts) + ".",
        [Panel(traces, common, wide, narrow)],
        [Key("at its 5 % point", "low_effect", LOW, "bar"), Key("at its 95 % point", "high_effect", HIGH, "bar")],
    )


def indices_figure(answer: RankAnswer) -> Figure | None:
    """Sobol's indices of the foremost numbers."""
    if not answer.sobol:
        return None
    told = [f"{spoken(str(row['name']))}: {row['first']:.2f}, in all {row['total']:.2f}" for row in answer.sobol]
    words = "; ".join(told)
    return Figure(
        "indices",
        "Which numbers are worth measuring first",
        f"Sobol's indices of the foremost {len(answer.sobol)} of {len(answer.morris)} numbers, by Morris' screening and by the figure "
        "before: the share of the variance of the effect that a number brings by itself, and with all that it does together with others. "
        "Whiskers are 95 % intervals.",
        "The number on top is what to measure first. Light bars much longer than dark ones: numbers act together, and none can be "
        "judged alone.",
        f"Bars. {words}.",
        [_indices(answer)],
        [Key("by itself", "first", FIRST, "bar"), Key("with others", "total", TOTAL, "bar")],
    )


def _indices(answer: RankAnswer) -> Panel:
    rows = answer.sobol
    texts = [
        RowText(
            spoken(str(row["name"])).capitalize(), f"{max(0.0, float(row['first'])):.2f} of {max(0.0, float(row['total'])):.2f}",
            subject_text(str(row["subject"])),
        )
        for row in rows
    ]  # fmt: skip
    places = [len(rows) - 1 - place for place in range(len(rows))]
    traces: list[Trace] = []
    for column, colour, width, offset in (("total", TOTAL, 0.34, -0.36), ("first", FIRST, 0.34, 0.02)):
        traces.append({
            "type": "bar", "orientation": "h", "x": rounded([max(0.0, float(row[column])) for row in rows]), "y": places, "width": width,
            "offset": offset, "marker": {"color": colour}, "legendgroup": column,
            "error_x": {
                "type": "data", "array": rounded([row[f"{column}_conf"] or 0.0 for row in rows]), "color": SOFT,
                "thickness": 1.4, "width": 3,
            },
            "hovertext": [shown(text.words()) for text in texts], "hovertemplate": "%{hovertext}<extra></extra>",
        })  # fmt: skip
    top = max(float(row["total"]) + float(row["total_conf"] or 0.0) for row in rows)
    axis = linear_axis("Share of the variance of the effect", range=[0.0, max(1.0, 1.05 * top)], nticks=6)
    common, wide, narrow = row_layouts(texts, axis, {**axis, "nticks": 4}, 46)
    common |= {"barmode": "overlay"}
    return Panel(traces, common, wide, narrow)


def patients_figure(answer: RankAnswer) -> Figure | None:
    """What time without progression and gain hang on: mean of the patients in the lowest and the highest quarter of each number."""
    labels = {str(row["name"]): str(row["label"]) for row in answer.interventions}
    panels, words = [], []
    for outcome, title in OUTCOMES.items():
        rows = [row for row in answer.patient_numbers if row["outcome"] == outcome]
        rows = sorted(rows, key=lambda row: -abs(float(row["rank_correlation"])))[:PATIENT_ROWS]
        if rows:
            texts = [_patient_row(row) for row in rows]
            panels.append(
                _quarters(rows, texts, title.format(reference=labels.get("none", "reference"), best=labels[answer.best]))
            )
            words.append(f"{outcome}: " + "; ".join(text.words() for text in texts))
    if not panels:
        return None
    return Figure(
        "patient_numbers",
        "Which numbers of a patient decide",
        "Mean over the patients in the lowest and in the highest quarter of each number (without and with, where a patient has it or "
        "not); the dotted line is the mean of all. Beside it the partial rank correlation with its 90 % interval, and the share of the "
        "variance that the number brings by itself (first-order Sobol index, estimated from the same patients).",
        "The number on top decides most. Orange right of blue: more of it, more time. An interval that holds 0 may be chance; of ten "
        "numbers that decide nothing, one has an interval without 0.",
        "Bars. " + ". ".join(words) + ".",
        panels,
        [Key("lowest quarter", "low_mean", LOW, "bar"), Key("highest quarter", "high_mean", HIGH, "bar")],
    )


def _patient_row(row: Row) -> RowText:
    low, high = float(row["rank_low"]), float(row["rank_high"])
    return RowText(
        spoken(str(row["name"])).capitalize(), f"{float(row['rank_correlation']):+.2f} ({low:+.2f} to {high:+.2f})",
        subject_text(str(row["subject"])), f"{percent_text(max(0.0, float(row['first'])))} of the variance",
    )  # fmt: skip


def _bars(rows: list[Row], texts: list[RowText], centre: float, *ends: tuple[str, str, str]) -> list[Trace]:
    """Bars from the centre to either end; ends: column, colour and name of each."""
    return [
        {
            "type": "bar", "orientation": "h", "base": centre, "x": rounded([float(row[column]) - centre for row in rows]),
            "y": [len(rows) - 1 - place for place in range(len(rows))], "width": 0.38, "marker": {"color": colour}, "name": name,
            "legendgroup": column, "hovertext": [shown(text.words()) for text in texts],
            "hovertemplate": "%{hovertext}<extra></extra>",
        }
        for column, colour, name in ends
    ]  # fmt: skip


def _quarters(rows: list[Row], texts: list[RowText], title: str) -> Panel:
    centre = float(rows[0]["mean"])
    traces = _bars(rows, texts, centre, ("low_mean", LOW, "lowest quarter"), ("high_mean", HIGH, "highest quarter"))
    ends = [float(row[key]) for row in rows for key in ("low_mean", "high_mean")] + [centre]
    room = 0.05 * (max(ends) - min(ends)) or 0.05
    axis = linear_axis("Days", range=[min(ends) - room, max(ends) + room], nticks=6)
    common, wide, narrow = row_layouts(texts, axis, {**axis, "nticks": 4}, 46, CLEAR)
    common |= {"barmode": "overlay", "shapes": [line_up(centre)]}
    return Panel(traces, common, wide, narrow, title)
