"""A network's processes as rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from exoresist.network.parts import Amount, PerSize, Process, RateOf, Reference

if TYPE_CHECKING:
    from exoresist.network.network import Network

COLUMNS = ("id", "name", "source", "sink", "law", "per", "inputs", "modulations", "fates")


def shown(reference: Reference) -> str:
    """A reference as readers see it: amount(pool), pool/size, rate(process), or the plain name."""
    if isinstance(reference, Amount):
        return f"amount({reference.pool})"
    if isinstance(reference, PerSize):
        return f"{reference.pool}/{reference.size}"
    if isinstance(reference, RateOf):
        return f"rate({reference.process})"
    return reference


def inputs_text(inputs: Mapping[str, Reference]) -> str:
    return ", ".join(f"{argument}={shown(reference)}" for argument, reference in inputs.items())


def to_table(network: Network) -> list[dict[str, str]]:
    """One row per process: id, name, source, sink, law, per, inputs, modulations, fates.

    per  what the law's rate is taken times: nothing (a flux), the source (a specific rate) or the sink (birth)
    """
    modulations: dict[str, list[str]] = {}
    for modulation in network.modulations:
        text = f"{modulation.tag}: {modulation.law.name}({inputs_text(modulation.inputs)})"
        modulations.setdefault(modulation.process, []).append(text)
    return [
        {
            "id": process.id,
            "name": process.name,
            "source": process.source,
            "sink": process.sink,
            "law": process.law.name,
            "per": process.sink if process.birth else process.source if process.specific else "",
            "inputs": inputs_text(process.inputs),
            "modulations": "; ".join(modulations.get(process.id, [])),
            "fates": _fates(process),
        }
        for process in network.processes.values()
    ]


def _fates(process: Process) -> str:
    parts = []
    for kind, routes in process.fates.items():
        ways = [f"{route.fraction or 'rest'} -> {route.to or 'nowhere'}" for route in routes]
        parts.append(f"{kind}: {', '.join(ways)}")
    return "; ".join(parts)


def to_tsv(network: Network) -> str:
    """The rows of `to_table` as tab-separated text with a head line."""
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(row[column] for column in COLUMNS) for row in to_table(network)]
    return "\n".join(lines) + "\n"
