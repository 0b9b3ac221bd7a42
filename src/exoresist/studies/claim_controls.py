"""The controls of a claim: each takes something away that the effect must not do without, or puts it back.

knock_down      the head is lowered instead of raised: the effect turns
target_deleted  no link of the chain acts: the effect vanishes
wrong_drug      a drug that the chain's process does not touch: the effect vanishes
secretion_off   the donors release nothing: the delivered effect vanishes
rescue          the chain's second node is moved back while the head stays raised: the effect vanishes or turns
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from exoresist.assembly import reach
from exoresist.assembly.axes import is_mirna
from exoresist.assembly.claim import RECIPIENT, RESCUE, Runnable, wire
from exoresist.assembly.claim_bench import DONOR, Bench
from exoresist.catalog import Catalog
from exoresist.core.errors import ExoresistError
from exoresist.studies.claim_bench_runs import Arm, survivors
from exoresist.studies.claim_effects import SMALLEST_EFFECT, clamped_effects, fold_of, potency

CONTROLS = ("knock_down", "target_deleted", "wrong_drug", "secretion_off", "rescue")
VANISHED = 0.1  # of the effect: what is left of one that counts as gone
RESCUES = np.array([1.25, 1.5, 2.0, 4.0, 10.0, 30.0, 100.0])  # how far the second node is moved back, as a fold


@dataclass(frozen=True)
class Control:
    """What came of one control.

    effect  ln of the fold in survivors with the control; `of`: without it; None where the control does not apply
    passed  None where it does not apply, with the reason in `why`
    """

    effect: float | None = None
    of: float | None = None
    passed: bool | None = None
    why: str = ""

    def plain(self) -> dict[str, float | bool | str | None]:
        return {"effect": self.effect, "of": self.of, "passed": self.passed, "why": self.why}


def vanishing(effect: float, of: float) -> Control:
    """A control under which the effect must be gone."""
    return Control(effect, of, bool(abs(effect) <= max(VANISHED * abs(of), SMALLEST_EFFECT * VANISHED)))


def turning(effect: float, of: float) -> Control:
    """A control under which the effect must have the other sign."""
    return Control(effect, of, bool(effect * of < 0.0))


def wrong_drug(wired: Runnable, catalog: Catalog) -> Control:
    """The clamped effect on a drug that the chain does not concern, at that drug's own IC50."""
    for drug in catalog.records("drugs"):
        if drug.status != "modelled" or drug.mode == "surface_antibody" or drug.id == wired.surrogate:
            continue
        found = _on(wired, catalog, drug.id)
        if found is not None:
            return found
    if wired.assumed:
        return Control(why="the action is assumed, alike for every drug")
    hub = catalog.find_hub(wired.hub) if wired.hub else None
    return Control(why=f"every modelled drug meets {'efflux' if hub is None else hub.process}: there is no wrong drug")


def _on(wired: Runnable, catalog: Catalog, drug: str) -> Control | None:
    """The control with this drug; None where the chain touches it, or where it cannot stand in the claim's dish."""
    try:
        other = wire(wired.claim, catalog, drug)
        if not isinstance(other, Runnable) or _touches(other, catalog):
            return None
        doses = potency(catalog, wired.surrogate), potency(catalog, drug)
    except ExoresistError:
        return None
    folds = np.array([1.0, fold_of(wired)])
    mine, its = (
        float(clamped_effects(each, dose, folds, {}, 1)[0, 1]) if _can_move(each) else 0.0
        for each, dose in zip((wired, other), doses, strict=True)
    )
    return replace(vanishing(its, mine), why=f"on {drug}")


def _can_move(wired: Runnable) -> bool:
    """Whether the model holds anything that the clamp can raise."""
    network = wired.model.network
    key = f"{RECIPIENT}.{wired.head.replace('-', '_')}"
    return key in network.nodes or f"{key}.clamp" in network.parameters or f"{key}.mimic_fold" in network.parameters


def _touches(wired: Runnable, catalog: Catalog) -> bool:
    """Whether the drug of this dish meets the process through which the chain acts."""
    if wired.assumed:
        return True  # what is assumed holds for any drug
    hub = catalog.find_hub(wired.hub) if wired.hub else None
    processes = wired.model.network.processes
    if hub is None or hub.process == "efflux":
        return any(process.startswith(f"{RECIPIENT}.efflux_") for process in processes)
    if hub.process in ("tolerance", "growth", "secretion", "drug_export"):
        return True  # these concern any drug
    reached = reach.processes(catalog, wired.model.layout, wired.hub, hub.process, wired.surrogate)
    return any(f"{RECIPIENT}.{name}" in processes for name in reached)


def bench_controls(bench: Bench, dose: float, load: float) -> dict[str, Control]:
    """The controls that need donors or a node put back, at the load that brings about half of the clamped effect."""
    rescues, why = _rescues(bench)
    silent = Arm(values={f"{DONOR}.secretion_rate": 0.0})
    height = survivors(bench, [Arm(), silent, *rescues], dose, np.array([load]), 0)[:, :, 0]
    effect = float(height[1, 0] - height[0, 0])
    found = {"secretion_off": Control(why="nothing is carried: the node itself is raised")}
    if bench.wired.carried:
        found["secretion_off"] = vanishing(float(height[1, 1] - height[0, 1]), effect)
    if not rescues:
        return {**found, "rescue": Control(why=why)}
    left = height[1, 2:] - height[0, 0]
    best = int(np.argmax(left * np.sign(effect) <= VANISHED * abs(effect)))  # the mildest that does, or the first
    if left[best] * np.sign(effect) > VANISHED * abs(effect):
        best = int(np.argmin(left * np.sign(effect)))
    passed = bool(left[best] * np.sign(effect) <= VANISHED * abs(effect)) and abs(effect) > SMALLEST_EFFECT * VANISHED
    return {**found, "rescue": Control(float(left[best]), effect, passed, f"{why} {RESCUES[best]:g}-fold")}


def _rescues(bench: Bench) -> tuple[list[Arm], str]:
    """Arms that move the second node back by rising folds, and what they do, in words."""
    wired = bench.wired
    if not wired.hub:
        kcat = f"{RECIPIENT}.{wired.surrogate}.{wired.head}.kcat"
        central = bench.model.network.parameters[kcat].value
        return [Arm(values={kcat: central / fold}) for fold in RESCUES], "the pump slowed"
    if wired.second is None:
        return [], "the head is itself what acts: putting it back is the knock-down"
    node, sign = wired.second
    words = f"the chain's second node {'lowered' if sign > 0 else 'raised'}"
    folds = [1.0 / fold if sign > 0 else fold for fold in RESCUES]
    if is_mirna(node):
        name = f"{RECIPIENT}.{node.replace('-', '_')}.mimic_fold"
        return [Arm(values={name: fold}) for fold in folds], words
    return [Arm(initial={f"{RECIPIENT}.{name}": fold for name in RESCUE}) for fold in folds], words
