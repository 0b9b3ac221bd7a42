"""Problems of the public PEtab test suite, or any folder of problems with solutions, held to their published log-likelihoods.

    python verification/petab_suite.py FOLDER [FOLDER ...] [--json]

A case is a file *_solution.yaml with `llh` (and `chi2`, `tol_llh`, `tol_chi2`) beside the problem's YAML file of the same name
without `_solution`. The suite is not part of this repository: `pip download --no-deps petabtests` brings cases of both versions
(those of version 2 as a draft), its repository PEtab-dev/petab_test_suite the final ones of version 2. Exit code 1 if an accepted
problem misses its figure; a refused one is printed with the reason.

Last result (2026-11-20): the package petabtests 0.0.1 with 37 of 37 SBML cases met (18 of version 1, 19 in the draft form of
version 2) and its 18 PySB cases refused; before that, 2 more of the repository, 17 of version 1 as the library turns them into
version 2, and 14 made again from the facts of the version 2 cases, all met, the largest difference 2.5e-6 of 25,929. Three cases
of our own (log-normal and Laplace noise), held to the library's likelihood at the analytic solution, were met too.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from ruamel.yaml import YAML

from exoresist.core.errors import ExoresistError
from exoresist.exchange.petab_in import PetabModel


def cases(folders: list[Path]) -> list[tuple[Path, Path]]:
    """(problem, solution) of every case below the folders."""
    found = [path for folder in folders for path in sorted(folder.rglob("*_solution.yaml"))]
    pairs = [(path.with_name(path.name.replace("_solution.yaml", ".yaml")), path) for path in found]
    return [(problem, solution) for problem, solution in pairs if problem.is_file()]


def held(problem: Path, solution: Path) -> dict[str, object]:
    """One row: what was found beside what is published."""
    published = YAML(typ="safe", pure=True).load(solution.read_text(encoding="utf-8"))
    row: dict[str, object] = {
        "case": problem.parent.name,
        "published": published["llh"],
        "tolerance": published.get("tol_llh", 1e-3),
    }
    begin = time.perf_counter()
    try:
        model = PetabModel.read(problem)
        readings = model.simulate()
    except ExoresistError as error:
        return {**row, "verdict": "refused", "reason": str(error)}
    off = abs(readings.log_likelihood - published["llh"])
    within = off <= published.get("tol_llh", 1e-3)
    if "chi2" in published:
        within = within and abs(readings.chi2 - published["chi2"]) <= published.get("tol_chi2", 1e-3)
    return {
        **row, "verdict": "met" if within else "missed", "found": readings.log_likelihood, "off": off, "version": model.problem.version,
        "seconds": time.perf_counter() - begin,
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = [held(*case) for case in cases(given.folders)]
    if not rows:
        print("no case found: a case is NAME.yaml beside NAME_solution.yaml", file=sys.stderr)
        return 2
    if given.json:
        print(json.dumps(rows, indent=2))
    else:
        print(f"{'case':<8}{'version':<9}{'verdict':<9}{'found':>16}{'published':>16}{'off':>10}{'tolerance':>11}")
        for row in rows:
            if row["verdict"] == "refused":
                print(f"{row['case']:<17}refused: {row['reason']}")
                continue
            print(f"{row['case']:<8}{row['version']:<9}{row['verdict']:<9}{row['found']:>16.8f}{row['published']:>16.8f}"
                  f"{row['off']:>10.1e}{row['tolerance']:>11.0e}")  # fmt: skip
    count = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("met", "missed", "refused")}
    print(f"{len(rows)} cases: {count['met']} met, {count['missed']} missed, {count['refused']} refused", file=sys.stderr)
    return 1 if count["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
