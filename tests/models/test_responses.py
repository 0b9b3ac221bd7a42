"""Drugs and radiation as inputs of nodes and cargo: what they make cells do, asked for by `responses`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.build import Model, build
from exoresist.assembly.layout import Cargo
from exoresist.core.errors import InputError
from exoresist.network import integrate

TIMES = (0.0, 24.0, 48.0)
Maker = Callable[..., Any]
CUT = {"edge.exponent": 0.0}  # no node passes anything on


def treated(
    dish: Maker, agent: str, cargo: Sequence[Cargo] = (), line: str = "generic_tumour", responses: Sequence[str] | None = None,
    **changes: Any,
) -> Model:  # fmt: skip
    """Cells of one line with one drug that they respond to."""
    assay = {"kind": "time_course", "population": "recipient"}
    given = {"drugs": [{"id": agent, "dose": "0 nM"}], "assay": assay, "cargo": [], **changes}
    one = dish(
        populations=[{"id": "recipient", "cell_line": line, "count": "3000 cell"}],
        responses=list([agent] if responses is None else responses), **given,
    )  # fmt: skip
    return build(one.model.scenario, carried=cargo)


def run_of(model: Model, drug: str, doses: Sequence[float], values: dict[str, Any] | None = None) -> Any:
    return integrate(
        model.network, TIMES, values=values, initial=model.start(values), events=model.events(values, {drug: np.array(doses)})
    )


def content(run: Any, cargo: str) -> tuple[np.ndarray, np.ndarray]:
    """Copies per cell and per vesicle outside."""
    per_cell = run.amount(f"recipient.{cargo}")[-1] / run.amount("recipient.cells")[-1]
    outside = run.amount(f"medium.vesicles_recipient.cargo_{cargo}")[-1] / run.amount("medium.vesicles_recipient")[-1]
    return per_cell, outside


def secretion(run: Any) -> np.ndarray:
    """Specific rate of release of the vesicles that a cell holds."""
    found: np.ndarray = run.value("rate:recipient.secretion")[-1]
    return found


def test_osimertinib_raises_release_through_rab17(dish: Maker) -> None:
    """In a clone that it hardly harms, with its dose; with RAB17's link cut, not at all."""
    model = treated(dish, "osimertinib", line="lung_egfr_wild_type")
    doses = [0.0, 3.0, 30.0, 300.0]
    rates = secretion(run_of(model, "osimertinib", doses))
    assert np.all(np.diff(rates) > 0.01 * rates[0])
    cut = secretion(run_of(model, "osimertinib", doses, CUT))
    np.testing.assert_allclose(cut, cut[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("drug", "cargo", "kind", "doses"),
    [
        ("cisplatin", "miR_425_3p", "miRNA", (0.0, 500.0, 5000.0)),
        ("doxorubicin", "miR_378d", "miRNA", (0.0, 5.0, 50.0)),
        ("paclitaxel", "miR_378a_3p", "miRNA", (0.0, 0.5, 5.0)),
    ],
)
def test_a_drug_raises_a_mirna_in_vesicles_through_its_factor(
    dish: Maker, drug: str, cargo: str, kind: str, doses: tuple[float, ...]
) -> None:
    """With the dose, in cells and in vesicles, over the same cells whose factors between pass nothing on: there is no rise.

    Against those, because a drug that stops growth and drives release moves contents a little by itself.
    """
    model = treated(dish, drug, [Cargo(cargo, kind)])
    found, cut = content(run_of(model, drug, doses), cargo), content(run_of(model, drug, doses, CUT), cargo)
    for with_factor, without in zip(found, cut, strict=True):
        rise = with_factor / without - 1.0
        assert abs(rise[0]) < 1e-6
        assert np.all(np.diff(rise) > 1e-3)
        assert np.all(without < 1.01 * without[0])


@pytest.mark.parametrize(
    ("drug", "cargo", "kind", "dose"),
    [
        ("gemcitabine", "miR_3173_5p", "miRNA", 30.0), ("melphalan", "SMPD1", "enzyme", 1e4), ("bortezomib", "SMPD1", "enzyme", 10.0),
        ("doxorubicin", "ABCB1", "pump_protein", 50.0),
    ],
)  # fmt: skip
def test_treatment_raises_a_marker_in_cells_and_vesicles(dish: Maker, drug: str, cargo: str, kind: str, dose: float) -> None:
    given = [Cargo(cargo, kind)]
    inside, outside = content(run_of(treated(dish, drug, given), drug, (0.0, dose)), cargo)
    assert inside[1] > 1.1 * inside[0] and outside[1] > 1.1 * outside[0]
    still, plain = content(run_of(treated(dish, drug, given, responses=[]), drug, (0.0, dose)), cargo)
    assert still[1] < 1.02 * still[0] and plain[1] < 1.02 * plain[0]


def test_vesicles_of_irradiated_donors_raise_glycolysis_more(dish: Maker) -> None:
    """Donors make more ALDOA after radiation; their vesicles, the same number, on cells that were not irradiated."""
    loads = []
    for dose in (0.0, 4.0):
        pulses = [{"id": "radiation", "dose": f"{dose} Gy", "at": "1 h"}] if dose else []
        asked = ["radiation"] if dose else []
        given = {"drugs": [], "pulses": pulses}
        model = treated(dish, "radiation", [Cargo("ALDOA", "enzyme")], responses=asked, **given)
        run = integrate(model.network, TIMES, initial=model.start(), events=model.events())
        loads.append(float(content(run, "ALDOA")[1][0]))
    assert loads[1] > 1.1 * loads[0]
    from exoresist.assembly.axes import Chains

    chains = Chains(starts={"ALDOA"})
    chains.add("ALDOA", "glycolysis", 1)
    preparation = [{"id": "preparation", "donor": "generic_tumour", "per_cell": "1e6 particle/cell", "at": "0 h"}]
    fresh = treated(dish, "doxorubicin", responses=[], vesicles=preparation, drugs=[])
    model = build(fresh.scenario, chains=chains, carried=[Cargo("ALDOA", "enzyme")])
    level = []
    for load in loads:
        values = {"recipient.ALDOA.copies": 1e5}
        run = integrate(
            model.network, TIMES, values=values, initial=model.start(values),
            events=model.events(values, loads={"preparation": {"cargo:ALDOA": load}}),
        )  # fmt: skip
        level.append(float(run.amount("recipient.glycolysis")[1, 0]))
    assert 1.0 < level[0] < level[1]
    assert (level[1] - 1.0) > 1.05 * (level[0] - 1.0)


def test_an_induced_pump_fades_when_the_drug_is_gone(dish: Maker) -> None:
    """The response is no heritable change: a state that follows the drug."""
    drugs = [{"id": "doxorubicin", "dose": "0 nM", "at": "0 h", "until": "24 h"}]
    model = treated(dish, "doxorubicin", [Cargo("ABCB1", "pump_protein")], drugs=drugs, duration="160 h")
    times = (0.0, 24.0, 150.0)
    run = integrate(
        model.network, times, initial=model.start(), events=model.events(doses={"doxorubicin": np.array([0.0, 20.0])})
    )
    pumps = run.amount("recipient.ABCB1") / run.amount("recipient.cells")
    fold = pumps[:, 1] / pumps[:, 0]
    assert fold[1] > 1.1
    assert abs(fold[2] - 1.0) < 0.3 * (fold[1] - 1.0)


def test_responses_that_mean_nothing_are_told(dish: Maker) -> None:
    with pytest.raises(InputError, match="does not hold"):
        treated(dish, "doxorubicin", responses=["cisplatin"])
    with pytest.raises(InputError, match="no edge is known"):
        treated(dish, "vincristine")
