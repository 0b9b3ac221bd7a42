"""Pages of the catalogue from plain data: links, escaping, drawing, figure. The data are made up."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from xml.etree import ElementTree

import pytest

from exoresist.report.site import write_site
from exoresist.report.site.chain import drawings, spoken
from exoresist.report.site.gaps import figure, figure_file, shares
from exoresist.report.site.pages import filter_row


def node(name: str, kind: str = "gene", role: str = "") -> dict:
    return {"name": name, "kind": kind, "role": role}


def link(sign: int, how: str = "reported") -> dict:
    return {"sign": sign, "how": how, "reference": "somewhere"}


CHAIN = {
    "nodes": [
        node("circ_1", "circRNA", "cargo"),
        node("miR_1", "miRNA"),
        node("A<B"),
        node("glycolysis", "concept", "hub"),
        node("repair", "process", "process"),
    ],
    "links": [link(-1), link(-1), link(1, "stored"), link(1, "action")],
    "aside": {"at": 2, "sign": 1, "text": "resistance to cisplatin", "how": "reported"},
}


def result(gap: float | None, **more) -> dict:
    return {
        "ran": True,
        "direction": "resistance",
        "effect": 0.4,
        "knock_down": -0.2,
        "target_deleted": 0.0,
        "delivered_effect": 1e-4,
        "needed": 1e6,
        "dose_gap": gap,
        "dose_gap_low": None if gap is None else gap / 20,
        "dose_gap_high": None if gap is None else gap * 20,
        "limit": "as it is",
        "controls": {
            "rescue": {"effect": -0.01, "of": 0.2, "passed": True, "why": "moved back"},
            "wrong_drug": {"effect": None, "of": None, "passed": None, "why": "there is none"},
            "secretion_off": {"effect": 0.2, "of": 0.2, "passed": False, "why": ""},
        },
        "interventions": [
            {"id": "gw", "how": "blocks", "share": 0.42, "low": 0.1, "high": 0.6, "rank": 1, "tied": ["rab"]},
            {"id": "rab", "how": "counteracts", "share": -0.02, "low": -0.1, "high": 0.6, "rank": None, "tied": []},
        ],
        **more,
    }


def claim(name: str, cargo_type: str = "circRNA", outcome: dict | None = None, **more) -> dict:
    row = {
        "id": name,
        "seed": "001",
        "locator": "Table 1, row 1",
        "reference": "98",
        "citation": "not stated",
        "cancer": "gastric cancer",
        "donor": "AGS/R <b>",
        "recipient": "AGS",
        "donor_context": "resistant",
        "recipient_context": "not stated",
        "drugs": ("cisplatin",),
        "cargo": "circ_1",
        "cargo_printed": "circ-1",
        "cargo_type": cargo_type,
        "path": "circ_1 -| miR_1 -| A -> resistance(cisplatin)",
        "reported_direction": "resistance",
        "effect": ("glycolysis",),
        "validation": ("not stated",),
        "confidence": "medium",
        "sign_by": "curator",
        "assumed_link": "no",
        "correction": "none",
        "linked": ("two",),
        "conflicts": "two",
        "flags": ("doubtful",),
        "note": "</script><script>alert(1)</script>",
        "read_twice": "yes",
        "outcome": {"sign": 1, "direction": "resistance", "drug": "cisplatin"},
        "stored_links": [],
        "hub": "glycolysis",
        "process": "repair",
        "process_sign": 1,
        "hub_reference": "Somebody 2015",
        "surrogate": "oxaliplatin",
        "surrogate_reason": "platinum",
        "carried": True,
        "laws": [{"law": "activation", "place": "factor on repair"}],
        "identifiers": [
            {
                "role": "drug",
                "name": "cisplatin",
                "identifier": "CHEBI:27899",
                "label": "cisplatin",
                "match": "exact",
                "reason": "",
            },
            {
                "role": "cancer",
                "name": "gastric cancer",
                "identifier": "MONDO:0001056",
                "label": "gastric <cancer>",
                "match": "broad",
                "reason": "the subtype has no term",
            },
            {
                "role": "donor",
                "name": "resistant",
                "identifier": "",
                "label": "",
                "match": "none",
                "reason": "a state, not a thing",
            },
        ],
        "numbers": 60,
        "assumed_numbers": 50,
        "reason": "",
        "linked_rows": [{"id": "two", "path": "x -> y", "reported_direction": "none", "locator": "seed 001"}],
        "conflicting_rows": [],
        "result": outcome,
        "left_out": "",
        "chain": CHAIN,
    }
    return row | more


CLAIMS = [
    claim("one", outcome=result(0.5)),
    claim("two", "miRNA", result(5e4)),
    claim("three", "miRNA", result(None)),
    claim("four", "miRNA", result(30.0)),
    claim(
        "recorded",
        outcome={"ran": False, "direction": "", "effect": None},
        reason="no known action",
        hub="",
        laws=[],
        chain=None,
    ),
    claim("not_carried", outcome=result(None), carried=False),
]
HUB = {
    "id": "glycolysis",
    "name": "aerobic glycolysis",
    "process": "repair",
    "sign": 1,
    "context": "none",
    "reference": "Somebody 2015",
    "note": "",
    "claims": ["one"],
    "edges_in": ["PKM2 ->"],
}
LAW = {
    "law": "activation",
    "latex": r"y = \frac{x}{1 + x}",
    "summary": "An effect.",
    "units": "x: dimensionless",
    "source": "",
}
COUNTS = {"met": 1, "within_10": 2, "within_1000": 3}
SUMMARY = {
    "controls": {"rescue": {"passed": 3, "failed": 1, "not_applicable": 2}},
    "types": [{"type": "all", "claims": 4}],
    "within": {name: {"value": value, "low": value - 1, "high": value + 1} for name, value in COUNTS.items()},
    "priors": [
        {
            "prior": f"prior_{place}",
            "kind": ["assumed"],
            "decades": 1.0,
            "share": 0.5 / (place + 1),
            "low": COUNTS,
            "high": COUNTS,
        }
        for place in range(5)
    ],
    "numbers": 20,
    "assumed": 0.9,
}
DATA = {
    "claims": CLAIMS,
    "has_results": True,
    "laws": [LAW],
    "hubs": [HUB],
    "numbers": {"assumed": 3, "measured": 1},
    "treatments": {"gw": "GW & more", "rab": "RAB27A knock-down"},
    "summary": SUMMARY,
    "versions": {"exoresist": "0"},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    assert write_site(folder, DATA) == 4 + len(CLAIMS)
    return folder


def test_every_link_leads_somewhere(site):
    for page in site.rglob("*.html"):
        text = page.read_text()
        assert "http" not in text.replace("http://www.w3.org/1998/Math/MathML", "") and 'name="viewport"' in text
        for address in re.findall(r'(?:href|src)="([^"]+)"', text):
            if address.startswith("data:"):
                continue
            target, _, anchor = address.partition("#")
            place = (page.parent / target).resolve()
            assert place.is_file(), (page.name, address)
            assert not anchor or f'id="{anchor}"' in place.read_text(), (page.name, address)


def test_texts_of_the_catalogue_are_escaped(site):
    for page in site.rglob("*.html"):
        assert "<script>alert" not in page.read_text() and "AGS/R <b>" not in page.read_text()
    assert "&lt;script&gt;alert" in (site / "claims" / "one.html").read_text()


def test_the_list_embeds_what_it_filters_by(site):
    text = (site / "index.html").read_text()
    rows = json.loads(re.search(r'id="rows">(.*?)</script>', text, re.DOTALL).group(1))
    assert [row["g"] for row in rows] == [0.5, 50000.0, None, 30.0, None, None]
    assert [row["k"] for row in rows] == ["agrees"] * 4 + ["recorded", "agrees"] and all(row["w"] for row in rows)
    assert text.count("<tr>") == len(CLAIMS) + 1  # without a script the list is whole


def test_claim_pages_say_what_came_out(site):
    assert "The vesicles available suffice." in (site / "claims" / "one.html").read_text()
    assert "It takes 50,000 times the vesicles available." in (site / "claims" / "two.html").read_text()
    recorded = (site / "claims" / "recorded.html").read_text()
    assert "Recorded, not run: no known action." in recorded and "<svg" not in recorded


@pytest.mark.parametrize("form", ["wide", "narrow"])
def test_drawings_are_sound(form):
    tree = ElementTree.fromstring(drawings(CHAIN)[form])
    texts = ["".join(text.itertext()) for text in tree.iter("text")]
    assert {"circ_1", "miR_1", "A<B", "glycolysis", "repair", "resistance to cisplatin", "hub", "cargo"} <= set(texts)
    width, height = (float(part) for part in tree.get("viewBox").split()[2:])
    for box in tree.iter("rect"):
        left, top = float(box.get("x")), float(box.get("y"))
        assert left >= 0 and left + float(box.get("width")) <= width and top >= 0 and top + float(box.get("height")) <= height
    heads = len(list(tree.iter("polygon")))
    bars = sum(path.get("stroke-width") == "3" for path in tree.iter("path"))
    assert (heads, bars) == (3, 2)  # stored, action and outcome raise; sponge and miRNA lower
    assert "circ_1, lowers miR_1" in tree.get("aria-label")


def test_a_long_chain_stands_only():
    names = [f"a_rather_long_name_of_a_node_{number}" for number in range(6)]
    chain = {"nodes": [node(name) for name in names], "links": [link(1)] * 5, "aside": None}
    assert set(drawings(chain)) == {"narrow"} and "gives" not in spoken(chain)


def test_shares_add_up():
    rows = {row["type"]: row for row in shares(CLAIMS)}
    assert set(rows) == {"circRNA", "miRNA", "all"} and rows["all"]["claims"] == 4
    assert (rows["circRNA"]["met"], rows["miRNA"]["to_1000"], rows["miRNA"]["beyond"], rows["miRNA"]["none"]) == (
        1,
        1,
        1,
        1,
    )
    for row in rows.values():
        assert row["claims"] == sum(row[name] for name in ("met", "to_10", "to_1000", "beyond", "none"))
    assert rows["all"]["may_be_met"] == 1 and rows["miRNA"]["median"] == pytest.approx((30 * 5e4) ** 0.5)


def test_the_figure_counts_every_gap(site):
    tree = ElementTree.fromstring(figure(CLAIMS))
    assert len(list(tree.iter("rect"))) == 3
    assert figure([]) == "" and shares([]) == []
    assert "75" in (site / "gaps.html").read_text()  # per cent of the numbers are assumed


def test_without_results_nothing_is_claimed(tmp_path):
    claims = [{**row, "result": None} for row in CLAIMS]
    write_site(tmp_path, {**DATA, "claims": claims, "has_results": False, "summary": None})
    assert "written without results" in (tmp_path / "index.html").read_text()
    assert "written without results" in (tmp_path / "gaps.html").read_text()
    assert "without its result" in (tmp_path / "claims" / "one.html").read_text()


def test_claim_pages_name_identifiers(site):
    text = (site / "claims" / "one.html").read_text(encoding="utf-8")
    assert "<code>CHEBI:27899</code> cisplatin" in text
    assert "<code>MONDO:0001056</code> gastric &lt;cancer&gt;<small>wider: the subtype has no term</small>" in text
    assert '<dd class="soft">none<small>a state, not a thing</small></dd>' in text
    rows = filter_row(claim("one"))
    assert "chebi:27899" in rows["x"] and "mondo:0001056" in rows["x"]


def test_claim_pages_hold_controls_and_ranked_treatments(site):
    text = (site / "claims" / "two.html").read_text()
    assert text.count('class="passed"') == 1 and text.count('class="failed"') == 1 and "does not apply" in text
    assert "GW &amp; more" in text and "42\u00a0%" in text and "1&nbsp;=" in text and "\u22122\u00a0%" in text
    assert text.index("GW &amp; more") < text.index("RAB27A knock-down")


def test_the_gap_page_names_three_priors_and_how_counts_move(site):
    text = (site / "gaps.html").read_text()
    assert "prior 0" in text and "prior 2" in text and "prior 3" not in text
    assert "prior 1, high end" in text and "0\u20132" in text.replace("&ndash;", "\u2013")


def test_the_figure_file_stands_alone():
    tree = ElementTree.fromstring(figure_file(CLAIMS, SUMMARY))
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    words = ["".join(text.itertext()) for text in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert "1 \u2026 1" in words and any(word.startswith("prior 0, low") for word in words)
    heights = [float(text.get("y")) for text in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert max(heights) <= float(tree.get("viewBox").split()[3])
    assert figure_file([], SUMMARY) == ""


BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "")
LISTED = [
    claim("one", "circRNA", result(0.5), drugs=("cisplatin",), cancer="lung cancer", effect=("glycolysis",)),
    claim("two", "miRNA", result(5e4), drugs=("cisplatin", "paclitaxel"), cancer="lung cancer", effect=("efflux",)),
    claim("three", "miRNA", result(30.0), drugs=("paclitaxel",), reported_direction="sensitivity"),
]


@pytest.mark.skipif(not BROWSER, reason="no browser is installed")
@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ("", {"one", "two", "three"}),
        ("d=paclitaxel", {"two", "three"}),
        ("c=lung+cancer", {"one", "two"}),
        ("t=miRNA", {"two", "three"}),
        ("e=efflux", {"two"}),
        ("r=sensitivity", {"three"}),
        ("lo=10", {"two", "three"}),
        ("lo=1&hi=100", {"three"}),
        ("d=paclitaxel&c=lung+cancer", {"two"}),
        ("q=nothing+like+it", set()),
    ],
)
def test_filters_in_a_browser(tmp_path, chosen, left):
    write_site(tmp_path / "site", {**DATA, "claims": LISTED})
    arguments = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    address = f"{(tmp_path / 'site' / 'index.html').as_uri()}#{chosen}"
    done = subprocess.run([*arguments, address], capture_output=True, text=True, timeout=120, check=True)
    rows = re.findall(r"<tr([^>]*)><th scope=\"row\"><a href=\"claims/(\w+)\.html\"", done.stdout)
    assert len(rows) == 3
    assert {name for attributes, name in rows if "hidden" not in attributes} == left
    told = f"{len(left)} claims" if len(left) == 3 else f"{len(left)} of 3 claims"
    assert f">{told}</p>" in done.stdout
