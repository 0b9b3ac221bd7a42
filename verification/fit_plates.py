"""Numbers that vary between plates: does `ask fit` find a known spread between eight made-up plates, and none where there is none?

python verification/fit_plates.py            about 75 s of one processor
python verification/fit_plates.py 40         fewer steps of the sampler: a quick look
"""

from __future__ import annotations

import sys
import time
from itertools import product
from pathlib import Path

import numpy as np

from exoresist.assembly.fit_reader import fit_from_dict, fit_plan
from exoresist.assembly.readings import Reading
from exoresist.studies.fitting.fit import fit_readings
from exoresist.studies.fitting.synthetic import simulated_readings

PLATES = [f"plate{number}" for number in range(1, 9)]
APART = np.array([-1.2, 0.9, 0.1, -0.4, 1.5, -0.8, 0.5, -0.2])  # of each plate, in standard deviations
NAME = "seeding@population:recipient"


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    seeding = {
        "name": "seeding", "subject": "population:recipient", "value": "1 dimensionless", "low": "0.4 dimensionless",
        "high": "2.5 dimensionless", "reason": "counted by hand",
        "varies": {"by": "experiment", "spread": {"value": 0.3, "low": 0.05, "high": 1.0}},
    }  # fmt: skip
    file = {
        "schema": "exoresist-fit/1", "name": "plates", "starts": 2,
        "sampling": {"walkers": 24, "steps": steps, "independent": 150, "kept": 300},
        "readouts": [{
            "id": "cells", "reads": {"kind": "cells", "populations": ["recipient"]}, "noise": {"kind": "lognormal", "spread": 0.1},
        }],
        "experiments": [{"id": name, "scenario": "mcf7_doxorubicin"} for name in PLATES],
        "parameters": [{"name": "growth_rate", "subject": "cell_line:mcf7_sensitive"}, seeding],
    }  # fmt: skip
    plan = fit_plan(fit_from_dict(file), Path("."))
    design = [
        Reading(name, "recipients_alone", time_h, (("doxorubicin", 0.0, "nM"),), "cells", 1000.0, "", "1")
        for name, time_h in product(PLATES, (24.0, 72.0))
    ]
    for spread in (0.4, 1e-4):
        own = {f"{NAME}@{name}": 1.1 * np.exp(spread * apart) for name, apart in zip(PLATES, APART, strict=True)}
        truth = {NAME: 1.1, "seeding_spread@population:recipient": spread, **own}
        readings, known = simulated_readings(plan, design, truth, seed=4)
        began = time.process_time()
        result = fit_readings(plan, readings)
        rows = {
            f"{row['name']}@{row['subject']}" + f"@{row['experiment']}" * bool(row["experiment"]): row
            for row in result.parameters
        }
        held = sum(row["low"] <= known[label] <= row["high"] for label, row in rows.items())
        found = rows["seeding_spread@population:recipient"]
        print(
            f"spread {spread:g}: {found['median']:.2f} ({found['low']:.2f} to {found['high']:.2f}), {held} of {len(rows)} intervals hold "
            f"the truth, split R-hat {result.sampling['r_hat']:.3f}, {time.process_time() - began:.0f} s of processor"
        )


if __name__ == "__main__":
    main()
