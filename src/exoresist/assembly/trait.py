"""The trait of a lineage: ln of the steady concentration outside at which its damage meets its threshold, from the model's own equations.

Some drugs never bring a naive cell's steady damage to its threshold (they kill below it, slowly), or only by holding nearly all of their
sites. Their trait is told at the part of the threshold that half of the sites make in a naive cell: `borne_share`, else 1.

Cells as they stand (their cargo, their nodes) are thought of as clamped, without division or death and without vesicles around them, in a
medium that holds one drug only. Everything about the drug is at its steady state there; what remains is a value of the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exoresist.assembly import liposomes, targets
from exoresist.assembly.build import Model
from exoresist.assembly.detoxification import active
from exoresist.assembly.immune import is_tumour
from exoresist.assembly.layout import Population
from exoresist.core.errors import ModelError
from exoresist.laws import action, attribution, growth, kinetics, vesicles
from exoresist.laws import drug as drug_laws
from exoresist.network import Derived, Process, RateOf, Sum
from exoresist.network.gradient import Values
from exoresist.network.parts import Reference

LARGEST_SHARE = 0.99  # of sites: a cell that would bear more is held here, because no concentration brings it to its threshold
USUAL_SHARE = 0.5  # of sites: the trait of a drug that must hold more in a naive cell is told at a part of the threshold


@dataclass
class Trait:
    """One lineage's trait as values of its network.

    z         ln(C* / 1 nM), C* the concentration of the medium
    outside   C*, nM; `free`: F*, the free concentration in the cytosol that goes with it, nM
    needed    share of the sites that must be held ("" where a drug acts in proportion to its concentration)
    asked     the same for the whole threshold and without bound
    channels  channel -> the values through which the cell's contents and nodes enter
    """

    z: str = ""
    outside: Reference = ""
    free: Reference = ""
    needed: Reference = ""
    asked: Reference = ""
    channels: dict[str, list[Reference]] = field(default_factory=dict)

    def through(self, channel: str, value: Reference) -> Reference:
        """Note that a value is a way into the trait; gives it back."""
        listed = self.channels.setdefault(channel, [])
        if value not in listed:
            listed.append(value)
        return value


def numbers(values: Values) -> dict[str, tuple[float, str]]:
    """Parameters that traits add to a network: id -> (value, unit)."""
    return {
        f"{values.prefix}.largest_share": (LARGEST_SHARE, "dimensionless"),
        borne_share(values.prefix): (1.0, "dimensionless"),
        f"{values.prefix}.unit_concentration": (1.0, "nM"),
        f"{values.prefix}.half": (0.5, "dimensionless"),
        f"{values.prefix}.nothing_lost": (0.0, "pmol/cell/h"),
    }


def borne_share(prefix: str) -> str:
    """The parameter with the part of the threshold at which traits are told."""
    return f"{prefix}.borne_share"


def trait(model: Model, values: Values, population: Population, drug: str) -> Trait:
    """The trait of one population against one drug.

    Raises ModelError when a process moves the drug, or mends its damage, in a way that the trait does not know.
    """
    return _Builder(model, values, population, drug).build()


@dataclass
class _Builder:
    model: Model
    values: Values
    population: Population
    drug: str
    made: Trait = field(default_factory=Trait)

    @property
    def who(self) -> str:
        return self.population.id

    @property
    def key(self) -> str:
        return f"{self.who}.{self.drug}"

    def build(self) -> Trait:
        """Threshold to sites, sites to cytosol, cytosol to medium."""
        if self.drug in self.model.layout.antibodies:
            return self._told(self._holding_half())
        tolerance = self.made.through("threshold", f"{self.who}.tolerance")
        seen = self._seen(tolerance, self._made_at_full())
        medium = self.model.catalog.drug(self.drug).mode == "ligand"
        return self._told(self.values.ratio(seen, self._free_share()) if medium else self._outside(seen))

    def _told(self, outside: Reference) -> Trait:
        unit = f"{self.values.prefix}.unit_concentration"
        self.made.outside = outside
        self.made.z = self.values.call(attribution.log_fold, value=outside, standard=unit)
        return self.made

    def _holding_half(self) -> Reference:
        """Of an antibody, which acts without a threshold: what a medium must hold, decoys included, to hold half of a cell's antigen."""
        values, medium = self.values, self.model.layout.medium(self.population.side, self.drug)
        cells = {population.id for population in self.model.layout.populations}
        found = [
            process for process in self.model.network.processes.values()
            if process.law is kinetics.reversible_binding and process.source == medium
        ]  # fmt: skip
        if not found:
            raise ModelError(f"Nothing in the medium of '{self.who}' binds '{self.drug}'. Add the cargo that bears its antigen.")
        affinity = values.ratio(found[0].inputs["off_rate"], found[0].inputs["on_rate"])
        decoys = [process.inputs["capacity"] for process in found if process.sink.split(".")[0] not in cells]
        if not decoys:
            return affinity
        sites = self.made.through("decoy", values.sum(decoys))
        per_volume = values.ratio(sites, self.population.side.volume)
        return values.sum([affinity, values.times(f"{values.prefix}.half", per_volume)])

    # -- damage

    def _made_at_full(self) -> Reference:
        """Steady damage where every hit lands, over the kinds of lesion: what is made over what is cleared."""
        network, shares = self.model.network, list[Reference]()
        for harm in self.model.layout.harms_of(self.drug):
            process = network.processes[f"{self.who}.damage_{harm}"]
            rate = process.inputs["quantum_yield" if process.law is action.photodynamic_damage else "rate"]
            hit = self.made.through("damage", self.values.times(rate, *self._factors(process)))
            cleared = self.made.through("repair", self._cleared(process))
            shares.append(self.values.ratio(hit, cleared))
        return self.values.sum(shares)

    def _cleared(self, damage: Process) -> Reference:
        """Specific rate at which a damage goes away: repair and autophagy, less what autophagy adds where it kills."""
        gained, lost = list[Reference](), list[Reference]()
        for process in self.model.network.processes.values():
            if process.source == damage.sink and process.specific:
                gained.append(RateOf(process.id))
            elif process.sink == damage.sink and process.id != damage.id and not process.birth:
                if process.law is not kinetics.first_order:
                    raise ModelError(f"Process '{process.id}' makes damage in a way that the trait of a ledger does not know.")
                lost.append(self.values.times(process.inputs["rate"], *self._factors(process)))
        whole = self.values.sum(gained)
        return self.values.call(kinetics.difference, first=whole, second=self.values.sum(lost)) if lost else whole

    def _factors(self, process: Process, swap: Mapping[Reference, Reference] | None = None) -> list[Reference]:
        """The modulations of a process, with some of what they read replaced."""
        found: list[Reference] = []
        for each in self.model.network.modulations:
            if each.process != process.id:
                continue
            inputs = {name: (swap or {}).get(given, given) for name, given in each.inputs.items()}
            found.append(inputs["rate"] if each.law is kinetics.constant else self.values.call(each.law, **inputs))
        return found

    # -- sites

    def _seen(self, tolerance: Reference, made: Reference) -> Reference:
        """Free concentration that the target must see, nM."""
        network, largest = self.model.network, f"{self.values.prefix}.largest_share"
        process = network.processes[f"{self.who}.damage_{self.model.layout.harms_of(self.drug)[0]}"]
        if process.law is action.photodynamic_damage:  # in the beam
            return self.values.ratio(self._borne(), made)
        if process.law is not growth.damage_formation:
            raise ModelError(
                f"Damage by '{self.drug}' follows law '{process.law.name}', which the trait of a ledger does not know."
            )
        self.made.asked = self.values.ratio(tolerance, made)
        needed = self.values.call(attribution.at_most, value=self.values.ratio(self._borne(), made), most=largest)
        self.made.needed = needed
        node = targets.node_of(self.model.layout, self.drug)
        if node:
            return self._seen_by_target(needed, node)
        binding = network.processes[f"{self.who}.target_binding_{self.drug}"].inputs
        affinity = self.values.ratio(binding["off_rate"], binding["on_rate"])
        return self._free_for(needed, affinity)

    def _borne(self) -> Reference:
        """Damage at which the trait is told."""
        return self.values.times(borne_share(self.values.prefix), f"{self.who}.tolerance")

    def _seen_by_target(self, needed: Reference, node: str) -> Reference:
        """Of a drug that takes a target's signal: the share that must be blocked, and what blocks it."""
        values, network, largest = self.values, self.model.network, f"{self.values.prefix}.largest_share"
        dependence = self._inputs(f"{self.key}.loss")["second"]
        loss = values.ratio(needed, dependence)
        inputs = self._inputs(f"{self.key}.signal_loss")
        if "second" in inputs:  # a ligand: what counts is how much receptor it holds
            receptor = self.made.through("target", inputs["second"])
            asked = values.ratio(loss, receptor)
            blocked: Reference = values.call(attribution.at_most, value=asked, most=largest)
        else:
            activity = self._inputs(f"{self.who}.signal_{node}")["second"]
            signal = self.made.through("target", values.times(f"{self.who}.amount_{node}", activity))
            working = network.derived[f"{self.who}.working_{node}"]
            assert isinstance(working, Sum)
            bypasses = list(working.terms[1:])
            if bypasses:
                bypass = self.made.through("bypass", values.sum(bypasses))
            else:
                bypass = values.call(kinetics.difference, first=values.one, second=values.one)
            blocked = values.call(attribution.blocked_share, loss=loss, signal=signal, bypass=bypass, largest=largest)
        return self._free_for_variants(blocked, node)

    def _free_for_variants(self, blocked: Reference, node: str) -> Reference:
        whole = self.model.network.derived[f"{self.who}.amount_{node}"]
        assert isinstance(whole, Sum)
        names = [str(term).removeprefix(f"{self.who}.").removesuffix(".amount") for term in whole.terms]
        constants = [f"{self.key}.constant_{name}" for name in names]
        if len(names) == 1:
            return self._free_for(blocked, constants[0])
        if len(names) > 2:
            raise ModelError(
                f"Cells '{self.who}' have {len(names)} variants of {node}; the trait of a ledger is known for up to two. "
                "Leave out the cargo that brings the others."
            )
        part = self.values.ratio(whole.terms[0], f"{self.who}.amount_{node}")
        self.made.through("target", part)
        return self.values.call(attribution.free_for_two, share=blocked, part=part, first=constants[0], second=constants[1])

    def _free_for(self, share: Reference, affinity: Reference) -> Reference:
        """F = K·B/(1 − B): the law of mass action, solved for the ligand."""
        left = self.values.call(kinetics.remainder, fraction=share)
        return self.values.ratio(self.values.times(affinity, share), left)

    def _inputs(self, derived: str) -> Mapping[str, Reference]:
        part = self.model.network.derived[derived]
        assert isinstance(part, Derived)
        return part.inputs

    # -- the cytosol and what leaves it

    def _outside(self, seen: Reference) -> Reference:
        """Concentration of the medium that holds what the target must see against every loss."""
        values, layout = self.values, self.model.layout
        cytosol = layout.drug(self.population, "cytosol", self.drug)
        acting = active(layout, self.population, self.drug)
        free = seen if acting == cytosol else self._before_activation(seen, cytosol, acting)
        self.made.free = free
        inside = self._inside(free, seen)
        lost, losses = list[Reference](), list[Reference]()
        influx: Reference = ""
        for process in self.model.network.processes.values():
            if cytosol not in (process.source, process.sink):
                continue
            if process.name == "drug_influx":
                permeability = f"{self.key}.permeability_surface"
                influx = self.made.through("influx", values.times(permeability, *self._factors(process)))
            elif process.law is drug_laws.pump_efflux:
                losses.append(self._pumped(process, free))
            elif process.law in (vesicles.vesicle_drug_capture, vesicles.vesicle_drug_exchange):
                losses.append(self._exported(process, inside))
            elif process.specific and process.source == cytosol:
                channel = "activation" if process.sink == acting else "metabolism"
                lost.append(self.made.through(channel, RateOf(process.id)))
            elif process.name not in ("target_binding", "lysosomal_trapping", "liposome_release"):
                raise ModelError(f"Process '{process.id}' moves '{self.drug}' in a way that the trait of a ledger does not know.")
        if lost:
            losses.append(values.times(values.sum(lost), free, self._volume()))
        loss = values.sum(losses) if losses else f"{values.prefix}.nothing_lost"
        if liposomes.held(self.model.catalog, self.drug):
            taken = values.sum([values.times(influx, free), loss])  # liposomes bring drug past the membrane
            return values.ratio(taken, values.sum([values.times(influx, self._free_share()), self._carried()]))
        return values.ratio(values.sum([free, values.ratio(loss, influx)]), self._free_share())

    def _before_activation(self, seen: Reference, cytosol: str, acting: str) -> Reference:
        """Free prodrug that holds its active form: what loses the active form over what makes it."""
        processes = self.model.network.processes.values()
        lost = [RateOf(one.id) for one in processes if one.source == acting and one.specific]
        made = [RateOf(one.id) for one in processes if one.source == cytosol and one.sink == acting and one.specific]
        if not made:
            raise ModelError(f"Cells '{self.who}' do not activate '{self.drug}': no concentration of it harms them.")
        gone = self.made.through("metabolism", self.values.sum(lost))
        come = self.made.through("activation", self.values.sum(made))
        return self.values.ratio(self.values.times(seen, gone), come)

    def _inside(self, free: Reference, seen: Reference) -> Reference:
        """All drug per cell volume: free, trapped and on the target, nM."""
        values, inputs = self.values, self.model.network.processes[f"{self.who}.target_binding_{self.drug}"].inputs
        affinity = values.ratio(inputs["off_rate"], inputs["on_rate"])
        taken = values.call(kinetics.total, first=affinity, second=seen)
        occupied = values.ratio(seen, taken)
        sites = values.ratio(self._inputs(f"{self.key}.sites")["first"], self._volume())
        trapping = self.model.network.processes[f"{self.who}.lysosomal_trapping_{self.drug}"].inputs
        share = self._inputs(f"{self.key}.lysosomal_volume")["first"]
        trapped = values.times(trapping["accumulation"], share)
        return values.sum([free, values.times(trapped, free), values.times(sites, occupied)])

    def _volume(self) -> Reference:
        return self._inputs(f"{self.who}.volume")["first"]

    def _free_share(self) -> Reference:
        return self._inputs(f"{self.population.side.id}.free_{self.drug}")["first"]

    def _pumped(self, process: Process, free: Reference) -> Reference:
        inputs = process.inputs
        held = str(inputs["pump"]).removesuffix(".total") + ".per_cell"
        pump = self.made.through("pump", self.values.times(held, *self._factors(process)))
        return self.values.call(
            attribution.pumped_out,
            turnover=inputs["turnover"],
            pump=pump,
            free=free,
            half=inputs["half"],
            exponent=inputs["exponent"],
        )

    def _exported(self, process: Process, inside: Reference) -> Reference:
        """Drug that leaves with the cell's own vesicles, steadily, pmol/h per cell; formation is what it is at the threshold."""
        values, inputs = self.values, process.inputs
        secreted, degraded = self._released()
        leaving = values.sum([secreted, degraded])
        factors = [self.made.through("release", factor) for factor in self._factors(process)]
        laden = values.times(inputs["partition"], inputs["vesicle_volume"], inside, values.times(self._formation(), secreted))
        if process.law is vesicles.vesicle_drug_capture:  # caught for good: leaves with the share of vesicles that is secreted
            return values.times(values.ratio(values.times(inputs["retained"], laden), leaving), *factors)
        # Exchanging: m = formation / leaving vesicles, of which each fills at the leak and is emptied by leak, secretion and degradation.
        leak = values.times(inputs["leak"], *factors)
        return values.ratio(values.times(leak, laden), values.times(leaving, values.sum([leak, leaving])))

    def _formation(self) -> Reference:
        """Vesicles formed per cell and hour by a cell whose damage is at its threshold."""
        swap: dict[Reference, Reference] = {f"{self.who}.damage_per_cell": self._borne()}
        routes: list[Reference] = []
        for route in ("escrt", "ceramide"):
            process = self.model.network.processes[f"{self.who}.ilv_formation_{route}"]
            routes.append(self.values.times(process.inputs["basal"], process.inputs["share"], *self._factors(process, swap)))
        return self.made.through("release", self.values.sum(routes))

    def _released(self) -> tuple[Reference, Reference]:
        """Specific rates at which intraluminal vesicles are secreted and degraded."""
        secreted, degraded = (RateOf(f"{self.who}.{name}") for name in ("secretion", "lysosomal_degradation"))
        return self.made.through("release", secreted), self.made.through("release", degraded)

    def _carried(self) -> Reference:
        """Medium whose liposomes end in the cytosol, directly or by way of vesicles that the cell degrades, mL/h per cell."""
        values = self.values
        clearance = self._inputs(f"{self.key}.liposome_clearance")["first"]
        basal = f"{self.who}.ilv_formation_rate"
        pull = values.times(
            self._inputs(f"{self.key}.pull_of_vesicles")["first"],
            values.ratio(self._formation(), basal),
        )
        pulls = values.sum([pull, f"{self.key}.pull_of_cytosol"])
        into = values.ratio(pull, pulls)
        direct = values.call(kinetics.remainder, fraction=into)
        secreted, degraded = self._released()
        back = values.ratio(degraded, values.sum([secreted, degraded]))
        uptake = self.model.network.processes[f"{self.who}.liposome_uptake_{self.drug}"]
        return values.times(clearance, values.sum([direct, values.times(into, back)]), *self._factors(uptake))


def lineages(model: Model) -> tuple[Population, ...]:
    """Populations whose traits are averaged: those in the medium that the assay reads that are a tumour's, or the assay's own."""
    read = model.recipients()
    return tuple(
        population
        for population in model.layout.populations
        if population.side == read.side and (population.id == read.id or is_tumour(model.catalog, population.cell_line))
    )
