"""Every wiring mistake is found before anything runs, and named."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from exoresist.core.errors import InputError, ModelError, SolverError
from exoresist.laws import growth, kinetics, signalling
from exoresist.network import (
    Amount,
    Derived,
    Event,
    Modulation,
    Network,
    Node,
    Parameter,
    PerSize,
    Pool,
    Process,
    RateOf,
    Route,
    Sum,
    integrate,
)

K = Parameter("k", 0.1, "1/h")
A, B = Pool("a", "pmol", "drug:d", initial=1.0), Pool("b", "pmol", "drug:d")
V = Parameter("v", 2.0, "mL")
CELLS = Pool("cells", "cell", "cell", initial=10.0)
DEAD = Pool("dead", "cell", "cell")
PUMP = Pool("pump", "copy", "cargo:P", carrier="cells", kind="pump")
BIN = Pool("bin", "copy", "cargo:P")


def flow(**changes):
    plain = Process("flow", "a", "b", kinetics.constant, {"rate": "k"}, specific=True)
    return dataclasses.replace(plain, **changes)


def death(*routes, **changes):
    fates = {"pump": routes} if routes else {}
    plain = Process("death", "cells", "dead", kinetics.constant, {"rate": "k"}, specific=True, fates=fates)
    return dataclasses.replace(plain, **changes)


def factor(process="flow", tag="t", feed="k"):
    return Modulation(process, kinetics.constant, {"rate": feed}, tag)


PLAIN = [K, V, A, B, flow()]
CARRIER = [K, CELLS, DEAD, PUMP, BIN]
MISTAKES = {
    "declared twice": ([*PLAIN, Pool("a", "pmol")], "'a' is declared twice"),
    "one name, two kinds": ([*PLAIN, Parameter("a", 1.0, "h")], "both a parameter and a pool"),
    "unknown input": ([K, A, B, flow(inputs={"rate": "kk"})], "reads 'kk', which nothing provides.*'k'"),
    "unknown amount": ([K, A, B, flow(inputs={"rate": Amount("c")})], "reads pool 'c'"),
    "unknown pool per size": ([K, V, A, B, flow(inputs={"rate": PerSize("c", "v")})], "reads pool 'c'"),
    "unknown size": ([K, A, B, flow(inputs={"rate": PerSize("a", "w")})], "reads 'w', which nothing provides"),
    "unknown rate": ([K, A, B, flow(inputs={"rate": RateOf("flaw")})], "rate of 'flaw', which is no process.*'flow'"),
    "size of a pool": ([*PLAIN, Pool("c", "pmol", size="w")], "Pool 'c' reads 'w'"),
    "no such source": ([K, A, B, flow(source="aa")], "source 'aa', which is no pool"),
    "no such sink": ([K, A, B, flow(sink="bb")], "sink 'bb', which is no pool.*exchange"),
    "element from nowhere": ([K, A, flow(source="", sink="a", specific=False)], "from or to nowhere"),
    "element to nowhere": ([K, A, flow(sink="")], "from or to nowhere"),
    "elements changed": ([K, A, Pool("b", "pmol", "drug:e"), flow()], "would turn 'drug:d' into 'drug:e'"),
    "units of the ends": ([K, A, Pool("b", "copy", "drug:d"), flow()], "moves pmol into a pool of copy"),
    "rate for a flux": ([K, A, B, flow(specific=False)], "gives time.-1, but a flux of pmol"),
    "flux for a rate": (
        [K, A, B, flow(law=kinetics.first_order, inputs={"rate": "k", "amount": "a"})], "specific rate",
    ),
    "specific of nothing": (
        [K, Pool("m", "cell"), flow(source="", sink="m")], "specific rate but no source",
    ),
    "missing argument": ([K, A, B, flow(inputs={})], "missing: rate"),
    "extra argument": ([K, A, B, flow(inputs={"rate": "k", "x": "k"})], "not known: x"),
    "unit of an argument": (
        [K, A, B, flow(law=growth.logistic_growth, inputs={"rate": "k", "population": "a", "capacity": "a"})],
        "argument 'population'.*cell.*fed with substance",
    ),
    "unlike placeholders": (
        [*PLAIN, Derived("d", kinetics.total, {"first": "k", "second": "v"})], "argument 'second' of law 'total'",
    ),
    "sum of unlike": ([*PLAIN, Sum("s", ["a", "v"])], "Add like to like"),
    "circle": (
        [*PLAIN, Sum("s", ["t"]), Sum("t", ["s"])], "circle: s -> t -> s",
    ),
    "circle of rates": ([K, A, B, flow(inputs={"rate": RateOf("flow")})], "circle"),
    "circle through a modulation": ([*PLAIN, factor(feed=RateOf("flow"))], "circle"),
    "wrong size unit": ([Parameter("k", 5.0, "1/s"), A, B, flow()], "given in 1/s, but a network holds 's' in h"),
    "wrong concentration unit": ([*PLAIN, Parameter("c", 5.0, "uM")], "holds 'uM' in nM"),
    "wrong unit of a pool": ([K, Pool("a", "nmol"), V], "holds 'nmol' in pmol"),
    "percent": ([*PLAIN, Parameter("c", 5.0, "%")], "holds '%' in dimensionless"),
    "no such carrier": ([Pool("p", "copy", carrier="c", kind="x")], "rides on 'c', which is no pool"),
    "carries itself": (
        [Pool("p", "copy", carrier="q", kind="x"), Pool("q", "copy", carrier="p", kind="x")],
        "carries itself: p -> q -> p",
    ),
    "flux of a carrier": (
        [*CARRIER, Parameter("f", 1.0, "cell/h"), death(Route("bin"), inputs={"rate": "f"}, specific=False)],
        "moves the carrier 'cells' but gives a flux",
    ),
    "no fate": ([*CARRIER, death()], "does not say where its passenger 'pump' goes"),
    "no rest": ([*CARRIER, Parameter("x", 0.5, "dimensionless"), death(Route("bin", "x"))], "do not sum to one"),
    "two rests": ([*CARRIER, death(Route("bin"), Route("bin"))], "do not sum to one"),
    "fate nowhere": ([*CARRIER, death(Route(""))], "sends 'pump' nowhere"),
    "fate to no pool": ([*CARRIER, death(Route("bim"))], "sends 'pump' to 'bim', which is no pool"),
    "fate changes the element": ([*CARRIER, death(Route("dead"))], "would turn 'cargo:P' into 'cell'"),
    "fate changes the unit": (
        [*CARRIER, Pool("gone", "pmol", "cargo:P"), death(Route("gone"))], "Both must have the same unit",
    ),
    "fraction with a unit": ([*CARRIER, death(Route("bin", "k"), Route("bin"))], "must give a plain factor"),
    "fraction above one": (
        [*CARRIER, Parameter("x", 1.5, "dimensionless"), death(Route("bin", "x"), Route("bin"))], "It must be 0 to 1",
    ),
    "modulation of nothing": ([*PLAIN, factor("flaw")], "there is no such process.*'flow'"),
    "counted twice": (
        [*PLAIN, Parameter("x", 2.0, "dimensionless"), factor(feed="x"), factor(feed="x")], "counted twice",
    ),
    "modulation with a unit": ([*PLAIN, factor()], "must give a plain factor"),
    "node without time": ([K, Node("n", "k")], "is not a time"),
    "node of unknown time": ([K, Node("n", "tau")], "reads 'tau'"),
    "node asked for a unit": (
        [*PLAIN, Parameter("tau", 1.0, "h"), Node("n", "tau", [(kinetics.constant, {"rate": "k"})])], "plain factor",
    ),
    "event adds to nothing": ([*PLAIN, Event(1.0, add={"aa": 1.0})], "changes 'aa', which is no pool"),
    "event sets nothing": ([*PLAIN, Event(1.0, set={"kk": 1.0})], "sets 'kk', which is no parameter"),
    "event removes too much": ([*PLAIN, Event(1.0, remove={"a": 1.5})], "It must be 0 to 1"),
    "event without exchange": ([*PLAIN, Event(1.0, remove={"a": 0.5})], "no exchange 'removed.drug_d'"),
    "event never": ([*PLAIN, Event(float("nan"), add={"a": 1.0})], "no finite time"),
    "event adds infinity": ([*PLAIN, Event(1.0, add={"a": float("inf")})], "not finite"),
    "death takes a passenger's exchange": (
        [*CARRIER, Pool("removed.cell", "cell", "cell"), Event(1.0, remove={"cells": 0.5}), death(Route("bin"))],
        "no exchange 'removed.cargo_P'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_refused_with_their_reason(name):
    parts, message = MISTAKES[name]
    with pytest.raises(ModelError, match=message):
        Network("wrong", parts)


@pytest.mark.parametrize("identifier", ["1a", "a b", "a..b", "", "a.", "a-b", ".a"])
def test_identifiers_are_checked(identifier):
    with pytest.raises(ModelError, match="not an identifier"):
        Pool(identifier, "pmol")


def test_parts_check_what_they_can_alone():
    with pytest.raises(ModelError, match="has no passenger kind"):
        Pool("p", "copy", carrier="cells")
    with pytest.raises(ModelError, match="adds nothing"):
        Sum("s", [])


def test_right_networks_pass():
    assert Network("right", PLAIN).processes["flow"].name == "flow"
    assert Network("right", [*CARRIER, death(Route("bin"))]).passengers_of("cells") == [PUMP]


def test_parts_and_values_can_be_replaced():
    network = Network("right", [*PLAIN, Parameter("x.y", 1.0, "dimensionless"), factor(feed="x.y")])
    changed = network.with_values(k=0.7, x__y=2.0)
    assert changed.parameters["k"].value == 0.7 and changed.parameters["x.y"].value == 2.0
    assert network.parameters["k"].value == 0.1
    other = network.with_parts(Modulation("flow", kinetics.fold, {"level": "x.y", "most": "x.y"}, "t"))
    assert [modulation.law.name for modulation in other.modulations] == ["fold"]
    with pytest.raises(ModelError, match="has no parameter 'q'"):
        network.with_values(q=1.0)


def test_events_given_to_a_run_are_checked_too():
    network = Network("right", PLAIN)
    with pytest.raises(ModelError, match="which is no pool"):
        integrate(network, [0.0, 1.0], events=[Event(0.5, add={"nothing": 1.0})])
    with pytest.raises(ModelError, match="no exchange"):
        integrate(network, [0.0, 1.0], events=[Event(0.5, remove={"a": 0.5})])


def test_runs_refuse_bad_times_names_and_numbers():
    network = Network("right", PLAIN)
    for times in ([1.0, 0.0], [0.0, np.nan], [], [0.0, 0.0]):
        with pytest.raises(InputError, match="times must rise"):
            integrate(network, times)
    with pytest.raises(ModelError, match=r"no parameter .*'k'"):
        integrate(network, [0.0, 1.0], values={"kk": 1.0})
    with pytest.raises(InputError, match="not a finite number"):
        integrate(network, [0.0, 1.0], initial={"a": np.inf})
    with pytest.raises(InputError, match="different lengths"):
        integrate(network, [0.0, 1.0], values={"k": np.ones(2), "v": np.ones(3)})
    run = integrate(network, [0.0, 1.0])
    for ask in (run.amount, run.value):
        with pytest.raises(InputError):
            ask("nothing")


def test_solves_that_fail_say_so_with_advice():
    with pytest.raises(SolverError, match=r"more steps than allowed.*Check the parameters"):
        integrate(Network("right", PLAIN), [0.0, 1e6], values={"k": 1.0}, relative=1e-10, max_steps=3)


def test_a_law_without_units_or_with_a_taken_name_is_refused():
    from exoresist.laws import law

    with pytest.raises(ModelError, match="Give each one a unit"):
        law(returns="1/h")(lambda x: x)
    with pytest.raises(ModelError, match="exists already"):

        @law(returns="$a", rate="$a")
        def constant(rate):
            return 2.0 * rate

    assert signalling.relaxation.arguments == ("target", "activity", "time")
