"""Colours and marks.

Arms take Okabe and Ito's colours (told apart with any colour vision), each with its own mark and dash, so that colour
never carries the meaning alone. Places of the drug and kinds of number take other tones, so that no colour means two
things.
Source: Okabe & Ito, Color Universal Design, 2008.
"""

from __future__ import annotations

from dataclasses import dataclass

from exoresist.studies.answer import Row

INK, SOFT, GRID = "#1b1b1b", "#5a5f66", "#e7e5e0"


@dataclass(frozen=True)
class Stroke:
    """How one arm is drawn in every figure."""

    colour: str
    mark: str
    dash: str


# Black is kept for the reference arm, yellow left out: it does not show on white.
REFERENCE = Stroke("#000000", "circle", "solid")
STROKES = (
    Stroke("#D55E00", "square", "solid"),
    Stroke("#0072B2", "diamond", "solid"),
    Stroke("#009E73", "triangle-up", "solid"),
    Stroke("#CC79A7", "triangle-down", "solid"),
    Stroke("#E69F00", "pentagon", "solid"),
    Stroke("#56B4E9", "hexagon", "solid"),
)
DASHES = ("solid", "dash", "dot", "dashdot")


def arm_strokes(arms: list[Row]) -> dict[str, Stroke]:
    """Arm id -> stroke. The first reference arm is black; past six further arms colours return with another dash."""
    strokes: dict[str, Stroke] = {}
    place = 0
    for row in arms:
        if row.get("role") == "reference" and REFERENCE not in strokes.values():
            strokes[str(row["id"])] = REFERENCE
            continue
        base = STROKES[place % len(STROKES)]
        strokes[str(row["id"])] = Stroke(base.colour, base.mark, DASHES[(place // len(STROKES)) % len(DASHES)])
        place += 1
    return strokes


@dataclass(frozen=True)
class Fill:
    """How one segment of a stacked bar is drawn: `shape` is plotly's hatching, empty for a plain fill."""

    colour: str
    text: str
    shape: str = ""


# Outside the cells greys, inside them blue-greens from light to dark, in vesicles hatched sand, removed mauve.
PLACES = {
    "medium": Fill("#d9d9d6", INK),
    "serum": Fill("#b3b3ae", INK),
    "cytosol": Fill("#a9ccc9", INK),
    "lysosome": Fill("#5f9a98", "#ffffff"),
    "target": Fill("#1f5a5c", "#ffffff"),
    "vesicles inside": Fill("#e3cf9f", INK, "/"),
    "vesicles outside": Fill("#bb9a52", INK, "\\"),
    "removed": Fill("#dcc9d8", INK),
}
OTHER_PLACES = (Fill("#cdbfd6", INK), Fill("#9a86ab", INK), Fill("#66547a", "#ffffff"))

KINDS = {
    "measured": Fill("#23404f", "#ffffff"),
    "fitted": Fill("#5f8597", "#ffffff"),
    "derived": Fill("#b7cad3", INK),
    "assumed": Fill("#f3e3bd", INK, "/"),
}

AVAILABLE, NEEDED = "#4a6572", "#8a5a00"


def place_fills(places: list[str]) -> dict[str, Fill]:
    """Place -> fill; places that are not in the usual list take spare tones."""
    spare = [place for place in places if place not in PLACES]
    return {place: PLACES[place] if place in PLACES else OTHER_PLACES[spare.index(place) % len(OTHER_PLACES)] for place in places}


def transparent(colour: str, opacity: float) -> str:
    """`#rrggbb` as rgba text."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
