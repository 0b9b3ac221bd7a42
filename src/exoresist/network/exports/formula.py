"""Slots of a compiled network as formulas in the infix language of SBML Level 3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from exoresist.laws.registry import Law
from exoresist.network.compiled import CompiledNetwork

_PLACE = re.compile(r"\bplace(\d+)_\b")
_ATOM = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@lru_cache(maxsize=1)
def _printer() -> Any:
    from sympy.printing.str import StrPrinter

    class Infix(StrPrinter):  # type: ignore[misc]
        """SymPy in SBML's infix: `^` for powers, `ln` (bare `log` is base 10 there), `piecewise` for conditions."""

        def _print_Pow(self, expression: Any, rational: bool = False) -> str:  # noqa: N802
            base, power = expression.as_base_exp()
            inner = self._print(base)
            if power == -1:
                return f"1/({inner})"
            if power.is_Rational and power.q == 2 and abs(power.p) == 1:
                return f"sqrt({inner})" if power.p > 0 else f"1/sqrt({inner})"
            return f"({inner})^({self._print(power)})"

        def _print_log(self, expression: Any) -> str:
            return f"ln({self._print(expression.args[0])})"

        def _print_exp(self, expression: Any) -> str:
            return f"exp({self._print(expression.args[0])})"

        def _print_Float(self, expression: Any) -> str:  # noqa: N802
            return repr(float(expression))

        def _print_Relational(self, expression: Any) -> str:  # noqa: N802
            return f"({self._print(expression.lhs)}) {expression.rel_op} ({self._print(expression.rhs)})"

        def _print_And(self, expression: Any) -> str:  # noqa: N802
            return " && ".join(f"({self._print(part)})" for part in expression.args)

        def _print_Or(self, expression: Any) -> str:  # noqa: N802
            return " || ".join(f"({self._print(part)})" for part in expression.args)

        def _print_Not(self, expression: Any) -> str:  # noqa: N802
            return f"!({self._print(expression.args[0])})"

        def _print_BooleanTrue(self, expression: Any) -> str:  # noqa: N802
            return "true"

        def _print_BooleanFalse(self, expression: Any) -> str:  # noqa: N802
            return "false"

        def _print_ITE(self, expression: Any) -> str:  # noqa: N802
            condition, yes, no = (self._print(part) for part in expression.args)
            return f"(({condition}) && ({yes})) || (!({condition}) && ({no}))"

        def _print_Piecewise(self, expression: Any) -> str:  # noqa: N802
            parts: list[str] = []
            for value, condition in expression.args:
                parts.append(self._print(value))
                if condition != True:  # noqa: E712  (a SymPy truth value, which is not the constant True)
                    parts.append(self._print(condition))
            return f"piecewise({', '.join(parts)})"

    return Infix().doprint


@lru_cache(maxsize=512)
def template(law: Law) -> str:
    """The law's formula with `place0_`, `place1_`, ... for its arguments."""
    import sympy

    symbols = [sympy.Symbol(f"place{index}_", real=True) for index in range(len(law.arguments))]
    text: str = _printer()(law.expression(*symbols))
    return text


class Formulas:
    """Formulas of a network's slots; values with a name are referred to, the rest is written out where it is used.

    symbols  slot -> identifier of what has a name of its own
    """

    def __init__(self, compiled: CompiledNetwork, symbols: Mapping[int, str]) -> None:
        self._symbols = symbols
        self._calls = {out: (compiled.laws[name], inputs) for name, inputs, out in compiled.calls}

    def of(self, slot: int) -> str:
        """The identifier of a slot, or its formula where it has none."""
        return self._symbols[slot] if slot in self._symbols else self.written_out(slot)

    def written_out(self, slot: int) -> str:
        """The formula of a computed slot, its own name not used."""
        law, inputs = self._calls[slot]
        texts = [self.of(each) for each in inputs]
        return _PLACE.sub(lambda match: _enclosed(texts[int(match.group(1))]), template(law))


def writable(value: float) -> float:
    """The number, or zero for one so small that readers of SBML take it for an overflow."""
    return value if abs(value) >= 1e-300 else 0.0


def _enclosed(text: str) -> str:
    return text if _ATOM.fullmatch(text) else f"({text})"
