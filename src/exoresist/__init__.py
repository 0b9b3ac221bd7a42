"""exoresist: how much of a drug resistance travels in vesicles, how sure we are, and what would stop it.

The names below are loaded on first use, so that `import exoresist` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from exoresist.assembly.build import build as build
    from exoresist.assembly.reader import load_scenario as load
    from exoresist.assembly.scenario import Scenario as Scenario
    from exoresist.catalog import Catalog as Catalog
    from exoresist.compartments import simulate as simulate
    from exoresist.laws import law as law
    from exoresist.network import Event as Event
    from exoresist.network import Modulation as Modulation
    from exoresist.network import Network as Network
    from exoresist.network import Pool as Pool
    from exoresist.network import Process as Process
    from exoresist.network import Run as Run
    from exoresist.studies import ask as ask

# public name -> (module, name there)
_PUBLIC = {
    "Catalog": ("exoresist.catalog", "Catalog"),
    "Scenario": ("exoresist.assembly.scenario", "Scenario"),
    "load": ("exoresist.assembly.reader", "load_scenario"),
    "build": ("exoresist.assembly.build", "build"),
    "simulate": ("exoresist.compartments", "simulate"),
    "ask": ("exoresist.studies", "ask"),
    "Run": ("exoresist.network", "Run"),
    "Network": ("exoresist.network", "Network"),
    "Pool": ("exoresist.network", "Pool"),
    "Process": ("exoresist.network", "Process"),
    "Modulation": ("exoresist.network", "Modulation"),
    "Event": ("exoresist.network", "Event"),
    "law": ("exoresist.laws", "law"),
}

__all__ = [  # noqa: RUF022  (the order of the work: facts, scenario, network, run, question)
    "Catalog",
    "Scenario",
    "load",
    "build",
    "simulate",
    "ask",
    "Run",
    "Network",
    "Pool",
    "Process",
    "Modulation",
    "Event",
    "law",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'exoresist' has no attribute '{name}'; it offers {', '.join(_PUBLIC)}")
    from importlib import import_module

    module, attribute = _PUBLIC[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value  # the next access finds it without coming here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
