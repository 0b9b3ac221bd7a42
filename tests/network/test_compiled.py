"""The compiled form against slow and plain evaluations of the same network."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.network import integrate
from exoresist.network.reference import System


def interpreted_slots(compiled, y, p):
    """Every slot, one call of the tables after the other, with the laws on plain numbers."""
    groups = [*compiled.tables[14], *compiled.tables[0]]
    inputs, outputs = compiled.tables[1:3]
    names = sorted(compiled.laws)
    slots = np.zeros(compiled.n_slots)
    slots[: len(y)] = y
    slots[len(y) : len(y) + len(p)] = p
    for number, first, last in groups:
        law = compiled.laws[names[number]]
        for call in range(first, last):
            slots[outputs[call]] = law(*slots[inputs[call, : len(law.arguments)]])
    return slots


def interpreted_derivative(compiled, y, p):
    """dy/dt from the flow table."""
    slots = interpreted_slots(compiled, y, p)
    rates = np.zeros(len(y))
    for (slot, state), sign in zip(compiled.tables[4], compiled.tables[5], strict=True):
        rates[state] += sign * slots[slot]
    return rates


def differences(function, y):
    """Central finite differences, column by column."""
    jacobian = np.zeros((len(y), len(y)))
    for column in range(len(y)):
        step = 1e-6 * max(abs(y[column]), 1e-3)
        ahead, behind = y.copy(), y.copy()
        ahead[column] += step
        behind[column] -= step
        jacobian[:, column] = (function(ahead) - function(behind)) / (2.0 * step)
    return jacobian


@pytest.fixture(scope="module")
def point(rich_network):
    """States and parameters somewhere along the way, none of them zero."""
    run = integrate(rich_network, [0.0, 11.0])
    generator = np.random.default_rng(11)
    y = np.abs(run.amounts[-1, :, 0]) * generator.uniform(0.5, 1.5, run.amounts.shape[1]) + 0.01
    return y, run.values[:, 0]


def test_kernel_equals_the_declarations(rich_network, point, declared_derivative):
    y, p = point
    system = System(rich_network.compile())
    system.set(p)
    expected = declared_derivative(rich_network, y, p)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(system.derivative(0.0, y), expected, rtol=1e-11, atol=1e-14 * scale)


def test_kernel_equals_the_interpreted_tables(rich_network, point):
    y, p = point
    compiled = rich_network.compile()
    system = System(compiled)
    system.set(p)
    expected = interpreted_derivative(compiled, y, p)
    np.testing.assert_allclose(system.derivative(0.0, y), expected, rtol=1e-12, atol=1e-14 * np.abs(expected).max())


def test_jacobian_equals_finite_differences(rich_network, point):
    y, p = point
    compiled = rich_network.compile()
    system = System(compiled)
    system.set(p)
    measured = differences(lambda at: interpreted_derivative(compiled, at, p), y)
    exact = system.dense_jacobian(0.0, y)
    scale = np.abs(interpreted_derivative(compiled, y, p)).max() / np.maximum(np.abs(y), 1e-3)
    np.testing.assert_allclose(exact, measured, rtol=1e-6, atol=1e-8 * float(scale.max()))
    for row in range(len(y)):
        largest = max(np.abs(measured[row]).max(), 1e-12)
        assert np.abs(exact[row] - measured[row]).max() < 1e-5 * largest, compiled.states[row]


def test_values_of_a_run_equal_the_interpreted_tables(rich_network):
    run = integrate(rich_network, np.linspace(0.0, 19.0, 5), values={"growth": np.array([0.01, 0.04])})
    parameters = set(run.compiled.parameters)
    found = {slot: run.value(name) for name, slot in run.compiled.slot_of.items() if name not in parameters}
    for moment in range(5):
        for number in range(2):
            expected = interpreted_slots(run.compiled, run.amounts[moment, :, number], run.values[:, number])
            for slot, value in found.items():
                np.testing.assert_allclose(value[moment, number], expected[slot], rtol=1e-13)


def test_pattern_holds_every_dependence_and_little_else(rich_network, point):
    y, p = point
    compiled = rich_network.compile()
    measured = differences(lambda at: interpreted_derivative(compiled, at, p), y)
    felt = np.argwhere(np.abs(measured) > 1e-3 * np.abs(measured).max())
    dependent = {(int(row), int(column)) for row, column in felt}
    assert dependent <= set(compiled.factorisation.position)
    assert compiled.factorisation.n_entries < 0.5 * len(y) ** 2


def test_what_depends_on_parameters_only_is_computed_before(rich_network):
    compiled = rich_network.compile()
    moving = set(range(len(compiled.states)))
    stages = {}
    for number, groups in ((0, compiled.tables[14]), (1, compiled.tables[0])):
        for _, first, last in groups:
            for call in range(first, last):
                stages[int(compiled.tables[2][call])] = number
    assert 0 in stages.values(), "this network has values that never change"
    for _, inputs, out in compiled.calls:
        if moving.intersection(inputs):
            moving.add(out)
    assert {slot for slot, stage in stages.items() if stage} == {slot for slot in stages if slot in moving}


def test_calls_are_shared_and_in_order(rich_network):
    compiled = rich_network.compile()
    keys = [(law, inputs) for law, inputs, _ in compiled.calls]
    assert len(set(keys)) == len(keys), "the same call stands twice"
    known = set(range(len(compiled.states) + len(compiled.parameters)))
    for _, inputs, out in compiled.calls:
        assert set(inputs) <= known
        known.add(out)


def test_compiling_twice_gives_the_same_arrays(rich_network):
    from exoresist.network.compiled import compile_network

    for first, second in zip(compile_network(rich_network).tables, compile_network(rich_network).tables, strict=True):
        np.testing.assert_array_equal(first, second)
