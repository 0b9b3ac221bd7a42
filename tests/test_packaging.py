"""The files around the package agree with each other and with the package."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import exoresist

ROOT = Path(__file__).resolve().parent.parent


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def marked_command(mark: str) -> str:
    """The single line of the code block under `<!-- mark -->` in the README."""
    found = re.findall(rf"<!-- {mark} -->\n```sh\n(.+)\n```", readme())
    assert len(found) == 1, f"README.md needs one block of one line under '<!-- {mark} -->'"
    return found[0]


def distribution(requirement: str) -> str:
    """Name of a requirement or pin, spelled so that spellings compare equal."""
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[; ]", requirement)[0]).lower()


def pins() -> list[str]:
    return (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def test_ci_runs_the_test_command_of_the_readme():
    shown = subprocess.run(["bash", str(ROOT / ".ci" / "run"), "--show-test-command"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == marked_command("test command")


def test_commands_of_the_readme_start_from_nothing_and_use_the_pins():
    for mark in ("run command", "test command"):
        command = marked_command(mark)
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -c constraints.txt ")
    assert "python -m pytest" in marked_command("test command")
    assert "exoresist demo --out" in marked_command("run command")


def test_ci_script_can_be_executed():
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


def test_constraints_hold_pins_and_nothing_else():
    wrong = [line for line in pins() if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.+!]+", line)]
    assert not wrong
    names = [distribution(line) for line in pins()]
    assert len(names) == len(set(names))
    assert "exoresist" not in names


def test_every_dependency_is_pinned():
    about = project()["project"]
    wanted = list(about["dependencies"])
    for extra in about["optional-dependencies"].values():
        wanted += [item for item in extra if distribution(item) != "exoresist"]  # an extra may ask for others
    assert {distribution(item) for item in wanted} <= {distribution(line) for line in pins()}


def test_doctor_examines_every_dependency():
    from exoresist.app.doctor import DEPENDENCIES

    assert {distribution(name) for name in DEPENDENCIES} == {distribution(item) for item in project()["project"]["dependencies"]}


def test_version_is_the_same_everywhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {exoresist.__version__}\n" in citation
    assert project()["tool"]["hatch"]["version"]["path"] == "src/exoresist/__init__.py"


def test_readme_names_every_command():
    import typer

    from exoresist.app.main import app

    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        for inner in getattr(command, "commands", {None: None}):
            full = f"exoresist {name}" + (f" {inner}" if inner else "")
            assert f"`{full}" in readme(), f"README.md does not mention `{full}`"


def test_links_of_the_readme_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", readme()):
        assert "://" in target or (ROOT / target).exists(), target


def test_api_example_uses_public_names_only():
    found = re.search(r"<!-- api example -->\n```python\n(.*?)```\n<!-- end of api example -->", readme(), re.DOTALL)
    assert found, "README.md needs a Python block between '<!-- api example -->' and '<!-- end of api example -->'"
    tree = ast.parse(found.group(1))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "exoresist":
            assert node.attr in exoresist.__all__, f"exoresist.{node.attr} is not public"
        if isinstance(node, ast.ImportFrom) and node.module == "exoresist":
            assert {alias.name for alias in node.names} <= set(exoresist.__all__)


def test_tables_templates_and_styles_are_package_data():
    from importlib.resources import files

    package = files("exoresist")
    for folder, ending in (("catalog", ".tsv"), ("assembly", ".yaml"), ("report", ".j2"), ("report", ".css")):
        inside = Path(str(package / folder))
        assert any(inside.rglob(f"*{ending}")), f"{folder} holds no {ending} file"


def test_importing_the_package_loads_nothing_else():
    code = (
        "import sys; before = set(sys.modules); import exoresist; dir(exoresist); "
        "print(sorted(name.split('.')[0] for name in set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(ast.literal_eval(done.stdout)) <= {"exoresist", *sys.stdlib_module_names}


@pytest.mark.parametrize("name", exoresist.__all__)
def test_public_name_resolves(name: str):
    assert getattr(exoresist, name) is not None


def test_public_names_and_their_places_agree():
    assert set(exoresist.__all__) == {*exoresist._PUBLIC, "__version__"}
    assert set(exoresist.__all__) <= set(dir(exoresist))


def test_unknown_name_says_what_there_is():
    with pytest.raises(AttributeError, match="Catalog"):
        exoresist.catalogue  # noqa: B018
