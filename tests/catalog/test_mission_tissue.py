"""Mechanisms that need room: lack of oxygen, what reaches cells, matrix, and vesicles out of a hypoxic region.

Slices of forty cells in which every cell has its own oxygen. Directions are those of the documents' acceptance tests. All slices have
the same network inside cells (so it is compiled once): vesicles carry P-glycoprotein, which HIF-1 alpha drives, and PKM2, which drives
glycolysis; lack of oxygen acts by the signals of `hypoxia_network`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import Model, build
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.studies.tissue_arm import ArmCourse, run_arm
from exoresist.studies.tissue_readings import readings
from exoresist.studies.tissue_setup import Setup
from exoresist.tissue.cells import LIVING

pytestmark = pytest.mark.xdist_group("mission_tissue")

CATALOG = Catalog.load()
HERE, THERE = "tumour", "other"
# (edge, its sign in the catalogue)
EDGES = {("HIF1A", "ABCB1"): 1, ("HIF1A", "glycolysis"): 1, ("PKM2", "glycolysis"): 1}


def number(name: str, subject: str, value: str) -> dict[str, str]:
    return {"name": name, "subject": subject, "value": value, "reason": "asked by the test"}


RESTING = number("growth_rate", "cell_line:generic_tumour", "1e-6 1/h")  # so that a row is the same cell in every slice
# Cells that do not notice a lack of oxygen, unless hardly any is left.
NUMB = [number("oxygen_hypoxic", "cell", "0.02 mmHg"), number("oxygen_severe", "cell", "0.01 mmHg")]


def wired(model: Model) -> Model:
    for (origin, target), sign in EDGES.items():
        assert dict(CATALOG.edges_from(origin))[target] == sign
    hub = CATALOG.find_hub("glycolysis")
    assert hub is not None
    chains = Chains(dict(EDGES), {("glycolysis", "doxorubicin"): int(hub.sign)}, {"PKM2"})
    return build(model.scenario, CATALOG, inside=model.layout.populations[0].id, chains=chains)


def ran(space: dict[str, Any], *numbers: dict[str, str], where: tuple[str, str] = ("core", "shell"),
        watch: Callable[[ArmCourse], None] | None = None, **changes: Any) -> Setup:  # fmt: skip
    """Forty cells in a slice after an hour."""
    line = "generic_tumour"
    scenario = scenario_from_dict({
        "schema": "exoresist/1", "name": "mission",
        "arena": {"kind": "tissue", "space": {
            "size": "160 um", "dimensions": 2, "network_step": "30 s", "spread_step": "1 min", **space}},
        "populations": [
            {"id": who, "cell_line": line, "count": "20 cell", "where": place} for who, place in zip((HERE, THERE), where, strict=True)
        ],
        "cargo": ["ABCB1", "PKM2"], "drugs": [{"id": "doxorubicin", "dose": "1 uM"}], "signals": ["hypoxia_network"],
        "parameters": [RESTING, *numbers], "duration": "1 h", "every": "1 h",
        "assay": {"kind": "tumour", "population": HERE}, "seed": 2, **changes,
    })  # fmt: skip
    course = run_arm(scenario, CATALOG, "slice", "slice", threads=1, watch=watch, change=wired)
    assert max(course.conservation.values()) < 1e-9
    return course.setup


def inside(setup: Setup, what: str, who: str = HERE) -> NDArray[np.float64]:
    """A node, pool or derived value of every cell of a kind, amounts by biomass."""
    contents = setup.tissue.contents[0 if who == HERE else 1]
    name = f"{who}.{what}"
    if name in contents.states:
        found: NDArray[np.float64] = contents.row(name).copy()
        return found if name in contents.interior.network.nodes else found / contents.row(f"{who}.cells")
    return np.asarray(contents.read([name])[0])


def everyone(setup: Setup, what: str) -> float:
    return float(np.mean([*inside(setup, what), *inside(setup, what, THERE)]))


# -- out of a hypoxic region


def test_normoxic_cells_gain_glycolysis_and_pumps_from_a_hypoxic_region() -> None:
    """M040: oxygen comes from the left only, so that cells on the right lack it; those on the left do not.

    What cells on the left gain is counted against the same slice with oxygen from all sides, where neighbours give pumps and PKM2, too.
    It is small (about 1 % of what vesicles bring in 12 h), because cells take most of their own vesicles back.
    Nothing is left of it when vesicles deliver nothing, or when the cells on the right do not notice that they lack oxygen.
    """
    closed: dict[str, Any] = {"edges": "closed", "oxygen": "90 mmHg", "network_step": "6 min", "spread_step": "6 min"}
    region = {**closed, "fields": [{"id": "oxygen", "edges": "closed", "faces": [{"at": "left", "edges": "open"}]}]}
    airy = {**closed, "fields": [{"id": "oxygen", "edges": "open"}]}
    breath, mute = number("oxygen_uptake", "cell", "14000 1/h"), number("delivered_fraction", "cell", "0 dimensionless")

    def after(space: dict[str, Any], *numbers: dict[str, str]) -> Setup:
        still = [{"id": "doxorubicin", "dose": "0 nM"}]
        return ran(space, breath, *numbers, where=("mixed", "side"), duration="12 h", drugs=still)

    hypoxic, oxygenated = after(region), after(airy)
    assert np.all(inside(hypoxic, "HIF1A") == pytest.approx(1.0, abs=1e-9)) and inside(hypoxic, "HIF1A", THERE).mean() > 1.2
    assert np.all(inside(oxygenated, "HIF1A", THERE) == pytest.approx(1.0, abs=1e-9))
    undelivered, unnoticed = (after(region, mute), after(airy, mute)), (after(region, *NUMB), oxygenated)
    for what, own in (("ABCB1", 1000.0), ("glycolysis", 1.0)):
        brought = inside(oxygenated, what).mean() - own
        gain = inside(hypoxic, what).mean() - inside(oxygenated, what).mean()
        assert brought > 0.0 and gain > 0.005 * brought
        for with_region, without in (undelivered, unnoticed):
            assert abs(inside(with_region, what).mean() - inside(without, what).mean()) < 0.02 * gain


# -- oxygen and blood


def between(*at: tuple[float, float], **space: Any) -> dict[str, Any]:
    """A closed slice with vessels."""
    points = [{"x": f"{x} um", "y": f"{y} um"} for x, y in at]
    return {"edges": "closed", "oxygen": "38 mmHg", "vessels": {"at": points}, **space}


FOUR, ONE = ((-40.0, -40.0), (40.0, -40.0), (-40.0, 40.0), (40.0, 40.0)), ((-70.0, -70.0),)
BREATH = number("oxygen_uptake", "cell", "3000 1/h")
PALE = number("vessel_oxygen", "tissue", "10 mmHg")
BLOOD: list[dict[str, Any]] = [{"id": "doxorubicin", "dose": "12.7 uM", "plasma": {}}]


def held(setup: Setup) -> NDArray[np.float64]:
    """Doxorubicin in every cell, pmol by biomass."""
    found = [
        sum(inside(setup, f"{place}_doxorubicin", who) for place in ("cytosol", "lysosome", "target")) for who in (HERE, THERE)
    ]
    return np.concatenate(found)


def killing(setup: Setup) -> float:
    """Hazard beyond that without a drug, 1/h."""
    return everyone(setup, "death_hazard") - CATALOG.parameter("basal_death_rate", "cell").value


def released(setup: Setup) -> float:
    row = readings(setup)
    return float(row[f"{HERE}_release_per_h"]) + float(row[f"{THERE}_release_per_h"])


def lowest(setup: Setup) -> float:
    return float(setup.tissue.steady.fields[0].values.min())


def test_less_oxygen_raises_hif_and_release_and_takes_drug_and_killing_away() -> None:
    """M111: with one vessel instead of four, and with as many of them that carry less oxygen.

    Oxygen by itself leaves the way of the drug alone; it is the same vessels that bring little of both. Cells that do not notice how
    little oxygen there is change nothing.
    """
    rich, poor = (ran(between(*at), BREATH, drugs=BLOOD) for at in (FOUR, ONE))
    pale = ran(between(*FOUR), BREATH, PALE, drugs=BLOOD)
    for less in (poor, pale):
        assert lowest(less) < 0.5 * lowest(rich)
        assert everyone(less, "HIF1A") > 1.2 * everyone(rich, "HIF1A")
        assert released(less) > 1.05 * released(rich)
        assert 0.0 < killing(less) < 0.7 * killing(rich)
    assert held(poor).mean() < 0.7 * held(rich).mean()
    assert held(pale).mean() == pytest.approx(held(rich).mean(), rel=1e-3)
    numb = ran(between(*FOUR), BREATH, PALE, *NUMB, drugs=BLOOD)
    assert lowest(numb) < 0.5 * lowest(rich)
    for read in (lambda one: everyone(one, "HIF1A"), released, killing, lambda one: held(one).mean()):
        assert read(numb) == pytest.approx(read(rich), rel=1e-4)


# -- what reaches cells


def test_tissue_gets_less_drug_than_blood_holds_and_least_where_oxygen_lacks_or_fibres_lie() -> None:
    """M113: exposure of the fluid against that of plasma, and drug in cells by their oxygen.

    Controls: a wall that lets no drug pass, and fibres of density 0.
    """
    exposure: list[float] = []

    def watch(course: ArmCourse) -> None:
        exposure.append(0.1 * float(course.rows[-1]["medium.doxorubicin_mean"]))

    few = ran(between(*ONE), BREATH, drugs=BLOOD, every="0.1 h", watch=watch)
    assert 0.0 < sum(exposure) < 0.9 * few.plasmas["doxorubicin"].exposure(1.0)
    hypoxia = np.concatenate([inside(few, "HIF1A"), inside(few, "HIF1A", THERE)])
    assert spearmanr(hypoxia, held(few)).statistic < -0.5
    many, fibrous = ran(between(*FOUR), BREATH, drugs=BLOOD), ran(between(*FOUR, matrix={"density": 0.1}), BREATH, drugs=BLOOD)
    assert held(few).mean() < 0.7 * held(many).mean()
    assert held(fibrous).mean() < 0.99 * held(many).mean()
    bare = ran(between(*FOUR, matrix={"density": 0.0}), BREATH, drugs=BLOOD)
    assert held(bare).mean() == pytest.approx(held(many).mean(), rel=1e-9)
    tight = ran(between(*FOUR), BREATH, number("vessel_permeability", "drug", "0 um/h"), drugs=BLOOD)
    assert abs(held(tight)).max() < 1e-12 * held(many).mean()


def test_denser_matrix_keeps_drug_and_vesicles_from_the_cells_within() -> None:
    """M129: doxorubicin from the edges, vesicles of the outer cells; fibres of density 0 are the control."""
    plain, *dense = (ran({} if density is None else {"matrix": {"density": density}}) for density in (None, 0.0, 0.02, 0.1))
    rows = [readings(one) for one in (plain, *dense)]
    for what in (f"{HERE}_doxorubicin_pmol", f"{HERE}_holds_of_{THERE}"):
        without, none, some, much = (float(row[what]) for row in rows)
        assert none == pytest.approx(without, rel=1e-9)
        assert 0.0 < much < 0.99 * some < 0.99**2 * none
    assert dense[0].tissue.cells.state.max() == LIVING
