"""The slope of a law by one of its arguments, as a law of its own: what a ledger needs to follow a trait through a network.

A slope is made from the text of its law by SymPy when a kernel is written or numbers are asked for; until then it is a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from exoresist.core.errors import ModelError
from exoresist.laws import attribution, cargo, kinetics, metabolism, signalling, signals, vesicles
from exoresist.laws.registry import Law

_SLOPES: dict[str, Slope] = {}
# Slopes that ledgers of the bundled kinds of dishes need: part of every kernel that serves ledgers, so that these compile once.
USUAL: tuple[tuple[Law, tuple[str, ...]], ...] = (
    (attribution.at_most, ("value",)),
    (attribution.free_for_two, ("share", "part")),
    (attribution.blocked_share, ("loss", "signal", "bypass")),
    (attribution.pumped_out, ("pump", "free")),
    (kinetics.fold, ("level",)),
    (kinetics.stimulation, ("concentration",)),
    (kinetics.tight_binding, ("first", "second")),
    (signalling.activation, ("level",)),
    (signalling.repression, ("level",)),
    (signalling.power_effect, ("activity",)),
    (signalling.mirna_repression, ("occupancy",)),
    (cargo.copies_as_amount, ("copies",)),
    (cargo.received_effect, ("level",)),
    (signals.receptor_occupancy, ("level",)),
    (signals.induction, ("level",)),
    (signals.unblocked, ("share", "blocked")),
    (vesicles.stress_factor, ("stress",)),
    (metabolism.dependence, ("level",)),
    (metabolism.blend, ("first", "second")),
    (metabolism.relative_saturation, ("level",)),
    (metabolism.own_stress, ("supply",)),
    (metabolism.acid_stress, ("left",)),
    (metabolism.buffer_left, ("acid",)),
)


@dataclass(frozen=True, eq=False)
class Slope(Law):
    """Partial derivative of a law by one argument; takes the arguments of the law."""

    of: Law | None = None
    argument: str = ""

    def __call__(self, *values: Any) -> Any:
        """The slope on numbers or NumPy arrays."""
        if "numeric" not in self._symbolic:
            import sympy

            own = [sympy.Symbol(name, real=True) for name in self.arguments]
            self._symbolic["numeric"] = sympy.lambdify(own, self.expression(), "numpy", cse=True)
        return self._symbolic["numeric"](*values)

    @property
    def whole(self) -> Law:
        assert self.of is not None
        return self.of

    @property
    def summary(self) -> str:
        return f"Slope of '{self.whole.name}' by its {self.argument}."

    @property
    def documentation(self) -> str:
        return f"{self.summary}\n\n{self.whole.documentation}"

    @property
    def source_hash(self) -> str:
        return f"slope by {self.argument} of {self.whole.source_hash}"

    @property
    def ignored(self) -> frozenset[int]:
        if "ignored" not in self._symbolic:
            names = {symbol.name for symbol in self.expression().free_symbols}
            self._symbolic["ignored"] = frozenset(index for index, name in enumerate(self.arguments) if name not in names)
        result: frozenset[int] = self._symbolic["ignored"]
        return result

    def expression(self, *symbols: Any) -> Any:
        import sympy

        own = [sympy.Symbol(name, real=True) for name in self.arguments]
        if "expression" not in self._symbolic:
            self._symbolic["expression"] = self.whole.gradient()[self.arguments.index(self.argument)]
        expression = self._symbolic["expression"]
        return expression.subs(dict(zip(own, symbols, strict=True)), simultaneous=True) if symbols else expression


def slope(law: Law, argument: str) -> Slope:
    """The slope of a law by an argument, made once.

    unit  of the result over that of the argument. Raises ModelError for an argument that the law does not have.
    """
    if argument not in law.arguments:
        raise ModelError(f"Law '{law.name}' has no argument '{argument}'. It takes {', '.join(law.arguments)}.")
    name = f"slope_of_{law.name}_by_{argument}"
    if name not in _SLOPES:
        _SLOPES[name] = Slope(
            name, law.function, law.arguments, law.units, _over(law.returns, law.units[argument]), of=law, argument=argument
        )
    return _SLOPES[name]


def _over(unit: str, divisor: str) -> str:
    """A unit divided by another, either of which may hold placeholders (which stand outside parentheses)."""
    if "$" not in unit + divisor:
        return f"({unit})/({divisor})"
    if "(" in divisor:
        raise ModelError(f"A slope by an argument in {divisor} has no unit that can be written. Give the law plainer units.")
    turned = "".join(f"{'*' if sign == '/' else '/'}{word.strip()}" for sign, word in re.findall(r"([*/]?)([^*/]+)", divisor))
    return f"{unit}{turned}"


def all_slopes() -> dict[str, Law]:
    """Every slope made so far, by name."""
    return {name: _SLOPES[name] for name in sorted(_SLOPES)}


def usual_slopes() -> dict[str, Slope]:
    """The slopes that every kernel for ledgers holds, as far as it holds their laws."""
    return {made.name: made for law, arguments in USUAL for made in (slope(law, argument) for argument in arguments)}
