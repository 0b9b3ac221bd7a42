"""Files that state a fit to a cohort of animals (`exoresist-xenograft/1`): the drug, what is fitted, what is foretold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from exoresist.assembly.fields import CatalogId, FaultsError, LocalId, Record, Text
from exoresist.core.errors import InputError
from exoresist.core.units import parse_quantity

XENOGRAFT_SCHEMA = "exoresist-xenograft/1"
DOSE_UNIT = "mg/kg"
_MARK = re.compile(r"^schema:\s*['\"]?exoresist-xenograft/", re.MULTILINE)
Dose = Annotated[str, Field(max_length=40, description="Dose per body weight, such as 25 mg/kg.")]
Doses = Annotated[tuple[Dose, ...], Field(min_length=1, max_length=32)]


def _number(text: str) -> float:
    if not re.search(r"[A-Za-z]", text):
        raise FaultsError([((), f"'{text}' has no unit; write '{text} {DOSE_UNIT}'")])
    try:
        value = parse_quantity(text, DOSE_UNIT, "dose")
    except InputError as error:
        raise FaultsError([((), str(error))]) from None
    if value < 0.0:
        raise FaultsError([((), f"'{text}' is below 0")])
    return value


class FittedGroups(Record):
    """Dose groups that the fit sees."""

    volumes: Doses = Field(description="Groups whose tumour volumes are fitted; 0 mg/kg: the untreated.")
    plasma: Annotated[tuple[Dose, ...], Field(max_length=32)] = Field(
        default=(), description="Groups whose plasma concentrations are fitted; none: plasma stays as it is expected."
    )


class XenograftFile(Record):
    """A cohort fit."""

    schema_: Literal["exoresist-xenograft/1"] = Field(alias="schema")
    name: LocalId
    title: Text = ""
    question: Text = ""
    drug: CatalogId = Field(description="Drug of the catalogue that was given.")
    source: CatalogId = Field(description="Id of the data set among the catalogue's sources.")
    fit: FittedGroups
    predict: Doses = Field(description="Groups whose volumes are held out: predicted once, never fitted.")
    history: Text = Field(default="", description="What was seen of the held-out groups before. The result repeats it.")
    seed: int = Field(default=1, ge=0, strict=True)

    @model_validator(mode="after")
    def _check(self) -> XenograftFile:
        found: list[tuple[tuple[str | int, ...], str]] = []
        for index, dose in enumerate(self.held_out):
            if dose in self.fitted:
                found.append((("predict", index), f"{dose:g} mg/kg is also fitted; a group is one or the other"))
        if len(self.fitted) < 2 or 0.0 not in self.fitted:
            found.append((("fit", "volumes"), "needs 0 mg/kg and at least one dose"))
        if found:
            raise FaultsError(found)
        return self

    @property
    def fitted(self) -> tuple[float, ...]:
        """Fitted doses, mg/kg, rising."""
        return tuple(sorted(map(_number, self.fit.volumes)))

    @property
    def plasma(self) -> tuple[float, ...]:
        return tuple(sorted(map(_number, self.fit.plasma)))

    @property
    def held_out(self) -> tuple[float, ...]:
        return tuple(sorted(map(_number, self.predict)))


def is_xenograft(path: str | Path) -> bool:
    """Whether a file says that it states a cohort fit."""
    try:
        return Path(path).is_file() and _MARK.search(Path(path).read_text(encoding="utf-8-sig")) is not None
    except (OSError, UnicodeDecodeError):
        return False


def read_xenograft(path: str | Path) -> XenograftFile:
    """Read and check a file; InputError naming every fault."""
    from ruamel.yaml import YAML, YAMLError

    place = Path(path)
    try:
        data = YAML(typ="safe", pure=True).load(place.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise InputError(f"'{place}' cannot be read as YAML: {' '.join(str(error).split())[:300]}", "a file of keys") from None
    if not isinstance(data, dict):
        raise InputError(f"'{place}' holds no keys", "schema, name, drug, source, fit, predict")
    try:
        return XenograftFile.model_validate(data)
    except ValidationError as error:
        told = [": ".join(filter(None, (".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, "))))
                for one in error.errors()[:8]]  # fmt: skip
        raise InputError(f"'{place}': {'; '.join(told)}", "", "See examples/lxf_erlotinib.yaml") from None
    except FaultsError as error:
        raise InputError(f"'{place}': {error}", "", "See examples/lxf_erlotinib.yaml") from None
