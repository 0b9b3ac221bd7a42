"""The page: one self-contained `report.html` that asks no other host for anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from exoresist.report import wording
from exoresist.report.amount_figures import final_balance, kind_counts
from exoresist.report.drawing import Figure
from exoresist.report.equations import mathml, wide_equation
from exoresist.report.figures import figures
from exoresist.report.files import write_atomically
from exoresist.report.palette import arm_strokes
from exoresist.report.tiles import tiles
from exoresist.studies.answer import COLUMNS, Answer, Row

ARM_TABLES = ("ic50", "curves", "survivors", "diversity", "levels", "rises", "mass_balance")


def write_report(answer: Answer, folder: Path) -> Path:
    """Write `report.html` into `folder` and return its path."""
    return write_atomically(Path(folder) / "report.html", page(answer).encode())


def page(answer: Answer) -> str:
    """The whole page as HTML."""
    answer = complete(answer)
    drawn = figures(answer)
    labels = list(wording.arm_labels(answer.arms).values())
    numbered = {name: number for number, name in enumerate(drawn, start=1)}
    return rendered(
        "report.html.j2",
        drawn.values(),
        answer=answer,
        figures=drawn,
        numbered=numbered,
        tiles=tiles(answer),
        strokes=arm_strokes(answer.arms),
        balance=balance_table(answer),
        kinds=kind_counts(answer.parameters),
        source_ids={str(row.get("id")) for row in answer.bibliography},
        timing=timing(answer),
        prose=lambda text: wording.prose(str(text), labels),
    )


def rendered(name: str, drawn: Iterable[Figure], **values: Any) -> str:
    """A page from one of `templates/`, in one file: its values, the panels of its figures, style, script and plotly."""
    return str(
        template()
        .environment.get_template(name)
        .render(
            **values,
            specifications=in_script({key: spec for figure in drawn for key, spec in panel_specs(figure)}),
            style=template_text("report.css"),
            script=template_text("report.js"),
            plotly=template_text("plotly"),
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
        wide_equation=wide_equation,
        reason=lambda text: wording.reason_text(str(text or "")),
        units=lambda text: re.sub(r"\$(\w)", r"unit \1", str(text or "")).replace("um^", "µm^").replace("^2", "²"),
        subject=lambda text: wording.subject_text(str(text or "")),
        tight=lambda text: re.sub(r"(?<=\d) (?=[%h])", "\u00a0", text),
    )
    environment.globals.update(mathml=lambda latex: Markup(found) if (found := mathml(str(latex))) else None, safe=Markup)
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
