"""Exports: other engines read them, give the same curves, and nothing of the network is lost."""

from __future__ import annotations

import re

import numpy as np
import pytest

from exoresist.core.errors import ModelError
from exoresist.laws import all_laws, kinetics
from exoresist.network import Event, Network, Parameter, Pool, Process, integrate
from exoresist.network.exports import law_latex, to_antimony, to_dot, to_graphml, to_latex, to_sbml, to_table, to_tsv
from exoresist.network.exports.formula import template
from exoresist.network.exports.identifiers import Identifiers

TIMES = np.linspace(0.0, 48.0, 97)


@pytest.fixture(scope="module")
def sbml(rich_network):
    return to_sbml(rich_network)


def problems(text):
    import libsbml

    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    return [document.getError(index) for index in range(document.getNumErrors())]


def simulated(text, times):
    """Amounts by species name from libRoadRunner's CVODE."""
    roadrunner = pytest.importorskip("roadrunner")
    engine = roadrunner.RoadRunner(text)
    engine.integrator.relative_tolerance = 1e-11
    engine.integrator.absolute_tolerance = 1e-18
    engine.integrator.maximum_num_steps = 10**6
    moving = re.findall(r'<rateRule[^>]*variable="(\w+)"', text)
    states = [*engine.model.getFloatingSpeciesIds(), *moving]
    engine.timeCourseSelections = ["time", *states]
    table = np.array(engine.simulate(times=list(times)))
    return dict(zip(states, table[:, 1:].T, strict=True))


def assert_same(network, text, times, tolerance=1e-6):
    names = Identifiers(["everywhere", *network.pools, *network.nodes])
    run = integrate(network, times, relative=1e-10, absolute=1e-14)
    theirs = simulated(text, times)
    for name in run.compiled.states:
        ours = run.amount(name)[:, 0]
        if names[name] not in theirs:
            assert np.ptp(ours) == 0.0  # a node that nothing regulates is a constant there
            continue
        largest = max(np.abs(ours).max(), 1e-30)
        assert np.abs(theirs[names[name]] - ours).max() / largest < tolerance, name


def test_sbml_is_valid(sbml):
    found = problems(sbml)
    assert not [error.getMessage() for error in found if error.isError() or error.isFatal()]
    # What is left are the clamps of tight_binding, which compare a squared concentration with a plain number.
    assert all("1e-30" in error.getMessage() or "piecewise" in error.getMessage() for error in found)
    assert len(found) <= 2


def test_sbml_gives_the_same_curves_in_an_independent_engine(rich_network, sbml):
    assert_same(rich_network, sbml, TIMES)


def test_antimony_gives_the_same_curves(rich_network):
    pytest.importorskip("roadrunner")
    import antimony

    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(to_antimony(rich_network)) >= 0
    assert_same(rich_network, antimony.getSBMLString(antimony.getMainModuleName()), TIMES)


def test_changing_a_rate_in_the_file_moves_the_curves(rich_network, sbml):
    changed = sbml.replace('value="0.02" constant="true" units="per_h"', 'value="0.04" constant="true" units="per_h"')
    changed = re.sub(r'(<parameter [^>]*name="k\.decay"[^>]*value=")0\.02', r"\g<1>0.04", changed)
    assert changed != sbml
    with pytest.raises(AssertionError):
        assert_same(rich_network, changed, TIMES)


def test_sbml_carries_the_provenance_of_numbers(sbml):
    import libsbml

    model = libsbml.readSBMLFromString(sbml).getModel()
    parameter = model.getParameter("growth")
    notes = parameter.getNotesString()
    for words in ("kind: measured", "low: 0.01", "high: 0.05", "source: smith20", "a &lt; b &amp; c", "table 2"):
        assert words in notes
    assert parameter.getCVTerm(0).getResourceURI(0) == "https://identifiers.org/doi:10.1038/nature07242"
    assert not model.getParameter("half").isSetNotes()


def test_dois_of_sources_can_be_given(rich_network):
    assert "https://identifiers.org/doi:10.1000/xyz" in to_sbml(rich_network, dois={"smith20": "10.1000/xyz"})


def test_pools_and_nodes_say_what_they_are(rich_network):
    import libsbml

    pool, other, node = *list(rich_network.pools)[:2], next(iter(rich_network.nodes))
    text = to_sbml(rich_network, meanings={pool: ("HGNC:40", True), node: ("GO:0006096", False)})
    model = libsbml.readSBMLFromString(text).getModel()
    by_name = {one.getName(): one for one in (*model.getListOfSpecies(), *model.getListOfParameters())}
    said = {name: (by_name[name].getCVTerm(0).getBiologicalQualifierType(), by_name[name].getCVTerm(0).getResourceURI(0))
            for name in (pool, node)}  # fmt: skip
    assert said[pool] == (libsbml.BQB_IS, "https://identifiers.org/HGNC:40")
    assert said[node] == (libsbml.BQB_IS_VERSION_OF, "https://identifiers.org/GO:0006096")
    assert by_name[other].getNumCVTerms() == 0
    assert [one for one in problems(text) if one.getSeverity() >= libsbml.LIBSBML_SEV_ERROR] == []


def test_volumes_become_compartments_and_units_are_defined(sbml):
    import libsbml

    model = libsbml.readSBMLFromString(sbml).getModel()
    assert {model.getCompartment(index).getId() for index in range(3)} == {"everywhere", "cytosol", "volume_"}
    assert not model.getCompartment("volume_").getConstant()  # an event changes it
    assert model.getSpecies("drug").getCompartment() == "volume_"
    assert model.getSpecies("drug").getHasOnlySubstanceUnits()
    assert model.getTimeUnits() == "h"
    assert model.getUnitDefinition("h").getUnit(0).getMultiplier() == 3600.0
    assert model.getParameter("half").getUnits() == "nM"


def test_events_keep_their_order_and_never_fire_before_the_start(sbml):
    import libsbml

    model = libsbml.readSBMLFromString(sbml).getModel()
    events = [model.getEvent(index) for index in range(model.getNumEvents())]
    assert len(events) == 4
    assert all(event.getTrigger().getPersistent() and not event.getTrigger().getInitialValue() for event in events)
    ranks = [libsbml.formulaToL3String(event.getPriority().getMath()) for event in events]
    assert [rank.split()[0] for rank in ranks] == ["0", "-1", "-2", "-3"]


def test_event_amounts_over_several_sets_are_refused():
    pool = Pool("a", "pmol")
    network = Network("sets", [pool, Event(1.0, add={"a": np.array([1.0, 2.0])})])
    with pytest.raises(ModelError, match="Export one set"):
        to_sbml(network)


def test_awkward_names_become_distinct_safe_identifiers():
    names = Identifiers(["a.b", "a_b", "time", "lambda", "pi", "species", "a.b_2"])
    found = [names[name] for name in ("a.b", "a_b", "time", "lambda", "pi", "species", "a.b_2")]
    assert found == ["a_b", "a_b_2", "time_", "lambda_", "pi_", "species_", "a_b_2_2"]
    assert len(set(found)) == len(found)


def test_a_network_of_awkward_names_runs_the_same():
    parts = [
        Parameter("time", 0.2, "1/h"), Parameter("pi", 0.1, "1/h"), Parameter("e.x", 3.0, "pmol"),
        Pool("avogadro", "pmol", "m", initial=2.0), Pool("e_x", "pmol", "m"), Pool("True.in", "pmol", "m"),
        Process("delay", "avogadro", "e_x", kinetics.constant, {"rate": "time"}, specific=True),
        Process("and.more", "e_x", "True.in", kinetics.first_order, {"rate": "pi", "amount": "e.x"}),
    ]  # fmt: skip
    network = Network("model", parts)
    text = to_sbml(network)
    assert not problems(text)
    assert_same(network, text, np.linspace(0.0, 10.0, 11))


@pytest.mark.parametrize("law", all_laws().values(), ids=lambda law: law.name)
def test_every_law_survives_the_formula_language(law):
    import libsbml

    settings = libsbml.L3ParserSettings()
    settings.setParseLog(libsbml.L3P_PARSE_LOG_AS_LN)
    tree = libsbml.parseL3FormulaWithSettings(template(law), settings)
    assert tree is not None, libsbml.getLastParseL3Error()
    numbers = np.random.default_rng(7).uniform(0.2, 0.9, len(law.arguments))
    text = libsbml.formulaToL3String(tree)
    scope = {f"place{index}_": value for index, value in enumerate(numbers)}
    piecewise = lambda *parts: parts[0] if parts[1] else (piecewise(*parts[2:]) if len(parts) > 3 else parts[2])  # noqa: E731
    scope.update(exp=np.exp, ln=np.log, sqrt=np.sqrt, piecewise=piecewise, pow=pow)
    got = eval(text.replace("^", "**").replace("&&", " and ").replace("||", " or ").replace("!(", " not ("), {}, scope)
    assert got == pytest.approx(float(law(*numbers)), rel=1e-12)


@pytest.mark.parametrize("law", all_laws().values(), ids=lambda law: law.name)
def test_every_law_renders_as_mathml(law):
    from latex2mathml.converter import convert

    latex = law_latex(law)
    mathml = convert(latex)
    assert mathml.startswith("<math")
    assert "\\" not in mathml, f"a command of '{latex}' was not understood"
    assert latex.count("{") == latex.count("}")


def test_equations_read_as_people_write_them():
    assert law_latex(all_laws()["hill"]).count(r"\frac") == 3
    assert r"\max" in law_latex(all_laws()["logistic_growth"])
    assert "Piecewise" not in law_latex(all_laws()["pump_efflux"])
    assert law_latex(kinetics.remainder) == r"\mathrm{remainder} = 1 - \mathrm{fraction}"


def test_latex_names_every_law_and_process(rich_network):
    text = to_latex(rich_network)
    for law in {process.law.name for process in rich_network.processes.values()}:
        assert law_latex(all_laws()[law]) in text
    for name in rich_network.processes:
        assert name.replace("_", r"\_\allowbreak{}") in text
    for name in ("equation*", "longtable"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") > 0


def test_graphs_hold_pools_processes_and_their_links(rich_network):
    import networkx

    graph = networkx.parse_graphml(to_graphml(rich_network), force_multigraph=True)
    assert set(rich_network.pools) <= set(graph)
    roles = {(start, end, data["role"]) for start, end, data in graph.edges(data=True)}
    assert {
        ("born", "process:birth", "flow"), ("process:uptake", "debris", "passenger"),
        ("akt", "process:efflux", "modulates"),
        ("surface", "cells", "rides"), ("process:uptake", "process:follow", "reads"), ("drug.inside", "other", "reads"),
        ("cells", "process:uptake", "reads"),
    } <= roles  # fmt: skip
    dot = to_dot(rich_network)
    assert dot.startswith("digraph") and dot.count(" -> ") == graph.number_of_edges()


def test_table_has_a_row_per_process(rich_network):
    rows = {row["id"]: row for row in to_table(rich_network)}
    assert list(rows) == list(rich_network.processes)
    assert rows["uptake"]["fates"].startswith("pump: delivered -> surface, degraded -> made, rest -> debris")
    assert rows["uptake"]["per"] == "vesicles" and rows["birth"]["per"] == "cells" and rows["efflux"]["per"] == ""
    assert "drug: inhibition(concentration=drug/volume" in rows["uptake"]["modulations"]
    assert rows["follow"]["inputs"] == "first=rate(uptake), second=trickle"
    assert len(to_tsv(rich_network).splitlines()) == 1 + len(rows)
