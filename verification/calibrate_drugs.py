"""Damage rates at which the generic cell has the typical IC50 of each drug; prints the rows to put into parameters.tsv.

Free number: the damage rate, one per drug; for drugs that only occupy a target one for all of them, settled by a constant that equals the
IC50. Held fixed: everything else at its catalogue value. Target: half of the untreated survivors at 72 h at `ic50_observed` of the generic
cell. For radiation: the damage per lethal lesion at which survivors after 2 Gy are exp(-alpha D - beta D^2).

Run by hand: python verification/calibrate_drugs.py
"""

from __future__ import annotations

import math

import numpy as np

from exoresist.assembly.build import Model, build
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.network import integrate

GRID = np.geomspace(1e-3, 1e3, 400)
CLASS = {"target_occupancy": "imatinib", "ligand": "fas_ligand"}  # one rate for all drugs of these modes, found on one of them


def dish(drug: str, **more: object) -> Model:
    """The generic cell by itself with one drug."""
    data = {
        "schema": "exoresist/1", "name": "alone", "duration": "72 h",
        "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
        "populations": [{"id": "cells", "cell_line": "generic_tumour", "count": "3000 cell"}],
        "drugs": [{"id": drug, "dose": "1 nM"}] if drug else [], "assay": {"kind": "time_course", "population": "cells"}, **more,
    }  # fmt: skip
    return build(scenario_from_dict(data))


def matching(model: Model, parameter: str, doses: dict[str, float], left: float) -> float:
    """The value of a parameter at which the share `left` of the untreated survives."""
    values = {parameter: np.append(GRID, 0.0)}
    run = integrate(
        model.network, [0.0, 72.0], values=values, initial=model.start(values), events=model.events(values, doses), relative=1e-8
    )
    cells = run.amount("cells.cells")[-1]
    share = np.log(np.maximum(cells[:-1] / cells[-1], 1e-12))
    return float(np.exp(np.interp(-math.log(left), -share, np.log(GRID))))


def main() -> None:
    catalog = Catalog.load()
    for mode, drug in CLASS.items():
        variant = next(name for name in catalog.subjects("inhibition_constant") if name.startswith(f"drug:{drug}|"))
        dose = catalog.parameter("inhibition_constant", variant).value
        print(f"damage_rate mode:{mode} {matching(dish(drug), f'cells.{drug}.damage_rate', {drug: dose}, 0.5):.4g} 1/h")
    for subject in catalog.subjects("ic50_observed"):
        if not subject.startswith("cell_line:generic_tumour|"):
            continue
        drug = subject.rsplit(":", 1)[1]
        dose = catalog.parameter("ic50_observed", subject).value
        print(f"damage_rate drug:{drug} {matching(dish(drug), f'cells.{drug}.damage_rate', {drug: dose}, 0.5):.4g} 1/h")
    alpha, beta = (catalog.parameter(f"radiation_{name}", "drug:radiation").value for name in ("alpha", "beta"))
    model = dish("", pulses=[{"id": "radiation", "dose": "2 Gy"}])
    found = matching(model, "cells.radiation.damage_yield", {}, math.exp(-alpha * 2.0 - beta * 4.0))
    print(f"damage_yield drug:radiation {found:.4g} dimensionless")


if __name__ == "__main__":
    main()
