"""Virtual patients and healthy persons: what is drawn for each, from the catalogue's ranges.

Ranges of the numbers in `differ` are read as the spread between patients; all other numbers keep their central value, so that a
cohort shows how patients differ and not how unsure the model is. Draws are keyed by what is drawn: arms share every one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.cohort import Cohort
from exoresist.assembly.layout import Cargo
from exoresist.assembly.start import vesicle_area
from exoresist.catalog import Catalog
from exoresist.core.quantity import Quantity
from exoresist.core.random import stream
from exoresist.core.units import convert
from exoresist.network import Parameter

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Patients:
    """What a cohort's patients bring with them; all arrays are (N,).

    burden      tumour cells when treatment begins; `lethal`, `capacity`, `detectable`: cells at which patients die, at which growth
                would stop, and below which a scan shows nothing
    carries     whether resistant cells are there from the start, and `resistant_share` of them
    expression  cargo -> level in the tumour over the middle one; `clone_fold`: cargo -> that of the resistant clone on top
    lost        h after which a patient is lost to follow-up, or the study ends for the patient
    """

    seed: int
    burden: Array
    lethal: Array
    capacity: Array
    detectable: Array
    carries: NDArray[np.bool_]
    resistant_share: Array
    expression: Mapping[str, Array]
    clone_fold: Mapping[str, Array]
    lost: Array

    @property
    def count(self) -> int:
        return len(self.burden)

    def numbers(self, parameters: Mapping[str, Parameter], differ: Iterable[str]) -> dict[str, Array]:
        """Model parameter -> (N,) values of every number that differs between patients."""
        names, result = set(differ), {}
        for identifier, parameter in parameters.items():
            quantity = parameter.quantity
            if quantity is not None and quantity.name in names and quantity.is_uncertain:
                result[identifier] = drawn(quantity, self.count, self.seed) * convert(1.0, quantity.unit, parameter.unit)
        return result


def drawn(quantity: Quantity, count: int, seed: int, who: str = "patient") -> Array:
    """(count,) values of a catalogue row over its range, one in each of `count` equal slices of probability."""
    generator = stream(seed, who, quantity.name, quantity.subject)
    places = (generator.permutation(count) + generator.random(count)) / count
    return np.array([quantity.quantile(float(u)) for u in places])


def enrol(assay: Cohort, cargo: Iterable[Cargo], catalog: Catalog, seed: int, follow_up: float) -> Patients:
    """Draw a cohort's patients.

    follow_up  h from treatment to the end of the study for the first patient; those who enter later are seen for less long
    """
    count = assay.patients

    def number(name: str) -> Array:
        return drawn(catalog.parameter(name, "patient"), count, seed)

    def uniform(key: str) -> Array:
        generator = stream(seed, "patient", key)
        return np.asarray((generator.permutation(count) + generator.random(count)) / count)

    listed = list(cargo)
    spread = catalog.parameter("expression_spread", "patient").value
    share = catalog.parameter("resistant_at_start", "patient").value
    dropout = catalog.parameter("dropout_rate", "patient").value
    lost = -np.log(uniform("dropout")) / dropout
    raised = [item for item in listed if item.id in assay.resistant_by]
    detectable = catalog.parameter("detectable_burden", "patient").value
    return Patients(
        seed=seed,
        burden=np.maximum(number("burden_at_diagnosis"), 2.0 * detectable),  # only who has a tumour that scans show is enrolled
        lethal=number("lethal_burden"),
        capacity=number("tumour_capacity"),
        detectable=np.full(count, detectable),
        carries=(uniform("carries") < share) & (assay.resistant is not None),
        resistant_share=number("resistant_share"),
        expression={item.id: np.exp(spread * stream(seed, "expression", item.id).standard_normal(count)) for item in listed},
        clone_fold={
            item.id: drawn(catalog.parameter("clone_fold", f"cargo:{item.id}", f"cargo_type:{item.type}", "cargo"), count, seed)
            for item in raised
        },
        lost=np.minimum(lost, follow_up - assay.accrual * uniform("entry")),
    )


@dataclass(frozen=True)
class Background:
    """What vesicles of normal cells add in a person's body fluid; arrays are (N,).

    vesicles  per mL of fluid; `copies`: cargo -> copies per mL
    """

    vesicles: Array
    copies: Mapping[str, Array]


def background(model: Model, fluid: str, count: int, seed: int, who: str) -> Background:
    """Vesicles of normal cells: their number, and their cargo at the load of a tumour's middle level times `background_expression`.

    who  "patient" or "healthy": persons of the two groups are drawn by themselves, from the same ranges
    """
    catalog = model.catalog
    row = catalog.parameter("background_vesicles", f"fluid:{fluid}")
    vesicles = drawn(row, count, seed, who)
    copies = {}
    for cargo in model.layout.cargo:
        level = catalog.parameter("background_expression", f"cargo:{cargo.id}", f"cargo_type:{cargo.type}", "cargo")
        fold = drawn(_named(level, cargo.id), count, seed, who)
        copies[cargo.id] = vesicles * fold * load_per_vesicle(model, cargo)
    return Background(vesicles, copies)


def load_per_vesicle(model: Model, cargo: Cargo) -> float:
    """Copies that a vesicle of the tumour's own cells carries at the middle level, by the laws and numbers of the model."""
    who = model.recipients().id
    key = f"{who}.{cargo.id.replace('-', '_')}"
    values = {name: parameter.value for name, parameter in model.network.parameters.items()}
    if cargo.place == "dissolved":
        return float(values.get(f"{key}.copies_per_vesicle", 0.0) * values.get(f"{key}.sorter", 0.0))
    density = values[f"{key}.copies"] / values[f"{who}.cell_area"]
    return float(density * vesicle_area(who, values) * values[f"{key}.enrichment"] * values[f"{key}.sorter"])


def _named(quantity: Quantity, cargo: str) -> Quantity:
    """A row of a whole class, drawn for one cargo by itself: two markers of a person need not go together."""
    from dataclasses import replace

    return replace(quantity, subject=f"{quantity.subject}|{cargo}")
