"""One reading of an experiment, as a table holds it: where, when, under which doses, and what was read."""

from __future__ import annotations

from dataclasses import dataclass

from exoresist.core.errors import InputError
from exoresist.core.units import convert

UNTREATED = "untreated"


@dataclass(frozen=True)
class Reading:
    """A reading as it was written down.

    experiment, arm  empty: the only one (of the scenario; arms: the base, or the only arm)
    time             h
    doses            (what, number, unit) of everything that the table varies; what is empty for the experiment's own drug
    value, unit      as written; an empty unit is the readout's
    replicate        name of the well or the animal
    line             of the table, for messages
    """

    experiment: str
    arm: str
    time: float
    doses: tuple[tuple[str, float, str], ...]
    readout: str
    value: float
    unit: str = ""
    replicate: str = "1"
    line: int = 0

    @property
    def where(self) -> str:
        """The reading's place in its table."""
        return f"line {self.line} of the readings" if self.line else "the readings"

    def at(self, error: InputError) -> InputError:
        """The same error with the reading's place before it."""
        return InputError(f"{self.where}: {error.came}", error.allowed, error.advice)

    def dose_of(self, drug: str) -> float | None:
        """Dose of the one drug that a question varies, nM; None where the table leaves the scenario's.

        drug    its id; empty: the question varies none
        raises  InputError for doses of something else, two of them, or a unit that is no concentration
        """
        found = None
        for what, number, unit in self.doses:
            if not drug or what not in ("", drug):
                allowed = f"of {drug} only" if drug else "no dose"
                raise InputError(f"{self.where}: a dose of {what or 'what?'}", allowed, "Leave such doses to the arms")
            if found is not None:
                raise InputError(f"{self.where}: two doses of {drug}", "one", "Empty one of the columns")
            try:
                found = convert(number, unit or "nM", "nM")
            except InputError:
                raise InputError(f"{self.where}: a dose of {drug} in '{unit}'", "a unit like nM") from None
        return found

    def value_in(self, unit: str) -> float:
        """The value in a unit: a value in % is a hundredth; one without a unit is taken as it is.

        raises  InputError for a unit of another kind
        """
        if not self.unit:
            return self.value
        try:
            return convert(self.value, self.unit, unit)
        except InputError:
            allowed = f"a unit like '{unit}'" if unit else "no unit, or %"
            raise InputError(
                f"{self.where}: readout '{self.readout}' in '{self.unit}'", allowed, "Correct the unit, or empty it"
            ) from None
