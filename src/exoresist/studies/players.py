"""Which routes an outcome is shared among: found from the built model, or named, at most seven.

Players are disjoint. Whatever is off, cells, doses and draws stay the same. They are switched off in one fixed order, so that a
combination does not depend on how it was named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from exoresist.assembly.build import Model
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
# Which are kept where a scenario has more than seven.
IMPORTANCE = (
    TRANSFER, "vesicle_ligands", "decoy", "drug_sink", "soluble_factors", "selection", "drug_carried", "drug_export",
    "contact_transfer", "cell_signals", "spent_medium", "stress", "switching", "crowding",
)  # fmt: skip


def find_players(scene: Scene, apart: bool = False) -> list[Player]:
    """Every route that the scenario has, in the order in which they are switched off.

    apart  each cargo of the vesicles by itself instead of all together
    """
    made = [*(routes.transfers(scene) if apart else [routes.transfer(scene)]), *(find(scene) for find in _FINDERS)]
    return [player for player in made if player is not None]


def choose(scene: Scene, wanted: Sequence[str] | None, most: int = MOST_PLAYERS) -> tuple[list[Player], list[Player]]:
    """(players, routes left on in every combination): those named, or all that are found, at most `most` of them.

    Raises InputError for more than seven, unknown_name for one that the scenario does not have.
    """
    return choose_among(find_players(scene), find_players(scene, apart=True), wanted, most)


def choose_among(
    together: Sequence[Player], single: Sequence[Player], wanted: Sequence[str] | None, most: int = MOST_PLAYERS
) -> tuple[list[Player], list[Player]]:
    """`choose` among players that are known, with cargo together and each by itself."""
    if wanted is None:
        ranked = sorted(together, key=lambda player: IMPORTANCE.index(player.id))[:most]
        chosen = [player for player in together if player in ranked]
        return chosen, [player for player in together if player not in ranked]
    known = {player.id: player for player in [*single, *together]}
    for name in wanted:
        if name not in known:
            absent = name in IMPORTANCE
            if absent:
                raise InputError(
                    f"player '{name}' is not in this scenario", ", ".join(known) or "none: nothing reaches these cells",
                    "Leave it out: its share is exactly 0",
                )  # fmt: skip
            raise unknown_name("Player", name, known)
    if len(set(wanted)) != len(wanted):
        raise InputError("a player is named twice", "each once", "Remove one of them")
    if len(wanted) > MOST_PLAYERS:
        raise InputError(f"{len(wanted)} players", f"at most {MOST_PLAYERS}", "Name fewer, or group some of them")
    if TRANSFER in wanted and any(name.startswith(f"{TRANSFER}_") for name in wanted):
        raise InputError(
            f"'{TRANSFER}' holds every cargo, those named by themselves, too", "disjoint players", "Name one or the other"
        )
    order = [*(player.id for player in single if player.id.startswith(TRANSFER)), *(player.id for player in together)]
    chosen = sorted((known[name] for name in wanted), key=lambda player: order.index(player.id))
    covered = {TRANSFER if name.startswith(TRANSFER) else name for name in wanted}
    return chosen, [player for player in together if player.id not in covered]


def switched(model: Model, off: Iterable[Player]) -> Model:
    """The model with players switched off; the same model where there is nothing to do."""
    operations = [player.operate for player in off if player.operate is not None]
    if not operations:
        return model
    parts = list(model.network.parts())
    for operate in operations:
        parts = operate(parts)
    return replace(model, network=Network(model.network.name, parts))


__all__ = ["IMPORTANCE", "TRANSFER", "Player", "Scene", "choose", "choose_among", "find_players", "switched"]
