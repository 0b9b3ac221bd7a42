"""`exoresist analyse --template DIR`: an example experiment to overwrite with one's own."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

FILES = ("meta.yaml", "plate.csv", "nta.csv")


def template(folder: Path) -> None:
    """Write the example's files into a folder; files that are there already are never overwritten."""
    from exoresist.app.folders import filled, ready
    from exoresist.core.errors import InputError

    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise InputError(
            f"'{folder}' already holds {there[0]}", "a folder without files of these names", "Choose another with --template"
        )
    ready(folder, "--template")
    source = resources.files("exoresist.app").joinpath("lab_template")
    with filled(folder, "--template") as draft:
        for name in FILES:
            (draft / name).write_bytes(source.joinpath(name).read_bytes())
    command = " ".join(
        [
            "exoresist analyse",
            *(str(folder / name) for name in ("plate.csv", "nta.csv", "meta.yaml")),
            "--out",
            str(folder / "result"),
        ]
    )
    print(f"An example experiment (simulated numbers) is in {folder}: {', '.join(FILES)}.")
    print("Open meta.yaml in any text editor, put your own files beside it, and run")
    print(f"  {command}")
