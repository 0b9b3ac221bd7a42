"""A stiff integrator for blocks of like systems: Rodas5P with static sparse LU.

The functions below are plain Python that Numba compiles. They are pasted, as text, into the generated kernel of a set of laws (see
`network.kernel`), where LANES, `derivative` and `jacobian` stand for that kernel: Numba's cache does not notice edits to imported
functions, so a kernel is one file whose name carries the hash of everything in it.

LANES systems that share one pattern (parameter sets, doses, cells) advance together with one step size, so that every inner loop is a
short run of contiguous numbers.

source  Steinebach 2023, BIT 63:27, 10.1007/s10543-023-00967-x (coefficients); Hairer & Wanner 1996, IV.7 (method)
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
from __future__ import annotations

from math import isfinite, sqrt

import numpy as np


def prelude(slots, tables):
    """Replaced by the kernel's own: fills the slots that depend on parameters only, once for as long as these stay."""
    raise RuntimeError("rosenbrock.prelude stands for a kernel's function and is not called itself")


def derivative(slots, rates, tables):
    """Replaced by the kernel's own: fills the slots and writes dy/dt into `rates`."""
    raise RuntimeError("rosenbrock.derivative stands for a kernel's function and is not called itself")


def jacobian(slots, partials, chained, entries, tables):
    """Replaced by the kernel's own: writes the entries of df/dy at their stored positions."""
    raise RuntimeError("rosenbrock.jacobian stands for a kernel's function and is not called itself")


GAMMA = 0.21193756319429014

# Stage weights in Hairer's transformed form: argument of stage i is y + sum A[i, j] u_j; its right side adds sum C[i, j] u_j / h.
A = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [2.849394379747939, 0.45842242204463923, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [-6.954028509809101, 2.489845061869568, -10.358996098473584, 0.0, 0.0, 0.0, 0.0, 0.0],
        [2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641, 0.0, 0.0, 0.0, 0.0],
        [
            -7.502846399306121,
            2.561846144803919,
            -11.627539656261098,
            -0.18268767659942256,
            0.030198172008377946,
            0.0,
            0.0,
            0.0,
        ],
        [
            -7.502846399306121,
            2.561846144803919,
            -11.627539656261098,
            -0.18268767659942256,
            0.030198172008377946,
            1.0,
            0.0,
            0.0,
        ],
        [
            -7.502846399306121,
            2.561846144803919,
            -11.627539656261098,
            -0.18268767659942256,
            0.030198172008377946,
            1.0,
            1.0,
            0.0,
        ],
    ]
)

C = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [-14.155112264123755, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        [-17.97296035885952, -2.859693295451294, 0.0, 0.0, 0.0, 0.0, 0.0],
        [147.12150275711716, -1.41221402718213, 71.68940251302358, 0.0, 0.0, 0.0, 0.0],
        [165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306, 0.0, 0.0, 0.0],
        [
            24.854864614690072,
            -3.0009227002832186,
            47.4931110020768,
            5.5814197821558125,
            -0.6610691825249471,
            0.0,
            0.0,
        ],
        [
            30.91273214028599,
            -3.1208243349937974,
            77.79954646070892,
            34.28646028294783,
            -19.097331116725623,
            -28.087943162872662,
            0.0,
        ],
        [
            37.80277123390563,
            -3.2571969029072276,
            112.26918849496327,
            66.9347231244047,
            -40.06618937091002,
            -54.66780262877968,
            -9.48861652309627,
        ],
    ]
)

# Dense output: y(t + x h) = (1-x) y0 + x (y1 + (1-x) (k1 + x (k2 + x k3))), k_m = sum H[m, j] u_j
H = np.array(
    [
        [
            25.948786856663858,
            -2.5579724845846235,
            10.433815404888879,
            -2.3679251022685204,
            0.524948541321073,
            1.1241088310450404,
            0.4272876194431874,
            -0.17202221070155493,
        ],
        [
            -9.91568850695171,
            -0.9689944594115154,
            3.0438037242978453,
            -24.495224566215796,
            20.176138334709044,
            15.98066361424651,
            -6.789040303419874,
            -6.710236069923372,
        ],
        [
            11.419903575922262,
            2.8879645146136994,
            72.92137995996029,
            80.12511834622643,
            -52.072871366152654,
            -59.78993625266729,
            -0.15582684282751913,
            4.883087185713722,
        ],
    ]
)


def factorise(entries, pivots, lower, updates, upper):
    """LU in place, without pivoting; the diagonal is left inverted."""
    lanes = entries.shape[1]
    for k in range(pivots.shape[0]):
        diagonal = pivots[k, 5]
        for lane in range(lanes):
            entries[diagonal, lane] = 1.0 / entries[diagonal, lane]
        for position in range(pivots[k, 1], pivots[k, 2]):
            below = lower[position, 1]
            for lane in range(lanes):
                entries[below, lane] *= entries[diagonal, lane]
            for update in range(lower[position, 2], lower[position, 3]):
                target = updates[update, 0]
                right = updates[update, 1]
                for lane in range(lanes):
                    entries[target, lane] -= entries[below, lane] * entries[right, lane]


def solve(entries, pivots, lower, upper, b):
    """Forward and backward substitution in place."""
    lanes = b.shape[1]
    for k in range(pivots.shape[0]):
        row = pivots[k, 0]
        for position in range(pivots[k, 1], pivots[k, 2]):
            target = lower[position, 0]
            below = lower[position, 1]
            for lane in range(lanes):
                b[target, lane] -= entries[below, lane] * b[row, lane]
    for back in range(pivots.shape[0]):
        k = pivots.shape[0] - 1 - back
        row = pivots[k, 0]
        diagonal = pivots[k, 5]
        for position in range(pivots[k, 3], pivots[k, 4]):
            column = upper[position, 0]
            right = upper[position, 1]
            for lane in range(lanes):
                b[row, lane] -= entries[right, lane] * b[column, lane]
        for lane in range(lanes):
            b[row, lane] *= entries[diagonal, lane]


def integrate(y, slots, start, stop, times, out, relative, absolute, first_step, max_steps, tables):
    """Advance a block from `start` to `stop`, writing the state at every one of `times` into `out`.

    y        (states, lanes), changed in place
    slots    (slots, lanes), parameters filled in
    out      (times, states, lanes)
    returns  (status, steps taken, steps rejected, last step size); status 0 is success, 1 too many steps, 2 the step became too small
    """
    pivots, lower, updates, upper, diagonal, sizes = (
        tables[10],
        tables[11],
        tables[12],
        tables[13],
        tables[9],
        tables[15],
    )
    n = y.shape[0]
    lanes = y.shape[1]
    partials = np.zeros((sizes[0], lanes))
    chained = np.zeros((sizes[1], lanes))
    exact = np.zeros((sizes[2], lanes))
    entries = np.zeros((sizes[2], lanes))
    u = np.zeros((8, n, lanes))
    rates = np.zeros((n, lanes))
    dense = np.zeros((3, n, lanes))
    fresh = np.zeros((n, lanes))
    t = start
    h = min(first_step, stop - start)
    smallest = 1e-13 * max(abs(stop), abs(start), 1e-3)
    steps = 0
    rejected = 0
    position = 0
    while position < times.shape[0] and times[position] <= start:
        out[position] = y
        position += 1
    prelude(slots, tables)
    new_point = True
    last_error = 1.0
    after_rejection = False
    while stop - t > smallest:
        if steps + rejected >= max_steps:
            return 1, steps, rejected, h
        if t + 1.001 * h >= stop:
            h = stop - t
        if new_point:
            for i in range(n):
                for lane in range(lanes):
                    slots[i, lane] = y[i, lane]
            jacobian(slots, partials, chained, exact, tables)
            new_point = False
        inverse = 1.0 / (h * GAMMA)
        for i in range(entries.shape[0]):
            for lane in range(lanes):
                entries[i, lane] = -exact[i, lane]
        for i in range(n):
            for lane in range(lanes):
                entries[diagonal[i], lane] += inverse
        factorise(entries, pivots, lower, updates, upper)
        for stage in range(8):
            if stage < 6:
                for i in range(n):
                    for lane in range(lanes):
                        fresh[i, lane] = y[i, lane]
                for j in range(stage):
                    weight = A[stage, j]
                    for i in range(n):
                        for lane in range(lanes):
                            fresh[i, lane] += weight * u[j, i, lane]
            else:
                # The last two stages differ from the one before by one increment.
                for i in range(n):
                    for lane in range(lanes):
                        fresh[i, lane] += u[stage - 1, i, lane]
            for i in range(n):
                for lane in range(lanes):
                    slots[i, lane] = fresh[i, lane]
            derivative(slots, rates, tables)
            for j in range(stage):
                weight = C[stage, j] / h
                for i in range(n):
                    for lane in range(lanes):
                        rates[i, lane] += weight * u[j, i, lane]
            solve(entries, pivots, lower, upper, rates)
            for i in range(n):
                for lane in range(lanes):
                    u[stage, i, lane] = rates[i, lane]
        error = 0.0
        for lane in range(lanes):
            norm = 0.0
            for i in range(n):
                ahead = fresh[i, lane] + u[7, i, lane]
                scale = absolute[i] + relative * max(abs(y[i, lane]), abs(ahead))
                part = u[7, i, lane] / scale
                norm += part * part
            norm = sqrt(norm / n)
            if not isfinite(norm):
                norm = 1e10
            if norm > error:
                error = norm
        error = max(error, 1e-10)
        if error <= 1.0:
            for i in range(n):
                for lane in range(lanes):
                    fresh[i, lane] += u[7, i, lane]
            steps += 1
            slack = 1e-14 * max(abs(t), abs(t + h))
            if position < times.shape[0] and times[position] <= t + h + slack:
                for m in range(3):
                    for i in range(n):
                        for lane in range(lanes):
                            value = 0.0
                            for j in range(8):
                                value += H[m, j] * u[j, i, lane]
                            dense[m, i, lane] = value
                while position < times.shape[0] and times[position] <= t + h + slack:
                    x = min((times[position] - t) / h, 1.0)
                    w = 1.0 - x
                    for i in range(n):
                        for lane in range(lanes):
                            out[position, i, lane] = w * y[i, lane] + x * (
                                fresh[i, lane] + w * (dense[0, i, lane] + x * (dense[1, i, lane] + x * dense[2, i, lane]))
                            )
                    position += 1
            for i in range(n):
                for lane in range(lanes):
                    y[i, lane] = fresh[i, lane]
            t = t + h
            # PI control damps the swing of the step size that plain control shows on stiff problems.
            factor = 0.9 * error ** (-0.16) * last_error**0.04
            factor = min(6.0, max(0.2, factor))
            if after_rejection:
                factor = min(factor, 1.0)
            last_error = max(error, 1e-3)
            h = h * factor
            new_point = True
            after_rejection = False
        else:
            rejected += 1
            h = h * max(0.1, 0.9 * error ** (-0.2))
            after_rejection = True
            # Measured against the time reached, not the end: a long run may well begin with tiny steps.
            if h < 1e-14 * max(abs(t), 1e-3):
                return 2, steps, rejected, h
    while position < times.shape[0]:
        out[position] = y
        position += 1
    return 0, steps, rejected, h
