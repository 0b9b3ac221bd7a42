"""The arms of a scenario: each a complete scenario of its own, made from the base and a difference."""

from __future__ import annotations

from exoresist.assembly.plain_data import merged
from exoresist.assembly.resolve import resolved_dict
from exoresist.assembly.scenario import Arm, Scenario
from exoresist.assembly.validation import validated
from exoresist.core.errors import ExoresistError, InputError

# Questions asked of the base alone.
_BASE_ONLY = ("arms", "comparison", "vesicle_titration")


def expand_arms(scenario: Scenario) -> tuple[tuple[Arm, Scenario], ...]:
    """Each arm with its own complete scenario (same seed, draws and times); without arms, one arm 'base'.

    Raises InputError, naming the arm, when a difference leads to a scenario that cannot be.
    """
    if not scenario.arms:
        return ((Arm(id="base", label="Base", role="reference"), scenario),)
    return tuple((arm, _expanded(scenario, arm, index)) for index, arm in enumerate(scenario.arms))


def _expanded(scenario: Scenario, arm: Arm, index: int) -> Scenario:
    base = {key: value for key, value in resolved_dict(scenario).items() if key not in _BASE_ONLY}
    where = f"arms[{index}] ('{arm.id}')"
    try:
        changed = validated(merged(base, arm.change), where)
    except ExoresistError as error:
        text = str(error)
        raise InputError(text if text.startswith(where) else f"{where}: {text}") from None
    if changed.assay.kind != scenario.assay.kind:
        raise InputError(
            f"{where}: the assay becomes {changed.assay.kind}",
            f"the kind of the base, {scenario.assay.kind}",
            "Arms are compared, so all use one kind of assay",
        )
    return changed
