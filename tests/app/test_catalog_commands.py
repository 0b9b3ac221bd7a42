"""`catalog search` with filters, `show` of a claim, `export` and `site`."""

from __future__ import annotations

import json
import time

import pytest

from exoresist.catalog import Catalog
from exoresist.catalog.claim_search import same_name
from exoresist.studies.claim_facts import claim_facts
from exoresist.studies.claim_runs import FILE, made_with

CLAIM = "mir21_pdha1_seed003_131"
OUTCOME = {
    "direction": "resistance", "effect": 0.027, "knock_down": -0.03, "target_deleted": 0.0, "delivered_effect": 1e-7, "needed": 1e9,
    "dose_gap": 223085.0, "dose_gap_low": 20000.0, "dose_gap_high": 4e7, "hub": "glycolysis", "surrogate": "oxaliplatin",
    "limit": "vesicles bring 4.5e-06 of what half of the effect takes", "circular": False, "assumed": False, "reason": "",
    "carried": True, "action": "PDHA1 lowers glycolysis", "action_sign": 1, "gap_draws": [], "priors": {},
    "controls": {"knock_down": {"effect": -0.03, "of": 0.027, "passed": True, "why": ""}},
    "interventions": [{"id": "gw4869", "how": "blocks", "share": 0.4, "low": 0.1, "high": 0.6, "rank": 1, "tied": []}],
}  # fmt: skip


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


@pytest.fixture
def results(tmp_path, catalog):
    """A folder of results as `catalog run` writes it; made up, with one claim."""
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / FILE).write_text(json.dumps({"id": CLAIM, "made_with": made_with(catalog), **OUTCOME}) + "\n")
    return folder


def found(command, *arguments) -> set[str]:
    done = command("catalog", "search", *arguments, "--json")
    assert done.code == 0, done.err
    return {row["id"] for row in json.loads(done.out)}


def test_filters_narrow_and_combine(command, catalog):
    claims = {claim.id: claim for claim in catalog.records("claims")}
    of_drug = found(command, "--drug", "Cisplatin")
    assert of_drug == {name for name, claim in claims.items() if "cisplatin" in claim.drugs}
    sensitising = found(command, "--direction", "sensitivity")
    assert found(command, "--drug", "cisplatin", "--direction", "sensitivity") == of_drug & sensitising
    assert found(command, "--cancer", "lung") >= found(command, "--cancer", "non-small cell lung cancer") != set()
    assert all("glycolysis" in claims[name].effect for name in found(command, "--effect", "glycolysis"))
    assert CLAIM in found(command, "SKOV3", "--gene", "PDHA1")


@pytest.mark.parametrize(("printed", "meant"), [("P-gp", "ABCB1"), ("hsa-miR-21", "miR_21_5p"), ("circ_0005963", "circ_0005963")])
def test_cargo_under_its_other_names(command, catalog, printed, meant):
    names = found(command, "--cargo", printed)
    assert names and any(meant in catalog.claim(name).cargo for name in names)


def test_names_are_not_cut_short():
    assert same_name("miR-21", "miR_21_5p") and same_name("mir21", "miR-21-3p")
    assert not same_name("miR-21", "miR_210_3p") and not same_name("miR-21-5p", "miR_21") and not same_name("AKT", "AKT1")


def test_genes_under_their_synonyms(command):
    assert found(command, "--gene", "AKT1") == found(command, "--gene", "AKT") != set()


def test_wrong_filters_are_refused_with_the_nearest(command):
    for arguments, part in [
        (("--drug", "cisplatine"), "Did you mean 'cisplatin'?"),
        (("--effect", "glycolisis"), "Did you mean 'glycolysis'?"),
        (("--direction", "resistent"), "Did you mean 'resistance'?"),
        (("--drug", "cisplatin", "--table", "drugs"), "without --table"),
    ]:
        done = command("catalog", "search", *arguments)
        assert done.is_refusal and part in done.err, done
    done = command("catalog", "search", "--drug", "cisplatin", "--cargo", "DNA")
    assert done.code == 0 and done.out == "No claim with drug cisplatin, cargo DNA.\n"


def test_search_is_quick(command):
    command("catalog", "search", "miR-21")
    start = time.perf_counter()
    command("catalog", "search", "--drug", "cisplatin", "--gene", "AKT")
    assert time.perf_counter() - start < 1.0


def test_show_tells_chain_laws_and_result(command, results):
    plain = command("catalog", "show", CLAIM)
    assert plain.code == 0 and "result:" not in plain.out
    for part in ("miR_21_5p -| PDHA1 -| glycolysis", "hub glycolysis -> process repair", "mirna_repression: node PDHA1",
                 "mir21_cisplatin_seed003_19", "not read twice", "conflicting rows"):  # fmt: skip
        assert part in plain.out
    told = command("catalog", "show", CLAIM, "--results", results)
    assert "result: resistance, reported resistance" in told.out and "dose gap 2.23e+05 (2e+04 to 4e+07)" in told.out
    data = json.loads(command("catalog", "show", CLAIM, "--results", results, "--json").out)
    assert {"entries", "parameters", "sources", "claim"} <= set(data)
    assert data["claim"]["result"]["dose_gap"] == 223085.0 and data["claim"]["laws"][0]["law"] == "mirna_repression"


def test_show_of_a_recorded_claim_gives_the_reason(command):
    done = command("catalog", "show", "gls1_trastuzumab_seed003_14")
    assert done.code == 0 and "recorded, not run: " in done.out


def test_stored_links_lead_to_the_hub_that_the_model_uses(catalog):
    for claim in catalog.records("claims")[::3]:
        facts = claim_facts(claim, catalog)
        if facts.stored:
            end = facts.stored[-1].target  # a pump within a chain stands for what it does
            assert facts.hub == ("drug_efflux" if end in catalog.ids("pumps") else end), claim.id


def test_results_of_another_catalogue_are_refused(command, results, tmp_path):
    kept = results / FILE
    kept.write_text(kept.read_text().replace('"made_with": "', '"made_with": "0'))
    for arguments in (
        ("show", CLAIM),
        ("site", tmp_path / "site"),
        ("export", "--format", "tsv", "--out", tmp_path / "tables"),
    ):
        done = command("catalog", *arguments, "--results", results)
        assert done.is_refusal and "was made with this catalogue" in done.err, done
    assert command("catalog", "show", CLAIM, "--results", tmp_path / "none").is_refusal
    assert not list((tmp_path / "site").glob("*")) and not (tmp_path / "tables").exists()


@pytest.mark.parametrize("form", ["tsv", "sqlite", "indra", "kgx", "graphml", "sif", "signor", "bibtex"])
def test_export_of_every_form(command, tmp_path, results, form):
    done = command("catalog", "export", "--format", form, "--out", tmp_path / "new" / form, "--results", results)
    assert done.code == 0, done.err
    target = tmp_path / "new" / form
    files = [path for path in target.rglob("*")] if target.is_dir() else [target]
    assert target.is_dir() == (form in ("tsv", "kgx"))
    assert files and all(path.stat().st_size > 0 for path in files)
    assert not [path for path in target.parent.rglob(".*")]  # no drafts are left


def test_export_refuses_what_it_cannot_do(command, tmp_path):
    done = command("catalog", "export", "--format", "sqlit", "--out", tmp_path / "x")
    assert done.is_refusal and "Did you mean 'sqlite'?" in done.err
    assert command("catalog", "export", "--format", "sif", "--out", tmp_path).is_refusal
    (tmp_path / "file").write_text("")
    assert command("catalog", "export", "--format", "kgx", "--out", tmp_path / "file").is_refusal


def test_site_of_the_whole_catalogue(command, tmp_path, results, catalog):
    start = time.process_time()
    done = command("catalog", "site", tmp_path / "site", "--results", results)
    assert done.code == 0 and time.process_time() - start < 10.0
    assert f"{len(catalog.ids('claims')) - 1} claims have no result" in done.out
    files = [path for path in (tmp_path / "site").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 15e6
    assert {path.stem for path in files if path.parent.name == "claims"} == set(catalog.ids("claims"))
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert "http" not in text.replace("http://www.w3.org/1998/Math/MathML", ""), path.name
        assert "=&#34;" not in text, path.name  # an attribute that was escaped as if it were text
