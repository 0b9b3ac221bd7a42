"""`exoresist run` of a tissue: what it writes, that it goes on where it was stopped, what it refuses."""

from __future__ import annotations

import copy
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("tissue command")  # on one worker: what they compile and prepare is made once

KEYS = (
    "cells", "simulated_h", "wall_s_per_simulated_h", "peak_rss_mb", "state_hash", "conservation", "threads", "seed", "warnings",
)  # fmt: skip
TISSUE: dict[str, Any] = {
    "schema": "exoresist/1",
    "name": "little",
    "question": "Does a little tumour live?",
    "arena": {
        "kind": "tissue",
        "space": {"size": "120 um", "oxygen": "38 mmHg", "network_step": "0.5 min", "spread_step": "6 min"},
    },
    "populations": [
        {"id": "sensitive", "cell_line": "mcf7_sensitive", "count": "20 cell"},
        {"id": "resistant", "cell_line": "mcf7_resistant", "count": "10 cell", "where": "side"},
    ],
    "cargo": ["ABCB1"],
    "drugs": [{"id": "doxorubicin", "dose": "100 nM", "at": "0.5 h"}],
    "duration": "1 h",
    "every": "0.5 h",
    "assay": {"kind": "tumour", "population": "sensitive"},
    "arms": [
        {"id": "plain", "role": "reference", "change": {"drugs": [{"id": "doxorubicin", "dose": "0 nM"}]}},
        {"id": "treated", "label": "Doxorubicin"},
    ],
    "seed": 3,
}


@pytest.fixture
def tissue() -> dict[str, Any]:
    """A scenario that is answered in seconds."""
    return copy.deepcopy(TISSUE)


def hashes(folder: Path) -> dict[str, str]:
    summary = json.loads((folder / "summary.json").read_text())
    return {name: arm["state_hash"] for name, arm in summary["arms"].items()}


def test_a_run_leaves_report_tables_cells_and_fields(
    tissue: dict[str, Any], run: Callable[..., Any], tmp_path: Path, strict_json: Callable[[str], Any]
) -> None:
    done = run(tissue)
    assert done.code == 0, done.err
    assert "'plain': 30 tumour cells become" in done.out
    wanted = {"report.html", "summary.json", "resolved.yaml", "series.csv", "series.parquet", "profile.csv", "profile.parquet"}
    arms = {f"{arm}/{file}" for arm in ("plain", "treated") for file in ("cells_0000h.h5ad", "cells_0001h.h5ad", "fields.zarr")}
    assert wanted | arms | {"checkpoints/plain/checkpoint.npz"} <= set(done.files)
    summary = strict_json((tmp_path / "results" / "summary.json").read_text())
    assert set(KEYS) <= set(summary)
    assert summary["simulated_h"] == 1.0 and summary["cells"] > 0 and summary["peak_rss_mb"] > 1.0 and summary["seed"] == 3
    assert len(summary["state_hash"]) == 32 and summary["warnings"] == []
    assert summary["conservation"] and max(summary["conservation"].values()) <= 1e-9
    page = (tmp_path / "results" / "report.html").read_text()
    assert "<svg" in page and 'src="http' not in page and "data:image/gif" in page


def test_one_and_two_threads_give_the_same_bits(
    tissue: dict[str, Any], command: Callable[..., Any], tmp_path: Path, unbroken: dict[str, str]
) -> None:
    file = alone(tissue, tmp_path)
    for threads in (1, 2):
        out = tmp_path / str(threads)
        done = command("run", file, "--out", out, "--threads", threads)
        assert done.code == 0, done.err
        assert hashes(out) == unbroken
        assert json.loads((out / "summary.json").read_text())["threads"] == threads


def alone(tissue: dict[str, Any], tmp_path: Path) -> Path:
    """One arm of a run that is long enough to be stopped."""
    file = tmp_path / "scenario.yaml"
    file.write_text(json.dumps(tissue | {"duration": "2 h", "every": "1 h", "arms": []}))
    return file


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("unbroken")
    words = [sys.executable, "-m", "exoresist", "run", str(alone(copy.deepcopy(TISSUE), folder)), "--out", str(folder / "out")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return hashes(folder / "out")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=["stop", "interrupt", "kill"])
def test_what_was_stopped_goes_on_to_the_same_bits(
    how: signal.Signals, tissue: dict[str, Any], tmp_path: Path, command: Callable[..., Any], unbroken: dict[str, str]
) -> None:
    file, out = alone(tissue, tmp_path), tmp_path / "broken"
    # Checkpoints at every step, so that a kill finds one; each step takes its time, so that the end does not come first.
    code = """
import sys, time
from exoresist.studies import tissue_arm
tissue_arm.SECONDS_BETWEEN_CHECKPOINTS = 0.0
stepped = tissue_arm.step
tissue_arm.step = lambda tissue: (time.sleep(0.3), stepped(tissue))
from exoresist.app.main import main
main(sys.argv[1:])
"""
    words = [sys.executable, "-c", code, "run", str(file), "--out", str(out)]
    broken = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60.0
    while not list(out.glob("checkpoints/*/checkpoint.before.npz")) and time.monotonic() < until:
        time.sleep(0.02)
    broken.send_signal(how)
    _, err = broken.communicate(timeout=60)
    assert broken.returncode != 0 and not (out / "summary.json").exists()
    if how != signal.SIGKILL:
        assert "--resume" in err and broken.returncode == 130, (broken.returncode, err)
    again = command("run", file, "--out", out, "--resume")
    assert again.code == 0, again.err
    assert hashes(out) == unbroken


def _space(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda data: data["arena"]["space"].update(fields)


def _well(data: dict[str, Any]) -> None:
    data["arena"] |= {"kind": "well", "volume": "0.1 mL", "capacity": "1000 cell"}


def _bare_well(data: dict[str, Any]) -> None:
    data["arena"] = {"kind": "well", "volume": "0.1 mL", "capacity": "1000 cell"}
    data["populations"][1].pop("where")


def _no_space(data: dict[str, Any]) -> None:
    data["arena"].pop("space")


def _numbered(name: str, subject: str, value: str) -> Callable[[dict[str, Any]], None]:
    return lambda data: data.update(parameters=[{"name": name, "subject": subject, "value": value, "reason": "a test"}])


BAD: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    ("box too small", _space(size="40 um"), "make a ball of"),
    ("voxel larger than the box", _space(voxel="200 um"), "less than two voxels"),
    ("network step", _space(network_step="4 min"), "does not divide the life step"),
    ("motion step", _space(motion_step="7 s"), "does not divide the life step"),
    ("negative size", _space(size="-100 um"), "too small"),
    ("no size at all", _space(size="0 um"), "too small"),
    ("negative voxel", _space(voxel="-20 um"), "too small"),
    ("negative step", _space(life_step="-1 min"), "too small"),
    ("negative oxygen", _space(oxygen="-1 mmHg"), "too small"),
    ("a unit of another kind", _space(size="100 h"), "um"),
    ("four dimensions", _space(dimensions=4), "allowed: 2 or 3"),
    ("unknown key", _space(vessel={}), "unknown key"),
    ("space in a well", _well, "belongs to a tissue only"),
    ("tissue without space", _no_space, "needs `space`"),
    ("tumour assay in a well", _bare_well, "a tumour assay needs"),
    ("a box that does not fit in memory", _space(size="100000 um", voxel="5 um"), "GiB"),
    ("nobody", lambda data: [entry.update(count="0 cell") for entry in data["populations"]], "no cells"),
    ("cells without volume", _numbered("cell_volume", "cell", "0 mL/cell"), "cell_volume"),
    ("cells of negative volume", _numbered("cell_volume", "cell", "-1e-9 mL/cell"), "cell_volume"),
    ("a motion step that throws cells", _space(motion_step="6 min"), "mechanics step"),
    ("a step too large for a field", _numbered("tissue_diffusivity", "drug", "1e12 um^2/h"), "spreads at"),
    ("steps of spread beyond counting", _space(spread_step="0.000001 s"), "spread_step"),
    ("a side", lambda data: data["populations"][0].update(side="insert"), "a tissue has no sides"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "text"), [(change, text) for _, change, text in BAD], ids=[name for name, _, _ in BAD])
def test_what_cannot_be_a_tissue_is_refused_in_words(
    change: Callable[[dict[str, Any]], Any], text: str, tissue: dict[str, Any], run: Callable[..., Any]
) -> None:
    tissue["arms"] = []
    change(tissue)
    done = run(tissue)
    assert done.is_refusal, (done.code, done.out, done.err)
    assert text in done.err, done.err
    assert done.files == ()


def test_a_run_that_takes_too_long_is_refused_by_its_first_steps(
    tissue: dict[str, Any], command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exoresist.studies.tissue_size.ENOUGH", 0.0)
    file = alone(tissue, tmp_path)
    done = command("run", file, "--out", tmp_path / "out", "--within", "0.001 s")
    assert done.code == 2 and "the run will take" in done.err and "--within" in done.err, done.err
    assert not (tmp_path / "out").exists()  # nothing to go on from: the pictures of the start are gone, too
    well = command("run", "mcf7_doxorubicin", "--out", tmp_path / "well", "--within", "1 h")
    assert well.code == 2 and "tissue" in well.err


def test_a_disk_that_is_too_small_is_refused_before_the_run(
    tissue: dict[str, Any], command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))  # type: ignore[attr-defined]
    done = command("run", alone(tissue, tmp_path), "--out", tmp_path / "out")
    assert done.code == 2 and "MB on disk" in done.err and "--out" in done.err
    assert not (tmp_path / "out").exists()


def test_resume_of_another_scenario_is_refused(tissue: dict[str, Any], command: Callable[..., Any], tmp_path: Path) -> None:
    file, out = alone(tissue | {"duration": "0.1 h"}, tmp_path), tmp_path / "out"
    text = file.read_text().replace('"2 h"', '"0.1 h"').replace('"1 h"', '"0.1 h"')
    file.write_text(text.replace('"0.5 h"', '"0.05 h"'))
    assert command("run", file, "--out", out).code == 0
    file.write_text(file.read_text().replace('"seed": 3', '"seed": 4'))
    done = command("run", file, "--out", out, "--resume")
    assert done.code == 2 and "belongs to another scenario" in done.err
