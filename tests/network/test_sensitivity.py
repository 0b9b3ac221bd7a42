"""Forward sensitivities: against formulas, against differences on bundled scenarios, and through events."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import Model, build
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.core.errors import InputError
from exoresist.laws import kinetics
from exoresist.network import Event, Network, Parameter, Pool, Process, integrate
from exoresist.network.sensitivity import Direction, sensitivities

TIMES = np.linspace(0.0, 10.0, 6)
RATE, LATER, START = 0.3, 0.7, 5.0


def decay(*events: Event) -> Network:
    """A pool that empties into another, at rate k y."""
    return Network(
        "decay",
        [
            Parameter("k", RATE, "1/h"),
            Parameter("unused", 2.0, "1/h"),
            Pool("y", "pmol", element="drug:d", initial=START),
            Pool("z", "pmol", element="drug:d"),
            Pool("removed.drug_d", "pmol", element="drug:d", exchange=True),
            Process("loss", "y", "z", kinetics.constant, {"rate": "k"}, specific=True),
            *events,
        ],
    )


def test_decay_follows_its_formula():
    found = sensitivities(decay(), TIMES, ["k", Direction("start", start={"y": 1.0}), "unused"], relative=1e-7)
    np.testing.assert_allclose(found.of("y")[:, 0], -TIMES * START * np.exp(-RATE * TIMES), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found.of("z")[:, 0], TIMES * START * np.exp(-RATE * TIMES), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found.of("y")[:, 1], np.exp(-RATE * TIMES), rtol=1e-6)
    assert not found.of("y")[:, 2].any()


def test_slopes_go_through_what_is_added_taken_out_and_set():
    events = [Event(2.0, add={"y": 3.0}), Event(4.0, remove={"y": 0.5}), Event(6.0, set={"k": LATER})]
    dose = Direction("dose", events={0: {"y": 1.0}})
    found = sensitivities(decay(*events), TIMES, ["k", dose, Direction("later", events={2: {"k": 1.0}})], relative=1e-7)
    at = {time: place for place, time in enumerate(TIMES)}
    kept = 0.5 * np.exp(-RATE * 4.0)
    assert found.of("y")[at[6.0], 1] == pytest.approx(kept, rel=1e-6)
    assert found.of("y")[at[10.0], 1] == pytest.approx(kept * np.exp(-LATER * 4.0), rel=1e-6)
    assert found.of("removed.drug_d")[at[6.0], 1] == pytest.approx(0.5 * np.exp(-RATE * 2.0), rel=1e-6)
    # Once it is set anew, the old value of k acts through what it left only.
    before = 0.5 * (-6.0 * START * np.exp(-RATE * 6.0) - 4.0 * 3.0 * np.exp(-RATE * 4.0))
    assert found.of("y")[at[6.0], 0] == pytest.approx(before, rel=1e-6)
    assert found.of("y")[at[10.0], 0] == pytest.approx(before * np.exp(-LATER * 4.0), rel=1e-6)
    left = 0.5 * (START * np.exp(-RATE * 6.0) + 3.0 * np.exp(-RATE * 4.0))
    assert found.of("y")[at[10.0], 2] == pytest.approx(-4.0 * left * np.exp(-LATER * 4.0), rel=1e-6)
    assert not found.of("y")[: at[6.0] + 1, 2].any()


def test_an_event_at_the_last_time_counts():
    found = sensitivities(decay(Event(10.0, remove={"y": 1.0})), TIMES, ["k"])
    assert found.of("y")[-1, 0] == 0.0 and found.amounts[-1, 0] == 0.0


def one(name: str, arm: str) -> Model:
    scenario = load_scenario(bundled_scenarios()[name])
    return build({entry.id: changed for entry, changed in expand_arms(scenario)}[arm])


@pytest.mark.parametrize(
    ("name", "arm", "asked"),
    [
        ("pgp_add_back", "added", ("recipient.delivered_fraction", "preparation.clearance_rate", "preparation.ABCB1.enrichment")),
        (
            "mcf7_doxorubicin",
            "co_culture_gw4869",
            ("donor.secretion_rate", "recipient.doxorubicin.damage_rate", "donor.growth_rate"),
        ),
    ],
)
def test_agrees_with_differences_on_bundled_scenarios(name, arm, asked):
    model = one(name, arm)
    parameters = model.network.parameters
    known = [key for key in asked if key in parameters] or list(parameters)[:0]
    extra = [key for key, part in parameters.items() if part.quantity is not None and part.value > 0.0]
    names = list(dict.fromkeys([*known, *extra[:: max(1, len(extra) // 5)]]))
    times = [0.0, 1.0, 12.0, 30.0, model.scenario.duration]
    directions = [_direction(model, key) for key in names]
    start = {key: float(np.ravel(amount)[0]) for key, amount in model.start().items()}
    found = sensitivities(model.network, times, directions, initial=start, events=model.events(), relative=1e-7)
    differences = _differences(model, names, times)
    for column, key in enumerate(names):
        exact = found.slopes[:, :, column] * parameters[key].value
        wanted = differences[:, :, column]
        # Relative to the largest slope of each pool; a millionth of the amount is what the differences can tell.
        scale = np.abs(wanted).max(axis=0) + 1e-6 * np.abs(found.amounts).max(axis=0) + 1e-9 * found.compiled.scales
        assert np.max(np.abs(exact - wanted) / scale) < 1e-5, key


def _direction(model: Model, key: str) -> Direction:
    """One parameter, with what it does to the start and to what events add."""
    value = model.network.parameters[key].value
    step = 1e-4 * value
    ends = [model.start({key: value + sign * step}) for sign in (1.0, -1.0)]
    start = {pool: float(np.ravel(ends[0][pool])[0] - np.ravel(ends[1][pool])[0]) / (2.0 * step) for pool in ends[0]}
    lists = [model.events({key: value + sign * step}) for sign in (1.0, -1.0)]
    events = {
        number: {pool: float(np.ravel(up.add[pool])[0] - np.ravel(down.add[pool])[0]) / (2.0 * step) for pool in up.add}
        for number, (up, down) in enumerate(zip(*lists, strict=True))
    }
    return Direction(key, {key: 1.0}, start, events)


def _differences(model: Model, names: list[str], times: list[float]) -> np.ndarray:
    """(T, states, names) of amounts by ln of each parameter, fourth order, all in one block with the same steps."""
    step, offsets = 2e-3, np.array([1.0, -1.0, 2.0, -2.0])
    values = {key: np.full(4 * len(names), model.network.parameters[key].value) for key in names}
    for place, key in enumerate(names):
        values[key][4 * place : 4 * place + 4] *= 1.0 + step * offsets
    run = integrate(
        model.network, times, values, model.start(values), model.events(values), relative=1e-10, absolute=1e-13, in_blocks=True
    )
    table = run.amounts.reshape(len(times), -1, len(names), 4)
    return np.asarray((8.0 * (table[..., 0] - table[..., 1]) - (table[..., 2] - table[..., 3])) / (12.0 * step))


def test_refuses_what_there_is_not():
    with pytest.raises(InputError, match="'kk' is no parameter"):
        sensitivities(decay(), TIMES, ["kk"])
    with pytest.raises(InputError, match="'w' is no pool"):
        sensitivities(decay(), TIMES, [Direction("w", start={"w": 1.0})])
    with pytest.raises(InputError, match="2 parameter sets"):
        sensitivities(decay(), TIMES, ["k"], values={"k": np.array([0.1, 0.2])})
