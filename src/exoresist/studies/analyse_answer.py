"""A laboratory's experiment answered: files in, one record out that the report draws and programs read."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress
from exoresist.studies import provenance
from exoresist.studies.analyse_curves import Potencies, potencies
from exoresist.studies.analyse_dose import Doses, doses
from exoresist.studies.analyse_meta import LabMeta
from exoresist.studies.analyse_model import Comparison, compare, names_of, predict, scenario_of
from exoresist.studies.analyse_quality import quality
from exoresist.studies.analyse_samples import Effects, effects
from exoresist.studies.analyse_verdict import Verdict, judge
from exoresist.studies.analyse_wells import PlateData, plate_data
from exoresist.studies.analyse_words import dose_sentences, effect_sentences, methods, shift_sentences
from exoresist.studies.answer import Row, plain

FAR_OFF = 1000.0  # an IC50 so far from the catalogue's is a unit, not a discovery
METHODS = {"zhang_1999_z": "Z' of the plates", "misev_2023": "which controls a vesicle experiment needs"}


@dataclass
class LabAnswer:
    """All that the page and `summary.json` need.

    files  rows name, kind, recognised, notes;  the rest as the parts that made it say
    """

    meta: LabMeta
    verdict: Verdict
    potencies: Potencies
    doses: Doses
    effects: Effects
    model: Comparison
    data: PlateData | None = None
    plates: list[Row] = field(default_factory=list)
    files: list[Row] = field(default_factory=list)
    names: Row = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    parameters: list[Row] = field(default_factory=list)
    bibliography: list[Row] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    catalog_hash: str = ""
    timing_s: float = 0.0

    @property
    def scenario(self) -> Scenario | None:
        """The dish in the catalogue's names, where it can be written so."""
        return self.model.scenario

    def summary(self) -> Row:
        """For programs: strict JSON, numbers or null."""
        shift = self.potencies.shift
        nothing = {"value": None, "low": None, "high": None, "of": "", "against": "", "status": "none", "level": 0.95}
        found: Row = plain({
            "title": self.meta.title, "answer": self.sentences, "ic50_shift": shift or nothing, "verdict": self.verdict.verdict,
            "headline": self.verdict.headline, "reasons": self.verdict.reasons, "missing_controls": self.verdict.missing_controls,
            "controls": self.verdict.controls, "next_experiments": self.verdict.next, "warnings": self.warnings,
            "notes": self.notes,
            "ic50": {row["arm"]: {key: value for key, value in row.items() if key != "arm"} for row in self.potencies.ic50},
            "shifts": self.potencies.shifts, "repeats": self.potencies.repeats, "quality": self.plates,
            "outliers": self.potencies.outliers,
            "noise": self.potencies.noise, "preparations": self.doses.preparations, "doses": self.doses.arms,
            "effects": self.effects.rows,
            "donor_fold": self.model.donor_fold, "needed_transfer": self.model.needed, "predicted_shift": self.model.predicted,
            "vesicles_needed": self.model.vesicles_needed, "dose_gap": self.model.dose_gap, "drug_sink": self.model.sink,
            "files": self.files,
            "names": self.names, "hours": self.data.hours if self.data else None,
            "channel": self.data.channel if self.data else "",
            "versions": self.versions, "catalog_hash": self.catalog_hash, "timing_s": self.timing_s,
        })  # fmt: skip
        return found


def answer_lab(
    meta: LabMeta, files: Sequence[Mapping[str, Any]], mapped: Mapping[str, str] | None, catalog: Catalog | None = None,
    run_model: bool = True,
    progress: Progress | None = None,
) -> LabAnswer:  # fmt: skip
    """Everything that an experiment says.

    files      mappings name, kind, recognised, notes, warnings, rows, particles, wells, as the exchange's readers give them
    mapped     well -> text of a plate map
    run_model  whether the catalogue's model is run for this dish (some seconds)
    raises     InputError where the files and meta.yaml do not fit each other
    """
    began = time.perf_counter()
    catalog = catalog or Catalog.load()
    if not files:
        raise InputError(
            "no file with readings was given", "at least one beside meta.yaml", "exoresist analyse plate.csv meta.yaml --out DIR"
        )
    readings = [row for file in files if file["kind"] == "plate" for row in file["rows"]]
    names = names_of(meta, catalog)
    data = (
        plate_data(meta, readings, mapped, max((file["wells"] or 0 for file in files), default=0) or None) if readings else None
    )
    found = potencies(meta, data) if data is not None else Potencies()
    plates, poor = quality(data, found) if data is not None else ([], [])
    tables = [{**table, "file": file["name"]} for file in files for table in file["particles"]]
    counted = doses(meta, tables, catalog, names.donor)
    samples = effects(
        meta, [{**file, "file": file["name"]} for file in files if file["kind"] in ("qpcr", "facs", "transwell", "calipers")]
    )
    model = compare(meta, names, found, counted, catalog)
    series = sorted({row["dose"] for row in data.wells if row["kind"] == "cells" and row["dose"] > 0}) if data is not None else []
    predict(
        model,
        scenario_of(meta, names, found, counted, catalog, series),
        run_model,
        catalog,
        found,
        counted,
        meta.design,
        progress,
    )
    verdict = judge(meta, found, counted, model, plates)
    answer = LabAnswer(meta, verdict, found, counted, samples, model, data, plates)
    answer.files = [{key: file[key] for key in ("name", "kind", "recognised", "notes")} for file in files]
    answer.names = {"drug": names.drug, "recipient": names.recipient, "donor": names.donor}
    answer.sentences = [
        verdict.headline,
        *shift_sentences(answer),
        *effect_sentences(answer),
        *dose_sentences(answer),
        *model.sentences,
    ]
    answer.notes = [*names.notes, *(data.notes if data else []), *found.notes, *counted.notes, *samples.notes]
    told = [warning for file in files for warning in file["warnings"]]
    answer.warnings = list(dict.fromkeys(
        [*names.warnings, *told, *(data.warnings if data else []), *poor, *found.warnings,
            *_unit_doubt(meta, names.recipient, names.drug, found, catalog), *counted.warnings,
         *samples.warnings, *model.warnings]
    ))  # fmt: skip
    answer.versions, answer.catalog_hash = provenance.versions(), catalog.hash
    answer.methods = methods(answer)
    _sources(answer, catalog)
    answer.timing_s = time.perf_counter() - began
    return answer


def _unit_doubt(meta: LabMeta, recipient: str | None, drug: str | None, found: Potencies, catalog: Catalog) -> list[str]:
    """A warning where the reference's IC50 lies absurdly far from the catalogue's."""
    from exoresist.core.units import convert, same_dimension

    against = found.shift["against"] if found.shift else ""
    row = next((row for row in found.ic50 if row["arm"] == against), None)
    subject = f"cell_line:{recipient}|drug:{drug}"
    if (
        row is None
        or row["value"] is None
        or not catalog.has_parameter("ic50_observed", subject)
        or not same_dimension(meta.dose_unit, "nM")
    ):
        return []
    known, own = catalog.parameter("ic50_observed", subject).value, convert(row["value"], meta.dose_unit, "nM")
    if 1.0 / FAR_OFF < own / known < FAR_OFF:
        return []
    return [
        f"The IC50 of '{row['label']}' is {own:.3g} nM; the catalogue has {known:g} nM for these cells. Check the unit of "
        f"the doses ({meta.dose_unit})."
    ]


def _sources(answer: LabAnswer, catalog: Catalog) -> None:
    """Numbers of the catalogue that were used, and the literature with its reasons."""
    reasons: dict[str, list[str]] = {name: [why] for name, why in METHODS.items() if answer.plates or name != "zhang_1999_z"}
    if any(row["kind"].startswith("qPCR") for row in answer.effects.rows):
        reasons["livak_2001"] = ["folds from cycles"]
    if any(row["gr50"] is not None for row in answer.potencies.ic50):
        reasons["hafner_2016"] = ["GR metrics"]
    rows: dict[tuple[str, str], Row] = {}
    for quantity, why in (*answer.doses.used, *answer.model.used):
        row = rows.setdefault((quantity.name, quantity.subject), {
            **{key: getattr(quantity, key) for key in ("name", "subject", "value", "unit", "low", "high", "kind", "source",
                "note")}, "used_by": why})  # fmt: skip
        reasons.setdefault(quantity.source, [])
        if row["name"] not in reasons[quantity.source]:
            reasons[quantity.source].append(row["name"])
    answer.parameters = list(rows.values())
    listed = {row["id"] for row in answer.model.bibliography}
    made = [
        {"id": name, "citation": catalog.source(name).citation, "doi": catalog.source(name).doi, "reasons": why}
        for name, why in reasons.items()
    ]
    answer.bibliography = [row for row in made if row["id"] not in listed] + list(answer.model.bibliography)
