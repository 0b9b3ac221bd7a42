"""What a catalogue must fulfil before it is used. The check reads text, so that it can report many faults at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exoresist.catalog.check_identifiers import identifier_faults, row_problems
from exoresist.catalog.check_retractions import retraction_faults
from exoresist.catalog.loader import RawTable, Row
from exoresist.catalog.parameter_file import row_faults
from exoresist.catalog.path import OUTCOMES, net_direction, outcome, parse_path
from exoresist.catalog.records import TABLES, key_column, words
from exoresist.catalog.search import row_id
from exoresist.core.errors import InputError
from exoresist.core.units import same_dimension

PROCESSES = (
    "ilv_formation", "ilv_formation_ceramide", "ilv_formation_escrt", "secretion", "lysosomal_degradation",
    "vesicle_clearance", "loading", "uptake_clathrin", "uptake_caveolin", "uptake_macropinocytosis", "uptake_fusion",
    "uptake_receptor", "unpacking", "recycling", "efflux", "drug_influx", "target_binding", "lysosomal_trapping",
    "metabolism", "damage", "repair", "death", "growth", "pump_synthesis", "pump_turnover", "contact_transfer",
    "switching", "antibody_binding", "complement_killing", "rna_synthesis",
    "rna_decay", "mimic", "activation", "naked_decay", "enclosed_decay", "plasma_clearance", "immune_clearance", "extravasation",
    "drainage", "drug_clearance", "factor_secretion", "factor_clearance", "immune_killing", "sprouting",
)  # fmt: skip
# Those that exist where metabolism is modelled.
METABOLIC_PROCESSES = (
    "glycolysis", "glucose_oxidation", "glucose_use", "glutamine_oxidation", "lactate_oxidation", "scavenging",
    "fatty_acid_oxidation", "respiration", "lipid_uptake", "lipid_supply", "lipogenesis", "lipogenesis_saturated",
    "lipogenesis_unsaturated", "lipid_incorporation", "pufa_incorporation", "phospholipid_uptake", "cystine_uptake",
    "peroxidation", "gpx4_clearance", "fsp1_clearance", "ferroptosis", "autophagy", "methionine_uptake",
    "methionine_synthesis", "methionine_supply", "asparagine_uptake", "asparagine_synthesis", "asparagine_breakdown",
    "cholesterol_uptake", "cholesterol_synthesis", "prostaglandin_synthesis", "prostaglandin_decay",
)  # fmt: skip
HUB_PROCESSES = (
    "repair", "tolerance", "efflux", "drug_export", "secretion", "metabolism", "drug_influx", "growth", "damage",
    "antibody", "immune", "vascular", "none",
)  # fmt: skip
MODES = (
    "lesion", "phase_specific", "target_occupancy", "antimetabolite", "surface_antibody", "ligand", "photosensitiser", "pulse",
)  # fmt: skip
CARGO_TYPES = (
    "pump_protein", "membrane_protein", "membrane_lipid", "surface_antigen", "surface_ligand", "enzyme", "protein", "miRNA", "circRNA",
    "lncRNA", "siRNA",
)  # fmt: skip
NAMESPACES = ("pump", "cargo", "drug", "cell_line", "intervention", "gene")
MISSION = ("mechanisms", "therapies", "biomarkers")
ALLOWED = {
    ("sources", "retracted"): ("no", "yes", "unchecked"),
    ("sources", "checked"): ("search", "ground_truth", "seed", "recalled", "not_applicable"),
    ("cell_lines", "status"): ("modelled", "named"),
    ("cell_lines", "escrt_dependent"): ("yes", "no", "partly", "unknown"),
    ("drugs", "status"): ("modelled", "named"),
    ("drugs", "mode"): MODES,
    ("cargo", "type"): CARGO_TYPES,
    ("interventions", "kind"): ("drug", "genetic", "engineered_vesicle", "cargo", "medium"),
    ("interventions", "effect"): ("lower", "raise"),
    ("interventions", "target_process"): (*PROCESSES, *METABOLIC_PROCESSES),
    ("hubs", "process"): HUB_PROCESSES,
    ("hubs", "sign"): ("1", "-1"),
    ("edges", "sign"): ("1", "-1"),
    ("metabolic_hubs", "sign"): ("1", "-1"),
    ("contexts", "sign"): ("1", "-1"),
    ("contexts", "process"): HUB_PROCESSES,
    ("signals", "sign"): ("1", "-1"),
    ("axes", "reported_direction"): OUTCOMES,
    ("axes", "confidence"): ("high", "medium", "low"),
    ("axes", "sign_by"): ("source", "curator"),
    ("axes", "cargo_type"): (*CARGO_TYPES, "drug", "none"),
    ("claims", "seed"): ("000", "001", "002", "003", "004"),
    ("claims", "reported_direction"): (*OUTCOMES, "none"),
    ("claims", "confidence"): ("high", "medium", "low"),
    ("claims", "sign_by"): ("document", "curator", "none"),
    ("claims", "assumed_link"): ("yes", "no"),
    ("claims", "read_twice"): ("yes", "no"),
    ("claims", "cargo_type"): (*CARGO_TYPES, "mRNA", "piRNA", "DNA", "lipid", "metabolite", "drug", "none"),
    ("aliases", "namespace"): NAMESPACES,
    ("retractions", "retracted"): ("yes", "no"),
    ("retractions", "listed"): ("yes", "no"),
    **{(table, "status"): ("executable", "recorded") for table in MISSION},
}
ID_TABLES = {
    "cell_line": "cell_lines",
    "drug": "drugs",
    "pump": "pumps",
    "target": "targets",
    "lesion": "lesions",
    "enzyme": "enzymes",
    "cargo": "cargo",
    "intervention": "interventions",
    "ligand": "ligands",
    "factor": "factors",
    "wire": "signals",
}
SIGNAL_TARGETS = {
    "factor_secretion": "factors", "rna_synthesis": "cargo", "antigen_synthesis": "cargo", "switching": "cell_lines",
}  # fmt: skip
REFERENCES = (
    ("cell_lines", "parent", "cell_lines"), ("cell_lines", "resistant_to", "drugs"), ("drugs", "pumps", "pumps"),
    ("pumps", "substrates", "drugs"), ("cargo", "pump", "pumps"), ("axes", "donor", "cell_lines"),
    ("axes", "recipient", "cell_lines"), ("axes", "drugs", "drugs"), ("axes", "cargo", "cargo"),
    ("surrogates", "surrogate", "drugs"), ("enzymes", "inactivates", "drugs"), ("enzymes", "activates", "drugs"),
    ("signals", "receptor", "cargo"),
)  # fmt: skip
MAY_BE_EMPTY = {
    "parameters": {"locator", "note"},
    "sources": {"doi", "year", "note"},
    "cell_lines": {"parent", "resistant_to", "antigens", "note"},
    "drugs": {"logp", "charge", "pumps", "note"},
    "pumps": {"note"},
    "targets": {"identifier", "note"},
    "lesions": {"repaired_by", "note"},
    "enzymes": {"inactivates", "activates", "note"},
    "cargo": {"target", "pump", "antigen", "identifier", "note"},
    "interventions": {"targets", "condition", "note"},
    "ligands": {"note"},
    "axes": {"reference", "cargo", "effect", "validation", "flags", "note"},
    "claims": set(),
    "hubs": {"note"},
    "edges": {"note"},
    "metabolic_hubs": {"note"},
    "contexts": {"note"},
    "factors": {"identifier", "note"},
    "signals": {"receptor", "note"},
    "synonyms": set(),
    "surrogates": set(),
    **{table: set[str]() for table in MISSION},
    "retractions": {"pmid", "doi", "seed", "reference", "note"},
    "identifiers": {"namespace", "identifier", "label", "related", "reason"},
    "aliases": {"id"},
}
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TEST = re.compile(r"tests/[a-z_]+/test_[a-z_]+\.py::test_\w+(\[[^\]]+\])?")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: in which table, row and column, and what."""

    table: str
    row: str
    field: str
    message: str


def check_tables(tables: Mapping[str, RawTable]) -> list[Problem]:
    """All problems of all tables, in the order of the tables."""
    ids = {name: {row[key_column(name)] for row in tables[name].rows} for name in TABLES}
    sources = {row["id"]: row for row in tables["sources"].rows}
    problems: list[Problem] = []
    for name in TABLES:
        table = tables[name]
        problems += [Problem(name, f"line {line}", "", message) for line, message in table.faults]
        problems += _duplicates(table)
        for row in table.rows:
            identity = row_id(name, row)
            problems += [Problem(name, identity, field, message) for field, message in _row(name, row, ids, sources)]
    problems += [Problem(*fault) for fault in (*identifier_faults(tables), *retraction_faults(tables))]
    return problems + list(_units_agree(tables["parameters"])) + list(_logp_agrees(tables))


def _duplicates(table: RawTable) -> Iterator[Problem]:
    seen: set[str] = set()
    for row in table.rows:
        identity = row_id(table.name, row)
        if identity in seen:
            yield Problem(table.name, identity, key_column(table.name), "stands more than once")
        seen.add(identity)


def _row(name: str, row: Row, ids: Mapping[str, set[str]], sources: Mapping[str, Row]) -> Iterator[tuple[str, str]]:
    if name == "parameters":
        yield from row_faults(row)
        yield from _subject(row, ids)
    else:
        for column, cell in row.items():
            if not cell and column not in MAY_BE_EMPTY[name]:
                yield column, "is empty"
        if row.get("id") and name != "aliases" and not _ID.fullmatch(row["id"]):
            yield "id", f"'{row['id']}' is not an id: letters, digits and underscores"
        for (table, column), allowed in ALLOWED.items():
            if table == name and row[column] and row[column] not in allowed:
                yield column, f"'{row[column]}' is not one of {', '.join(allowed)}"
        for table, column, other in REFERENCES:
            if table == name:
                for word in words(row[column]):
                    if word not in ids[other]:
                        yield column, f"'{word}' is not in table {other}"
    for word in words(row.get("source", "")):
        if word not in sources:
            yield "source", f"'{word}' is not in table sources"
        elif sources[word]["retracted"] == "yes" and not (name == "axes" and "retracted_source" in words(row["flags"])):
            advice = "flag the row with retracted_source" if name == "axes" else "take another source"
            yield "source", f"'{word}' is retracted: {advice}"
    special = {
        "sources": _source, "axes": _axis, "claims": _claim, "identifiers": row_problems, "metabolic_hubs": _metabolic_hub,
    }.get(name)  # fmt: skip
    if special:
        yield from special(row)
    if name == "signals":
        yield from _signal(row, ids)
    if name in MISSION:
        yield from _mission(row, ids)
    if name == "contexts":
        yield from _context(row, ids)
    if name == "pumps" or name == "aliases":
        yield from _names(name, row, ids)


def _subject(row: Row, ids: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    for part in row["subject"].split("|"):
        kind, _, word = part.partition(":")
        table = ID_TABLES.get(kind)
        if word and table and word not in ids[table]:
            yield "subject", f"'{word}' is not in table {table}"
        if word and kind == "cargo_type" and word not in CARGO_TYPES:
            yield "subject", f"'{word}' is not one of {', '.join(CARGO_TYPES)}"


def _source(row: Row) -> Iterator[tuple[str, str]]:
    if row["doi"] and not _DOI.fullmatch(row["doi"]):
        yield "doi", f"'{row['doi']}' is not a DOI"
    if not row["doi"] and "no DOI" not in row["note"]:
        yield "doi", "is empty, and the note does not say why (write 'no DOI: ...')"
    if row["year"] and not re.fullmatch(r"(19|20)\d\d", row["year"]):
        yield "year", f"'{row['year']}' is not a year"


def _axis(row: Row) -> Iterator[tuple[str, str]]:
    if row["cargo_type"] not in ("drug", "none") and not row["cargo"]:
        yield "cargo", "is empty, though the type of cargo is given"
    try:
        steps = parse_path(row["path"])
    except InputError as error:
        yield "path", str(error)
        return
    end = outcome(steps)
    if end is None:
        yield "path", "does not end in resistance(drug) or sensitivity(drug)"
        return
    if end.drug not in words(row["drugs"]):
        yield "path", f"ends in '{end.drug}', which the column drugs does not list"
    if row["cargo"] and row["cargo"] not in [step.node for step in steps]:
        yield "path", f"does not hold the cargo '{row['cargo']}'"
    if net_direction(steps) != row["reported_direction"] and "sign_conflict" not in words(row["flags"]):
        yield (
            "path",
            "its signs give the opposite of the reported direction: correct them, or flag the row with sign_conflict",
        )


def _claim(row: Row) -> Iterator[tuple[str, str]]:
    """A claim's chain must parse, and its signs must give the reported direction unless the row says that they do not."""
    flags = words(row["flags"])
    if row["path"] in ("none", "not stated"):
        if row["reported_direction"] != "none":
            yield "path", "is missing, though a direction is reported"
        return
    try:
        steps = parse_path(row["path"])
    except InputError as error:
        yield "path", str(error)
        return
    found = net_direction(steps)
    if found is None and row["reported_direction"] != "none":
        yield "path", "does not end in resistance(drug) or sensitivity(drug), though a direction is reported"
    elif found is not None and found != row["reported_direction"] and not {"sign_conflict", "sign_slip"} & set(flags):
        yield "path", "its signs give the opposite of the reported direction: correct them, or flag the row with sign_conflict"


def _metabolic_hub(row: Row) -> Iterator[tuple[str, str]]:
    for process in words(row["processes"]):
        if process not in METABOLIC_PROCESSES:
            yield "processes", f"'{process}' is not a process"


def _context(row: Row, ids: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """A context's row is either a hub's (it names a process) or an edge's (it names a target)."""
    if (row["target"] == "none") == (row["process"] == "none"):
        yield "target", "give either a target (an edge) or a process (a hub), and none for the other"
    for claim in words(row["claims"]):
        if claim != "none" and claim not in ids["claims"]:
            yield "claims", f"'{claim}' is not in table claims"


def _signal(row: Row, ids: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """The cell lines, ligands and factors that a wire names are known; its target is of a known form."""
    for word in words(row["cells"]):
        if word != "tumour" and word not in ids["cell_lines"]:
            yield "cells", f"'{word}' is not in table cell_lines, nor 'tumour'"
    where, _, ligand = row["origin"].partition(":")
    if ligand and (where not in ("on_vesicles", "on_cells") or ligand not in ids["cargo"]):
        yield "origin", f"'{row['origin']}' is not on_vesicles: or on_cells: with an entry of table cargo"
    line, dot, _ = row["origin"].partition(".")
    if dot and line not in ids["cell_lines"]:
        yield "origin", f"'{line}' is not in table cell_lines"
    process, bracket, argument = row["target"].partition("(")
    if bracket:
        table = SIGNAL_TARGETS.get(process)
        if table is None or not argument.endswith(")"):
            yield "target", f"'{row['target']}' is not one of {', '.join(f'{name}(...)' for name in SIGNAL_TARGETS)}"
        elif argument[:-1] not in ids[table]:
            yield "target", f"'{argument[:-1]}' is not in table {table}"


def _mission(row: Row, ids: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """An executable row names what carries it and the tests that show it; a recorded one says why it cannot run and where it will."""
    needed = {"executable": ("realisation", "shown_by"), "recorded": ("reason", "where_it_will_run")}
    for column in needed.get(row["status"], ()):
        if row[column] == "none":
            yield column, f"is none, but a row that is {row['status']} needs it"
    for column in ("reason",) if row["status"] == "executable" else ("shown_by",):
        if row[column] not in ("none", ""):
            yield column, f"is given, but the row is {row['status']}"
    for test in words(row["shown_by"]):
        if test != "none" and not _TEST.fullmatch(test):
            yield "shown_by", f"'{test}' is not of the form tests/catalog/test_file.py::test_name[case]"
    for claim in words(row["claims"]):
        if claim != "none" and claim not in ids["claims"]:
            yield "claims", f"'{claim}' is not in table claims"


def _names(name: str, row: Row, ids: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    if name == "pumps" and not re.fullmatch(r"HGNC:\d+", row["identifier"]):
        yield "identifier", f"'{row['identifier']}' is not of the form HGNC:40"
    table = ID_TABLES.get(row.get("namespace", ""))
    if name == "aliases" and table and row["id"] and row["id"] not in ids[table]:
        yield "id", f"'{row['id']}' is not in table {table}"


def _units_agree(table: RawTable) -> Iterator[Problem]:
    """Rows of one name must measure one kind of thing."""
    first: dict[str, str] = {}
    for row in table.rows:
        unit = first.setdefault(row["name"], row["unit"])
        try:
            same = same_dimension(unit, row["unit"])
        except InputError:
            continue  # reported with the row itself
        if not same:
            yield Problem(
                "parameters",
                row_id("parameters", row),
                "unit",
                f"'{row['unit']}' differs in kind from '{unit}' of other rows",
            )


def _logp_agrees(tables: Mapping[str, RawTable]) -> Iterator[Problem]:
    """The logP stands with the drug for reading and with the parameters for use: both must say the same."""
    sourced = {row["subject"]: row["value"] for row in tables["parameters"].rows if row["name"] == "logp"}
    for row in tables["drugs"].rows:
        value = sourced.get(f"drug:{row['id']}")
        if row["logp"] != (value or ""):
            yield Problem("drugs", row["id"], "logp", f"'{row['logp']}' is not the value '{value or ''}' of the parameters table")
