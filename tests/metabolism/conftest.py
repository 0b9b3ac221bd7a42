"""Cells in a medium with nutrients, sparse in a large well, so that neither crowding nor what they use up gets in the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import Model, build
from exoresist.assembly.layout import Cargo
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.catalog.path import parse_path
from exoresist.catalog.route import route_between
from exoresist.network import Run, integrate

# nM, near the IC50 of sensitive cells; for whatever drug stands for the one that a document names.
DOSES = {
    "doxorubicin": 30.0, "paclitaxel": 3.0, "oxaliplatin": 2e4, "cisplatin": 5e3, "fluorouracil": 5e3, "melphalan": 1e4,
    "bortezomib": 10.0, "gefitinib": 2e3, "lenvatinib": 1e4,
}  # fmt: skip
WHO = "recipient"


@dataclass(frozen=True)
class Reading:
    """A run at its end: the first sets untreated, the second with the drug; one column for each set of levels."""

    run: Run
    sets: int
    who: str = WHO

    def cells(self, treated: bool = False) -> np.ndarray:
        found: np.ndarray = self.run.amount(f"{self.who}.cells")[-1].reshape(2, self.sets)[int(treated)]
        return found

    @property
    def effect(self) -> np.ndarray:
        """ln of the survivors over the untreated."""
        found: np.ndarray = np.log(self.cells(True) / self.cells())
        return found

    def value(self, name: str, treated: bool = False, who: str = "") -> np.ndarray:
        found: np.ndarray = self.run.value(f"{who or self.who}.{name}")[-1].reshape(2, self.sets)[int(treated)]
        return found

    def node(self, name: str, treated: bool = False, who: str = "") -> np.ndarray:
        found: np.ndarray = self.run.amount(f"{who or self.who}.{name}")[-1].reshape(2, self.sets)[int(treated)]
        return found

    def rate(self, process: str, treated: bool = False, who: str = "") -> np.ndarray:
        found: np.ndarray = self.run.value(f"rate:{who or self.who}.{process}")[-1].reshape(2, self.sets)[int(treated)]
        return found

    def per_cell(self, pool: str, treated: bool = False) -> np.ndarray:
        return self.node(pool, treated) / self.cells(treated)

    def secreted(self, treated: bool = False) -> np.ndarray:
        return self.rate("secretion", treated) * self.per_cell("ilv", treated)

    def hazard(self, treated: bool = False) -> np.ndarray:
        """Death rate per cell, by either route."""
        return self.rate("death", treated) + self.rate("ferroptosis", treated)


@dataclass(frozen=True)
class Fed:
    """A model and the drug that it is read with."""

    model: Model
    drug: str

    def read(
        self,
        levels: Mapping[str, Sequence[float]] | None = None,
        values: Mapping[str, Any] | None = None,
        times: Sequence[float] = (0.0, 72.0),
        who: str = WHO,
        dose: float | None = None,
    ) -> Reading:
        """Run untreated and treated. `levels`: nodes or pools to start amounts, `values`: parameters, each one number per set."""
        sets = max(
            [1, *(len(column) for column in (levels or {}).values()), *(np.size(value) for value in (values or {}).values())]
        )
        given = {key: np.tile(np.broadcast_to(value, (sets,)), 2) for key, value in (values or {}).items()}
        initial = dict(self.model.start(given))
        for name, column in (levels or {}).items():
            initial[name if "." in name else f"{who}.{name}"] = np.tile(np.asarray(column, dtype=float), 2)
        amount = DOSES[self.drug] if dose is None else dose
        doses = {self.drug: np.repeat([0.0, amount], sets)}
        run = integrate(
            self.model.network, list(times), values=given, initial=initial, events=self.model.events(given, doses),
            relative=1e-8, absolute=1e-11,
        )  # fmt: skip
        return Reading(run, sets, who)


@cache
def _fed(text: str, edges: tuple[str, ...], acting: tuple[str, ...], carried: tuple[tuple[str, str], ...]) -> Fed:
    changes = json.loads(text)
    drug = changes.pop("drug")
    scenario: dict[str, Any] = {
        "schema": "exoresist/1",
        "name": "fed",
        "arena": {"kind": "well", "volume": "1 mL", "capacity": "1e8 cell"},
        "metabolism": {},
        "populations": [{"id": WHO, "cell_line": "generic_tumour", "count": "1000 cell"}],
        "drugs": [{"id": drug, "dose": "1 nM"}],
        "cargo": [] if drug == "oxaliplatin" else ["ABCB1"],
        "duration": "72 h",
        "assay": {"kind": "dose_response", "population": WHO, "drug": drug, "doses": ["1 nM"]},
        **changes,
    }
    catalog = Catalog.load()
    chains = Chains()
    for path in edges:
        steps = list(parse_path(path))
        for before, step in pairwise(steps):
            chains.add(before.node, step.node, step.sign)
    for name in acting:
        chains.outcomes[name, drug] = 1
    chains.starts |= {name for name in chains.nodes if not any(target == name for _, target in chains.edges)}
    kinds = [Cargo(name, kind) for name, kind in carried]
    return Fed(build(scenario_from_dict(scenario), catalog, chains=chains, carried=kinds), drug)


@pytest.fixture(scope="session")
def fed() -> Callable[..., Fed]:
    """Cells with metabolism: keywords are the scenario's keys; `paths` signed chains, `acting` their last nodes."""

    def make(
        *paths: str,
        drug: str = "doxorubicin",
        acting: Sequence[str] = (),
        carried: Sequence[tuple[str, str]] = (),
        **changes: Any,
    ) -> Fed:
        text = json.dumps({"drug": drug, **changes}, sort_keys=True)
        return _fed(text, paths, tuple(acting), tuple(carried))

    return make


@pytest.fixture(scope="session")
def given() -> Callable[..., list[dict[str, Any]]]:
    """Interventions by id: a concentration as text, or a strength as a number."""

    def make(**agents: str | float) -> list[dict[str, Any]]:
        return [
            {"id": name, "strength": how} if isinstance(how, float) else {"id": name, "concentration": how}
            for name, how in agents.items()
        ]

    return make


@pytest.fixture(scope="session")
def stored() -> Callable[..., str]:
    """The shortest chain of stored edges from one node to another as a path, in the contexts given."""

    def make(start: str, end: str, *contexts: str) -> str:
        route = route_between(Catalog.load(), start, end, contexts)
        assert route, f"{start} does not reach {end}"
        return start + "".join(f" {'->' if link.sign > 0 else '-|'} {link.target}" for link in route)

    return make


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()
