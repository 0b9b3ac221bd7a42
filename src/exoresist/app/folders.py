"""Folders that commands write to: checked before the work begins, and filled whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exoresist.core.errors import InputError

ALLOWED = "a folder that can be written, or a path where one can be made"
ADVICE = "Choose another with --out"


def ready(folder: Path, option: str = "--out") -> Path:
    """The folder, made if it is missing; InputError where nothing can be written to it."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{option} '{folder}' is a file", ALLOWED, f"Choose another with {option}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{option} '{folder}' cannot be written: {reason}", ALLOWED, f"Choose another with {option}") from None
    return folder


@contextmanager
def filled(folder: Path) -> Iterator[Path]:
    """A draft folder; what is written there comes to `folder` when all of it is, and is dropped when anything fails."""
    try:
        draft = Path(tempfile.mkdtemp(dir=folder, prefix=".draft-"))
    except OSError as error:
        raise InputError(f"--out '{folder}' cannot be written: {error.strerror}", ALLOWED, ADVICE) from None
    try:
        yield draft
        _check_places(draft, folder)
        for path in sorted(draft.rglob("*")):
            place = folder / path.relative_to(draft)
            if path.is_dir():
                place.mkdir(exist_ok=True)
            else:
                path.replace(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _check_places(draft: Path, folder: Path) -> None:
    """Nothing is moved unless all can be: a folder where a file should go, or the reverse, is found here."""
    for path in draft.rglob("*"):
        place = folder / path.relative_to(draft)
        if place.exists() and place.is_dir() != path.is_dir():
            came = f"'{place}' is a {'folder' if place.is_dir() else 'file'}"
            raise InputError(came, f"a {'folder' if path.is_dir() else 'file'} or nothing there", f"Move it away. {ADVICE}")
