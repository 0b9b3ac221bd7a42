"""What a reader should know before trusting an answer: IC50s outside the doses, draws left out, loads too large."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from exoresist.studies.answer import Answer
from exoresist.studies.arms import ArmResult
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.estimates import estimate, missing_share
from exoresist.studies.loads import donor_loss, vesicle_drug_fraction
from exoresist.studies.names import arm_name, cargo_name, cells_name, line_name, quoted
from exoresist.studies.survival import ABOVE, INSIDE, ratio
from exoresist.studies.titration import membrane_equivalents
from exoresist.studies.wording import percent, show


def add_cautions(answer: Answer, results: Sequence[ArmResult], ensemble: Ensemble) -> None:
    """Put the warnings of an answer with arms into it, each once, with the arms that it holds for."""
    answer.warnings += [
        *range_warnings(results), *left_out(results, ensemble), *load_warnings(answer, results), *added_membrane(results, ensemble),
    ]  # fmt: skip


def range_warnings(results: Sequence[ArmResult]) -> list[str]:
    """IC50s that lie outside the doses tested, in the central set or in some of the draws."""
    found = []
    for side in ("above", "below"):
        arms = [
            each
            for each in results
            if each.survival.status[0] != INSIDE and (each.survival.status[0] == ABOVE) == (side == "above")
        ]
        if arms:
            rows = "its row gives" if len(arms) == 1 else "their rows give"
            found.append(
                f"The IC50 of {_arms(arms, results)} lies {side} the doses tested; {rows} the bound. Widen `assay.doses`."
            )
    shares = {each.arm.id: missing_share(ratio(each.survival, each.survival)) for each in results}
    some = [each for each in results if shares[each.arm.id] > 0.0 and each.survival.status[0] == INSIDE]
    if some:
        found.append(
            f"In {_span(shares[each.arm.id] for each in some)} of the draws the IC50 of {_arms(some, results)} lies "
            "outside the doses tested; those draws are left out."
        )
    return found


def left_out(results: Sequence[ArmResult], ensemble: Ensemble) -> list[str]:
    """Draws that cannot be brought to a line's measured IC50."""
    catalog = results[0].model.catalog
    return [
        f"{percent(share)} of the draws contradict the measured IC50 of {line_name(catalog, line)}, whatever the "
        "damage rate or pump turnover, and are left out."
        for line, share in ensemble.left.items()
        if share > 0.0
    ]


def load_warnings(answer: Answer, results: Sequence[ArmResult]) -> list[str]:
    """Loads that no vesicle or donor could bear."""
    found = []
    dose = answer.time_course_dose or 0.0
    fractions = {each.arm.id: vesicle_drug_fraction(each, dose) or 0.0 for each in results}
    heavy = [each for each in results if fractions[each.arm.id] > 0.1]
    if heavy:
        found.append(
            f"In {_arms(heavy, results)} the drug makes up {_span(fractions[each.arm.id] for each in heavy)} of the "
            f"vesicles' mass at {show(dose)} nM: more than the 10 % that loading reaches. Lower `vesicle_partition` "
            "or the dose."
        )
    drained: dict[tuple[str, str], dict[str, float]] = {}
    for result in results:
        for (population, cargo), share in donor_loss(result).items():
            if share > 0.5:
                cells = cells_name(result.model, population)
                drained.setdefault((cells, cargo_name(result.model.catalog, cargo)), {})[result.arm.id] = share
    for (cells, cargo), shares in drained.items():
        arms = [each for each in results if each.arm.id in shares]
        found.append(
            f"In {_arms(arms, results)} loading into vesicles takes {_span(shares.values())} of the {cargo} that the "
            f"{cells} make: more than half. A range of `loading_enrichment` or `ilv_formation_rate` that reaches so "
            "far would empty them."
        )
    return found


def added_membrane(results: Sequence[ArmResult], ensemble: Ensemble) -> list[str]:
    """Preparations that bring a recipient more membrane than a donor cell has."""
    surfaces: dict[str, tuple[float, float]] = {}
    for result in results:
        for entry in result.scenario.vesicles:
            dose = np.full(ensemble.sets, entry.per_cell)
            value = estimate(membrane_equivalents(result.model, entry.id, dose, ensemble)).value
            if value is not None and value > 1.0 and value > surfaces.get(entry.id, (0.0, 0.0))[0]:
                surfaces[entry.id] = (value, entry.per_cell)
    return [
        f"The preparation '{name}' brings each recipient {show(particles)} particles, as much membrane as {show(value)} donor cells "
        "have: no dish could do that, so its effect says little about one. Lower `per_cell`."
        for name, (value, particles) in surfaces.items()
    ]


def _arms(some: Sequence[ArmResult], results: Sequence[ArmResult]) -> str:
    return "every arm" if len(some) == len(results) > 1 else quoted([arm_name(each.arm) for each in some])


def _span(shares: Iterable[float]) -> str:
    """`4 %` or `4 to 6 %`."""
    values = list(shares)
    low, high = percent(min(values)), percent(max(values))
    return low if low == high else f"{low.removesuffix(' %')} to {high}"
