"""The part of an answer that is about numbers of vesicles: what they do, how many it takes, how many there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.build import Model
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.progress import Progress
from exoresist.studies.answer import Answer, Estimate
from exoresist.studies.arms import ArmResult
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.estimates import estimate
from exoresist.studies.names import line_name
from exoresist.studies.titration import (
    BEYOND,
    INSIDE_TESTED,
    LEVELS_OFF,
    NO_AIM,
    NO_EFFECT,
    OPPOSITE,
    Titration,
    membrane_equivalents,
    secreted_per_recipient,
    titrate,
    vesicles_for,
)
from exoresist.studies.wording import FAR, MISSING, VISIBLE, interval, percent, show, show_ratio

Array = NDArray[np.float64]


def add_titration(
    scenario: Scenario,
    results: Sequence[ArmResult],
    catalog: Catalog,
    ensemble: Ensemble,
    report: Progress,
    answer: Answer,
) -> None:
    """Run the titration that a scenario asks for, if any; its rows, dose gap and sentences go into the answer."""
    wanted = scenario.vesicle_titration
    if wanted is None:
        return
    titration = titrate(scenario, wanted.donor, wanted.per_cell, wanted.hours, catalog, ensemble, report)
    fill_rows(answer, titration)
    together = _donor_arm(results)
    if _donors_alike(titration):
        model = results[0].model
        answer.vesicles_needed = None
        if titration.outcome[0] != NO_AIM:
            answer.sentences.append(alike_sentence(titration))
        if together is not None:
            supply = secreted_per_recipient(together[0], together[1], ensemble)
            answer.vesicles_available = estimate(supply, "particle/cell")
        answer.sentences.append(visible_sentence(titration, model, model.recipients().id, ensemble))
    elif together is not None:
        result, donor = together
        available = secreted_per_recipient(result, donor, ensemble)
        fill_gap(answer, titration, available)
        _fill_membrane(answer, titration, result.model, donor, available, ensemble)
    answer.sentences += bound_sentences(titration, answer, bool(results[0].model.layout.antibodies))


def _donor_arm(results: Sequence[ArmResult]) -> tuple[ArmResult, str] | None:
    """The first arm in which donors and recipients are together, and the donors' id."""
    for result in results:
        if result.arm.role == "reference":
            continue
        ids = [population.id for population in result.model.layout.populations]
        if result.scenario.assay.population in ids and len(ids) > 1:
            return result, next(name for name in ids if name != result.scenario.assay.population)
    return None


def fill_rows(answer: Answer, titration: Titration) -> None:
    """Rows of the titration and the need; no need where the central set has none."""
    for number, fold in zip(titration.per_cell, titration.fold, strict=True):
        own = estimate(fold)
        answer.titration.append({"vesicles_per_cell": float(number), "fold": own.value, "low": own.low, "high": own.high})
    answer.vesicles_needed = central(titration.needed, "particle/cell")


def central(values: Array, unit: str = "dimensionless") -> Estimate:
    """An estimate only where the central set has a value: a median of the draws that happen to have one misleads."""
    return estimate(values, unit) if np.isfinite(values[0]) else Estimate(None, None, None, unit)


def fill_gap(answer: Answer, titration: Titration, available: Array) -> None:
    """Vesicles available, the dose gap, and the sentence on both."""
    with np.errstate(divide="ignore", invalid="ignore"):
        answer.dose_gap = central(titration.needed / available)
    answer.vesicles_available = estimate(available, "particle/cell")
    needed = answer.vesicles_needed or Estimate(None)
    answer.sentences.append(gap_sentence(answer.dose_gap, needed, answer.vesicles_available, titration))


def gap_sentence(gap: Estimate, needed: Estimate, available: Estimate, titration: Titration) -> str:
    """Whether the vesicles suffice, and how far the need was extrapolated."""
    largest = show(float(titration.per_cell[-1]))
    supply = f"the donors of this culture secrete {interval(available)} vesicles per recipient"
    if needed.value is None:
        fold = show_ratio(float(titration.fold[-1, 0]))
        why = {
            NO_EFFECT: "has no effect",
            OPPOSITE: f"takes the IC50 away from that of the donors (ratio {fold})",
            LEVELS_OFF: f"falls short of it (ratio {fold}), and more vesicles add less and less",
        }.get(str(titration.outcome[0]), "does not show it")
        return (
            "No number of vesicles that gives half of the donors' resistance can be named: even the largest tested, "
            f"{largest} per recipient, {why}. So there is no dose gap to state; {supply}."
        )
    if gap.value is None:
        return f"Half of the donors' resistance takes {interval(needed)} vesicles per recipient; the donors secrete none."
    end = "so the vesicles suffice" if gap.value <= 1.0 else f"so {show(gap.value)} times as many would be needed as there are"
    text = (
        f"Half of the donors' resistance takes {interval(needed)} vesicles per recipient; the donors of this culture "
        f"secrete {interval(available, named=False)}: a dose gap of {interval(gap, named=False)}, {end}."
    )
    return text + _extrapolation(needed, titration, largest)


def _extrapolation(needed: Estimate, titration: Titration, largest: str) -> str:
    beyond, far = titration.share(BEYOND), titration.far
    factor = float(needed.value or 0.0) / float(titration.per_cell[-1])
    text = ""
    if factor > FAR:
        text = (
            f" That is an extrapolation in proportion, {show(factor, 2)} times beyond the largest number tested "
            f"({largest}): it says that the need is out of reach, not how large it is."
        )
    elif far > 0.5:
        text = (
            f" In {percent(far)} of the draws the need lies more than 10 times beyond the largest number tested "
            f"({largest}), an extrapolation in proportion: there it says that the need is out of reach, not how "
            "large it is."
        )
    elif beyond > 0.0:
        text = (
            f" In {percent(beyond)} of the draws the need lies above the largest number tested ({largest}) and was "
            "extrapolated in proportion."
        )
    without = 1.0 - titration.share(BEYOND, INSIDE_TESTED)
    if without > 0.0:
        text += f" In {percent(without)} of the draws no number of vesicles can be named; the interval leaves them out."
    return text


def _fill_membrane(answer: Answer, titration: Titration, model: Model, donor: str, available: Array, ensemble: Ensemble) -> None:
    """Membrane of the vesicles in donor cell surfaces: what is available, what half of the effect would take."""
    supply = estimate(membrane_equivalents(model, donor, available, ensemble))
    need = central(membrane_equivalents(model, donor, titration.needed, ensemble))
    answer.donor_membrane_equivalents = supply
    counts = {population.id: population.count for population in model.layout.populations}
    each = counts[donor] / model.recipients().count
    crowd = f"{show(each)} donor{'' if each == 1.0 else 's'} per recipient"
    if need.value is not None:
        answer.sentences.append(
            f"The vesicles secreted per recipient hold {interval(supply)} donor cell surfaces of membrane; half of "
            f"the effect would take {interval(need, named=False)}."
        )
    if supply.value is not None and supply.value > each:
        answer.warnings.append(
            f"The vesicles secreted per recipient hold {show(supply.value)} donor surfaces of membrane, with "
            f"{crowd}: more than the donors have at one time, so they would have to make as much anew."
        )
    elif supply.high is not None and supply.high > each:
        answer.warnings.append(
            f"At the top of its range the membrane of the secreted vesicles, {show(supply.high)} donor surfaces per "
            f"recipient, is more than the donors have at one time ({crowd}): such draws ask for much new membrane "
            "and overstate what vesicles can bring."
        )
    if need.value is not None and need.value > each:
        answer.warnings.append(
            f"Half of the effect would take {show(need.value)} donor surfaces of membrane per recipient, with "
            f"{crowd}: more membrane than the donors have, so no such culture can reach it."
        )


def _donors_alike(titration: Titration) -> bool:
    """Whether the donors respond so much like the recipients that half of the difference is nothing to reach."""
    return bool(abs(titration.target[0] - 1.0) < 0.5 * VISIBLE)


def alike_sentence(titration: Titration) -> str:
    """Why there is no dose gap where the donors do not resist."""
    fold = interval(central(2.0 * titration.target - 1.0), show_ratio)
    return (
        f"The donors' own IC50 is {fold} times that of the recipients, so they have hardly any resistance to pass on "
        "and there is no dose gap to state."
    )


def visible_sentence(titration: Titration, model: Model, maker: str, ensemble: Ensemble) -> str:
    """Where donors and recipients respond alike: the number of vesicles whose effect a plate assay would see."""
    seen = np.full(titration.fold.shape[1], 1.0 + VISIBLE)
    needed, outcome = vesicles_for(titration.per_cell, titration.fold, seen)
    number = central(needed, "particle/cell")
    least, largest = percent(VISIBLE), show(float(titration.per_cell[-1]))
    if number.value is None:
        return f"Up to {largest} vesicles per cell do not raise the IC50 by {least}, the least that a plate assay sees."
    surfaces = central(membrane_equivalents(model, maker, needed, ensemble))
    text = (
        f"It takes {interval(number)} vesicles per cell to raise the IC50 by {least}, the least that a plate assay "
        f"sees; they hold {interval(surfaces, named=False)} times the membrane of a cell's surface."
    )
    beyond = float(np.mean(outcome == BEYOND))
    if beyond > 0.0:
        text += f" In {percent(beyond)} of the draws the number lies above the largest tested ({largest}), in proportion."
    return text


def bound_sentences(titration: Titration, answer: Answer, antibody: bool = False) -> list[str]:
    """How to take the top of the band where IC50s lie above the doses tested."""
    share = float(np.mean(titration.bound[-1]))
    if share == 0.0:
        return []
    last = answer.titration[-1]
    fold = interval(Estimate(last["fold"], last["low"], last["high"]), show_ratio)
    why = " Vesicles bind antibody, and bound antibody uses up complement, which no dose makes up for." if antibody else ""
    return [
        f"At the largest number tested, {show(float(titration.per_cell[-1]))} vesicles per cell, the IC50 ratio is "
        f"{fold}.{why} In {percent(share)} of the draws the IC50 then lies above the highest dose, so that the top "
        "of this band is only a lower bound."
    ]


def titration_sentence(titration: Titration, needed: Estimate, model: Model, donor: str) -> str:
    """What the largest number does, and what half of the donors' effect takes, where nothing is said of a supply."""
    fold = interval(estimate(titration.fold[-1]), show_ratio)
    text = f"{show(float(titration.per_cell[-1]))} vesicles per recipient give an IC50 ratio of {fold}"
    if needed.value is None:
        whose = line_name(model.catalog, donor)
        return f"{text}; no number of vesicles that gives half of the resistance of {whose} can be named."
    found = interval(needed, named=False)
    assert found != MISSING
    largest = show(float(titration.per_cell[-1]))
    half = f"half of the resistance of {line_name(model.catalog, donor)} takes {found} vesicles per recipient."
    return f"{text}; {half}{_extrapolation(needed, titration, largest)}"
