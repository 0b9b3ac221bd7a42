"""The `law` decorator: one function that serves NumPy, Numba (through generated code) and SymPy."""

from __future__ import annotations

import dis
import hashlib
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from exoresist.core.errors import ModelError
from exoresist.laws import namespace

_REGISTRY: dict[str, Law] = {}


@dataclass(frozen=True, eq=False)
class Law:
    """A rate or observation law: a branch-free function of plain arithmetic.

    name       identifier, unique
    arguments  names in order
    units      argument -> unit; `$a` stands for any unit and must be the same wherever it stands
    returns    unit of the result, may use the placeholders
    """

    name: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]
    units: Mapping[str, str]
    returns: str
    _symbolic: dict[str, Any] = field(default_factory=dict, repr=False)

    def __call__(self, *values: Any) -> Any:
        """The law on numbers or NumPy arrays."""
        return self.function(*values)

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (self.function.__doc__ or "").strip().split("\n")[0]

    @property
    def documentation(self) -> str:
        return inspect.cleandoc(self.function.__doc__ or "")

    @property
    def origin(self) -> str:
        """The docstring's `source` line: where the form comes from."""
        match = re.search(r"^\s*source\s+(.*)$", self.function.__doc__ or "", re.MULTILINE)
        return match.group(1).strip() if match else ""

    @property
    def source_hash(self) -> str:
        """Changes when the law's text changes (or that of a law it calls)."""
        digest = hashlib.sha256(_text(self.function).encode())
        for name in sorted(self.function.__code__.co_names):
            value = self.function.__globals__.get(name)
            if isinstance(value, Law):
                digest.update(value.source_hash.encode())
            elif isinstance(value, (int, float)):
                digest.update(f"{name}={value!r}".encode())
        return digest.hexdigest()

    @property
    def ignored(self) -> frozenset[int]:
        """Positions of arguments on which the result does not depend: a law is branch-free and never loads what it does not use."""
        if "ignored" not in self._symbolic:
            loaded = {step.argval for step in dis.get_instructions(self.function.__code__) if "LOAD_FAST" in step.opname}
            flat = {name for item in loaded for name in (item if isinstance(item, tuple) else (item,))}
            self._symbolic["ignored"] = frozenset(index for index, name in enumerate(self.arguments) if name not in flat)
        result: frozenset[int] = self._symbolic["ignored"]
        return result

    def expression(self, *symbols: Any) -> Any:
        """The law as a SymPy expression of the given symbols, or of its own argument names."""
        import sympy

        own = [sympy.Symbol(name, real=True) for name in self.arguments]
        if "expression" not in self._symbolic:
            self._symbolic["expression"] = sympy.sympify(_traced(self.function)(*own))
        expression = self._symbolic["expression"]
        if not symbols:
            return expression
        return expression.subs(dict(zip(own, symbols, strict=True)), simultaneous=True)

    def gradient(self) -> list[Any]:
        """SymPy partial derivatives by argument, in order."""
        import sympy

        if "gradient" not in self._symbolic:
            expression = self.expression()
            self._symbolic["gradient"] = [sympy.diff(expression, sympy.Symbol(name, real=True)) for name in self.arguments]
        return list(self._symbolic["gradient"])


def _text(function: Callable[..., Any]) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except OSError:  # defined at a prompt: the byte code stands in for the text
        code = function.__code__
        return repr((code.co_code, code.co_consts, code.co_names))


def _traced(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same code with its globals rebound to SymPy: np.exp(Symbol) would raise."""
    import sympy

    replacements: dict[str, Any] = {
        "exp": sympy.exp,
        "log": sympy.log,
        "sqrt": sympy.sqrt,
        "where": lambda condition, yes, no: sympy.Piecewise((yes, condition), (no, True)),
        "maximum": lambda a, b: sympy.Piecewise((a, sympy.Gt(a, b)), (b, True)),
        "minimum": lambda a, b: sympy.Piecewise((a, sympy.Lt(a, b)), (b, True)),
    }
    scope: dict[str, Any] = {}
    for name, value in function.__globals__.items():
        if isinstance(value, Law):
            scope[name] = value.expression
        elif name in replacements and value is getattr(namespace, name):
            scope[name] = replacements[name]
        elif isinstance(value, (int, float)) or name == "__builtins__":
            scope[name] = value
    return FunctionType(function.__code__, scope, function.__name__)


def law(*, returns: str, **units: str) -> Callable[[Callable[..., Any]], Law]:
    """Register a function as a law.

    returns  unit of the result; units of every argument by keyword. `$a`, `$b` are placeholders for any unit.

    Raises ModelError when an argument has no unit or the name is taken by another function.
    """

    def register(function: Callable[..., Any]) -> Law:
        arguments = tuple(inspect.signature(function).parameters)
        name = function.__name__
        if set(arguments) != set(units):
            raise ModelError(f"Law '{name}' has arguments {arguments} but units for {tuple(units)}. Give each one a unit.")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise ModelError(f"Law '{name}' needs a lower-case identifier as its name.")
        made = Law(name, function, arguments, dict(units), returns)
        known = _REGISTRY.get(name)
        if known is not None and known.source_hash != made.source_hash:
            raise ModelError(f"A law named '{name}' exists already with another text. Choose another name.")
        _REGISTRY[name] = known or made
        return known or made

    return register


def all_laws() -> dict[str, Law]:
    """Every law registered so far, by name."""
    return dict(sorted(_REGISTRY.items()))
