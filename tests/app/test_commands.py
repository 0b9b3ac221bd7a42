"""Commands besides `run`: exports of every scenario, and wrong arguments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exoresist.assembly.reader import bundled_scenarios


def test_sbml_names_cargo_drugs_nodes_and_cells(command):
    """Pools of a drug are that drug wherever it is; a splice form is a version of its gene; the project's own names stay out."""
    import libsbml

    done = command("export", bundled_scenarios()["crc_oxaliplatin_cirs122"], "--sbml")
    model = libsbml.readSBMLFromString(done.out).getModel()
    found = {}
    for part in (*model.getListOfSpecies(), *model.getListOfParameters()):
        for number in range(part.getNumCVTerms()):
            term = part.getCVTerm(number)
            if term.getBiologicalQualifierType() != libsbml.BQB_IS_DESCRIBED_BY:
                found[part.getName()] = term.getBiologicalQualifierType(), term.getResourceURI(0).rpartition("/")[2]
    same, version = libsbml.BQB_IS, libsbml.BQB_IS_VERSION_OF
    for drug in ("medium.oxaliplatin", "donor.cytosol_oxaliplatin", "recipient.ilv.retained_oxaliplatin"):
        assert found[drug] == (same, "CHEBI:31941")
    assert found["recipient.PKM2"] == (version, "HGNC:9021") and found["recipient.glycolysis"] == (same, "GO:0006096")
    assert found["recipient.cells"] == (same, "EFO:0002083") and found["donor.cells"] == (version, "EFO:0002083")
    assert not any("ciRS" in name or "damage" in name or "vesicles_" in name.split(".")[-1] for name in found)


@pytest.mark.parametrize("form", ["--sbml", "--antimony", "--latex", "--graph", "--table"])
@pytest.mark.parametrize("name", sorted(bundled_scenarios()))
def test_export_of_every_bundled_scenario(name: str, form: str, tmp_path, command):
    done = command("export", bundled_scenarios()[name], form, "--out", tmp_path / "network")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (tmp_path / "network").stat().st_size > 1000


def test_export_of_an_arm(tmp_path, command):
    file = bundled_scenarios()["mcf7_doxorubicin"]
    base, arm = (command("export", file, "--table", *more) for more in ((), ("--arm", "recipients_alone")))
    assert base.out.count("donor.secretion") and not arm.out.count("donor.secretion")
    wrong = command("export", file, "--table", "--arm", "recipient_alone")
    assert wrong.is_refusal and "Did you mean 'recipients_alone'?" in wrong.err


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("run", "."), ("'.' is a folder", "Name a file in it")),
        (("run", "nowhere.yaml", "--json"), ("there is no file 'nowhere.yaml'", "Check the path")),
        (("run", "mcf7_doxorubicn"), ("there is no file 'mcf7_doxorubicn'", "Did you mean 'mcf7_doxorubicin'?")),
        (("run", "/dev/null"), ("holds nothing",)),
        (("export", "nowhere.yaml", "--sbml"), ("there is no file 'nowhere.yaml'",)),
        (("ask", "fit", "nowhere.yaml", "--data", "."), ("there is no file 'nowhere.yaml'",)),
        (("catalog", "show", ""), ("Catalogue entry '' is not known",)),
        (("catalog", "search", "pump", "--table", "parameter"), ("parameters",)),
        (("reproduce", "greene2018"), ("Did you mean 'greene2019'?",)),
    ],
)
def test_other_commands(arguments: tuple[str, ...], parts: tuple[str, ...], command):
    done = command(*arguments)
    assert done.is_refusal, done
    assert all(part in done.err for part in parts), done.err


def test_fit_with_wrong_folder_or_scenario(tmp_path, small, command):
    example = Path(__file__).parents[2] / "examples" / "h1299_doxorubicin.yaml"
    (tmp_path / "s.yaml").write_text(json.dumps(small))
    for data in (tmp_path / "nowhere", tmp_path / "s.yaml", tmp_path):
        done = command("ask", "fit", example, "--data", data, "--out", tmp_path / "fit")
        assert done.is_refusal, done
        assert str(data) in done.err
    done = command("ask", "fit", tmp_path / "s.yaml", "--data", tmp_path, "--out", tmp_path / "fit")
    assert done.is_refusal and "confluence" in done.err
    assert not (tmp_path / "fit").exists()


@pytest.mark.parametrize(
    ("given", "came"),
    [
        (("--sbml", "--petab", "problem"), "--petab was given with --sbml"),
        (("--petab", "problem", "--out", "network.xml"), "--petab was given with --out"),
        (("--sbml", "--estimate", "growth_rate"), "--estimate without --petab does nothing"),
        ((), "or --petab DIR"),
    ],
)
def test_export_refuses_options_that_would_do_nothing(tmp_path, command, monkeypatch, given, came):
    monkeypatch.chdir(tmp_path)
    done = command("export", "null_delivery", *given)
    assert done.code == 2 and came in done.err
    assert not list(tmp_path.iterdir())
