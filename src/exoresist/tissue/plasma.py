"""Drug in plasma: one or two compartments, doses, and when treatment pauses.

Amounts follow linear equations between doses,

    dA1/dt = input − (clearance/volume + between/volume) A1 + between/outer A2,   dA2/dt = between/volume A1 − between/outer A2,

so the amount at any time is the sum over doses of each one's own course, and each course is exact: a bolus by the matrix exponential, an
infusion by that of the equations with their integral beside them. What acts, and what crosses vessel walls, is the free share of the
concentration. What vessels give to a tumour is not taken from the plasma: a tumour holds little beside a body.

source  linear compartment models of pharmacokinetics (textbook)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from exoresist.core.errors import InputError
from exoresist.tissue.state import Tissue

Array = NDArray[np.float64]
Arrays = Mapping[str, NDArray[np.generic]]
OPEN, GIVEN, WITHHELD = 0, 1, 2  # what has been decided on a dose
PROMPT = 1e-9  # h: a dose that is due this much after a step has ended is due in that step


@dataclass(frozen=True)
class Kinetics:
    """How a body handles a drug.

    volume     mL of the central compartment (plasma); `clearance`: mL/h out of it for good
    free       share that is not bound to protein
    between    mL/h exchanged with the outer compartment, 0: there is none; `outer`: its volume, mL
    """

    volume: float
    clearance: float
    free: float = 1.0
    between: float = 0.0
    outer: float = 1.0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            least = "above 0" if one.name in ("volume", "outer") else "0 or more"
            if not (np.isfinite(value) and value >= 0.0 and (value > 0.0 or least == "0 or more")):
                raise InputError(f"kinetics of a drug in plasma: {one.name} is {value}", f"a finite number, {least}")
        if self.free > 1.0:
            raise InputError(f"a free share of {self.free}", "0 to 1")

    @property
    def matrix(self) -> Array:
        """(3, 3) of amounts in the centre, in the outer compartment, and gone for good; 1/h."""
        away, out, back = self.clearance / self.volume, self.between / self.volume, self.between / self.outer
        return np.array([[-(away + out), back, 0.0], [out, -back, 0.0], [away, 0.0, 0.0]])


@dataclass(frozen=True)
class Dose:
    """An amount (pmol) given at a time (h), at once or evenly over a duration (h)."""

    time: float
    amount: float
    duration: float = 0.0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if not (np.isfinite(value) and value >= 0.0):
                raise InputError(f"a dose has a {one.name} of {value}", "a finite number, 0 or more")


def repeated(first: float, interval: float, count: int, amount: float, duration: float = 0.0) -> tuple[Dose, ...]:
    """The same dose `count` times, every `interval` hours."""
    if not (interval > 0.0 and count >= 1):
        raise InputError(f"{count} doses every {interval} h", "at least one dose, an interval above 0")
    return tuple(Dose(first + number * interval, amount, duration) for number in range(count))


def always(share: float, on: bool) -> bool:
    """Every dose is given."""
    return True


@dataclass(frozen=True)
class ByBurden:
    """Treat until the burden has fallen below `stop` of that at the start, and again once it is above `resume` of it."""

    stop: float
    resume: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.stop <= self.resume < np.inf:
            raise InputError(f"treatment stops at {self.stop} of the burden and resumes at {self.resume}", "0 <= stop <= resume")

    def __call__(self, share: float, on: bool) -> bool:
        return share >= self.stop if on else share > self.resume


@dataclass(frozen=True)
class Biomass:
    """Burden: biomass of the living cells of some types."""

    kinds: tuple[int, ...]

    def __call__(self, tissue: Tissue) -> float:
        cells = tissue.cells
        return float(cells.biomass[cells.living() & np.isin(cells.kind, self.kinds)].sum())


class Plasma:
    """One drug in plasma. As a step it decides, at the end of each life step, on the doses that are due in the next; an infusion that has
    begun goes on.

    doses   planned; one in the first life step is given without asking
    rule    (burden over that at the start, on now) -> on; the start is where the first dose is decided on, or has just been given
    burden  what the rule judges by
    """

    def __init__(
        self,
        kinetics: Kinetics,
        doses: Sequence[Dose],
        rule: Callable[[float, bool], bool] = always,
        burden: Callable[[Tissue], float] = Biomass((0,)),
    ) -> None:
        self.kinetics, self.doses, self.rule, self.burden = kinetics, tuple(doses), rule, burden
        self._time, self._amount, self._duration = (
            np.array([getattr(one, name) for one in self.doses], dtype=np.float64) for name in ("time", "amount", "duration")
        )
        self.decided = np.zeros(len(self.doses), dtype=np.int8)
        self.on = True
        self.first = np.nan  # burden at the start

    def __call__(self, tissue: Tissue) -> None:
        now = tissue.time + tissue.pace.life
        due = (self.decided == OPEN) & (self._time < now + tissue.pace.life - PROMPT)
        if np.isnan(self.first) and not due.any():
            return
        burden = self.burden(tissue)
        if np.isnan(self.first):
            if burden <= 0.0:
                raise InputError("there is no burden to treat at the start", "living cells of the types that count")
            self.first = burden
        self.decided[due & (self._time < now - PROMPT)] = GIVEN
        self.on = bool(self.rule(burden / self.first, self.on))
        due &= self.decided == OPEN
        self.decided[due] = GIVEN if self.on else WITHHELD

    def amounts(self, time: float) -> Array:
        """(3) pmol in the centre, in the outer compartment, and gone for good at a time, h.

        Doses that nothing has been decided on count if treatment is on.
        """
        taken = (self.decided == GIVEN) | ((self.decided == OPEN) & self.on)
        taken &= self._time <= time
        since, amount, duration = time - self._time[taken], self._amount[taken], self._duration[taken]
        total = np.zeros(3)
        if not len(since):
            return total
        bolus = duration == 0.0
        # With the integral of the course beside the amounts: d(integral)/dt = amounts. An infusion that has ended is one that goes on,
        # less one that began at its end.
        wide = np.zeros((6, 6))
        wide[:3, :3], wide[3:, :3] = self.kinetics.matrix, np.eye(3)
        ended = np.maximum(since - duration, 0.0)
        courses = expm(wide * np.concatenate([since, ended])[:, None, None])
        whole, after = courses[: len(since)], courses[len(since) :]
        total += amount[bolus] @ whole[bolus, :3, 0]
        rate = amount[~bolus] / duration[~bolus]
        total += rate @ (whole[~bolus, 3:, 0] - after[~bolus, 3:, 0])
        return total

    def exposure(self, time: float) -> float:
        """Free concentration in plasma, integrated from the start to a time (h), pmol/mL h; exact, as `amounts` is."""
        taken = ((self.decided == GIVEN) | ((self.decided == OPEN) & self.on)) & (self._time < time)
        since, amount, duration = time - self._time[taken], self._amount[taken], self._duration[taken]
        if not len(since):
            return 0.0
        # Beside the amounts their integral, and the integral of that: what an infusion has left behind.
        wide = np.zeros((9, 9))
        wide[:3, :3], wide[3:6, :3], wide[6:, 3:6] = self.kinetics.matrix, np.eye(3), np.eye(3)
        ended = np.maximum(since - duration, 0.0)
        courses = expm(wide * np.concatenate([since, ended])[:, None, None])
        whole, after = courses[: len(since)], courses[len(since) :]
        bolus = duration == 0.0
        total = float(amount[bolus] @ whole[bolus, 3, 0])
        total += float((amount[~bolus] / duration[~bolus]) @ (whole[~bolus, 6, 0] - after[~bolus, 6, 0]))
        return self.kinetics.free * total / self.kinetics.volume

    def mean_over(self, span: float) -> Callable[[float], float]:
        """Mean free concentration, pmol/mL, over a span (h) by the time in its middle: a dose that falls within a step counts as it is."""
        return lambda middle: (self.exposure(middle + 0.5 * span) - self.exposure(middle - 0.5 * span)) / span

    def given(self, time: float) -> float:
        """pmol given until a time."""
        taken = ((self.decided == GIVEN) | ((self.decided == OPEN) & self.on)) & (self._time <= time)
        since, duration = time - self._time[taken], self._duration[taken]
        share = np.where(duration > 0.0, np.minimum(since / np.where(duration > 0.0, duration, 1.0), 1.0), 1.0)
        return float(self._amount[taken] @ share)

    def level(self, time: float) -> float:
        """Free concentration in plasma at a time (h), pmol/mL."""
        return float(self.kinetics.free * self.amounts(time)[0] / self.kinetics.volume)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        return {"decided": self.decided, "rule": np.array([float(self.on), self.first])}

    def restore(self, arrays: Arrays) -> None:
        self.decided = np.array(arrays["decided"], dtype=np.int8)
        self.on, self.first = bool(arrays["rule"][0]), float(arrays["rule"][1])


@dataclass(frozen=True)
class HeldFaces:
    """The open faces of the box hold pools of the medium at their levels in plasma: a tumour whose rim is perfused.

    levels  pool -> level in plasma at a time, amount/mL
    """

    levels: Mapping[str, Callable[[float], float]]

    def __call__(self, tissue: Tissue) -> None:
        """Nothing is left to do once the cells have lived: the faces are held anew as the next step begins."""

    def supply(self, tissue: Tissue, takes: dict[str, Array], gives: dict[str, Array]) -> None:
        """Hold the faces for the life step that begins, at what `levels` say of its middle."""
        for name, level in self.levels.items():
            tissue.medium.hold(name, level(tissue.time + 0.5 * tissue.pace.life))
