"""Soluble factors, killers and switching as processes: conserved, absent unless asked for, right at their limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import build
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import ExoresistError
from exoresist.network import integrate
from exoresist.studies.arms import run_arms
from exoresist.studies.ensemble import Ensemble

HOURS = (0.0, 12.0, 24.0, 48.0)
WELL = {"kind": "well", "volume": "0.1 mL", "capacity": "200000 cell"}


def populations(**cells: tuple[str, float]) -> list[dict[str, str]]:
    return [{"id": who, "cell_line": line, "count": f"{count:g} cell"} for who, (line, count) in cells.items()]


def course(dish: Callable[..., Any], cells: list[dict[str, str]], **changes: Any) -> Any:
    reading = {"kind": "time_course", "population": cells[0]["id"]}
    return dish(**{"arena": WELL, "populations": cells, "drugs": [], "cargo": [], "assay": reading, **changes})


# -- soluble factors


def test_a_factor_is_made_cleared_and_conserved_and_settles(dish: Callable[..., Any]) -> None:
    """Steady level of a culture that neither grows nor dies: secretion · cells / (clearance · volume)."""
    one = course(dish, populations(stroma=("caf", 10000)), factors=[{"id": "IL6"}])
    still = {"stroma.growth_rate": 1e-12, "stroma.basal_death_rate": 0.0, "IL6.clearance_rate": 0.2}
    run = one.run((0.0, 100.0, 200.0), values=still)
    level = run.amount("medium.factor_IL6")[-1, 0] / 0.1
    rate = one.model.network.parameters["stroma.IL6.secretion_rate"].value
    assert level == pytest.approx(rate * 1e4 / (0.2 * 0.1), rel=1e-6)
    assert max(run.conservation().values()) < 1e-9


def test_a_factor_is_washed_out_by_a_change_of_medium_and_by_its_own_end(dish: Callable[..., Any]) -> None:
    cells = populations(tumour=("generic_tumour", 1000))
    dose = {"id": "IL6", "dose": "1 nM", "at": "1 h"}
    kept = course(dish, cells, factors=[dose]).run((0.0, 2.0, 10.0))
    ended = course(dish, cells, factors=[{**dose, "until": "5 h"}]).run((0.0, 2.0, 10.0))
    changed = course(dish, cells, factors=[dose], medium_changes=[{"at": "5 h", "fraction": 0.5}]).run((0.0, 2.0, 10.0))
    level = [run.amount("medium.factor_IL6")[:, 0] for run in (kept, ended, changed)]
    assert level[0][0] == 0.0 and level[0][1] == pytest.approx(0.1 * np.exp(-0.05), rel=1e-6)
    assert level[1][-1] == pytest.approx(0.0, abs=1e-12) and level[2][-1] == pytest.approx(0.5 * level[0][-1], rel=1e-6)
    assert max(changed.conservation().values()) < 1e-9


def test_a_factor_crosses_a_porous_membrane(dish: Callable[..., Any]) -> None:
    arena = {
        "kind": "transwell",
        "volume": "0.6 mL",
        "insert_volume": "0.1 mL",
        "pore_exchange": "0.05 mL/h",
        "capacity": "60000 cell",
    }
    cells = [
        {"id": "tumour", "cell_line": "generic_tumour", "count": "6000 cell", "side": "well"},
        {"id": "stroma", "cell_line": "caf", "count": "6000 cell", "side": "insert"},
    ]
    one = course(dish, cells, arena=arena, factors=[{"id": "IL6"}], signals=["il6_stat3"])
    run = one.run(HOURS, values={"arena.pore_flow": np.array([0.0, 0.05])})
    below = run.amount("medium.factor_IL6")[-1]
    assert below[0] == 0.0 < below[1]
    closed, opened = run.amount("tumour.STAT3")[-1]
    assert closed == pytest.approx(1.0) and opened > 1.0 + 1e-5
    assert max(run.conservation().values()) < 1e-9


def test_nutrients_are_used_up_by_cells(dish: Callable[..., Any]) -> None:
    one = course(dish, populations(tumour=("generic_tumour", 20000)), factors=[{"id": "glucose", "dose": "5 mM"}])
    run = one.run(HOURS, values={"tumour.glucose.uptake_clearance": np.array([0.0, 1e-8, 1e-7])})
    assert run.amount("medium.factor_glucose")[-1, 0] == pytest.approx(5e5, rel=1e-6)
    assert np.all(np.diff(run.amount("medium.factor_glucose")[-1]) < -1e4)


def test_conditioned_medium_brings_what_donors_dissolved() -> None:
    """Fibroblasts' medium raises survival by interleukin 6, also when their vesicles deliver nothing."""
    ic50 = {}
    for name, signals in (("alive", ["il6_stat3"]), ("without", [])):
        scenario = scenario_from_dict({
            "schema": "exoresist/1", "name": "cm", "arena": WELL,
            "populations": populations(tumour=("generic_tumour", 3000), stroma=("caf", 20000)),
            "drugs": [{"id": "doxorubicin", "dose": "30 nM"}], "factors": [{"id": "IL6"}], "signals": signals, "duration": "48 h",
            "assay": {"kind": "conditioned_medium", "population": "tumour", "donor": "stroma", "conditioning": "48 h",
                      "drug": "doxorubicin", "doses": {"from": "3 nM", "to": "300 nM", "points": 5}},
            "parameters": [{"name": "delivered_fraction", "subject": "cell", "value": "0 dimensionless", "reason": "factors only"}],
        })  # fmt: skip
        result = run_arms(scenario, Catalog.load(), Ensemble(0, 1))[0]
        ic50[name] = result.survival.ic50[0]
        assert result.course.amount("medium.factor_IL6")[0, 0] > 0.0
    assert ic50["alive"] > 1.01 * ic50["without"]


# -- killers


def test_killing_rises_with_killers_saturates_and_needs_them(dish: Callable[..., Any]) -> None:
    hazard = []
    for count in (100, 1000, 10000, 100000):
        cells = populations(tumour=("generic_tumour", 1000), killers=("cd8_t_cell", count))
        hazard.append(course(dish, cells).run((0.0, 0.01)).value("rate:tumour.immune_killing_killers")[0, 0])
    assert np.all(np.diff(hazard) > 0.0) and hazard[-1] < 0.1
    assert hazard[0] == pytest.approx(0.1 * 100 / (5e4 + 1100), rel=1e-9)
    alone = course(dish, populations(tumour=("generic_tumour", 1000), others=("astrocyte", 1000)))
    assert not alone.named("immune_killing")


def test_killers_spare_stroma_and_share_themselves_among_targets(dish: Callable[..., Any]) -> None:
    cells = populations(
        tumour=("generic_tumour", 20000), second=("mcf7_sensitive", 20000), killers=("nk_cell", 10000), stroma=("caf", 5000)
    )
    one = course(dish, cells)
    assert sorted(one.named("immune_killing")) == ["second.immune_killing_killers", "tumour.immune_killing_killers"]
    run = one.run((0.0, 0.01))
    kills = sum(run.value(f"rate:{who}.immune_killing_killers")[0, 0] * 20000 for who in ("tumour", "second"))
    assert kills < 0.1 * 10000  # never more than a killer's own rate
    assert run.conservation()["cell"] < 1e-12


def test_natural_killer_cells_stand_in_for_complement_on_antibody_bearing_cells(dish: Callable[..., Any]) -> None:
    def hazard(*more: dict[str, str]) -> float:
        cells = [*populations(target=("cd20_b_cell_lymphoma", 20000)), *more]
        one = course(dish, cells, drugs=[{"id": "rituximab", "dose": "10 nM"}], cargo=["CD20"])
        return float(one.run((0.0, 2.0)).value("rate:target.complement_killing_rituximab")[-1, 0])

    nk, t_cells = populations(nk=("nk_cell", 40000)), populations(t=("caf", 40000))
    assert hazard(*nk) > 1.2 * hazard(*t_cells)


def test_interferon_from_t_cells_raises_pd_l1_on_tumour_cells_and_their_vesicles(dish: Callable[..., Any]) -> None:
    cells = populations(tumour=("generic_tumour", 5000), killers=("cd8_t_cell", 20000))
    one = course(dish, cells, cargo=["CD274"], factors=[{"id": "IFNG"}], signals=["checkpoint", "adaptive_resistance"])
    run = one.run(HOURS, values={"killers.IFNG.secretion_rate": np.array([0.0, 2.5e-8, 2.5e-7])})
    on_cells = run.amount("tumour.CD274")[-1] / run.amount("tumour.cells")[-1]
    loaded = run.amount("medium.vesicles_tumour.cargo_CD274")[-1] / run.amount("medium.vesicles_tumour")[-1]
    for found in (on_cells, loaded):
        assert np.all(np.diff(found) > 0.01 * found[0])
    assert np.all(np.diff(run.value("rate:tumour.immune_killing_killers")[-1]) < 0.0)


def test_a_hub_of_immune_escape_lowers_killing_where_there_are_killers() -> None:
    scenario = scenario_from_dict({
        "schema": "exoresist/1", "name": "escape", "arena": WELL, "duration": "24 h",
        "populations": populations(tumour=("generic_tumour", 5000), killers=("cd8_t_cell", 20000)),
        "drugs": [{"id": "doxorubicin", "dose": "0 nM"}], "assay": {"kind": "time_course", "population": "tumour"},
    })  # fmt: skip
    model = build(scenario, chains=Chains(outcomes={("immune_escape", "doxorubicin"): -1}, starts={"immune_escape"}))
    level = np.array([0.3, 1.0, 3.0])
    run = integrate(model.network, [0.0, 1.0], initial={**model.start(), "tumour.immune_escape": level})
    assert np.all(np.diff(run.value("rate:tumour.immune_killing_killers")[0]) < 0.0)


def test_a_wire_of_several_groups_counts_once(dish: Callable[..., Any]) -> None:
    cells = populations(tumour=("generic_tumour", 5000), killers=("cd8_t_cell", 20000), others=("mdsc", 5000))
    one = course(dish, cells, cargo=["CD274"], signals=["checkpoint", "t_cell_suppression", "t_cell_exhaustion"])
    run = one.run(HOURS)
    function = run.amount("killers.CD8_T_cell_function")[-1, 0]
    assert function < 0.8
    e, t = (run.amount(f"{who}.cells")[-1, 0] for who in ("killers", "tumour"))
    assert run.value("rate:tumour.immune_killing_killers")[-1, 0] == pytest.approx(function * 0.1 * e / (5e4 + e + t), rel=1e-9)


def test_the_strength_of_one_wire_can_be_set_alone(dish: Callable[..., Any]) -> None:
    cells = populations(tumour=("generic_tumour", 5000), stroma=("caf", 10000))
    row = {"name": "signal_fold", "subject": "wire:il6_stat3", "value": "1 dimensionless", "reason": "this wire is cut"}
    changes: dict[str, Any] = {"factors": [{"id": "IL6"}, {"id": "HGF"}], "signals": ["il6_stat3", "hgf_met"]}
    run = course(dish, cells, **changes, parameters=[row]).run(HOURS)
    assert run.amount("tumour.STAT3")[-1, 0] == pytest.approx(1.0, abs=1e-9)
    assert run.amount("tumour.MET")[-1, 0] > 1.001


# -- switching


def test_switching_keeps_cells_and_what_they_hold(dish: Callable[..., Any]) -> None:
    cells = populations(tumour=("mcf7_sensitive", 5000), resistant=("mcf7_resistant", 500))
    one = course(dish, cells, cargo=["ABCB1"], drugs=[{"id": "doxorubicin", "dose": "30 nM"}], signals=["acquired_resistance"])
    run = one.run(HOURS, values={"tumour.driven_switching_resistant.induced": np.array([0.0, 0.02, 0.1])})
    assert np.all(np.diff(run.amount("resistant.cells")[-1]) > 1.0)
    assert max(run.conservation().values()) < 1e-9
    assert one.model.network.parameters["tumour.driven_switching_resistant.spontaneous"].value == 0.0


@settings(max_examples=15, deadline=None)
@given(vesicles=st.floats(0.0, 1e7), rate=st.floats(0.0, 1.0), induced=st.floats(0.0, 1.0), il6=st.floats(0.0, 10.0))
def test_everything_is_conserved_whatever_the_numbers(
    dish: Callable[..., Any], vesicles: float, rate: float, induced: float, il6: float
) -> None:
    cells = populations(
        tumour=("generic_tumour", 5000), killers=("cd8_t_cell", 20000), m1=("m1_macrophage", 5000), m2=("m2_macrophage", 100)
    )
    one = course(
        dish, cells, cargo=["CD274"], factors=[{"id": "IL6", "dose": "1 nM"}, {"id": "IFNG"}],
        signals=["checkpoint", "m2_polarisation", "il6_stat3", "t_cell_suppression", "adaptive_resistance"],
        vesicles=[{"id": "added", "donor": "generic_tumour", "per_cell": "1 particle/cell"}],
    )  # fmt: skip
    values = {"IL6.carried": il6, "killers.killing_rate": rate, "m1.driven_switching_m2.induced": induced}
    run = one.run(HOURS, values=values, per_cell={"added": vesicles})
    assert max(run.conservation().values()) < 1e-9
    assert all(np.all(run.amount(f"{who}.cells") > -1e-6) for who in ("tumour", "killers", "m1", "m2"))


# -- only when asked for


def test_nothing_of_this_is_in_a_scenario_that_does_not_ask() -> None:
    model = build(load_scenario(bundled_scenarios()["mcf7_doxorubicin"]))
    words = ("factor_", "immune_killing", "driven_switching", "drive_", "signal")
    named = [*model.network.pools, *model.network.processes, *model.network.derived, *model.network.parameters]
    assert not [name for name in named if any(word in name for word in words)]
    assert not any(model.wires.values())


def test_unknown_groups_and_factors_are_told_with_what_is_known(dish: Callable[..., Any]) -> None:
    cells = populations(tumour=("generic_tumour", 1000))
    with pytest.raises(ExoresistError, match="checkpoint"):
        course(dish, cells, signals=["checkpoin"])
    with pytest.raises(ExoresistError, match="IL6"):
        course(dish, cells, factors=[{"id": "IL66"}])


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({"courses": 2}, "need `every`"),
        ({"every": "24 h"}, "need"),
        ({"courses": 2, "every": "24 h"}, "must end"),
        ({"courses": 2, "every": "24 h", "until": "30 h"}, "must end"),
        ({"courses": 3, "every": "24 h", "until": "12 h"}, "after the end"),
    ],
)
def test_courses_that_cannot_be_are_refused(dish: Callable[..., Any], entry: dict[str, Any], part: str) -> None:
    with pytest.raises(ExoresistError, match=part):
        dish(drugs=[{"id": "doxorubicin", "dose": "30 nM", **entry}])


def test_every_group_of_signals_is_laid_whole_in_a_dish_that_holds_all() -> None:
    """No wire of the catalogue is dead: each finds its place among all cells, factors and cargo."""
    catalog = Catalog.load()
    for group in dict.fromkeys(signal.group for signal in catalog.records("signals")):
        wires = catalog.signals(group)
        lines = {line for wire in wires for line in wire.cells if line != "tumour"} | {"generic_tumour"}
        lines |= {wire.target.partition("(")[2][:-1] for wire in wires if wire.target.startswith("switching")}
        lines |= {wire.origin.partition(".")[0] for wire in wires} & set(catalog.ids("cell_lines"))
        factors = set(catalog.ids("factors"))
        cargo = {word for wire in wires for word in (wire.origin.partition(":")[2], wire.origin, wire.receptor)}
        cargo |= {wire.target.partition("(")[2][:-1] for wire in wires if wire.target.startswith(("rna", "antigen"))}
        scenario = scenario_from_dict({
            "schema": "exoresist/1", "name": "whole", "arena": WELL,
            "populations": [{"id": f"p_{line}", "cell_line": line, "count": "1000 cell"} for line in sorted(lines)],
            "cargo": sorted(cargo & set(catalog.ids("cargo"))), "factors": [{"id": factor} for factor in sorted(factors)],
            "drugs": [{"id": "doxorubicin", "dose": "1 nM"}], "signals": [group], "duration": "24 h",
            "assay": {"kind": "time_course", "population": "p_generic_tumour"},
        })  # fmt: skip
        model = build(scenario)
        tags = {part.tag for part in model.network.modulations}
        known = {*model.network.nodes, *model.network.derived}
        for wire in wires:
            who = [f"p_{line}" for line in (wire.cells if "tumour" not in wire.cells else ("generic_tumour",))]
            node = any(f"{one}.{wire.target.replace('-', '_')}" in known for one in who)
            mirna = any(f"{one}.{wire.target}.occupancy_now" in known for one in who)
            switch = wire.target.startswith("switching") and wire.sign == "1"
            assert f"signal:{wire.id}" in tags or node or mirna or switch or wire.target == "hub", wire.id
            if wire.target == "hub":
                assert any(tag == f"hub:{wire.origin}" for tag in tags) or f"p_generic_tumour.tolerance_{wire.origin}" in known, (
                    wire.id
                )
