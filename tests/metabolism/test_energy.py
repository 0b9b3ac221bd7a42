"""Mission rows on energy: ATP, glycolysis, lactate, hunger; what the documents expect, shown by the processes themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.catalog import Catalog
from exoresist.catalog.route import route_between

FASTING = dict.fromkeys(("glucose", "glutamine", "fatty_acid", "oxygen"), "0 nM")
LINES = [line.id for line in Catalog.load().records("cell_lines") if line.status == "modelled"]
LOW, HIGH = 1.0, 4.0


# -- energy


@pytest.mark.parametrize("line", LINES)
def test_without_atp_nothing_is_secreted(fed: Callable[..., Any], line: str) -> None:
    """M013: for every line of the catalogue that has rates."""
    cells = [{"id": "recipient", "cell_line": line, "count": "1000 cell"}]
    fasting = fed(populations=cells, metabolism=FASTING).read(times=(0.0, 24.0))
    full = fed(populations=cells).read(times=(0.0, 24.0))
    assert full.secreted()[0] > 1.0
    assert fasting.node("atp")[0] < 1e-9
    assert fasting.secreted()[0] < 1e-9 * full.secreted()[0]


@pytest.mark.parametrize("enzyme", ["PKM2", "HK2", "LDHA"])
def test_a_glycolytic_enzyme_raises_uptake_lactate_acid_and_resistance(fed: Callable[..., Any], enzyme: str) -> None:
    """M081; the share of respiration in the making of ATP falls."""
    found = fed(acting=[enzyme]).read({enzyme: [LOW, HIGH]})
    uptake = found.rate("glycolysis") + found.rate("glucose_oxidation")
    assert uptake[1] > 1.1 * uptake[0]
    assert found.value("lactate_level", who="medium")[1] > 1.1 * found.value("lactate_level", who="medium")[0]
    acid = found.rate("glycolysis") / found.cells()
    assert acid[1] > 1.1 * acid[0]
    assert found.effect[1] > found.effect[0] + 0.01
    share = found.value("atp_burnt") / found.value("atp_made")
    assert share[1] < 0.99 * share[0]


@pytest.mark.parametrize("agent", [{"mct1_inhibitor": "1 uM"}, {"ldhb_knockdown": 1.0}])
def test_lactate_feeds_cells_short_of_glucose_unless_it_cannot_enter(
    fed: Callable[..., Any], given: Callable[..., Any], agent: dict[str, Any]
) -> None:
    """M087: in 20 mM lactate with and without drug; a complete block leaves what there is without lactate.

    But for the little that cells burn of the lactate that they make themselves.
    """
    name = next(iter(agent))
    poor, rich = {"glucose": "0.1 mM"}, {"glucose": "0.1 mM", "lactate": "20 mM"}
    without, with_it = fed(metabolism=poor).read(), fed(metabolism=rich).read()
    complete = {f"intervention.{name}.max_effect": 1.0, f"intervention.{name}.half_effect": 1e-9}
    if name == "ldhb_knockdown":
        del complete[f"intervention.{name}.half_effect"]
    blocked = fed(metabolism=rich, interventions=given(**agent)).read(values=complete)
    partly = fed(metabolism=rich, interventions=given(**agent)).read()
    for treated in (False, True):
        gain = np.log(with_it.cells(treated)[0] / without.cells(treated)[0])
        left = np.log(blocked.cells(treated)[0] / without.cells(treated)[0])
        assert gain > 0.02 and abs(left) < 0.1 * gain
    assert without.node("atp")[0] < partly.node("atp")[0] < with_it.node("atp")[0]


def test_a_loop_through_hif_holds_it_up_until_an_arm_is_cut(fed: Callable[..., Any], catalog: Catalog) -> None:
    """M090: HIF1A -> HIF1A-AS1 -> AKT -> YB-1 -> HIF1A, driven by hypoxia; each arm is an edge of the catalogue."""
    loop = ["HIF1A -> HIF1A_AS1", "HIF1A_AS1 -> AKT", "AKT -> YBX1", "YBX1 -> HIF1A"]
    for path in loop:
        origin, target = path.split(" -> ")
        assert dict(catalog.edges_from(origin))[target] == 1
    times = (0.0, 200.0, 400.0)

    def steady(*paths: str) -> np.ndarray:
        """HIF-1 alpha in hypoxia, at the folds of the arms that the catalogue takes and at stronger ones."""
        values = {"edge.hub_hub": np.array([2.0, 5.0])}
        found = fed(*paths, "hypoxia -> HIF1A", acting=["HIF1A"]).read({"hypoxia": [3.0, 3.0]}, values=values, times=times)
        levels = found.run.amount("recipient.HIF1A")[:, :2]
        np.testing.assert_allclose(levels[-1], levels[-2], rtol=1e-6)
        last: np.ndarray = levels[-1]
        return last

    closed, opened = steady(*loop), steady(*loop[:-1])
    assert np.all(closed > np.array([1.002, 1.05]) * opened)
    for left_out in range(len(loop)):
        cut = steady(*(path for index, path in enumerate(loop) if index != left_out))
        np.testing.assert_allclose(cut, opened, rtol=1e-6)


@pytest.mark.parametrize(("context", "sign"), [("her2_breast", 1), ("colorectal_glycolysis", -1)])
def test_alkbh5_moves_glycolysis_as_its_context_says(
    fed: Callable[..., Any], catalog: Catalog, context: str, sign: int, stored: Callable[..., str]
) -> None:
    """M092: up in HER2-positive breast cancer, where it lets GLUT4 rise; down in colorectal cancer, by JMJD8 and PKM2."""
    path = stored("ALKBH5", "glycolysis", context)
    found = fed(path, acting=["glycolysis"], contexts=[context]).read({"ALKBH5": [LOW, HIGH]})
    glycolysis = found.rate("glycolysis") / found.cells()
    assert sign * (glycolysis[1] / glycolysis[0] - 1.0) > 0.01
    if context == "colorectal_glycolysis":
        assert not route_between(catalog, "ALKBH5", "JMJD8")


@pytest.mark.parametrize("head", ["ACYP1", "circ_ARHGAP29", "DIO3OS"])
def test_axes_that_raise_ldha_raise_glycolysis(
    fed: Callable[..., Any], catalog: Catalog, head: str, stored: Callable[..., str]
) -> None:
    """M091; blocking the head under a drug, the one that stands for lenvatinib, leaves fewer cells than the drug alone."""
    drug = catalog.surrogate("lenvatinib")
    found = fed(stored(head, "LDHA"), drug=drug, acting=["LDHA"]).read({head: [LOW, HIGH, 0.1]})
    lactate = found.rate("glycolysis") / found.cells()
    assert lactate[1] > 1.01 * lactate[0] > 1.02 * lactate[2]
    assert found.cells(True)[1] > 1.001 * found.cells(True)[0] > 1.002 * found.cells(True)[2]


def test_glycolytic_stroma_feeds_an_oxidative_tumour(fed: Callable[..., Any], catalog: Catalog) -> None:
    """M108: LMP1 in the fibroblasts alone; the tumour's own enzymes are untouched."""
    assert "LMP1 -> fibroblast_glycolysis" in catalog.claim("lmp1_glycolysis_seed003_7").path
    populations = [
        {"id": "recipient", "cell_line": "generic_tumour", "count": "3000 cell"},
        {"id": "fibroblast", "cell_line": "generic_tumour", "count": "60000 cell"},
    ]
    arena = {"kind": "well", "volume": "0.2 mL", "capacity": "1e6 cell"}
    rich = {"glucose": "25 mM"}  # so that they do not starve each other
    one = fed("LMP1 -> glycolysis", acting=["glycolysis"], populations=populations, arena=arena, metabolism=rich)
    found = one.read({"fibroblast.LMP1": [LOW, HIGH]}, times=(0.0, 36.0))
    assert found.value("glycolysis_level", who="fibroblast")[1] > 1.1 * found.value("glycolysis_level", who="fibroblast")[0]
    assert found.value("glycolysis_level")[1] < 0.998 * found.value("glycolysis_level")[0]
    assert found.value("respiration")[1] > 1.005 * found.value("respiration")[0]


def test_hunger_raises_secretion_scavenging_and_resistance_over_time(fed: Callable[..., Any]) -> None:
    """M109, in a medium with a tenth of the glucose; resistance is what the drug leaves of the cells, against no drug."""
    times = (0.0, 24.0, 48.0, 72.0)
    quiet = {"recipient.max_ferroptosis_rate": 0.0}
    fed_up, hungry = (fed(metabolism=medium).read(times=times, values=quiet) for medium in ({}, {"glucose": "1 mM"}))
    assert hungry.secreted()[0] > 1.05 * fed_up.secreted()[0]
    assert hungry.rate("scavenging")[0] / hungry.cells()[0] > 1.2 * fed_up.rate("scavenging")[0] / fed_up.cells()[0]
    gains = []
    for place in range(1, len(times)):
        cells = [reading.run.amount("recipient.cells")[place] for reading in (fed_up, hungry)]
        gains.append(np.log(cells[1][1] / cells[1][0]) - np.log(cells[0][1] / cells[0][0]))
    assert gains[0] > 0.0 and gains[-1] > gains[0]
