"""What is between the cells: fields at steady state (oxygen, nutrients) and fields in time (drugs, vesicles and what they carry).

Amounts of the fields in time are those of the network's medium pools, one array each. For a step of the cells' networks every cell gets
its share of the voxel it is in, by biomass: fluid, drug and vesicles. It changes its share as a well changes its medium, and gives
back what is left. So cells and fields debit the same flux, nothing can be taken twice, and a single voxel is a well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from exoresist.core.errors import InputError, ModelError, SolverError, unknown_name
from exoresist.numerics.diffusion import Diffusion
from exoresist.numerics.grid import Condition, Dirichlet, Faces, Field, Grid, Robin
from exoresist.tissue.fluid import Fluid
from exoresist.tissue.interior import Contents

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
COURANT = 1.0  # D·dt/dx²: beyond it, what cells take out at every network step makes the steps ring (a checkerboard)
UNDERSHOOT = 0.02  # of a field's highest amount: a front that overshoots by more has been stepped too far
MOST_STEPS = 20_000  # of diffusion between two network steps
FINER = (1, 4, 16)  # times as many steps, tried in turn
NOTHING = 1e-15  # pmol, particles or copies in a voxel: amounts that mean nothing


@dataclass(frozen=True, eq=False)
class Medium:
    """How one medium pool spreads.

    diffusivity  um^2/h, one number or one for each voxel, (nz, ny, nx)
    faces        what holds at the faces of the domain, in amount per mL of fluid
    """

    diffusivity: float | Array
    faces: Faces = field(default_factory=Faces)

    @property
    def fastest(self) -> float:
        """Diffusivity where it is largest."""
        return float(np.max(self.diffusivity))


@dataclass
class Exchange:
    """What voxels exchange with something outside the fluid (vessels): d(amount)/dt = gift − rate · amount.

    rate  (voxels,) 1/h; `gift`: (voxels,) amount/h
    """

    rate: Array
    gift: Array


@dataclass
class Lent:
    """Fluid that cells of a type have for a network step: voxel (k, cells) and the share (k, cells) of each that is theirs."""

    contents: Contents
    voxel: NDArray[np.int64]
    share: Array


@dataclass
class _Group:
    """Pools that spread equally fast: they are stepped together, as often as their speed needs."""

    rows: list[int]
    speed: float
    diffusion: Diffusion


class SharedMedium:
    """Fields in time: amount of each medium pool in every voxel.

    fluid  share of a voxel's volume that is fluid
    """

    def __init__(self, grid: Grid, names: Sequence[str], spread: Mapping[str, Medium], fluid: float, threads: int) -> None:
        self.grid, self.names, self.fluid = grid, tuple(names), fluid
        self.voxel_ml = grid.voxel_ml * fluid
        self.amounts = np.zeros((len(names), *grid.array_shape))
        self.entered = np.zeros(len(names))  # from outside: through the faces of the domain, and from vessels
        self.supplied = np.zeros(len(names))  # of this, from vessels
        self.exchange: dict[str, Exchange] = {}  # set anew for each life step
        self.vanished: dict[str, float] = {}  # booked on exchanges where there are no cells
        self.signed: frozenset[str] = frozenset()  # pools that may well be negative: what a ledger tells apart as a difference
        missing = [name for name in names if name not in spread]
        if missing:
            raise ModelError(f"nothing says how '{missing[0]}' spreads in the tissue")
        self.spreads = dict(spread)
        self.threads = threads
        self._groups = self._grouped()
        self._alone = Fluid(self.names, self.voxel_ml)

    def hold(self, name: str, concentration: float) -> None:
        """From now on hold a pool at a concentration (amount per mL of fluid) outside every open face."""
        faces = self.spreads[name].faces
        changed: dict[str, Condition] = {}
        for which, one in vars(faces).items():
            if isinstance(one, Dirichlet):
                changed[which] = Dirichlet(concentration)
            elif isinstance(one, Robin):
                changed[which] = Robin(one.transfer, concentration)
        self.spreads[name] = replace(self.spreads[name], faces=replace(faces, **changed))
        self._groups = self._grouped()

    def hinder(self, diffusivities: Mapping[str, float | Array]) -> None:
        """From now on pools spread at these diffusivities, um^2/h; pools that share one array are stepped together."""
        for name, one in diffusivities.items():
            if name not in self.names:
                raise unknown_name("medium pool", name, self.names)
            self.spreads[name] = replace(self.spreads[name], diffusivity=one)
        self._groups = self._grouped()

    def join(self, name: str, rate: Array, gift: Array) -> None:
        """Let the voxels exchange a pool with something more during this life step, see `Exchange`."""
        if name not in self.names:
            raise unknown_name("medium pool", name, self.names)
        one = self.exchange.setdefault(name, Exchange(np.zeros(self.grid.voxels), np.zeros(self.grid.voxels)))
        one.rate += rate
        one.gift += gift

    def check_steps(self, span: float, step: float) -> None:
        """Raises InputError for a field of which a span, h, takes steps beyond counting: what is asked for is too long for it."""
        for group in self._groups:
            longest = min(step, COURANT * self.grid.spacing**2 / group.speed)
            if span / longest > MOST_STEPS:
                raise InputError(
                    f"'{self.names[group.rows[0]]}' spreads at {group.speed:.3g} um^2/h: {span * 60.0:.3g} min take "
                    f"{span / longest:,.0f} steps of {60.0 * longest:.2g} min", f"at most {MOST_STEPS:,}",
                    "Check its diffusivity, or take larger voxels, a shorter network_step or a longer spread_step",
                )  # fmt: skip

    def _grouped(self) -> list[_Group]:
        if self.grid.voxels == 1:
            return []
        # Equal numbers, or the same array.
        alike: dict[float | tuple[float, int], list[int]] = {}
        for row, name in enumerate(self.names):
            one = self.spreads[name]
            if one.fastest > 0.0:
                same = one.fastest if np.ndim(one.diffusivity) == 0 else (one.fastest, id(one.diffusivity))
                alike.setdefault(same, []).append(row)
        groups = []
        for rows in sorted(alike.values(), key=lambda rows: (self.spreads[self.names[rows[0]]].fastest, rows)):
            members = [self.spreads[self.names[row]] for row in rows]
            fields = [Field(one.diffusivity, 0.0, _per_voxel(one.faces, self.voxel_ml)) for one in members]
            groups.append(_Group(rows, members[0].fastest, Diffusion(self.grid, fields, self.threads, undershoot=1e300)))
        return groups

    def spread(self, span: float, step: float) -> None:
        """Diffusion over `span` hours in equal steps of at most `step`, shorter for what is fast.

        What voxels exchange with vessels is solved together with diffusion, but for the first step, where it is done exactly before and
        after: what a long step would let ring (fluid far from plasma beside an open wall) is gone after that.
        """
        moving = {row for group in self._groups for row in group.rows}
        self._pass([row for row in range(len(self.names)) if row not in moving], self.amounts, span)
        for group in self._groups:
            longest = min(step, COURANT * self.grid.spacing**2 / group.speed)
            count = max(1, int(np.ceil(span / longest - 1e-9)))
            # A body that bursts leaves a peak in one voxel: steps that are long for its slopes would ring, shorter ones do not.
            for finer in FINER:
                wrong = self._stepped(group, span, finer * count)
                if not wrong:
                    break
            else:
                raise SolverError(
                    f"a step of {span / (FINER[-1] * count) * 60.0:.3g} min is too long for '{wrong}' to spread: take a shorter spread_step"
                )

    def _stepped(self, group: _Group, span: float, count: int) -> str:
        """Diffusion of a group in `count` equal steps; gives the name of a pool that rang, and leaves all as it was, or ''."""
        amounts = np.ascontiguousarray(self.amounts[group.rows])
        before = self.entered.copy(), self.supplied.copy()
        exchanged = {
            place: self.exchange[self.names[row]] for place, row in enumerate(group.rows) if self.names[row] in self.exchange
        }
        gifts: list[Array | None] = [None] * len(group.rows)
        rates: list[Array | None] = [None] * len(group.rows)
        for number in range(count):
            if number == 0:
                self._pass(group.rows, amounts, 0.5 * span / count, packed=True)
                ledger = group.diffusion.step(amounts, span / count)
                self._pass(group.rows, amounts, 0.5 * span / count, packed=True)
                for place, one in exchanged.items():
                    gifts[place], rates[place] = (part.reshape(self.grid.array_shape) for part in (one.gift, one.rate))
            else:
                ledger = group.diffusion.step(amounts, span / count, gifts, rates)
                for place in exchanged:
                    # Not given less taken: beside an open wall both are large, and their difference would not be exact.
                    gained = (ledger.change[place] - ledger.entered[place].sum()) / self.grid.voxel_um3
                    self.supplied[group.rows[place]] += gained
                    self.entered[group.rows[place]] += gained
            # The solver takes amounts per voxel for concentrations, and books concentration times volume.
            self.entered[group.rows] += ledger.entered.sum(axis=1) / self.grid.voxel_um3
            wrong = ledger.lowest < -UNDERSHOOT * ledger.highest - NOTHING
            if self.signed:
                wrong &= [self.names[row] not in self.signed for row in group.rows]
            if wrong.any():
                self.entered[:], self.supplied[:] = before
                return self.names[group.rows[int(np.argmax(wrong))]]
        self.amounts[group.rows] = amounts
        return ""

    def _pass(self, rows: list[int], amounts: Array, span: float, packed: bool = False) -> None:
        """Exchange of some pools over a span: amount → amount − (amount − gift/rate)(1 − exp(−rate · span)), booked.

        packed  `amounts` has these pools only, in this order; else all
        """
        for place, row in enumerate(rows):
            one = self.exchange.get(self.names[row])
            if one is None:
                continue
            here = np.flatnonzero((one.rate > 0.0) | (one.gift != 0.0))
            rate, values = one.rate[here], amounts[place if packed else row].reshape(-1)
            share = -np.expm1(-rate * span)
            longer = np.divide(share, rate, out=np.full_like(rate, span), where=rate > 0.0)  # (1 − exp(−rate · span))/rate
            gained = one.gift[here] * longer - share * values[here]
            values[here] += gained
            self.supplied[row] += gained.sum()
            self.entered[row] += gained.sum()

    def flat(self) -> Array:
        """(pools, voxels) view."""
        return self.amounts.reshape(len(self.names), -1)

    def lend(self, lent: Lent) -> None:
        """Give every cell of a type its share of the voxels it drinks from."""
        flat = self.flat()
        contents = lent.contents
        count = contents.count
        for index, row in enumerate(contents.medium):
            contents.amounts[row, :count] = _summed(flat[index, lent.voxel] * lent.share)
        contents.varying[0, :count] = self.voxel_ml * _summed(lent.share)

    def take_back(self, lent: Sequence[Lent], occupied: NDArray[np.bool_]) -> None:
        """What is left of all shares goes back to the voxels."""
        flat = self.flat()
        for index in range(len(self.names)):
            total = np.zeros(flat.shape[1])
            for one in lent:
                contents = one.contents
                row = contents.medium[index]
                left = contents.amounts[row, : contents.count]
                back = left[None] if len(one.voxel) == 1 else _returned(flat[index, one.voxel] * one.share, one.share, left)
                total += np.bincount(one.voxel.ravel(), weights=back.ravel(), minlength=flat.shape[1])
                contents.amounts[row, : contents.count] = 0.0
            flat[index, occupied] = total[occupied]

    def rest(self, contents: Contents, span: float, occupied: NDArray[np.bool_]) -> None:
        """What happens in fluid without cells, see `Fluid`."""
        empty = np.flatnonzero(~occupied)
        if len(empty) == 0 or not self.names:
            return
        flat = self.flat()
        flat[:, empty], booked = self._alone.step(contents, flat[:, empty], span)
        for name, amount in booked.items():
            self.vanished[name] = self.vanished.get(name, 0.0) + amount


def _summed(portions: Array) -> Array:
    """(cells,) sum over the voxels of each cell."""
    return portions[0] if len(portions) == 1 else np.asarray(portions.sum(axis=0))


def _returned(portions: Array, share: Array, left: Array) -> Array:
    """(k, cells) what goes back to each voxel: less than was lent in proportion to what each lent, more by the fluid of each."""
    lent = portions.sum(axis=0)
    taken = (left < lent) & (left >= 0.0)
    ratio = np.divide(left, lent, out=np.ones_like(lent), where=taken)
    gain = np.where(taken, 0.0, left - lent)
    return np.asarray(portions * ratio + share / share.sum(axis=0) * gain)


def _per_voxel(faces: Faces, voxel_ml: float) -> Faces:
    """Outside values as amounts in a voxel's fluid."""
    changed: dict[str, Condition] = {}
    for name, one in vars(faces).items():
        if isinstance(one, Dirichlet):
            changed[name] = Dirichlet(one.value * voxel_ml)
        elif isinstance(one, Robin):
            changed[name] = Robin(one.transfer, one.outside * voxel_ml)
    return replace(faces, **changed)
