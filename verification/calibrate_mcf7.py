"""Calibrate the MCF-7 numbers of the catalogue against the figures of the field; prints the rows to put into parameters.tsv.

Free numbers: damage rate and pump turnover of doxorubicin and paclitaxel, paclitaxel's binding capacity and its partition into
vesicles. Held fixed: everything else at its catalogue value. Targets: EC50 24 and 121 nM (doxorubicin), 1.7 and 54 nM (paclitaxel), 72 h;
27 pmol of paclitaxel in the lysate of 10^6 cells and 5.3 % of the sum in vesicles at 100 nM, 24 h (sensitive cells).

Run by hand: python verification/calibrate_mcf7.py
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import root

from exoresist.assembly.arms import expand_arms
from exoresist.assembly.build import Model, build
from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.network import integrate

TARGETS = {"doxorubicin": (24.0, 121.0), "paclitaxel": (1.7, 54.0)}
LYSATE, SHARE = 27.0e-6, 0.053


def models(drug: str) -> tuple[Model, Model]:
    """Recipients alone and donors alone."""
    scenario = load_scenario(bundled_scenarios()[f"mcf7_{drug}"])
    arms = {arm.id: one for arm, one in expand_arms(scenario)}
    return build(arms["recipients_alone"]), build(arms["donors_alone"])


def ic50(model: Model, drug: str, values: dict[str, float], near: float) -> float:
    """Dose that halves the survivors at 72 h, by interpolation on a fine grid around `near`."""
    doses = np.concatenate([[0.0], near * np.geomspace(0.2, 5.0, 95)])
    who = model.scenario.assay.population
    run = integrate(
        model.network, [0.0, 72.0], values=values, initial=model.start(values),
        events=model.events(values, {drug: doses}), relative=1e-8,
    )  # fmt: skip
    left = run.amount(f"{who}.cells")[-1]
    share = left[1:] / left[0]
    if share[0] < 0.5 or share[-1] > 0.5:
        return near * (0.2 if share[0] < 0.5 else 5.0)
    return float(np.exp(np.interp(0.5, share[::-1], np.log(doses[1:])[::-1])))


def content(model: Model, values: dict[str, float]) -> tuple[float, float]:
    """Paclitaxel per cell in the lysate (pmol) and the share of the sum that is in secreted vesicles, 100 nM, 24 h."""
    run = integrate(
        model.network, [0.0, 24.0], values=values, initial=model.start(values),
        events=model.events(values, {"paclitaxel": np.array([100.0])}), relative=1e-8,
    )  # fmt: skip
    who = model.scenario.assay.population
    inside = [f"{who}.{place}_paclitaxel" for place in ("cytosol", "lysosome", "target")]
    inside += [
        f"{who}.{place}.{kind}_paclitaxel" for place in ("ilv", f"endosome_{who}") for kind in ("exchangeable", "retained")
    ]
    outside = [f"medium.vesicles_{who}.{kind}_paclitaxel" for kind in ("exchangeable", "retained")]
    lysate = sum(run.amount(name)[-1, 0] for name in inside)
    vesicles = sum(run.amount(name)[-1, 0] for name in outside)
    return lysate / run.amount(f"{who}.cells")[-1, 0], vesicles / (vesicles + lysate)


def main() -> None:
    for drug, (low, high) in TARGETS.items():
        sensitive, resistant = models(drug)
        names = ["damage_rate", "kcat"]
        if drug == "paclitaxel":
            names += ["target_capacity", "partition"]

        def spread(scale: np.ndarray, drug: str = drug) -> dict[str, float]:
            parameters = {**sensitive.network.parameters, **resistant.network.parameters}
            result = {}
            for who in ("recipient", "donor"):
                for name, identifier in (
                    ("damage_rate", f"{who}.{drug}.damage_rate"),
                    ("kcat", f"{who}.{drug}.ABCB1.kcat"),
                    ("target_capacity", f"{who}.{drug}.target_capacity"),
                    ("partition", f"{drug}.vesicle_partition"),
                ):
                    if name in names and identifier in parameters:
                        result[identifier] = parameters[identifier].value * float(np.exp(scale[names.index(name)]))
            return result

        def mine(model: Model, values: dict[str, float]) -> dict[str, float]:
            return {key: value for key, value in values.items() if key in model.network.parameters}

        def miss(scale: np.ndarray, drug: str = drug, low: float = low, high: float = high) -> list[float]:
            values = spread(scale)
            off = [
                np.log(ic50(sensitive, drug, mine(sensitive, values), low) / low),
                np.log(ic50(resistant, drug, mine(resistant, values), high) / high),
            ]
            if drug == "paclitaxel":
                lysate, share = content(sensitive, mine(sensitive, values))
                off += [np.log(lysate / LYSATE), np.log(share / SHARE)]
            return off

        found = root(miss, np.zeros(len(names)), method="hybr", options={"xtol": 1e-4})
        print(f"{drug}: converged={found.success}, left over {np.abs(found.fun).max():.1e}")
        for key, value in spread(found.x).items():
            if not key.startswith("donor"):
                print(f"  {key} = {value:.4g}")


if __name__ == "__main__":
    main()
