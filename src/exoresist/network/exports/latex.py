"""Laws and networks as LaTeX."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

from exoresist.laws import kinetics, namespace
from exoresist.laws.registry import Law
from exoresist.network.exports.table import inputs_text, to_table
from exoresist.network.parts import Derived

if TYPE_CHECKING:
    from exoresist.network.network import Network

_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi".split()
)
_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "_": r"\_", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


def law_latex(law: Law) -> str:
    """The law's equation: its name on the left, an expression of its arguments on the right.

    Clamps that only keep the arithmetic finite (the smallest ratio of a power) are left out: the equation is the one
    that is meant.
    """
    name = law.name.replace("_", r"\,")
    return rf"\mathrm{{{name}}} = {_right_side(law)}"


@lru_cache(maxsize=512)
def _right_side(law: Law) -> str:
    import sympy

    # SymPy orders factors by name: names that count keep the order of the law's arguments.
    symbols = [sympy.Symbol(f"a{index:02d}", real=True) for index in range(len(law.arguments))]
    expression = sympy.sympify(_readable(law)(*symbols))
    plain: dict[Any, Any] = {}
    for number in expression.atoms(sympy.Float):
        if float(number).is_integer():
            plain[number] = sympy.Integer(int(number))
        elif abs(float(number) - math.pi) < 1e-12:
            plain[number] = sympy.pi
    names = {symbol: symbol_latex(name) for symbol, name in zip(symbols, law.arguments, strict=True)}
    printer = _printer_class()({"symbol_names": names, "mul_symbol": "dot", "ln_notation": True})
    text: str = printer.doprint(expression.xreplace(plain))
    return text


@lru_cache(maxsize=1)
def _printer_class() -> Any:
    from sympy.printing.latex import LatexPrinter

    class Readable(LatexPrinter):  # type: ignore[misc]
        """Sums begin with a number or a positive term, as people write them."""

        def _as_ordered_terms(self, expression: Any, order: Any = None) -> list[Any]:
            return sorted(
                expression.as_ordered_terms(),
                key=lambda term: (term.could_extract_minus_sign(), not term.is_number, _first_symbol(term)),
            )

    return Readable


def _first_symbol(term: Any) -> str:
    return min((symbol.name for symbol in term.free_symbols), default="")


def symbol_latex(name: str) -> str:
    """A name as a symbol: its first word upright (or a Greek letter), the others as its index."""
    first, *rest = name.replace(".", "_").strip("_").split("_")
    head = f"\\{first}" if first in _GREEK else first if len(first) == 1 else rf"\mathrm{{{first}}}"
    index = r"\,".join(part for part in rest if part)
    return rf"{head}_{{\mathrm{{{index}}}}}" if index else head


def _readable(law: Law) -> Callable[..., Any]:
    """The law's code on SymPy symbols, with powers written as powers and clamps as max and min."""
    import sympy

    if law is kinetics.safe_power:
        return lambda base, exponent: base**exponent
    scope: dict[str, Any] = {}
    swapped = {
        "exp": sympy.exp,
        "log": sympy.log,
        "sqrt": sympy.sqrt,
        "where": lambda condition, yes, no: sympy.Piecewise((yes, condition), (no, True)),
        "maximum": _greater,
        "minimum": sympy.Min,
    }
    function: Any = law.function
    for name, value in function.__globals__.items():
        if name not in function.__code__.co_names:
            continue
        if isinstance(value, Law):
            scope[name] = _readable(value)
        elif name in swapped and value is getattr(namespace, name):
            scope[name] = swapped[name]
        elif isinstance(value, (int, float)):
            scope[name] = value
    return FunctionType(function.__code__, scope, function.__name__)


def _greater(first: Any, second: Any) -> Any:
    import sympy

    return first if second == kinetics.SMALLEST_RATIO else sympy.Max(first, second)


def to_latex(network: Network) -> str:
    """A document fragment: one equation per law in use, then a table of processes and one of modulations and nodes.

    Needs the packages amsmath and longtable.
    """
    used: dict[str, tuple[Law, list[str]]] = {}

    def note(law: Law, user: str) -> None:
        used.setdefault(law.name, (law, []))[1].append(user)

    for process in network.processes.values():
        note(process.law, process.id)
    for modulation in network.modulations:
        note(modulation.law, f"{modulation.process} ({modulation.tag})")
    for node in network.nodes.values():
        for law, _ in node.regulators:
            note(law, node.id)
    for derived in network.derived.values():
        if isinstance(derived, Derived):
            note(derived.law, derived.id)
    lines = [f"% Network {network.name}; needs amsmath and longtable", rf"\section*{{{escape(network.name)}}}"]
    lines.append(r"\subsection*{Laws}")
    for law, users in (used[name] for name in sorted(used)):
        arguments = ", ".join(f"${symbol_latex(name)}$ ({escape(law.units[name])})" for name in law.arguments)
        lines.append(rf"\paragraph{{{escape(law.name)}}} {escape(law.summary)}")
        lines += [r"\begin{equation*}", law_latex(law), r"\end{equation*}"]
        lines.append(f"Arguments: {arguments}. Result in {escape(law.returns)}. Used by {escape(', '.join(users))}.")
    rows = to_table(network)
    if rows:
        lines.append(r"\subsection*{Processes}")
        columns = ["id", "source", "sink", "law", "inputs", "modulations"]
        lines += _table(columns, [[row[column] for column in columns] for row in rows])
    if network.nodes:
        lines.append(r"\subsection*{Nodes}")
        terms = [
            [node.id, node.time, "; ".join(f"{law.name}({inputs_text(inputs)})" for law, inputs in node.regulators)]
            for node in network.nodes.values()
        ]
        lines += _table(["id", "time", "regulators"], terms)
    return "\n".join(lines) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    width = f"p{{{0.9 / len(head):.3f}\\linewidth}}"
    lines = [rf"\begin{{longtable}}{{{width * len(head)}}}", " & ".join(rf"\textbf{{{word}}}" for word in head)]
    lines[-1] += r" \\ \hline"
    # A zero-width break after each separator lets long lists of inputs wrap.
    lines += [" & ".join(escape(cell).replace(r"\_", r"\_\allowbreak{}") for cell in row) + r" \\" for row in rows]
    return [*lines, r"\end{longtable}"]


def escape(text: str) -> str:
    """Text with the characters that LaTeX reads as commands written out."""
    return "".join(_ESCAPED.get(character, character) for character in text)
