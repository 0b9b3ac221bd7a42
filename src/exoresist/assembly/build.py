"""Scenario and catalogue in, one checked network out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly import (
    antibody,
    axes,
    cells,
    circulation,
    detoxification,
    drug_levels,
    drugs,
    feedback,
    immune,
    induced,
    interventions,
    lesions,
    liposomes,
    metabolism,
    naked,
    packaging,
    preparations,
    pulses,
    responses,
    soluble,
    switching,
    targeting,
    targets,
    vesicles,
)
from exoresist.assembly.book import Book
from exoresist.assembly.layout import INDUCED, ORIGINS, Cargo, Layout, Population, Side, VesicleClass
from exoresist.assembly.overrides import overrides, with_sets
from exoresist.assembly.scenario import Scenario
from exoresist.assembly.signals import wire as wire_signals
from exoresist.assembly.start import start_amounts
from exoresist.catalog import Catalog
from exoresist.catalog.knowledge import Signal
from exoresist.core.errors import InputError
from exoresist.laws import kinetics
from exoresist.network import Derived, Event, Network, Node, Parameter, Pool, Process
from exoresist.network.parts import Part, Reference

Array = NDArray[np.float64]
Values = Mapping[str, "float | Array"]


@dataclass(frozen=True)
class Model:
    """A scenario wired up: the network, where its numbers are from, how it starts and what happens to it.

    network  checked; holds no events (doses and additions may differ between sets, see `events`)
    book     every number used, with its catalogue row and what uses it
    wires    population -> the signals between cells that act in it
    """

    scenario: Scenario
    catalog: Catalog
    layout: Layout
    book: Book
    network: Network
    fixed_events: tuple[Event, ...]
    wires: Mapping[str, tuple[Signal, ...]] = field(default_factory=dict)

    def start(self, values: Values | None = None) -> dict[str, float | Array]:
        """Amounts at time 0 for the given parameter values: cells in steady culture, fresh medium."""
        everything = self._all(values or {})
        return start_amounts(self.layout, everything) | metabolism.start_amounts(self.layout, everything)

    def events(
        self,
        values: Values | None = None,
        doses: Values | None = None,
        per_cell: Values | None = None,
        loads: Mapping[str, Mapping[str, float | Array]] | None = None,
    ) -> list[Event]:
        """Everything that happens at set times.

        doses     drug -> nM, number or array over sets, in place of the scenario's
        per_cell  preparation -> vesicles per recipient, likewise
        loads     preparation -> passenger kind -> amount per vesicle, in place of what its donor line loads
        """
        listed = list(self.fixed_events)
        sides = self.layout.sides
        volumes = {side.id: self.network.parameters[side.volume].value for side in sides}
        for drug in self.scenario.drugs:
            dose = (doses or {}).get(drug.id, drug.dose)
            given = preparations.dosed(self.layout)
            amounts: dict[str, Any] = {self.layout.medium(side, drug.id): dose * volumes[side.id] for side in given}
            for start in (drug.at + course * (drug.every or 0.0) for course in range(drug.courses)):
                listed.append(Event(start, add=amounts, label=f"{drug.id} added"))
                if drug.until is not None:
                    end = start + drug.until - drug.at if drug.courses > 1 else drug.until
                    listed.append(
                        Event(end, remove={self.layout.medium(side, drug.id): 1.0 for side in sides}, label=f"{drug.id} out")
                    )
        everything = self._all(values or {})
        listed += [event for factor in self.scenario.factors for event in soluble.events(self.layout, everything, factor)]
        for entry in self.scenario.vesicles:
            recipients = self.recipients()
            count = (per_cell or {}).get(entry.id, entry.per_cell) * recipients.count
            side = preparations.added_to(entry, self.layout, recipients.side)
            added: dict[str, Any] = preparations.added(entry, self.layout, side, count, everything, loads or {})
            listed.append(Event(entry.at, add=added, label=f"{entry.id} added"))
            if entry.until is not None:
                pools = [pool for pool in added if self.network.pools[pool].element == "vesicle"]
                listed.append(Event(entry.until, remove=dict.fromkeys(pools, 1.0), label=f"{entry.id} washed out"))
        return sorted(listed, key=lambda event: event.time)

    def frozen(
        self,
        values: Values | None = None,
        per_cell: Values | None = None,
        loads: Mapping[str, Mapping[str, float | Array]] | None = None,
    ) -> Network:
        """The network with the scenario's start amounts and events in it: complete by itself, for export.

        What happens at time 0 is part of the start; later events stay events. `per_cell` and `loads` as in `events`.
        """
        amounts = {name: float(np.ravel(amount)[0]) for name, amount in self.start(values).items()}
        later: list[Event] = []
        settings: dict[str, float] = {}
        for event in self.events(values, per_cell=per_cell, loads=loads):
            # What follows a removal at time 0 must follow it in the export, too.
            if event.time > 0.0 or event.remove or later:
                later.append(replace(event, add={pool: float(np.ravel(added)[0]) for pool, added in event.add.items()}))
                continue
            for pool, added in event.add.items():
                amounts[pool] = amounts.get(pool, self.network.pools[pool].initial) + float(np.ravel(added)[0])
            settings.update(event.set)
        parts: list[Part] = []
        for part in self.network.parts():
            if isinstance(part, Pool) and part.id in amounts:
                part = replace(part, initial=amounts[part.id])
            elif isinstance(part, Parameter):
                given = settings.get(part.id, (values or {}).get(part.id, part.value))
                part = replace(part, value=float(np.ravel(given)[0]))
            parts.append(part)
        return Network(self.network.name, [*parts, *later])

    def recipients(self) -> Population:
        """The population whose survival is read."""
        wanted = self.scenario.assay.population
        return next(population for population in self.layout.populations if population.id == wanted)

    def _all(self, values: Values) -> dict[str, float | Array]:
        result: dict[str, float | Array] = {key: part.value for key, part in self.network.parameters.items()}
        result.update(values)
        return result


def build(
    scenario: Scenario,
    catalog: Catalog | None = None,
    origin_tags: bool = False,
    chains: axes.Chains | None = None,
    carried: Sequence[Cargo] = (),
    inside: str = "",
    induced_tags: bool = False,
) -> Model:
    """Wire a scenario with the catalogue's numbers.

    origin_tags  also keep native, received and relayed cargo apart (three times the cargo states)
    induced_tags with origin_tags: also keep apart what a driven synthesis makes beyond its baseline, where anything drives synthesis
    chains       signed chains to wire in beside those of the scenario's axes
    inside       one population only, in the medium with the vesicles of all: the network of a cell in a tissue
    carried      cargo that vesicles carry beside the scenario's, also such as has no row of its own in the catalogue

    Raises InputError for names that the catalogue does not hold, ModelError when the parts do not fit.
    """
    catalog = with_sets(catalog or Catalog.load(), scenario)
    book = Book(catalog, overrides(scenario, catalog))
    layout = _layout(scenario, catalog, origin_tags)
    driven = induced_tags and (
        scenario.axes or scenario.responses or scenario.signals or scenario.metabolism is not None or chains
    )
    if origin_tags and driven:
        layout.origins = (*ORIGINS, INDUCED)
    if inside:
        layout.populations = [population for population in layout.populations if population.id == inside]
        layout.one_cell = True
    layout.cargo.extend(cargo for cargo in carried if cargo.id not in {known.id for known in layout.cargo})
    layout.rays = pulses.rays(scenario, book)
    layout.harms = lesions.harms(catalog, [*layout.drugs, *layout.rays])
    layout.targets = targets.occupied(catalog, layout.drugs)
    layout.activated = detoxification.activated(catalog, layout.drugs)
    _arena(scenario, book)
    parts = [*_parts(scenario, catalog, layout, book), *soluble.parts(layout, book), *immune.parts(layout, catalog, book)]
    catalog.check_contexts(scenario.contexts)
    wired = axes.read_chains(catalog, scenario.axes).joined(chains).joined(responses.chains(catalog, layout, scenario.responses))
    wired = wired.in_contexts(catalog, scenario.contexts)
    wiring = wire_signals(layout, catalog, book, scenario.signals, wired)
    parts += wiring.switches(parts)
    processes = [part for part in parts if isinstance(part, Process)]
    for population in layout.populations:
        here, outside = wiring.chains(population, wired), wiring.outside(population)
        more, tolerance = axes.axis_parts(layout, book, population, here, (process.id for process in processes), outside)
        signals, factors = metabolism.tolerance(layout, book, population)
        parts += [*more, *signals, *_tolerance(population, [*tolerance, *factors])]
        parts += wiring.modulations(population, processes)
        parts += targets.target_parts(layout, book, population, {part.id for part in more if isinstance(part, Node)})
        for agent in sorted(wired.inputs):
            parts += drug_levels.level_parts(layout, book, population, agent)
    parts += wiring.parts
    parts += axes.shared_parts(book)
    asked = {override.name for override in scenario.parameters}
    parts += targeting.uptake_parts(layout, book, asked)
    parts += packaging.packaging_parts(layout, book, asked)
    parts += feedback.feedback_parts(layout, book, asked)
    fixed: list[Event] = []
    for entry in scenario.interventions:
        more, events = interventions.intervention_parts(layout, book, entry, processes)
        parts += more
        fixed += events
    fixed += _medium_changes(scenario, layout, book)
    fixed += pulses.events(scenario, book)
    if INDUCED in layout.origins:
        parts = induced.split(layout, book, parts)
    network = Network(scenario.name, [*book.parameters.values(), *parts])
    return Model(scenario, catalog, layout, book, network, tuple(fixed), {who: tuple(laid) for who, laid in wiring.laid.items()})


def _layout(scenario: Scenario, catalog: Catalog, origin_tags: bool) -> Layout:
    layout = Layout(
        origins=ORIGINS if origin_tags else ("",), contexts=scenario.contexts, naked=_asked(scenario, "naked_decay_rate")
    )
    layout.nutrients = metabolism.nutrients(scenario)
    if scenario.arena.kind == "circulation":
        layout.sides += circulation.sides(scenario.arena)
    else:
        layout.sides.append(Side("medium", "medium.volume"))
    if scenario.arena.kind == "transwell":
        layout.sides.append(Side("insert", "insert.volume"))
    for entry in scenario.populations:
        line = catalog.cell_line(entry.cell_line)
        if entry.count <= 0.0:
            continue  # an empty population is left out: every content per cell would be 0/0
        layout.populations.append(Population(entry.id, line.id, entry.count, layout.side(entry.side)))
    if not layout.populations:
        raise InputError("no population holds any cell", "at least one population with count above 0")
    for drug in scenario.drugs:
        record = catalog.drug(drug.id)
        if record.status != "modelled":
            modelled = [other.id for other in catalog.records("drugs") if other.status == "modelled"]
            raise InputError(
                f"drug '{drug.id}' is named in the catalogue but has no parameters yet", ", ".join(modelled),
                "Add its parameters in a parameter file, or choose one of these",
            )  # fmt: skip
        if record.mode == "pulse":
            raise InputError(f"'{drug.id}' has no concentration", "an entry of `pulses`", "List it under `pulses`, with its dose")
        (layout.antibodies if record.mode == "surface_antibody" else layout.drugs).append(drug.id)
    layout.factors.extend(catalog.factor(entry.id).id for entry in scenario.factors)
    for name in dict.fromkeys([*scenario.cargo, *_axis_cargo(scenario, catalog)]):
        layout.cargo.append(Cargo(name, catalog.cargo(name).type))
    for population in layout.populations:
        layout.classes.append(VesicleClass(population.id, population.cell_line, maker=population.id))
    for vesicle in scenario.vesicles:
        layout.classes += preparations.classes(vesicle, catalog)
    return layout


def _axis_cargo(scenario: Scenario, catalog: Catalog) -> list[str]:
    """Cargo that the named axes need to be carried."""
    return [catalog.axis(name).cargo for name in scenario.axes if catalog.axis(name).cargo]


def _arena(scenario: Scenario, book: Book) -> None:
    arena, environment = scenario.arena, scenario.environment
    if arena.kind == "circulation":
        circulation.arena_numbers(arena, book)
    else:
        book.plain("medium.volume", arena.fluid, "mL")
    book.plain("arena.capacity", arena.room, "cell")
    book.plain("arena.mixing", arena.mixing, "dimensionless")
    if arena.kind == "transwell":
        book.plain("insert.volume", arena.insert_volume or 0.0, "mL")
        book.plain("arena.pore_flow", arena.pore_exchange or 0.0, "mL/h")
    for stress in ("hypoxia", "acidity", "starvation"):
        book.plain(f"environment.{stress}", getattr(environment, stress), "dimensionless")


def _parts(scenario: Scenario, catalog: Catalog, layout: Layout, book: Book) -> list[Part]:
    parts: list[Part] = [
        *cells.exchanges(),
        *vesicles.exchanges(layout),
        *drugs.exchanges(layout),
        *antibody.exchanges(layout),
        *cells.census(layout),
    ]
    for drug in layout.drugs:
        parts += drugs.partition_parts(layout, book, drug)
    for side in layout.sides:
        for drug in layout.drugs:
            parts += drugs.medium_parts(layout, book, side, drug)
        for name in layout.antibodies:
            parts += antibody.medium_parts(layout, book, side, name)
    for group in layout.classes:
        parts += vesicles.class_parts(layout, book, group)
        for side in layout.sides:
            for drug in layout.drugs:
                parts += drugs.medium_drug_parts(layout, side, group, drug)
            for name in layout.antibodies:
                for antigen in antibody.antigens(layout, catalog, name):
                    parts += antibody.vesicle_parts(layout, book, side, group, name, antigen)
        if scenario.arena.kind == "transwell":
            parts += vesicles.transwell_parts(layout, book, group, *layout.sides)
    if scenario.arena.kind == "transwell":
        for drug in layout.drugs:
            parts += drugs.transwell_drug_parts(layout, book, drug, *layout.sides)
        for name in layout.antibodies:
            parts += drugs.transwell_drug_parts(layout, book, name, *layout.sides)
    parts += circulation.circulation_parts(scenario, layout, book)
    parts += naked.naked_parts(layout, book)
    for population in layout.populations:
        parts += _population(catalog, layout, book, population)
    parts = metabolism.with_metabolism(scenario, layout, book, parts)
    if _asked(scenario, "contact_transfer_rate"):
        for donor, recipient in permutations(layout.populations, 2):
            if donor.side == recipient.side:
                parts += cells.contact_parts(layout, book, donor, recipient)
    if _asked(scenario, "switching_rate"):
        for source, target in permutations(layout.populations, 2):
            if source.side == target.side:
                parts += cells.switching_parts(book, source, target, switching.held_by(source, parts))
    return parts


def _asked(scenario: Scenario, name: str) -> bool:
    """Processes that are absent unless asked for: contact between cells, heritable switching."""
    return any(override.name == name for override in scenario.parameters)


def _population(catalog: Catalog, layout: Layout, book: Book, population: Population) -> list[Part]:
    own = next(group for group in layout.classes if group.maker == population.id)
    parts = cells.population_parts(layout, book, population)
    parts += vesicles.maker_parts(layout, book, population, own)
    parts += vesicles.route_parts(book, population)
    for cargo in layout.cargo:
        parts += vesicles.cargo_parts(layout, book, population, cargo)
        parts += vesicles.loading_parts(layout, book, population, cargo, own)
        parts += axes.level_parts(layout, population, cargo)
    for drug in layout.drugs:
        parts += drugs.cell_parts(layout, book, population, drug)
        if liposomes.held(catalog, drug):
            parts += liposomes.liposome_parts(layout, book, population, drug)
        parts += drugs.ilv_drug_parts(layout, population, own, drug)
        for cargo in layout.cargo:
            if cargo.type == "pump_protein" and cargo.id in catalog.drug(drug).pumps:
                parts += drugs.pump_parts(layout, book, population, drug, cargo)
    for ray in layout.rays:
        parts += pulses.ray_parts(layout, book, population, ray)
    for name in layout.antibodies:
        for antigen in antibody.antigens(layout, catalog, name):
            reach = immune.effectors(layout, catalog, population.side)
            parts += antibody.cell_parts(layout, book, population, name, antigen, reach)
    for group in layout.classes:
        parts += vesicles.uptake_parts(layout, book, population, group)
    return parts


def _tolerance(population: Population, factors: list[Reference]) -> list[Part]:
    """The damage a cell bears: its threshold times what the axes make of it."""
    parts: list[Part] = []
    value: Reference = f"{population.id}.damage_threshold"
    for index, factor in enumerate(factors):
        name = f"{population.id}.tolerance_step_{index}"
        parts.append(Derived(name, kinetics.product, {"first": value, "second": factor}))
        value = name
    parts.append(Derived(f"{population.id}.tolerance", kinetics.constant, {"rate": value}))
    return parts


def _medium_changes(scenario: Scenario, layout: Layout, book: Book) -> list[Event]:
    events = []
    values = {key: part.value for key, part in book.parameters.items()}
    for change in scenario.medium_changes:
        remove = {}
        for side in layout.sides:
            for substance in (*layout.drugs, *layout.antibodies):
                remove[layout.medium(side, substance)] = change.fraction
            for factor in layout.factors:
                remove[layout.factor(side, factor)] = change.fraction
            for group in layout.classes:
                remove[layout.vesicles(side, group)] = change.fraction
        remove |= naked.washed(layout, change.fraction)
        fresh = metabolism.fresh_amounts(layout, values, change.fraction)
        remove |= dict.fromkeys(fresh, change.fraction)
        events.append(Event(change.at, add=fresh, remove=remove, label="medium change"))
    return events
