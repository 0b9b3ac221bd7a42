"""The catalogue in other people's forms: whole, typed, valid, and truthful about who says what."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest

from exoresist.catalog import Catalog, parse_path
from exoresist.catalog.exports import FORMATS
from exoresist.catalog.exports.bibtex import escaped
from exoresist.catalog.exports.relations import relations, things
from exoresist.catalog.records import TABLES

RESULT = {
    "id": "mir21_pdha1_seed003_131", "path": "miR_21_5p -| PDHA1 -| glycolysis -> resistance(cisplatin)", "cargo": "miR_21_5p",
    "cargo_type": "miRNA", "reported_direction": "resistance", "simulated_direction": "resistance", "dose_gap": "223085",
    "dose_gap_low": "20000", "dose_gap_high": "", "clamped_effect": "0.027", "delivered_effect": "1e-7", "hub": "glycolysis",
    "surrogate_drug": "oxaliplatin", "not_run_because": "",
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode()), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_tables_come_back_as_they_are(catalog):
    files = FORMATS["tsv"](catalog, [RESULT])
    assert set(files) == {f"{table}.tsv" for table in TABLES} | {"results.tsv"}
    for table in TABLES:
        assert rows_of(files[f"{table}.tsv"]) == list(catalog.rows(table))
    assert rows_of(files["results.tsv"]) == [RESULT]


def test_sqlite_is_whole_and_typed(catalog, tmp_path):
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(*FORMATS["sqlite"](catalog, [RESULT]).values())
    with sqlite3.connect(path) as database:
        for table, count in catalog.row_counts().items():
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (count,)
        assert {kind for (kind,) in database.execute("SELECT DISTINCT typeof(value) FROM parameters")} == {"real"}
        assert database.execute("SELECT typeof(dose_gap), dose_gap_high FROM results").fetchone() == ("real", None)
        assert database.execute("SELECT dose_gap FROM dose_gaps").fetchall() == [(223085.0,)]
        drugs = dict(database.execute("SELECT drug, claims FROM claims_by_drug"))
        assert drugs["cisplatin"] == sum("cisplatin" in claim.drugs for claim in catalog.records("claims"))
        views = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
        assert len(views) >= 5 and all(database.execute(f"SELECT * FROM {view}").fetchall() is not None for view in views)
    database.close()


def test_indra_statements_are_valid(catalog):
    import jsonschema

    statements = json.loads(FORMATS["indra"](catalog)["exoresist_indra.json"])
    schema = json.loads(Path(__file__).with_name("indra_statements_schema.json").read_text())
    jsonschema.Draft7Validator(schema).validate(statements)
    assert len({statement["id"] for statement in statements}) == len(statements)
    assert all(evidence["source_api"] == "exoresist" for statement in statements for evidence in statement["evidence"])
    said = {(one["type"], one["subj"]["name"], one["obj"]["name"]) for one in statements}
    assert ("DecreaseAmount", "miR_122", "PKM2") in said and ("Activation", "PKM2", "glycolysis") in said
    # Every relation is the evidence of exactly one statement.
    assert sum(len(statement["evidence"]) for statement in statements) == len(relations(catalog))


def test_indra_reads_its_statements(catalog):
    indra = pytest.importorskip("indra.statements", reason="indra is not installed")
    statements = json.loads(FORMATS["indra"](catalog)["exoresist_indra.json"])
    assert len(indra.stmts_from_json(statements)) == len(statements)


def test_kgx_says_who_knows(catalog):
    files = FORMATS["kgx"](catalog, [RESULT])
    nodes, edges = rows_of(files["nodes.tsv"]), rows_of(files["edges.tsv"])
    ids = [node["id"] for node in nodes]
    assert len(ids) == len(set(ids)) and all(":" in name for name in ids)
    assert all(node["category"].startswith("biolink:") and node["name"] for node in nodes)
    assert {end for edge in edges for end in (edge["subject"], edge["object"])} <= set(ids)
    assert len({edge["id"] for edge in edges}) == len(edges)
    kinds = {(edge["sign_by"], edge["knowledge_level"], edge["agent_type"]) for edge in edges}
    assert kinds == {
        ("document", "knowledge_assertion", "text_mining_agent"), ("curator", "knowledge_assertion", "automated_agent"),
        ("review", "knowledge_assertion", "automated_agent"), ("", "prediction", "computational_model"),
    }  # fmt: skip
    predicted = [edge for edge in edges if edge["knowledge_level"] == "prediction"]
    assert [edge["predicate"] for edge in predicted] == ["biolink:associated_with_resistance_to"]
    affected = [edge for edge in edges if edge["predicate"] == "biolink:affects"]
    assert {edge["object_direction_qualifier"] for edge in affected} == {"increased", "decreased"}
    assert "HGNC:40" in ids  # the pump, by its public identifier


def test_a_link_that_lowers_resistance_is_one_of_sensitivity(catalog):
    edges = rows_of(FORMATS["kgx"](catalog)["edges.tsv"])
    ends = {(edge["catalog_row"], edge["subject"]): edge["predicate"] for edge in edges if edge["object"] == "CHEBI:46345"}
    row = "circ_0000338_fluorouracil_t1_seed001_3"  # ... miR_217 -| resistance(fluorouracil)
    assert ends[row, "exoresist:miR_217"] == "biolink:associated_with_sensitivity_to"


def test_graphml_and_sif_hold_every_relation(catalog):
    import networkx

    found = relations(catalog)
    graph = networkx.read_graphml(io.BytesIO(FORMATS["graphml"](catalog, [RESULT])["exoresist.graphml"]), force_multigraph=True)
    assert graph.number_of_edges() == len(found)
    assert set(graph.nodes) == set(things(catalog, found))
    assert {sign for *_, sign in graph.edges(data="sign")} == {1, -1}
    gaps = [data for *_, data in graph.edges(data=True) if data.get("dose_gap")]
    assert gaps and {data["row"] for data in gaps} == {RESULT["id"]}
    lines = [line.split("\t") for line in FORMATS["sif"](catalog)["exoresist.sif"].decode().splitlines()]
    assert {(origin, kind, target) for origin, kind, target in lines} == {
        (one.origin, "activates" if one.sign > 0 else "inhibits", one.target) for one in found
    }


def test_relations_cover_all_chains_edges_and_hubs(catalog):
    found = relations(catalog)
    with_chain = {claim.id for claim in catalog.records("claims") if claim.path != "none" and len(parse_path(claim.path)) > 1}
    assert {one.row for one in found if one.table == "claims"} == with_chain
    assert sum(one.table == "edges" for one in found) == len(catalog.rows("edges"))
    assert sum(one.table == "hubs" for one in found) == sum(row["process"] != "none" for row in catalog.rows("hubs"))
    assert all(one.origin != one.target for one in found)


def test_kinds_of_things(catalog):
    known = things(catalog, relations(catalog))
    kinds = {
        name: known[name].kind for name in ("miR_21_5p", "circ_0005963", "HISLA", "PKM2", "glycolysis", "AKT", "GW4869", "EMT")
    }
    assert list(kinds.values()) == ["miRNA", "circRNA", "lncRNA", "gene", "process", "family", "drug", "process"]
    assert known["ABCB1"].curie == "HGNC:40" and known["CCND2"].curie == "HGNC:1583"
    # A splice form is not its gene, a circular RNA has no public identifier: both keep an id of the project.
    assert (known["PKM2"].curie, known["PKM2"].broader) == ("exoresist:PKM2", "HGNC:9021")
    assert (known["circ_0005963"].curie, known["circ_0005963"].broader) == ("exoresist.circ:circ_0005963", "")


def test_signor_rows(catalog):
    rows = rows_of(FORMATS["signor"](catalog)["exoresist_signor.tsv"])
    assert len(rows) == len(relations(catalog)) and len(rows[0]) == 28
    assert {row["EFFECT"] for row in rows} == {
        "up-regulates",
        "down-regulates",
        "down-regulates quantity",
        "up-regulates quantity",
    }
    assert all(row["SIGNOR_ID"] == "" and row["ENTITYA"] and row["SENTENCE"] for row in rows)


def test_bibtex_is_balanced_and_complete(catalog):
    text = FORMATS["bibtex"](catalog)["exoresist.bib"].decode()
    entries = text.split("\n@")
    keys = [entry.split("{", 1)[1].split(",", 1)[0] for entry in entries]
    assert len(keys) == len(set(keys)) and set(catalog.ids("sources")) <= set(keys)
    for entry in entries:
        plain = entry.replace(r"\{", "").replace(r"\}", "")
        assert plain.count("{") == plain.count("}")
    assert escaped("50 % of A_B & {C}") == r"50 \% of A\_B \& \{C\}"
    assert "doi = {10.1074/jbc.M111.312157}" in text
