"""Radiation and light."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.assembly.axes import Chains
from exoresist.assembly.build import build
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.network import integrate

TIMES = (0.0, 24.0, 72.0)
Maker = Callable[..., Any]


def irradiated(dish: Maker, *pulses: tuple[str, str], **changes: Any) -> Any:
    """Generic cells with radiation (dose, time)."""
    entries = [{"id": "radiation", "dose": dose, "at": at} for dose, at in pulses]
    given = {
        "pulses": entries, "drugs": [], "cargo": [], "duration": "72 h", "assay": {"kind": "time_course", "population": "recipient"},
        **changes,
    }  # fmt: skip
    return dish(populations=[{"id": "recipient", "cell_line": "generic_tumour", "count": "3000 cell"}], **given)


def cells(one: Any) -> float:
    return float(one.run(TIMES).amount("recipient.cells")[-1, 0])


def test_survivors_of_two_gray_are_those_of_the_law(dish: Maker) -> None:
    share = cells(irradiated(dish, ("2 Gy", "0 h"))) / cells(irradiated(dish))
    assert share == pytest.approx(np.exp(-0.3 * 2.0 - 0.03 * 4.0), rel=0.02)


def test_lesions_of_a_pulse_are_alpha_d_and_beta_d_squared(dish: Maker) -> None:
    catalog = Catalog.load()
    alpha, beta, scale = (
        catalog.parameter(name, "drug:radiation").value for name in ("radiation_alpha", "radiation_beta", "damage_yield")
    )
    for dose in (1.0, 4.0):
        one = irradiated(dish, (f"{dose} Gy", "1 h"))
        run = one.run((0.0, 1.0, 1.05), values={f"factor.{name}": 0.0 for name in one.named("repair")})
        made = run.amount("recipient.damage_by_radiation")[:, 0] / run.amount("recipient.cells")[:, 0]
        assert made[1] == 0.0
        assert made[2] == pytest.approx(scale * (alpha * dose + beta * dose**2), rel=0.01)


def test_fractions_with_time_to_mend_kill_less(dish: Maker) -> None:
    none, once, split = (
        cells(irradiated(dish, *given)) for given in ((), (("4 Gy", "0 h"),), (("2 Gy", "0 h"), ("2 Gy", "24 h")))
    )
    assert once < split < none


def test_lost_recombination_radiosensitises_and_mgmt_does_not_protect(dish: Maker) -> None:
    dose = ("3 Gy", "0 h")
    plain = cells(irradiated(dish, dose))
    lost = cells(irradiated(dish, dose, interventions=[{"id": "brca1_loss", "strength": 1.0}]))
    mgmt = cells(irradiated(dish, dose, interventions=[{"id": "mgmt_overexpression", "strength": 1.0}]))
    assert lost < 0.9 * plain
    assert mgmt == pytest.approx(plain, rel=1e-9)


PATHS = {
    "M094 mTORC1": (("MTOR", "HIF1A", 1), ("HIF1A", "SREBF1", 1), ("SREBF1", "cardiolipin", 1), ("cardiolipin", "apoptosis", -1)),
    "M094 cardiolipin": (("cardiolipin", "apoptosis", -1),),
    "T067": (("CPT1A", "fatty_acid_oxidation", 1),),
}


@pytest.mark.parametrize("name", PATHS)
def test_blocking_the_head_of_a_radioresistance_chain_radiosensitises(dish: Maker, name: str) -> None:
    """Every edge is stored, the last node acts as its own hub row says; without radiation the same block does next to nothing."""
    catalog = Catalog.load()
    edges = PATHS[name]
    for origin, target, sign in edges:
        assert (target, sign) in catalog.edges_from(origin)
    chains = Chains(starts={edges[0][0]})
    for edge in edges:
        chains.add(*edge)
    hub = catalog.find_hub(edges[-1][1])
    assert hub is not None
    chains.outcomes[hub.id, "radiation"] = int(hub.sign)
    ends = {}
    for dose in ("none", "3 Gy"):
        pulses = () if dose == "none" else ((dose, "0 h"),)
        scenario = irradiated(dish, *pulses).model.scenario
        model = build(scenario, chains=chains)
        levels = np.array([1.0, 0.2])
        run = integrate(
            model.network, TIMES, initial={**model.start(), f"recipient.{edges[0][0]}": levels}, events=model.events()
        )
        last = run.amount("recipient.cells")[-1]
        ends[dose] = float(last[1] / last[0])
    assert ends["3 Gy"] < 0.99
    assert ends["3 Gy"] < ends["none"] - 0.005


def test_a_lit_dye_kills_and_neither_light_nor_dye_alone(dish: Maker) -> None:
    """Vesicles carry Rose Bengal; the beam follows four hours later. The dark, and light without dye, do next to nothing."""
    dye = [{"id": "rose_bengal", "dose": "0 nM"}]
    preparation = [{"id": "preparation", "donor": "generic_tumour", "per_cell": "1e6 particle/cell", "at": "0 h"}]
    ends = {}
    for light in (False, True):
        one = irradiated(dish, drugs=dye, vesicles=preparation)
        entries = [{"id": "light_532nm", "lasting": "0.2 h", "at": "4 h"}] if light else []
        scenario = one.model.scenario.model_dump(by_alias=True, mode="json", exclude_none=True)
        lit = dish(**{**scenario, "pulses": entries})
        for load in (0.0, 1e-8):
            events = lit.model.events(loads={"preparation": {"retained:rose_bengal": load, "exchangeable:rose_bengal": 0.0}})
            run = integrate(lit.network, TIMES, initial=lit.model.start(), events=events)
            ends[light, load] = float(run.amount("recipient.cells")[-1, 0])
            assert run.conservation()["drug:rose_bengal"] < 1e-9
    nothing = ends[False, 0.0]
    assert ends[True, 1e-8] < 0.5 * nothing
    assert ends[False, 1e-8] == pytest.approx(nothing, rel=1e-3)
    assert ends[True, 0.0] == pytest.approx(nothing, rel=1e-9)


def test_gpx4_saves_from_the_lit_dye(dish: Maker) -> None:
    """What light makes are lipid peroxides: the node that reduces them saves cells, one that mends DNA does not."""
    saved = {}
    for node in ("GPX4", "RAD51"):
        chains = Chains(starts={node}, outcomes={(node, "rose_bengal"): 1})
        one = irradiated(dish, drugs=[{"id": "rose_bengal", "dose": "0 nM"}])
        scenario = one.model.scenario.model_dump(by_alias=True, mode="json", exclude_none=True)
        lit = dish(**{**scenario, "pulses": [{"id": "light_532nm", "lasting": "0.2 h", "at": "4 h"}]})
        model = build(lit.model.scenario, chains=chains)
        run = integrate(
            model.network, TIMES, initial={**model.start(), f"recipient.{node}": np.array([1.0, 3.0])},
            events=model.events(doses={"rose_bengal": 2000.0}),
        )  # fmt: skip
        last = run.amount("recipient.cells")[-1]
        saved[node] = float(last[1] / last[0])
    assert saved["GPX4"] > 1.05
    assert saved["RAD51"] == pytest.approx(1.0, abs=1e-9)


def test_wrong_pulses_are_told(dish: Maker) -> None:
    with pytest.raises(InputError, match="overlap"):
        irradiated(dish, ("2 Gy", "0 h"), ("2 Gy", "0.01 h"))
    with pytest.raises(InputError, match="no pulse but a drug"):
        irradiated(dish, pulses=[{"id": "doxorubicin", "dose": "2 Gy"}])
    with pytest.raises(InputError, match="one measure"):
        irradiated(dish, pulses=[{"id": "radiation"}])
    with pytest.raises(InputError, match="no concentration"):
        irradiated(dish, drugs=[{"id": "radiation", "dose": "1 nM"}])
    with pytest.raises(InputError, match="lights nothing up"):
        irradiated(dish, pulses=[{"id": "light_532nm", "lasting": "1 h"}])


def test_what_a_scenario_does_not_ask_for_is_not_there(dish: Maker) -> None:
    """The present scenarios hold none of the new parts: no pulses, signals, active forms or lesions beside their drug's one damage."""
    network = dish().network
    assert [pool for pool in network.pools if "damage" in pool] == [
        "recipient.damage_by_doxorubicin",
        "donor.damage_by_doxorubicin",
    ]
    words = ("pulse", "signal", "active_", "share_", "bypass", "response", "liposome", "_by_GSTP1")
    names = (*network.pools, *network.processes, *network.parameters)
    assert not [
        name for name in names if any(word in name.replace("uptake_share_", "") for word in words) and "escrt_share" not in name
    ]
