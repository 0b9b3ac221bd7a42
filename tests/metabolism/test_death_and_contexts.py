"""Mission rows on ferroptosis and autophagy, and the signs that depend on a context."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.axes import Chains
from exoresist.catalog import Catalog
from exoresist.catalog.route import route_between
from exoresist.studies.claims import run_claim

LOW, HIGH = 1.0, 4.0


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
    fed: Callable[..., Any], given: Callable[..., Any], catalog: Catalog, head: str, level: float, stored: Callable[..., str]
) -> None:
    """M069, T014: miR-425-3p lowers AKT, ANXA6 and TP53INP2 rise; with the drug that stands for cisplatin."""
    if head == "AKT":
        assert dict(catalog.edges_from("miR_425_3p"))["AKT"] == -1
    drug = catalog.surrogate("cisplatin")
    shared = {"drug": drug, "acting": ["autophagy"]}
    path = stored(head, "autophagy")
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
