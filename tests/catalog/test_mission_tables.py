"""The mission tables: all rows are there, executable ones name tests that exist, and the check says what is wrong with a row."""

from __future__ import annotations

import ast
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import pytest

from exoresist.catalog import Catalog

ROOT = Path(__file__).parents[2]
SIZES = {"mechanisms": ("M", 161), "therapies": ("T", 79), "biomarkers": ("B", 33)}


@pytest.mark.parametrize("table", SIZES)
def test_every_row_is_there_with_every_cell(catalog: Catalog, table: str) -> None:
    letter, count = SIZES[table]
    rows = catalog.records(table)
    assert [row.id for row in rows] == [f"{letter}{number:03d}" for number in range(1, count + 1)]
    for row in rows:
        assert all(getattr(row, field.name) not in ("", ()) for field in fields(row)), row.id
    assert catalog.row_counts()[table] == count


def test_rows_are_found_by_id(catalog: Catalog) -> None:
    assert catalog.mechanism("M005").status == "executable"
    assert catalog.therapy("T022").status == "recorded"
    assert "retracted" in catalog.biomarker("B004").reason


@pytest.mark.parametrize("table", SIZES)
def test_tests_that_are_named_exist(catalog: Catalog, table: str) -> None:
    for row in catalog.records(table):
        for test in () if row.status == "recorded" else row.shown_by:
            path, _, name = test.partition("::")
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            functions = {part.name for part in tree.body if isinstance(part, ast.FunctionDef)}
            assert name.split("[")[0] in functions, (row.id, test)


@pytest.mark.parametrize(
    ("id", "column", "text", "part"),
    [
        ("M005", "status", "perhaps", "not one of"),
        ("M005", "shown_by", "none", "needs it"),
        ("M005", "realisation", "none", "needs it"),
        ("M005", "reason", "it is hard", "is executable"),
        ("M005", "shown_by", "tests/nothing", "not of the form"),
        ("M005", "claims", "no_such_claim", "not in table claims"),
        ("M005", "note", "", "is empty"),
        ("M095", "reason", "none", "needs it"),
        ("M095", "where_it_will_run", "none", "needs it"),
        ("M095", "shown_by", "tests/models/test_signs.py::test_x", "is recorded"),
    ],
)
def test_the_check_finds_a_wrong_row(tmp_path: Path, id: str, column: str, text: str, part: str) -> None:
    for table in (files("exoresist.catalog") / "tables").iterdir():
        (tmp_path / table.name).write_text(table.read_text(encoding="utf-8"), encoding="utf-8")
    path = tmp_path / "mechanisms.tsv"
    header, *lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    row = next(line for line in lines if line[0] == id)
    row[header.index(column)] = text
    path.write_text("\n".join("\t".join(line) for line in [header, *lines]) + "\n", encoding="utf-8")
    found = [problem for problem in Catalog.load(tmp_path).check() if problem.table == "mechanisms"]
    assert [problem for problem in found if problem.row == id and problem.field == column and part in problem.message]
