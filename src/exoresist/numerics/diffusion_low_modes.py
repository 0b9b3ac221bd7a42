"""The longest waves of a box with uneven reaction, solved together: they are what a preconditioner with the mean reaction gets wrong.

A = diag(eigenvalues) + B' R B with B the few lowest modes along each axis and R the reaction of every voxel, factored by Cholesky. All of
it is done here rather than by a linear algebra library, whose results may change in the last bits with its number of threads.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

OPTIONS: Any = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz"}}


def pairs(basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Products of two modes: (n, modes) -> (modes * modes, n)."""
    modes = basis.shape[1]
    return np.ascontiguousarray((basis[:, :, None] * basis[:, None, :]).reshape(-1, modes * modes).T)


@njit(**OPTIONS)
def project_planes(uptake, has_uptake, decay, has_decay, x_pairs, y_pairs, projected, first, last):
    """projected (nz, y pairs, x pairs) = sum over x and y of the reaction times the products of modes, for planes first..last-1.

    Of two products that are the same only the one with the first mode not above the second is made.
    """
    nx, ny = x_pairs.shape[1], y_pairs.shape[1]
    mx, my = round(np.sqrt(x_pairs.shape[0])), round(np.sqrt(y_pairs.shape[0]))
    row = np.empty(nx)
    along = np.empty((x_pairs.shape[0], ny))
    for z in range(first, last):
        for j in range(ny):
            for i in range(nx):
                row[i] = decay[0, 0, 0]
            if has_decay:
                for i in range(nx):
                    row[i] = decay[z, j, i]
            if has_uptake:
                for i in range(nx):
                    row[i] += uptake[z, j, i]
            for k in range(mx):
                for other in range(k, mx):
                    total = 0.0
                    wave = x_pairs[k * mx + other]
                    for i in range(nx):
                        total += row[i] * wave[i]
                    along[k * mx + other, j] = total
        for k in range(my):
            for other in range(k, my):
                wave = y_pairs[k * my + other]
                for a in range(mx):
                    for b in range(a, mx):
                        total = 0.0
                        line = along[a * mx + b]
                        for j in range(ny):
                            total += line[j] * wave[j]
                        projected[z, k * my + other, a * mx + b] = total


@njit(**OPTIONS)
def factor(projected, z_pairs, mx, my, along_x, along_y, along_z, shift):
    """Lower Cholesky factor, (modes, modes), of diag(eigenvalues + shift) + B' R B; shift is what leaks besides."""
    nz = projected.shape[0]
    mz = round(np.sqrt(z_pairs.shape[0]))
    whole = np.zeros((mz * mz, my * my, mx * mx))
    for k in range(mz):
        for other in range(k, mz):
            into = whole[k * mz + other]
            for z in range(nz):
                weight = z_pairs[k * mz + other, z]
                for b in range(my * my):
                    for a in range(mx * mx):
                        into[b, a] += weight * projected[z, b, a]
    n = mz * my * mx
    matrix = np.zeros((n, n))
    for r in range(n):
        rz, ry, rx = r // (my * mx), r // mx % my, r % mx
        for s in range(r + 1):
            sz, sy, sx = s // (my * mx), s // mx % my, s % mx
            pz = min(rz, sz) * mz + max(rz, sz)
            py = min(ry, sy) * my + max(ry, sy)
            matrix[r, s] = whole[pz, py, min(rx, sx) * mx + max(rx, sx)]
        matrix[r, r] += along_x[rx] + along_y[ry] + along_z[rz] + shift
    for r in range(n):
        row = matrix[r]
        for s in range(r + 1):
            other = matrix[s]
            total = row[s]
            for t in range(s):
                total -= row[t] * other[t]
            row[s] = np.sqrt(total) if s == r else total / other[s]
    return matrix


@njit(**OPTIONS)
def solve(factored, values):
    """values overwritten with A^-1 values."""
    n = values.size
    for r in range(n):
        total = values[r]
        row = factored[r]
        for s in range(r):
            total -= row[s] * values[s]
        values[r] = total / row[r]
    for r in range(n - 1, -1, -1):
        values[r] /= factored[r, r]
        row = factored[r]
        for s in range(r):
            values[s] -= row[s] * values[r]
