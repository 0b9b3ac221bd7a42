"""Results kept line by line, so that a run that was stopped goes on where it stopped and gives the same numbers."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from exoresist.core.errors import InputError

Plain = dict[str, Any]
ROOMS = ("laws", "numerics", "network", "assembly", "compartments", "tissue", "studies")


@dataclass(frozen=True)
class Kept:
    """A file of finished results, one JSON object a line: `id`, `made_with`, and the result itself.

    path       the file; made with its folder when the first result comes
    made_with  what decides a result beside its id (`identity`); lines that were made with anything else are passed over
    """

    path: Path
    made_with: str

    def read(self) -> dict[str, Plain]:
        """id -> result of every whole line that was made with the same; a line at which a run was stopped is passed over."""
        found: dict[str, Plain] = {}
        if not self.path.exists():
            return found
        if not self.path.is_file():
            raise InputError(f"'{self.path}' is no file", "a file of kept results, or nothing", "Choose another folder")
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                data = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(data, dict) and data.get("made_with") == self.made_with and isinstance(data.get("id"), str):
                found[data["id"]] = {key: value for key, value in data.items() if key not in ("id", "made_with")}
        return found

    def keep(self, identifier: str, result: Plain) -> None:
        """Add a result: one write of one line, on the disk before this returns. Raises ValueError for numbers that are not finite."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"id": identifier, "made_with": self.made_with, **result}, allow_nan=False)
        whole = not self.path.exists() or self.path.stat().st_size == 0 or _last_byte(self.path) == b"\n"
        with open(self.path, "ab") as file:
            # An earlier run may have been stopped in the middle of a line.
            file.write((("" if whole else "\n") + line + "\n").encode())
            file.flush()
            os.fsync(file.fileno())


def _last_byte(path: Path) -> bytes:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


def identity(*words: object) -> str:
    """A short name for everything that decides a result: the code that wires, compiles and runs, and the words given."""
    text = "\x1f".join(str(word) for word in words)
    return f"{hashlib.sha256(text.encode()).hexdigest()[:16]}-{code_hash()}"


@lru_cache(maxsize=1)
def code_hash() -> str:
    """The text of every module that wires, compiles or runs a model."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((package / room).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
