"""Parameter files of users: read, refused with one clear error, and written so that they read back unchanged."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.catalog import Catalog, load_parameter_file, write_parameter_file
from exoresist.core.errors import ExoresistError
from exoresist.core.quantity import Quantity

ROW = {
    "name": "growth_rate",
    "subject": "cell_line:mcf7_sensitive",
    "value": "0.03",
    "unit": "1/h",
    "low": "0.02",
    "high": "0.04",
    "distribution": "lognormal",
    "kind": "fitted",
    "source": "my_plate_reader",
}


def yaml_of(*rows):
    return "\n".join(
        "- " + "\n  ".join(f"{column}: {value}" for column, value in {**ROW, **row}.items() if value is not None) for row in rows
    )


def save(tmp_path, text, name="set.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_yaml_list_is_read(tmp_path):
    (quantity,) = load_parameter_file(save(tmp_path, yaml_of({"note": "my cells"})))
    assert (quantity.value, quantity.kind, quantity.note) == (0.03, "fitted", "my cells")
    assert Catalog.load().with_parameters([quantity]).parameter("growth_rate", ROW["subject"]).value == 0.03


def test_a_table_is_read(tmp_path):
    cells = {**ROW, "locator": "", "note": ""}
    text = "\t".join(cells) + "\n" + "\t".join(cells.values()) + "\n"
    (quantity,) = load_parameter_file(save(tmp_path, text, "set.tsv"))
    assert quantity.high == 0.04


def test_the_shipped_parameters_survive_writing_and_reading(tmp_path):
    shipped = Catalog.load().parameters()
    write_parameter_file(tmp_path / "all.yaml", shipped)
    assert load_parameter_file(tmp_path / "all.yaml") == shipped


texts = st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=30).map(str.strip)
positive = st.floats(1e-20, 1e20)


@settings(max_examples=60)
@given(
    st.lists(positive, min_size=3, max_size=3).map(sorted),
    texts,
    texts,
    st.sampled_from(["yes", "null", "1e5", "x: y"]),
)
def test_any_valid_row_survives_writing_and_reading(tmp_path_factory, numbers, note, locator, source):
    low, value, high = numbers
    fixed = low == high
    row = Quantity(
        value, "1/h", low, high, "fixed" if fixed else "lognormal", "fitted", source, locator, note or "-", "a", "cell"
    )
    path = tmp_path_factory.mktemp("rows") / "set.yaml"
    write_parameter_file(path, [row])
    assert load_parameter_file(path) == (row,)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"unit": None}, "unit: is empty"),
        ({"source": None}, "source: is empty"),
        ({"low": None}, "low: is empty"),
        ({"kind": "hoped"}, "not one of"),
        ({"distribution": "gaussian"}, "not one of"),
        ({"unit": "bananas"}, "not a unit"),
        ({"value": ".nan"}, "finite"),
        ({"value": "fast"}, "not a number"),
        ({"value": "1"}, "outside its range"),
        ({"value": "true"}, "a number"),
        ({"value": "[1, 2]"}, "a number"),
        ({"low": "0.03", "high": "0.03"}, "needs a range"),
        ({"valu": "1"}, "unknown key 'valu'.*'value'"),
        ({"value": "1e200", "high": "1e201"}, "too large"),
        ({"value": "9" * 6000}, "digits"),
    ],
)
def test_a_faulty_row_is_named(tmp_path, change, told):
    with pytest.raises(ExoresistError, match=f"set.yaml.*{told}"):
        load_parameter_file(save(tmp_path, yaml_of(change)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not a list"),
        ("[]", "no rows"),
        ("a: 1", "not a list"),
        ("- 1\n- 2", "not a list"),
        ("- {name: a, name: b}", "not valid YAML"),
        ("- [unclosed", "not valid YAML"),
        ("- !!python/object/apply:os.system [ls]", "not valid YAML"),
        (yaml_of({}, {}), "stands already in row 1"),
    ],
)
def test_a_file_that_is_no_list_of_rows_is_refused(tmp_path, text, told):
    with pytest.raises(ExoresistError, match=told):
        load_parameter_file(save(tmp_path, text))


def test_many_faults_are_one_error(tmp_path):
    rows = [{"subject": f"cell_line:l{number}", "unit": None} for number in range(20)]
    with pytest.raises(ExoresistError, match="and 12 more"):
        load_parameter_file(save(tmp_path, yaml_of(*rows)))


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(ExoresistError, match="cannot be read"):
        load_parameter_file(tmp_path / "absent.yaml")
    with pytest.raises(ExoresistError, match="cannot be read"):
        load_parameter_file(tmp_path)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ExoresistError, match="cannot be read"):
        load_parameter_file(binary)
    with pytest.raises(ExoresistError, match="lacks the columns"):
        load_parameter_file(save(tmp_path, "name\tvalue\na\t1\n", "set.tsv"))


def test_nothing_is_written_when_a_row_is_not_valid(tmp_path):
    path = tmp_path / "set.yaml"
    with pytest.raises(ExoresistError, match="cannot be written"):
        write_parameter_file(path, [Quantity(1.0, "1/h", 0.5, 2.0, name="a", subject="cell")])
    assert not path.exists()
    valid = Quantity(1.0, "1/h", 0.5, 2.0, "lognormal", "fitted", "me", "", "", "a", "cell")
    with pytest.raises(ExoresistError, match="cannot be written"):
        write_parameter_file(tmp_path / "absent" / "set.yaml", [valid])
    assert math.isfinite(valid.value)
