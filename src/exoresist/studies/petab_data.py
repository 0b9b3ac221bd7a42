"""From a table of readings to the values of a problem: arms, doses and units held against the scenario that they are of."""

from __future__ import annotations

from collections.abc import Sequence

from exoresist.assembly.readings import Reading
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError, unknown_name
from exoresist.studies.petab_export import Measured, Setup, arm_setups, drug_of, formula_of


def measured(readings: Sequence[Reading], scenario: Scenario, catalog: Catalog, arm: str | None) -> list[Measured]:
    """Readings in nM and in the units of the model; of one arm only if one is asked for.

    raises  InputError for several experiments, unknown arms and readouts, other units, doses of what is not varied, each with its line
    """
    names = sorted({reading.experiment for reading in readings})
    if len(names) > 1:
        told = ", ".join(name or "none named" for name in names)
        raise InputError(f"the table holds several experiments: {told}", "one scenario's readings", "Split the table")
    setups, drug = arm_setups(scenario, catalog, None), drug_of(scenario) or ""
    found = []
    for reading in readings:
        if arm is not None and reading.arm not in ("", arm):
            continue
        if reading.arm and reading.arm not in setups:
            raise reading.at(unknown_name("Arm", reading.arm, setups))
        setup = setups[reading.arm] if reading.arm else next(iter(setups.values()))
        found.append(Measured(reading.arm, reading.time, reading.dose_of(drug), reading.readout, _value(reading, setup)))
    return found


def _value(reading: Reading, setup: Setup) -> float:
    """In the unit of the pool that is read; of anything else as it stands."""
    try:
        pool = setup.model.network.pools.get(str(formula_of(setup.model, reading.readout)))
    except InputError as error:
        raise reading.at(error) from None
    return reading.value if pool is None else reading.value_in(pool.unit)
