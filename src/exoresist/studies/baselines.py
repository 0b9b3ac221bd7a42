"""What a model must beat: predictions of confluence under a drug that know no mechanism.

`fit_growth_kill` is logistic growth with a dose-dependent kill rate, fitted to all doses at once;
`nearest_dose_prediction` repeats the curve of the nearest dose seen. Both are fitted on some doses, judged on others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exoresist.core.errors import InputError, SolverError

FloatArray = NDArray[np.float64]

# Distances in log dose closer than this are a tie: 25 lies exactly between 12.5 and 50, but not to the last bit.
_TIE = 1e-9
_FASTEST_GROWTH = 0.2  # 1/h; a doubling time of 3.5 h is beyond any human cell
_FASTEST_KILL = 1.0  # 1/h
_FLATTEST_HILL = 0.2


@dataclass(frozen=True)
class SearchLimits:
    """How far the fit may go where the data do not decide.

    capacity  highest capacity, unit of the observations. Wells that never reach their plateau want exponential growth;
              a ceiling of 100 % would bend them and weaken the baseline: the default is as good as none for confluence
    hill      steepest dose dependence. Few doses seldom bound it, and predictions between doses depend on it: the
              default is the bound of the published GR scripts (github datarail/gr_metrics), not tuned on predictions
    """

    capacity: float = 1000.0
    hill: float = 5.0


_DEFAULT_LIMITS = SearchLimits()


@dataclass(frozen=True)
class GrowthKill:
    """Logistic growth with a kill rate that rises with dose: the baseline without mechanism.

    N' = growth * N * (1 - N / capacity) - kill(dose) * N,   N(0) = start
    kill(dose) = kill_max * dose**hill / (ec50**hill + dose**hill),   from time `delay` on

    growth    1/h, at low confluence;  capacity, start  unit of the observations (for instance % confluence)
    kill_max  1/h;  ec50  unit of the doses;  hill  dimensionless;  delay  h, 0 in the plain baseline
    rmse      root mean square over all fitted doses and times, unit of the observations
    """

    growth: float
    capacity: float
    start: float
    kill_max: float
    ec50: float
    hill: float
    delay: float = 0.0
    rmse: float = 0.0

    def kill(self, dose: ArrayLike) -> FloatArray:
        """Kill rate in 1/h at `dose` (>= 0, any shape)."""
        ratio = (np.asarray(dose, dtype=np.float64) / self.ec50) ** self.hill
        return np.asarray(self.kill_max * ratio / (1.0 + ratio))

    def predict(self, dose: float, times: ArrayLike) -> FloatArray:
        """N at each time (h, shape (n,)) under one dose, shape (n,)."""
        time = np.asarray(times, dtype=np.float64)
        before = _bernoulli(self.start, self.growth, self.capacity, 0.0, np.minimum(time, self.delay))
        return _bernoulli(before, self.growth, self.capacity, float(self.kill(dose)), np.maximum(time - self.delay, 0.0))


def _bernoulli(start: float | FloatArray, growth: float, capacity: float, kill: float, time: FloatArray) -> FloatArray:
    """Closed form of N' = growth N (1 - N/capacity) - kill N.

    N(t) = N0 e**(g t) / (1 + (growth / capacity) N0 (e**(g t) - 1) / g),   g = growth - kill
    limits  (e**(g t) - 1)/g -> t at g = 0
    """
    net = growth - kill
    gain = time if abs(net) < 1e-12 else np.expm1(net * time) / net
    return np.asarray(start * np.exp(net * time) / (1.0 + growth / capacity * start * gain))


def fit_growth_kill(times: ArrayLike, observed: Mapping[float, ArrayLike], limits: SearchLimits = _DEFAULT_LIMITS) -> GrowthKill:
    """Least-squares fit of the plain baseline (no delay) to all doses at once, from several starts.

    times     h, shape (n,), rising
    observed  dose -> confluence, shape (n,) or (replicates, n); two or more doses, one of them may be 0. All doses
              share one start: the first reading of a dose to be predicted is not looked at
    limits    bounds of capacity and steepness
    returns   GrowthKill with delay 0
    raises    InputError for unusable input; SolverError when no start converges
    source    standard: Verhulst 1838 growth with a Hill (Emax) kill rate
    """
    return _fit(times, observed, limits, with_delay=False)


def fit_delayed_growth_kill(
    times: ArrayLike, observed: Mapping[float, ArrayLike], limits: SearchLimits = _DEFAULT_LIMITS
) -> GrowthKill:
    """As `fit_growth_kill`, the kill starting only after one fitted delay (h), shared by all doses.

    Not the plain baseline: one more parameter, for judging how much of a model's gain is mere lag.
    """
    return _fit(times, observed, limits, with_delay=True)


def nearest_dose(fitted: Sequence[float], dose: float) -> float:
    """The fitted dose nearest to `dose` on a log scale.

    Zero lies infinitely far from every positive dose, so the control stands in only for dose 0 itself, or when nothing
    else was fitted; a dose of 0 without a fitted control takes the lowest. Ties go to the lower dose, which predicts
    the weaker effect.

    raises  InputError when no dose is given or one is negative
    """
    if not fitted or min([*fitted, dose]) < 0 or not np.all(np.isfinite([*fitted, dose])):
        raise InputError(f"Doses {list(fitted)} to stand in for {dose:g}", "one or more doses >= 0", "Correct the doses.")
    positive = sorted(value for value in fitted if value > 0)
    if not positive or (dose == 0 and 0 in fitted):
        return 0.0
    if dose == 0:
        return positive[0]
    distance = np.abs(np.log(np.array(positive)) - np.log(dose))
    return float(positive[int(np.flatnonzero(distance <= distance.min() + _TIE)[0])])


def nearest_dose_prediction(observed: Mapping[float, ArrayLike], dose: float) -> FloatArray:
    """The mean curve of the nearest fitted dose (see `nearest_dose`), unchanged, shape (n,).

    observed  dose -> readings, shape (n,) or (replicates, n)
    """
    chosen = nearest_dose([float(value) for value in observed], dose)
    match = next(value for value in observed if float(value) == chosen)
    return _mean_curve(observed[match])


def root_mean_square_error(predicted: ArrayLike, observed: ArrayLike) -> float:
    """sqrt(mean((predicted - mean over replicates of observed)**2)); shapes (n,) and (n,) or (replicates, n)."""
    mean = _mean_curve(observed)
    guess = np.asarray(predicted, dtype=np.float64)
    if guess.shape != mean.shape:
        raise InputError(f"A prediction of shape {guess.shape}", f"shape {mean.shape}", "Predict at the observed times.")
    return float(np.sqrt(np.mean((guess - mean) ** 2)))


@dataclass(frozen=True)
class BaselineComparison:
    """How the baselines do on doses they were not fitted on; errors are root mean squares, unit of the observations.

    fit           the fitted baseline (fit.rmse: on the doses it saw);  delayed  the same with a delay
    by_dose       rows dose, growth_kill, delayed, nearest, nearest_dose, replicate_error. The last is the standard
                  error of the observed mean over its replicates: no prediction can be shown to be better than that
    growth_kill, delayed_error, nearest  over all predicted doses and times
    """

    fit: GrowthKill
    delayed: GrowthKill
    by_dose: list[dict[str, float]]
    growth_kill: float
    delayed_error: float
    nearest: float


def compare_baselines(
    times: ArrayLike,
    observed: Mapping[float, ArrayLike],
    fitted_doses: Sequence[float],
    limits: SearchLimits = _DEFAULT_LIMITS,
) -> BaselineComparison:
    """Fit on some doses and predict the others.

    times         h, shape (n,)
    observed      dose -> readings, shape (n,) or (replicates, n)
    fitted_doses  doses of `observed` to fit; all others are predicted
    raises        InputError when a fitted dose is missing or none is left to predict
    """
    missing = [dose for dose in fitted_doses if dose not in observed]
    held_out = sorted(dose for dose in observed if dose not in set(fitted_doses))
    if missing or not held_out:
        came = f"Doses to fit {list(fitted_doses)}"
        raise InputError(came, f"some, not all, of {sorted(observed)}", "Leave at least one dose to predict.")
    training = {dose: observed[dose] for dose in fitted_doses}
    fit = fit_growth_kill(times, training, limits)
    delayed = fit_delayed_growth_kill(times, training, limits)
    rows = []
    for dose in held_out:
        readings = np.atleast_2d(np.asarray(observed[dose], dtype=np.float64))
        error = 0.0
        if readings.shape[0] > 1:
            error = float(np.sqrt(np.mean(readings.var(axis=0, ddof=1)) / readings.shape[0]))
        rows.append(
            {
                "dose": float(dose),
                "growth_kill": root_mean_square_error(fit.predict(dose, times), readings),
                "delayed": root_mean_square_error(delayed.predict(dose, times), readings),
                "nearest": root_mean_square_error(nearest_dose_prediction(training, dose), readings),
                "nearest_dose": nearest_dose([float(value) for value in fitted_doses], dose),
                "replicate_error": error,
            }
        )
    # All doses share their times, so the overall root mean square is that of the doses' errors.
    names = ("growth_kill", "delayed", "nearest")
    overall = {name: float(np.sqrt(np.mean([row[name] ** 2 for row in rows]))) for name in names}
    return BaselineComparison(fit, delayed, rows, overall["growth_kill"], overall["delayed"], overall["nearest"])


def _mean_curve(readings: ArrayLike) -> FloatArray:
    """Mean over replicates, shape (n,); InputError unless finite and of shape (n,) or (replicates, n)."""
    try:
        array = np.asarray(readings, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise InputError("Readings that are no table of numbers", "shape (n,) or (replicates, n)", "Correct them.") from problem
    if array.ndim not in (1, 2) or array.size == 0 or not np.all(np.isfinite(array)):
        raise InputError(f"Readings of shape {array.shape}", "finite numbers, shape (n,) or (replicates, n)", "Correct them.")
    return array if array.ndim == 1 else array.mean(axis=0)


def _fit(times: ArrayLike, observed: Mapping[float, ArrayLike], limits: SearchLimits, with_delay: bool) -> GrowthKill:
    """Multi-start bounded least squares in the logs of the parameters."""
    from scipy.optimize import least_squares

    time = np.asarray(times, dtype=np.float64)
    curves = {float(dose): _mean_curve(values) for dose, values in observed.items()}
    positive = sorted(dose for dose in curves if dose > 0)
    if time.ndim != 1 or time.size < 3 or np.any(np.diff(time) <= 0) or time[0] < 0:
        raise InputError(f"Times of shape {time.shape}", "three or more rising times from 0 h on", "Sort them.")
    if not positive or len(curves) < 2 or min(curves) < 0:
        raise InputError(f"Doses {sorted(curves)}", "two or more doses >= 0, one above zero", "Add doses.")
    wrong = [dose for dose, curve in curves.items() if curve.shape != time.shape]
    if wrong:
        raise InputError(f"Readings of dose {wrong[0]:g} that do not match the times", f"{time.size} times", "Align them.")
    values = np.stack(list(curves.values()))
    highest = float(values.max())
    if highest <= 0 or limits.capacity < highest or limits.hill <= _FLATTEST_HILL:
        allowed = f"above 0 and at most the capacity limit {limits.capacity:g}, a Hill limit above {_FLATTEST_HILL:g}"
        raise InputError(f"Readings up to {highest:g}, Hill limit {limits.hill:g}", allowed, "Raise the limits.")
    first = max(float(values[:, 0].mean()), 1e-3 * highest)

    low = np.log([1e-4, 0.5 * highest, 0.1 * first, 1e-5, positive[0] / 100.0, _FLATTEST_HILL])
    high = np.log(
        [
            _FASTEST_GROWTH,
            limits.capacity * (1.0 + 1e-9),
            10.0 * first,
            _FASTEST_KILL,
            positive[-1] * 100.0,
            limits.hill,
        ]
    )
    if with_delay:
        low, high = np.append(low, 0.0), np.append(high, 0.9 * time[-1])

    def build(parameters: FloatArray, rmse: float = 0.0) -> GrowthKill:
        growth, capacity, start, kill_max, ec50, hill = np.exp(parameters[:6]).tolist()
        delay = float(parameters[6]) if with_delay else 0.0
        return GrowthKill(growth, capacity, start, kill_max, ec50, hill, delay, rmse)

    def residuals(parameters: FloatArray) -> FloatArray:
        model = build(parameters)
        return np.concatenate([model.predict(dose, time) - curve for dose, curve in curves.items()])

    ratio = max(float(values[:, -1].max()) / first, 1.1)
    growth = float(np.clip(np.log(ratio) / (time[-1] - time[0]), 2e-4, 0.5 * _FASTEST_GROWTH))
    middle = float(np.exp(np.mean(np.log(positive))))
    delays: tuple[float, ...] = (0.0, 0.2 * time[-1]) if with_delay else (0.0,)
    best: GrowthKill | None = None
    for faster, ec50, hill, delay in product((1.0, 2.0), (0.3 * middle, middle, 3.0 * middle), (1.0, 3.0), delays):
        guess = np.log([growth * faster, 0.9 * limits.capacity, first, growth * faster, ec50, hill])
        if with_delay:
            guess = np.append(guess, delay)
        inside = np.clip(guess, low + 1e-6 * (high - low), high - 1e-6 * (high - low))
        solution = least_squares(residuals, inside, bounds=(low, high), x_scale="jac", max_nfev=400)
        rmse = float(np.sqrt(np.mean(solution.fun**2)))
        if np.isfinite(rmse) and (best is None or rmse < best.rmse):
            best = build(solution.x, rmse)
    if best is None:
        raise SolverError("The growth-and-kill baseline found no finite fit. Check the readings for extreme values.")
    return best
