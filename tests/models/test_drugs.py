"""Every modelled drug, alone on the generic cell: it can be wired, all of it is accounted for, and more of it leaves fewer cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.catalog import Catalog

CATALOG = Catalog.load()
ELSEWHERE = ("surface_antibody", "pulse", "photosensitiser")  # tested with the antigen, the pulse or the light that they need
DRUGS = [drug.id for drug in CATALOG.records("drugs") if drug.status == "modelled" and drug.mode not in ELSEWHERE]


def near(drug: str) -> float:
    """nM: the typical IC50, the inhibition constant, or for the oldest three the one of MCF-7."""
    for name, subject in (
        ("ic50_observed", f"cell_line:generic_tumour|drug:{drug}"), ("ic50_observed", f"cell_line:mcf7_sensitive|drug:{drug}"),
        ("response_concentration", f"drug:{drug}"),
    ):  # fmt: skip
        if CATALOG.has_parameter(name, subject):
            return CATALOG.parameter(name, subject).value
    return 700.0  # liposomal doxorubicin: near the doses of its study


@pytest.mark.parametrize("drug", DRUGS)
def test_more_of_a_drug_leaves_fewer_cells(dish: Callable[..., Any], drug: str) -> None:
    one = dish(
        populations=[{"id": "recipient", "cell_line": "generic_tumour", "count": "3000 cell"}], drugs=[{"id": drug, "dose": "0 nM"}],
        assay={"kind": "time_course", "population": "recipient"}, cargo=[], duration="72 h",
    )  # fmt: skip
    run = one.run((0.0, 72.0), doses={drug: near(drug) * np.array([0.0, 0.3, 1.0, 3.0, 10.0])})
    cells = run.amount("recipient.cells")[-1]
    assert np.all(np.diff(cells) < 0.0)
    assert cells[-1] < 0.45 * cells[0]
    assert run.conservation()[f"drug:{drug}"] < 1e-9


def test_a_ligand_does_not_enter() -> None:
    assert CATALOG.parameter("permeability_surface", "mode:ligand").value == 0.0
