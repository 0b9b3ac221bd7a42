"""The measured shift beside what the catalogue's model predicts for the same dish.

Needed transfer: by fold = 1 + (R - 1) p / p_R a recipient with the share p / p_R of the donor's pump is so many times more resistant;
R is the donors' own fold. The scenario is the laboratory's dish written in the catalogue's names; it is stored, so that it can be
changed and run again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from exoresist.assembly.reader import scenario_from_dict
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import ExoresistError, InputError, suggestion
from exoresist.core.progress import Progress
from exoresist.core.quantity import Quantity
from exoresist.core.units import convert, same_dimension
from exoresist.studies.analyse_curves import Potencies
from exoresist.studies.analyse_dose import Doses
from exoresist.studies.analyse_meta import LabMeta
from exoresist.studies.answers import answer_scenario
from exoresist.studies.wording import show, show_ratio

Row = dict[str, Any]
DRAWS = 16
SLIP = 0.75  # of 1: how like a known name an unknown one must be to be taken for a slip of the pen
DEFAULT_CELLS, DEFAULT_VOLUME = 3000.0, 0.1  # of one well of 96, where meta.yaml is silent: only where cells grow to matters
OTHERS = {
    "added_vesicles": "co-isolated protein, other cargo, or the buffer",
    "conditioned_medium": "soluble factors, other cargo, or a medium that the donors have used up",
    "co_culture": "soluble factors, contact, other cargo, or drug that the donors take up",
    "transwell": "soluble factors, other cargo, or drug that the donors take up",
}
CAPACITY = 20.0  # cells at confluence per cell seeded, where nothing is known; the warning says so


@dataclass
class Names:
    """What the catalogue calls the laboratory's cells and drug; None where it does not know them.

    notes     what was looked up; names that are the laboratory's own are no fault
    warnings  names that look like a slip of the pen
    """

    drug: str | None = None
    recipient: str | None = None
    donor: str | None = None
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass
class Comparison:
    """Measured against predicted.

    donor_fold         R, with `donor_fold_from`
    needed             share of the donors' pump that the shift asks for: value, low, high (None: no shift, or R unknown)
    predicted          shift by the model with its 90 % interval;  vesicles_needed  per recipient for half of the donors' effect
    dose_gap           vesicles needed over vesicles added;  sink  share of the drug that the vesicles' own membrane could hold
    scenario           the dish in the catalogue's names, None where it cannot be written
    """

    donor_fold: float | None = None
    donor_fold_from: str = ""
    needed: Row | None = None
    predicted: Row | None = None
    vesicles_needed: Row | None = None
    dose_gap: Row | None = None
    sink: Row | None = None
    scenario: Scenario | None = None
    sentences: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    parameters: list[Row] = field(default_factory=list)
    bibliography: list[Row] = field(default_factory=list)
    used: list[tuple[Quantity, str]] = field(default_factory=list)


def names_of(meta: LabMeta, catalog: Catalog) -> Names:
    """Cells and drug looked up by id, name or alias; unknown ones are allowed."""
    found = Names()
    for key, text, table in (
        ("drug", meta.drug, "drugs"),
        ("recipient", meta.recipient, "cell_lines"),
        ("donor", meta.donor, "cell_lines"),
    ):
        if not text.strip():
            continue
        name = _look_up(catalog, text, table)
        setattr(found, key, name)
        if name is None:
            near = _near(catalog, text, table)
            unknown, follows = f"The catalogue does not know the {key} '{text}'", "othing is compared with the model for it."
            if near:
                found.warnings.append(f"{unknown}. {near} N{follows}")
            else:
                found.notes.append(f"{unknown}: n{follows}")
        elif name != text:
            found.notes.append(f"'{text}' is '{name}' in the catalogue.")
    return found


def _near(catalog: Catalog, text: str, table: str) -> str:
    """The entry that was probably meant, as a question; empty where none is so near that a slip is likelier than a name of one's own."""
    records = [*catalog.records(table)]
    return suggestion(text.strip().lower(), {name.lower() for one in records for name in (one.id, one.name)}, SLIP)


def _look_up(catalog: Catalog, text: str, table: str) -> str | None:
    known = {record.id: record.name for record in catalog.records(table)}
    wanted = text.strip()
    if wanted in known:
        return wanted
    try:
        alias = catalog.resolve(wanted).id
        if alias in known:
            return str(alias)
    except InputError:
        pass
    loose = "".join(letter for letter in wanted.lower() if letter.isalnum())
    fitting = [
        id
        for id, name in known.items()
        if loose in {"".join(letter for letter in one.lower() if letter.isalnum()) for one in (id, name)}
    ]
    return fitting[0] if len(fitting) == 1 else None


def compare(meta: LabMeta, names: Names, found: Potencies, doses: Doses, catalog: Catalog) -> Comparison:
    """All that needs no simulation: the donors' fold, the transfer that the shift asks for, the drug that vesicles could hold."""
    result = Comparison()
    _donor_fold(meta, names, found, catalog, result)
    shift = found.shift
    if shift is not None and result.donor_fold is not None and result.donor_fold > 1.05:
        ends = {
            key: None if shift[key] is None else (shift[key] - 1.0) / (result.donor_fold - 1.0)
            for key in ("value", "low", "high")
        }
        result.needed = ends
        if ends["value"] is not None and ends["low"] is not None and ends["low"] > 0:
            words = f"{_percent(ends['value'])} of the donors' pump in every recipient"
            between = f" (95 % interval {_percent(ends['low'])} to {_percent(ends['high'])})" if ends["high"] is not None else ""
            result.sentences.append(
                f"If the whole shift were pumps carried over (fold = 1 + (R - 1) p/p_R, R = {result.donor_fold:.3g} "
                f"{result.donor_fold_from}), it would take "
                f"{words}{between}."
            )
            if ends["low"] > 1.0:
                result.warnings.append(
                    "The shift is larger than the donors' own resistance: carried pumps alone cannot explain it."
                )
    dose = _compared_dose(found, doses)
    if dose is not None and names.drug is not None and meta.volume and meta.cells_per_well:
        partition = catalog.parameter("vesicle_partition", f"drug:{names.drug}", "drug")
        result.used.append((partition, "drug that the vesicles' own membrane could hold"))
        # Spheres of the same mean surface: a generous volume, as vesicles are shells.
        volume = dose["per_cell"] * meta.cells_per_well * math.pi / 6.0 * dose["square_um2"] ** 1.5 * 1e-12
        held = {
            key: partition_value * volume / meta.volume
            for key, partition_value in (("value", partition.value), ("low", partition.low), ("high", partition.high))
        }
        result.sink = {key: value / (1.0 + value) for key, value in held.items()}
        result.sentences.append(
            f"The added vesicles themselves can hold about {_percent(result.sink['value'])} of the drug in the well"
            + (
                ": too little to act as a sink."
                if result.sink["high"] < 0.05
                else "; they may act as a drug sink, which looks like resistance."
            )
        )
    return result


def _donor_fold(meta: LabMeta, names: Names, found: Potencies, catalog: Catalog, result: Comparison) -> None:
    donors = next((arm.id for arm in meta.arms if arm.role == "donor"), None)
    row = next((row for row in found.shifts if row["arm"] == donors), None)
    if row is not None and row["value"] is not None:
        result.donor_fold, result.donor_fold_from = row["value"], "measured on this plate"
        return
    if names.drug and names.donor and names.recipient:
        subjects = [f"cell_line:{line}|drug:{names.drug}" for line in (names.donor, names.recipient)]
        if all(catalog.has_parameter("ic50_observed", subject) for subject in subjects):
            both = [catalog.parameter("ic50_observed", subject) for subject in subjects]
            result.donor_fold, result.donor_fold_from = both[0].value / both[1].value, "from the catalogue"
            result.used += [(one, "how many times more resistant the donors are") for one in both]


def _compared_dose(found: Potencies, doses: Doses) -> Row | None:
    of = found.shift["of"] if found.shift else None
    return next((row for row in doses.arms if row["arm"] == of), None)


def _percent(share: float | None) -> str:
    return "?" if share is None else f"{100 * share:.2g} %" if abs(share) >= 1e-4 else "less than 0.01 %"


def scenario_of(
    meta: LabMeta, names: Names, found: Potencies, doses: Doses, catalog: Catalog, per_plate: list[float]
) -> Mapping[str, Any] | None:
    """The dish as a scenario; None where cells, drug or dose are not known to the catalogue.

    per_plate  doses of the plate in the experiment's unit, without 0
    """
    if not (names.drug and names.recipient and names.donor and per_plate) or not same_dimension(meta.dose_unit, "nM"):
        return None
    if (
        catalog.cell_line(names.recipient).status != "modelled"
        or catalog.drug(names.drug).status != "modelled"
        or catalog.cell_line(names.donor).status != "modelled"
    ):
        return None
    cells, volume = meta.cells_per_well or DEFAULT_CELLS, meta.volume or DEFAULT_VOLUME
    early = meta.timing.vesicles_before_drug or 0.0
    hours = meta.timing.read or 72.0
    series = [f"{convert(dose, meta.dose_unit, 'nM'):.6g} nM" for dose in per_plate]
    pumps = [pump for pump in catalog.drug(names.drug).pumps if pump in catalog.ids("cargo")][:1]
    arm: dict[str, Any] = {"id": "with_vesicles", "role": "treated", "label": "With vesicles"}
    data: dict[str, Any] = {
        "schema": "exoresist/1", "name": "lab_experiment", "title": meta.title[:200],
        "arena": {"kind": "well", "volume": f"{volume:.6g} mL",
            "capacity": f"{CAPACITY * (cells + (meta.donors_per_well or 0.0)):.6g} cell"},
        "populations": [{"id": "recipient", "cell_line": names.recipient, "count": f"{cells:.6g} cell"}],
        "drugs": [{"id": names.drug, "dose": series[len(series) // 2], "at": f"{early:.6g} h"}], "cargo": pumps,
        "duration": f"{early + hours:.6g} h",
        "every": f"{max((early + hours) / 24.0, 1.0):.6g} h",
        "assay": {"kind": "dose_response", "population": "recipient", "drug": names.drug, "doses": series},
        "uncertainty": {"draws": DRAWS}, "seed": meta.seed,
        "vesicle_titration": {"donor": names.donor,
            "per_cell": {"from": "100 particle/cell", "to": "1e9 particle/cell", "points": 9}},
    }  # fmt: skip
    dose = _compared_dose(found, doses)
    if meta.design == "co_culture" and meta.donors_per_well:
        arm["change"] = {"populations": [{"id": "donor", "cell_line": names.donor, "count": f"{meta.donors_per_well:.6g} cell"}]}
        arm["label"] = "With donors"
    elif meta.design == "added_vesicles" and dose is not None:
        preparation = {
            "id": "preparation",
            "donor": names.donor,
            "per_cell": f"{dose['per_cell']:.6g} particle/cell",
            "at": "0 h",
        }
        if meta.timing.washed_before_drug and early > 0:
            preparation["until"] = f"{early:.6g} h"
        arm["change"] = {"vesicles": [preparation]}
    else:
        return None
    data["arms"] = [{"id": "alone", "role": "reference", "label": "Recipients alone"}, arm]
    data["comparison"] = {"of": "with_vesicles", "against": "alone"}
    return data


def predict(
    result: Comparison,
    data: Mapping[str, Any] | None,
    run: bool,
    catalog: Catalog,
    found: Potencies,
    doses: Doses,
    design: str,
    progress: Progress | None,
) -> None:
    """Write the scenario into the comparison and, where asked for, what the model says of it."""
    if data is None:
        return
    try:
        result.scenario = scenario_from_dict(data, "the scenario of this experiment")
        if not run:
            return
        answer = answer_scenario(result.scenario, catalog, progress)
    except ExoresistError as error:
        result.warnings.append(f"The catalogue's model could not be run for this dish: {error}")
        return
    if answer.ic50_shift is not None:
        result.predicted = {
            "value": answer.ic50_shift.value,
            "low": answer.ic50_shift.low,
            "high": answer.ic50_shift.high,
            "level": 0.9,
        }
    needed, dose = answer.vesicles_needed, _compared_dose(found, doses)
    if needed is not None and needed.value is not None:
        result.vesicles_needed = needed.to_dict()
        if dose is not None and dose["per_cell"] > 0:
            result.dose_gap = {
                key: None if value is None else value / dose["per_cell"]
                for key, value in (("value", needed.value), ("low", needed.low), ("high", needed.high))
            }
    result.parameters, result.bibliography = answer.parameters, answer.bibliography
    result.sentences += _agreement(result, found, design)


def _agreement(result: Comparison, found: Potencies, design: str) -> list[str]:
    told: list[str] = []
    shift, model = found.shift, result.predicted
    if model is None or model["value"] is None:
        return told
    ends = f"{show_ratio(model['low'])} to {show_ratio(model['high'])}"
    text = f"For this dish the catalogue's model predicts a shift of {show_ratio(model['value'])} (90 % of its draws: {ends})"
    if shift is None or shift["low"] is None or shift["high"] is None:
        return [text + "."]
    if shift["low"] > model["high"]:
        told.append(
            f"{text}: less than was measured. Either vesicles deliver more than the catalogue assumes, or something besides carried pumps "
            f"acts: {OTHERS[design]}. The controls below tell these apart."
        )
    elif shift["high"] < model["low"]:
        told.append(f"{text}: more than was measured. Less is taken up or delivered here than the catalogue assumes.")
    else:
        told.append(f"{text}, which the measurement does not contradict.")
    if result.dose_gap is not None and result.dose_gap["value"] is not None:
        gap = result.dose_gap["value"]
        told.append(
            f"By the model, half of the donors' effect takes {show(gap, 2)} times the vesicles that were added."
            if gap > 1 else f"By the model, the vesicles added are {show(1 / gap, 2)} times what half of the donors' effect "
                "takes."
        )  # fmt: skip
    return told
