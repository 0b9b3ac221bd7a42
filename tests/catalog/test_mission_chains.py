"""Mechanisms and therapies that act through nodes and hubs: claims that run, and chains whose every node moves with its sign.

Expected directions are those of the documents' acceptance tests, typed here; the claims' own directions are not read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from exoresist.assembly.axes import is_mirna
from exoresist.studies.claims import SMALLEST_EFFECT

RESISTS = """
    abcb1_docetaxel_t2_seed001_4 abcb1_doxorubicin_t2_seed001_1 abcc1_doxorubicin_t2_seed001_8 abcg2_multidrug_seed001_1
    acadm_gemcitabine_seed003_11 anxa6_paclitaxel_t1_seed001_42 apcdd1l_as1_fluorouracil_t1_seed001_59
    circ0002130_osimertinib_seed003_76 circ0008928_cisplatin_seed003_74 circ_0008928_cisplatin_t1_seed001_21
    circ_101093_chemotherapy_zhang22 circ_102481_egfr_tkis_t1_seed001_17
    circ_c20orf11_cisplatin_t1_seed001_7 circ_egfr_pirarubicin_t1_seed001_40 circ_mmp11_lapatinib_wu21
    circ_pak1_lenvatinib_t1_seed001_9 circ_wdr62_temozolomide_t1_seed001_62 circdlgap4_doxorubicin_seed003_79
    cirs_122_oxaliplatin_seed001_1 class_er_stress_seed001_1 cpt1a_oxaliplatin_seed003_121 gja1_temozolomide_t1_seed001_15
    gstp1_doxorubicin_seed003_55 hisla_docetaxel_seed003_21 lactate_repair_seed003_82 lncarsr_sunitinib_t1_seed001_54
    lncfero_cisplatin_seed003_23 loc606724_chemotherapy_wang22 mir21_pdha1_seed003_131 mir_10a_cytarabine_t1_seed001_12
    mir_130a_cisplatin_t1_seed001_73 mir_210_gemcitabine_t1_seed001_57 mir_222_3p_gemcitabine_t1_seed001_18
    mir_222_3p_gemcitabine_t1_seed001_67 mir_223_cisplatin_t1_seed001_26 mir_27a_3p_propranolol_t1_seed001_48
    mir_301b_3p_cisplatin_t1_seed001_51 mir_3173_5p_gemcitabine_t1_seed001_81 mir_378d_doxorubicin_t1_seed001_37
    mir_423_5p_taxanes_shan20 mir_4443_cisplatin_t1_seed001_19 mir_4717_5p_anti_pyrimidine_t1_seed001_70
    mir_522_chemotherapy_zhang20 mir_6836_cisplatin_t1_seed001_56 mir_92b_3p_multidrug_t1_seed001_25
    mttp_oxaliplatin_seed003_51 pirna_17560_docetaxel_t1_seed001_41 pkm2_cisplatin_seed001_1
    rab27b_chemotherapy_li20 snhg1_chemotherapy_wang22 uca1_cisplatin_t1_seed001_72 yap1_enzalutamide_seed003_53
""".split()
SENSITISES = """
    anti_mir_155_cisplatin_kirave20 anti_mir_21_fluorouracil_liang anti_mir_501_doxorubicin_seed001_1
    axl_met_inhibitor_sunitinib_sun18 hederin_paclitaxel_seed003_130 let_7a_fluorouracil_ohno
    mir_199a_3p_cisplatin_shang mir_497_cisplatin_t1_seed001_6 mir_7_gefitinib_t1_seed001_23 plade_cisplatin_t1_seed001_8
    rna_pdl1_chemotherapy_tu19 shikonin_cisplatin_seed003_123 sicirc0005963_oxaliplatin_seed003_110
    sicpt1a_oxaliplatin_seed001_1 sigrp78_sorafenib_seed001_1 simet_resistance_seed001_1
""".split()


@pytest.mark.parametrize("name", [*RESISTS, *SENSITISES])
def test_claim_has_its_direction(claimed: Callable[[str], Any], name: str) -> None:
    """Raised, the head has the direction; knocked down, the opposite; with the chain cut, none."""
    found = claimed(name)
    assert found.ran, found.reason
    sign = 1.0 if name in RESISTS else -1.0
    assert sign * found.effect > SMALLEST_EFFECT
    assert sign * found.knock_down < -1e-7
    assert abs(found.target_deleted) < 0.1 * abs(found.effect)


class Row(NamedTuple):
    """Head raised: survivors go up (+1) or down (-1); `agent` takes at least half of that away."""

    mission: str
    path: str
    acting: str
    direction: int
    drug: str = "doxorubicin"
    agent: str = ""
    claims: tuple[str, ...] = ()
    head: str = ""
    line: str = "generic_tumour"


P, O = "paclitaxel", "oxaliplatin"  # noqa: E741
ROWS = [
    Row("M008", "USP32 -> RAB35 -> vesicle_release", "vesicle_release", +1, claims=("usp32_imatinib_t1_seed001_34",)),
    Row("M007", "RAB27B -> vesicle_release", "vesicle_release", +1),
    Row("M052", "CTNNB1 -> ABCB1 -> drug_efflux", "drug_efflux", +1, line="mcf7_resistant"),
    Row("M059", "RAD51 -> DNA_repair", "DNA_repair", +1, O),
    Row("M061", "circ_BIRC6 -> SUMO1 -> XRCC4 -> DNA_repair", "DNA_repair", +1, O,
        claims=("circ_birc6_platinum_t1_seed001_82",)),
    Row("M062", "PLADE -| HNRNPD -| R_loop", "R_loop", -1, O, claims=("plade_cisplatin_t1_seed001_8",)),
    Row("M063", "lactate -> MRE11_lactylation -> DNA_repair", "DNA_repair", +1, agent="block_MRE11_lactylation"),
    Row("M067", "STAT3 -> BCL2 -| apoptosis", "apoptosis", +1, agent="restore_apoptosis"),
    Row("M070", "HSPA5 -| ER_stress", "ER_stress", +1),
    Row("M071", "TP53 -> apoptosis", "apoptosis", -1),
    Row("M074", "miR_4443 -| METTL3 -| AIFM2 -| ferroptosis", "ferroptosis", +1, O,
        claims=("mir_4443_cisplatin_t1_seed001_19",)),
    Row("M075", "miR_522 -| ALOX15 -> lipid_ROS -> ferroptosis", "ferroptosis", +1, O, "restore_lipid_ROS",
        ("mir_522_chemotherapy_zhang20",)),
    Row("M076", "miR_3173_5p -| ACSL4 -> ferroptosis", "ferroptosis", +1, claims=("mir_3173_5p_gemcitabine_t1_seed001_81",)),
    Row("M077", "circ_101093 -> FABP3 -| arachidonic_acid -> ferroptosis", "ferroptosis", +1,
        claims=("circ_101093_chemotherapy_zhang22",)),
    Row("M078", "lncFERO -> SCD -| ferroptosis", "ferroptosis", +1, O, "block_SCD"),
    Row("M079", "MTTP -| PUFA -> lipid_ROS -> ferroptosis", "ferroptosis", +1, O, claims=("mttp_oxaliplatin_seed003_51",)),
    Row("M082", "circ_0005963 -| miR_122 -| PKM2 -> glycolysis", "glycolysis", +1, O, "block_PKM2",
        ("cirs_122_oxaliplatin_seed001_1",)),
    Row("M083a", "circ_0008928 -| miR_488 -| HK2 -> glycolysis", "glycolysis", +1, O,
        claims=("circ0008928_cisplatin_seed003_74",)),
    Row("M083b", "circ_DLGAP4 -| miR_143 -| HK2 -> glycolysis", "glycolysis", +1, claims=("circdlgap4_doxorubicin_seed003_79",)),
    Row("M083c", "circ_0002130 -| miR_498 -| SLC2A1 -> glycolysis", "glycolysis", +1,
        claims=("circ0002130_osimertinib_seed003_76",)),
    Row("M084", "miR_21_5p -| PDHA1 -| glycolysis -> lactate", "glycolysis", +1, O, claims=("mir21_pdha1_seed003_131",)),
    Row("M085", "PKM2 -> glycolysis -> reductive_metabolites -| ROS", "ROS", +1, O, "block_glycolysis",
        ("pkm2_cisplatin_seed001_1",)),
    Row("M089", "PI3K -> AKT -> glycolysis", "glycolysis", +1, O, "block_AKT"),
    Row("M096", "fatty_acid_synthesis -| ferroptosis", "ferroptosis", -1, agent="block_fatty_acid_synthesis",
        head="block_fatty_acid_synthesis"),
    Row("M100", "CPT1A -> fatty_acid_oxidation", "fatty_acid_oxidation", -1, O, "block_CPT1A", head="block_CPT1A"),
    Row("M103", "GLS -> glutamine_metabolism -> antioxidant_capacity -| ROS", "ROS", -1, agent="block_GLS", head="block_GLS"),
    Row("M124", "piRNA_17560 -> FTO -> ZEB1 -> EMT", "EMT", +1, P, claims=("pirna_17560_docetaxel_t1_seed001_41",)),
    Row("M130", "miR_155 -| FOXO3 -| EMT", "EMT", +1, O, "block_EMT"),
    Row("M139", "miR_223 -| PTEN -| PI3K -> AKT", "AKT", +1, O, "block_AKT", ("mir_223_cisplatin_t1_seed001_26",)),
    Row("M140", "RPS3 -> PI3K -> AKT -> ABCB1 -> drug_efflux", "drug_efflux", +1, agent="block_PI3K", line="mcf7_resistant"),
    Row("M141", "WNT -> CTNNB1 -> RAD51 -> DNA_repair", "DNA_repair", +1, O, "block_CTNNB1"),
    Row("M142", "LINC01614 -> RELA -> NFKB -> BCL2 -| apoptosis", "apoptosis", +1, agent="block_NFKB",
        claims=("linc01614_luad_liu22",)),
    Row("M144a", "IL6 -> STAT3 -> BCL2", "STAT3", +1, agent="block_STAT3"),
    Row("M144b", "miR_222_3p -| SOCS3 -| STAT3", "STAT3", +1, agent="block_STAT3",
        claims=("mir_222_3p_gemcitabine_t1_seed001_18",)),
    Row("M145a", "miR_27a_3p -| DKK2 -| CTNNB1", "CTNNB1", +1, agent="restore_DKK2",
        claims=("mir_27a_3p_propranolol_t1_seed001_48",)),
    Row("M145b", "miR_378d -| DKK3 -| CTNNB1", "CTNNB1", +1, agent="restore_DKK3",
        claims=("mir_378d_doxorubicin_t1_seed001_37",)),
    Row("M146a", "circ_PAK1 -| YWHAZ -| YAP1 -> TEAD1", "TEAD1", +1, agent="block_YAP1",
        claims=("circ_pak1_lenvatinib_t1_seed001_9",)),
    Row("M146b", "miR_6836 -| DLG2 -| YAP1 -> TEAD1", "TEAD1", +1, O, "block_YAP1", ("mir_6836_cisplatin_t1_seed001_56",)),
    Row("M146c", "ANXA6 -> YAP1", "YAP1", +1, P, "block_YAP1"),
    Row("M146d", "ANXA6 -> YAP1 -> lipid_metabolism", "lipid_metabolism", +1, agent="block_YAP1"),
    Row("M146e", "miR_7 -| YAP1 -> TEAD1", "TEAD1", -1, claims=("mir_7_gefitinib_t1_seed001_23",)),
    Row("M147a", "miR_210 -> MTOR -> EIF4E", "EIF4E", +1, agent="block_MTOR"),
    Row("M147b", "miR_222_3p -| TSC1 -| MTOR", "MTOR", +1, agent="block_MTOR", claims=("mir_222_3p_gemcitabine_t1_seed001_67",)),
    Row("M148", "miR_423_5p -| GREM2 -| TGFB1 -> EMT", "EMT", +1, P, "block_TGFB1", ("mir_423_5p_taxanes_shan20",)),
    Row("M153", "miR_663b -| MGAT3 -| EMT", "EMT", +1, agent="restore_MGAT3", claims=("mir_663b_cervical_you21",)),
    Row("T015", "RNA_unspecified -| CD274 -> DNA_repair", "DNA_repair", -1, claims=("rna_pdl1_chemotherapy_tu19",)),
    Row("T017", "lncARSR -| miR_34 -| AXL -> AKT", "AKT", +1, "sunitinib", "block_AXL",
        claims=("lncarsr_sunitinib_t1_seed001_54",)),
    Row("T024", "IGFL2_AS1 -| HNRNPC -| TP53INP2 -> autophagy", "autophagy", +1, "sunitinib",
        claims=("igfl2_as1_sunitinib_t1_seed001_53",)),
    Row("T026", "si_circ_0005963 -| circ_0005963 -| miR_122 -| PKM2 -> glycolysis", "glycolysis", -1, O,
        claims=("sicirc0005963_oxaliplatin_seed003_110",)),
    Row("T029", "shikonin -| PKM2 -> glycolysis", "glycolysis", -1, O, claims=("shikonin_cisplatin_seed003_123",)),
    Row("T035", "anti_miR_155 -| miR_155 -| FOXO3 -| EMT", "EMT", -1, O, claims=("anti_mir_155_cisplatin_kirave20",)),
    Row("T036", "anti_miR_501 -| miR_501 -| BLID -> apoptosis", "apoptosis", -1, claims=("anti_mir_501_doxorubicin_seed001_1",)),
    Row("T041", "siHSPA5 -| HSPA5 -| ER_stress", "ER_stress", -1, "sorafenib", claims=("sigrp78_sorafenib_seed001_1",)),
    Row("T042", "siMET -| MET -> PI3K -> AKT", "AKT", -1, claims=("simet_resistance_seed001_1",)),
    Row("T061p", "PI3K -> AKT", "AKT", +1, P, "block_AKT"),
    Row("T061o", "PI3K -> AKT", "AKT", +1, O, "block_AKT"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.mission)
def test_every_node_of_a_chain_moves_with_its_sign(chain: Callable[..., Any], row: Row) -> None:
    """Head up, down, and up with the agent: nodes, miRNA occupancies and survivors."""
    agents = [row.agent] if row.agent else []
    one = chain(row.path, acting=[row.acting], agents=agents, drug=row.drug, claims=row.claims, line=row.line)
    head = row.head or row.path.split()[0]
    up, down = ({head: 100.0}, {head: 0.05}) if is_mirna(head) else ({head: 4.0}, {head: 0.25})
    found = one.read([{}, up, down, {**up, row.agent: 4.0} if row.agent else up], 120.0 if row.line != "generic_tumour" else None)
    signs = one.signs(head)
    assert len(signs) == len({name for edge in one.edges for name in edge if name != row.agent or name == head})
    for node, sign in signs.items():
        level = found.value(f"{node}.occupancy_now") if is_mirna(node) else found.node(node)
        steps = np.array([level[1] - level[0], level[0] - level[2]]) / level[0]
        assert np.all(sign * steps > 1e-6), (node, steps)
    assert row.direction * found.effect[1] > SMALLEST_EFFECT
    assert row.direction * found.effect[2] < -1e-7
    if row.agent and row.agent != head:
        assert row.direction * found.effect[3] < 0.5 * row.direction * found.effect[1]


def test_both_survival_pathways_must_be_blocked(chain: Callable[..., Any]) -> None:
    """KRAS feeds ERK and PI3K: a MEK or a PI3K inhibitor alone leaves the other way open, the pair leaves less than either."""
    one = chain("KRAS -> ERK", "KRAS -> PI3K -> AKT", acting=["ERK", "AKT"], agents=["block_ERK", "block_PI3K"])
    sets = [{}, {"KRAS": 4.0}]
    sets += [{"KRAS": 4.0, **{name: 4.0 for name in names}} for names in (["block_ERK"], ["block_PI3K"])]
    sets.append({"KRAS": 4.0, "block_ERK": 4.0, "block_PI3K": 4.0})
    found = one.read(sets)
    driven, erk, pi3k, both = found.effect[1:]
    assert both < min(erk, pi3k) - 0.01 < driven
    assert max(erk, pi3k) < driven - 0.01
    assert found.node("AKT")[2] > 1.05  # under the MEK inhibitor the other way is still open


def test_pi3k_and_mek_inhibitors_lower_the_pump_too(chain: Callable[..., Any]) -> None:
    one = chain(
        "KRAS -> ERK", "KRAS -> PI3K -> AKT -> ABCB1 -> drug_efflux", acting=["ERK", "drug_efflux"],
        agents=["block_ERK", "block_PI3K"], line="mcf7_resistant",
    )  # fmt: skip
    on = {"KRAS": 4.0}
    found = one.read(
        [on, {**on, "block_ERK": 4.0}, {**on, "block_PI3K": 4.0}, {**on, "block_ERK": 4.0, "block_PI3K": 4.0}], 120.0
    )
    assert found.effect[3] < min(found.effect[1], found.effect[2]) - 1e-3
    assert found.node("drug_efflux")[2] < 0.99 * found.node("drug_efflux")[0]
    inside = found.per_cell("cytosol_doxorubicin")
    assert inside[2] > 1.001 * inside[0]


def test_cytokine_blockade_works_without_vesicles(chain: Callable[..., Any]) -> None:
    one = chain("IL6 -> STAT3", "TGFB1 -> EMT", acting=["STAT3", "EMT"], agents=["block_STAT3", "block_EMT"])
    off = {"recipient.ilv_formation_rate": 0.0}
    high = {**off, "IL6": 4.0, "TGFB1": 4.0}
    found = one.read([off, high, {**high, "block_STAT3": 4.0}, {**high, "block_EMT": 4.0}])
    assert np.all(found.run.amount("medium.vesicles_recipient") == 0.0)
    assert found.effect[1] > 0.01
    assert found.effect[2] < found.effect[1] - 0.01 and found.effect[3] < found.effect[1] - 0.01


def test_ferroptotic_lipids_undo_the_loss_of_acsl4(chain: Callable[..., Any]) -> None:
    """miR-3173-5p lowers ACSL4: less ferroptosis, more survivors; oxidisable lipid from outside undoes it."""
    one = chain("miR_3173_5p -| ACSL4 -> ferroptosis", "PUFA -> lipid_ROS -> ferroptosis", acting=["ferroptosis"],
                claims=["mir_3173_5p_gemcitabine_t1_seed001_81"])  # fmt: skip
    found = one.read([{}, {"miR_3173_5p": 100.0}, {"miR_3173_5p": 100.0, "PUFA": 10.0}])
    assert found.node("ACSL4")[1] < 0.95
    assert found.effect[1] > 1e-3
    assert found.node("lipid_ROS")[2] > 1.2
    assert found.effect[2] < 0.5 * found.effect[1]


def test_caspases_restore_what_bcl2_takes(chain: Callable[..., Any]) -> None:
    one = chain("BCL2 -| apoptosis", "CASP3 -> apoptosis", acting=["apoptosis"])
    found = one.read([{}, {"BCL2": 1.5}, {"BCL2": 1.5, "CASP3": 10.0}])
    assert found.effect[1] > 1e-3
    assert found.effect[2] < 0.5 * found.effect[1]


def test_less_transporter_lets_less_drug_in_without_a_pump(chain: Callable[..., Any]) -> None:
    """miR-4717-5p on ENT2: less drug inside at the same number of pumps. Enzymes that inactivate: likewise, through loss."""
    one = chain("miR_4717_5p -| SLC29A2", acting=["SLC29A2"], drug="gemcitabine",
                claims=["mir_4717_5p_anti_pyrimidine_t1_seed001_70"])  # fmt: skip
    found = one.read([{}, {"miR_4717_5p": 100.0}])
    pumps = found.per_cell("ABCB1")
    assert found.node("SLC29A2")[1] < 0.99
    assert pumps[1] == pytest.approx(pumps[0], rel=1e-3)
    assert found.effect[1] > 1e-3


@pytest.mark.parametrize("drug", ["doxorubicin", "oxaliplatin"])
def test_detoxifying_enzymes_lower_active_drug(chain: Callable[..., Any], drug: str) -> None:
    one = chain("GSTP1 -> drug_metabolism", acting=["drug_metabolism"], drug=drug)
    found = one.read([{}, {"GSTP1": 4.0}, {"GSTP1": 0.25}])
    inside = found.per_cell(f"cytosol_{drug}", f"target_{drug}")
    assert inside[1] < (1.0 - 1e-6) * inside[0] < (1.0 - 1e-6) ** 2 * inside[2]
    assert found.effect[1] > 1e-7 > -1e-7 > found.effect[2]


@pytest.mark.parametrize("name", ["RAB27A", "RAB27B", "RAB35", "SNARE_complex"])
def test_each_docking_factor_raises_secretion_by_itself(chain: Callable[..., Any], name: str) -> None:
    one = chain("RAB27A -> vesicle_release", "RAB27B -> vesicle_release", "RAB35 -> vesicle_release",
                "SNARE_complex -> vesicle_release", acting=["vesicle_release"])  # fmt: skip
    others = [other for other in ("RAB27A", "RAB27B") if other != name][:1]
    found = one.read([{}, {name: 4.0}, {name: 0.1}, {name: 0.1, **{other: 0.1 for other in others}}])
    secretion = found.rate("secretion")
    assert secretion[1] > 1.02 * secretion[0]
    assert secretion[2] < 0.98 * secretion[0]
    assert secretion[3] < 0.99 * secretion[2]


def test_rab27b_throws_drug_out_in_vesicles_only(chain: Callable[..., Any]) -> None:
    one = chain("RAB27B -> vesicle_release", acting=["vesicle_release"])
    off = {"recipient.secretion_rate": 0.0}
    found = one.read([{}, {"RAB27B": 4.0}, off, {**off, "RAB27B": 4.0}])
    inside = found.per_cell("cytosol_doxorubicin", "target_doxorubicin")
    assert inside[1] < (1.0 - 1e-4) * inside[0]
    assert found.effect[1] > 1e-4
    assert inside[3] == pytest.approx(inside[2], rel=1e-9)
    assert found.effect[3] == pytest.approx(found.effect[2], abs=1e-9)


def test_loss_of_ogt_throws_platinum_out(chain: Callable[..., Any]) -> None:
    """OGT down: more SNARE complexes, more secretion, less platinum in the cell, more survivors; restored, all turn back.

    Platinum hardly enters vesicles, so the effect is small.
    """
    one = chain("OGT -| SNARE_complex -> vesicle_release", acting=["vesicle_release"], drug="oxaliplatin",
                claims=["ogt_cisplatin_seed001_1"])  # fmt: skip
    found = one.read([{}, {"OGT": 0.05}, {"OGT": 4.0}])
    assert found.rate("secretion")[1] > 1.01 * found.rate("secretion")[0] > 1.01 * found.rate("secretion")[2]
    inside = found.per_cell("cytosol_oxaliplatin", "target_oxaliplatin")
    assert inside[1] < (1.0 - 1e-8) * inside[0] < (1.0 - 1e-8) ** 2 * inside[2]
    assert found.effect[1] > 1e-8 > -1e-8 > found.effect[2]
