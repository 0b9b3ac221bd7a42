"""Particle tables of nanoparticle tracking: NanoSight's summary, ZetaView's text file, and plain tables of sizes and concentrations.

Both instruments print the size distribution more than once: NanoSight one column per capture and then their mean, ZetaView the same
particles on a linear and again on a logarithmic axis (a line of -1 stands between). Adding these up would count particles twice.
NanoSight says whether concentrations were corrected for a dilution; ZetaView's text file holds those of the diluted sample.
Layouts from files of users of both: github nguyens7/tidyNano (NTA 3.2) and readers of ZetaView exports.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from exoresist.core.errors import InputError
from exoresist.exchange.lab_headings import find_columns, plain_heading
from exoresist.exchange.lab_numbers import number_of
from exoresist.exchange.sheets import Sheet

FEWEST_TRACKS = 500.0  # below this the makers' own programs warn of poor statistics
LARGEST = 1e16
FEWEST = 1e4  # particles per mL; trackers and pores need about a thousand times more


@dataclass
class ParticleTable:
    """What a particle file says, as it says it (dilution not yet applied).

    captures     particles per mL of each capture or position, one or more
    diameters    nm, middle of each bin;  density  particles per mL in each bin (any scale), mean over captures; both may be empty
    stated       mean, mode, sd, d10, d50, d90 in nm as the instrument printed them
    dilution     as printed, None if the file does not say;  adjusted  whether the concentrations already hold it (None: not said)
    """

    source: str
    instrument: str
    captures: list[float]
    diameters: list[float] = field(default_factory=list)
    density: list[float] = field(default_factory=list)
    stated: dict[str, float] = field(default_factory=dict)
    dilution: float | None = None
    adjusted: bool | None = None
    tracks: float | None = None
    sample: str = ""
    recognised: str = ""
    warnings: list[str] = field(default_factory=list)


def read_particle_sheet(sheet: Sheet) -> ParticleTable | None:
    """The particles of a sheet; None where it holds no such table.

    raises  InputError for a particle table that cannot be used: no readings, negative or impossible concentrations
    """
    text = "\n".join(" ".join(row[:3]) for row in sheet.rows[:150]).lower()
    table = None
    if "bin centre (nm)" in text or "nta experiment summary" in text or "[size data]" in text:
        table = _nanosight(sheet)
    elif "size / nm" in text or "zetaview" in text:
        table = _zetaview(sheet)
    table = table or _plain(sheet)
    if table is not None:
        _check(table)
    return table


def _keyed(sheet: Sheet, start: str, after: int = 0, before: int | None = None) -> tuple[int, tuple[str, ...]] | None:
    """The first row whose first cell begins with a text, and its index."""
    for index, row in enumerate(sheet.rows[after:before], after):
        if row and row[0].lower().startswith(start):
            return index, row
    return None


def _numbers(sheet: Sheet, cells: Sequence[str]) -> list[float]:
    return [found.value for cell in cells if (found := number_of(cell, sheet.style)).value is not None]


def _nanosight(sheet: Sheet) -> ParticleTable:
    head = _keyed(sheet, "bin centre")
    total = _keyed(sheet, "concentration (particles")
    names = _keyed(sheet, "filename")
    if head is None and total is None:
        raise InputError(
            f"{sheet.source} is a NanoSight file without results",
            "a row 'Concentration' or a table of bins",
            "Export the whole summary",
        )
    columns = len([cell for cell in names[1][1:] if cell and cell.lower() not in ("average", "standard error")]) if names else 0
    table = ParticleTable(sheet.source, "NanoSight", [])
    if head is not None:
        titles = [plain_heading(cell) for cell in head[1]]
        captures = [place for place, title in enumerate(titles) if place and title == "concentration"]
        columns = columns or len(captures)
        mean = titles.index("concentration average") if "concentration average" in titles else None
        _bins(sheet, head[0] + 1, mean, captures, table)
        again = _keyed(sheet, "bin centre", head[0] + 1)
        if again is not None:
            table.warnings.append(
                f"{sheet.source} prints the size table twice (line {sheet.line(again[0])}); only the first was used."
            )
    if total is not None:
        table.captures = _numbers(sheet, total[1][1 : 1 + columns] if columns else total[1][1:])
        again = _keyed(sheet, "concentration (particles", total[0] + 1, head[0] if head else None)
        if again is not None:
            table.warnings.append(
                f"{sheet.source} states the concentration twice (line {sheet.line(again[0])}); the first was used."
            )
    if not table.captures and table.density:
        table.captures = [sum(table.density)]
        table.warnings.append(f"{sheet.source} states no total concentration; the bins were added up.")
    dilution = _keyed(sheet, "dilution factor")
    if dilution is not None:
        found = _numbers(sheet, dilution[1][1:])
        table.dilution = found[0] if found else None
        if found and len(set(found)) > 1:
            table.warnings.append(f"{sheet.source}: captures have different dilution factors ({min(found):g} to {max(found):g}).")
        table.adjusted = bool(found) if "adjusted" in dilution[1][0].lower() else None
    for key in ("mean", "mode", "sd", "d10", "d50", "d90"):
        row = _keyed(sheet, key, names[0] if names else 0)
        values = _numbers(sheet, row[1][1:]) if row else []
        if values:
            own = values[: columns or None]  # the columns after those of the captures hold their mean and its error
            table.stated[key] = sum(own) / len(own)
    tracks = _keyed(sheet, "valid tracks") or _keyed(sheet, "completed tracks")
    found = _numbers(sheet, tracks[1][1:]) if tracks else []
    table.tracks = sum(found) if found else None
    invalid = _keyed(sheet, "validity of concentration")
    if invalid and any(cell and cell.upper() != "OK" for cell in invalid[1][1:]):
        table.warnings.append(
            f"{sheet.source}: the instrument itself marks the concentration as not valid in at least one capture."
        )
    sample = _keyed(sheet, "sample name")
    table.sample = sample[1][1] if sample and len(sample[1]) > 1 else ""
    table.recognised = (
        f"NanoSight summary, {len(table.captures)} capture{'s' if len(table.captures) != 1 else ''}, {len(table.diameters)} bins"
    )
    return table


def _bins(sheet: Sheet, start: int, mean: int | None, captures: list[int], table: ParticleTable) -> None:
    """Rows of numbers from `start` on, until one is none."""
    for row in sheet.rows[start:]:
        size = number_of(row[0], sheet.style).value if row else None
        if size is None:
            if table.diameters or (row and row[0] and not any(map(str.isdigit, row[0]))):
                break
            continue
        places = [mean] if mean is not None and mean < len(row) else captures
        values = _numbers(sheet, [row[place] for place in places if place is not None and place < len(row)])
        if values:
            table.diameters.append(size)
            table.density.append(sum(values) / len(values))


def _zetaview(sheet: Sheet) -> ParticleTable:
    table = ParticleTable(sheet.source, "ZetaView", [])
    fields: dict[str, list[str]] = {}
    for row in sheet.rows[:150]:
        if (row and row[0].rstrip().endswith(":")) or (row and ":" in row[0]):
            key, _, rest = row[0].partition(":")
            fields.setdefault(key.strip().lower(), [cell for cell in (rest.strip(" :"), *row[1:]) if cell])
    heads = [index for index, row in enumerate(sheet.rows) if row and plain_heading(row[0]) == "size nm"]
    if heads:
        titles = [plain_heading(cell) for cell in sheet.rows[heads[0]]]
        column = next((place for place, title in enumerate(titles) if title.startswith("concentration")), None)
        if column is None:
            raise InputError(
                f"{sheet.source} has sizes without concentrations", "a column Concentration / cm-3", "Export it again"
            )
        second = False
        for row in sheet.rows[heads[0] + 1 :]:
            values = [number_of(cell, sheet.style).value for cell in row]
            if not values or values[0] is None:
                if table.diameters:
                    break
                continue
            if values[0] <= 0 or (table.diameters and values[0] < table.diameters[-1]):
                second = True
                break
            if column < len(values) and values[column] is not None:
                table.diameters.append(values[0])
                table.density.append(float(values[column] or 0.0))
        if second or len(heads) > 1:
            table.warnings.append(
                f"{sheet.source} prints the particles twice (a linear and a logarithmic size axis); only the first table was "
                "used, else "
                "every particle would count double."
            )
    stated = next(
        (key for key in fields if key.startswith(("concentration", "original concentration")) and "correction" not in key), None
    )
    printed = _numbers(sheet, fields[stated][:1]) if stated else []
    table.captures = [sum(table.density)] if table.density else printed
    if printed and table.density and not 0.8 < printed[0] / max(sum(table.density), 1e-300) < 1.25:
        table.warnings.append(
            f"{sheet.source}: the bins add up to {sum(table.density):.3g}, the file states {printed[0]:.3g} particles per mL."
        )
    for key, cells in fields.items():
        if key.startswith("dilution"):
            found = _numbers(sheet, [cell.split()[0] for cell in cells[:1]])
            table.dilution = found[0] if found else table.dilution
        elif key == "sample" and cells:
            table.sample = cells[0]
        elif key.startswith(("number of traces", "number of traced particles", "detected particles")) and cells:
            found = _numbers(sheet, [cells[0].split()[0]])
            table.tracks = found[0] if found else table.tracks
        elif key.startswith("median number") and cells:
            found = _numbers(sheet, cells[:1])
            table.stated.update({"d50": found[0]} if found else {})
    table.adjusted = False
    table.recognised = f"ZetaView text file, {len(table.diameters)} bins"
    return table


NAMES = {
    "size": ("size", "diameter", "size nm", "particle size", "bin", "bin centre", "bin center", "diameter nm", "bin diameter"),
    "concentration": ("concentration", "conc", "particles ml", "particles per ml", "concentration particles ml",
        "particle concentration", "particles", "original concentration", "concentration average"),
    "dilution": ("dilution", "dilution factor"),
    "sample": ("sample", "sample name", "name", "capture", "file"),
    "mean": ("mean", "mean diameter", "mean size"),
    "mode": ("mode", "peak", "mode diameter", "mode size"),
    "sd": ("sd", "std", "standard deviation"),
    "d10": ("d10", "x10"), "d50": ("d50", "x50", "median"), "d90": ("d90", "x90"),
}  # fmt: skip


_SIZE = r"(?:size|diameter|diam\.?)"
FORMS = {
    "concentration": re.compile(
        r"(?:number|particles?|part\.?|vesicles?|evs?|counts?|conc\w*).*(?:/|per|\()\s*(?:m|u|µ|μ)?l\b|cm\^?-?³?3"
    ),
    "mean": re.compile(rf"{_SIZE}.*\b(?:mean|average)|\b(?:mean|average)\b.*{_SIZE}"),
    "mode": re.compile(rf"{_SIZE}.*\b(?:mode|peak)|\b(?:mode|peak)\b.*{_SIZE}"),
    "d50": re.compile(rf"{_SIZE}.*\bmedian|\bmedian\b.*(?:{_SIZE}|x50|d50)"),
    "size": re.compile(rf"^(?:bin|particle|hydrodynamic)\b.*{_SIZE}|{_SIZE}.*\bbin\b"),
}
_UNDILUTED = re.compile(r"\b(?:original|undiluted|stock|adjusted|corrected|corr\.|in (?:the )?sample)\b|dil\w*[ .]*corr")
_POWER = re.compile(r"[(\s](?:x\s*|\*\s*)?(?:10\s*\^?|1?e\+?)(?P<power>\d{1,2})(?=\s*(?:particles?|part|/|per|ml|\)))")


def _plain(sheet: Sheet) -> ParticleTable | None:
    """A table with sizes and concentrations, or with one line per capture."""
    columns = find_columns(sheet, NAMES, ("concentration",), forms=FORMS)
    while columns is not None and not set(columns.at) & {"size", "dilution", "mean", "mode", "d50"}:
        columns = find_columns(sheet, NAMES, ("concentration",), columns.row + 1, FORMS)  # a remark that names a concentration
    if columns is None:
        return None
    heading = columns.texts[columns.at["concentration"]].lower().translate(_RAISED)
    factor = 1e-3 if re.search(r"/\s*l\b(?!.*ml)", heading) else 1e3 if re.search(r"/\s*[uµμ]l", heading) else 1.0
    table = ParticleTable(sheet.source, "table", [])
    if power := _POWER.search(heading):  # concentrations in units of 10^6 or so
        factor *= 10.0 ** int(power["power"])
        table.warnings.append(
            f"{sheet.source} counts in units of 10^{power['power']} ('{columns.texts[columns.at['concentration']]}')."
        )
    raw = any(re.search(r"\braw\b.*conc|conc\w*.*\braw\b", text.lower()) for text in columns.texts)
    if _UNDILUTED.search(heading) or (raw and "raw" not in heading):
        table.adjusted = True
    stated: dict[str, list[float]] = {}
    dilutions: list[float] = []
    for row in sheet.rows[columns.row + 1 :]:
        value = number_of(row[columns.at["concentration"]], sheet.style).value if columns.at["concentration"] < len(row) else None
        if value is None:
            continue
        if "size" in columns.at:
            size = number_of(row[columns.at["size"]], sheet.style).value if columns.at["size"] < len(row) else None
            if size is None:
                continue
            if table.diameters and size in table.diameters:
                table.warnings.append(f"{sheet.source} prints the size table twice; only the first was used.")
                break
            table.diameters.append(size)
            table.density.append(value * factor)
            continue
        table.captures.append(value * factor)
        for what in ("mean", "mode", "sd", "d10", "d50", "d90", "dilution"):
            place = columns.at.get(what, -1)
            found = number_of(row[place], sheet.style).value if 0 <= place < len(row) else None
            if found is not None:
                (dilutions if what == "dilution" else stated.setdefault(what, [])).append(found)
    if "size" in columns.at and table.density:
        table.captures = [sum(table.density)]
    table.stated = {what: sum(values) / len(values) for what, values in stated.items()}
    if dilutions:
        table.dilution = dilutions[0]
        if len(set(dilutions)) > 1:
            table.captures = [value * dilution for value, dilution in zip(table.captures, dilutions, strict=False)]
            table.dilution, table.adjusted = 1.0, True
            table.warnings.append(
                f"{sheet.source}: lines have different dilutions; each concentration was multiplied by its own."
            )
    if not table.captures:
        return None
    table.recognised = (
        f"table of particles, {len(table.diameters)} bins"
        if table.diameters
        else f"table of {len(table.captures)} particle counts"
    )
    return table


_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def _check(table: ParticleTable) -> None:
    if not table.captures:
        raise InputError(f"{table.source} holds no concentration", "particles per mL", "Export the whole table")
    for value in (*table.captures, *table.density):
        if value < 0:
            raise InputError(
                f"{table.source} holds a concentration of {value:g} particles per mL", "zero or more", "Export it again"
            )
        if value > LARGEST:
            raise InputError(
                f"{table.source} holds {value:.2g} particles per mL",
                f"at most {LARGEST:.0e}",
                "Check the unit and the decimal sign",
            )
    if 0 < max(table.captures) < FEWEST:
        table.warnings.append(
            f"{table.source} holds {max(table.captures):.3g} particles per mL, fewer than any instrument can count; check the unit of the "
            "column."
        )
    if max(table.captures) == 0:
        raise InputError(
            f"{table.source} counts no particle at all", "a concentration above zero", "Was it the buffer that was measured?"
        )
    if any(not 0 < size < 1e5 for size in table.diameters):
        raise InputError(
            f"{table.source} holds a size of {min(table.diameters):g} nm", "sizes in nm above 0", "Check the decimal sign"
        )
    total = sum(table.density)
    mean = sum(table.captures) / len(table.captures)
    if total > 0 and len(table.captures) > 1 and not 0.7 < total / mean < 1.4:
        table.warnings.append(
            f"{table.source}: the bins add up to {total:.3g} particles per mL, the stated concentrations average {mean:.3g}. "
            "One of them may hold the dilution and the other not; the stated ones were used."
        )
    if table.tracks is not None and table.tracks < FEWEST_TRACKS:
        table.warnings.append(
            f"{table.source} rests on {table.tracks:g} tracked particles; 500 or more are wanted for a distribution."
        )
    total = sum(table.density)
    if total > 0:
        middle = sum(size * amount for size, amount in zip(table.diameters, table.density, strict=True)) / total
        if not 30 <= middle <= 1000:
            table.warnings.append(
                f"{table.source}: the mean size is {middle:.4g} nm, which is no vesicle; check the unit and the decimal sign."
            )
