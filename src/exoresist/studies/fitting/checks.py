"""Whether readings look as the fitted model would have made them: posterior predictive checks, and the bands of every curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.core.random import stream
from exoresist.studies.fitting.experiments import Place
from exoresist.studies.fitting.noise import ReadoutNoise
from exoresist.studies.fitting.posterior import Posterior

Array = NDArray[np.float64]
Row = dict[str, Any]
DRAWS = 200  # of the posterior, for bands and checks
LOW, HIGH = 0.05, 0.95
DOUBT = 0.01  # tail of the discrepancy beyond which a readout is said not to fit


@dataclass(frozen=True)
class Predictive:
    """What the posterior predicts for some readings.

    best        (N,) at the best point;  low, high (N,) 90 % of the posterior, without noise
    below, above (N,) 90 % of simulated readings, noise included
    draws       (S, N) predictions without noise;  simulated (S, N) with
    """

    places: tuple[Place, ...]
    best: Array
    low: Array
    high: Array
    below: Array
    above: Array
    draws: Array
    simulated: Array

    @property
    def observed(self) -> Array:
        return np.array([place.value for place in self.places])

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Readings inside their 90 % interval."""
        seen = self.observed
        return np.asarray((seen >= self.below) & (seen <= self.above))


def predictive(posterior: Posterior, best: Array, draws: Array, places: tuple[Place, ...], seed: int, what: str) -> Predictive:
    """Predictions of some readings at the best point and over draws of the posterior, with noise drawn for each."""
    points = np.concatenate([best[None], draws])
    mean = posterior.predicted(points, posterior.computed(points, places), places)
    usable = np.array(np.isfinite(mean).all(axis=1))
    usable[0] = False
    over, picked = mean[usable], points[usable]
    simulated = np.empty_like(over)
    for readout, noise in posterior.noises.items():
        pick = np.flatnonzero([place.readout == readout for place in places])
        if not len(pick):
            continue
        own = noise.at(np.median(over[:, pick], axis=0))
        fitted = posterior.fitted_noise(picked, readout)
        simulated[:, pick] = own.draw(
            over[:, pick], fitted, stream(seed, "fit", "readings", what, readout), [places[number].well for number in pick]
        )
    ends = np.quantile(over, [LOW, HIGH], axis=0)
    outer = np.quantile(simulated, [LOW, HIGH], axis=0)
    return Predictive(tuple(places), mean[0], ends[0], ends[1], outer[0], outer[1], over, simulated)


def checks(posterior: Posterior, draws: Array, found: Predictive) -> list[Row]:
    """Per readout: coverage of its readings, and the share of simulated data sets that are less probable than the measured.

    discrepancy D = -2 ln p(readings | point), of the readings and of readings simulated at the same point; p = P(D_simulated >= D)
    """
    rows = []
    usable = draws[: len(found.draws)]
    for readout, noise in posterior.noises.items():
        pick = posterior.readout_places(readout)
        fitted = posterior.fitted_noise(usable, readout)
        value = _p_value(noise, found, pick, fitted)
        residuals = found.observed[pick] - found.best[pick]
        rows.append(
            {
                "readout": posterior.file.readouts[readout].id,
                "readings": len(pick),
                "coverage": float(np.mean(found.covered[pick])),
                "p_value": value,
                "rmse": float(np.sqrt(np.mean(residuals**2))),
                "repeats": noise.repeats,
                "fits": bool(DOUBT <= value <= 1.0 - DOUBT),
            }
        )
    return rows


def _p_value(noise: ReadoutNoise, found: Predictive, pick: NDArray[np.intp], fitted: dict[str, Array]) -> float:
    observed = noise.log_likelihood(found.observed[pick], found.draws[:, pick], fitted).sum(axis=1)
    simulated = np.empty(len(found.draws))
    for row in range(len(found.draws)):
        one = {name: value[row : row + 1] for name, value in fitted.items()}
        simulated[row] = noise.log_likelihood(found.simulated[row, pick], found.draws[row : row + 1, pick], one).sum()
    return float(np.mean(simulated <= observed))
