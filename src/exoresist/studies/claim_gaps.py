"""All dose gaps together: how many are met, how many miss and by how much, and what that rests on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.book import draws as parameter_draws
from exoresist.catalog import Catalog
from exoresist.network import Parameter
from exoresist.studies.claim_controls import CONTROLS
from exoresist.studies.claim_delivery import SEED
from exoresist.studies.claim_result import ClaimResult

Array = NDArray[np.float64]
Row = dict[str, Any]

BOUNDS = (1.0, 10.0, 1000.0)
WITHIN = ("met", "within_10", "within_1000")  # cumulative: gap of at most 1, 10, 1000
CLASSES = ("met", "to_10", "to_1000", "beyond")
NAMED = 3  # priors that are named
SIDES = ("low", "high")


def gap_row(name: str, gaps: Sequence[float | None], lows: Sequence[float | None]) -> Row:
    """One row of the distribution: `type, claims, met, to_10, to_1000, beyond, none, may_be_met, median`.

    gaps  dose gap of each claim, None where no number of vesicles helps; `lows`: lower ends of their 90 % intervals
    """
    known = sorted(gap for gap in gaps if gap is not None)
    counts = [sum(low < gap <= high for gap in known) for low, high in pairwise((0.0, *BOUNDS, math.inf))]
    median = None if not known else math.sqrt(known[(len(known) - 1) // 2] * known[len(known) // 2])
    return {
        "type": name, "claims": len(gaps), **dict(zip(CLASSES, counts, strict=True)), "none": len(gaps) - len(known),
        "may_be_met": sum(low is not None and low <= 1.0 for low in lows), "median": median,
    }  # fmt: skip


def delivered(results: Iterable[ClaimResult]) -> list[ClaimResult]:
    """Results about something that vesicles carry and that moves the drug response: those that can have a dose gap."""
    return [result for result in results if result.ran and result.carried and result.direction in ("resistance", "sensitivity")]


def gap_summary(results: Sequence[ClaimResult], catalog: Catalog) -> Row:
    """What all results come to: `controls`, and for the dose gaps `types`, `within`, `priors`, `numbers`, `assumed`.

    types    the distribution by type of cargo, and over all
    within   count within each bound, with its 90 % interval over the draws: the same draws for every claim
    priors   the numbers that the gaps hang on, by falling share; as in `prior_rows`
    numbers  uncertain numbers behind the gaps; `assumed`: the share of them that are
    """
    chosen = delivered(results)
    groups: dict[str, list[ClaimResult]] = {}
    for result in chosen:
        groups.setdefault(result.claim.cargo_type, []).append(result)
    rows = [_typed(name, group) for name, group in groups.items()]
    rows.sort(key=lambda row: row["median"] if row["median"] is not None else math.inf)
    found: Row = {"controls": control_counts(results), "types": [*rows, _typed("all", chosen)] if chosen else []}
    solved = [result for result in chosen if result.dose_gap is not None and result.priors]
    kinds = [_quantity(catalog, name).kind for name in sorted({name for result in solved for name in result.priors})]
    return {
        **found,
        "within": _within(chosen),
        "priors": prior_rows(solved, catalog),
        "numbers": len(kinds),
        "assumed": kinds.count("assumed") / len(kinds) if kinds else None,
    }


def _typed(name: str, group: Sequence[ClaimResult]) -> Row:
    return gap_row(name, [result.dose_gap for result in group], [result.dose_gap_low for result in group])


def control_counts(results: Iterable[ClaimResult]) -> dict[str, dict[str, int]]:
    """Control -> how many claims passed it, failed it, and to how many it does not apply."""
    found = {name: {"passed": 0, "failed": 0, "not_applicable": 0} for name in CONTROLS}
    for result in results:
        for name, control in result.controls.items():
            word = {True: "passed", False: "failed", None: "not_applicable"}[control["passed"]]
            found[name][word] += 1
    return found


def _within(results: Sequence[ClaimResult]) -> dict[str, Row]:
    central = _counts(np.array([math.inf if result.dose_gap is None else result.dose_gap for result in results]))
    drawn = [result.gap_draws for result in results if result.gap_draws]
    if not drawn:
        return {name: {"value": count, "low": None, "high": None} for name, count in zip(WITHIN, central, strict=True)}
    gaps = np.array([[math.inf if gap is None else gap for gap in draws] for draws in drawn])
    counts = np.array([_counts(column) for column in gaps.T])
    low, high = np.quantile(counts, [0.05, 0.95], axis=0)
    return {
        name: {"value": count, "low": round(float(first)), "high": round(float(last))}
        for name, count, first, last in zip(WITHIN, central, low, high, strict=True)
    }


def _counts(gaps: Array) -> list[int]:
    return [int(np.sum(gaps <= bound)) for bound in BOUNDS]


def prior_rows(results: Sequence[ClaimResult], catalog: Catalog) -> list[Row]:
    """Rows `prior, rows, kind, decades, share, ensemble, low, high`, by falling share.

    Rows of one number for several subjects (copies per vesicle of miRNAs, of circular RNAs) are one prior here and move together.

    decades   mean over the claims of how far the gap moves, in powers of ten, from one end of the prior's 90 % range to the other
    share     of the sum of squares of those moves over all priors: the share of the variance if the priors act independently
    ensemble  squared correlation, over the draws, of the claims' mean log gap with the prior; a check on `share` from other runs
    low, high counts within each bound with the prior at that end
    """
    if not results:
        return []
    gaps = np.array([float(result.dose_gap or math.nan) for result in results])
    moves: dict[str, Array] = {}
    members: dict[str, set[str]] = {}
    for place, result in enumerate(results):
        for label, ends in result.priors.items():
            name = label.split(" (")[0]
            members.setdefault(name, set()).add(label)
            shift = moves.setdefault(name, np.zeros((2, len(results))))
            for side, end in enumerate(ends):
                shift[side, place] += math.inf if end is None else math.log10(end / gaps[place])
    swing = {name: np.where(np.isfinite(shift).all(axis=0), shift[1] - shift[0], np.nan) for name, shift in moves.items()}
    squares = {name: float(np.nanmean(each**2)) for name, each in swing.items()}
    total = sum(squares.values())
    ensemble = _ensemble(results, members, catalog)
    rows = [
        {
            "prior": name,
            "rows": sorted(members[name]),
            "kind": sorted({_quantity(catalog, label).kind for label in members[name]}),
            "decades": float(np.nanmean(np.abs(swing[name]))),
            "share": squares[name] / total if total else 0.0,
            "ensemble": ensemble.get(name),
            **{
                side: dict(zip(WITHIN, _counts(gaps * 10.0 ** moves[name][place]), strict=True))
                for place, side in enumerate(SIDES)
            },
        }
        for name in moves
    ]
    return sorted(rows, key=lambda row: -float(row["share"]))


def _ensemble(results: Sequence[ClaimResult], members: Mapping[str, set[str]], catalog: Catalog) -> dict[str, float]:
    """Squared correlation of the mean log gap with each prior over the draws; rows of one prior add up as far as claims use them."""
    drawn = [result for result in results if result.gap_draws and all(gap for gap in result.gap_draws)]
    if not drawn or len(drawn[0].gap_draws) < 3:
        return {}
    count = len(drawn[0].gap_draws)
    mean = np.mean([np.log10(np.array(result.gap_draws, dtype=float)) for result in drawn], axis=0)
    found = {}
    for name, labels in members.items():
        weighted = np.zeros(count)
        for label in labels:
            quantity = _quantity(catalog, label)
            values = parameter_draws({"row": Parameter("row", quantity.value, quantity.unit, quantity)}, count, SEED)["row"][1:]
            ranks = np.argsort(np.argsort(values)) / count - 0.5
            weighted += ranks * sum(label in result.priors for result in drawn)
        found[name] = float(np.corrcoef(weighted, mean)[0, 1] ** 2)
    return found


def _quantity(catalog: Catalog, label: str) -> Any:
    name, _, subject = label.partition(" (")
    return catalog.parameter(name, subject.removesuffix(")"))
