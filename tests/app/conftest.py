"""The command line in this process, and a small scenario to break."""

from __future__ import annotations

import contextlib
import copy
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SMALL: dict[str, Any] = {
    "schema": "exoresist/1",
    "name": "small",
    "arena": {"kind": "well", "volume": "0.1 mL", "capacity": "60000 cell"},
    "populations": [
        {"id": "recipient", "cell_line": "mcf7_sensitive", "count": "1500 cell"},
        {"id": "donor", "cell_line": "mcf7_resistant", "count": "6000 cell"},
    ],
    "drugs": [{"id": "doxorubicin", "dose": "100 nM"}],
    "cargo": ["ABCB1"],
    "duration": "24 h",
    "every": "12 h",
    "assay": {
        "kind": "dose_response",
        "population": "recipient",
        "drug": "doxorubicin",
        "doses": ["10 nM", "1000 nM"],
        "replicates": 1,
    },
    "uncertainty": {"draws": 0},
}


@dataclass(frozen=True)
class Done:
    """What a command left behind: exit code, both outputs, and the files in its folder."""

    code: int
    out: str
    err: str
    files: tuple[str, ...] = ()

    @property
    def is_refusal(self) -> bool:
        """Exit code 2 and nothing but one message on stderr."""
        return (
            self.code == 2
            and self.out == ""
            and self.err.startswith("exoresist: error: ")
            and self.err.count("exoresist: ") == 1
            and self.err.endswith("\n")
            and "Traceback" not in self.err
            and "Warning" not in self.err
        )


def command(*arguments: object) -> Done:
    """Run one command line in this process."""
    from exoresist.app.main import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    assert isinstance(stop.value.code, int)
    return Done(stop.value.code, out.getvalue(), err.getvalue())


def strict(text: str) -> Any:
    """JSON as programs read it: no NaN, no infinity."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def small() -> dict[str, Any]:
    """A scenario that answers in half a second."""
    return copy.deepcopy(SMALL)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Done]:
    """Run a scenario, given as data or as text, into a fresh folder."""

    def call(scenario: dict[str, Any] | str, *options: str) -> Done:
        file = tmp_path / "scenario.yaml"
        file.write_text(scenario if isinstance(scenario, str) else json.dumps(scenario), encoding="utf-8")
        folder = tmp_path / "results"
        done = command("run", file, "--out", folder, *options)
        found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []
        return Done(done.code, done.out, done.err, tuple(found))

    return call


@pytest.fixture(name="command")
def command_fixture() -> Callable[..., Done]:
    """Run one command line in this process."""
    return command


@pytest.fixture
def strict_json() -> Callable[[str], Any]:
    """Read JSON as programs do: no NaN, no infinity."""
    return strict
