"""Arms, the resolved file and the JSON Schema."""

from __future__ import annotations

import math
import os
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.json_schema import scenario_json_schema
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict, scenario_from_text
from exoresist.assembly.resolve import resolved_dict, write_resolved
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import ExoresistError

NAMES = sorted(bundled_scenarios())


@pytest.fixture(scope="module")
def demo() -> Scenario:
    return load_scenario(bundled_scenarios()["mcf7_doxorubicin"])


def test_each_arm_is_a_scenario_of_its_own(demo: Scenario) -> None:
    arms = {arm.id: scenario for arm, scenario in expand_arms(demo)}
    assert list(arms) == [
        "recipients_alone", "donors_alone", "co_culture", "no_delivery", "co_culture_gw4869", "recipients_gw4869",
    ]  # fmt: skip
    assert [entry.id for entry in arms["recipients_alone"].populations] == ["recipient"]
    assert [entry.id for entry in arms["donors_alone"].populations] == ["donor"]
    assert arms["donors_alone"].assay.population == "donor"
    assert arms["no_delivery"].parameters[0].value == (0.0, "dimensionless")
    assert arms["co_culture_gw4869"].interventions[0].concentration == 10000.0
    assert arms["co_culture"].populations == demo.populations
    assert all(scenario.seed == demo.seed and scenario.arms == () for scenario in arms.values())
    assert demo.vesicle_titration is not None
    values = demo.vesicle_titration.per_cell.values()
    assert (values[0], values[-1]) == (100.0, 1e9)
    ratios = [later / former for former, later in pairwise(values)]
    assert all(math.isclose(ratio, ratios[0]) for ratio in ratios)


def test_without_arms_there_is_one(demo: Scenario) -> None:
    data = resolved_dict(demo)
    del data["arms"], data["comparison"]
    scenario = scenario_from_dict(data)
    ((arm, only),) = expand_arms(scenario)
    assert (arm.id, arm.role, only) == ("base", "reference", scenario)


def test_null_in_a_change_clears_an_optional_part_and_survives_writing(demo: Scenario, tmp_path: Path) -> None:
    data = resolved_dict(demo)
    data["drugs"][0]["until"] = "24 h"
    data["arms"][2]["change"] = {"drugs": [{"id": "doxorubicin", "until": None}]}
    scenario = scenario_from_dict(data)
    arms = {arm.id: changed for arm, changed in expand_arms(scenario)}
    assert arms["recipients_alone"].drugs[0].until == 24.0
    assert arms["co_culture"].drugs[0].until is None
    write_resolved(scenario, tmp_path / "resolved.yaml")
    assert load_scenario(tmp_path / "resolved.yaml") == scenario


def test_parameters_merge_by_name_and_subject(demo: Scenario) -> None:
    data = resolved_dict(demo)
    data["parameters"] = [
        {"name": "a", "subject": "cell", "value": "1 1/h", "reason": "r"},
        {"name": "a", "subject": "drug:x", "value": "2 1/h", "reason": "r"},
    ]
    change = [{"name": "a", "subject": "cell", "value": "3 1/h"}, {"name": "a", "subject": "drug:x", "remove": True}]
    data["arms"][2]["change"] = {"parameters": change}
    arms = {arm.id: changed for arm, changed in expand_arms(scenario_from_dict(data))}
    assert [(entry.subject, entry.value.number) for entry in arms["co_culture"].parameters] == [("cell", 3.0)]


def test_another_kind_of_arena_replaces(demo: Scenario) -> None:
    data = resolved_dict(demo)
    data["arms"][2]["change"] = {"arena": {"kind": "transwell"}}
    with pytest.raises(ExoresistError, match=r"arms\[2\] \('co_culture'\).*"):
        scenario_from_dict(data)


@pytest.mark.parametrize("name", NAMES)
def test_the_resolved_file_gives_the_same_scenario(name: str, tmp_path: Path) -> None:
    scenario = load_scenario(bundled_scenarios()[name])
    target = tmp_path / "new" / "resolved.yaml"
    write_resolved(scenario, target, {"catalog_hash": "abc", "versions": {"exoresist": "0.1"}, "seed_used": 1})
    assert load_scenario(target) == scenario
    assert scenario_from_dict(resolved_dict(scenario)) == scenario
    assert "catalog_hash: abc" in target.read_text()
    assert "every: 1 h" in target.read_text() or scenario.every != 1.0
    assert os.listdir(target.parent) == ["resolved.yaml"]
    for arm, changed in expand_arms(scenario):
        assert scenario_from_dict(resolved_dict(changed)) == changed, arm.id


def test_a_failed_write_leaves_the_old_file(demo: Scenario, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExoresistError, match="cannot write"):
        write_resolved(demo, tmp_path / "folder")
    assert os.listdir(tmp_path) == ["folder"]
    with pytest.raises(ExoresistError, match="came a value of type object"):
        write_resolved(demo, tmp_path / "x.yaml", {"odd": object()})
    assert not (tmp_path / "x.yaml").exists()


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = scenario_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", NAMES)
def test_example_files_fit_the_json_schema(name: str, validator: jsonschema.Draft202012Validator) -> None:
    path = bundled_scenarios()[name]
    validator.validate(YAML(typ="safe").load(path))
    validator.validate(resolved_dict(load_scenario(path)))


@pytest.mark.parametrize(
    "change",
    [
        {"duration": 72},
        {"duration": "72"},
        {"duration": "nan h"},
        {"colour": "red"},
        {"assay": {"kind": "guess"}},
        {"populations": []},
        {"seed": 1.5},
        {"arms": [{"id": "a", "change": {"seed": 3}}]},
        {"environment": {"hypoxia": 2}},
    ],
)
def test_the_json_schema_refuses_what_the_reader_refuses(
    change: dict[str, object], demo: Scenario, validator: jsonschema.Draft202012Validator
) -> None:
    data = {**resolved_dict(demo), **change}
    assert not validator.is_valid(data)
    with pytest.raises(ExoresistError):
        scenario_from_dict(data)


def test_every_field_of_the_json_schema_is_described() -> None:
    schema = scenario_json_schema()
    for name, body in schema["$defs"].items():
        assert body.get("description"), name
        for key, field in body.get("properties", {}).items():
            assert "$ref" in field or field.get("description"), f"{name}.{key}"


def test_an_arm_may_be_named_in_the_comparison_only_if_it_exists() -> None:
    text = bundled_scenarios()["mcf7_doxorubicin"].read_text().replace("of: co_culture,", "of: coculture,")
    with pytest.raises(ExoresistError, match=r"comparison\.of: there is no arm 'coculture'. Did you mean 'co_culture'"):
        scenario_from_text(text)
