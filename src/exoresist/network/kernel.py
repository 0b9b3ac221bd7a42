"""The compiled dispatcher: generated from a set of laws, cached on disk under the hash of everything in it.

Laws are few and networks many, so a kernel knows laws only; a network is index and value arrays that it reads. SymPy is needed only when
a kernel is written, not when it is read back.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from exoresist.laws.registry import Law, all_laws
from exoresist.laws.slopes import all_slopes, usual_slopes
from exoresist.numerics import cellwise, rosenbrock

BLOCK = 64  # systems that advance together at most: enough for full vector registers, few enough for the second-level cache
# Rooms of laws that a plain cell with vesicles and drugs needs: they compile in half the time of all laws, for whoever needs no more.
PLAIN = ("cargo", "drug", "growth", "kinetics", "signalling", "vesicles")
_LOADED: dict[tuple[str, bool], ModuleType] = {}


def cache_folder() -> Path:
    """Where kernels are kept: EXORESIST_CACHE, else the user's cache folder, else a temporary one."""
    named = os.environ.get("EXORESIST_CACHE")
    if named:
        folder = Path(named)
    else:
        from platformdirs import user_cache_dir

        folder = Path(user_cache_dir("exoresist"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="exoresist-"))


def load_kernel(laws: Mapping[str, Law], single: bool) -> tuple[ModuleType, tuple[str, ...]]:
    """The kernel that serves these laws, for one system at a time or for blocks of any width, and the names of its laws in order.

    There are two kernels in the package, one with the laws of a plain cell and one with all laws, and each once more with what a ledger of
    it needs, so that networks never compile each for itself; laws registered elsewhere make one of their own, beside them.
    """
    names = _served(laws)
    key = (_hash(names), single)
    if key not in _LOADED:
        _LOADED[key] = _load(names, *key)
    return _LOADED[key], names


def _served(laws: Mapping[str, Law]) -> tuple[str, ...]:
    rooms = {name: law.function.__module__.split(".") for name, law in all_laws().items()}
    # Laws of the tissue act on whole cells: no network names them, and no kernel need hold them.
    package = {name: room[-1] for name, room in rooms.items() if room[:2] == ["exoresist", "laws"] and room[-1] != "tissue"}
    ledger = {name for name, module in package.items() if module == "attribution"}
    whole = package.keys() - ledger
    plain = {name for name, module in package.items() if module in PLAIN}
    for own in (plain, whole):
        # A ledger needs the slopes of those laws that its kernel holds.
        slopes = {name for name, made in usual_slopes().items() if made.whole.name in own | ledger}
        for served in (own, own | ledger | slopes):
            if served.issuperset(laws):
                return tuple(sorted(served))
    return tuple(sorted((whole | ledger | slopes if ledger.intersection(laws) else whole) | set(laws)))


@lru_cache(maxsize=64)
def _hash(names: tuple[str, ...]) -> str:
    import numba

    registry = all_laws() | all_slopes()
    digest = hashlib.sha256(f"{numba.__version__} {sys.version_info[:2]}".encode())
    for part in (rosenbrock, cellwise, sys.modules[__name__]):
        digest.update(inspect.getsource(part).encode())
    for name in names:
        digest.update(f"{name}:{registry[name].source_hash}".encode())
    return digest.hexdigest()[:16]


def _load(names: tuple[str, ...], digest: str, single: bool) -> ModuleType:
    folder = cache_folder()
    path = folder / f"kernel_{digest}_{'single' if single else 'block'}.py"
    if not path.exists():
        text = kernel_source(names, single)
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.replace(temporary, path)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


_DISPATCH = """

@njit(**OPTIONS)
def evaluate(slots, groups, inputs, outputs):
    for g in range(groups.shape[0]):
        law, first, last = groups[g, 0], groups[g, 1], groups[g, 2]
{value_branches}


@njit(**OPTIONS)
def prelude(slots, tables):
    evaluate(slots, tables[14], tables[1], tables[2])


@njit(**OPTIONS)
def derivative(slots, rates, tables):
    evaluate(slots, tables[0], tables[1], tables[2])
    flows(slots, rates, tables)


@njit(**OPTIONS)
def flows(slots, rates, tables):
    lanes = slots.shape[1]
    flow, sign = tables[4], tables[5]
    for i in range(rates.shape[0]):
        for lane in range(lanes):
            rates[i, lane] = 0.0
    for e in range(flow.shape[0]):
        slot, state, s = flow[e, 0], flow[e, 1], sign[e]
        for lane in range(lanes):
            rates[state, lane] += s * slots[slot, lane]


@njit(**OPTIONS)
def jacobian(slots, partials, chained, entries, tables):
    lanes = slots.shape[1]
    groups, inputs, outputs, offsets = tables[0], tables[1], tables[2], tables[3]
    chain, place, sign = tables[6], tables[7], tables[8]
    for g in range(groups.shape[0]):
        law, first, last = groups[g, 0], groups[g, 1], groups[g, 2]
{slope_branches}
    for i in range(chained.shape[0]):
        for lane in range(lanes):
            chained[i, lane] = 0.0
    for e in range(chain.shape[0]):
        target, partial, origin = chain[e, 0], chain[e, 1], chain[e, 2]
        if origin < 0:
            for lane in range(lanes):
                chained[target, lane] += partials[partial, lane]
        else:
            for lane in range(lanes):
                chained[target, lane] += partials[partial, lane] * chained[origin, lane]
    for i in range(entries.shape[0]):
        for lane in range(lanes):
            entries[i, lane] = 0.0
    for e in range(place.shape[0]):
        target, origin, s = place[e, 0], place[e, 1], sign[e]
        if origin < 0:
            for lane in range(lanes):
                entries[target, lane] += s
        else:
            for lane in range(lanes):
                entries[target, lane] += s * chained[origin, lane]
"""


def kernel_source(names: tuple[str, ...], single: bool) -> str:
    """Text of a kernel module: one loop per law and use, the dispatchers, and the pasted integrator."""
    registry = all_laws() | all_slopes()
    head = [
        '"""Generated by exoresist; safe to delete."""',
        "from math import exp, log, sqrt, isfinite",
        "import numpy as np",
        "from numba import njit",
        'OPTIONS = dict(cache=True, nogil=True, error_model="numpy")',
    ]
    for module, name in (
        (rosenbrock, "GAMMA"),
        (rosenbrock, "A"),
        (rosenbrock, "C"),
        (rosenbrock, "H"),
        (cellwise, "ROS2_GAMMA"),
    ):
        value = getattr(module, name)
        text = repr(value) if isinstance(value, float) else f"np.array({value.tolist()!r})"
        head.append(f"{name} = {text}")
    body: list[str] = []
    value_branches, slope_branches = [], []
    for number, name in enumerate(names):
        law = registry[name]
        body.append(_law_source(law, slopes=False))
        body.append(_law_source(law, slopes=True))
        word = "if" if number == 0 else "elif"
        value_branches.append(f"        {word} law == {number}:\n            value_{name}(slots, inputs, outputs, first, last)")
        slope_branches.append(
            f"        {word} law == {number}:\n            slope_{name}(slots, partials, inputs, outputs, offsets, first, last)"
        )
    body.append(
        _DISPATCH.replace("{value_branches}", "\n".join(value_branches)).replace("{slope_branches}", "\n".join(slope_branches))
    )
    # Cells of a tissue always come in blocks; what is not called is not compiled.
    cells = () if single else (cellwise.advance_cells, cellwise.read_cells)
    for function in (rosenbrock.factorise, rosenbrock.solve, rosenbrock.integrate, *cells):
        body.append("@njit(**OPTIONS)\n" + inspect.getsource(function))
    text = "\n".join(head) + "\n\n" + "\n\n".join(body) + "\n"
    # One system: the inner loops vanish. A block: their length stays open, because the compiler unrolls a short fixed length
    # into scalar code, three times slower than its vector loop.
    return re.sub(r"lanes = \w+\.shape\[1\]", "lanes = 1", text) if single else text


def _law_source(law: Law, slopes: bool) -> str:
    import sympy

    own = [sympy.Symbol(name, real=True) for name in law.arguments]
    short = [sympy.Symbol(f"x{index}", real=True) for index in range(len(own))]
    wanted = [law.expression(), *(law.gradient() if slopes else [])]
    wanted = [expression.subs(dict(zip(own, short, strict=True)), simultaneous=True) for expression in wanted]
    shared, final = sympy.cse(wanted, symbols=sympy.numbered_symbols("w"))
    show = _printer()
    arguments = "slots, partials, inputs, outputs, offsets, first, last" if slopes else "slots, inputs, outputs, first, last"
    lines = ["@njit(**OPTIONS)", f"def {'slope' if slopes else 'value'}_{law.name}({arguments}):"]
    lines.append("    lanes = slots.shape[1]")
    lines.append("    for q in range(first, last):")
    lines.append("        o = outputs[q]")
    if slopes:
        lines.append("        p = offsets[q]")
    lines.extend(f"        i{index} = inputs[q, {index}]" for index in range(len(own)))
    lines.append("        for lane in range(lanes):")
    lines.extend(f"            x{index} = slots[i{index}, lane]" for index in range(len(own)))
    lines.extend(f"            {name} = {show(expression)}" for name, expression in shared)
    lines.append(f"            slots[o, lane] = {show(final[0])}")
    lines.extend(f"            partials[p + {index}, lane] = {show(slope)}" for index, slope in enumerate(final[1:]))
    return "\n".join(lines)


def _printer() -> Any:
    from sympy.printing.pycode import PythonCodePrinter

    class Printer(PythonCodePrinter):  # type: ignore[misc]
        """Python text with a plain conditional for Piecewise and products for small whole powers."""

        def _print_Pow(self, expression: Any, rational: bool = False) -> str:  # noqa: N802  (SymPy's name)
            base, power = expression.as_base_exp()
            if power.is_Integer and 2 <= int(power) <= 4:
                return "(" + "*".join([f"({self._print(base)})"] * int(power)) + ")"
            if power.is_Integer and int(power) == -1:
                return f"(1.0/({self._print(base)}))"
            if power.is_Integer and -4 <= int(power) < -1:
                inner = "*".join([f"({self._print(base)})"] * -int(power))
                return f"(1.0/({inner}))"
            text: str = super()._print_Pow(expression, rational=rational)
            return text

    printer = Printer({"fully_qualified_modules": False, "strict": True})
    return printer.doprint
