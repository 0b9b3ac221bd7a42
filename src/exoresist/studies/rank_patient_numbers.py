"""Which numbers of a patient decide how long there is no progression, and who gains: read off the patients that were simulated anyway.

Patients of a cohort are drawn independently in every number, so they are a sample from which sensitivities follow without a further run:
partial rank correlations (which way), first-order Sobol indices by the random-balance estimator (how much), and the means of the
patients in the lowest and the highest quarter of a number (a tornado).

source  Saltelli et al. 2004 for partial rank correlation (recalled); Tarantola, Gatelli & Mara 2006, 10.1016/j.ress.2005.06.003, with the
        bias correction of Tissot & Prieur 2012, 10.1016/j.ress.2012.06.010, as implemented by SALib
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.studies.answer import Row
from exoresist.studies.cohort import CohortResult
from exoresist.studies.rank_candidates import NONE
from exoresist.studies.rank_cohort import Ranked

Array = NDArray[np.float64]
Key = tuple[str, str]  # name and subject of a number
LEAST = 60  # patients: with fewer, chance alone makes correlations
QUARTER = 0.25
HARMONICS, RESAMPLED = 6, 50  # of the random-balance estimator
Z90 = 1.6448536269514722
MOVES = 0.5  # days: an outcome that hardly differs between patients hangs on nothing
TIME, GAIN = "time", "gain"


def patient_numbers(ranked: Ranked, best: str, seed: int) -> list[Row]:
    """Rows of `hangs_on` for the time without progression under the reference, and what the best choice gains; none for few patients."""
    columns = numbers_of(ranked.result)
    days = ranked.per_patient
    rows = hangs_on(columns, days[0], TIME, seed)
    place = next((place for place, one in enumerate(ranked.candidates) if one.id == best), 0)
    if best != NONE and place:
        rows += hangs_on(columns, days[place] - days[0], GAIN, seed)
    return rows


def numbers_of(result: CohortResult) -> dict[Key, Array]:
    """(name, subject) -> (N,) what differs between patients."""
    cast = result.patients
    found: dict[Key, Array] = {
        ("burden_at_diagnosis", "patient"): cast.burden, ("lethal_burden", "patient"): cast.lethal,
        ("tumour_capacity", "patient"): cast.capacity, ("resistant_at_start", "patient"): cast.carries.astype(float),
        ("resistant_share", "patient"): cast.resistant_share,
    }  # fmt: skip
    for cargo, level in cast.expression.items():
        found["expression", f"cargo:{cargo}"] = level
    for cargo, level in cast.clone_fold.items():
        found["clone_fold", f"cargo:{cargo}"] = level
    for model in result.reference.models:
        parameters = model.network.parameters
        for identifier, values in cast.numbers(parameters, result.assay.differ).items():
            quantity = parameters[identifier].quantity
            if quantity is not None:
                found[quantity.name, quantity.subject] = values
    return found


def hangs_on(columns: Mapping[Key, Array], outcome: Array, name: str, seed: int) -> list[Row]:
    """What an outcome of the patients hangs on, the foremost first; none for fewer than 60 patients or where nothing differs.

    columns  (name, subject) -> (N,) a number of every patient; outcome (N,)

    Rows `outcome, name, subject, rank_correlation, rank_low, rank_high, first, first_conf, low_mean, high_mean, mean`: partial rank
    correlation with its 90 % interval (Fisher's z), first-order index with half its 90 % interval, and the mean outcome of the patients in
    the lowest and the highest quarter of the number.
    """
    used = {key: values for key, values in columns.items() if float(np.ptp(values)) > 0.0}
    if len(outcome) < LEAST or not used or float(np.std(outcome)) < MOVES:
        return []
    table = np.stack(list(used.values()), axis=1)
    correlations = partial_rank_correlations(table, outcome)
    first, conf = _first_order(table, outcome, list(used), seed)
    rows: list[Row] = []
    for place, (key, values) in enumerate(used.items()):
        low, high = _ends(values)
        ends = interval(float(correlations[place]), len(outcome), table.shape[1])
        rows.append({
            "outcome": name, "name": key[0], "subject": key[1], "rank_correlation": float(correlations[place]),
            "rank_low": ends[0], "rank_high": ends[1], "first": float(first[place]),
            "first_conf": float(conf[place]), "low_mean": float(outcome[low].mean()), "high_mean": float(outcome[high].mean()),
            "mean": float(outcome.mean()),
        })  # fmt: skip
    rows.sort(key=lambda row: -abs(float(row["rank_correlation"])))
    return rows


def partial_rank_correlations(table: Array, outcome: Array) -> Array:
    """(P,) correlation of the ranks of each column of (N, P) with those of the outcome, all other columns' ranks held.

    -R^-1_jy / sqrt(R^-1_jj R^-1_yy), R the correlation matrix of the ranks.
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.column_stack([table, outcome]), axis=0)
    inverse = np.linalg.pinv(np.corrcoef(ranks, rowvar=False))
    result: Array = -inverse[:-1, -1] / np.sqrt(np.diag(inverse)[:-1] * inverse[-1, -1])
    return result


def interval(correlation: float, patients: int, numbers: int) -> tuple[float, float]:
    """90 % interval of a partial correlation among so many numbers (Fisher's z, whose variance is 1/(N - P - 2))."""
    z = float(np.arctanh(np.clip(correlation, -1.0 + 1e-12, 1.0 - 1e-12)))
    half = Z90 / float(np.sqrt(max(patients - numbers - 2, 1)))
    return float(np.tanh(z - half)), float(np.tanh(z + half))


def _first_order(table: Array, outcome: Array, keys: Sequence[Key], seed: int) -> tuple[Array, Array]:
    from SALib.analyze import rbd_fast

    problem: dict[str, Any] = {
        "num_vars": len(keys), "names": ["@".join(key) for key in keys], "bounds": [[0.0, 1.0]] * len(keys),
    }  # fmt: skip
    with np.errstate(invalid="ignore"):  # where few gain anything, a resampling may hold none of them
        found = rbd_fast.analyze(problem, table, outcome, M=HARMONICS, num_resamples=RESAMPLED, conf_level=0.9, seed=seed % 2**32)
    return np.asarray(found["S1"], dtype=float), np.asarray(found["S1_conf"], dtype=float)


def _ends(values: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Patients with the lowest and with the highest quarter of a number; of one that is there or not, those without and those with."""
    if len(np.unique(values)) == 2:
        return values == values.min(), values == values.max()
    low, high = np.quantile(values, [QUARTER, 1.0 - QUARTER])
    return values <= low, values >= high
