"""The Python API in a page: answer a scenario, look underneath, change one thing, write a network of one's own."""

from __future__ import annotations

import numpy as np

import exoresist
from exoresist.laws import kinetics
from exoresist.network import Amount, Parameter


def main() -> None:
    scenario = exoresist.load("mcf7_doxorubicin")

    # Scenario and catalogue make a checked network; every number in it knows its source.
    model = exoresist.build(scenario)
    print(model.network)
    run = exoresist.simulate(model, every=6.0)
    print("recipients at the end:", round(float(run.amount("recipient.cells")[-1, 0])))
    print("worst conservation error:", max(run.conservation().values()))

    # One more factor on one process: what an intervention is.
    slower = model.network.with_parts(
        Parameter("block.strength", 0.8, "dimensionless"),
        Parameter("block.most", 0.9, "dimensionless"),
        exoresist.Modulation(
            "donor.secretion", kinetics.knockdown, {"strength": "block.strength", "most": "block.most"}, tag="my block"
        ),
    )
    after = slower.simulate(np.linspace(0.0, 72.0, 13), initial=model.start(), events=model.events())
    for label, one in (("as it is", run), ("release blocked", after)):
        print(f"{label}: {float(one.amount('medium.vesicles_donor')[-1, 0]):.3g} donor vesicles in the medium")

    # A model of one's own: two pools and a process.
    network = exoresist.Network(
        "uptake of a label",
        [
            exoresist.Pool("medium.label", "pmol", element="label", initial=1.0),
            exoresist.Pool("cells.label", "pmol", element="label"),
            Parameter("rate", 0.1, "1/h"),
            exoresist.Process(
                "uptake", "medium.label", "cells.label", kinetics.first_order, {"rate": "rate", "amount": Amount("medium.label")}
            ),
        ],
    )
    label = network.simulate([0.0, 1.0, 10.0])
    print("label inside after 10 h:", float(label.amount("cells.label")[-1, 0]))


if __name__ == "__main__":
    main()
