"""Hundreds of drawn networks: nothing is made or lost or blows up, and the compiled form means what was declared."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.laws import growth, kinetics, signalling
from exoresist.network import (
    Amount,
    Event,
    Modulation,
    Network,
    Node,
    Parameter,
    Pool,
    Process,
    Route,
    Sum,
    integrate,
)
from exoresist.network.reference import System
from exoresist.network.wiring import carried

# kind -> unit, and the kinds that may carry it
KINDS = {
    "cell": ("cell", ()),
    "vesicle": ("particle", ("cell",)),
    "cargo": ("copy", ("cell", "vesicle")),
    "dye": ("pmol", ("cargo",)),
    "drug": ("pmol", ("cell", "vesicle", "cargo")),
}
NUMBERS = {
    "capacity": (500.0, "cell"), "half": (3.0, "nM"), "most": (0.7, "dimensionless"), "n": (1.6, "dimensionless"),
    "fold": (2.5, "dimensionless"), "tau": (2.0, "h"), "volume": (0.5, "mL"),
}  # fmt: skip
numbers = st.floats(0.0, 2.0)
starts = st.sampled_from([0.0, 1e-6, 1.0, 40.0, 300.0])


@st.composite
def drawn_pools(draw):
    pools: list[Pool] = []
    for kind, (unit, carriers) in KINDS.items():
        possible = [pool.id for pool in pools if pool.kind in carriers]
        for number in range(draw(st.integers(2, 3))):
            carrier = draw(st.sampled_from(["", *possible]))
            size = "volume" if kind == "drug" and not carrier else ""
            inherit = draw(st.sampled_from(["share", "copy", "reset"])) if kind == "dye" else "share"
            element = "" if inherit != "share" else kind  # marks are copied or reset, so they are not conserved
            name = f"{kind}{number}"
            pools.append(Pool(name, unit, element, size, carrier, kind, inherit, draw(starts)))
        pools.append(Pool(f"removed.{kind}", unit, kind, exchange=True))
    return pools


@st.composite
def drawn_networks(draw):
    pools = draw(drawn_pools())
    parts: list[object] = [*pools, *(Parameter(name, value, unit) for name, (value, unit) in NUMBERS.items())]
    bare = Network("pools", parts)
    by_kind = {kind: [pool for pool in pools if pool.id.startswith((kind, f"removed.{kind}"))] for kind in KINDS}

    def other_end(pool):
        fits = [each for each in pools if each.element == pool.element and each.unit == pool.unit]
        return draw(st.sampled_from(fits))

    def routes(passenger, process):
        listed = []
        for number in range(draw(st.integers(0, 2))):
            name = f"share.{process}.{passenger.id}_{number}"
            parts.append(Parameter(name, draw(st.floats(0.0, 0.5)), "dimensionless"))
            listed.append(Route(other_end(passenger).id, name))
        return (*listed, Route(other_end(passenger).id))

    movable = [pool for pool in pools if not pool.exchange]
    for number in range(draw(st.integers(3, 9))):
        source = draw(st.sampled_from(movable))
        sink = other_end(source)
        name = f"p{number}"
        parts.append(Parameter(f"k{number}", draw(numbers), "1/h"))
        riders = carried(bare, source.id)
        if riders or draw(st.booleans()):
            fates = {}
            for rider in riders:  # riders of one kind share a statement, so it must suit each of them
                same = [each for each in riders if each.kind == rider.kind]
                if rider.kind not in fates:
                    fits = [each for each in same if each.element == same[0].element]
                    fates[rider.kind] = routes(rider, name) if len(fits) == len(same) else None
            if any(ways is None for ways in fates.values()):
                continue
            parts.append(Process(name, source.id, sink.id, kinetics.constant, {"rate": f"k{number}"}, True, fates))
        else:
            law = {"rate": f"k{number}", "amount": Amount(source.id)}
            parts.append(Process(name, source.id, sink.id, kinetics.first_order, law))
        if draw(st.booleans()):
            drug = {"concentration": "loose", "half": "half", "most": "most"}
            parts.append(Modulation(name, kinetics.inhibition, drug, "drug"))
        if draw(st.booleans()):
            parts.append(Modulation(name, signalling.power_effect, {"activity": "node", "exponent": "n"}, "node"))
    parts.append(Pool("loose", "pmol", "loose", size="volume", initial=2.0))
    regulators = [(signalling.activation, {"level": "node", "most": "fold", "exponent": "n"})]
    parts.append(Node("node", "tau", regulators, draw(st.floats(0.0, 2.0))))
    if draw(st.booleans()):
        born = draw(st.sampled_from([pool for pool in by_kind["cell"] if not pool.exchange]))
        parts.append(Sum("living", [pool.id for pool in by_kind["cell"] if not pool.exchange]))
        parts.append(Parameter("growth", draw(numbers), "1/h"))
        parts.append(
            Process(
                "birth", "removed.cell", born.id, growth.logistic_growth,
                {"rate": "growth", "population": "living", "capacity": "capacity"}, birth=True,
            )
        )  # fmt: skip
    for _ in range(draw(st.integers(0, 3))):
        pool = draw(st.sampled_from(movable))
        amount, fraction = draw(starts), draw(st.floats(0.0, 1.0))
        parts.append(Event(draw(st.floats(0.0, 10.0)), add={pool.id: amount}, remove={pool.id: fraction}))
    return Network("drawn", parts)


@settings(max_examples=250)
@given(drawn_networks())
def test_drawn_networks_conserve_and_stay_finite(declared_derivative, network):
    run = integrate(network, np.linspace(0.0, 10.0, 6))
    assert np.all(np.isfinite(run.amounts))
    assert max(run.conservation().values()) <= 1e-9
    compiled = network.compile()
    y, p = run.amounts[3, :, 0], run.values[:, 0]
    system = System(compiled)
    system.set(p)
    expected = declared_derivative(network, y, p)
    np.testing.assert_allclose(system.derivative(0.0, y), expected, rtol=1e-9, atol=1e-11 * (1.0 + np.abs(y).max()))


@settings(max_examples=40)
@given(drawn_networks())
def test_drawn_networks_export_to_valid_sbml(network):
    import libsbml

    from exoresist.network.exports import to_latex, to_sbml, to_table

    document = libsbml.readSBMLFromString(to_sbml(network))
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, True)
    document.checkConsistency()
    assert [document.getError(index).getMessage() for index in range(document.getNumErrors())] == []
    assert len(to_table(network)) == len(network.processes) and to_latex(network)
