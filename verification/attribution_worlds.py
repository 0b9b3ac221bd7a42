"""Attribution on worlds whose shares are known.

Synthetic worlds: cells that a drug kills at a known rate, protected by a vesicle route and another one, wired as networks, cut by players
and solved like any dish. In the additive world each route adds to the net growth, so its Shapley share is its part f by construction; in
the saturating world each takes its part of the hazard away, and in the redundant one either would do, so that truth is a closed form of
all combinations. Rates differ between draws.

Whole models: in a selection-only world (two lineages, nothing delivered) the transfer is exactly 0 in ledger and shares; in a
transfer-only world (one lineage, vesicles of another) selection is exactly 0.

Run by hand: python verification/attribution_worlds.py [--speed]
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.reader import load_scenario, scenario_from_dict
from exoresist.assembly.resolve import resolved_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.random import stream
from exoresist.laws import kinetics
from exoresist.network import Modulation, Network, Parameter, Pool, Process, integrate
from exoresist.studies import surgery
from exoresist.studies.scene import Player
from exoresist.studies.shapley import Shares, combinations, shares

Array = NDArray[np.float64]
HOURS, HAZARD = 48.0, 0.05
PARTS = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
ROUTES = ("vesicles", "other")


@dataclass(frozen=True)
class World:
    """A dish with two routes of protection.

    kind      additive, saturating or redundant
    strength  (routes, S) 1/h in the additive world, the share of the hazard that a route takes away in the others
    """

    kind: str
    strength: Array

    def network(self) -> Network:
        """Cells that die of a drug; every route is a process or a factor of its own."""
        parts: list[object] = [
            Parameter("hazard", HAZARD, "1/h"),
            Pool("clone.cells", "cell", element="cell", initial=1e4, scale=10.0),
            Pool("born.cell", "cell", element="cell", exchange=True),
            Pool("dead.cell", "cell", element="cell", exchange=True),
            Process("clone.death", "clone.cells", "dead.cell", kinetics.constant, {"rate": "hazard"}, specific=True),
        ]
        for route in ROUTES:
            if self.kind == "additive":
                parts += [
                    Parameter(f"{route}.strength", 0.0, "1/h"),
                    Process(f"clone.by_{route}", "born.cell", "clone.cells", kinetics.constant, {"rate": f"{route}.strength"}, birth=True),
                ]  # fmt: skip
            else:
                parts += [
                    Parameter(f"{route}.strength", 0.0, "dimensionless"),
                    Modulation("clone.death", kinetics.remainder, {"fraction": f"{route}.strength"}, tag=route),
                ]
        return Network(self.kind, parts)  # type: ignore[arg-type]

    def players(self) -> list[Player]:
        return [Player(route, route, "its process or factor is taken out", operate=self._without(route)) for route in ROUTES]

    def _without(self, route: str):  # type: ignore[no-untyped-def]
        if self.kind == "additive":
            return lambda parts: surgery.without_processes(parts, [f"clone.by_{route}"])
        return lambda parts: [part for part in parts if not (isinstance(part, Modulation) and part.tag == route)]

    def outcomes(self) -> Array:
        """(4, S) ln of the survivors' share under every combination, from the solver."""
        table = []
        for on in combinations(len(ROUTES)):
            network = self.network()
            for player, here in zip(self.players(), on, strict=True):
                if not here and player.operate is not None:
                    network = surgery.cut(network, player.operate)
            values = {f"{route}.strength": self.strength[place] for place, route in enumerate(ROUTES)}
            run = integrate(network, [0.0, HOURS], values=values, in_blocks=True)
            table.append(np.log(run.amount("clone.cells")[-1] / 1e4))
        return np.array(table)

    def truth(self) -> Array:
        """(4, S) the same in closed form."""
        table = []
        for on in combinations(len(ROUTES)):
            here = np.array(on, dtype=float)[:, None]
            if self.kind == "additive":
                table.append(HOURS * ((here * self.strength).sum(axis=0) - HAZARD))
            else:
                table.append(-HOURS * HAZARD * np.prod(1.0 - here * self.strength, axis=0))
        return np.array(table)


def additive(part: float, draws: int = 64) -> World:
    """A world in which vesicles make the share `part` of all protection in every draw."""
    whole = 0.6 * HAZARD * np.exp(0.5 * stream(7, "additive world", f"{part:g}").standard_normal(draws))
    return World("additive", np.array([part * whole, (1.0 - part) * whole]))


def saturating(part: float, draws: int = 64) -> World:
    """A world in which vesicles take the share `part` of the hazard away and the other route as much as is left of nine tenths."""
    spread = 1.0 + 0.1 * stream(7, "saturating world", f"{part:g}").uniform(-1.0, 1.0, draws)
    return World("saturating", np.array([0.9 * part * spread, 0.9 * (1.0 - part) * spread]))


def redundant(draws: int = 64) -> World:
    """Either route alone takes nearly all of the hazard away."""
    return World("redundant", np.full((2, draws), 0.98))


def found(world: World) -> tuple[Shares, Shares]:
    """Shares from the solver, and the true ones."""
    return shares(world.outcomes()), shares(world.truth())


def selection_only() -> Scenario:
    """Two lineages under drug of which nothing passes from one to the other."""
    data = _data("mcf7_doxorubicin", "co_culture")
    data["parameters"] = [*data.get("parameters", []), _override("delivered_fraction", "cell", "0 dimensionless")]
    return scenario_from_dict(data)


def transfer_only() -> Scenario:
    """One lineage, and vesicles of a resistant one."""
    return scenario_from_dict(_data("uptake_inhibitors", "vesicles"))


def _data(name: str, arm: str) -> dict:  # type: ignore[type-arg]
    from exoresist.assembly.arms import expand_arms

    data = resolved_dict({one.id: scenario for one, scenario in expand_arms(load_scenario(name))}[arm])
    data.pop("provenance", None)
    data["uncertainty"] = {"draws": 8}
    return data


def _override(name: str, subject: str, value: str) -> dict[str, str]:
    return {"name": name, "subject": subject, "value": value, "reason": "a world with a known answer"}


def main() -> None:
    print("Synthetic worlds, 64 draws each: share of the protection by vesicles")
    print(f"{'world':12s} {'f':>5s} {'true':>9s} {'found':>9s} {'worst error':>12s} {'interaction':>12s} {'true':>9s}")
    for world, part in [
        *((additive(part), part) for part in PARTS),
        *((saturating(part), part) for part in PARTS),
        (redundant(), math.nan),
    ]:
        got, true = found(world)
        share, real = (each.values[0] / each.effect for each in (got, true))
        worst = float(np.max(np.abs(share - real)))
        print(
            f"{world.kind:12s} {part:5.2f} {real[0]:9.6f} {share[0]:9.6f} {worst:12.1e} {got.interactions[0, 1, 0]:12.4f} "
            f"{true.interactions[0, 1, 0]:9.4f}"
        )
    from exoresist.studies.attribution_answer import answer_attribution

    catalog = Catalog.load()
    for name, scenario in (("selection only", selection_only()), ("transfer only", transfer_only())):
        answer = answer_attribution(scenario, catalog)
        carried = sum(
            abs(row[end]) for row in answer.ledger if row["origin"] in ("received", "relayed") for end in ("low", "high")
        )
        selected = sum(abs(row[end]) for row in answer.ledger if row["part"] == "selection" for end in ("low", "high"))
        told = answer.summary()["shapley"]
        print(
            f"{name}: ledger, received and relayed {carried!r}, selection {selected!r}, gap {answer.ledger_gap:.1e}; "
            f"shares, transfer {told['vesicle_transfer']['value']!r}, selection {told['selection']['value']!r}"
        )
    if "--speed" in sys.argv:
        scenario = load_scenario("mcf7_doxorubicin")
        scenario = scenario.model_copy(update={"uncertainty": scenario.uncertainty.model_copy(update={"draws": 200})})
        for which in ("first", "warm"):
            began = time.perf_counter()
            answer = answer_attribution(scenario, catalog)
            parts = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in answer.timing_s.items())
            count = len(answer.combinations)
            print(f"{which}: {count} counterfactuals x {answer.draws} draws in {time.perf_counter() - began:.1f} s ({parts})")


if __name__ == "__main__":
    main()
