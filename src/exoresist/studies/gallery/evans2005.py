"""Topotecan in MCF-7 cells: Evans et al. 2005, 10.1002/acs.856.

    Lm' = −(kom + kmi)·Lm + kcm·Hm + kmo·v0·Le            L: lactone (active), H: hydroxy acid
    Hm' = kom·Lm − (kcm + kmi)·Hm + kmo·v0·He             m: medium, e: near the cells, c: cytosol, n: bound to DNA
    Le' = (kmi/v0)·Lm − (kmo + kom + ki)·Le + kcm·He + (ke/v1)·Lc
    He' = (kmi/v0)·Hm + kom·Le − (kcm + kmo)·He
    Lc' = ki·v1·Le − (ke + koc)·Lc + kcc·Hc + kdl·v2·Ln − kb·(BT − Ln)·Lc
    Hc' = koc·Lc − kcc·Hc + kdh·v2·Ln
    Ln' = (kb/v2)·(BT − Ln)·Lc − (kdl + kdh)·Ln

The paper writes concentrations, the network amounts. With 1 mL of medium the places have the volumes 1, v0, v0/v1 and
v0·v2/v1 mL; then every term moves an amount from one pool to another, which is why the weighted sum of the
concentrations is constant. The paper's rates are per second and µM, the network's per hour and nM.
"""

from __future__ import annotations

import numpy as np

from exoresist.laws import kinetics
from exoresist.network import Amount, Network, Parameter, Pool, Process, Run, integrate
from exoresist.studies.gallery.comparison import Array, Row, compared, published

SOURCE = "10.1002/acs.856"
PER_HOUR = 3600.0
NANOMOLAR = 1000.0  # nM in a uM

MEDIUM_TO_CELL, CELL_TO_MEDIUM = 1.4024e-6, 8.5721e-2  # kmi, kmo, 1/s
INFLUX, EFFLUX = 2.2244e-2, 8.0247e-3  # ki, ke, 1/s
RELEASED_LACTONE, RELEASED_ACID = 4.6676e-2, 2.5812e-7  # kdl, kdh, 1/s
OPENING, CLOSING = 1.5599e-4, 2.9553e-4  # kom = koc, kcm = kcc, 1/s
BINDING = 3.2414e-4  # kb, 1/(uM s)
SITES = 89.999  # BT, uM
V0, V1, V2 = 1.5073e-5, 0.36363, 326.0 / 829.0
DOSE = 10.0  # uM
VOLUMES = {"medium": 1.0, "near": V0, "cytosol": V0 / V1, "nucleus": V0 * V2 / V1}  # mL

# seconds -> (Lc, Ln), uM
TARGETS = {300.0: (7.292, 9.947), 600.0: (9.222, 12.54), 3600.0: (7.925, 11.06)}


def rebuild(influx: float = INFLUX, binding: float = BINDING) -> Network:
    """The network for ki (1/s) and kb (1/(µM s)), the other rates as published."""

    def rate(name: str, value: float, note: str) -> Parameter:
        return published(name, value * PER_HOUR, "1/h", SOURCE, f"{note}, from 1/s")

    parts: list[Parameter | Pool | Process] = [
        rate("entering", MEDIUM_TO_CELL, "kmi"),
        rate("leaving", CELL_TO_MEDIUM, "kmo"),
        rate("influx", influx, "ki"),
        rate("efflux", EFFLUX, "ke"),
        rate("release.lactone", RELEASED_LACTONE, "kdl"),
        rate("release.acid", RELEASED_ACID, "kdh"),
        rate("opening", OPENING, "kom = koc"),
        rate("closing", CLOSING, "kcm = kcc"),
        published("binding", binding / V2 * PER_HOUR / NANOMOLAR, "1/(nM*h)", SOURCE, "kb/v2, from 1/(uM s)"),
        published("sites", SITES * NANOMOLAR * VOLUMES["nucleus"], "pmol", SOURCE, "BT, from uM"),
        *(published(f"volume.{place}", volume, "mL", SOURCE) for place, volume in VOLUMES.items()),
    ]
    for form in ("lactone", "acid"):
        for place in VOLUMES:
            if (form, place) != ("acid", "nucleus"):
                initial = (1.0 + V0) * DOSE * NANOMOLAR if (form, place) == ("lactone", "medium") else 0.0
                parts.append(Pool(f"{form}.{place}", "pmol", "drug:topotecan", size=f"volume.{place}", initial=initial))

    def moves(name: str, source: str, sink: str, constant: str) -> Process:
        return Process(name, source, sink, kinetics.first_order, {"rate": constant, "amount": Amount(source)})

    for form in ("lactone", "acid"):
        parts.append(moves(f"entering.{form}", f"{form}.medium", f"{form}.near", "entering"))
        parts.append(moves(f"leaving.{form}", f"{form}.near", f"{form}.medium", "leaving"))
    for place in ("medium", "near", "cytosol"):
        parts.append(moves(f"opening.{place}", f"lactone.{place}", f"acid.{place}", "opening"))
        parts.append(moves(f"closing.{place}", f"acid.{place}", f"lactone.{place}", "closing"))
    parts += [
        moves("influx.lactone", "lactone.near", "lactone.cytosol", "influx"),
        moves("efflux.lactone", "lactone.cytosol", "lactone.near", "efflux"),
        moves("release.to_acid", "lactone.nucleus", "acid.cytosol", "release.acid"),
        Process(
            "binding.lactone",
            "lactone.cytosol",
            "lactone.nucleus",
            kinetics.reversible_binding,
            {
                "on_rate": "binding",
                "off_rate": "release.lactone",
                "concentration": "lactone.cytosol",
                "capacity": "sites",
                "bound": Amount("lactone.nucleus"),
            },
        ),
    ]
    return Network("evans2005", parts)


def solve(network: Network) -> Run:
    """The network at the published times."""
    times = [0.0, *(second / PER_HOUR for second in TARGETS)]
    return integrate(network, times, relative=1e-9, absolute=1e-12)


def concentration(run: Run, pool: str) -> Array:
    """(T,) concentration of a pool in µM."""
    return run.amount(pool)[:, 0] / VOLUMES[pool.split(".")[1]] / NANOMOLAR


def weighted_sum(run: Run) -> Array:
    """(T,) Lm + Hm + v0·(Le + He) + (v0/v1)·(Lc + Hc) + (v0·v2/v1)·Ln, µM."""
    total = np.zeros(len(run.times))
    for pool in run.network.pools:
        total += VOLUMES[pool.split(".")[1]] * concentration(run, pool)
    return total


def checks() -> list[Row]:
    """Free and bound lactone at three times, and the constant sum."""
    run = solve(rebuild())
    rows = []
    for place, which in (("cytosol", 0), ("nucleus", 1)):
        found = concentration(run, f"lactone.{place}")
        for index, (second, targets) in enumerate(TARGETS.items()):
            target = targets[which]
            rows.append(compared(f"lactone in the {place}, {second:g} s (uM)", target, found[index + 1], 0.001 * target))
    total = weighted_sum(run)
    drift = float(np.max(np.abs(total - total[0])) / total[0])
    rows.append(compared("relative drift of the conserved sum", 0.0, drift, 1e-9))
    return rows
