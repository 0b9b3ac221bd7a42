"""Mission rows about vessels: what vesicles and VEGF do to walls in a slice of tissue, and what is done against it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.build import build
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies.tissue_events import happenings
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
    given = [*(row for row in QUICK if row[:2] not in {each[:2] for each in rows}), *rows]
    if cargo and copies:
        given.append(("copies_per_vesicle", f"cargo:{cargo}", f"{copies} copy/particle"))
    data = copy.deepcopy(BASE) | {"cargo": [cargo] if cargo else []} | changes
    data["parameters"] = [{"name": name, "subject": of, "value": value, "reason": "a test"} for name, of, value in given]
    scenario = scenario_from_dict(data)
    setup = set_up(scenario, catalog, 1)
    tissue = setup.tissue
    for at, _, doing in happenings(scenario, setup):
        assert at == 0.0
        doing(tissue, True)
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
        found["vesicles"] = float(level["medium.vesicles_tumour"])
        found["exported"] = float(level[made] / found["vesicles"]) if found["vesicles"] else 0.0
        found["retained"] = float(contents.row(f"tumour.{cargo}")[: contents.count].mean())
    return found


BEVACIZUMAB, DIANNEXIN = ({"interventions": [{"id": name, "strength": 1.0}]} for name in ("bevacizumab", "diannexin"))
READ = ("wall_signal", "vessel_points", "leak")


@pytest.mark.parametrize("cargo", ["miR_21_5p", "miR_204_3p"])
def test_more_of_a_cargo_on_vesicles_makes_more_sprouts_and_leakier_walls(catalog: Catalog, cargo: str) -> None:
    none, *more = (ran(catalog, cargo, copies) for copies in (1e-6, 1.0, 10.0, 100.0))
    for name in READ:
        course = [one[name] for one in (none, *more)]
        assert np.all(np.diff(course) > 0.0), name
    assert more[-1]["vessel_points"] > 3.0 * none["vessel_points"] and more[-1]["leak"] > 1.5 > none["leak"]
    # As much cargo that means nothing to vessels: let-7a has no weight, and this one's is taken away.
    for other in (ran(catalog, "let_7a", 100.0), ran(catalog, cargo, 100.0, [("angiogenic_weight", f"cargo:{cargo}", "0")])):
        assert other["exported"] > 90.0
        assert [other[name] for name in READ] == pytest.approx([none[name] for name in READ], rel=1e-4)


def test_bevacizumab_does_less_the_more_angiogenic_cargo_there_is(catalog: Catalog) -> None:
    """Share of the signal to sprout that it takes away; with cargo that does not act it takes as much as without any."""

    def effect(cargo: str, copies: float) -> tuple[float, float]:
        rows = [("sprout_rate", "tissue", "20 1/h"), ("vessel_oxygen", "tissue", "4 mmHg")]
        plain, treated = (ran(catalog, cargo, copies, rows, **more) for more in ({}, BEVACIZUMAB))
        first = 6.0
        lost = (plain["vessel_points"] - treated["vessel_points"]) / (plain["vessel_points"] - first)
        return 1.0 - treated["wall_signal"] / plain["wall_signal"], lost

    none, *more = (effect("miR_21_5p", copies) for copies in (1e-6, 1.0, 10.0, 100.0))
    of_signal, of_sprouts = zip(none, *more, strict=True)
    assert none[0] == pytest.approx(0.9, rel=0.01) and np.all(np.diff(of_signal) < 0.0) and of_signal[-1] < 0.05
    assert none[1] > 0.4 and max(of_sprouts[1:]) < none[1] and max(of_sprouts[2:]) < 0.5 * none[1]  # counts are small
    assert effect("let_7a", 100.0) == pytest.approx(none, rel=1e-3)


def test_diannexin_lowers_sprouts_only_where_vesicles_bring_them(catalog: Catalog) -> None:
    plain, treated = (ran(catalog, "miR_21_5p", 10.0, **more) for more in ({}, DIANNEXIN))
    for name in READ:
        assert treated[name] < plain[name], name
    assert treated["vessel_points"] - 6.0 < 0.8 * (plain["vessel_points"] - 6.0)
    # No vesicles, or none with such cargo: the same tissue to the bit.
    shut = [("ilv_formation_rate", "cell", "0 particle/cell/h")]
    absent = [ran(catalog, "miR_21_5p", 10.0, shut, **more) for more in ({}, DIANNEXIN)]
    assert absent[0]["vesicles"] == 0.0 and absent[0]["hash"] == absent[1]["hash"]
    empty = [ran(catalog, **more) for more in ({}, DIANNEXIN)]
    assert empty[0]["hash"] == empty[1]["hash"] and [empty[0][name] for name in READ] == [empty[1][name] for name in READ]


def test_tak_981_keeps_mir_204_3p_in_hypoxic_cells_and_vessels_sprout_less(catalog: Catalog) -> None:
    """Vesicles form and leave fast here, so that what cells load within hours is what vessels meet; miR-21-5p has another sorter."""

    def slice_of(cargo: str, vessel_oxygen: str, **changes: Any) -> dict[str, float]:
        rows = [
            ("sprout_rate", "tissue", "2 1/h"), ("sprout_speed", "tissue", "20 um/h"), ("secretion_rate", "cell", "2 1/h"),
            ("endogenous_copies", f"cargo:{cargo}", "1e5 copy/cell"), ("vessel_oxygen", "tissue", vessel_oxygen),
            ("sorting_fold_hypoxia", "cargo:miR_204_3p", "2 dimensionless"),
        ]  # fmt: skip
        return ran(catalog, cargo, 10.0, rows, steps=40, duration="4 h", **changes)

    inhibited = {"interventions": [{"id": "tak_981", "concentration": "500 nM"}]}
    aired, plain = (slice_of("miR_204_3p", oxygen) for oxygen in ("45 mmHg", "4 mmHg"))
    treated = slice_of("miR_204_3p", "4 mmHg", **inhibited)
    assert plain["hypoxic"] > 0.0 == aired["hypoxic"] and plain["exported"] > 1.2 * aired["exported"]
    assert treated["exported"] < 0.7 * plain["exported"] and treated["retained"] > plain["retained"]
    assert all(treated[name] < plain[name] for name in (*READ, "wall_signal_of_vesicles"))
    assert treated["vessel_points"] - 6.0 < 0.85 * (plain["vessel_points"] - 6.0)
    other = [slice_of("miR_21_5p", "4 mmHg", **more) for more in ({}, inhibited)]
    assert other[0]["wall_signal_of_vesicles"] > 0.1
    assert [other[1][name] for name in READ] == pytest.approx([other[0][name] for name in READ], rel=1e-9)


def test_what_acts_on_walls_begins_and_ends_when_told(catalog: Catalog) -> None:
    data = copy.deepcopy(BASE) | {"interventions": [{"id": "bevacizumab", "strength": 0.5, "at": "0.5 h", "until": "1 h"}]}
    setup = set_up(scenario_from_dict(data), catalog, 1)
    vessels = next(part for part in setup.tissue.extra if isinstance(part, Vessels))
    assert vessels.growth is not None
    setup.tissue.steady.find("VEGFA")[:] = 1.0
    levels = []
    for number in (0, 4, 5, 9, 10, 15):  # life steps of 0.1 h
        setup.tissue.interval = number
        levels.append(float(vessels.growth.signal(setup.tissue).mean()))
    most = catalog.parameter("max_effect", "intervention:bevacizumab").value
    assert levels == pytest.approx([1.0, 1.0, 1.0 - 0.5 * most, 1.0 - 0.5 * most, 1.0, 1.0])
    half = catalog.parameter("half_effect_concentration", "intervention:bevacizumab").value
    data["interventions"] = [{"id": "bevacizumab", "concentration": f"{half} nM"}]
    growth = next(part for part in set_up(scenario_from_dict(data), catalog, 1).tissue.extra if isinstance(part, Vessels)).growth
    assert growth is not None and growth.signal.blocks[0].share == pytest.approx(0.5 * most)


def test_what_cannot_be_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="acts on walls"):
        ran(catalog, interventions=[{"id": "diannexin", "strength": 1.0, "populations": ["tumour"]}])
    still = copy.deepcopy(BASE) | BEVACIZUMAB
    still["arena"]["space"]["vessels"]["sprout"] = False
    with pytest.raises(InputError, match="walls of vessels that sprout"):
        set_up(scenario_from_dict(still), catalog, 1)
    dish = {
        "schema": "exoresist/1", "name": "dish", "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "10000 cell"},
        "populations": [{"id": "tumour", "cell_line": "generic_tumour", "count": "1000 cell"}], "duration": "2 h",
        "assay": {"kind": "time_course", "population": "tumour"},
    }  # fmt: skip
    with pytest.raises(InputError, match="a tissue with vessels that sprout"):
        build(scenario_from_dict(dish | BEVACIZUMAB), catalog)
    with pytest.raises(InputError, match="0 to 1"):
        Block(frozenset({"VEGFA"}), 1.5)
