"""The state on disk: written whole or not at all, checked when read, the last good one kept.

A checkpoint holds arrays only (no program objects). It is taken between life steps, where nothing else is remembered: a tissue that goes on
from it has the same bits as one that was never stopped.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.tissue.cells import Cells
from exoresist.tissue.run import state_hash
from exoresist.tissue.state import Tissue

NAME, BEFORE = "checkpoint.npz", "checkpoint.before.npz"
PART = "checkpoint.part"  # half-written; one left by a process that was killed is written over
FORMAT = 2


def save(tissue: Tissue, folder: Path, what: str, note: str = "") -> Path:
    """Write the state of a tissue; `what` names the model that it belongs to (a hash of its resolved scenario), `note` is kept with it.

    The new file takes its place in one step; what was there stays as the one before. Raises InputError when it cannot be written, with the
    old checkpoint untouched.
    """
    arrays = _arrays(tissue)
    arrays["meta"] = np.array([str(FORMAT), what, state_hash(tissue), note])
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    data = buffer.getvalue()
    digest = hashlib.blake2b(data, digest_size=16).hexdigest().encode()
    target = folder / NAME
    temporary = folder / PART
    try:
        with open(temporary, "wb") as file:
            file.write(data + digest)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.replace(target, folder / BEFORE)
        os.replace(temporary, target)
        _settle(folder)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise InputError(
            f"cannot write the checkpoint '{target}': {error.strerror or error}", f"{len(data) / 2**20:.0f} MB of free space there",
            "The checkpoint before is as it was. Free space, then run with --resume",
        ) from None  # fmt: skip
    return target


def _settle(folder: Path) -> None:
    """Have the folder's own entries on disk, so that a power cut does not bring the old names back."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError:  # some file systems know no such thing for folders; the file itself is safe
        pass
    finally:
        os.close(opened)


def load(tissue: Tissue, folder: Path, what: str) -> tuple[str, list[str]]:
    """Bring a tissue built from the same scenario to the last state saved in a folder; gives its note, and warnings.

    A checkpoint that is damaged is told, and the one before is taken. Raises InputError when there is none that can be used.
    """
    warnings = []
    for name in (NAME, BEFORE):
        path = folder / name
        if not path.exists():
            continue
        try:
            arrays = _read(path)
        except InputError as error:
            warnings.append(str(error))
            continue
        _check(arrays, path, what)
        _restore(tissue, arrays)
        if state_hash(tissue) != str(arrays["meta"][2]):
            raise InputError(f"the state in '{path}' is not the one that was saved", "a checkpoint of this version of exoresist")
        return str(arrays["meta"][3]), warnings
    if warnings:
        raise InputError(" ".join(warnings), "a checkpoint that can be read", "Run again without --resume")
    raise InputError(f"there is no checkpoint in '{folder}'", "the folder of an earlier tissue run", "Check the path")


def _read(path: Path) -> dict[str, NDArray[np.generic]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"the checkpoint '{path}' cannot be read: {error.strerror or error}", "a file that may be read"
        ) from None
    body, digest = data[:-32], data[-32:]
    if hashlib.blake2b(body, digest_size=16).hexdigest().encode() != digest:
        raise InputError(
            f"the checkpoint '{path}' is damaged", "a file as it was written", "The one before is used if there is one"
        )
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"the checkpoint '{path}' cannot be read: {error}", "a checkpoint of exoresist") from None


def _check(arrays: dict[str, NDArray[np.generic]], path: Path, what: str) -> None:
    meta = arrays.get("meta")
    if meta is None or str(meta[0]) != str(FORMAT):
        raise InputError(f"the checkpoint '{path}' has another format", f"format {FORMAT}", "Run again without --resume")
    if str(meta[1]) != what:
        raise InputError(
            f"the checkpoint '{path}' belongs to another scenario", "the scenario that was run in this folder",
            "Resume with the same scenario, or write to another folder",
        )  # fmt: skip


def _arrays(tissue: Tissue) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {f"cells.{name}": getattr(tissue.cells, name) for name in Cells.columns()}
    arrays["clock"] = np.array([tissue.interval, tissue.removed, tissue.born, tissue.founders])
    for index, contents in tissue.contents.items():
        count = contents.count
        arrays[f"contents{index}.amounts"] = contents.amounts[:, :count]
        arrays[f"contents{index}.varying"] = contents.varying[:, :count]
        arrays[f"contents{index}.owner"] = contents.owner[:count]
        for name in ("steps", "dead", "dead_owner", "gone"):
            arrays[f"contents{index}.{name}"] = getattr(contents, name)
    arrays["medium.amounts"], arrays["medium.entered"] = tissue.medium.amounts, tissue.medium.entered
    arrays["medium.supplied"] = tissue.medium.supplied
    arrays["medium.vanished.names"] = np.array(list(tissue.medium.vanished), dtype=str)
    arrays["medium.vanished"] = np.array(list(tissue.medium.vanished.values()), dtype=np.float64)
    for index, one in enumerate(tissue.steady.fields):
        arrays[f"steady{index}"] = one.values
    for name, part in tissue.keeping().items():
        arrays |= {f"{name}.{own}": values for own, values in part.arrays().items()}
    return arrays


def _restore(tissue: Tissue, arrays: dict[str, NDArray[np.generic]]) -> None:
    tissue.cells = Cells(**{name: np.ascontiguousarray(arrays[f"cells.{name}"]) for name in Cells.columns()})
    tissue.interval, tissue.removed, tissue.born, tissue.founders = (int(value) for value in arrays["clock"])
    for index, contents in tissue.contents.items():
        amounts = arrays[f"contents{index}.amounts"]
        count = amounts.shape[1]
        contents.reset(count, len(arrays[f"contents{index}.steps"]))
        contents.amounts[:, :count] = amounts
        contents.varying[:, :count] = arrays[f"contents{index}.varying"]
        contents.owner[:count] = arrays[f"contents{index}.owner"]
        for name in ("steps", "dead", "dead_owner", "gone"):
            setattr(contents, name, arrays[f"contents{index}.{name}"].copy())
    tissue.medium.amounts[...] = arrays["medium.amounts"]
    tissue.medium.entered[...] = arrays["medium.entered"]
    tissue.medium.supplied[...] = arrays.get("medium.supplied", np.zeros(1))
    names, booked = arrays["medium.vanished.names"], arrays["medium.vanished"]
    tissue.medium.vanished = {str(name): float(amount) for name, amount in zip(names, booked, strict=True)}
    for index, one in enumerate(tissue.steady.fields):
        one.values[...] = arrays[f"steady{index}"]
    for name, part in tissue.keeping().items():
        part.restore({key.removeprefix(f"{name}."): values for key, values in arrays.items() if key.startswith(f"{name}.")})
    if tissue.mechanics is not None:
        tissue.mechanics.forget()
