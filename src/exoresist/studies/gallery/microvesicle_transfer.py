"""Resistance passed on by microvesicles, as mass action.

    S' = S·[p_S·(1 − N) − h_S − b·R]
    R' = R·[p_R·(1 − N) − h_R] + b·S·R,   N = S + R

The form is derived from the claim of Denes, Marzban & Rost 2021, whose equations were not seen: transfer cannot ruin a
therapy that eradicates, but can doom a partly successful one. Populations are shares of the capacity (1 cell), times h.
"""

from __future__ import annotations

from exoresist.laws import growth, kinetics
from exoresist.network import Network, Parameter, Pool, Process, Sum, integrate
from exoresist.studies.gallery.comparison import Row, compared

# (p_S, p_R, h_S, h_R, b) -> (S, R) in the long run
STEADY = {
    (1.0, 0.6, 1.2, 0.7, 0.0): (0.0, 0.0),
    (1.0, 0.6, 1.2, 0.7, 5.0): (0.0, 0.0),
    (1.0, 0.6, 0.5, 0.35, 0.0): (0.5, 0.0),
    (1.0, 0.6, 0.5, 0.35, 0.15): (0.1515, 0.3030),
    (1.0, 0.6, 0.5, 0.35, 0.4): (0.0, 0.4167),
    (1.0, 0.6, 0.8, 0.1, 0.0): (0.0, 0.8333),
}
LONG = 2000.0


def rebuild(
    growth_sensitive: float = 1.0,
    growth_resistant: float = 0.6,
    kill_sensitive: float = 0.5,
    kill_resistant: float = 0.35,
    transfer: float = 0.15,
) -> Network:
    """The network for p_S, p_R, h_S, h_R (1/h) and b (1/h per cell)."""
    parts: list[Parameter | Pool | Process | Sum] = [
        Parameter("transfer", transfer, "1/(cell*h)"),
        Parameter("capacity", 1.0, "cell"),
        Sum("cells", ["sensitive", "resistant"]),
        Pool("born", "cell", element="cell", exchange=True),
        Pool("killed", "cell", element="cell", exchange=True),
        Process(
            "vesicle_transfer",
            "sensitive",
            "resistant",
            kinetics.product,
            {"first": "transfer", "second": "resistant"},
            specific=True,
        ),
    ]
    for kind, growing, killing in (
        ("sensitive", growth_sensitive, kill_sensitive),
        ("resistant", growth_resistant, kill_resistant),
    ):
        parts += [
            Pool(kind, "cell", element="cell", initial=0.1),
            Parameter(f"growth.{kind}", growing, "1/h"),
            Parameter(f"kill.{kind}", killing, "1/h"),
            Process(
                f"growth_of_{kind}",
                "born",
                kind,
                growth.logistic_growth,
                {"rate": f"growth.{kind}", "population": "cells", "capacity": "capacity"},
                birth=True,
            ),
            Process(f"killing_of_{kind}", kind, "killed", kinetics.constant, {"rate": f"kill.{kind}"}, specific=True),
        ]
    return Network("microvesicle_transfer", parts)


def steady_state(network: Network) -> tuple[float, float]:
    """Sensitive and resistant cells in the long run."""
    run = integrate(network, [0.0, LONG], relative=1e-8, absolute=1e-12)
    return float(run.amount("sensitive")[-1, 0]), float(run.amount("resistant")[-1, 0])


def checks() -> list[Row]:
    """The steady states of six parameter sets."""
    rows = []
    for numbers, targets in STEADY.items():
        found = steady_state(rebuild(*numbers))
        label = "(" + ", ".join(f"{number:g}" for number in numbers) + ")"
        for kind, target, got in zip(("sensitive", "resistant"), targets, found, strict=True):
            rows.append(compared(f"{kind} at {label}", target, got, 1e-4))
    return rows
