"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import uuid
from pathlib import Path

from exoresist.core.errors import ExoresistError


def write_atomically(path: Path, content: bytes) -> Path:
    """Write `content` to `path`: first to a temporary file beside it, then renamed over it.

    Missing folders are made. Raises ExoresistError where the system refuses.
    """
    # Not tempfile: its files are private (0600), and a report is meant to be read by others.
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(draft, "xb") as stream:
                stream.write(content)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ExoresistError(
            f"Cannot write {path}: {error.strerror or error}. Choose another folder with --out, or free the path."
        ) from error
    return path
