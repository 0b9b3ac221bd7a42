"""Moments at which a formula of a foreign SBML model jumps with time: a pulse, a dose that begins.

An integrator that takes long steps passes over a short pulse and never sees it. libroadrunner looks for the roots of event triggers
only, so every comparison that reads the clock becomes two events that change nothing, one for each direction: the engine stops there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MOST = 200  # comparisons; a model with more is a table of readings, and its steps are short anyway


def mark_jumps(model: Any) -> int:
    """Add such events to a libsbml model whose functions are written out. Returns how many comparisons were marked."""
    import libsbml

    found = {libsbml.formulaToL3String(node): node.deepCopy() for node in _comparisons(model)}
    if not found or len(found) > MOST:
        return 0
    dummy = _free_name(model)
    parameter = model.createParameter()
    parameter.setId(dummy)
    parameter.setValue(0.0)
    parameter.setConstant(False)
    for node in found.values():
        _silent_event(model, node, dummy)
        opposite = libsbml.ASTNode(libsbml.AST_LOGICAL_NOT)
        opposite.addChild(node.deepCopy())
        _silent_event(model, opposite, dummy)
    return len(found)


def _comparisons(model: Any) -> Iterator[Any]:
    """Comparisons in rules and rates that read the clock and nothing that is known to one reaction only."""
    for rule in model.getListOfRules():
        if rule.getMath() is not None:
            yield from _below(rule.getMath(), frozenset())
    for reaction in model.getListOfReactions():
        law = reaction.getKineticLaw()
        if law is None or law.getMath() is None:
            continue
        own = [*law.getListOfParameters(), *law.getListOfLocalParameters()]
        yield from _below(law.getMath(), frozenset(one.getId() for one in own))


def _below(node: Any, own: frozenset[str]) -> Iterator[Any]:
    if node.isRelational() and _reads_clock(node):
        if not _names(node) & own:
            yield node
        return
    for index in range(node.getNumChildren()):
        yield from _below(node.getChild(index), own)


def _reads_clock(node: Any) -> bool:
    import libsbml

    return node.getType() == libsbml.AST_NAME_TIME or any(
        _reads_clock(node.getChild(index)) for index in range(node.getNumChildren())
    )


def _names(node: Any) -> set[str]:
    here = {node.getName()} if node.isName() else set()
    return here.union(*(_names(node.getChild(index)) for index in range(node.getNumChildren())))


def _free_name(model: Any) -> str:
    name = "nothing_changes"
    while model.getElementBySId(name) is not None:
        name += "_"
    return name


def _silent_event(model: Any, trigger: Any, dummy: str) -> None:
    import libsbml

    event = model.createEvent()
    event.setId(f"{dummy}_{model.getNumEvents()}")
    one = event.createTrigger()
    one.setMath(trigger)
    if event.getLevel() >= 3:
        event.setUseValuesFromTriggerTime(True)
        one.setInitialValue(True)
        one.setPersistent(True)
    change = event.createEventAssignment()
    change.setVariable(dummy)
    change.setMath(libsbml.parseL3Formula("0"))
