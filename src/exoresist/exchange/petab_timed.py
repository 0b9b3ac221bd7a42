"""An SBML model that carries out what its experiments ask for: starts and changes in it, as formulas and timed events.

PEtab 1 has conditions but no periods: a condition sets numbers, or names of the parameter table, at the start, and nothing later. So what
is a plain number or name goes to the table of conditions; a start that is a formula, and all that happens later, goes into the model. Where
experiments differ there, each has a switch: a parameter that is 0 in the model and 1 in the experiment's condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exoresist.core.errors import InputError
from exoresist.exchange.petab_out import formula_text

Changes = Mapping[str, Any]  # id in the model -> SymPy expression or number
Steps = Sequence[tuple[float, Changes]]  # the first at time 0
Cell = float | str


def timed_model(
    sbml: str, experiments: Mapping[str, Steps], numbers: Mapping[str, float]
) -> tuple[str, dict[str, dict[str, Cell]]]:
    """The model with starts and events in it, and the table of conditions: experiment -> id -> number or name.

    numbers  of the parameter table, with their nominal values: those that formulas of the model read become parameters of it

    Raises InputError where a number of the table has the name of something in the model.
    """
    import libsbml

    document = libsbml.readSBMLFromString(sbml)
    writer = _Writer(document.getModel(), experiments, numbers)
    conditions = writer.starts()
    writer.later()
    writer.declare(conditions)
    text: str = libsbml.writeSBMLToString(document)
    return text, conditions


class _Writer:
    """One model while it is changed."""

    def __init__(self, model: Any, experiments: Mapping[str, Steps], numbers: Mapping[str, float]) -> None:
        import libsbml

        self.model, self.experiments, self.numbers = model, experiments, numbers
        self.read: set[str] = set()  # numbers of the table that the model's formulas read
        self.switched: set[str] = set()  # experiments whose switch is read
        taken = [one for one in numbers if model.getElementBySId(one) is not None]
        if taken:
            raise InputError(f"'{taken[0]}' is a number of the problem and of the model", "two names", "Report this")
        self.settings = libsbml.L3ParserSettings()
        self.settings.setParseLog(libsbml.L3P_PARSE_LOG_AS_LN)
        self.settings.setParseUnits(False)

    def starts(self) -> dict[str, dict[str, Cell]]:
        """Write starts that are formulas; the others as cells."""
        given: dict[str, Changes] = {name: steps[0][1] for name, steps in self.experiments.items()}
        cells: dict[str, dict[str, Cell]] = {name: {} for name in given}
        for target in dict.fromkeys(target for changes in given.values() for target in changes):
            own = {
                name: _simple(changes[target]) if target in changes else self._value(target) for name, changes in given.items()
            }
            if all(isinstance(one, float) or str(one) in self.numbers for one in own.values()):
                for name, one in own.items():
                    cells[name][target] = one if isinstance(one, float) else str(one)
                continue
            assignment = self.model.createInitialAssignment()
            assignment.setSymbol(target)
            assignment.setMath(self._math(self._chosen(own)))
        return cells

    def later(self) -> None:
        """Write events; experiments that do the same at the same time share one."""
        groups: dict[tuple[float, str], tuple[Changes, list[str]]] = {}
        for name, steps in self.experiments.items():
            for time, changes in steps[1:]:
                if changes:
                    key = time, repr(sorted((target, formula_text(_simple(one))) for target, one in changes.items()))
                    groups.setdefault(key, (changes, []))[1].append(name)
        for number, ((time, _), (changes, names)) in enumerate(sorted(groups.items()), 1):
            event = self.model.createEvent()
            event.setId(self._free(f"change_{number}"))
            event.setUseValuesFromTriggerTime(True)
            trigger = event.createTrigger()
            trigger.setPersistent(True)
            trigger.setInitialValue(False)
            gate = "" if len(names) == len(self.experiments) else f" && ({' + '.join(map(self._switch, names))} > 0.5)"
            trigger.setMath(self._math_of(f"(time >= {time!r}){gate}"))
            for target, one in changes.items():
                self._may_change(target)
                assignment = event.createEventAssignment()
                assignment.setVariable(target)
                assignment.setMath(self._math(_simple(one)))

    def declare(self, conditions: Mapping[str, dict[str, Cell]]) -> None:
        """Make parameters of the table's numbers and the switches that formulas read; switch each on in its condition."""
        for name in sorted(self.read):
            self._parameter(name, self.numbers[name])
        for name in [one for one in self.experiments if one in self.switched]:
            self._parameter(_switch_of(name), 0.0)
            for other, cells in conditions.items():
                cells[_switch_of(name)] = float(other == name)

    def _chosen(self, own: Mapping[str, Any]) -> Any:
        """Σ switch · formula over the different formulas; the formula itself where all are alike."""
        import sympy

        alike: dict[str, tuple[Any, list[str]]] = {}
        for name, one in own.items():
            alike.setdefault(formula_text(one), (one, []))[1].append(name)
        if len(alike) == 1:
            return next(iter(own.values()))
        return sum(
            (sum(sympy.Symbol(self._switch(name), real=True) for name in names) * one for one, names in alike.values()),
            start=sympy.Integer(0),
        )

    def _switch(self, experiment: str) -> str:
        self.switched.add(experiment)
        return _switch_of(experiment)

    def _math(self, expression: Any) -> Any:
        self.read |= {symbol.name for symbol in getattr(expression, "free_symbols", ())} & set(self.numbers)
        return self._math_of(formula_text(expression))

    def _math_of(self, text: str) -> Any:
        import libsbml

        tree = libsbml.parseL3FormulaWithSettings(text, self.settings)
        if tree is None:
            raise InputError(f"SBML cannot hold the formula {text[:200]}", "arithmetic, exp, log and roots", "Export version 2")
        return tree

    def _value(self, target: str) -> float:
        """What the model itself starts from."""
        part = self.model.getElementBySId(target)
        for given, value in (("isSetInitialAmount", "getInitialAmount"), ("isSetSize", "getSize"), ("isSetValue", "getValue")):
            if hasattr(part, given) and getattr(part, given)():
                return float(getattr(part, value)())
        raise InputError(f"'{target}' has no value in the model", "a number", "Report this")

    def _may_change(self, target: str) -> None:
        part = self.model.getElementBySId(target)
        if part.getElementName() != "species":
            part.setConstant(False)

    def _parameter(self, name: str, value: float) -> None:
        parameter = self.model.createParameter()
        parameter.setId(name)
        parameter.setValue(value)
        parameter.setConstant(True)

    def _free(self, name: str) -> str:
        while self.model.getElementBySId(name) is not None:
            name += "_"
        return name


def _switch_of(experiment: str) -> str:
    return f"switch_{experiment}"


def _simple(value: Any) -> Any:
    """A float where it is a number, the symbol where it is once a symbol, else the expression."""
    if not getattr(value, "free_symbols", None):
        return float(value)
    factor, rest = value.as_coeff_Mul()
    return rest if rest.is_Symbol and float(factor) == 1.0 else value
