"""A claim as plain data, for `catalog show` and the site: what is reported, how it is wired, what came out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exoresist.catalog import Catalog
    from exoresist.studies.claim_facts import ClaimFacts
    from exoresist.studies.claim_result import ClaimResult

Page = dict[str, Any]

STATED = (
    "citation", "cancer", "donor", "donor_context", "recipient", "recipient_context", "cargo_printed", "cargo_type",
)  # fmt: skip


def claim_page(catalog: Catalog, name: str, results: Path | None) -> Page:
    """Everything about one claim; `result` is None without a folder of results or where it holds none for the claim."""
    from exoresist.studies.claim_facts import claim_facts
    from exoresist.studies.claim_runs import read_results

    found = {} if results is None else {result.claim.id: result for result in read_results(catalog, results)}
    return page_data(catalog, claim_facts(catalog.claim(name), catalog), found.get(name))


def page_data(catalog: Catalog, facts: ClaimFacts, result: ClaimResult | None) -> Page:
    """The plain data of one claim."""
    from exoresist.studies.claim_score import why_left_out

    claim = facts.claim
    numbers = [row["kind"] for row in facts.numbers]
    return {
        **asdict(claim),
        "reported_links": [link._asdict() for link in facts.reported],
        "outcome": None if facts.outcome is None else dict(zip(("sign", "direction", "drug"), facts.outcome, strict=True)),
        "stored_links": [
            {**link._asdict(), "reference": catalog.edge_reference(link.origin, link.target)} for link in facts.stored
        ],
        "hub": facts.hub,
        "process": facts.process,
        "process_sign": facts.process_sign,
        "hub_reference": hub.reference if (hub := catalog.find_hub(facts.hub)) else "",
        "surrogate": facts.surrogate,
        "surrogate_reason": _surrogate_reason(catalog, facts),
        "carried": facts.carried,
        "laws": list(facts.laws),
        "identifiers": _identifiers(catalog, facts),
        "numbers": len(numbers),
        "assumed_numbers": numbers.count("assumed"),
        "reason": facts.reason,
        "linked_rows": _told(catalog, claim.linked),
        "conflicting_rows": _told(catalog, re.findall(r"\w+", claim.conflicts)),
        "result": None if result is None else _result(result),
        "left_out": "" if result is None else why_left_out(result),
    }


def _identifiers(catalog: Catalog, facts: ClaimFacts) -> list[dict[str, str]]:
    from exoresist.catalog.claim_identifiers import claim_identifiers

    return [
        {
            "role": role,
            "name": printed,
            **{column: getattr(record, column) for column in ("identifier", "label", "match", "reason")},
        }
        for role, printed, record in claim_identifiers(catalog, facts.claim)
    ]


def _surrogate_reason(catalog: Catalog, facts: ClaimFacts) -> str:
    if facts.outcome is None or facts.outcome[2] not in catalog.ids("surrogates"):
        return ""
    return next(row["reason"] for row in catalog.rows("surrogates") if row["drug"] == facts.outcome[2])


def _told(catalog: Catalog, names: Any) -> list[dict[str, str]]:
    known = [catalog.claim(name) for name in dict.fromkeys(names) if name in catalog.ids("claims")]
    return [
        {
            "id": claim.id,
            "path": claim.path,
            "reported_direction": claim.reported_direction,
            "locator": f"seed {claim.seed}, {claim.locator}",
        }
        for claim in known
    ]


def _result(result: ClaimResult) -> dict[str, Any]:
    fields = asdict(result)
    del fields["claim"]
    return {**fields, "ran": result.ran}


def tell_claim(page: Mapping[str, Any]) -> None:
    """Print one claim for people."""
    print(f"{page['id']}")
    print(f"  {page['path']}")
    effect, drugs = ("; ".join(page[name]) for name in ("effect", "drugs"))
    print(f"  reported: {page['reported_direction']}; effect {effect}; drugs {drugs}")
    print(f"evidence: seed {page['seed']}, {page['locator']}, reference {page['reference']}")
    for name in STATED:
        print(f"  {name.replace('_', ' ')}: {page[name]}")
    print(f"  validation: {'; '.join(page['validation'])}")
    print(f"  signs by {page['sign_by']}; last link assumed: {page['assumed_link']}; confidence {page['confidence']}")
    print(f"  second reading: {'yes, blind' if page['read_twice'] == 'yes' else 'not read twice'}")
    for name in ("correction", "conflicts", "note"):
        if page[name] != "none":
            print(f"  {name}: {page[name]}")
    if page["flags"] != ("none",):
        print(f"  flags: {'; '.join(page['flags'])}")
    for title, rows in (("linked rows", page["linked_rows"]), ("conflicting rows", page["conflicting_rows"])):
        if rows:
            print(f"{title}:")
        for row in rows:
            print(f"  {row['id']} ({row['locator']}): {row['path']}")
    print("identifiers:")
    for row in page["identifiers"]:
        print(f"  {row['role']} {row['name']}: {identifier_text(row)}")
    if page["reason"]:
        print(f"recorded, not run: {page['reason']}")
        return
    _tell_model(page)
    if page["result"] is not None:
        _tell_result(page)


def identifier_text(row: Mapping[str, Any]) -> str:
    """An identifier with its official name, or why there is none: `HGNC:9021 PKM (wider: the splice form M2 of PKM ...)`."""
    if not row["identifier"]:
        return f"none: {row['reason']}"
    wider = f" (wider: {row['reason']})" if row["match"] == "broad" else ""
    return f"{row['identifier']} {row['label']}{wider}"


def _tell_model(page: Mapping[str, Any]) -> None:
    reason = f" ({page['surrogate_reason']})" if page["surrogate_reason"] else ""
    print(f"in the model: {page['surrogate']} stands for the drug{reason}")
    for link in page["stored_links"]:
        print(f"  stored edge {link['origin']} {'->' if link['sign'] > 0 else '-|'} {link['target']} ({link['reference']})")
    if page["hub"]:
        arrow = "->" if page["process_sign"] > 0 else "-|"
        print(f"  hub {page['hub']} {arrow} process {page['process']} ({page['hub_reference']})")
    print("laws of the chain (`exoresist catalog site` shows their equations):")
    for row in page["laws"]:
        print(f"  {row['law']}: {row['place']}")
    print(f"  {page['assumed_numbers']} of {page['numbers']} numbers are assumed")


def _tell_result(page: Mapping[str, Any]) -> None:
    result = page["result"]
    print(f"result: {result['direction']}, reported {page['reported_direction']}")
    print(f"  clamped: ln of survivors {result['effect']:+.3g}")
    for name, control in result["controls"].items():
        word = {True: "passed", False: "FAILED", None: "does not apply"}[control["passed"]]
        value = "" if control["effect"] is None else f" {control['effect']:+.3g} of {control['of']:+.3g}"
        print(f"  {name.replace('_', ' ')}: {word}{value}" + (f" ({control['why']})" if control["why"] else ""))
    if result["dose_gap"] is not None:
        low, high = result["dose_gap_low"], result["dose_gap_high"]
        print(f"  dose gap {result['dose_gap']:.3g}" + ("" if low is None else f" ({low:.3g} to {high:.3g})"))
    print(f"  {result['limit']}")
    for row in result["interventions"]:
        if row["rank"] is not None:
            print(f"  {row['rank']}. {row['id']} {row['how']} {row['share']:.0%} ({row['low']:.0%} to {row['high']:.0%})")
    if page["left_out"]:
        print(f"  not scored: {page['left_out']}")
