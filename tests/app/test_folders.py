"""Where commands write to: a run that is refused leaves no trace, a place that cannot be written is told at once, a good run writes all."""

from __future__ import annotations

import copy
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exoresist.app.folders import filled, ready, ready_file
from exoresist.core.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
Words = tuple[object, ...]
Case = Callable[[Path, dict[str, Any]], Words]


def scenario(folder: Path, small: dict[str, Any], **changes: Any) -> Path:
    """A small scenario with changes, on disk."""
    file = folder / "scenario.yaml"
    file.write_text(json.dumps({**copy.deepcopy(small), **changes}))
    return file


def _tissue(folder: Path, small: dict[str, Any]) -> Words:
    """The first arm could run; the second names a drug that is not known."""
    changes = {
        "arena": {"kind": "tissue", "space": {"size": "120 um", "network_step": "0.5 min", "spread_step": "6 min"}},
        "populations": [{"id": "recipient", "cell_line": "mcf7_sensitive", "count": "10 cell"}],
        "duration": "1 h", "every": "0.5 h", "assay": {"kind": "tumour", "population": "recipient"},
        "arms": [{"id": "fine", "role": "reference"},
                 {"id": "wrong", "change": {"drugs": [{"id": "doxorubicine", "dose": "1 nM"}]}}],
    }  # fmt: skip
    return "run", scenario(folder, small, **changes)


def _cohort(folder: Path, small: dict[str, Any]) -> Words:
    file = folder / "scenario.yaml"
    file.write_text(
        "schema: exoresist/1\nname: mine\nextends: breast_cohort\n"
        "parameters: [{name: kil_hill, subject: cell, value: '3', reason: x}]\n"
    )
    return "ask", "cohort", file


def _fit(folder: Path, small: dict[str, Any]) -> Words:
    example = (ROOT / "examples" / "add_back_fit.yaml").read_text()
    (folder / "fit.yaml").write_text(example.replace("pump_turnover_rate, subject: cell", "pump_turnver_rate, subject: cell"))
    (folder / "add_back_readings.csv").write_bytes((ROOT / "examples" / "add_back_readings.csv").read_bytes())
    return "ask", "fit", folder / "fit.yaml"


def _lab(folder: Path, small: dict[str, Any]) -> Words:
    """An example experiment whose blanks read more than its untreated wells."""
    import re
    from importlib import resources

    lab = folder / "lab"
    lab.mkdir()
    for name in ("meta.yaml", "plate.csv", "nta.csv"):
        text = resources.files("exoresist.app").joinpath("lab_template").joinpath(name).read_text(encoding="utf-8")
        (lab / name).write_text(re.sub(r"(?m)^([A-H],.*),0\.1\d+$", r"\1,2.5", text))
    return "analyse", lab


# command -> what is typed besides the place, refused only once the place has been looked at
REFUSED: dict[str, Case] = {
    "run": lambda folder, small: ("run", scenario(folder, small, drugs=[{"id": "doxorubicin", "dose": "1 nM"}], axes=["nothing"])),
    "run of a tissue": _tissue,
    "ask attribute": lambda folder, small: ("ask", "attribute", scenario(folder, small), "--lineage", "nobody"),
    "ask fit": _fit,
    "ask cohort": _cohort,
    "ask identify": lambda folder, small: ("ask", "identify", scenario(folder, small)),  # no arms
    "ask design": lambda folder, small: ("ask", "design", scenario(folder, small)),
    "ask rank": lambda folder, small: ("ask", "rank", scenario(folder, small), "--interventions", "nothing"),
    "analyse": _lab,
}  # fmt: skip
PETAB: dict[str, Case] = {
    "export --petab": lambda folder, small: ("export", scenario(folder, small), "--estimate", "nothing"),
}
OTHER: dict[str, tuple[Case, str]] = {
    "export": (lambda folder, small: ("export", scenario(folder, small), "--table", "--arm", "nobody"), "--out"),
    "catalog export": (
        lambda folder, small: ("catalog", "export", "--format", "tsv", "--results", folder / "nowhere"), "--out",
    ),
    "catalog site": (lambda folder, small: ("catalog", "site", "--results", folder / "nowhere"), ""),
    "catalog run": (lambda folder, small: ("catalog", "run", "no_such_claim"), "--results"),
}  # fmt: skip
HAS_PETAB = all(importlib.util.find_spec(name) for name in ("petab", "libsbml", "roadrunner"))
ALL: dict[str, tuple[Case, str]] = {
    **{name: (case, "--out") for name, case in REFUSED.items()},
    **({name: (case, "--petab") for name, case in PETAB.items()} if HAS_PETAB else {}),
    **OTHER,
}


def traces(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("there", [False, True], ids=["no folder yet", "an empty folder"])
@pytest.mark.parametrize("case", ALL)
def test_a_refused_run_leaves_no_trace(case: str, there: bool, small, command, tmp_path) -> None:
    words, option = ALL[case]
    typed = words(tmp_path, small)
    place = tmp_path / "deep" / "down"
    if there:
        place.mkdir(parents=True)
        if case == "export":
            place = place / "file"
    before = traces(tmp_path)
    done = command(*typed, *([option] if option else []), place)
    assert done.is_refusal, done
    assert "deep" not in done.err  # refused for what was asked, not for the place
    assert traces(tmp_path) == before


@pytest.mark.parametrize("case", ALL)
def test_a_place_that_cannot_be_written_is_told_at_once(case: str, small, command, tmp_path, monkeypatch) -> None:
    """Before anything is loaded or run: what would be refused later is not even looked at."""
    words, option = ALL[case]
    typed = words(tmp_path, small)
    (tmp_path / "file").write_text("in the way")
    before = traces(tmp_path)
    for place in (tmp_path / "file" / "deep", tmp_path / ("n" * 300), Path("/proc/nowhere/deep")):
        done = command(*typed, *([option] if option else []), place)
        assert done.is_refusal, done
        assert str(place) in done.err, done.err
    assert traces(tmp_path) == before
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize("command_", ["rank", "cohort"])
def test_a_place_for_results_is_looked_at_too(command_: str, command, tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = command("ask", command_, "breast_cohort", "--results", tmp_path / "file", "--out", tmp_path / "out")
    assert done.is_refusal and "--results" in done.err
    assert traces(tmp_path) == {"file"}


@pytest.mark.parametrize("words", [("axes", "--tsv"), ("score", "--results")])
def test_tables_of_claims_look_at_their_place_first(words: tuple[str, str], command, tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = command("catalog", *words, tmp_path / "file" / "x")
    assert done.is_refusal and words[1] in done.err


def test_template_is_not_written_over_and_names_its_option(command, tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = command("analyse", "--template", tmp_path / "file" / "x")
    assert done.is_refusal and "--template" in done.err
    assert command("analyse", "--template", tmp_path / "a" / "b").code == 0
    assert traces(tmp_path / "a" / "b") == {"meta.yaml", "plate.csv", "nta.csv"}


def test_a_good_run_makes_its_folder_and_writes_all(small, command, tmp_path) -> None:
    place = tmp_path / "deep" / "down"
    done = command("run", scenario(tmp_path, small), "--out", place)
    assert done.code == 0, done.err
    found = traces(place)
    assert {"report.html", "summary.json", "resolved.yaml", "tables/curves.csv"} <= found
    assert not any(name.startswith(".") for name in found)


# -- the parts themselves


def test_looking_leaves_nothing(tmp_path) -> None:
    for place in (tmp_path, tmp_path / "a" / "b"):
        assert ready(place) == place
        assert ready_file(place / "c.txt") == place / "c.txt"
    assert traces(tmp_path) == set()


@pytest.mark.parametrize("name", ["file", "file/below", "link", "a\0b", "n" * 300])
def test_what_cannot_be_a_folder(name: str, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="--here"):
        ready(tmp_path / name, "--here")


def test_a_folder_is_no_file(tmp_path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        ready_file(tmp_path)


def test_what_fails_while_it_is_written_leaves_nothing(tmp_path) -> None:
    place = tmp_path / "a" / "b"

    def half() -> None:
        with filled(place) as draft:
            (draft / "one").write_text("1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert traces(tmp_path) == set()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "mine").write_text("")
    with pytest.raises(RuntimeError):
        half()
    assert traces(tmp_path) == {"a", "a/mine"}
    with filled(place) as draft:
        (draft / "one").write_text("1")
    assert traces(place) == {"one"}
