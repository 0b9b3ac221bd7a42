"""SBML Level 3 Version 2 of a network, and Antimony made from it.

Species are amounts; every flux of the compiled network is one reaction, so that the file runs the same equations as the
kernels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from exoresist.core.errors import ExoresistError, ModelError
from exoresist.core.units import dimension
from exoresist.network.exports.formula import Formulas, writable
from exoresist.network.exports.identifiers import Identifiers
from exoresist.network.exports.provenance import annotate, identify
from exoresist.network.exports.sbml_events import change_formula, linear_changes, single
from exoresist.network.exports.sbml_units import UnitTable, is_item
from exoresist.network.wiring import HOUR, Dimensions, minus

if TYPE_CHECKING:
    from exoresist.network.network import Network


def to_sbml(
    network: Network, dois: Mapping[str, str] | None = None, meanings: Mapping[str, tuple[str, bool]] | None = None
) -> str:
    """The network as SBML Level 3 Version 2.

    dois      source id -> DOI, for the references of parameters; a DOI written in a quantity's source, locator or note is
              found without it
    meanings  pool or node -> (identifier such as `HGNC:40`, whether it is of that very thing or of something wider)

    Parameters that are the volume of a pool become compartments. Nodes become parameters with rate rules; derived
    values and process rates become parameters with assignment rules; times are in h, extents in items.
    """
    return _Writer(network, dois or {}, meanings or {}).text()


def to_antimony(network: Network) -> str:
    """The network in Antimony, converted from its SBML. Raises ExoresistError if the converter refuses it."""
    import antimony

    antimony.clearPreviousLoads()
    if antimony.loadSBMLString(to_sbml(network)) < 0:
        raise ExoresistError(
            f"Network '{network.name}' could not be written as Antimony: {antimony.getLastError()} Use SBML instead."
        )
    text: str = antimony.getAntimonyString(None)
    antimony.clearPreviousLoads()
    return text


def sbml_names(network: Network) -> Identifiers:
    """Identifiers that the network's pools, nodes, parameters, derived values and rates (`rate:PROCESS`) have in its SBML."""
    names = Identifiers(["everywhere"])
    for name in [*network.pools, *network.nodes, *network.parameters, *network.derived]:
        names.add(name)
    for process in network.processes:
        names.add(f"rate:{process}")
    return names


class _Writer:
    """One SBML document while it is written."""

    def __init__(self, network: Network, dois: Mapping[str, str], meanings: Mapping[str, tuple[str, bool]]) -> None:
        import libsbml

        self.network = network
        self.dois = dois
        self.meanings = meanings
        self.compiled = network.compile()
        self.dimensions = Dimensions(network)
        self.document = libsbml.SBMLDocument(3, 2)
        self.model = self.document.createModel()
        self.units = UnitTable(self.model)
        self.names = sbml_names(network)
        self.symbols: dict[int, str] = {}
        for name, slot in self.compiled.slot_of.items():
            if name in self.names:
                self.symbols.setdefault(slot, self.names[name])
        self.formulas = Formulas(self.compiled, self.symbols)
        self.settings = libsbml.L3ParserSettings()
        self.settings.setParseLog(libsbml.L3P_PARSE_LOG_AS_LN)
        self.settings.setParseUnits(True)
        self.settings.setParseAvogadroCsymbol(False)
        self.settings.setComparisonCaseSensitivity(libsbml.L3P_COMPARE_BUILTINS_CASE_SENSITIVE)
        self.changed = {name for event in network.events for name in event.set}

    def text(self) -> str:
        import libsbml

        self._head()
        volumes = self._compartments()
        self._species(volumes)
        self._parameters(volumes)
        self._nodes()
        self._rules()
        self._reactions()
        self._events()
        written: str = libsbml.writeSBMLToString(self.document)
        return written

    def _head(self) -> None:
        from exoresist import __version__

        model = self.model
        model.setId(Identifiers().add(self.network.name))
        model.setName(self.network.name)
        model.setTimeUnits(self.units.of("h"))
        model.setExtentUnits("item")
        model.setSubstanceUnits("item")
        model.setVolumeUnits(self.units.of("mL"))
        model.setNotes(
            '<body xmlns="http://www.w3.org/1999/xhtml"><p>Written by exoresist '
            f"{__version__}. Particles, cells and copies are all items here.</p></body>"
        )

    def _math(self, formula: str) -> Any:
        """The formula as MathML tree; bare numbers of laws are plain factors."""
        import libsbml

        tree = libsbml.parseL3FormulaWithSettings(formula, self.settings)
        if tree is None:
            raise ModelError(
                f"Network '{self.network.name}' has a formula that SBML cannot hold: {formula[:200]}. "
                f"{libsbml.getLastParseL3Error()}"
            )
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            if node.getType() == libsbml.AST_FUNCTION:  # a function of neither SBML nor this model
                raise ModelError(f"Network '{self.network.name}' needs '{node.getName()}', which SBML does not know.")
            if node.isNumber() and not node.hasUnits():
                node.setUnits("dimensionless")
            waiting.extend(node.getChild(index) for index in range(node.getNumChildren()))
        return tree

    def _compartments(self) -> set[str]:
        """Write compartments; returns the parameters that became one."""
        volume = {"[length]": 3.0}
        found: set[str] = set()
        for pool in self.network.pools.values():
            parameter = self.network.parameters.get(pool.size)
            if parameter and dict(dimension(parameter.unit)) == volume and parameter.value > 0.0:
                found.add(parameter.id)
        for name in ["", *sorted(found)]:
            compartment = self.model.createCompartment()
            compartment.setId(self.names[name or "everywhere"])
            compartment.setName(name or "where no volume is named")
            compartment.setSpatialDimensions(3)
            compartment.setConstant(name not in self.changed)
            unit = "mL"
            if name:
                parameter = self.network.parameters[name]
                unit = parameter.unit
                if parameter.quantity is not None:
                    annotate(compartment, parameter.quantity, self.dois)
            compartment.setSize(writable(self.network.parameters[name].value) if name else 1.0)
            compartment.setUnits(self.units.of(unit))
        return found

    def _species(self, volumes: set[str]) -> None:
        for pool in self.network.pools.values():
            species = self.model.createSpecies()
            species.setId(self.names[pool.id])
            species.setName(pool.id)
            species.setCompartment(self.names[pool.size if pool.size in volumes else "everywhere"])
            species.setInitialAmount(writable(pool.initial))
            species.setHasOnlySubstanceUnits(True)
            species.setBoundaryCondition(False)
            species.setConstant(False)
            unit = self._substance(pool.unit)
            if unit:
                species.setSubstanceUnits(unit)
            factor = self._conversion(pool.unit)
            if factor:
                species.setConversionFactor(factor)
            if pool.id in self.meanings:
                identify(species, *self.meanings[pool.id])

    def _substance(self, unit: str) -> str:
        return "item" if is_item(dict(dimension(unit))) else self.units.of(unit)

    def _conversion(self, unit: str) -> str:
        """Identifier of the parameter (of value 1) that takes extents, in items, to this unit; empty for items."""
        if is_item(dict(dimension(unit))):
            return ""
        substance = self._substance(unit) or "unit"
        name = f"{substance}_per_extent"
        if name in self.names:
            return self.names[name]
        identifier = self.names.add(name)
        parameter = self.model.createParameter()
        parameter.setId(identifier)
        parameter.setValue(1.0)
        parameter.setConstant(True)
        parameter.setUnits(self.units.of_dimension(minus(dict(dimension(unit)), {"[cell]": 1.0})))
        return identifier

    def _parameters(self, volumes: set[str]) -> None:
        for part in self.network.parameters.values():
            if part.id in volumes:
                continue
            parameter = self._parameter(part.id, constant=part.id not in self.changed)
            parameter.setValue(writable(part.value))
            unit = self.units.of(part.unit)
            if unit:
                parameter.setUnits(unit)
            if part.quantity is not None:
                annotate(parameter, part.quantity, self.dois)

    def _parameter(self, name: str, constant: bool) -> Any:
        parameter = self.model.createParameter()
        parameter.setId(self.names[name])
        parameter.setName(name)
        parameter.setConstant(constant)
        return parameter

    def _nodes(self) -> None:
        moving = {flux.moved: flux.slot for flux in self.compiled.fluxes if flux.process.startswith("node:")}
        for node in self.network.nodes.values():
            parameter = self._parameter(node.id, constant=node.id not in moving)
            parameter.setValue(writable(node.initial))
            parameter.setUnits("dimensionless")
            if node.id in self.meanings:
                identify(parameter, *self.meanings[node.id])
            if node.id in moving:
                rule = self.model.createRateRule()
                rule.setVariable(self.names[node.id])
                rule.setMath(self._math(self.formulas.of(moving[node.id])))

    def _rules(self) -> None:
        for name, slot in self.compiled.slot_of.items():
            if name in self.network.derived:
                dimensions = self.dimensions.of(name, name)
            elif name.startswith("rate:"):
                process = self.network.processes[name.removeprefix("rate:")]
                moved = process.source or process.sink
                plain = process.specific or process.birth
                dimensions = minus({} if plain else dict(dimension(self.network.pools[moved].unit)), HOUR)
            else:
                continue
            parameter = self._parameter(name, constant=False)
            unit = self.units.of_dimension(dimensions)
            if unit:
                parameter.setUnits(unit)
            owner = self.symbols[slot]
            formula = self.formulas.written_out(slot) if owner == self.names[name] else owner
            rule = self.model.createAssignmentRule()
            rule.setVariable(self.names[name])
            rule.setMath(self._math(formula))

    def _reactions(self) -> None:
        states = self.compiled.states
        for flux in self.compiled.fluxes:
            if flux.process.startswith("node:"):
                continue
            process = self.network.processes[flux.process]
            leading = flux.moved in (process.source, process.sink)
            reaction = self.model.createReaction()
            name = f"process.{flux.process}" if leading else f"process.{flux.process}.{flux.moved}"
            reaction.setId(self.names.add(name) if name not in self.names else self.names.fresh(self.names[name]))
            reaction.setName(f"{process.name}: {flux.moved}")
            reaction.setReversible(not (process.specific or process.birth))
            ends = set()
            for index, create in ((flux.source, reaction.createReactant), (flux.sink, reaction.createProduct)):
                if index >= 0:
                    reference = create()
                    reference.setSpecies(self.names[states[index]])
                    reference.setStoichiometry(1.0)
                    reference.setConstant(True)
                    ends.add(self.names[states[index]])
            formula = self.formulas.of(flux.slot)
            factor = self._conversion(self.network.pools[flux.moved].unit)
            tree = self._math(f"({formula}) / {factor}" if factor else formula)
            law = reaction.createKineticLaw()
            law.setMath(tree)
            for species in sorted(self._species_in(tree) - ends):
                reaction.createModifier().setSpecies(species)

    def _species_in(self, tree: Any) -> set[str]:
        species = {self.names[name] for name in self.network.pools}
        found: set[str] = set()
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            if node.isName() and node.getName() in species:
                found.add(node.getName())
            waiting.extend(node.getChild(index) for index in range(node.getNumChildren()))
        return found

    def _events(self) -> None:
        hour = self.units.of("h")
        symbols = {name: self.names[name] for name in self.network.pools}
        for number, event in enumerate(self.network.events):
            written = self.model.createEvent()
            written.setId(self.names.add(f"event {number + 1}"))
            if event.label:
                written.setName(event.label)
            # Events at one time follow each other in the network's order: each reads what the one before left.
            written.setUseValuesFromTriggerTime(False)
            trigger = written.createTrigger()
            trigger.setPersistent(True)
            # A trigger that was false before the start fires at the start; times before the start never fire.
            trigger.setInitialValue(event.time < 0.0)
            trigger.setMath(self._math(f"time >= {writable(float(event.time))!r} {hour}"))
            written.createPriority().setMath(self._math(f"{-number} dimensionless"))
            for name, value in event.set.items():
                unit = self.units.of(self.network.parameters[name].unit)
                self._assign(written, self.names[name], f"{single(value, event)!r} {unit}".strip())
            for name, (weights, constant) in linear_changes(self.network, event).items():
                unit = self._substance(self.network.pools[name].unit)
                self._assign(written, symbols[name], change_formula(weights, constant, symbols, unit))

    def _assign(self, event: Any, variable: str, formula: str) -> None:
        assignment = event.createEventAssignment()
        assignment.setVariable(variable)
        assignment.setMath(self._math(formula))
