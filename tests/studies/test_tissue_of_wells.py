"""Any bundled scenario of a well runs in a tissue when its arena is changed, or says in a sentence why not and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.reader import bundled_scenarios, load_scenario, scenario_from_text
from exoresist.assembly.scenario import Scenario
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.studies.tissue_answer import answer_tissue
from exoresist.studies.tissue_arm import run_arm
from exoresist.studies.tissue_left_out import left_out
from exoresist.studies.tissue_setup import set_up
from exoresist.tissue.run import step

pytestmark = pytest.mark.xdist_group("tissue_of_wells")
TWO_MEDIA = {"transwell_doxorubicin": "no membrane between 'donor'", "conditioned_medium": "no well in which 'donor' conditions"}
REFUSED = {**TWO_MEDIA, "breast_cohort": "write another assay"}
# The others need the kernel of all laws, which takes minutes to compile: `verification/tissue_of_wells.py` runs them all.
STEPPED = ("mcf7_doxorubicin", "mcf7_paclitaxel", "null_delivery", "pgp_add_back", "rituximab_decoy", "uptake_inhibitors")
WELLS = [name for name in sorted(bundled_scenarios()) if load_scenario(name).arena.kind != "tissue"]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load()


def changed(name: str, tmp_path: Path, cells: int = 8, more: str = "", each: str = "", size: str = "80 um") -> Scenario:
    """The scenario with a tissue as its arena, in a file as a user writes it."""
    populations = "\n".join(f"  - {{id: {one.id}, count: {cells} cell{each}}}" for one in load_scenario(name).populations)
    text = f"schema: exoresist/1\nextends: {name}\nname: {name}_tissue\npopulations:\n{populations}\n{more}\n"
    file = tmp_path / "tissue.yaml"
    file.write_text(f"{text}arena: {{kind: tissue, space: {{size: {size}}}}}\n", encoding="utf-8")
    return load_scenario(file)


def short(scenario: Scenario, hours: float) -> Scenario:
    return scenario.model_copy(update={"duration": hours, "every": hours})


@pytest.mark.parametrize("name", [name for name in WELLS if name not in REFUSED])
def test_a_well_becomes_a_tissue_by_its_arena(catalog: Catalog, tmp_path: Path, name: str) -> None:
    arms = expand_arms(changed(name, tmp_path))
    assert len(arms) > 1 and all(one.uncertainty.draws == 0 for _, one in arms)  # the draws of a dish are not taken over
    for index, (_, one) in enumerate(arms):
        setup = set_up(one, catalog, 1)
        alive = [entry.id for entry in one.populations if entry.count > 0.0]
        assert [kind.id for kind in setup.tissue.types] == alive and len(setup.tissue.cells) == 8 * len(alive)
        assert left_out(one, setup.models) == []
        if index == len(arms) - 1 and name in STEPPED:
            step(setup.tissue)
            assert setup.tissue.time > 0.0
        setup.tissue.slabs.close()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_a_tissue_cannot_mean_is_refused_with_what_to_write(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=REFUSED[name]) as caught:
        changed(name, tmp_path)
    assert "{kind: tumour, population: " in str(caught.value)


@pytest.mark.parametrize("name", sorted(TWO_MEDIA))
def test_what_the_refusal_says_to_write_is_accepted(catalog: Catalog, tmp_path: Path, name: str) -> None:
    arms = [arm.id for arm in load_scenario(name).arms if "arena" in arm.change]
    gone = ", ".join(f"{{id: {arm}, remove: true}}" for arm in arms)
    more = "assay: {kind: tumour, population: recipient}" + (f"\narms: [{gone}]" if arms else "")
    scenario = changed(name, tmp_path, more=more, each=", side: null" if "transwell" in name else "")
    for _, one in expand_arms(scenario):
        set_up(one, catalog, 1).tissue.slabs.close()


@pytest.mark.parametrize("name", ["rituximab_decoy", "null_delivery"])
def test_a_well_runs_as_a_tissue_with_its_books_closed(catalog: Catalog, tmp_path: Path, name: str) -> None:
    answer = answer_tissue(short(changed(name, tmp_path), 0.3), catalog, tmp_path / "out", threads=1)
    for arm in answer.arms:
        assert max(arm.summary["conservation"].values()) <= 1e-9 and arm.rows[-1]["time_h"] == pytest.approx(0.3)
    assert answer.sentences and not any("left out" in text or "changes nothing" in text for text in answer.warnings)
    last = {arm.id: arm.rows[-1] for arm in answer.arms}
    if name == "rituximab_decoy":
        assert float(last["decoy"]["target_rituximab_occupancy"]) < float(last["no_vesicles"]["target_rituximab_occupancy"])
        assert any(text.startswith("Antigen of 'target'") for text in answer.sentences)


def test_a_tissue_has_the_draws_it_asks_for(tmp_path: Path) -> None:
    assert changed("rituximab_decoy", tmp_path, more="uncertainty: {draws: 3}").uncertainty.draws == 3
    file = tmp_path / "dish.yaml"
    file.write_text("schema: exoresist/1\nextends: rituximab_decoy\nname: dish\n", encoding="utf-8")
    assert load_scenario(file).uncertainty.draws == load_scenario("rituximab_decoy").uncertainty.draws > 3


def test_too_many_cells_are_refused_with_the_size_that_would_do(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"size: (\d+) um") as caught:
        set_up(changed("mcf7_doxorubicin", tmp_path, cells=300), catalog, 1)
    needed = str(caught.value).split("size: ")[1].split("}")[0]
    set_up(changed("mcf7_doxorubicin", tmp_path, cells=300, size=needed), catalog, 1).tissue.slabs.close()
    # Cells around the ball need a layer of their own.
    around = plain().replace("count: 10 cell}\ncargo", "count: 200 cell, where: around}\ncargo")
    with pytest.raises(InputError, match=r"size: (\d+) um") as caught:
        set_up(scenario_from_text(around), catalog, 1)
    needed = str(caught.value).split("size: ")[1].split("}")[0]
    set_up(scenario_from_text(around.replace("100 um", needed)), catalog, 1).tissue.slabs.close()


def plain() -> str:
    """A small tissue as text, with two populations."""
    return """
schema: exoresist/1
name: two
arena: {kind: tissue, space: {size: 100 um}}
populations:
  - {id: one, cell_line: mcf7_sensitive, count: 10 cell}
  - {id: two, cell_line: mcf7_resistant, count: 10 cell}
cargo: [ABCB1]
duration: 1 h
every: 1 h
assay: {kind: tumour, population: one}
"""


@pytest.mark.parametrize(
    ("number", "value", "process"),
    [("contact_transfer_rate", "0.01 1/h", "contact_transfer"), ("switching_rate", "0.01 1/h", "switching")],
)
def test_what_a_tissue_leaves_out_between_cells_is_told(catalog: Catalog, number: str, value: str, process: str) -> None:
    text = plain() + f"parameters: [{{name: {number}, subject: cell, value: {value}, reason: asked for}}]\n"
    warnings = run_arm(short(scenario_from_text(text), 0.1), catalog, "a", "x", threads=1).warnings
    assert any(process in one and "leaves out" in one for one in warnings)
    assert not any(
        "leaves out" in one for one in run_arm(short(scenario_from_text(plain()), 0.1), catalog, "a", "x", threads=1).warnings
    )


def test_signals_of_cells_around_are_told_to_be_left_out(catalog: Catalog, tmp_path: Path) -> None:
    text = plain().replace("mcf7_resistant", "cd8_t_cell") + "signals: [t_cell_exhaustion]\n"
    setup = set_up(scenario_from_text(text), catalog, 1)
    assert any("exhaustion" in one for one in left_out(scenario_from_text(text), setup.models))
    setup.tissue.slabs.close()


def test_overrides_that_change_nothing_are_told_and_those_of_tissues_are_not(catalog: Catalog) -> None:
    given = (
        "parameters:\n"
        "  - {name: growth_rate, subject: 'cell_line:hct116', value: 0.1 1/h, reason: no such cells}\n"
        "  - {name: extracellular_fraction, subject: tissue, value: 0.3 dimensionless, reason: more fluid}\n"
    )
    warnings = answer_tissue(short(scenario_from_text(plain() + given), 0.1), catalog, threads=1).warnings
    idle = [text for text in warnings if "changes nothing" in text]
    assert len(idle) == 1 and "growth_rate" in idle[0]


def test_what_only_a_dish_has_is_refused_in_a_tissue() -> None:
    with pytest.raises(InputError, match="share of its box"):
        scenario_from_text(plain().replace("{kind: tissue, ", "{kind: tissue, volume: 0.1 mL, "))
