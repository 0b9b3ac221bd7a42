"""The page of `ask design`: candidates ranked by what they tell per well, with reasons, and the check by simulation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.report.drawing import Figure, Panel, Trace, base_layout, linear_axis, rounded, shown
from exoresist.report.experiment_page import Section, Table, experiment_page, write_experiment
from exoresist.report.palette import SOFT
from exoresist.report.wording import number_text
from exoresist.studies.identify_words import percent

if TYPE_CHECKING:
    from exoresist.studies.design import DesignAnswer

BEST, OTHER = "#0072B2", "#b7b3aa"
WIDTH = 58  # characters of a candidate's name


def write_design(answer: DesignAnswer, folder: Path) -> None:
    """Write the page with its summary and tables."""
    write_experiment(answer, folder, design_page(answer), {"candidates": answer.candidates})


def design_page(answer: DesignAnswer) -> str:
    """The whole page as HTML."""
    figures = {figure.id: figure for figure in (ranking_figure(answer), check_figure(answer))}
    sections = [
        Section("ranking", "What tells most per well", (), ("ranking",), (_table(answer),)),
        Section("check", "Expected against simulated", (), ("check",)),
        Section("method", "How this was found", METHOD),
    ]
    data = "" if answer.simulated else " --data DATA"
    small = (
        "Judged on simulated readings at the scenario's central numbers."
        if answer.simulated
        else "Judged on worlds that fit the data."
    )
    command = f"exoresist ask design resolved.yaml{data} --budget {answer.budget} --seed {answer.seed} --out again"
    return experiment_page(answer, sections, figures, _tiles(answer), small, command)


METHOD = (
    "Candidates are changes of the main arm that a laboratory can make. Each is simulated in many worlds: with data, those nearest to the "
    "readings; without, worlds of the whole prior with readings of their own.",
    "Expected information is half the ln of the variance that the share has about what the present readings foretell, over that about "
    "what these and the candidate's noisy readings foretell, each world left out of what foretells it: an approximation that takes the "
    "share for normal.",
    "The check makes no such assumption: every world in turn is taken for the truth, its noisy outcome is read, and the variance of the "
    "share among worlds with like outcomes is measured.",
    "Wells are all that costs here. What a preparation, a membrane or a drug assay costs, and whether an inhibitor harms the cells in "
    "ways that the model does not hold, is for the reader to weigh.",
)


def _tiles(answer: DesignAnswer) -> list[dict[str, str]]:
    best = answer.recommended
    return [
        {
            "label": "Recommended",
            "value": f"{best['wells']} wells",
            "interval": best["label"],
            "meaning": f"of a budget of {answer.budget}",
        },
        {
            "label": "Expected information",
            "value": f"{answer.expected_information:.2f} nats",
            "interval": f"an arm at random: {answer.random_arm_information:.2f}",
            "meaning": "about the share that travels in vesicles",
        },
        {
            "label": "Still cannot tell",
            "value": percent(best["undecided"]),
            "interval": f"an arm at random: {percent(answer.undecided_random)}",
            "meaning": "of simulated outcomes",
        },
    ]


def ranking_figure(answer: DesignAnswer) -> Figure:
    """Candidates by expected information per hundred wells."""
    rows = answer.candidates[::-1]
    names = [shown(_cut(row["label"])) for row in rows]
    trace: Trace = {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": rounded([row["per_hundred_wells"] for row in rows]),
        "marker": {"color": [BEST if row["id"] == answer.recommended["id"] else OTHER for row in rows]},
        "text": [f"{row['wells']} wells" for row in rows],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.2f} nats per 100 wells<extra></extra>",
    }
    most = max(1e-3, *(row["per_hundred_wells"] for row in rows))
    layout = base_layout(
        90 + 27 * len(rows),
        xaxis=linear_axis("Nats per 100 wells", range=[0, 1.3 * most]),
        yaxis=linear_axis("", showgrid=False, ticks="", tickfont={"size": 12.5}),
        bargap=0.35,
        margin={"l": 330, "r": 24, "t": 16, "b": 62},
    )
    narrow = {"margin": {"l": 150, "r": 10, "t": 10, "b": 50}, "font": {"size": 10}}
    return Figure(
        "ranking",
        "Candidates, ranked",
        "What every candidate is expected to tell about the share, over its wells. Blue: recommended.",
        "Kinds of arms that stand high together: any of them does. Bars near zero: more of what is known.",
        f"Bars of expected information per well. {answer.sentences[0]}",
        [Panel([trace], layout, {}, narrow)],
    )


def check_figure(answer: DesignAnswer) -> Figure:
    """Expected against simulated information."""
    rows = answer.candidates
    most = max(0.05, *(max(row["information"], row["realised"]) for row in rows)) * 1.1
    least = min(0.0, *(row["realised"] for row in rows)) * 1.1
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": rounded([row["information"] for row in rows]),
        "y": rounded([row["realised"] for row in rows]),
        "text": [shown(row["label"]) for row in rows],
        "marker": {
            "size": 10,
            "color": [BEST if row["id"] == answer.recommended["id"] else OTHER for row in rows],
            "line": {"color": SOFT, "width": 1},
        },
        "hovertemplate": "%{text}<br>expected %{x:.2f}, simulated %{y:.2f}<extra></extra>",
    }
    line = {
        "type": "line",
        "xref": "x",
        "yref": "y",
        "x0": 0,
        "x1": most,
        "y0": 0,
        "y1": most,
        "line": {"color": SOFT, "dash": "dot"},
    }
    layout = base_layout(
        360,
        xaxis=linear_axis("Expected information, nats", range=[-0.03 * most, most]),
        yaxis=linear_axis("Simulated information, nats", range=[least - 0.03 * most, most]),
        shapes=[line],
    )
    return Figure(
        "check",
        "The approximation held against simulation",
        f"One mark per candidate; dotted: equal. Correlation {number_text(answer.correlation, 2)}."
        if answer.correlation == answer.correlation
        else "One mark per candidate; dotted: equal.",
        "The order must agree more than the size: it is the order that is used.",
        "Marks of simulated against expected information.",
        [Panel([trace], layout, {}, {"height": 300})],
    )


def _table(answer: DesignAnswer) -> Table:
    rows = [
        (
            row["label"],
            row["kind"],
            str(row["wells"]),
            f"{row['information']:.2f}",
            f"{row['realised']:.2f}",
            percent(row["undecided"]),
            row["reason"],
        )
        for row in answer.candidates
    ]
    return Table(
        ("Candidate", "Kind", "Wells", "Expected, nats", "Simulated, nats", "Still cannot tell", "Why it might tell"),
        rows,
        "All candidates",
        "",
        True,
    )


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
