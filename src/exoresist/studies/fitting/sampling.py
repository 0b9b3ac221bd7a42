"""The posterior, sampled: two independent ensembles of walkers (emcee), and whether they may be believed.

source  Foreman-Mackey et al. 2013, 10.1086/670067 (sampler); Goodman & Weare 2010, 10.2140/camcos.2010.5.65 (ensemble);
        Vehtari et al. 2021, 10.1214/20-BA1221 (split R-hat)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.core.progress import Progress, Silent
from exoresist.core.random import key_words, stream
from exoresist.studies.fitting.climb import Summit
from exoresist.studies.fitting.posterior import Posterior
from exoresist.studies.fitting.unknowns import REACH

Array = NDArray[np.float64]

ENSEMBLES = 2
CHUNK = 50  # steps between two looks at convergence
LONG = 10.0  # autocorrelation times that a chain needs before its own estimate of them is worth something
LEAST = 200  # steps before it may stop: short chains take themselves for independent
ALIKE = 1.02  # split R-hat at which it may stop
AGREE = 1.05  # split R-hat above which the ensembles are said to disagree


@dataclass(frozen=True)
class Posteriors:
    """Draws and what is known of them.

    draws          (M, P) z, thinned, of all ensembles after the warm-up; `densities` (M,)
    autocorrelation, effective, r_hat
                   (P,) steps; independent draws; split R-hat over ensembles and halves
    acceptance     share of proposals taken;  steps, warm_up  per walker
    """

    draws: Array
    densities: Array
    autocorrelation: Array
    effective: Array
    r_hat: Array
    acceptance: float
    steps: int
    warm_up: int
    walkers: int

    @property
    def converged(self) -> bool:
        """Whether ensembles agree and at least a hundred draws count as independent."""
        return bool(np.max(self.r_hat) <= AGREE and np.min(self.effective) >= 100.0)


def sample(posterior: Posterior, summit: Summit, seed: int, report: Progress | None = None) -> Posteriors:
    """Sample until the file's number of independent draws or steps; the same seed gives the same bits."""
    import emcee

    asked = posterior.file.sampling
    size = posterior.size
    walkers = max(asked.walkers, 2 * size + 2)
    walkers += walkers % 2
    samplers, states = [], []
    for number in range(ENSEMBLES):
        moves = [(emcee.moves.DEMove(), 0.6), (emcee.moves.DESnookerMove(), 0.15), (emcee.moves.StretchMove(), 0.25)]
        sampler = emcee.EnsembleSampler(walkers, size, posterior.log_density, moves=moves, vectorize=True)
        words = key_words(seed, "fit", "walkers", number)
        sampler.random_state = np.random.RandomState([word % 2**32 for word in words]).get_state()
        samplers.append(sampler)
        states.append(_beginning(posterior, summit, seed, number, walkers))
    tell = report or Silent()
    done = 0
    while done < asked.steps:
        chunk = min(CHUNK, asked.steps - done)
        for number, sampler in enumerate(samplers):
            states[number] = sampler.run_mcmc(states[number], chunk, skip_initial_state_check=True)
        done += chunk
        tell.advance(chunk / asked.steps)
        warm_up = _warm_up(done)
        times = _autocorrelation(samplers, warm_up)
        enough = ENSEMBLES * walkers * (done - warm_up) / np.max(times) >= asked.independent
        if not enough or done < LEAST or done - warm_up < LONG * np.max(times):
            continue
        chains = np.stack([sampler.get_chain(discard=warm_up) for sampler in samplers])
        if np.max(split_r_hat(chains)) <= ALIKE:
            break
    warm_up = _warm_up(done)
    chains = np.stack([sampler.get_chain(discard=warm_up) for sampler in samplers])  # ensembles, steps, walkers, P
    densities = np.stack([sampler.get_log_prob(discard=warm_up) for sampler in samplers])
    times = _autocorrelation(samplers, warm_up)
    total = chains.shape[0] * chains.shape[1] * chains.shape[2]
    flat, level = chains.reshape(total, size), densities.reshape(total)
    kept = min(asked.kept, total)
    pick = np.linspace(0, total - 1, kept).astype(int)
    return Posteriors(
        draws=flat[pick],
        densities=level[pick],
        autocorrelation=times,
        effective=np.minimum(total / times, total),
        r_hat=split_r_hat(chains),
        acceptance=float(np.mean([np.mean(sampler.acceptance_fraction) for sampler in samplers])),
        steps=done,
        warm_up=warm_up,
        walkers=walkers,
    )


def split_r_hat(chains: Array) -> Array:
    """(P,) sqrt(1 + between / within - 1 / n) over the halves of every ensemble, its walkers taken together.

    chains  (ensembles, steps, walkers, P)

    Walkers of one ensemble are no independent chains; ensembles are.
    """
    half = chains.shape[1] // 2
    parts = np.concatenate([chains[:, :half], chains[:, half : 2 * half]])
    flat = parts.reshape(len(parts), -1, chains.shape[-1])
    within = flat.var(axis=1, ddof=1).mean(axis=0)
    between = flat.mean(axis=1).var(axis=0, ddof=1)
    return np.asarray(np.sqrt(1.0 + np.divide(between, within, out=np.full_like(within, np.inf), where=within > 0.0)))


def _warm_up(done: int) -> int:
    return max(1, math.ceil(0.35 * done)) if done > 4 else 0


def _autocorrelation(samplers: list, warm_up: int) -> Array:
    """(P,) integrated autocorrelation time, steps, the longer of the ensembles'; at least 1."""
    from emcee.autocorr import integrated_time

    with np.errstate(divide="ignore", invalid="ignore"):  # a walker that never moved has no autocorrelation
        times = [integrated_time(sampler.get_chain(discard=warm_up), tol=0, quiet=True) for sampler in samplers]
    longest = np.max(np.stack(times), axis=0)
    steps = samplers[0].iteration - warm_up
    return np.clip(np.where(np.isfinite(longest), longest, steps), 1.0, max(steps, 1))


def _beginning(posterior: Posterior, summit: Summit, seed: int, number: int, walkers: int) -> Array:
    """(walkers, P) points around the summit, wider than the approximation there; every one can have made the readings."""
    generator = stream(seed, "fit", "beginning", number)
    root = np.linalg.cholesky(summit.covariance + 1e-12 * np.eye(posterior.size))
    found = np.empty((0, posterior.size))
    near = np.flatnonzero(summit.densities > summit.density - 5.0)
    weights = np.exp(summit.densities[near] - summit.density)
    width = 1.3
    for _ in range(20):
        # Other tops that are nearly as high get their share of the walkers: an ensemble seldom finds them by itself.
        centres = summit.ends[generator.choice(near, 2 * walkers, p=weights / weights.sum())]
        drawn = centres + width * generator.standard_normal((2 * walkers, posterior.size)) @ root.T
        drawn = np.clip(drawn, -0.99 * REACH, 0.99 * REACH)
        density = posterior.log_density(drawn)
        good = density > summit.density - 20.0 - 2.0 * posterior.size
        found = np.concatenate([found, drawn[good]])
        if len(found) >= walkers:
            return found[:walkers]
        width *= 0.7
    spare = summit.point + 1e-3 * generator.standard_normal((walkers, posterior.size)) @ root.T
    return np.concatenate([found, spare])[:walkers]
