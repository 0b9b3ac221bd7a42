"""The command line as a user meets it: in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("numba", "pandas", "plotly", "scipy", "sympy", "pint", "libsbml", "numpy")
COMMANDS = (
    "demo", "run", "ask", "ask fit", "catalog", "catalog search", "catalog show", "catalog check", "export",
    "reproduce", "schema", "doctor",
)  # fmt: skip


def call(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "exoresist.app.main", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
        check=False,
    )


def call_with(preparation: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line after `preparation`, which may replace a command's body through the module `doctor`."""
    code = f"import sys, exoresist.app.doctor as doctor, exoresist.app.main as main\n{preparation}\nmain.main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def one_message(text: str) -> bool:
    return text.startswith("exoresist: error: ") and text.count("\n") == 1 and "Traceback" not in text


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_of_every_command(command: str):
    done = call(*command.split(), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: exoresist {command}".rstrip())


def test_help_loads_no_heavy_library():
    code = (
        "import sys, atexit; from exoresist.app.main import main; "
        f"atexit.register(lambda: print('loaded', sorted(set(sys.modules) & {set(HEAVY)!r}), file=sys.stderr)); "
        "sys.argv = ['exoresist', '--help']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr.strip() == "loaded []"


def test_no_command_shows_the_help():
    done = call()
    assert done.returncode == 0
    assert "Commands:" in done.stdout


def test_version():
    import exoresist

    assert call("--version").stdout == f"exoresist {exoresist.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["catalog"], "exoresist catalog --help"),
        (["run"], "SCENARIO"),
        (["schema", "--bogus"], "--bogus"),
        (["export", "scenario.yaml"], "--sbml, --antimony"),
        (["export", "scenario.yaml", "--sbml", "--latex"], "--sbml, --latex"),
        (["ask", "fit", "mcf7_doxorubicin"], "--data"),
        (["run", "no_such_file.yaml"], "no_such_file.yaml"),
        (["catalog", "show", "doxorubicine"], "Did you mean 'doxorubicin'?"),
        (["catalog", "search", "pump", "--table", "drug"], "drugs"),
        (["reproduce", "greene2018"], "greene2019"),
    ],
)
def test_wrong_command_line_is_one_message_and_exit_code_2(arguments: list[str], part: str):
    done = call(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert one_message(done.stderr), done.stderr
    assert part in done.stderr


def test_folder_that_cannot_be_made_is_an_input_error(tmp_path: Path):
    (tmp_path / "file").write_text("")
    done = call("demo", "--out", str(tmp_path / "file" / "folder"))
    assert done.returncode == 2
    assert one_message(done.stderr), done.stderr


def test_unexpected_fault_asks_for_a_report_and_shows_no_traceback():
    done = call_with("def broken(as_json): raise ZeroDivisionError('by nought')\ndoctor.doctor = broken", "doctor")
    assert done.returncode == 1
    assert "ZeroDivisionError: by nought" in done.stderr
    assert "command  exoresist doctor" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("option", "setting"), [(["--debug"], "0"), ([], "1")])
def test_debug_shows_the_traceback(option: list[str], setting: str):
    preparation = "def broken(as_json): raise ZeroDivisionError\ndoctor.doctor = broken"
    done = call_with(preparation, "doctor", *option, EXORESIST_DEBUG=setting)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_interruption():
    done = call_with("def interrupted(as_json): raise KeyboardInterrupt\ndoctor.doctor = interrupted", "doctor")
    assert done.returncode == 130
    assert done.stderr == "exoresist: interrupted\n"


def test_reader_that_goes_away_is_no_fault():
    code = (
        "import exoresist.app.doctor as doctor, exoresist.app.main as main\n"
        "def long(as_json): print('x' * 10_000_000)\n"
        "doctor.doctor = long\nmain.main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "doctor"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == ""


def test_terminal_that_knows_only_ascii():
    done = call_with("doctor.doctor = lambda as_json: print('1 µL')", "doctor", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, "1 ?L\n")


def test_schema_prints_valid_json_schema():
    import jsonschema

    done = call("schema")
    assert done.returncode == 0, done.stderr
    schema = json.loads(done.stdout)
    jsonschema.validators.validator_for(schema).check_schema(schema)


def test_doctor_finds_this_installation_healthy(tmp_path: Path):
    done = call("doctor", "--json", EXORESIST_CACHE=str(tmp_path / "cache"))
    found = json.loads(done.stdout)
    assert done.returncode == 0, found
    assert found["healthy"] is True
    checks = {row["check"]: row for row in found["findings"]}
    assert {"python", "numba", "python-libsbml", "cache", "compiler", "threads", "memory", "disk"} <= set(checks)
    assert checks["cache"]["detail"] == str(tmp_path / "cache")


def test_doctor_says_what_is_broken(tmp_path: Path):
    (tmp_path / "file").write_text("")
    done = call("doctor", EXORESIST_CACHE=str(tmp_path / "file"))
    assert done.returncode == 1
    assert "EXORESIST_CACHE" in done.stdout


def test_catalog_check_reports_for_programs():
    done = call("catalog", "check", "--json")
    report = json.loads(done.stdout)
    assert report["problems"] == []
    assert done.returncode == 0
    assert report["rows"]["parameters"] > 0


def test_catalog_show_gives_numbers_and_sources():
    shown = json.loads(call("catalog", "show", "doxorubicin", "--json").stdout)
    assert "drugs" in [entry["table"] for entry in shown["entries"]]
    assert all({"value", "unit", "low", "high", "kind", "source"} <= set(row) for row in shown["parameters"])
    cited = {word.strip() for row in shown["parameters"] for word in row["source"].split(";")}
    assert cited <= {source["id"] for source in shown["sources"]}


def test_catalog_search_finds_words_in_any_case():
    hits = json.loads(call("catalog", "search", "DOXORUBICIN", "--table", "drugs", "--json").stdout)
    assert "doxorubicin" in [hit["id"] for hit in hits]
    assert {hit["table"] for hit in hits} == {"drugs"}


def test_reproduce_lists_the_published_models():
    names = {row["name"] for row in json.loads(call("reproduce", "list", "--json").stdout)}
    assert {"greene2019", "microvesicle_transfer", "evans2005"} <= names
