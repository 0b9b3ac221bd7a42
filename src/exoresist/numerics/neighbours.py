"""Which points are near which: a Verlet list over a grid of bins.

A row of the list holds the neighbours of one point, both ways (each pair stands twice), so that whoever sums over a row writes to
that row only: the result has the same bits on any number of threads. The list reaches `skin` further than it must and stays valid until
some point has moved half of that.

source  Verlet 1967, Phys Rev 159:98, 10.1103/PhysRev.159.98 (the list)
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg"
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from exoresist.numerics.slabs import Slabs

Array = NDArray[np.float64]
Ints = NDArray[np.int32]
ROOM = 32  # neighbours per point that the first list makes room for


@dataclass
class Bins:
    """Points sorted into a grid of cubes: those of bin k are `member[start[k]:start[k + 1]]`."""

    low: Array
    size: float
    shape: tuple[int, int, int]
    start: NDArray[np.int64]
    member: Ints
    bin_of: Ints


@njit(nogil=True, error_model="numpy", cache=True)
def _sort_into_bins(x, y, z, low, inverse, nx, ny, nz, start, bin_of, member):
    n = x.shape[0]
    for i in range(n):
        a = min(max(int((x[i] - low[0]) * inverse), 0), nx - 1)
        b = min(max(int((y[i] - low[1]) * inverse), 0), ny - 1)
        c = min(max(int((z[i] - low[2]) * inverse), 0), nz - 1)
        k = (c * ny + b) * nx + a
        bin_of[i] = k
        start[k + 1] += 1
    for k in range(start.shape[0] - 1):
        start[k + 1] += start[k]
    place = start.copy()
    for i in range(n):
        k = bin_of[i]
        member[place[k]] = i
        place[k] += 1


def bins(x: Array, y: Array, z: Array, size: float) -> Bins:
    """Sort points into cubes of edge `size` (um) over their own bounding box; order within a bin is by index."""
    low = np.array([x.min(), y.min(), z.min()])
    high = np.array([x.max(), y.max(), z.max()])
    nx, ny, nz = (int(extent / size) + 1 for extent in high - low)
    start = np.zeros(nx * ny * nz + 1, dtype=np.int64)
    bin_of, member = np.empty(len(x), dtype=np.int32), np.empty(len(x), dtype=np.int32)
    _sort_into_bins(x, y, z, low, 1.0 / size, nx, ny, nz, start, bin_of, member)
    return Bins(low, size, (nx, ny, nz), start, member, bin_of)


@njit(nogil=True, error_model="numpy", cache=True)
def _search(
    first, last, offset, room, x, y, z, r, ratio, skin, nx, ny, nz, start, member, mx, my, mz, mr, bin_of, begin, end, out
):
    """Rows first..last into out[offset:offset + room]; gives the places used, or -1 when there is no room."""
    at = offset
    limit = offset + room
    wide = np.float32(ratio)
    margin = np.float32(skin)
    for i in range(first, last):
        k = bin_of[i]
        a, b, c = k % nx, (k // nx) % ny, k // (nx * ny)
        # Single precision picks candidates only: an error of 1e-4 um is lost in the skin.
        xi, yi, zi, ri = np.float32(x[i]), np.float32(y[i]), np.float32(z[i]), np.float32(r[i])
        begin[i] = at
        for cc in range(max(c - 1, 0), min(c + 2, nz)):
            for bb in range(max(b - 1, 0), min(b + 2, ny)):
                row = (cc * ny + bb) * nx
                s, e = start[row + max(a - 1, 0)], start[row + min(a + 1, nx - 1) + 1]
                if at + (e - s) >= limit:
                    return -1
                for q in range(s, e):
                    dx, dy, dz = mx[q] - xi, my[q] - yi, mz[q] - zi
                    reach = wide * (mr[q] + ri) + margin
                    # Written always, kept by counting on: a branch here would cost more than the search.
                    out[at] = member[q]
                    at += 1 if (dx * dx + dy * dy + dz * dz < reach * reach and member[q] != i) else 0
        end[i] = at
    return at - offset


@dataclass
class Neighbours:
    """Rows of neighbours: those of point i are `index[begin[i]:end[i]]`."""

    begin: Ints
    end: Ints
    index: Ints

    @property
    def pairs(self) -> int:
        """Entries in all rows: twice the number of pairs."""
        return int((self.end - self.begin).sum())


class NeighbourSearch:
    """Builds lists and keeps their memory from one build to the next."""

    def __init__(self, slabs: Slabs) -> None:
        self.slabs = slabs
        self._room = 0
        self._index: Ints = np.empty(0, dtype=np.int32)

    def build(self, x: Array, y: Array, z: Array, radius: Array, ratio: float, skin: float) -> Neighbours:
        """All pairs closer than ratio·(radius_i + radius_j) + skin (um), each in both rows, in a fixed order."""
        n = len(x)
        grid = bins(x, y, z, 2.0 * ratio * float(radius.max()) + skin)
        sorted_points = [np.ascontiguousarray(values[grid.member], dtype=np.float32) for values in (x, y, z, radius)]
        parts = self.slabs.split(n)
        widest = max(last - first for first, last in parts)
        self._room = max(self._room, widest * ROOM + 256)
        begin, end = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
        while True:
            if len(self._index) < self._room * len(parts):
                self._index = np.empty(self._room * len(parts), dtype=np.int32)

            def fill(slab: int, first: int, last: int) -> int:
                used: int = _search(
                    first, last, slab * self._room, self._room, x, y, z, radius, ratio, skin, grid.shape[0], grid.shape[1], grid.shape[2],
                    grid.start, grid.member, *sorted_points, grid.bin_of, begin, end, self._index,
                )  # fmt: skip
                return used

            if min(self.slabs.run(fill, n)) >= 0:
                return Neighbours(begin, end, self._index)
            self._room = int(self._room * 1.6)
