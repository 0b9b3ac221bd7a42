"""Mission rows on lipids and amino acids: what the documents expect, shown by the processes themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.catalog import Catalog
from exoresist.studies.claims import run_claim

LOW, HIGH = 1.0, 4.0


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
