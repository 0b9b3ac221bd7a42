"""The page of an attribution: figures that plotly accepts, texts escaped, nothing missing when there is little to show."""

from __future__ import annotations

from typing import Any

import pytest

from exoresist.report.attribution_figures import attribution_figures, net_name, row_name
from exoresist.report.attribution_page import attribution_page
from exoresist.studies.answer import Estimate
from exoresist.studies.attribution_answer import AttributionAnswer


def estimate(value: float) -> dict[str, Any]:
    return Estimate(value, value - 0.1, value + 0.1).to_dict()


def player(name: str, value: float) -> dict[str, Any]:
    return {
        "id": name, "label": f"Route <{name}>", "off": "It is cut", "travels": name == "a", "vesicles": name == "a",
        "value": value, "low": value - 0.1, "high": value + 0.1, "order_low": value - 0.05, "order_high": value + 0.05,
        "prior_value": value, "prior_low": value - 0.3, "prior_high": value + 0.3,
    }  # fmt: skip


def line(process: str, part: str, origin: str, value: float) -> dict[str, Any]:
    return {"part": part, "process": process, "channel": "pump", "origin": origin, "value": value}


@pytest.fixture
def answer() -> AttributionAnswer:
    rows = [
        line("unpacking", "trait", "received", 0.2),
        line("death", "selection", "", 0.4),
        line("pump_turnover", "trait", "native", -0.1),
    ]
    rows += [line(f"process_{place}", "trait", "native", 0.01) for place in range(8)]
    return AttributionAnswer(
        name="small", title="<b>Small</b>", arm={"id": "x", "label": "<i>Arm</i>"},
        outcome={
            "name": "log_survival", "label": "ln share", "unit": "dimensionless", "low": -7.0, "high": 7.0, "says": "A <share>",
            "lineages": ["cells"], "all_off": estimate(-1.0), "all_on": estimate(-0.4), "effect": estimate(0.6),
        },
        players=[player("a", 0.5), player("b", 0.2), player("c", -0.1)],
        interactions=[
            {"first": one, "second": two, "value": value, "low": value, "high": value}
            for one, two, value in (("a", "b", -0.2), ("a", "c", 0.1), ("b", "c", 0.0))
        ],
        combinations=[{"on": [], "value": -1.0, "low": -1.1, "high": -0.9}],
        ledger=[{**row, "low": row["value"] - 0.01, "high": row["value"] + 0.01} for row in rows],
        ledger_course=[{**row, "time": time, "value": row["value"] * time} for row in rows for time in (0.0, 0.5, 1.0)],
        ledger_gap=1e-12, ledger_trait="ln C*", ledger_change=Estimate(0.5, 0.4, 0.6),
        transfer={"prior": Estimate(0.6, 0.1, 0.9), "posterior": Estimate(0.6, 0.5, 0.7)},
        vesicles={"prior": Estimate(0.6, 0.1, 0.9)}, sentences=["A <sentence>."], warnings=["A <warning>."], draws=20, assumed_share=0.5,
    )  # fmt: skip


def test_plotly_accepts_every_figure(answer: AttributionAnswer) -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    figures = attribution_figures(answer)
    assert list(figures) == ["shares", "waterfall", "interactions", "ledger"]
    for figure in figures.values():
        for panel in figure.panels:
            for over in (panel.wide, panel.narrow):
                graph_objects.Figure({"data": panel.data, "layout": {**panel.layout, **over}})


def test_the_waterfall_ends_where_all_routes_are_on(answer: AttributionAnswer) -> None:
    bars = attribution_figures(answer)["waterfall"].panels[0].data[0]
    steps = list(zip(bars["base"], bars["x"], strict=True))
    assert steps[-2][0] + steps[-2][1] == pytest.approx(steps[-1][1]) == pytest.approx(-0.4)


def test_layers_of_both_panels_add_up_to_the_same_sum(answer: AttributionAnswer) -> None:
    panels = attribution_figures(answer)["ledger"].panels
    sums = [next(trace for trace in panel.data if trace.get("legendgroup") == "total")["y"] for panel in panels]
    assert sums[0] == pytest.approx(sums[1]) and sums[0][-1] == pytest.approx(0.2 + 0.4 - 0.1 + 0.08)
    for panel in panels:
        stacked = sum(trace["y"][-1] for trace in panel.data if "stackgroup" in trace)
        assert stacked == pytest.approx(sums[0][-1])


def test_texts_of_users_are_escaped(answer: AttributionAnswer) -> None:
    page = attribution_page(answer)
    for text in ("<b>Small</b>", "<i>Arm</i>", "A <share>", "A <sentence>", "A <warning>", "Route <a>"):
        assert text not in page.split("<script")[0]
    assert "before the data" in page


def test_a_page_of_one_player_without_draws_stands(answer: AttributionAnswer) -> None:
    answer.players, answer.interactions, answer.draws = answer.players[:1], [], 0
    page = attribution_page(answer).split("<script")[0]
    assert "What each route contributes" in page and "Which routes lean on each other" not in page
    assert "central numbers only" in page and "0 draws" not in page


def test_a_page_without_players_or_ledger_stands(answer: AttributionAnswer) -> None:
    answer.players, answer.interactions, answer.ledger, answer.ledger_course, answer.ledger_gap = [], [], [], [], None
    page = attribution_page(answer)
    assert "The net ledger over time" not in page and "What each route contributes" not in page


def test_lines_of_the_ledger_have_names() -> None:
    assert row_name(line("unpacking", "trait", "received", 0.0)) == "pump: unpacking (received)"
    assert row_name(line("death", "selection", "", 0.0)) == "selection: death"
    assert [net_name(line("x", "trait", origin, 0.0)) for origin in ("native", "relayed", "")] == [
        "own cargo",
        "cargo passed on",
        "pump, no cargo",
    ]
