"""Draws of a posterior on disk: one column per parameter, `name@subject`, one row per draw."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike


def write_draws(draws: Mapping[str, ArrayLike], path: Path) -> None:
    """Write a Parquet file; a row is one draw, so that parameters keep their dependence."""
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({name: np.asarray(values, dtype=float) for name, values in draws.items()}), path)
