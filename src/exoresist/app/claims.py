"""`exoresist catalog (run | score | axes)`: the claims of the documents, executed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exoresist.studies.claim_result import ClaimResult

SUMMARY, FIGURE = "summary.json", "dose_gaps.svg"


def _results(ids: Sequence[str], folder: Path | None) -> list[ClaimResult]:
    from exoresist.catalog import Catalog
    from exoresist.core.progress import reporting
    from exoresist.studies.claim_runs import run_claims

    catalog = Catalog.load()
    count = len(ids) or len(catalog.ids("claims"))
    with reporting(float(count), "claims") as progress:
        return run_claims(catalog, ids, folder, progress)


def run(ids: Sequence[str], folder: Path | None, as_json: bool) -> None:
    """Run claims clamped and delivered, and print what came out.

    folder  keeps every result, so that an interrupted run goes on; None keeps nothing
    """
    from exoresist.app.folders import ready
    from exoresist.app.printing import print_json, print_rows
    from exoresist.catalog import Catalog
    from exoresist.studies.claim_gaps import gap_summary
    from exoresist.studies.claim_runs import axis_rows, recorded_counts

    if folder is not None:
        ready(folder, "--results")
    results = _results(ids, folder)
    rows = axis_rows(results)
    summary = {**gap_summary(results, Catalog.load()), "recorded": recorded_counts(results)}
    if folder is not None and not ids:
        _write_summary(folder, results, summary)
    if as_json:
        more = [{"controls": result.controls, "interventions": result.interventions} for result in results]
        print_json({"claims": [{**row, **each} for row, each in zip(rows, more, strict=True)], "summary": summary})
        return
    if ids:
        for result in results:
            _tell(result)
        return
    print_rows([row for row in rows if not row["not_run_because"]], [
        "id", "reported_direction", "simulated_direction", "clamped_effect", "dose_gap", "best_intervention", "limit",
    ])  # fmt: skip
    ran = sum(result.ran for result in results)
    agree = sum(result.ran and result.direction == result.claim.reported_direction for result in results)
    print(f"{ran} of {len(results)} claims ran, {agree} with the reported direction; the others are recorded with the reason.")
    _tell_summary(summary)
    if folder is not None:
        print(f"Results, {SUMMARY} and {FIGURE} are in {folder}.")


def _write_summary(folder: Path, results: Sequence[ClaimResult], summary: dict[str, Any]) -> None:
    """`summary.json` and the distribution of dose gaps as a figure, beside the results."""
    from dataclasses import asdict

    from exoresist.report.files import write_atomically
    from exoresist.report.site.gaps import figure_file

    write_atomically(folder / SUMMARY, (json.dumps(summary, indent=1, allow_nan=False) + "\n").encode())
    shown = [
        {"cargo_type": result.claim.cargo_type, "carried": result.carried, "result": {**asdict(result), "ran": result.ran}}
        for result in results
    ]
    drawn = figure_file(shown, summary)
    if drawn:
        write_atomically(folder / FIGURE, drawn.encode())


def _tell_summary(summary: dict[str, Any]) -> None:
    from exoresist.studies.claim_gaps import NAMED

    counts = summary["controls"]
    told = (f"{name.replace('_', ' ')} {row['passed']} of {row['passed'] + row['failed']}" for name, row in counts.items())
    print("controls passed, where they apply: " + "; ".join(told))
    if not summary["types"]:
        return
    every, within = summary["types"][-1], summary["within"]
    print(
        f"dose gaps of {every['claims']} claims: {within['met']['value']} met, {within['within_10']['value']} within 10 times, "
        f"{within['within_1000']['value']} within 1000 times what is available"
    )
    if summary["priors"]:
        named = "; ".join(
            f"{row['prior']} {row['share']:.0%} (within 1000 times: {row['low']['within_1000']} to {row['high']['within_1000']})"
            for row in summary["priors"][:NAMED]
        )
        print(f"{summary['assumed']:.0%} of {summary['numbers']} uncertain numbers are assumed; the gaps hang most on {named}")


def _tell(result: ClaimResult) -> None:
    claim = result.claim
    print(f"{claim.id}: {claim.path}")
    if not result.ran:
        print(f"  recorded, not run: {result.reason}")
        return
    print(
        f"  reported {claim.reported_direction}, simulated {result.direction} (on {result.surrogate}, through {result.hub or claim.cargo})"
    )
    print(f"  clamped: ln of survivors {result.effect:+.3g}")
    for name, control in result.controls.items():
        word = {True: "passed", False: "FAILED", None: "does not apply"}[control["passed"]]
        value = "" if control["effect"] is None else f" {control['effect']:+.3g} of {control['of']:+.3g}"
        print(f"  {name.replace('_', ' ')}: {word}{value}" + (f" ({control['why']})" if control["why"] else ""))
    if result.dose_gap is not None:
        print(f"  dose gap {result.dose_gap:.3g} ({result.dose_gap_low:.3g} to {result.dose_gap_high:.3g}): {result.limit}")
    elif result.limit:
        print(f"  {result.limit}")
    if result.interventions:
        print("  what would take it away, at a load that brings half of the effect:")
    for row in result.interventions:
        place = "-" if row["rank"] is None else row["rank"]
        tied = f", as {', '.join(row['tied'])}" if row["tied"] else ""
        print(f"    {place}. {row['id']} {row['how']} {row['share']:.0%} ({row['low']:.0%} to {row['high']:.0%}){tied}")


def score(folder: Path | None, as_json: bool) -> None:
    """Print the balanced accuracy over all claims that count, beside a constant answer and dealt-out signs."""
    from dataclasses import asdict

    from exoresist.app.folders import ready
    from exoresist.app.printing import print_json, print_rows
    from exoresist.studies.claim_score import score as score_of

    if folder is not None:
        ready(folder, "--results")
    found = score_of(_results((), folder))
    if as_json:
        print_json({**asdict(found), "sensitising_accuracy": found.sensitising_accuracy})
        return
    print(f"balanced accuracy {found.balanced_accuracy:.3f} over {found.scored} claims")
    print(f"  resisting {found.resisting_accuracy:.3f}, sensitising {found.sensitising_accuracy:.3f}")
    print(
        f"  a constant answer {found.constant:.3f}; directions dealt at random {found.permuted_mean:.3f} +/- {found.permuted_sd:.3f}"
    )
    floors = ", ".join(f"{value:.3f} from {floor}" for floor, value in found.by_floor.items())
    print(f"  by the smallest effect that counts (ln of survivors): {floors}")
    print("left out: " + "; ".join(f"{count} {reason}" for reason, count in found.left_out.items()))
    print_rows(found.disagreements, ["id", "reported", "simulated", "why"])


def axes(target: Path, folder: Path | None) -> None:
    """Write one row per claim, tab-separated: what is reported, what came out, the dose gap."""
    from exoresist.app.folders import ready, ready_file
    from exoresist.report.files import write_atomically
    from exoresist.studies.claim_runs import COLUMNS, axis_rows

    ready_file(target, "--tsv")
    if folder is not None:
        ready(folder, "--results")
    rows = axis_rows(_results((), folder))
    lines = ["\t".join(COLUMNS), *("\t".join(row[name] for name in COLUMNS) for row in rows)]
    write_atomically(target, ("\n".join(lines) + "\n").encode())
    print(f"{len(rows)} claims written to {target}")
