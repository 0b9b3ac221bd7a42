"""The page of `ask identify`: prior beside posterior, profile, rivals, what the design could tell, readings with predictions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.report.drawing import (
    Figure,
    Key,
    Layout,
    Panel,
    Trace,
    band,
    base_layout,
    line_across,
    linear_axis,
    log_axis,
    rounded,
    shown,
)
from exoresist.report.experiment_page import Section, Table, experiment_page, write_experiment
from exoresist.report.palette import INK, SOFT, STROKES, arm_strokes
from exoresist.report.wording import arm_labels, number_text, spoken
from exoresist.studies.answer import Row
from exoresist.studies.identify_words import WORDS, percent

if TYPE_CHECKING:
    from exoresist.studies.identify import IdentifyAnswer

PRIOR, POSTERIOR = "#b7b3aa", "#0072B2"
VERDICTS = {"identified": "Identified", "bounded": "Bounded", "cannot_tell": "Cannot tell"}
SHORT = {
    "transfer": "transfer",
    "soluble": "soluble factor",
    "sink": "drug sink",
    "decoy": "decoy",
    "growth": "growth difference",
    "no_effect": "no effect",
    "several_with_transfer": "several, with transfer",
    "several_without_transfer": "several, no transfer",
    "any": "any world",
}
NARROW: Layout = {"height": 300, "margin": {"l": 56, "r": 10, "t": 10, "b": 50}, "font": {"size": 12}}
CUT = 30.0  # costs above are drawn here


def write_identify(answer: IdentifyAnswer, folder: Path) -> None:
    """Write the page with its summary and tables."""
    tables = {
        "shares": answer.shares,
        "profile": answer.profile,
        "worlds": answer.worlds,
        "rivals": answer.rivals,
        "strengths": answer.strengths,
        "narrowed": answer.narrowed,
        "expected": answer.expected,
        "readings": answer.readings,
    }
    write_experiment(answer, folder, identify_page(answer), tables)


def identify_page(answer: IdentifyAnswer) -> str:
    """The whole page as HTML."""
    drawn = [share_figure(answer), profile_figure(answer), worlds_figure(answer), *readings_figure(answer)]
    figures = {figure.id: figure for figure in drawn}
    sections = [
        Section("share", "The share that travels in vesicles", (), ("share", "profile")),
        Section("rivals", "What else explains the readings", (RIVALS_TEXT,), ("worlds",), (_rivals(answer), _strengths(answer))),
        Section("design", "What this design can tell", (DESIGN_TEXT,), (), (expected_table(answer.expected),)),
        Section("readings", "Readings and what the remaining worlds predict", (), tuple(figure.id for figure in drawn[3:])),
        Section("method", "How this was found, and what we cannot know", METHOD, (), (_narrowed(answer),)),
    ]
    data = "" if answer.simulated else " --data DATA"
    small = (
        "Readings are simulated at the scenario's central numbers: this asks the design, not nature."
        if answer.simulated
        else "The share's interval holds in nine of ten cases, whatever share is true; others hold 90 % of the remaining weight."
    )
    return experiment_page(
        answer,
        sections,
        figures,
        _tiles(answer),
        small,
        f"exoresist ask identify resolved.yaml{data} --seed {answer.seed} --out again",
    )


RIVALS_TEXT = (
    "Every rival is a mechanism of the model with a strength of its own; worlds hold any mixture of them. 'There' means a strength of a "
    "tenth or more: it moves the dose response of the main arm by about a tenth."
)
DESIGN_TEXT = (
    "Each world that was run was given noisy readings of this very design and judged by the others. The rows say what the design would "
    "answer if that kind of world were the true one. The last column: of the verdicts other than 'cannot tell', how many are true."
)
METHOD = (
    "Share = T / max(|T| + |R|, ln 1.1). T is the protection that vanishes when nothing in vesicles is delivered to the recipients, R what "
    "stays; protection is the mean ln fold of the dose response (of a course without doses: ln survivors) of the main arm "
    "over the reference.",
    "Worlds are drawn from the catalogue's ranges, the rivals' strengths log-uniform from 0.0001 to 4 of what the main arm "
    "reaches. The drug's "
    "potency is brought in line with the reference arm. Worlds whose noisy readings tell the same as the data get weight "
    "(learned summaries). The interval does not lean on that weight: a share stays in it unless worlds of that share give readings "
    "that speak against it as strongly in less than a tenth of cases. "
    "Profiles are penalised likelihoods of exact runs, an upper bound up to what the search leaves.",
    "What we cannot know from this: anything that the model does not hold. A rival that nobody thought of is in no row. A share is that of "
    "this experiment, with its cells, ratio and times, and no number of a tumour. Where the answer is 'cannot tell', more "
    "wells of the same "
    "arms rarely help; another arm may (see `exoresist ask design`).",
)


def _tiles(answer: IdentifyAnswer) -> list[dict[str, str]]:
    low, high = answer.interval
    before = answer.prior_interval
    names = [SHORT[name] for name in answer.confounders]
    return [
        {
            "label": "Verdict",
            "value": VERDICTS[answer.verdict],
            "interval": "",
            "meaning": "on the share that travels in vesicles as cargo",
        },
        {
            "label": "Share",
            "value": percent(answer.likeliest),
            "interval": f"{percent(low)} to {percent(high)}",
            "meaning": f"explains the readings best; before any reading {percent(before[0])} to {percent(before[1])}",
        },
        {
            "label": "Fit as well without transfer",
            "value": str(len(names)),
            "interval": ", ".join(names) or "none by itself",
            "meaning": "rivals, each by itself",
        },
    ]


def share_figure(answer: IdentifyAnswer) -> Figure:
    """Prior beside posterior of the share."""
    middle = [0.5 * (row["low"] + row["high"]) * 100.0 for row in answer.shares]
    width = (answer.shares[0]["high"] - answer.shares[0]["low"]) * 100.0
    traces: list[Trace] = []
    for name, colour, label in (("prior", PRIOR, "before"), ("posterior", POSTERIOR, "after")):
        traces.append(
            {
                "type": "bar",
                "x": middle,
                "y": rounded([100.0 * row[name] for row in answer.shares]),
                "marker": {"color": colour},
                "width": 0.44 * width,
                "offset": -0.44 * width if name == "prior" else 0.0,
                "legendgroup": name,
                "name": label,
                "hovertemplate": f"share %{{x:.0f}} %: %{{y:.1f}} % of worlds {label}<extra></extra>",
            }
        )
    low, high = answer.interval
    tallest = max(max(row["prior"], row["posterior"]) for row in answer.shares) * 100.0
    shapes = [
        {
            "type": "line",
            "xref": "x",
            "yref": "y",
            "x0": 100.0 * low,
            "x1": 100.0 * high,
            "y0": -0.03 * tallest,
            "y1": -0.03 * tallest,
            "line": {"color": INK, "width": 4},
        }
    ]
    layout = base_layout(
        360,
        xaxis=linear_axis("Share that travels in vesicles as cargo, %", ticksuffix=""),
        yaxis=linear_axis("Worlds, %", range=[-0.06 * tallest, 1.08 * tallest]),
        barmode="overlay",
        shapes=shapes,
    )
    return Figure(
        "share",
        "Prior beside posterior",
        "Grey: worlds before any reading. Blue: weight that the readings leave, given the prior. The black bar below: shares that the "
        "readings leave, whatever the prior holds to be likely (90 %).",
        "Blue like grey: the readings told nothing about the share.",
        f"Histogram of the share before and after the readings. {answer.sentences[0]}",
        [Panel(traces, layout, {}, NARROW)],
        [Key("before any reading", "prior", PRIOR, "bar"), Key("after the readings", "posterior", POSTERIOR, "bar")],
    )


def profile_figure(answer: IdentifyAnswer) -> Figure:
    """Profile of the share."""
    rows = [row for row in answer.profile if math.isfinite(row["cost"])]
    x, y = [100.0 * row["share"] for row in rows], [min(row["cost"], CUT) for row in rows]
    trace: Trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": rounded(y),
        "line": {"color": POSTERIOR, "width": 2.5},
        "marker": {
            "size": 9,
            "color": [POSTERIOR if row["fits"] else "#ffffff" for row in rows],
            "line": {"color": POSTERIOR, "width": 2},
        },
        "text": [number_text(row["cost"]) for row in rows],
        "hovertemplate": "share %{x:.0f} %: %{text} worse<extra></extra>",
    }
    layout = base_layout(
        340,
        xaxis=linear_axis("Share that travels in vesicles as cargo, %", range=[-4, 104]),
        yaxis=linear_axis("Worse than the best fit (−ln L, penalised)", range=[-0.06 * max(8.0, *y), 1.08 * max(8.0, *y)]),
        shapes=[line_across(answer.threshold)],
    )
    return Figure(
        "profile",
        "Profile likelihood of the share",
        f"How much worse the best world with a given share explains the readings, all else free. Filled: fits as well as "
        f"any, within the dotted "
        f"line at {answer.threshold:.1f} (1.4 for 90 % and {answer.threshold - 1.353:.0f} that the search may leave). Values "
        f"above {CUT:.0f} "
        "are drawn there.",
        "A flat floor from end to end: practically not identifiable. A floor at one end: bounded. A valley: identified. "
        "The verdict does not rest on this curve but on the interval of the share over all weighed worlds.",
        "Curve of the penalised likelihood against the share.",
        [Panel([trace], layout, {}, NARROW)],
    )


def worlds_figure(answer: IdentifyAnswer) -> Figure:
    """Weights of the kinds of worlds."""
    names = [shown(SHORT[row["world"]]) for row in answer.worlds][::-1]
    traces: list[Trace] = []
    for name, colour, label in (("posterior", POSTERIOR, "after"), ("prior", PRIOR, "before")):
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "y": names,
                "x": rounded([100.0 * row[name] for row in answer.worlds][::-1]),
                "marker": {"color": colour},
                "legendgroup": name,
                "name": label,
                "hovertemplate": f"%{{y}}: %{{x:.0f}} % {label}<extra></extra>",
            }
        )
    layout = base_layout(
        90 + 38 * len(names),
        xaxis=linear_axis("Weight, %", rangemode="tozero"),
        yaxis=linear_axis("", showgrid=False, ticks=""),
        barmode="group",
        bargap=0.3,
    )
    return Figure(
        "worlds",
        "Kinds of worlds",
        "Which rivals are there: the weight of each kind of world before and after the readings.",
        "A kind without transfer that keeps as much weight as transfer: a confounder.",
        "Bars of the weight of each kind of world before and after the readings.",
        [Panel(traces, layout, {}, {"margin": {"l": 130, "r": 10, "t": 10, "b": 50}, "font": {"size": 12}})],
        [Key("before any reading", "prior", PRIOR, "bar"), Key("after the readings", "posterior", POSTERIOR, "bar")],
    )


def readings_figure(answer: IdentifyAnswer) -> list[Figure]:
    """Readings with what the remaining worlds predict, one panel per readout, at the last time (a course: over time)."""
    strokes, labels = arm_strokes(answer.arms), arm_labels(answer.arms)
    panels = []
    last = max(row["time"] for row in answer.readings)
    over_time = len({row["dose"] for row in answer.readings}) == 1
    for readout in dict.fromkeys(row["readout"] for row in answer.readings):
        rows = [row for row in answer.readings if row["readout"] == readout and (over_time or row["time"] == last)]
        positive = [row["dose"] for row in rows if row["dose"] > 0.0]
        floor = min(positive) / 3.0 if positive else 1.0
        traces: list[Trace] = []
        for arm, stroke in strokes.items():
            own = sorted((row for row in rows if row["arm"] == arm), key=lambda row: (row["dose"], row["time"]))
            x = [row["time"] if over_time else max(row["dose"], floor) for row in own]
            area = band(x, [row["low"] for row in own], [row["high"] for row in own], stroke.colour, arm, 0.14)
            traces += [area] if area else []
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "x": rounded(x),
                    "y": rounded([row["observed"] for row in own]),
                    "marker": {"color": stroke.colour, "symbol": stroke.mark, "size": 8},
                    "legendgroup": arm,
                    "name": shown(labels[arm]),
                    "hovertemplate": f"{shown(labels[arm])}: %{{y:.3g}} at %{{x:.3g}}<extra></extra>",
                }
            )
        axis = (
            linear_axis("Time, h")
            if over_time or not positive
            else log_axis("Dose, nM (untreated at the left end)", floor / 1.3, max(positive) * 1.3, 7)
        )
        layout = base_layout(380, xaxis=axis, yaxis=linear_axis(spoken(readout).capitalize(), rangemode="tozero"))
        panels.append(Panel(traces, layout, {}, NARROW, readout if len({row["readout"] for row in answer.readings}) > 1 else ""))
    return [
        Figure(
            "fit",
            "Readings with the remaining worlds",
            "Marks: means over wells. Bands: 90 % of the worlds that keep weight, before the noise of a reading.",
            "Marks outside their bands throughout: no world of the model fits.",
            "Marks of the readings over bands of the predictions, by arm.",
            panels,
            [Key(labels[arm], arm, stroke.colour, stroke.mark, "none") for arm, stroke in strokes.items()],
        )
    ]


def _rivals(answer: IdentifyAnswer) -> Table:
    rows = [
        (
            WORDS[row["rival"]][0].upper() + WORDS[row["rival"]][1:],
            "as well" if row["fits"] else "worse" if math.isfinite(row["cost"]) else "no such world found",
            number_text(row["cost"]) if math.isfinite(row["cost"]) else "",
            percent(row["weight"]),
        )
        for row in answer.rivals
    ]
    return Table(
        ("Without transfer, and of the rivals only", "Fits", "Worse than the best by", "Weight of such worlds"),
        rows,
        "Each rival by itself",
        "As well: the best such world lies within the dotted line of the profile, or the readings leave such worlds at least three "
        "quarters of the weight that they had. The search for best worlds may stop short, so the third column is an upper bound.",
    )


def _strengths(answer: IdentifyAnswer) -> Table:
    rows = []
    for row in answer.strengths:
        fits, tried = row["fitting"], row["tried"]
        if len(fits) == len(tried):
            word = "not identifiable"
        elif not fits:
            word = "none of those tried fits"
        elif fits[0] == tried[0]:
            word = f"at most {number_text(fits[-1])}"
        elif fits[-1] == tried[-1]:
            word = f"at least {number_text(fits[0])}"
        else:
            word = f"{number_text(fits[0])} to {number_text(fits[-1])}"
        rows.append(
            (
                SHORT[row["rival"]],
                percent(row["present_before"]),
                percent(row["present"]),
                f"{number_text(row['low'])} to {number_text(row['high'])}",
                word,
            )
        )
    return Table(
        ("Rival", "There, before", "There, after", "Strength (90 %)", "By profile"),
        rows,
        "Strengths",
        "Strength: what it adds to the damage that recipients bear (transfer, soluble), the ln of drug that it takes away over the "
        "whole time (sink, decoy), or ln of growth beside donors over alone.",
    )


def expected_table(expected: list[Row]) -> Table:
    """Verdicts of a design by kind of world."""
    rows = [
        (
            SHORT[row["world"]],
            str(row["worlds"]),
            *(percent(row[word]) if row["worlds"] else "" for word in VERDICTS),
            percent(row["right"]) if row["right"] == row["right"] else "",
        )
        for row in expected
    ]
    return Table(("If this were the world", "Worlds", *VERDICTS.values(), "Right, if told"), rows)


def _narrowed(answer: IdentifyAnswer) -> Table:
    rows = [(spoken(row["name"]), spoken(row["subject"]), percent(row["left"])) for row in answer.narrowed[:8]]
    return Table(
        ("Number of the catalogue", "Of", "Spread left"),
        rows,
        "Numbers that these readings narrow most",
        "Standard deviation after over before; the others are as uncertain as the catalogue has them.",
    )


__all__ = ["POSTERIOR", "PRIOR", "SHORT", "SOFT", "STROKES", "expected_table", "identify_page", "write_identify"]
