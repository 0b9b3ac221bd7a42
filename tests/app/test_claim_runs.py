"""`catalog run` stopped in the middle goes on where it stopped, and what it leaves behind."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from exoresist.catalog import Catalog
from exoresist.studies.claim_result import ClaimResult
from exoresist.studies.claim_runs import COLUMNS, FILE, made_with

IDS = (
    "abcb1_doxorubicin_t2_seed001_1", "circ0005963_oxaliplatin_seed003_77", "mir_103a_3p_cisplatin_wang21", "gls1_trastuzumab_seed003_14",
)  # fmt: skip


def start(folder):
    arguments = [sys.executable, "-m", "exoresist", "catalog", "run", *IDS, "--results", str(folder), "--json"]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out, _ = start(tmp_path_factory.mktemp("whole")).communicate(timeout=600)
    return json.loads(out)


def test_killed_without_warning_it_goes_on_to_the_same_result(tmp_path, whole):
    broken = start(tmp_path / "broken")
    path = tmp_path / "broken" / FILE
    for _ in range(3000):
        if broken.poll() is not None or (path.exists() and path.read_bytes().count(b"\n") >= 1):
            break
        time.sleep(0.02)
    broken.send_signal(signal.SIGKILL)
    broken.communicate(timeout=60)
    done = path.read_bytes().count(b"\n")
    assert done < len(IDS)
    again, _ = start(tmp_path / "broken").communicate(timeout=600)
    assert json.loads(again) == whole
    kept = [json.loads(line)["id"] for line in path.read_text().splitlines() if line.endswith("}")]
    assert sorted(kept) == sorted(IDS)  # what was kept was not made again


def test_rows_and_summary_hold_what_is_promised(whole):
    told = whole
    assert [row["id"] for row in told["claims"]] == list(IDS)
    wanted = (
        "id seed locator reference cancer donor recipient drugs cargo cargo_type path reported_direction simulated_direction effect "
        "dose_gap dose_gap_low dose_gap_high flags"
    ).split()
    assert list(COLUMNS[: len(wanted)]) == wanted
    pump = told["claims"][0]
    assert pump["control_secretion_off_passed"] == pump["control_rescue_passed"] == "yes"
    assert pump["interventions"][0]["rank"] == 1 and pump["best_intervention"] == pump["interventions"][0]["id"]
    summary = told["summary"]
    assert summary["controls"]["secretion_off"]["passed"] == 3 and summary["types"][-1]["claims"] == 3
    assert sum(summary["recorded"].values()) == 1 and len(summary["priors"]) > 20
    assert set(Catalog.load().ids("claims")) >= set(IDS)


def test_score_and_axes_from_kept_results(tmp_path, command):
    """Every claim with a made-up result: half of them as reported, the rest the other way."""
    catalog = Catalog.load()
    other = {"resistance": "sensitivity", "sensitivity": "resistance", "none": "none"}
    with open(tmp_path / FILE, "w", encoding="utf-8") as file:
        for place, claim in enumerate(catalog.records("claims")):
            said = claim.reported_direction
            result = ClaimResult(
                claim, direction=said if place % 2 else other[said], effect=0.1, reason="" if said != "none" else "none"
            )
            file.write(json.dumps({"id": claim.id, "made_with": made_with(catalog), **without_claim(result)}) + "\n")
    done = command("catalog", "score", "--json", "--results", tmp_path)
    told = json.loads(done.out)
    keys = "balanced_accuracy constant permuted_mean permuted_sd sensitising_accuracy scored left_out disagreements".split()
    assert set(keys) <= set(told)
    assert 0.3 < told["balanced_accuracy"] < 0.7 and told["constant"] == 0.5 and len(told["disagreements"]) > 50
    assert all(row["why"] for row in told["disagreements"])
    assert sum(told["left_out"].values()) + told["scored"] == len(catalog.ids("claims"))
    done = command("catalog", "axes", "--tsv", tmp_path / "axes.tsv", "--results", tmp_path)
    assert done.code == 0
    lines = (tmp_path / "axes.tsv").read_text().splitlines()
    assert lines[0].split("\t") == list(COLUMNS) and len(lines) == 1 + len(catalog.ids("claims"))
    assert all(line.count("\t") == len(COLUMNS) - 1 for line in lines)


def without_claim(result: ClaimResult) -> dict:
    return {name: value for name, value in dataclasses.asdict(result).items() if name != "claim"}
