"""The demo's exported SBML, run by an independent engine, gives the composed model's curves."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import build
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.network import integrate
from exoresist.network.exports import to_sbml

TIMES = np.linspace(0.0, 96.0, 97)


@pytest.mark.parametrize("arm", ["co_culture", "co_culture_gw4869"])
def test_demo_in_libroadrunner(arm):
    """Largest difference over all species at 97 times, relative to each species' maximum: 1e-6."""
    roadrunner = pytest.importorskip("roadrunner", reason="libroadrunner comes with the extra [test]")
    scenarios = {one.id: changed for one, changed in expand_arms(load_scenario(bundled_scenarios()["mcf7_doxorubicin"]))}
    network = build(scenarios[arm]).frozen()
    assert len(network.pools) >= 40
    run = integrate(network, TIMES, relative=1e-10, absolute=1e-13)
    engine = roadrunner.RoadRunner(to_sbml(network))
    species = list(engine.model.getFloatingSpeciesIds())
    engine.timeCourseSelections = species
    engine.getIntegrator().relative_tolerance = 1e-9
    engine.getIntegrator().absolute_tolerance = 1e-12
    found = np.array(engine.simulate(0.0, 96.0, 97))
    names = {name.replace(".", "_"): name for name in network.pools}
    assert set(species) == set(names)
    for column, identifier in enumerate(species):
        own = run.amount(names[identifier])[:, 0]
        largest = np.abs(own).max()
        assert np.abs(found[:, column] - own).max() <= 1e-6 * largest + 1e-18, identifier
