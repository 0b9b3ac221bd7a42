"""The second reading: every difference is settled with a reason, and the rows that were read twice say so."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import pytest

from exoresist.catalog import Catalog

FOLDER = Path(__file__).parents[2] / "verification"


@pytest.fixture(scope="module")
def reading():
    spec = importlib.util.spec_from_file_location("second_reading", FOLDER / "second_reading.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows():
    with open(FOLDER / "second_reading.tsv", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_every_difference_is_settled_and_every_row_marked(reading, rows):
    catalog = Catalog.load()
    assert len(rows) == 72
    assert reading.unsettled(catalog, rows) == []
    assert reading.unmarked(catalog, rows) == []


def test_an_open_difference_and_a_missing_mark_are_told(reading, rows):
    catalog = Catalog.load()
    other = [{**rows[0], "reported_direction": "sensitivity", "settled": "agrees"}, *rows[1:]]
    assert "direction" in reading.unsettled(catalog, other)[0]
    assert len(reading.unmarked(catalog, rows[1:])) == 1
