"""A cheap stiff step for very many like systems, each a cell: ROS2 over blocks of lanes, with static sparse LU.

As in `rosenbrock`, the functions are pasted as text into the generated kernel, where `prelude`, `derivative`, `flows`, `jacobian`,
`factorise` and `solve` stand for that kernel's own. ROS2 with γ = 1 − 1/√2 is of second order whatever matrix stands in for the Jacobian,
and L-stable with the exact one:

    (I − γhJ) k₁ = f(y)        (I − γhJ) k₂ = f(y + h k₁) − 2 k₁        y₊ = y + 3/2 h k₁ + 1/2 h k₂

with y + h k₁ as the solution of first order that the error is judged by. What is linear in y and conserved by f is conserved by each step.

source  Verwer, Spee, Blom, Hundsdorfer 1999, SIAM J Sci Comput 20:1456, 10.1137/S1064827597326651
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
from __future__ import annotations

from math import isfinite, sqrt

import numpy as np

from exoresist.numerics.rosenbrock import derivative, factorise, jacobian, prelude, solve

ROS2_GAMMA = 0.2928932188134524  # 1 - 1/sqrt(2)
LANES = 64  # cells that advance together


def flows(slots, rates, tables):
    """Replaced by the kernel's own: dy/dt from slots that are filled already."""
    raise RuntimeError("cellwise.flows stands for a kernel's function and is not called itself")


def advance_cells(first, last, total, y, base, varying, where, span, steps, relative, absolute, max_steps, tables, n_slots):
    """Advance blocks first..last of cells by `span` hours.

    y        (states, room), changed in place; the first `total` columns are cells, block b holds the cells 64 b to 64 b + 63
    base     (parameters,) values that all cells share; `varying` (V, room) values of each cell for the parameters in slots `where` (V,)
    steps    (blocks,) the step size that each block begins with, h; left at what served
    returns  (status, steps taken, steps refused); status 0 is success, 1 too many steps, 2 the step became too small
    """
    pivots, lower, updates, upper, diagonal, sizes = tables[10], tables[11], tables[12], tables[13], tables[9], tables[15]
    n = y.shape[0]
    slots = np.zeros((n_slots, 64))
    for i in range(base.shape[0]):
        for lane in range(64):
            slots[n + i, lane] = base[i]
    partials = np.zeros((sizes[0], 64))
    chained = np.zeros((sizes[1], 64))
    entries = np.zeros((sizes[2], 64))
    before = np.zeros((n, 64))
    one = np.zeros((n, 64))
    two = np.zeros((n, 64))
    taken = 0
    refused = 0
    for block in range(first, last):
        start = block * 64
        width = min(64, total - start)
        for i in range(n):
            for lane in range(width):
                before[i, lane] = y[i, start + lane]
            for lane in range(width, 64):
                before[i, lane] = y[i, start]
        for v in range(where.shape[0]):
            for lane in range(width):
                slots[where[v], lane] = varying[v, start + lane]
            for lane in range(width, 64):
                slots[where[v], lane] = varying[v, start]
        prelude(slots, tables)
        t = 0.0
        wish = steps[block]
        opening = 0.0
        attempts = 0
        while t < span:
            if attempts >= max_steps:
                return 1, taken, refused
            attempts += 1
            h = min(wish, span - t)
            if t + 1.001 * h >= span:
                h = span - t
            for i in range(n):
                for lane in range(64):
                    slots[i, lane] = before[i, lane]
            jacobian(slots, partials, chained, entries, tables)
            flows(slots, one, tables)
            inverse = 1.0 / (h * ROS2_GAMMA)
            for i in range(entries.shape[0]):
                for lane in range(64):
                    entries[i, lane] = -entries[i, lane]
            for i in range(n):
                for lane in range(64):
                    entries[diagonal[i], lane] += inverse
            factorise(entries, pivots, lower, updates, upper)
            solve(entries, pivots, lower, upper, one)
            for i in range(n):
                for lane in range(64):
                    slots[i, lane] = before[i, lane] + one[i, lane] / ROS2_GAMMA
            derivative(slots, two, tables)
            for i in range(n):
                for lane in range(64):
                    two[i, lane] -= 2.0 * inverse * one[i, lane]
            solve(entries, pivots, lower, upper, two)
            error = 0.0
            for lane in range(width):
                norm = 0.0
                for i in range(n):
                    change = (1.5 * one[i, lane] + 0.5 * two[i, lane]) / ROS2_GAMMA
                    scale = absolute[i] + relative * max(abs(before[i, lane]), abs(before[i, lane] + change))
                    part = 0.5 * (one[i, lane] + two[i, lane]) / ROS2_GAMMA / scale
                    norm += part * part
                norm = sqrt(norm / n)
                if not isfinite(norm):
                    norm = 1e10
                if norm > error:
                    error = norm
            error = max(error, 1e-6)
            if error <= 1.0:
                for i in range(n):
                    for lane in range(64):
                        before[i, lane] += (1.5 * one[i, lane] + 0.5 * two[i, lane]) / ROS2_GAMMA
                t = span if h == span - t else t + h
                taken += 1
                if opening == 0.0:
                    opening = h * min(1.5, 0.8 / sqrt(error))
                # A step that was cut short by the end says nothing against the longer one that was wished for.
                wish = max(wish, h * min(5.0, 0.9 / sqrt(error))) if h < wish else h * min(5.0, 0.9 / sqrt(error))
            else:
                refused += 1
                wish = h * max(0.1, 0.9 / sqrt(error))
                if wish < 1e-12 * span:
                    return 2, taken, refused
        # Every span opens with the shock of what was given between spans: its first good step serves the next one.
        steps[block] = opening
        for i in range(n):
            for lane in range(width):
                y[i, start + lane] = before[i, lane]
    return 0, taken, refused


def read_cells(first, last, total, y, base, varying, where, wanted, out, tables, n_slots):
    """What the network computes in blocks first..last: slots `wanted` (W,) of every cell into `out` (W, cells)."""
    n = y.shape[0]
    slots = np.zeros((n_slots, 64))
    rates = np.zeros((n, 64))
    for i in range(base.shape[0]):
        for lane in range(64):
            slots[n + i, lane] = base[i]
    for block in range(first, last):
        start = block * 64
        width = min(64, total - start)
        for i in range(n):
            for lane in range(64):
                slots[i, lane] = y[i, min(start + lane, total - 1)]
        for v in range(where.shape[0]):
            for lane in range(64):
                slots[where[v], lane] = varying[v, min(start + lane, total - 1)]
        prelude(slots, tables)
        derivative(slots, rates, tables)
        for w in range(wanted.shape[0]):
            for lane in range(width):
                out[w, start + lane] = slots[wanted[w], lane]


__all__ = [
    "LANES",
    "ROS2_GAMMA",
    "advance_cells",
    "derivative",
    "factorise",
    "flows",
    "jacobian",
    "prelude",
    "read_cells",
    "solve",
]
