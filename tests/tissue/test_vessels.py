"""Vessels: signs and limits of what passes their wall, profiles around them, books, leaks and sprouts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import k0

from exoresist.core.errors import InputError
from exoresist.numerics.grid import Field, Grid
from exoresist.tissue.checkpoint import load, save
from exoresist.tissue.life import breathe
from exoresist.tissue.plasma import Dose, Kinetics, Plasma
from exoresist.tissue.run import balance, state_hash, step
from exoresist.tissue.steady_fields import SteadyField, SteadyFields
from exoresist.tissue.surroundings import Medium, SharedMedium
from exoresist.tissue.vessels import LeakyWhenYoung, LeakyWhereSignalled, Passage, Signal, Sprouting, Vessels

MIDDLE = np.array([[1.0], [1.0], [1.0]])


def constant(level):
    return lambda time: level


def drug_through(permeability, level=5.0, **numbers):
    return Vessels(MIDDLE, 600.0, {"medium.drug": Passage(permeability, constant(level), **numbers)})


def test_a_tight_wall_changes_nothing(inhabited):
    hashes = []
    for part in ((), (drug_through(0.0),)):
        tissue = inhabited(extra=part)
        tissue.medium.amounts[0] = 1e-9
        step(tissue)
        assert tissue.medium.supplied[0] == 0.0
        tissue.extra = ()
        hashes.append(state_hash(tissue))
    assert hashes[0] == hashes[1]


def alone(diffusivity, shape=(3, 3, 3)):
    grid = Grid(shape, 20.0)
    return SharedMedium(grid, ("drug",), {"drug": Medium(diffusivity)}, 0.3, 1)


def test_a_voxel_by_itself_follows_the_exact_course():
    medium = alone(0.0)
    rate = np.zeros(27)
    rate[13] = 2.5
    medium.amounts[0] = 4.0
    medium.join("drug", rate, rate * 7.0)
    medium.spread(0.3, 0.01)
    assert medium.amounts[0, 1, 1, 1] == pytest.approx(7.0 - 3.0 * np.exp(-0.75), rel=1e-13)
    assert medium.supplied[0] == medium.entered[0] == pytest.approx(medium.amounts.sum() - 27 * 4.0, rel=1e-12)


@pytest.mark.parametrize(("start", "sign"), [(0.0, 1.0), (1e-7, -1.0)])
def test_flux_goes_down_the_difference(inhabited, start, sign):
    tissue = inhabited(extra=(drug_through(100.0),))
    tissue.medium.amounts[0] = start
    step(tissue)
    assert np.sign(tissue.medium.supplied[0]) == sign


def test_an_open_wall_makes_the_fluid_plasma(inhabited):
    tissue = inhabited(extra=(drug_through(1e15),))
    breathe(tissue)
    tissue.medium.spread(0.004, 0.002)
    held = tissue.medium.flat()[0, tissue.extra[0].voxels(tissue)[0]] / tissue.medium.voxel_ml
    assert held == pytest.approx(5.0, rel=0.02)  # while a steep front leaves it
    # The closed box fills to the level of plasma, and not beyond.
    for _ in range(60):
        tissue.medium.spread(0.1, 0.01)
    level = tissue.medium.amounts[0] / tissue.medium.voxel_ml
    assert level.min() == pytest.approx(5.0, rel=1e-2) and level.max() <= 5.0 * (1.0 + 1e-6)
    held = tissue.medium.flat()[0, tissue.extra[0].voxels(tissue)[0]] / tissue.medium.voxel_ml
    assert held == pytest.approx(5.0, rel=1e-9)


@pytest.mark.parametrize(("rate", "bound"), [(20.0, 1e-3), (200.0, 4e-3), (1e4, 0.03)])
def test_what_passes_converges_with_the_step(rate, bound):
    found = []
    for step_length in (0.001, 0.0005, 0.0000625):
        medium = alone(4e5, (7, 7, 1))
        wall = np.zeros(49)
        wall[24] = rate
        medium.join("drug", wall, wall * 3.0)
        medium.spread(0.016, step_length)
        assert medium.amounts.sum() == pytest.approx(medium.supplied[0], rel=1e-11)
        found.append(medium.amounts)
    coarse, fine = (np.abs(one - found[2]).max() for one in found[:2])
    assert fine < 0.4 * coarse and coarse < bound * found[2].max()


def plane(uptake, permeability=1e5, side=41, spacing=10.0):
    """Level around one vessel that crosses a plane of tissue with an even uptake; and its distances."""
    grid = Grid((side, side, 1), spacing)
    field = SteadyField("drug", Field(4e5), np.zeros(grid.array_shape))
    steady = SteadyFields(grid, [field], tolerance=1e-9, threads=1)
    medium = SharedMedium(grid, (), {}, 1.0, 1)

    class Place:
        pass

    tissue = Place()
    tissue.grid, tissue.steady, tissue.medium, tissue.time = grid, steady, medium, 0.0
    tissue.pace = Place()
    tissue.pace.life = 0.1
    centre = 0.5 * side * spacing
    vessels = Vessels(np.array([[centre], [centre], [0.5 * spacing]]), 300.0, {"drug": Passage(permeability, constant(40.0))})
    takes, gives = {}, {}
    vessels.supply(tissue, takes, gives)
    takes["drug"] += uptake
    steady.solve(takes, gives)
    x, y = np.meshgrid(grid.centres(0), grid.centres(1))
    return field.values[0], np.hypot(x - centre, y - centre), field.balance


def test_profile_around_a_vessel_is_that_of_a_cylinder():
    level, distance, balance_of = plane(uptake=250.0)
    length = np.sqrt(4e5 / 250.0)
    ring = (distance >= 30.0) & (distance <= 120.0)
    ratio = level[ring] / k0(distance[ring] / length)
    assert np.abs(ratio / ratio.mean() - 1.0).max() < 0.03
    assert balance_of.residual <= 1e-9 and balance_of.given > 0.0


def test_penetration_falls_with_uptake():
    halves = []
    for uptake in (60.0, 250.0, 1000.0):
        level, distance, _ = plane(uptake)
        row, away = level[20, 20:], distance[20, 20:]
        halves.append(np.interp(-0.5 * row[1], -row[1:], away[1:]) - away[1])
    assert halves[0] > 1.2 * halves[1] > 1.44 * halves[2] > 0.0


def test_limits_of_the_wall_in_a_fast_field():
    level, _, _ = plane(250.0, permeability=0.0)
    assert np.abs(level).max() == 0.0
    level, _, _ = plane(250.0, permeability=1e9)
    assert level[20, 20] == pytest.approx(40.0, rel=1e-4)
    weak, strong = (plane(250.0, permeability=one)[0][20, 20] for one in (1e3, 1e5))
    assert 0.0 < weak < strong < 40.0


def test_books_balance_with_vessels_and_plasma(inhabited):
    plasma = Plasma(Kinetics(3.0, 3.0, free=0.5), [Dose(0.0, 600.0), Dose(0.25, 600.0)])
    vessels = Vessels(
        np.array([[1.0, -30.0], [1.0, 5.0], [1.0, 40.0]]), np.array([600.0, 300.0]),
        {"medium.drug": Passage(800.0, plasma.level), "medium.vesicles": Passage(300.0, constant(0.0))},
    )  # fmt: skip
    tissue = inhabited(extra=(plasma, vessels), death_rate=0.5)
    before = balance(tissue)
    for _ in range(15):
        step(tissue)
    after = balance(tissue)
    drug, shed = tissue.medium.supplied
    assert drug > 0.0 > shed  # vesicles are washed away
    assert after["drug"] == pytest.approx(before["drug"], abs=1e-9 * drug)
    assert after["vesicle"] == pytest.approx(before["vesicle"], abs=1e-9 * -shed)
    taken_up = sum(one.row(f"{name}.drug").sum() for one, name in zip(tissue.contents.values(), ("one", "eater"), strict=True))
    assert 0.0 < taken_up < drug and tissue.removed > 0


def test_leaks(inhabited):
    tissue = inhabited()
    vessels = Vessels(np.zeros((3, 2)), 1.0, {}, age=np.array([0.0, 1e6]))
    np.testing.assert_allclose(LeakyWhenYoung(5.0, 24.0)(tissue, vessels), [5.0, 1.0])
    signal = Signal({"medium.vesicles": 2.0})
    leak = LeakyWhereSignalled(signal, 30.0, 9.0)
    np.testing.assert_allclose(leak(tissue, vessels), 1.0)
    tissue.medium.amounts[1] = 15.0 * tissue.medium.voxel_ml
    np.testing.assert_allclose(leak(tissue, vessels), 5.0)
    given = []
    for age in (1e6, 0.0):
        tissue = inhabited(extra=(drug_through(10.0, leak=LeakyWhenYoung(5.0, 24.0)),))
        tissue.extra[0].age[:] = age
        step(tissue)
        given.append(tissue.medium.supplied[0])
    assert given[1] > 3.0 * given[0] > 0.0


def sprouting(tissue, rate=4.0, slope=1.0, surface=50.0):
    """Vessels on the left of a signal that rises to the right."""
    level = np.broadcast_to(np.exp(slope * np.arange(6)), tissue.grid.array_shape)
    tissue.medium.amounts[1] = level * tissue.medium.voxel_ml
    return Vessels(
        np.array([[-55.0] * 3, [-55.0, 0.5, 55.0], [0.5] * 3]), surface, {},
        Sprouting(Signal({"medium.vesicles": 1.0}), 1.0, rate, 50.0, speed=20.0 * rate),
    )  # fmt: skip


def test_sprouts_go_up_the_signal_into_free_voxels(inhabited):
    tissue = inhabited(count=20, eaters=0)
    vessels = sprouting(tissue)
    for _ in range(40):
        vessels(tissue)
        tissue.interval += 1
    found = vessels.voxels(tissue)
    assert len(vessels) == 18 and len(set(found.tolist())) == 18  # three rows of six voxels are full
    assert set(np.round(vessels.position[1, 3:]).tolist()) <= {-50.0, 10.0, 50.0}
    assert len(set(vessels.lineage.tolist())) == 18
    assert vessels.age.max() > 1e8 and 0.0 <= vessels.age[3:].min() < 4.0 and np.all(vessels.surface[3:] == 50.0)


def test_sprouts_keep_clear_of_each_other(inhabited):
    tissue = inhabited(count=20, eaters=0)
    found = {}
    for room in (0.0, 30.0, 50.0):
        vessels = sprouting(tissue)
        vessels.position[1] = [-10.0, 10.0, 50.0]  # two rows beside each other, one apart
        vessels.growth = replace(vessels.growth, room=room)
        for _ in range(40):
            vessels(tissue)
            tissue.interval += 1
        found[room] = vessels
    assert len(found[0.0]) == 18 > len(found[30.0]) >= len(found[50.0]) > 6
    # No point was taken that had more vessel than that about it, but for what came later.
    for room in (30.0, 50.0):
        away = np.linalg.norm(found[room].position[:, :, None] - found[room].position[:, None, :], axis=0)
        before = np.tril(np.ones_like(away), -1) > 0.0
        assert (20.0 * ((away < room) & before).sum(axis=1))[3:].max() <= 2.5 * room
    assert np.sum(np.isclose(found[50.0].position[1], 50.0)) == 6  # the row apart has room all the way


def test_sprouting_keeps_its_rate_and_needs_a_gradient(inhabited):
    tissue = inhabited(count=20, eaters=0)
    level = sprouting(tissue, slope=0.0)
    none = sprouting(tissue, rate=0.0)
    for _ in range(10):
        level(tissue)
        none(tissue)
    assert len(level) == len(none) == 3
    # The share of points that a rate says; a point with more wall sprouts in proportion, its growing end at the tips' speed.
    for surface in (50.0, 200.0):
        sprouts = []
        for number in range(40):
            tissue.interval = number
            vessels = sprouting(tissue, rate=1.0, surface=surface)
            first = len(vessels)
            vessels(tissue)
            sprouts.append((len(vessels) - first) / first)
        expected = 1.0 - np.exp(-0.1 * 0.5 * surface / 50.0)  # the signal is half of `half` + itself at the left
        assert np.mean(sprouts) == pytest.approx(expected, abs=3.5 * np.sqrt(expected / 120.0))


def test_same_bits_on_any_number_of_threads_and_after_a_stop(inhabited, tmp_path):
    def make(threads):
        plasma = Plasma(Kinetics(3.0, 3.0), [Dose(0.0, 600.0)])
        tissue = inhabited(threads=threads, death_rate=0.3)
        vessels = sprouting(tissue)
        vessels.passages = {"medium.drug": Passage(500.0, plasma.level, LeakyWhenYoung(4.0, 1.0))}
        tissue.extra = (plasma, vessels)
        return tissue

    hashes = []
    for threads in (1, 2, 4):
        tissue = make(threads)
        for number in range(6):
            if number == 3 and threads == 1:
                save(tissue, tmp_path, "model")
            step(tissue)
        hashes.append(state_hash(tissue))
        tissue.slabs.close()
    assert len(set(hashes)) == 1 and len(tissue.extra[1]) > 3
    again = make(1)
    load(again, tmp_path, "model")
    for _ in range(3):
        step(again)
    assert state_hash(again) == hashes[0]
    assert again.medium.supplied[0] == tissue.medium.supplied[0] > 0.0


@pytest.mark.parametrize(
    "make",
    [
        lambda: Passage(-1.0, constant(1.0)), lambda: Passage(np.inf, constant(1.0)), lambda: Vessels(np.zeros((2, 3)), 1.0, {}),
        lambda: Vessels(np.zeros((3, 2)), -1.0, {}), lambda: Sprouting(Signal({}), 0.0, 1.0, 1.0),
        lambda: Sprouting(Signal({}), 1.0, -1.0, 1.0), lambda: Sprouting(Signal({}), 1.0, 1.0, 1.0, room=np.nan),
    ],
)  # fmt: skip
def test_impossible_numbers_are_refused(make):
    with pytest.raises(InputError):
        make()


def test_unknown_fields_are_named(inhabited):
    tissue = inhabited(extra=(Vessels(MIDDLE, 1.0, {"medium.drugs": Passage(1.0, constant(1.0))}),))
    with pytest.raises(InputError, match=r"Did you mean 'medium\.drug'"):
        step(tissue)
    with pytest.raises(InputError, match="vegf"):
        Signal({"vegf": 1.0})(tissue)


def test_tips_go_on_at_the_speed_they_are_given(inhabited):
    tissue = inhabited(count=20, eaters=0)
    level = np.broadcast_to(np.exp(3.0 * np.arange(6)), tissue.grid.array_shape)
    tissue.medium.amounts[1] = 1e3 * level * tissue.medium.voxel_ml
    # One tip in each of the 36 rows on the left; nothing else sprouts, and the signal is far above its half.
    y, z = (one.ravel() for one in np.meshgrid(tissue.grid.centres(1), tissue.grid.centres(2)))
    start = np.stack([np.full(36, -50.0), y, z])
    growth = Sprouting(Signal({"medium.vesicles": 1.0}), 1e-3, 0.0, 50.0, speed=20.0)
    vessels = Vessels(start, 100.0, {}, growth, tip=np.ones(36, dtype=bool))
    hours = 2.0
    for _ in range(round(hours / tissue.pace.life)):
        vessels(tissue)
        tissue.interval += 1
    assert vessels.tip.sum() == 36  # each row has its one end
    reached = vessels.position[0, vessels.tip].mean() - -50.0
    assert reached == pytest.approx(20.0 * hours, rel=0.2)
    assert np.all(np.diff(np.sort(vessels.position[0])) >= 0.0) and len(vessels) == 36 + round(36 * reached / 20.0)


def test_a_tip_that_would_jump_is_refused(inhabited):
    tissue = inhabited(count=20, eaters=0)
    growth = Sprouting(Signal({"medium.vesicles": 1.0}), 1.0, 0.0, 50.0, speed=1e4)
    with pytest.raises(InputError, match="more than a voxel"):
        Vessels(np.zeros((3, 1)), 100.0, {}, growth)(tissue)
