"""The answer of a laboratory's experiment in words, and the methods text for its paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exoresist.studies.analyse_verdict import in_text
from exoresist.studies.wording import show

if TYPE_CHECKING:
    from exoresist.studies.analyse_answer import LabAnswer

Row = dict[str, Any]


def ends(row: Row, unit: str = "", low: str = "low", high: str = "high") -> str:
    """`(95 % interval 21 to 27 nM)`; a missing end is said."""
    if row.get(low) is None and row.get(high) is None:
        return "(no interval)"
    texts = [show(row[end]) if row.get(end) is not None else "open" for end in (low, high)]
    return f"(95 % interval {texts[0]} to {texts[1]}{' ' + unit if unit else ''})"


def label(answer: LabAnswer, arm: str) -> str:
    """An arm as figures call it."""
    found = answer.meta.arm(arm)
    return (found.label or found.id) if found is not None else arm


def shift_sentences(answer: LabAnswer) -> list[str]:
    """IC50s of the compared arms and their ratio."""
    shift = answer.potencies.shift
    told: list[str] = []
    if shift is None:
        for row in answer.potencies.ic50[:3]:
            if row["value"] is not None:
                told.append(
                    f"The IC50 of {answer.meta.drug or 'the drug'} is {show(row['value'])} {row['unit']} {ends(row)} for '{row['label']}'."
                )
        if answer.data is not None:
            told.append("No IC50 shift could be computed: it takes a reference and a treated arm with a series of doses each.")
        return told
    rows = {row["arm"]: row for row in answer.potencies.ic50}
    of, against = rows[shift["of"]], rows[shift["against"]]
    if shift["value"] is not None:
        word = "rises" if shift["value"] >= 1 else "falls"
        told.append(
            f"The IC50 of {answer.meta.drug or 'the drug'} {word} {show(shift['value'])}-fold {ends(shift)}, from "
            f"{show(against['value'])} {against['unit']} "
            f"('{against['label']}') to {show(of['value'])} {of['unit']} ('{of['label']}')."
        )
    else:
        bounds = [f"at least {show(shift['low'])}"] if shift["low"] is not None else []
        bounds += [f"at most {show(shift['high'])}"] if shift["high"] is not None else []
        told.append(
            f"The ratio of IC50s is {' and '.join(bounds) or 'not known'}: an IC50 lies outside the doses that were tested."
        )
    return told


def dose_sentences(answer: LabAnswer) -> list[str]:
    """What each recipient got, and what a donor gives."""
    told = []
    for row in answer.doses.arms[:2]:
        told.append(
            f"In arm '{row['label']}' each recipient got {show(row['per_cell'])} particles {ends(row)}, which is the "
            f"membrane of {show(row['membrane'], 2)} donor cells"
            + (f" and what {show(row['donors'], 2)} donors had released." if row["donors"] is not None else ".")
        )
    for row in answer.doses.preparations[:2]:
        if row["per_donor"] is not None:
            rate = f", {show(row['per_donor_hour'])} per hour" if row["per_donor_hour"] is not None else ""
            told.append(f"Preparation '{row['id']}' holds {show(row['per_donor'])} particles per donor{rate}.")
    return told


def effect_sentences(answer: LabAnswer) -> list[str]:
    """What the other assays say, the clear ones first."""
    told = []
    rows = [row for row in answer.effects.rows if row["unit"] in ("fold", "ratio") and row["value"] is not None]
    clear = [row for row in rows if row["low"] is not None and row["high"] is not None and not row["low"] <= 1.0 <= row["high"]]
    for row in [*clear, *(row for row in rows if row not in clear)][:3]:
        doubt = "" if row in clear else "; these samples do not tell it from none"
        what = row["what"][:1].upper() + row["what"][1:]
        told.append(
            f"{what} ({row['kind']}) changes {show(row['value'])}-fold {ends(row)} in arm '{label(answer, row['arm'])}'{doubt}."
        )
    return told


def methods(answer: LabAnswer) -> list[str]:
    """Paragraphs that may go into a paper; what the laboratory did not say is marked in square brackets."""
    meta, told = answer.meta, []
    if answer.data is not None:
        told.append(_plates(answer))
    if answer.doses.preparations:
        told.append(_particles(answer))
    kinds = {row["kind"].split(",")[0] for row in answer.effects.rows}
    if "qPCR" in kinds:
        told.append(
            "Relative expression was computed as 2^-ddCt per sample after averaging technical replicates; arms were compared "
            "on the log scale (Welch)."
        )
    if "transwell" in kinds:
        told.append(
            "Cells on the lower side of the membrane were counted; means per field of single inserts were compared on the "
            "log scale (Welch)."
        )
    if "calipers" in kinds:
        told.append(
            "Tumour volume was taken as length x width^2 / 2. Growth rates are slopes of log volume over time in single "
            "animals; arms were compared by Welch's t."
        )
    if answer.model.scenario is not None:
        told.append(
            "The dish was written as a scenario of exoresist and simulated with the catalogue's parameters and draws from "
            "their ranges (scenario.yaml). "
            "The share of the donors' pump that a shift asks for follows fold = 1 + (R - 1) p/p_R."
        )
    done = [in_text(row["label"]) for row in answer.verdict.controls if row["done"]]
    lacking = [in_text(row["label"]) for row in answer.verdict.controls if row["outcome"] == "missing"]
    told.append(f"Controls: {', '.join(done) or 'none'}. Not done: {', '.join(lacking) or 'none'}.")
    told.append(
        f"Analysis: exoresist {answer.versions.get('exoresist', '')}, {meta.repeats} independent "
        f"repeat{'s' if meta.repeats != 1 else ''}.".replace(" ,", ",")
    )
    return told


def _plates(answer: LabAnswer) -> str:
    meta, data = answer.meta, answer.data
    assert data is not None
    cells = (
        f"{show(meta.cells_per_well)} {meta.recipient or '[cells]'} per well"
        if meta.cells_per_well
        else f"{meta.recipient or '[cells]'} [number per well]"
    )
    volume = f" in {show(1000 * meta.volume)} uL" if meta.volume else ""
    hours = meta.timing.read or data.hours
    read = f"read after {show(hours)} h" if hours else "read [after how long]"
    method = meta.readout.method or f"[{meta.readout.kind}]"
    at = f" at {data.channel} nm" if data.channel.isdigit() else ""
    reference = f", reference {meta.readout.reference} nm subtracted" if meta.readout.reference else ""
    blank = "blanks had been subtracted" if meta.readout.blank_subtracted else "the mean blank of each plate was subtracted" if any(
        value is not None for value in data.blanks.values()) else "no blanks were subtracted"  # fmt: skip
    text = (
        f"{cells[:1].upper() + cells[1:]}{volume} were treated with {meta.drug or '[drug]'} in "
        f"{len({row['dose'] for row in data.wells if row['kind'] == 'cells'})} doses and {read} "
        f"({method}{at}{reference}); {blank}. Signals of each arm were fitted with a four-parameter logistic in log dose by "
        "weighted least squares, the noise of a well "
        "(additive and proportional) estimated from replicates. The IC50 is the dose at which the curve reaches half of its "
        "untreated level; 95 % intervals of IC50s and of "
        "their ratio are profile likelihoods with an F threshold."
    )
    return text + (
        f" {len(answer.potencies.outliers)} outlying wells were kept."
        if answer.potencies.outliers
        else " No well was removed as an outlier."
    )


def _particles(answer: LabAnswer) -> str:
    row = answer.doses.preparations[0]
    isolation = row["isolation"] or "[method of isolation]"
    size = f"mean {show(row['mean_nm'])} nm" + (f", mode {show(row['mode_nm'])} nm" if row["mode_nm"] else "")
    dose = answer.doses.arms[0] if answer.doses.arms else None
    given = (
        f" Recipients got {show(dose['per_cell'])} particles per cell {ends(dose)}." if dose else " [Particles per recipient.]"
    )
    return (
        f"Vesicles of {row['donor'] or answer.meta.donor or '[donor cells]'} were isolated by {isolation} and counted by "
        f"particle tracking ({row['captures']} "
        f"capture{'s' if row['captures'] != 1 else ''}): {show(row['per_ml'])} particles per mL {ends(row)}, {size}.{given}"
    )
