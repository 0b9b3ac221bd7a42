"""Dishes for the tests of the composed model: a scenario in, a built model out, run through the public functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import Model, build
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict
from exoresist.laws import kinetics
from exoresist.network import Modulation, Network, Parameter, Run, integrate

HOURS = tuple(np.linspace(0.0, 48.0, 49))


@dataclass(frozen=True)
class Dish:
    """A model and the ways in which the tests run it."""

    model: Model

    @cached_property
    def network(self) -> Network:
        """The model with one more factor on every process: parameter `factor.<process>`, 1 unless a test sets it."""
        parts: list[Any] = []
        for process in self.model.network.processes.values():
            factor = f"factor.{process.id}"
            parts += [
                Parameter(factor, 1.0, "dimensionless"),
                Modulation(process.id, kinetics.constant, {"rate": factor}, tag="test"),
            ]
        return self.model.network.with_parts(*parts)

    def named(self, name: str, who: str = "") -> list[str]:
        """Ids of the processes of a public name, of one population or medium if `who` is given."""
        return [
            process.id for process in self.model.network.processes.values() if process.name == name and process.id.startswith(who)
        ]

    def run(
        self,
        times: Sequence[float] = HOURS,
        values: dict[str, Any] | None = None,
        doses: dict[str, Any] | None = None,
        per_cell: dict[str, Any] | None = None,
        relative: float = 1e-8,
        absolute: float = 1e-11,
    ) -> Run:
        own = {key: value for key, value in (values or {}).items() if not key.startswith("factor.")}
        return integrate(
            self.network, times, values=values, initial=self.model.start(own),
            events=self.model.events(own, doses, per_cell), relative=relative, absolute=absolute,
        )  # fmt: skip

    def factors(self, names: Sequence[str], factors: Sequence[float], **options: Any) -> Run:
        """All processes of `names` slowed or quickened together: one set per factor."""
        return self.run(values={f"factor.{name}": np.array(factors, dtype=float) for name in names}, **options)


@cache
def _dish(text: str, origin_tags: bool) -> Dish:
    return Dish(build(scenario_from_dict(json.loads(text)), origin_tags=origin_tags))


@cache
def _bundled(name: str, arm: str) -> Dish:
    scenarios = {entry.id: scenario for entry, scenario in expand_arms(load_scenario(bundled_scenarios()[name]))}
    return Dish(build(scenarios[arm]))


@pytest.fixture(scope="session")
def bundled() -> Callable[..., Dish]:
    """Dish of a bundled scenario's arm, by names."""
    return _bundled


@pytest.fixture(scope="session")
def dish() -> Callable[..., Dish]:
    """Dish of a small scenario, written in the test: keywords are the scenario's keys, over these.

    Recipients beside four times as many donors in one well, with doxorubicin and P-glycoprotein as cargo.
    """

    def make(origin_tags: bool = False, **changes: Any) -> Dish:
        scenario: dict[str, Any] = {
            "schema": "exoresist/1",
            "name": "test_dish",
            "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
            "populations": [
                {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "1500 cell"},
                {"id": "donor", "cell_line": "mcf7_resistant", "count": "6000 cell"},
            ],
            "drugs": [{"id": "doxorubicin", "dose": "30 nM"}],
            "cargo": ["ABCB1"],
            "duration": "48 h",
            "assay": {
                "kind": "dose_response", "population": "recipient", "drug": "doxorubicin", "doses": ["30 nM"],
            },
            **changes,
        }  # fmt: skip
        return _dish(json.dumps(scenario, sort_keys=True), origin_tags)

    return make


def _asked(name: str, value: str) -> list[dict[str, str]]:
    return [{"name": name, "subject": "cell", "value": value, "reason": "absent unless asked for"}]


SCENES: dict[str, dict[str, Any]] = {
    "coculture": {},
    "contact": {"parameters": _asked("contact_transfer_rate", "0.02 1/h")},
    "switching": {"parameters": _asked("switching_rate", "0.01 1/h")},
    "rna": {
        "populations": [
            {"id": "recipient", "cell_line": "sw480_sensitive", "count": "2000 cell"},
            {"id": "donor", "cell_line": "sw480_oxaliplatin_resistant", "count": "8000 cell"},
        ],
        "drugs": [{"id": "oxaliplatin", "dose": "10 uM"}],
        "cargo": ["ciRS_122"],
        "axes": ["cirs122_oxaliplatin_wang20"],
        "assay": {"kind": "dose_response", "population": "recipient", "drug": "oxaliplatin", "doses": ["10 uM"]},
    },
    "antibody": {
        "populations": [{"id": "recipient", "cell_line": "cd20_b_cell_lymphoma", "count": "20000 cell"}],
        "drugs": [{"id": "rituximab", "dose": "10 nM"}],
        "cargo": ["CD20"],
        "vesicles": [{"id": "decoy", "donor": "cd20_b_cell_lymphoma", "per_cell": "1e6 particle/cell", "at": "0 h"}],
        "assay": {"kind": "dose_response", "population": "recipient", "drug": "rituximab", "doses": ["10 nM"]},
    },
    "transwell": {
        "arena": {
            "kind": "transwell", "volume": "0.6 mL", "insert_volume": "0.1 mL", "pore_exchange": "0.05 mL/h",
            "capacity": "60000 cell", "mixing": 0.5,
        },
        "populations": [
            {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "6000 cell", "side": "well"},
            {"id": "donor", "cell_line": "mcf7_resistant", "count": "24000 cell", "side": "insert"},
        ],
    },
}  # fmt: skip


@pytest.fixture(scope="session")
def scene(dish: Callable[..., Dish]) -> Callable[[str], Dish]:
    """Dish of a named setting in which a process is at work (see SCENES)."""
    return lambda name: dish(**SCENES[name])
