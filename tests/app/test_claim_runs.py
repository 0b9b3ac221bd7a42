"""`catalog run` stopped in the middle goes on where it stopped, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from exoresist.catalog import Catalog
from exoresist.studies.claim_runs import COLUMNS, FILE

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
