"""Rival explanations of a protection: what else than known cargo could lie behind it, wired in as mechanisms of the model.

Each has one strength, zero by default, so that a model with rivals and no strength is the model without. Their numbers are rows of the
catalogue with the subject `rival`, all assumed: these are the alternatives that a design must tell apart, not claims about what cells do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from exoresist.assembly.build import Model, build
from exoresist.assembly.drugs import transwell_drug_parts
from exoresist.assembly.layout import Cargo, Layout, Side
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.units import convert
from exoresist.laws import kinetics
from exoresist.network import Amount, Derived, Event, Modulation, Parameter, PerSize, Pool, Process, Sum
from exoresist.network.parts import Part, Reference

UNNAMED = "unnamed"  # cargo of the donors that no catalogue names
FACTOR = "factor_unnamed"  # what donors dissolve in the medium, likewise
STRENGTHS = {"transfer": "copy/cell", "soluble": "nM", "sink": "mL/h/cell", "decoy": "mL/h/particle", "growth": "dimensionless"}
NONE = 1e-9  # copies per cell of those that hold no unnamed cargo: a size that can be divided by


@dataclass(frozen=True)
class Priors:
    """What is expected of rivals before any reading: assumed rows of the catalogue, read once for an experiment.

    least, most     ends of a strength's log-uniform prior
    present         strength from which a rival counts as there
    growth_spread   standard deviation of ln growth beside donors over alone
    potency_spread  standard deviation of ln potency around what the reference arm shows
    """

    least: float
    most: float
    present: float
    growth_spread: float
    potency_spread: float


def priors(catalog: Catalog) -> Priors:
    """The rows `rival_strength`, `rival_present`, `rival_growth_spread` of `rival`, and `potency_spread` of `plate`."""
    strengths = catalog.parameter("rival_strength", "rival")
    present, growth = (catalog.parameter(name, "rival").value for name in ("rival_present", "rival_growth_spread"))
    return Priors(strengths.low, strengths.high, present, growth, catalog.parameter("potency_spread", "plate").value)


def strength(rival: str) -> str:
    """Parameter that holds the strength of a rival."""
    return f"rival.{rival}"


def with_rivals(scenario: Scenario, catalog: Catalog, lines: frozenset[str], brought: float = 0.0) -> Model:
    """A scenario wired with every rival that its arm can hold, each of strength 0.

    lines    cell lines of the donors: their populations (the one that is read excepted) and preparations hold the unnamed cargo
    brought  nM of the dissolved factor that comes with the medium at time 0, or with each preparation

    The rivals: `transfer` (unnamed cargo in the donors' vesicles raises the damage a recipient bears), `soluble` (a dissolved factor of the
    donors does so), `sink` (donors take drug away), `decoy` (their vesicles do), `growth` (recipients grow faster or slower beside them).
    """
    model = build(scenario, catalog, carried=[Cargo(UNNAMED, "unnamed")])
    layout, network = model.layout, model.network
    read = scenario.assay.population
    donors = [one for one in layout.populations if one.id != read and one.cell_line in lines]
    makers = {one.id for one in donors}
    given = [one for one in layout.classes if not one.maker and one.cell_line in lines]
    groups = [one for one in layout.classes if one.maker in makers or one in given]
    parts: list[Part] = [Parameter(strength(rival), 1.0 if rival == "growth" else 0.0, _unit(rival)) for rival in STRENGTHS]
    parts += _contents(layout, catalog, network.parameters, {one.id for one in groups})
    parts += _dissolved(layout, model, catalog, makers)
    parts += _protection(layout, model, read)
    drugs = [*layout.drugs, *layout.antibodies]
    for drug in drugs:
        gone = f"metabolised.drug_{drug}" if drug in layout.drugs else f"degraded.drug_{drug}"
        for one in donors:
            cells: Reference = PerSize(one.cells, one.side.volume)
            parts.append(_taken(f"{one.id}.rival_sink_{drug}", layout.medium(one.side, drug), gone, "sink", cells))
        for group in groups:
            for side in layout.sides:
                pool = layout.vesicles(side, group)
                parts.append(
                    _taken(f"{pool}.rival_decoy_{drug}", layout.medium(side, drug), gone, "decoy", PerSize(pool, side.volume))
                )
    if groups and f"{read}.growth" in network.processes:
        parts.append(Modulation(f"{read}.growth", kinetics.constant, {"rate": strength("growth")}, tag="rival:growth"))
    fixed = _events(model, {one.id for one in given}, brought)
    return replace(model, network=network.with_parts(*parts), fixed_events=fixed)


def _unit(rival: str) -> str:
    # Transfer and solubles: protection per level reached; hence one over the level's unit.
    return f"1/({STRENGTHS[rival]})" if rival in ("transfer", "soluble") else STRENGTHS[rival]


def _number(catalog: Catalog, name: str, unit: str) -> float:
    row = catalog.parameter(name, "rival")
    return row.value * convert(1.0, row.unit, unit)


def _contents(layout: Layout, catalog: Catalog, parameters: Mapping[str, Parameter], holding: set[str]) -> list[Part]:
    """Only donors and their preparations hold the unnamed cargo."""
    changed: list[Part] = []

    per_vesicle = _number(catalog, "rival_copies_per_vesicle", "copy/particle")
    copies, decay = _number(catalog, "rival_copies", "copy/cell"), _number(catalog, "rival_decay_rate", "1/h")

    def put(name: str, value: float) -> None:
        if name in parameters:
            changed.append(Parameter(name, value, parameters[name].unit))

    for group in layout.classes:
        key, held = f"{group.id}.{UNNAMED}", group.id in holding
        put(f"{key}.copies_per_vesicle", per_vesicle if held else 0.0)
        put(f"{key}.copies", copies if held else NONE)
        put(f"{key}.sorter", 1.0 if held else 0.0)
    for population in layout.populations:
        put(f"{population.id}.{UNNAMED}.turnover_rate", decay)
    return changed


def _dissolved(layout: Layout, model: Model, catalog: Catalog, makers: set[str]) -> list[Part]:
    """The dissolved factor: made by donors, lost, across a porous membrane like any molecule."""
    rate, loss = "rival.factor_secretion", "rival.factor_loss"
    parts: list[Part] = [
        Parameter(rate, _number(catalog, "rival_secretion_rate", "pmol/cell/h"), "pmol/cell/h"),
        Parameter(loss, _number(catalog, "rival_decay_rate", "1/h"), "1/h"),
        Pool("made.rival_factor", "pmol", exchange=True, scale=1e-6),
        Pool("lost.rival_factor", "pmol", exchange=True, scale=1e-6),
    ]
    for side in layout.sides:
        pool = f"{side.id}.{FACTOR}"
        parts.append(Pool(pool, "pmol", size=side.volume, scale=1e-6))
        parts.append(Process(f"{pool}_loss", pool, "lost.rival_factor", kinetics.constant, {"rate": loss}, specific=True))
    for one in layout.populations:
        if one.id in makers:
            inputs: dict[str, Reference] = {"first": rate, "second": Amount(one.cells)}
            sink = f"{one.side.id}.{FACTOR}"
            parts.append(Process(f"{one.id}.rival_secretion", "made.rival_factor", sink, kinetics.product, inputs))
    if len(layout.sides) == 2 and "arena.pore_flow" in model.network.parameters:
        parts += transwell_drug_parts(layout, model.book, FACTOR, *layout.sides)
    return parts


def _protection(layout: Layout, model: Model, read: str) -> list[Part]:
    """The recipients bear (1 + transfer · copies + soluble · factor) times the damage; other ways to die slow down by as much."""
    network = model.network
    one = model.recipients()
    copies = f"{read}.{UNNAMED}_per_cell"
    gained = f"{read}.rival_protection"
    old = network.derived[f"{read}.tolerance"]
    parts: list[Part] = [
        Parameter("rival.whole", 1.0, "dimensionless"),
        Derived(copies, kinetics.ratio, {"numerator": f"{read}.{UNNAMED}.total", "denominator": Amount(one.cells)}),
        Derived(f"{read}.rival_by_cargo", kinetics.product, {"first": strength("transfer"), "second": copies}),
        Derived(f"{read}.rival_by_factor", kinetics.product, {"first": strength("soluble"), "second": f"{one.side.id}.{FACTOR}"}),
        Sum(gained, [f"{read}.rival_by_cargo", f"{read}.rival_by_factor"]),
        Sum(f"{read}.rival_fold", ["rival.whole", gained]),
        replace(old, id=f"{read}.tolerance_own"),
        Derived(f"{read}.tolerance", kinetics.product, {"first": f"{read}.tolerance_own", "second": f"{read}.rival_fold"}),
    ]
    for process in network.processes.values():
        if process.source == one.cells and process.sink == "dead.cell" and process.id != f"{read}.death":
            inputs: dict[str, Reference] = {"concentration": gained, "half": "rival.whole", "most": "rival.whole"}
            parts.append(Modulation(process.id, kinetics.inhibition, inputs, tag="rival:protection"))
    return parts


def _taken(identifier: str, source: str, sink: str, rival: str, density: Reference) -> Process:
    inputs: dict[str, Reference] = {"first": strength(rival), "second": density}
    return Process(identifier, source, sink, kinetics.product, inputs, specific=True, name=f"rival_{rival}")


def _events(model: Model, given: set[str], brought: float) -> tuple[Event, ...]:
    """The factor comes with conditioned medium or impure preparations, and leaves with the medium it is dissolved in."""
    sides: list[Side] = model.layout.sides
    pools = {side.id: f"{side.id}.{FACTOR}" for side in sides}
    events: list[Event] = []
    for event in model.fixed_events:
        if event.label == "medium change":
            fraction = next(iter(event.remove.values()), 0.0)
            event = replace(event, remove={**event.remove, **dict.fromkeys(pools.values(), fraction)})
        events.append(event)
    home = model.recipients().side
    volume = model.network.parameters[home.volume].value
    for entry in model.scenario.vesicles:
        if entry.id in given and entry.per_cell > 0.0 and brought > 0.0:
            events.append(Event(entry.at, add={pools[home.id]: brought * volume}, label=f"dissolved with {entry.id}"))
            if entry.until is not None:
                events.append(Event(entry.until, remove={pools[home.id]: 1.0}, label=f"{entry.id} and its fluid out"))
    return tuple(events)
