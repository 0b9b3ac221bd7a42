"""One Douglas step with one diffusivity for the whole field: the compiled sweeps.

Delta form, h = dt/2, R = decay + uptake, factors in this order:
    (1 + h R) d0 = dt (A c + S + b),  (I - h Ax) d1 = d0,  (I - h Ay) d2 = d1,  (I - h Az) d3 = d2,  c += d3
Adding the four lines up gives the exact ledger: a voxel loses R (dt c + h d0) to reaction, and through a face of conductance g comes
g dt (outside - c) - h g d, with d the increment after that face's own sweep.

The z-factor is solved from both ends towards the middle and back, so that a field's two halves are independent each way and every pass
runs through memory plane by plane. `first_sweeps` takes one half: planes from its end to the middle; all up to the y-sweep stays in the
core's cache, and the plane before, just written, is eliminated at once. `last_sweep` takes some columns of one half, from the middle
outwards, and adds d3. The halves are fixed, and columns do not depend on each other: any number of threads gives the same bits.
All kernels of the family stand in this file: Numba's cache does not notice edits elsewhere.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

OPTIONS: Any = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz"}}
ROWS = 8  # rows of x solved side by side: eight independent chains hide the latency of each

# columns of the sums of `first_sweeps` (per plane) and of `last_sweep` (per tile of columns in one half)
TAKEN, DECAYED, GIVEN, X_MINUS, X_PLUS, Y_MINUS, Y_PLUS, Z_MINUS, Z_PLUS, BEFORE, WRONG = range(11)
TOTAL, LOWEST, HIGHEST = range(2, 5)


@njit(**OPTIONS)
def reacted(spread, value, rate, source, dt):
    """Increment after the reaction factor, dt (A c + S - R c) / (1 + dt R / 2), and the integral of c that the reaction meets."""
    gain = dt * (spread + source - rate * value) / (1.0 + 0.5 * dt * rate)
    return gain, dt * value + 0.5 * dt * gain


@njit(**OPTIONS)
def first_sweeps(
    c, uptake, has_uptake, source, has_source, decay, has_decay, taken, has_taken,
    dt, inner, walls, outside, x_factors, y_factors, z_factors, delta, sums, first, last,
):  # fmt: skip
    """Increments after the reaction, x and y factors, eliminated along z, for planes first..last-1 of one field.

    first, last  0 and the middle (planes upwards), or the middle and nz (planes downwards): one half

    c, delta (nz, ny, nx); uptake, source, taken the same or of size 1 with a flag 0; decay (nz, ny, nx) or (1, 1, 1)
    inner    conductance between neighbours; walls, outside (6): conductance and outside value of the faces
    factors  (3, n): lower multiplier, inverse pivot, upper multiplier; along z from both ends, see `two_ended` in `tridiagonal`
    sums     (nz, 11), filled for these planes: the last two are the total of c, and below 0 (or NaN) if an uptake is
    """
    nz, ny, nx = c.shape
    h = 0.5 * dt
    flat = np.zeros(nx)
    decay_row = np.full(nx, decay[0, 0, 0])
    beyond = np.empty((6, nx))
    for face in range(6):
        beyond[face, :] = outside[face]
    block = np.zeros((ROWS, nx))
    plane = np.empty((ny, nx))
    xl, xm, xu = x_factors[0], x_factors[1], x_factors[2]
    upwards = first == 0 and last < nz
    for step in range(last - first):
        z = first + step if upwards else last - 1 - step
        total_taken = total_decayed = total_given = before_step = wrong = 0.0
        x_minus = x_plus = y_minus = y_plus = z_minus = z_plus = 0.0
        gzl = walls[4] if z == 0 else inner
        gzh = walls[5] if z == nz - 1 else inner
        for start in range(0, ny, ROWS):
            stop = min(start + ROWS, ny)
            for j in range(start, stop):
                row = c[z, j]
                out = block[j - start]
                near = beyond[2] if j == 0 else c[z, j - 1]
                far = beyond[3] if j == ny - 1 else c[z, j + 1]
                under = beyond[4] if z == 0 else c[z - 1, j]
                over = beyond[5] if z == nz - 1 else c[z + 1, j]
                gyl = walls[2] if j == 0 else inner
                gyh = walls[3] if j == ny - 1 else inner
                middle = gyl + gyh + gzl + gzh
                low, high = walls[0] * (outside[0] - row[0]), walls[1] * (outside[1] - row[nx - 1])
                x_minus += dt * low
                x_plus += dt * high

                if j == 0 and walls[2] > 0.0:
                    for i in range(nx):
                        y_minus += dt * gyl * (near[i] - row[i])
                if j == ny - 1 and walls[3] > 0.0:
                    for i in range(nx):
                        y_plus += dt * gyh * (far[i] - row[i])
                if z == 0 and walls[4] > 0.0:
                    for i in range(nx):
                        z_minus += dt * gzl * (under[i] - row[i])
                if z == nz - 1 and walls[5] > 0.0:
                    for i in range(nx):
                        z_plus += dt * gzh * (over[i] - row[i])
                u = uptake[z, j] if has_uptake else flat
                s = source[z, j] if has_source else flat
                k = decay[z, j] if has_decay else decay_row
                around = middle + 2.0 * inner
                for i in range(1, nx - 1):
                    spread = gyl * near[i] + gyh * far[i] + gzl * under[i] + gzh * over[i] - around * row[i]
                    spread += inner * (row[i - 1] + row[i + 1])
                    gain, met = reacted(spread, row[i], k[i] + u[i], s[i], dt)
                    total_taken += u[i] * met
                    total_decayed += k[i] * met
                    out[i] = gain
                for i in range(0, nx, max(nx - 1, 1)):
                    spread = gyl * near[i] + gyh * far[i] + gzl * under[i] + gzh * over[i] - middle * row[i]
                    spread += low if i == 0 else inner * (row[i - 1] - row[i])
                    spread += high if i == nx - 1 else inner * (row[i + 1] - row[i])
                    gain, met = reacted(spread, row[i], k[i] + u[i], s[i], dt)
                    total_taken += u[i] * met
                    total_decayed += k[i] * met
                    out[i] = gain
                for i in range(nx):
                    before_step += row[i]
                    total_given += s[i]
                    wrong += u[i] - abs(u[i])
                if has_taken:
                    credit = taken[z, j]
                    for i in range(nx):
                        credit[i] += u[i] * (dt * row[i] + h * out[i])
            b0, b1, b2, b3 = block[0], block[1], block[2], block[3]
            b4, b5, b6, b7 = block[4], block[5], block[6], block[7]
            p0, p1, p2, p3, p4, p5, p6, p7 = b0[0], b1[0], b2[0], b3[0], b4[0], b5[0], b6[0], b7[0]
            for i in range(1, nx):
                f = xl[i]
                p0 = b0[i] + f * p0
                p1 = b1[i] + f * p1
                p2 = b2[i] + f * p2
                p3 = b3[i] + f * p3
                p4 = b4[i] + f * p4
                p5 = b5[i] + f * p5
                p6 = b6[i] + f * p6
                p7 = b7[i] + f * p7
                b0[i], b1[i], b2[i], b3[i], b4[i], b5[i], b6[i], b7[i] = p0, p1, p2, p3, p4, p5, p6, p7
            p0 = p1 = p2 = p3 = p4 = p5 = p6 = p7 = 0.0
            for i in range(nx - 1, -1, -1):
                m, f = xm[i], xu[i]
                p0 = b0[i] * m + f * p0
                p1 = b1[i] * m + f * p1
                p2 = b2[i] * m + f * p2
                p3 = b3[i] * m + f * p3
                p4 = b4[i] * m + f * p4
                p5 = b5[i] * m + f * p5
                p6 = b6[i] * m + f * p6
                p7 = b7[i] * m + f * p7
                b0[i], b1[i], b2[i], b3[i], b4[i], b5[i], b6[i], b7[i] = p0, p1, p2, p3, p4, p5, p6, p7
            for j in range(start, stop):
                done = block[j - start]
                x_minus -= h * walls[0] * done[0]
                x_plus -= h * walls[1] * done[nx - 1]
                here = plane[j]
                f = y_factors[0, j]
                if j == 0:
                    for i in range(nx):
                        here[i] = done[i]
                else:
                    before = plane[j - 1]
                    for i in range(nx):
                        here[i] = done[i] + f * before[i]
        for j in range(ny - 1, -1, -1):
            m, f = y_factors[1, j], y_factors[2, j]
            here = plane[j]
            if j == ny - 1:
                for i in range(nx):
                    here[i] = m * here[i]
            else:
                after = plane[j + 1]
                for i in range(nx):
                    here[i] = m * here[i] + f * after[i]
        if walls[2] > 0.0:
            for i in range(nx):
                y_minus -= h * walls[2] * plane[0, i]
        if walls[3] > 0.0:
            for i in range(nx):
                y_plus -= h * walls[3] * plane[ny - 1, i]
        f = z_factors[0, z]
        for j in range(ny):  # written in ascending order: descending, the write alone took longer than the sweep
            here, target = plane[j], delta[z, j]
            if step == 0:
                for i in range(nx):
                    target[i] = here[i]
            else:
                before = delta[z - 1, j] if upwards else delta[z + 1, j]
                for i in range(nx):
                    target[i] = here[i] + f * before[i]
        sums[z, TAKEN], sums[z, DECAYED], sums[z, GIVEN] = total_taken, total_decayed, dt * total_given
        sums[z, X_MINUS], sums[z, X_PLUS], sums[z, Y_MINUS] = x_minus, x_plus, y_minus
        sums[z, Y_PLUS], sums[z, Z_MINUS], sums[z, Z_PLUS] = y_plus, z_minus, z_plus
        sums[z, BEFORE], sums[z, WRONG] = before_step, wrong


@njit(**OPTIONS)
def last_sweep(c, delta, z_factors, middle, h, wall_minus, wall_plus, width, sums, lower, first, last):
    """The way back along z for tiles first..last-1 of `width` columns in one half, added to the concentrations.

    c, delta (nz, ny*nx); middle: first plane of the upper half; lower: 1 for the planes below it, taken downwards, else 0
    sums     (2, tiles, 5): through z-, through z+, total of c, lowest and highest c
    """
    nz, columns = c.shape
    increments = np.empty(width)
    lows = np.empty(width)
    highs = np.empty(width)
    begin_plane = middle - 1 if lower else middle
    count = middle if lower else nz - middle
    for tile in range(first, last):
        begin = tile * width
        n = min(width, columns - begin)
        lows[:] = np.inf
        highs[:] = -np.inf
        total = through_minus = through_plus = 0.0
        for step in range(count):
            z = begin_plane - step if lower else begin_plane + step
            m, f = z_factors[1, z], z_factors[2, z]
            came, value = delta[z, begin : begin + n], c[z, begin : begin + n]
            if step > 0:
                for i in range(n):
                    increments[i] = m * came[i] + f * increments[i]
            elif 0 < middle < nz:
                # Where the halves meet, each plane is known in terms of the other: two equations with two unknowns.
                other = middle if lower else middle - 1
                there = delta[other, begin : begin + n]
                share = 1.0 / (1.0 - f * z_factors[2, other])
                own, further = m * share, f * z_factors[1, other] * share
                for i in range(n):
                    increments[i] = own * came[i] + further * there[i]
            else:
                for i in range(n):
                    increments[i] = m * came[i]
            for i in range(n):
                now = value[i] + increments[i]
                value[i] = now
                total += now
            for i in range(n):  # extremes per column: a running minimum over the row would not be done a vector at a time
                lows[i] = value[i] if value[i] < lows[i] else lows[i]
            for i in range(n):
                highs[i] = value[i] if value[i] > highs[i] else highs[i]
            if z == 0:
                for i in range(n):
                    through_minus -= h * wall_minus * increments[i]
            if z == nz - 1:
                for i in range(n):
                    through_plus -= h * wall_plus * increments[i]
        half = 0 if lower else 1
        sums[half, tile, 0], sums[half, tile, 1], sums[half, tile, TOTAL] = through_minus, through_plus, total
        sums[half, tile, LOWEST], sums[half, tile, HIGHEST] = lows[:n].min(), highs[:n].max()
