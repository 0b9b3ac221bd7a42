"""Fields at rest: closed forms, the balance, preconditioning for every kind of face, threads."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exoresist.core.errors import InputError, SolverError
from exoresist.numerics.grid import Dirichlet, Faces, Field, Grid, NoFlux, Robin
from exoresist.numerics.steady import Steady


@pytest.mark.parametrize("uptake, length", [(0.0, 1000.0), (10.0, 100.0)])
def test_oxygen_falls_off_over_the_known_lengths(uptake, length):
    """Ground truth 'Oxygen in tissue': D 1e5 um^2/min, decay 0.1/min, uptake 10/min in dense tissue."""
    grid = Grid((600, 1, 1), length / 50.0)
    c = np.full(grid.array_shape, 38.0)
    Steady(grid, Field(1e5, 0.1, Faces(x_minus=Dirichlet(38.0)))).solve(
        c, None, np.full(grid.array_shape, uptake), tolerance=1e-9
    )
    x = grid.centres(0)
    found = -(x[200] - x[0]) / np.log(c[0, 0, 200] / c[0, 0, 0])
    assert found == pytest.approx(length, rel=0.01)
    assert c[0, 0, 0] == pytest.approx(38.0 * np.exp(-x[0] / found), rel=1e-3)


def test_a_ball_has_the_closed_profile():
    """c / c(0) = L sinh(r/L) / r within a ball of dense tissue (means over shells: the box around it is a cube)."""
    n, radius, length = 64, 300.0, 100.0
    grid = Grid((n, n, n), 900.0 / n, (-450.0, -450.0, -450.0))
    x = grid.centres(0)
    r = np.sqrt(x[:, None, None] ** 2 + x[None, :, None] ** 2 + x[None, None, :] ** 2)
    c = np.full(grid.array_shape, 38.0)
    Steady(grid, Field(1e5, 0.0, Faces(*[Dirichlet(38.0)] * 6))).solve(c, None, np.where(r < radius, 10.0, 0.0))
    profile = length * np.sinh(r / length) / r
    middle = c[r < 30.0].mean() / profile[r < 30.0].mean()
    for inner in range(0, 285, 15):
        shell = (r >= inner) & (r < inner + 15)
        assert c[shell].mean() / (middle * profile[shell].mean()) == pytest.approx(1.0, abs=0.01)
    assert c[shell].mean() > 2.5 * middle


kinds = [NoFlux(), Dirichlet(3.0), Robin(4000.0, 2.0), Robin(3.0, 5.0)]


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(2, 9)),
    st.lists(st.sampled_from(kinds), min_size=6, max_size=6),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
@example((1, 1, 6), [kinds[0], kinds[1], kinds[1], kinds[3], kinds[0], kinds[0]], False, 345)  # met the end of single precision
def test_any_box_comes_to_rest_and_balances(shape, faces, mapped, seed):
    grid = Grid(shape, 10.0)
    rng = np.random.default_rng(seed)
    field = Field(rng.uniform(300.0, 900.0, grid.array_shape) if mapped else 600.0, 0.05, Faces(*faces))
    source, uptake = rng.uniform(0.0, 3.0, (2, *grid.array_shape))
    c = rng.uniform(0.0, 5.0, grid.array_shape)
    balance = Steady(grid, field).solve(c, source, uptake, tolerance=1e-10)
    assert balance.residual <= 1e-10
    gained = balance.entered.sum() + balance.given - balance.decayed - balance.taken
    assert abs(gained) <= 1e-9 * (np.abs(balance.entered).sum() + balance.given + balance.taken)
    assert balance.taken == pytest.approx((uptake * c).sum() * grid.voxel_um3, rel=1e-12)
    assert balance.decayed == pytest.approx(0.05 * c.sum() * grid.voxel_um3, rel=1e-12)
    assert c.min() > 0.0


@pytest.mark.parametrize("first", [NoFlux(), Dirichlet(3.0)])
@pytest.mark.parametrize("second", [NoFlux(), Dirichlet(1.0)])
def test_the_transforms_solve_a_uniform_box_at_once(first, second):
    """With nothing to approximate the preconditioner is the inverse: a few turns, for single precision only."""
    grid = Grid((17, 12, 9), 10.0)
    source = np.random.default_rng(0).uniform(0.0, 1.0, grid.array_shape)
    c = np.zeros(grid.array_shape)
    balance = Steady(grid, Field(800.0, 0.3, Faces(first, second, second, first, first, second))).solve(c, source)
    assert balance.iterations <= 3


@pytest.mark.parametrize("face", [NoFlux(), Dirichlet(3.0)])
def test_uneven_uptake_in_long_waves_is_solved_at_once(face):
    """On a box of no more than six voxels a side every wave is a long one, so that the preconditioner is again the inverse."""
    grid = Grid((6, 5, 4), 10.0)
    uptake, source = np.random.default_rng(0).uniform(0.0, 50.0, (2, *grid.array_shape))
    c = np.zeros(grid.array_shape)
    assert Steady(grid, Field(800.0, 0.3, Faces(face, NoFlux(), Dirichlet(1.0), face))).solve(c, source, uptake).iterations <= 3


def ball(n):
    grid = Grid((n, n, n), 20.0)
    z, y, x = np.meshgrid(*[np.arange(n) - n / 2 + 0.5] * 3, indexing="ij")
    uptake = np.where(x**2 + y**2 + z**2 < (0.35 * n) ** 2, 10.0, 0.0)
    return grid, Field(1e5, 0.1, Faces(*[Dirichlet(38.0)] * 6)), uptake


def test_a_warm_start_needs_fewer_turns_and_an_exact_one_none():
    grid, field, uptake = ball(30)
    solver = Steady(grid, field)
    c = np.zeros(grid.array_shape)
    cold = solver.solve(c, None, uptake)
    assert solver.solve(c, None, uptake).iterations == 0
    assert solver.solve(c, None, uptake * 1.001).iterations < cold.iterations


def test_any_number_of_threads_gives_the_same_bits():
    grid, field, uptake = ball(33)
    found = []
    for threads in (1, 2, 4):
        c = np.full(grid.array_shape, 38.0)
        balance = Steady(grid, field, threads=threads).solve(c, None, uptake)
        found.append((c.tobytes(), balance.residual, balance.taken))
    assert found[0] == found[1] == found[2]


def test_tighter_is_nearer():
    grid, field, uptake = ball(20)
    best, loose = np.zeros(grid.array_shape), np.zeros(grid.array_shape)
    Steady(grid, field).solve(best, None, uptake, tolerance=1e-12)
    Steady(grid, field).solve(loose, None, uptake, tolerance=1e-6)
    assert np.abs(loose - best).max() < 1e-4 * best.max()


def test_a_box_at_rest_with_its_surroundings_stays():
    grid = Grid((8, 8, 8), 10.0)
    c = np.full(grid.array_shape, 5.0)
    balance = Steady(grid, Field(100.0, 0.0, Faces(*[Dirichlet(5.0)] * 6))).solve(c)
    assert balance.iterations == 0
    np.testing.assert_array_equal(c, 5.0)
    c[...] = 0.0
    Steady(grid, Field(100.0, 0.0, Faces(*[Dirichlet(5.0)] * 6))).solve(c)
    np.testing.assert_allclose(c, 5.0, rtol=1e-6)
    nothing = np.zeros(grid.array_shape)
    assert Steady(grid, Field(100.0, 0.1)).solve(nothing).residual == 0.0


def test_what_cannot_be_solved_is_told():
    grid, field, uptake = ball(16)
    c = np.full(grid.array_shape, 38.0)
    with pytest.raises(SolverError, match="after 2 iterations"):
        Steady(grid, field).solve(c, None, uptake, most_iterations=2)
    with pytest.raises(InputError, match="nothing removes"):
        Steady(grid, Field(1e5)).solve(c, np.ones(grid.array_shape))
    with pytest.raises(SolverError, match="not finite"):
        Steady(grid, field).solve(np.full(grid.array_shape, np.nan), None, uptake)
    with pytest.raises(InputError, match="uptake"):
        Steady(grid, field).solve(c, None, -uptake)
    with pytest.raises(InputError, match="tolerance"):
        Steady(grid, field).solve(c, None, uptake, tolerance=0.0)
    with pytest.raises(InputError, match="shape"):
        Steady(grid, field).solve(c[1:], None, uptake)
