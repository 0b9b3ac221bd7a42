"""Cells and fields of a tissue on disk while it runs: a table of cells for each saved time (AnnData), all fields in one store (Zarr 3)."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from exoresist.core.errors import InputError

if TYPE_CHECKING:
    from exoresist.studies.tissue_arm import ArmCourse


class TissueFiles:
    """Writes what it is shown.

    folder     receives ARM/cells_HHHH.h5ad and ARM/fields.zarr
    most       pictures kept for each arm; times between are left out
    duration, every  of the scenario, h
    """

    def __init__(self, folder: Path, duration: float, every: float, most: int = 5) -> None:
        self.folder = folder
        self._written: list[Path] = []
        self._folders: list[Path] = []  # that were not there before
        count = max(1, round(duration / every))
        picked = np.unique(np.linspace(0, count, min(count + 1, most)).round().astype(int))
        self.times = [min(float(index) * every, duration) for index in picked]

    def bytes(self, cells: float, voxels: int, fields: int, columns: int) -> float:
        """What the files of one arm will need at most."""
        return len(self.times) * (8.0 * cells * columns + 8.0 * voxels * fields)

    def write(self, course: ArmCourse) -> None:
        """Called at every saved time; writes at the chosen ones. Raises InputError when the disk refuses."""
        number = next((k for k, time in enumerate(self.times) if abs(course.tissue.time - time) < 1e-6), None)
        if number is None:
            return
        place = self.folder / course.arm
        table, store = place / f"cells_{round(course.tissue.time):04d}h.h5ad", place / "fields.zarr"
        self._written += [path for path in (table, store) if path not in self._written]
        self._folders += [path for path in (place, *place.parents) if path not in self._folders and not path.exists()]
        try:
            place.mkdir(parents=True, exist_ok=True)
            _write_cells(course, table)
            _write_fields(course, store, self.times, number)
        except OSError as error:
            raise InputError(
                f"cannot write to '{place}': {error.strerror or error}", "free space", "Free space, then run again with --resume"
            ) from None

    def drop(self) -> None:
        """Take away what was written, and the folders made for it as far as they hold nothing else: for a run that is refused."""
        for path in self._written:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        for path in sorted(self._folders, key=lambda path: -len(path.parts)):
            with suppress(OSError):
                path.rmdir()


def _write_cells(course: ArmCourse, path: Path) -> None:
    """One row for each cell: what it is (obs), where it is (obsm), what it holds (X, amounts per cell)."""
    import anndata
    import pandas as pd

    from exoresist.tissue.cells import STATES

    tissue = course.tissue
    cells = tissue.cells
    names = sorted({name for contents in tissue.contents.values() for name in _own(contents)})
    amounts = np.full((len(cells), len(names)), np.nan, dtype=np.float32)
    for contents in tissue.contents.values():
        owner = contents.owner[: contents.count]
        for name in _own(contents):
            amounts[owner, names.index(name)] = contents.row(name)
    obs = pd.DataFrame(
        {
            "type": pd.Categorical.from_codes(cells.kind.astype(np.intp), pd.Index([one.id for one in tissue.types], dtype=object)),
            "state": pd.Categorical.from_codes(cells.state.astype(np.intp), pd.Index(list(STATES), dtype=object)),
            "biomass": cells.biomass, "radius_um": cells.radius, "age_h": cells.age, "pressure": cells.pressure, "clone": cells.clone,
            "lineage": cells.lineage,
        },
        index=pd.Index([str(number) for number in range(len(cells))], dtype=object),
    )  # fmt: skip
    table = anndata.AnnData(
        X=amounts, obs=obs, var=pd.DataFrame(index=pd.Index(names, dtype=object)), obsm={"spatial": cells.position.T.copy()}
    )
    table.uns["time_h"] = tissue.time
    draft = path.with_suffix(".part")
    table.write_h5ad(draft)
    draft.replace(path)


def _own(contents: Any) -> list[str]:
    """Pools inside the cell: no exchanges, no shared medium."""
    pools = contents.interior.network.pools
    shared = set(contents.interior.medium)
    return [name for name in pools if not pools[name].exchange and name not in shared]


def _write_fields(course: ArmCourse, path: Path, times: list[float], number: int) -> None:
    import zarr

    tissue = course.tissue
    if number == 0 and path.exists():
        shutil.rmtree(path)
    store: Any = zarr.open_group(path, mode="a", zarr_format=3)
    if "time_h" not in store:
        store.create_array("time_h", data=np.array(times))
        store.attrs.update(
            {
                "spacing_um": tissue.grid.spacing,
                "depth_um": tissue.grid.depth,
                "origin_um": list(tissue.grid.origin),
                "axes": ["time", "z", "y", "x"],
            }
        )
    fields = {one.name: (one.values, "mmHg" if one.name == "oxygen" else "nM") for one in tissue.steady.fields}
    for name, amounts in zip(tissue.medium.names, tissue.medium.amounts, strict=True):
        fields[name] = (amounts / tissue.medium.voxel_ml, "amount per mL of fluid")
    for name, (values, unit) in fields.items():
        if name not in store:
            shape = (len(times), *values.shape)
            array = store.create_array(name, shape=shape, chunks=(1, *values.shape), dtype="float32", fill_value=np.nan)
            array.attrs["unit"] = unit
        store[name][number] = values.astype(np.float32)
