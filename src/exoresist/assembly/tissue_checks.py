"""What must hold in a scenario with a tissue, and what belongs to a tissue only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exoresist.core.errors import suggestion

if TYPE_CHECKING:
    from exoresist.assembly.scenario import Arena, Scenario
    from exoresist.assembly.space import FaceEntry, FieldEntry, Space

Found = list[tuple[tuple[str | int, ...], str]]

ELSEWHERE = "belongs to a tissue only; remove it or write kind: tissue"


def tissue_problems(scenario: Scenario) -> Found:
    """Every fault of a tissue's box, populations and drugs, as pairs of a path and a sentence."""
    if scenario.arena.kind != "tissue":
        return _strangers(scenario)
    space = scenario.arena.space
    if space is None:
        return [(("arena",), "a tissue needs `space`, the box in which the cells live, e.g. {size: 600 um}")]
    return (
        _vessel(scenario.arena)
        + _assay(scenario)
        + _box(space)
        + _fields(scenario, space)
        + _populations(scenario, space)
        + _drugs(scenario, space)
    )


def _strangers(scenario: Scenario) -> Found:
    """Parts of a tissue in another arena."""
    found: Found = []
    if scenario.arena.space is not None:
        found.append((("arena", "space"), ELSEWHERE))
    for index, population in enumerate(scenario.populations):
        found += [
            (("populations", index, name), ELSEWHERE)
            for name in ("where", "attracted", "varied")
            if getattr(population, name) is not None
        ]
    found += [(("drugs", index, "plasma"), ELSEWHERE) for index, drug in enumerate(scenario.drugs) if drug.plasma is not None]
    return found


def _assay(scenario: Scenario) -> Found:
    """Assays of two media, which a tissue does not have."""
    if scenario.assay.kind not in ("conditioned_medium", "transwell"):
        return []
    donor, own = scenario.assay.donor, f"`assay: {{kind: tumour, population: {scenario.assay.population}}}`"
    if scenario.assay.kind == "transwell":
        text = f"a tissue has no membrane between '{donor}' and the others; write {own}, and `where` to lay the cells apart"
    else:
        text = (
            f"a tissue has no well in which '{donor}' conditions its medium; write {own}, with its vesicles under `vesicles` (and "
            f"'{donor}' at 0 cell), or with '{donor}' among the cells"
        )
    return [(("assay", "kind"), text)]


def _vessel(arena: Arena) -> Found:
    """What only a dish or a body has."""
    own = {
        "volume": "a tissue's fluid is a share of its box", "capacity": "how many cells fit into a tissue follows from its box",
        "insert_volume": "belongs to a transwell", "pore_exchange": "belongs to a transwell", "organs": "belong to a circulation",
    }  # fmt: skip
    return [(("arena", name), f"{why}; remove it") for name, why in own.items() if getattr(arena, name) is not None]


def _box(space: Space) -> Found:
    found: Found = []
    here = ("arena", "space")
    if space.size < 2.0 * space.voxel:
        found.append(((*here, "size"), f"{space.size:g} um is less than two voxels of {space.voxel:g} um"))
    if space.thickness is not None and space.dimensions != 2:
        found.append(((*here, "thickness"), "belongs to a slice: write `dimensions: 2`, or remove it"))
    for name in ("network_step", "motion_step", "drug_step"):
        if getattr(space, name) is None:
            continue
        ratio = space.life_step / getattr(space, name)
        if round(ratio) < 1 or abs(ratio - round(ratio)) > 1e-6 * ratio:
            found.append(((*here, name), f"does not divide the life step of {space.life_step * 60.0:g} min"))
    if space.vessels is not None:
        vessels = space.vessels
        if (vessels.spacing is None) == (vessels.at is None):
            found.append(((*here, "vessels"), "give either `spacing` (a square grid) or `at` (a list of places)"))
        if vessels.spacing is not None and not space.voxel <= vessels.spacing <= space.size:
            found.append(
                (
                    (*here, "vessels", "spacing"),
                    f"{vessels.spacing:g} um is not between a voxel of {space.voxel:g} um and the box of {space.size:g} um",
                )
            )
        for index, point in enumerate(vessels.at or ()):
            if max(abs(point.x), abs(point.y)) > 0.5 * space.size:
                found.append(((*here, "vessels", "at", index), f"lies outside the box of {space.size:g} um around 0"))
    return found


def _fields(scenario: Scenario, space: Space) -> Found:
    """Fast fields and what holds at the edges."""
    found: Found = []
    entries = space.fields or ()
    names = [one.id for one in entries]
    held = {one.id for one in scenario.drugs} | {one.id for one in scenario.populations}
    for index, entry in enumerate(entries):
        here = ("arena", "space", "fields", index)
        if names.index(entry.id) != index:
            found.append(((*here, "id"), f"'{entry.id}' is listed twice"))
        if entry.id == "oxygen" and (space.oxygen is None or entry.outside is not None):
            found.append(((*here, "id"), "the level of oxygen stands in `space.oxygen`; here only its edges"))
        if entry.id in held and entry.outside is not None:
            found.append(((*here, "outside"), f"'{entry.id}' has none of its own: a drug's dose holds, vesicles leave for good"))
        if entry.id == "lactate" and "glucose" not in names:
            found.append(((*here, "id"), "lactate is made of glucose: give a field 'glucose' as well"))
        if entry.id in ("glucose", "lactate") and scenario.metabolism is not None:
            found.append(((*here, "id"), f"`metabolism` has {entry.id} already, as a field in time: leave one of the two out"))
        found += _edges(here, entry)
        for place, face in enumerate(entry.faces or ()):
            found += _edges((*here, "faces", place), face)
            if [one.at for one in entry.faces or ()].index(face.at) != place:
                found.append(((*here, "faces", place, "at"), f"'{face.at}' is listed twice"))
            if space.dimensions == 2 and face.at in ("back", "front") and face.edges != "closed":
                found.append(((*here, "faces", place, "at"), "a slice has no back and front that let something cross"))
    return found


def _edges(here: tuple[str | int, ...], one: FieldEntry | FaceEntry) -> Found:
    if (one.edges == "permeable") != (one.transfer is not None):
        return [
            ((*here, "transfer"), "belongs to permeable edges, and they need it, e.g. {edges: permeable, transfer: 100 um/h}")
        ]
    return []


def _populations(scenario: Scenario, space: Space) -> Found:
    found: Found = []
    fields = [*(["oxygen"] if space.oxygen is not None else []), *(drug.id for drug in scenario.drugs)]
    fields += [factor.id for factor in scenario.factors] + [one.id for one in scenario.populations]
    fields += [one.id for one in space.fields or () if one.id not in fields]
    for index, population in enumerate(scenario.populations):
        here = ("populations", index)
        if population.side is not None:
            found.append(((*here, "side"), "a tissue has no sides; write `side: null`, and `where` to lay cells apart"))
        for place, one in enumerate(population.attracted or ()):
            if one.to not in fields:
                near = suggestion(one.to, fields)
                text = f"there is no field '{one.to}'. {near + ' ' if near else ''}Known: {', '.join(fields)}"
                found.append(((*here, "attracted", place, "to"), text))
        if sum(abs(one.weight) for one in population.attracted or ()) > 1.0:
            found.append(((*here, "attracted"), "the weights add up to more than 1 in size"))
    return found


def _drugs(scenario: Scenario, space: Space) -> Found:
    found: Found = []
    for index, drug in enumerate(scenario.drugs):
        here, plasma = ("drugs", index), drug.plasma
        if plasma is None:
            continue
        if drug.until is not None:
            found.append(((*here, "until"), "blood is not washed; remove it, plasma clears what is in it"))
        if space.vessels is None and space.edges == "closed":
            found.append(((*here, "plasma"), "reaches nothing: give `space.vessels`, or open edges"))
        if plasma.lasting is not None and drug.every is not None and plasma.lasting > drug.every:
            found.append(((*here, "plasma", "lasting"), "an infusion must end before the next begins"))
        if plasma.adaptive is not None and plasma.adaptive.stop_below > plasma.adaptive.resume_above:
            found.append(((*here, "plasma", "adaptive"), "`stop_below` is above `resume_above`"))
    return found
