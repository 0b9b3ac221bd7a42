"""The composed model against examples/plain_coculture.py, which writes the same equations out on one page."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.book import draws
from exoresist.network import integrate

PAGE = Path(__file__).parents[2] / "examples" / "plain_coculture.py"
TIMES = np.linspace(0.0, 72.0, 73)
CELLS = {"recipient": 1500.0, "donor": 6000.0}

WELL = {
    "volume": "medium.volume", "capacity": "arena.capacity", "mixing": "arena.mixing",
    "hypoxia": "environment.hypoxia", "acidity": "environment.acidity", "starvation": "environment.starvation",
}  # fmt: skip
DRUG = {
    "free_fraction": "doxorubicin.serum_free_fraction", "vesicle_partition": "doxorubicin.vesicle_partition",
    "retained_fraction": "doxorubicin.vesicle_retained_fraction", "leak_rate": "doxorubicin.vesicle_leak_rate",
}  # fmt: skip
# Names of the page that differ from the network's, behind the population's id.
POPULATION = {
    "basal_death": "basal_death_rate", "max_death": "max_death_rate", "death_threshold": "damage_threshold",
    "death_hill": "kill_hill", "damage_rate": "doxorubicin.damage_rate", "repair_rate": "doxorubicin.repair_rate",
    "phase_specific": "doxorubicin.phase_specific", "ilv_formation": "ilv_formation_rate",
    "lysosomal_degradation": "lysosomal_degradation_rate", "vesicle_clearance": "clearance_rate",
    "diameter": "diameter_median", "fold_hypoxia": "secretion_fold_hypoxia", "fold_acidity": "secretion_fold_acidity",
    "fold_starvation": "secretion_fold_starvation", "fold_drug": "secretion_fold_drug",
    "pump_copies": "ABCB1.copies", "pump_turnover": "ABCB1.turnover_rate", "pump_enrichment": "ABCB1.enrichment",
    "pump_sorter": "ABCB1.sorter", "pump_kcat": "doxorubicin.ABCB1.kcat", "pump_km": "doxorubicin.ABCB1.km",
    "pump_hill": "doxorubicin.ABCB1.hill", "permeability": "doxorubicin.permeability_surface",
    "metabolism_rate": "doxorubicin.metabolism_rate", "target_capacity": "doxorubicin.target_capacity",
    "target_on": "doxorubicin.target_on_rate", "target_off": "doxorubicin.target_off_rate",
    "lysosome_share": "lysosomal_volume_fraction", "lysosome_accumulation": "doxorubicin.lysosomal_accumulation",
    "trapping_rate": "lysosomal_trapping_rate", "unpacking_rate": "endosome_unpacking_rate",
    "recycling_rate": "endosome_recycling_rate", "endosome_degradation": "endosome_degradation_rate",
    "share_clathrin": "uptake_share_clathrin", "share_caveolin": "uptake_share_caveolin",
    "share_macropinocytosis": "uptake_share_macropinocytosis", "share_receptor": "uptake_share_receptor",
    "share_fusion": "uptake_share_fusion",
}  # fmt: skip

# Parameter sets: the central values, two draws from the catalogue's ranges, and one with every term at work.
SETS = ("central", "first draw", "second draw", "stressed")
STRESSED = {
    "environment.hypoxia": 0.6, "environment.acidity": 0.3, "environment.starvation": 0.4, "arena.mixing": 0.5,
    "recipient.doxorubicin.phase_specific": 0.5, "donor.doxorubicin.phase_specific": 0.3,
    "recipient.uptake_clearance": 2e-7, "donor.escrt_share": 0.3, "donor.ABCB1.enrichment": 5.0,
}  # fmt: skip
NULL = [{"name": "delivered_fraction", "subject": "cell", "value": "0 dimensionless", "reason": "the null"}]
ARMS = {
    "co_culture": {},
    "no_delivery": {"parameters": NULL},
    "gw4869": {"interventions": [{"id": "gw4869", "concentration": "10 uM"}]},
}


@pytest.fixture(scope="module")
def page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plain_coculture", PAGE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pool(state: str) -> str:
    """Pool of the network that a state of the page stands for."""
    place, _, kind = state.rpartition(".")
    if place in ("medium", "metabolised"):
        return {"medium": "medium.doxorubicin", "metabolised": "metabolised.drug_doxorubicin"}[place]
    if place in CELLS:
        names = {part: f"{part}_doxorubicin" for part in ("cytosol", "lysosome", "target")}
        names |= {"pump": "ABCB1", "damage": "damage_by_doxorubicin"}
        return f"{place}.{names.get(kind, kind)}"
    carrier = place.replace("medium.from_", "medium.vesicles_").replace("endosome_from_", "endosome_")
    contents = {"pump": "cargo_ABCB1", "exchangeable": "exchangeable_doxorubicin", "retained": "retained_doxorubicin"}
    return carrier if kind == "vesicles" else f"{carrier}.{contents[kind]}"


def numbers(page: ModuleType, values: dict[str, float], ceramide_left: float) -> dict[str, dict[str, float]]:
    """The network's parameter values under the page's names."""
    result = {
        "well": {name: values[identifier] for name, identifier in WELL.items()},
        "drug": {name: values[identifier] for name, identifier in DRUG.items()},
    }
    for who in CELLS:
        result[who] = {name: values[f"{who}.{POPULATION.get(name, name)}"] for name in page.SENSITIVE if name != "ceramide_left"}
        result[who]["ceramide_left"] = ceramide_left
    return result


def parameter_sets(network: Any) -> dict[str, np.ndarray]:
    drawn = draws(network.parameters, 2, seed=5)
    sets = {}
    for name, parameter in network.parameters.items():
        row = drawn.get(name, np.full(3, parameter.value))
        sets[name] = np.append(row, STRESSED.get(name, row[0]))
    return sets


@pytest.mark.parametrize("arm", ARMS)
def test_plain_twin_agrees(dish: Callable[..., Any], page: ModuleType, arm: str) -> None:
    model = dish(drugs=[{"id": "doxorubicin", "dose": "60 nM"}], **ARMS[arm]).model
    sets = parameter_sets(model.network)
    start = model.start(sets)
    run = integrate(model.network, TIMES, values=sets, initial=start, events=model.events(sets), relative=1e-9, absolute=1e-12)
    for index, label in enumerate(SETS):
        values = {name: float(row[index]) for name, row in sets.items()}
        left = 1.0
        if arm == "gw4869":
            most, half = values["intervention.gw4869.max_effect"], values["intervention.gw4869.half_effect"]
            left = 1.0 - most * 1e4 / (half + 1e4)
        parameters = numbers(page, values, left)
        begin = {state: float(run.amount(pool(state))[0, index]) for state in page.STATES}
        assert page.steady_start(parameters, CELLS, dose=60.0) == pytest.approx(begin, rel=1e-12)
        plain = page.simulate(parameters, begin, TIMES)
        for state in page.STATES:
            composed = run.amount(pool(state))[:, index]
            largest = np.abs(composed).max()
            assert largest > 0.0, f"{label}: {state} is never anything but zero, so nothing is compared"
            off = np.abs(plain[state] - composed).max() / largest
            assert off < 1e-6, f"{label}: {state} is off by {off:.1e} of its maximum"


def test_every_pool_of_the_network_has_its_state(dish: Callable[..., Any], page: ModuleType) -> None:
    pools = dish().model.network.pools.values()
    assert {each.id for each in pools if not each.exchange} <= {pool(state) for state in page.STATES}


def test_the_page_stands_alone() -> None:
    tree = ast.parse(PAGE.read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"__future__", "numpy", "scipy.integrate"}
    assert len(PAGE.read_text().splitlines()) <= 250


def test_the_page_runs_as_a_script() -> None:
    done = subprocess.run([sys.executable, str(PAGE)], capture_output=True, text=True, timeout=60, check=True)
    rows = [line.split() for line in done.stdout.splitlines() if line.strip()[:1].isdigit()]
    assert [float(row[0]) for row in rows] == [0, 12, 24, 36, 48, 60, 72]
    assert float(rows[-1][1]) > 1.01 * float(rows[-1][2]) > 0.0
