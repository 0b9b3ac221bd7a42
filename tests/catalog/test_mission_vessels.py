"""Mission rows about vessels: what vesicles and VEGF do to walls in a slice of tissue, and what is done against it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies.provenance import idle_warnings
from exoresist.studies.rank_candidates import wired
from exoresist.studies.tissue_readings import readings
from exoresist.studies.tissue_setup import set_up
from exoresist.tissue.run import state_hash, step
from exoresist.tissue.vessels import Block, Vessels

pytestmark = pytest.mark.xdist_group("mission_tissue")

BASE: dict[str, Any] = {
    "schema": "exoresist/1", "name": "slice",
    "arena": {"kind": "tissue", "space": {
        "size": "240 um", "voxel": "20 um", "dimensions": 2, "edges": "closed", "oxygen": "4 mmHg",
        "life_step": "6 min", "network_step": "6 min", "spread_step": "6 min",
        "vessels": {"sprout": True, "at": [{"x": f"{x} um", "y": f"{y} um"} for x in (-90, 90) for y in (-90, 0, 90)]},
    }},
    "populations": [{"id": "tumour", "cell_line": "generic_tumour", "count": "30 cell"}],
    "drugs": [{"id": "doxorubicin", "dose": "0 nM", "plasma": {}}],
    "duration": "2 h", "every": "1 h", "assay": {"kind": "tumour", "population": "tumour"}, "seed": 2,
}  # fmt: skip
QUICK = [("sprout_rate", "tissue", "5 1/h"), ("sprout_speed", "tissue", "60 um/h"), ("sprout_room", "tissue", "20 um")]


def ran(
    catalog: Catalog, cargo: str = "", copies: float = 0.0, rows: Any = (), steps: int = 12, **changes: Any
) -> dict[str, float]:
    """Readings of the slice after some steps, in which each vesicle holds so many copies of a cargo as far as its sorting goes."""
    given = [*QUICK, *rows]
    if cargo and copies:
        given.append(("copies_per_vesicle", f"cargo:{cargo}", f"{copies} copy/particle"))
    data = copy.deepcopy(BASE) | {"cargo": [cargo] if cargo else []} | changes
    data["parameters"] = [{"name": name, "subject": of, "value": value, "reason": "a test"} for name, of, value in given]
    setup = set_up(scenario_from_dict(data), catalog, 1)
    tissue = setup.tissue
    vessels = next(part for part in tissue.extra if isinstance(part, Vessels))
    for _ in range(steps):
        step(tissue)
    found = {name: float(value) for name, value in readings(setup).items() if isinstance(value, (int, float))}
    found["leak"] = float(vessels.passages["medium.doxorubicin"].leak(tissue, vessels).mean())
    contents = tissue.contents[0]
    found["hash"] = float(int(state_hash(tissue)[:12], 16))
    if cargo:
        made = next(name for name in tissue.medium.names if name == f"medium.vesicles_tumour.cargo_{cargo}")
        level = {name: tissue.medium.amounts[tissue.medium.names.index(name)].sum() for name in (made, "medium.vesicles_tumour")}
        found["exported"] = float(level[made] / level["medium.vesicles_tumour"])
        found["retained"] = float(contents.row(f"tumour.{cargo}")[: contents.count].mean())
    return found
