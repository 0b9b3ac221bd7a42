"""The net ledger: it closes, it gives nothing where there is nothing, and it says what can be counted by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.assay import ConditionedMedium
from exoresist.assembly.build import build
from exoresist.assembly.ledger import with_ledger
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.laws.registry import all_laws
from exoresist.laws.slopes import usual_slopes
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.ledger import ledger, ledger_drug
from exoresist.studies.ledger_result import Ledger

pytestmark = pytest.mark.xdist_group("ledger")  # on one worker: what they compile and prepare is made once

CATALOG = Catalog.load()
CLOSE = 1e-8
# Their ledgers need the kernel of all laws and slopes, which compiles for minutes: `verification/ledgers.py` runs them.
LATER = ("fibroblasts_paclitaxel", "pdl1_vesicles")
ALL = [
    (name, arm.id)
    for name, path in bundled_scenarios().items()
    for arm, one in expand_arms(load_scenario(path))
    if one.drugs and one.arena.kind in ("well", "transwell") and one.assay.kind != "cohort"
]
DISHES = [dish for dish in ALL if dish[0] not in LATER]


@cache
def _bundled(name: str, arm: str) -> Scenario:
    return next(one for entry, one in expand_arms(load_scenario(bundled_scenarios()[name])) if entry.id == arm)


@cache
def _told(text: str, draws: int) -> Ledger:
    return ledger(scenario_from_dict(json.loads(text)), CATALOG, Ensemble(draws, 1))


@pytest.fixture
def told() -> Callable[..., Ledger]:
    """Ledger of a small scenario: recipients beside as many donors, over which keywords are laid."""

    def make(draws: int = 3, **changes: Any) -> Ledger:
        return _told(json.dumps(world(**changes), sort_keys=True), draws)

    return make


def world(**changes: Any) -> dict[str, Any]:
    return {
        "schema": "exoresist/1",
        "name": "world",
        "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
        "populations": [
            {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "3000 cell"},
            {"id": "donor", "cell_line": "mcf7_resistant", "count": "3000 cell"},
        ],
        "drugs": [{"id": "doxorubicin", "dose": "100 nM"}],
        "cargo": ["ABCB1"],
        "duration": "48 h",
        "assay": {"kind": "dose_response", "population": "recipient", "drug": "doxorubicin", "doses": ["100 nM"]},
        **changes,
    }


def setting(name: str, subject: str, value: str) -> dict[str, str]:
    return {"name": name, "subject": subject, "value": value, "reason": "test"}


NO_DELIVERY = [setting("delivered_fraction", "cell", "0 dimensionless")]
VESICLES = [{"id": "added", "donor": "mcf7_resistant", "per_cell": "20000 particle/cell", "at": "0 h"}]
ALONE = [{"id": "recipient", "cell_line": "mcf7_sensitive", "count": "3000 cell"}]


@pytest.mark.parametrize(("name", "arm"), DISHES)
def test_it_closes_on_every_bundled_dish(name: str, arm: str) -> None:
    found = ledger(_bundled(name, arm), CATALOG, Ensemble(6, 3))
    assert found.gap < CLOSE
    total = sum(row.value for row in found.rows)
    assert total == pytest.approx(found.change.value, abs=CLOSE * max(1.0, abs(found.change.value or 0.0)))
    assert all(np.all(np.isfinite(row.course)) and len(row.course) == len(found.times) for row in found.rows)
    assert all(row.low <= row.value <= row.high for row in found.rows)


def test_worlds_of_selection_only_transfer_exactly_nothing(told: Callable[..., Ledger]) -> None:
    found = told(parameters=NO_DELIVERY)
    assert found.total(part="selection") > 0.01
    for origin in ("received", "relayed"):
        assert found.total(origin=origin) == 0.0
        assert not [row for row in found.rows if row.origin == origin]
    assert found.gap < CLOSE


def test_worlds_of_transfer_only_select_exactly_nothing(told: Callable[..., Ledger]) -> None:
    """One lineage, and two lineages that grow and die alike."""
    alone = told(populations=ALONE, vesicles=VESICLES)
    alike = told(
        drugs=[{"id": "doxorubicin", "dose": "0 nM"}],
        parameters=[setting("growth_rate", f"cell_line:{line}", "0.02 1/h") for line in ("mcf7_sensitive", "mcf7_resistant")],
    )
    for found in (alone, alike):
        assert not [row for row in found.rows if row.part == "selection"]
        assert found.total(part="trait", origin="received") > 0.0
        assert found.gap < CLOSE


def test_without_cargo_there_are_no_rows(told: Callable[..., Ledger]) -> None:
    found = told(populations=ALONE, cargo=[])
    assert found.rows == ()
    assert found.change.value == pytest.approx(0.0, abs=1e-14)
    assert found.gap < CLOSE


def test_origins_add_up_to_what_one_kind_of_cargo_does() -> None:
    """The same dish without tags: each process moves the trait by the sum of its origin lines."""
    scenario = scenario_from_dict(world(vesicles=VESICLES))
    totals: list[dict[tuple[str, str], float]] = []
    for tags in (False, True):
        accounted = with_ledger(build(scenario, CATALOG, origin_tags=tags), "doxorubicin")
        run = culture(accounted, [0.0, 48.0], relative=1e-10, absolute=1e-12)
        found: dict[tuple[str, str], float] = {}
        for line in accounted.lines:
            key = (line.part, line.process)
            found[key] = found.get(key, 0.0) + float(run.amount(line.pool)[-1, 0])
        totals.append(found)
    assert totals[0].keys() == totals[1].keys()
    for key, value in totals[0].items():
        assert totals[1][key] == pytest.approx(value, rel=1e-7, abs=1e-12)


def test_the_states_of_the_model_stay_as_they_are() -> None:
    model = build(scenario_from_dict(world(vesicles=VESICLES)), CATALOG, origin_tags=True)
    accounted = with_ledger(model, "doxorubicin")
    plain, counted = (culture(each, [0.0, 24.0, 48.0], relative=1e-11, absolute=1e-13) for each in (model, accounted))
    for name, place in plain.compiled.state_index.items():
        scale = max(np.abs(plain.amounts[:, place]).max(), 1e-3 * plain.compiled.scales[place])
        assert np.abs(counted.amount(name) - plain.amount(name)).max() <= 1e-9 * scale
    assert max(counted.conservation().values()) < 1e-9


def test_one_pump_by_hand() -> None:
    """z = ln(F* + [kcat·p·F*^n/(Km^n + F*^n) + k·F*·V]/PS) + constant, for a cell whose vesicles hold no drug."""
    scenario = scenario_from_dict(
        world(
            populations=ALONE, vesicles=VESICLES,
            parameters=[setting("vesicle_partition", "drug:doxorubicin", "0 dimensionless")],
        )
    )  # fmt: skip
    model = build(scenario, CATALOG, origin_tags=True)
    value = {key: part.value for key, part in model.network.parameters.items()}
    run = culture(model, [0.0, 48.0], relative=1e-11, absolute=1e-13)
    pumps = sum(run.amount(f"recipient.ABCB1_{origin}")[:, 0] for origin in ("native", "received", "relayed"))
    per_cell = pumps / run.amount("recipient.cells")[:, 0]
    key = "recipient.doxorubicin"
    share = value["recipient.damage_threshold"] * value[f"{key}.repair_rate"] / value[f"{key}.damage_rate"]
    free = value[f"{key}.target_off_rate"] / value[f"{key}.target_on_rate"] * share / (1.0 - share)
    power = (free / value[f"{key}.ABCB1.km"]) ** value[f"{key}.ABCB1.hill"]
    out = value[f"{key}.ABCB1.kcat"] * per_cell * power / (1.0 + power)
    turned = value[f"{key}.metabolism_rate"] * free * value["recipient.cell_volume"]
    assert not [name for name in model.network.processes if name.startswith("recipient.metabolism_doxorubicin_by")]
    z = np.log(free + (out + turned) / value[f"{key}.permeability_surface"])
    found = ledger(scenario, CATALOG)
    assert found.change.value == pytest.approx(z[-1] - z[0], rel=1e-7)
    assert found.total(part="trait", channel="pump") == pytest.approx(z[-1] - z[0], rel=1e-7)
    assert found.total(origin="received") > abs(found.total(origin="native"))


def test_the_order_and_the_cut_of_lineages_do_not_matter(told: Callable[..., Ledger]) -> None:
    """Donors named first, and recipients seeded as two halves: the same ledger."""
    first = world()["populations"]
    halves = [{"id": name, "cell_line": "mcf7_sensitive", "count": "1500 cell"} for name in ("recipient", "other")]
    whole, turned, cut = told(), told(populations=first[::-1]), told(populations=[*halves, first[1]])
    for other, close in ((turned, 1e-8), (cut, 1e-6)):
        assert other.change.value == pytest.approx(whole.change.value, rel=close)
        for row in whole.rows:
            if row.part == "selection" or row.origin == "native":
                same = other.total(part=row.part, process=row.process)
                assert same == pytest.approx(whole.total(part=row.part, process=row.process), rel=1e-5, abs=1e-9)


def test_an_inhibitor_that_sets_in_has_a_line_of_its_own(told: Callable[..., Ledger]) -> None:
    found = told(interventions=[{"id": "gw4869", "concentration": "10 uM", "at": "12 h"}])
    (row,) = [row for row in found.rows if row.channel == "event"]
    assert row.process == "gw4869 on"
    assert row.value < 0.0  # less of the drug leaves in vesicles
    assert np.all(row.course[found.times < 12.0] == 0.0)
    assert np.all(row.course[found.times >= 12.0] == row.value)
    assert found.gap < CLOSE


def test_switching_and_contact_have_lines(told: Callable[..., Ledger]) -> None:
    switching = told(parameters=[setting("switching_rate", "cell", "0.01 1/h")])
    assert switching.total(part="selection", process="switching") != 0.0
    assert switching.total(part="trait", process="switching") != 0.0  # who comes over brings pumps along
    assert switching.gap < CLOSE
    contact = told(parameters=[setting("contact_transfer_rate", "cell", "0.02 1/h"), *NO_DELIVERY])
    assert contact.total(process="contact_transfer", origin="received") > 0.0
    assert contact.total(process="unpacking") == 0.0
    assert contact.gap < CLOSE


def test_received_cargo_is_charged_through_its_nodes() -> None:
    """A sponge that donors send moves repair through a miRNA and a node; without delivery none of that is received cargo's."""
    together, blocked = (ledger(_bundled("crc_oxaliplatin_cirs122", arm), CATALOG) for arm in ("co_culture", "no_delivery"))
    (row,) = [row for row in together.rows if row.origin == "received"]
    assert (row.process, row.channel) == ("relaxation", "repair")
    assert row.value > 0.0
    assert blocked.total(origin="received") == 0.0


def test_every_bundled_ledger_is_served_by_a_kernel_of_the_package() -> None:
    """A law or slope that no shared kernel holds would make a kernel of its own, which compiles for a minute."""
    shared = set(all_laws()) | set(usual_slopes())
    for name, arm in ALL:
        one = _bundled(name, arm)
        if isinstance(one.assay, ConditionedMedium):
            continue
        accounted = with_ledger(build(one, CATALOG, origin_tags=True, induced_tags=True), ledger_drug(one, CATALOG))
        assert not set(accounted.network.compile().laws) - shared, (name, arm)


def test_shares_by_origin_are_shares(told: Callable[..., Ledger]) -> None:
    shares = told(populations=ALONE, vesicles=VESICLES).by_origin
    assert sum(abs(each.value or 0.0) for each in shares.values()) == pytest.approx(1.0)
    assert (shares["received"].value or 0.0) > 0.7


def test_a_ledger_needs_a_drug_and_a_dish() -> None:
    with pytest.raises(InputError, match="no drug"):
        ledger(scenario_from_dict(world(drugs=[], assay={"kind": "time_course", "population": "recipient"})), CATALOG)
    tissue = next(one for _, one in expand_arms(load_scenario(bundled_scenarios()["tumour_resistant_corner"])))
    with pytest.raises(InputError, match="tissue"):
        ledger(tissue, CATALOG)
    cohort = next(one for _, one in expand_arms(load_scenario(bundled_scenarios()["breast_cohort"])))
    with pytest.raises(InputError, match="cohort"):
        ledger_drug(cohort, CATALOG)


def test_cargo_that_is_made_beyond_the_baseline_is_induced() -> None:
    """A drug that drives the making of its own pump: what it adds, and what is lost of that, is told apart; the sum stays what it is."""
    scenario = scenario_from_dict(world(populations=ALONE, responses=["doxorubicin"]))
    plain, split = (build(scenario, CATALOG, origin_tags=True, induced_tags=asked) for asked in (False, True))
    made = [process for process in split.network.processes if process.endswith("pump_synthesis_induced")]
    assert made == ["recipient.ABCB1.pump_synthesis_induced"]
    whole, parts = (culture(each, [0.0, 24.0, 48.0], relative=1e-10, absolute=1e-12) for each in (plain, split))
    both = parts.amount("recipient.ABCB1_native") + parts.amount("recipient.ABCB1_induced")
    assert both == pytest.approx(whole.amount("recipient.ABCB1_native"), rel=1e-7)
    assert parts.conservation()["cargo:ABCB1"] < 1e-9
    found = ledger(scenario, CATALOG)
    assert found.gap < CLOSE
    assert found.total(process="pump_synthesis", origin="induced") > 0.0
    assert found.total(process="pump_turnover", origin="induced") < 0.0
    assert found.total(channel="pump", origin="induced") > 10.0 * abs(found.total(channel="pump", origin="native"))
