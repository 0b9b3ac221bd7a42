"""Runs: analytic solutions, batches, threads, events and conservation."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from exoresist.laws import growth, kinetics
from exoresist.network import Event, Network, Parameter, Pool, Process, Route, integrate

DECAY = [
    Parameter("k", 0.3, "1/h"), Pool("a", "pmol", "m", initial=2.0), Pool("b", "pmol", "m"),
    Pool("removed.m", "pmol", "m", exchange=True),
    Process("decay", "a", "b", kinetics.constant, {"rate": "k"}, specific=True),
]  # fmt: skip
TIMES = np.linspace(0.0, 12.0, 25)


@pytest.fixture(scope="module")
def decay():
    return Network("decay", DECAY)


def test_decay_is_exponential(decay):
    run = integrate(decay, TIMES, relative=1e-10, absolute=1e-14)
    np.testing.assert_allclose(run.amount("a")[:, 0], 2.0 * np.exp(-0.3 * TIMES), rtol=1e-8)
    assert run.conservation()["m"] < 1e-14


def test_logistic_growth_is_the_logistic_curve():
    network = Network(
        "logistic",
        [
            Parameter("r", 0.5, "1/h"), Parameter("K", 1e4, "cell"), Pool("n", "cell", "cell", initial=50.0),
            Pool("born", "cell", "cell", exchange=True),
            Process(
                "birth", "born", "n", growth.logistic_growth,
                {"rate": "r", "population": "n", "capacity": "K"}, birth=True,
            ),
        ],
    )  # fmt: skip
    times = np.linspace(0.0, 30.0, 31)
    run = integrate(network, times, relative=1e-9, absolute=1e-9)
    expected = 1e4 / (1.0 + (1e4 / 50.0 - 1.0) * np.exp(-0.5 * times))
    np.testing.assert_allclose(run.amount("n")[:, 0], expected, rtol=1e-7)


def test_a_batch_equals_single_solves(rich_network):
    rates = np.linspace(0.01, 0.05, 21)  # two blocks, the second only partly filled
    start = np.linspace(500.0, 1500.0, 21)
    options = {"relative": 1e-8, "absolute": 1e-10}
    batch = integrate(rich_network, TIMES, values={"growth": rates}, initial={"cells": start}, **options)
    assert batch.amounts.shape == (25, 23, 21)
    for number in (0, 7, 16, 20):
        single = integrate(rich_network, TIMES, values={"growth": rates[number]}, initial={"cells": start[number]}, **options)
        scale = np.abs(single.amounts).max(axis=0) + 1e-9
        assert np.max(np.abs(batch.amounts[:, :, [number]] - single.amounts) / scale) < 1e-6


def test_a_set_does_not_depend_on_those_beside_it_beyond_tolerance(rich_network):
    rates = np.linspace(0.01, 0.05, 16)
    whole = integrate(rich_network, TIMES, values={"growth": rates}, relative=1e-8, absolute=1e-10)
    part = integrate(rich_network, TIMES, values={"growth": rates[:3]}, relative=1e-8, absolute=1e-10)
    scale = np.abs(part.amounts).max(axis=0) + 1e-9
    assert np.max(np.abs(whole.amounts[:, :, :3] - part.amounts) / scale) < 1e-6


def digest(run):
    return hashlib.sha256(np.ascontiguousarray(run.amounts).tobytes()).hexdigest()


def test_the_number_of_threads_changes_no_bit(rich_network, monkeypatch):
    found = set()
    for count in ("1", "2", "4"):
        monkeypatch.setenv("EXORESIST_THREADS", count)
        found.add(digest(integrate(rich_network, TIMES, values={"growth": np.linspace(0.01, 0.05, 70)})))
    assert len(found) == 1


def test_a_fresh_interpreter_gives_the_same_bits():
    code = textwrap.dedent("""
        import hashlib, numpy as np
        from exoresist.laws import kinetics
        from exoresist.network import Network, Parameter, Pool, Process, integrate
        parts = [Parameter("k", 0.3, "1/h"), Pool("a", "pmol", "m", initial=2.0), Pool("b", "pmol", "m"),
                 Process("decay", "a", "b", kinetics.constant, {"rate": "k"}, specific=True)]
        run = integrate(Network("d", parts), np.linspace(0.0, 12.0, 25), values={"k": np.linspace(0.1, 1.0, 40)})
        print(hashlib.sha256(np.ascontiguousarray(run.amounts).tobytes()).hexdigest())
    """)
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "EXORESIST_THREADS": count},
            capture_output=True, text=True, check=True,
        ).stdout
        for count in ("1", "4")
    }  # fmt: skip
    assert len(digests) == 1 and len(digests.pop()) == 65


def test_events_add_remove_and_set(decay):
    events = [
        Event(2.0, add={"a": 1.0}),
        Event(4.0, remove={"a": 0.25}, add={"a": 0.5}),
        Event(6.0, set={"k": 0.0}),
    ]
    run = integrate(decay, [0.0, 2.0, 3.0, 4.0, 6.0, 9.0], events=events, relative=1e-10, absolute=1e-14)
    found = run.amount("a")[:, 0]
    after_dose = 2.0 * np.exp(-0.6) + 1.0
    before_wash = after_dose * np.exp(-0.6)
    after_wash = 0.75 * before_wash + 0.5
    last = after_wash * np.exp(-0.6)
    expected = [2.0, after_dose, after_dose * np.exp(-0.3), after_wash, last, last]
    np.testing.assert_allclose(found, expected, rtol=1e-8)  # at the time of an event: what it left
    np.testing.assert_allclose(run.amount("removed.m")[-1, 0], 0.25 * before_wash, rtol=1e-8)
    assert run.conservation()["m"] < 1e-14


def test_values_of_a_run_follow_events_that_set_parameters(decay):
    run = integrate(decay, [0.0, 2.0, 4.0, 6.0, 8.0], events=[Event(4.0, set={"k": 0.1}), Event(7.0, set={"k": 0.0})])
    np.testing.assert_array_equal(run.value("rate:decay")[:, 0], [0.3, 0.3, 0.1, 0.1, 0.0])
    assert run.values[0, 0] == 0.3 and decay.parameters["k"].value == 0.3


def test_events_at_one_time_follow_each_other(decay):
    events = [Event(1.0, remove={"a": 0.5}), Event(1.0, add={"a": 1.0}), Event(1.0, remove={"a": 0.5})]
    run = integrate(decay, [0.0, 1.0], values={"k": 0.0}, events=events)
    assert run.amount("a")[-1, 0] == pytest.approx((2.0 * 0.5 + 1.0) * 0.5)


def test_events_at_the_ends_count_and_those_outside_do_not(decay):
    events = [Event(time, add={"a": 1.0}) for time in (-1.0, 0.0, 5.0, 6.0)]
    run = integrate(decay, [0.0, 5.0], values={"k": 0.0}, events=events)
    np.testing.assert_allclose(run.amount("a")[:, 0], [3.0, 4.0])
    assert run.conservation()["m"] < 1e-14


def test_doses_may_differ_between_sets(decay):
    doses = np.linspace(0.0, 10.0, 20)
    run = integrate(decay, [0.0, 1.0, 2.0], values={"k": 0.0}, events=[Event(1.0, add={"a": doses})])
    np.testing.assert_allclose(run.amount("a")[-1], 2.0 + doses)
    assert run.conservation()["m"] < 1e-14


def test_washing_a_carrier_takes_its_passengers():
    parts = [
        Parameter("k", 0.0, "1/h"), Pool("cells", "cell", "cell", initial=8.0), Pool("dead", "cell", "cell"),
        Pool("vesicles", "particle", "vesicle", carrier="cells", kind="v", initial=40.0),
        Pool("lost", "particle", "vesicle"),
        Pool("drug", "pmol", "drug", carrier="vesicles", kind="d", initial=4.0), Pool("free", "pmol", "drug"),
        Pool("removed.cell", "cell", "cell"), Pool("removed.vesicle", "particle", "vesicle"),
        Pool("removed.drug", "pmol", "drug"),
        Process(
            "death", "cells", "dead", kinetics.constant, {"rate": "k"}, specific=True,
            fates={"v": (Route("lost"),), "d": (Route("free"),)},
        ),
    ]  # fmt: skip
    run = integrate(Network("wash", parts), [0.0, 2.0], events=[Event(1.0, remove={"cells": 0.75})])
    found = {name: run.amount(name)[-1, 0] for name in ("cells", "vesicles", "drug", "removed.vesicle", "removed.drug")}
    assert found == {"cells": 2.0, "vesicles": 10.0, "drug": 1.0, "removed.vesicle": 30.0, "removed.drug": 3.0}
    assert max(run.conservation().values()) < 1e-14


def test_an_empty_carrier_runs():
    parts = [
        Parameter("k", 0.5, "1/h"), Pool("v", "particle", "v"), Pool("in", "particle", "v"),
        Pool("p", "copy", "p", carrier="v", kind="p"), Pool("q", "copy", "p"),
        Process("move", "v", "in", kinetics.constant, {"rate": "k"}, specific=True, fates={"p": (Route("q"),)}),
    ]  # fmt: skip
    run = integrate(Network("empty", parts), [0.0, 10.0])
    assert not run.amounts.any()


def test_output_times_do_not_change_the_solution(rich_network):
    coarse = integrate(rich_network, [0.0, 6.0, 24.0], relative=1e-8)
    fine = integrate(rich_network, np.linspace(0.0, 24.0, 97), relative=1e-8)
    np.testing.assert_array_equal(coarse.amounts[-1], fine.amounts[-1])
    np.testing.assert_array_equal(coarse.amounts[1], fine.amounts[24])


def test_tighter_tolerance_is_closer(rich_network):
    exact = integrate(rich_network, TIMES, relative=1e-11, absolute=1e-14).amounts
    scale = np.abs(exact).max(axis=0) + 1e-9
    errors = []
    for relative in (1e-3, 1e-5, 1e-7, 1e-9):
        found = integrate(rich_network, TIMES, relative=relative, absolute=1e-3 * relative).amounts
        errors.append(np.max(np.abs(found - exact) / scale))
    assert errors[0] > errors[1] > errors[2] > errors[3]
    assert errors[3] < 1e-7
