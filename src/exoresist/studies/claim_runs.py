"""All claims in one go: results kept line by line, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from exoresist.catalog import Catalog
from exoresist.core.errors import InputError
from exoresist.core.progress import Progress, Silent
from exoresist.studies.claim_controls import CONTROLS
from exoresist.studies.claim_result import ClaimResult
from exoresist.studies.claim_twins import run_once
from exoresist.studies.kept import Kept, code_hash

FILE = "claims.jsonl"
COLUMNS = (
    "id", "seed", "locator", "reference", "cancer", "donor", "recipient", "drugs", "cargo", "cargo_type", "path",
    "reported_direction", "simulated_direction", "effect", "dose_gap", "dose_gap_low", "dose_gap_high", "flags",
    "clamped_effect", "delivered_effect", "hub", "surrogate_drug", "limit", "not_run_because", "confidence", "sign_by",
    "assumed_link", "read_twice",
    *(f"control_{name}" for name in CONTROLS), *(f"control_{name}_passed" for name in CONTROLS),
    "best_intervention", "best_intervention_share", "interventions",
)  # fmt: skip

SHORT_REASONS = {
    "no known action of": "no known action of the chain's end on a cell in a dish",
    "no modelled drug stands for": "no modelled drug stands for the claimed one",
    "could not be solved": "could not be solved",
}


def run_claims(
    catalog: Catalog, ids: Sequence[str] = (), folder: Path | None = None, progress: Progress | None = None
) -> list[ClaimResult]:
    """Run the named claims (all without a name), in the order of the table.

    folder  keeps each result in `claims.jsonl` as it is made; results there that were made with this catalogue are not made again
    """
    report = progress or Silent()
    wanted = [catalog.claim(name) for name in ids] or list(catalog.records("claims"))
    kept = {} if folder is None else dict(_kept(catalog, folder))
    results = []
    for claim in wanted:
        if claim.id not in kept:
            kept[claim.id] = run_once(claim, catalog)
            if folder is not None:
                data = {key: value for key, value in asdict(kept[claim.id]).items() if key != "claim"}
                _store(catalog, folder).keep(claim.id, data)
        results.append(kept[claim.id])
        report.advance()
    return results


def made_with(catalog: Catalog) -> str:
    """What decides a claim's result: the tables, and the text of every module that wires, compiles or runs it."""
    return f"{catalog.hash[:16]}-{code_hash()}"


def read_results(catalog: Catalog, folder: Path) -> list[ClaimResult]:
    """The results that a folder keeps, in the order of the table; only those that were made with this catalogue.

    errors  InputError where there are none: no file, or all of another catalogue
    """
    path = folder / FILE
    advice = f"Run `exoresist catalog run --results {folder}` first"
    if not path.is_file():
        raise InputError(f"'{folder}' holds no {FILE}", "a folder that `catalog run --results` has filled", advice)
    kept = dict(_kept(catalog, folder))
    if not kept:
        raise InputError(
            f"No result in '{path}' was made with this catalogue ({catalog.hash[:12]})", "results of the present tables", advice
        )
    return [kept[name] for name in catalog.ids("claims") if name in kept]


def _store(catalog: Catalog, folder: Path) -> Kept:
    return Kept(folder / FILE, made_with(catalog))


def _kept(catalog: Catalog, folder: Path) -> Iterator[tuple[str, ClaimResult]]:
    names = {field.name for field in fields(ClaimResult)} - {"claim"}
    known = set(catalog.ids("claims"))
    for name, data in _store(catalog, folder).read().items():
        if name in known:
            try:
                yield name, ClaimResult(catalog.claim(name), **{key: data[key] for key in names})
            except KeyError as missing:
                raise InputError(
                    f"{folder / FILE}: the result of {name} lacks {missing}", "lines written by `catalog run`", "Remove the file"
                ) from None


def axis_rows(results: Sequence[ClaimResult]) -> list[dict[str, str]]:
    """One row per claim with what was reported and what came out; numbers that do not exist are empty."""
    rows = []
    for result in results:
        claim = result.claim
        row = {name: _text(getattr(claim, name)) for name in COLUMNS if hasattr(claim, name)}
        row |= {
            "flags": ";".join(
                [*(flag for flag in claim.flags if flag != "none"), *(["assumed_action"] if result.assumed else [])]
            )
            or "none",
            "simulated_direction": result.direction,
            "dose_gap": _text(result.dose_gap),
            "dose_gap_low": _text(result.dose_gap_low),
            "dose_gap_high": _text(result.dose_gap_high),
            "clamped_effect": _text(result.effect),
            "delivered_effect": _text(result.delivered_effect),
            "hub": result.hub,
            "surrogate_drug": result.surrogate,
            "limit": result.limit,
            "not_run_because": result.reason,
            **_control_cells(result),
            **_intervention_cells(result),
        }
        rows.append({name: row[name] for name in COLUMNS})
    return rows


def _control_cells(result: ClaimResult) -> dict[str, str]:
    """Effect under each control, and whether it passed: yes, no or not applicable; empty where it was not run."""
    cells = {}
    for name in CONTROLS:
        control = result.controls.get(name)
        cells[f"control_{name}"] = "" if control is None else _text(control["effect"])
        word = {True: "yes", False: "no", None: "not applicable"}
        cells[f"control_{name}_passed"] = "" if control is None else word[control["passed"]]
    return cells


def _intervention_cells(result: ClaimResult) -> dict[str, str]:
    """The best treatment, with those that it is tied with; its share; and all as `name share`."""
    first = [str(row["id"]) for row in result.interventions if row["rank"] == 1]
    return {
        "best_intervention": " = ".join(first),
        "best_intervention_share": _text(result.interventions[0]["share"]) if first else "",
        "interventions": ";".join(f"{row['id']} {row['share']:.3g}" for row in result.interventions),
    }


def recorded_counts(results: Sequence[ClaimResult]) -> dict[str, int]:
    """Why claims are recorded only -> how many; reasons that differ by a name only are one."""
    found: dict[str, int] = {}
    for result in results:
        if not result.ran:
            reason = result.reason
            for start, short in SHORT_REASONS.items():
                if reason.startswith(start):
                    reason = short
            if " acts through " in reason:
                reason = f"its hub acts through {reason.split(' acts through ')[1]}"
            elif "is modelled as a surface antibody" in reason:
                reason = "its drug is a surface antibody, on which the chain has no modelled action"
            found[reason] = found.get(reason, 0) + 1
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ";".join(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
