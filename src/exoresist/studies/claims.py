"""Running a claim twice: clamped (does raising its head move the drug response, and which way?) and delivered (are there vesicles enough?).

Clamped, the recipient holds the cargo at a fold of its own level, or a node at a fold of its baseline. Delivered, the physical path
brings it: copies per vesicle, uptake, unpacking, decay. The dose gap is the number of vesicles per recipient whose
delivered copies give half of the
clamped effect, over the number that donors secrete per recipient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.book import draws as parameter_draws
from exoresist.assembly.claim import PREPARATION, RECIPIENT, Recorded, Runnable, wire
from exoresist.catalog import Catalog
from exoresist.catalog.records import Claim
from exoresist.compartments.well import culture
from exoresist.core.errors import ExoresistError
from exoresist.studies.estimates import estimate
from exoresist.studies.survival import survive

Array = NDArray[np.float64]

RNA = ("miRNA", "circRNA", "lncRNA", "mRNA", "piRNA", "siRNA")
FOLD_RNA, FOLD_OTHER, FOLD_NODE = 100.0, 10.0, 4.0  # over-expression of an RNA by vector or mimic; of a protein; of an activity
KNOCK_DOWN = 0.1
SMALLEST_EFFECT = 1e-6  # of ln survivors: a hundred times the solver's error at the tolerance used; below it there is no effect
DONORS_PER_RECIPIENT = 4.0
PROBE = 1e4  # vesicles per recipient of the delivery run: far below saturation, so that copies are proportional
DRAWS = 8
ENDS = np.array([0.0, 72.0])


@dataclass(frozen=True)
class ClaimResult:
    """What came of running a claim.

    direction         resistance, sensitivity or none, from survival; "" for a claim that is only recorded
    effect            ln of the fold in survivors at the drug's IC50, clamped; `knock_down`, `target_deleted`: under the controls
    delivered_effect  the same with the vesicles that donors secrete
    dose_gap          vesicles needed over vesicles available with its 90 % interval; None where vesicles carry nothing or nothing helps
    limit             what limits the claim, in words
    """

    claim: Claim
    direction: str = ""
    effect: float | None = None
    knock_down: float | None = None
    target_deleted: float | None = None
    delivered_effect: float | None = None
    needed: float | None = None
    dose_gap: float | None = None
    dose_gap_low: float | None = None
    dose_gap_high: float | None = None
    hub: str = ""
    surrogate: str = ""
    limit: str = ""
    circular: bool = False
    reason: str = ""

    @property
    def ran(self) -> bool:
        return self.reason == ""


def run_claim(claim: Claim, catalog: Catalog, draws: int = DRAWS, contexts: Sequence[str] = ()) -> ClaimResult:
    """Run one claim; a claim that cannot run comes back with the reason. `contexts`: those in which signs of nodes differ."""
    wired = wire(claim, catalog, contexts)
    if isinstance(wired, Recorded):
        return ClaimResult(claim, reason=wired.reason)
    try:
        return _run(wired, draws)
    except ExoresistError as error:
        return ClaimResult(claim, reason=f"could not be solved: {error}")


def _run(wired: Runnable, draws: int) -> ClaimResult:
    folds = np.array([1.0, fold_of(wired), KNOCK_DOWN])
    central = _effects(wired, folds, {}, 1)[0]
    effect = float(central[1])
    deleted = float(_effects(wired, folds[:2], _deleted(wired), 1)[0, 1])
    direction = "none"
    turns = effect * float(central[2]) <= 0.0
    if abs(effect) > SMALLEST_EFFECT and abs(deleted) < 0.1 * abs(effect) and turns:
        direction = "resistance" if effect > 0.0 else "sensitivity"
    common = {
        "claim": wired.claim,
        "direction": direction,
        "effect": effect,
        "knock_down": float(central[2]),
        "target_deleted": deleted,
        "hub": wired.hub,
        "surrogate": wired.surrogate,
        "circular": wired.circular,
    }
    if not wired.carried:
        return ClaimResult(**common, limit="not a cargo: the node itself is raised")  # type: ignore[arg-type]
    if direction == "none":
        why = (
            "no effect even when clamped"
            if abs(effect) <= SMALLEST_EFFECT
            else "a control failed: the effect does not turn or vanish"
        )
        return ClaimResult(**common, limit=why)  # type: ignore[arg-type]
    gap, needed, delivered = _dose_gap(wired, draws)
    own = estimate(gap)
    return ClaimResult(
        **common,  # type: ignore[arg-type]
        delivered_effect=delivered,
        needed=float(needed),
        dose_gap=own.value,
        dose_gap_low=own.low,
        dose_gap_high=own.high,
        limit=_limit(own.value),
    )


def fold_of(wired: Runnable) -> float:
    """How far the head is raised when clamped."""
    if not wired.carried:
        return FOLD_NODE
    return FOLD_RNA if wired.claim.cargo_type in RNA else FOLD_OTHER


def _key(wired: Runnable) -> str:
    return f"{RECIPIENT}.{wired.head.replace('-', '_')}"


def _effects(wired: Runnable, folds: Array, values: dict[str, Array], sets: int) -> Array:
    """(sets, folds) ln of the survivors over the untreated at the drug's IC50, against the first fold.

    Positive: more cells survive the drug. All folds of a run share every step of the solver, so differences of 1e-7 are real.
    """
    count = len(folds)
    given = {key: np.tile(np.repeat(np.broadcast_to(value, (sets,)), count), 2) for key, value in values.items()}
    spread = np.tile(np.tile(folds, sets), 2)
    initial = {}
    if wired.carried:
        given[f"{_key(wired)}.clamp"] = spread
    elif f"{_key(wired)}.mimic_fold" in wired.model.network.parameters:
        given[f"{_key(wired)}.mimic_fold"] = spread  # a miRNA that the claim does not put into vesicles
    else:
        initial[_key(wired)] = spread
    doses = np.repeat([0.0, _potency(wired)], sets * count)
    run = culture(wired.model, ENDS, values=given, doses={wired.surrogate: doses}, initial=initial, relative=1e-8)
    untreated, treated = np.log(np.maximum(run.amount(f"{RECIPIENT}.cells")[-1], 1e-300)).reshape(2, sets, count)
    height = treated - untreated
    return np.asarray(height - height[:, :1])


_POTENCY: dict[str, float] = {}


def _potency(wired: Runnable) -> float:
    """The surrogate's IC50 on the generic cell, nM: the same for every claim, so it is found once."""
    if wired.surrogate not in _POTENCY:
        low, high = {"paclitaxel": (0.1, 300.0), "oxaliplatin": (100.0, 1e6)}.get(wired.surrogate, (1.0, 3000.0))
        doses = [float(dose) for dose in np.geomspace(low, high, 12)]
        _POTENCY[wired.surrogate] = float(survive(wired.model, wired.surrogate, doses, {}, 1, ENDS).ic50[0])
    return _POTENCY[wired.surrogate]


def _deleted(wired: Runnable) -> dict[str, Array]:
    """Parameter values under which no link of the chain acts any more: the control 'target deleted'."""
    values: dict[str, Array] = {}
    for name in wired.model.network.parameters:
        if name == "edge.exponent":
            values[name] = np.array(0.0)
        elif name in ("mirna.max_repression", "edge.cargo_hub"):
            values[name] = np.array(1.0)
        elif name.endswith(".kcat") and not wired.hub:
            values[name] = np.array(0.0)
    return values


def _dose_gap(wired: Runnable, draws: int) -> tuple[Array, float, float]:
    """(sets,) needed over available vesicles; central need; effect of the available number.

    The head's level for half of the clamped effect is read from the clamped response; the copies that one vesicle brings, as a mean over
    the run, from the delivery run. Both for the central numbers and for draws.
    """
    model, key = wired.model, _key(wired)
    values = parameter_draws(model.network.parameters, draws, seed=1)
    sets = draws + 1
    top = fold_of(wired)
    excess = np.concatenate([[0.0], (top - 1.0) * np.array([1e-4, 1e-3, 1e-2, 0.1, 0.3, 1.0])])
    effects = _effects(wired, 1.0 + excess, values, sets)
    own = np.broadcast_to(values.get(f"{key}.copies", np.array(model.network.parameters[f"{key}.copies"].value)), (sets,))
    run = culture(model, np.linspace(0.0, 72.0, 25), values=values, doses={wired.surrogate: 0.0}, per_cell={PREPARATION: PROBE})
    brought = np.broadcast_to((run.value(f"{key}.excess")).mean(axis=0), (sets,)) / PROBE
    without = culture(model, np.linspace(0.0, 72.0, 25), values=values, doses={wired.surrogate: 0.0}, per_cell={PREPARATION: 0.0})
    drift = np.broadcast_to(without.value(f"{key}.excess").mean(axis=0), (sets,)) / PROBE
    per_vesicle = np.maximum(brought - drift, 0.0)
    half = np.array([_half(excess, row) for row in effects]) * own
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(per_vesicle > 0.0, half / per_vesicle, np.nan)
    available = _available(wired, values, sets)
    delivered = float(np.interp(available[0] * per_vesicle[0] / own[0], excess, effects[0]))
    return needed / available, float(needed[0]), delivered


def _half(excess: Array, effect: Array) -> float:
    """Excess (in units of the own level) at which half of the largest effect is reached, in its direction."""
    share = effect / effect[-1] if effect[-1] != 0.0 else np.full_like(effect, np.nan)
    if not np.all(np.isfinite(share)):
        return float("nan")
    rising = np.maximum.accumulate(share)
    return float(np.interp(0.5, rising + np.arange(len(rising)) * 1e-15, excess))


def _available(wired: Runnable, values: dict[str, Array], sets: int) -> Array:
    """(sets,) vesicles secreted per recipient in 72 h by the usual number of donors, at steady secretion."""

    def of(name: str) -> Array:
        return np.broadcast_to(values.get(name, np.array(wired.model.network.parameters[name].value)), (sets,))

    leaving = of(f"{RECIPIENT}.secretion_rate") + of(f"{RECIPIENT}.lysosomal_degradation_rate") + of(f"{RECIPIENT}.growth_rate")
    rate = of(f"{RECIPIENT}.ilv_formation_rate") * of(f"{RECIPIENT}.secretion_rate") / leaving
    return np.asarray(DONORS_PER_RECIPIENT * 72.0 * rate)


def _limit(gap: float | None) -> str:
    if gap is None:
        return "no number of vesicles brings enough"
    if gap <= 1.0:
        return "the vesicles suffice"
    return f"vesicles bring {1.0 / gap:.2g} of what half of the effect takes"
