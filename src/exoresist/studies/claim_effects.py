"""What raising a claim's head does to survival: the clamped run, and the dose at which it is read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.claim import RECIPIENT, Runnable, plain_dish
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import InputError
from exoresist.studies.survival import INSIDE, survive

Array = NDArray[np.float64]

RNA = ("miRNA", "circRNA", "lncRNA", "mRNA", "piRNA", "siRNA")
FOLD_RNA, FOLD_OTHER, FOLD_NODE = 100.0, 10.0, 4.0  # over-expression of an RNA by vector or mimic; of a protein; of an activity
KNOCK_DOWN = 0.1
SMALLEST_EFFECT = 1e-6  # of ln survivors: a hundred times the solver's error at the tolerance used; below it there is no effect
TOLERANCE, COARSEST = 1e-8, 1e-6  # of the solver: for central runs, and the coarsest over draws
ENDS = np.array([0.0, 72.0])
# nM, where the IC50 is looked for: for drugs that are not listed around what the catalogue has for the generic cell, and last everywhere.
SEARCHED = {"paclitaxel": (0.1, 300.0), "oxaliplatin": (100.0, 1e6), "doxorubicin": (1.0, 3000.0)}
SEARCHED_LAST = (1e-3, 1e7)


def fold_of(wired: Runnable) -> float:
    """How far the head is raised when clamped."""
    if not wired.carried:
        return FOLD_NODE
    return FOLD_RNA if wired.claim.cargo_type in RNA else FOLD_OTHER


def head_key(wired: Runnable) -> str:
    """Stem of the head's parameters in the recipient."""
    return f"{RECIPIENT}.{wired.head.replace('-', '_')}"


def raised(wired: Runnable, folds: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """Parameter values, and amounts at the start, that hold the recipient's head at these folds of its own level."""
    if wired.carried:
        return {f"{head_key(wired)}.clamp": folds}, {}
    if f"{head_key(wired)}.mimic_fold" in wired.model.network.parameters:
        return {f"{head_key(wired)}.mimic_fold": folds}, {}  # a miRNA that the claim does not put into vesicles
    return {}, {head_key(wired): folds}


def tolerance_for(effect: float) -> float:
    """Relative tolerance at which an effect of this size can be read to about a per cent."""
    return float(np.clip(1e-4 * abs(effect), TOLERANCE, COARSEST))


def clamped_effects(
    wired: Runnable, dose: float, folds: Array, values: dict[str, Array], sets: int, relative: float = TOLERANCE
) -> Array:
    """(sets, folds) ln of the survivors over the untreated at a dose of the drug (nM), against the first fold.

    Positive: more cells survive the drug. All folds of a run share every step of the solver, so differences of 1e-7 are real.
    """
    count = len(folds)
    given = {key: np.tile(np.repeat(np.broadcast_to(value, (sets,)), count), 2) for key, value in values.items()}
    held, initial = raised(wired, np.tile(np.tile(folds, sets), 2))
    doses = np.repeat([0.0, dose], sets * count)
    run = culture(wired.model, ENDS, values={**given, **held}, doses={wired.surrogate: doses}, initial=initial, relative=relative)
    untreated, treated = np.log(np.maximum(run.amount(f"{RECIPIENT}.cells")[-1], 1e-300)).reshape(2, sets, count)
    height = treated - untreated
    return np.asarray(height - height[:, :1])


_POTENCY: dict[tuple[str, str], float] = {}


def potency(catalog: Catalog, drug: str) -> float:
    """The drug's IC50 on the generic cell without any chain, nM: the same for every claim, whichever claim asks first.

    errors  InputError for a drug that does not halve the survivors at any dose
    """
    key = catalog.hash, drug
    if key not in _POTENCY:
        dish = plain_dish(catalog, drug)
        for low, high, points in ((*(SEARCHED.get(drug) or _around(catalog, drug)), 12), (*SEARCHED_LAST, 41)):
            doses = [float(dose) for dose in np.geomspace(low, high, points)]
            found = survive(dish, drug, doses, {}, 1, ENDS)
            if found.status[0] == INSIDE:
                break
        else:
            raise InputError(
                f"{drug} does not halve the generic cell's survivors at any dose from {SEARCHED_LAST[0]:g} to {SEARCHED_LAST[1]:g} nM",
                "a drug with an IC50 on the dish without a chain",
                "Check its damage and target rows",
            )
        _POTENCY[key] = float(found.ic50[0])
    return _POTENCY[key]


def _around(catalog: Catalog, drug: str) -> tuple[float, float]:
    """Doses around the typical IC50, or the inhibition constant, that the catalogue has for a drug."""
    subject = f"cell_line:generic_tumour|drug:{drug}"
    for name in ("ic50_observed", "response_concentration"):
        for one in (subject, f"drug:{drug}"):
            if catalog.has_parameter(name, one):
                near = catalog.parameter(name, one).value
                return near / 50.0, near * 50.0
    return SEARCHED["doxorubicin"]


def cut(wired: Runnable) -> dict[str, Array]:
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
