"""Spontaneous and drug-induced resistance: Greene, Gevertz & Sontag 2019, 10.1200/CCI.18.00087.

    S' = r·(1 − (S+R)/K)·S − (ε + α·u)·S − d·u·S
    R' = p_r·(1 − (S+R)/K)·R + (ε + α·u)·S

The paper has no units: populations are shares of the capacity (1 cell here), times are in units of 1/r (1 h here).
"""

from __future__ import annotations

import numpy as np

from exoresist.laws import growth, kinetics
from exoresist.network import Derived, Event, Network, Pool, Process, Sum, integrate
from exoresist.studies.gallery.comparison import Array, Row, compared, first_reached, published

SOURCE = "10.1200/CCI.18.00087"
DOSE = 1.5
DETECTED, FAILED = 0.1, 0.9  # tumour sizes at which therapy starts and at which it has failed
ON, OFF = 1.0, 3.0  # pulsed schedule
HORIZON = 120.0


def rebuild(induction: float = 0.0, growth_of_resistant: float = 0.2) -> Network:
    """The network, untreated: the drug is a parameter that events set.

    induction            α, switching to resistance that the drug causes, per drug and time
    growth_of_resistant  p_r, over the growth rate of sensitive cells
    """
    return Network(
        "greene2019",
        [
            published("growth.sensitive", 1.0, "1/h", SOURCE, "r"),
            published("growth.resistant", growth_of_resistant, "1/h", SOURCE, "p_r"),
            published("capacity", 1.0, "cell", SOURCE, "K"),
            published("switching.spontaneous", 1e-6, "1/h", SOURCE, "epsilon"),
            published("switching.induced", induction, "1/h", SOURCE, "alpha"),
            published("kill", 1.0, "1/h", SOURCE, "d"),
            published("drug", 0.0, "dimensionless", SOURCE, "u"),
            Pool("sensitive", "cell", element="cell", initial=0.01),
            Pool("resistant", "cell", element="cell"),
            Pool("born", "cell", element="cell", exchange=True),
            Pool("killed", "cell", element="cell", exchange=True),
            Sum("tumour", ["sensitive", "resistant"]),
            Derived("induced", kinetics.product, {"first": "switching.induced", "second": "drug"}),
            Process(
                "growth_of_sensitive",
                "born",
                "sensitive",
                growth.logistic_growth,
                {"rate": "growth.sensitive", "population": "tumour", "capacity": "capacity"},
                birth=True,
            ),
            Process(
                "growth_of_resistant",
                "born",
                "resistant",
                growth.logistic_growth,
                {"rate": "growth.resistant", "population": "tumour", "capacity": "capacity"},
                birth=True,
            ),
            Process(
                "switching",
                "sensitive",
                "resistant",
                kinetics.total,
                {"first": "switching.spontaneous", "second": "induced"},
                specific=True,
            ),
            Process("killing", "sensitive", "killed", kinetics.product, {"first": "kill", "second": "drug"}, specific=True),
        ],
    )


def constant_schedule(start: float) -> list[Event]:
    """The drug from `start` on."""
    return [Event(start, set={"drug": DOSE}, label="drug on")]


def pulsed_schedule(start: float) -> list[Event]:
    """The drug on for ON and off for OFF, again and again."""
    events = []
    for begin in np.arange(start, HORIZON, ON + OFF):
        events.append(Event(float(begin), set={"drug": DOSE}, label="drug on"))
        events.append(Event(float(begin + ON), set={"drug": 0.0}, label="drug off"))
    return events


def detection(network: Network) -> float:
    """Time at which the untreated tumour is found: S + R = 0.1."""
    return _reached(network, [], DETECTED, np.linspace(0.0, 10.0, 201))


def failure(network: Network, schedule: list[Event]) -> float:
    """Time at which S + R = 0.9 under a schedule."""
    return _reached(network, schedule, FAILED, np.linspace(0.0, HORIZON, 2401))


def _reached(network: Network, schedule: list[Event], size: float, grid: Array) -> float:
    def tumour(times: Array) -> Array:
        run = integrate(network, times, events=schedule, relative=1e-8, absolute=1e-14)
        return run.value("tumour")[:, 0]

    # A tumour turns around where the drug goes on or off: with those times in the grid no peak falls between.
    turns = [event.time for event in schedule if event.time < grid[-1]]
    return first_reached(tumour, size, np.union1d(grid, turns))


def checks() -> list[Row]:
    """Detection, the four times to failure, and the flip of the better schedule."""
    rows = [compared("detection, a = 0", 2.398, detection(rebuild()), 0.0005)]
    found: dict[tuple[str, float], float] = {}
    for induction, constant, pulsed in ((0.0, 89.67, 14.39), (0.01, 44.69, 61.36)):
        network = rebuild(induction)
        start = detection(network)
        for name, schedule, target in (
            ("constant", constant_schedule(start), constant),
            ("pulsed", pulsed_schedule(start), pulsed),
        ):
            found[name, induction] = failure(network, schedule)
            rows.append(compared(f"failure, {name}, a = {induction:g}", target, found[name, induction], 0.01 * target))
    better = {induction: found["constant", induction] > found["pulsed", induction] for induction in (0.0, 0.01)}
    rows.append(compared("constant is better at a = 0 (1 = yes)", 1.0, better[0.0], 0.0))
    rows.append(compared("constant is better at a = 0.01 (1 = yes)", 0.0, better[0.01], 0.0))
    return rows
