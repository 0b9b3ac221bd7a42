"""Formulas of other people's models as SymPy trees, and their values: walked node by node, never turned into program text.

Two sources give such trees: the parser of the PEtab library, and the MathML of an SBML file. A tree holds nothing but symbols, numbers
and the functions named here; anything else is refused by its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from exoresist.core.errors import InputError

TIME = "time"
Value = Any  # float, or array over times


class Values(Protocol):
    """Where symbols find their numbers."""

    def __getitem__(self, name: str, /) -> Value: ...


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "exp": np.exp, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "sec": lambda x: 1.0 / np.cos(x), "csc": lambda x: 1.0 / np.sin(x), "cot": lambda x: 1.0 / np.tan(x),
    "sech": lambda x: 1.0 / np.cosh(x), "csch": lambda x: 1.0 / np.sinh(x), "coth": lambda x: 1.0 / np.tanh(x),
    "asec": lambda x: np.arccos(1.0 / x), "acsc": lambda x: np.arcsin(1.0 / x), "acot": lambda x: np.arctan(1.0 / x),
    "asech": lambda x: np.arccosh(1.0 / x), "acsch": lambda x: np.arcsinh(1.0 / x), "acoth": lambda x: np.arctanh(1.0 / x),
    "factorial": np.vectorize(lambda x: math.gamma(x + 1.0), otypes=[float]),
    "Abs": np.abs, "sign": np.sign, "floor": np.floor, "ceiling": np.ceil, "Implies": lambda x, y: np.logical_or(~np.asarray(x), y),
    "StrictLessThan": np.less, "StrictGreaterThan": np.greater, "LessThan": np.less_equal,
    "GreaterThan": np.greater_equal, "Equality": np.equal, "Unequality": np.not_equal, "Not": np.logical_not,
}  # fmt: skip
_CHAINS: dict[str, Callable[[Value, Value], Value]] = {
    "Add": np.add, "Mul": np.multiply, "Min": np.minimum, "Max": np.maximum, "And": np.logical_and, "Or": np.logical_or,
    "Xor": np.logical_xor,
}  # fmt: skip


def evaluate(formula: Any, values: Values) -> Value:
    """Value of a tree, a float or an array over times.

    formula  SymPy expression
    values   symbol -> number or array; read only for the symbols that the formula holds

    Infinities and NaN are the caller's to judge: a formula may pass through them. Raises InputError for a function that is not known,
    KeyError from `values` for a symbol that it lacks.
    """
    with np.errstate(all="ignore"):
        return _walk(formula, values)


def _walk(node: Any, values: Values) -> Value:
    if node.is_Symbol:
        return values[node.name]
    if node.is_number and not node.free_symbols and getattr(node, "is_Boolean", False) is False:
        return float(node)
    kind = type(node).__name__
    if kind in ("BooleanTrue", "BooleanFalse"):
        return kind == "BooleanTrue"
    if kind == "Piecewise":
        return _piecewise(node, values)
    arguments = [_walk(one, values) for one in node.args]
    if kind in _CHAINS:
        total = arguments[0]
        for one in arguments[1:]:
            total = _CHAINS[kind](total, one)
        return total
    if kind == "Pow":
        return np.power(np.asarray(arguments[0], dtype=float), arguments[1])
    if kind == "log":
        return np.log(arguments[0]) if len(arguments) == 1 else np.log(arguments[0]) / np.log(arguments[1])
    if kind == "Heaviside":
        return np.heaviside(arguments[0], arguments[1] if len(arguments) > 1 else 0.5)
    if kind in _FUNCTIONS:
        return _FUNCTIONS[kind](*arguments)
    raise InputError(f"The formula holds '{kind}', which is not known here", "arithmetic, functions and piecewise of PEtab")


def _piecewise(node: Any, values: Values) -> Value:
    """The first piece whose condition holds; NaN where none does."""
    result: Value = np.nan
    for value, condition in reversed(node.args):
        holds = _walk(condition, values)
        result = np.where(np.asarray(holds, dtype=bool), _walk(value, values), result)
    return result if np.ndim(result) else float(result)


def names_in(formula: Any) -> set[str]:
    """Names of the symbols that a tree holds."""
    return {symbol.name for symbol in formula.free_symbols}


def from_mathml(node: Any, where: str) -> Any:
    """A libsbml tree as SymPy expression; symbols are real, as those of the PEtab parser are.

    node   libsbml.ASTNode, functions of the model already written out
    where  what the formula belongs to, for the message
    raises InputError naming what SBML allows and this does not know (delays, rates, distributions)
    """
    import libsbml
    import sympy

    kind = node.getType()
    children = [from_mathml(node.getChild(index), where) for index in range(node.getNumChildren())]
    if kind == libsbml.AST_INTEGER:
        return sympy.Integer(node.getInteger())
    if kind in (libsbml.AST_REAL, libsbml.AST_REAL_E, libsbml.AST_RATIONAL):
        return sympy.Float(node.getReal())
    if kind == libsbml.AST_NAME:
        return sympy.Symbol(node.getName(), real=True)
    if kind == libsbml.AST_NAME_TIME:
        return sympy.Symbol(TIME, real=True)
    if kind == libsbml.AST_NAME_AVOGADRO:
        return sympy.Float(node.getReal())
    if kind == libsbml.AST_MINUS:
        return -children[0] if len(children) == 1 else children[0] - children[1]
    if kind == libsbml.AST_DIVIDE:
        return children[0] / children[1]
    if kind in (libsbml.AST_POWER, libsbml.AST_FUNCTION_POWER):
        return children[0] ** children[1]
    if kind == libsbml.AST_FUNCTION_ROOT:
        return children[1] ** (1 / children[0]) if len(children) == 2 else sympy.sqrt(children[0])
    if kind == libsbml.AST_FUNCTION_LOG:
        base, value = children if len(children) == 2 else (sympy.Integer(10), children[0])
        return sympy.log(value, base)
    if kind == libsbml.AST_FUNCTION_PIECEWISE:
        pairs = [(children[index], _truth(children[index + 1])) for index in range(0, len(children) - 1, 2)]
        if len(children) % 2:
            pairs.append((children[-1], True))
        return sympy.Piecewise(*pairs)
    build = _mathml_functions().get(kind)
    if build is None:
        raise InputError(
            f"{where} holds '{node.getName() or libsbml.formulaToL3String(node)}'", "arithmetic, functions, piecewise"
        )
    return build(*children)


def _truth(node: Any) -> Any:
    """A number where a condition is expected: SBML counts 0 as false."""
    import sympy

    return node if isinstance(node, sympy.logic.boolalg.Boolean) else sympy.Ne(node, 0)


def _whole(value: Any) -> Any:
    """The part before the point, as SBML's quotient takes it: towards zero."""
    import sympy

    return sympy.sign(value) * sympy.floor(sympy.Abs(value))


def _mathml_functions() -> dict[int, Callable[..., Any]]:
    import libsbml
    import sympy

    def logic(build: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *parts: build(*map(_truth, parts))

    def compare(build: Callable[[Any, Any], Any]) -> Callable[..., Any]:
        return lambda *parts: sympy.And(*(build(left, right) for left, right in pairwise(parts)))

    table = {
        libsbml.AST_PLUS: sympy.Add, libsbml.AST_TIMES: sympy.Mul, libsbml.AST_FUNCTION_LN: sympy.log,
        libsbml.AST_FUNCTION_ABS: sympy.Abs, libsbml.AST_FUNCTION_CEILING: sympy.ceiling,
        libsbml.AST_CONSTANT_E: lambda: sympy.E, libsbml.AST_CONSTANT_PI: lambda: sympy.pi,
        libsbml.AST_CONSTANT_TRUE: lambda: sympy.true, libsbml.AST_CONSTANT_FALSE: lambda: sympy.false,
        libsbml.AST_LOGICAL_AND: logic(sympy.And), libsbml.AST_LOGICAL_OR: logic(sympy.Or),
        libsbml.AST_LOGICAL_XOR: logic(sympy.Xor), libsbml.AST_LOGICAL_NOT: logic(sympy.Not),
        libsbml.AST_RELATIONAL_LT: compare(sympy.Lt), libsbml.AST_RELATIONAL_GT: compare(sympy.Gt),
        libsbml.AST_RELATIONAL_LEQ: compare(sympy.Le), libsbml.AST_RELATIONAL_GEQ: compare(sympy.Ge),
        libsbml.AST_RELATIONAL_EQ: compare(sympy.Eq), libsbml.AST_RELATIONAL_NEQ: compare(sympy.Ne),
        libsbml.AST_LOGICAL_IMPLIES: logic(sympy.Implies), libsbml.AST_FUNCTION_REM: lambda x, y: x - y * _whole(x / y),
        libsbml.AST_FUNCTION_QUOTIENT: lambda x, y: _whole(x / y),
        libsbml.AST_FUNCTION_MIN: sympy.Min, libsbml.AST_FUNCTION_MAX: sympy.Max,
    }  # fmt: skip
    for name in ("exp", "floor", "factorial"):
        table[getattr(libsbml, f"AST_FUNCTION_{name.upper()}")] = getattr(sympy, name)
    for name in ("sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "sech", "csch", "coth"):
        table[getattr(libsbml, f"AST_FUNCTION_{name.upper()}")] = getattr(sympy, name)
        table[getattr(libsbml, f"AST_FUNCTION_ARC{name.upper()}")] = getattr(sympy, f"a{name}")
    return table
