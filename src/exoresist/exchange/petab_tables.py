"""What a PEtab problem says, whatever its version: experiments in periods, observables, measurements, parameters.

Version 1 names a condition to equilibrate under and one to simulate, version 2 any number of periods; both become periods with changes
here. Formulas are SymPy trees of the PEtab library's parser.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exoresist.core.errors import ExoresistError, InputError

Formula = Any  # sympy.Basic
INSTALL = "pip install 'exoresist[petab]'"
_MARK = re.compile(r"^['\"]?format_version['\"]?\s*:", re.MULTILINE)


@dataclass(frozen=True)
class Period:
    """From `time` (unit of the model) on, after `changes`: target -> formula. Time minus infinity: until nothing moves."""

    time: float
    changes: Mapping[str, Formula]

    @property
    def equilibrates(self) -> bool:
        return self.time == -math.inf


@dataclass(frozen=True)
class Experiment:
    """Periods in order of time; the changes of the first replace what the model starts from."""

    id: str
    periods: tuple[Period, ...]


@dataclass(frozen=True)
class Observable:
    """What is read.

    formula, noise   of the reading and of its scale (standard deviation, or the scale of a Laplace distribution)
    distribution     `normal` or `laplace`, on `scale` (`lin`, `log`, `log10`) of the reading
    placeholders     symbols of both formulas that each measurement fills: of the reading, of the noise
    """

    id: str
    formula: Formula
    noise: Formula
    distribution: str = "normal"
    scale: str = "lin"
    placeholders: tuple[str, ...] = ()
    noise_placeholders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """One reading; `parameters` and `noise_parameters` fill the observable's placeholders. Time infinity: at the steady state."""

    observable: str
    experiment: str
    time: float
    value: float
    parameters: tuple[Formula, ...] = ()
    noise_parameters: tuple[Formula, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """A number of the problem.

    low, high    bounds, where it is estimated; nominal: None where the problem gives none
    scale        `lin`, `log` or `log10`: on which the search moves
    log_prior    value -> ln density; None: no prior
    start        share in (0, 1) -> value, the quantiles that starts of a search are drawn from
    """

    id: str
    estimate: bool
    nominal: float | None
    low: float = -math.inf
    high: float = math.inf
    scale: str = "lin"
    log_prior: Callable[[float], float] | None = None
    start: Callable[[float], float] | None = None


@dataclass(frozen=True)
class PetabProblem:
    """A problem that the library's checks let pass.

    version     as the file writes it
    sbml        text of the model
    aliases     name in the tables -> name in the model
    warnings    what the checks remarked
    """

    path: Path
    version: str
    sbml: str
    experiments: Mapping[str, Experiment]
    observables: Mapping[str, Observable]
    measurements: tuple[Measurement, ...]
    parameters: Mapping[str, Parameter]
    aliases: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def estimated(self) -> tuple[Parameter, ...]:
        """Parameters that the problem asks for."""
        return tuple(one for one in self.parameters.values() if one.estimate)


def is_petab(path: str | Path) -> bool:
    """Whether a file says which PEtab format it has; a file that cannot be read is none."""
    try:
        return Path(path).is_file() and _MARK.search(Path(path).read_text(encoding="utf-8-sig")) is not None
    except (OSError, UnicodeDecodeError):
        return False


def read_petab(path: str | Path) -> PetabProblem:
    """Read and check a PEtab problem, version 1 or 2.

    path    its YAML file; tables and model lie where that says
    raises  InputError for files that are missing or damaged, for what the library's checks refuse, and for what is not known here: several
            models, models that are not SBML, extensions that are required
    source  PEtab 1.0 and 2.0 (Schmiester 2021, 10.1371/journal.pcbi.1008646), petab.readthedocs.io
    """
    place = Path(path)
    if not place.is_file():
        raise InputError(f"File '{place}' does not exist", "the YAML file of a PEtab problem", "Check the path")
    require_libraries()
    head = _head(place)
    version = str(head.get("format_version"))
    from exoresist.exchange import petab_v1, petab_v2

    # Drafts of version 2, and the suite of the package petabtests, write version 1 with models listed by their language.
    second = petab_v1.read if "problems" in head else petab_v2.read
    reader = {"1": petab_v1.read, "2": second}.get(version.split(".")[0])
    if reader is None:
        raise InputError(f"'{place}' says format_version {version}", "1 or 2", "Convert it with the PEtab library")
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the library's own use of pandas: nothing a user can mend
            return reader(place, head)
    except ExoresistError:
        raise
    except OSError as error:
        raise InputError(
            f"'{place}' names a file that cannot be read: {error.filename or error}", "files beside it", "Check the names in it"
        ) from error
    except Exception as error:  # the library reports damage by errors of many kinds
        raise InputError(
            f"'{place}' cannot be read as a PEtab problem: {one_line(error)}", "a problem that `petablint` accepts", "Mend it"
        ) from error


def require_libraries() -> None:
    """InputError with the line to type where a library of the extra is missing."""
    import importlib.util

    missing = [name for name in ("petab", "libsbml", "roadrunner") if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"PEtab problems need {' and '.join(missing)}, not installed here", "", f"Type: {INSTALL}")


def _head(place: Path) -> dict[str, Any]:
    """The YAML file as plain data."""
    from ruamel.yaml import YAML, YAMLError

    try:
        content = YAML(typ="safe", pure=True).load(place.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise InputError(f"'{place}' cannot be read as YAML: {one_line(error)}", "the YAML file of a PEtab problem") from error
    if not isinstance(content, dict) or "format_version" not in content:
        raise InputError(f"'{place}' says no format_version", "the YAML file of a PEtab problem", "Check that it is one")
    for file in _texts(content):
        if "://" in file:
            raise InputError(
                f"'{place}' names '{file}', which is not a file here", "files beside it", "Download it and name the file"
            )
    return content


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    if isinstance(content, dict):
        return [text for key, part in content.items() if key not in ("extensions", "description") for text in _texts(part)]
    return [text for part in content for text in _texts(part)] if isinstance(content, list) else []


def one_line(error: object) -> str:
    """A message of a library without line breaks, cut after 300 signs."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."
