"""Does this experiment show transfer in vesicles? A verdict by explicit rules, with its reasons and the experiments that come next.

shown        the shift differs from 1, every needed control was done and none fails, repeats are there
suggestive   the shift differs from 1 and nothing contradicts vesicles, but something needed is missing
not_shown    no shift within what this experiment can see, or a control does the same without vesicles
cannot_tell  no shift could be measured well enough to say either
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from exoresist.studies.analyse_controls import BY_NAME, control_rows
from exoresist.studies.analyse_curves import FEWEST_REPEATS, Potencies
from exoresist.studies.analyse_dose import Doses
from exoresist.studies.analyse_meta import LabMeta
from exoresist.studies.analyse_model import Comparison

Row = dict[str, Any]
Word = Literal["shown", "suggestive", "not_shown", "cannot_tell"]

HEADLINES = {
    "shown": "This experiment shows that vesicles carry the change in drug response.",
    "suggestive": "This experiment suggests, but does not show, that vesicles carry the change in drug response.",
    "not_shown": "This experiment does not show a transfer in vesicles.",
    "cannot_tell": "This experiment cannot tell whether vesicles carry anything that changes the drug response.",
}
VISIBLE = 1.1  # a plate assay sees a shift of about 10 % at best
EXCLUDING = 1.5  # an interval that ends below this and holds 1 is a result: no larger shift
TARGET = 1.25  # factor to which an interval should be narrowed


@dataclass
class Verdict:
    """verdict, headline, reasons (most important first), controls (rows), missing_controls (names), next (rows what, why, how, score)."""

    verdict: Word
    headline: str
    reasons: list[str] = field(default_factory=list)
    controls: list[Row] = field(default_factory=list)
    missing_controls: list[str] = field(default_factory=list)
    next: list[Row] = field(default_factory=list)


def judge(meta: LabMeta, found: Potencies, doses: Doses, model: Comparison, plates: Sequence[Row]) -> Verdict:
    """The verdict by the rules above."""
    controls = control_rows(meta, found)
    missing = [row["name"] for row in controls if row["outcome"] == "missing"]
    word, reasons = _word(meta, found, doses, model, plates, controls)
    verdict = Verdict(word, HEADLINES[word], reasons, controls, missing)
    verdict.next = _next(meta, found, doses, model, plates, verdict)
    return verdict


def _word(
    meta: LabMeta, found: Potencies, doses: Doses, model: Comparison, plates: Sequence[Row], controls: Sequence[Row]
) -> tuple[Word, list[str]]:
    shift = found.shift
    if shift is None:
        return "cannot_tell", ["There are no two dose series, with and without vesicles, whose IC50s could be compared."]
    dull = [row["plate"] for row in plates if row["z_prime"] is not None and row["z_prime"] <= 0]
    if dull and len(dull) == len(plates):
        return "cannot_tell", ["The plates cannot tell live from dead wells (Z' of 0 or less)."]
    low, high = shift["low"], shift["high"]
    text = _interval(shift)
    if (low is None and high is None) or shift["status"] == "not known":
        return "cannot_tell", ["The IC50s lie outside the doses, so that the shift is not known."]
    above, below = low is not None and low > 1.0, high is not None and high < 1.0
    if not above and not below:
        return _none(low, high, text)
    if low is not None and high is not None and max(high, 1.0 / low) < VISIBLE:
        return "not_shown", [
            f"The shift, {text}, differs from 1 but is smaller than the 10 % that a plate assay can be trusted with."
        ]
    direction = "more resistant" if above else "more sensitive"
    effect = (
        f"With vesicles the recipients are {direction}: {text}."
        if meta.design == "added_vesicles"
        else f"The treated cells are {direction}: {text}."
    )
    failed = [row for row in controls if row["outcome"] == "failed"]
    if failed:
        return "not_shown", [effect, *(f"{row['label']}: {row['words']}. This points to {row['excludes']}." for row in failed)]
    lacks = _lacks(meta, found, doses, model, plates, controls)
    passed = [f"{row['label']}: {row['words']}." for row in controls if row["outcome"] == "passed"]
    if lacks:
        return "suggestive", [effect, *lacks, *passed]
    said = [in_text(row["label"]) for row in controls if row["outcome"] == "said"]
    trust = [f"By your word, without data on this plate: {', '.join(said)}."] if said else []
    return "shown", [effect, *passed, *trust, f"The whole was repeated {meta.repeats} times."]


def _none(low: float | None, high: float | None, text: str) -> tuple[Word, list[str]]:
    if low is not None and high is not None and high <= EXCLUDING and low >= 1.0 / EXCLUDING:
        return "not_shown", [
            f"No shift was seen: {text}. A rise of the IC50 by more than {100 * (high - 1):.0f} % can be excluded."
        ]
    wide = "is open on one side" if low is None or high is None else f"spans a factor of {high / low:.2g}"
    return "cannot_tell", [f"The shift, {text}, may be none or large: its interval {wide}."]


def _lacks(
    meta: LabMeta, found: Potencies, doses: Doses, model: Comparison, plates: Sequence[Row], controls: Sequence[Row]
) -> list[str]:
    """What keeps a suggestion from being a demonstration."""
    lacks = [
        f"The control '{row['label']}' is missing: {row['excludes']} may do this."
        for row in controls
        if row["needed"] and row["outcome"] == "missing"
    ]
    lacks += [f"{row['label']}: {row['words']}." for row in controls if row["outcome"] == "unclear"]
    if meta.design in ("co_culture", "transwell"):
        lacks += _inhibitor(meta, found)
    if meta.design == "co_culture" and not meta.readout.recipients_only:
        lacks.append(
            "The readout takes donors and recipients together: resistant donors that survive raise the IC50 of the mixture "
            "without any transfer."
        )
    if meta.design == "added_vesicles" and not any(row["arm"] == (found.shift or {}).get("of") for row in doses.arms):
        lacks.append("The number of vesicles given to each recipient is not known.")
    repeats = max(meta.repeats, sum(row["value"] is not None for row in found.repeats))
    if repeats < FEWEST_REPEATS:
        lacks.append(
            f"It was done {'once' if repeats == 1 else 'twice'}: replicate wells of one plate share their vesicles, cells "
            "and day, so that the interval does not "
            "hold what differs between repeats."
        )
    if any(row["z_prime"] is not None and row["z_prime"] <= 0 for row in plates):
        lacks.append("At least one plate cannot tell live from dead wells (Z' of 0 or less).")
    if model.sink is not None and model.sink["high"] >= 0.05 and meta.timing.washed_before_drug is not True:
        lacks.append("The vesicles were there together with the drug and may have bound a share of it that matters.")
    return lacks


def _inhibitor(meta: LabMeta, found: Potencies) -> list[str]:
    """Whether an inhibitor of release or uptake lowers the shift, where donors are in the dish."""
    shift = found.shift
    blocked = [row for row in found.shifts for arm in meta.arms if arm.id == row["arm"] and arm.inhibitor and arm.control is None]
    if not blocked or shift is None:
        return [
            "No arm blocks the release or uptake of vesicles, so that nothing here tells vesicles from other messengers of "
            "the donors."
        ]
    row = blocked[0]
    if row["value"] is None or shift["value"] is None or row["high"] is None:
        return [f"Whether '{row['label']}' lowers the shift is not known."]
    if abs(math.log(row["value"])) > 0.7 * abs(math.log(shift["value"])):
        return [
            f"'{row['label']}' leaves most of the shift ({row['value']:.2f} of {shift['value']:.2f}): what acts is not what "
            "it blocks."
        ]
    return []


def _interval(shift: Row) -> str:
    ends = (
        f"{shift['low']:.2f}" if shift["low"] is not None else "no lower end",
        f"{shift['high']:.2f}" if shift["high"] is not None else "no upper end",
    )
    if shift["value"] is None:
        return f"IC50 ratio beyond the doses (95 % interval {ends[0]} to {ends[1]})"
    return f"IC50 ratio {shift['value']:.2f} (95 % interval {ends[0]} to {ends[1]})"


def _next(meta: LabMeta, found: Potencies, doses: Doses, model: Comparison, plates: Sequence[Row], verdict: Verdict) -> list[Row]:
    """What to do next, the most telling first.

    Score: an unusable measurement 2, a wide interval 1.5, controls their weight, the rest below.
    """
    steps: list[Row] = []

    def add(score: float, what: str, why: str, how: str) -> None:
        steps.append({"what": what, "why": why, "how": how, "score": score})

    if found.shift is None:
        add(
            2.2,
            "Measure a dose series with and without vesicles",
            "Without the two there is no shift to judge.",
            "The same doses of the drug, untreated wells included, on recipients alone and on recipients with vesicles, "
            "three wells each.",
        )
    out = [row for row in found.ic50 if row["status"] != "inside"]
    for row in out[:2]:
        further = "higher" if row["status"] != "below range" else "lower"
        add(
            2.0,
            f"Give '{row['label']}' {further} doses",
            f"Its IC50 lies {row['status'].replace('range', 'the doses')}.",
            "Shift the series by a factor of ten and keep two doses in common.",
        )
    dull = [row for row in plates if row["z_prime"] is not None and row["z_prime"] < 0.5]
    if dull:
        add(
            1.6 if dull[0]["z_prime"] <= 0 else 0.7,
            "Improve the assay",
            f"Z' is {dull[0]['z_prime']:.2f}.",
            "More cells or a longer incubation with the dye; six or more blanks and untreated wells.",
        )
    shift = found.shift
    if shift is not None and verdict.verdict == "cannot_tell" and shift["low"] and shift["high"]:
        width = math.log(shift["high"] / shift["low"]) / (2.0 * math.log(TARGET))
        if width > 1:
            add(
                1.5,
                f"About {math.ceil(width**2):d} times as many wells",
                f"The interval spans a factor of {shift['high'] / shift['low']:.2g}.",
                "More replicates at the doses around the IC50, spread over three plates.",
            )
    if meta.design in ("co_culture", "transwell") and not any(arm.inhibitor for arm in meta.arms):
        add(
            1.1,
            "Block the release of vesicles",
            "It is the only arm that tells vesicles from other messengers.",
            "GW4869, or donors without Rab27a; with the inhibitor alone on recipients beside it.",
        )
    for row in verdict.controls:
        if row["outcome"] in ("missing", "failed", "unclear"):
            weight = _weight(row) * (1.0 if row["needed"] else 0.5)
            verb = {"missing": "Add", "failed": "Repeat", "unclear": "Measure better:"}[row["outcome"]]
            add(weight, f"{verb} the control '{row['label']}'", f"It rules out {row['excludes']}.", row["how"])
    if max(meta.repeats, len(found.repeats)) < FEWEST_REPEATS:
        add(
            0.92,
            "Repeat the whole on other days",
            "One preparation is one observation, however many wells it fills.",
            "Three repeats, each with fresh donors, vesicles and recipients.",
        )
    treated = next((arm for arm in meta.arms if found.shift and arm.id == found.shift["of"]), None)
    if meta.design == "added_vesicles" and treated is not None and not any(row["arm"] == treated.id for row in doses.arms):
        add(
            0.88,
            "Count the vesicles that each recipient gets",
            "Without a dose the effect cannot be compared with what donors release.",
            "Particle tracking of the preparation, its dilution, the volume added, and the cells per well.",
        )
    if any(row["membrane"] > 1 for row in doses.arms):
        add(
            0.82,
            "Go down with the vesicle dose",
            "The recipients got more membrane than a donor has.",
            "A series of three to five doses from what donors release to the one used here.",
        )
    elif verdict.verdict in ("shown", "suggestive"):
        add(
            0.4,
            "Give the vesicles in several doses",
            "A transfer rises with the dose, and the model can then be fitted.",
            "A third, once, and three times the present dose.",
        )
    if meta.design == "co_culture" and not meta.readout.recipients_only:
        add(
            1.2,
            "Read the recipients alone",
            "A signal of the mixture rises with the share of resistant donors.",
            "Label the recipients (GFP, a dye) and count them, or sort before reading; write `recipients_only: true`.",
        )
    if meta.design in ("added_vesicles", "conditioned_medium") and verdict.verdict in ("shown", "suggestive"):
        add(
            0.6,
            "Give vesicles of the sensitive parent cells",
            "They tell what belongs to resistance from what any vesicle does.",
            "The same number of particles per recipient, isolated in the same way.",
        )
    if meta.timing.washed_before_drug is not True and meta.design == "added_vesicles":
        add(
            0.65 if model.sink and model.sink["high"] >= 0.05 else 0.35,
            "Wash the vesicles away before the drug comes",
            "Vesicles beside the drug may bind it.",
            "Vesicles for 4 to 24 h, two changes of medium, then the drug.",
        )
    return sorted(steps, key=lambda step: -step["score"])


def in_text(label: str) -> str:
    """A control's name inside a sentence: `Lysed vesicles` is `lysed vesicles`, `RNase or proteinase` stays."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _weight(row: Row) -> float:
    return BY_NAME[row["name"]].weight
