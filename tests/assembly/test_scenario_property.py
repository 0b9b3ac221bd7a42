"""Whatever comes in, a Scenario or one ExoresistError comes out; whatever is written reads back the same."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.json_schema import scenario_json_schema
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_dict, scenario_from_text
from exoresist.assembly.resolve import resolved_dict, resolved_text
from exoresist.assembly.scenario import Scenario
from exoresist.core.errors import ExoresistError

FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
TEXTS = [path.read_text() for path in bundled_scenarios().values()]
DICTS = [resolved_dict(load_scenario(path)) for path in bundled_scenarios().values()]
KEYS = sorted({"extends", "remove", "<<", "provenance", *Scenario.model_fields, "schema", "from", "to", "id", "kind"})

numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([10**400, -1, 0, 1e308, 5e-324, True]))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    st.text(max_size=20),
    st.sampled_from(["1 nM", "0 h", "nan nM", "1e999 h", "1", "1 h**9**9**9", "5 %", "reference", "donor"]),
    st.builds(lambda number, unit: f"{number} {unit}", numbers, st.sampled_from(["nM", "h", "cell", "", "nM nM"])),
)
odd = st.one_of(scalars, st.binary(max_size=5), st.dates(), st.just(object()), st.frozensets(st.integers(), max_size=2))
nested: st.SearchStrategy[Any] = st.recursive(
    odd,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=8), st.integers()), inner, max_size=6),
    ),
    max_leaves=25,
)


def accepted(read: Any, *arguments: Any) -> Scenario | None:
    try:
        result = read(*arguments)
    except ExoresistError as error:
        assert str(error).strip()
        assert len(str(error)) < 40_000
        return None
    assert isinstance(result, Scenario)
    return result


@FUZZ
@given(st.text(max_size=300))
def test_random_text(text: str) -> None:
    accepted(scenario_from_text, text)


@FUZZ
@given(st.binary(max_size=300))
def test_random_bytes(data: bytes) -> None:
    accepted(scenario_from_text, data)


@FUZZ
@given(st.text(alphabet="{}[]:,-&*!|>'\"%@`#? \n\tab1.<\0~", max_size=80))
def test_random_yaml_punctuation(text: str) -> None:
    accepted(scenario_from_text, "schema: exoresist/1\n" + text)


@FUZZ
@given(nested)
def test_random_structures(data: Any) -> None:
    accepted(scenario_from_dict, data)


@FUZZ
@given(st.dictionaries(st.sampled_from(KEYS), nested, max_size=10))
def test_random_structures_with_known_keys(data: dict[str, Any]) -> None:
    accepted(scenario_from_dict, {**data, "schema": "exoresist/1"})


@FUZZ
@given(st.sampled_from(TEXTS), st.lists(st.tuples(st.integers(0), st.integers(0, 12), st.text(max_size=6)), max_size=4))
def test_mutated_text(text: str, edits: list[tuple[int, int, str]]) -> None:
    for place, length, new in edits:
        place %= len(text) + 1
        text = text[:place] + new + text[place + length :]
    accepted(scenario_from_text, text)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path] * bool(path) + [place for key, value in inner for place in places(value, (*path, key))]


@FUZZ
@given(st.data())
def test_mutated_structures(draw: st.DataObject) -> None:
    data = copy.deepcopy(draw.draw(st.sampled_from(DICTS)))
    for _ in range(draw.draw(st.integers(1, 3))):
        path = draw.draw(st.sampled_from(places(data)))
        holder = data
        for step in path[:-1]:
            holder = holder[step]
        action = draw.draw(st.sampled_from(["set", "drop", "add", "double"]))
        if action == "set":
            holder[path[-1]] = draw.draw(nested)
        elif action == "drop":
            del holder[path[-1]]
        elif action == "double" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[path[-1]]))
        elif isinstance(holder, dict):
            holder[draw.draw(st.sampled_from(KEYS))] = draw.draw(nested)
    scenario = accepted(scenario_from_dict, data)
    if scenario is not None:
        assert scenario_from_text(resolved_text(scenario)) == scenario


# ---- valid scenarios ----

words = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
prose = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=40)


def usable(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers that a scenario takes in any of the units here: zero, or of a size that means something."""
    return st.floats(low, high).map(lambda value: value if abs(value) >= 1e-55 else 0.0)


def quantity(unit: str, low: float, high: float, *others: tuple[str, float]) -> st.SearchStrategy[str]:
    """Texts of quantities within [low, high] in `unit`; `others` are (unit, how many of it make one `unit`)."""
    units = [(unit, 1.0), *others]
    return st.builds(
        lambda value, chosen: f"{value * chosen[1] if chosen[1] != 1 else value!r} {chosen[0]}",
        usable(low, high),
        st.sampled_from(units),
    )


hours = quantity("h", 0, 9, ("min", 60.0))
cells = quantity("cell", 1, 1e4)
doses = st.one_of(
    st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=5, unique=True).map(lambda x: [f"{v!r} nM" for v in x]),
    st.fixed_dictionaries(
        {"from": quantity("nM", 1e-3, 10), "to": quantity("nM", 11, 1e5), "points": st.integers(2, 64)},
        optional={"include_zero": st.booleans()},
    ),
)


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(words, min_size=2, max_size=4, unique=True))
    drugs = draw(st.lists(words, min_size=1, max_size=3, unique=True))
    assay = draw(
        st.one_of(
            st.fixed_dictionaries(
                {"kind": st.just("dose_response"), "population": st.just(names[0]), "doses": doses},
                optional={"replicates": st.integers(1, 9), "noise": usable(0, 1)},
            ).map(lambda assay: {**assay, "drug": drugs[0]}),
            st.fixed_dictionaries({"kind": st.just("co_culture"), "doses": doses}).map(
                lambda assay: {**assay, "population": names[0], "donor": names[1], "drug": drugs[0]}
            ),
            st.just({"kind": "time_course", "population": names[0]}),
        )
    )
    data: dict[str, Any] = {
        "schema": "exoresist/1",
        "name": draw(words),
        "arena": {"kind": "well", "volume": draw(quantity("mL", 1e-3, 10, ("uL", 1e3))), "capacity": "1e6 cell"},
        "populations": [{"id": name, "cell_line": draw(words), "count": draw(cells)} for name in names],
        "drugs": [{"id": drug, "dose": draw(quantity("nM", 0, 1e6, ("uM", 1e-3))), "at": draw(hours)} for drug in drugs],
        "duration": "10 h",
        "assay": assay,
    }
    optional = {
        "title": prose,
        "question": prose,
        "cargo": st.lists(words, max_size=3, unique=True),
        "factors": st.lists(words, max_size=3, unique=True)
        .flatmap(
            lambda names: st.tuples(
                *(st.fixed_dictionaries({"id": st.just(name), "dose": quantity("nM", 0, 1e6)}) for name in names)
            )
        )
        .map(list),
        "signals": st.lists(words, max_size=3, unique=True),
        "environment": st.fixed_dictionaries({}, optional={"hypoxia": usable(0, 1), "acidity": usable(0, 1)}),
        "seed": st.integers(0, 2**63 - 1),
        "uncertainty": st.fixed_dictionaries({"draws": st.integers(0, 100)}),
        "interventions": st.just([{"id": "x", "strength": 0.3, "populations": [names[1]]}]),
        "medium_changes": st.fixed_dictionaries({"at": hours}).map(lambda entry: [entry]),
        "parameters": st.builds(
            lambda value, unit, why: [{"name": "p", "subject": "cell", "value": f"{value!r} {unit}", "reason": "r" + why}],
            usable(-1e9, 1e9),
            st.sampled_from(["1/h", "dimensionless", "particle/cell/h", "uM", "copies/cell", "%", "um^2"]),
            prose,
        ),
        "vesicles": st.just([{"id": "v", "donor": "d", "per_cell": "7 particle/cell", "at": "1 h", "until": "2 h"}]),
    }
    for key, strategy in optional.items():
        if draw(st.booleans()):
            data[key] = draw(strategy)
    if draw(st.booleans()):
        change = {"populations": [{"id": names[-1], "count": draw(cells)}], "cargo": draw(st.lists(words, unique=True))}
        if len(names) > 2 and draw(st.booleans()):
            change["populations"] = [{"id": names[-1], "remove": True}]
            if "interventions" in data and names[-1] == names[1]:
                change.pop("populations")
        data["arms"] = [{"id": "a", "role": "reference", "label": draw(prose)}, {"id": "b", "change": change}]
    return data


VALIDATOR = jsonschema.Draft202012Validator(scenario_json_schema())


@FUZZ
@given(scenarios())
def test_a_resolved_scenario_reads_back_as_itself(data: dict[str, Any]) -> None:
    scenario = scenario_from_dict(data)
    assert scenario_from_dict(resolved_dict(scenario)) == scenario
    assert scenario_from_text(resolved_text(scenario, {"note": "x"})) == scenario
    VALIDATOR.validate(data)
    VALIDATOR.validate(resolved_dict(scenario))
    for _, changed in expand_arms(scenario):
        assert scenario_from_text(resolved_text(changed)) == changed
