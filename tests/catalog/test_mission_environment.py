"""Mechanisms and therapies of stroma and immunity: cells that send, cells that kill, cells that change, and what vesicles do to them.

Directions are those of the documents' acceptance tests. Where an effect needs more vesicles than cells in a dish release, purified
ones are added, as the experiments did.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import build
from exoresist.assembly.reader import scenario_from_dict
from exoresist.network import integrate
from exoresist.studies.diversity import diversity_rows
from exoresist.studies.dose_curve import ic50_by_interpolation

pytestmark = pytest.mark.xdist_group("ledger")  # on one worker, and early: the kernels of all laws are compiled once

HOURS = (0.0, 24.0, 48.0, 72.0)
DOSES = {"doxorubicin": 30.0, "oxaliplatin": 2e4, "paclitaxel": 3.0}


# Stroma and killers that the drug leaves alone, so that only what they send or kill can matter.
def spared(*who: str) -> dict[str, float]:
    return {f"{one}.{name}": value for one in who for name, value in (("max_death_rate", 0.0), ("arrest_threshold", 1e3))}


def culture(dish: Callable[..., Any], cells: dict[str, tuple[str, float]], drug: str = "", **changes: Any) -> Any:
    """Cells in one well: id -> (cell line, count). `tumour` is the population that is read."""
    assay: dict[str, Any] = {"kind": "time_course", "population": "tumour"}
    if drug:
        assay = {"kind": "dose_response", "population": "tumour", "drug": drug, "doses": ["1 nM"]}
    given = {
        "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "200000 cell"},
        "populations": [{"id": who, "cell_line": line, "count": f"{count:g} cell"} for who, (line, count) in cells.items()],
        "drugs": [{"id": drug, "dose": "1 nM"}] if drug else [],
        "cargo": [],
        "duration": "72 h",
        "assay": assay,
        **changes,
    }
    return dish(**given)


def preparation(per_cell: float, donor: str = "generic_tumour") -> list[dict[str, str]]:
    return [{"id": "added", "donor": donor, "per_cell": f"{per_cell:g} particle/cell"}]


def cells(run: Any, who: str = "tumour") -> np.ndarray:
    found: np.ndarray = run.amount(f"{who}.cells")[-1]
    return found


def killing(run: Any, killer: str) -> np.ndarray:
    """Hazard of the tumour cells by a kind of killer at the end, 1/h."""
    found: np.ndarray = run.value(f"rate:tumour.immune_killing_{killer}")[-1]
    return found


def survival(one: Any, drug: str, values: dict[str, Any] | None = None) -> np.ndarray:
    """Tumour cells at the end over the untreated of the same set."""
    treated, plain = (one.run(HOURS, values=values, doses={drug: dose}) for dose in (DOSES[drug], 0.0))
    return cells(treated) / cells(plain)


def ic50(one: Any, drug: str, values: dict[str, Any] | None = None) -> float:
    """Dose that halves the tumour cells at the end."""
    doses = np.array([0.0, *np.geomspace(0.05, 40.0, 25) * DOSES[drug]])
    found = cells(one.run(HOURS, values=values, doses={drug: doses}))
    read = ic50_by_interpolation(doses, (found / found[0])[None, :])
    assert read.status[0] == "inside"
    return float(read.ic50[0])


def off(one: Any, name: str, who: str = "") -> dict[str, float]:
    found = {f"factor.{process}": 0.0 for process in one.named(name, who)}
    assert found, name
    return found


# -- release and degradation inside the cell


def test_autophagy_and_release_stand_in_for_each_other(dish: Callable[..., Any]) -> None:
    """As many vesicles formed: with one way out blocked more leave by the other; with both, more stay than with either."""
    one = culture(dish, {"tumour": ("generic_tumour", 3000)})
    degraded, released = "factor.tumour.lysosomal_degradation", "factor.tumour.secretion"
    run = one.run([0.0, 24.0], values={degraded: np.array([1.0, 0.1, 1.0, 0.1]), released: np.array([1.0, 1.0, 0.1, 0.1])})
    inside = run.amount("tumour.ilv")[-1] / run.amount("tumour.cells")[-1]
    out, destroyed = (run.value(f"rate:tumour.{name}")[-1] * inside for name in ("secretion", "lysosomal_degradation"))
    assert out[1] > 1.3 * out[0] and destroyed[2] > 1.2 * destroyed[0]
    assert inside[3] > 1.3 * max(inside[1], inside[2])
    assert min(inside[1], inside[2]) > 1.2 * inside[0]
    treated = culture(dish, {"tumour": ("generic_tumour", 3000)}, interventions=[{"id": "autophagy_block", "strength": 1.0}])
    assert treated.run([0.0, 24.0]).amount("medium.vesicles_tumour")[-1] > 1.3 * run.amount("medium.vesicles_tumour")[-1, 0]


# -- from outside, without entry


def test_a_surface_ligand_acts_without_entry_and_rna_does_not(dish: Callable[..., Any]) -> None:
    lines = {"tumour": ("generic_tumour", 5000), "t_cells": ("cd8_t_cell", 20000), "dendritic": ("dendritic_cell", 5000)}
    one = culture(
        dish, lines, cargo=["CD274", "LGALS9", "circUSP7"], factors=[{"id": "IFNG"}],
        signals=["checkpoint", "galectin9", "circusp7"], vesicles=preparation(3e6),
    )  # fmt: skip
    loaded = {"added.circUSP7.copies_per_vesicle": 0.3, "t_cells.circUSP7.copies": 50.0, "t_cells.uptake_clearance": 3e-7}
    read: dict[tuple[bool, bool], Any] = {}
    for entry in (True, False):
        for given in (True, False):
            values: dict[str, Any] = dict(loaded) if entry else loaded | {f"{who}.uptake_clearance": 0.0 for who in lines}
            read[entry, given] = one.run(HOURS, values=values, per_cell={"added": 3e6 if given else 0.0})
    for who, node in (("t_cells", "PD1_signal"), ("dendritic", "HAVCR2")):
        for entry in (True, False):
            with_them, without = (read[entry, given].amount(f"{who}.{node}")[1, 0] for given in (True, False))
            assert with_them > 1.005 * without, (node, entry)
    shp2 = {key: run.amount("t_cells.PTPN11")[-1, 0] for key, run in read.items()}
    assert shp2[True, True] > 1.0002 * shp2[True, False]
    assert shp2[False, True] == pytest.approx(shp2[False, False], rel=1e-6)


@pytest.mark.parametrize("antibody", ["anti_pd_1", "anti_pd_l1"])
def test_vesicles_with_pd_l1_shield_the_tumour_and_blockade_opens_it(dish: Callable[..., Any], antibody: str) -> None:
    """A tumour that shows no PD-L1 itself: only what is on the vesicles can act."""
    one = culture(
        dish, {"tumour": ("generic_tumour", 5000), "t_cells": ("cd8_t_cell", 20000)}, cargo=["CD274", "PDCD1"],
        signals=["checkpoint"], drugs=[{"id": antibody, "dose": "0 nM"}], vesicles=preparation(0.0),
    )  # fmt: skip
    quiet = {"tumour.CD274.copies": 1e-3}
    number = np.array([0.0, 1e5, 1e6, 1e7])
    for dose, opened in ((0.0, False), (1000.0, True)):
        run = one.run(HOURS, values=quiet, doses={antibody: dose}, per_cell={"added": number})
        hazard = run.value("rate:tumour.immune_killing_t_cells")[1]
        if opened:
            assert hazard[3] > 0.9 * hazard[0]
        else:
            assert np.all(np.diff(hazard) < 0.0) and hazard[3] < 0.8 * hazard[0]
            assert np.all(np.diff(run.amount("tumour.cells")[1]) > 0.0)


def test_vesicles_bind_the_antibody_against_their_ligand_and_not_the_one_against_its_receptor(dish: Callable[..., Any]) -> None:
    free = {}
    for antibody in ("anti_pd_1", "anti_pd_l1"):
        one = culture(
            dish, {"tumour": ("generic_tumour", 5000), "t_cells": ("cd8_t_cell", 20000)}, cargo=["CD274", "PDCD1"],
            signals=["checkpoint"], drugs=[{"id": antibody, "dose": "0 nM"}], vesicles=preparation(0.0),
        )  # fmt: skip
        run = one.run([0.0, 2.0, 24.0], doses={antibody: 1.0}, per_cell={"added": np.array([0.0, 1e7])})
        free[antibody] = run.amount(f"medium.{antibody}")[1]
        assert max(run.conservation().values()) < 1e-9
    assert free["anti_pd_l1"][1] < 0.96 * free["anti_pd_l1"][0]
    assert free["anti_pd_1"][1] == pytest.approx(free["anti_pd_1"][0], rel=1e-3)


# -- killers and what lowers them


def test_ligands_on_vesicles_take_nkg2d_off_killer_cells(dish: Callable[..., Any]) -> None:
    """More vesicles, less receptor and less killing; vesicles without the ligand do nothing."""
    number = np.array([0.0, 1e5, 1e6, 1e7])
    read = {}
    for donor in ("generic_tumour", "mcf7_sensitive"):
        one = culture(
            dish, {"tumour": ("generic_tumour", 5000), "killers": ("nk_cell", 20000)}, cargo=["NKG2D_ligands"],
            signals=["nkg2d"], vesicles=preparation(0.0, donor),
        )  # fmt: skip
        run = one.run([0.0, 6.0, 24.0], per_cell={"added": number})
        read[donor] = run.amount("killers.KLRK1")[1], run.value("rate:tumour.immune_killing_killers")[1]
    for with_ligand, without in zip(read["generic_tumour"], read["mcf7_sensitive"], strict=True):
        assert np.all(np.diff(with_ligand) < 0.0) and with_ligand[-1] < 0.8 * with_ligand[0]
        assert np.ptp(without) < 1e-3 * without[0]


def test_circusp7_raises_shp2_and_lowers_interferon_and_killing(dish: Callable[..., Any]) -> None:
    one = culture(
        dish, {"tumour": ("generic_tumour", 5000), "t_cells": ("cd8_t_cell", 20000)}, cargo=["circUSP7"],
        factors=[{"id": "IFNG"}], signals=["circusp7"],
    )  # fmt: skip
    run = one.run(HOURS, values={"t_cells.circUSP7.clamp": np.array([1.0, 30.0, 1000.0])})
    assert np.all(np.diff(run.amount("t_cells.PTPN11")[-1]) > 1e-4)
    assert np.all(np.diff(run.amount("medium.factor_IFNG")[-1]) < 0.0)
    assert np.all(np.diff(killing(run, "t_cells")) < 0.0)
    assert np.all(np.diff(cells(run)) > 0.1)


def test_galectin_9_silences_dendritic_cells_and_a_block_of_tim3_restores_them() -> None:
    scenario = scenario_from_dict({
        "schema": "exoresist/1", "name": "galectin", "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "200000 cell"},
        "populations": [
            {"id": "tumour", "cell_line": "generic_tumour", "count": "5000 cell"},
            {"id": "t_cells", "cell_line": "cd8_t_cell", "count": "20000 cell"},
            {"id": "dendritic", "cell_line": "dendritic_cell", "count": "5000 cell"},
        ],
        "cargo": ["LGALS9"], "signals": ["galectin9"], "vesicles": preparation(0.0), "duration": "48 h",
        "assay": {"kind": "time_course", "population": "tumour"},
    })  # fmt: skip
    agent = Chains({("block_HAVCR2", "HAVCR2"): -1}, starts={"block_HAVCR2"})
    model = build(scenario, chains=agent)
    block = np.array([1.0, 1.0, 100.0])
    run = integrate(
        model.network, [0.0, 6.0, 48.0], initial={**model.start(), "dendritic.block_HAVCR2": block}, relative=1e-8, absolute=1e-11,
        events=model.events(per_cell={"added": np.array([0.0, 3e6, 3e6])}),
    )  # fmt: skip
    presenting, kill = run.amount("dendritic.antigen_presentation")[1], run.value("rate:tumour.immune_killing_t_cells")[1]
    for found in (presenting, kill):
        assert found[1] < 0.99 * found[0] and found[2] > found[1]
    assert presenting[2] > 0.99 * presenting[0]


def test_lactate_lowers_killing(dish: Callable[..., Any]) -> None:
    lines = {"tumour": ("generic_tumour", 5000), "t_cells": ("cd8_t_cell", 10000), "killers": ("nk_cell", 10000)}
    found = []
    for dose in ("0 nM", "3 mM", "20 mM"):
        run = culture(dish, lines, factors=[{"id": "lactate", "dose": dose}], signals=["lactate_immune"]).run([0.0, 12.0, 24.0])
        found.append([run.value(f"rate:tumour.immune_killing_{killer}")[1, 0] for killer in ("t_cells", "killers")])
    assert np.all(np.diff(np.array(found), axis=0) < -0.02 * np.array(found)[0])


def test_glucose_lowers_sting_and_killing_with_the_sign_of_the_reference(dish: Callable[..., Any]) -> None:
    lines = {"tumour": ("generic_tumour", 5000), "t_cells": ("cd8_t_cell", 20000)}
    found = []
    for dose in ("0.1 mM", "5 mM", "25 mM"):
        one = culture(dish, lines, factors=[{"id": "glucose", "dose": dose}, {"id": "IFNB1"}], signals=["sting"])
        run = one.run([0.0, 12.0, 24.0])
        found.append([run.amount("tumour.STING1")[1, 0], run.amount("medium.factor_IFNB1")[1, 0], killing(run, "t_cells")[0]])
    assert np.all(np.diff(np.array(found), axis=0) < 0.0)
    assert found[-1][0] < 0.97 * found[0][0]


def test_suppressors_lower_killing_and_m1_macrophages_raise_it(dish: Callable[..., Any]) -> None:
    """Regulatory T cells, suppressor cells and M2 macrophages beside CD8 T cells; lasting contact exhausts them."""
    base = {"tumour": ("generic_tumour", 5000), "t_cells": ("cd8_t_cell", 20000)}
    plain = culture(dish, {**base, "others": ("astrocyte", 10000)}, signals=["t_cell_suppression"])
    activity = {"others": 1.0}
    assert "t_cells.CD8_T_cell_function" not in plain.model.network.nodes
    for line, sign in (("regulatory_t_cell", -1), ("mdsc", -1), ("m2_macrophage", -1), ("m1_macrophage", +1)):
        one = culture(dish, {**base, "others": (line, 10000)}, signals=["t_cell_suppression"])
        function = one.run([0.0, 24.0]).amount("t_cells.CD8_T_cell_function")[-1, 0]
        assert sign * (function - activity["others"]) > 0.05, line
    for factor in ("TGFB1", "IL10", "adenosine"):
        one = culture(dish, base, factors=[{"id": factor, "dose": "1 uM"}], signals=["t_cell_suppression"])
        assert one.run([0.0, 1.0]).amount("t_cells.CD8_T_cell_function")[-1, 0] < 0.8, factor
    for factor in ("TGFB1", "adenosine"):
        lines = {"tumour": base["tumour"], "killers": ("nk_cell", 20000)}
        one = culture(dish, lines, factors=[{"id": factor, "dose": "1 uM"}], signals=["nk_suppression"])
        assert one.run([0.0, 1.0]).amount("killers.NK_cytotoxicity")[-1, 0] < 0.8, factor
    worn = culture(dish, base, signals=["t_cell_exhaustion"]).run([0.0, 12.0, 72.0])
    function = worn.amount("t_cells.CD8_T_cell_function")[:, 0]
    assert 1.0 > function[1] > function[2]


# -- cells that change under what reaches them


def test_mir_208b_raises_regulatory_t_cells_and_the_tumours_survival(dish: Callable[..., Any]) -> None:
    lines = {
        "tumour": ("generic_tumour", 5000), "helpers": ("cd4_t_cell", 20000), "regulators": ("regulatory_t_cell", 100),
        "t_cells": ("cd8_t_cell", 20000),
    }  # fmt: skip
    one = culture(
        dish,
        lines,
        "oxaliplatin",
        cargo=["miR_208b"],
        signals=["treg_expansion", "t_cell_suppression"],
        vesicles=preparation(0.0),
    )
    run = one.run(HOURS, values={"added.miR_208b.copies_per_vesicle": 0.05, "helpers.uptake_clearance": 3e-7}, doses={"oxaliplatin": 2e3},
                  per_cell={"added": np.array([0.0, 1e6, 1e7])})  # fmt: skip
    share = cells(run, "regulators") / (cells(run, "regulators") + cells(run, "helpers"))
    assert np.all(np.diff(share) > 1e-5) and share[-1] > 1.02 * share[0]
    assert np.all(np.diff(cells(run)) > 0.0)


def test_full_expansion_of_suppressor_cells_needs_mir_21_and_interleukin_6() -> None:
    def run(mir: float, il6: float, block: float) -> float:
        scenario = scenario_from_dict({
            "schema": "exoresist/1", "name": "mdsc", "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "200000 cell"},
            "populations": [
                {"id": "blood", "cell_line": "monocyte", "count": "20000 cell"},
                {"id": "suppressors", "cell_line": "mdsc", "count": "10 cell"},
            ],
            "cargo": ["miR_21"], "factors": [{"id": "IL6", "dose": f"{il6} nM"}], "signals": ["mdsc_expansion"],
            "duration": "48 h", "assay": {"kind": "time_course", "population": "blood"},
        })  # fmt: skip
        model = build(scenario, chains=Chains({("block_STAT3", "STAT3"): -1}, starts={"block_STAT3"}))
        values = {"blood.miR_21.clamp": mir, "suppressors.miR_21.clamp": mir, "IL6.clearance_rate": 0.0}
        found = integrate(
            model.network, [0.0, 48.0], values=values, initial={**model.start(values), "blood.block_STAT3": block},
            events=model.events(values), relative=1e-9, absolute=1e-12,
        )  # fmt: skip
        return float(found.amount("suppressors.cells")[-1, 0])

    neither, mir, il6, both = (run(*given, 1.0) for given in ((1.0, 0.0), (1000.0, 0.0), (1.0, 3.0), (1000.0, 3.0)))
    assert neither < min(mir, il6) and max(mir, il6) < 0.9 * both
    assert run(1000.0, 3.0, 1000.0) < neither + 0.3 * (both - neither)


@pytest.mark.parametrize("cargo", ["STAT6", "MAFB", "miR_21_5p", "circ_C20orf11", "GLS1", "CD274"])
def test_each_cargo_turns_macrophages_to_m2(dish: Callable[..., Any], cargo: str) -> None:
    """PD-L1 from outside, the rest as it is received; without vesicles, and with the switch off, none of it."""
    one = culture(
        dish, {"tumour": ("generic_tumour", 3000), "m1": ("m1_macrophage", 20000), "m2": ("m2_macrophage", 10)},
        cargo=[cargo], signals=["m2_polarisation"], vesicles=preparation(0.0),
    )  # fmt: skip
    values: dict[str, Any] = {"m1.delivered_fraction": 0.5, "m1.uptake_clearance": 1e-7}
    if cargo != "CD274":
        values[f"added.{cargo}.copies_per_vesicle"] = 0.3
    run = one.run(HOURS, values=values, per_cell={"added": np.array([0.0, 1e5, 3e6])})
    assert np.all(np.diff(cells(run, "m2")) > 0.5)
    assert run.conservation()["cell"] < 1e-9
    switched = {f"factor.{name}": 0.0 for name in one.named("switching")}
    held = one.run(HOURS, values={**values, **switched}, per_cell={"added": np.array([0.0, 3e6])})
    assert np.ptp(cells(held, "m2")) < 1e-3


def test_restored_pten_blocks_the_route_of_mir_21_to_m2() -> None:
    scenario = scenario_from_dict({
        "schema": "exoresist/1", "name": "m2", "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "200000 cell"},
        "populations": [
            {"id": "m1", "cell_line": "m1_macrophage", "count": "20000 cell"},
            {"id": "m2", "cell_line": "m2_macrophage", "count": "10 cell"},
        ],
        "cargo": ["miR_21_5p"], "signals": ["m2_polarisation"], "duration": "48 h",
        "assay": {"kind": "time_course", "population": "m1"},
    })  # fmt: skip
    model = build(scenario, chains=Chains({("restore_PTEN", "PTEN"): 1}, starts={"restore_PTEN"}))
    values = {"m1.miR_21_5p.clamp": np.array([1.0, 300.0, 300.0])}
    run = integrate(
        model.network, [0.0, 48.0], values=values, initial={**model.start(values), "m1.restore_PTEN": np.array([1.0, 1.0, 1e3])},
        relative=1e-9, absolute=1e-12,
    )  # fmt: skip
    turned = run.amount("m2.cells")[-1]
    assert turned[1] > 1.1 * turned[0]
    assert turned[2] < turned[0] + 0.5 * (turned[1] - turned[0])


def test_m2_macrophages_help_vessels_and_tumour_and_m1_do_not(dish: Callable[..., Any]) -> None:
    """Endothelial cells, killing by CD8 T cells, tumour cells, and survival under drugs, which macrophages also take up."""
    factors = [{"id": factor} for factor in ("VEGFA", "IL6", "IL10")]
    signals = ["angiogenesis", "t_cell_suppression", "il6_stat3"]
    base = {"tumour": ("generic_tumour", 5000), "vessel": ("endothelial_cell", 5000)}
    read, alive = {}, {}
    for name, line in (("m2", "m2_macrophage"), ("none", ""), ("m1", "m1_macrophage")):
        more = {"macrophages": (line, 20000)} if line else {}
        run = culture(dish, {**base, **more, "t_cells": ("cd8_t_cell", 5000)}, factors=factors, signals=signals).run(HOURS)
        read[name] = np.array([cells(run, "vessel")[0], -killing(run, "t_cells")[0], cells(run)[0]])
        alive[name] = [
            ic50(culture(dish, {**base, **more}, drug, factors=factors, signals=signals), drug, spared("vessel", *more))
            for drug in ("doxorubicin", "paclitaxel")
        ]
    assert np.all(read["m2"] > read["none"] + 1e-3 * np.abs(read["none"])) and np.all(read["m1"] < read["m2"])
    assert np.all(read["m1"][1:] < read["none"][1:])  # on vessels M1 cells have no effect but the room they take
    assert np.all(np.array(alive["m2"]) > 1.01 * np.array(alive["m1"]))


def test_alkbh7_turns_astrocytes_and_these_protect_glioma(dish: Callable[..., Any]) -> None:
    """Lesions of doxorubicin stand in for those of temozolomide."""
    lines = {"tumour": ("generic_tumour", 3000), "normal": ("astrocyte", 20000), "turned": ("tumour_associated_astrocyte", 10)}
    one = culture(
        dish, lines, "doxorubicin", cargo=["ALKBH7"], factors=[{"id": "IL6"}], signals=["astrocyte_support"],
        vesicles=preparation(0.0),
    )  # fmt: skip
    number = np.array([0.0, 1e5, 1e6])
    held = {"normal.ALKBH7.copies": 1e3, "added.ALKBH7.copies_per_vesicle": 1.0}
    found = {}
    for who, values in (("alive", held), ("no_il6", {**held, **off(one, "factor_secretion")})):
        runs = [one.run(HOURS, values=values, doses={"doxorubicin": dose}, per_cell={"added": number}) for dose in (0.0, 30.0)]
        found[who] = cells(runs[1]) / cells(runs[0])
        assert np.all(np.diff(cells(runs[0], "turned")) > 1.0)
    gained = found["alive"][-1] / found["alive"][0]
    assert gained > 1.0001 and gained - 1.0 > 2.0 * abs(found["no_il6"][-1] / found["no_il6"][0] - 1.0)


def test_fibroblast_vesicles_raise_stem_like_cells_which_outlive_the_bulk(dish: Callable[..., Any]) -> None:
    lines = {"tumour": ("generic_tumour", 3000), "stem": ("cancer_stem_like", 30), "fibroblasts": ("caf", 20000)}
    one = culture(dish, lines, "doxorubicin", cargo=["H19"], signals=["stemness"])
    base = {"fibroblasts.max_death_rate": 0.0, "tumour.uptake_clearance": 5e-7, "fibroblasts.H19.copies_per_vesicle": 0.05}
    vesicles = {f"factor.{name}": np.array([0.0, 1.0]) for name in one.named("ilv_formation_escrt", "fibroblasts")
                + one.named("ilv_formation_ceramide", "fibroblasts")}  # fmt: skip
    run = one.run(HOURS, values={**base, **vesicles}, doses={"doxorubicin": 30.0})
    share = cells(run, "stem") / (cells(run) + cells(run, "stem"))
    assert share[1] > 1.05 * share[0]
    switching = off(one, "switching")
    killed = {
        who: [
            float(cells(one.run(HOURS, values={**base, **switching}, doses={"doxorubicin": dose}), who)[0])
            for dose in (60.0, 0.0)
        ]
        for who in ("tumour", "stem")
    }
    assert killed["stem"][0] / killed["stem"][1] > 2.0 * killed["tumour"][0] / killed["tumour"][1]


COURSES = [{"id": "doxorubicin", "dose": "30 nM", "at": "0 h", "until": "24 h", "every": "72 h", "courses": 3}]


def test_resistance_is_acquired_faster_over_courses_when_vesicles_carry_it(dish: Callable[..., Any]) -> None:
    """Cells of resistant origin or settled as such, in all: with transfer, with damage alone, and by selection alone."""
    one = culture(
        dish, {"tumour": ("mcf7_sensitive", 5000), "resistant": ("mcf7_resistant", 1000)}, "doxorubicin", cargo=["ABCB1"],
        signals=["acquired_resistance"], drugs=COURSES, duration="216 h",
    )  # fmt: skip
    grid = [0.0, 72.0, 144.0, 216.0]
    values = {
        "tumour.delivered_fraction": np.array([0.3, 0.0, 0.0]),
        "resistant.delivered_fraction": np.array([0.3, 0.0, 0.0]),
        "tumour.uptake_clearance": 1e-7,
        "tumour.driven_switching_resistant.induced": np.array([0.02, 0.02, 0.0]),
    }
    run = one.run(grid, values=values)
    share = run.amount("resistant.cells") / (run.amount("resistant.cells") + run.amount("tumour.cells"))
    assert np.all(np.diff(share, axis=0) > 0.0)
    assert np.all(share[1:, 0] > share[1:, 1]) and np.all(share[1:, 1] > share[1:, 2])
    assert run.amount("medium.doxorubicin")[-1].max() < 0.3 * 3.0  # washed out: what is left came from dead cells


def test_a_sensitive_culture_resists_after_courses_of_a_drug_and_only_after_them(dish: Callable[..., Any]) -> None:
    """The culture's IC50 before, after two courses, and after as long without: cells settle as resistant where they were damaged."""
    start = {"tumour": ("mcf7_sensitive", 5000), "resistant": ("mcf7_resistant", 1)}
    changes: dict[str, Any] = {"cargo": ["ABCB1"], "signals": ["acquired_resistance"]}
    kept = {"tumour.delivered_fraction": 0.0, "resistant.delivered_fraction": 0.0}  # the change is the cells' own

    def potency(counts: dict[str, float]) -> float:
        whole = sum(counts.values())
        lines = {who: (line, 5000 * counts[who] / whole) for who, (line, _) in start.items()}
        one = culture(dish, lines, "doxorubicin", **changes)
        doses = np.array([0.0, *np.geomspace(1.0, 3000.0, 30)])
        run = one.run(HOURS, values={**kept, **off(one, "switching")}, doses={"doxorubicin": doses})
        found = cells(run) + cells(run, "resistant")
        return float(ic50_by_interpolation(doses, (found / found[0])[None, :]).ic50[0])

    before = {who: count for who, (_, count) in start.items()}
    after = {}
    for name, dose in (("treated", 60.0), ("left", 0.0)):
        one = culture(dish, start, "doxorubicin", **changes, drugs=[{**COURSES[0], "courses": 2}], duration="144 h")
        run = one.run([0.0, 72.0, 144.0], values=kept, doses={"doxorubicin": dose})
        after[name] = {who: float(cells(run, who)[0]) for who in start}
    assert potency(after["treated"]) > 1.2 * potency(before)
    assert potency(after["left"]) == pytest.approx(potency(before), rel=1e-3)


def test_diversity_of_two_clones_is_told_and_a_drug_lowers_it(dish: Callable[..., Any]) -> None:
    one = culture(
        dish, {"tumour": ("mcf7_sensitive", 3000), "resistant": ("mcf7_resistant", 3000)}, "doxorubicin", cargo=["ABCB1"]
    )
    run = one.run(HOURS, doses={"doxorubicin": 60.0})
    rows = [
        {"arm": "base", "time": time, "population": who, "cells": run.amount(f"{who}.cells")[index, 0]}
        for index, time in enumerate(HOURS)
        for who in ("tumour", "resistant")
    ]
    found = diversity_rows(rows, ["tumour", "resistant"])
    assert found[0]["shannon"] == pytest.approx(np.log(2.0)) and found[0]["simpson"] == pytest.approx(0.5)
    assert found[0]["effective"] == pytest.approx(2.0) and found[0]["lineages"] == 2
    assert found[-1]["shannon"] < 0.7 * found[0]["shannon"] and found[-1]["simpson"] < 0.7 * found[0]["simpson"]


# -- stroma


def test_the_exosomal_share_of_fibroblast_protection_is_told_from_the_soluble_one(dish: Callable[..., Any]) -> None:
    """Interleukin 6 through the medium, miR-21 in vesicles: GW4869 takes away the second only, as far as its route goes."""
    lines = {"tumour": ("ovarian_cancer_line", 3000), "fibroblasts": ("caf", 20000)}
    changes: dict[str, Any] = {
        "cargo": ["miR_21"], "axes": ["mir21_paclitaxel_auyeung16"], "factors": [{"id": "IL6"}], "signals": ["il6_stat3"],
    }  # fmt: skip
    strong = {
        **spared("fibroblasts"), "tumour.uptake_clearance": 5e-7, "fibroblasts.miR_21.clamp": 30.0,
        "fibroblasts.miR_21.copies_per_vesicle": 0.05, "fibroblasts.escrt_share": 0.02,
    }  # fmt: skip
    plain = culture(dish, lines, "paclitaxel", **changes)
    silent = off(plain, "factor_secretion")
    treated = culture(
        dish, lines, "paclitaxel", **changes,
        interventions=[{"id": "gw4869", "concentration": "1000 uM", "populations": ["fibroblasts"]}],
    )  # fmt: skip
    empty = {"fibroblasts.miR_21.sorter": 0.0}
    full = {"intervention.gw4869.max_effect": 1.0}
    alone = np.log(survival(plain, "paclitaxel", {**strong, **silent, **empty})[0])
    both, soluble, exosomal = (
        np.log(survival(plain, "paclitaxel", {**strong, **given})[0]) - alone for given in ({}, empty, silent)
    )
    assert both > 1e-3 and soluble > 1e-4 and exosomal > 1e-4 and both > max(soluble, exosomal)
    # Fibroblasts that make fewer vesicles also export less drug: the shares are told within the treated cultures.
    base, soluble_left, exosomal_left = (
        np.log(survival(treated, "paclitaxel", {**strong, **full, **given})[0]) for given in ({**silent, **empty}, empty, silent)
    )
    assert abs(exosomal_left - base) < 0.25 * exosomal  # what was inside, and the small share of the other route
    assert soluble_left - base == pytest.approx(soluble, rel=0.02)
    before, after = (one.run(HOURS, values=strong, doses={"paclitaxel": 3.0}) for one in (plain, treated))
    assert after.amount("medium.factor_IL6")[-1, 0] == pytest.approx(before.amount("medium.factor_IL6")[-1, 0], rel=1e-6)
    no_stroma = culture(dish, {"tumour": lines["tumour"]}, "paclitaxel", **changes)
    assert ic50(plain, "paclitaxel", strong) > 1.1 * ic50(no_stroma, "paclitaxel")


RELAY: dict[str, Any] = {
    "cargo": ["p_ERK"], "factors": [{"id": "IL6"}], "signals": ["stellate_relay"], "environment": {"hypoxia": 1.0},
}  # fmt: skip


def test_the_relay_through_stellate_cells_needs_them_their_interleukin_6_and_the_vesicles(dish: Callable[..., Any]) -> None:
    """Lesions of doxorubicin stand in for those of irinotecan."""
    lines = {"tumour": ("generic_tumour", 3000), "stellate": ("hepatic_stellate_cell", 20000)}
    one = culture(dish, lines, "doxorubicin", vesicles=preparation(1e5), **RELAY)
    taught = {"stellate.p_ERK.copies": 100.0, "added.p_ERK.copies_per_vesicle": 1.0, "tumour.p_ERK.copies_per_vesicle": 0.0}
    without = culture(dish, {"tumour": lines["tumour"]}, "doxorubicin", vesicles=preparation(1e5 * 1.0), **RELAY)

    def node(model: Any, values: dict[str, Any], vesicles: float) -> float:
        run = model.run(HOURS, values=values, doses={"doxorubicin": 0.0}, per_cell={"added": vesicles})
        return float(run.amount("tumour.SLC16A1")[1, 0])

    assert node(one, taught, 1e6) > 1.02 * node(one, taught, 0.0) > 1.02
    for absent in (node(without, {}, 1e6), node(one, {**taught, **off(one, "factor_secretion")}, 1e6)):
        assert absent == pytest.approx(1.0, abs=1e-6)

    def alive(values: dict[str, Any], vesicles: float) -> float:
        treated, plain = (
            one.run(HOURS, values=values, doses={"doxorubicin": dose}, per_cell={"added": vesicles}) for dose in (30.0, 0.0)
        )
        return float(cells(treated)[0] / cells(plain)[0])

    silent = off(one, "factor_secretion")
    gain = alive(taught, 1e6) / alive(taught, 0.0) - 1.0
    assert gain > 1e-3
    assert abs(alive({**taught, **silent}, 1e6) / alive({**taught, **silent}, 0.0) - 1.0) < 0.1 * gain


def test_lactate_raises_hisla_in_macrophages_and_its_silencing_lowers_glycolysis_in_the_tumour(dish: Callable[..., Any]) -> None:
    lines = {"tumour": ("generic_tumour", 3000), "macrophages": ("m2_macrophage", 20000)}

    def make(dose: str, **more: Any) -> Any:
        return culture(
            dish, lines, "paclitaxel", cargo=["HISLA"], factors=[{"id": "lactate", "dose": dose}], signals=["hisla_loop"], **more
        )

    strong = {"tumour.uptake_clearance": 5e-7, "macrophages.HISLA.copies_per_vesicle": 0.1, "macrophages.max_death_rate": 0.0}
    held = []
    for dose in ("0 nM", "5 mM", "20 mM"):
        run = make(dose).run(HOURS, values=strong, doses={"paclitaxel": 0.0})
        held.append(run.amount("macrophages.HISLA")[1, 0] / run.amount("macrophages.cells")[1, 0])
    assert np.all(np.diff(held) > 0.02 * held[0])
    silenced = make("5 mM", interventions=[{"id": "hisla_silencing", "strength": 1.0, "populations": ["macrophages"]}])
    one = make("5 mM")
    before, after = (model.run(HOURS, values=strong, doses={"paclitaxel": 3.0}) for model in (one, silenced))
    assert after.amount("tumour.glycolysis")[-1, 0] < before.amount("tumour.glycolysis")[-1, 0] - 1e-4
    assert survival(silenced, "paclitaxel", strong)[0] < survival(one, "paclitaxel", strong)[0] * (1.0 - 1e-5)


# -- stress as a network


def test_hypoxia_raises_hif_and_survival_pathways_and_the_loops_bound_it(dish: Callable[..., Any]) -> None:
    one = culture(dish, {"tumour": ("generic_tumour", 3000)}, "doxorubicin", signals=["hypoxia_network"])
    oxygen = {"environment.hypoxia": np.array([0.0, 0.5, 1.0])}
    run = one.run([0.0, 6.0, 24.0, 72.0], values=oxygen, doses={"doxorubicin": 0.0})
    for node in ("HIF1A", "NFKB", "AKT"):
        found = run.amount(f"tumour.{node}")[-1]
        assert found[0] == pytest.approx(1.0, abs=1e-6) and np.all(np.diff(found) > 0.02), node
    free = one.run([0.0, 6.0, 24.0, 72.0], values={**oxygen, "signal.exponent": 1e-9}, doses={"doxorubicin": 0.0})
    assert free.amount("tumour.AKT")[-1, 2] == pytest.approx(1.0, abs=1e-6)  # with the edges between nodes off


# -- therapy of the surroundings


def test_the_ic50_falls_when_fibroblasts_macrophages_or_hypoxia_are_treated(dish: Callable[..., Any]) -> None:
    """Interleukin 6 of fibroblasts caught, macrophages turned back to M1, oxygen given back."""
    changes: dict[str, Any] = {"factors": [{"id": "IL6"}], "signals": ["il6_stat3"]}

    def beside(line: str, **more: Any) -> float:
        lines = {"tumour": ("generic_tumour", 3000), "stroma": (line, 20000)}
        return ic50(culture(dish, lines, "doxorubicin", **changes, **more), "doxorubicin", spared("stroma"))

    caught = {"interventions": [{"id": "il6_neutralisation", "strength": 1.0}]}
    assert beside("caf", **caught) < 0.98 * beside("caf")
    assert beside("m1_macrophage") < 0.98 * beside("m2_macrophage")
    lone = culture(dish, {"tumour": ("generic_tumour", 3000)}, "doxorubicin", signals=["hypoxia_network"])
    with_oxygen, without = (ic50(lone, "doxorubicin", {"environment.hypoxia": level}) for level in (0.0, 1.0))
    assert with_oxygen < 0.98 * without
