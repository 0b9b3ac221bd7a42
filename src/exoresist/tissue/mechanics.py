"""Spheres that push, stick and creep: overdamped motion without inertia.

Cell i moves with

    v_i = m_i [ Σ_j ( p (1 − d/R)₊² − √(a_i a_j) (1 − d/(c R))₊² ) (x_i − x_j)/d + u_i ]

d distance, R sum of the two radii, p repulsion and a adhesion (um/h), c how far adhesion reaches in sums of radii, u_i the cell's own
crawling (um/h), m_i its mobility (1, less in dense matrix). The pressure of a cell is Σ_j (1 − d/R)₊² over its neighbours. Positions
advance by the second-order Adams–Bashforth rule x += dt (3/2 v − 1/2 v_before).

source  form and numbers' scale after Ghaffarizadeh 2018, PLoS Comput Biol 14:e1005991, 10.1371/journal.pcbi.1005991
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, call-arg"
from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

from exoresist.core.errors import InputError
from exoresist.numerics.neighbours import Neighbours, NeighbourSearch
from exoresist.numerics.slabs import Slabs

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Contact:
    """How cells touch.

    repulsion  p, um/h
    reach      c: adhesion ends at c times the sum of radii
    skin       how much further the neighbour list looks, um
    step       h
    """

    repulsion: float
    reach: float
    skin: float
    step: float

    def __post_init__(self) -> None:
        for name in ("repulsion", "reach", "skin", "step"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0.0):
                raise InputError(f"mechanics.{name} is {value}", "a finite number above 0", "Check the number and its unit")
        # Two cells that touch approach their rest distance at 2 p / R per hour at most; beyond this step they would jump past it.
        if self.repulsion * self.step > 10.0:
            raise InputError(
                f"a mechanics step of {self.step * 60.0:g} min moves cells by up to {self.repulsion * self.step:.3g} um",
                "at most 10 um of repulsion times step",
                f"Take a step of {10.0 / self.repulsion * 60.0:.3g} min or less",
            )


# Sums over a row may be reordered into vector lanes: their order is fixed by the build, not by the threads.
@njit(nogil=True, error_model="numpy", cache=True, fastmath={"reassoc", "nsz", "contract", "arcp"})
def _move(
    first, last, x, y, z, r, stick, mobility, ux, uy, uz, begin, end, index, repulsion, shorter, dt, low, high,
    vx, vy, vz, pressure, hx, hy, hz, xo, yo, zo,
):  # fmt: skip
    """Advance rows first..last from (x, y, z) to (xo, yo, zo); gives the largest squared distance from (hx, hy, hz)."""
    farthest = 0.0
    for i in range(first, last):
        xi, yi, zi, ri, si = x[i], y[i], z[i], r[i], stick[i]
        fx = fy = fz = p = 0.0
        for q in range(begin[i], end[i]):
            j = index[q]
            dx, dy, dz = x[j] - xi, y[j] - yi, z[j] - zi
            both = ri + r[j]
            d2 = dx * dx + dy * dy + dz * dz + 1e-12  # two cells on one point push each other nowhere
            inverse = 1.0 / (sqrt(d2) * both)
            part = d2 * inverse  # d/R
            push = max(1.0 - part, 0.0)
            pull = max(1.0 - shorter * part, 0.0)
            p += push * push
            force = (si * stick[j] * pull * pull - repulsion * push * push) * both * inverse
            fx += force * dx
            fy += force * dy
            fz += force * dz
        pressure[i] = p
        m = mobility[i]
        fx, fy, fz = m * (fx + ux[i]), m * (fy + uy[i]), m * (fz + uz[i])
        a = min(max(xi + dt * (1.5 * fx - 0.5 * vx[i]), low[0]), high[0])
        b = min(max(yi + dt * (1.5 * fy - 0.5 * vy[i]), low[1]), high[1])
        c = min(max(zi + dt * (1.5 * fz - 0.5 * vz[i]), low[2]), high[2])
        vx[i], vy[i], vz[i] = fx, fy, fz
        xo[i], yo[i], zo[i] = a, b, c
        away = (a - hx[i]) ** 2 + (b - hy[i]) ** 2 + (c - hz[i]) ** 2
        farthest = max(farthest, away)
    return farthest


class Mechanics:
    """Moves cells; holds the neighbour list between steps.

    low, high  (3,) corners of the domain, um: no cell's centre leaves it
    """

    def __init__(self, contact: Contact, low: Array, high: Array, slabs: Slabs) -> None:
        self.contact, self.low, self.high, self.slabs = contact, low, high, slabs
        self.search = NeighbourSearch(slabs)
        self.rebuilds = 0
        self._rows: Neighbours | None = None
        self._home = self._spare = np.empty((3, 0))
        self._farthest = 0.0

    def forget(self) -> None:
        """Cells were added, removed, resized or put in another order: the list no longer holds."""
        self._rows = None

    def neighbours(self, position: Array, radius: Array) -> Neighbours:
        """The list as it stands, built anew if cells have moved too far; rows reach at least `reach` times the sum of radii."""
        if self._rows is None or self._farthest > (0.5 * self.contact.skin) ** 2:
            self._rows = self.search.build(*position, radius, self.contact.reach, self.contact.skin)
            self._home = position.copy()
            self._farthest = 0.0
            self.rebuilds += 1
        return self._rows

    def step(
        self, position: Array, velocity: Array, crawl: Array, radius: Array, stick: Array, mobility: Array, pressure: Array
    ) -> Array:
        """One step of all cells.

        position  (3, N) um, taken over: the memory is used again in the step after
        velocity  (3, N) um/h of the step before, changed in place; `crawl` (3, N) own motion, um/h
        stick     (N,) square root of the cell's adhesion, (um/h)^1/2; `mobility` (N,); `pressure` (N,) is overwritten

        Returns the new positions (3, N).
        """
        rows = self.neighbours(position, radius)
        out = self._spare if self._spare.shape == position.shape else np.empty_like(position)
        contact = self.contact

        def work(_: int, first: int, last: int) -> float:
            found: float = _move(
                first, last, *position, radius, stick, mobility, *crawl, rows.begin, rows.end, rows.index, contact.repulsion,
                1.0 / contact.reach, contact.step, self.low, self.high, *velocity, pressure, *self._home, *out,
            )  # fmt: skip
            return found

        self._farthest = max(self.slabs.run(work, len(radius)))
        self._spare = position
        return out
