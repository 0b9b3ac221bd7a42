"""Files that say among whom an outcome is shared (`exoresist-players/1`): groups of routes under names of one's own, routes left on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from exoresist.assembly.fields import LocalId, Record
from exoresist.assembly.reader import plain_file
from exoresist.assembly.validation import record_of
from exoresist.core.errors import InputError

ENDINGS = (".yaml", ".yml")
Routes = Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(min_length=1, max_length=64)]


class PlayersFile(Record):
    """Players of `ask attribute`."""

    schema_: Literal["exoresist-players/1"] = Field(alias="schema")
    players: Annotated[dict[LocalId, Routes], Field(max_length=64)] = Field(
        default={},
        description="Name of a player -> routes that are switched on and off together. Routes that stand nowhere stay as they are.",
    )
    left_on: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=64)] = Field(
        default=(), description="Routes that are on in every combination."
    )


def read_players(path: str | Path) -> PlayersFile:
    """Read and check a file; InputError naming every fault."""
    if not Path(path).is_file():
        raise InputError(f"--players '{path}' is no file", "a .yaml file that groups routes", "See docs/attribution_shares.md")
    data = plain_file(path)
    if not isinstance(data, Mapping):
        raise InputError(f"--players '{path}' holds no keys", "schema, players, left_on", "See docs/attribution_shares.md")
    return record_of(PlayersFile, data, str(path))
