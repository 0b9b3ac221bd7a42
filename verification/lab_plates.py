"""Do the intervals of `analyse` keep their promise? Synthetic plates with known IC50s, read back as a laboratory's would be.

    python verification/lab_plates.py [PLATES]

Prints, for plates with a shift and for plates without one: how often the 95 % interval of the IC50 shift holds the true shift (and the
one of the IC50), its median width, and the verdicts. Every plate has its own IC50, shift, steepness and noise. No plate is left out.

Last result (2026-11-20, 100 plates each): with a shift 96 of 100 intervals hold it (IC50: 93), median width 1.43, verdicts
81 shown, 11 cannot tell, 8 not shown; without one 96 of 100 (IC50: 96), verdicts 86 not shown, 10 cannot tell, 4 shown, as a
95 % interval has it. Controls are taken as done: the verdict then rests on the interval alone. 58 s on two shared cores.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from typing import Any

import numpy as np

from exoresist.assembly.validation import record_of
from exoresist.catalog import Catalog
from exoresist.core.random import stream
from exoresist.studies.analyse_answer import answer_lab
from exoresist.studies.analyse_meta import CONTROLS, LabMeta
from exoresist.studies.dose_curve import logistic_response
from exoresist.studies.plate import PLATE_96, PlateDesign, ReadoutNoise, plate_rows

DOSES = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
META = {
    "schema": "exoresist-lab/1", "title": "Synthetic plate", "drug": "doxorubicin", "repeats": 3, "cells_per_well": "3000 cell",
    "arms": [{"id": "alone", "role": "reference"}, {"id": "vesicles", "per_cell": "10000 particle/cell"}],
    "controls": dict.fromkeys(CONTROLS, "yes"),
}  # fmt: skip


def synthetic(number: int, shift: float) -> tuple[dict[str, Any], float]:
    """The file of one plate, and the reference's true IC50."""
    source = stream(17, "lab plate", number, shift)
    ic50 = float(np.exp(source.uniform(math.log(8.0), math.log(300.0))))
    hill, bottom, noise = source.uniform(0.8, 2.5), source.uniform(0.0, 0.1), source.uniform(0.03, 0.12)

    def survivors(half: float) -> dict[float, float]:
        # `half` is where the curve reaches half of the untreated, as `analyse` defines the IC50.
        middle = half * ((0.5 - bottom) / 0.5) ** (1.0 / hill)
        return {dose: 1.4 * float(logistic_response(dose, middle, hill, 1.0, bottom)) for dose in DOSES}

    design = PlateDesign(PLATE_96, replicates=3, blanks=4, noise=ReadoutNoise(noise, additive=0.01, background=0.1))
    rows = plate_rows(
        {"alone": survivors(ic50), "vesicles": survivors(ic50 * shift)}, "doxorubicin", number, time=72.0, design=design
    )
    readings = [
        {
            "plate": row["plate"], "hours": row["time"], "channel": None, "well": row["well"], "value": row["value"],
            "flag": "", "line": 0, "text": "",
            **({"contains": "blank"} if row["arm"] == "blank" else {"arm": row["arm"], "dose": row["dose"], "dose_unit": "nM"}),
        }
        for row in rows
    ]  # fmt: skip
    file = {
        "name": "plate",
        "kind": "plate",
        "recognised": "",
        "notes": [],
        "warnings": [],
        "rows": readings,
        "particles": [],
        "wells": 96,
    }
    return file, ic50


def world(name: str, plates: int, shifts: list[float], catalog: Catalog) -> None:
    """Run one family of plates and print what came of it."""
    meta = record_of(LabMeta, META, "synthetic")
    held = single = open_ends = 0
    widths, errors, words = [], [], Counter[str]()
    for number, shift in enumerate(shifts):
        file, ic50 = synthetic(number, shift)
        answer = answer_lab(meta, [file], None, catalog, run_model=False)
        found = answer.potencies.shift
        assert found is not None
        low, high = found["low"] or 0.0, found["high"] or math.inf
        open_ends += found["low"] is None or found["high"] is None
        held += low <= shift <= high
        row = next(row for row in answer.potencies.ic50 if row["arm"] == "alone")
        single += (row["low"] or 0.0) <= ic50 <= (row["high"] or math.inf)
        words[answer.verdict.verdict] += 1
        if math.isfinite(high) and low > 0:
            widths.append(high / low)
        if found["value"]:
            errors.append(abs(math.log(found["value"] / shift)))
    print(f"{name}: {plates} plates")
    print(f"  95 % interval of the shift holds the truth  {held}/{plates}")
    print(f"  95 % interval of the IC50 holds the truth   {single}/{plates}")
    print(f"  median width (high over low) {np.median(widths):.2f}, open on a side {open_ends}")
    print(f"  median error of the shift {100 * (math.exp(float(np.median(errors))) - 1):.1f} %")
    print("  verdicts  " + ", ".join(f"{word} {count}" for word, count in words.most_common()))


def main() -> None:
    plates = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    catalog = Catalog.load()
    source = stream(17, "shifts")
    shifts = [float(value) for value in np.exp(source.uniform(math.log(0.5), math.log(4.0), plates))]
    world("with a shift of 0.5 to 4", plates, shifts, catalog)
    world("without a shift", plates, [1.0] * plates, catalog)


if __name__ == "__main__":
    main()
