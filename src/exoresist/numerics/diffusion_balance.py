"""The right-hand side of the field equation and its sums, and the vector passes of conjugate gradients: compiled.

One kernel serves one diffusivity and one per voxel: an axis along which a conductance does not change has length 1 (`grid.conductances`).
Sums are kept per plane and added in one order, so any division of the planes gives the same bits.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

OPTIONS: Any = {"cache": True, "nogil": True, "error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz"}}
TAKEN, DECAYED, GIVEN, X_MINUS, X_PLUS, Y_MINUS, Y_PLUS, Z_MINUS, Z_PLUS, WEIGHTED, OFF, LOSS, WRONG = range(
    13
)  # columns of the sums


@njit(**OPTIONS)
def rate_of_change(
    c, uptake, has_uptake, source, has_source, decay, has_decay, gx, gy, gz, outside, rate, wanted, sums, first, last
):  # fmt: skip
    """rate = div(D grad c) - (decay + uptake) c + source for planes first..last-1.

    c and rate may be in single precision: the arithmetic is double
    wanted  whether the first three and the last two of the sums are
    sums    (nz, 13): U c, decay c, source, inflow through the six faces, c x rate, |rate|, decay + U, below 0 (or NaN) if an uptake is
    """
    nz, ny, nx = c.shape
    xz, xy, yz, zy = int(gx.shape[0] > 1), int(gx.shape[1] > 1), int(gy.shape[0] > 1), int(gz.shape[1] > 1)
    flat = np.zeros(nx)
    decay_row = np.full(nx, decay[0, 0, 0])
    beyond = np.empty((6, nx), dtype=c.dtype)
    line = np.empty(nx)
    for face in range(6):
        beyond[face, :] = outside[face]
    for z in range(first, last):
        taken = decayed = given = weighted = off = loss = wrong = 0.0
        x_minus = x_plus = y_minus = y_plus = z_minus = z_plus = 0.0
        for j in range(ny):
            row, out = c[z, j], rate[z, j]
            near = beyond[2] if j == 0 else c[z, j - 1]
            far = beyond[3] if j == ny - 1 else c[z, j + 1]
            under = beyond[4] if z == 0 else c[z - 1, j]
            over = beyond[5] if z == nz - 1 else c[z + 1, j]
            ex = gx[z * xz, j * xy]
            gn, gf, gu, go = gy[z * yz, j], gy[z * yz, j + 1], gz[z, j * zy], gz[z + 1, j * zy]
            u = uptake[z, j] if has_uptake else flat
            s = source[z, j] if has_source else flat
            k = decay[z, j] if has_decay else decay_row
            for i in range(nx):
                line[i] = gn[i] * near[i] + gf[i] * far[i] - (gn[i] + gf[i]) * row[i]
            for i in range(nx):
                line[i] += gu[i] * under[i] + go[i] * over[i] - (gu[i] + go[i]) * row[i]
            for i in range(1, nx - 1):
                line[i] += ex[i] * row[i - 1] + ex[i + 1] * row[i + 1] - (ex[i] + ex[i + 1]) * row[i]
            low, high = ex[0] * (outside[0] - row[0]), ex[nx] * (outside[1] - row[nx - 1])
            x_minus += low
            x_plus += high
            line[0] += low
            line[nx - 1] += high
            if nx > 1:
                line[0] += ex[1] * (row[1] - row[0])
                line[nx - 1] += ex[nx - 1] * (row[nx - 2] - row[nx - 1])
            for i in range(nx):
                value = line[i] + s[i] - (u[i] + k[i]) * row[i]
                out[i] = value
                weighted += row[i] * value
                off += abs(value)
            if wanted:
                for i in range(nx):
                    taken += u[i] * row[i]
                    decayed += k[i] * row[i]
                    given += s[i]
                    loss += u[i] + k[i]
                    wrong += u[i] - abs(u[i])
            if j == 0:
                for i in range(nx):
                    y_minus += gn[i] * (near[i] - row[i])
            if j == ny - 1:
                for i in range(nx):
                    y_plus += gf[i] * (far[i] - row[i])
            if z == 0:
                for i in range(nx):
                    z_minus += gu[i] * (under[i] - row[i])
            if z == nz - 1:
                for i in range(nx):
                    z_plus += go[i] * (over[i] - row[i])
        sums[z, TAKEN], sums[z, DECAYED], sums[z, GIVEN], sums[z, WEIGHTED], sums[z, OFF] = taken, decayed, given, weighted, off
        sums[z, LOSS], sums[z, WRONG] = loss, wrong
        sums[z, X_MINUS], sums[z, X_PLUS], sums[z, Y_MINUS] = x_minus, x_plus, y_minus
        sums[z, Y_PLUS], sums[z, Z_MINUS], sums[z, Z_PLUS] = y_plus, z_minus, z_plus


@njit(**OPTIONS)
def narrow(wide, scale, narrowed, copy, first, last):
    """Both = wide * scale in single precision, for planes first..last-1 (all arrays of the vector passes are (planes, rest))."""
    for z in range(first, last):
        a, b, d = wide[z], narrowed[z], copy[z]
        for i in range(a.size):
            b[i] = a[i] * scale
        for i in range(a.size):
            d[i] = b[i]


@njit(**OPTIONS)
def take_step(x, p, r, slope, alpha, scale, copy, sums, first, last):
    """x += alpha p / scale, r += alpha slope, copy = r; sums (planes, 2): |r| first."""
    stride = alpha / scale
    narrow_alpha = np.float32(alpha)
    for z in range(first, last):
        xz, pz, rz, sz, out = x[z], p[z], r[z], slope[z], copy[z]
        off = 0.0
        for i in range(xz.size):
            xz[i] += stride * pz[i]
        for i in range(xz.size):
            rz[i] += narrow_alpha * sz[i]
        for i in range(xz.size):
            out[i] = rz[i]
            off += abs(rz[i])
        sums[z, 0] = off


@njit(**OPTIONS)
def divide(spectrum, along_z, along_y, along_x, shift, first, last):
    """Each coefficient over the eigenvalue of -div(D grad) + shift; spectrum (nz, ny, nx) and the rest in single precision."""
    nx = along_x.size
    for z in range(first, last):
        for j in range(along_y.size):
            row = spectrum[z, j]
            base = along_z[z] + along_y[j] + shift
            for i in range(nx):
                row[i] = row[i] / (base + along_x[i])


@njit(**OPTIONS)
def project(r, slope, preconditioned, sums, first, last):
    """sums (planes, 2): r . z and slope . z with z the preconditioned residual."""
    for z in range(first, last):
        rz, sz, nz = r[z], slope[z], preconditioned[z]
        with_r = with_slope = 0.0
        for i in range(rz.size):
            with_r += np.float64(rz[i]) * nz[i]
            with_slope += np.float64(sz[i]) * nz[i]
        sums[z, 0], sums[z, 1] = with_r, with_slope


@njit(**OPTIONS)
def turn(p, preconditioned, beta, first, last):
    """p = z + beta p."""
    b = np.float32(beta)
    for z in range(first, last):
        pz, nz = p[z], preconditioned[z]
        for i in range(pz.size):
            pz[i] = nz[i] + b * pz[i]
