"""From wells to a verdict: every rule of the verdict, controls, doses, samples."""

import copy
import math
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.validation import record_of
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies.analyse_answer import LabAnswer, answer_lab
from exoresist.studies.analyse_meta import CONTROLS, LabMeta, meta_schema
from exoresist.studies.analyse_samples import effects, welch
from exoresist.studies.dose_curve import logistic_response

DOSES = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
CATALOG = Catalog.load()
BASE: dict[str, Any] = {
    "schema": "exoresist-lab/1", "title": "A test", "drug": "doxorubicin", "recipient": "MCF-7", "donor": "mcf7_resistant",
    "cells_per_well": "3000 cell", "volume": "100 uL",
    "timing": {"read": "72 h", "washed_before_drug": True, "vesicles_before_drug": "24 h"}, "repeats": 3,
    "arms": [{"id": "alone", "role": "reference"}, {"id": "vesicles", "vesicles": "prep", "added": "2 uL"}],
    "vesicles": [{"id": "prep", "concentration": "4e10 particle/mL", "donor_cells": "4e7 cell", "resuspended": "100 uL",
        "conditioned": "48 h"}],
    "controls": dict.fromkeys(CONTROLS, "yes"),
}  # fmt: skip


def table(
    ic50s: dict[str, float], seed: int = 1, noise: float = 0.05, replicates: int = 4, doses: tuple[float, ...] = DOSES
) -> dict[str, Any]:
    """A long table of conditions as the readers give it."""
    source = np.random.default_rng(seed)
    rows = []
    for arm, ic50 in ic50s.items():
        for dose in doses:
            for replicate in range(replicates):
                mean = float(logistic_response(dose, ic50, 1.4, 1.5, 0.03))
                value = 0.1 + mean * (1 + noise * source.standard_normal()) + 0.004 * source.standard_normal()
                rows.append({"arm": arm, "dose": dose, "dose_unit": "nM", "value": value, "replicate": str(replicate)})
    rows += [{"contains": "blank", "value": 0.1 + 0.004 * source.standard_normal()} for _ in range(6)]
    full = [
        {"plate": "1", "hours": 72.0, "channel": None, "well": None, "flag": "", "line": line, "text": "", **row}
        for line, row in enumerate(rows, 1)
    ]
    return {
        "name": "plate.csv",
        "kind": "plate",
        "recognised": "a table",
        "notes": [],
        "warnings": [],
        "rows": full,
        "particles": [],
        "wells": None,
    }


def ask(ic50s: dict[str, float], changes: dict[str, Any] | None = None, **more: Any) -> LabAnswer:
    data = copy.deepcopy(BASE)
    data.update(changes or {})
    known = {arm["id"] for arm in data["arms"]}
    data["arms"] += [{"id": arm, "role": "control"} for arm in ic50s if arm not in known]
    return answer_lab(record_of(LabMeta, data, "meta.yaml"), [table(ic50s, **more)], None, CATALOG, run_model=False)


def with_arm(**arm: Any) -> dict[str, Any]:
    return {"arms": [*BASE["arms"], arm]}


def test_shown_needs_everything():
    answer = ask({"alone": 25, "vesicles": 60})
    assert answer.verdict.verdict == "shown"
    assert answer.verdict.missing_controls == []
    assert answer.potencies.shift["value"] == pytest.approx(2.4, rel=0.2)


@pytest.mark.parametrize(
    "control",
    [
        "soluble_fraction",
        "rnase_or_proteinase",
        "vesicle_depleted_medium",
        "donor_free_medium",
        "lysed_vesicles",
        "particle_free_buffer",
    ],
)
def test_a_missing_control_leaves_a_suggestion(control):
    answer = ask({"alone": 25, "vesicles": 60}, {"controls": {name: "yes" for name in CONTROLS if name != control}})
    assert answer.verdict.verdict == "suggestive"
    assert control in answer.verdict.missing_controls
    assert any(control.split("_")[0] in step["what"].lower() for step in answer.verdict.next)


def test_one_repeat_leaves_a_suggestion():
    answer = ask({"alone": 25, "vesicles": 60}, {"repeats": 1})
    assert answer.verdict.verdict == "suggestive"
    assert any("once" in reason for reason in answer.verdict.reasons)


def test_no_shift_is_not_shown_and_says_what_is_excluded():
    answer = ask({"alone": 25, "vesicles": 25})
    assert answer.verdict.verdict == "not_shown"
    assert "excluded" in answer.verdict.reasons[0]


def test_a_control_that_does_the_same_takes_the_claim_away():
    answer = ask({"alone": 25, "vesicles": 60, "soluble": 58}, with_arm(id="soluble", role="control", control="soluble_fraction"))
    assert answer.verdict.verdict == "not_shown"
    assert next(row for row in answer.verdict.controls if row["name"] == "soluble_fraction")["outcome"] == "failed"


def test_a_control_that_does_nothing_passes():
    answer = ask(
        {"alone": 25, "vesicles": 60, "buffer": 25}, with_arm(id="buffer", role="control", control="particle_free_buffer")
    )
    assert answer.verdict.verdict == "shown"
    assert next(row for row in answer.verdict.controls if row["name"] == "particle_free_buffer")["outcome"] == "passed"


@pytest.mark.parametrize(("ic50", "outcome", "verdict"), [(58.0, "passed", "shown"), (25.0, "failed", "not_shown")])
def test_digestion_has_to_leave_the_effect(ic50, outcome, verdict):
    answer = ask(
        {"alone": 25, "vesicles": 60, "digested": ic50}, with_arm(id="digested", role="control", control="rnase_or_proteinase")
    )
    assert next(row for row in answer.verdict.controls if row["name"] == "rnase_or_proteinase")["outcome"] == outcome
    assert answer.verdict.verdict == verdict


def test_wide_intervals_cannot_tell():
    words = [ask({"alone": 25, "vesicles": 25}, noise=0.45, replicates=2, seed=seed).verdict.verdict for seed in range(6)]
    assert words.count("cannot_tell") >= 4
    assert "not_shown" not in words


def test_doses_that_reach_no_ic50_cannot_tell_and_say_so():
    answer = ask({"alone": 1e6, "vesicles": 2e6})
    assert answer.verdict.verdict == "cannot_tell"
    assert answer.potencies.shift["value"] is None
    assert any("only a bound" in warning for warning in answer.warnings)
    assert "higher" in answer.verdict.next[0]["what"]


def test_sensitising_vesicles_are_a_result_too():
    answer = ask({"alone": 60, "vesicles": 25})
    assert answer.verdict.verdict == "shown"
    assert any("more sensitive" in reason for reason in answer.verdict.reasons)


def test_a_co_culture_needs_an_arm_that_blocks_vesicles():
    co = {
        "design": "co_culture",
        "arms": [{"id": "alone", "role": "reference"}, {"id": "vesicles"}],
        "donors_per_well": "6000 cell",
    }
    answer = ask({"alone": 25, "vesicles": 60}, co)
    assert answer.verdict.verdict == "suggestive"
    assert any("blocks" in reason for reason in answer.verdict.reasons)
    blocked = {**co, "arms": [*co["arms"], {"id": "gw", "inhibitor": "GW4869"}]}
    mixed = ask({"alone": 25, "vesicles": 60, "gw": 28}, blocked)
    assert mixed.verdict.verdict == "suggestive"
    assert any("together" in reason for reason in mixed.verdict.reasons)
    blocked["readout"] = {"recipients_only": True}
    assert ask({"alone": 25, "vesicles": 60, "gw": 28}, blocked).verdict.verdict == "shown"
    assert ask({"alone": 25, "vesicles": 60, "gw": 58}, blocked).verdict.verdict == "suggestive"


def test_dose_and_membrane_are_as_defined():
    answer = ask({"alone": 25, "vesicles": 60})
    row = answer.doses.arms[0]
    assert row["per_cell"] == pytest.approx(4e10 * 2e-3 / 3000)
    assert row["low"] < row["per_cell"] < row["high"]
    area = CATALOG.parameter("cell_area", "cell").value
    assert row["membrane"] == pytest.approx(row["per_cell"] * math.pi * row["square_um2"] / area)
    assert answer.doses.preparations[0]["per_donor"] == pytest.approx(4e10 * 0.1 / 4e7)
    assert row["donors"] == pytest.approx(row["per_cell"] / 100.0)


def test_more_membrane_than_a_donor_has_is_told():
    arms = [{"id": "alone", "role": "reference"}, {"id": "vesicles", "vesicles": "prep", "added": "10 uL"}]
    assert any("worth of membrane" in warning for warning in ask({"alone": 25, "vesicles": 60}, {"arms": arms}).warnings)


def test_dilutions():
    def per_ml(adjusted: bool | None, printed: float | None, **own: Any) -> tuple[float, list[str]]:
        particles = {"source": "nta.csv", "captures": [1e8], "diameters": [], "density": [],
            "stated": {"mean": 120.0, "sd": 30.0}, "dilution": printed, "adjusted": adjusted, "instrument": "table",
                     "tracks": None}  # fmt: skip
        data = copy.deepcopy(BASE)
        data["vesicles"] = [{"id": "prep", **own}]
        file = {**table({"alone": 25}), "name": "nta.csv", "kind": "particles", "rows": [], "particles": [particles]}
        answer = answer_lab(
            record_of(LabMeta, data, "meta.yaml"), [table({"alone": 25, "vesicles": 60}), file], None, CATALOG, run_model=False
        )
        return answer.doses.preparations[0]["per_ml"], answer.warnings

    assert per_ml(True, 100)[0] == 1e8
    assert per_ml(False, 100)[0] == 1e10
    assert per_ml(False, 100, dilution=50)[0] == 5e9
    assert per_ml(False, 100, dilution_applied=True)[0] == 1e8
    value, warnings = per_ml(False, None)
    assert value == 1e8
    assert any("No dilution is known" in warning for warning in warnings)


def test_needed_transfer_follows_the_law():
    answer = ask({"alone": 25, "vesicles": 60})
    folds = CATALOG.parameter("ic50_observed", "cell_line:mcf7_resistant|drug:doxorubicin").value / CATALOG.parameter(
        "ic50_observed", "cell_line:mcf7_sensitive|drug:doxorubicin").value  # fmt: skip
    assert answer.model.donor_fold == pytest.approx(folds)
    assert answer.model.needed["value"] == pytest.approx((answer.potencies.shift["value"] - 1) / (folds - 1))


def test_a_donor_arm_on_the_plate_replaces_the_catalogue():
    answer = ask({"alone": 25, "vesicles": 60, "donors": 250}, with_arm(id="donors", role="donor"))
    assert answer.model.donor_fold == pytest.approx(10.0, rel=0.25)
    assert "plate" in answer.model.donor_fold_from


def test_unknown_cells_and_drugs_are_allowed():
    answer = ask({"alone": 25, "vesicles": 60}, {"recipient": "LAB-7", "donor": "LAB-7R", "drug": "compound X"})
    assert answer.verdict.verdict == "shown"
    assert answer.model.scenario is None
    assert sum("does not know" in note for note in answer.notes) == 3


@pytest.mark.parametrize("key, text, near", [
    ("drug", "doxorubicine", "doxorubicin"), ("drug", "Doxorubycin", "doxorubicin"), ("recipient", "mcf7_sensitiv", "mcf7_sensitive"),
])  # fmt: skip
def test_a_slip_of_the_pen_is_asked_about(key, text, near):
    """As a warning, which the page and summary.json show; what the question names, the catalogue knows."""
    answer = ask({"alone": 25, "vesicles": 60}, {key: text})
    (told,) = [warning for warning in answer.warnings if f"'{text}'" in warning]
    assert f"Did you mean '{near}'?" in told and "nothing is compared" in told.lower()
    assert told in answer.summary()["warnings"]
    assert not any(f"'{text}'" in note for note in answer.notes)
    assert ask({"alone": 25, "vesicles": 60}, {key: near}).names[key] == near


def test_gr_metrics_come_with_a_reading_at_the_start():
    answer = ask({"alone": 25, "vesicles": 60})
    assert all(row["gr50"] is None for row in answer.potencies.ic50)
    file = table({"alone": 25, "vesicles": 60})
    file["rows"] += [
        {**file["rows"][0], "value": 0.1 + 0.4, "contains": "start", "arm": "", "line": 900 + place} for place in range(4)
    ]
    found = answer_lab(record_of(LabMeta, BASE, "meta.yaml"), [file], None, CATALOG, run_model=False)
    assert all(row["gr50"] is not None for row in found.potencies.ic50)


def test_a_treatment_that_changes_growth_is_told():
    file = table({"alone": 25, "vesicles": 60})
    for row in file["rows"]:
        if row.get("arm") == "vesicles":
            row["value"] = 0.1 + 1.4 * (row["value"] - 0.1)
    answer = answer_lab(record_of(LabMeta, BASE, "meta.yaml"), [file], None, CATALOG, run_model=False)
    assert any("growth" in warning for warning in answer.warnings)
    assert not any("growth" in warning for warning in ask({"alone": 25, "vesicles": 60}).warnings)


def test_repeats_on_several_plates_widen_the_interval_to_their_spread():
    files = []
    for plate, (factor, seed) in enumerate([(1.6, 1), (2.4, 2), (3.4, 3)]):
        file = table({"alone": 25, "vesicles": 25 * factor}, seed=seed)
        for row in file["rows"]:
            row["plate"] = str(plate)
        files.append({**file, "name": f"p{plate}.csv"})
    answer = answer_lab(record_of(LabMeta, {**BASE, "repeats": 1}, "meta.yaml"), files, None, CATALOG, run_model=False)
    assert len(answer.potencies.repeats) == 3
    single = answer_lab(record_of(LabMeta, BASE, "meta.yaml"), files[1:2], None, CATALOG, run_model=False)
    widths = [found.potencies.shift["high"] / found.potencies.shift["low"] for found in (answer, single)]
    assert widths[0] > 2.0 * widths[1]
    assert answer.potencies.shift["value"] == pytest.approx((1.6 * 2.4 * 3.4) ** (1 / 3), rel=0.15)


def test_every_key_of_the_schema_is_described():
    for record in (meta_schema(), *meta_schema()["$defs"].values()):
        for name, field in record.get("properties", {}).items():
            assert field.get("description"), name


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"drug_": "x"}, "unknown key"),
        ({"arms": [{"id": "a", "role": "reference"}, {"id": "b", "role": "reference"}]}, "more than one arm"),
        ({"controls": {"water": "yes"}}, "unknown control"),
        ({"comparison": {"of": "x", "against": "alone"}}, "no arm"), ({"cells_per_well": "3000 nM"}, "does not fit"),
        ({"arms": [{"id": "a", "vesicles": "none"}]}, "no preparation"),
        ({"repeats": 0}, "greater than"), ({"timing": {"read": "-3 h"}}, "too small"),
    ],
)  # fmt: skip
def test_a_wrong_meta_is_refused(change, text):
    with pytest.raises(InputError, match=text):
        record_of(LabMeta, {**BASE, **change}, "meta.yaml")


def test_welch_is_the_t_test():
    from scipy.stats import ttest_ind

    first, second = [1.0, 1.4, 1.1, 1.7], [0.4, 0.9, 0.5]
    known = ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    assert welch(first, second)[1:] == pytest.approx((known.low, known.high))
    assert welch([1.0], second)[1:] == (None, None)


META = record_of(LabMeta, {**BASE, "qpcr": {"reference_genes": ["GAPDH"]}}, "meta.yaml")


def test_folds_of_cycles():
    rows = []
    for arm, shift in (("alone", 0.0), ("vesicles", -2.0)):
        for sample in (1, 2, 3):
            for gene, ct in (("ABCB1", 30.0 + shift), ("GAPDH", 18.0)):
                rows += [
                    {
                        "sample": f"{arm} {sample}",
                        "arm": "",
                        "target": gene,
                        "task": "",
                        "ct": ct + 0.1 * sample * (gene == "ABCB1"),
                        "flag": "",
                        "line": 1,
                    }
                ] * 2
    found = effects(META, [{"file": "q.csv", "kind": "qpcr", "rows": rows}])
    assert found.rows[0]["value"] == pytest.approx(4.0)
    assert found.rows[0]["low"] < 4.0 < found.rows[0]["high"]


def test_an_undetected_calibrator_has_no_fold():
    rows = [{"sample": f"{arm} 1", "arm": arm, "target": gene, "task": "",
        "ct": None if (arm, gene) == ("alone", "ABCB1") else 25.0, "flag": "", "line": 1}
            for arm in ("alone", "vesicles") for gene in ("ABCB1", "GAPDH")]  # fmt: skip
    found = effects(META, [{"file": "q.csv", "kind": "qpcr", "rows": rows}])
    assert not found.rows
    assert any("does not exist" in warning for warning in found.warnings)


def test_growth_of_tumours():
    rows = [{"sample": f"{arm}{animal}", "arm": arm, "day": float(day),
        "value": 50 * math.exp(rate * day) * (1 + 0.02 * animal), "line": 1}
            for arm, rate in (("alone", 0.10), ("vesicles", 0.16)) for animal in range(4) for day in (0, 4, 8, 12)]  # fmt: skip
    found = effects(META, [{"file": "c.csv", "kind": "calipers", "rows": rows}])
    by_name = {(row["what"], row["arm"]): row for row in found.rows}
    assert by_name["tumour growth rate", "alone"]["value"] == pytest.approx(0.10)
    assert by_name["tumour growth rate, difference", "vesicles"]["value"] == pytest.approx(0.06)
    assert by_name["tumour volume on day 12", "vesicles"]["value"] == pytest.approx(math.exp(0.06 * 12))


def test_samples_that_belong_to_no_arm_are_told():
    rows = [{"sample": "mystery", "arm": "", "population": "P", "statistic": "percent", "value": 10.0, "line": 1}]
    assert any("mystery" in warning for warning in effects(META, [{"file": "f.csv", "kind": "facs", "rows": rows}]).warnings)
