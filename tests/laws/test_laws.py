"""Every registered law, collected by itself: documented, right units, the same in all its uses, finite at zero."""

from __future__ import annotations

import re

import numpy as np
import pytest

import exoresist.laws  # noqa: F401  (registers the laws)
from exoresist.core.errors import ModelError
from exoresist.core.units import dimension
from exoresist.laws.registry import all_laws
from exoresist.network.dimensions import check_law
from exoresist.network.kernel import load_kernel

LAWS = {name: law for name, law in all_laws().items() if law.function.__module__.startswith("exoresist.laws.")}
each_law = pytest.mark.parametrize("law", LAWS.values(), ids=lambda law: law.name)

# Plain arithmetic, which has no limit worth a line.
WITHOUT_LIMITS = {"product", "total", "difference", "remainder", "constant", "copies_as_amount"}

# Sizes, scales and capacities: never zero in a network, because empty populations and places are left out of it.
NEVER_ZERO = {
    "denominator", "half", "capacity", "threshold", "time", "volume", "cell_area", "cell_volume", "pore", "copies",
    "size", "sites", "entry_rate", "expected", "fast", "slow", "standard", "dissolved",
}  # fmt: skip
# Zero one at a time is fine; all of these at once is an empty population, no binding at all, or a range without width.
NOT_ALL_ZERO = {
    "most", "affinity", "recipients", "donors", "exponent", "antibody", "left", "growth", "fresh", "other", "minor", "full", "onset",
}  # fmt: skip
SIZES = {"$a": "pmol", "$b": "cell", "$c": "um^2"}


def inputs(law, seed=0, count=5):
    """(arguments, count) positive numbers, most of them below one, where shares and levels live."""
    return np.random.default_rng(seed).uniform(0.1, 1.3, (len(law.arguments), count))


def filled(unit):
    for placeholder, size in SIZES.items():
        unit = unit.replace(placeholder, f"({size})")
    return dict(dimension(unit.replace(" ", "")))


@each_law
def test_documentation_has_summary_equation_and_limits(law):
    text = law.documentation
    assert law.summary.endswith((".", ":")) and len(law.summary) > 15
    body = text.split("\n\n")
    assert len(body) >= 2 and re.search(r"[=·/]", body[1]), "the equation stands after the summary"
    if law.name not in WITHOUT_LIMITS:
        assert re.search(r"^limits\s+\S", text, re.MULTILINE), "a line of limits"


@each_law
def test_units_resolve_to_the_stated_result(law):
    given = {argument: filled(law.units[argument]) for argument in law.arguments}
    assert check_law(law, given, "test") == filled(law.returns)


@each_law
def test_a_wrong_unit_is_refused_and_named(law):
    given = {argument: filled(law.units[argument]) for argument in law.arguments}
    fixed = [argument for argument in law.arguments if "$" not in law.units[argument]]
    for argument in fixed:
        wrong = {**given, argument: {**given[argument], "[mass]": 7.0}}
        with pytest.raises(ModelError, match=f"'{argument}'"):
            check_law(law, wrong, "test")


@each_law
def test_numpy_sympy_and_kernel_agree(law):
    import sympy

    values = inputs(law)
    own = law(*values)
    symbols = [sympy.Symbol(name, real=True) for name in law.arguments]
    traced = sympy.lambdify(symbols, law.expression(), "numpy")(*values)
    np.testing.assert_allclose(np.broadcast_to(traced, own.shape), own, rtol=1e-13)
    compiled, slopes = in_kernel(law, values)
    np.testing.assert_allclose(compiled, own, rtol=1e-13)
    for slope, expression in zip(slopes, law.gradient(), strict=True):
        expected = sympy.lambdify(symbols, expression, "numpy")(*values)
        np.testing.assert_allclose(slope, np.broadcast_to(expected, slope.shape), rtol=1e-11, atol=1e-300)


def in_kernel(law, values):
    """Value and slopes of a law from the compiled kernel, one column of inputs after the other."""
    module, _ = load_kernel(LAWS, 1)
    width = len(law.arguments)
    places, outputs, offsets = (np.array([x], dtype=np.int32) for x in (range(width), width, 0))
    results, slopes = [], []
    for column in values.T:
        slots, partials = np.zeros((width + 1, 1)), np.zeros((width, 1))
        slots[:width, 0] = column
        getattr(module, f"value_{law.name}")(slots, places, outputs, 0, 1)
        results.append(slots[width, 0])
        getattr(module, f"slope_{law.name}")(slots, partials, places, outputs, offsets, 0, 1)
        np.testing.assert_allclose(slots[width, 0], results[-1], rtol=1e-13)  # the same value beside its slopes
        slopes.append(partials[:, 0].copy())
    return np.array(results), np.array(slopes).T


@each_law
def test_gradient_is_the_slope(law):
    values = inputs(law, seed=1)
    _, slopes = in_kernel(law, values)
    for position in range(len(law.arguments)):
        step = np.zeros_like(values)
        step[position] = 1e-6
        measured = (law(*(values + step)) - law(*(values - step))) / 2e-6
        scale = np.abs(measured).max() + np.abs(law(*values)).max()
        np.testing.assert_allclose(slopes[position], measured, rtol=1e-6, atol=1e-8 * scale)


@each_law
def test_finite_with_its_slope_at_zero(law):
    levels = [index for index, argument in enumerate(law.arguments) if argument not in NEVER_ZERO]
    together = [index for index in levels if law.arguments[index] not in NOT_ALL_ZERO]
    for chosen in [*([index] for index in levels), together]:
        values = inputs(law)
        values[chosen] = 0.0
        compiled, slopes = in_kernel(law, values)
        assert np.all(np.isfinite(law(*values))), [law.arguments[index] for index in chosen]
        assert np.all(np.isfinite(compiled)) and np.all(np.isfinite(slopes)), [law.arguments[index] for index in chosen]


@each_law
def test_slightly_negative_levels_stay_finite(law):
    """A solver may overshoot zero by its tolerance."""
    for index, argument in enumerate(law.arguments):
        if argument not in NEVER_ZERO:
            values = inputs(law)
            values[index] = -1e-9
            compiled, slopes = in_kernel(law, values)
            assert np.all(np.isfinite(compiled)) and np.all(np.isfinite(slopes)), argument


@each_law
def test_shapes_broadcast(law):
    if len(law.arguments) == 1:
        assert law(np.full((3, 4), 0.5)).shape == (3, 4)
        return
    values = list(inputs(law)[:, 0])
    tall, wide = np.full((3, 1), values[0]), np.full((1, 4), values[1])
    found = np.broadcast_to(law(tall, wide, *values[2:]), (3, 4))
    np.testing.assert_allclose(found, law(*values), rtol=1e-14)


@each_law
def test_arguments_are_used(law):
    """An argument that changes nothing would be fed for nothing."""
    values = inputs(law, seed=3, count=200) * np.linspace(0.2, 2.5, 200)
    for index, argument in enumerate(law.arguments):
        moved = values.copy()
        moved[index] = -moved[index] if law.name == "fusion_delivery" else moved[index] * 1.1
        assert np.any(law(*moved) != law(*values)), argument
