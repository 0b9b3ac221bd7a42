"""A co-culture of sensitive recipients and resistant donors under doxorubicin, written out plainly.

One page of NumPy and SciPy; nothing of exoresist is imported. It holds the same equations as the package's composed
model, so that they can be read in one place and checked (tests/models/test_plain_twin.py holds both equal). Amounts:
cells, vesicles, copies of P-glycoprotein ("pump"), pmol of drug. Units: h, mL, nM = pmol/mL.

Run it:  python examples/plain_coculture.py
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

POPULATIONS = ("recipient", "donor")
IN_CELL = ("cells", "damage", "pump", "cytosol", "lysosome", "target")
IN_VESICLES = ("vesicles", "exchangeable", "retained", "pump")  # a pool of vesicles, and what they hold
ENDOCYTIC = ("clathrin", "caveolin", "macropinocytosis", "receptor")

# Where vesicles are: inside their maker, in the medium, and in the endosomes of whoever took them up.
VESICLE_POOLS = (
    *(f"{maker}.ilv" for maker in POPULATIONS),
    *(f"medium.from_{maker}" for maker in POPULATIONS),
    *(f"{eater}.endosome_from_{maker}" for eater in POPULATIONS for maker in POPULATIONS),
)
STATES = (
    "medium.drug",
    "metabolised.drug",
    *(f"{who}.{name}" for who in POPULATIONS for name in IN_CELL),
    *(f"{pool}.{name}" for pool in VESICLE_POOLS for name in IN_VESICLES),
)

# Example numbers, typed in so that this page stands alone. The sourced ones, with ranges and references, are rows of
# src/exoresist/catalog/tables/parameters.tsv.
WELL = {
    "volume": 0.1,  # mL
    "capacity": 60000.0,  # cells
    "mixing": 1.0,  # 1 stirred; less where vesicles must diffuse to the cells
    "hypoxia": 0.0, "acidity": 0.0, "starvation": 0.0,  # stress, 0 none to 1 severe
}  # fmt: skip
DRUG = {
    "free_fraction": 0.75,  # not bound to serum
    "vesicle_partition": 200.0,  # drug per volume in vesicles over total drug per volume around them
    "retained_fraction": 0.5,  # of the drug in vesicles, for good
    "leak_rate": 0.1,  # 1/h, of the rest
}
SENSITIVE = {
    "growth_rate": 0.028, "arrest_threshold": 0.3, "arrest_hill": 2.0,
    "basal_death": 0.001, "max_death": 0.1, "death_threshold": 1.0, "death_hill": 3.0,
    "damage_rate": 3.0, "phase_specific": 0.0, "repair_rate": 0.05,
    "cell_volume": 2e-9, "cell_area": 2000.0,  # mL, um^2
    "ilv_formation": 150.0, "escrt_share": 0.5, "ceramide_left": 1.0,  # vesicles/cell/h; what GW4869 leaves of a route
    "secretion_rate": 0.1, "lysosomal_degradation": 0.15, "vesicle_clearance": 0.15,  # 1/h
    "diameter": 0.1, "diameter_sigma": 0.36, "diameter_fold_hypoxia": 0.85,  # um, median; log-normal
    "fold_hypoxia": 2.0, "fold_acidity": 2.0, "fold_starvation": 1.5, "fold_drug": 1.5,  # of vesicle formation
    "pump_copies": 1e3, "pump_turnover": 0.045, "pump_enrichment": 2.0, "pump_sorter": 1.0,
    "pump_kcat": 2.6e-8, "pump_km": 1500.0, "pump_hill": 2.0,  # pmol/copy/h, nM
    "permeability": 7e-8, "metabolism_rate": 0.002,  # mL/h/cell, 1/h
    "target_capacity": 5e-4, "target_on": 0.06, "target_off": 60.0,  # pmol/cell, 1/(nM h), 1/h
    "lysosome_share": 0.01, "lysosome_accumulation": 200.0, "trapping_rate": 5.0,
    "uptake_clearance": 1e-8, "uptake_fold_hypoxia": 1.5,  # mL/h/cell; the fold is of the receptor route
    "share_clathrin": 0.35, "share_caveolin": 0.15, "share_macropinocytosis": 0.3, "share_receptor": 0.1,
    "share_fusion": 0.1,
    "unpacking_rate": 0.4, "recycling_rate": 0.05, "endosome_degradation": 0.1, "delivered_fraction": 0.3,
}  # fmt: skip
RESISTANT = {**SENSITIVE, "growth_rate": 0.025, "pump_copies": 1e6}
PARAMETERS = {"well": WELL, "drug": DRUG, "recipient": SENSITIVE, "donor": RESISTANT}


def hill(x, n):
    power = max(x, 1e-30) ** n
    return power / (1 + power)


def vesicle_size(p, well):
    """Mean area (um^2) and volume (mL) of one vesicle: log-normal diameters, smaller in hypoxia."""
    d = p["diameter"] * (1 + (p["diameter_fold_hypoxia"] - 1) * well["hypoxia"])
    area = np.pi * d**2 * np.exp(2 * p["diameter_sigma"] ** 2)
    volume = 1e-12 * np.pi / 6 * d**3 * np.exp(4.5 * p["diameter_sigma"] ** 2)
    return area, volume


def pump_loading(p, well, formation):
    """Share of a cell's pumps that leaves into new vesicles per hour; `formation`: vesicles per cell and hour."""
    area, _ = vesicle_size(p, well)
    return formation * p["pump_enrichment"] * p["pump_sorter"] * area / p["cell_area"]


def derivatives(s, parameters):
    """dy/dt, by state."""
    well, drug = parameters["well"], parameters["drug"]
    dy = dict.fromkeys(STATES, 0.0)
    free_outside = drug["free_fraction"] * s["medium.drug"] / well["volume"]
    everyone = sum(s[f"{who}.cells"] for who in POPULATIONS)

    def vesicles_leave(pool, rate, to="", drug_to="", pump_to=""):
        """Vesicles leave a pool at `rate` (1/h) with what they hold: whole into the pool `to`, or they end."""
        for name in IN_VESICLES:
            dy[f"{pool}.{name}"] -= rate * s[f"{pool}.{name}"]
            if to:
                dy[f"{to}.{name}"] += rate * s[f"{pool}.{name}"]
        if drug_to:
            dy[drug_to] += rate * (s[f"{pool}.exchangeable"] + s[f"{pool}.retained"])
        if pump_to:
            receiver, fraction = pump_to
            dy[receiver] += fraction * rate * s[f"{pool}.pump"]

    for who in POPULATIONS:
        p = parameters[who]
        cells, damage, pump, cytosol, lysosome, target = (s[f"{who}.{name}"] for name in IN_CELL)
        _, vesicle_volume = vesicle_size(p, well)
        volume = p["cell_volume"] * cells
        free = cytosol / volume
        total = (cytosol + lysosome + target) / volume  # what vesicles partition against
        per_cell = damage / cells
        ilv = f"{who}.ilv"

        # Cells: division stops near full wells and in damaged cells; damage kills.
        room = max(1 - everyone / well["capacity"], 0)
        birth = p["growth_rate"] * room * (1 - hill(per_cell / p["arrest_threshold"], p["arrest_hill"]))
        death = p["basal_death"] + p["max_death"] * hill(per_cell / p["death_threshold"], p["death_hill"])
        dy[f"{who}.cells"] += (birth - death) * cells

        # Damage (summed over cells): made by occupied target, repaired, gone with the dead. What harms only cells in
        # cycle spares crowded ones, but not those that damage holds in mitosis.
        occupancy = target / (p["target_capacity"] * cells)
        hit = p["damage_rate"] * occupancy * (1 - p["phase_specific"] * (1 - room))
        dy[f"{who}.damage"] += hit * cells - (p["repair_rate"] + death) * damage

        # Vesicles form inside the cell by two routes, more under stress.
        stress = (
            (1 + (p["fold_hypoxia"] - 1) * well["hypoxia"])
            * (1 + (p["fold_acidity"] - 1) * well["acidity"])
            * (1 + (p["fold_starvation"] - 1) * well["starvation"])
            * (1 + (p["fold_drug"] - 1) * per_cell / (p["death_threshold"] + per_cell))
        )
        routes = p["escrt_share"] + (1 - p["escrt_share"]) * p["ceramide_left"]
        formed = p["ilv_formation"] * routes * stress * cells
        dy[f"{ilv}.vesicles"] += formed

        # Pumps: synthesis holds the undisturbed content; some leave in vesicles.
        loading = pump_loading(p, well, formed / cells)
        basal_loading = pump_loading(p, well, p["ilv_formation"])
        dy[f"{who}.pump"] += p["pump_copies"] * cells * (p["pump_turnover"] + birth + basal_loading)
        dy[f"{who}.pump"] -= (p["pump_turnover"] + loading + death) * pump
        dy[f"{ilv}.pump"] += loading * pump

        # Drug: in and out through the membrane, pumped out, bound, trapped, metabolised, packed into vesicles.
        influx = p["permeability"] * cells * (free_outside - free)
        efflux = p["pump_kcat"] * pump * hill(free / p["pump_km"], p["pump_hill"])
        binding = p["target_on"] * free * (p["target_capacity"] * cells - target) - p["target_off"] * target
        trapping = p["trapping_rate"] * (p["lysosome_accumulation"] * free * p["lysosome_share"] * volume - lysosome)
        metabolism = p["metabolism_rate"] * cytosol
        retained = drug["vesicle_partition"] * drug["retained_fraction"] * total * vesicle_volume * formed
        takes = drug["vesicle_partition"] * (1 - drug["retained_fraction"]) * vesicle_volume * s[f"{ilv}.vesicles"]
        exchanged = drug["leak_rate"] * (takes * total - s[f"{ilv}.exchangeable"])
        dy["medium.drug"] += efflux - influx + death * (cytosol + lysosome + target)
        dy[f"{who}.cytosol"] += influx - efflux - binding - trapping - metabolism - retained - exchanged
        dy[f"{who}.cytosol"] -= death * cytosol
        dy[f"{who}.target"] += binding - death * target
        dy[f"{who}.lysosome"] += trapping - death * lysosome
        dy["metabolised.drug"] += metabolism
        dy[f"{ilv}.retained"] += retained
        dy[f"{ilv}.exchangeable"] += exchanged

        # Vesicles inside are secreted, degraded, or lost with the dead (drug to the medium, pumps to debris).
        vesicles_leave(ilv, p["secretion_rate"], to=f"medium.from_{who}")
        vesicles_leave(ilv, p["lysosomal_degradation"], drug_to=f"{who}.cytosol")
        vesicles_leave(ilv, death, drug_to="medium.drug")

        # In the medium they leak or take up drug, and are cleared.
        outside = f"medium.from_{who}"
        takes = drug["vesicle_partition"] * (1 - drug["retained_fraction"]) * vesicle_volume * s[f"{outside}.vesicles"]
        leaked_in = drug["leak_rate"] * (takes * free_outside - s[f"{outside}.exchangeable"])
        dy[f"{outside}.exchangeable"] += leaked_in
        dy["medium.drug"] -= leaked_in
        vesicles_leave(outside, p["vesicle_clearance"], drug_to="medium.drug")

        # Uptake of everybody's vesicles, by four endocytic routes into endosomes and by fusion straight into the cell.
        shares = {route: p[f"share_{route}"] for route in (*ENDOCYTIC, "fusion")}
        contact = well["mixing"] * p["uptake_clearance"] * cells / well["volume"] / sum(shares.values())
        proteoglycans = 1 + (p["uptake_fold_hypoxia"] - 1) * well["hypoxia"]
        endocytosis = contact * (sum(shares[route] for route in ENDOCYTIC) + shares["receptor"] * (proteoglycans - 1))
        fusion = contact * shares["fusion"]
        delivered = p["delivered_fraction"]
        for maker in POPULATIONS:
            outside, endosome = f"medium.from_{maker}", f"{who}.endosome_from_{maker}"
            vesicles_leave(outside, endocytosis, to=endosome)
            # Fusion delivers all, unless delivery is switched off for the null.
            vesicles_leave(outside, fusion, drug_to=f"{who}.cytosol", pump_to=(f"{who}.pump", float(delivered > 0)))
            vesicles_leave(endosome, p["unpacking_rate"], drug_to=f"{who}.cytosol", pump_to=(f"{who}.pump", delivered))
            vesicles_leave(endosome, p["recycling_rate"], to=outside)
            vesicles_leave(endosome, p["endosome_degradation"], drug_to=f"{who}.cytosol")
            vesicles_leave(endosome, death, drug_to="medium.drug")
    return dy


def steady_start(parameters, cells, dose):
    """Amounts at time 0: undisturbed cells with a steady number of vesicles inside, `dose` nM in fresh medium."""
    start = dict.fromkeys(STATES, 0.0)
    start["medium.drug"] = dose * parameters["well"]["volume"]
    for who in POPULATIONS:
        p, count = parameters[who], cells[who]
        leaving = p["secretion_rate"] + p["lysosomal_degradation"] + p["growth_rate"]
        start[f"{who}.cells"] = count
        start[f"{who}.pump"] = count * p["pump_copies"]
        start[f"{who}.ilv.vesicles"] = count * p["ilv_formation"] / leaving
        start[f"{who}.ilv.pump"] = count * p["pump_copies"] * pump_loading(p, parameters["well"], p["ilv_formation"]) / leaving
    return start


def simulate(parameters, start, times, method="LSODA", relative=1e-9):
    """Every state at `times` (h), a dict of arrays. `start`: state -> amount; states left out start empty."""
    y0 = np.array([start.get(name, 0.0) for name in STATES])

    def rhs(_, y):
        dy = derivatives(dict(zip(STATES, y.tolist(), strict=True)), parameters)
        return np.array([dy[name] for name in STATES])

    # Each kind of amount has its own size: what counts as nothing for vesicles is far more than all drug.
    nothing = np.array([1e-8 if name.endswith(("vesicles", "pump", "cells", "damage")) else 1e-15 for name in STATES])
    found = solve_ivp(rhs, (times[0], times[-1]), y0, method=method, t_eval=times, rtol=relative, atol=nothing)
    if not found.success:
        raise RuntimeError(found.message)
    return dict(zip(STATES, found.y, strict=True))


def main():
    cells, times = {"recipient": 1500.0, "donor": 6000.0}, np.linspace(0, 72, 7)
    silent = {who: {**PARAMETERS[who], "secretion_rate": 0.0} for who in POPULATIONS}
    arms = {"with vesicles": PARAMETERS, "without": {**PARAMETERS, **silent}}
    results = {label: simulate(numbers, steady_start(numbers, cells, dose=30.0), times) for label, numbers in arms.items()}
    print("Living recipients beside resistant donors, 30 nM doxorubicin\n")
    print("   h" + "".join(f"{label:>16}" for label in results) + "   P-glycoprotein per recipient")
    for row, time in enumerate(times):
        counts = "".join(f"{result['recipient.cells'][row]:16.2f}" for result in results.values())
        helped = results["with vesicles"]
        print(f"{time:4.0f}{counts}{helped['recipient.pump'][row] / helped['recipient.cells'][row]:16.1f}")


if __name__ == "__main__":
    main()
