"""The distribution of dose gaps over all claims, by type of cargo: a figure (inline SVG) and the table under it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from exoresist.report.palette import GRID, INK, SOFT
from exoresist.studies.claim_gaps import BOUNDS, NAMED, WITHIN, gap_row

Row = Mapping[str, Any]

PER_DECADE = 2
LEFT, RIGHT, ROW, TOP, FOOT, WIDTH = 118.0, 14.0, 66.0, 44.0, 46.0, 760.0
MET, MISSED = "#2f7f6b", ("#c9b37a", "#c08a3e", "#8a4b1f")
MOVING = ("resistance", "sensitivity")
LINE = 20.0  # of the table under the figure
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1b1b1b;text-anchor:middle}.tick{font-size:11px}.name{"
    "text-anchor:end}.count{font-size:11px;text-anchor:end;fill:#5a5f66}.left{text-anchor:start}.head{font-weight:600}"
)
WORDS = {"met": "met", "within_10": "within 10×", "within_1000": "within 1000×"}


def delivered(claims: Iterable[Row]) -> list[Row]:
    """Claims about something that vesicles carry and that moves the drug response: those that can have a dose gap."""
    return [
        claim
        for claim in claims
        if claim["result"] and claim["result"]["ran"] and claim["carried"] and claim["result"]["direction"] in MOVING
    ]


def shares(claims: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows by type of cargo and for all: how many are met, missed by up to 10, up to 1000, by more, or have no dose that helps.

    may_be_met  claims whose 90 % interval reaches 1; median of the gaps
    """
    groups: dict[str, list[Row]] = {}
    for claim in delivered(claims):
        groups.setdefault(claim["cargo_type"], []).append(claim["result"])
    rows = [_share(name, group) for name, group in groups.items()]
    rows.sort(key=lambda row: row["median"] if row["median"] is not None else math.inf)
    every = [result for group in groups.values() for result in group]
    return [*rows, _share("all", every)] if every else []


def _share(name: str, results: list[Row]) -> dict[str, Any]:
    return gap_row(name, [result["dose_gap"] for result in results], [result["dose_gap_low"] for result in results])


def figure(claims: Iterable[Row]) -> str:
    """A row of bars per type of cargo over one logarithmic axis; "" where no claim has a dose gap."""
    listed = list(claims)
    drawn, height, words = _drawn(listed)
    return drawn and _svg(drawn, height, words, ' class="gaps"')


def figure_file(claims: Iterable[Row], summary: Row) -> str:
    """The same as a file of its own, with what the gaps rest on under it; "" where no claim has a dose gap.

    summary  as `studies.claim_gaps.gap_summary` makes it
    """
    drawn, height, words = _drawn(list(claims))
    if not drawn:
        return ""
    lines = rests_on(summary)
    parts, y = [f"<style>{STYLE}</style>", '<rect width="100%" height="100%" fill="#ffffff"/>', drawn], height
    for index, cells in enumerate(lines):
        y += LINE
        kind = "left head" if index == 0 else "left"
        for x, cell in zip((10.0, 365.0, 490.0, 615.0), cells, strict=False):
            parts.append(f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}">{escape(cell)}</text>')
    return _svg("".join(parts), y + 14.0, words, ' xmlns="http://www.w3.org/2000/svg" width="760"')


def rests_on(summary: Row) -> list[tuple[str, ...]]:
    """A table as text: how the counts move with the priors that the gaps hang on most, and with all numbers drawn at once."""
    within, every = summary["within"], summary["types"][-1]["claims"] if summary["types"] else 0
    rows: list[tuple[str, ...]] = [(f"Of {every} claims", *(WORDS[name] for name in WITHIN))]
    rows.append(("central numbers", *(str(within[name]["value"]) for name in WITHIN)))
    rows.append(("all numbers drawn, 90 % of draws", *(f"{within[name]['low']} to {within[name]['high']}" for name in WITHIN)))
    for row in summary["priors"][:NAMED]:
        name = str(row["prior"]).replace("_", " ")
        cells = (f"{row['low'][bound]} … {row['high'][bound]}" for bound in WITHIN)
        rows.append((f"{name}, low … high ({row['share']:.0%} of spread)", *cells))
    return rows


def _drawn(listed: list[Row]) -> tuple[str, float, str]:
    """Content of the figure, its height, and the figure in words; "" where no claim has a dose gap."""
    chosen = [claim for claim in delivered(listed) if claim["result"]["dose_gap"]]
    if not chosen:
        return "", 0.0, ""
    logs = [math.log10(claim["result"]["dose_gap"]) for claim in chosen]
    ends = [math.log10(end) for end in _interval([claim["result"] for claim in chosen])]
    first, last = min(0, math.floor(min([*logs, *ends]))), max(3, math.ceil(max([*logs, *ends])))
    types = [row["type"] for row in shares(listed) if row["type"] != "all" and row["median"] is not None]
    height = TOP + ROW * len(types) + FOOT

    def x(value: float) -> float:
        return LEFT + (value - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    parts = [_band(x, first, last, height)]
    for place, name in enumerate(types):
        group = [claim["result"] for claim in chosen if claim["cargo_type"] == name]
        parts.append(_row(x, TOP + ROW * place, name, group, first))
    middle, title = (LEFT + WIDTH - RIGHT) / 2, "dose gap: vesicles needed over vesicles available"
    parts.append(f'<text x="{middle:.0f}" y="{height - 6:.0f}">{title}</text>')
    words = "; ".join(f"{row['type']}: {row['claims']} claims, {row['met']} met" for row in shares(listed))
    return "".join(parts), height, words


def _svg(content: str, height: float, words: str, more: str) -> str:
    label = escape(f"Dose gaps by type of cargo. {words}")
    return f'<svg{more} viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label="{label}">{content}</svg>'


def _band(x: Any, first: int, last: int, height: float) -> str:
    """Axis and the lines at 1, 10 and 1000."""
    bottom = height - FOOT
    parts = []
    for tick in range(first, last + 1):
        power = "1" if tick == 0 else f'10<tspan dy="-5" font-size="9">{tick}</tspan>'
        parts.append(
            f'<path d="M{x(tick):.1f} {TOP - 8:.0f}V{bottom:.1f}" stroke="{GRID}"/>'
            f'<text x="{x(tick):.1f}" y="{bottom + 16:.1f}" class="tick">{power}</text>'
        )
    for bound, text in zip(BOUNDS, ("enough", "10× too few", "1000× too few"), strict=True):
        place = x(math.log10(bound))
        line = 'stroke-width="1.6"' if bound == 1.0 else 'stroke-dasharray="4 3"'
        parts.append(
            f'<path d="M{place:.1f} {TOP - 8:.0f}V{bottom:.1f}" stroke="{INK}" {line}/>'
            f'<text x="{place:.1f}" y="{TOP - 14:.0f}" class="tick">{text}</text>'
        )
    return "".join(parts) + f'<path d="M{LEFT:.0f} {bottom:.1f}H{WIDTH - RIGHT:.0f}" stroke="{INK}"/>'


def _row(x: Any, top: float, name: str, results: list[Row], first: int) -> str:
    """The bars of one type, the number of claims over each, and the typical interval under them."""
    counts: dict[int, int] = {}
    for result in results:
        place = math.floor((math.log10(result["dose_gap"]) - first) * PER_DECADE)
        counts[place] = counts.get(place, 0) + 1
    most, floor = max(counts.values()), top + ROW - 18.0
    parts = [
        f'<text x="{LEFT - 10:.0f}" y="{floor - 6:.1f}" class="name">{name.replace("_", " ")}</text>'
        f'<text x="{LEFT - 10:.0f}" y="{floor + 9:.1f}" class="count">{len(results)} claims</text>'
    ]
    for place, count in sorted(counts.items()):
        left, right = x(first + place / PER_DECADE), x(first + (place + 1) / PER_DECADE)
        tall = 6.0 + 26.0 * count / most
        fill = _colour(first + (place + 0.5) / PER_DECADE)
        parts.append(
            f'<rect x="{left + 1:.1f}" y="{floor - tall:.1f}" width="{right - left - 2:.1f}" height="{tall:.1f}" fill="{fill}"/>'
            f'<text x="{(left + right) / 2:.1f}" y="{floor - tall - 3:.1f}" class="tick">{count}</text>'
        )
    low, high = (min(max(x(math.log10(end)), LEFT), WIDTH - RIGHT) for end in _interval(results) or (1.0, 1.0))
    if high > low:
        parts.append(f'<path d="M{low:.1f} {floor + 5:.1f}H{high:.1f}" stroke="{SOFT}" stroke-width="2"/>')
    return "".join(parts)


def _interval(results: list[Row]) -> list[float]:
    """Medians of the lower and of the upper ends; [] where no claim has an interval."""
    ends = [sorted(result[name] for result in results if result[name]) for name in ("dose_gap_low", "dose_gap_high")]
    return [ordered[len(ordered) // 2] for ordered in ends] if all(ends) else []


def _colour(log_gap: float) -> str:
    if log_gap <= 0:
        return MET
    return MISSED[0] if log_gap <= 1 else MISSED[1] if log_gap <= 3 else MISSED[2]
