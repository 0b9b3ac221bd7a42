"""The integrator against solutions that are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from exoresist.laws import kinetics
from exoresist.network import Amount, Derived, Network, Parameter, Pool, Process, integrate
from exoresist.numerics import rosenbrock


def linear_network(rates):
    """Pools 0..n-1 with first-order flows i -> j at rates[i, j], and its matrix."""
    n = len(rates)
    parts = [Pool(f"x{index}", "pmol", "m", initial=float(index == 0)) for index in range(n)]
    matrix = np.zeros((n, n))
    for source, sink in np.argwhere(rates):
        name = f"k{source}_{sink}"
        parts.append(Parameter(name, rates[source, sink], "1/h"))
        parts.append(Process(f"p{source}_{sink}", f"x{source}", f"x{sink}", kinetics.constant, {"rate": name}, specific=True))
        matrix[source, source] -= rates[source, sink]
        matrix[sink, source] += rates[source, sink]
    return Network("linear", parts), matrix


def robertson():
    """Robertson's problem: 0.04, 1e4 and 3e7; amounts stand for concentrations (Hairer & Wanner 1996, IV.10)."""
    return Network(
        "robertson",
        [
            Parameter("k1", 0.04, "1/h"), Parameter("k2", 1e4, "1/(pmol*h)"), Parameter("k3", 3e7, "1/(pmol*h)"),
            Pool("a", "pmol", "m", initial=1.0), Pool("b", "pmol", "m", scale=1e-4), Pool("c", "pmol", "m"),
            Derived("back", kinetics.product, {"first": "k2", "second": "c"}),
            Derived("on", kinetics.product, {"first": "k3", "second": "b"}),
            Process("one", "a", "b", kinetics.first_order, {"rate": "k1", "amount": Amount("a")}),
            Process("two", "b", "a", kinetics.constant, {"rate": "back"}, specific=True),
            Process("three", "b", "c", kinetics.constant, {"rate": "on"}, specific=True),
        ],
    )  # fmt: skip


def test_linear_system_equals_the_matrix_exponential():
    generator = np.random.default_rng(4)
    rates = np.where(generator.random((6, 6)) < 0.5, 10.0 ** generator.uniform(-2.0, 3.0, (6, 6)), 0.0)
    np.fill_diagonal(rates, 0.0)
    network, matrix = linear_network(rates)
    times = np.array([0.0, 0.003, 0.05, 0.7, 4.0])
    run = integrate(network, times, relative=1e-11, absolute=1e-14)
    expected = np.array([expm(matrix * time)[:, 0] for time in times])
    np.testing.assert_allclose(run.amounts[:, :, 0], expected, rtol=1e-8, atol=1e-11)


def test_robertson_gives_the_published_values():
    """LSODE's demonstration problem (Hindmarsh 1983), solved there with a relative tolerance of 1e-4."""
    published = {
        0.4: (9.851726e-01, 3.386406e-05, 1.479357e-02),
        40.0: (7.158271e-01, 9.185535e-06, 2.841637e-01),
        4e3: (1.831975e-01, 8.942e-07, 8.168e-01),
    }
    run = integrate(robertson(), [0.0, *published], relative=1e-9, absolute=1e-14)
    for row, values in enumerate(published.values(), start=1):
        np.testing.assert_allclose(run.amounts[row, :, 0], values, rtol=1e-3)
    assert run.conservation()["m"] < 1e-12
    assert run.steps < 1500


def test_robertson_gives_the_reference_solution_after_a_very_long_time():
    """Reference solution at 1e11 of the Test Set for IVP Solvers (Mazzia & Magherini 2008), problem ROBER."""
    run = integrate(robertson(), [0.0, 1e11], relative=1e-9, absolute=1e-19)
    expected = [0.2083340149701255e-07, 0.8333360770334713e-13, 0.9999999791665050]
    np.testing.assert_allclose(run.amounts[-1, :, 0], expected, rtol=1e-6)


def test_stiffness_costs_no_steps():
    steps = []
    for fast in (1e1, 1e4, 1e7):
        network, _ = linear_network(np.array([[0.0, fast, 0.0], [fast, 0.0, 1.0], [0.0, 0.0, 0.0]]))
        steps.append(integrate(network, [0.0, 10.0]).steps)
    assert max(steps) < 3 * min(steps)


def nonlinear():
    """a + b -> c with a source of b: smooth, not stiff, for measuring the order."""
    return Network(
        "smooth",
        [
            Parameter("k", 0.7, "1/(pmol*h)"), Parameter("back", 0.4, "1/h"),
            Pool("a", "pmol", "m", initial=1.0), Pool("b", "pmol", "m", initial=0.2), Pool("c", "pmol", "m"),
            Derived("on", kinetics.product, {"first": "k", "second": "b"}),
            Process("one", "a", "b", kinetics.constant, {"rate": "on"}, specific=True),
            Process("two", "b", "c", kinetics.constant, {"rate": "back"}, specific=True),
        ],
    )  # fmt: skip


def test_error_falls_with_the_tolerance_as_fifth_order_predicts():
    """With error per step kept at the tolerance, steps grow as tolerance^(-1/5) and the error falls nearly with it."""
    network, tolerances = nonlinear(), 10.0 ** -np.arange(4.0, 11.0)
    exact = integrate(network, [0.0, 10.0], relative=1e-13, absolute=1e-15).amounts[-1, :, 0]
    errors, steps = [], []
    for tolerance in tolerances:
        run = integrate(network, [0.0, 10.0], relative=tolerance, absolute=tolerance)
        errors.append(np.max(np.abs(run.amounts[-1, :, 0] - exact)))
        steps.append(run.steps)
    slope = np.polyfit(np.log(tolerances), np.log(np.maximum(errors, 1e-15)), 1)[0]
    assert 0.75 < slope < 1.3
    order = -np.polyfit(np.log(steps[2:]), np.log(np.maximum(errors[2:], 1e-15)), 1)[0]
    assert order > 4.0, f"order {order:.2f} from steps {steps} and errors {errors}"
    assert np.all(np.array(errors) < 20.0 * tolerances)


def test_dense_output_is_as_good_as_the_steps():
    network = nonlinear()
    times = np.linspace(0.0, 10.0, 401)
    for tolerance in (1e-5, 1e-8):
        dense = integrate(network, times, relative=tolerance, absolute=tolerance)
        exact = integrate(network, times, relative=1e-13, absolute=1e-15)
        assert np.max(np.abs(dense.amounts - exact.amounts)) < 20.0 * tolerance
        assert dense.steps < 100 < len(times)


def test_dense_output_meets_the_steps_and_starts_at_the_start():
    network = nonlinear()
    whole = integrate(network, np.linspace(0.0, 10.0, 401))
    ends = integrate(network, [0.0, 10.0])
    np.testing.assert_array_equal(whole.amounts[-1], ends.amounts[-1])
    np.testing.assert_array_equal(whole.amounts[0, :, 0], [1.0, 0.2, 0.0])


def test_early_output_of_a_long_run_is_not_rounded_to_its_end():
    network, _ = linear_network(np.array([[0.0, 1.0], [0.0, 0.0]]))
    times = [0.0, 1e-4, 3e-4, 1e-3, 1.0, 1e11]
    run = integrate(network, times, relative=1e-10, absolute=1e-16)
    np.testing.assert_allclose(run.amount("x1")[:, 0], -np.expm1(-np.array(times)), rtol=1e-7)


def test_tables_meet_the_consistency_conditions_of_the_method():
    """In Hairer's form u = Γk: Γ comes back from C, and the weights of the step sum to one."""
    stages = len(rosenbrock.A)
    inverse = np.eye(stages) / rosenbrock.GAMMA
    inverse[:, : rosenbrock.C.shape[1]] -= np.tril(rosenbrock.C, -1)
    gamma = np.linalg.inv(inverse)
    weights = np.append(rosenbrock.A[-1, :-1], 1.0)  # the last stage's argument and its own increment
    np.testing.assert_allclose((weights @ gamma).sum(), 1.0, rtol=1e-9)
    assert np.all(np.triu(rosenbrock.A) == 0.0)
    np.testing.assert_allclose(np.diag(gamma), rosenbrock.GAMMA)


@pytest.mark.parametrize("block", [1, 16])
def test_one_step_size_serves_all_lanes(block):
    """A block holds every lane to the tolerance, also where their time scales differ."""
    network, _ = linear_network(np.array([[0.0, 1.0], [0.0, 0.0]]))
    rates = np.geomspace(1e-3, 1e3, 16)
    run = integrate(network, [0.0, 0.5, 2.0], values={"k0_1": rates}, relative=1e-9, absolute=1e-13, block=block)
    expected = np.exp(-rates[None] * np.array([0.0, 0.5, 2.0])[:, None])
    np.testing.assert_allclose(run.amount("x0"), expected, rtol=1e-6, atol=1e-11)
