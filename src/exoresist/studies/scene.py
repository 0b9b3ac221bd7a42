"""What a counterfactual is about: a built model with the lineages that are counted, and one route that can be switched off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from exoresist.assembly.build import Model
from exoresist.assembly.layout import Cargo, Layout, Population
from exoresist.assembly.scenario import Scenario
from exoresist.network import Network
from exoresist.studies.surgery import Parts


@dataclass(frozen=True)
class Player:
    """One route, or several that are switched together.

    id        its name; `label`: in words
    off       how the off-state is made, in words
    travels   whether it is protection carried from cell to cell in vesicles (cargo, ligands)
    vesicles  whether vesicles do it at all (drug that leaves or comes in them, decoys)
    operate   parts of the network -> parts without the route
    scene     scenario -> scenario without it, for what is said there
    members   the routes of a group, which carry its operations; empty for a single route
    """

    id: str
    label: str
    off: str
    travels: bool = False
    vesicles: bool = False
    operate: Callable[[Parts], Parts] | None = None
    scene: Callable[[Scenario], Scenario] | None = None
    members: tuple[Player, ...] = ()

    @property
    def routes(self) -> tuple[Player, ...]:
        """The routes that it stands for: its members, or itself."""
        return self.members or (self,)

    @property
    def mixed(self) -> bool:
        """Whether it holds what travels in vesicles together with other routes, so that the two cannot be told apart."""
        return not self.travels and any(route.travels for route in self.routes)


@dataclass(frozen=True)
class Scene:
    """What players are looked for in.

    lineages  populations whose survivors are counted; others are all other populations
    inside    whether the model is the network inside one type of cell of a tissue, where other populations have models of their own
    """

    model: Model
    lineages: tuple[str, ...]
    inside: bool = False

    @property
    def layout(self) -> Layout:
        return self.model.layout

    @property
    def network(self) -> Network:
        return self.model.network

    @property
    def read(self) -> list[Population]:
        return [population for population in self.layout.populations if population.id in self.lineages]

    @property
    def others(self) -> list[Population]:
        return [population for population in self.layout.populations if population.id not in self.lineages]

    @property
    def substances(self) -> list[str]:
        """Drugs and antibodies that come into the dish at all."""
        scenario = self.model.scenario
        given = {drug.id for drug in scenario.drugs if drug.dose > 0.0}
        given |= {load.id for entry in scenario.vesicles for load in entry.loads or ()}
        return [name for name in (*self.layout.drugs, *self.layout.antibodies) if name in given]

    @property
    def drugs(self) -> list[str]:
        return [name for name in self.substances if name in self.layout.drugs]

    def never(self, parameter: str) -> bool:
        """Whether a number is zero in every draw."""
        part = self.network.parameters.get(parameter)
        return part is not None and part.value == 0.0 and (part.quantity is None or not part.quantity.is_uncertain)

    def named(self, name: str) -> list[str]:
        """Processes of a public name."""
        return [process.id for process in self.network.processes.values() if process.name == name]

    def kinds(self, cargo: Iterable[Cargo]) -> list[str]:
        return [one.element + (f"_{origin}" if origin else "") for one in cargo for origin in self.layout.origins]
