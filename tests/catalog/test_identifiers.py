"""Names to identifiers: the traps met on these documents, well-formed rows, and nothing left without a reason."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from exoresist.catalog import Catalog, parse_path
from exoresist.catalog.check import check_tables
from exoresist.catalog.check_identifiers import FORMS, KINDS, row_problems
from exoresist.catalog.claim_identifiers import claim_identifiers
from exoresist.catalog.claim_search import ClaimFilter, find_claims
from exoresist.catalog.entities import as_node, named_things, without_state
from exoresist.catalog.exports.indra import db_ref
from exoresist.catalog.loader import RawTable, read_tables
from exoresist.core.errors import InputError

MIRBASE = "mirbase_mature_human_22.1.tsv"
OVERRIDES = Path(__file__).parents[2] / "verification" / "identifier_overrides.tsv"


@pytest.fixture(scope="module")
def tables():
    return read_tables()


@pytest.mark.parametrize(
    ("printed", "identifier", "trap"),
    [
        ("MRP-1", "HGNC:51", "another name of CD9 in HGNC"),
        ("MRP1", "HGNC:51", "another name of MSH3, too"),
        ("P-gp", "HGNC:40", ""),
        ("Pgp", "HGNC:40", "folds to PGP, a phosphatase"),
        ("PGP", "HGNC:40", "seed 002 lists the phosphatase"),
        ("BCRP", "HGNC:74", ""),
        ("BCRP1", "HGNC:74", "a pseudogene"),
        ("MDR1", "HGNC:40", "another name of TBC1D9"),
        ("CD20", "HGNC:7315", ""),
        ("FAL1", "HGNC:43713", "another name of EIF4A3, a protein gene"),
        ("METTL7A", "HGNC:24550", "now TMT1A"),
        ("fluorouracil", "CHEBI:46345", "ChEBI says 5-fluorouracil"),
        ("5-FU", "CHEBI:46345", ""),
        ("platinum", "CHEBI:33862", "not the metal"),
        ("colon cancer", "MONDO:0021063", "MONDO gives the words to colorectal cancer, too"),
    ],
)
def test_names_that_lead_astray(catalog, printed, identifier, trap):
    assert catalog.identifier(printed).identifier == identifier, trap


# What seed 002 prints in its own list of entities, and what its abstract means.
SEED_002 = {
    "PGP": ("HGNC:8909", "HGNC:40", "P-gp"),  # phosphoglycolate phosphatase
    "CD9": ("HGNC:1709", "HGNC:51", "MRP-1"),
    "BCRP1": ("HGNC:39073", "HGNC:74", "BCRP"),  # BCR pseudogene 1
}


@pytest.mark.parametrize("listed", SEED_002)
def test_mistakes_of_seed_002_are_not_repeated(catalog, listed):
    wrong, right, printed = SEED_002[listed]
    assert catalog.identifier(printed).identifier == right
    used = {curie for record in catalog.records("identifiers") for curie in (record.identifier, *record.related)}
    assert wrong not in used and "HGNC:21710" not in used  # nor TBC1D9, which MDR1 hits


def test_an_ambiguous_name_is_told(catalog):
    with pytest.raises(InputError, match="four genes"):
        catalog.identifier("LRP")
    for name in ("PGK", "OvCar"):
        record = catalog.identifier(name)
        assert not record.identifier and record.reason.startswith("ambiguous")


@pytest.mark.parametrize(("printed", "name"), [("chemotherapy", "chemotherapy"), ("anticancer drugs", "anticancer_drugs")])
def test_a_class_is_no_one_drug_and_has_a_row(catalog, printed, name):
    with pytest.raises(InputError, match="no one drug"):
        catalog.resolve(printed)
    assert (catalog.identifier(printed).name, catalog.identifier(printed).identifier) == (name, "CHEBI:35610")


def test_an_unknown_name_is_told(catalog):
    with pytest.raises(InputError, match="NOT_A_GENE"):
        catalog.identifier("NOT_A_GENE")
    with pytest.raises(InputError):
        catalog.identifier("mrp-1")  # another case is another name


@pytest.mark.parametrize("name", ["miR-21", "miR21", "miR_21"])
def test_a_mirna_without_its_arm_is_not_given_one(catalog, name):
    record = catalog.identifier(name)
    assert (record.identifier, record.match, record.how) == ("HGNC:31586", "broad", "precursor")
    assert "arm not printed" in record.reason
    assert catalog.identifier("miR_21_5p").identifier == "mirbase.mature:MIMAT0000076"
    assert catalog.identifier("miR_21_3p").identifier == "mirbase.mature:MIMAT0004494"


@pytest.mark.parametrize("name", ["miR_7", "miR_34", "let_7a", "miR_103a", "miR_449"])
def test_several_precursors_are_left_open(catalog, name):
    record = catalog.identifier(name)
    assert not record.identifier and "several precursors" in record.reason


def test_a_mirna_that_mirbase_lacks_is_left_open(catalog):
    assert "not guessed" in catalog.identifier("miR_891_5p").reason
    assert not catalog.identifier("miR_29_3p").identifier


def test_circular_rnas_have_the_projects_own_namespace(catalog):
    circular = [record for record in catalog.records("identifiers") if record.kind == "circRNA"]
    assert len(circular) > 30
    assert all(record.identifier == f"exoresist.circ:{record.name}" and "own namespace" in record.reason for record in circular)
    for printed in ("ciRS-122", "circ_0005963", "hsa_circ_0005963"):
        assert catalog.identifier(printed).label == "hsa_circ_0005963"
    assert catalog.identifier("circ_EGFR").related == ("HGNC:3236",)
    assert "not of circBase" in catalog.identifier("circ_102481").reason


def test_letters_that_are_a_gene_elsewhere(catalog):
    """HK1 is a cell line here, FHC another; EMT, ROS and GLCC1 are other names of genes in HGNC."""
    assert catalog.identifier("HK1").kind == "cell_line" and not catalog.identifier("HK1").identifier
    assert not catalog.identifier("fhc").identifier
    assert catalog.identifier("EMT").identifier == "GO:0001837"
    assert catalog.identifier("ROS").identifier == "CHEBI:26523"
    assert catalog.identifier("GLCC1").kind == "lncRNA" and not catalog.identifier("GLCC1").identifier


def test_something_wider_is_never_called_the_same(catalog):
    assert (catalog.identifier("PKM2").label, catalog.identifier("PKM2").match) == ("PKM", "broad")
    tumour = catalog.identifier("Gastric cancer (R)")
    assert (tumour.identifier, tumour.match, tumour.related) == ("CL:0001064", "broad", ("MONDO:0001056",))
    assert catalog.identifier("mcf7_resistant").match == "broad" and catalog.identifier("mcf7_sensitive").match == "exact"


# properties of the table


def test_every_row_is_well_formed(catalog):
    faults = {row["name"]: list(row_problems(row)) for row in catalog.rows("identifiers")}
    assert {name: found for name, found in faults.items() if found} == {}
    for record in catalog.records("identifiers"):
        assert bool(record.identifier) or bool(record.reason), record.name
        for curie in (record.identifier, *record.related):
            assert not curie or re.fullmatch(FORMS[curie.partition(":")[0]], curie)


def test_every_name_of_the_tables_has_a_row(catalog, tables):
    assert set(named_things(tables)) == set(catalog.ids("identifiers"))
    for claim in catalog.records("claims"):  # by another way than the check takes
        if claim.path != "none":
            for step in parse_path(claim.path):
                name = step.node.split("(")[-1].rstrip(")")
                assert catalog.identifier(name).name
        for text in (*claim.cargo.split(";"), *claim.drugs, *claim.cancer.split(";"), *claim.donor.split(";")):
            if text.strip() not in ("none", "not stated"):
                assert catalog.identifier(text.strip()).kind in KINDS


def test_two_names_with_one_exact_identifier_are_one_thing(catalog):
    """Spelling variants are allowed; two kinds of thing under one identifier would be a mistake."""
    kinds: dict[str, set[str]] = {}
    for record in catalog.records("identifiers"):
        if record.match == "exact" and record.kind not in ("state", "place"):
            kinds.setdefault(record.identifier, set()).add(record.kind)
    mixed = {identifier: found for identifier, found in kinds.items() if len(found) > 1}
    assert mixed == {}


def test_most_names_are_resolved(catalog):
    """Kinds with a public table behind them: what is left has a reason in every single case."""
    counts = Counter(record.kind for record in catalog.records("identifiers"))
    resolved = Counter(record.kind for record in catalog.records("identifiers") if record.identifier)
    share = {kind: resolved[kind] / counts[kind] for kind in counts}
    assert share["gene"] == share["circRNA"] == share["complex"] == 1.0
    assert min(share[kind] for kind in ("drug", "disease", "miRNA", "cell_type")) > 0.9
    assert share["cell_line"] > 0.6


def shared_file(*parts: str) -> Path | None:
    """A file of the shared tables, where the session has them: not part of the repository."""
    roots = [os.environ.get("EXORESIST_SHARED", ""), *(str(parent / "shared") for parent in Path(__file__).parents)]
    found = [Path(root, *parts) for root in roots if root]
    return next((path for path in found if path.is_file()), None)


def test_every_arm_is_in_mirbase(catalog):
    path = shared_file("entities", MIRBASE)
    if path is None:
        pytest.skip("the table of miRBase 22.1 is not here; set EXORESIST_SHARED to the folder that holds entities/")
    with path.open(encoding="utf-8") as stream:
        known = {row["mimat_id"]: row["name"] for row in csv.DictReader(stream, delimiter="\t")}
    found = [record for record in catalog.records("identifiers") if record.namespace == "mirbase.mature"]
    assert len(found) > 50
    for record in found:
        assert known[record.identifier.partition(":")[2]] == record.label
        assert record.label == "hsa-" + record.name.replace("_", "-")


def test_overrides_are_in_the_table(catalog):
    with OVERRIDES.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len({row["name"] for row in rows}) == len(rows) > 200
    for row in rows:
        record = catalog.identifier(row["name"])
        assert (record.kind, record.identifier or "none", record.match) == (row["kind"], row["identifier"], row["match"])


# the check


def broken(tables, table, key, **cells):
    """The tables with one row changed: the first whose first cell is `key`."""
    rows = [dict(row) for row in tables[table].rows]
    next(row for row in rows if next(iter(row.values())) == key).update(cells)
    return {**tables, table: RawTable(table, tuple(rows), (), "")}


def messages(tables):
    return [f"{one.table} {one.row} {one.field}: {one.message}" for one in check_tables(tables)]


@pytest.mark.parametrize(
    ("table", "key", "cells", "told"),
    [
        ("identifiers", "miR_7", {"reason": ""}, "there is no identifier"),
        ("identifiers", "miR_21", {"reason": ""}, "found by precursor"),
        ("identifiers", "PKM2", {"reason": ""}, "something wider"),
        ("identifiers", "ABCC1", {"identifier": "HGNC:ABCC1"}, "not of the form"),
        ("identifiers", "ABCC1", {"identifier": "HGNC:51", "namespace": "CHEBI"}, "is not that of"),
        ("identifiers", "ABCC1", {"identifier": "CHEBI:51", "namespace": "CHEBI"}, "holds no gene"),
        ("identifiers", "miR_21_5p", {"identifier": "mirbase.mature:MIMAT76"}, "not of the form"),
        ("identifiers", "cisplatin", {"identifier": "DrugBank:DB00515", "namespace": "DrugBank"}, "no namespace in use"),
        ("identifiers", "cisplatin", {"label": ""}, "though there is an identifier"),
        ("identifiers", "circ_EGFR", {"related": "HGNC-3236"}, "no namespace in use"),
        ("identifiers", "ABCC1", {"kind": "pump"}, "not one of"),
        ("identifiers", "ABCC1", {"match": "none"}, "just where there is no identifier"),
        ("identifiers", "ABCC1", {"name": "CD9"}, "identifiers ABCC1 name: is used in the tables and has no row"),
        ("identifiers", "ABCC1", {"name": "CD9"}, "identifiers CD9 name: stands in no other table"),
        ("factors", "IL10", {"id": "IL11"}, "identifiers IL11 name: is used in the tables and has no row"),
        ("enzymes", "UMPS", {"id": "UMPT"}, "identifiers UMPT name: is used in the tables and has no row"),
        ("targets", "RTK_own", {"node": "RTK_signal"}, "identifiers RTK_signal name: is used in the tables and has no row"),
        ("lesions", "adduct", {"repaired_by": "ERCC9"}, "identifiers ERCC9 name: is used in the tables and has no row"),
        ("ligands", "folate", {"receptor": "FOLR9"}, "identifiers FOLR9 name: is used in the tables and has no row"),
        ("signals", "hypoxia_phd", {"target": "EGLN9"}, "identifiers EGLN9 name: is used in the tables and has no row"),
        ("pumps", "ABCC1", {"identifier": "HGNC:1709"}, "is not 'HGNC:51' of table identifiers"),
        ("claims", "mir_128_3p_oxaliplatin_liu22", {"flags": "sign_slip"}, "rests on a retracted work"),
        ("claims", "mir21_pdha1_seed003_131", {"flags": "retracted"}, "no row of table retractions"),
        ("sources", "liu_2019", {"retracted": "no"}, "do not say the same"),
        ("sources", "jeck_2013", {"retracted": "yes"}, "do not say the same"),
        ("sources", "jeck_2013", {"note": "PMID 1"}, "PubMed number 1"),
    ],
)
def test_the_check_tells(tables, table, key, cells, told):
    assert messages(tables) == []
    assert any(told in message for message in messages(broken(tables, table, key, **cells)))


# the ways in


def test_search_by_identifier_official_name_and_alias(catalog):
    for asked in ("HGNC:40", "P-gp", "MDR1"):
        assert ("pumps", "ABCB1") in {(hit.table, hit.id) for hit in catalog.search(asked)}
    assert ("identifiers", "FAL1") in {(hit.table, hit.id) for hit in catalog.search("FALEC")}
    assert catalog.names_of("PKM") == ("PKM2",) and catalog.names_of("LRP") == ()
    assert "tumour cells" in catalog.names_of("CL:0001064") and "Gastric cancer (R)" not in catalog.names_of("CL:0001064")


@pytest.mark.parametrize(
    ("field", "identifier", "name"),
    [
        ("drug", "CHEBI:27899", "cisplatin"),
        ("gene", "HGNC:40", "ABCB1"),
        ("cancer", "MONDO:0005233", "non-small cell lung cancer"),
        ("cargo", "mirbase.mature:MIMAT0000076", "miR_21_5p"),
    ],
)
def test_claims_are_found_by_identifier(catalog, field, identifier, name):
    by_name = {hit.id for hit in find_claims(catalog, "", ClaimFilter(**{field: name}))}
    by_identifier = {hit.id for hit in find_claims(catalog, "", ClaimFilter(**{field: identifier}))}
    assert by_name and by_name <= by_identifier


def test_a_claim_names_what_it_speaks_of(catalog):
    named = {one.record.name: one for one in claim_identifiers(catalog, catalog.claim("circ0005963_oxaliplatin_seed003_27"))}
    assert named["circ_0005963"].role == "cargo" and named["oxaliplatin"].record.identifier == "CHEBI:31941"
    assert named["colorectal cancer"].role == "cancer"
    assert {one.record.identifier for one in named.values() if one.printed == "SW480"} == {"EFO:0002083"}
    for claim in catalog.records("claims"):
        assert all(one.record.identifier or one.record.reason for one in claim_identifiers(catalog, claim))


def test_indra_forms():
    assert db_ref("HGNC:40") == ("HGNC", "40")
    assert db_ref("CHEBI:27899") == ("CHEBI", "CHEBI:27899") and db_ref("GO:0006096") == ("GO", "GO:0006096")
    assert db_ref("mirbase.mature:MIMAT0000076") == ("MIRBASEM", "MIMAT0000076")
    assert db_ref("MESH:D000069283") == ("MESH", "D000069283") and db_ref("FPLX:AKT") == ("FPLX", "AKT")


def test_printed_words_as_names():
    assert as_node("anti-CD20") == "anti_CD20" and as_node("tumour-reactive antibodies") == "tumour_reactive_antibodies"
    assert without_state("resistant (cisplatin)") == "resistant"


def test_identifiers_load_nothing_from_elsewhere(monkeypatch):
    """The table is in the package: no connection is opened to answer."""
    import socket

    def refused(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    assert Catalog.load().identifier("P-gp").identifier == "HGNC:40"
