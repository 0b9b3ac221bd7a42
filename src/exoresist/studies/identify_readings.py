"""What a laboratory would read of an experiment: conditions, noise, and how well a world explains the readings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.core.random import stream
from exoresist.studies.identify_bench import Bench, LabArm
from exoresist.studies.likelihood import Normal

Array = NDArray[np.float64]

CELLS, VIABILITY = "cells", "viability"
# What all wells of a condition share (a dilution, a place on the plate, the day), in units of a well's own variance: more wells do not
# average it out.
SHARED = 1.0
ADDITIVE = 0.25  # scatter of the background, as a share of the scatter of an untreated well


@dataclass(frozen=True)
class Condition:
    """Wells that are treated alike and read alike.

    dose     nM; `time` h; `readout`: cells, or viability (cells over the untreated cells of the same arm)
    wells    how many
    """

    arm: str
    dose: float
    time: float
    readout: str
    wells: int


@dataclass(frozen=True)
class Readings:
    """Means over the wells of every condition, and their noise.

    A well scatters by σ² = additive² + (relative · µ)²; the mean of n wells by σ² · (1/n + SHARED).

    observed  (C,) means; None in a design that has not been done
    additive  (C,) unit of the reading; `relative`: coefficient of variation
    """

    conditions: tuple[Condition, ...]
    additive: Array
    relative: float
    observed: Array | None = None

    @property
    def wells(self) -> Array:
        return np.array([one.wells for one in self.conditions], dtype=float)

    def noise(self, variance: Array | float = 0.0) -> Normal:
        """Noise of the means. variance: of a prediction's own error, in units of a well's σ²; the wells share that error."""
        wider = np.sqrt(1.0 / self.wells + SHARED + variance)
        return Normal(self.additive * wider, self.relative * wider)

    def log_likelihood(self, predicted: Array, variance: Array | float = 0.0) -> Array:
        """(N,) ln likelihood of (N, C) predictions."""
        assert self.observed is not None
        return np.asarray(self.noise(variance).log_likelihood(self.observed, predicted).sum(axis=-1))

    def drawn(self, predicted: Array, seed: int, *key: object) -> Readings:
        """The same design with readings drawn about (C,) predictions."""
        return replace(self, observed=self.noise().draw(predicted, stream(seed, "readings", *key)))

    def scaled(self, predicted: Array) -> Array:
        """Readings on a scale on which one well scatters by about 1 everywhere: asinh(µ·r/a)/r."""
        return np.asarray(np.arcsinh(predicted * self.relative / self.additive) / self.relative)

    def unscaled(self, scaled: Array) -> Array:
        """Back from `scaled`."""
        return np.asarray(np.sinh(np.clip(scaled * self.relative, -50.0, 50.0)) * self.additive / self.relative)

    def joined(self, other: Readings) -> Readings:
        """Both experiments together (of a design that has not been done: no readings)."""
        both = self.observed is not None and other.observed is not None
        return Readings(
            (*self.conditions, *other.conditions), np.concatenate([self.additive, other.additive]), self.relative,
            np.concatenate([self.observed, other.observed]) if both else None,
        )  # fmt: skip


def planned(made: Bench) -> Readings:
    """The scenario's own design: every arm at every dose and time, with the assay's replicates and noise."""
    assay = made.scenario.assay
    wells = int(getattr(assay, "replicates", 3))
    relative = max(float(getattr(assay, "noise", 0.05)), 0.01)
    conditions = tuple(
        Condition(arm, dose, time, CELLS, wells) for arm in made.arms for time in made.times for dose in made.doses
    )
    return Readings(conditions, background(made, conditions, relative), relative)


def background(made: Bench, conditions: Sequence[Condition], relative: float) -> Array:
    """(C,) scatter that no signal lowers: a share of the scatter of untreated wells."""
    count = max(one.count for one in made.scenario.populations if one.id == made.scenario.assay.population)
    return np.array([ADDITIVE * relative * (1.0 if one.readout == VIABILITY else count) for one in conditions])


def predicted(made: Bench, conditions: Sequence[Condition], cells: Mapping[str, Array]) -> Array:
    """(N, C) what is read in every world, from arm -> (N, D, T) cells over the bench's doses and times."""
    doses, times = list(made.doses), list(made.times)
    columns = []
    for one in conditions:
        dose, time = doses.index(one.dose), times.index(one.time)
        value = cells[one.arm][:, dose, time]
        columns.append(value / cells[one.arm][:, 0, time] if one.readout == VIABILITY else value)
    return np.column_stack(columns)


def arms_read(made: Bench, conditions: Sequence[Condition]) -> dict[str, LabArm]:
    """Arms that have a condition, in the order of the scenario."""
    read = {one.arm for one in conditions}
    return {name: arm for name, arm in made.arms.items() if name in read}
