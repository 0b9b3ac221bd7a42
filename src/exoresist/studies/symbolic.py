"""Numbers that remember what was done to them: they go where floats go, through NumPy and laws, and come out as SymPy expressions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

Expression = Any  # sympy.Expr


class Symbolic:
    """A stand-in for a number that is not known yet.

    expression  what it is worth, of SymPy symbols

    Sums, products, quotients and powers of stand-ins are stand-ins; NumPy calls `exp`, `log` and `sqrt` of what it holds as objects, so
    that laws written for arrays work on them. What must know a value (comparing, rounding, choosing) raises TypeError.
    """

    __slots__ = ("expression",)

    def __init__(self, expression: Expression) -> None:
        self.expression = expression

    def exp(self) -> Symbolic:
        import sympy

        return Symbolic(sympy.exp(self.expression))

    def log(self) -> Symbolic:
        import sympy

        return Symbolic(sympy.log(self.expression))

    def sqrt(self) -> Symbolic:
        import sympy

        return Symbolic(sympy.sqrt(self.expression))

    def __neg__(self) -> Symbolic:
        return Symbolic(-self.expression)

    def __pos__(self) -> Symbolic:
        return self

    def __bool__(self) -> bool:
        raise TypeError(f"a choice hangs on {self.expression}")

    def __float__(self) -> float:
        raise TypeError(f"the value of {self.expression} is wanted")

    def __repr__(self) -> str:
        return f"Symbolic({self.expression})"

    def _compared(self, other: object) -> bool:
        raise TypeError(f"a choice hangs on {self.expression}")

    __lt__ = __le__ = __gt__ = __ge__ = _compared


def _binary(operation: Callable[[Any, Any], Any], turned: bool) -> Callable[[Symbolic, Any], Any]:
    def method(own: Symbolic, other: Any) -> Any:
        if isinstance(other, np.ndarray) and other.ndim:
            return NotImplemented  # NumPy goes through the elements
        theirs = _plain(other)
        return Symbolic(operation(theirs, own.expression) if turned else operation(own.expression, theirs))

    return method


def _plain(value: Any) -> Expression:
    held = value.item() if isinstance(value, (np.ndarray, np.generic)) else value
    return held.expression if isinstance(held, Symbolic) else held


for _name in ("add", "sub", "mul", "truediv", "pow"):
    setattr(Symbolic, f"__{_name}__", _binary(getattr(operator, _name), False))
    setattr(Symbolic, f"__r{_name}__", _binary(getattr(operator, _name), True))


def expression_of(value: Any) -> Expression:
    """A number, a stand-in, or an array that holds one of them first, as SymPy expression."""
    import sympy

    first = np.ravel(np.asarray(value, dtype=object))[0]
    return sympy.sympify(_plain(first))
