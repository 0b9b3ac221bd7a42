"""Scenario files: what is read, and what is refused with which words."""

from __future__ import annotations

import textwrap
import time
from pathlib import Path

import pytest

from exoresist.assembly.assay import DoseSeries, dose_values
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict, scenario_from_text
from exoresist.core.errors import ExoresistError, InputError

BASE = """\
schema: exoresist/1
name: small
arena: {kind: well, volume: "100 uL", capacity: "60000 cells"}
populations:
  - {id: recipient, cell_line: mcf7_sensitive, count: "1500 cell"}
  - {id: donor, cell_line: mcf7_resistant, count: "6000 cell"}
drugs:
  - {id: doxorubicin, dose: "0.1 uM", at: "30 min"}
vesicles:
  - {id: preparation, donor: mcf7_resistant, per_cell: "1000 particle/cell", until: "4 h"}
interventions:
  - {id: gw4869, concentration: "10 uM"}
cargo: [ABCB1]
duration: "3 days"
assay: {kind: dose_response, population: recipient, drug: doxorubicin, doses: {from: "1 nM", to: "1 uM", points: 4}}
arms:
  - {id: together, role: treated}
  - {id: alone, role: reference, change: {populations: [{id: donor, remove: true}]}}
"""


def refused(text: str | bytes, *words: str, folder: Path | None = None) -> str:
    with pytest.raises(ExoresistError) as caught:
        scenario_from_text(text, folder, "test.yaml")
    message = str(caught.value)
    for word in words:
        assert word in message, f"{word!r} is not in: {message}"
    return message


def changed(old: str, new: str) -> str:
    assert old in BASE
    return BASE.replace(old, new)


def test_quantities_become_canonical_and_defaults_are_filled() -> None:
    scenario = scenario_from_text(BASE)
    assert scenario.arena.volume == pytest.approx(0.1)
    assert scenario.arena.capacity == 60000.0
    assert scenario.drugs[0].dose == 100.0
    assert scenario.drugs[0].at == 0.5
    assert scenario.interventions[0].concentration == 10000.0
    assert (scenario.duration, scenario.every, scenario.seed, scenario.uncertainty.draws) == (72.0, 1.0, 1, 64)
    assert scenario.environment.hypoxia == 0.0
    assert scenario.drugs[0].until is None
    with pytest.raises(ValueError, match="frozen"):
        scenario.seed = 2


def test_doses_are_log_spaced_and_lead_with_the_control() -> None:
    doses = scenario_from_text(BASE).assay.doses  # type: ignore[union-attr]
    assert isinstance(doses, DoseSeries)
    assert dose_values(doses) == pytest.approx((0.0, 1.0, 10.0, 100.0, 1000.0))
    assert dose_values(doses)[-1] == 1000.0
    listed = changed('{from: "1 nM", to: "1 uM", points: 4}', '["1 uM", "10 nM"]')
    doses = scenario_from_text(listed).assay.doses  # type: ignore[union-attr]
    assert dose_values(doses) == (0.0, 10.0, 1000.0)
    assert dose_values(doses, control=False) == (10.0, 1000.0)
    hidden = scenario_from_text(changed("points: 4", "points: 4, include_zero: false"))
    assert 0.0 not in dose_values(hidden.assay.doses, control=False)  # type: ignore[union-attr]


def test_percentages_and_bare_numbers_suit_dimensionless_fields() -> None:
    scenario = scenario_from_text(BASE + 'environment: {hypoxia: 0.5, acidity: "50 %", starvation: 1}\n')
    assert scenario.environment.model_dump() == {"hypoxia": 0.5, "acidity": 0.5, "starvation": 1.0}


def test_parameter_values_keep_their_unit_in_canonical_form() -> None:
    text = BASE + 'parameters: [{name: half_time, subject: cell, value: "30 min", reason: a test}]\n'
    assert scenario_from_text(text).parameters[0].value == (0.5, "h")
    text = BASE + "parameters: [{name: delivered_fraction, subject: cell, value: 0, reason: the null}]\n"
    assert scenario_from_text(text).parameters[0].value == (0.0, "dimensionless")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('dose: "0.1 uM"', "dose: 100", ["line 8", "drugs[0].dose", "100 has no unit", "'100 nM'"]),
        ('dose: "0.1 uM"', 'dose: "100"', ["'100' has no unit", "'100 nM'"]),
        ('dose: "0.1 uM"', 'dose: "100 h"', ["drugs[0].dose", "does not fit", "nM"]),
        ('dose: "0.1 uM"', 'dose: "100 nMM"', ["drugs[0].dose", "is not a unit"]),
        ('dose: "0.1 uM"', 'dose: "-1 nM"', ["'-1 nM' is too small", "at least 0 nM"]),
        ('dose: "0.1 uM"', 'dose: "1e16 nM"', ["too large", "nM"]),
        ('dose: "0.1 uM"', 'dose: "1e999 nM"', ["drugs[0].dose", "not a finite number"]),
        ('dose: "0.1 uM"', 'dose: "nan nM"', ["'nan nM' is not a quantity"]),
        ('dose: "0.1 uM"', "dose: .nan", ["line 8", "nan is not a finite number"]),
        ('dose: "0.1 uM"', "dose: .inf", ["line 8", "inf is not a finite number"]),
        ('dose: "0.1 uM"', "dose: yes", ["drugs[0].dose", "'yes' is not a quantity"]),
        ('dose: "0.1 uM"', "dose: true", ["drugs[0].dose", "true or false came"]),
        ('dose: "0.1 uM"', "dose: null", ["drugs[0].dose", "nothing came"]),
        ('dose: "0.1 uM"', 'dose: "1 h**9**9**9"', ["is not a unit"]),
        (
            'dose: "0.1 uM"',
            'doze: "0.1 uM"',
            ["drugs[0].doze: unknown key", "Did you mean 'dose'?", "until", "missing"],
        ),
        (', dose: "0.1 uM"', "", ["drugs[0].dose: is missing", "Concentration when added"]),
        ('count: "1500 cell"', 'count: "2e9 cell"', ["populations[0].count", "too large", "1e+09 cell"]),
        ('count: "1500 cell"', 'count: "1500 particle"', ["populations[0].count", "does not fit"]),
        ("id: donor, cell_line", "id: recipient, cell_line", ["'recipient' is already entry 0"]),
        ("id: donor, cell_line", "id: 7up, cell_line", ["'7up'", "beginning with a letter"]),
        ("id: donor, cell_line", "id: 7, cell_line", ["populations[1].id: expected text, but 7 came"]),
        ("population: recipient", "population: recipent", ["assay.population", "Did you mean 'recipient'?"]),
        ("drug: doxorubicin", "drug: doxorubicine", ["assay.drug", "Did you mean 'doxorubicin'?"]),
        ("kind: dose_response", "kind: dose_respons", ["unknown kind 'dose_respons'", "'add_back'"]),
        ("kind: dose_response, ", "", ["assay: needs `kind`"]),
        ("kind: well", "kind: dish", ["arena.kind", "'dish'", "'well', 'transwell', 'circulation' or 'tissue'"]),
        ("kind: well", "kind: transwell", ["needs `insert_volume`", "needs a `side`"]),
        ("kind: well", 'kind: well, insert_volume: "1 mL"', ["belongs to a transwell only"]),
        ("60000 cells", "6000 cells", ["7500 cells are seeded", "only 6000 fit"]),
        ('until: "4 h"', 'at: "5 h", until: "4 h"', ["vesicles[0].until: 4 h is not after `at`, 5 h"]),
        ('until: "4 h"', 'until: "100 h"', ["100 h is after the end of the run at 72 h"]),
        ('at: "30 min"', 'at: "72 h"', ["drugs[0].at: 72 h is not before the end"]),
        ('"10 uM"', '"10 uM", populations: [donr]', ["interventions[0].populations[0]", "Did you mean 'donor'?"]),
        (', concentration: "10 uM"', "", ["either `concentration`", "or `strength`"]),
        ("points: 4", "points: 65", ["assay.doses.points", "65"]),
        ("points: 4", "points: 1", ["assay.doses.points"]),
        ("points: 4", "points: 4.5", ["assay.doses.points", "whole number"]),
        ('from: "1 nM"', 'from: "0 nM"', ["assay.doses.from", "too small"]),
        ('from: "1 nM"', 'from: "10 uM"', ["assay.doses.to: must be above `from`"]),
        ('{from: "1 nM", to: "1 uM", points: 4}', '["1 nM", "1 nM"]', ["1 nM is listed twice"]),
        ('{from: "1 nM", to: "1 uM", points: 4}', "[]", ["assay.doses"]),
        ("cargo: [ABCB1]", "cargo: ABCB1", ["cargo: expected a list", "'ABCB1' came"]),
        ("cargo: [ABCB1]", "cargo: [ABCB1, ABCB1]", ["cargo[1]", "already entry 0"]),
        ("cargo: [ABCB1]", "cargos: [ABCB1]", ["cargos: unknown key", "Did you mean 'cargo'?", "interventions"]),
        ("cargo: [ABCB1]", "cargo: [2024-01-01]", ["reads as a date", "quotes"]),
        ("cargo: [ABCB1]", "seed: true", ["seed", "whole number"]),
        ("cargo: [ABCB1]", "seed: -1", ["seed", "-1"]),
        ("cargo: [ABCB1]", "seed: " + "9" * 5000, ["cannot be read"]),
        ("cargo: [ABCB1]", 'every: "0 h"', ["every", "above 0 h"]),
        ("cargo: [ABCB1]", 'every: "0.001 h"', ["every", "20000"]),
        ("cargo: [ABCB1]", "name: twice", ["line 13", "the key 'name' stands twice (first on line 2)"]),
        ("cargo: [ABCB1]", "1: x", ["a key that is not text"]),
        ("cargo: [ABCB1]", "<<: {seed: 3}", ["line 13", "extends"]),
        ("role: treated", "role: reference", ["the reference is already 'together'"]),
        ("role: reference", "role: control", ["no arm is the reference"]),
        ("id: donor, remove: true", "id: doner, remove: true", ["line 18", "no 'doner' to remove", "'donor'"]),
        ("id: donor, remove: true", "id: donor, remove: maybe", ["true or false"]),
        ("id: donor, remove: true", "id: recipient, remove: true", ["arms[1] ('alone')", "assay.population"]),
        ("id: donor, remove: true", "id: third", ["arms[1] ('alone')", "cell_line: is missing", "count: is missing"]),
        ("change: {populations", "change: {seed: 3, populations", ["arms[1].change.seed", "cannot change", "axes"]),
        (
            "change: {populations",
            "change: {assay: {kind: time_course, population: recipient}, populations",
            ["one kind"],
        ),
        ("exoresist/1", "exoresist/2", ["schema", "'exoresist/2'", "'exoresist/1'"]),
        ("schema: exoresist/1\n", "", ["schema", "missing", "`schema: exoresist/1`"]),
        ("schema: exoresist/1", "schema: exoresist/1\nextends: base.yaml", ["no folder"]),
        ("id: doxorubicin, ", "id: !!python/object:os.system doxorubicin, ", ["tag", "python"]),
        ("id: doxorubicin, ", "id: !mine doxorubicin, ", ["tag '!mine'"]),
        ("[ABCB1]", "!!set {ABCB1}", ["tag"]),
        ("[ABCB1]", "!!binary aGVsbG8=", ["tag 'binary'"]),
        ("name: small", 'name: "../up"', ["name", "letters, digits"]),
        ("name: small", 'name: small\ntitle: "a\\0b"', ["U+0000"]),
    ],
)
def test_a_fault_is_told_with_its_place_and_a_way_out(old: str, new: str, words: list[str]) -> None:
    message = refused(changed(old, new), "test.yaml", *words)
    assert len(message) < 3000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["holds nothing", "mapping"]),
        ("- a\n- b\n", ["holds a list"]),
        ("hello", ["holds a single value"]),
        ("a: [1, 2", ["not YAML", "line"]),
        ("a: b: c", ["not YAML", "line 1"]),
        ("a: *nothing", ["not YAML", "undefined alias"]),
        ("---\na: 1\n---\nb: 2\n", ["not YAML"]),
        ("\0", ["not YAML"]),
        (b"schema: \xff\xfe\n", ["byte 8 is not UTF-8"]),
        ("[" * 5000, ["deep"]),
        ("a: " + "[" * 60 + "]" * 60, ["nested"]),
        ("a: &x [*x]", ["contains itself"]),
        ("x" * 1_000_001, ["larger than 1 MB"]),
        ("a: !!python/object/apply:os.system [id]", ["tag", "python"]),
        ("? {a: 1}\n: 2\n", ["a key that is not text"]),
    ],
)
def test_text_that_is_no_scenario(text: str | bytes, words: list[str]) -> None:
    refused(text, *words)


def test_an_alias_bomb_is_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    started = time.perf_counter()
    refused("\n".join(lines), "blow up")
    assert time.perf_counter() - started < 10


def test_anchors_within_reason_are_read() -> None:
    text = changed('count: "1500 cell"', 'count: &few "1500 cell"').replace('"6000 cell"', "*few")
    assert scenario_from_text(text).populations[1].count == 1500.0


def test_all_problems_are_listed_together() -> None:
    text = changed('dose: "0.1 uM"', "dose: 100").replace('"1500 cell"', "1500")
    refused(text, "2 problems", "line 5: populations[0].count", "line 8: drugs[0].dose")


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    for path, word in ((tmp_path / "none.yaml", "no file"), (tmp_path, "folder"), ("a\0b", "cannot read")):
        with pytest.raises(ExoresistError, match=word):
            load_scenario(path)


def test_converted_times_compare_cleanly() -> None:
    text = changed('duration: "3 days"', 'duration: "1 h"\nevery: "60 min"').replace('until: "4 h"', 'until: "3600 s"')
    scenario = scenario_from_text(text)
    assert scenario.every == scenario.vesicles[0].until == scenario.duration == 1.0


def test_a_byte_order_mark_is_allowed() -> None:
    assert scenario_from_text(b"\xef\xbb\xbf" + BASE.encode()).name == "small"


def test_extends_merges_by_id_and_takes_one_parent(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE)
    child = tmp_path / "child.yaml"
    child.write_text(
        textwrap.dedent("""\
        schema: exoresist/1
        extends: base.yaml
        name: child
        populations:
          - {id: donor, count: "3000 cell"}
          - {id: bystander, cell_line: mcf7_sensitive, count: "10 cell"}
        interventions: [{id: gw4869, remove: true}]
        cargo: [ABCC1]
        arms:
          - {id: alone, label: No donors}
        """)
    )
    scenario = load_scenario(child)
    assert [(entry.id, entry.count) for entry in scenario.populations] == [
        ("recipient", 1500.0),
        ("donor", 3000.0),
        ("bystander", 10.0),
    ]
    assert scenario.populations[1].cell_line == "mcf7_resistant"
    assert scenario.interventions == ()
    assert scenario.cargo == ("ABCC1",)
    assert [arm.label for arm in scenario.arms] == ["", "No donors"]
    assert scenario.arms[1].change == {"populations": [{"id": "donor", "remove": True}]}
    assert not hasattr(scenario, "extends")


def test_faults_of_a_parent_name_its_file(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(changed('dose: "0.1 uM"', "dose: 100"))
    (tmp_path / "child.yaml").write_text("schema: exoresist/1\nextends: base.yaml\nname: child\n")
    with pytest.raises(ExoresistError, match=r"child\.yaml, base\.yaml line 8: drugs\[0\]\.dose"):
        load_scenario(tmp_path / "child.yaml")


def test_extends_refuses_circles_depth_and_other_paths(tmp_path: Path) -> None:
    head = "schema: exoresist/1\nname: x\nextends: "
    (tmp_path / "a.yaml").write_text(head + "b.yaml\n")
    (tmp_path / "b.yaml").write_text(head + "a.yaml\n")
    with pytest.raises(ExoresistError, match="circle"):
        load_scenario(tmp_path / "a.yaml")
    for index in range(9):
        (tmp_path / f"c{index}.yaml").write_text(head + f"c{index + 1}.yaml\n")
    with pytest.raises(ExoresistError, match="more than 5 files"):
        load_scenario(tmp_path / "c0.yaml")
    for parent, word in (
        ("/etc/passwd", "absolute"),
        ("none.yaml", "no file"),
        ("[a, b]", "names no file"),
        ("7", "names"),
    ):
        (tmp_path / "d.yaml").write_text(head + parent + "\n")
        with pytest.raises(ExoresistError, match=word):
            load_scenario(tmp_path / "d.yaml")


def test_parameter_sets_are_found_from_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "base.yaml").write_text(BASE + "parameter_sets: [fit.tsv]\n")
    (tmp_path / "child.yaml").write_text("schema: exoresist/1\nextends: sub/base.yaml\n")
    assert load_scenario(tmp_path / "child.yaml").parameter_sets == (str(tmp_path / "sub" / "fit.tsv"),)


def test_other_assays_refer_to_what_is_there() -> None:
    head = BASE.split("assay:")[0]
    add_back = "assay: {kind: add_back, population: recipient, vesicles: preparation, cargo: ABCB1, times: "
    assert scenario_from_text(head + add_back + '["4 h", "12 h"]}\n').assay.times == (4.0, 12.0)  # type: ignore[union-attr]
    refused(head + add_back + '["100 h"]}\n', "assay.times[0]", "after the end")
    refused((head + add_back + "[]}\n").replace("vesicles: prep", "vesicles: rep"), "no vesicle preparation")
    refused((head + add_back + "[]}\n").replace("cargo: ABCB1,", "cargo: ABCC1,"), "no cargo 'ABCC1'", "ABCB1")
    doses = 'drug: doxorubicin, doses: ["1 nM"]'
    transwell = f"assay: {{kind: transwell, population: recipient, donor: donor, {doses}}}\n"
    refused(head + transwell, "needs `arena: {kind: transwell")
    refused(head + transwell.replace("donor: donor", "donor: recipient"), "name another")
    same = head.replace('"1500 cell"', '"1500 cell", side: well').replace('"6000 cell"', '"6000 cell", side: well')
    same = same.replace("kind: well", 'kind: transwell, insert_volume: "0.1 mL", pore_exchange: "1 uL/min"')
    refused(same + transwell, "sits on the side of 'recipient'")
    apart = same.replace('"6000 cell", side: well', '"6000 cell", side: insert') + transwell
    assert scenario_from_text(apart).arena.pore_exchange == pytest.approx(0.06)
    titration = f"assay: {{kind: titration, population: recipient, donor: mcf7_resistant, {doses}, hours: '24 h', per_cell: "
    series = "{from: '10 particle/cell', to: '1000 particle/cell', points: 3}}\n"
    values = scenario_from_text(head + titration + series).assay.per_cell.values()  # type: ignore[union-attr]
    assert values == pytest.approx((10.0, 100.0, 1000.0))


def test_bundled_scenarios_load() -> None:
    paths = bundled_scenarios()
    assert set(paths) >= {
        "mcf7_doxorubicin", "mcf7_paclitaxel", "crc_oxaliplatin_cirs122", "pgp_add_back", "null_delivery",
        "transwell_doxorubicin", "conditioned_medium", "sensitising_cargo", "rituximab_decoy",
    }  # fmt: skip
    for name, path in paths.items():
        scenario = load_scenario(path)
        assert scenario.name == name
        assert scenario.title and scenario.question


def test_from_dict_reads_the_form_of_a_file_and_nothing_else() -> None:
    data = {
        "schema": "exoresist/1",
        "name": "small",
        "arena": {"kind": "well", "volume": "1 mL", "capacity": "100 cell"},
        "populations": [{"id": "a", "cell_line": "x", "count": "1 cell"}],
        "duration": "1 h",
        "assay": {"kind": "time_course", "population": "a"},
        "provenance": {"anything": [1, 2]},
    }
    assert scenario_from_dict(data).assay.kind == "time_course"
    circle: list[object] = []
    circle.append(circle)
    mappings: tuple[object, ...] = ({1: 2}, {"a": circle}, {"a": object()}, {"a": {1}}, {**data, "seed": 10**400})
    for wrong in (None, 3, [], "text", *mappings):
        with pytest.raises(ExoresistError):
            scenario_from_dict(wrong)


def test_the_example_in_the_documentation_loads() -> None:
    page = Path(__file__).parents[2] / "docs" / "architecture.md"
    example = page.read_text().split("```yaml\n")[1].split("```")[0]
    assert [arm.id for arm in scenario_from_text(example).arms] == ["together", "alone"]


def test_extends_takes_a_bundled_scenario_by_its_name(tmp_path: Path) -> None:
    text = "schema: exoresist/1\nname: mine\nextends: mcf7_doxorubicin\nseed: 5\n"
    base = load_scenario("mcf7_doxorubicin")
    for scenario in (scenario_from_text(text), load_scenario(_written(tmp_path / "mine.yaml", text))):
        assert (scenario.name, scenario.seed) == ("mine", 5)
        assert scenario.populations == base.populations
    with pytest.raises(InputError, match="mcf7_doxorubicin"):
        load_scenario(_written(tmp_path / "typo.yaml", text.replace("mcf7_doxorubicin", "mcf7_doxorubicn")))


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
