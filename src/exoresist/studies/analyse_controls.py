"""The controls of a vesicle experiment: what each rules out, in which design it is needed, and what passing means.

A control arm is judged by its own shift against the reference: a control that should do nothing fails where it does what the vesicles do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from exoresist.studies.analyse_curves import Potencies
from exoresist.studies.analyse_meta import LabMeta

Row = dict[str, Any]


@dataclass(frozen=True)
class Control:
    """One control.

    name      as in meta.yaml;  label  in words
    excludes  the other explanation that it rules out
    inert     True: it should do nothing (a buffer); False: it should act like the vesicles (digested outside, cargo protected)
    needed    designs in which a claim of transfer needs it;  useful  designs in which it helps
    how       the experiment in one sentence
    weight    order among the next experiments, the largest first
    """

    name: str
    label: str
    excludes: str
    inert: bool | None
    needed: frozenset[str]
    useful: frozenset[str]
    how: str
    weight: float


def _designs(text: str) -> frozenset[str]:
    return frozenset(text.split())


ALL_DESIGNS = _designs("added_vesicles conditioned_medium co_culture transwell")
CONTROLS = (
    Control(
        "soluble_fraction", "Soluble fraction", "soluble factors that come with the vesicles", True,
        _designs("added_vesicles conditioned_medium"),
        _designs("co_culture transwell"), "Give the same recipients the supernatant of the last spin (or the late fractions "
            "of the column), concentrated alike.", 1.0,
    ),
    Control(
        "donor_free_medium", "Donor-free medium", "particles and proteins of the medium itself", True,
        _designs("added_vesicles conditioned_medium"), _designs(""),
        "Take medium that never saw cells through the same isolation and add the same volume.", 0.95,
    ),
    Control(
        "lysed_vesicles", "Lysed vesicles", "cargo that works without being carried, and drug held by lipid", True,
        _designs("added_vesicles"),
        _designs("conditioned_medium"), "Break the vesicles (freeze and thaw with mild detergent, then remove it) and add "
            "the same amount.", 0.8,
    ),
    Control(
        "rnase_or_proteinase", "RNase or proteinase", "cargo that sticks to the outside", False, _designs("added_vesicles"),
        _designs("conditioned_medium"),
        "Digest the preparation with RNase or proteinase without detergent, stop the enzyme, and add the same dose: what is "
        "inside is protected.", 0.75,
    ),
    Control(
        "inhibitor_alone", "Inhibitor alone", "the inhibitor's own effect on the drug response", True,
        _designs("co_culture transwell"), _designs("added_vesicles conditioned_medium"),
        "Run the dose series on recipients without donors or vesicles, with the inhibitor.", 0.9,
    ),
    Control(
        "vesicle_depleted_medium", "Vesicle-depleted medium", "vesicles of the serum", None, ALL_DESIGNS, _designs(""),
        "Grow donors and recipients in serum that was depleted of vesicles (ultracentrifuged overnight or bought so), in "
        "every arm.", 0.7,
    ),
    Control(
        "particle_free_buffer", "Particle-free buffer", "the volume and the salts of the buffer", True,
        _designs("added_vesicles"), _designs("conditioned_medium"),
        "Add the same volume of the buffer that the vesicles are taken up in.", 0.85,
    ),
)  # fmt: skip
BY_NAME = {control.name: control for control in CONTROLS}
NOT_NEEDED_WITHOUT_INHIBITOR = "inhibitor_alone"
CLEAR = 0.5  # of the treated arm's log shift: an inert control above it does most of what the vesicles do


def control_rows(meta: LabMeta, found: Potencies) -> list[Row]:
    """Rows name, label, needed, done, arm, value, low, high, outcome, words for every control.

    outcome  passed | failed | unclear (its interval tells neither) | said (done, without a dose series here) | missing | not_needed
    """
    treated = found.shift
    rows = []
    for control in CONTROLS:
        arm = next((one for one in meta.arms if one.control == control.name), None)
        said = meta.says(control.name)
        value = meta.controls.get(control.name)
        if arm is None and isinstance(value, str):
            arm = next((one for one in meta.arms if one.id.lower() == value.lower()), None)
        shift = next((row for row in found.shifts if arm is not None and row["arm"] == arm.id), None)
        needed = meta.design in control.needed or (
            control.name == NOT_NEEDED_WITHOUT_INHIBITOR and any(one.inhibitor for one in meta.arms)
        )
        row: Row = {
            "name": control.name, "label": control.label, "excludes": control.excludes, "needed": needed,
            "arm": arm.id if arm else "",
            "value": shift["value"] if shift else None, "low": shift["low"] if shift else None,
            "high": shift["high"] if shift else None, "how": control.how,
        }  # fmt: skip
        if shift is not None and treated is not None:
            row["outcome"], row["words"] = _judged(control, shift, treated)
        elif arm is not None or said:
            row["outcome"], row["words"] = "said", "done, by your word; no dose series of it is on this plate"
        elif needed or meta.design in control.useful:
            row["outcome"], row["words"] = (
                ("missing", "not done")
                if said is not None or needed
                else ("missing", "not done, not strictly needed in this design")
            )
        else:
            row["outcome"], row["words"] = "not_needed", "not needed in this design"
        row["done"] = row["outcome"] not in ("missing", "not_needed")
        rows.append(row)
    return rows


def _judged(control: Control, shift: Row, treated: Row) -> tuple[str, str]:
    """Whether a control did what it should, from its shift beside that of the treated arm."""
    if None in (shift["value"], treated["value"]):
        return "unclear", "its IC50 lies outside the doses"
    effect, own = math.log(treated["value"]), math.log(shift["value"])
    text = f"shift {shift['value']:.2f}"
    if shift["low"] is not None and shift["high"] is not None:
        text += f" ({shift['low']:.2f} to {shift['high']:.2f})"
    if abs(effect) < 0.05:
        return "unclear", f"{text}; there is no effect to explain"
    share = own / effect
    low, high = (
        sorted(math.log(shift[end]) / effect for end in ("low", "high")) if shift["low"] and shift["high"] else (share, share)
    )
    if control.inert or control.inert is None:
        if high < CLEAR:
            return "passed", f"{text}: less than half of the effect"
        if low > CLEAR or (share > CLEAR and low > 0):
            return "failed", f"{text}: does what the vesicles do"
        return "unclear", f"{text}: not measured well enough to tell"
    if low > CLEAR:
        return "passed", f"{text}: the effect survives digestion, so the cargo is protected"
    if high < CLEAR or (share < CLEAR and high < 1.0):
        return "failed", f"{text}: digestion takes the effect away, so the cargo was outside"
    return "unclear", f"{text}: not measured well enough to tell"
