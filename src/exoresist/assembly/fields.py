"""The kinds of field in a scenario: quantities with units, names, texts, and the record that refuses unknown keys."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from exoresist.core.errors import InputError, suggestion
from exoresist.core.units import canonical, parse_quantity

LARGEST = 1e15
SMALLEST = 1e-60

_TOKEN = r"[A-Za-zµμ%]+(?:(?:\^|\*\*)-?[0-9])?"
_PER_SEVERAL = rf"1 ?/ ?\({_TOKEN}(?:(?: ?[*·] ?| ){_TOKEN}){{1,3}}\)"  # 1/(nM h), as the catalogue writes it
UNIT_PATTERN = rf"(?:{_PER_SEVERAL}|(?:1 ?/ ?)?{_TOKEN}(?: ?[*/·] ?{_TOKEN}){{0,5}})"
NUMBER_PATTERN = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
QUANTITY_PATTERN = rf"^\s*{NUMBER_PATTERN}\s*{UNIT_PATTERN}\s*$"
_QUANTITY = re.compile(rf"\s*({NUMBER_PATTERN})\s*(.*?)\s*")
_UNIT = re.compile(UNIT_PATTERN)


class FaultsError(ValueError):
    """Faults found in one record: pairs of a path relative to the record and a sentence."""

    def __init__(self, found: list[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__("; ".join(text for _, text in found))
        self.found = found


def number_text(value: float) -> str:
    """The shortest text that reads back as exactly `value`."""
    return repr(value + 0.0).removesuffix(".0")


def _split(text: str) -> tuple[str, str]:
    """Number and unit of a quantity's text; ValueError when it is not one or its unit is not written plainly."""
    match = _QUANTITY.fullmatch(text[:200])
    if not match or len(text) > 200:
        raise ValueError(f"'{text[:60]}' is not a quantity; write a number and a unit, e.g. '100 nM'")
    unit = match.group(2)
    if unit and (len(unit) > 40 or not _UNIT.fullmatch(unit)):
        raise ValueError(f"'{unit[:60]}' is not a unit; write e.g. nM, h, mL, cell, particle/cell or 1/h")
    return match.group(1), unit


def _parsed(text: str, unit: str) -> float:
    try:
        value = parse_quantity(text, unit, "value")
        # A converted value is rounded, so that "60 min" is no longer than "1 h"; a canonical one is kept bit by bit.
        return value if _split(text)[1] in (unit, "") else float(f"{value:.13g}")
    except InputError as error:
        raise ValueError(str(error).removeprefix("value: ")) from None


@dataclass(frozen=True)
class In:
    """A number held in `unit`, between `low` and `high`; in files text with a unit, or bare if dimensionless."""

    unit: str
    low: float = 0.0
    high: float = LARGEST
    above: bool = False  # `low` itself is not allowed

    def read(self, value: object) -> float:
        bare = self.unit == "dimensionless"
        example = "0.5" if bare else f"100 {self.unit}"
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            came = "true or false" if isinstance(value, bool) else "nothing" if value is None else type(value).__name__
            raise ValueError(f"expected {'a number' if bare else 'a quantity'}, e.g. '{example}', but {came} came")
        if isinstance(value, str):
            number, unit = _split(value)
            if not unit and not bare:
                raise ValueError(f"'{value[:60]}' has no unit; write e.g. '{number[:30]} {self.unit}'")
            result = _parsed(value, self.unit)
        elif bare:
            result = float(value)
        else:
            raise ValueError(f"{value!r} has no unit; write e.g. '{value!r} {self.unit}'")
        return self._within(result, value)

    def _within(self, result: float, value: object) -> float:
        unit = "" if self.unit == "dimensionless" else f" {self.unit}"
        if not math.isfinite(result):
            raise ValueError(f"{value!r} is not a finite number")
        if 0.0 < abs(result) < SMALLEST:
            raise ValueError(f"{value!r} is too small to mean anything; it must be 0 or at least {SMALLEST:g} in size")
        if result < self.low or (self.above and result == self.low):
            bound = f"above {self.low:g}" if self.above else f"at least {self.low:g}"
            # what came before the drug is written by giving the drug a later time
            later = (
                "; times count from the start of the run, so let what comes afterwards begin later" if self.unit == "h" else ""
            )
            raise ValueError(f"{value!r} is too small; it must be {bound}{unit}{later if result < 0.0 else ''}")
        if result > self.high:
            raise ValueError(f"{value!r} is too large; it must be at most {self.high:g}{unit}")
        return result + 0.0  # no negative zero

    def write(self, value: float) -> str | float:
        return value if self.unit == "dimensionless" else f"{number_text(value)} {self.unit}"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        text: dict[str, Any] = {"type": "string", "pattern": QUANTITY_PATTERN}
        if self.unit != "dimensionless":
            return {**text, "examples": [f"100 {self.unit}"], "x-unit": self.unit}
        bounds = {"exclusiveMinimum" if self.above else "minimum": self.low, "maximum": self.high}
        return {"anyOf": [{"type": "number", **bounds}, {**text, "examples": ["50 %"]}], "x-unit": self.unit}


class Measure(NamedTuple):
    """A number in a canonical unit, for fields whose dimension only the catalogue knows."""

    number: float
    unit: str


class AnyUnit:
    """Reads "0.3 1/h" or a bare dimensionless number into a Measure."""

    def read(self, value: object) -> Measure:
        if isinstance(value, str):
            _, unit = _split(value)
            try:
                unit = canonical(unit or "dimensionless")
            except InputError as error:
                raise ValueError(str(error)) from None
            number = _parsed(value, unit)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            number, unit = float(value), "dimensionless"
        else:
            raise ValueError(f"expected a quantity, e.g. '0.03 1/h', but {type(value).__name__} came")
        if not math.isfinite(number) or abs(number) > LARGEST:
            raise ValueError(f"{value!r} is not a usable number; at most {LARGEST:g} {unit} in size")
        if 0.0 < abs(number) < SMALLEST:
            raise ValueError(f"{value!r} is too small to mean anything; it must be 0 or at least {SMALLEST:g} in size")
        return Measure(number + 0.0, unit)

    def write(self, value: Measure) -> str:
        return f"{number_text(value.number)} {value.unit}"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        text = {"type": "string", "pattern": QUANTITY_PATTERN, "examples": ["0.03 1/h", "0 dimensionless"]}
        return {"anyOf": [text, {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}]}


Time = Annotated[float, In("h", high=1e6)]
Duration = Annotated[float, In("h", high=1e6, above=True)]
Volume = Annotated[float, In("mL", high=1e9, above=True)]
Flow = Annotated[float, In("mL/h", high=1e9)]
Concentration = Annotated[float, In("nM", high=1e9)]
Dose = Annotated[float, In("Gy", high=1e4, above=True)]
PositiveConcentration = Annotated[float, In("nM", low=1e-12, high=1e9)]
Cells = Annotated[float, In("cell", high=1e9)]
PositiveCells = Annotated[float, In("cell", high=1e9, above=True)]
VesiclesPerCell = Annotated[float, In("particle/cell", high=1e12)]
PositiveVesiclesPerCell = Annotated[float, In("particle/cell", low=1e-6, high=1e12)]
Length = Annotated[float, In("um", low=1e-3, high=1e6)]
Pressure = Annotated[float, In("mmHg", high=1e4)]
Fraction = Annotated[float, In("dimensionless", high=1.0)]
PositiveFraction = Annotated[float, In("dimensionless", high=1.0, above=True)]
AnyQuantity = Annotated[Measure, AnyUnit()]

# What each pattern means, in words, for the error texts.
FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
LOCAL_ID = r"^[A-Za-z][A-Za-z0-9_]*$"
CATALOG_ID = r"^[A-Za-z0-9][A-Za-z0-9_.:+/-]*$"
SUBJECT = r"^[A-Za-z][A-Za-z0-9_.:+/|-]*$"
PATTERN_TEXT = {
    FILE_NAME: "letters, digits, '_', '-' and '.', beginning with a letter or digit",
    LOCAL_ID: "letters, digits and '_', beginning with a letter",
    CATALOG_ID: "letters, digits and any of _ . : + / -, beginning with a letter or digit",
    SUBJECT: "a kind, kind:id or kind:id|kind:id, e.g. cell, drug:doxorubicin or cell_line:h1299|drug:doxorubicin",
}

FileName = Annotated[str, Field(pattern=FILE_NAME, max_length=80)]
LocalId = Annotated[str, Field(pattern=LOCAL_ID, max_length=60)]
CatalogId = Annotated[str, Field(pattern=CATALOG_ID, max_length=100)]
Subject = Annotated[str, Field(pattern=SUBJECT, max_length=200)]
Line = Annotated[str, Field(max_length=300)]
Text = Annotated[str, Field(max_length=5000)]


class Record(BaseModel):
    """A frozen mapping with known keys; an unknown or missing key is told with what is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_other_keys(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        known = {field.alias or name: field for name, field in cls.model_fields.items()}
        found: list[tuple[tuple[str | int, ...], str]] = []
        for key in data:
            if key not in known:
                near = suggestion(str(key), known)
                listed = ", ".join(sorted(known))
                found.append(((str(key),), f"unknown key. {near + ' ' if near else ''}Allowed: {listed}"))
        for key, field in known.items():
            if field.is_required() and key not in data:
                found.append(((key,), f"is missing. It is needed: {field.description}"))
        if found:
            raise FaultsError(found)
        return data


def log_spaced(start: float, stop: float, points: int) -> tuple[float, ...]:
    """`points` values from `start` to `stop`, both included exactly, at equal ratios."""
    inner = (start * (stop / start) ** (index / (points - 1)) for index in range(1, points - 1))
    return (start, *inner, stop)
