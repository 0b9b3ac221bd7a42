"""Mission rows on metabolism, ferroptosis and autophagy: what the documents expect, shown by the processes themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.axes import Chains
from exoresist.catalog import Catalog
from exoresist.catalog.route import route_between
from exoresist.studies.claims import run_claim

FASTING = dict.fromkeys(("glucose", "glutamine", "fatty_acid", "oxygen"), "0 nM")
LINES = [line.id for line in Catalog.load().records("cell_lines") if line.status == "modelled"]
LOW, HIGH = 1.0, 4.0


def path_text(catalog: Catalog, start: str, end: str, *contexts: str) -> str:
    """The shortest chain of stored edges as a path, in the contexts given."""
    route = route_between(catalog, start, end, contexts)
    assert route, f"{start} does not reach {end}"
    return start + "".join(f" {'->' if link.sign > 0 else '-|'} {link.target}" for link in route)


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
def test_alkbh5_moves_glycolysis_as_its_context_says(fed: Callable[..., Any], catalog: Catalog, context: str, sign: int) -> None:
    """M092: up in HER2-positive breast cancer, where it lets GLUT4 rise; down in colorectal cancer, by JMJD8 and PKM2."""
    path = path_text(catalog, "ALKBH5", "glycolysis", context)
    found = fed(path, acting=["glycolysis"], contexts=[context]).read({"ALKBH5": [LOW, HIGH]})
    glycolysis = found.rate("glycolysis") / found.cells()
    assert sign * (glycolysis[1] / glycolysis[0] - 1.0) > 0.01
    if context == "colorectal_glycolysis":
        assert not route_between(catalog, "ALKBH5", "JMJD8")


@pytest.mark.parametrize("head", ["ACYP1", "circ_ARHGAP29", "DIO3OS"])
def test_axes_that_raise_ldha_raise_glycolysis(fed: Callable[..., Any], catalog: Catalog, head: str) -> None:
    """M091; blocking the head under a drug, the one that stands for lenvatinib, leaves fewer cells than the drug alone."""
    drug = catalog.surrogate("lenvatinib")
    found = fed(path_text(catalog, head, "LDHA"), drug=drug, acting=["LDHA"]).read({head: [LOW, HIGH, 0.1]})
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


# -- lipids


def test_fatty_acid_raises_pumps_and_lowers_drug_inside_through_gpr120(fed: Callable[..., Any]) -> None:
    """M097: a receptor that is absent (no fold) ends it."""
    cells = [{"id": "recipient", "cell_line": "mcf7_resistant", "count": "1000 cell"}]
    found = {}
    for level in ("50 uM", "500 uM"):
        one = fed(populations=cells, metabolism={"fatty_acid": level})
        found[level] = one.read(values={"metabolism.gpr120_fold": np.array([1.5, 1.0])})
    pump = {level: reading.per_cell("ABCB1") for level, reading in found.items()}
    drug = {level: reading.per_cell("cytosol_doxorubicin", True) for level, reading in found.items()}
    assert pump["500 uM"][0] > 1.05 * pump["50 uM"][0]
    assert drug["500 uM"][0] < 0.99 * drug["50 uM"][0]
    assert pump["500 uM"][1] == pytest.approx(pump["50 uM"][1], rel=5e-3)


def test_a_cox_inhibitor_lowers_what_prostaglandin_does_for_neighbours(
    fed: Callable[..., Any], given: Callable[..., Any]
) -> None:
    """M098: makers beside recipients, which make none themselves."""
    populations = [
        {"id": "recipient", "cell_line": "generic_tumour", "count": "500 cell"},
        {"id": "maker", "cell_line": "generic_tumour", "count": "5000 cell"},
    ]
    arena = {"kind": "well", "volume": "0.1 mL", "capacity": "1e6 cell"}
    shared = {"populations": populations, "arena": arena, "metabolism": {"prostaglandin": "0 nM"}}
    alone = {"recipient.prostaglandin_synthesis_rate": 0.0}
    free = fed(**shared).read(values=alone)
    blocked = fed(**shared, interventions=given(cox_inhibitor="10 uM")).read(values=alone)
    assert blocked.value("prostaglandin_level", who="medium")[0] < 0.3 * free.value("prostaglandin_level", who="medium")[0]
    assert 1.0 < blocked.value("tolerance_by_prostaglandin")[0] < 0.95 * free.value("tolerance_by_prostaglandin")[0]
    assert blocked.effect[0] < free.effect[0] - 0.01


def cholesterol(share: float) -> list[dict[str, str]]:
    """How much of its cholesterol a cell makes: nearly all early, little in resistant cells that live on LDL."""
    return [{"name": "synthesis_share", "subject": "nutrient:cholesterol", "value": f"{share} dimensionless", "reason": "stage"}]


def test_resistant_cells_that_live_on_ldl_are_sensitised_by_lipid_deprivation(
    fed: Callable[..., Any], given: Callable[..., Any], catalog: Catalog
) -> None:
    """M099, T068: with the drug that stands for cisplatin."""
    drug = catalog.surrogate("cisplatin")
    shared = {"drug": drug, "metabolism": {"cholesterol": "80 uM"}, "parameters": cholesterol(0.1)}
    full, free = fed(**shared).read(), fed(**shared, interventions=given(lipid_deprivation=1.0)).read()
    assert free.rate("lipid_uptake")[0] < 0.1 * free.cells()[0] / full.cells()[0] * full.rate("lipid_uptake")[0]
    assert free.effect[0] < full.effect[0] - 0.05
    received = fed(**shared, acting=["LDLR"]).read({"LDLR": [LOW, HIGH]})
    assert received.effect[1] > received.effect[0] + 0.01


def test_a_statin_works_on_cells_that_make_their_cholesterol_only(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    """M099, T065: an early tumour grows less, one that takes cholesterol up hardly."""
    loss = {}
    for share in (0.9, 0.1):
        shared = {"metabolism": {"cholesterol": "80 uM"}, "parameters": cholesterol(share)}
        plain, treated = fed(**shared).read(), fed(**shared, interventions=given(statin="10 uM")).read()
        loss[share] = np.log(plain.cells()[0] / treated.cells()[0])
    assert loss[0.9] > 0.3 and loss[0.1] < 0.1 * loss[0.9]


def test_fasn_inhibition_raises_the_pufa_share_and_the_kill(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    """T062: membranes hold more oxidisable lipid, and a drug leaves fewer cells."""
    plain, treated = fed().read(), fed(interventions=given(fasn_inhibitor="10 uM")).read()
    assert treated.node("pufa")[0] > 1.1 * plain.node("pufa")[0]
    assert treated.rate("ferroptosis", True)[0] > 1.5 * plain.rate("ferroptosis", True)[0]
    assert treated.effect[0] < plain.effect[0] - 0.01


def test_srebp1_inhibition_raises_lipid_peroxide_and_lowers_the_ic50(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    """T063."""
    plain, treated = fed().read(), fed(interventions=given(srebp1_inhibitor="50 uM")).read()
    for with_drug in (False, True):
        assert treated.value("peroxide_per_cell", with_drug)[0] > 1.1 * plain.value("peroxide_per_cell", with_drug)[0]
    assert treated.effect[0] < plain.effect[0] - 0.01


def test_acc1_inhibition_slows_growth(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    """T064: cells that grow in culture without any drug."""
    plain, treated = fed().read(), fed(interventions=given(acc1_inhibitor="10 uM")).read()
    assert treated.rate("growth")[0] < 0.99 * plain.rate("growth")[0]
    assert treated.cells()[0] < 0.95 * plain.cells()[0]


def test_fatp2_inhibition_lowers_lipid_uptake_and_raises_the_kill(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    """T066."""
    plain, treated = fed().read(), fed(interventions=given(fatp2_inhibitor="50 uM")).read()
    assert treated.rate("lipid_uptake")[0] / treated.cells()[0] < 0.5 * plain.rate("lipid_uptake")[0] / plain.cells()[0]
    assert treated.per_cell("droplets")[0] < 0.8 * plain.per_cell("droplets")[0]
    assert treated.effect[0] < plain.effect[0] - 0.01


def test_less_lipid_in_droplets_makes_a_drug_work_better(
    fed: Callable[..., Any], given: Callable[..., Any], catalog: Catalog
) -> None:
    """M101: by a block of uptake or of SCD1, with the drug that stands for gefitinib; oleic acid from outside fills them again."""
    drug = catalog.surrogate("gefitinib")
    plain = fed(drug=drug).read()
    for agent in ({"fatp2_inhibitor": "50 uM"}, {"scd1_inhibitor": "5 uM"}):
        treated = fed(drug=drug, interventions=given(**agent)).read()
        assert treated.per_cell("droplets", True)[0] < 0.8 * plain.per_cell("droplets", True)[0]
        assert treated.cells(True)[0] < 0.95 * plain.cells(True)[0]
        assert treated.effect[0] < plain.effect[0] - 1e-3
    fed_oleate = fed(drug=drug, interventions=given(scd1_inhibitor="5 uM"), metabolism={"fatty_acid": "500 uM"}).read()
    blocked = fed(drug=drug, interventions=given(scd1_inhibitor="5 uM")).read()
    assert fed_oleate.per_cell("droplets", True)[0] > blocked.per_cell("droplets", True)[0]
    assert fed_oleate.effect[0] > blocked.effect[0]


@pytest.mark.parametrize("drug", ["melphalan", "bortezomib"])
def test_sphingomyelinase_protects_myeloma_and_sensitises_elsewhere(fed: Callable[..., Any], catalog: Catalog, drug: str) -> None:
    """M107: the context turns the sign; with the drugs that stand for melphalan and bortezomib, and delivered by vesicles."""
    shared = {"drug": catalog.surrogate(drug), "metabolism": None}
    there = fed(acting=["SMPD1"], contexts=["myeloma_sphingomyelinase"], **shared).read({"SMPD1": [LOW, HIGH]})
    elsewhere = fed("SMPD1 -> ceramide -> apoptosis", acting=["apoptosis"], **shared).read({"SMPD1": [LOW, HIGH]})
    assert there.effect[1] > there.effect[0] + 0.01
    assert elsewhere.effect[1] < elsewhere.effect[0] - 0.01
    result = run_claim(catalog.claim("asm_melphalan_seed003_84"), catalog, draws=1, contexts=("myeloma_sphingomyelinase",))
    assert result.direction == "resistance" and result.delivered_effect is not None and result.delivered_effect > 0.0


# -- amino acids


def test_glutamine_slows_melanoma_and_helps_other_cells(fed: Callable[..., Any]) -> None:
    """M104, T074: with the drug, too."""
    growth, left = {}, {}
    for context in ((), ("melanoma_glutamine",)):
        low, high = (fed(metabolism={"glutamine": f"{level} mM"}, contexts=list(context)).read() for level in (0.2, 8))
        growth[context] = np.log(high.cells()[0] / low.cells()[0])
        left[context] = np.log(high.cells(True)[0] / low.cells(True)[0])
    assert growth[()] > 0.05 and left[()] > 0.05
    assert growth["melanoma_glutamine",] < -0.05 and left["melanoma_glutamine",] < 0.0


def test_methionine_restriction_adds_to_fluorouracil(
    fed: Callable[..., Any], given: Callable[..., Any], catalog: Catalog
) -> None:
    """M105, T075: less is made of nucleotides, and the drug that stands for fluorouracil kills more."""
    shared = {"drug": catalog.surrogate("fluorouracil"), "metabolism": {"methionine": "101 uM"}}
    plain, treated = fed(**shared).read(), fed(**shared, interventions=given(methionine_restriction=1.0)).read()
    assert treated.value("methionine_supply", True)[0] < 0.3 * plain.value("methionine_supply", True)[0]
    assert treated.cells(True)[0] < 0.8 * plain.cells(True)[0]
    assert treated.effect[0] < plain.effect[0] - 0.01


def test_methionine_restriction_and_mat2a_shrink_the_share_of_cells_that_live_on_it(
    fed: Callable[..., Any], given: Callable[..., Any]
) -> None:
    """M105, T076: stem-like cells remake no methionine, the others most of it; both together leave fewer stem-like cells than either."""
    populations = [
        {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "1000 cell"},
        {"id": "stem", "cell_line": "escrt_dependent_line", "count": "1000 cell"},
    ]
    shares = {"recipient.methionine_synthesis_share": 0.8, "stem.methionine_synthesis_share": 0.0}
    found, stems = [], []
    for agents in ({}, {"methionine_restriction": 0.7}, {"mat2a_inhibitor": "200 nM"},
                   {"methionine_restriction": 0.7, "mat2a_inhibitor": "200 nM"}):  # fmt: skip
        reading = fed(populations=populations, metabolism={"methionine": "101 uM"}, interventions=given(**agents)).read(
            values=shares
        )
        stem = reading.node("cells", who="stem")[0]
        found.append(stem / (stem + reading.cells()[0]))
        stems.append(stem)
    assert found[1] < found[0] - 0.01 and found[3] < found[0] - 0.01
    assert stems[3] < 0.9 * min(stems[1], stems[2])


def test_slc1a3_raises_the_ic50_of_asparaginase(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    """M106: the dose that halves growth, by interpolation between doses."""
    doses = np.array([0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0])
    reason = "asparagine synthetase is low in cells that asparaginase kills"
    low = [{"name": "synthesis_share", "subject": "nutrient:asparagine", "value": "0.05 dimensionless", "reason": reason}]
    logs = []
    for dose in doses:
        one = fed(
            metabolism={"asparagine": "378 uM"}, acting=["SLC1A3"], interventions=given(asparaginase=f"{dose} nM"),
            parameters=low,
        )  # fmt: skip
        logs.append(np.log(one.read({"SLC1A3": [LOW, HIGH]}, times=(0.0, 72.0)).cells() / 1000.0))
    growth = np.array(logs)
    half = [
        float(np.interp(-0.6 * column[0], -column, np.log(doses + 1e-3))) if column[-1] < 0.6 * column[0] else np.inf
        for column in growth.T
    ]
    assert np.all(np.diff(growth, axis=0) < 1e-9)
    assert half[1] > half[0] + 0.1


def test_sulfapyridine_as_the_document_has_it_raises_oxidative_damage(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    """T073: read as a brake on glutamine use, glutathione falls and lipid peroxide rises."""
    plain, treated = fed().read(), fed(interventions=given(sulfapyridine="500 uM")).read()
    assert treated.node("glutathione")[0] < 0.95 * plain.node("glutathione")[0]
    assert treated.value("peroxide_per_cell")[0] > 1.05 * plain.value("peroxide_per_cell")[0]


# -- ferroptosis


def test_erastin_alone_kills_by_ferroptosis_and_is_rescued(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    """M073, T077: cystine uptake stops, glutathione falls, peroxide rises, cells die; nothing of it through a drug's damage."""
    erastin = {"erastin": "5 uM"}
    plain, treated = fed().read(), fed(interventions=given(**erastin)).read()
    assert treated.rate("cystine_uptake")[0] / treated.cells()[0] < 0.15 * plain.rate("cystine_uptake")[0] / plain.cells()[0]
    assert treated.node("glutathione")[0] < 0.3 * plain.node("glutathione")[0]
    assert treated.value("peroxide_per_cell")[0] > 3.0 * plain.value("peroxide_per_cell")[0]
    assert abs(treated.value("damage_per_cell")[0]) < 1e-12
    loss = np.log(plain.cells()[0] / treated.cells()[0])
    assert loss > 1.0 and treated.rate("ferroptosis")[0] > 5.0 * treated.rate("death")[0]
    for rescue in ({"ferrostatin_1": "1 uM"}, {"deferoxamine": "200 uM"}, {"acsl4_knockdown": 1.0}):
        rescued = fed(interventions=given(**erastin, **rescue)).read()
        assert np.log(plain.cells()[0] / rescued.cells()[0]) < 0.1 * loss
    for hub in ("GPX4", "SLC7A11", "AIFM2"):
        protected = fed(acting=[hub], interventions=given(**erastin)).read({hub: [LOW, HIGH]})
        assert protected.cells()[1] > 1.05 * protected.cells()[0]


def test_without_gpx4_or_glutathione_the_second_way_matters(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    """FSP1 hardly matters while GPX4 works, and decides without it."""
    loss = []
    for agents in ({}, {"gpx4_knockdown": 1.0}):
        plain = fed(interventions=given(**agents)).read()
        without = fed(interventions=given(**agents, fsp1_knockdown=1.0)).read()
        loss.append(np.log(plain.cells()[0] / without.cells()[0]))
    assert loss[0] < 0.05 < 0.3 < loss[1]


def test_oxidisable_lipid_from_outside_passes_round_a_loss_of_acsl4(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    """T072: with GPX4 blocked, cells without ACSL4 live; phospholipid with arachidonic acid brings peroxide and death back."""
    lost = {"acsl4_knockdown": 1.0, "rsl3": "1 uM"}
    complete = {"intervention.acsl4_knockdown.max_effect": 1.0}
    free = fed(interventions=given(**lost)).read(values=complete)
    fatty = fed(interventions=given(**lost), metabolism={"phospholipid": "50 uM"}).read(values=complete)
    assert free.rate("pufa_incorporation")[0] == 0.0 and fatty.rate("pufa_incorporation")[0] == 0.0
    assert fatty.value("peroxide_per_cell")[0] > 5.0 * free.value("peroxide_per_cell")[0]
    assert fatty.cells()[0] < 0.3 * free.cells()[0]


def test_sirt1_drives_ferroptosis_where_the_context_says_so(fed: Callable[..., Any], catalog: Catalog) -> None:
    """M080: fibroblasts' vesicles with DACT3-AS1 sensitise to oxaliplatin, so cells that no longer get it resist."""
    claim = catalog.claim("dact3_as1_oxaliplatin_t1_seed001_78")
    there = run_claim(claim, catalog, draws=1, contexts=("sirt1_ferroptosis",))
    assert there.direction == "sensitivity" and there.circular
    assert there.knock_down is not None and there.knock_down > 0.0
    assert run_claim(claim, catalog, draws=1).direction == "resistance"
    chain = "DACT3_AS1 -| miR_181a_5p -| SIRT1 -> ferroptosis"
    one = fed(
        chain, drug="oxaliplatin", acting=["ferroptosis"], carried=[("DACT3_AS1", "lncRNA")], contexts=["sirt1_ferroptosis"]
    )
    found = one.read(values={"recipient.DACT3_AS1.clamp": np.array([1.0, 100.0])})
    assert found.value("peroxide_per_cell", True)[1] > found.value("peroxide_per_cell", True)[0]
    assert found.effect[1] < found.effect[0]


# -- autophagy


@pytest.mark.parametrize(("head", "level"), [("AKT", 0.25), ("ANXA6", HIGH), ("TP53INP2", HIGH)])
def test_where_autophagy_protects_chloroquine_restores_the_kill(
    fed: Callable[..., Any], given: Callable[..., Any], catalog: Catalog, head: str, level: float
) -> None:
    """M069, T014: miR-425-3p lowers AKT, ANXA6 and TP53INP2 rise; with the drug that stands for cisplatin."""
    if head == "AKT":
        assert dict(catalog.edges_from("miR_425_3p"))["AKT"] == -1
    drug = catalog.surrogate("cisplatin")
    shared = {"drug": drug, "acting": ["autophagy"]}
    path = path_text(catalog, head, "autophagy")
    plain = fed(path, **shared).read({head: [1.0, level]})
    treated = fed(path, **shared, interventions=given(chloroquine="100 uM")).read({head: [1.0, level]})
    gain = plain.effect[1] - plain.effect[0]
    assert gain > 0.005
    assert np.all(treated.effect < plain.effect - 0.05)
    assert treated.effect[1] - treated.effect[0] < 0.5 * gain


def test_where_autophagy_kills_its_loss_protects_and_chloroquine_restores_nothing(
    fed: Callable[..., Any], given: Callable[..., Any], catalog: Catalog
) -> None:
    """M069, T014: FAL1 -> TRIM3 -| BECN1 -> autophagy."""
    claim = catalog.claim("fal1_oxaliplatin_t1_seed001_68")
    assert claim.path.startswith("FAL1 -> TRIM3 -| BECN1")
    shared = {"drug": "oxaliplatin", "acting": ["autophagy"], "contexts": ["autophagic_death"]}
    path = "FAL1 -> TRIM3 -| BECN1 -> autophagy"
    plain = fed(path, **shared).read({"FAL1": [LOW, HIGH]})
    treated = fed(path, **shared, interventions=given(chloroquine="100 uM")).read({"FAL1": [LOW, HIGH]})
    assert plain.effect[1] > plain.effect[0] + 0.002
    assert np.all(treated.effect > plain.effect + 0.02)
    there = run_claim(claim, catalog, draws=1, contexts=("autophagic_death",))
    assert (there.direction, there.circular) == ("resistance", True)


def test_chloroquine_also_lets_more_vesicles_out(fed: Callable[..., Any], given: Callable[..., Any]) -> None:
    plain, treated = fed().read(), fed(interventions=given(chloroquine_lysosome="50 uM")).read()
    assert treated.secreted()[0] > 1.1 * plain.secreted()[0]


# -- claims and contexts


def test_the_sign_of_acadm_is_a_choice(catalog: Catalog) -> None:
    """B027: the table that is cited says resistance, the title sensitivity; the context decides."""
    by_table = route_between(catalog, "ACADM", "fatty_acid_oxidation")
    by_title = route_between(catalog, "ACADM", "ferroptosis", ("acadm_ferroptosis",))
    assert by_table is not None and by_title is not None and len(by_table) == len(by_title) == 1
    signs = []
    for route, name in ((by_table, "fatty_acid_oxidation"), (by_title, "ferroptosis")):
        hub = catalog.find_hub(name)
        assert hub is not None
        signs.append(route[0].sign * int(hub.sign))
    assert signs == [1, -1]
    chains = Chains()
    chains.add("SIRT1", "ferroptosis", -1)
    assert chains.in_contexts(catalog, ("sirt1_ferroptosis",)).edges == {("SIRT1", "ferroptosis"): 1}
    assert chains.in_contexts(catalog, ()).edges == chains.edges


def test_acadm_in_vesicles_resists_or_sensitises_by_context(fed: Callable[..., Any]) -> None:
    """B027 on cells: burning fat makes ATP and reductant; in the other context it feeds peroxidation."""
    table = fed("ACADM -> fatty_acid_oxidation", acting=["fatty_acid_oxidation"]).read({"ACADM": [LOW, HIGH]})
    title = fed("ACADM -> ferroptosis", acting=["ferroptosis"], contexts=["acadm_ferroptosis"]).read({"ACADM": [LOW, HIGH]})
    assert table.effect[1] > table.effect[0] + 1e-3
    assert title.effect[1] < title.effect[0] - 1e-3


@pytest.mark.parametrize(
    "hub",
    [
        "glycolysis", "PKM2", "LDHA", "HK2", "SLC2A1", "oxidative_phosphorylation", "fatty_acid_oxidation", "fatty_acid_synthesis",
        "SCD", "glutamine_metabolism", "amino_acid_metabolism", "GPX4", "SLC7A11", "AIFM2", "ACSL4", "lipid_ROS", "ferroptosis",
        "autophagy",
    ],
)  # fmt: skip
def test_a_hub_moves_survival_as_its_lumped_action_does(fed: Callable[..., Any], catalog: Catalog, hub: str) -> None:
    """Through the processes and through the lumped action: the same direction."""
    lumped = fed(acting=[hub], metabolism=None).read({hub: [LOW, HIGH]}).effect
    driven = fed(acting=[hub]).read({hub: [LOW, HIGH]}).effect
    assert abs(driven[1] - driven[0]) > 1e-3 and (driven[1] - driven[0]) * (lumped[1] - lumped[0]) > 0.0
