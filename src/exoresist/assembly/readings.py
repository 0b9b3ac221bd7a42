"""One reading of an experiment, as a table holds it: where, when, under which doses, and what was read."""

from __future__ import annotations

from dataclasses import dataclass

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
