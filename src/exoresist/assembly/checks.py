"""What must hold between the parts of a scenario: names that refer to something, times in order, cells that fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from exoresist.assembly.cohort import cohort_problems
from exoresist.assembly.tissue_checks import tissue_problems
from exoresist.core.errors import suggestion

if TYPE_CHECKING:
    from exoresist.assembly.scenario import DrugEntry, FactorEntry, InterventionEntry, Scenario, VesicleEntry

Found = list[tuple[tuple[str | int, ...], str]]

MAX_SAVED_TIMES = 20_000

# What an arm may change; name, seed, draws, times and the questions are shared, so that arms stay comparable.
CHANGEABLE = (
    "arena",
    "environment",
    "metabolism",
    "contexts",
    "populations",
    "drugs",
    "pulses",
    "responses",
    "cargo",
    "axes",
    "vesicles",
    "factors",
    "signals",
    "interventions",
    "medium_changes",
    "parameters",
    "parameter_sets",
    "assay",
)


def scenario_problems(scenario: Scenario) -> Found:
    """Every fault found between the parts, as pairs of a path and a sentence; empty when the scenario is sound."""
    checks: tuple[Callable[[Scenario], Iterable[tuple[tuple[str | int, ...], str]]], ...] = (
        _names_are_unique,
        _arena_is_complete,
        tissue_problems,
        _preparations_are_complete,
        _blood_is_no_dish,
        _cells_fit,
        _times_are_in_order,
        _interventions_are_complete,
        _assay_refers,
        cohort_problems,
        _arms_refer,
    )
    return [problem for check in checks for problem in check(scenario)]


def _unknown(kind: str, name: str, known: Iterable[str]) -> str:
    available = list(known)
    near = suggestion(name, available)
    listed = ", ".join(available) or "none"
    return f"there is no {kind} '{name}'. {near + ' ' if near else ''}Known: {listed}"


def _names_are_unique(scenario: Scenario) -> Found:
    found: Found = []
    lists: dict[str, list[str]] = {
        "populations": [entry.id for entry in scenario.populations],
        "drugs": [entry.id for entry in scenario.drugs],
        "vesicles": [entry.id for entry in scenario.vesicles],
        "factors": [entry.id for entry in scenario.factors],
        "signals": list(scenario.signals),
        "interventions": [entry.id for entry in scenario.interventions],
        "arms": [entry.id for entry in scenario.arms],
        "parameters": [f"{entry.name} of {entry.subject}" for entry in scenario.parameters],
        "cargo": list(scenario.cargo),
        "axes": list(scenario.axes),
        "contexts": list(scenario.contexts),
        "parameter_sets": list(scenario.parameter_sets),
    }
    for where, names in lists.items():
        seen: dict[str, int] = {}
        for index, name in enumerate(names):
            if name in seen:
                found.append(((where, index), f"'{name}' is already entry {seen[name]}; each may be listed once"))
            seen.setdefault(name, index)
    return found


def _arena_is_complete(scenario: Scenario) -> Found:
    arena = scenario.arena
    found: Found = []
    if arena.kind == "tissue":
        return []
    for name in ("volume", "capacity"):
        if getattr(arena, name) is None:
            described = type(arena).model_fields[name].description
            found.append((("arena", name), f"is missing. It is needed: {described}"))
    for kind, names in (("transwell", ("insert_volume", "pore_exchange")), ("circulation", ("organs",))):
        for name in names:
            given = getattr(arena, name) is not None
            if arena.kind == kind and not given:
                found.append((("arena",), f"a {kind} needs `{name}`"))
            if given and arena.kind != kind:
                found.append((("arena", name), f"belongs to a {kind} only; remove it or write kind: {kind}"))
    sides = {"transwell": ("insert", "well"), "circulation": tuple(organ.id for organ in arena.organs or ())}.get(arena.kind, ())
    if len(set(sides)) < len(sides) or "plasma" in sides:
        found.append((("arena", "organs"), "each organ needs a name of its own, and none may be called plasma"))
    for index, population in enumerate(scenario.populations):
        if sides and population.side is None:
            found.append((("populations", index), f"in a {arena.kind} each population needs a `side`: {' or '.join(sides)}"))
        elif sides and population.side not in sides:
            found.append((("populations", index, "side"), _unknown("side", str(population.side), sides)))
        elif not sides and population.side is not None:
            found.append((("populations", index, "side"), "a well has no sides; remove it or use a transwell arena"))
    return found


def _blood_is_no_dish(scenario: Scenario) -> Found:
    """What is done to a medium cannot be done to a body."""
    if scenario.arena.kind != "circulation":
        return []
    found: Found = []
    for where in ("drugs", "vesicles"):
        for index, entry in enumerate(getattr(scenario, where)):
            if entry.until is not None:
                found.append(((where, index, "until"), "blood is not washed; remove it, plasma clears what is in it"))
    if scenario.medium_changes:
        found.append((("medium_changes",), "a body has no medium to change; remove them"))
    if scenario.assay.kind == "conditioned_medium":
        found.append((("assay", "kind"), "a body has no conditioned medium; use a well, or another assay"))
    return found


def _preparations_are_complete(scenario: Scenario) -> Found:
    """What is said of a preparation must have its counterpart: an organ, a circulation, a cargo or drug, a purity."""
    found: Found = []
    organs = [organ.id for organ in scenario.arena.organs or ()]
    known = [*scenario.cargo, *(drug.id for drug in scenario.drugs)]
    for index, entry in enumerate(scenario.vesicles):
        here = ("vesicles", index)
        if entry.into is not None and entry.into not in organs:
            found.append(((*here, "into"), _unknown("organ", entry.into, organs)))
        if entry.immunogenicity is not None and scenario.arena.kind != "circulation":
            found.append(((*here, "immunogenicity"), "immunity clears vesicles from blood; use a circulation arena"))
        if entry.impurity is not None and entry.purity is None:
            found.append(((*here, "impurity"), "without a `purity` there is none; give the purity or remove it"))
        names = [load.id for load in entry.loads or ()]
        for place, name in enumerate(names):
            if name not in known:
                found.append(((*here, "loads", place, "id"), _unknown("cargo or drug", name, known)))
            if name in names[:place]:
                found.append(((*here, "loads", place, "id"), f"'{name}' is loaded twice; give one amount"))
    return found


def _cells_fit(scenario: Scenario) -> Found:
    sides: dict[str | None, float] = {}
    for population in scenario.populations:
        sides[population.side] = sides.get(population.side, 0.0) + population.count
    if not sum(sides.values()) > 0:
        return [(("populations",), "there are no cells; give at least one population a count above 0")]
    most = scenario.arena.capacity
    if scenario.arena.kind == "tissue" or most is None:
        return []  # whether they fit into the box is known once their volume is
    crowded = [(side, cells) for side, cells in sides.items() if cells > most]
    return [
        (
            ("arena", "capacity"),
            f"{cells:g} cells are seeded{f' on side {side}' if side else ''}, but only {most:g} "
            "fit; seed fewer or raise the capacity",
        )
        for side, cells in crowded
    ]


def _times_are_in_order(scenario: Scenario) -> Found:
    found: Found = []
    end = scenario.duration
    if scenario.every > end:
        found.append((("every",), f"{scenario.every:g} h is longer than the duration of {end:g} h"))
    elif end / scenario.every > MAX_SAVED_TIMES:
        found.append((("every",), f"would save more than {MAX_SAVED_TIMES} times; use a longer spacing"))
    spans: dict[str, tuple[DrugEntry | VesicleEntry | FactorEntry | InterventionEntry, ...]] = {
        "drugs": scenario.drugs,
        "factors": scenario.factors,
        "vesicles": scenario.vesicles,
        "interventions": scenario.interventions,
    }
    for where, entries in spans.items():
        for index, entry in enumerate(entries):
            if entry.at >= end:
                found.append(((where, index, "at"), f"{entry.at:g} h is not before the end of the run at {end:g} h"))
            if entry.until is not None and entry.until <= entry.at:
                found.append(((where, index, "until"), f"{entry.until:g} h is not after `at`, {entry.at:g} h"))
            if entry.until is not None and entry.until > end:
                found.append(((where, index, "until"), f"{entry.until:g} h is after the end of the run at {end:g} h"))
    for index, pulse in enumerate(scenario.pulses):
        if pulse.at >= end:
            found.append((("pulses", index, "at"), f"{pulse.at:g} h is not before the end of the run at {end:g} h"))
    found += _courses_fit(scenario)
    for index, change in enumerate(scenario.medium_changes):
        if change.at >= end:
            found.append((("medium_changes", index, "at"), f"{change.at:g} h is not before the end at {end:g} h"))
    times = [change.at for change in scenario.medium_changes]
    if len(set(times)) < len(times):
        found.append((("medium_changes",), "two changes at one time; join them"))
    for index, time in enumerate(getattr(scenario.assay, "times", ())):
        if time > end:
            found.append((("assay", "times", index), f"{time:g} h is after the end of the run at {end:g} h"))
    stays = {"assay": getattr(scenario.assay, "hours", None)}
    if scenario.vesicle_titration is not None:
        stays["vesicle_titration"] = scenario.vesicle_titration.hours
    for where, stay in stays.items():
        if stay is not None and stay > end:
            found.append(((where, "hours"), f"{stay:g} h is longer than the duration of {end:g} h"))
    return found


def _courses_fit(scenario: Scenario) -> Found:
    """Drugs given in courses: each ends before the next begins, and the last begins before the end of the run."""
    found: Found = []
    for index, entry in enumerate(scenario.drugs):
        here = ("drugs", index, "courses")
        if (entry.courses > 1) != (entry.every is not None):
            found.append((here, "several courses need `every`, the time from one to the next, and `every` needs several courses"))
        elif entry.every is not None and entry.plasma is None and (entry.until is None or entry.until - entry.at > entry.every):
            found.append((here, "a course must end (`until`) before the next begins"))
        elif entry.every is not None and entry.at + (entry.courses - 1) * entry.every >= scenario.duration:
            found.append((here, f"course {entry.courses} would begin after the end of the run at {scenario.duration:g} h"))
    return found


def _interventions_are_complete(scenario: Scenario) -> Found:
    found: Found = []
    known = [population.id for population in scenario.populations]
    for index, entry in enumerate(scenario.interventions):
        here = ("interventions", index)
        if (entry.concentration is None) == (entry.strength is None):
            found.append((here, "give either `concentration` (a compound) or `strength` (a genetic or cargo change)"))
        for place, name in enumerate(entry.populations or ()):
            if name not in known:
                found.append(((*here, "populations", place), _unknown("population", name, known)))
    return found


def _assay_refers(scenario: Scenario) -> Found:
    assay = scenario.assay
    found: Found = []
    counts = {population.id: population.count for population in scenario.populations}
    roles = ["population"] if assay.kind == "titration" else ["population", "donor"]
    for role in roles:
        name = getattr(assay, role, None)
        if name is None:
            continue
        if name not in counts:
            left_out = (
                '. To leave it out of an arm, give it the count "0 cell" in place of removing it' if role == "donor" else ""
            )
            found.append((("assay", role), _unknown("population", name, counts) + left_out))
        elif role == "population" and not counts[name] > 0:
            found.append((("assay", role), f"population '{name}' has no cells; give it a count above 0"))
        elif role == "donor" and name == assay.population:
            found.append((("assay", role), f"'{name}' is also the population that is read; name another"))
    lists = (
        ("drug", "drug", [entry.id for entry in scenario.drugs]),
        ("vesicles", "vesicle preparation", [entry.id for entry in scenario.vesicles]),
        ("cargo", "cargo", list(scenario.cargo)),
    )
    for role, kind, known in lists:
        name = getattr(assay, role, None)
        if name is not None and name not in known:
            found.append((("assay", role), _unknown(kind, name, known) + f" (listed under `{role.rstrip('s')}s`)"))
    if assay.kind == "tumour" and scenario.arena.kind != "tissue":
        found.append((("assay", "kind"), "a tumour assay needs `arena: {kind: tissue, ...}`"))
    if assay.kind == "conditioned_medium" and scenario.metabolism is not None:
        found.append(
            (("metabolism",), "what donors leave of the nutrients is not carried over in conditioned medium; use a co_culture")
        )
    if assay.kind == "transwell":
        sides = {population.id: population.side for population in scenario.populations}
        if scenario.arena.kind not in ("transwell", "tissue"):  # a tissue says so itself
            found.append((("assay", "kind"), "a transwell assay needs `arena: {kind: transwell, ...}`"))
        elif scenario.arena.kind == "transwell" and assay.donor in sides and sides.get(assay.population) == sides[assay.donor]:
            found.append((("assay", "donor"), f"'{assay.donor}' sits on the side of '{assay.population}'; part them"))
    return found


def _arms_refer(scenario: Scenario) -> Found:
    found: Found = []
    known = [arm.id for arm in scenario.arms]
    references = [index for index, arm in enumerate(scenario.arms) if arm.role == "reference"]
    for index in references[1:]:
        found.append((("arms", index, "role"), f"the reference is already '{known[references[0]]}'; only one may be"))
    if len(scenario.arms) > 1 and not references:
        found.append((("arms",), "no arm is the reference; write `role: reference` in one of them"))
    for index, arm in enumerate(scenario.arms):
        for key in arm.change:
            if key not in CHANGEABLE:
                near = suggestion(key, CHANGEABLE)
                text = f"an arm cannot change this. {near + ' ' if near else ''}Allowed: {', '.join(CHANGEABLE)}"
                found.append((("arms", index, "change", key), text))
    if scenario.comparison is not None:
        for role in ("of", "against"):
            name = getattr(scenario.comparison, role)
            if name not in known:
                found.append((("comparison", role), _unknown("arm", name, known)))
    return found
