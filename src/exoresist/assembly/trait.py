"""The trait of a lineage: ln of the steady concentration outside at which its damage meets its threshold, from the model's own equations.

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
from exoresist.network import Amount, Derived, Process, RateOf, Sum
from exoresist.network.gradient import Values
from exoresist.network.parts import Reference

LARGEST_SHARE = 0.99  # of sites: a cell that would bear more is held here, because no concentration kills it


@dataclass
class Trait:
    """One lineage's trait as values of its network.

    z         ln(C* / 1 nM), C* the concentration of the medium
    outside   C*, nM; `free`: F*, the free concentration in the cytosol that goes with it, nM
    needed    share of the sites that must be held ("" where a drug acts in proportion to its concentration)
    channels  channel -> the values through which the cell's contents and nodes enter
    """

    z: str = ""
    outside: Reference = ""
    free: Reference = ""
    needed: Reference = ""
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
        f"{values.prefix}.unit_concentration": (1.0, "nM"),
        f"{values.prefix}.nothing_carried": (0.0, "mL/h/cell"),
        f"{values.prefix}.nothing_lost": (0.0, "pmol/cell/h"),
    }


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
        tolerance = self.made.through("threshold", f"{self.who}.tolerance")
        seen = self._seen(tolerance, self._made_at_full())
        medium = self.model.catalog.drug(self.drug).mode == "ligand"
        outside = self.values.call(kinetics.ratio, numerator=seen, denominator=self._free_share()) if medium else self._outside(seen)
        self.made.outside = outside
        self.made.z = self.values.call(
            attribution.log_fold, value=outside, reference=f"{self.values.prefix}.unit_concentration"
        )
        return self.made

    # -- damage

    def _made_at_full(self) -> Reference:
        """Steady damage where every hit lands, over the kinds of lesion: what is made over what is cleared."""
        network, shares = self.model.network, list[Reference]()
        for harm in self.model.layout.harms_of(self.drug):
            process = network.processes[f"{self.who}.damage_{harm}"]
            rate = process.inputs["quantum_yield" if process.law is action.photodynamic_damage else "rate"]
            hit = self.made.through("damage", self.values.times(rate, *self._factors(process)))
            cleared = self.made.through("repair", self._cleared(process))
            shares.append(self.values.call(kinetics.ratio, numerator=hit, denominator=cleared))
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
            return self.values.call(kinetics.ratio, numerator=tolerance, denominator=made)
        if process.law is not growth.damage_formation:
            raise ModelError(f"Damage by '{self.drug}' follows law '{process.law.name}', which the trait of a ledger does not know.")
        needed = self.values.call(attribution.needed_share, tolerance=tolerance, made=made, largest=largest)
        self.made.needed = needed
        node = targets.node_of(self.model.layout, self.drug)
        if node:
            return self._seen_by_target(needed, node)
        binding = network.processes[f"{self.who}.target_binding_{self.drug}"].inputs
        affinity = self.values.call(kinetics.ratio, numerator=binding["off_rate"], denominator=binding["on_rate"])
        return self.values.call(attribution.free_for_share, share=needed, affinity=affinity)

    def _seen_by_target(self, needed: Reference, node: str) -> Reference:
        """Of a drug that takes a target's signal: the share that must be blocked, and what blocks it."""
        values, network, largest = self.values, self.model.network, f"{self.values.prefix}.largest_share"
        dependence = self._inputs(f"{self.key}.loss")["second"]
        loss = values.call(kinetics.ratio, numerator=needed, denominator=dependence)
        inputs = self._inputs(f"{self.key}.signal_loss")
        if "second" in inputs:  # a ligand: what counts is how much receptor it holds
            receptor = self.made.through("target", inputs["second"])
            asked = values.call(kinetics.ratio, numerator=loss, denominator=receptor)
            blocked = values.call(attribution.needed_share, tolerance=asked, made=values.one, largest=largest)
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
            return self.values.call(attribution.free_for_share, share=blocked, affinity=constants[0])
        if len(names) > 2:
            raise ModelError(
                f"Cells '{self.who}' have {len(names)} variants of {node}; the trait of a ledger is known for up to two. "
                "Leave out the cargo that brings the others."
            )
        part = self.values.call(kinetics.ratio, numerator=whole.terms[0], denominator=f"{self.who}.amount_{node}")
        self.made.through("target", part)
        return self.values.call(attribution.free_for_two, share=blocked, part=part, first=constants[0], second=constants[1])

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
            carried = self._carried()
            return values.call(
                attribution.medium_needed, free=free, loss=loss, permeability=influx, share=self._free_share(), carried=carried
            )
        outside = values.call(attribution.outside_needed, free=free, loss=loss, permeability=influx)
        return values.call(kinetics.ratio, numerator=outside, denominator=self._free_share())

    def _before_activation(self, seen: Reference, cytosol: str, acting: str) -> Reference:
        """Free prodrug that holds its active form: what loses the active form over what makes it."""
        processes = self.model.network.processes.values()
        lost = [RateOf(one.id) for one in processes if one.source == acting and one.specific]
        made = [RateOf(one.id) for one in processes if one.source == cytosol and one.sink == acting and one.specific]
        if not made:
            raise ModelError(f"Cells '{self.who}' do not activate '{self.drug}': no concentration of it harms them.")
        gone = self.made.through("metabolism", self.values.sum(lost))
        come = self.made.through("activation", self.values.sum(made))
        return self.values.call(kinetics.ratio, numerator=self.values.times(seen, gone), denominator=come)

    def _inside(self, free: Reference, seen: Reference) -> Reference:
        """All drug per cell volume: free, trapped and on the target, nM."""
        values, inputs = self.values, self.model.network.processes[f"{self.who}.target_binding_{self.drug}"].inputs
        affinity = values.call(kinetics.ratio, numerator=inputs["off_rate"], denominator=inputs["on_rate"])
        taken = values.call(kinetics.total, first=affinity, second=seen)
        occupied = values.call(kinetics.ratio, numerator=seen, denominator=taken)
        sites = values.call(
            kinetics.ratio, numerator=self._inputs(f"{self.key}.sites")["first"], denominator=self._volume()
        )
        trapping = self.model.network.processes[f"{self.who}.lysosomal_trapping_{self.drug}"].inputs
        share = self._inputs(f"{self.key}.lysosomal_volume")["first"]
        trapped = values.times(trapping["accumulation"], share)
        return values.call(attribution.held_inside, free=free, trapped=trapped, bound=values.times(sites, occupied))

    def _volume(self) -> Reference:
        return self._inputs(f"{self.who}.volume")["first"]

    def _free_share(self) -> Reference:
        return self._inputs(f"{self.population.side.id}.free_{self.drug}")["first"]

    def _pumped(self, process: Process, free: Reference) -> Reference:
        inputs = process.inputs
        held = str(inputs["pump"]).removesuffix(".total") + ".per_cell"
        pump = self.made.through("pump", self.values.times(held, *self._factors(process)))
        return self.values.call(
            attribution.pumped_out, turnover=inputs["turnover"], pump=pump, free=free, half=inputs["half"], exponent=inputs["exponent"]
        )

    def _exported(self, process: Process, inside: Reference) -> Reference:
        """Drug that leaves with the cell's own vesicles, whose formation is what it is at the threshold."""
        common = {"formation": self._formation(), "inside": inside, "secretion": self._released()[0], "degradation": self._released()[1]}
        names = ("leak", "partition", "vesicle_volume") if "leak" in process.inputs else ("partition", "retained", "vesicle_volume")
        given = {name: process.inputs[name] for name in names}
        factors = [self.made.through("release", factor) for factor in self._factors(process)]
        if "leak" in given:
            if factors:
                given["leak"] = self.values.times(given["leak"], *factors)
            return self.values.call(attribution.exchanged_export, **given, **common)
        return self.values.times(self.values.call(attribution.retained_export, **given, **common), *factors)

    def _formation(self) -> Reference:
        """Vesicles formed per cell and hour by a cell whose damage is at its threshold."""
        swap: dict[Reference, Reference] = {f"{self.who}.damage_per_cell": f"{self.who}.tolerance"}
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
        values, inputs = self.values, self.model.network.processes[f"{self.who}.drug_loading_liposome_{self.drug}"].inputs
        clearance = self._inputs(f"{self.key}.liposome_clearance")["first"]
        basal = f"{self.who}.ilv_formation_rate"
        pull = values.times(
            self._inputs(f"{self.key}.pull_of_vesicles")["first"],
            values.call(kinetics.ratio, numerator=self._formation(), denominator=basal),
        )
        pulls = values.sum([pull, f"{self.key}.pull_of_cytosol"])
        into = values.call(kinetics.ratio, numerator=pull, denominator=pulls)
        direct = values.call(kinetics.remainder, fraction=into)
        secreted, degraded = self._released()
        back = values.call(kinetics.ratio, numerator=degraded, denominator=values.sum([secreted, degraded]))
        assert "second" in inputs
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
