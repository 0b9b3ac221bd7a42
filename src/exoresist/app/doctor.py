"""`exoresist doctor`: is this installation able to work?"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTHON = (3, 11)
SCARCE_BYTES = 2**30  # one batch of the demo's draws and its tables stay well below this

# distribution -> module; the second is what fails to load when a binary wheel does not fit the machine
DEPENDENCIES = {
    "anndata": "anndata",
    "antimony": "antimony",
    "emcee": "emcee",
    "jinja2": "jinja2",
    "latex2mathml": "latex2mathml.converter",
    "matplotlib": "matplotlib.figure",
    "networkx": "networkx",
    "numba": "numba",
    "numpy": "numpy",
    "openpyxl": "openpyxl",
    "optuna": "optuna",
    "pandas": "pandas",
    "pillow": "PIL.Image",
    "pint": "pint",
    "platformdirs": "platformdirs",
    "plotly": "plotly.graph_objects",
    "pyarrow": "pyarrow",
    "pydantic": "pydantic",
    "python-libsbml": "libsbml",
    "rich": "rich.progress",
    "ruamel.yaml": "ruamel.yaml",
    "SALib": "SALib.sample.sobol",
    "scipy": "scipy.integrate",
    "sympy": "sympy",
    "typer": "typer",
    "zarr": "zarr",
}


@dataclass(frozen=True)
class Finding:
    """One line of the examination; `status` is ok, warning (works, but slowly or not for long) or failed."""

    check: str
    status: str
    detail: str
    advice: str = ""


def cache_folder() -> Path:
    """Where compiled networks are kept: EXORESIST_CACHE, or the user's cache folder.

    The network's own `cache_folder` is not asked: it cannot be imported where numba is broken, and it falls back to a
    temporary folder where this check must complain.
    """
    chosen = os.environ.get("EXORESIST_CACHE")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("exoresist"))


def check_python() -> list[Finding]:
    """The interpreter is recent enough."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return [Finding("python", "ok", f"{found} at {sys.executable}")]
    needed = ".".join(str(part) for part in OLDEST_PYTHON)
    return [Finding("python", "failed", found, f"Install Python {needed} or newer.")]


def check_dependencies() -> list[Finding]:
    """Every library is installed and loads."""
    from importlib import import_module, metadata

    findings = []
    for distribution, module in DEPENDENCIES.items():
        try:
            import_module(module)
            findings.append(Finding(distribution, "ok", metadata.version(distribution)))
        except Exception as error:  # a library that does not fit the machine may raise anything while loading
            advice = f"Install it again: {sys.executable} -m pip install --force-reinstall '{distribution}'"
            findings.append(Finding(distribution, "failed", f"{type(error).__name__}: {error}", advice))
    return findings


def check_cache() -> list[Finding]:
    """The cache folder can be written: without it every run compiles anew."""
    import tempfile

    try:
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as probe:
            probe.write(b"exoresist")
    except (OSError, ImportError) as error:
        return [Finding("cache", "failed", str(error), "Set EXORESIST_CACHE to a folder that you can write to.")]
    return [Finding("cache", "ok", str(folder))]


def check_compiler() -> list[Finding]:
    """Numba compiles a function and the function is right."""
    advice = "Reinstall numba and llvmlite."
    try:
        import numba

        start = time.perf_counter()
        half_life = numba.njit(lambda rate: 0.6931471805599453 / rate)(0.5)
        seconds = time.perf_counter() - start
    except Exception as error:  # llvmlite raises its own kinds where the processor is not supported
        return [Finding("compiler", "failed", f"{type(error).__name__}: {error}", advice)]
    if abs(half_life - 1.3862943611198906) > 1e-12:
        return [Finding("compiler", "failed", f"a compiled division gave {half_life}", advice)]
    return [Finding("compiler", "ok", f"compiled in {seconds:.2f} s")]


def check_threads() -> list[Finding]:
    """How many threads compiled code will use, beside what the machine has."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        import numba

        used = int(numba.get_num_threads())
    except Exception:  # reported by the check of the dependencies
        used = 1
    detail = f"{used} used, {available} available"
    if used > available:
        advice = f"Set NUMBA_NUM_THREADS={available}: more threads than processors slow a run."
        return [Finding("threads", "warning", detail, advice)]
    return [Finding("threads", "ok", detail)]


def _room(check: str, free: int | None, place: str) -> Finding:
    if free is None:
        return Finding(check, "ok", "free amount not known on this system")
    detail = f"{free / 2**30:.1f} GiB free{place}"
    if free < SCARCE_BYTES:
        return Finding(check, "warning", detail, f"Free some {check}.")
    return Finding(check, "ok", detail)


def check_room() -> list[Finding]:
    """Memory, and disk where the cache lies."""
    from exoresist.core.memory import free_memory

    try:
        folder = cache_folder()
        while not folder.exists():
            folder = folder.parent
        disk: int | None = shutil.disk_usage(folder).free
    except (OSError, ImportError):
        folder, disk = Path(), None
    return [_room("memory", free_memory(), ""), _room("disk", disk, f" at {folder}")]


CHECKS: tuple[Callable[[], list[Finding]], ...] = (
    check_python,
    check_dependencies,
    check_cache,
    check_compiler,
    check_threads,
    check_room,
)


def doctor(as_json: bool) -> None:
    """Run every check and print the findings.

    as_json  print `healthy`, `version` and `findings` (check, status, detail, advice)
    raises   typer.Exit(1) if a check failed; a warning does not fail
    """
    import typer

    import exoresist
    from exoresist.app.printing import print_json, print_rows
    from exoresist.core.progress import progress

    findings = [finding for check in progress(CHECKS, len(CHECKS), "checking") for finding in check()]
    healthy = all(finding.status != "failed" for finding in findings)
    if as_json:
        print_json({"healthy": healthy, "version": exoresist.__version__, "findings": findings})
    else:
        print_rows([vars(finding) for finding in findings], ["check", "status", "detail", "advice"])
        verdict = "ready" if healthy else "not able to work, see the lines marked failed"
        print(f"exoresist {exoresist.__version__}: {verdict}")
    if not healthy:
        raise typer.Exit(1)
