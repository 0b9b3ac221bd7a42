"""Where commands write to: tested before the work begins without leaving a trace, made when there is something to write, filled
whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from exoresist.core.errors import InputError

ALLOWED = "a folder that can be written, or a path where one can be made"
FILE_ALLOWED = "the path of a file in a folder that can be written, or where one can be made"


def ready(folder: Path, option: str = "--out") -> Path:
    """The folder, as it was: whether it is there or could be made is found out, and nothing is left behind.

    Raises InputError where nothing could be written to it.
    """
    _check(folder, folder, option, ALLOWED)
    return folder


def ready_file(path: Path, option: str = "--out") -> Path:
    """The path of a file that is to be written; as `ready`, of the folder that will hold it."""
    advice = f"Name a file in it with {option}"
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError) as error:
        raise _refused(path, option, FILE_ALLOWED, error) from None
    if is_folder:
        raise InputError(f"{option} '{path}' is a folder", "the path of a file", advice)
    _check(path.parent, path, option, FILE_ALLOWED)
    return path


@contextmanager
def filled(folder: Path, option: str = "--out") -> Iterator[Path]:
    """A draft folder; what is written there comes to `folder` when all of it is, and is dropped when anything fails.

    `folder` is made here, with those above it; where nothing comes of it, what was made is taken away again.
    """
    with _made(folder, option):
        try:
            draft = Path(tempfile.mkdtemp(dir=folder, prefix=".draft-"))
        except OSError as error:
            raise _refused(folder, option, ALLOWED, error) from None
        try:
            yield draft
            _check_places(draft, folder, option)
            for path in sorted(draft.rglob("*")):
                place = folder / path.relative_to(draft)
                if path.is_dir():
                    place.mkdir(exist_ok=True)
                else:
                    path.replace(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _check(folder: Path, named: Path, option: str, allowed: str) -> None:
    """Write to the nearest folder that is there: a file without a name, which vanishes as it is closed.

    named  what the user wrote after the option
    """
    try:
        with suppress(FileNotFoundError, NotADirectoryError):
            os.lstat(named)  # names that no file system takes are refused here
        place = folder
        while not os.path.lexists(place):
            place = place.parent
        if not place.is_dir():
            came = (
                f"{option} '{named}' is a file" if place == named else f"{option} '{named}' lies under '{place}', which is a file"
            )
            raise InputError(came, allowed, f"Choose another with {option}")
        with tempfile.TemporaryFile(dir=place):
            pass
    except (OSError, ValueError) as error:
        raise _refused(named, option, allowed, error) from None


@contextmanager
def _made(folder: Path, option: str) -> Iterator[None]:
    """A folder made for as long as something comes of it: one that is empty at the end, and was not there before, goes again."""
    missing = []
    for place in (folder, *folder.parents):
        if place.exists():
            break
        missing.append(place)
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise _refused(folder, option, ALLOWED, error) from None
        yield
    finally:
        with suppress(OSError):  # not empty: something was written
            for place in missing:
                place.rmdir()


def _refused(place: Path, option: str, allowed: str, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(f"{option} '{place}' cannot be written: {reason}", allowed, f"Choose another with {option}")


def _check_places(draft: Path, folder: Path, option: str) -> None:
    """Nothing is moved unless all can be: a folder where a file should go, or the reverse, is found here."""
    for path in draft.rglob("*"):
        place = folder / path.relative_to(draft)
        if place.exists() and place.is_dir() != path.is_dir():
            came = f"'{place}' is a {'folder' if place.is_dir() else 'file'}"
            allowed = f"a {'folder' if path.is_dir() else 'file'} or nothing there"
            raise InputError(came, allowed, f"Move it away, or choose another with {option}")
