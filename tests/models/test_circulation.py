"""Organs that share plasma: half-lives in blood, walls, distant delivery, targeting, immunity, and drug in vesicles or free."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import build
from exoresist.assembly.reader import load_scenario
from exoresist.compartments.well import culture
from exoresist.core.errors import ExoresistError
from exoresist.studies.fluids import fluid_sample, fluids

EXACT = {"relative": 1e-9, "absolute": 1e-12}
LINE = "generic_tumour"
TUMOUR = {"id": "tumour", "volume": "0.3 mL", "exchange": "0.1 mL/h"}
OTHER = {"id": "other", "volume": "3 mL", "exchange": "20 mL/h", "barrier": 0.02}
PREPARATION = {"id": "preparation", "donor": LINE, "per_cell": "1000 particle/cell"}


def body(dish: Callable[..., Any], organs: tuple[dict[str, Any], ...] = (TUMOUR, OTHER), **changes: Any) -> Any:
    """Cells in two organs and plasma, with doxorubicin absent; the tumour is read."""
    given: dict[str, Any] = {
        "arena": {"kind": "circulation", "volume": "1.5 mL", "capacity": "1e8 cell", "organs": list(organs)},
        "populations": [
            {"id": "recipient", "cell_line": LINE, "count": "1e6 cell", "side": "tumour"},
            {"id": "spared", "cell_line": LINE, "count": "1e7 cell", "side": "other"},
        ],
        "drugs": [{"id": "doxorubicin", "dose": "0 nM"}],
        "cargo": ["ABCB1"],
        **changes,
    }
    return dish(**given)


def received(run: Any, who: str, name: str = "preparation") -> np.ndarray:
    """Vesicles of a preparation that a population has taken in or unpacked, over time: what it holds and what it has used."""
    return run.amount(f"{who}.endosome_{name}")


def taken_up(one: Any, run: Any, who: str, name: str = "preparation") -> np.ndarray:
    """Uptake rate of a class by a population, all routes, particle/h."""
    rates = [
        run.value(f"rate:{process}")
        for process in one.model.network.processes
        if process.startswith(f"{who}.uptake_") and process.endswith(f"_{name}")
    ]
    side = next(population.side.id for population in one.model.layout.populations if population.id == who)
    return sum(rates) * run.amount(f"{side}.vesicles_{name}")


def dose(one: Any, run: Any, who: str, name: str = "preparation") -> np.ndarray:
    """(sets,) vesicles of a class taken up by a population over the run (trapezoids)."""
    return np.trapezoid(taken_up(one, run, who, name), run.times, axis=0)


def test_vesicles_leave_plasma_in_two_phases_with_the_measured_half_lives(dish: Callable[..., Any]) -> None:
    closed = tuple({**organ, "exchange": "0 mL/h"} for organ in (TUMOUR, OTHER))
    times = np.array([0.0, 0.05, 0.13, 0.3, 1.0, 3.0, 8.0, 24.0])
    run = body(dish, closed, vesicles=[PREPARATION]).run(times, **EXACT)
    fast, slow, share = 0.13, 5.7, 0.1
    expected = 1e9 * ((1.0 - share) * 0.5 ** (times / fast) + share * 0.5 ** (times / slow))
    np.testing.assert_allclose(run.amount("plasma.vesicles_preparation")[:, 0], expected, rtol=1e-5)
    assert np.all(run.amount("organ_tumour.vesicles_preparation") == 0.0)


def test_everything_is_conserved(dish: Callable[..., Any]) -> None:
    one = body(
        dish, cargo=["ABCB1", "let_7a"], drugs=[{"id": "doxorubicin", "dose": "50 nM"}],
        vesicles=[{**PREPARATION, "immunogenicity": 0.5, "purity": 0.7, "ligand": "ge11",
                   "loads": [{"id": "let_7a", "per_vesicle": "5 copy/particle"},
                             {"id": "doxorubicin", "per_vesicle": "1e-9 pmol/particle"}]}],
        parameters=[{"name": "naked_decay_rate", "subject": "cargo", "value": "2 1/h", "reason": "test"}],
    )  # fmt: skip
    run = one.run(**EXACT)
    errors = run.conservation()
    assert {"vesicle", "drug:doxorubicin", "cargo:ABCB1", "cargo:let_7a"} <= set(errors)
    assert max(errors.values()) <= 1e-9
    assert run.amount("organ_other.naked_let_7a")[-1, 0] > 0.0


def test_a_distant_organ_gets_a_dose_later(dish: Callable[..., Any]) -> None:
    """Donors in one organ only: the other organ's cells get their vesicles through blood, less and later than their neighbours."""
    one = body(dish, populations=[
        {"id": "donor", "cell_line": "mcf7_resistant", "count": "1e7 cell", "side": "tumour"},
        {"id": "near", "cell_line": "mcf7_sensitive", "count": "1e6 cell", "side": "tumour"},
        {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "1e6 cell", "side": "other"},
    ])  # fmt: skip
    times = np.linspace(0.0, 48.0, 193)
    run = one.run(times)
    near, far = (received(run, who, "donor")[:, 0] for who in ("near", "recipient"))
    assert near[-1] > far[-1] > 0.0 and far[0] == 0.0
    half = [times[np.argmax(level >= 0.5 * level.max())] for level in (near, far)]
    assert half[1] > half[0] + 0.5
    assert far[4] / near[4] < 0.2 * far[-1] / near[-1]  # after one hour hardly any has come through
    blocked = one.run(times, values={"factor.organ_tumour.drainage_donor": 0.0})
    assert np.all(blocked.amount("recipient.endosome_donor") == 0.0)


def test_wider_walls_let_more_through_and_closed_ones_nothing(dish: Callable[..., Any]) -> None:
    one = body(dish, vesicles=[PREPARATION])
    run = one.run(values={"organ_tumour.barrier": np.array([0.0, 0.1, 1.0])})
    got = dose(one, run, "recipient")
    assert got[0] == 0.0 and np.all(np.diff(got) > 0.0)


def test_smaller_vesicles_cross_walls_and_enter_cells_more_readily(dish: Callable[..., Any]) -> None:
    sizes = np.array([0.04, 0.08, 0.12, 0.2, 0.6])
    size = [{"name": "uptake_size_exponent", "subject": "cell", "value": "1 dimensionless", "reason": "test"}]
    one = body(dish, vesicles=[PREPARATION], parameters=size)
    run = one.run([0.0, 1.0], values={"preparation.diameter_median": sizes})
    passage = run.value("organ_tumour.passage_preparation")[0]
    assert np.all(np.diff(passage) < 0.0) and passage[-1] == 0.0
    uptake = sum(run.value(f"rate:recipient.uptake_{route}_preparation")[0] for route in ("clathrin", "receptor", "fusion"))
    assert np.all(np.diff(uptake) < 0.0)


def test_hypoxia_makes_vesicles_smaller_and_so_raises_the_distant_dose(dish: Callable[..., Any]) -> None:
    """As many vesicles released, and cells no keener on them: what changes is their size."""
    size = [{"name": "uptake_size_exponent", "subject": "cell", "value": "1 dimensionless", "reason": "test"}]
    one = body(dish, parameters=size, populations=[
        {"id": "donor", "cell_line": "mcf7_resistant", "count": "1e7 cell", "side": "tumour"},
        {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "1e6 cell", "side": "other"},
    ])  # fmt: skip
    values: dict[str, Any] = {"environment.hypoxia": np.array([0.0, 1.0])}
    for who in ("donor", "recipient"):
        values |= {f"{who}.secretion_fold_hypoxia": 1.0, f"{who}.uptake_fold_hypoxia": 1.0}
    run = one.run(values=values)
    normal, hypoxic = dose(one, run, "recipient", "donor")
    assert hypoxic > 1.1 * normal > 0.0
    still = one.run(values={**values, "donor.diameter_fold_hypoxia": 1.0})
    assert np.ptp(dose(one, still, "recipient", "donor")) < 1e-6 * normal


def test_a_ligand_moves_the_dose_into_the_tumour_and_immunity_lowers_it_everywhere(dish: Callable[..., Any]) -> None:
    """EGFR on the tumour only, preparations alike but for the ligand and for how foreign they are."""
    values = {"recipient.receptor_EGFR": 1e6, "spared.receptor_EGFR": 0.0}
    found = {}
    for name, more in {"plain": {}, "ligand": {"ligand": "ge11"}, "foreign": {"ligand": "ge11", "immunogenicity": 1.0}}.items():
        one = body(dish, vesicles=[{**PREPARATION, **more}])
        run = one.run(values=values if "ligand" in more else {}, **EXACT)
        found[name] = [float(dose(one, run, who)[0]) for who in ("recipient", "spared")]
    assert found["ligand"][0] > 1.3 * found["plain"][0] and found["ligand"][1] < found["plain"][1]
    assert all(foreign < 0.9 * own for foreign, own in zip(found["foreign"], found["ligand"], strict=True))


def test_integrins_choose_the_organ(dish: Callable[..., Any]) -> None:
    """Two organs alike, one whose cells like one end of the profile and one the other: what is released stays the same."""
    organs = tuple({"id": name, "volume": "0.3 mL", "exchange": "0.2 mL/h"} for name in ("home", "lung", "liver"))
    asked = [{"name": "integrin_preference", "subject": "cell", "value": "1 dimensionless", "reason": "test"}]
    one = body(dish, organs, parameters=asked, populations=[
        {"id": "donor", "cell_line": "mcf7_resistant", "count": "1e7 cell", "side": "home"},
        {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "1e6 cell", "side": "lung"},
        {"id": "liver_cells", "cell_line": "mcf7_sensitive", "count": "1e6 cell", "side": "liver"},
    ])  # fmt: skip
    values = {
        "recipient.integrin_preference": 1.5, "liver_cells.integrin_preference": -1.5, "donor.integrin_preference": 0.0,
        "donor.integrin_base": np.array([-1.0, 0.0, 1.0]),
    }  # fmt: skip
    run = one.run(values=values, **EXACT)
    lung, liver = (dose(one, run, who, "donor") for who in ("recipient", "liver_cells"))
    assert np.all(np.diff(lung) > 0.0) and np.all(np.diff(liver) < 0.0)
    assert lung[1] == pytest.approx(liver[1], rel=1e-6)
    assert lung[2] > 1.2 * liver[2] and liver[0] > 1.2 * lung[0]


def test_doxorubicin_in_targeted_vesicles_reaches_the_tumour_and_spares_the_rest(dish: Callable[..., Any]) -> None:
    """The same amount of drug, free in plasma or in vesicles with hyaluronan, in bodies whose tumour has CD44 or has none."""
    amount, per_vesicle = 1.5 * 100.0, 1e-7  # pmol: 100 nM in 1.5 mL of plasma
    per_cell = amount / per_vesicle / 1e6
    loads = [{"id": "doxorubicin", "per_vesicle": f"{per_vesicle} pmol/particle"}]
    one = body(dish, vesicles=[{**PREPARATION, "ligand": "hyaluronan", "loads": loads}])
    values = {
        "recipient.receptor_CD44": np.array([0.0, 1e6, 0.0]), "spared.receptor_CD44": 0.0,
        "recipient.uptake_clearance": 2.5e-7, "spared.uptake_clearance": 2.5e-7,
    }  # fmt: skip
    run = one.run(
        np.linspace(0.0, 24.0, 97), values=values, doses={"doxorubicin": np.array([0.0, 0.0, 100.0])},
        per_cell={"preparation": np.array([per_cell, per_cell, 0.0])},
    )  # fmt: skip

    def held(who: str) -> np.ndarray:
        """Drug in the cells of a population, h times pmol."""
        inside = sum(run.amount(f"{who}.{place}_doxorubicin") for place in ("cytosol", "target", "lysosome"))
        return np.trapezoid(inside, run.times, axis=0)

    tumour, rest = held("recipient"), held("spared")
    assert tumour[1] > 1.05 * tumour[0] > 0.0, "depends on CD44"
    assert tumour[1] > 1.05 * tumour[2] and rest[1] < 0.9 * rest[2]


def test_each_sample_reads_its_own_fluid(dish: Callable[..., Any]) -> None:
    """Plasma, a tumour's fluid and cerebrospinal fluid behind its barrier: vesicles per mL, and what they and RNases leave."""
    brain = {"id": "csf", "volume": "0.04 mL", "exchange": "0.02 mL/h", "barrier": 0.01}
    one = body(
        dish, (TUMOUR, OTHER, brain), cargo=["let_7a"],
        parameters=[{"name": "naked_decay_rate", "subject": "cargo", "value": "2 1/h", "reason": "test"}],
    )  # fmt: skip
    run = one.run()
    assert fluids(one.model) == {"plasma": "plasma", "tumour": "organ_tumour", "other": "organ_other", "csf": "organ_csf"}
    found = {name: fluid_sample(one.model, run, name) for name in fluids(one.model)}
    counts = {name: sample["vesicles:recipient"][-1, 0] for name, sample in found.items()}
    assert counts["tumour"] > counts["plasma"] > counts["csf"] > 0.0
    assert counts["plasma"] == run.amount("plasma.vesicles_recipient")[-1, 0] / 1.5
    for sample in found.values():
        assert sample["enclosed:let_7a"][-1, 0] > 0.0 and sample["naked:let_7a"][-1, 0] > 0.0
    with pytest.raises(ExoresistError, match="saliva"):
        fluid_sample(one.model, run, "saliva")


def test_the_example_with_blood_brings_pumps_to_the_distant_site() -> None:
    path = Path(__file__).parents[2] / "examples" / "organs_and_blood.yaml"
    levels = {}
    for arm, scenario in expand_arms(load_scenario(path)):
        run = culture(build(scenario), [0.0, 24.0, 48.0])
        levels[arm.id] = (run.amount("recipient.ABCB1") / run.amount("recipient.cells"))[:, 0]
    assert levels["both"][1] == pytest.approx(levels["tumour_only"][1], rel=1e-6)
    assert levels["both"][2] > levels["tumour_only"][2] > 0.0


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"medium_changes": [{"at": "5 h"}]}, "no medium to change"),
        ({"drugs": [{"id": "doxorubicin", "dose": "1 nM", "until": "5 h"}]}, "blood is not washed"),
        ({"vesicles": [{**PREPARATION, "until": "5 h"}]}, "blood is not washed"),
        ({"vesicles": [{**PREPARATION, "into": "lung"}]}, "no organ 'lung'"),
        ({"organs": (TUMOUR, TUMOUR)}, "name of its own"),
        ({"organs": ({**TUMOUR, "id": "plasma"}, OTHER)}, "plasma"),
        ({"populations": [{"id": "recipient", "cell_line": LINE, "count": "10 cell"}]}, "needs a `side`"),
        ({"populations": [{"id": "recipient", "cell_line": LINE, "count": "10 cell", "side": "lung"}]}, "no side 'lung'"),
    ],
)
def test_what_a_body_cannot_have_is_refused(dish: Callable[..., Any], change: dict[str, Any], part: str) -> None:
    with pytest.raises(ExoresistError, match=part):
        body(dish, **change)


def test_antibodies_travel_and_are_conserved(dish: Callable[..., Any]) -> None:
    line = "cd20_b_cell_lymphoma"
    one = body(
        dish, cargo=["CD20"], drugs=[{"id": "rituximab", "dose": "10 nM"}],
        populations=[{"id": "recipient", "cell_line": line, "count": "1e5 cell", "side": "tumour"}],
        assay={"kind": "dose_response", "population": "recipient", "drug": "rituximab", "doses": ["10 nM"]},
    )  # fmt: skip
    run = one.run(np.linspace(0.0, 24.0, 13), **EXACT)
    assert run.amount("recipient.surface_rituximab")[-1, 0] > 0.0
    assert run.amount("organ_other.rituximab")[-1, 0] > 0.0
    assert max(run.conservation().values()) <= 1e-9
