"""The page: self-contained, escaped, complete, quick to write, and honest about what is missing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from exoresist.core.errors import ExoresistError
from exoresist.report import write_report, write_tables
from exoresist.report.equations import mathml
from exoresist.report.page import doi_address, page
from exoresist.studies.answer import Answer, Estimate
from exoresist.studies.plate import COLUMNS as PLATE_COLUMNS


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text outside scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside not in ("script", "style"):
            self.text += data


@pytest.fixture(scope="module")
def html(example_answer: Callable[..., Answer]) -> str:
    return page(example_answer())


@pytest.fixture(scope="module")
def elements(html: str) -> Elements:
    return Elements(html)


def test_nothing_is_loaded_from_elsewhere(html: str, elements: Elements) -> None:
    for tag, attributes in elements.found:
        assert "src" not in attributes and tag not in ("link", "iframe", "img", "object", "base")
        address = attributes.get("href") or ""
        assert address.startswith("#") or (tag == "a" and address.startswith("https://doi.org/10.")) or not address
    policy = next(attributes["content"] for _, attributes in elements.found if "http-equiv" in attributes)
    assert policy and policy.startswith("default-src 'none'") and "http" not in policy
    style = re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)
    assert len(style) == 1 and "url(" not in style[0] and "@import" not in style[0]


def test_plotly_is_inlined_once(html: str) -> None:
    assert html.count("plotly.js v") == 1
    assert 4_000_000 < len(html) < 7_000_000


def test_user_text_is_shown_as_text(example_answer: Callable[..., Answer]) -> None:
    hostile = "<script>alert('x')</script><img src=x onerror=alert(1)> & </script>"
    arm = {"id": "alone", "label": hostile, "description": hostile, "role": "reference"}
    parameter = {**example_answer().parameters[0], "name": hostile, "note": hostile, "kind": hostile, "source": hostile}
    answer = example_answer(
        name=hostile,
        title=hostile,
        question=hostile + "?",
        sentences=[hostile, hostile],
        arms=[arm, *example_answer().arms[1:]],
        parameters=[parameter],
        bibliography=[{"id": hostile, "citation": hostile, "doi": "javascript:alert(1)", "reasons": [hostile]}],
        equations=[{"law": hostile, "latex": r"\text{<script>alert(1)</script>}", "summary": hostile, "used_by": [hostile]}],
        versions={hostile: hostile},
    )
    made = Elements(page(answer))
    tags = [tag for tag, _ in made.found]
    assert tags.count("script") == 3 and "img" not in tags
    assert not any(key.startswith("on") for _, attributes in made.found for key in attributes)
    assert not any((attributes.get("href") or "").startswith("javascript") for _, attributes in made.found)
    assert made.text.count("alert('x')") >= 8


def test_reading_order_and_contents(html: str, elements: Elements, example_answer: Callable[..., Answer]) -> None:
    answer = example_answer()
    order = [
        "answer",
        "arms",
        "results",
        "balance",
        "warnings",
        "drivers",
        "parameters",
        "equations",
        "bibliography",
        "replay",
    ]
    identifiers = [attributes.get("id") for tag, attributes in elements.found if tag == "section"]
    assert identifiers == order
    for text in [answer.title, answer.question, *answer.sentences, *answer.warnings, answer.catalog_hash]:
        assert text in elements.text.replace("\u00a0", " ")
    assert "1.09×" in elements.text and "191×" in elements.text and "0.0131" in elements.text
    figures = [attributes["id"] for tag, attributes in elements.found if tag == "figure"]
    assert figures == [
        f"figure-{name}" for name in "dose-response ic50 survivors titration mass-balance small-pools drivers kinds".split()
    ]
    plots = [attributes for _, attributes in elements.found if attributes.get("class") == "plot"]
    assert all(plot["role"] == "img" and len(plot["aria-label"] or "") > 40 for plot in plots)
    specified = json.loads(re.findall(r'id="specifications">(.*?)</script>', html)[0])
    assert set(specified) == {plot["id"] for plot in plots}


def test_a_time_course_has_no_empty_sections(example_answer: Callable[..., Answer]) -> None:
    tables = "ic50 shifts curves titration mass_balance drivers warnings equations plate".split()
    empty: dict[str, list[object]] = {key: [] for key in tables}
    nothing = dict.fromkeys("ic50_shift dose_gap donor_membrane_equivalents vesicles_available vesicles_needed".split())
    made = Elements(page(example_answer(**empty, **nothing, time_course_dose=None)))
    sections = [attributes.get("id") for tag, attributes in made.found if tag == "section"]
    assert sections == ["answer", "arms", "results", "drivers", "parameters", "bibliography", "replay"]
    assert "IC50 shift" not in made.text and "not available" not in made.text and "plate.csv" not in made.text


def test_an_effect_that_nobody_would_see_is_said_in_words(example_answer: Callable[..., Answer]) -> None:
    text = Elements(page(example_answer(ic50_shift=Estimate(1.00043, 1.0, 1.031)))).text
    assert "no visible effect" in text and "1.0004×, 90\u00a0% interval 1.00–1.03" in text
    assert "no effect" in Elements(page(example_answer(ic50_shift=Estimate(1.0, 1.0, 1.0)))).text
    assert "no visible effect" not in Elements(page(example_answer(ic50_shift=Estimate(1.002, 1.0, 1.19)))).text


def test_long_lists_of_reasons_are_folded(example_answer: Callable[..., Answer]) -> None:
    reasons = [f"number_{number} of drug:doxorubicin|pump:ABCB1" for number in range(9)]
    text = Elements(page(example_answer(bibliography=[{"id": "x", "citation": "X", "reasons": reasons}]))).text
    assert "and 5 more" in text and "number 8 of doxorubicin, ABCB1" in text


def test_the_plate_is_mentioned_and_written(tmp_path: Path, example_answer: Callable[..., Answer]) -> None:
    row = {"plate": 1, "well": "B2", "arm": "alone", "drug": "doxorubicin", "dose": 10.0, "dose_unit": "nM"}
    answer = example_answer(plate=[{**row, "replicate": 1, "time": 72.0, "readout": "cells", "value": 812.0}])
    assert "tables/plate.csv" in Elements(page(answer)).text
    write_tables(answer, tmp_path)
    first = (tmp_path / "tables" / "plate.csv").read_text(encoding="utf-8").splitlines()[0]
    assert first == ",".join(PLATE_COLUMNS)


def test_every_parameter_is_listed_with_its_kind(elements: Elements, example_answer: Callable[..., Answer]) -> None:
    rows = [attributes for tag, attributes in elements.found if tag == "tr" and "data-kind" in attributes]
    assert [row["data-kind"] for row in rows] == [row["kind"] for row in example_answer().parameters]


def test_identifiers_are_unique_and_links_lead_somewhere(elements: Elements) -> None:
    identifiers = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    targets = {(attributes.get("href") or "")[1:] for tag, attributes in elements.found if tag == "a"}
    assert all(target in identifiers for target in targets if not target.startswith("ttps"))


def test_an_empty_answer_still_gives_a_page() -> None:
    text = Elements(page(Answer("bare"))).text
    assert "bare" in text and "not available" in text and "None" not in text.replace("None.", "")


def test_missing_and_non_finite_numbers_are_said_in_words(example_answer: Callable[..., Answer]) -> None:
    nan = float("nan")
    answer = example_answer(
        ic50_shift=Estimate(nan, nan, nan),
        dose_gap=Estimate(float("inf"), 3.0, None),
        vesicles_needed=None,
        assumed_share=None,
    )
    text = Elements(page(answer)).text
    assert "not available" in text and "not reached" in page(answer)
    assert not re.search(r"\b(nan|inf)\b", text, flags=re.IGNORECASE)


def test_rows_with_columns_missing_and_arms_unlisted() -> None:
    answer = Answer("sparse", ic50=[{"arm": "a", "value": 3.0}], parameters=[{"name": "k", "value": 1.0}], arms=[])
    assert "sparse" in Elements(page(answer)).text


def test_writing_is_quick_and_atomic(tmp_path: Path, example_answer: Callable[..., Answer]) -> None:
    answer = example_answer(parameter_count=400)
    write_report(answer, tmp_path / "deep" / "er")
    started = time.perf_counter()
    path = write_report(answer, tmp_path / "deep" / "er")
    assert time.perf_counter() - started < 2.0
    assert [item.name for item in path.parent.iterdir()] == ["report.html"]


def test_a_folder_that_cannot_be_made_is_one_clear_message(tmp_path: Path, example_answer: Callable[..., Answer]) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ExoresistError, match="Cannot write"):
        write_report(example_answer(), tmp_path / "file" / "folder")


@pytest.mark.parametrize(
    ("latex", "fine"),
    [
        (r"v = \frac{k_{cat} F^{n}}{K_m^{n} + F^{n}}", True),
        (r"\begin{cases} x & \text{for}\: x > 0 \\k & \text{otherwise} \end{cases}", True),
        (r"\text{<script>alert(1)</script>}", False),
        (r"\unknowncommand{x}", False),
        ("", False),
    ],
)
def test_equations(latex: str, fine: bool) -> None:
    made = mathml(latex)
    assert (made is not None) is fine
    assert made is None or ("<math" in made and "script" not in made)


def test_links_inside_equations_are_dropped() -> None:
    assert "javascript" not in (mathml(r"\href{javascript:alert(1)}{x}") or "")


def test_words_in_subscripts_are_words() -> None:
    assert "<mi>cat</mi>" in (mathml("k_{cat}") or "")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("10.1/x", None),
        ("10.1234/ab.c", "https://doi.org/10.1234/ab.c"),
        ("https://doi.org/10.1234/a<b", "https://doi.org/10.1234/a%3Cb"),
        ("doi: 10.1234/x", "https://doi.org/10.1234/x"),
        ("javascript:alert(1)", None),
        (None, None),
    ],
)
def test_only_dois_become_links(given: str | None, expected: str | None) -> None:
    assert doi_address(given) == expected


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
@pytest.mark.parametrize("width", [1400, 500])
def test_a_browser_draws_every_figure(tmp_path: Path, example_answer: Callable[..., Answer], width: int) -> None:
    path = write_report(example_answer(), tmp_path)
    switches = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
        "--disable-component-update --disable-sync --virtual-time-budget=8000 --enable-logging=stderr --dump-dom"
    ).split()
    command = [
        "chromium",
        *switches,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--window-size={width},2000",
        path.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "CONSOLE" not in done.stderr
    made = Elements(done.stdout)
    assert "could not be drawn" not in made.text
    drawn = [attributes for tag, attributes in made.found if "js-plotly-plot" in (attributes.get("class") or "")]
    assert len(drawn) == 9
