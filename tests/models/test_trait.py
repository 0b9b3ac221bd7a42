"""The trait of a ledger is the true threshold concentration: cells clamped in it come to damage at their threshold, no more, no less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.build import Model
from exoresist.assembly.changes import PREFIX
from exoresist.assembly.ledger import Accounted, with_ledger
from exoresist.assembly.trait import LARGEST_SHARE, USUAL_SHARE, borne_share
from exoresist.catalog import Catalog
from exoresist.core.errors import ModelError
from exoresist.laws import kinetics
from exoresist.network import Network, Node, Parameter, Process, integrate
from exoresist.network.flows import flows
from exoresist.network.gradient import Values
from exoresist.network.parts import Reference
from exoresist.network.reference import System
from exoresist.network.run import value_at

pytestmark = pytest.mark.xdist_group("ledger")  # on one worker: what they compile and prepare is made once

CATALOG = Catalog.load()
DRUGS = [
    drug.id for drug in CATALOG.records("drugs") if drug.status == "modelled" and drug.mode not in ("surface_antibody", "pulse")
]
CLAMPED = ("growth", "death", "pump_synthesis", "rna_synthesis", "pump_turnover", "rna_decay", "loading", "switching")
FORMATION = ("ilv_formation_escrt", "ilv_formation_ceramide")  # are read for their rate
WIDE = 1e6  # times the medium: what cells take and give does not move its concentration, and vesicles are diluted to nothing


def clamped(model: Model) -> Network:
    """The model's own network with cells, cargo and nodes held where they are."""
    parts: list[Any] = []
    for part in model.network.parts():
        if isinstance(part, Process) and part.name in CLAMPED:
            continue
        if isinstance(part, Node):
            part = Node(part.id, part.time, (), part.initial)
        parts.append(part)
    kept = {part.id for part in parts if isinstance(part, Process)}
    # A process that is gone goes on being read for its rate (synthesis follows growth): only what is left counts.
    return Network(model.network.name, [part for part in parts if not hasattr(part, "tag") or part.process in kept])


def read(accounted: Accounted, name: Any, amounts: dict[str, Any], values: dict[str, float]) -> float:
    compiled = accounted.network.compile()
    y, p = compiled.initial.copy(), compiled.values.copy()
    for key, amount in amounts.items():
        y[compiled.state_index[key]] = amount
    for key, value in values.items():
        p[compiled.parameter_index[key]] = value
    return float(value_at(compiled, name, y[None, :, None], p[:, None])[0, 0])


def steady_damage(
    model: Model, drug: str, values: dict[str, float], nodes: dict[str, float] | None = None
) -> tuple[float, float, float]:
    """(damage at C*, what the trait takes as borne, share of sites needed) of the recipients in a wide medium that holds C*."""
    accounted = with_ledger(model, drug)
    population = model.recipients()
    made = accounted.traits[population.id]
    wide = {
        population.side.volume: WIDE * model.network.parameters[population.side.volume].value,
        "arena.capacity": 1e15,
        **values,
    }
    naive = accounted.borne(wide)
    part = float(np.ravel(naive.get(borne_share(PREFIX), 1.0))[0])
    values = {**wide, **{key: part for key in naive}}
    start = {**model.start(), **(nodes or {})}
    outside = read(accounted, made.outside, start, values)
    medium = model.layout.medium(population.side, drug)
    start[medium] = outside * wide[population.side.volume]
    run = integrate(clamped(model), [0.0, 2e5], values=wide, initial=start, events=[], relative=1e-10, absolute=1e-13)
    needed = read(accounted, made.needed, start, values) if made.needed else 0.0
    damage = float(run.value(f"{population.id}.damage_per_cell")[-1, 0])
    return damage, part * read(accounted, f"{population.id}.tolerance", start, wide), needed


@pytest.mark.parametrize("drug", DRUGS)
def test_damage_meets_the_threshold_in_the_trait_concentration(dish: Callable[..., Any], drug: str) -> None:
    pumps = [name for name in CATALOG.drug(drug).pumps if name in CATALOG.ids("cargo")][:1]
    one = dish(
        populations=[{"id": "recipient", "cell_line": "generic_tumour", "count": "3000 cell"}], cargo=pumps, duration="72 h",
        drugs=[{"id": drug, "dose": "10 nM"}], assay={"kind": "time_course", "population": "recipient"},
        **({"pulses": [{"id": "light_532nm", "lasting": "1 h", "at": "4 h"}]} if drug == "rose_bengal" else {}),
    )  # fmt: skip
    damage, tolerance, needed = steady_damage(one.model, drug, {"pulse.light.on": 1.0} if drug == "rose_bengal" else {})
    assert needed <= USUAL_SHARE + 1e-12
    assert damage == pytest.approx(tolerance, rel=1e-5)


@pytest.mark.parametrize("line", ["mcf7_sensitive", "mcf7_resistant"])
@pytest.mark.parametrize("drug", ["doxorubicin", "paclitaxel"])
def test_pumps_and_vesicles_are_in_it(dish: Callable[..., Any], drug: str, line: str) -> None:
    """With formation and partition raised until vesicles carry a good part of the drug out."""
    one = dish(
        populations=[{"id": "recipient", "cell_line": line, "count": "3000 cell"}], drugs=[{"id": drug, "dose": "10 nM"}],
        assay={"kind": "dose_response", "population": "recipient", "drug": drug, "doses": ["10 nM"]},
    )  # fmt: skip
    rate = one.model.network.parameters["recipient.ilv_formation_rate"].value
    damage, tolerance, _ = steady_damage(one.model, drug, {"recipient.ilv_formation_rate": 3000.0 * rate})
    assert damage == pytest.approx(tolerance, rel=1e-5)


@pytest.mark.parametrize("brought", [0.0, 2000.0, 50_000.0])
@pytest.mark.parametrize("open_gate", [0.0, 0.1])
def test_a_bypass_and_a_brought_variant_are_in_it(dish: Callable[..., Any], open_gate: float, brought: float) -> None:
    one = dish(
        populations=[{"id": "recipient", "cell_line": "lung_egfr_met_bypass", "count": "3000 cell"}],
        drugs=[{"id": "gefitinib", "dose": "10 nM"}], cargo=["EGFR_T790M_carried"],
        assay={"kind": "time_course", "population": "recipient"},
    )  # fmt: skip
    nodes = {node: open_gate for node in one.model.network.nodes if ".bypass_" in node}
    assert nodes
    nodes["recipient.EGFR_T790M_carried"] = 3000.0 * brought
    damage, tolerance, needed = steady_damage(one.model, "gefitinib", {"recipient.gefitinib.damage_rate": 1.0}, nodes)
    assert needed < LARGEST_SHARE
    assert damage == pytest.approx(tolerance, rel=1e-5)


@pytest.mark.parametrize("tolerance", [0.5, 3.0])
def test_beyond_its_reach_a_drug_is_told_at_the_largest_share(dish: Callable[..., Any], tolerance: float) -> None:
    """A cell that bears more than all sites can make is held where nearly all are taken."""
    one = dish(
        populations=[{"id": "recipient", "cell_line": "lung_egfr_ex19del", "count": "3000 cell"}],
        drugs=[{"id": "gefitinib", "dose": "10 nM"}], assay={"kind": "time_course", "population": "recipient"}, cargo=[],
    )  # fmt: skip
    accounted = with_ledger(one.model, "gefitinib")
    made, start = accounted.traits["recipient"], one.model.start()
    needed = read(
        accounted, made.needed, start, {"recipient.damage_threshold": tolerance, "recipient.gefitinib.damage_rate": 0.06}
    )
    full = read(accounted, made.asked, start, {"recipient.damage_threshold": tolerance, "recipient.gefitinib.damage_rate": 0.06})
    assert needed == pytest.approx(min(full, LARGEST_SHARE))
    assert (full > 1.0) == (tolerance == 3.0)


def test_an_antibody_is_held_by_decoys_too(dish: Callable[..., Any]) -> None:
    one = dish(
        populations=[{"id": "target", "cell_line": "cd20_b_cell_lymphoma", "count": "100 cell"}], cargo=["CD20"],
        drugs=[{"id": "rituximab", "dose": "10 nM"}], assay={"kind": "time_course", "population": "target"},
        vesicles=[{"id": "decoy", "donor": "cd20_b_cell_lymphoma", "per_cell": "1e9 particle/cell", "at": "0 h"}],
    )  # fmt: skip
    model = one.model
    accounted = with_ledger(model, "rituximab")
    start = model.start()
    for event in model.events():
        for pool, amount in event.add.items():
            start[pool] = amount
    outside = read(accounted, accounted.traits["target"].outside, start, {})
    free = model.network.parameters["antibody.off_rate"].value / model.network.parameters["antibody.on_rate"].value
    assert outside > 1.01 * free
    binding = [
        part for part in model.network.parts() if not isinstance(part, Process) or part.name in ("antibody_binding", *FORMATION)
    ]
    kept = {part.id for part in binding if isinstance(part, Process)}
    network = Network("binding", [part for part in binding if not hasattr(part, "tag") or part.process in kept])
    volume = model.network.parameters["medium.volume"].value
    held = start["target.cells"] * model.network.parameters["target.CD20.copies"].value
    own = 0.5 * held * model.network.parameters["copy_weight"].value
    run = integrate(network, [0.0, 1e5], initial={**start, "medium.rituximab": outside * volume + own}, events=[], relative=1e-10)
    assert run.value("target.rituximab.occupancy")[-1, 0] == pytest.approx(0.5, rel=1e-6)


def test_what_the_trait_does_not_know_is_refused(dish: Callable[..., Any]) -> None:
    model = dish().model
    thief = Process(
        "recipient.theft", "recipient.cytosol_doxorubicin", "metabolised.drug_doxorubicin", kinetics.first_order,
        {"rate": "theft.rate", "amount": "recipient.cytosol_doxorubicin"},
    )  # fmt: skip
    network = model.network.with_parts(
        Parameter("theft.rate", 0.1, "1/h"), Process(thief.id, thief.source, thief.sink, kinetics.product, {
            "first": "recipient.doxorubicin.clearance", "second": "recipient.cytosol_doxorubicin"}),
    )  # fmt: skip
    with pytest.raises(ModelError, match=r"recipient\.theft"):
        with_ledger(Model(model.scenario, model.catalog, model.layout, model.book, network, model.fixed_events), "doxorubicin")


@pytest.mark.parametrize("scene", ["coculture", "switching", "contact"])
def test_flows_add_up_to_what_is_integrated(dish: Callable[..., Any], scene: str) -> None:
    name = {"switching": "switching_rate", "contact": "contact_transfer_rate"}.get(scene)
    asked = [{"name": name, "subject": "cell", "value": "0.02 1/h", "reason": "test"}] if name else []
    network = dish(parameters=asked, origin_tags=True).model.network
    values = Values(network, PREFIX)
    wanted: dict[Any, Reference] = {}
    ends = []
    for number, flow in enumerate(flows(values)):
        wanted[number] = flow.rate
        ends.append((flow.source, flow.sink))
    plain = network.compile()
    amounts = np.random.default_rng(1).uniform(0.5, 1.5, len(plain.states)) * np.maximum(plain.initial, 1.0)
    names = {number: values.call(kinetics.constant, rate=rate) for number, rate in wanted.items()}
    whole = Network(network.name, [*network.parts(), *values.parts()]).compile()
    rates = {
        number: float(value_at(whole, name, amounts[None, :, None], whole.values[:, None])[0, 0])
        for number, name in names.items()
    }
    found = np.zeros(len(plain.states))
    size = np.zeros(len(plain.states))
    for number, (source, sink) in enumerate(ends):
        for name, sign in ((source, -1.0), (sink, 1.0)):
            if name:
                found[plain.state_index[name]] += sign * rates[number]
                size[plain.state_index[name]] += abs(rates[number])
    system = System(plain)
    system.set(plain.values)
    expected = system.derivative(0.0, amounts)
    pools = len(network.pools)
    assert np.all(np.abs(found - expected)[:pools] <= 1e-12 * np.maximum(size[:pools], 1e-300))
