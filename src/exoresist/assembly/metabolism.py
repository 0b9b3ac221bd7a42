"""Metabolism of cells and medium: nutrients, fuels and ATP, acid, lipids; present only when a scenario names it.

Every effect is written against the standard medium: in it, and before cells have used it up, all factors are 1 and nothing changes.
The medium's pools hold carbon (or their own element), so glucose that becomes lactate, lipid or carbon dioxide is all accounted for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exoresist.assembly import autophagy, ferroptosis, growth_nutrients
from exoresist.assembly.book import Book
from exoresist.assembly.layout import Layout, Population, Side, exchange_pools
from exoresist.assembly.nutrients import flux, medium_pool, relative
from exoresist.assembly.scenario import Scenario
from exoresist.laws import kinetics, signalling
from exoresist.laws import metabolism as laws
from exoresist.network import Amount, Derived, Modulation, Node, Pool, Process, RateOf, Sum
from exoresist.network.parts import Part, Reference

Array = NDArray[np.float64]
Values = Mapping[str, "float | Array"]

# Nutrients that are always there, with the element that they hold.
ELEMENTS = {
    "glucose": "carbon", "lactate": "carbon", "glutamine": "carbon", "fatty_acid": "carbon", "polyunsaturated": "carbon",
    "cystine": "cystine",
}  # fmt: skip
# Stresses that the medium itself makes, beside those that a scenario imposes.
OWN_STRESSES = ("acidity", "starvation")


@dataclass(frozen=True)
class Flow:
    """A use of a nutrient: from the medium to another pool, at a rate known for the standard medium.

    burnt   the carbon is oxidised: needs oxygen; `fuel`: gives ATP, and rises when ATP falls
    """

    process: str
    nutrient: str
    sink: str
    burnt: bool = False
    fuel: bool = False


FLOWS = (
    Flow("glycolysis", "glucose", "lactate", fuel=True),
    Flow("glucose_oxidation", "glucose", "respired", burnt=True, fuel=True),
    Flow("glutamine_oxidation", "glutamine", "respired", burnt=True, fuel=True),
    Flow("lipid_uptake", "fatty_acid", "droplets"),
    Flow("lipogenesis_saturated", "glucose", "incorporated"),
    Flow("lipogenesis_unsaturated", "glucose", "droplets"),
    Flow("pufa_incorporation", "polyunsaturated", "incorporated"),
    Flow("cystine_uptake", "cystine", "used"),
)
# Besides: lactate as a fuel, protein that is scavenged, lipid from droplets.
FUELS = (*(flow.process for flow in FLOWS if flow.fuel), "lactate_oxidation", "scavenging", "fatty_acid_oxidation")
BURNT = ("glucose_oxidation", "glutamine_oxidation", "lactate_oxidation", "scavenging", "fatty_acid_oxidation")
CARBON_OF = {"lactate_oxidation": "lactate", "scavenging": "glutamine", "fatty_acid_oxidation": "fatty_acid"}
# Processes that need ATP.
DRIVEN_BY_ATP = ("secretion", "repair", "efflux", "growth")


def nutrients(scenario: Scenario) -> tuple[str, ...]:
    """Nutrients of the media that have pools: none without metabolism."""
    if scenario.metabolism is None:
        return ()
    chosen = scenario.metabolism.concentrations()
    return (*ELEMENTS, *(name for name in growth_nutrients.ELEMENTS if name in chosen))


def with_metabolism(scenario: Scenario, layout: Layout, book: Book, parts: list[Part]) -> list[Part]:
    """The parts of a model with metabolism added; without it in the scenario, the parts as they are."""
    given = scenario.metabolism
    if given is None:
        return parts
    chosen = given.concentrations()
    processes = [part for part in parts if isinstance(part, Process)]
    result = [*_rewired(layout, parts), *_exchanges(), *growth_nutrients.exchanges(chosen)]
    for side in layout.sides:
        for nutrient, element in ELEMENTS.items():
            result += medium_pool(book, side, nutrient, element, chosen.get(nutrient))
        result += _surroundings(book, side, chosen)
        result += growth_nutrients.medium_parts(book, side, chosen)
    for population in layout.populations:
        own = [process for process in processes if process.id.split(".", 1)[0] == population.id]
        result += _fluxes(layout, book, population)
        result += _energy(book, population)
        result += ferroptosis.lipid_parts(book, population, extra_pufa="phospholipid" in chosen)
        result += ferroptosis.peroxide_parts(layout, book, population)
        result += growth_nutrients.cell_parts(book, population, chosen)
        result += autophagy.autophagy_parts(layout, book, population, own)
        result += _couplings(layout, book, population, own)
        result += ferroptosis.couplings(book, population, own)
        result += growth_nutrients.couplings(book, population, own, chosen)
    return result


def tolerance(layout: Layout, book: Book, population: Population) -> tuple[list[Part], list[Reference]]:
    """What the medium's lipids make of the damage that a cell bears."""
    return growth_nutrients.tolerance_parts(book, population, layout.nutrients) if layout.nutrients else ([], [])


def fresh_amounts(layout: Layout, values: Values, share: float = 1.0) -> dict[str, Any]:
    """Nutrients of fresh medium, by pool: concentration times volume (times carbon atoms)."""
    result: dict[str, Any] = {}
    for side in layout.sides:
        for nutrient in layout.nutrients:
            concentration = values.get(f"fresh.{nutrient}", values.get(f"standard.{nutrient}", 0.0))
            amount = concentration * values[side.volume] * share
            result[f"{side.id}.{nutrient}"] = amount * values.get(f"carbon.{nutrient}", 1.0)
    return result


def start_amounts(layout: Layout, values: Values) -> dict[str, float | Array]:
    """Fresh medium, and cells at their steady content of stored lipid and of lipid peroxide."""
    if not layout.nutrients:
        return {}
    result = fresh_amounts(layout, values)
    for population in layout.populations:
        who = population.id
        gain = np.asarray(values[f"{who}.lipid_uptake_rate"]) * values["carbon.fatty_acid"]
        gain = gain + values[f"{who}.lipogenesis_unsaturated_rate"] * np.asarray(values["carbon.glucose"])
        leaving = np.asarray(values[f"{who}.lipid_burn_rate"]) + values[f"{who}.lipid_membrane_rate"]
        result[f"{who}.droplets"] = population.count * gain / (leaving + values[f"{who}.growth_rate"])
        result |= ferroptosis.start(population, values)
    return result


def _exchanges() -> list[Part]:
    return [
        *exchange_pools(("respired", "incorporated", "scavenged", "debris", "removed"), "carbon", "pmol"),
        *exchange_pools(("used", "removed"), "cystine", "pmol"),
    ]


def _rewired(layout: Layout, parts: list[Part]) -> list[Part]:
    """Acid and hunger reach the cells as what their own medium has, the imposed stress included."""
    sides = {population.id: population.side.id for population in layout.populations}
    result = []
    for part in parts:
        if isinstance(part, Modulation):
            side = sides.get(part.process.split(".", 1)[0])
            for stress in OWN_STRESSES:
                if side and part.inputs.get("stress") == f"environment.{stress}":
                    part = replace(part, inputs={**part.inputs, "stress": f"{side}.{stress}"})
        result.append(part)
    return result


def _surroundings(book: Book, side: Side, chosen: Mapping[str, float]) -> list[Part]:
    """Oxygen that cells see, pH, and the stresses that the medium makes."""
    here = side.id
    oxygen = book.number("standard.oxygen", "medium_concentration", "nM", "nutrient:oxygen", use="respiration")
    if "oxygen" in chosen:
        book.plain("fresh.oxygen", chosen["oxygen"], "nM")
    half = book.number("half.oxygen", "half_saturation", "nM", "nutrient:oxygen", use="respiration")
    buffer = book.number("standard.bicarbonate", "medium_concentration", "nM", "nutrient:bicarbonate", use="pH")
    if "bicarbonate" in chosen:
        buffer = book.plain("fresh.bicarbonate", chosen["bicarbonate"], "nM")
    minor = book.number("medium.minor_buffer", "minor_buffer", "nM", "medium", use="pH")
    dissolved = book.number("medium.dissolved_co2", "dissolved_co2", "nM", "medium", use="pH")
    pka = book.number("medium.carbonic_pka", "carbonic_pka", "dimensionless", "medium", use="pH")
    excess = book.number("medium.acid_half", "acid_half_excess", "dimensionless", "medium", use="pH")
    share = book.number("medium.glucose_hunger", "glucose_hunger_share", "dimensionless", "medium", use="ilv_formation")
    none = book.plain("medium.no_acid", 0.0, "nM")
    salt = "fresh.lactate" if "fresh.lactate" in book.parameters else "standard.lactate"
    given = "fresh.oxygen" if "oxygen" in chosen else oxygen
    return [
        Derived(f"{here}.aerated", kinetics.remainder, {"fraction": "environment.hypoxia"}),
        Derived(f"{here}.oxygen", kinetics.product, {"first": given, "second": f"{here}.aerated"}),
        Derived(f"{here}.oxygen_use", laws.relative_saturation, {"level": f"{here}.oxygen", "half": half, "standard": oxygen}),
        # Lactate that the medium came with is a salt; what cells make brings its proton along, what they burn takes it away.
        Derived(f"{here}.acid", kinetics.difference, {"first": f"{here}.lactate_level", "second": salt}),
        Derived(f"{here}.buffer", laws.buffer_left, {"buffer": buffer, "acid": f"{here}.acid", "minor": minor}),
        Derived(f"{here}.buffer_fresh", laws.buffer_left, {"buffer": buffer, "acid": none, "minor": minor}),
        Derived(f"{here}.ph", laws.medium_ph, {"left": f"{here}.buffer", "dissolved": dissolved, "pka": pka}),
        Derived(
            f"{here}.acid_stress",
            laws.acid_stress,
            {"left": f"{here}.buffer", "fresh": f"{here}.buffer_fresh", "half": excess},
        ),
        Derived(f"{here}.neutral", kinetics.remainder, {"fraction": f"{here}.acid_stress"}),
        Derived(f"{here}.acidity", laws.own_stress, {"imposed": "environment.acidity", "supply": f"{here}.neutral"}),
        Derived(
            f"{here}.nutrition",
            laws.blend,
            {"first": f"{here}.glucose_use", "second": f"{here}.glutamine_use", "share": share},
        ),
        Derived(f"{here}.starvation", laws.own_stress, {"imposed": "environment.starvation", "supply": f"{here}.nutrition"}),
    ]


def _fluxes(layout: Layout, book: Book, population: Population) -> list[Part]:
    """Uptake and burning of nutrients by one population."""
    who, side = population.id, population.side.id
    cells = Amount(population.cells)
    store = f"{who}.droplets"
    sinks = {
        "lactate": f"{side}.lactate", "droplets": store, "used": "used.cystine", "respired": "respired.carbon",
        "incorporated": "incorporated.carbon",
    }  # fmt: skip
    parts: list[Part] = [Pool(store, "pmol", element="carbon", carrier=population.cells, kind="lipid", scale=1e-3)]
    for flow in FLOWS:
        inputs: dict[str, Reference] = {
            "rate": f"{who}.{flow.process}_carbon",
            "first": f"{side}.{flow.nutrient}_use",
            "second": cells,
        }
        parts += flux(book, population, flow.process, flow.nutrient)
        parts.append(Process(f"{who}.{flow.process}", f"{side}.{flow.nutrient}", sinks[flow.sink], kinetics.mass_action, inputs))
        parts.append(relative(who, flow.process))
    # Lactate as a fuel: none in the standard medium, so its rate is the one in excess of it.
    half = book.number("half.lactate", "half_saturation", "nM", "nutrient:lactate", use="lactate_oxidation")
    level = f"{side}.lactate_level"
    parts += [
        *flux(book, population, "lactate_oxidation", "lactate"),
        Derived(f"{who}.lactate_scale", kinetics.total, {"first": half, "second": level}),
        Derived(f"{who}.lactate_use", kinetics.ratio, {"numerator": level, "denominator": f"{who}.lactate_scale"}),
        Process(
            f"{who}.lactate_oxidation", f"{side}.lactate", "respired.carbon", kinetics.mass_action,
            {"rate": f"{who}.lactate_oxidation_carbon", "first": f"{who}.lactate_use", "second": cells},
        ),
        *flux(book, population, "scavenging", "glutamine"),
        Process(
            f"{who}.scavenging", "scavenged.carbon", "respired.carbon", kinetics.product,
            {"first": f"{who}.scavenging_carbon", "second": cells},
        ),
        *_droplets(book, population),
    ]  # fmt: skip
    return parts


def _droplets(book: Book, population: Population) -> list[Part]:
    """Stored lipid: burnt, or built into membranes."""
    who, store = population.id, f"{population.id}.droplets"
    burn = book.number(f"{who}.lipid_burn_rate", "lipid_burn_rate", "1/h", *population.subjects(), use="fatty_acid_oxidation")
    build = book.number(f"{who}.lipid_membrane_rate", "lipid_membrane_rate", "1/h", *population.subjects(), use="lipids")
    gain = f"{who}.droplet_gain"
    return [
        Process(f"{who}.fatty_acid_oxidation", store, "respired.carbon", kinetics.constant, {"rate": burn}, specific=True),
        Process(f"{who}.lipid_incorporation", store, "incorporated.carbon", kinetics.constant, {"rate": build}, specific=True),
        # The store in the standard medium: what comes in, over all that leaves or is shared out at division.
        Derived(
            gain,
            kinetics.total,
            {"first": f"{who}.lipid_uptake_standard", "second": f"{who}.lipogenesis_unsaturated_standard"},
        ),
        Sum(f"{who}.droplet_loss", [burn, build, f"{who}.growth_rate"]),
        Derived(f"{who}.droplets_standard", kinetics.ratio, {"numerator": gain, "denominator": f"{who}.droplet_loss"}),
        Derived(f"{who}.fatty_acid_oxidation_standard", kinetics.product, {"first": f"{who}.droplets_standard", "second": burn}),
        Derived(
            f"{who}.fatty_acid_oxidation_flux",
            kinetics.product,
            {"first": RateOf(f"{who}.fatty_acid_oxidation"), "second": Amount(store)},
        ),
        Derived(
            f"{who}.fatty_acid_oxidation_level",
            kinetics.ratio,
            {"numerator": f"{who}.fatty_acid_oxidation_flux", "denominator": f"{who}.fatty_acid_oxidation_standard"},
        ),
    ]


def _energy(book: Book, population: Population) -> list[Part]:
    """ATP: supply over what the cell makes in the standard medium; every fuel is drawn on harder when ATP falls."""
    who, side = population.id, population.side.id
    atp = f"{who}.atp"
    surplus, steep, control, half, scavenging = (
        book.number(f"metabolism.{name}", name, "dimensionless", "metabolism", use="ATP")
        for name in ("energy_surplus", "energy_exponent", "respiratory_control", "control_exponent", "scavenging_fold")
    )
    time = book.number("metabolism.energy_time", "energy_time", "h", "metabolism", use="ATP")
    parts: list[Part] = []
    supply: dict[str, list[Reference]] = {"made": [], "needed": [], "burnt": [], "burnt_standard": []}
    nutrients = {flow.process: flow.nutrient for flow in FLOWS} | CARBON_OF
    for fuel in FUELS:
        gain = book.number(f"yield.{fuel}", "atp_yield", "dimensionless", f"process:{fuel}", use="ATP")
        each = f"{who}.{fuel}_atp"
        rate: Reference = f"{who}.fatty_acid_oxidation_flux" if fuel == "fatty_acid_oxidation" else RateOf(f"{who}.{fuel}")
        parts += [
            Derived(f"{each}_per_carbon", kinetics.ratio, {"numerator": gain, "denominator": f"carbon.{nutrients[fuel]}"}),
            Derived(each, kinetics.product, {"first": rate, "second": f"{each}_per_carbon"}),
        ]
        supply["made"].append(each)
        if fuel in BURNT:
            supply["burnt"].append(each)
        if fuel != "lactate_oxidation":
            standard = f"{each}_standard"
            parts.append(Derived(standard, kinetics.product, {"first": f"{who}.{fuel}_standard", "second": f"{each}_per_carbon"}))
            supply["needed"].append(standard)
            if fuel in BURNT:
                supply["burnt_standard"].append(standard)
        most = scavenging if fuel == "scavenging" else control
        parts.append(
            Modulation(
                f"{who}.{fuel}", signalling.repression, {"level": atp, "most": most, "exponent": half}, tag="metabolism:ATP"
            )
        )
        if fuel in BURNT:
            parts.append(Modulation(f"{who}.{fuel}", kinetics.constant, {"rate": f"{side}.oxygen_use"}, tag="metabolism:oxygen"))
    parts += [Sum(f"{who}.atp_{name}", terms) for name, terms in supply.items()]
    parts += [
        Derived(f"{who}.atp_supply", kinetics.ratio, {"numerator": f"{who}.atp_made", "denominator": f"{who}.atp_needed"}),
        Derived(
            f"{who}.respiration", kinetics.ratio, {"numerator": f"{who}.atp_burnt", "denominator": f"{who}.atp_burnt_standard"}
        ),
        Node(atp, time, [(signalling.activation, {"level": f"{who}.atp_supply", "most": surplus, "exponent": steep})]),
    ]
    return parts


def _couplings(layout: Layout, book: Book, population: Population, processes: list[Process]) -> list[Part]:
    """What ATP, lactate, glutamine, lipid and fatty acid do to the cell's other processes."""
    who, side = population.id, population.side.id
    need, exponent, lactyl, nucleotides, membranes, growth_surplus = (
        book.number(f"metabolism.{name}", name, "dimensionless", "metabolism", use="metabolism")
        for name in (
            "energy_need_surplus", "energy_need_exponent", "lactate_repair_share", "glutamine_growth_share",
            "lipid_growth_share", "glutamine_melanoma_fold",
        )
    )  # fmt: skip
    gpr = book.number("metabolism.gpr120_fold", "gpr120_fold", "dimensionless", "metabolism", use="pump_synthesis")
    parts: list[Part] = [
        # Lactate inside follows what is made and what comes in.
        Sum(f"{who}.lactate_turned", [RateOf(f"{who}.glycolysis"), RateOf(f"{who}.lactate_oxidation")]),
        Derived(
            f"{who}.lactate_inside",
            kinetics.ratio,
            {"numerator": f"{who}.lactate_turned", "denominator": f"{who}.glycolysis_standard"},
        ),
    ]
    for process in processes:
        if process.name in DRIVEN_BY_ATP:
            inputs: dict[str, Reference] = {"level": f"{who}.atp", "most": need, "exponent": exponent}
            parts.append(Modulation(process.id, signalling.activation, inputs, tag="metabolism:ATP"))
        if process.name == "repair":
            inputs = {"level": f"{who}.lactate_inside", "share": lactyl}
            parts.append(Modulation(process.id, laws.dependence, inputs, tag="metabolism:lactate"))
        if process.name == "pump_synthesis":
            fatty: dict[str, Reference] = {
                "concentration": f"{side}.fatty_acid_level", "half": "half.fatty_acid", "most": gpr,
                "standard": "standard.fatty_acid",
            }  # fmt: skip
            parts.append(Modulation(process.id, laws.relative_stimulation, fatty, tag="metabolism:GPR120"))
    growth, glutamine = f"{who}.growth", f"{who}.glutamine_oxidation_level"
    one = book.plain("edge.exponent", 1.0, "dimensionless")
    parts.append(
        Modulation(growth, laws.dependence, {"level": f"{who}.lipid_supply", "share": membranes}, tag="metabolism:lipid")
    )
    hub = book.catalog.hub_in("glutamine_metabolism", layout.contexts)
    if hub is not None and hub.process == "growth" and hub.sign == "-1":
        brake: dict[str, Reference] = {"level": glutamine, "most": growth_surplus, "exponent": one}
        parts.append(Modulation(growth, signalling.repression, brake, tag="metabolism:glutamine"))
    else:
        supply: dict[str, Reference] = {"level": glutamine, "share": nucleotides}
        parts.append(Modulation(growth, laws.dependence, supply, tag="metabolism:glutamine"))
    return parts
