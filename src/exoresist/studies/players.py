"""Which routes an outcome is shared among: found from the built model, named, or grouped under names of one's own; at most seven.

Players are disjoint. Whatever is off, cells, doses and draws stay the same. They are switched off in one fixed order, so that a
combination does not depend on how it was named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from exoresist.assembly.build import Model
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import InputError, unknown_name
from exoresist.network import Network
from exoresist.studies import routes
from exoresist.studies.routes import TRANSFER
from exoresist.studies.scene import Player, Scene
from exoresist.studies.shapley import MOST_PLAYERS

# In the order in which they are switched off: crowding and selection last, for they read what the others leave.
_FINDERS: tuple[Callable[[Scene], Player | None], ...] = (
    routes.ligands, routes.carried_drug, routes.drug_export, routes.decoy, routes.contact, routes.soluble, routes.neighbours, routes.sink,
    routes.spent, routes.stress, routes.switching, routes.crowding, routes.selection,
)  # fmt: skip
# Their ids in that order; vesicle transfer goes first, together or each cargo by itself.
ORDER = (
    TRANSFER, "vesicle_ligands", "drug_carried", "drug_export", "decoy", "contact_transfer", "soluble_factors", "cell_signals", "drug_sink",
    "spent_medium", "stress", "switching", "crowding", "selection",
)  # fmt: skip
# Which are kept where a scenario has more than seven.
IMPORTANCE = (
    TRANSFER, "vesicle_ligands", "decoy", "drug_sink", "soluble_factors", "selection", "drug_carried", "drug_export",
    "contact_transfer", "cell_signals", "spent_medium", "stress", "switching", "crowding",
)  # fmt: skip


@dataclass(frozen=True)
class Grouping:
    """Players by name, each with the routes that it stands for; routes that stand nowhere stay players of their own.

    left_on  routes that are on in every combination
    """

    groups: Mapping[str, Sequence[str]]
    left_on: Sequence[str] = ()


Wanted = Sequence[str] | Grouping | None


def find_players(scene: Scene, apart: bool = False) -> list[Player]:
    """Every route that the scenario has, in the order in which they are switched off.

    apart  each cargo of the vesicles by itself instead of all together
    """
    made = [*(routes.transfers(scene) if apart else [routes.transfer(scene)]), *(find(scene) for find in _FINDERS)]
    return [player for player in made if player is not None]


def choose(scene: Scene, wanted: Wanted, most: int = MOST_PLAYERS) -> tuple[list[Player], list[Player]]:
    """(players, routes left on in every combination): those named or grouped, or all that are found, at most `most` of them.

    Raises InputError for more than seven, for a route that stands twice or that the scenario does not have, unknown_name for no route.
    """
    return choose_among(find_players(scene), find_players(scene, apart=True), wanted, most)


def choose_among(
    together: Sequence[Player], single: Sequence[Player], wanted: Wanted, most: int = MOST_PLAYERS
) -> tuple[list[Player], list[Player]]:
    """`choose` among players that are known, with cargo together and each by itself."""
    if isinstance(wanted, Grouping):
        return _grouped(together, single, wanted, most)
    if wanted is None:
        ranked = sorted(together, key=lambda player: IMPORTANCE.index(player.id))[:most]
        chosen = [player for player in together if player in ranked]
        return chosen, [player for player in together if player not in ranked]
    known = {player.id: player for player in [*single, *together]}
    _check(wanted, known)
    if len(wanted) > MOST_PLAYERS:
        raise InputError(f"{len(wanted)} players", f"at most {MOST_PLAYERS}", "Name fewer, or group some of them")
    order = [*(player.id for player in single if player.id.startswith(TRANSFER)), *(player.id for player in together)]
    chosen = sorted((known[name] for name in wanted), key=lambda player: order.index(player.id))
    covered = {TRANSFER if name.startswith(TRANSFER) else name for name in wanted}
    return chosen, [player for player in together if player.id not in covered]


def _check(named: Sequence[str], known: Mapping[str, Player]) -> None:
    for name in named:
        if name not in known:
            if name in IMPORTANCE:
                raise InputError(
                    f"player '{name}' is not in this scenario", ", ".join(known) or "none: nothing reaches these cells",
                    "Leave it out: its share is exactly 0",
                )  # fmt: skip
            raise unknown_name("Player", name, known)
        if named.count(name) > 1:
            raise InputError(f"player '{name}' is named twice", "each once", "Remove one of them")
    if TRANSFER in named and any(name.startswith(f"{TRANSFER}_") for name in named):
        raise InputError(
            f"'{TRANSFER}' holds every cargo, those named by themselves, too", "disjoint players", "Name one or the other"
        )


def _grouped(
    together: Sequence[Player], single: Sequence[Player], wanted: Grouping, most: int
) -> tuple[list[Player], list[Player]]:
    """Groups first come by their first route; routes that stand in none follow by importance, as many as there is room for."""
    known = {player.id: player for player in [*single, *together]}
    named = [*(route for inside in wanted.groups.values() for route in inside), *wanted.left_on]
    _check(named, known)
    for name, inside in wanted.groups.items():
        if name in {*known, *IMPORTANCE} and list(inside) != [name]:
            raise InputError(f"the group '{name}' is called as a route", "a name that is no route's", "Choose another name")
    if len(wanted.groups) > MOST_PLAYERS:
        raise InputError(f"{len(wanted.groups)} players", f"at most {MOST_PLAYERS}", "Group more of them")
    apart = any(name.startswith(f"{TRANSFER}_") for name in named)
    others = [player for player in (single if apart else together) if player.id not in named]
    room = max(most - len(wanted.groups), 0)
    kept = sorted(others, key=lambda player: IMPORTANCE.index(_kind(player)))[:room]
    made = [_group(name, [known[route] for route in inside]) for name, inside in wanted.groups.items()]
    chosen = sorted([*made, *kept], key=lambda player: min(map(_place, player.routes)))
    return chosen, [*(known[name] for name in wanted.left_on), *(player for player in others if player not in kept)]


def _group(name: str, given: Sequence[Player]) -> Player:
    """Routes that are switched together; one alone under its own name is that route."""
    if [route.id for route in given] == [name]:
        return given[0]
    members = tuple(sorted(given, key=_place))
    scenes = [route.scene for route in members if route.scene is not None]

    def scene(scenario: Scenario) -> Scenario:
        for change in scenes:
            scenario = change(scenario)
        return scenario

    label = name.replace("_", " ")
    return Player(
        name, label[0].upper() + label[1:], "; ".join(f"{route.label}: {route.off}" for route in members),
        travels=all(route.travels for route in members), vesicles=all(route.vesicles for route in members),
        scene=scene if scenes else None, members=members,
    )  # fmt: skip


def _kind(player: Player) -> str:
    return TRANSFER if player.id.startswith(TRANSFER) else player.id


def _place(route: Player) -> int:
    return ORDER.index(_kind(route))


def switched(model: Model, off: Iterable[Player]) -> Model:
    """The model with players switched off, all their routes in the fixed order; the same model where there is nothing to do."""
    gone = sorted((route for player in off for route in player.routes), key=_place)
    operations = [route.operate for route in gone if route.operate is not None]
    if not operations:
        return model
    parts = list(model.network.parts())
    for operate in operations:
        parts = operate(parts)
    return replace(model, network=Network(model.network.name, parts))


__all__ = [
    "IMPORTANCE",
    "ORDER",
    "TRANSFER",
    "Grouping",
    "Player",
    "Scene",
    "Wanted",
    "choose",
    "choose_among",
    "find_players",
    "switched",
]
