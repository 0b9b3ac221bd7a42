"""The questions: what a scenario asks, answered with numbers, words and references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exoresist.studies.answer import Answer
    from exoresist.studies.answers import answer_scenario

__all__ = ["Answer", "answer_scenario", "ask"]


def ask(scenario: Any, **options: Any) -> Answer:
    """Answer a scenario (a `Scenario`, or the path of a scenario file)."""
    from exoresist.assembly.reader import load_scenario
    from exoresist.assembly.scenario import Scenario
    from exoresist.studies.answers import answer_scenario

    return answer_scenario(scenario if isinstance(scenario, Scenario) else load_scenario(scenario), **options)


def __getattr__(name: str) -> Any:
    if name == "answer_scenario":
        from exoresist.studies.answers import answer_scenario

        return answer_scenario
    if name == "Answer":
        from exoresist.studies.answer import Answer

        return Answer
    raise AttributeError(name)
