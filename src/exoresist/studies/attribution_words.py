"""What shares and ledger let one say, in words, with permission to say that one cannot tell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from exoresist.catalog import Catalog
from exoresist.studies.answer import Estimate, Row
from exoresist.studies.ensemble import Ensemble
from exoresist.studies.names import line_name, listed, with_cells
from exoresist.studies.outcomes import LOG_IC50, LOG_SURVIVAL, MEAN_TIME, Outcome
from exoresist.studies.wording import assumed_sentence, interval, percent, show, show_ratio

if TYPE_CHECKING:
    from exoresist.studies.attribution_answer import AttributionAnswer

LITTLE, MOST = 0.05, 0.5  # shares below and above which one speaks of next to nothing and of most
SEEN = 0.01  # changes of an outcome (of its logarithm; of its span, for times) that are worth sharing out
ROUNDING = 1e-12  # of ln C*, that a ledger may miss whatever the size of the change
STILL = 1e-9  # changes of an outcome that are the solver's rounding: nothing is said of their parts
ALIKE = "1-fold"  # an effect that is none in the figures that are shown
FEW = 20  # draws below which an interval is rough
NOT_ASKED, NONE, NOTHING, OPEN, LITTLE_OF_IT, BOUNDED, PART, MOST_OF_IT, AGAINST = (
    "not_asked", "none", "nothing", "cannot_tell", "little", "bounded", "part", "most", "against",
)  # fmt: skip


def verdict_of(share: Estimate, moved: float, outcome: Outcome, present: bool) -> str:
    """Which of eight things can be said of the share that travels in vesicles.

    moved    upper end of the sum of all shares' sizes: how far the routes move the outcome at all
    present  whether anything that vesicles carry reaches the cells
    """
    if not present:
        return NONE
    if moved < SEEN * (outcome.high if outcome.name == MEAN_TIME else 1.0):
        return NOTHING
    value = float(share.value or 0.0)
    low, high = (value if end is None else float(end) for end in (share.low, share.high))
    if (low <= LITTLE and high >= MOST) or (low <= -MOST and high >= -LITTLE):
        return OPEN
    if low > -LITTLE and high < LITTLE:
        return LITTLE_OF_IT
    if low >= MOST:
        return MOST_OF_IT
    if high <= -LITTLE:
        return AGAINST
    return PART if low >= LITTLE else BOUNDED


def sentences(answer: AttributionAnswer) -> list[str]:
    """The answer, most important first."""
    found = [_first(answer), _whole(answer)]
    if not still(answer):
        found += [_largest(answer), _orders(answer), _vesicles(answer)]
    found += [_updated(answer), _ledger(answer)]
    if answer.assumed_share is not None:
        found.append(assumed_sentence(answer.assumed_share, len(answer.parameters)))
    return [text for text in found if text]


def who(answer: AttributionAnswer) -> str:
    """The cells that are counted."""
    return with_cells(listed([str(name).replace("_", " ") for name in answer.outcome["lineages"]]))


def _first(answer: AttributionAnswer) -> str:
    kind = "posterior" if "posterior" in answer.transfer else "prior"
    share = answer.transfer[kind]
    said = interval(share, _share_text)
    cells = who(answer)
    if answer.mixed:
        names = listed([f"'{name.replace('_', ' ')}'" for name in answer.mixed])
        return f"How much travels in vesicles was not asked: {names} holds what they carry to the {cells} together with other routes."
    if answer.verdict == NOT_ASKED:
        return f"How much travels in vesicles was not asked: what they carry to the {cells} is on in every combination."
    if answer.verdict == NONE:
        return (
            f"None of it: nothing that vesicles carry is delivered to the {cells} here, so the share that travels in vesicles is "
            "exactly 0."
        )
    if answer.verdict == NOTHING and still(answer):
        return f"There is nothing to share out: no route moves the outcome of the {cells}."
    if answer.verdict == NOTHING:
        return (
            f"There is practically nothing to share out: all routes together hardly move the outcome of the {cells}. Of the little that "
            f"is moved, {said} travels in vesicles."
        )
    if answer.verdict == OPEN:
        return (
            f"Cannot tell: {said} of what moves the outcome of the {cells} travels in vesicles, which covers both next to nothing "
            "and most of it."
        )
    if answer.verdict == LITTLE_OF_IT:
        return f"Hardly any of it travels in vesicles: {said} of what moves the outcome of the {cells}."
    if answer.verdict == MOST_OF_IT:
        return f"Most of it travels in vesicles: {said} of what moves the outcome of the {cells}."
    if answer.verdict == BOUNDED:
        top = percent(float(share.high or 0.0))
        return (
            f"At most {top} of what moves the outcome of the {cells} travels in vesicles: {said}. How far below is not settled."
        )
    if answer.verdict == AGAINST:
        return f"What travels in vesicles works against resistance: {said} of what moves the outcome of the {cells}."
    return f"Part of it travels in vesicles: {said} of what moves the outcome of the {cells}."


def still(answer: AttributionAnswer) -> bool:
    """Whether no route moves anything, in any draw, beyond rounding."""
    ends = [abs(float(row[key] or 0.0)) for row in answer.players for key in ("value", "low", "high")]
    return bool(answer.players) and max(ends) < STILL


def _share_text(value: float | None) -> str:
    return show(value) if value is None else percent(value)


def effect_text(answer: AttributionAnswer, value: float | None) -> str:
    """A change of the outcome as a reader takes it: a fold for logarithms, hours for times, points for shares."""
    if value is None:
        return show(None)
    name = answer.outcome["name"]
    if name in (LOG_SURVIVAL, LOG_IC50):
        return f"{show_ratio(math.exp(value))}-fold"
    if name == MEAN_TIME:
        return f"{show(value)} h"
    return f"{show(100.0 * value)} points"


def _whole(answer: AttributionAnswer) -> str:
    if not answer.players:
        return "No route between cells, into vesicles or by stress is in this scenario, so no combination was run."
    effect = answer.outcome["effect"]
    several = len(answer.players) > 1
    count = f"Together, the {len(answer.players)} routes change" if several else "The one route changes"
    ends = [effect_text(answer, effect[key]) for key in ("value", "low", "high")]
    span = "" if ends[1] == ends[2] else f" (90 % interval {ends[1]} to {ends[2]})"
    what = {"log_survival": "survivors", "log_ic50": "the IC50"}.get(answer.outcome["name"], "the outcome")
    if set(ends) == {ALIKE}:
        return f"{count.removesuffix(' change').removesuffix(' changes')} {'do' if several else 'does'} not change {what} in three figures."
    return f"{count} {what} {ends[0]}{span} against the same cells with {'all of them' if several else 'it'} switched off."


def _largest(answer: AttributionAnswer) -> str:
    rows = sorted(answer.players, key=lambda row: -abs(float(row["value"] or 0.0)))[:3]
    if len(rows) < 2 or not rows[0]["value"]:
        return ""
    told = [f"{_lower(row['label'])} {_span(answer, row)}" for row in rows]
    if all(effect_text(answer, row[key]) == ALIKE for row in rows for key in ("value", "low", "high")):
        return ""
    return f"The largest shares are {'; '.join(told)}."


def _lower(label: str) -> str:
    return label[0].lower() + label[1:]


def _span(answer: AttributionAnswer, row: Row) -> str:
    value, low, high = (effect_text(answer, row[key]) for key in ("value", "low", "high"))
    return value if low == high else f"{value} ({low} to {high})"


def _orders(answer: AttributionAnswer) -> str:
    """The pair that leans on each other most, if it matters."""
    rows = sorted(answer.interactions, key=lambda row: -abs(float(row["value"] or 0.0)))
    largest = max((abs(float(row["value"] or 0.0)) for row in answer.players), default=0.0)
    if not rows or largest == 0.0 or abs(rows[0]["value"]) < 0.1 * largest:
        return ""
    labels = {row["id"]: _lower(row["label"]) for row in answer.players}
    row = rows[0]
    how = "stand in for each other" if row["value"] < 0.0 else "need each other"
    return (
        f"Shares depend on the order in which routes are switched on where routes lean on each other: most of all, "
        f"{labels[row['first']]} and {labels[row['second']]} {how} (interaction {show(row['value'])})."
    )


def _vesicles(answer: AttributionAnswer) -> str:
    """All that vesicles do, where it is more than what they carry from cell to cell."""
    more = [row for row in answer.players if row["vesicles"] and not row["travels"]]
    if not more:
        return ""
    kind = list(answer.vesicles)[-1]
    if answer.vesicles[kind].value is None:
        return ""
    also = listed([_lower(row["label"]) for row in more])
    if answer.mixed:
        return f"All that vesicles do, {also}, makes {interval(answer.vesicles[kind], _share_text)} of it."
    return f"With {also}, by which no resistance passes to other cells, vesicles make {interval(answer.vesicles[kind], _share_text)} of it."


def _updated(answer: AttributionAnswer) -> str:
    if answer.draws == 0:
        return "These shares rest on central numbers alone, and so say nothing of how sure they are."
    if answer.verdict == NOT_ASKED:
        return ""
    if "posterior" not in answer.transfer:
        return "These shares rest on the catalogue's ranges, not on data of this dish: a fit's draws (--posterior) would narrow them."
    before, after = (interval(answer.transfer[kind], _share_text, kind == "prior") for kind in ("prior", "posterior"))
    return f"The share that travels in vesicles was {before} before the data and is {after} after them."


def _ledger(answer: AttributionAnswer) -> str:
    if not answer.ledger or answer.ledger_change is None:
        return ""
    carried = [row for row in answer.ledger if row["origin"] in ("received", "relayed")]
    selected = [row for row in answer.ledger if row["part"] == "selection"]
    sums = [sum(float(row["value"]) for row in rows) for rows in (carried, selected)]
    change = interval(answer.ledger_change, show, False)
    return (
        f"The net ledger asks another question, where the cells' trait came from: it changes by {change} (ln of the fold in C*), of which "
        f"{show(sums[0])} by cargo received from others and {show(sums[1])} by selection; its lines add up to the change within "
        f"{show(answer.ledger_gap)} of it."
    )


def _missed(answer: AttributionAnswer) -> float:
    """What the ledger's lines miss, in ln of the fold in C*."""
    change = None if answer.ledger_change is None else answer.ledger_change.value
    return math.inf if change is None or answer.ledger_gap is None else abs(change) * answer.ledger_gap


def warnings_of(answer: AttributionAnswer, catalog: Catalog, prior: Ensemble, unused: list[str]) -> list[str]:
    """What to know before trusting the answer."""
    found = []
    if answer.left_on:
        names = listed([str(row["id"]) for row in answer.left_on])
        found.append(f"Not among the players, and on in every combination: {names}. Choose others with --players.")
    if answer.draws == 0:
        found.append("Central numbers only: nothing is said of how sure this is. Ask for draws.")
    elif answer.draws < FEW:
        found.append(f"{answer.draws} draws give rough intervals: ask for {FEW} or more.")
    found += [
        f"{percent(share)} of the draws contradict the measured IC50 of {line_name(catalog, line)} and are left out."
        for line, share in prior.left.items()
        if share > 0.0
    ]
    if unused:
        found.append(f"Columns of the posterior that nothing in this scenario reads: {listed(unused)}.")
    if "posterior" in answer.transfer:
        found.append(
            "Numbers without a column in the posterior stay at their central values, as in a fit that held them there: "
            "its intervals hold given those."
        )
    if not answer.ledger and answer.ledger_change is not None:
        found.append("The ledger holds no line: nothing here moves how well the cells bear the drug (one lineage, no cargo).")
    elif not answer.ledger and not any(text.startswith("No ledger") for text in answer.warnings):
        found.append("No ledger: it accounts for resistance to a drug, and none is given here.")
    elif answer.ledger_gap is not None and answer.ledger_gap > 1e-8 and _missed(answer) > ROUNDING:
        found.append(f"The lines of the ledger miss the change by {answer.ledger_gap:.1e} of it, more than 1e-8.")
    return found
