"""Names of pools, and who rides on what: the one place that knows how a model's parts are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from exoresist.network import Pool, Route
from exoresist.network.wiring import element_id

ORIGINS = ("native", "received", "relayed")
INDUCED = "induced"  # made by the cell beyond its baseline; kept apart where a ledger asks for it


@dataclass(frozen=True)
class Cargo:
    """A cargo that vesicles carry physically.

    type   as the catalogue has it: pump_protein, surface_antigen, miRNA, circRNA, ...
    """

    id: str
    type: str

    @property
    def place(self) -> Literal["membrane", "antigen", "dissolved"]:
        """On surfaces (pumps and lipids; antigens), or dissolved in volumes (RNA, enzymes)."""
        if self.type in ("surface_antigen", "surface_ligand"):
            return "antigen"
        return "membrane" if self.type in ("pump_protein", "membrane_protein", "membrane_lipid") else "dissolved"

    @property
    def element(self) -> str:
        return f"cargo:{self.id}"


@dataclass(frozen=True)
class Side:
    """A medium: the well, the insert of a transwell, plasma, or the fluid of an organ."""

    id: str
    volume: str
    blood: bool = False  # vesicles leave it as plasma lets them go, not as a dish does


@dataclass(frozen=True)
class Population:
    """Cells of one origin in one medium."""

    id: str
    cell_line: str
    count: float
    side: Side

    @property
    def cells(self) -> str:
        return f"{self.id}.cells"

    def subjects(self) -> tuple[str, str]:
        return f"cell_line:{self.cell_line}", "cell"


@dataclass(frozen=True)
class VesicleClass:
    """Vesicles of one origin: a population's own, or a preparation that is added, perhaps with a targeting ligand."""

    id: str
    cell_line: str
    maker: str = ""
    ligand: str = ""


@dataclass
class Layout:
    """What the scenario holds, and the names that follow from it."""

    sides: list[Side] = field(default_factory=list)
    populations: list[Population] = field(default_factory=list)
    classes: list[VesicleClass] = field(default_factory=list)
    drugs: list[str] = field(default_factory=list)
    antibodies: list[str] = field(default_factory=list)
    cargo: list[Cargo] = field(default_factory=list)
    factors: list[str] = field(default_factory=list)
    origins: tuple[str, ...] = ("",)
    rays: list[str] = field(default_factory=list)  # radiation, light: what comes as a pulse
    harms: dict[str, tuple[str, str]] = field(default_factory=dict)  # damage kept apart -> (drug or ray, kind of lesion)
    targets: dict[str, tuple[str, ...]] = field(default_factory=dict)  # node -> the drugs that occupy it
    activated: frozenset[str] = frozenset()  # drugs that act only once an enzyme has activated them
    naked: bool = False  # dissolved cargo of dead cells floats free until RNases take it, instead of being written off
    nutrients: tuple[str, ...] = ()  # of the media; empty: no metabolism
    contexts: tuple[str, ...] = ()  # in which the signs of some nodes differ
    one_cell: bool = False  # of one cell in a tissue and its share of the fluid, which is no well

    # -- names

    def harms_of(self, agent: str) -> list[str]:
        """The damages that a drug or ray makes."""
        return [harm for harm, (made_by, _) in self.harms.items() if made_by == agent]

    def damage(self, population: Population, harm: str) -> str:
        return f"{population.id}.damage_by_{harm}"

    def side(self, name: str | None) -> Side:
        """The side that a scenario names: `insert`, an organ, or (`well`, or none given) the first."""
        return next((side for side in self.sides if name and side.id in (name, organ_side(name))), self.sides[0])

    def medium(self, side: Side, substance: str) -> str:
        return f"{side.id}.{substance}"

    def factor(self, side: Side, factor: str) -> str:
        return f"{side.id}.factor_{factor}"

    def vesicles(self, side: Side, group: VesicleClass) -> str:
        return f"{side.id}.vesicles_{group.id}"

    def ilv(self, population: Population) -> str:
        return f"{population.id}.ilv"

    def endosome(self, population: Population, group: VesicleClass) -> str:
        return f"{population.id}.endosome_{group.id}"

    def naked_cargo(self, side: Side, cargo: Cargo) -> str:
        return f"{side.id}.naked_{element_id(cargo.id)}"

    def content(self, carrier: str, kind: str) -> str:
        return f"{carrier}.{element_id(kind)}"

    def cell_cargo(self, population: Population, cargo: Cargo, origin: str = "") -> str:
        return f"{population.id}.{element_id(cargo.id)}" + (f"_{origin}" if origin else "")

    def drug(self, population: Population, place: str, drug: str) -> str:
        return f"{population.id}.{place}_{drug}"

    def exchange(self, label: str, element: str) -> str:
        return f"{label}.{element_id(element)}"

    # -- kinds of passengers of vesicles

    def vesicle_kinds(self) -> list[tuple[str, str]]:
        """(kind, element) of everything a vesicle carries."""
        kinds = []
        for drug in self.drugs:
            kinds += [(f"exchangeable:{drug}", f"drug:{drug}"), (f"retained:{drug}", f"drug:{drug}")]
        for cargo in self.cargo:
            kinds += [(_tagged(cargo.element, origin), cargo.element) for origin in self.origins]
        for antibody in self.antibodies:
            kinds.append((f"antibody:{antibody}", f"drug:{antibody}"))
        return kinds

    def moved_along(self, source_to: str) -> dict[str, tuple[Route, ...]]:
        """Fates of passengers that go with their vesicles into another vesicle pool."""
        return {kind: (Route(self.content(source_to, kind)),) for kind, _ in self.vesicle_kinds()}

    def released(
        self, population: Population, cargo_to: str = "", fraction: str | None = None, group: VesicleClass | None = None
    ) -> dict[str, tuple[Route, ...]]:
        """Fates when vesicles end inside a cell: drug to the cytosol; cargo degraded, or delivered as far as `fraction` says.

        cargo_to  "" degrades all cargo; "deliver" sends the fraction (all, if None) to the cell's own pools, origin one step on
        group     the vesicles that end; what a population put into its own vesicles and takes up again keeps its origin
        """
        own = group is not None and group.maker == population.id
        fates: dict[str, tuple[Route, ...]] = {}
        for drug in self.drugs:
            inside = Route(self.drug(population, "cytosol", drug))
            fates[f"exchangeable:{drug}"] = fates[f"retained:{drug}"] = (inside,)
        for cargo in self.cargo:
            degraded = Route(self.exchange("degraded", cargo.element))
            for origin in self.origins:
                kind = _tagged(cargo.element, origin)
                if not cargo_to:
                    fates[kind] = (degraded,)
                    continue
                home = self.cell_cargo(population, cargo, origin if own else next_origin(origin))
                fates[kind] = (Route(home),) if fraction is None else (Route(home, fraction), degraded)
        for antibody in self.antibodies:
            fates[f"antibody:{antibody}"] = (Route(self.exchange("degraded", f"drug:{antibody}")),)
        return fates

    def lost(self, side: Side, cargo_label: str) -> dict[str, tuple[Route, ...]]:
        """Fates when vesicles end in the medium: drug is set free, cargo counted under `cargo_label`."""
        fates: dict[str, tuple[Route, ...]] = {}
        for drug in self.drugs:
            free = Route(self.medium(side, drug))
            fates[f"exchangeable:{drug}"] = fates[f"retained:{drug}"] = (free,)
        for cargo in self.cargo:
            for origin in self.origins:
                fates[_tagged(cargo.element, origin)] = (Route(self._end(side, cargo, cargo_label)),)
        for antibody in self.antibodies:
            fates[f"antibody:{antibody}"] = (Route(self.medium(side, antibody)),)
        return fates

    def death_fates(self, population: Population) -> dict[str, tuple[Route, ...]]:
        """What becomes of a dead cell's contents: drug to the medium, cargo and vesicles to debris."""
        fates = self.lost(population.side, "debris")
        fates["vesicles inside"] = (Route(self.exchange("debris", "vesicle")),)
        for drug in self.drugs:
            fates[f"inside:{drug}"] = (Route(self.medium(population.side, drug)),)
        for antibody in self.antibodies:
            fates[f"inside:{antibody}"] = (Route(self.medium(population.side, antibody)),)
        for cargo in self.cargo:
            fates[f"own:{cargo.id}"] = (Route(self._end(population.side, cargo, "debris")),)
        fates["damage"] = (Route(""),)
        if self.nutrients:
            fates["lipid"] = (Route(self.exchange("debris", "carbon")),)
        return fates

    def _end(self, side: Side, cargo: Cargo, label: str) -> str:
        """Where cargo goes that is lost outside: dissolved cargo of the dead floats naked where that is asked for."""
        if self.naked and label == "debris" and cargo.place == "dissolved":
            return self.naked_cargo(side, cargo)
        return self.exchange(label, cargo.element)

    def vesicle_pools(self, carrier: str) -> list[Pool]:
        """Passenger pools of one vesicle pool."""
        scales = {"drug": 1e-6, "cargo": 1.0}
        return [
            Pool(
                self.content(carrier, kind),
                "pmol" if element.startswith("drug") else "copy",
                element=element,
                carrier=carrier,
                kind=kind,
                scale=scales[element.split(":")[0]],
            )
            for kind, element in self.vesicle_kinds()
        ]


def kept_apart(pool: str, known: Iterable[str]) -> list[str]:
    """Those of the known pools that hold what a pool of cargo holds: itself, or its parts by origin."""
    parts = (pool, *(f"{pool}_{origin}" for origin in (*ORIGINS, INDUCED)))
    there = set(known)
    return [part for part in parts if part in there]


def organ_side(name: str) -> str:
    """Id of an organ's side; the prefix keeps it apart from a population of the same name."""
    return f"organ_{name}"


def next_origin(origin: str) -> str:
    """Origin after a transfer: native and induced cargo become received, received becomes relayed."""
    if not origin:
        return ""
    return "received" if origin in (ORIGINS[0], INDUCED) else "relayed"


def _tagged(element: str, origin: str) -> str:
    return f"{element}_{origin}" if origin else element


def exchange_pools(labels: Sequence[str], element: str, unit: str, scale: float = 1.0) -> list[Pool]:
    """Declared exchanges of one element."""
    return [Pool(f"{label}.{element_id(element)}", unit, element=element, exchange=True, scale=scale) for label in labels]
