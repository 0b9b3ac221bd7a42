"""The page of an attribution: one self-contained `report.html`, with `summary.json` and the tables behind it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from exoresist.report.answer_files import write_page, write_row_tables
from exoresist.report.attribution_figures import attribution_figures, row_name
from exoresist.report.page import rendered
from exoresist.report.wording import percent_text, prose
from exoresist.studies.answer import Row
from exoresist.studies.attribution_words import NOT_ASKED, effect_text, still, who

if TYPE_CHECKING:
    from exoresist.studies.attribution_answer import AttributionAnswer

TABLES = ("players", "interactions", "combinations", "ledger", "ledger_course", "parameters", "bibliography")
TABLE_COLUMNS = {
    "players": ("id", "label", "off", "travels", "vesicles", "value", "low", "high", "order_low", "order_high"),
    "interactions": ("first", "second", "value", "low", "high"),
    "combinations": ("on", "value", "low", "high"),
    "ledger": ("part", "process", "channel", "origin", "value", "low", "high"),
    "ledger_course": ("part", "process", "channel", "origin", "time", "value"),
}


def write_attribution(answer: AttributionAnswer, folder: Path) -> None:
    """Write `report.html`, `summary.json` and `tables/` into `folder`, each file whole or not at all."""
    write_row_tables(folder, {name: getattr(answer, name) for name in TABLES}, TABLE_COLUMNS)
    write_page(folder, answer.summary(), attribution_page(answer))


def attribution_page(answer: AttributionAnswer) -> str:
    """The whole page as HTML."""
    figures = attribution_figures(answer)
    return rendered(
        "attribution.html.j2",
        figures.values(),
        answer=answer,
        figures=figures,
        numbered={name: number for number, name in enumerate(figures, start=1)},
        tiles=_tiles(answer),
        prose=lambda text: prose(str(text), []),
        players=[_player(answer, row) for row in _by_size(answer.players)],
        ledger=[{**row, "name": row_name(row)} for row in _by_size(answer.ledger)],
    )


def _by_size(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: -abs(float(row["value"] or 0.0)))


def _player(answer: AttributionAnswer, row: Row) -> Row:
    whole = sum(abs(float(one["value"] or 0.0)) for one in answer.players)
    ends = [effect_text(answer, row[key]) for key in ("low", "high")]
    return {
        **row,
        "effect": effect_text(answer, row["value"]),
        "effect_ends": f"{ends[0]} to {ends[1]}",
        "share": _percent(float(row["value"] or 0.0) / whole) if whole else "0",
    }


def _tiles(answer: AttributionAnswer) -> list[dict[str, str]]:
    """Key numbers under the answer."""
    cells = who(answer)
    tiles = []
    for kind in ("posterior", "prior") if "posterior" in answer.transfer else ("prior",):
        share = answer.transfer[kind]
        told = "not asked" if answer.verdict == NOT_ASKED else "nothing to share" if still(answer) else _percent(share.value)
        tiles.append({
            "label": "Travels in vesicles" if kind != "prior" or len(answer.transfer) == 1 else "The same before the data",
            "value": told, "interval": _interval(_percent(share.low), _percent(share.high)) if told == _percent(share.value) else "",
            "meaning": f"Cargo and ligands from other cells, of all that moves the outcome of the {cells}.",
        })  # fmt: skip
    effect = answer.outcome["effect"]
    tiles.append({
        "label": "All routes together", "value": effect_text(answer, effect["value"]),
        "interval": _interval(effect_text(answer, effect["low"]), effect_text(answer, effect["high"])),
        "meaning": "What they make of the outcome, against the same dish with all of them off.",
    })  # fmt: skip
    rows = _by_size(answer.players)
    if rows:
        tiles.append({
            "label": "Largest route", "value": effect_text(answer, rows[0]["value"]),
            "interval": _interval(effect_text(answer, rows[0]["low"]), effect_text(answer, rows[0]["high"])),
            "meaning": f"{rows[0]['label']}.",
        })  # fmt: skip
    if len(tiles) < 4:
        tiles.append({
            "label": "Assumed numbers", "value": percent_text(answer.assumed_share), "interval": f"of {len(answer.parameters)} numbers",
            "meaning": "They rest on judgement, not on a measurement, a fit or a derivation.",
        })  # fmt: skip
    return tiles


def _percent(share: float | None) -> str:
    """A share in per cent; what is next to nothing as a bound rather than as a power of ten."""
    if share is not None and 0.0 < abs(share) < 1e-5:
        return f"{'<' if share > 0.0 else '>−'}0.001 %"
    return percent_text(share)


def _interval(low: str, high: str) -> str:
    return "" if low == high else f"90\u00a0% interval {low} to {high}"


__all__ = ["attribution_page", "write_attribution"]
