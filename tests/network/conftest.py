"""A network with a bit of everything, for tests that hold one form of it to another."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.core.quantity import Quantity
from exoresist.laws import drug, growth, kinetics, signalling
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
)

SOURCED = Quantity(
    0.03, "1/h", 0.01, 0.05, "lognormal", "measured", "smith20", "table 2, 10.1038/nature07242", "a < b & c",
    "growth", "cell",
)  # fmt: skip

NUMBERS = {
    "capacity": (5e3, "cell"), "volume": (0.1, "mL"), "cytosol": (2e-3, "mL"), "time": (6.0, "h"),
    "clearance": (2e-6, "mL/h/cell"), "share": (1.0, "dimensionless"), "delivered": (0.3, "dimensionless"),
    "degraded": (0.2, "dimensionless"), "secretion": (2.0, "particle/cell/h"), "load": (0.01, "1/h"),
    "k.decay": (0.02, "1/h"), "k_decay": (0.03, "1/h"), "influx": (5e-3, "mL/h"), "turnover": (2e-7, "pmol/copy/h"),
    "half": (200.0, "nM"), "n": (1.7, "dimensionless"), "most": (3.0, "dimensionless"), "lambda": (0.05, "1/h"),
    "basal": (1e-3, "1/h"), "threshold": (0.5, "dimensionless"), "Kd": (50.0, "nM"), "trickle": (1e-2, "pmol"),
}  # fmt: skip


def pools() -> list[Pool]:
    return [
        Pool("cells", "cell", "cell", initial=1000.0),
        Pool("born", "cell", "cell", exchange=True),
        Pool("dead", "cell", "cell"),
        Pool("surface", "copy", "cargo:P", carrier="cells", kind="pump", initial=1e6, size="cells"),
        Pool("debris", "copy", "cargo:P"),
        Pool("made", "copy", "cargo:P", exchange=True),
        Pool("mark", "cell", carrier="cells", kind="mark", inherit="copy", initial=10.0),
        Pool("forgotten", "cell", carrier="cells", kind="mark", inherit="reset", initial=40.0),
        Pool("vesicles", "particle", "vesicle", size="volume"),
        Pool("vesicles.inside", "particle", "vesicle"),
        Pool("vesicles.new", "particle", "vesicle", exchange=True),
        Pool("cargo", "copy", "cargo:P", carrier="vesicles", kind="pump"),
        Pool("label", "pmol", "dye", carrier="cargo", kind="dye"),
        Pool("dye.free", "pmol", "dye"),
        Pool("drug", "pmol", "drug:d", initial=10.0, size="volume"),
        Pool("drug.inside", "pmol", "drug:d", size="cytosol"),
        Pool("removed.vesicle", "particle", "vesicle", exchange=True),
        Pool("removed.cargo_P", "copy", "cargo:P", exchange=True),
        Pool("removed.dye", "pmol", "dye", exchange=True),
        Pool("removed.drug_d", "pmol", "drug:d", exchange=True),
    ]


def processes() -> list[Process]:
    logistic = {"rate": "growth", "population": "all", "capacity": "capacity"}
    hazard = {"most": "lambda", "damage": "occupied", "threshold": "threshold", "exponent": "n", "basal": "basal"}
    pumping = {
        "turnover": "turnover", "pump": Amount("surface"), "free": "drug.inside", "half": "half", "exponent": "n"
    }  # fmt: skip
    return [
        Process("birth", "born", "cells", growth.logistic_growth, logistic, birth=True),
        Process(
            "death", "cells", "dead", growth.death_hazard, hazard, specific=True,
            fates={"pump": (Route("debris"),), "mark": (Route(""),)},
        ),
        Process("synthesis", "made", "surface", kinetics.first_order, {"rate": "load", "amount": Amount("surface")}),
        Process("shed", "vesicles.new", "vesicles", kinetics.product, {"first": "secretion", "second": "cells"}),
        Process("loading", "surface", "cargo", kinetics.constant, {"rate": "k.decay"}, specific=True),
        Process(
            "uptake", "vesicles", "vesicles.inside", kinetics.product, {"first": "cleared", "second": "share"},
            specific=True,
            fates={
                "pump": (Route("surface", "delivered"), Route("made", "degraded"), Route("debris")),
                "dye": (Route("dye.free"),),
            },
        ),
        Process(
            "influx_d", "drug", "drug.inside", kinetics.passive_exchange,
            {"clearance": "influx", "outside": "drug", "inside": "drug.inside"},
        ),
        Process("efflux", "drug.inside", "drug", drug.pump_efflux, pumping),
        Process(
            "follow", "drug", "removed.drug_d", kinetics.product, {"first": RateOf("uptake"), "second": "trickle"}
        ),
        Process("wear", "surface", "debris", kinetics.constant, {"rate": "k_decay"}, specific=True),
    ]  # fmt: skip


def other_parts() -> list[object]:
    activated = (signalling.activation, {"level": "other", "most": "most", "exponent": "n"})
    repressed = (signalling.repression, {"level": "akt", "most": "most", "exponent": "n"})
    stimulated = (kinetics.stimulation, {"concentration": "drug.inside", "half": "Kd", "most": "most"})
    blocked = {"concentration": PerSize("drug", "volume"), "half": "Kd", "most": "threshold"}
    return [
        Parameter("growth", 0.03, "1/h", SOURCED),
        *(Parameter(name, value, unit) for name, (value, unit) in NUMBERS.items()),
        Sum("all", ["cells", "dead"]),
        Derived("cleared_volume", kinetics.product, {"first": "clearance", "second": "cells"}),
        Derived("cleared", kinetics.ratio, {"numerator": "cleared_volume", "denominator": "volume"}),
        Derived("occupied", drug.antibody_occupancy, {"antibody": "drug.inside", "affinity": "Kd"}),
        Derived("complex", kinetics.tight_binding, {"first": "drug", "second": "drug.inside", "affinity": "Kd"}),
        Node("akt", "time", [activated]),
        Node("other", "time", [repressed, stimulated], initial=1.3),
        Node("still", "time"),
        Modulation("efflux", signalling.power_effect, {"activity": "akt", "exponent": "n"}, "akt"),
        Modulation("uptake", kinetics.inhibition, blocked, "drug"),
        Modulation("uptake", signalling.power_effect, {"activity": "other", "exponent": "n"}, "other"),
        Event(0.0, add={"drug": 1.5}),
        Event(5.2, add={"vesicles": 3e4, "cargo": 2e5, "label": 0.4, "drug": 3.0}, label="dose"),
        Event(
            20.3,
            remove={"vesicles": 0.7, "drug": 0.5},
            add={"drug": 2.0, "vesicles": 10.0},
            set={"growth": 0.02, "volume": 0.12},
        ),
        Event(20.3, remove={"vesicles": 0.5}, set={"lambda": 0.02}, label="wash again"),
    ]


@pytest.fixture(scope="session")
def rich_network() -> Network:
    """Sizes, nested passengers, split fates, births that copy and reset, modulations, nodes, rates of rates, events."""
    return Network("rich-network", [*pools(), *processes(), *other_parts()])


def from_parts(network, y, p):
    """dy/dt straight from the declarations, with no tape, no table and no slot: the meaning of a network."""
    index = network.compile().state_index
    numbers = dict(zip(network.parameters, p, strict=True))

    def read(reference):
        if isinstance(reference, Amount):
            return y[index[reference.pool]]
        if isinstance(reference, PerSize):
            return y[index[reference.pool]] / size(reference.size)
        if isinstance(reference, RateOf):
            return rate(network.processes[reference.process])
        if reference in numbers:
            return numbers[reference]
        if reference in network.nodes:
            return y[index[reference]]
        if reference in network.pools:
            pool = network.pools[reference]
            return y[index[reference]] / (size(pool.size) if pool.size else 1.0)
        part = network.derived[reference]
        return sum(read(term) for term in part.terms) if isinstance(part, Sum) else call(part.law, part.inputs)

    def size(name):
        return y[index[name]] if name in network.pools else read(name)

    def call(law, inputs):
        return law(*(read(inputs[argument]) for argument in law.arguments))

    def rate(process):
        factors = [call(each.law, each.inputs) for each in network.modulations if each.process == process.id]
        return call(process.law, process.inputs) * np.prod(factors)

    change = np.zeros(len(y))

    def move(source, sink, amount):
        for name, sign in ((source, -1.0), (sink, 1.0)):
            if name:
                change[index[name]] += sign * amount

    def ride(process, carrier, speed):
        for pool in network.passengers_of(carrier):
            routes = process.fates[pool.kind]
            rest = 1.0 - sum(read(route.fraction) for route in routes if route.fraction)
            for route in routes:
                share = read(route.fraction) if route.fraction else rest
                move(pool.id, route.to, share * speed * y[index[pool.id]])
            ride(process, pool.id, speed)

    def inherit(carrier, speed):
        for pool in network.passengers_of(carrier):
            amount = speed * y[index[pool.id]]
            if pool.inherit == "copy":
                move("", pool.id, amount)
            elif pool.inherit == "reset":
                move(pool.id, "", amount)
            inherit(pool.id, speed)

    for process in network.processes.values():
        speed = rate(process)
        if process.birth:
            move(process.source, process.sink, speed * y[index[process.sink]])
            inherit(process.sink, speed)
        elif process.specific:
            move(process.source, process.sink, speed * y[index[process.source]])
            ride(process, process.source, speed)
        else:
            move(process.source, process.sink, speed)
    for node in network.nodes.values():
        if node.regulators:
            asked = np.prod([call(law, inputs) for law, inputs in node.regulators])
            change[index[node.id]] += (asked - y[index[node.id]]) / read(node.time)
    return change


@pytest.fixture(scope="session")
def declared_derivative():
    """The function (network, states, parameters) -> dy/dt that reads nothing but the declarations."""
    return from_parts
