"""Vesicles drawn one by one, batches of preparations, and indices of combination."""

from __future__ import annotations

import numpy as np
import pytest

from exoresist.assembly.build import Model, build
from exoresist.assembly.reader import scenario_from_dict
from exoresist.catalog import Catalog
from exoresist.compartments.well import culture
from exoresist.core.errors import ExoresistError, InputError
from exoresist.studies.batches import batch_loads, isolate
from exoresist.studies.combination import Combination, dose_for
from exoresist.studies.ensemble import reconciled
from exoresist.studies.particles import draw_vesicles


def model(**changes: object) -> Model:
    return build(scenario_from_dict({
        "schema": "exoresist/1", "name": "readings",
        "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
        "populations": [
            {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "1500 cell"},
            {"id": "donor", "cell_line": "mcf7_resistant", "count": "1500 cell"},
        ],
        "drugs": [{"id": "doxorubicin", "dose": "0 nM"}], "cargo": ["ABCB1"], "duration": "24 h",
        "assay": {"kind": "dose_response", "population": "recipient", "drug": "doxorubicin", "doses": ["30 nM"]},
        **changes,
    }))  # fmt: skip


# -- vesicles one by one


def test_every_vesicle_has_the_size_and_density_of_an_exosome() -> None:
    drawn = draw_vesicles(model(), "donor", 20_000, seed=1)
    assert np.all((drawn.diameter >= 0.03) & (drawn.diameter <= 0.16))
    assert np.all((drawn.density >= 1.13) & (drawn.density <= 1.19))
    assert 0.5 < drawn.share < 1.0
    np.testing.assert_allclose(drawn.volume / drawn.area, drawn.diameter / 6.0, rtol=1e-12)
    assert drawn.histogram(np.linspace(0.03, 0.16, 14)).sum() == 20_000
    again = draw_vesicles(model(), "donor", 20_000, seed=1)
    assert np.array_equal(again.diameter, drawn.diameter)


def test_the_drawn_sizes_follow_the_class_and_shrink_in_hypoxia() -> None:
    """Narrow enough to lie within the range, the draws have the mean area that the model works with."""
    narrow = {"donor.diameter_sigma": 0.1, "donor.diameter_median": 0.08}
    one = model()
    drawn = draw_vesicles(one, "donor", 50_000, seed=2, values=narrow)
    assert drawn.share > 0.999
    assert np.median(drawn.diameter) == pytest.approx(0.08, rel=0.01)
    assert drawn.area.mean() == pytest.approx(np.pi * 0.08**2 * np.exp(2.0 * 0.01), rel=0.01)
    hypoxic = draw_vesicles(one, "donor", 50_000, seed=2, values={**narrow, "environment.hypoxia": 1.0})
    assert np.median(hypoxic.diameter) == pytest.approx(0.85 * 0.08, rel=0.01)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ExoresistError, match="donor"):
        draw_vesicles(model(), "doner", 10, seed=1)
    with pytest.raises(InputError, match="practically none"):
        draw_vesicles(model(), "donor", 10, seed=1, values={"donor.diameter_median": 5.0})
    with pytest.raises(InputError, match="1 or more"):
        draw_vesicles(model(), "donor", 0, seed=1)


# -- batches


def off_target(purity: float, batches: int = 24) -> np.ndarray:
    """Pumps per cell that a preparation of pump-free vesicles brings by what else is in it, batch by batch."""
    preparation = {"id": "preparation", "donor": "mcf7_sensitive", "per_cell": "1e4 particle/cell", "purity": purity,
                   "impurity": "mcf7_resistant"}  # fmt: skip
    one = model(populations=[{"id": "recipient", "cell_line": "mcf7_sensitive", "count": "1500 cell"}], vesicles=[preparation])
    run = culture(one, [0.0, 12.0], loads=batch_loads(one, "preparation", batches, seed=3))
    found: np.ndarray = run.amount("recipient.ABCB1")[-1] / run.amount("recipient.cells")[-1]
    return found


def test_less_pure_preparations_vary_more_in_what_they_do_besides() -> None:
    spread = [off_target(purity).var() for purity in (0.95, 0.7, 0.3)]
    assert 0.0 < spread[0] < 0.5 * spread[1] < 0.5 * spread[2]
    assert off_target(0.3).mean() > off_target(0.95).mean()


def test_isolation_recovers_a_part_and_its_purity_is_the_methods() -> None:
    catalog = Catalog.load()
    found = {method: isolate(catalog, method, 1e9) for method in ("ultracentrifugation", "size_exclusion", "precipitation")}
    assert found["ultracentrifugation"].vesicles < found["size_exclusion"].vesicles < found["precipitation"].vesicles < 1e9
    assert found["precipitation"].purity < found["ultracentrifugation"].purity < found["size_exclusion"].purity < 1.0
    assert isolate(catalog, "size_exclusion", 0.0).vesicles == 0.0
    for wrong in (lambda: isolate(catalog, "size_exclusion", -1.0), lambda: isolate(catalog, "alchemy", 1.0)):
        with pytest.raises(ExoresistError):
            wrong()


def test_a_pure_preparation_has_no_batches() -> None:
    pure = model(vesicles=[{"id": "preparation", "donor": "mcf7_sensitive", "per_cell": "10 particle/cell"}])
    with pytest.raises(InputError, match="no impurity"):
        batch_loads(pure, "preparation", 4, seed=1)


# -- combination


def curve(dose: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + (dose / 10.0) ** 2)


def test_an_agent_with_itself_is_additive() -> None:
    """The sham experiment: both 'agents' are one drug, so the index is 1 everywhere, however Bliss judges it."""
    doses = np.linspace(0.0, 40.0, 161)
    sham = Combination(doses, doses, curve(doses[:, None] + doses[None, :]))
    index = sham.index()
    told = np.isfinite(index)
    assert told[1:80, 1:80].all()
    np.testing.assert_allclose(index[told], 1.0, atol=1e-6)


def test_independent_agents_have_no_excess_and_helpers_an_index_below_one() -> None:
    doses = np.linspace(0.0, 40.0, 81)
    independent = Combination(doses, doses, curve(doses)[:, None] * curve(doses)[None, :])
    np.testing.assert_allclose(independent.bliss_excess(), 0.0, atol=1e-12)
    # a second agent that does nothing alone and doubles the first one's potency
    helped = Combination(doses, np.array([0.0, 1.0]), np.column_stack([curve(doses), curve(2.0 * doses)]))
    assert helped.index()[1:40, 1] == pytest.approx(0.5, abs=0.02)
    assert np.all(helped.bliss_excess()[1:, 1] > 0.0)


def test_a_dose_that_never_does_it_is_infinite() -> None:
    doses = np.array([0.0, 1.0, 2.0])
    assert dose_for(doses, np.array([1.0, 0.9, 0.8]), 0.5) == float("inf")
    assert dose_for(doses, np.array([1.0, 0.9, 0.8]), 0.85) == pytest.approx(1.5)


def test_ic50s_are_reconciled_in_a_plate_not_in_a_body() -> None:
    """Draws of a circulation are held against the same assay as those of a well: none of the central values contradicts it."""
    organs = [{"id": "tumour", "volume": "0.3 mL", "exchange": "0.1 mL/h"}]
    in_body = model(
        arena={"kind": "circulation", "volume": "1.5 mL", "capacity": "1e9 cell", "organs": organs},
        populations=[{"id": "recipient", "cell_line": "mcf7_resistant", "count": "1e8 cell", "side": "tumour"}],
    ).scenario
    in_well = model(populations=[{"id": "recipient", "cell_line": "mcf7_resistant", "count": "3000 cell"}]).scenario
    catalog = Catalog.load()
    body, well = (reconciled(one, catalog, draws=2) for one in (in_body, in_well))
    assert body.left == well.left
    for row, factors in well.factors.items():
        np.testing.assert_allclose(body.factors[row], factors, rtol=1e-6)
    assert well.factors
