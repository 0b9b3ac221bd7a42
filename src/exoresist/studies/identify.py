"""Is the share of the protection that travels in vesicles identified, bounded, or can this design not tell?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly.readings import Reading
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.progress import Progress, Silent, Stages
from exoresist.studies import provenance
from exoresist.studies.answer import Row, plain
from exoresist.studies.identify_bench import Bench, bench
from exoresist.studies.identify_data import dose_half, doses_and_times, grouped, readings
from exoresist.studies.identify_posterior import Posterior, Summaries, central, posterior, summaries, weighted_quantiles
from exoresist.studies.identify_profile import AS_WELL, SLACK, Profiles, profiles
from exoresist.studies.identify_readings import Readings, planned, predicted
from exoresist.studies.identify_space import Draws
from exoresist.studies.identify_worlds import SEVERAL, Worlds, all_kinds, kinds, run_worlds, worlds_of

Array = NDArray[np.float64]

WORLDS = 2000  # of the bank
IDENTIFIED, BOUNDED, CANNOT_TELL = "identified", "bounded", "cannot_tell"
NARROW = 0.35  # an interval of the share no wider than this, and clear of 0 (or close to it), identifies it
CLEAR, NEAR_NONE = 0.05, 0.15
AT_MOST, AT_LEAST = 1.0 / 3.0, 0.1  # a one-sided statement that says something
BINS = 20
KEPT = 0.75


@dataclass(frozen=True)
class Setting:
    """All that an answer needs: the experiment, worlds that were run, its readings, and what readings tell."""

    made: Bench
    bank: Worlds
    read: Readings
    told: Summaries
    simulated: bool
    remarks: tuple[str, ...] = ()


@dataclass
class IdentifyAnswer:
    """The answer, as plain data; rows are ready for tables."""

    name: str
    title: str
    question: str
    verdict: str
    interval: tuple[float, float]
    likeliest: float
    median: float
    posterior_interval: tuple[float, float]
    prior_interval: tuple[float, float]
    confounders: list[str]
    sentences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    arms: list[Row] = field(default_factory=list)
    shares: list[Row] = field(default_factory=list)
    profile: list[Row] = field(default_factory=list)
    worlds: list[Row] = field(default_factory=list)
    rivals: list[Row] = field(default_factory=list)
    strengths: list[Row] = field(default_factory=list)
    narrowed: list[Row] = field(default_factory=list)
    expected: list[Row] = field(default_factory=list)
    readings: list[Row] = field(default_factory=list)
    quality: dict[str, float] = field(default_factory=dict)
    simulated: bool = False
    threshold: float = AS_WELL + SLACK
    seed: int = 0
    catalog_hash: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """What summary.json holds."""
        left_out = ("arms", "shares", "narrowed", "readings", "threshold")
        return {item.name: plain(getattr(self, item.name)) for item in fields(self) if item.name not in left_out}


def verdict(low: float, high: float) -> str:
    """identified, bounded or cannot_tell, from the 90 % interval of the share.

    identified  no wider than NARROW, and either clear of 0 or within NEAR_NONE of it
    bounded     at most AT_MOST, or at least AT_LEAST (of a share that sensitises likewise, downwards)
    """
    clear = low >= CLEAR or high <= -CLEAR
    if high - low <= NARROW and (clear or (high <= NEAR_NONE and low >= -NEAR_NONE)):
        return IDENTIFIED
    if high <= AT_MOST or low >= AT_LEAST:
        return BOUNDED
    return CANNOT_TELL


def holds(low: float, high: float, share: float) -> bool:
    """Whether the verdict on an interval is true of a share: it lies within, or keeps the bound that was told."""
    told = verdict(low, high)
    above, below = share >= low - 1e-9, share <= high + 1e-9
    if told == BOUNDED:
        return above if low >= AT_LEAST else below
    return above and below


@dataclass(frozen=True)
class Asked:
    """An experiment and its readings, before any world is run. read.observed is None where no data were given."""

    made: Bench
    read: Readings
    simulated: bool
    remarks: tuple[str, ...] = ()


def asked(scenario: Scenario, catalog: Catalog, wells: Sequence[Reading] | None) -> Asked:
    """The experiment with the readings of the wells, or with the scenario's own design where there are none.

    Raises InputError for an assay, arms or readings that cannot be answered.
    """
    if wells is None:
        made = bench(scenario, catalog)
        return Asked(made, planned(made), True)
    groups = grouped(wells, scenario)
    made = bench(scenario, catalog, *doses_and_times(groups))
    read, remarks = readings(made, groups)
    half = dose_half(made, read)
    return Asked(replace(made, dose_half=half) if half is not None and made.space.potent else made, read, False, tuple(remarks))


def prepared(question: Asked, seed: int, progress: Progress, count: int = WORLDS) -> Setting:
    """Worlds that were run, what readings tell of them, and readings: those given, or of a simulated laboratory at the centre."""
    made, read = question.made, question.read
    bank = run_worlds(made, made.space.draw(count, seed, "bank"), progress)
    if question.simulated:
        read = read.drawn(predicted(made, read.conditions, centre(made).cells)[0], seed, "centre")
    return Setting(made, bank, read, summaries(made, read, bank, seed), question.simulated, question.remarks)


def centre(made: Bench) -> Worlds:
    """The world of central numbers without any rival."""
    return worlds_of(made, Draws(made.space, np.zeros((1, made.space.size))).without_rivals())


def answer_identify(
    scenario: Scenario,
    catalog: Catalog,
    wells: Sequence[Reading] | None,
    seed: int | None = None,
    progress: Progress | None = None,
    count: int = WORLDS,
) -> IdentifyAnswer:
    """The verdict on the transfer share, with what it rests on.

    wells  measured wells; None: the design itself is asked, with readings simulated at the scenario's own centre
    """
    stages = progress if isinstance(progress, Stages) else Stages(Silent(), {"worlds": 0.7, "profile": 0.3})
    own = scenario.seed if seed is None else seed
    question = asked(scenario, catalog, wells)
    stages.begin("worlds", count * scenario.duration * 60.0)
    setting = prepared(question, own, stages, count)
    made, bank, read = setting.made, setting.bank, setting.read
    assert read.observed is not None
    after = posterior(setting.told, bank, read.observed)
    stages.begin("profile", 200.0 * scenario.duration * 50.0)
    drawn = profiles(made, read, bank, own, stages)
    from exoresist.studies.identify_words import sentences, warnings

    low, high = after.interval
    even = np.full(len(bank.z), 1.0 / len(bank.z))
    answer = IdentifyAnswer(
        name=scenario.name,
        title=scenario.title or scenario.name,
        question=scenario.question,
        verdict=verdict(low, high),
        interval=(low, high),
        likeliest=after.likeliest,
        median=after.quantiles([0.5])[0],
        posterior_interval=after.central,
        prior_interval=central(bank.share, even),
        confounders=_confounders(made, bank, after, drawn),
        simulated=setting.simulated,
        seed=own,
        catalog_hash=catalog.hash,
        versions=provenance.versions(),
    )
    answer.quality = {
        "worlds": float(len(bank.z)),
        "effective_draws": after.effective,
        "strange": after.strange,
        "misfit": drawn.misfit,
        "noise": read.relative,
    }
    _tables(answer, setting, after, drawn)
    answer.sentences += sentences(answer, made)
    answer.warnings += [*setting.remarks, *warnings(answer, made)]
    return answer


def _confounders(made: Bench, bank: Worlds, after: Posterior, drawn: Profiles) -> list[str]:
    """Kinds of worlds without transfer that explain the readings as well as any.

    A rival counts where its best world is within the threshold of the best of all, or where the readings did not speak against its kind:
    its weight is still KEPT of what it was before. The search for best worlds is not perfect, and must not strike a rival out.
    """
    kind, weight = kinds(made.space, bank.z), after.kinds(made)
    names = [*drawn.rivals, *([SEVERAL] if SEVERAL in weight else [])]
    found = []
    for name in names:
        before = float(np.mean(kind == name))
        if drawn.rivals.get(name, np.inf) <= AS_WELL + SLACK or weight.get(name, 0.0) >= max(0.02, KEPT * before):
            found.append(name)
    return found


def _tables(answer: IdentifyAnswer, setting: Setting, after: Posterior, drawn: Profiles) -> None:
    made, bank, read = setting.made, setting.bank, setting.read
    assert read.observed is not None
    answer.arms = [
        {
            "id": arm.id,
            "label": arm.label,
            "role": arm.arm.role,
            "part": "main" if arm.id == made.of else "reference" if arm.id == made.against else "",
        }
        for arm in made.arms.values()
    ]
    edges = np.linspace(min(0.0, float(np.floor(bank.share.min() * BINS) / BINS)), 1.0, BINS + 1)
    places = np.clip(np.digitize(bank.share, edges) - 1, 0, BINS - 1)
    for index in range(BINS):
        here = places == index
        answer.shares.append(
            {
                "low": float(edges[index]),
                "high": float(edges[index + 1]),
                "prior": float(here.mean()),
                "posterior": float(after.weights[here].sum()),
            }
        )
    answer.profile = [{**row, "fits": bool(row["cost"] <= answer.threshold)} for row in drawn.shares]
    kind = kinds(made.space, bank.z)
    weight = after.kinds(made)
    answer.worlds = [
        {"world": name, "prior": float(np.mean(kind == name)), "posterior": weight[name]} for name in all_kinds(made.space)
    ]
    answer.rivals = [
        {"rival": rival, "cost": cost, "fits": rival in answer.confounders, "weight": weight.get(rival, 0.0)}
        for rival, cost in drawn.rivals.items()
    ]
    strengths = made.space.strengths(bank.z)
    for rival in made.space.rivals:
        rows = [row for row in drawn.strengths if row["rival"] == rival]
        fits = [float(row["strength"]) for row in rows if float(row["cost"]) <= answer.threshold]
        value = strengths[rival]
        before = weighted_quantiles(value, np.ones(len(value)), [0.05, 0.95])
        now = weighted_quantiles(value, after.weights, [0.05, 0.5, 0.95])
        there = np.abs(value) >= made.space.priors.present
        answer.strengths.append(
            {
                "rival": rival,
                "low": now[0],
                "median": now[1],
                "high": now[2],
                "prior_low": before[0],
                "prior_high": before[1],
                "present_before": float(there.mean()),
                "present": float(after.weights[there].sum()),
                "fitting": fits,
                "tried": [float(row["strength"]) for row in rows],
                "costs": [float(row["cost"]) for row in rows],
            }
        )
    for column, name in enumerate(made.space.names):
        if isinstance(name, tuple):
            z = bank.z[:, column]
            centre_of = float(after.weights @ z)
            spread = float(np.sqrt(after.weights @ (z - centre_of) ** 2)) / float(z.std())
            answer.narrowed.append({"name": name[0], "subject": name[1], "left": min(spread, 1.0), "moved": centre_of})
    answer.narrowed.sort(key=lambda row: row["left"])
    answer.expected = expected_verdicts(made, setting.told, bank)
    seen = predicted(made, read.conditions, bank.cells)
    for index, one in enumerate(read.conditions):
        low, mid, high = weighted_quantiles(seen[:, index], after.weights, [0.05, 0.5, 0.95])
        answer.readings.append(
            {
                "arm": one.arm,
                "dose": one.dose,
                "time": one.time,
                "readout": one.readout,
                "wells": one.wells,
                "observed": float(read.observed[index]),
                "low": low,
                "predicted": mid,
                "high": high,
            }
        )


def expected_verdicts(made: Bench, told: Summaries, bank: Worlds) -> list[Row]:
    """What this design would say of worlds of every kind: each world of the bank judged by the others, with readings of its own.

    right: share of the verdicts other than `cannot_tell` that are true (NaN: there are none)
    """
    kind = kinds(made.space, bank.z)
    # Each world is left out of its own summaries.
    left = [(float(low), float(high)) for low, high in told.intervals(told.emulator.left_out)]
    found = np.array([verdict(*interval) for interval in left])
    true = np.array([holds(*interval, float(share)) for interval, share in zip(left, bank.share, strict=True)])
    rows: list[Row] = []
    for name in [*all_kinds(made.space), "any"]:
        here = np.ones(len(kind), dtype=bool) if name == "any" else kind == name
        count = int(here.sum())
        shares = {
            word: float(np.mean(found[here] == word)) if count else float("nan") for word in (IDENTIFIED, BOUNDED, CANNOT_TELL)
        }
        said = here & (found != CANNOT_TELL)
        rows.append({"world": name, "worlds": count, **shares, "right": float(true[said].mean()) if said.any() else float("nan")})
    return rows
