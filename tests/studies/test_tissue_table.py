"""The measured accuracy is that of the bundled tumours as they stand."""

from __future__ import annotations

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.studies.tissue_accuracy import key_of, read_table


def test_every_bundled_tumour_has_its_accuracy_measured() -> None:
    known = {(row.scenario, row.arm, row.key) for row in read_table()}
    for name in bundled_scenarios():
        if name.startswith("tumour_"):
            arms = {(name, arm.id, key_of(one)) for arm, one in expand_arms(load_scenario(name))}
            assert arms & known, f"{name}: run verification/tissue_table.py {name}"
