"""Lesions by kind: each drug makes its own, each enzyme mends its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.lesions import harms, kinds, repairs
from exoresist.catalog import Catalog

TIMES = (0.0, 72.0)
Maker = Callable[..., Any]


def alone(dish: Maker, drug: str, *interventions: str, line: str = "generic_tumour", **changes: Any) -> Any:
    assay = {"kind": "dose_response", "population": "recipient", "drug": drug, "doses": ["1 nM"]}
    given = {"drugs": [{"id": drug, "dose": "0 nM"}], "assay": assay, "cargo": [], "duration": "72 h", **changes}
    done = [{"id": name, "strength": 1.0} for name in interventions]
    return dish(populations=[{"id": "recipient", "cell_line": line, "count": "3000 cell"}], interventions=done, **given)


def typical(drug: str) -> float:
    return Catalog.load().parameter("ic50_observed", f"cell_line:generic_tumour|drug:{drug}").value


def left(one: Any, drug: str, dose: float) -> float:
    cells = one.run(TIMES, doses={drug: np.array([0.0, dose])}).amount("recipient.cells")[-1]
    return float(cells[1] / cells[0])


def ic50(one: Any, drug: str, near: float) -> float:
    doses = np.concatenate([[0.0], near * np.geomspace(0.02, 50.0, 61)])
    cells = one.run(TIMES, doses={drug: doses}).amount("recipient.cells")[-1]
    return float(np.exp(np.interp(-0.5, -cells[1:] / cells[0], np.log(doses[1:]))))


@pytest.mark.parametrize(
    "drug", ["cisplatin", "temozolomide", "gemcitabine", "fluorouracil", "methotrexate", "docetaxel", "irinotecan", "etoposide"]
)
def test_the_generic_cell_has_the_typical_ic50(dish: Maker, drug: str) -> None:
    assert ic50(alone(dish, drug), drug, typical(drug)) == pytest.approx(typical(drug), rel=0.03)


def test_shares_of_damage_sum_to_one() -> None:
    catalog = Catalog.load()
    agents = {subject.split("|")[0].removeprefix("drug:") for subject in catalog.subjects("lesion_share")}
    assert len(agents) > 10
    for agent in agents:
        shares = [catalog.parameter("lesion_share", f"drug:{agent}|lesion:{kind}").value for kind in kinds(catalog, agent)]
        assert sum(shares) == pytest.approx(1.0), agent


def test_a_drug_of_one_kind_keeps_one_damage_and_one_of_two_kinds_has_two() -> None:
    catalog = Catalog.load()
    found = harms(catalog, ["doxorubicin", "paclitaxel", "temozolomide"])
    assert found == {
        "doxorubicin": ("doxorubicin", "double_strand_break"), "paclitaxel": ("paclitaxel", ""),
        "temozolomide_O6_alkyl": ("temozolomide", "O6_alkyl"), "temozolomide_N_alkyl": ("temozolomide", "N_alkyl"),
    }  # fmt: skip
    assert repairs(catalog, "glycolysis", "crosslink") and repairs(catalog, "glycolysis", "")
    assert repairs(catalog, "MGMT", "O6_alkyl") and not repairs(catalog, "MGMT", "crosslink") and not repairs(catalog, "MGMT", "")


def test_mgmt_raises_the_ic50_of_temozolomide_and_not_of_cisplatin(dish: Maker) -> None:
    fold = {}
    for drug in ("temozolomide", "cisplatin"):
        plain, more = (ic50(alone(dish, drug, *names), drug, typical(drug)) for names in ((), ("mgmt_overexpression",)))
        fold[drug] = more / plain
    assert fold["temozolomide"] > 1.5
    assert fold["cisplatin"] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("loss", ["brca1_loss", "brca2_loss", "atm_loss"])
def test_lost_recombination_sensitises_to_its_own_lesions_only(dish: Maker, loss: str) -> None:
    for drug, felt in (("olaparib", True), ("cisplatin", True), ("etoposide", True), ("temozolomide", False), ("docetaxel", False),
                       ("gemcitabine", False)):  # fmt: skip
        plain, lost = (left(alone(dish, drug, *names), drug, typical(drug)) for names in ((), (loss,)))
        if felt:
            assert lost < 0.95 * plain, drug
        else:
            assert lost == pytest.approx(plain, rel=1e-9), drug


def test_the_document_s_sign_of_brca_is_a_switch_that_is_off(dish: Maker) -> None:
    """Read to the letter, the mutation enhances repair; that is asked for by name and is never the default."""
    plain, printed = (left(alone(dish, "olaparib", *names), "olaparib", typical("olaparib"))
                      for names in ((), ("brca1_mutation_as_printed",)))  # fmt: skip
    assert printed > 1.05 * plain


def test_ercc1_loss_sensitises_to_platinum_and_not_to_breaks(dish: Maker) -> None:
    for drug, felt in (("cisplatin", True), ("melphalan", True), ("etoposide", False)):
        plain, lost = (left(alone(dish, drug, *names), drug, typical(drug)) for names in ((), ("ercc1_loss",)))
        assert (lost < 0.95 * plain) is felt, drug


def test_each_lesion_is_mended_at_its_own_rate(dish: Maker) -> None:
    """Drug out after a day: the quickly mended kind is gone first, and both end."""
    one = alone(dish, "temozolomide", drugs=[{"id": "temozolomide", "dose": "1 nM", "at": "0 h", "until": "24 h"}])
    run = one.run((0.0, 24.0, 48.0), doses={"temozolomide": 3e5})
    left_over = {
        kind: float(
            run.amount(f"recipient.damage_by_temozolomide_{kind}")[2, 0]
            / run.amount(f"recipient.damage_by_temozolomide_{kind}")[1, 0]
        )
        for kind in ("O6_alkyl", "N_alkyl")
    }
    assert left_over["N_alkyl"] < 0.2 < left_over["O6_alkyl"] < 1.0
    assert run.conservation()["drug:temozolomide"] < 1e-9
