"""A foreign SBML model as far as its engine is not left alone with it: how it starts, and what its events do where a condition begins.

libroadrunner advances the model between such moments. It has rules of its own for initial assignments and for events at the start, so both
are read here and the engine gets a model without them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange.petab_formula import TIME, evaluate, from_mathml, names_in
from exoresist.exchange.petab_jumps import mark_jumps
from exoresist.exchange.petab_tables import Formula, one_line


@dataclass(frozen=True)
class Trigger:
    """An event: when `trigger` becomes true, `assignments` are made; higher priority first."""

    name: str
    trigger: Formula
    assignments: Mapping[str, Formula]
    priority: Formula | None
    delay: Formula | None
    initial: bool
    persistent: bool
    from_trigger: bool


@dataclass(frozen=True)
class Model:
    """What the file says.

    text          SBML for the engine: no initial assignments, no event at the start, a stop wherever a formula jumps with time
    compartments, parameters, species
                  identifiers; of species with the compartment, and whether formulas read the amount
    given         identifier -> number the file gives (species: as formulas read them), if any
    amounts       species whose number is an amount although formulas read a concentration
    initial       identifier -> formula of its initial assignment
    rules         identifier -> formula of its assignment rule
    reactions     identifiers, read as rates
    """

    text: str
    compartments: tuple[str, ...]
    parameters: tuple[str, ...]
    species: Mapping[str, tuple[str, bool]]
    given: Mapping[str, float]
    amounts: frozenset[str]
    initial: Mapping[str, Formula]
    rules: Mapping[str, Formula]
    reactions: frozenset[str]
    events: tuple[Trigger, ...]

    def __contains__(self, name: str) -> bool:
        return name in self.species or name in self.parameters or name in self.compartments or name in self.reactions

    def settable(self) -> Iterator[str]:
        """Compartments, parameters, species, in this order; nothing that a rule determines."""
        for name in (*self.compartments, *self.parameters, *self.species):
            if name not in self.rules:
                yield name


def read_model(text: str) -> Model:
    """Read SBML. Raises InputError for what the library refuses and for algebraic rules, which the engine cannot solve."""
    import libsbml

    document = libsbml.readSBMLFromString(text)
    if document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) + document.getNumErrors(libsbml.LIBSBML_SEV_FATAL):
        log = document.getErrorLog()
        worst = log.getErrorWithSeverity(0, libsbml.LIBSBML_SEV_FATAL) or log.getErrorWithSeverity(0, libsbml.LIBSBML_SEV_ERROR)
        raise InputError(f"The SBML model cannot be read: {one_line(worst.getMessage())}", "valid SBML", "Mend the model")
    options = libsbml.ConversionProperties()
    options.addOption("expandFunctionDefinitions", True)
    if document.convert(options) != libsbml.LIBSBML_OPERATION_SUCCESS:
        raise InputError("The functions of the SBML model cannot be written out", "functions without recursion", "Mend the model")
    model = document.getModel()
    if model is None:
        raise InputError("The SBML file holds no model", "one model", "Export it again")
    rules, initial = {}, {}
    for rule in model.getListOfRules():
        if rule.isAlgebraic():
            raise InputError(
                "The SBML model has an algebraic rule", "assignment rules and rate rules", "Solve it for one variable"
            )
        if rule.isAssignment():
            rules[rule.getVariable()] = _Lazy(rule.getMath().deepCopy(), f"The rule of '{rule.getVariable()}'")
    species = {one.getId(): (one.getCompartment(), bool(one.getHasOnlySubstanceUnits())) for one in model.getListOfSpecies()}
    owned = {
        *species,
        *(one.getId() for one in model.getListOfParameters()),
        *(one.getId() for one in model.getListOfCompartments()),
    }
    for place in reversed(range(model.getNumInitialAssignments())):
        assignment = model.getInitialAssignment(place)
        symbol = assignment.getSymbol()
        if symbol in owned:
            initial[symbol] = _Lazy(assignment.getMath().deepCopy(), f"The initial assignment of '{symbol}'")
            model.removeInitialAssignment(place)
        else:
            _stoichiometry(model, place)
    events = tuple(_event(one, place) for place, one in enumerate(model.getListOfEvents()))
    given, amounts = _numbers(model)
    for one in model.getListOfParameters():
        if not one.isSetValue():
            one.setValue(0.0)  # the engine asks for a number; the start is set from outside
    parameters = tuple(one.getId() for one in model.getListOfParameters())
    mark_jumps(model)
    return Model(
        libsbml.writeSBMLToString(document),
        tuple(one.getId() for one in model.getListOfCompartments()),
        parameters,
        species,
        given,
        amounts,
        initial,
        rules,
        frozenset(one.getId() for one in model.getListOfReactions()),
        events,
    )


def _stoichiometry(model: Any, place: int) -> None:
    """Let the number of copies in a reaction follow the parameters it is made of: the engine would work it out once, from the file's.

    Raises InputError where it is made of what changes with time.
    """
    assignment = model.getInitialAssignment(place)
    symbol, formula = assignment.getSymbol(), assignment.getMath().deepCopy()
    read = names_in(from_mathml(formula, f"The stoichiometry '{symbol}'"))
    fixed = {one.getId() for one in (*model.getListOfParameters(), *model.getListOfCompartments()) if one.getConstant()}
    if not read <= fixed:
        raise InputError(f"The stoichiometry '{symbol}' starts from {', '.join(sorted(read - fixed))}", "constant parameters")
    model.removeInitialAssignment(place)
    model.getElementBySId(symbol).setConstant(False)
    rule = model.createAssignmentRule()
    rule.setVariable(symbol)
    rule.setMath(formula)


class _Lazy:
    """A formula that is turned into a tree when it is first wanted: most rules never are, and some hold what is not known here."""

    def __init__(self, node: Any, where: str) -> None:
        self.node, self.where, self.tree = node, where, None

    def __call__(self) -> Any:
        if self.tree is None:
            self.tree = from_mathml(self.node, self.where)
        return self.tree


def _event(event: Any, place: int) -> Trigger:
    """Read one event, and tell the engine that its trigger was true before the start: what fires there is fired here."""
    name = event.getId() or f"event {place + 1}"
    trigger = event.getTrigger()
    if trigger is None or trigger.getMath() is None:
        raise InputError(f"Event '{name}' of the SBML model has no trigger", "an event with a trigger", "Mend the model")
    initial = bool(trigger.getInitialValue()) if event.getLevel() >= 3 else True
    persistent = bool(trigger.getPersistent()) if event.getLevel() >= 3 else True
    if event.getLevel() >= 3:
        trigger.setInitialValue(True)

    def tree(part: Any) -> Any:
        return None if part is None or part.getMath() is None else _Lazy(part.getMath().deepCopy(), f"Event '{name}'")

    return Trigger(
        name,
        tree(trigger),
        {one.getVariable(): tree(one) for one in event.getListOfEventAssignments() if one.getMath() is not None},
        tree(event.getPriority()),
        tree(event.getDelay()),
        initial,
        persistent,
        bool(event.getUseValuesFromTriggerTime()),
    )


def _numbers(model: Any) -> tuple[dict[str, float], frozenset[str]]:
    given, amounts = {}, set()
    for one in model.getListOfCompartments():
        given[one.getId()] = one.getSize() if one.isSetSize() else 1.0
    for one in model.getListOfParameters():
        if one.isSetValue():
            given[one.getId()] = one.getValue()
    for one in model.getListOfSpecies():
        if one.isSetInitialAmount():
            given[one.getId()] = one.getInitialAmount()
            if not one.getHasOnlySubstanceUnits():
                amounts.add(one.getId())
        elif one.isSetInitialConcentration():
            size = given.get(one.getCompartment(), 1.0) if one.getHasOnlySubstanceUnits() else 1.0
            given[one.getId()] = one.getInitialConcentration() * size
    return {key: value for key, value in given.items() if not math.isnan(value)}, frozenset(amounts)


@dataclass
class Beginning:
    """Values at the start, each worked out when it is asked for: what a condition sets, then the parameters of the problem, then the
    model's initial assignments, rules and numbers."""

    model: Model
    changes: Mapping[str, Formula]
    values: Mapping[str, float]
    time: float
    found: dict[str, float] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> float:
        if name not in self.found:
            if name in self.open:
                raise InputError(f"The start of '{name}' depends on itself ({' -> '.join([*self.open, name])})", "no circle")
            self.open.append(name)
            self.found[name] = self._worked_out(name)
            self.open.pop()
        return self.found[name]

    def _worked_out(self, name: str) -> float:
        if name in self.changes:
            before = Beginning(self.model, {key: one for key, one in self.changes.items() if key != name}, self.values, self.time)
            return float(evaluate(self.changes[name], before if name in names_in(self.changes[name]) else self))
        if name in self.values:
            return self.values[name]
        for formulas in (self.model.initial, self.model.rules):
            if name in formulas:
                return float(evaluate(formulas[name](), self))
        if name == TIME:
            return self.time
        if name not in self.model.given:
            raise InputError(f"'{name}' has no value at the start", "a value in the model, a condition or the parameter table")
        value = self.model.given[name]
        if name in self.model.amounts:
            return value / self[self.model.species[name][0]]
        return value
