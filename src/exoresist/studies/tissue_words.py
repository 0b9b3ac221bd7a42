"""The answer of a tissue in sentences: what was compared, what differed, and what did not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from exoresist.studies.names import listed
from exoresist.studies.tissue_readings import Row

if TYPE_CHECKING:
    from exoresist.studies.tissue_answer import ArmAnswer, TissueAnswer

ALIKE = 0.03  # arms that differ by less do not differ to speak of: other draws do as much
ONE_IN_MANY = 1e-3  # vesicles per cell: fewer are none
SEEN = 0.03  # likewise for means over cells


def sentences(answer: TissueAnswer) -> list[str]:
    """What came out, the comparison first."""
    reference = next((arm for arm in answer.arms if arm.role == "reference"), answer.arms[0])
    return [
        *_growth(answer, reference),
        *_made_of(answer),
        *_oxygen(answer),
        *_food(answer),
        *_killed(answer),
        *_doses(answer),
        *_held(answer),
        *_bound(answer),
        *_release(answer),
        *_received(answer),
        *_resistant(answer),
        *answer.accuracy,
        *_over_draws(answer, reference),
    ]


def _over_draws(answer: TissueAnswer, reference: ArmAnswer) -> list[str]:
    """How sure it is: intervals over draws, and how often the comparison goes the same way."""
    draws = answer.draws
    if draws is None:
        return ["One run at the central numbers with one seed: it shows what can happen, not how sure it is."]
    names = [f"{who}_living" for who in answer.tumours] or ["living"]
    found = []
    for arm in answer.arms:
        pairs = [arm.intervals[name] for name in names if name in arm.intervals]
        told = listed(
            [
                f"{one.value:,.0f} ({one.low:,.0f} to {one.high:,.0f}) of '{name.removesuffix('_living')}'"
                for name, one in zip(names, pairs, strict=False)
                if one.value is not None
            ]
        )
        share = draws.share_below(arm.id, reference.id, names) if arm is not reference else None
        fewer = f"; fewer than in {_quoted(reference)} in {share:.0%} of draws" if share is not None else ""
        found.append(f"{_quoted(arm)} at the end: {told}{fewer}.")
    left = f", {draws.failed} of which could not be run" if draws.failed else ""
    left += f" ({draws.why.rstrip('.')})" if draws.failed and draws.why else ""
    return [*found, f"Intervals: 5 % to 95 % of {draws.count} draws of the numbers from their ranges{left}; one seed."]


def number(row: Row, name: str) -> float:
    """A number of a row, 0 where the arm has nothing of that name."""
    return float(row.get(name, 0.0))


def tumour(answer: TissueAnswer, row: Row) -> int:
    """Living tumour cells; of a tissue without any, all living cells."""
    if not answer.tumours:
        return int(number(row, "living"))
    return int(sum(number(row, f"{who}_living") for who in answer.tumours))


def _growth(answer: TissueAnswer, reference: ArmAnswer) -> list[str]:
    what = "tumour cells" if answer.tumours else "cells"
    start, end = tumour(answer, reference.rows[0]), tumour(answer, reference.rows[-1])
    hours = float(reference.rows[-1]["time_h"])
    found = [f"{_quoted(reference)}: {start:,} {what} become {end:,} in {_span(hours)}."]
    alike = []
    for arm in answer.arms:
        if arm is reference:
            continue
        first, last = tumour(answer, arm.rows[0]), tumour(answer, arm.rows[-1])
        if first != start:  # more or fewer were put in: to compare what is left would say that again
            found.append(f"{_quoted(arm)}: {first:,} {what} become {last:,}.")
        elif abs(last - end) <= ALIKE * end:
            alike.append(arm)
        else:
            found.append(f"{_quoted(arm)}: {last:,} {what} at the end, {_against(last, end)} than with {_quoted(reference)}.")
    if alike:
        verb = "ends" if len(alike) == 1 else "end"
        found.append(
            f"{listed([_quoted(arm) for arm in alike])} {verb} within {ALIKE:.0%} of {_quoted(reference)}: "
            f"for the number of {what} {'it does' if len(alike) == 1 else 'they do'} not matter here."
        )
    return found


def _made_of(answer: TissueAnswer) -> list[str]:
    """Share of the smallest first population in the tumour, where there are several and it changed."""
    if len(answer.tumours) < 2:
        return []
    who = min(answer.tumours, key=lambda name: number(answer.arms[0].rows[0], f"{name}_living"))

    def share(row: Row) -> float:
        return number(row, f"{who}_living") / max(tumour(answer, row), 1)

    starts = {round(share(arm.rows[0]), 2) for arm in answer.arms}
    if len(starts) > 1:
        told = "; ".join(f"{share(arm.rows[0]):.0%}, {share(arm.rows[-1]):.0%} in {_quoted(arm)}" for arm in answer.arms)
        return [f"Share of '{who}' in the tumour at the start and at the end: {told}."]
    start = share(answer.arms[0].rows[0])
    if all(abs(share(arm.rows[-1]) - start) <= ALIKE for arm in answer.arms):
        return [f"'{who}' stays {start:.0%} of the tumour in every arm."]
    told = _by_arm(answer, lambda row: f"{share(row):.0%}")
    return [f"'{who}', {start:.0%} of the tumour at the start, is at the end: {told}."]


def _oxygen(answer: TissueAnswer) -> list[str]:
    if not all("hypoxic" in arm.rows[-1] for arm in answer.arms):
        return []
    if not any(number(arm.rows[-1], "hypoxic") for arm in answer.arms):
        return ["No cell is hypoxic at the end, in any arm."]
    told = _by_arm(answer, lambda row: f"{number(row, 'hypoxic') / max(number(row, 'living'), 1.0):.0%}")
    found = [f"Hypoxic among living cells at the end: {told}."]
    necrotic = [f"{kind}_necrotic" for kind in answer.types]
    if any(number(arm.rows[-1], name) for arm in answer.arms for name in necrotic):
        found.append(f"Necrotic bodies at the end: {_by_arm(answer, _counted(*necrotic))}.")
    told = _by_arm(answer, lambda row: f"{number(row, 'oxygen_lowest'):.2g} mmHg")
    return [*found, f"Least oxygen: {told}."]


def _food(answer: TissueAnswer) -> list[str]:
    """Least glucose and pH, and how vessels grew, where these are modelled."""
    found = []
    if all("glucose_lowest" in arm.rows[-1] for arm in answer.arms):
        found.append(f"Least glucose: {_by_arm(answer, _level('glucose_lowest', 1e6, '{:.2g} mM'))}.")
    if all("ph_lowest" in arm.rows[-1] for arm in answer.arms):
        found.append(f"Lowest pH: {_by_arm(answer, _level('ph_lowest', 1.0, '{:.2f}'))}.")
    grown = [arm for arm in answer.arms if "vessel_points" in arm.rows[-1]]
    if grown:
        start = int(number(grown[0].rows[0], "vessel_points"))
        found.append(
            f"Vessels took up {start} voxels at the start; at the end: {_by_arm(answer, _counted('vessel_points'), grown)}."
        )
        told = _by_arm(answer, partial(_measured, "wall_signal"), grown)
        found.append(f"Signal to sprout at their walls at the end, as nM of VEGF-A: {told}; {_by_vesicles(grown)}.")
    return found


def _by_vesicles(arms: Sequence[ArmAnswer]) -> str:
    """The largest part of the signal to sprout that vesicles bring in any arm."""
    most = max(number(arm.rows[-1], "wall_signal_of_vesicles") / max(number(arm.rows[-1], "wall_signal"), 1e-300) for arm in arms)
    return f"cargo on vesicles is at most {most:.2%} of it" if most > 0.0 else "vesicles bring none of it"


def _killed(answer: TissueAnswer) -> list[str]:
    arms = [arm for arm in answer.arms if "killed" in arm.rows[-1]]
    found = [f"Killed by immune cells: {_by_arm(answer, _counted('killed'), arms)}."] if arms else []
    eaten = [arm for arm in answer.arms if "engulfed" in arm.rows[-1]]
    if eaten:
        found.append(f"Engulfed by phagocytes: {_by_arm(answer, _counted('engulfed'), eaten)}.")
    return found


def _doses(answer: TissueAnswer) -> list[str]:
    found = []
    for name in sorted({key for arm in answer.arms for key in arm.rows[-1] if key.startswith("doses_")}):
        drug = name.removeprefix("doses_").replace("_", " ")
        told = _by_arm(answer, _counted(name))
        peaks = [max(number(row, name.replace("doses_", "plasma_", 1)) for row in arm.rows) for arm in answer.arms]
        found.append(f"Doses of {drug} given: {told}. Highest free level in blood at a saved time: {max(peaks):.3g} nM.")
    return found


def _held(answer: TissueAnswer) -> list[str]:
    """Drug in tumour cells when most of it was there."""
    found = []
    for key in sorted({key for arm in answer.arms for key in arm.rows[-1] if key.endswith("_pmol")}):
        who = next((who for who in answer.tumours if key.startswith(f"{who}_")), None)
        if who is None:
            continue
        arms = [arm for arm in answer.arms if any(number(row, f"{who}_living") for row in arm.rows)]
        most = [max(number(row, key) for row in arm.rows) for arm in arms]
        if max(most, default=0.0) <= 0.0:
            continue
        drug = key.removeprefix(f"{who}_").removesuffix("_pmol").replace("_", " ")
        told = listed([f"{amount * 1e6:.3g} in {_quoted(arm)}" for arm, amount in zip(arms, most, strict=True)])
        found.append(f"Most {drug} in one cell of '{who}' on average, in 1e-6 pmol: {told}.")
    return found


def _bound(answer: TissueAnswer) -> list[str]:
    """Antigen that antibodies hold on cells, and the complement left where these are, where vesicles use any."""
    found = []
    for key in sorted({key for arm in answer.arms for key in arm.rows[-1] if key.endswith("_occupancy")}):
        who = next((who for who in answer.types if key.startswith(f"{who}_")), "")
        arms = [arm for arm in answer.arms if key in arm.rows[-1]]
        if not any(number(arm.rows[-1], key) > 0.0 for arm in arms):
            continue
        antibody = key.removeprefix(f"{who}_").removesuffix("_occupancy").replace("_", " ")
        found.append(f"Antigen of '{who}' that {antibody} holds at the end: {_by_arm(answer, _share(key), arms)}.")
        left = key.replace("_occupancy", "_complement")
        if min(number(arm.rows[-1], left) for arm in arms) < 1.0 - SEEN:
            found.append(f"Complement that vesicles with {antibody} leave there: {_by_arm(answer, _share(left), arms)}.")
    return found


def _release(answer: TissueAnswer) -> list[str]:
    """Vesicles released, where arms or types of cells differ in it."""
    found = []
    for who in answer.types:
        rates = [number(arm.rows[-1], f"{who}_release_per_h") for arm in answer.arms]
        there = [rate for rate in rates if rate > 0.0]
        if not there or max(there) - min(there) <= SEEN * max(there):
            continue
        told = listed(
            [
                f"{rate:.3g} ({number(arm.rows[-1], f'{who}_diameter_nm'):.0f} nm) in {_quoted(arm)}"
                for arm, rate in zip(answer.arms, rates, strict=True)
                if rate > 0.0
            ]
        )
        found.append(f"Vesicles that a cell of '{who}' releases per hour at the end: {told}.")
    return found


def _received(answer: TissueAnswer) -> list[str]:
    """Vesicles of others in tumour cells, where arms differ in it."""
    found = []
    for who in answer.tumours:
        for other in answer.types:
            name = f"{who}_holds_of_{other}"
            arms = [arm for arm in answer.arms if number(arm.rows[-1], name) > ONE_IN_MANY]
            held = [number(arm.rows[-1], name) for arm in arms]
            if other == who or not arms or max(held) - min(held) <= SEEN * max(held):
                continue
            told = _by_arm(answer, partial(_measured, name), arms)
            found.append(f"Vesicles of '{other}' within a cell of '{who}' at the end: {told}.")
    return found


def _resistant(answer: TissueAnswer) -> list[str]:
    if not answer.cargo:
        return []
    arms = [arm for arm in answer.arms if "resistant_converted" in arm.rows[-1]]
    if not arms:
        return []
    found = [
        f"Resistant by descent at the end (more than {answer.mark:,.0f} copies of {answer.cargo} per cell): "
        f"{_by_arm(answer, _counted('resistant_descended'), arms)}."
    ]
    most = max(max(number(row, "resistant_converted") for row in arm.rows) for arm in arms)
    if most == 0.0:
        return [*found, "No cell became resistant by what it received, in any arm: here resistance spreads by descent only."]
    told = _by_arm(answer, _counted("resistant_converted"), arms)
    return [*found, f"Resistant by what they received: {told}."]


# -- pieces


def _by_arm(answer: TissueAnswer, tell: Callable[[Row], str], arms: Sequence[ArmAnswer] | None = None) -> str:
    """`what` in 'arm', ... of those that have it (absent: all); arms of which the same is told share it."""
    arms = answer.arms if arms is None else arms
    told: dict[str, list[str]] = {}
    for arm in arms:
        told.setdefault(tell(arm.rows[-1]), []).append(_quoted(arm))
    if len(told) == 1:
        every = len(answer.arms) == len(arms) > 1
        return f"{next(iter(told))} in {'every arm' if every else listed([_quoted(arm) for arm in arms])}"
    return "; ".join(f"{what} in {listed(names)}" for what, names in told.items())


def _counted(*names: str) -> Callable[[Row], str]:
    return lambda row: f"{int(sum(number(row, name) for name in names)):,}"


def _level(name: str, scale: float, form: str) -> Callable[[Row], str]:
    return lambda row: form.format(number(row, name) / scale)


def _share(name: str) -> Callable[[Row], str]:
    return lambda row: f"{100.0 * number(row, name):.3g} %"


def _measured(name: str, row: Row) -> str:
    return f"{number(row, name):.3g}"


def _quoted(arm: ArmAnswer) -> str:
    return f"'{arm.label}'"


def _span(hours: float) -> str:
    return f"{hours:g} h" if hours <= 96.0 else f"{hours / 24.0:g} days"


def _against(value: float, reference: float) -> str:
    if reference <= 0.0:
        return "more"
    return f"{abs(value / reference - 1.0):.1%} {'more' if value > reference else 'fewer'}"
