"""A ranking in words: what is best, how sure that is, what else could be best, and when nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from exoresist.studies.answer import Row
from exoresist.studies.names import listed
from exoresist.studies.rank_candidates import NONE, SCHEDULE
from exoresist.studies.rank_score import BEST, CANNOT_TELL, NOTHING_HELPS, PROBABLY
from exoresist.studies.wording import assumed_sentence, percent, show

if TYPE_CHECKING:
    from exoresist.studies.rank_answer import RankAnswer

MOST_NAMED = 4
SMALL_TIME = 0.1  # days or hours gained, below which the figure says nothing about anyone
BETTER = 0.75  # of the draws in which a schedule must beat the own one to be called better
SMALL_REGRET = 0.01  # share of cells, IC50 or cargo; for times a tenth of a day or an hour is as little
PLAIN = 0.2  # partial rank correlation below which a number of the patients is not named
PARTIAL = "Costs, side effects and feasibility are left out: this ranks effects in the model, not treatments for people."


def sentences(answer: RankAnswer) -> list[str]:
    """The answer, most important first."""
    rows = {str(row["name"]): row for row in answer.interventions}
    best = rows[answer.best]
    told = [_verdict_sentence(answer, best, rows)]
    told.append(_other_sentence(answer, rows))
    told.append(_hardly_sentence(answer, best))
    told.append(_combination_sentence(answer))
    told.append(_harm_sentence(answer))
    told.append(_schedule_sentence(answer))
    told += [_map_sentence(one) for one in answer.maps]
    told.append(_sensitivity_sentence(answer))
    told.append(_patients_sentence(answer))
    told.append(_patient_numbers_sentence(answer))
    told += answer.notes
    told.append(f"{answer.outcome['says']}. {_over(answer)}")
    told.append(PARTIAL)
    if answer.assumed_share is not None:
        told.append(assumed_sentence(answer.assumed_share, len(answer.parameters)))
    return [text[:1].upper() + text[1:] for text in told if text]


def against(answer: RankAnswer) -> str:
    """What effects are compared with: no intervention, or the reference arm of a cohort by its name."""
    label = next((str(row["label"]) for row in answer.interventions if row["name"] == NONE), "No intervention")
    return "no intervention" if label == "No intervention" else f"'{label}'"


def effect_text(outcome: Row, row: Row) -> str:
    """`4.1 % fewer cells (0.1 to 23 %)`, as far as the outcome goes: a change against no intervention with its interval."""
    ends = (float(row["low"]), float(row["high"]))
    value = float(row["effect"])
    if outcome["folds"]:
        if value >= 2.0:
            return f"{show(value)} times the {outcome['less']} ({show(ends[0])} to {show(ends[1])})"
        low, high = sorted(100.0 * (1.0 - end) for end in ends)
        middle = 100.0 * (1.0 - value)
        word = "less" if outcome["name"] != "survivors" else "fewer"
        if middle < 0.0:
            return f"{_per(-middle)} more {outcome['less']} (interval {_per(-high)} to {_per(-low)})"
        return f"{_per(middle)} {word} {outcome['less']} (interval {_per(low)} to {_per(high)})"
    unit = {"h": "h", "day": "days"}[str(outcome["unit"])]
    what = "until regrowth" if outcome["unit"] == "h" else "without progression"
    gain = show(value) if abs(value) >= SMALL_TIME else f"less than {SMALL_TIME}"
    return f"{gain} {unit} {what} gained (interval {_time(ends[0])} to {_time(ends[1])})"


def _time(value: float) -> str:
    """A time gained, in which a tenth of a day or an hour is nothing."""
    return show(value) if abs(value) >= SMALL_TIME else "0"


def _per(value: float) -> str:
    return percent(value / 100.0)


def regret_text(outcome: Row, regret: float) -> str:
    if outcome["folds"]:
        return f"{percent(regret)} more {outcome['less']}"
    return f"{show(regret)} {'h' if outcome['unit'] == 'h' else 'days'}"


def _verdict_sentence(answer: RankAnswer, best: Row, rows: dict[str, Row]) -> str:
    p = f"best with probability {percent(float(best['p_best']))} ({percent(float(best['p_low']))} to {percent(float(best['p_high']))})"
    effect = effect_text(answer.outcome, best)
    if answer.verdict == NOTHING_HELPS:
        if answer.best == NONE:
            return "Nothing that was tried helps: to do nothing has the least expected regret."
        return (
            f"Nothing that was tried makes a difference that could be seen. The least expected regret is that of {best['label']}, "
            f"with {effect} against {against(answer)}."
        )
    if answer.verdict == BEST:
        return f"{best['label']} is best: {p}, with {effect} against {against(answer)}."
    if answer.verdict == PROBABLY:
        return f"{best['label']} is probably best: {p}, with {effect} against {against(answer)}."
    top = max(rows.values(), key=lambda row: float(row["p_best"]))
    more = (
        f" Most often best is {top['label']} ({percent(float(top['p_best']))})"
        if top["name"] != best["name"] and float(top["p_best"]) > float(best["p_best"]) + 1e-9
        else ""
    )
    return (
        f"Cannot tell which is best. The least expected regret is that of {best['label']}: {p}, with {effect} against {against(answer)}."
        f"{more}{'.' if more else ''}"
    )


def _other_sentence(answer: RankAnswer, rows: dict[str, Row]) -> str:
    if answer.verdict == NOTHING_HELPS:
        return ""
    others = [name for name in answer.could_be_best if name != answer.best]
    if not others:
        return "Nothing else was best in more than one draw of twenty."
    named = [f"{rows[name]['label']} ({percent(float(rows[name]['p_best']))})" for name in others[:MOST_NAMED]]
    more = len(others) - len(named)
    return f"Could be best, too: {listed([*named, *([f'{more} more'] if more else [])])}."


def _hardly_sentence(answer: RankAnswer, best: Row) -> str:
    """Choices whose regret is so close to the best one's that choosing them instead costs next to nothing."""
    if answer.verdict not in (CANNOT_TELL, PROBABLY):
        return ""
    room = SMALL_REGRET if answer.outcome["folds"] else 1.0
    close = [
        str(row["label"])
        for row in answer.interventions
        if row["name"] != best["name"] and float(row["regret"]) - float(best["regret"]) <= room
    ]
    if not close and float(best["regret"]) <= 0.1 * room:
        return ""
    if not close:
        cost = regret_text(answer.outcome, float(best["regret"]))
        return f"To choose {best['label']} costs {cost} on average against always knowing the best."
    return (
        f"It hardly matters whether {' or '.join([str(best['label']), *close[:MOST_NAMED]])} is chosen: "
        f"their expected regrets differ by {'1 %' if answer.outcome['folds'] else 'one ' + str(answer.outcome['unit'])} or less."
    )


def _combination_sentence(answer: RankAnswer) -> str:
    rows = {str(row["name"]): row for row in answer.combinations}
    if not rows:
        return ""
    best = rows[answer.best_combination]
    if len(best["parts"]) < 2:
        return f"No pair does better than {best['label']} alone."
    p = f"best of the pairs with probability {percent(float(best['p_best']))}"
    sure = "The best pair is" if answer.combinations_verdict == BEST else "Of pairs, the least expected regret is that of"
    return f"{sure} {best['label']} ({p}), with {effect_text(answer.outcome, best)}."


def _harm_sentence(answer: RankAnswer) -> str:
    """What makes it worse in nearly all draws."""
    outcome = answer.outcome
    worse = [
        str(row["label"])
        for row in answer.interventions
        if (float(row["low"]) > 1.001 if outcome["folds"] else float(row["high"]) < 0.0) and row["kind"] != SCHEDULE
    ]
    if not worse:
        return ""
    verb = "makes" if len(worse) == 1 else "make"
    return f"{listed(worse[:MOST_NAMED])} {verb} it worse in at least 95 % of the {answer.judged_over}."


def _schedule_sentence(answer: RankAnswer) -> str:
    if answer.no_schedules:
        return f"No schedules were searched: {answer.no_schedules}."
    if not answer.schedules:
        return ""
    limits = answer.limits
    within = (
        f"Within {show(float(limits['dose']))} nM a dose, {show(float(limits['total']))} nM in all and {show(float(limits['interval']))} h "
        f"between doses of {answer.drug}"
    )
    better = [row for row in answer.schedules if float(row["better"]) >= BETTER and _visible(answer.outcome, row)]
    held = "patients" if answer.judged_over == "worlds" else "draws"
    if not better:
        return f"{within}, no schedule was found that does better than the scenario's own on {held} that the search had not seen."
    one = max(better, key=lambda row: -float(row["effect"]) if answer.outcome["folds"] else float(row["effect"]))
    better_in = f"better in {percent(float(one['better']))} of the {answer.judged_over}, on {held} that the search had not seen"
    named = str(one["label"])[:1].lower() + str(one["label"])[1:]
    effect = effect_text(answer.outcome, one)
    return f"{within}, the {named} ({one['rule_text']}) does better than the scenario's own: {effect}, {better_in}."


def _visible(outcome: Row, row: Row) -> bool:
    return float(row["effect"]) <= 0.99 if outcome["folds"] else float(row["effect"]) >= 1.0


def _map_sentence(one: Row) -> str:
    names = f"{one['first']['label']} and {one['second']['label']}"
    most, least = float(one["most_bliss"]), float(one["least_bliss"])
    loewe = ""
    if one["loewe_low"] is not None:
        ends = f"{show(float(one['loewe_low']))} to {show(float(one['loewe_high']))}"
        loewe = f"; where both alone do as much, Loewe's combination index runs from {ends}"
    names = names[:1].upper() + names[1:]
    if max(most, -least) < 0.01:
        return f"{names} act independently (Bliss excess below 1 % of the cells at all doses{loewe})."
    parts = [f"up to {percent(most)} of the cells more"] if most >= 0.01 else []
    parts += [f"up to {percent(-least)} of the cells fewer"] if least <= -0.01 else []
    return f"{names} together kill {' and, at other doses, '.join(parts)} than independent agents would (Bliss{loewe})."


def _sensitivity_sentence(answer: RankAnswer) -> str:
    if not answer.sobol:
        return ""
    top = answer.sobol[0]
    rest = listed([_number(row) for row in answer.sobol[1:3]])
    label = next(str(row["label"]) for row in answer.interventions if row["name"] == answer.sensitivity_of)
    part = percent(min(1.0, max(0.0, float(top["total"]))))
    more = f", then on {rest}" if rest else ""
    return f"The effect of {label} hangs most on {_number(top)}, which has a part in {part} of its variance{more}."


def _number(row: Row) -> str:
    return f"{str(row['name']).replace('_', ' ')} ({str(row['subject']).replace('_', ' ')})"


def _patients_sentence(answer: RankAnswer) -> str:
    rows = [row for row in answer.patients if float(row["share"]) >= 0.05 and row["name"] != NONE]
    if not answer.patients:
        return ""
    labels = {str(row["name"]): str(row["label"]) for row in answer.interventions}
    none = next((float(row["share"]) for row in answer.patients if row["name"] == NONE), 0.0)
    told = [
        f"{labels[str(row['name'])]} for {percent(float(row['share']))}" for row in sorted(rows, key=lambda row: -row["share"])
    ]
    first = f"Patient by patient, at central numbers, nothing gains time for {percent(none)}"
    return f"{first}; best are {listed(told[:MOST_NAMED])}." if told else f"{first}."


def _patient_numbers_sentence(answer: RankAnswer) -> str:
    """What of a patient decides about the time without progression, and about what the best choice gains."""
    told = []
    for outcome, begin in (("time", "Time without progression"), ("gain", "What the best choice gains")):
        rows = [row for row in answer.patient_numbers if row["outcome"] == outcome]
        sure = [
            row
            for row in rows
            if float(row["rank_low"]) * float(row["rank_high"]) > 0.0 and abs(float(row["rank_correlation"])) >= PLAIN
        ]
        if sure:
            named = [
                f"{_number(row)}, {'more' if float(row['rank_correlation']) > 0.0 else 'less'} with more of it"
                for row in sure[:3]
            ]
            told.append(f"{begin} differs between patients most with {'; '.join(named)}.")
        elif rows:
            told.append(f"{begin} hangs on no single number of the patients to speak of.")
    return " ".join(told)


def _over(answer: RankAnswer) -> str:
    if answer.judged_over == "draws":
        return f"All choices share {answer.draws} draws of the numbers; probabilities are over these draws, intervals hold 90 % of them."
    if answer.judged_over == "worlds":
        return (
            f"All choices treat the same patients; probabilities and intervals are over {answer.draws} worlds, which differ in the "
            "numbers that all patients share."
        )
    return (
        "All choices treat the same patients; probabilities and intervals are over resamplings of the patients, with shared numbers at "
        "their central values: they do not say how unsure the model is."
    )


def warnings(answer: RankAnswer, more: Sequence[str]) -> list[str]:
    """What a reader must not overlook."""
    found = list(more)
    if answer.draws_left_out:
        found.append(f"{answer.draws_left_out} {answer.judged_over} are left out, in which some choice could not be solved.")
    if answer.draws < 20:
        found.append(
            f"Only {answer.draws} {answer.judged_over} were compared, so probabilities are coarse. Ask for more with --draws."
        )
    if answer.tornado or answer.sobol:
        found.append(
            "Sensitivities vary every number by itself over its range, as the methods need, without bringing it in line with measured "
            "IC50s; the spread there is wider than that of the ranking."
        )
    return found
