"""A claim on the bench: recipients beside donors in one dish, with every treatment of the catalogue wired in and switched off.

Unlike the plain dish of a claim, the vesicles here are made, loaded and secreted by living donors, so that a treatment of the donors
can be told from one of the recipients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from exoresist.assembly.axes import is_mirna
from exoresist.assembly.build import Model, build
from exoresist.assembly.claim import RECIPIENT, Runnable, dish_scenario, rescued
from exoresist.catalog import Catalog
from exoresist.catalog.records import Intervention

DONOR = "donor"
DONORS_PER_RECIPIENT = 4
RECIPIENTS = 3000

# Who is treated, by the process that a treatment acts on; a process that is missing here is not asked about.
TREATED: Mapping[str, str] = {
    "ilv_formation": DONOR,
    "ilv_formation_ceramide": DONOR,
    "ilv_formation_escrt": DONOR,
    "secretion": DONOR,
    "rna_synthesis": DONOR,
    "uptake_clathrin": RECIPIENT,
    "uptake_caveolin": RECIPIENT,
    "uptake_macropinocytosis": RECIPIENT,
    "uptake_fusion": RECIPIENT,
    "uptake_receptor": RECIPIENT,
    "efflux": RECIPIENT,
    "pump_synthesis": RECIPIENT,
    "lysosomal_degradation": DONOR,
    "loading": DONOR,
    "activation": RECIPIENT,
    "damage": RECIPIENT,
    "repair": RECIPIENT,
    "metabolism": RECIPIENT,
    "mimic": RECIPIENT,
}


@dataclass(frozen=True)
class Bench:
    """The bench of one claim.

    model       network of donors and recipients; no treatment is on
    switches    intervention -> parameter values at its full effect
    counteracting  those of them that move the chain itself, also in cells that received nothing
    """

    wired: Runnable
    model: Model
    switches: Mapping[str, Mapping[str, float]]
    counteracting: frozenset[str] = frozenset()

    def key(self, who: str) -> str:
        """Stem of the head's parameters in one population."""
        return f"{who}.{self.wired.head.replace('-', '_')}"


def bench(wired: Runnable, catalog: Catalog) -> Bench:
    """Wire the bench of a claim. Raises ModelError where its parts do not fit."""
    records = [record for record in catalog.records("interventions") if applies(record, wired, catalog)]
    # A mimic acts through a number of the chain itself; the others are wired in as factors on their processes.
    wiring = [record for record in records if record.target_process != "mimic"]
    more: dict[str, Any] = {
        **wired.dish.more,
        "populations": [
            {"id": DONOR, "cell_line": "generic_tumour", "count": f"{RECIPIENTS * DONORS_PER_RECIPIENT} cell"},
            *wired.dish.more.get("populations", []),
        ],
        "interventions": [
            {"id": record.id, "strength": 1.0, "populations": [TREATED[record.target_process]]} for record in wiring
        ],
    }
    scenario = dish_scenario(f"bench_of_{wired.claim.id}", wired.surrogate, more)
    model = build(scenario, catalog, chains=rescued(wired), carried=wired.cargo)
    others = tuple(event for event in model.fixed_events if not any(name.startswith("intervention.") for name in event.set))
    switches: dict[str, Mapping[str, float]] = {record.id: {f"intervention.{record.id}.strength": 1.0} for record in wiring}
    for record in records:
        if record.target_process == "mimic":
            switches[record.id] = _mimic(record, wired, catalog)
    counteracting = {record.id for record in records if record.target_process == "mimic" and record.effect == "raise"}
    return Bench(wired, replace(model, fixed_events=others), switches, frozenset(counteracting))


def applies(record: Intervention, wired: Runnable, catalog: Catalog) -> bool:
    """Whether a treatment acts on anything that the claim's effect goes through."""
    process = record.target_process
    if process not in TREATED:
        return False
    if process in ("efflux", "pump_synthesis"):
        hub = catalog.find_hub(wired.hub) if wired.hub else None
        pump = wired.head if not wired.hub else "ABCB1" if hub is not None and hub.process == "efflux" else ""
        return pump in record.targets and pump in catalog.drug(wired.surrogate).pumps
    if process == "loading":
        return wired.carried and any(target in wired.head for target in record.targets)
    if process in ("repair", "metabolism", "activation", "damage"):
        hub = catalog.find_hub(wired.hub) if wired.hub else None
        return hub is not None and hub.process == process
    if process == "mimic":
        return mimicked(record, wired) != ""
    if process == "rna_synthesis":
        return wired.carried and bool(wired.hub)
    return wired.carried


def mimicked(record: Intervention, wired: Runnable) -> str:
    """The miRNA whose level the treatment changes: the one that a chain lowers (mimic) or brings (anti-miRNA); "" for none."""
    if record.effect == "lower":
        return wired.head if is_mirna(wired.head) else ""
    lowered = [target for (_, target), sign in wired.chains.edges.items() if sign < 0 and is_mirna(target)]
    return lowered[0] if lowered else ""


def _mimic(record: Intervention, wired: Runnable, catalog: Catalog) -> Mapping[str, float]:
    name = f"{RECIPIENT}.{mimicked(record, wired).replace('-', '_')}.mimic_fold"
    if record.effect == "lower":
        return {name: 1.0 - catalog.parameter("max_effect", f"intervention:{record.id}").value}
    return {name: catalog.parameter("mimic_fold", "mirna").value}
