"""The pages themselves: every one works from a folder, without a server and without another host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from exoresist.report import wording
from exoresist.report.equations import mathml
from exoresist.report.files import write_atomically
from exoresist.report.page import in_script, template_text
from exoresist.report.site.chain import drawings
from exoresist.report.site.gaps import figure, shares
from exoresist.studies.claim_gaps import NAMED, WITHIN

Data = Mapping[str, Any]
UNSTATED = ("none", "not stated")
CHOSEN = ("drugs", "cancer", "cargo_type", "effect", "reported_direction", "seed")
ASKED = {
    "knock_down": "the head lowered instead of raised: should turn the effect round",
    "target_deleted": "no link of the chain acts: should be nothing",
    "wrong_drug": "a drug that the process does not touch: should be nothing",
    "secretion_off": "the donors release nothing: should be nothing",
    "rescue": "the chain moved back while the head stays up: should be nothing, or turn",
}
WEAK = 0.01  # of ln survivors, 1 %: an effect that no assay would see


def write_site(folder: Path, data: Data) -> int:
    """Write all pages into `folder`; returns how many.

    data  plain: `claims` (as `app.claim_page.page_data` makes them, each with its `chain`), `has_results`, `laws`, `hubs`,
          `numbers` (kind -> how many), `treatments` (id -> name), `versions`; `summary` as `studies.claim_gaps.gap_summary` makes
          it, None without results
    """
    pages = {"index.html": index(data), "hubs.html": hubs(data), "gaps.html": gaps(data), "laws.html": laws(data)}
    known = {claim["id"] for claim in data["claims"]}
    for claim in data["claims"]:
        pages[f"claims/{claim['id']}.html"] = claim_page(claim, data, known)
    for name, text in pages.items():
        write_atomically(folder / name, text.encode())
    write_atomically(folder / "site.css", template_text("site.css").encode())
    return len(pages)


def index(data: Data) -> str:
    """The list of all claims with filters and what they come to."""
    claims = data["claims"]
    return _rendered(
        "site_index.html.j2",
        data,
        rows=[index_row(claim) for claim in claims],
        embedded=in_script([filter_row(claim) for claim in claims]),
        choices={name: _choices(claims, name) for name in CHOSEN},
        counts=counts(claims),
        script=template_text("site.js"),
    )


def index_row(claim: Data) -> dict[str, Any]:
    """The cells of one claim in the list."""
    result = claim["result"]
    ran = bool(result and result["ran"])
    return {
        "id": claim["id"],
        "cargo": ", ".join(claim["cargo"]) if isinstance(claim["cargo"], tuple) else claim["cargo"].replace(";", ", "),
        "path": arrows(claim["path"]),
        "drugs": ", ".join(claim["drugs"]),
        "cancer": claim["cancer"],
        "reported": claim["reported_direction"],
        "simulated": result["direction"] if ran else "recorded" if claim["reason"] else "not run",
        "agrees": ran and result["direction"] == claim["reported_direction"],
        "ran": ran,
        "gap": result["dose_gap"] if ran else None,
        "twice": claim["read_twice"] == "yes",
    }


def arrows(text: str) -> str:
    """A chain with arrows as one reads them."""
    return text.replace("->", "\u2192").replace("-|", "\u22a3")


def filter_row(claim: Data) -> dict[str, Any]:
    """What the script of the list filters by; short keys, as it is embedded 444 times."""
    row = index_row(claim)
    words = [str(claim[name]) for name in ("id", "cargo", "cargo_printed", "path", "cancer", "donor", "recipient")]
    return {
        "d": list(claim["drugs"]), "c": claim["cancer"], "t": claim["cargo_type"], "e": list(claim["effect"]),
        "r": claim["reported_direction"], "s": claim["seed"], "g": None if row["gap"] is None else float(f"{row['gap']:.4g}"),
        "k": "recorded" if claim["reason"] else "agrees" if row["agrees"] else "differs" if row["ran"] else "runs",
        "w": row["twice"], "x": " ".join([*words, *claim["drugs"], *_identifiers(claim)]).lower(),
    }  # fmt: skip


def _identifiers(claim: Data) -> list[str]:
    """The identifiers and official names by which the list of claims can be searched, too."""
    return [text for row in claim["identifiers"] if row["role"] != "node" for text in (row["identifier"], row["label"]) if text]


def _choices(claims: Iterable[Data], name: str) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for claim in claims:
        value = claim[name]
        for word in (value,) if isinstance(value, str) else value:
            found[word] = found.get(word, 0) + 1
    return sorted(found.items(), key=lambda item: (item[0] in UNSTATED, -item[1], item[0]))


def counts(claims: Iterable[Data]) -> dict[str, int]:
    """The numbers of the first page."""
    listed = list(claims)
    ran = [claim for claim in listed if claim["result"] and claim["result"]["ran"]]
    tested = [claim for claim in ran if claim.get("left_out") != "its last link is assumed"]  # the others agree by construction
    every = shares(listed)
    return {
        "claims": len(listed),
        "can_run": sum(not claim["reason"] for claim in listed),
        "ran": len(ran),
        "tested": len(tested),
        "agree": sum(claim["result"]["direction"] == claim["reported_direction"] for claim in tested),
        "gaps": every[-1]["claims"] if every else 0,
        "met": every[-1]["met"] if every else 0,
        "far": every[-1]["beyond"] if every else 0,
        "weak": sum(abs(claim["result"]["effect"] or 0.0) < WEAK for claim in ran),
        "twice": sum(claim["read_twice"] == "yes" for claim in listed),
    }


def claim_page(claim: Data, data: Data, known: set[str]) -> str:
    """The page of one claim."""
    return _rendered(
        "site_claim.html.j2", data, claim=claim, drawn=drawings(claim["chain"]) if claim["chain"] else {}, row=index_row(claim),
        summaries={law["law"]: law["summary"] for law in data["laws"]}, evidence=_evidence(claim), root="../",
        asked=ASKED, treatments=data["treatments"],
        linked=[name for name in claim["linked"] if name not in known and name not in UNSTATED],
    )  # fmt: skip


def _evidence(claim: Data) -> list[tuple[str, str]]:
    """Rows of the table of evidence: what the document says; what it does not say is left in, as `not stated`."""
    donor, recipient = (
        claim[who] + ("" if claim[f"{who}_context"] in UNSTATED else f" ({claim[f'{who}_context']})")
        for who in ("donor", "recipient")
    )
    yes = {"yes": "yes, by someone who had not seen the first reading", "no": "no"}
    rows = [
        ("Document", f"seed {claim['seed']}, {claim['locator']}"),
        ("Reference there", claim["reference"]),
        ("Citation", claim["citation"]),
        ("Cancer", claim["cancer"]),
        ("Donor", donor),
        ("Recipient", recipient),
        ("Drugs", ", ".join(claim["drugs"])),
        ("Cargo as printed", claim["cargo_printed"]),
        ("Type of cargo", claim["cargo_type"]),
        ("Effect", ", ".join(claim["effect"]).replace("_", " ")),
        ("Validation", ", ".join(claim["validation"]).replace("_", " ")),
        (
            "Signs fixed by",
            {"document": "the document", "curator": "the curator, from knowledge"}.get(claim["sign_by"], claim["sign_by"]),
        ),
        ("Last link assumed", "by the run" if (claim["result"] or {}).get("assumed") else claim["assumed_link"]),
        ("Confidence of the reading", claim["confidence"]),
        ("Read twice", yes[claim["read_twice"]]),
    ]
    return rows


def hubs(data: Data) -> str:
    """The nodes that act on the cell, by process."""
    groups: dict[str, list[Data]] = {}
    for hub in data["hubs"]:
        groups.setdefault(hub["process"], []).append(hub)
    ordered = dict(sorted(groups.items(), key=lambda item: (item[0] == "none", -len(item[1]))))
    return _rendered("site_hubs.html.j2", data, groups=ordered)


def gaps(data: Data) -> str:
    """The distribution of dose gaps, and what it rests on."""
    numbers = data["numbers"]
    total = sum(numbers.values())
    return _rendered(
        "site_gaps.html.j2",
        data,
        drawn=figure(data["claims"]),
        rows=shares(data["claims"]),
        counts=counts(data["claims"]),
        total=total,
        assumed=numbers.get("assumed", 0) / total if total else 0.0,
        summary=data["summary"] if data["summary"] and data["summary"]["types"] else None,
        named=NAMED,
        within=WITHIN,
        asked=ASKED,
    )


def laws(data: Data) -> str:
    """The equations of the chains."""
    from markupsafe import Markup

    used: dict[str, int] = {}
    for claim in data["claims"]:
        for name in {row["law"] for row in claim["laws"]}:
            used[name] = used.get(name, 0) + 1
    rows = []
    for law in data["laws"]:
        equation = mathml(str(law["latex"]))
        rows.append({**law, "claims": used.get(law["law"], 0), "equation": None if equation is None else Markup(equation)})
    return _rendered("site_laws.html.j2", data, rows=[row for row in rows if row["claims"]])


def _rendered(template: str, data: Data, **values: Any) -> str:
    common = {"weak": WEAK, "versions": data["versions"], "has_results": data["has_results"], "root": ""}
    return str(_environment().get_template(template).render({**common, **values}))


@cache
def _environment() -> Any:
    """Templates of the site; everything they print is escaped unless it was made here."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(template_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=wording.number_text,
        percent=wording.percent_text,
        share=lambda value: f"{round(100.0 * value)}\u00a0%".replace("-", "\u2212"),
        arrows=arrows,
        spoken=lambda text: str(text).replace("_", " "),
        signed=lambda value: f"{value:+.2g}".replace("-", "\u2212").replace("e\u2212", "e-") if value else "0",
        interval=lambda row: wording.interval_text(row["dose_gap_low"], row["dose_gap_high"]),
    )
    environment.globals.update(safe=Markup)
    return environment
