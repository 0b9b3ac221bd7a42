"""Further fields of a scenario: what it may say, what they are in a tissue, vessels that sprout, nutrients of `metabolism`."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.numerics.grid import Dirichlet, NoFlux, Robin
from exoresist.studies.tissue_arm import run_arm
from exoresist.studies.tissue_readings import readings
from exoresist.studies.tissue_setup import Setup, set_up
from exoresist.tissue.run import balance, state_hash, step
from exoresist.tissue.vessels import Vessels

BASE: dict[str, Any] = {
    "schema": "exoresist/1",
    "name": "small",
    "arena": {"kind": "tissue", "space": {"size": "160 um", "network_step": "6 min", "spread_step": "6 min"}},
    "populations": [{"id": "tumour", "cell_line": "generic_tumour", "count": "60 cell"}],
    "duration": "1 h",
    "every": "1 h",
    "assay": {"kind": "tumour", "population": "tumour"},
    "seed": 2,
}
FOOD = [{"id": "glucose", "outside": "5 mM"}, {"id": "lactate", "outside": "1 mM"}]
VESSELS = {"at": [{"x": "-60 um", "y": "0 um"}], "sprout": True}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def scenario(space: dict[str, Any] | None = None, **changes: Any) -> Any:
    data = copy.deepcopy(BASE) | changes
    data["arena"]["space"] |= space or {}
    return scenario_from_dict(data)


def made(catalog: Catalog, space: dict[str, Any] | None = None, **changes: Any) -> Setup:
    return set_up(scenario(space, **changes), catalog, 1)


def test_glucose_and_lactate_are_fields_that_reach_the_network(catalog: Catalog) -> None:
    setup = made(catalog, {"fields": FOOD, "oxygen": "38 mmHg"})
    tissue = setup.tissue
    assert [one.name for one in tissue.steady.fields] == ["oxygen", "glucose", "lactate"]
    step(tissue)
    assert tissue.steady.find("glucose").min() < 5e6 < 5.0001e6 and tissue.steady.find("lactate").max() > 1e6
    contents = tissue.contents[0]
    stress = {name: contents.varying[row, : contents.count] for row, name in enumerate(contents.interior.stress, start=2)}
    assert np.all(stress["acidity"] > 0.0) and np.all(stress["starvation"] > 0.0)
    used = {(row.name, row.subject) for row, _ in setup.used}
    assert {("metabolic_flux", "process:glycolysis"), ("ph_growth_stop", "cell"), ("field_diffusivity", "field:glucose")} <= used


def test_order_in_the_file_does_not_matter(catalog: Catalog) -> None:
    hashes = []
    for fields in (FOOD, FOOD[::-1]):
        tissue = made(catalog, {"fields": fields}).tissue
        step(tissue)
        hashes.append(state_hash(tissue))
    assert hashes[0] == hashes[1]


def test_edges_by_field_and_by_face(catalog: Catalog) -> None:
    fields = [
        {"id": "glucose", "outside": "5 mM", "edges": "permeable", "transfer": "500 um/h", "faces": [{"at": "left", "edges": "closed"}]},
        {"id": "doxorubicin", "faces": [{"at": "top", "edges": "closed"}]},
        {"id": "tumour", "edges": "closed"},
        {"id": "oxygen", "faces": [{"at": "right", "edges": "closed"}]},
    ]  # fmt: skip
    setup = made(catalog, {"fields": fields, "oxygen": "38 mmHg"}, drugs=[{"id": "doxorubicin", "dose": "1 uM"}])
    oxygen, glucose = (one.spread.faces for one in setup.tissue.steady.fields)
    assert glucose.x_minus == NoFlux() and glucose.x_plus == Robin(500.0, 5e6)
    assert oxygen.x_plus == NoFlux() and oxygen.x_minus == Dirichlet(38.0)
    spreads = setup.tissue.medium.spreads
    assert spreads["medium.doxorubicin"].faces.y_plus == NoFlux() and spreads["medium.doxorubicin"].faces.y_minus == Dirichlet(
        0.0
    )
    assert set(spreads["medium.vesicles_tumour"].faces.all) == {NoFlux()}
    setup.tissue.medium.hold("medium.doxorubicin", 7.0)
    assert setup.tissue.medium.spreads["medium.doxorubicin"].faces.y_plus == NoFlux()


def test_a_substance_of_ones_own(catalog: Catalog) -> None:
    fields = [{"id": "signal", "outside": "2 nM"}]
    with pytest.raises(InputError, match="nothing is known of a field 'signal'"):
        made(catalog, {"fields": fields})
    rows = {"field_diffusivity": "1e5 um^2/h", "field_decay": "1 1/h", "field_uptake": "1e-6 pmol/cell/h", "field_half": "1 nM"}
    rows |= {"field_release": "1e-8 pmol/cell/h"}
    given = [{"name": name, "subject": "field:signal", "value": value, "reason": "a test"} for name, value in rows.items()]
    tissue = made(catalog, {"fields": fields}, parameters=given).tissue
    step(tissue)
    assert 0.0 < tissue.steady.find("signal").min() < 2.0
    one = tissue.types[0]
    assert one.uptakes[0].field == one.releases[0].field == "signal" and one.releases[0].hypoxic == one.releases[0].basal


@pytest.mark.parametrize(
    ("space", "more", "text"),
    [
        ({"fields": [FOOD[1]]}, {}, "give a field 'glucose' as well"),
        ({"fields": [FOOD[0], FOOD[0]]}, {}, "listed twice"),
        ({"fields": [{"id": "glucose", "edges": "permeable"}]}, {}, "they need it"),
        ({"fields": [{"id": "glucose", "transfer": "5 um/h"}]}, {}, "permeable edges"),
        ({"fields": [{"id": "oxygen"}]}, {}, "space.oxygen"),
        ({"fields": FOOD}, {"metabolism": {}}, "leave one of the two out"),
        ({"fields": [{"id": "tumour", "outside": "1 nM"}]}, {}, "none of its own"),
        ({"dimensions": 2, "fields": [{"id": "glucose", "faces": [{"at": "back", "edges": "open"}]}]}, {}, "no back and front"),
    ],
)
def test_what_cannot_be_said_is_refused(space: dict[str, Any], more: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text):
        scenario(space, **more)


def test_imposed_hypoxia_holds_where_oxygen_is_left_out(catalog: Catalog) -> None:
    tissue = made(catalog, environment={"hypoxia": 0.7}).tissue
    step(tissue)
    contents = tissue.contents[0]
    row = 2 + list(contents.interior.stress).index("hypoxia")
    assert set(contents.varying[row, : contents.count]) == {0.7}


# -- nutrients of `metabolism`


def test_metabolism_brings_fresh_medium_that_cells_use_up(catalog: Catalog) -> None:
    space = {"size": "100 um", "network_step": "15 s", "edges": "closed"}
    cells = [{"id": "tumour", "cell_line": "generic_tumour", "count": "30 cell"}]
    one = scenario(space, metabolism={"glucose": "5 mM"}, populations=cells, duration="0.2 h", every="0.2 h")
    tissue = set_up(one, catalog, 1).tissue
    at = tissue.medium.names.index("medium.glucose")
    level = tissue.medium.amounts[at] / tissue.medium.voxel_ml
    np.testing.assert_allclose(level, 6.0 * 5e6, rtol=1e-12)  # carbon
    before = balance(tissue)
    course = run_arm(one, catalog, "a", "x", threads=1)
    medium = course.tissue.medium
    assert medium.amounts[at].sum() < 0.999 * (level * medium.voxel_ml).sum()
    assert medium.amounts[medium.names.index("medium.lactate")].sum() > 0.0
    assert balance(course.tissue)["carbon"] == pytest.approx(before["carbon"], rel=1e-9)
    assert course.conservation["carbon"] <= 1e-9


def test_a_medium_change_brings_fresh_nutrients_and_takes_vesicles_with_their_load(catalog: Catalog) -> None:
    space = {"size": "100 um", "network_step": "30 s", "edges": "closed"}
    cells = [{"id": "tumour", "cell_line": "mcf7_resistant", "count": "30 cell"}]
    courses = []
    for changes in ([], [{"at": "0.2 h", "fraction": 1.0}]):
        one = scenario(
            space, metabolism={"glucose": "5 mM"}, populations=cells, duration="0.3 h", every="0.3 h", medium_changes=changes,
            cargo=["ABCB1"],
        )  # fmt: skip
        courses.append(run_arm(one, catalog, "a", "x", threads=1))
    kept, changed = (
        {name: float(amounts.sum()) for name, amounts in zip(one.tissue.medium.names, one.tissue.medium.amounts, strict=True)}
        for one in courses
    )
    assert changed["medium.glucose"] > kept["medium.glucose"] and changed["medium.lactate"] < kept["medium.lactate"]
    for name in ("medium.vesicles_tumour", "medium.vesicles_tumour.cargo_ABCB1"):
        assert 0.0 < changed[name] < 0.6 * kept[name]
    assert max(courses[1].conservation.values()) <= 1e-9


# -- vessels that sprout


def test_vessels_sprout_towards_hypoxic_cells(catalog: Catalog) -> None:
    rows = [("sprout_rate", "tissue", "0.5 1/h"), ("oxygen_uptake", "cell", "20000 1/h"), ("sprout_speed", "tissue", "100 um/h")]
    given = [{"name": name, "subject": subject, "value": value, "reason": "a test"} for name, subject, value in rows]
    setup = made(
        catalog, {"dimensions": 2, "oxygen": "38 mmHg", "edges": "closed", "vessels": VESSELS}, parameters=given, cargo=["miR_21_5p"]
    )  # fmt: skip
    tissue = setup.tissue
    vessels = next(part for part in tissue.extra if isinstance(part, Vessels))
    assert vessels.growth is not None and set(vessels.growth.signal.weights) == {
        "VEGFA",
        "medium.vesicles_tumour.cargo_miR_21_5p",
    }
    for _ in range(40):
        step(tissue)
    assert len(vessels) > 1 and vessels.position[0].mean() > -60.0
    row, wall = readings(setup), tissue.steady.find("VEGFA").reshape(-1)[vessels.voxels(tissue)].mean()
    assert row["vessel_points"] == len(vessels) and float(row["wall_signal_of_vesicles"]) > 0.0
    assert float(row["wall_signal"]) - float(row["wall_signal_of_vesicles"]) == pytest.approx(float(wall), rel=1e-12)
    still = made(catalog, {"dimensions": 2, "oxygen": "38 mmHg", "edges": "closed", "vessels": {**VESSELS, "sprout": False}})
    quiet = next(part for part in still.tissue.extra if isinstance(part, Vessels))
    assert quiet.growth is None and still.tissue.steady.find("VEGFA") is None and "tip" not in quiet.arrays()


def test_how_often_a_piece_of_vessel_sprouts_follows_its_length(catalog: Catalog) -> None:
    rates = {}
    for voxel in (10.0, 20.0):
        setup = made(catalog, {"voxel": f"{voxel:g} um", "dimensions": 2, "thickness": "20 um", "vessels": VESSELS})
        vessels = next(part for part in setup.tissue.extra if isinstance(part, Vessels))
        assert vessels.growth is not None and vessels.growth.room > 0.0
        rates[voxel] = vessels.growth.rate / voxel  # of a new point, which is as long as a voxel
        assert vessels.growth.rate * vessels.surface[0] / vessels.growth.surface == pytest.approx(20.0 * rates[voxel], rel=1e-12)
    assert rates[10.0] == pytest.approx(rates[20.0], rel=1e-12)


def test_vessels_leak_vesicles_and_drugs_under_the_signal(catalog: Catalog) -> None:
    setup = made(
        catalog, {"edges": "closed", "oxygen": "38 mmHg", "vessels": VESSELS}, drugs=[{"id": "doxorubicin", "dose": "1 uM", "plasma": {}}]
    )  # fmt: skip
    vessels = next(part for part in setup.tissue.extra if isinstance(part, Vessels))
    field = setup.tissue.steady.find("VEGFA")
    for name, most in (("medium.doxorubicin", 2.0), ("medium.vesicles_tumour", 10.0), ("oxygen", 1.0)):
        field[:] = 0.0
        np.testing.assert_allclose(vessels.passages[name].leak(setup.tissue, vessels), 1.0)
        field[:] = 1e6
        np.testing.assert_allclose(vessels.passages[name].leak(setup.tissue, vessels), most, rtol=1e-5)
