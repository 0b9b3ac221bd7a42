"""The figures of the MCF-7 dish that the project is held to, each measured by running it; exit code 1 if one is missed.

Run by hand: python verification/figures.py [--json]

Last result (2026-11-20): see the bottom of this file.
"""

from __future__ import annotations

import argparse
import json
import sys

import numpy as np

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import Model, build
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.compartments import culture
from exoresist.laws import kinetics, signalling
from exoresist.network import Modulation, Network, Node, Parameter
from exoresist.studies.survival import survive

Row = dict[str, object]
ENDS = np.array([0.0, 72.0])


def row(quantity: str, target: str, got: float, passed: bool) -> Row:
    return {"quantity": quantity, "target": target, "got": got, "passed": bool(passed)}


def arm(scenario: str, name: str) -> Model:
    return build({one.id: changed for one, changed in expand_arms(load_scenario(bundled_scenarios()[scenario]))}[name])


def potencies() -> list[Row]:
    """72 h IC50 of both lines alone, for both drugs, from one parameter set."""
    rows = []
    for drug, name, target, margin in (
        ("doxorubicin", "recipients_alone", 24.0, 3.0),
        ("doxorubicin", "donors_alone", 121.0, 15.0),
        ("paclitaxel", "recipients_alone", 1.7, 0.25),
        ("paclitaxel", "donors_alone", 54.0, 8.0),
    ):
        doses = (target * np.geomspace(0.1, 10.0, 11)).tolist()
        got = float(survive(arm(f"mcf7_{drug}", name), drug, doses, {}, 1, ENDS).ic50[0])
        rows.append(row(f"{drug} IC50, {name}, nM", f"{target} +/- {margin}", got, abs(got - target) <= margin))
    return rows


def paclitaxel_share() -> list[Row]:
    """Stock of paclitaxel in secreted vesicles over vesicles and cells, 100 nM, 24 h; and the lysate per 10^6 cells."""
    model = arm("mcf7_paclitaxel", "recipients_alone")
    run = culture(model, [0.0, 24.0], doses={"paclitaxel": 100.0})
    outside = sum(run.amount(f"medium.vesicles_recipient.{kind}_paclitaxel")[-1, 0] for kind in ("exchangeable", "retained"))
    inside = sum(
        run.amount(pool.id)[-1, 0]
        for pool in model.network.pools.values()
        if pool.element == "drug:paclitaxel" and pool.id.startswith("recipient.")
    )
    share = outside / (outside + inside)
    lysate = inside / run.amount("recipient.cells")[-1, 0] * 1e6
    return [
        row("paclitaxel share in vesicles, 100 nM, 24 h", "0.03 to 0.08", share, 0.03 <= share <= 0.08),
        row("paclitaxel in the lysate of 10^6 cells, pmol", "27 +/- 20 %", lysate, abs(lysate / 27.0 - 1.0) < 0.2),
    ]


def add_back() -> list[Row]:
    """P-glycoprotein on recipients after vesicles are added; a variant in which it is only synthesised must miss."""
    times = np.arange(0.0, 72.01, 0.25)
    model = arm("pgp_add_back", "added")
    rows = []
    for label, network, should in (
        ("add-back", model.network, True),
        ("synthesis only", synthesis_only(model), False),
    ):
        start, events = model.start(), model.events()
        run = network.simulate(times, initial=start, events=events)  # type: ignore[arg-type]
        level = run.amount("recipient.ABCB1")[:, 0] / run.amount("recipient.cells")[:, 0]  # type: ignore[attr-defined]
        gained = level - level[0]
        early, peak = float(gained[16] / gained.max()), float(times[gained.argmax()])
        met = early >= 0.4 and 10.0 <= peak <= 14.0
        rows.append(row(f"{label}: level(4 h)/max", ">= 0.4" if should else "misses", early, met == should))
        rows.append(row(f"{label}: peak, h", "10 to 14" if should else "misses", peak, met == should))
    return rows


def synthesis_only(model: Model) -> Network:
    """Nothing is delivered; vesicles taken up start transcription instead: signal, mRNA, protein made by the recipient."""
    times = {name: model.catalog.parameter(name, "node").value for name in ("signalling_time", "mrna_time")}
    half = Parameter("variant.half", 1000.0, "particle")
    most = Parameter("variant.most", 5.0, "dimensionless")
    one = Parameter("variant.one", 1.0, "dimensionless")
    parts = [
        half,
        most,
        one,
        *(Parameter(f"variant.{name}", value, "h") for name, value in times.items()),
        Node(
            "variant.signal",
            "variant.signalling_time",
            [
                (
                    kinetics.stimulation,
                    {"concentration": "recipient.endosome_preparation", "half": "variant.half", "most": "variant.most"},
                )
            ],
        ),
        Node(
            "variant.mrna",
            "variant.mrna_time",
            [(signalling.power_effect, {"activity": "variant.signal", "exponent": "variant.one"})],
        ),
        Modulation(
            "recipient.ABCB1.pump_synthesis",
            signalling.power_effect,
            {"activity": "variant.mrna", "exponent": "variant.one"},
            tag="induced by vesicles",
        ),
    ]
    return model.network.with_parts(*parts).with_values(recipient__delivered_fraction=0.0)


def transfer_law() -> list[Row]:
    """IC50 fold against pump level: 1 + (R - 1) p / p_R."""
    model = arm("mcf7_doxorubicin", "recipients_alone")
    level = np.array([0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0])
    copies = level * model.catalog.parameter("pump_copies", "cell_line:mcf7_resistant|pump:ABCB1").value
    result = survive(
        model, "doxorubicin", np.geomspace(5.0, 500.0, 12).tolist(), {"recipient.ABCB1.copies": copies}, len(level), ENDS
    )
    fold = result.ic50 / result.ic50[0]
    law = 1.0 + (fold[-1] - 1.0) * level
    worst = float(np.abs(fold / law - 1.0).max())
    return [row("transfer law, largest relative deviation, p/p_R .003 to 1", "<= 0.02", worst, worst <= 0.02)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    rows = [*potencies(), *paclitaxel_share(), *add_back(), *transfer_law()]
    if parser.parse_args().json:
        print(json.dumps(rows))
    else:
        for one in rows:
            print(f"{'ok  ' if one['passed'] else 'MISS'} {one['quantity']:58s} target {one['target']:14s} got {one['got']:.4g}")
    sys.exit(0 if all(one["passed"] for one in rows) else 1)


if __name__ == "__main__":
    main()
