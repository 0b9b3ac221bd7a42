"""What could be done in a scenario: interventions of the catalogue that meet a process there, those that it names, and pairs of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import Model, build
from exoresist.assembly.cohort import Cohort
from exoresist.assembly.scenario import Arm, InterventionEntry, Scenario
from exoresist.assembly.tissue_cell import cell_network
from exoresist.catalog import Catalog
from exoresist.catalog.records import Intervention
from exoresist.core.errors import ExoresistError, InputError, unknown_name

NONE = "none"
PLUS = "+"
AT = "@"
# What an intervention is, by the process that it acts on; other processes are those of metabolism and death.
KINDS = {
    "ilv_formation": "release", "ilv_formation_ceramide": "release", "ilv_formation_escrt": "release", "secretion": "release",
    "lysosomal_degradation": "release", "loading": "loading", "uptake_clathrin": "uptake", "uptake_caveolin": "uptake",
    "uptake_macropinocytosis": "uptake", "uptake_fusion": "uptake", "uptake_receptor": "uptake", "rna_synthesis": "cargo",
    "mimic": "cargo", "naked_decay": "cargo", "efflux": "pump", "pump_synthesis": "pump", "factor_secretion": "signal",
}  # fmt: skip
OTHER, COMBINATION, SCHEDULE, ARM, NOTHING = "metabolism", "combination", "schedule", "arm", "nothing"
# What a tumour is rather than what is done to it: ranked only when named.
STATES = ("repair", "damage", "metabolism", "activation")


@dataclass(frozen=True)
class Candidate:
    """One choice among those that are ranked.

    scenario  the scenario under it; `parts`: ids of the interventions in it, empty for none
    """

    id: str
    label: str
    kind: str
    scenario: Scenario
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """An intervention with its strength: a way of asking for it, and its name among the candidates."""

    id: str
    label: str
    kind: str
    entry: InterventionEntry


def base_of(scenario: Scenario, arm: str | None = None) -> tuple[Arm, Scenario]:
    """The arm in which interventions are tried, and its scenario without any.

    Without a name: the arm whose effect the scenario's comparison asks about, else its first treated arm; of a cohort the reference.
    Raises InputError for an arm that is not there.
    """
    arms = {one.id: (one, whole) for one, whole in expand_arms(scenario)}
    if arm is None:
        treated = next((one.id for one, _ in arms.values() if one.role == "treated"), next(iter(arms)))
        reference = next((one.id for one, _ in arms.values() if one.role == "reference"), next(iter(arms)))
        compared = scenario.comparison.of if scenario.comparison is not None else treated
        arm = reference if isinstance(scenario.assay, Cohort) else compared
    if arm not in arms:
        raise unknown_name("Arm", arm, arms)
    chosen, whole = arms[arm]
    return chosen, whole.model_copy(update={"interventions": (), "arms": (), "comparison": None, "vesicle_titration": None})


def settings(scenario: Scenario, base: Scenario, catalog: Catalog) -> list[Setting]:
    """Every intervention that can act: as the scenario or one of its arms gives it, else the catalogue's at full strength."""
    given = [entry for _, whole in expand_arms(scenario) for entry in whole.interventions]
    known = {population.id for population in base.populations}
    named: list[InterventionEntry] = []
    for entry in given:
        treated = None if entry.populations is None else tuple(who for who in entry.populations if who in known)
        if entry not in named and treated != ():
            named.append(entry)
    found = [_setting(entry, catalog, sum(other.id == entry.id for other in named) > 1) for entry in named]
    covered = {entry.id for entry in named}
    rest = [record for record in catalog.records("interventions") if record.id not in covered]
    rest = [record for record in rest if record.target_process not in STATES]
    return found + [_setting(InterventionEntry(id=name, strength=1.0), catalog) for name in acting(base, catalog, rest)]


def acting(base: Scenario, catalog: Catalog, records: Iterable[Intervention]) -> list[str]:
    """Those of the interventions that meet a process of the scenario's network, in the order given."""
    found = []
    for record in records:
        entry = InterventionEntry(id=record.id, strength=1.0)
        try:
            models = wired(base.model_copy(update={"interventions": (entry,)}), catalog)
        except ExoresistError:
            continue  # it needs a chain or a part that this scenario does not hold
        if any(meets(model, record.id) for model in models):
            found.append(record.id)
    return found


def wired(scenario: Scenario, catalog: Catalog) -> list[Model]:
    """The network of a scenario; of a tissue that inside each type of cell."""
    if scenario.arena.kind != "tissue":
        return [build(scenario, catalog)]
    return [cell_network(scenario, catalog, entry.id)[1] for entry in scenario.populations if entry.count > 0.0]


def meets(model: Model, name: str) -> bool:
    """Whether an intervention of the model's scenario changes any number or rate of it."""
    parameters = {key for event in model.fixed_events if event.label == f"{name} on" for key in event.set}
    tagged = any(part.tag == f"intervention:{name}" for part in model.network.modulations)
    return tagged or any(not key.startswith("intervention.") for key in parameters)


def named(text: str, scenario: Scenario, base: Scenario, catalog: Catalog) -> list[Candidate]:
    """Candidates from `a,b,a+b`; `a@10 uM` or `a@0.8` gives a concentration or a strength of its own.

    Without one, the setting is the scenario's, else full strength. Raises InputError for names that nobody knows.
    """
    known = {each.id: each for each in settings(scenario, base, catalog)}
    found: list[Candidate] = [nothing(base)]
    for word in (part.strip() for part in text.split(",")):
        parts = [part.strip() for part in word.split(PLUS)]
        if not all(parts) or len(parts) > 2:
            raise InputError(f"--interventions '{word}'", "names joined by commas, with + between two that go together")
        chosen = [_asked(part, known, catalog) for part in parts]
        if len({each.entry.id for each in chosen}) < len(chosen):
            raise InputError(f"--interventions '{word}' joins one intervention with itself", "two that differ")
        one = together(base, chosen) if len(chosen) > 1 else single(base, chosen[0])
        if one.id in {each.id for each in found}:
            raise InputError(f"--interventions names '{one.id}' twice", "each once")
        wired(one.scenario, catalog)  # what cannot be wired is told before anything runs
        found.append(one)
    return found


def nothing(base: Scenario) -> Candidate:
    return Candidate(NONE, "No intervention", NOTHING, base)


def single(base: Scenario, one: Setting) -> Candidate:
    return Candidate(one.id, one.label, one.kind, base.model_copy(update={"interventions": (one.entry,)}), (one.id,))


def together(base: Scenario, chosen: Sequence[Setting]) -> Candidate:
    """Several at once."""
    return Candidate(
        PLUS.join(each.id for each in chosen),
        " + ".join(each.label for each in chosen),
        COMBINATION,
        base.model_copy(update={"interventions": tuple(each.entry for each in chosen)}),
        tuple(each.id for each in chosen),
    )


def arms_of(scenario: Scenario, reference: str) -> list[Candidate]:
    """Arms as they stand, the reference first: controls show what something does, they are no choice."""
    expanded = sorted(expand_arms(scenario), key=lambda pair: pair[0].id != reference)
    return [
        Candidate(
            NONE if arm.id == reference else arm.id,
            arm.label or arm.id,
            NOTHING if arm.id == reference else ARM,
            whole.model_copy(update={"arms": (), "comparison": None}),
            () if arm.id == reference else (arm.id,),
        )
        for arm, whole in expanded
        if arm.role != "control" or arm.id == reference
    ]


def drug_arms(scenario: Scenario, base: Scenario, taken: Sequence[str]) -> list[Candidate]:
    """Treated arms that differ from the base in drugs, rays and interventions only: an antibody, say, or another dose."""
    found = []
    for arm, whole in expand_arms(scenario):
        bare = whole.model_copy(update={"arms": (), "comparison": None, "vesicle_titration": None})
        same = bare.model_copy(update={"drugs": base.drugs, "pulses": base.pulses, "interventions": ()}) == base
        if same and arm.role == "treated" and (bare.drugs, bare.pulses) != (base.drugs, base.pulses):
            name = f"arm_{arm.id}" if arm.id in {NONE, *taken} else arm.id
            found.append(Candidate(name, arm.label or arm.id, ARM, bare, (name,)))
    return found


def _asked(text: str, known: dict[str, Setting], catalog: Catalog) -> Setting:
    if text in known:
        return known[text]
    name, at, level = (part.strip() for part in text.partition(AT))
    if name not in catalog.ids("interventions"):
        raise unknown_name("Intervention", name, {*known, *catalog.ids("interventions")})
    if not at:
        return _setting(InterventionEntry(id=name, strength=1.0), catalog)
    try:
        entry = InterventionEntry(id=name, strength=float(level))
    except ValueError as fault:
        if _is_number(level):
            raise InputError(f"--interventions '{text}'", "a strength from 0 to 1, or a concentration with its unit") from fault
        try:
            entry = InterventionEntry(id=name, concentration=level)  # type: ignore[arg-type]
        except ValueError:
            allowed = "a strength from 0 to 1, or a concentration with its unit, such as gw4869@10 uM"
            raise InputError(f"--interventions '{text}'", allowed) from None
    return _setting(entry, catalog, with_level=True)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _setting(entry: InterventionEntry, catalog: Catalog, with_level: bool = False) -> Setting:
    record = catalog.intervention(entry.id)
    level = level_text(entry)
    kind = KINDS.get(record.target_process, OTHER)
    name = f"{entry.id}{AT}{level.replace(' ', '')}" if with_level else entry.id
    return Setting(name, f"{record.name} ({level})" if with_level else record.name, kind, entry)


def level_text(entry: InterventionEntry) -> str:
    """`10 uM`, or `strength 0.8`."""
    if entry.concentration is None:
        return f"{entry.strength or 0.0:g}"
    large = entry.concentration >= 1000.0
    return f"{entry.concentration / 1000.0:g} uM" if large else f"{entry.concentration:g} nM"
