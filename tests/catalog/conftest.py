"""Dishes for the tests of the mission tables: those of the composed model, chains of hubs, and donors beside recipients.

A chain holds only edges that the catalogue stores or that a named claim states; an agent is a node that blocks or restores another.
A hub acts on the cell as its own row says.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.axes import Chains, is_mirna
from exoresist.assembly.build import Model, build
from exoresist.assembly.layout import Cargo
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.catalog.path import outcome, parse_path
from exoresist.network import Run, integrate
from exoresist.studies.claims import ClaimResult, run_claim

_spec = importlib.util.spec_from_file_location("model_dishes", Path(__file__).parents[1] / "models" / "conftest.py")
assert _spec is not None and _spec.loader is not None
model_dishes = importlib.util.module_from_spec(_spec)
sys.modules["model_dishes"] = model_dishes
_spec.loader.exec_module(model_dishes)
dish, scene, bundled = model_dishes.dish, model_dishes.scene, model_dishes.bundled

DOSES = {"doxorubicin": 30.0, "paclitaxel": 3.0, "oxaliplatin": 2e4}  # nM, near the IC50 of sensitive cells
HOURS = 72.0


@cache
def typical_dose(drug: str) -> float:
    """nM near the IC50: of sensitive cells for the oldest drugs, else the catalogue's own for the generic cell."""
    return DOSES[drug] if drug in DOSES else Catalog.load().parameter("response_concentration", f"drug:{drug}").value


Levels = Mapping[str, float]


@dataclass(frozen=True)
class Reading:
    """What is seen at the end of a run, one number per set: `effect` is ln survivors over untreated, against the first set."""

    run: Run
    sets: int
    effect: np.ndarray
    who: str

    def node(self, name: str) -> np.ndarray:
        return self.run.amount(f"{self.who}.{name}")[-1, self.sets :]

    def value(self, name: str) -> np.ndarray:
        return self.run.value(f"{self.who}.{name}")[-1, self.sets :]

    def rate(self, process: str) -> np.ndarray:
        return self.run.value(f"rate:{self.who}.{process}")[-1, self.sets :]

    def per_cell(self, *pools: str) -> np.ndarray:
        cells = self.run.amount(f"{self.who}.cells")[-1, self.sets :]
        found: np.ndarray = sum(self.run.amount(f"{self.who}.{pool}")[-1, self.sets :] for pool in pools) / cells
        return found


@dataclass(frozen=True)
class ChainDish:
    """Cells whose nodes and cargo the test sets: names of nodes and cargo to folds, names with a dot to parameter values."""

    model: Model
    drug: str
    carried: tuple[str, ...]
    edges: Mapping[tuple[str, str], int]

    def signs(self, head: str) -> dict[str, int]:
        """The sign with which each node downstream follows the head."""
        found, todo = {head: 1}, [head]
        while todo:
            here = todo.pop()
            for (origin, target), sign in self.edges.items():
                if origin == here and target not in found:
                    found[target] = found[here] * sign
                    todo.append(target)
        return found

    def read(self, sets: Sequence[Levels], dose: float | None = None, who: str = "recipient") -> Reading:
        count = len(sets)
        initial: dict[str, Any] = {}
        values: dict[str, Any] = {}
        known = self.model.network.parameters
        for name in {name for levels in sets for name in levels}:
            target = name if "." in name else f"{who}.{name}"
            kind = ("clamp" if name in self.carried else "mimic_fold") if is_mirna(name) or name in self.carried else ""
            key = f"{target}.{kind}" if kind and "." not in name else target
            rest = known[key].value if key in known else 1.0
            column = np.tile([float(levels.get(name, rest)) for levels in sets], 2)
            (values if key in known else initial)[key] = column
        doses = {self.drug: np.repeat([0.0, typical_dose(self.drug) if dose is None else dose], count)}
        run = integrate(
            self.model.network, [0.0, HOURS], values=values, initial={**self.model.start(values), **initial},
            events=self.model.events(values, doses), relative=1e-9, absolute=1e-12,
        )  # fmt: skip
        logs = np.log(run.amount(f"{who}.cells")[-1]).reshape(2, count)
        height = logs[1] - logs[0]
        return Reading(run, count, height - height[0], who)


def _chains(catalog: Catalog, paths: Sequence[str], acting: Sequence[str], agents: Sequence[str], drug: str,
            claims: Sequence[str]) -> Chains:  # fmt: skip
    """Chains of the paths; raises AssertionError for an edge that neither the catalogue nor a named claim holds.

    A pump inside a chain stands for what it does, as in a claim.
    """
    pumps = catalog.ids("pumps")
    told: dict[tuple[str, str], int] = {}
    for claim in claims:
        steps = list(parse_path(catalog.claim(claim).path))
        inner = steps[:-1] if outcome(steps) else steps
        for before, step in pairwise(inner):
            told[catalog.canonical(before.node), catalog.canonical(step.node)] = step.sign
    result = Chains()
    for path in paths:
        steps = list(parse_path(path))
        for before, step in pairwise(steps):
            origin, target = before.node, step.node
            stored = {**told, **{(origin, name): sign for name, sign in catalog.edges_from(origin)}}
            stored[f"{target}_received", target] = 1  # what arrives feeds the recipient's own activity, as in a claim
            assert stored.get((origin, target)) == step.sign, f"{origin} to {target} is not in the catalogue"
            origin, target = ("drug_efflux" if name in pumps else name for name in (origin, target))
            if origin != target:
                result.add(origin, target, step.sign)
    for agent in agents:
        verb, _, name = agent.partition("_")
        result.add(agent, name, {"block": -1, "restore": 1}[verb])
    result.starts |= {name for name in result.nodes if not any(target == name for _, target in result.edges)}
    for hub in acting:
        found = catalog.find_hub(hub)
        assert found is not None and found.process != "none", hub
        result.outcomes[hub, drug] = int(found.sign)
    return result


@cache
def _chain_dish(paths: tuple[str, ...], acting: tuple[str, ...], agents: tuple[str, ...], drug: str, line: str,
                carried: tuple[tuple[str, str], ...], claims: tuple[str, ...], donors: bool) -> ChainDish:  # fmt: skip
    catalog = Catalog.load()
    populations = [{"id": "recipient", "cell_line": line, "count": "500 cell" if donors else "3000 cell"}]
    if donors:
        populations.append({"id": "donor", "cell_line": line, "count": "20000 cell"})
    scenario = scenario_from_dict({
        "schema": "exoresist/1", "name": "chain",
        "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
        "populations": populations, "drugs": [{"id": drug, "dose": "1 nM"}], "duration": "72 h",
        "cargo": [] if drug == "oxaliplatin" else ["ABCB1"],
        "assay": {"kind": "dose_response", "population": "recipient", "drug": drug, "doses": ["1 nM"]},
    })  # fmt: skip
    chains = _chains(catalog, paths, acting, agents, drug, claims)
    model = build(scenario, catalog, chains=chains, carried=[Cargo(name, kind) for name, kind in carried])
    return ChainDish(model, drug, tuple(name for name, _ in carried), dict(chains.edges))


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.load()


@pytest.fixture(scope="session")
def chain() -> Callable[..., ChainDish]:
    """Cells with signed chains: `paths`, hubs `acting` on the cell, `agents` block_X or restore_X, `carried` (cargo, type)."""

    def make(*paths: str, acting: Sequence[str] = (), agents: Sequence[str] = (), drug: str = "doxorubicin",
             line: str = "generic_tumour", carried: Sequence[tuple[str, str]] = (), claims: Sequence[str] = (),
             donors: bool = False) -> ChainDish:  # fmt: skip
        return _chain_dish(paths, tuple(acting), tuple(agents), drug, line, tuple(carried), tuple(claims), donors)

    return make


@pytest.fixture(scope="session")
def signed_chains() -> Callable[..., Chains]:
    """Chains of paths that the catalogue or a named claim holds: (catalog, paths, acting, agents, drug, claims)."""
    return _chains


@cache
def _claimed(name: str) -> ClaimResult:
    catalog = Catalog.load()
    return run_claim(catalog.claim(name), catalog, draws=1)


@pytest.fixture(scope="session")
def claimed() -> Callable[[str], ClaimResult]:
    """A catalogue claim, run clamped and delivered, by its id."""
    return _claimed
