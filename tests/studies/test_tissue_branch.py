"""Arms that go on from one tumour have the bits of arms that grew by themselves; what cannot be shared is refused."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies.tissue_answer import answer_tissue
from exoresist.studies.tissue_arm import run_arm

BASE: dict[str, Any] = {
    "schema": "exoresist/1",
    "name": "branching",
    "arena": {
        "kind": "tissue",
        "space": {"size": "160 um", "oxygen": "38 mmHg", "network_step": "3 min", "spread_step": "6 min", "grow": "0.5 h"},
    },
    "populations": [
        {"id": "sensitive", "cell_line": "mcf7_sensitive", "count": "60 cell", "varied": [{"number": "growth_rate", "spread": 0.3}]},
        {"id": "resistant", "cell_line": "mcf7_resistant", "count": "20 cell", "where": "side"},
    ],
    "cargo": ["ABCB1"],
    "drugs": [{"id": "doxorubicin", "dose": "1 uM", "at": "0.5 h"}],
    "duration": "1 h",
    "every": "0.5 h",
    "assay": {"kind": "tumour", "population": "sensitive"},
    "arms": [
        {"id": "none", "role": "reference", "change": {"drugs": [{"id": "doxorubicin", "dose": "0 nM"}]}},
        {"id": "early"},
        {"id": "late", "change": {"drugs": [{"id": "doxorubicin", "at": "0.7 h"}]}},
    ],
    "seed": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def scenario(**changes: Any) -> Any:
    data = copy.deepcopy(BASE)
    for name, value in changes.items():
        if name in data["arena"]["space"]:
            data["arena"]["space"][name] = value
        else:
            data[name] = value
    return scenario_from_dict(data)


def alone(catalog: Catalog, given: Any) -> dict[str, Any]:
    """Arm -> its course, each grown by itself."""
    space = given.arena.space.model_copy(update={"grow": None})
    whole = given.model_copy(update={"arena": given.arena.model_copy(update={"space": space})})
    return {arm.id: run_arm(one, catalog, arm.id, "x", threads=1) for arm, one in expand_arms(whole)}


def test_branches_have_the_bits_of_arms_that_grew_anew(catalog: Catalog, tmp_path: Any) -> None:
    given = scenario()
    answer = answer_tissue(given, catalog, tmp_path, threads=1)
    anew = alone(catalog, given)
    hashes = {arm.id: arm.summary["state_hash"] for arm in answer.arms}
    assert hashes == {name: course.hash for name, course in anew.items()}
    assert len(set(hashes.values())) == 3
    for arm in answer.arms:
        assert arm.rows == anew[arm.id].rows
        assert max(arm.summary["conservation"].values()) <= 1e-9
        assert [one.time_h for one in arm.sections] == [0.0, 0.5, 1.0]
    assert (tmp_path / "grown" / "checkpoint.npz").exists()
    # What was stopped after the tumour had grown goes on from it.
    again = answer_tissue(given, catalog, tmp_path, resume=True, threads=2)
    assert {arm.id: arm.summary["state_hash"] for arm in again.arms} == hashes


def test_branches_with_blood_and_vessels(catalog: Catalog) -> None:
    data = copy.deepcopy(BASE)
    data["arena"]["space"] |= {"edges": "closed", "vessels": {"at": [{"x": "0 um", "y": "0 um"}], "sprout": True}}
    data["drugs"] = [{"id": "doxorubicin", "dose": "1 uM", "at": "0.6 h", "plasma": {"lasting": "6 min"}}]
    data["arms"] = [
        {"id": "none", "role": "reference", "change": {"drugs": [{"id": "doxorubicin", "dose": "0 nM"}]}},
        {"id": "early"},
    ]
    given = scenario_from_dict(data)
    answer, anew = answer_tissue(given, catalog, threads=1), alone(catalog, given)
    assert {arm.id: arm.summary["state_hash"] for arm in answer.arms} == {name: course.hash for name, course in anew.items()}


def test_a_number_that_an_arm_changes_acts_from_the_branch_on(catalog: Catalog) -> None:
    faster = {
        "parameters": [{"name": "growth_rate", "subject": "cell_line:mcf7_sensitive", "value": "0.2 1/h", "reason": "a test"}]
    }
    arms = [{"id": "plain", "role": "reference"}, {"id": "fast", "change": faster}]
    answer = answer_tissue(scenario(arms=arms), catalog, threads=1)
    plain, fast = ([row["sensitive_biomass"] for row in arm.rows] for arm in answer.arms)
    assert plain[:2] == fast[:2] and fast[2] > 1.03 * plain[2]


def test_a_pool_that_only_an_arm_has_begins_as_at_the_start(catalog: Catalog) -> None:
    blocked = {"interventions": [{"id": "gw4869", "concentration": "10 uM", "at": "0.5 h"}]}
    answer = answer_tissue(scenario(arms=[{"id": "plain", "role": "reference"}, {"id": "blocked", "change": blocked}]), catalog)
    plain, treated = (arm.rows for arm in answer.arms)
    assert plain[1]["sensitive_release_per_h"] == treated[1]["sensitive_release_per_h"]
    assert treated[2]["sensitive_release_per_h"] < 0.97 * plain[2]["sensitive_release_per_h"]
    assert all(max(arm.summary["conservation"].values()) <= 1e-9 for arm in answer.arms)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"drugs": [{"id": "doxorubicin", "at": "0.2 h"}]}, "while the tumour grows"),
        ({"populations": [{"id": "resistant", "count": "10 cell"}]}, "changes `populations`"),
        ({"arena": {"space": {"oxygen": "10 mmHg"}}}, "changes the arena"),
        ({"interventions": [{"id": "gw4869", "concentration": "10 uM"}]}, "while the tumour grows"),
        ({"environment": {"acidity": 0.5}}, "changes `environment`"),
    ],
)
def test_arms_that_cannot_share_a_tumour_are_refused(change: dict[str, Any], text: str, catalog: Catalog) -> None:
    with pytest.raises(InputError, match=text):
        answer_tissue(scenario(arms=[{"id": "plain", "role": "reference"}, {"id": "other", "change": change}]), catalog)


def test_growing_must_leave_time(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="less than the duration"):
        answer_tissue(scenario(grow="2 h"), catalog)


def test_state_is_copied_and_not_shared(catalog: Catalog) -> None:
    answer = answer_tissue(scenario(), catalog, threads=1)
    first = answer.arms[0].rows[1]
    assert all({**arm.rows[1], "arm": ""} == {**first, "arm": ""} for arm in answer.arms)
    assert np.isfinite(first["living"])
