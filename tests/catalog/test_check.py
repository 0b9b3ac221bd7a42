"""The check passes on what is shipped and catches each class of fault on a copy that was broken on purpose."""

import json
from importlib.resources import files

import pytest

from exoresist.catalog import Catalog, check_report
from exoresist.core.errors import ExoresistError


@pytest.fixture
def copy(tmp_path):
    """A directory with all tables, and a function that changes one cell of one row (or adds a line)."""
    for table in (files("exoresist.catalog") / "tables").iterdir():
        (tmp_path / table.name).write_text(table.read_text(encoding="utf-8"), encoding="utf-8")

    def change(table, key, column, text):
        path = tmp_path / f"{table}.tsv"
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        columns = header.split("\t")
        for position, line in enumerate(lines):
            cells = line.split("\t")
            if cells[: len(key)] == list(key):
                cells[columns.index(column)] = text
                lines[position] = "\t".join(cells)
                break
        else:
            raise AssertionError(f"no row {key}")
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return tmp_path

    return change


def add_line(directory, table, line):
    with (directory / f"{table}.tsv").open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")


def test_the_shipped_catalogue_has_no_problems():
    report = check_report(Catalog.load())
    assert report["problems"] == []
    assert json.loads(json.dumps(report)) == report
    assert report["rows"]["parameters"] > 150 and report["rows"]["axes"] >= 12


SIZE = ("growth_rate", "cell")
FAULTS = [
    ("parameters", SIZE, "unit", "", "empty"),
    ("parameters", SIZE, "unit", "furlong^^2", "not a unit"),
    ("parameters", SIZE, "unit", "nM", "differs in kind"),
    ("parameters", SIZE, "low", "", "empty"),
    ("parameters", SIZE, "kind", "", "empty"),
    ("parameters", SIZE, "source", "", "empty"),
    ("parameters", SIZE, "source", "nobody_1999", "not in table sources"),
    ("parameters", SIZE, "source", "liu_2019", "retracted"),
    ("parameters", SIZE, "distribution", "gaussian", "not one of"),
    ("parameters", SIZE, "kind", "guessed", "not one of"),
    ("parameters", SIZE, "value", "nan", "finite"),
    ("parameters", SIZE, "high", "inf", "finite"),
    ("parameters", SIZE, "value", "fast", "not a number"),
    ("parameters", SIZE, "value", "7", "outside its range"),
    ("parameters", SIZE, "low", "-1", "must be positive"),
    ("parameters", ("escrt_share", "cell"), "high", "1.0", "inside"),
    ("parameters", ("damage_threshold", "cell"), "note", "", "says why"),
    ("parameters", ("damage_threshold", "cell"), "kind", "assumed", "needs a range"),
    ("parameters", ("damage_threshold", "cell"), "distribution", "uniform", "needs a range"),
    ("parameters", SIZE, "subject", "cell_line:hela", "not in table cell_lines"),
    ("parameters", SIZE, "subject", "cargo_type:soup", "not one of"),
    ("parameters", SIZE, "subject", "a cell", "not of the form"),
    ("parameters", SIZE, "name", "Growth Rate", "not a name"),
    ("parameters", ("growth_rate", "cell_line:h1299"), "subject", "cell", "more than once"),
    ("sources", ("wang_2020",), "doi", "", "does not say why"),
    ("sources", ("wang_2020",), "doi", "doi.org/123", "not a DOI"),
    ("sources", ("wang_2020",), "retracted", "yes", "retracted"),
    ("sources", ("wang_2020",), "retracted", "perhaps", "not one of"),
    ("sources", ("wang_2020",), "year", "MMXX", "not a year"),
    ("sources", ("wang_2020",), "id", "qu_2016", "more than once"),
    ("drugs", ("paclitaxel",), "pumps", "ABCB1;ABCB9", "not in table pumps"),
    ("drugs", ("paclitaxel",), "mode", "magic", "not one of"),
    ("drugs", ("paclitaxel",), "logp", "9", "parameters table"),
    ("pumps", ("ABCB1",), "identifier", "40", "HGNC"),
    ("pumps", ("ABCB1",), "substrates", "water", "not in table drugs"),
    ("cargo", ("ABCB1",), "type", "thing", "not one of"),
    ("cell_lines", ("mcf7_resistant",), "parent", "hela", "not in table cell_lines"),
    ("interventions", ("gw4869",), "target_process", "singing", "not one of"),
    ("interventions", ("gw4869",), "effect", "", "empty"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "cargo", "circ_X", "not in table cargo"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "cargo", "", "empty"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "cargo", "PKM2x", "not in table cargo"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "cargo", "CD20", "does not hold the cargo"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "drugs", "aspirin", "not in table drugs"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "drugs", "paclitaxel", "does not list"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "donor", "hela", "not in table cell_lines"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "recipient", "hela", "not in table cell_lines"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "path", "ciRS_122 miR_122", "no arrow"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "path", "ciRS_122 -> miR_122", "does not end"),
    ("axes", ("cirs122_oxaliplatin_wang20",), "reported_direction", "sensitivity", "opposite"),
    ("axes", ("mir128_oxaliplatin_liu19",), "flags", "sensitising", "retracted_source"),
    ("aliases", ("Pgp",), "id", "PGP", "not in table pumps"),
    ("aliases", ("Pgp",), "text_as_printed", "P-gp", "more than once"),
    ("aliases", ("Pgp",), "reason", "", "empty"),
]


@pytest.mark.parametrize(("table", "key", "column", "text", "told"), FAULTS)
def test_each_class_of_fault_is_caught(copy, table, key, column, text, told):
    problems = Catalog.load(copy(table, key, column, text)).check()
    assert any(told in problem.message for problem in problems), [problem.message for problem in problems]


def test_a_line_with_too_few_cells_is_listed_with_its_line(copy):
    directory = copy("parameters", SIZE, "note", "untouched otherwise")
    add_line(directory, "drugs", "half\ta\trow")
    (problem,) = Catalog.load(directory).check()
    assert problem.table == "drugs" and "3 cells" in problem.message and problem.row.startswith("line ")


def test_a_broken_row_is_named_when_it_is_looked_up(copy):
    catalog = Catalog.load(copy("parameters", SIZE, "value", "nan"))
    with pytest.raises(ExoresistError, match=r"growth_rate \(cell\).*finite"):
        catalog.parameter("growth_rate", "cell")


def test_a_missing_column_or_table_is_one_clear_error(copy, tmp_path):
    directory = copy("parameters", SIZE, "note", "")
    path = directory / "pumps.tsv"
    path.write_text(path.read_text(encoding="utf-8").replace("identifier", "gene", 1), encoding="utf-8")
    with pytest.raises(ExoresistError, match="lacks the columns identifier"):
        Catalog.load(directory)
    path.unlink()
    with pytest.raises(ExoresistError, match="cannot be read"):
        Catalog.load(directory)


def test_a_changed_cell_changes_the_hash(copy):
    assert Catalog.load(copy("parameters", SIZE, "note", "another note")).hash != Catalog.load().hash
