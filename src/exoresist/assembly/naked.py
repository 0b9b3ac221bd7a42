"""Dissolved cargo outside vesicles: set free by dying cells and taken by RNases, while vesicles protect theirs.

Absent unless a scenario sets `naked_decay_rate`; then cargo of dead cells is no longer written off as debris. Cells do not take
naked cargo up.
"""

from __future__ import annotations

from exoresist.assembly.book import Book
from exoresist.assembly.layout import Cargo, Layout
from exoresist.laws import kinetics
from exoresist.network import Pool, Process
from exoresist.network.parts import Part


def naked_parts(layout: Layout, book: Book) -> list[Part]:
    """Naked pools of every medium, their decay, and the slow decay of what vesicles hold."""
    if not layout.naked:
        return []
    parts: list[Part] = []
    for cargo in dissolved(layout):
        subjects = (f"cargo:{cargo.id}", f"cargo_type:{cargo.type}", "cargo")
        key = f"naked.{cargo.id.replace('-', '_')}"
        bare = book.number(f"{key}.decay_rate", "naked_decay_rate", "1/h", *subjects, use="naked_decay")
        held = book.number(f"{key}.enclosed_decay_rate", "enclosed_decay_rate", "1/h", *subjects, use="enclosed_decay")
        sink = layout.exchange("degraded", cargo.element)
        for side in layout.sides:
            pool = layout.naked_cargo(side, cargo)
            parts.append(Pool(pool, "copy", element=cargo.element, scale=1e3))
            parts.append(
                Process(f"{pool}_decay", pool, sink, kinetics.constant, {"rate": bare}, specific=True, name="naked_decay")
            )
            for group in layout.classes:
                for origin in layout.origins:
                    content = layout.content(layout.vesicles(side, group), cargo.element + (f"_{origin}" if origin else ""))
                    parts.append(
                        Process(
                            f"{content}_decay",
                            content,
                            sink,
                            kinetics.constant,
                            {"rate": held},
                            specific=True,
                            name="enclosed_decay",
                        )
                    )
    return parts


def dissolved(layout: Layout) -> list[Cargo]:
    """Cargo that can float naked."""
    return [cargo for cargo in layout.cargo if cargo.place == "dissolved"]


def washed(layout: Layout, fraction: float) -> dict[str, float]:
    """What a change of medium takes of the naked cargo."""
    if not layout.naked:
        return {}
    return {layout.naked_cargo(side, cargo): fraction for side in layout.sides for cargo in dissolved(layout)}
