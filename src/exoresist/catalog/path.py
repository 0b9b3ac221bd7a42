"""Signed chains: `ciRS_122 -| miR_122 -| PKM2 -> glycolysis -> resistance(oxaliplatin)`.

`->` activates, `-|` inhibits. The first node is the cargo (or the process or treatment) that starts the chain; the last
node may be an outcome, `resistance(drug)` or `sensitivity(drug)`. A chain says what was reported; it holds no numbers.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from exoresist.core.errors import InputError

OUTCOMES = ("resistance", "sensitivity")
LONGEST_CHAIN = 30

_ARROW = re.compile(r"(->|-\|)")
_NODE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_OUTCOME = re.compile(r"(resistance|sensitivity)\(([A-Za-z][A-Za-z0-9_]*)\)")
_EXAMPLE = "for example 'ciRS_122 -| miR_122 -| PKM2 -> glycolysis -> resistance(oxaliplatin)'"


class Step(NamedTuple):
    """A node and the sign of the edge that leads to it: +1 activates, -1 inhibits; the first step has sign +1."""

    sign: int
    node: str


class Outcome(NamedTuple):
    """What a chain ends in: `direction` is resistance or sensitivity."""

    direction: str
    drug: str


def parse_path(text: str) -> list[Step]:
    """The chain written in `text` as steps (sign, node), the first with sign +1; InputError names the wrong piece."""
    if not isinstance(text, str) or not text.strip():
        raise InputError("An empty chain", _EXAMPLE, "Write at least two nodes joined by '->' or '-|'")
    pieces = [piece.strip() for piece in _ARROW.split(text)]
    nodes, arrows = pieces[0::2], pieces[1::2]
    shown = text if len(text) <= 120 else text[:120] + "..."
    if not arrows:
        raise InputError(f"The chain '{shown}' has no arrow", f"'->' or '-|' between nodes, {_EXAMPLE}")
    if len(nodes) > LONGEST_CHAIN:
        raise InputError(f"The chain '{shown}' has {len(nodes)} nodes", f"at most {LONGEST_CHAIN}")
    for position, node in enumerate(nodes):
        last = position == len(nodes) - 1
        if not node:
            place = "at its start" if position == 0 else "at its end" if last else f"after node {position}"
            raise InputError(f"The chain '{shown}' lacks a node {place}", _EXAMPLE)
        if _OUTCOME.fullmatch(node):
            if not last:
                raise InputError(f"The chain '{shown}' goes on after the outcome '{node}'", "an outcome only at the end")
        elif node in OUTCOMES:
            raise InputError(f"'{node}' in the chain '{shown}' names no drug", f"{node}(drug)")
        elif not _NODE.fullmatch(node):
            raise InputError(
                f"'{node}' in the chain '{shown}' is not a node",
                "letters, digits and underscores, beginning with a letter; an outcome like resistance(drug) at the end",
            )
    signs = [1] + [1 if arrow == "->" else -1 for arrow in arrows]
    return [Step(sign, node) for sign, node in zip(signs, nodes, strict=True)]


def format_path(steps: list[Step]) -> str:
    """The text of a chain; `parse_path` reads it back."""
    words = [steps[0].node]
    for step in steps[1:]:
        words += ["->" if step.sign > 0 else "-|", step.node]
    return " ".join(words)


def outcome(steps: list[Step]) -> Outcome | None:
    """The outcome that the chain ends in, or None where it ends in an ordinary node."""
    match = _OUTCOME.fullmatch(steps[-1].node)
    return Outcome(match.group(1), match.group(2)) if match else None


def net_direction(steps: list[Step]) -> str | None:
    """`resistance` or `sensitivity` when the start of the chain rises (product of signs); None without an outcome."""
    end = outcome(steps)
    if end is None:
        return None
    sign = 1
    for step in steps:
        sign *= step.sign
    if end.direction == "sensitivity":
        sign = -sign
    return "resistance" if sign > 0 else "sensitivity"
