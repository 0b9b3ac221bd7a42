"""A small tissue, written out plainly: cells in a box that breathe, take up a drug, secrete vesicles, crawl, push, grow, divide and die.

One page of NumPy; nothing of exoresist is imported. It takes the same steps in the same order as the package's compiled tissue, so that
they can be read in one place and checked (tests/tissue/test_plain_tissue.py holds both equal). All pairs of cells are looked at, matrices
are dense: for a few hundred cells. Units: h, um, mL, pmol, particles; biomass in cell equivalents. The numbers are examples, not data.

Run it:  python examples/plain_tissue.py
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

LIVING, APOPTOTIC, NECROTIC, LYSED = range(4)
AT_BIRTH = 1.0 / (2.0 * np.log(2.0))  # mean biomass at birth if the mean of a growing culture is 1
FULL = 1e30  # cells: room that never ends
LANES = 64  # cells that share a step of their networks

BOX = {
    "voxels": 6, "spacing": 20.0, "low": -60.0, "fluid": 0.3,  # cubic voxels, um; share of a voxel that is fluid
    "life": 0.1, "network": 0.05, "spread": 0.02, "motion": 0.01,  # steps, h
    "repulsion": 600.0, "reach": 1.25,  # um/h; adhesion ends at so many sums of radii
    "oxygen_speed": 4e5, "oxygen_decay": 6.0, "oxygen_edge": 38.0,  # um^2/h, 1/h, mmHg
    "drug_speed": 5e3, "drug_edge": 100.0, "drug_first": 40.0,  # um^2/h, nM
    "vesicle_speed": 900.0,  # um^2/h, faces closed
}  # fmt: skip
CELL = {
    "volume": 2000.0, "cycle_spread": 0.1, "pressure_stop": 2.0, "adhesion": 20.0, "speed": 12.0, "persistence": 0.5,
    "oxygen_uptake": 6000.0,  # 1/h in a voxel full of cells
    "stop": 2.0, "full": 20.0, "hypoxic": 25.0, "severe": 5.0, "necrotic": 12.0, "anoxic": 2.0, "necrosis": 0.3,
    "clearance_time": 0.35, "shrinking": 0.6, "swelling": 3.0, "debris_loss": 4.0,
}  # fmt: skip
INSIDE = {
    "growth": 0.12,  # 1/h
    "permeability": 4e-8,  # mL/h/cell, of the drug
    "cytosol": 1.4e-9,  # mL/cell
    "metabolism": 0.3,  # 1/h, of the drug inside
    "secretion": 40.0,  # vesicles/cell/h
    "hypoxia_fold": 2.5,  # of secretion, under full hypoxia
    "clearance": 3e-9,  # mL/h/cell, of vesicles
    "vesicle_decay": 0.02,  # 1/h in the medium
    "death": 0.3, "half": 60.0,  # 1/h at most; nM of drug inside at half
}  # fmt: skip

# What one cell and its share of the medium hold. Those after `eaten` count what came from, or went, outside.
STATES = ("cells", "drug_outside", "drug", "vesicles", "eaten", "born", "dead", "metabolised", "secreted", "decayed")
SCALE = {"drug_outside": 1e-7, "drug": 1e-7, "metabolised": 1e-7}  # what counts as much of it; 1 for the rest
CELLS, OUTSIDE, DRUG, VESICLES, EATEN, BORN, DEAD, METABOLISED, SECRETED, DECAYED = range(len(STATES))
SHARED = [OUTSIDE, VESICLES]  # lent by the medium
HALVED = [CELLS, DRUG, EATEN]  # at division; counters stay with one daughter
RELATIVE, ABSOLUTE = 5e-3, 1e-6  # accuracy of a step of the networks
GAMMA = 1.0 - 1.0 / np.sqrt(2.0)


@dataclass
class World:
    """The state: one row per cell, living or dead, and one entry per voxel (z, y, x)."""

    seed: int
    position: np.ndarray  # (cells, 3) um
    velocity: np.ndarray
    crawl: np.ndarray
    state: np.ndarray
    biomass: np.ndarray
    swelling: np.ndarray
    divide_at: np.ndarray
    age: np.ndarray
    pressure: np.ndarray
    content: np.ndarray  # (cells, STATES)
    name: list[int]  # 64 bits
    oxygen: np.ndarray
    drug: np.ndarray  # pmol in the fluid of a voxel
    vesicles: np.ndarray
    drug_entered: float = 0.0
    decayed: float = 0.0  # vesicles, in voxels without cells
    cleared: np.ndarray = field(default_factory=lambda: np.zeros(len(STATES)))  # counters of bodies that have gone
    steps: dict[int, float] = field(default_factory=dict)  # block of cells -> h
    interval: int = 0
    born: int = 0
    removed: int = 0
    radius: np.ndarray = field(default_factory=lambda: np.zeros(0))  # um, as of the last life step

    @property
    def living(self):
        return np.flatnonzero(self.state == LIVING)


# -- random numbers: a hash of seed, purpose, who and when


def mixed(word):
    """One step of splitmix64."""
    word = (word + 0x9E3779B97F4A7C15) % 2**64
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB % 2**64
    return word ^ (word >> 31)


def purpose(seed, what):
    return int.from_bytes(hashlib.blake2b(f"{seed}\x1f{what}".encode(), digest_size=8).digest(), "little")


def uniform(word, names, when):
    key = mixed(when ^ word)
    return np.array([(mixed(mixed(name ^ key)) >> 11) / 2.0**53 for name in names])


def direction(word, names, when):
    angle, height = 2.0 * np.pi * uniform(word, names, when), 2.0 * uniform(mixed(word), names, when) - 1.0
    around = np.sqrt(1.0 - height**2)
    return np.stack([around * np.cos(angle), around * np.sin(angle), height], axis=1)


def division_size(seed, names):
    """Twice the size at birth, log-normal with mean 1 times that."""
    sigma = np.sqrt(np.log(1.0 + CELL["cycle_spread"] ** 2))
    u = uniform(purpose(seed, "cycle"), names, 0) + 2.0**-54
    return np.array([2.0 * AT_BIRTH * np.exp(sigma * NormalDist().inv_cdf(one) - 0.5 * sigma**2) for one in u])


# -- the box


def start(position, seed):
    """A growing culture's cells at given places, (cells, 3) um, in fresh medium."""
    count, n = len(position), BOX["voxels"]
    names = [mixed(mixed(number) ^ purpose(seed, "founders")) for number in range(count)]
    biomass = AT_BIRTH * 2.0 ** -np.log2(1.0 - 0.5 * uniform(purpose(seed, "first size"), names, 0))
    content = np.zeros((count, len(STATES)))
    content[:, CELLS] = biomass
    w = World(
        seed, np.array(position), np.zeros((count, 3)), np.zeros((count, 3)), np.full(count, LIVING), biomass, np.ones(count),
        np.maximum(division_size(seed, names), biomass), np.zeros(count), np.zeros(count), content, names,
        np.full((n, n, n), BOX["oxygen_edge"]), np.full((n, n, n), BOX["drug_first"] * voxel_ml()), np.zeros((n, n, n)),
    )  # fmt: skip
    resize(w)
    return w


def resize(w):
    """Radii follow volumes, once per life step."""
    w.radius = np.cbrt(3.0 * CELL["volume"] * w.biomass * w.swelling / (4.0 * np.pi))


def voxel_ml():
    return BOX["spacing"] ** 3 * 1e-12 * BOX["fluid"]


def voxel(position):
    x, y, z = np.minimum(((position - BOX["low"]) / BOX["spacing"]).astype(int), BOX["voxels"] - 1).T
    return z, y, x


def second_difference(speed, held):
    """Diffusion along one axis, (n, n) 1/h: neighbours a voxel away, and a held face half a voxel away, or closed ones."""
    n, rate = BOX["voxels"], speed / BOX["spacing"] ** 2
    matrix = rate * (np.eye(n, k=1) + np.eye(n, k=-1) - 2.0 * np.eye(n))
    matrix[0, 0] = matrix[-1, -1] = -rate - (2.0 * rate if held else 0.0)
    return matrix


def from_faces(speed, value):
    """What held faces give to their voxels, per h."""
    n = BOX["voxels"]
    ends = np.zeros(n)
    ends[[0, -1]] = 2.0 * speed / BOX["spacing"] ** 2 * value
    return ends[:, None, None] + ends[None, :, None] + ends[None, None, :]


def spread(values, speed, held, span):
    """Douglas' scheme in delta form: dt (A c + b), divided by I - dt/2 A along x, y and z in turn, is added."""
    longest = min(BOX["spread"], 2.0 * BOX["spacing"] ** 2 / speed)
    count = max(1, int(np.ceil(span / longest - 1e-9)))
    dt, along = span / count, second_difference(speed, held is not None)
    gain = from_faces(speed, held or 0.0)
    inverse = np.linalg.inv(np.eye(BOX["voxels"]) - 0.5 * dt * along)
    for _ in range(count):
        rate = sum(np.einsum(f"{'zyx'[a]}k,{'zyx'.replace('zyx'[a], 'k')}->zyx", along, values) for a in range(3)) + gain
        delta = dt * rate
        for a in (2, 1, 0):
            delta = np.einsum(f"{'zyx'[a]}k,{'zyx'.replace('zyx'[a], 'k')}->zyx", inverse, delta)
        values = values + delta
    return values


# -- one life step: the parts, in their order


def breathe(w):
    """Oxygen at rest: diffusion and what faces give = decay and uptake by living cells."""
    n, along = BOX["voxels"], second_difference(BOX["oxygen_speed"], held=True)
    one = np.eye(n)
    matrix = np.kron(np.kron(along, one), one) + np.kron(np.kron(one, along), one) + np.kron(np.kron(one, one), along)
    filled = np.zeros((n, n, n))
    np.add.at(filled, voxel(w.position[w.living]), CELL["volume"] * w.biomass[w.living] / BOX["spacing"] ** 3)
    matrix -= np.diag(BOX["oxygen_decay"] + CELL["oxygen_uptake"] * filled.ravel())
    w.oxygen = np.linalg.solve(matrix, -from_faces(BOX["oxygen_speed"], BOX["oxygen_edge"]).ravel()).reshape(n, n, n)


def ramp(value, low, high):
    return np.clip((value - low) / (high - low), 0.0, 1.0)


def run_networks(w):
    """Half a step of diffusion, the cells on their shares of the medium, half a step of diffusion."""
    living, here = w.living, w.oxygen[voxel(w.position[w.living])]
    share = ramp(here, CELL["stop"], CELL["full"]) * np.maximum(1.0 - w.pressure[living] / CELL["pressure_stop"], 0.0)
    held = share < 1.0 - 1e-12
    # A well with room for N/(1 - share) cells lets N cells grow at this share of their rate.
    capacity = np.where(held, w.content[living, CELLS] / np.where(held, 1.0 - share, 1.0), FULL)
    stress = ramp(here, CELL["hypoxic"], CELL["severe"])
    span = BOX["network"]
    for number in range(round(BOX["life"] / span)):
        fields_spread(w, 0.5 * span if number == 0 else span)
        where = voxel(w.position[living])
        total = np.zeros_like(w.drug)
        np.add.at(total, where, w.content[living, CELLS])
        mine = w.content[living, CELLS] / total[where]
        y = w.content[living]
        y[:, OUTSIDE], y[:, VESICLES] = w.drug[where] * mine, w.vesicles[where] * mine
        for block, first in enumerate(range(0, len(living), LANES)):
            some = slice(first, first + LANES)
            y[some] = advance(w, block, y[some], mine[some] * voxel_ml(), capacity[some], stress[some], span)
        for values, column in ((w.drug, OUTSIDE), (w.vesicles, VESICLES)):
            values[total > 0.0] = 0.0
            np.add.at(values, where, y[:, column])
        y[:, SHARED] = 0.0
        w.content[living] = y
        empty = total == 0.0
        left = w.vesicles[empty] * np.exp(-INSIDE["vesicle_decay"] * span)
        w.decayed += (w.vesicles[empty] - left).sum()
        w.vesicles[empty] = left
    fields_spread(w, 0.5 * span)
    w.biomass[living] = w.content[living, CELLS]


def fields_spread(w, span):
    before = w.drug.sum()
    w.drug = spread(w.drug, BOX["drug_speed"], BOX["drug_edge"] * voxel_ml(), span)
    w.vesicles = spread(w.vesicles, BOX["vesicle_speed"], None, span)
    w.drug_entered += w.drug.sum() - before


def flows(y, volume, capacity, stress):
    """dy/dt and its Jacobian, (cells, STATES) and (cells, STATES, STATES)."""
    p = INSIDE
    cells, outside, drug, vesicles = y[:, CELLS], y[:, OUTSIDE], y[:, DRUG], y[:, VESICLES]
    rate, slopes = np.zeros_like(y), np.zeros((*y.shape, len(STATES)))

    def move(source, sink, amount, **slope):
        for pool, sign in ((source, -1.0), (sink, 1.0)):
            rate[:, pool] += sign * amount
            for name, value in slope.items():
                slopes[:, pool, STATES.index(name)] += sign * value

    free = np.maximum(1.0 - cells / capacity, 0.0)
    move(BORN, CELLS, p["growth"] * free * cells, cells=p["growth"] * (free - cells / capacity * (free > 0.0)))
    # P · cells · (outside/volume − drug/(v · cells)): what is inside leaves at a rate of its own
    back = p["permeability"] / p["cytosol"]
    move(
        OUTSIDE, DRUG, p["permeability"] * cells * outside / volume - back * drug,
        cells=p["permeability"] * outside / volume, drug_outside=p["permeability"] * cells / volume, drug=-back,
    )  # fmt: skip
    move(DRUG, METABOLISED, p["metabolism"] * drug, drug=p["metabolism"])
    made = p["secretion"] * (1.0 + (p["hypoxia_fold"] - 1.0) * stress)
    move(SECRETED, VESICLES, made * cells, cells=made)
    eaten = p["clearance"] / volume
    move(VESICLES, EATEN, eaten * cells * vesicles, cells=eaten * vesicles, vesicles=eaten * cells)
    move(VESICLES, DECAYED, p["vesicle_decay"] * vesicles, vesicles=p["vesicle_decay"])
    return rate, slopes


def advance(w, block, y, volume, capacity, stress, span):
    """Cells of a block by ROS2, with the step that the worst of them allows."""
    absolute = ABSOLUTE * np.array([SCALE.get(name, 1.0) for name in STATES])
    t, wish, opening = 0.0, w.steps.get(block, 1e-3), 0.0
    while t < span:
        h = min(wish, span - t)
        h = span - t if t + 1.001 * h >= span else h
        rate, slopes = flows(y, volume, capacity, stress)
        matrix = np.eye(len(STATES)) - GAMMA * h * slopes
        first = np.linalg.solve(matrix, rate[..., None])[..., 0]
        again, _ = flows(y + h * first, volume, capacity, stress)
        second = np.linalg.solve(matrix, (again - 2.0 * first)[..., None])[..., 0]
        change = h * (1.5 * first + 0.5 * second)
        scale = absolute + RELATIVE * np.maximum(np.abs(y), np.abs(y + change))
        error = max(np.sqrt(np.mean((0.5 * h * (first + second) / scale) ** 2, axis=1)).max(), 1e-6)
        if error <= 1.0:
            y = y + change
            t = span if h == span - t else t + h
            opening = opening or h * min(1.5, 0.8 / np.sqrt(error))
            longer = h * min(5.0, 0.9 / np.sqrt(error))
            wish = max(wish, longer) if h < wish else longer
        else:
            wish = h * max(0.1, 0.9 / np.sqrt(error))
    w.steps[block] = opening
    return y


def turn(w):
    """Cells without a direction, and now and then others, take a new one."""
    living, names = w.living, [w.name[i] for i in w.living]
    again = uniform(purpose(w.seed, "turn"), names, w.interval) < 1.0 - np.exp(-BOX["life"] / CELL["persistence"])
    again |= (w.crawl[living] == 0.0).all(axis=1)
    ways = direction(purpose(w.seed, "way"), names, w.interval)
    w.crawl[living[again]] = CELL["speed"] * ways[again]


def move(w):
    """Spheres push where they overlap and stick a little beyond; Adams-Bashforth."""
    sums = w.radius[:, None] + w.radius
    for _ in range(round(BOX["life"] / BOX["motion"])):
        apart = w.position[:, None] - w.position
        distance = np.sqrt((apart**2).sum(axis=2))
        np.fill_diagonal(distance, np.inf)
        push = np.maximum(1.0 - distance / sums, 0.0) ** 2
        pull = np.maximum(1.0 - distance / (BOX["reach"] * sums), 0.0) ** 2
        speed = (BOX["repulsion"] * push - CELL["adhesion"] * pull) / distance
        velocity = np.einsum("ij,ijk->ik", speed, apart) + w.crawl
        w.pressure = push.sum(axis=1)
        high = BOX["low"] + BOX["voxels"] * BOX["spacing"]
        w.position = np.clip(w.position + BOX["motion"] * (1.5 * velocity - 0.5 * w.velocity), BOX["low"], high)
        w.velocity = velocity


def divide(w):
    """Cells that have reached their size: half of all to each daughter, side by side."""
    mothers = np.flatnonzero((w.state == LIVING) & (w.biomass >= w.divide_at))
    names = [w.name[i] for i in mothers]
    offset = direction(purpose(w.seed, "division"), names, w.interval) * (0.5 * w.radius[mothers] * 0.5 ** (1.0 / 3.0))[:, None]
    high = BOX["low"] + BOX["voxels"] * BOX["spacing"]
    w.born += len(mothers)
    w.biomass[mothers] *= 0.5
    w.content[np.ix_(mothers, HALVED)] *= 0.5
    w.age[mothers] = 0.0
    for column in ("position", "velocity", "crawl", "state", "biomass", "swelling", "divide_at", "age", "pressure", "content"):
        values = getattr(w, column)
        setattr(w, column, np.concatenate([values, values[mothers]]))
    fresh = np.arange(len(w.name), len(w.name) + len(mothers))
    w.content[np.ix_(fresh, [i for i in range(len(STATES)) if i not in HALVED])] = 0.0
    w.position[fresh] = np.clip(w.position[fresh] + offset, BOX["low"], high)
    w.position[mothers] = np.clip(w.position[mothers] - offset, BOX["low"], high)
    w.name += [mixed(name ^ 0x5851F42D4C957F2D) for name in names]
    for i, name in zip(mothers, names, strict=True):
        w.name[i] = mixed(name)
    for daughters in (mothers, fresh):
        w.divide_at[daughters] = division_size(w.seed, [w.name[i] for i in daughters])


def die(w):
    """By drug (apoptosis) or for want of oxygen (necrosis): one draw says whether, and which."""
    living = w.living
    level = w.content[living, DRUG] / (INSIDE["cytosol"] * w.content[living, CELLS])
    hazard = INSIDE["death"] * level / (INSIDE["half"] + level)
    starved = CELL["necrosis"] * ramp(w.oxygen[voxel(w.position[living])], CELL["necrotic"], CELL["anoxic"])
    draw = uniform(purpose(w.seed, "death"), [w.name[i] for i in living], w.interval)
    chance = 1.0 - np.exp(-(hazard + starved) * BOX["life"])
    dying = draw < chance
    apoptotic = draw * (hazard + starved) < chance * hazard
    w.state[living[dying]] = np.where(apoptotic, APOPTOTIC, NECROTIC)[dying]
    w.age[living[dying]] = 0.0
    w.crawl[living[dying]] = 0.0


def decay(w):
    """Apoptotic bodies shrink and are cleared; necrotic ones swell to twice their volume, burst and fade."""
    w.age += BOX["life"]
    shrinking, bursting, debris = (w.state == state for state in (APOPTOTIC, NECROTIC, LYSED))
    w.swelling[shrinking] *= np.exp(-CELL["shrinking"] * BOX["life"])
    w.swelling[bursting] = 2.1 + (w.swelling[bursting] - 2.1) * np.exp(-CELL["swelling"] * BOX["life"])
    w.swelling[debris] *= np.exp(-CELL["debris_loss"] * BOX["life"])
    burst = bursting & (w.swelling >= 2.0)
    cleared = shrinking & (w.age >= CELL["clearance_time"])
    gone = cleared | (debris & (w.swelling <= 0.1))
    w.state[burst] = LYSED
    # Drug and vesicles inside go to the fluid around, the cell itself and its counters are booked.
    emptied = np.flatnonzero(burst | cleared)
    where = voxel(w.position[emptied])
    np.add.at(w.drug, where, w.content[emptied, DRUG])
    np.add.at(w.vesicles, where, w.content[emptied, EATEN])
    w.cleared += w.content[emptied].sum(axis=0)
    w.cleared[[CELLS, DRUG, EATEN]] = 0.0
    w.cleared[DEAD] += w.content[emptied, CELLS].sum()
    w.content[emptied] = 0.0
    w.removed += int(gone.sum())
    for column in ("position", "velocity", "crawl", "state", "biomass", "swelling", "divide_at", "age", "pressure", "content"):
        setattr(w, column, getattr(w, column)[~gone])
    w.name = [name for name, away in zip(w.name, gone, strict=True) if not away]


ORDER = (breathe, run_networks, turn, move, divide, die, decay, resize)


def step(w):
    """One life step."""
    for part in ORDER:
        part(w)
    w.interval += 1


def ball(count, spacing=12.0):
    """(count, 3) places: a shaken lattice, nearest to the middle first."""
    axis = spacing * np.arange(-4, 5)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    points = points[np.argsort((points**2).sum(axis=1), kind="stable")[:count]]
    return points + np.random.default_rng(3).normal(0.0, 0.5, points.shape)


def main():
    w = start(ball(200), seed=5)
    print(f"{'h':>5} {'living':>7} {'dead':>5} {'born':>5} {'gone':>5} {'oxygen':>7} {'drug in cells':>14} {'vesicles':>9}")
    for _ in range(20):
        step(w)
        living = w.living
        print(
            f"{w.interval * BOX['life']:5.1f} {len(living):7d} {len(w.name) - len(living):5d} {w.born:5d} {w.removed:5d} "
            f"{w.oxygen.min():7.2f} {w.content[living, DRUG].sum():14.4g} {w.vesicles.sum():9.1f}"
        )


if __name__ == "__main__":
    main()
