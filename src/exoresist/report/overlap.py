"""Curves and bands that lie upon one another: which are drawn, and how all of them can still be seen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from exoresist.report.drawing import Trace
from exoresist.studies.answer import Answer

Points = Mapping[float, float]
Bands = Mapping[str, Mapping[float, tuple[float, float]]]

COVERED = 0.6  # share of two bands' joint area from which on they are one to the eye


def coinciding(curves: Mapping[str, Points], tolerance: float) -> list[list[str]]:
    """Arms in groups whose curves differ by at most `tolerance` wherever both have a point; order is kept."""
    groups: list[list[str]] = []
    for arm, points in curves.items():
        for group in groups:
            other = curves[group[0]]
            shared = points.keys() & other.keys()
            if shared and max(abs(points[x] - other[x]) for x in shared) <= tolerance:
                group.append(arm)
                break
        else:
            groups.append([arm])
    return groups


def nested(lines: Mapping[str, Trace], groups: Iterable[list[str]], most: int = 12) -> None:
    """Draw coinciding lines one inside the other, the first widest, and let their marks take turns; in place.

    A mark on every hourly point would read as a rope: about `most` are shown on each group.
    """
    for group in groups:
        count = len(group)
        for place, arm in enumerate(group):
            line = lines[arm]
            points = len(line["x"])
            period = max(count, math.ceil(points / max(3, most // count)))
            first = place * period // count
            line["line"] = {**line["line"], "width": 2.5 + min(3.0, 9.0 / count) * (count - 1 - place)}
            shown = [1 if number % period == first else 0 for number in range(points)]
            line["marker"] = {**line["marker"], "opacity": shown}


def uncovered(bands: Bands, order: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """Arms whose bands are drawn, and the others with the arm whose band theirs all but covers.

    Semi-transparent bands of five arms on one another make a mud of colours that belongs to no arm.
    """
    drawn: list[str] = []
    hidden: dict[str, str] = {}
    for arm in order:
        if arm not in bands:
            continue
        over = next((other for other in drawn if joint_share(bands[arm], bands[other]) > COVERED), None)
        if over is None:
            drawn.append(arm)
        else:
            hidden[arm] = over
    return drawn, hidden


def joint_share(one: Mapping[float, tuple[float, float]], other: Mapping[float, tuple[float, float]]) -> float:
    """Area that two bands share over the area of both together, 0 to 1, at the points that both have."""
    both = [(*one[x], *other[x]) for x in one.keys() & other.keys()]
    together = math.fsum(max(b, d) - min(a, c) for a, b, c, d in both)
    shared = math.fsum(max(0.0, min(b, d) - max(a, c)) for a, b, c, d in both)
    return shared / together if together > 0 else 0.0


def importance(answer: Answer) -> list[str]:
    """Arms in the order in which their bands are wanted: the compared ones, the reference, the rest."""
    references = [str(row["id"]) for row in answer.arms if row.get("role") == "reference"]
    everyone = [answer.shift_of, answer.shift_against, *references, *(str(row["id"]) for row in answer.arms)]
    return [arm for arm in dict.fromkeys(everyone) if arm]


def overlap_words(groups: Iterable[list[str]], hidden: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """What the caption says of curves that coincide and of bands that are left out."""
    text = " Curves that coincide lie one inside the other." if any(len(group) > 1 for group in groups) else ""
    if hidden:
        names = " and ".join(f"“{labels[arm]}”" for arm in dict.fromkeys(hidden.values()))
        text += f" Bands that would cover the band of {names} are left out."
    return text
