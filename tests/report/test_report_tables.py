"""Tables and the summary: the keys that programs read, strict JSON, Parquet equal to CSV; the answer's round trip."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exoresist.report import write_summary, write_tables
from exoresist.studies.answer import COLUMNS, Answer, Estimate

KEYS = (
    "ic50", "ic50_shift", "conservation", "assumed_share", "donor_membrane_equivalents", "dose_gap", "warnings",
    "timing_s", "versions", "seed",
)  # fmt: skip


def strict(path: Path) -> dict[str, Any]:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
    return found


def test_summary_keys(tmp_path: Path, example_answer: Callable[..., Answer]) -> None:
    made = strict(write_summary(example_answer(), tmp_path))
    assert set(KEYS) <= set(made)
    assert made["ic50"]["alone"] == {
        "value": 24.0,
        "unit": "nM",
        "low": pytest.approx(20.88),
        "high": pytest.approx(27.84),
    }
    assert made["ic50_shift"]["value"] == 1.0875 and set(made["dose_gap"]) == {"value", "low", "high"}
    assert made["donor_membrane_equivalents"] == 0.0131 and made["assumed_share"] == 0.43 and made["seed"] == 1


def test_missing_numbers_are_null_with_a_warning(tmp_path: Path, example_answer: Callable[..., Answer]) -> None:
    nan = float("nan")
    answer = example_answer(ic50_shift=Estimate(nan, nan, nan), dose_gap=Estimate(float("inf")), conservation={"drug": nan})
    made = strict(write_summary(answer, tmp_path))
    assert made["ic50"]["verapamil"]["value"] is None and made["ic50_shift"]["value"] is None
    assert made["dose_gap"]["value"] is None and made["conservation"]["drug"] is None
    for word in ("verapamil", "ic50_shift", "dose_gap"):
        assert any(word in warning for warning in made["warnings"])


def test_two_populations_of_an_arm_keep_both(tmp_path: Path) -> None:
    rows = [{"arm": "a", "population": name, "drug": "d", "value": value} for name, value in (("first", 1.0), ("second", 2.0))]
    made = strict(write_summary(Answer("two", ic50=rows), tmp_path))
    assert made["ic50"]["a"]["value"] == 1.0 and made["ic50"]["a:second:d"]["value"] == 2.0


def test_empty_answer(tmp_path: Path) -> None:
    assert set(KEYS) <= set(strict(write_summary(Answer("bare"), tmp_path)))
    assert len(write_tables(Answer("bare"), tmp_path)) == 2 * (len(COLUMNS) + 2)


def test_parquet_equals_csv(tmp_path: Path, example_answer: Callable[..., Answer]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_tables(example_answer(), tmp_path)
    names = sorted(path.stem for path in (tmp_path / "tables").glob("*.csv"))
    assert names == sorted([*COLUMNS, "conservation", "estimates"])
    for name in names:
        stored = parquet.read_table(tmp_path / "tables" / f"{name}.parquet").to_pydict()
        with open(tmp_path / "tables" / f"{name}.csv", encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        assert header == list(stored) and all(len(column) == len(rows) for column in stored.values())
        for place, column in enumerate(header):
            for row, value in zip(rows, stored[column], strict=True):
                written: Any = row[place]
                assert (float(written) if isinstance(value, float) else written) == ("" if value is None else value)


def test_columns_follow_the_agreement(tmp_path: Path, example_answer: Callable[..., Answer]) -> None:
    write_tables(example_answer(curves=[{"arm": "a", "dose": 1, "survival": 0.5, "extra": "kept"}]), tmp_path)
    text = (tmp_path / "tables" / "curves.csv").read_text(encoding="utf-8")
    assert text == "arm,dose,survival,low,high,extra\na,1.0,0.5,,,kept\n"


def test_answer_round_trip(example_answer: Callable[..., Answer]) -> None:
    answer = example_answer()
    assert Answer.from_dict(json.loads(json.dumps(answer.to_dict(), allow_nan=False))) == answer
    with pytest.raises(ValueError, match="no field ic_50"):
        Answer.from_dict({"name": "x", "ic_50": []})


def test_answer_takes_numpy_numbers(example_answer: Callable[..., Answer]) -> None:
    numpy = pytest.importorskip("numpy")
    answer = example_answer(
        assumed_share=numpy.float64(0.5), curves=[{"arm": "a", "dose": numpy.int64(3), "survival": numpy.nan}]
    )
    made = answer.to_dict()
    assert json.dumps(made, allow_nan=False)
    assert made["curves"][0] == {"arm": "a", "dose": 3, "survival": None}
