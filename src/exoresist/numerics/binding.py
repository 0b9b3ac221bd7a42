"""Reversible binding of free molecules to sites of several kinds in one volume: the exact step, for many volumes at once.

Of all molecules A and sites T the bound ones, B, follow a Riccati equation with constant coefficients, whatever kinds of sites there are:

    dB/dt = k (A - B)(T - B) - off B = k (B - r1)(B - r2),    k = on / volume

With r1 <= min(A, T) the equilibrium, r2 >= max(A, T) the other root, d = r2 - r1, e = exp(-k d t) and m = (1 - e)/d (k t where d = 0),

    B(t) = r1 + (B0 - r1) e / (1 - (B0 - r1) m)

Each kind of site sees the same free molecules, so that its own bound ones are B_j(t) = B_j0 E + T_j F with

    E = exp(-integral of (k (A - B) + off)) = exp(-(k (A - r1) + off) t) / (1 - (B0 - r1) m),    F = (B - B0 E) / T

Nothing is approximated: steps may be as long as sites stay what they are. All amounts stay at 0 or above, and free and bound ones add up to
what they were, to rounding.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

OPTIONS: Any = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**OPTIONS)
def _left_over(mine, others, affinity, apart):
    """What one partner has free at equilibrium, pmol: the positive root of x^2 + (others + affinity - mine) x - affinity mine."""
    gap = mine - others - affinity
    if gap > 0.0:
        return 0.5 * (gap + apart)
    below = apart - gap
    return 2.0 * affinity * mine / below if below > 0.0 else 0.0


@njit(**OPTIONS)
def bind(free, bound, sites, on, off, volume, span):
    """Advance by `span`, h, in place.

    free    (volumes,) pmol of free molecules
    bound   (kinds, volumes) pmol of them on each kind of site; `sites`: (kinds, volumes) pmol of sites, occupied or not
    on, off 1/(nM h) and 1/h; `volume`: mL of each volume
    """
    kinds, volumes = bound.shape
    k = on / volume
    for v in range(volumes):
        taken = there = 0.0
        for j in range(kinds):
            taken += bound[j, v]
            there += sites[j, v]
        there = max(there, 0.0)
        whole = free[v] + taken
        if whole <= 0.0 or (there <= 0.0 and taken <= 0.0) or (off <= 0.0 and free[v] <= 0.0):
            continue
        # Nothing binds; or diffusion has left a little less than nothing to bind.
        if k <= 0.0 or free[v] < 0.0 or taken < 0.0:
            let_go = -np.expm1(-off * span)
            for j in range(kinds):
                free[v] += bound[j, v] * let_go
                bound[j, v] -= bound[j, v] * let_go
            continue
        affinity = off / k
        apart = np.sqrt((whole - there) ** 2 + affinity * (affinity + 2.0 * (whole + there)))
        upper = 0.5 * (whole + there + affinity + apart)
        lower = whole * there / upper
        away = taken - lower
        near = np.exp(-k * apart * span)
        reach = -np.expm1(-k * apart * span) / apart if apart > 0.0 else k * span
        left = 1.0 - away * reach
        if left < 0.5:  # the same with upper - taken, written without differences of what is nearly equal
            left = (free[v] + affinity + _left_over(there, whole, affinity, apart) + away * near) / apart
        # Bounds of the solution itself, which rounding might cross.
        now = min(max(lower + away * near / left, min(taken, lower)), max(taken, lower), whole)
        kept = np.exp(-(k * _left_over(whole, there, affinity, apart) + off) * span) / left
        fresh = 0.0
        if there > 0.0 and now > taken * kept:
            fresh = (now - taken * kept) / there
        elif taken > 0.0:
            kept = now / taken
        for j in range(kinds):
            bound[j, v] = bound[j, v] * kept + sites[j, v] * fresh
        free[v] = whole - now
