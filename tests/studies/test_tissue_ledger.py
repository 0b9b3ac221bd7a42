"""The net ledger of a tissue: it closes to rounding, gives nothing where there is nothing, and is the dish's in one voxel."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.build import build
from exoresist.assembly.cell_ledger import CellLedger, with_cell_ledger
from exoresist.assembly.reader import scenario_from_dict
from exoresist.assembly.scenario import Scenario
from exoresist.assembly.tissue_cell import cell_network
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.network.reading import Reading
from exoresist.network.run import value_at
from exoresist.numerics.grid import Grid
from exoresist.numerics.slabs import Slabs
from exoresist.studies.cell_books import CellBooks
from exoresist.studies.ledger import ledger, ledger_drug
from exoresist.studies.ledger_result import Ledger
from exoresist.studies.tissue_arm import run_arm
from exoresist.studies.tissue_books import TissueBooks
from exoresist.studies.tissue_ledger import tissue_ledger
from exoresist.tissue.cell_type import CellType
from exoresist.tissue.cells import Cells
from exoresist.tissue.interior import Contents
from exoresist.tissue.run import step
from exoresist.tissue.state import Pace, Tissue, place
from exoresist.tissue.steady_fields import SteadyFields
from exoresist.tissue.surroundings import Medium, SharedMedium

pytestmark = pytest.mark.xdist_group("ledger")  # on one worker: what they compile and prepare is made once

CATALOG = Catalog.load()
CLOSE = 1e-10  # of the change; measured: 1e-11 and less, see verification/ledgers.py
SENSITIVE = {"id": "sensitive", "cell_line": "mcf7_sensitive", "count": "16 cell"}
RESISTANT = {"id": "resistant", "cell_line": "mcf7_resistant", "count": "8 cell", "where": "side"}


def setting(name: str, subject: str, value: str) -> dict[str, str]:
    return {"name": name, "subject": subject, "value": value, "reason": "test"}


NO_DELIVERY = [setting("delivered_fraction", "cell", "0 dimensionless")]
# Air that is too thin for growth, and for nothing else.
NO_GROWTH = [setting(f"oxygen_growth_{what}", "cell", f"{level} mmHg") for what, level in (("stop", 50), ("full", 60))]
NO_DEATH = [setting(name, "cell", "0 1/h") for name in ("max_death_rate", "basal_death_rate")]


def world(space: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "schema": "exoresist/1",
        "name": "little_tissue",
        "arena": {
            "kind": "tissue",
            "space": {"size": "120 um", "network_step": "1 min", "spread_step": "6 min", **(space or {})},
        },
        "populations": [SENSITIVE, RESISTANT],
        "cargo": ["ABCB1"],
        "drugs": [{"id": "doxorubicin", "dose": "1000 nM"}],
        "duration": "3 h",
        "every": "1 h",
        "assay": {"kind": "tumour", "population": "sensitive"},
        "seed": 3,
        **changes,
    }


@cache
def _told(text: str, threads: int) -> Ledger:
    return tissue_ledger(scenario_from_dict(json.loads(text)), CATALOG, threads=threads).ledger


def told(threads: int = 1, **changes: Any) -> Ledger:
    return _told(json.dumps(world(**changes), sort_keys=True), threads)


def check_closed(found: Ledger) -> None:
    assert found.gap < CLOSE
    assert sum(row.value for row in found.rows) == pytest.approx(found.change.value, abs=1e-10)
    assert all(np.all(np.isfinite(row.course)) and len(row.course) == len(found.times) for row in found.rows)


def test_rows_add_up_to_the_change_of_the_mean_trait() -> None:
    found = told()
    check_closed(found)
    parts = {(row.part, row.process) for row in found.rows}
    assert {("selection", "growth"), ("trait", "pump_synthesis"), ("trait", "growth"), ("trait", "unpacking")} <= parts
    assert found.total(origin="received") > 0.0
    assert found.change.low == found.change.value == found.change.high  # one run


def test_the_same_bits_on_two_threads() -> None:
    one, two = told(), told(threads=2)
    assert [(row.process, row.channel, row.origin) for row in one.rows] == [
        (row.process, row.channel, row.origin) for row in two.rows
    ]
    assert all(np.array_equal(first.course, second.course) for first, second in zip(one.rows, two.rows, strict=True))


def test_without_exchange_nothing_is_transferred() -> None:
    """A drug that kills: two lineages that differ in their pumps, and vesicles that deliver nothing."""
    found = told(
        drugs=[{"id": "doxorubicin", "dose": "30000 nM"}], duration="8 h",
        parameters=[*NO_DELIVERY, setting("max_death_rate", "cell", "0.5 1/h"), setting("basal_death_rate", "cell", "0.1 1/h")],
    )  # fmt: skip
    check_closed(found)
    assert not [row for row in found.rows if row.origin in ("received", "relayed")]
    assert found.total(part="selection", process="death") != 0.0
    assert not [row for row in found.rows if row.process in ("division", "live", "move")]  # halving changes no cell's trait


def test_without_deaths_and_growth_nothing_is_selected() -> None:
    found = told(space={"oxygen": "38 mmHg"}, parameters=[*NO_GROWTH, *NO_DEATH])
    check_closed(found)
    assert not [row for row in found.rows if row.part == "selection"]
    assert found.total(origin="received") > 0.0


def test_without_cargo_there_are_no_rows() -> None:
    found = told(cargo=[])
    assert found.rows == ()
    assert found.change.value == pytest.approx(0.0, abs=1e-14)


def test_what_happens_by_itself_has_rows_of_its_own() -> None:
    """An inhibitor that sets in, and air that runs short where cells crowd."""
    found = told(
        space={"oxygen": "6 mmHg", "life_step": "6 min"},
        populations=[{**SENSITIVE, "count": "40 cell"}],
        parameters=[setting("oxygen_uptake", "cell", "1800 1/h")],
        interventions=[{"id": "gw4869", "concentration": "10 uM", "at": "1 h"}],
    )
    check_closed(found)
    (event,) = [row for row in found.rows if row.channel == "event"]
    assert event.process == "gw4869 on" and event.value < 0.0
    assert np.all(event.course[found.times <= 1.0] == 0.0)
    (place,) = [row for row in found.rows if row.channel == "surroundings"]
    assert place.process == "hypoxia" and place.origin == "induced"


def test_cargo_beyond_the_baseline_is_induced_and_nodes_relax() -> None:
    found = told(populations=[SENSITIVE], responses=["doxorubicin"], drugs=[{"id": "doxorubicin", "dose": "100 nM"}])
    check_closed(found)
    assert found.total(process="pump_synthesis", origin="induced") > 0.0
    assert found.total(process="relaxation", origin="induced") > 0.0


def test_when_all_have_died_the_ledger_stands_still() -> None:
    deadly = [setting("max_death_rate", "cell", "5 1/h")]
    scenario = scenario_from_dict(
        world(populations=[SENSITIVE], parameters=deadly, drugs=[{"id": "doxorubicin", "dose": "60000 nM"}])
    )
    found = tissue_ledger(scenario, CATALOG)
    assert any(text.startswith("The last cell that the ledger follows died before") for text in found.warnings)
    check_closed(found.ledger)
    assert all(row.course[-1] == row.course[-2] for row in found.ledger.rows)


def test_draws_give_intervals() -> None:
    scenario = scenario_from_dict(world(duration="1 h", uncertainty={"draws": 2}))
    found = tissue_ledger(scenario, CATALOG)
    assert found.draws == 2
    check_closed(found.ledger)
    assert all(row.low <= row.value <= row.high for row in found.ledger.rows)
    assert any(row.low < row.high for row in found.ledger.rows)


def test_cells_of_a_run_with_a_ledger_fare_as_without() -> None:
    scenario = scenario_from_dict(world())
    plain, counted = (run_arm(scenario, CATALOG, "base", "", ledger=drug) for drug in ("", "doxorubicin"))
    assert max(counted.conservation.values()) < 1e-12
    assert plain.tissue.born > 0
    assert (plain.tissue.cells.lineage == counted.tissue.cells.lineage).all()
    np.testing.assert_allclose(counted.tissue.cells.biomass, plain.tissue.cells.biomass, rtol=1e-5)


def test_a_drug_is_needed_and_a_dish_is_another_matter() -> None:
    scenario = scenario_from_dict(world())
    assert ledger_drug(scenario, CATALOG) == "doxorubicin"
    with pytest.raises(InputError, match="tissue"):
        ledger(scenario, CATALOG)
    with pytest.raises(InputError, match="no drug"):
        tissue_ledger(scenario_from_dict(world(drugs=[])), CATALOG)


# -- one voxel is a well


HOURS = 2.0


def dish(scenario: dict[str, Any]) -> Scenario:
    """Cells that do not die in a well that fits them."""
    return scenario_from_dict(
        {
            "schema": "exoresist/1", "name": "dish", "arena": {"kind": "well", "volume": "4e-4 mL", "capacity": "160 cell"},
            "duration": f"{HOURS} h", "every": "1 h", "parameters": NO_DEATH, **scenario,
        }
    )  # fmt: skip


def in_one_voxel(scenario: Scenario, drug: str, network_step: float) -> TissueBooks:
    """The books of the same cells, as cells, in one voxel."""
    ledgers: list[CellLedger] = []
    for entry in scenario.populations:
        inside, model = cell_network(scenario, CATALOG, entry.id, tagged=True)
        ledgers.append(with_cell_ledger(model, inside, drug))
    side, volume = (scenario.arena.volume * 1e12) ** (1.0 / 3.0), scenario.arena.volume
    names, slabs, grid = ledgers[0].inside.medium, Slabs(1), Grid((1, 1, 1), side)
    types = [CellType(entry.id, 2000.0, interior=one.inside) for entry, one in zip(scenario.populations, ledgers, strict=True)]
    tissue = Tissue(
        grid, types, Cells(), Pace(0.1, network_step, 1.0), 1, slabs, None, SteadyFields(grid, threads=1),
        SharedMedium(grid, names, {name: Medium(0.0) for name in names}, 1.0, 1),
        {index: Contents(one.inside, slabs, 1e-6, 1e-9) for index, one in enumerate(ledgers)},
        crowding=scenario.arena.capacity / volume,
    )  # fmt: skip
    for index, entry in enumerate(scenario.populations):
        count = int(entry.count)
        place(tissue, index, np.full((3, count), 0.5 * side), np.ones(count))
    for event in build(scenario, CATALOG, origin_tags=True, induced_tags=True).events():
        for pool, amount in event.add.items():
            tissue.medium.amounts[names.index(pool)] += float(amount)
    tissue.books = books = TissueBooks(
        tissue, {index: CellBooks(one, tissue.contents[index], {}) for index, one in enumerate(ledgers)}
    )
    for _ in range(round(HOURS / tissue.pace.life)):
        step(tissue)
    return books


DISHES = {
    "pumps": (
        {
            "populations": [{"id": name, "cell_line": f"mcf7_{name}", "count": "20 cell"} for name in ("sensitive", "resistant")],
            "cargo": ["ABCB1"], "drugs": [{"id": "doxorubicin", "dose": "100 nM"}],
            "assay": {"kind": "time_course", "population": "sensitive"},
        },
        "doxorubicin",
    ),
    "a sponge, a miRNA and repair": (
        {
            "populations": [
                {"id": "recipient", "cell_line": "sw480_sensitive", "count": "20 cell"},
                {"id": "donor", "cell_line": "sw480_oxaliplatin_resistant", "count": "20 cell"},
            ],
            "cargo": ["ciRS_122"], "axes": ["cirs122_oxaliplatin_wang20"], "drugs": [{"id": "oxaliplatin", "dose": "5 uM"}],
            "assay": {"kind": "time_course", "population": "recipient"},
        },
        "oxaliplatin",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DISHES)
def test_one_voxel_has_the_ledger_of_the_dish(name: str) -> None:
    """Row by row, as the network step shrinks: types feel each other only after a step, an error of first order."""
    scenario, drug = dish(DISHES[name][0]), DISHES[name][1]
    expected = ledger(scenario, CATALOG)
    coarse, fine = (in_one_voxel(scenario, drug, network_step).totals for network_step in (0.1, 0.05))
    assert len(expected.rows) > 3
    for row in expected.rows:
        key = (row.part, row.process, row.channel, row.origin)
        assert 2.0 * fine[key] - coarse[key] == pytest.approx(row.value, rel=5e-3, abs=1e-13), key
    known = {(row.part, row.process, row.channel, row.origin) for row in expected.rows}
    assert all(abs(value) < 1e-13 for key, value in fine.items() if key not in known and key[0] != "start")


def test_values_are_read_as_the_network_computes_them() -> None:
    model = cell_network(scenario_from_dict(world()), CATALOG, "sensitive", tagged=True)[1]
    compiled = model.network.compile()
    amounts = np.random.default_rng(1).uniform(0.5, 2.0, (1, len(compiled.states), 3))
    names = ["sensitive.ABCB1.total", "rate:sensitive.death", "rate:sensitive.secretion"]
    reading = Reading(compiled, names)
    given = dict(zip(compiled.states, amounts[0], strict=True)) | dict(zip(compiled.parameters, compiled.values, strict=True))
    for name, found in zip(names, reading(given), strict=True):
        expected = value_at(compiled, name, amounts, np.repeat(compiled.values[:, None], 3, axis=1))[0]
        assert np.array_equal(np.broadcast_to(found, 3), expected)
    assert set(reading.needs) <= set(given)
