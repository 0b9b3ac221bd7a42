"""One Douglas step with a diffusivity per voxel: the compiled sweeps, in the order and with the ledger of `diffusion_kernels`.

Here every line has its own tridiagonal, factored as it is swept.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

OPTIONS: Any = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz"}}


@njit(**OPTIONS)
def first_sweeps(
    c, uptake, has_uptake, source, has_source, decay, has_decay, taken, has_taken,
    dt, gx, gy, gz, outside, delta, sums, first, last,
):  # fmt: skip
    """As `diffusion_kernels.first_sweeps`; gx (nz, ny, nx+1), gy (nz, ny+1, nx), gz (nz+1, ny, nx): conductances of all faces."""
    nz, ny, nx = c.shape
    h = 0.5 * dt
    flat = np.zeros(nx)
    decay_row = np.full(nx, decay[0, 0, 0])
    beyond = np.empty((6, nx))
    for face in range(6):
        beyond[face, :] = outside[face]
    plane = np.empty((ny, nx))
    upper = np.empty((ny, nx))
    line = np.empty(nx)
    for z in range(first, last):
        total_taken = total_decayed = total_given = before_step = wrong = 0.0
        x_minus = x_plus = y_minus = y_plus = z_minus = z_plus = 0.0
        for j in range(ny):
            row, out, ex = c[z, j], plane[j], gx[z, j]
            near = beyond[2] if j == 0 else c[z, j - 1]
            far = beyond[3] if j == ny - 1 else c[z, j + 1]
            under = beyond[4] if z == 0 else c[z - 1, j]
            over = beyond[5] if z == nz - 1 else c[z + 1, j]
            gn, gf, gu, go = gy[z, j], gy[z, j + 1], gz[z, j], gz[z + 1, j]
            for i in range(nx):
                out[i] = gn[i] * (near[i] - row[i]) + gf[i] * (far[i] - row[i])
            for i in range(nx):
                out[i] += gu[i] * (under[i] - row[i]) + go[i] * (over[i] - row[i])
            for i in range(nx - 1):
                across = ex[i + 1] * (row[i + 1] - row[i])
                out[i] += across
                out[i + 1] -= across
            low, high = ex[0] * (outside[0] - row[0]), ex[nx] * (outside[1] - row[nx - 1])
            out[0] += low
            out[nx - 1] += high
            x_minus += dt * low
            x_plus += dt * high
            if j == 0:
                for i in range(nx):
                    y_minus += dt * gn[i] * (near[i] - row[i])
            if j == ny - 1:
                for i in range(nx):
                    y_plus += dt * gf[i] * (far[i] - row[i])
            if z == 0:
                for i in range(nx):
                    z_minus += dt * gu[i] * (under[i] - row[i])
            if z == nz - 1:
                for i in range(nx):
                    z_plus += dt * go[i] * (over[i] - row[i])
            u = uptake[z, j] if has_uptake else flat
            s = source[z, j] if has_source else flat
            k = decay[z, j] if has_decay else decay_row
            for i in range(nx):
                rate = k[i] + u[i]
                step = dt * (out[i] + s[i] - rate * row[i]) / (1.0 + h * rate)
                met = dt * row[i] + h * step
                total_taken += u[i] * met
                total_decayed += k[i] * met
                total_given += s[i]
                before_step += row[i]
                wrong += u[i] - abs(u[i])
                out[i] = step
            if has_taken:
                credit = taken[z, j]
                for i in range(nx):
                    credit[i] += u[i] * (dt * row[i] + h * out[i])
            pivot = 1.0 + h * (ex[0] + ex[1])
            for i in range(nx):
                if i:
                    below = h * ex[i] / pivot
                    pivot = 1.0 + h * (ex[i] + ex[i + 1]) - h * ex[i] * below
                    out[i] += below * out[i - 1]
                line[i] = 1.0 / pivot
            out[nx - 1] *= line[nx - 1]
            for i in range(nx - 2, -1, -1):
                out[i] = line[i] * (out[i] + h * ex[i + 1] * out[i + 1])
            x_minus -= h * ex[0] * out[0]
            x_plus -= h * ex[nx] * out[nx - 1]
            inverse = upper[j]
            if j == 0:
                for i in range(nx):
                    inverse[i] = 1.0 / (1.0 + h * (gn[i] + gf[i]))
            else:
                before, done = plane[j - 1], upper[j - 1]
                for i in range(nx):
                    below = h * gn[i] * done[i]
                    inverse[i] = 1.0 / (1.0 + h * (gn[i] + gf[i]) - h * gn[i] * below)
                    out[i] += below * before[i]
        for j in range(ny - 1, -1, -1):
            here, inverse, target = plane[j], upper[j], delta[z, j]
            if j == ny - 1:
                for i in range(nx):
                    target[i] = inverse[i] * here[i]
            else:
                gf, after = gy[z, j + 1], delta[z, j + 1]
                for i in range(nx):
                    target[i] = inverse[i] * (here[i] + h * gf[i] * after[i])
        for i in range(nx):
            y_minus -= h * gy[z, 0, i] * delta[z, 0, i]
            y_plus -= h * gy[z, ny, i] * delta[z, ny - 1, i]
        sums[z, 0], sums[z, 1], sums[z, 2] = total_taken, total_decayed, dt * total_given
        sums[z, 3], sums[z, 4], sums[z, 5] = x_minus, x_plus, y_minus
        sums[z, 6], sums[z, 7], sums[z, 8] = y_plus, z_minus, z_plus
        sums[z, 9], sums[z, 10] = before_step, wrong


@njit(**OPTIONS)
def last_sweep(c, delta, gz, h, width, sums, first, last):
    """As `diffusion_kernels.last_sweep`; gz (nz+1, ny*nx)."""
    nz, columns = c.shape
    work = np.empty((nz, width))
    inverse = np.empty((nz, width))
    for tile in range(first, last):
        begin = tile * width
        n = min(width, columns - begin)
        for z in range(nz):
            for i in range(n):
                low, high = gz[z, begin + i], gz[z + 1, begin + i]
                if z == 0:
                    inverse[z, i] = 1.0 / (1.0 + h * (low + high))
                    work[z, i] = delta[z, begin + i]
                else:
                    below = h * low * inverse[z - 1, i]
                    inverse[z, i] = 1.0 / (1.0 + h * (low + high) - h * low * below)
                    work[z, i] = delta[z, begin + i] + below * work[z - 1, i]
        lowest, highest = np.inf, -np.inf
        total = through_minus = through_plus = 0.0
        for z in range(nz - 1, -1, -1):
            for i in range(n):
                gained = work[z, i]
                if z < nz - 1:
                    gained += h * gz[z + 1, begin + i] * work[z + 1, i]
                gained *= inverse[z, i]
                work[z, i] = gained
                now = c[z, begin + i] + gained
                c[z, begin + i] = now
                total += now
                lowest = now if now < lowest else lowest
                highest = now if now > highest else highest
        for i in range(n):
            through_minus -= h * gz[0, begin + i] * work[0, i]
            through_plus -= h * gz[nz, begin + i] * work[nz - 1, i]
        sums[tile, 0], sums[tile, 1], sums[tile, 2] = through_minus, through_plus, total
        sums[tile, 3], sums[tile, 4] = lowest, highest
