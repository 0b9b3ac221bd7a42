"""A claim's chain as inline SVG, lying for wide screens and standing for narrow ones.

Arrows activate, bars inhibit. What the document reports is black, stored links are blue, the hub's action on the cell is
green; the outcome that the document reports hangs on a dashed line, because the model does not use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from exoresist.report.palette import INK, SOFT

Row = Mapping[str, Any]

WIDEST = 1080.0  # a lying chain that is wider stands on every screen
HEIGHT, LETTER, PADDING = 38.0, 7.9, 26.0
GAP_ACROSS, GAP_DOWN = 46.0, 34.0
ROLE = 52.0  # room beside a standing node; "process of the cell" is set as "process" there
STROKES = {"reported": INK, "stored": "#0072B2", "same": SOFT, "action": "#00745a"}
FILLS = {
    "miRNA": "#e3eef3", "circRNA": "#dcebe6", "lncRNA": "#e9e6f2", "piRNA": "#e3eef3", "siRNA": "#e3eef3", "gene": "#ffffff",
    "family": "#ffffff", "drug": "#f3e6ee", "process": "#dff0ea",
}  # fmt: skip
HUB_FILL, OTHER_FILL = "#fbe9c0", "#f6f4ef"


def drawings(chain: Row) -> dict[str, str]:
    """`wide` (absent where it would not fit) and `narrow` drawings of a chain."""
    lying = _lying(chain)
    return {"narrow": _standing(chain)} | ({"wide": lying} if lying else {})


def spoken(chain: Row) -> str:
    """The chain in words, for those who do not see it."""
    words = [chain["nodes"][0]["name"]]
    for link, node in zip(chain["links"], chain["nodes"][1:], strict=True):
        verb = {1: "raises", -1: "lowers", 0: "stands for"}[link["sign"]]
        words.append(f"{verb} {node['name']}")
    aside = chain["aside"]
    if aside is None:
        return ", ".join(words)
    verb = "gives" if aside["sign"] > 0 else "prevents"
    return f"{', '.join(words)}; reported: {chain['nodes'][aside['at']]['name']} {verb} {aside['text']}"


def _width(text: str) -> float:
    return max(len(text) * LETTER + PADDING, 64.0)


def _lying(chain: Row) -> str:
    """The chain from left to right, or "" where it is too wide."""
    nodes, aside = chain["nodes"], chain["aside"]
    lefts, x = [], 4.0
    for node in nodes:
        lefts.append(x)
        x += _width(node["name"]) + GAP_ACROSS
    right = x - GAP_ACROSS + 4.0
    y, parts = 22.0, []
    middle = y + HEIGHT / 2
    for place, link in enumerate(chain["links"]):
        start = lefts[place] + _width(nodes[place]["name"])
        parts.append(_arrow(start, middle, lefts[place + 1], middle, link["sign"], STROKES[link["how"]], False))
    for left, node in zip(lefts, nodes, strict=True):
        parts.append(_box(left, y, node))
    bottom = y + HEIGHT + 6.0
    if aside is not None:
        width = _width(aside["text"])
        source = lefts[aside["at"]] + _width(nodes[aside["at"]]["name"])
        if aside["at"] == len(nodes) - 1:
            parts.append(_arrow(source, middle, source + GAP_ACROSS, middle, aside["sign"], INK, True))
            parts.append(_outcome(source + GAP_ACROSS, y, aside["text"]))
            right = source + GAP_ACROSS + width + 4.0
        else:
            low = y + HEIGHT + 40.0
            down = lefts[aside["at"]] + _width(nodes[aside["at"]]["name"]) / 2
            parts.append(f'<path d="M{down:.1f} {y + HEIGHT:.1f}V{low:.1f}" {_line(INK, True)}/>')
            parts.append(_arrow(down, low, source + GAP_ACROSS, low, aside["sign"], INK, True))
            parts.append(_outcome(source + GAP_ACROSS, low - HEIGHT / 2, aside["text"]))
            right = max(right, source + GAP_ACROSS + width + 4.0)
            bottom = low + HEIGHT / 2 + 4.0
    return "" if right > WIDEST else _svg(right, bottom, parts, spoken(chain))


def _standing(chain: Row) -> str:
    """The chain from top to bottom, for a narrow screen."""
    nodes, aside = chain["nodes"], chain["aside"]
    texts = [node["name"] for node in nodes] + ([] if aside is None else [aside["text"]])
    roles = [_width(node["name"]) + (2 * ROLE if node["role"] else 0.0) for node in nodes]
    width = max(340.0, max(_width(text) for text in texts) + 70.0, max(roles) + 24.0)
    middle, parts, tops = width / 2 + 12.0, [], []
    y = 6.0
    for _ in nodes:
        tops.append(y)
        y += HEIGHT + GAP_DOWN
    for place, link in enumerate(chain["links"]):
        parts.append(_arrow(middle, tops[place] + HEIGHT, middle, tops[place + 1], link["sign"], STROKES[link["how"]], False))
    for top, node in zip(tops, nodes, strict=True):
        parts.append(_box(middle - _width(node["name"]) / 2, top, node, beside=True))
    bottom = y - GAP_DOWN + 6.0
    if aside is not None:
        top, left = bottom - 6.0 + GAP_DOWN, middle - _width(aside["text"]) / 2
        if aside["at"] == len(nodes) - 1:
            parts.append(_arrow(middle, bottom - 6.0, middle, top, aside["sign"], INK, True))
        else:
            source = tops[aside["at"]] + HEIGHT / 2
            edge = middle - _width(nodes[aside["at"]]["name"]) / 2
            parts.append(f'<path d="M{edge:.1f} {source:.1f}H8V{top + HEIGHT / 2:.1f}" {_line(INK, True)}/>')
            parts.append(_arrow(8.0, top + HEIGHT / 2, left, top + HEIGHT / 2, aside["sign"], INK, True))
        parts.append(_outcome(left, top, aside["text"]))
        bottom = top + HEIGHT + 6.0
    return _svg(width, bottom, parts, spoken(chain))


def _svg(width: float, height: float, parts: list[str], words: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img" '
        f'aria-label="{escape(words)}">{"".join(parts)}</svg>'
    )


def _line(colour: str, dashed: bool) -> str:
    return f'fill="none" stroke="{colour}" stroke-width="1.8"' + (' stroke-dasharray="5 4"' if dashed else "")


def _arrow(x: float, y: float, to_x: float, to_y: float, sign: int, colour: str, dashed: bool) -> str:
    """A line with an arrow head (activates), a bar (inhibits), or neither (another name of the same)."""
    across, down = (1.0, 0.0) if to_x != x else (0.0, 1.0)
    end_x, end_y = to_x - 4.0 * across, to_y - 4.0 * down
    if sign == 0:
        sides = [(3.0 * side * down, 3.0 * side * across) for side in (-1.0, 1.0)]
        lines = [f"M{x + dx:.1f} {y + dy:.1f}L{to_x + dx:.1f} {to_y + dy:.1f}" for dx, dy in sides]
        return f'<path d="{"".join(lines)}" {_line(colour, dashed)}/>'
    line = f'<path d="M{x:.1f} {y:.1f}L{end_x:.1f} {end_y:.1f}" {_line(colour, dashed)}/>'
    if sign > 0:
        back_x, back_y, wide, tall = end_x - 9.0 * across, end_y - 9.0 * down, 5.0 * down, 5.0 * across
        corners = ((end_x + across, end_y + down), (back_x + wide, back_y + tall), (back_x - wide, back_y - tall))
        points = " ".join(f"{left:.1f},{top:.1f}" for left, top in corners)
        return f'{line}<polygon points="{points}" fill="{colour}"/>'
    ends = f"M{end_x - 9 * down:.1f} {end_y - 9 * across:.1f}L{end_x + 9 * down:.1f} {end_y + 9 * across:.1f}"
    return f'{line}<path d="{ends}" fill="none" stroke="{colour}" stroke-width="3"/>'


def _box(x: float, y: float, node: Row, beside: bool = False) -> str:
    """A node; what it is stands over it, or beside it where an arrow comes from above."""
    name, role = node["name"], node["role"]
    width = _width(name)
    rounded = HEIGHT / 2 if node["kind"].endswith("RNA") else 3.0
    fill = HUB_FILL if role == "hub" else FILLS.get(node["kind"], OTHER_FILL)
    stroke, thick = (INK, 2.6) if role == "hub" else (STROKES["action"], 1.8) if role == "process" else ("#8a8f96", 1.2)
    dash = ' stroke-dasharray="2 3"' if role == "process" else ""
    said = {"cargo": "cargo", "hub": "hub", "process": "process" if beside else "process of the cell"}.get(role, "")
    at, down, kind = (x + width + 8, y + 23, "role beside") if beside else (x + width / 2, y - 6, "role")
    label = f'<text x="{at:.1f}" y="{down:.1f}" class="{kind}">{said}</text>' if said else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{HEIGHT:.0f}" rx="{rounded:.0f}" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="{thick}"{dash}/>{label}'
        f'<text x="{x + width / 2:.1f}" y="{y + 24:.1f}">{escape(name)}</text>'
    )


def _outcome(x: float, y: float, text: str) -> str:
    width = _width(text)
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{HEIGHT:.0f}" rx="3" fill="#ffffff" stroke="{INK}" '
        f'stroke-width="1.2" stroke-dasharray="5 4"/><text x="{x + width / 2:.1f}" y="{y + 24:.1f}">{escape(text)}</text>'
    )
