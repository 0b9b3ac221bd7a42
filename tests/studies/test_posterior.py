"""Draws from a file: read as written, medians first, refused where they cannot be."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from exoresist.assembly.build import build
from exoresist.assembly.reader import load_scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies.posterior import read_posterior

UPTAKE = "delivered_fraction@cell"


def file(folder: Path, columns: dict[str, list[float]], name: str = "draws.csv") -> Path:
    path = folder / name
    if path.suffix == ".parquet":
        arrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
        parquet.write_table(arrow.table(columns), path)
        return path
    lines = [",".join(columns), *(",".join(f"{value!r}" for value in line) for line in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["draws.csv", "draws.parquet"])
def test_columns_become_values_of_the_model(name: str, tmp_path: Path) -> None:
    catalog = Catalog.load()
    given = {UPTAKE: [0.1, 0.2, 0.6], "growth_rate@cell_line:mcf7_sensitive": [0.02, 0.03, 0.05], "chain": [0.0, 0.0, 1.0]}
    posterior = read_posterior(file(tmp_path, given, name), catalog, 3)
    model = build(load_scenario("mcf7_doxorubicin"), catalog)
    values = posterior.values(model)
    assert posterior.sets == 4
    assert np.allclose(values["recipient.delivered_fraction"], [0.2, 0.1, 0.2, 0.6])  # the median first
    assert np.allclose(values["recipient.growth_rate"], [0.03, 0.02, 0.03, 0.05])
    assert "recipient.secretion_rate" not in values  # stays at its central value
    assert posterior.unused([model]) == []


def test_numbers_are_in_the_unit_of_their_row(tmp_path: Path) -> None:
    catalog = Catalog.load()
    row = catalog.parameter("cell_volume", "cell")
    posterior = read_posterior(file(tmp_path, {"cell_volume@cell": [row.value, row.value]}), catalog, 3)
    model = build(load_scenario("mcf7_doxorubicin"), catalog)
    for name, values in posterior.values(model).items():
        assert np.allclose(values, model.network.parameters[name].value)


def test_a_part_of_the_draws_keeps_the_median_of_all(tmp_path: Path) -> None:
    drawn = [float(value) for value in np.linspace(0.1, 0.9, 101)]
    posterior = read_posterior(file(tmp_path, {UPTAKE: drawn}), Catalog.load(), 3, most=10)
    assert posterior.sets == 11
    assert posterior.given["delivered_fraction", "cell"][0] == pytest.approx(0.5)


def test_what_a_fit_found_beside_parameters_is_kept_apart(tmp_path: Path) -> None:
    catalog = Catalog.load()
    local = "growth_rate@cell_line:mcf7_sensitive@second"
    given = {UPTAKE: [0.1, 0.2], "spreading@readout": [0.0, 1.0], local: [0.02, 0.03]}
    posterior = read_posterior(file(tmp_path, given), catalog, 3)
    model = build(load_scenario("mcf7_doxorubicin"), catalog)
    assert set(posterior.unused([model])) == {"spreading@readout", local}
    assert set(posterior.given) == {("delivered_fraction", "cell")}
    assert "recipient.growth_rate" not in posterior.values(model)


@pytest.mark.parametrize(
    ("columns", "part"),
    [
        ({"delivered_fractoin@cell": [0.1, 0.2]}, "Did you mean 'delivered_fraction'"),
        ({UPTAKE: [0.1, float("nan")]}, "not finite"),
        ({UPTAKE: [0.1, 1.5]}, "0 to 1"),
        ({UPTAKE: [0.1]}, "2 or more"),
        ({"chain": [1.0, 2.0]}, "no column of parameters"),
    ],
)
def test_what_cannot_be_is_refused(columns: dict[str, list[float]], part: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=part):
        read_posterior(file(tmp_path, columns), Catalog.load(), 3)


@pytest.mark.parametrize("text", ["", "a,b\n1\n", "\x00\x01", "a@b,a@b\n1,2\n"])
def test_files_that_are_no_tables_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "draws.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_posterior(path, Catalog.load(), 3)
    with pytest.raises(InputError, match="no file"):
        read_posterior(tmp_path / "none.csv", Catalog.load(), 3)
    broken = tmp_path / "draws.parquet"
    broken.write_text("no parquet", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        read_posterior(broken, Catalog.load(), 3)
    with pytest.raises(InputError, match="ends in"):
        other = tmp_path / "draws.txt"
        other.write_text("a", encoding="utf-8")
        read_posterior(other, Catalog.load(), 3)


def test_draws_of_which_a_scenario_reads_nothing_are_refused(tmp_path: Path) -> None:
    """They would all be the centre, and an interval without width a lie."""
    catalog = Catalog.load()
    model = build(load_scenario("mcf7_doxorubicin"), catalog)
    other = read_posterior(file(tmp_path, {"growth_rate@cell_line:h1299": [0.02, 0.03]}), catalog, 3)
    with pytest.raises(InputError, match="no column of the posterior is a number of this scenario: growth_rate@cell_line:h1299"):
        other.unused([model])
    with pytest.raises(InputError, match="has no column of parameters"):
        read_posterior(file(tmp_path, {"growth_rate@cell_line:mcf7_sensitive@second": [0.02, 0.03]}), catalog, 3)
