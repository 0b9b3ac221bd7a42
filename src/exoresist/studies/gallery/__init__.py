"""Published models rebuilt through the public interface, each held to the figures of its paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from exoresist.studies.gallery.comparison import Row


@dataclass(frozen=True)
class Published:
    """A published model.

    title     what it is, in one line
    citation  where it is from
    checks    rebuilds the model, runs it and compares: rows of quantity, target, got, tolerance, passed
    """

    title: str
    citation: str
    checks: Callable[[], list[Row]]


_MODELS = {
    "evans2005": (
        "Uptake, binding and hydrolysis of topotecan in MCF-7 cells",
        "Evans et al. 2005, Int J Adapt Control Signal Process, 10.1002/acs.856",
    ),
    "greene2019": (
        "Spontaneous and drug-induced resistance under constant and pulsed therapy",
        "Greene, Gevertz & Sontag 2019, JCO Clin Cancer Inform, 10.1200/CCI.18.00087",
    ),
    "microvesicle_transfer": (
        "Resistance passed on by microvesicles, as mass action between two populations",
        "Form derived from the claim of Denes, Marzban & Rost 2021 (their own equations were not seen)",
    ),
}


def _later(name: str) -> Callable[[], list[Row]]:
    def checks() -> list[Row]:
        found: list[Row] = import_module(f"exoresist.studies.gallery.{name}").checks()
        return found

    return checks


def registry() -> dict[str, Published]:
    """Every model by name; a model's code is loaded when its checks are run."""
    return {name: Published(title, citation, _later(name)) for name, (title, citation) in _MODELS.items()}
