"""Fields in time: exact modes, orders, limits, symmetry, the ledger, threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.core.errors import InputError, SolverError
from exoresist.numerics.diffusion import Diffusion
from exoresist.numerics.grid import Dirichlet, Faces, Field, Grid, NoFlux, Robin
from exoresist.numerics.steady import Steady


def held(value):
    return Faces(*[Dirichlet(value)] * 6)


def run(stepper, c, dt, steps, **arguments):
    for _ in range(steps):
        ledger = stepper.step(c, dt, **arguments)
    return ledger


def smooth(grid, seed=0):
    """A positive field of a few low modes that has no symmetry."""
    rng = np.random.default_rng(seed)
    axes = [np.arange(n) / n for n in grid.array_shape]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    return 2.0 + sum(
        rng.uniform(-0.2, 0.2) * np.cos(a * x + b * y + d * z + rng.uniform(0, 6)) for a in (1, 3) for b in (2, 4) for d in (1, 2)
    )


# ---- the grid ----


def test_voxel_of_a_position_is_its_place_in_the_ravelled_field():
    grid = Grid((4, 3, 2), 10.0, (-5.0, 0.0, 100.0))
    assert grid.array_shape == (2, 3, 4)
    assert grid.voxel_um3 == 1000.0
    assert grid.voxel_ml == pytest.approx(1e-9)
    numbered = np.arange(24).reshape(grid.array_shape)
    at = grid.voxel_of(np.array([[-5.0, 0.0, 100.0], [6.0, 12.0, 111.0], [35.0, 30.0, 120.0]]))
    assert at.tolist() == [0, numbered[1, 1, 1], 23]
    for bad in ([35.1, 1.0, 101.0], [np.nan, 1.0, 101.0], [0.0, -0.1, 101.0]):
        with pytest.raises(InputError, match="inside the grid"):
            grid.voxel_of(np.array([bad]))


def test_a_slice_is_as_deep_as_it_says():
    grid = Grid((4, 3, 1), 10.0, (0.0, 0.0, -3.0), thickness=6.0)
    assert grid.depth == 6.0 and grid.voxel_um3 == 600.0 and grid.extent == (40.0, 30.0, 6.0)
    assert grid.centres(2).tolist() == [0.0] and grid.centres(0).tolist() == [5.0, 15.0, 25.0, 35.0]
    assert grid.voxel_of(np.array([[5.0, 15.0, -3.0], [5.0, 15.0, 3.0]])).tolist() == [4, 4]
    with pytest.raises(InputError, match="inside the grid"):
        grid.voxel_of(np.array([[5.0, 15.0, 3.1]]))
    # Levels do not know how deep a slice is, amounts do.
    one = Field(400.0, 0.1, Faces(x_minus=Dirichlet(1.0)))
    found = []
    for each in (grid, Grid((4, 3, 1), 10.0)):
        level = np.full((1, *each.array_shape), 0.5)
        found.append((level, Diffusion(each, [one], 1).step(level, 0.01)))
    assert np.array_equal(found[0][0], found[1][0])
    assert (
        found[0][1].entered.sum() == pytest.approx(0.6 * found[1][1].entered.sum(), rel=1e-12) and found[0][1].entered.sum() > 0.0
    )


@pytest.mark.parametrize(("shape", "thickness"), [((3, 3, 2), 5.0), ((3, 3, 1), 0.0), ((3, 3, 1), np.nan)])
def test_an_impossible_thickness_is_refused(shape, thickness):
    with pytest.raises(InputError):
        Grid(shape, 10.0, thickness=thickness)


@pytest.mark.parametrize("shape, spacing", [((0, 3, 3), 1.0), ((3, 3, 3), 0.0), ((3, 3, 3), np.nan)])
def test_an_impossible_grid_is_refused(shape, spacing):
    with pytest.raises(InputError):
        Grid(shape, spacing)


def test_a_grid_beyond_the_memory_says_what_it_needs():
    with pytest.raises(InputError, match=r"GiB"):
        Diffusion(Grid((100_000, 100_000, 1_000), 1.0), [Field(1.0)])


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_a_diffusivity_that_cannot_be_is_refused(value):
    with pytest.raises(InputError, match="diffusivity"):
        Field(value)
    with pytest.raises(InputError, match="diffusivity"):
        Field(np.array([[[1.0, value]]]))


# ---- exact solutions and orders ----


def test_a_cosine_decays_at_its_own_rate():
    """cos(pi (i + 1/2) / n) is an eigenvector with NoFlux: each step multiplies it by the known Crank-Nicolson factor."""
    grid = Grid((32, 1, 1), 5.0)
    mode = np.cos(3 * np.pi * (np.arange(32) + 0.5) / 32)
    c = (10.0 + mode).reshape(1, 1, 1, 32).copy()
    diffusivity, dt, steps = 200.0, 0.05, 40
    rate = 4 * diffusivity / 25.0 * np.sin(3 * np.pi / 64) ** 2
    run(Diffusion(grid, [Field(diffusivity)]), c, dt, steps)
    factor = (1 - 0.5 * dt * rate) / (1 + 0.5 * dt * rate)
    np.testing.assert_allclose(c[0, 0, 0], 10.0 + factor**steps * mode, rtol=1e-12)
    assert factor**steps == pytest.approx(np.exp(-rate * dt * steps), rel=1e-3)


def test_second_order_in_time():
    grid = Grid((10, 9, 8), 10.0)
    rng = np.random.default_rng(3)
    uptake = rng.uniform(0.0, 3.0, (1, *grid.array_shape))
    source = rng.uniform(0.0, 1.0, (1, *grid.array_shape))
    stepper = Diffusion(grid, [Field(60.0, 0.1, Faces(x_minus=Dirichlet(2.0), y_plus=Robin(5.0, 1.0)))])
    start = smooth(grid)[None]
    run(stepper, start, 0.05, 20, source=source, uptake=uptake)  # past the jump at the faces
    found = {}
    for steps in (8, 16, 512):
        c = start.copy()
        run(stepper, c, 1.6 / steps, steps, source=source, uptake=uptake)
        found[steps] = c
    errors = [np.linalg.norm(found[n] - found[512]) for n in (8, 16)]
    assert np.log2(errors[0] / errors[1]) > 1.9
    assert errors[0] < 1e-2 * np.linalg.norm(found[512])


@pytest.mark.parametrize("face", [Dirichlet(0.0), Robin(7.0, 0.0)])
def test_second_order_in_space(face):
    """At rest with source cos(k x) between two like faces: c = A cos(k x) + B cosh(x/L), B from the face's condition."""
    diffusivity, decay, half = 50.0, 0.5, 40.0
    length, k = np.sqrt(diffusivity / decay), 0.11
    amplitude = 1.0 / (diffusivity * k**2 + decay)
    if isinstance(face, Dirichlet):
        b = -amplitude * np.cos(k * half) / np.cosh(half / length)
    else:  # D c' = -transfer c at x = half
        h = face.transfer
        b = amplitude * (diffusivity * k * np.sin(k * half) - h * np.cos(k * half))
        b /= diffusivity / length * np.sinh(half / length) + h * np.cosh(half / length)
    errors = []
    for n in (16, 32, 64):
        grid = Grid((n, 1, 1), 2 * half / n, (-half, 0.0, 0.0))
        x = grid.centres(0)
        c = np.zeros(grid.array_shape)
        Steady(grid, Field(diffusivity, decay, Faces(x_minus=face, x_plus=face))).solve(
            c, np.cos(k * x).reshape(grid.array_shape), tolerance=1e-11
        )
        errors.append(np.abs(c[0, 0] - amplitude * np.cos(k * x) - b * np.cosh(x / length)).max())
    assert np.log2(errors[0] / errors[1]) > 1.9
    assert np.log2(errors[1] / errors[2]) > 1.9


# ---- the ledger ----

rates = st.floats(0.0, 5.0)
conditions = st.one_of(
    st.just(NoFlux()), st.builds(Dirichlet, st.floats(0.0, 10.0)), st.builds(Robin, st.floats(0.0, 100.0), st.floats(0.0, 10.0))
)


@st.composite
def problems(draw):
    nx, ny, nz = draw(st.tuples(st.integers(1, 11), st.integers(1, 10), st.integers(1, 6)))
    grid = Grid((nx, ny, nz), draw(st.sampled_from([1.0, 5.0, 20.0])))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    fields = []
    for _ in range(draw(st.integers(1, 3))):
        z_faces = [NoFlux(), NoFlux()] if nz == 1 else [draw(conditions), draw(conditions)]
        faces = Faces(*[draw(conditions) for _ in range(4)], *z_faces)
        top = draw(st.floats(0.0, 20.0)) * grid.spacing**2
        d = rng.uniform(0.0, top, grid.array_shape) if draw(st.booleans()) else top
        k = rng.uniform(0.0, 2.0, grid.array_shape) if draw(st.booleans()) else draw(rates)
        fields.append(Field(d, k, faces))
    shape = (len(fields), *grid.array_shape)
    given_rates = [rng.uniform(0.0, 10.0, grid.array_shape) if draw(st.booleans()) else None for _ in fields]
    uptake = [rng.uniform(0.0, 10.0, grid.array_shape) if draw(st.booleans()) else None for _ in fields]
    return grid, fields, rng.uniform(0.0, 10.0, shape), given_rates, uptake, draw(st.floats(1e-3, 1.0))


@settings(max_examples=150, deadline=None)
@given(problems())
def test_the_ledger_closes_for_any_problem(problem):
    grid, fields, c, source, uptake, dt = problem
    stepper = Diffusion(grid, fields, undershoot=np.inf)
    for _ in range(3):
        before, taken = c.sum(axis=(1, 2, 3)) * grid.voxel_um3, np.zeros_like(c)
        ledger = stepper.step(c, dt, source, uptake, taken)
        total = c.sum(axis=(1, 2, 3)) * grid.voxel_um3
        booked = ledger.entered.sum(axis=1) + ledger.given - ledger.decayed - ledger.taken
        scale = np.abs(before) + np.abs(ledger.entered).sum(axis=1) + ledger.given + np.abs(ledger.decayed) + np.abs(ledger.taken)
        assert (np.abs(total - before - booked) <= 1e-12 * scale).all()
        assert (np.abs(ledger.total - total) <= 1e-12 * scale).all()
        assert (np.abs(taken.sum(axis=(1, 2, 3)) * grid.voxel_um3 - ledger.taken) <= 1e-12 * scale).all()
        assert ledger.lowest == pytest.approx(c.min(axis=(1, 2, 3)))
        assert ledger.highest == pytest.approx(c.max(axis=(1, 2, 3)))


def test_each_entry_of_the_ledger_is_what_it_says():
    """Two voxels, one step short enough that explicit arithmetic is right to first order."""
    grid = Grid((2, 1, 1), 10.0)
    c = np.array([3.0, 5.0]).reshape(1, 1, 1, 2)
    uptake = np.array([0.5, 0.25]).reshape(1, 1, 1, 2)
    source = np.array([1.0, 2.0]).reshape(1, 1, 1, 2)
    dt, taken = 1e-7, np.zeros_like(c)
    faces = Faces(x_minus=Dirichlet(7.0), x_plus=Robin(4.0, 1.0), y_minus=Dirichlet(2.0))
    ledger = Diffusion(grid, [Field(100.0, 0.2, faces)]).step(c, dt, source, uptake, taken)
    robin = 1.0 / (10.0 / 4.0 + 100.0 / 200.0)
    unit = dt * 1000.0
    np.testing.assert_allclose(
        ledger.entered[0] / unit, [2 * (7 - 3), robin * (1 - 5), 2 * (2 - 3) + 2 * (2 - 5), 0, 0, 0], rtol=1e-5
    )
    assert ledger.decayed[0] / unit == pytest.approx(0.2 * 8, rel=1e-5)
    assert ledger.taken[0] / unit == pytest.approx(0.5 * 3 + 0.25 * 5, rel=1e-5)
    assert ledger.given[0] / unit == pytest.approx(3.0, rel=1e-5)
    np.testing.assert_allclose(taken.ravel() / dt, [1.5, 1.25], rtol=1e-5)


@pytest.mark.parametrize("mapped", [False, True])
def test_closed_faces_keep_the_mass(mapped):
    grid = Grid((20, 17, 9), 10.0)
    rng = np.random.default_rng(4)
    c = rng.uniform(0.5, 2.0, (1, *grid.array_shape))
    before = c.sum()
    run(Diffusion(grid, [Field(rng.uniform(0.0, 500.0, grid.array_shape) if mapped else 500.0)]), c, 0.05, 50)
    assert abs(c.sum() / before - 1.0) < 1e-13
    assert c.std() < 0.5


# ---- limits and symmetry ----


def test_the_transient_comes_to_the_steady_solution():
    grid = Grid((10, 9, 8), 20.0)
    rng = np.random.default_rng(5)
    uptake = rng.uniform(0.0, 10.0, grid.array_shape)
    field = Field(rng.uniform(500.0, 5000.0, grid.array_shape), 0.1, held(38.0))
    rest = np.full(grid.array_shape, 38.0)
    balance = Steady(grid, field).solve(rest, None, uptake, tolerance=1e-11)
    c = np.full((1, *grid.array_shape), 38.0)
    stepper = Diffusion(grid, [field])
    stepper.advance(c, 20.0, 1e-3, uptake=[uptake])
    ledger = run(stepper, c, 0.05, 200, uptake=[uptake])
    np.testing.assert_allclose(c[0], rest, rtol=1e-6)
    assert ledger.taken[0] / 0.05 == pytest.approx(balance.taken, rel=1e-6)
    np.testing.assert_allclose(ledger.entered[0] / 0.05, balance.entered, rtol=1e-6)


def test_two_dimensions_are_three_that_do_not_vary():
    flat, deep = Grid((12, 9, 1), 10.0), Grid((12, 9, 6), 10.0)
    faces = Faces(x_minus=Dirichlet(3.0), y_plus=Robin(20.0, 1.0))
    uptake = np.random.default_rng(1).uniform(0.0, 5.0, flat.array_shape)
    a, b = smooth(flat)[None].copy(), np.repeat(smooth(flat), 6, axis=0)[None].copy()
    low = run(Diffusion(flat, [Field(900.0, 0.1, faces)]), a, 0.02, 20, uptake=[uptake])
    high = run(Diffusion(deep, [Field(900.0, 0.1, faces)]), b, 0.02, 20, uptake=[np.repeat(uptake, 6, axis=0)])
    np.testing.assert_allclose(b, np.broadcast_to(a, b.shape), rtol=1e-12)
    np.testing.assert_allclose(high.entered, 6 * low.entered, rtol=1e-9, atol=1e-9)
    with pytest.raises(InputError, match="z faces"):
        Diffusion(flat, [Field(1.0, 0.0, held(1.0))])


@pytest.mark.parametrize("axis", [1, 2, 3])
@pytest.mark.parametrize("mapped", [False, True])
def test_a_mirrored_problem_has_the_mirrored_solution(axis, mapped):
    grid = Grid((11, 9, 10), 10.0)
    rng = np.random.default_rng(2)
    c, uptake = rng.uniform(1.0, 2.0, (2, 1, *grid.array_shape))
    d = rng.uniform(10.0, 900.0, grid.array_shape) if mapped else 900.0
    faces = [Dirichlet(3.0), Robin(20.0, 1.0), NoFlux(), Dirichlet(1.0), Robin(5.0, 2.0), NoFlux()]
    other = list(faces)
    pair = 2 * (3 - axis)
    other[pair], other[pair + 1] = faces[pair + 1], faces[pair]
    mirrored = np.flip(c, axis).copy()
    run(Diffusion(grid, [Field(d, 0.1, Faces(*faces))]), c, 0.02, 5, uptake=uptake)
    mirrored_d = np.flip(d, axis - 1) if mapped else d
    run(Diffusion(grid, [Field(mirrored_d, 0.1, Faces(*other))]), mirrored, 0.02, 5, uptake=np.flip(uptake, axis))
    np.testing.assert_allclose(np.flip(mirrored, axis), c, rtol=1e-12)


def test_one_diffusivity_for_all_is_one_for_each():
    grid = Grid((13, 9, 7), 10.0)
    faces = Faces(Dirichlet(3.0), Robin(20.0, 1.0), NoFlux(), Dirichlet(1.0), Robin(5.0, 2.0), NoFlux())
    rng = np.random.default_rng(8)
    c = rng.uniform(1.0, 2.0, (2, *grid.array_shape))
    c[1] = c[0]
    uptake = [rng.uniform(0.0, 5.0, grid.array_shape)] * 2
    fields = [Field(700.0, 0.3, faces), Field(np.full(grid.array_shape, 700.0), np.full(grid.array_shape, 0.3), faces)]
    ledger = run(Diffusion(grid, fields), c, 0.02, 5, uptake=uptake)
    np.testing.assert_allclose(c[1], c[0], rtol=1e-12)
    np.testing.assert_allclose(ledger.entered[1], ledger.entered[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_flux_is_continuous_across_a_jump_of_the_diffusivity(axis):
    """Two slabs in series between held faces: flux = difference / (half/D1 + half/D2), and the voxels lie on straight lines."""
    shape = [3, 3, 3]
    shape[axis] = 20
    grid = Grid(tuple(shape), 5.0)
    along = np.moveaxis(np.empty(grid.array_shape), 2 - axis, 0)
    along[:10], along[10:] = 100.0, 1000.0
    d = np.moveaxis(along, 0, 2 - axis).copy()
    faces = [NoFlux()] * 6
    faces[2 * axis], faces[2 * axis + 1] = Dirichlet(10.0), Dirichlet(0.0)
    c = np.full(grid.array_shape, 5.0)
    balance = Steady(grid, Field(d, 0.0, Faces(*faces))).solve(c, tolerance=1e-12)
    flux = 10.0 / (50.0 / 100.0 + 50.0 / 1000.0)
    area = 15.0**2
    assert balance.entered[2 * axis] == pytest.approx(flux * area, rel=1e-9)
    assert balance.entered[2 * axis + 1] == pytest.approx(-flux * area, rel=1e-9)
    x = 5.0 * (np.arange(20) + 0.5)
    profile = np.where(x < 50.0, 10.0 - flux * x / 100.0, flux * (100.0 - x) / 1000.0)
    np.testing.assert_allclose(np.moveaxis(c, 2 - axis, 0)[:, 1, 1], profile, rtol=1e-8)
    state = c[None].copy()
    ledger = Diffusion(grid, [Field(d, 0.0, Faces(*faces))]).step(state, 0.1)
    assert ledger.entered[0, 2 * axis] == pytest.approx(0.1 * flux * area, rel=1e-8)


def test_robin_lies_between_closed_and_held():
    grid = Grid((16, 5, 4), 10.0)
    start = smooth(grid)[None]

    def after(face):
        c = start.copy()
        run(Diffusion(grid, [Field(400.0, 0.0, Faces(x_minus=face))]), c, 0.02, 50)
        return c

    closed, open_ = after(NoFlux()), after(Dirichlet(9.0))
    np.testing.assert_array_equal(after(Robin(0.0, 9.0)), closed)
    np.testing.assert_allclose(after(Robin(1e9, 9.0)), open_, rtol=1e-6)
    np.testing.assert_allclose(after(Robin(1e-6, 9.0)), closed, rtol=1e-6)
    assert closed.sum() < after(Robin(40.0, 9.0)).sum() < open_.sum()


# ---- threads, steps, refusals ----


def test_any_number_of_threads_gives_the_same_bits():
    grid = Grid((45, 37, 31), 20.0)
    rng = np.random.default_rng(6)
    start, uptake = rng.uniform(1.0, 2.0, (2, 2, *grid.array_shape))
    fields = [Field(1e3, 0.1, held(2.0)), Field(rng.uniform(10.0, 1e3, grid.array_shape), 0.1, held(1.0))]
    found = []
    for threads in (1, 2, 4):
        c, taken = start.copy(), np.zeros_like(start)
        ledger = run(Diffusion(grid, fields, threads=threads), c, 0.05, 3, uptake=uptake, taken=taken)
        found.append(b"".join(x.tobytes() for x in (c, taken, ledger.total, ledger.entered, ledger.taken, ledger.decayed)))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("undershoot", [0.0, 1e-3, np.inf])
def test_a_field_of_nothing_stays_nothing(undershoot):
    grid = Grid((5, 4, 3), 10.0)
    c = np.zeros((1, *grid.array_shape))
    ledger = Diffusion(grid, [Field(100.0, 1.0)], undershoot=undershoot).step(c, 0.1)
    assert not c.any() and ledger.change[0] == 0.0


def cold(n=16):
    """Uptake too fast for a step of 0.1 in a ball, and a start far from rest."""
    grid = Grid((n, n, n), 20.0)
    z, y, x = np.meshgrid(*[np.arange(n) - n / 2 + 0.5] * 3, indexing="ij")
    uptake = np.where(x**2 + y**2 + z**2 < (0.4 * n) ** 2, 200.0, 0.0)
    return grid, Field(1e5, 0.1, held(38.0)), uptake, np.full((1, n, n, n), 38.0)


def test_a_step_too_large_is_told():
    grid, _, uptake, c = cold(10)
    stepper = Diffusion(grid, [Field(1e3, 0.1, held(38.0))])
    with pytest.raises(SolverError, match="too large"):
        stepper.step(c, 0.1, uptake=[uptake])
    assert c.min() < 0.0  # not clipped: the caller sees what happened


def test_advance_manages_a_cold_start_and_keeps_the_books():
    grid, field, uptake, c = cold(10)
    start, taken = c.copy(), np.zeros_like(c)
    stepper = Diffusion(grid, [field])
    fine = start.copy()
    run(stepper, fine, 2e-5, 1000, uptake=[uptake])
    result = stepper.advance(c, 0.02, 1e-5, uptake=[uptake], taken=taken)
    assert np.linalg.norm(c - fine) < 1e-3 * np.linalg.norm(fine)
    assert result.steps > 3
    booked = result.ledger.entered.sum() + result.ledger.given[0] - result.ledger.decayed[0] - result.ledger.taken[0]
    assert c.sum() * grid.voxel_um3 - start.sum() * grid.voxel_um3 == pytest.approx(booked, rel=1e-10)
    assert taken.sum() * grid.voxel_um3 == pytest.approx(result.ledger.taken[0], rel=1e-12)


def test_a_tighter_tolerance_is_nearer():
    grid, field, uptake, start = cold(10)
    stepper = Diffusion(grid, [field])
    fine = start.copy()
    stepper.advance(fine, 0.05, 1e-8, uptake=[uptake])
    errors = []
    for tolerance in (1e-3, 1e-5):
        c = start.copy()
        stepper.advance(c, 0.05, tolerance, uptake=[uptake])
        errors.append(np.linalg.norm(c - fine) / np.linalg.norm(fine))
    assert errors[1] < 0.2 * errors[0]
    assert errors[0] < 2e-2


def test_the_step_for_an_error_has_that_error():
    grid, field, uptake, c = cold(10)
    stepper = Diffusion(grid, [field])
    kept = c.copy()
    dt = stepper.step_for(c, 1e-4, uptake=[uptake])
    np.testing.assert_array_equal(c, kept)
    half, whole = c.copy(), c.copy()
    stepper.step(whole, dt, uptake=[uptake])
    run(stepper, half, dt / 2, 2, uptake=[uptake])
    assert 0.1e-4 < np.linalg.norm(half - whole) / 3 / np.linalg.norm(half) <= 1e-4


def test_unusable_arguments_are_refused():
    grid = Grid((4, 3, 2), 10.0)
    stepper = Diffusion(grid, [Field(1.0)])
    c = np.ones((1, 2, 3, 4))
    for dt in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(InputError, match="step"):
            stepper.step(c, dt)
    with pytest.raises(InputError, match="uptake"):
        stepper.step(c, 0.1, uptake=np.full_like(c, -1.0))
    with pytest.raises(InputError, match="source"):
        stepper.step(c, 0.1, source=[np.ones((2, 3, 3))])
    with pytest.raises(InputError, match="contiguous float64"):
        stepper.step(c.astype(np.float32), 0.1)
    with pytest.raises(InputError, match="shape"):
        Diffusion(grid, [Field(np.ones((2, 3, 3)))])
    with pytest.raises(InputError, match="at least one"):
        Diffusion(grid, [])
    with pytest.raises(SolverError):
        stepper.step(np.full_like(c, np.nan), 0.1)
    with pytest.raises(InputError, match="x\\+"):
        Faces(x_plus=Robin(-1.0, 0.0))
