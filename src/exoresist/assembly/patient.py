"""A patient: the stirred dish of a tumour, joined to the blood and to a body fluid.

The scenario's populations are a sample of the tumour in its own fluid, which grows with the cells. A drug is given into its volume of
distribution, trades with the tumour's fluid and is eliminated; vesicles escape from the tumour's fluid into a body fluid and are
cleared there. Vesicles of normal cells are a background that adds to them (`studies.virtual_patients`).

All amounts belong to the sample, so that a small and a large tumour are solved to the same accuracy; what the sample stands for is
told by the number `patient.sample_share`, sample cells over cells of the tumour, which also scales the volume of distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.layout import VesicleClass, exchange_pools
from exoresist.core.errors import InputError
from exoresist.laws import kinetics
from exoresist.network import Amount, Derived, Event, Modulation, Network, Parameter, Pool, Process, Route
from exoresist.network.parts import Part

Array = NDArray[np.float64]
Values = Mapping[str, "float | Array"]
SHARE = "patient.sample_share"
LAST_CELL = "patient.last_cell"
FLOOR = 1e-6  # of the tumour's fluid at the start: what is left when the tumour is gone
FINER = 1e-3  # of the usual absolute tolerance of what is in cells: a clone may be a ten-thousandth of the tumour


@dataclass(frozen=True)
class Patient:
    """A tumour's model with the rest of the body; has what `compartments.culture` asks for.

    model   the tumour, its network that of the whole patient
    doses   times of every dose, h, and the drug given
    """

    model: Model
    doses: tuple[tuple[float, str], ...]

    @property
    def network(self) -> Network:
        return self.model.network

    def start(self, values: Values | None = None) -> dict[str, float | Array]:
        """Amounts at the start: the sample as the scenario counts it, no drug, no vesicles outside."""
        return self.model.start(values)

    def sized(self, values: Values, cells: Mapping[str, Array]) -> dict[str, float | Array]:
        """`start` with other numbers of cells in the sample: population -> (sets,) cells; what they hold goes with them."""
        result = dict(self.start(values))
        for population in self.model.layout.populations:
            factor = cells[population.id] / population.count
            mine = [name for name in result if name.startswith(f"{population.id}.") and name in self.network.pools]
            result.update({name: result[name] * factor for name in mine})
        return result

    def events(
        self,
        values: Values | None = None,
        doses: Values | None = None,
        per_cell: Values | None = None,
        loads: Mapping[str, Mapping[str, float | Array]] | None = None,
    ) -> list[Event]:
        """Every dose, and what interventions do. `doses`: drug -> nM over its volume of distribution."""
        listed = list(self.model.fixed_events)
        standard = {drug.id: drug.dose for drug in self.model.scenario.drugs}
        parameters = self.network.parameters
        known: dict[str, Any] = {key: part.value for key, part in parameters.items()} | dict(values or {})
        for time, drug in self.doses:
            amount = (doses or {}).get(drug, standard[drug]) * known[f"{drug}.distribution_volume"] * known[SHARE]
            listed.append(Event(time, add={_blood(drug): amount}, label=f"{drug} given"))
        return sorted(listed, key=lambda event: event.time)

    def in_fluid(self, group: VesicleClass, kind: str = "") -> str:
        """Name of the pool of a class of vesicles in the body fluid, or of what they carry there."""
        pool = _fluid(group)
        return self.model.layout.content(pool, kind) if kind else pool


def patient(model: Model, fluid: str, doses: tuple[tuple[float, str], ...]) -> Patient:
    """Join a tumour's model to blood and a body fluid.

    Raises InputError for a fluid or a drug without numbers, and for antibodies, whose targets outside the tumour are no part of this.
    """
    layout, book = model.layout, model.book
    if layout.antibodies:
        raise InputError(
            f"'{layout.antibodies[0]}' is an antibody",
            "drugs that enter cells",
            "Cohorts have no plasma targets of antibodies yet",
        )
    _check_fluid(model, fluid)
    book.plain(SHARE, 1.0, "dimensionless")
    cells = sum(population.count for population in layout.populations)
    book.plain("patient.fluid_per_cell", model.scenario.arena.fluid / cells, "mL/cell")
    # A floor, the fluid of a few thousand cells of the tumour: without it a tumour that dies out would leave no volume to divide by.
    book.plain("patient.least_fluid", FLOOR * model.scenario.arena.fluid, "mL")
    parts: list[Part] = [
        Derived("patient.cell_fluid", kinetics.product, {"first": "patient.fluid_per_cell", "second": "medium.population"}),
        Derived("medium.volume", kinetics.total, {"first": "patient.cell_fluid", "second": "patient.least_fluid"}),
        *_last_cells(model),
        *_drugs(model),
        *_vesicles(model, fluid),
    ]
    book.parameters.pop("medium.volume", None)
    inside = {pool.id for pool in model.network.pools.values() for who in layout.populations if pool.id.startswith(f"{who.id}.")}
    kept = [_debris(part, layout.drugs) for part in model.network.parts() if not isinstance(part, Parameter)]
    kept = [replace(part, scale=FINER * part.scale) if isinstance(part, Pool) and part.id in inside else part for part in kept]
    network = Network(model.network.name, [*book.parameters.values(), *kept, *parts])
    return Patient(replace(model, network=network), doses)


def _last_cells(model: Model) -> list[Part]:
    """Death slows down below one cell of the patient's tumour: what is less than a cell is read as none, and nothing is divided by zero."""
    book = model.book
    book.plain(LAST_CELL, 1.0, "cell")
    exponent = book.plain("patient.last_cell_exponent", 1.0, "dimensionless")
    return [
        Modulation(
            f"{population.id}.death",
            kinetics.hill,
            {"level": Amount(population.cells), "half": LAST_CELL, "exponent": exponent},
            tag="patient:last_cell",
        )
        for population in model.layout.populations
    ]


def _debris(part: Part, drugs: list[str]) -> Part:
    """Dead cells are carried off with the drug in them, to the blood: left in a fluid that shrinks with the tumour, what they bound
    would reach concentrations that kill what is left.
    """
    if not isinstance(part, Process) or part.name != "death":
        return part
    away = {f"{where}:{drug}": (Route(_blood(drug)),) for drug in drugs for where in ("inside", "exchangeable", "retained")}
    return replace(part, fates={**part.fates, **away})


def _blood(drug: str) -> str:
    return f"blood.{drug}"


def _fluid(group: VesicleClass) -> str:
    return f"fluid.vesicles_{group.id}"


def _check_fluid(model: Model, fluid: str) -> None:
    if not model.catalog.has_parameter("fluid_clearance_rate", f"fluid:{fluid}"):
        known = [row.subject.removeprefix("fluid:") for row in model.catalog.parameters() if row.name == "fluid_clearance_rate"]
        raise InputError(f"there is no body fluid '{fluid}'", ", ".join(known))


def _drugs(model: Model) -> list[Part]:
    """Blood, exchange with the tumour's fluid, and elimination of every drug."""
    book, parts = model.book, list[Part]()
    for drug in model.layout.drugs:
        volume = book.number(f"{drug}.distribution_volume", "distribution_volume", "mL", f"drug:{drug}", use="elimination")
        rate = book.number(f"{drug}.elimination_rate", "elimination_rate", "1/h", f"drug:{drug}", use="elimination")
        trade = book.number(
            f"{drug}.tumour_exchange", "tumour_exchange_rate", "1/h", f"drug:{drug}", "drug", use="tumour_exchange"
        )
        element = f"drug:{drug}"
        parts += [
            Derived(f"{drug}.sample_volume", kinetics.product, {"first": volume, "second": SHARE}),
            Derived(f"{drug}.tumour_flow", kinetics.product, {"first": trade, "second": "medium.volume"}),
            Pool(_blood(drug), "pmol", element=element, size=f"{drug}.sample_volume", scale=1e-3),
            *exchange_pools(("eliminated",), element, "pmol", 1e-3),
            Process(
                f"blood.elimination_{drug}", _blood(drug), f"eliminated.drug_{drug}", kinetics.constant, {"rate": rate},
                specific=True, name="elimination",
            ),
            Process(
                f"blood.tumour_exchange_{drug}", _blood(drug), f"medium.{drug}", kinetics.passive_exchange,
                {"clearance": f"{drug}.tumour_flow", "outside": _blood(drug), "inside": f"medium.{drug}"}, name="tumour_exchange",
            ),
        ]  # fmt: skip
    return parts


def _vesicles(model: Model, fluid: str) -> list[Part]:
    """Escape of vesicles from the tumour to the body fluid, and their clearance there."""
    layout, book, parts = model.layout, model.book, list[Part]()
    escape = book.number("patient.vesicle_escape", "vesicle_escape_rate", "1/h", "patient", use="vesicle_escape")
    clearance = book.number("fluid.clearance_rate", "fluid_clearance_rate", "1/h", f"fluid:{fluid}", use="fluid_clearance")
    side = layout.sides[0]
    for group in layout.classes:
        outside, away = layout.vesicles(side, group), _fluid(group)
        lost = {kind: routes for kind, routes in layout.lost(side, "cleared").items()}
        for drug in layout.drugs:  # what vesicles lose in the fluid is free in the blood, not in the tumour
            lost[f"exchangeable:{drug}"] = lost[f"retained:{drug}"] = (Route(_blood(drug)),)
        parts += [
            Pool(away, "particle", element="vesicle", scale=1e3),
            *layout.vesicle_pools(away),
            Process(
                f"{outside}.vesicle_escape", outside, away, kinetics.constant, {"rate": escape}, specific=True,
                fates=layout.moved_along(away),
            ),
            Process(
                f"{away}.fluid_clearance", away, "cleared.vesicle", kinetics.constant, {"rate": clearance}, specific=True,
                fates=lost,
            ),
        ]  # fmt: skip
    return parts
