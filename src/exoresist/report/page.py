"""The page: one self-contained `report.html` that asks no other host for anything."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from exoresist.report import wording
from exoresist.report.amount_figures import final_balance, kind_counts
from exoresist.report.drawing import Figure
from exoresist.report.equations import mathml
from exoresist.report.figures import figures
from exoresist.report.files import write_atomically
from exoresist.report.palette import arm_strokes
from exoresist.studies.answer import COLUMNS, Answer, Estimate, Row

ARM_TABLES = ("ic50", "curves", "survivors", "mass_balance")


def write_report(answer: Answer, folder: Path) -> Path:
    """Write `report.html` into `folder` and return its path."""
    return write_atomically(Path(folder) / "report.html", page(answer).encode())


def page(answer: Answer) -> str:
    """The whole page as HTML."""
    answer = complete(answer)
    drawn = figures(answer)
    numbered = {name: number for number, name in enumerate(drawn, start=1)}
    return str(
        template().render(
            answer=answer,
            figures=drawn,
            numbered=numbered,
            specifications=in_script(
                {panel_id: spec for figure in drawn.values() for panel_id, spec in panel_specs(figure)}
            ),
            tiles=tiles(answer),
            strokes=arm_strokes(answer.arms),
            balance=balance_table(answer),
            kinds=kind_counts(answer.parameters),
            source_ids={str(row.get("id")) for row in answer.bibliography},
            timing=timing(answer),
            plotly=template_text("plotly"),
            style=template_text("report.css"),
            script=template_text("report.js"),
        )
    )


def complete(answer: Answer) -> Answer:
    """The answer with every column present in every row, and a row for every arm that a table names."""
    changes: dict[str, Any] = {
        name: [{**dict.fromkeys(columns), **row} for row in getattr(answer, name)] for name, columns in COLUMNS.items()
    }
    named = dict.fromkeys(str(row["arm"]) for name in ARM_TABLES for row in changes[name])
    listed = {str(row["id"]) for row in changes["arms"]}
    changes["arms"] += [{**dict.fromkeys(COLUMNS["arms"]), "id": arm} for arm in named if arm not in listed]
    return replace(answer, **changes)


@cache
def template() -> Any:
    """The page's template; everything it prints is escaped unless it was made here."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: "" if value is None else value,
    )
    environment.filters.update(
        number=wording.number_text,
        percent=wording.percent_text,
        spoken=wording.spoken,
        listed=wording.listed,
        unit=wording.unit_text,
        interval=lambda row: wording.interval_text(row.get("low"), row.get("high")),
        doi=doi_address,
        anchor=anchor,
        subject=lambda text: wording.subject_text(str(text or "")),
        tight=lambda text: re.sub(r"(?<=\d) (?=[%h])", "\u00a0", text),
    )
    environment.globals.update(
        mathml=lambda latex: Markup(found) if (found := mathml(str(latex))) else None, safe=Markup
    )
    return environment.get_template("report.html.j2")


@cache
def template_text(name: str) -> str:
    """A file of `templates/`, or plotly's own script under the name `plotly`."""
    if name == "plotly":
        from plotly.offline import get_plotlyjs

        return str(get_plotlyjs())
    return resources.files("exoresist.report").joinpath("templates", name).read_text(encoding="utf-8")


def panel_specs(figure: Figure) -> list[tuple[str, dict[str, Any]]]:
    """(element id, plotly data and layouts) of each panel."""
    return [
        (
            f"{figure.id}-{number}",
            {"data": panel.data, "layout": panel.layout, "wide": panel.wide, "narrow": panel.narrow},
        )
        for number, panel in enumerate(figure.panels, start=1)
    ]


def in_script(data: Any) -> str:
    """JSON that may stand inside a script element, whatever texts it holds."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def tiles(answer: Answer) -> list[dict[str, str]]:
    """The four numbers under the answer: label, value, interval, what it means."""
    membrane = answer.donor_membrane_equivalents
    too_much = membrane is not None and (wording.finite(membrane.value) or 0) > 1
    return [
        tile("IC50 shift", answer.ic50_shift, "×", comparison(answer), wording.ratio_text, wording.ratio_interval),
        tile(
            "Dose gap",
            answer.dose_gap,
            "×",
            "Vesicles needed for half the effect over vesicles available; above 1, supply falls short.",
        ),
        tile(
            "Donor membrane",
            membrane,
            "",
            "Donor-membrane equivalents that each recipient takes up"
            + ("; above 1 is more membrane than one donor has." if too_much else "; 1 is a whole donor’s surface."),
        ),
        {
            "label": "Assumed numbers",
            "value": wording.percent_text(answer.assumed_share),
            "interval": assumed_count(answer),
            "meaning": "Share of the numbers used that rest on judgement, not on a measurement or a fit.",
        },
    ]


def comparison(answer: Answer) -> str:
    """What the shift compares."""
    labels = wording.arm_labels(answer.arms)
    of, against = labels.get(answer.shift_of, answer.shift_of), labels.get(answer.shift_against, answer.shift_against)
    compared = f"“{of}” over “{against}”" if of and against else "IC50 of the arm asked about over its comparison"
    return f"{compared}; 1 is no shift."


def tile(
    label: str,
    estimate: Estimate | None,
    suffix: str,
    meaning: str,
    number: Callable[[Any], str] = wording.number_text,
    between: Callable[[Any, Any], str] = wording.interval_text,
) -> dict[str, str]:
    """One of the key numbers."""
    text = number(estimate.value if estimate else None)
    interval = between(estimate.low, estimate.high) if estimate else ""
    return {
        "label": label,
        "value": text if text == wording.MISSING else text + suffix,
        "interval": f"90\u00a0% interval {interval}" if interval else "",
        "meaning": meaning,
    }


def assumed_count(answer: Answer) -> str:
    """`9 of 31 parameters`."""
    counts = kind_counts(answer.parameters)
    return f"{counts.get('assumed', 0)} of {sum(counts.values())} parameters" if counts else ""


def balance_table(answer: Answer) -> dict[str, Any]:
    """The drug at the end, in pmol and per cent, for the table under the figure."""
    arms, places, amounts, times = final_balance(answer)
    totals = {arm: sum(amounts.get((arm, place), 0.0) for place in places) for arm in arms}
    labels = wording.arm_labels(answer.arms)
    rows: list[Row] = [
        {
            "place": wording.spoken(place),
            "cells": [
                (
                    wording.number_text(amount),
                    wording.percent_text(amount / totals[arm]) if totals[arm] else wording.MISSING,
                )
                for arm in arms
                for amount in [amounts.get((arm, place), 0.0)]
            ],
        }
        for place in places
    ]
    return {"arms": [(labels[arm], times[arm], wording.number_text(totals[arm])) for arm in arms], "rows": rows}


def timing(answer: Answer) -> list[tuple[str, str]]:
    """Stage and seconds, as text."""
    given = answer.timing_s
    if given is None:
        return []
    stages = given if isinstance(given, dict) else {"total": given}
    return [(wording.spoken(stage), f"{wording.number_text(seconds)} s") for stage, seconds in stages.items()]


def doi_address(doi: Any) -> str | None:
    """The address of a DOI, or None for a text that is not one."""
    text = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", str(doi or "").strip(), flags=re.IGNORECASE)
    return f"https://doi.org/{quote(text, safe='/:;().-_')}" if re.fullmatch(r"10\.\d{4,9}/\S+", text) else None


def anchor(text: Any) -> str:
    """An element id from any text."""
    return "source-" + re.sub(r"[^a-z0-9]+", "-", str(text).lower()).strip("-")
