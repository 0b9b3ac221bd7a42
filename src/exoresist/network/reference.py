"""SciPy's solvers on the same network: slower, independent, for checking the package's own integrator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from exoresist.core.errors import SolverError
from exoresist.network.compiled import CompiledNetwork
from exoresist.network.kernel import load_kernel
from exoresist.network.parts import Event
from exoresist.network.run import Array, Course, Run, Values, renumbered

if TYPE_CHECKING:
    from exoresist.network.network import Network

# (system, start, stop, output times, state, relative, absolute) -> states at the output times, state at the stop, calls
Solver = Callable[["System", float, float, Array, Array, float, Array], tuple[Array, Array, int]]


class System:
    """dy/dt and its Jacobian for one parameter set, evaluated by the compiled kernel.

    parameters  (parameters,) values; may be changed between segments
    """

    def __init__(self, compiled: CompiledNetwork) -> None:
        self._module, names = load_kernel(compiled.laws, single=True)
        self._tables = renumbered(compiled, names)
        n = len(compiled.states)
        sizes = compiled.tables[-1]
        self._n, self._slots = n, np.zeros((compiled.n_slots, 1))
        self._rates = np.zeros((n, 1))
        self._partials, self._chained, self._entries = (np.zeros((int(size), 1)) for size in sizes)
        places = sorted(compiled.factorisation.position.items(), key=lambda item: item[1])
        self._rows = np.array([row for (row, _), _ in places])
        self._columns = np.array([column for (_, column), _ in places])

    def set(self, parameters: Array) -> None:
        self._slots[self._n : self._n + len(parameters), 0] = parameters
        self._module.prelude(self._slots, self._tables)

    def derivative(self, _: float, y: Array) -> Array:
        """(states,) dy/dt."""
        self._slots[: self._n, 0] = y
        self._module.derivative(self._slots, self._rates, self._tables)
        return self._rates[:, 0].copy()

    def jacobian(self, _: float, y: Array) -> Any:
        """(states, states) sparse df/dy."""
        from scipy.sparse import csc_matrix

        self._slots[: self._n, 0] = y
        self._module.jacobian(self._slots, self._partials, self._chained, self._entries, self._tables)
        return csc_matrix((self._entries[:, 0].copy(), (self._rows, self._columns)), shape=(self._n, self._n))

    def dense_jacobian(self, time: float, y: Array) -> Array:
        full: Array = self.jacobian(time, y).toarray()
        return full


def reference_lsoda(
    network: Network,
    times: Iterable[float],
    values: Values | None = None,
    initial: Values | None = None,
    events: Sequence[Event] | None = None,
    relative: float = 1e-9,
    absolute: float = 1e-12,
) -> Run:
    """The network solved by SciPy's LSODA, one parameter set after the other; arguments as for `run.integrate`."""
    return _reference(network, times, values, initial, events, relative, absolute, _lsoda)


def reference_bdf(
    network: Network,
    times: Iterable[float],
    values: Values | None = None,
    initial: Values | None = None,
    events: Sequence[Event] | None = None,
    relative: float = 1e-9,
    absolute: float = 1e-12,
) -> Run:
    """The network solved by SciPy's BDF, one parameter set after the other; arguments as for `run.integrate`."""
    return _reference(network, times, values, initial, events, relative, absolute, _bdf)


def _lsoda(
    system: System, begin: float, end: float, times: Array, y: Array, relative: float, absolute: Array
) -> tuple[Array, Array, int]:
    return _solved("LSODA", system.dense_jacobian, system, begin, end, times, y, relative, absolute)


def _bdf(
    system: System, begin: float, end: float, times: Array, y: Array, relative: float, absolute: Array
) -> tuple[Array, Array, int]:
    return _solved("BDF", system.jacobian, system, begin, end, times, y, relative, absolute)


def _solved(
    method: str,
    jacobian: Callable[[float, Array], Any],
    system: System,
    begin: float,
    end: float,
    times: Array,
    y: Array,
    relative: float,
    absolute: Array,
) -> tuple[Array, Array, int]:
    from scipy.integrate import solve_ivp

    asked = np.append(times[times < end], end)
    found = solve_ivp(system.derivative, (begin, end), y, method=method, t_eval=asked, jac=jacobian, rtol=relative, atol=absolute)
    if not found.success:
        raise SolverError(f"SciPy's {method} stopped between {begin:g} h and {end:g} h: {found.message}")
    states = found.y.T
    return states[: len(times)], states[-1], int(found.nfev)


def _reference(
    network: Network,
    times: Iterable[float],
    values: Values | None,
    initial: Values | None,
    events: Sequence[Event] | None,
    relative: float,
    absolute: float,
    solver: Solver,
) -> Run:
    course = Course(network, times, values or {}, initial or {}, events)
    compiled, grid = course.compiled, course.grid
    system = System(compiled)
    out = np.empty((len(grid), len(compiled.states), course.sets))
    calls = 0
    for begin, end, inside in course.spans(out):
        for number in range(course.sets):
            system.set(course.p[:, number])
            found, course.y[:, number], made = solver(
                system, begin, end, grid[inside], course.y[:, number], relative, absolute * compiled.scales
            )
            out[inside, :, number] = found
            calls += made
    return course.run(out, calls, 0)
