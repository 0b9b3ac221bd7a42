"""How much memory a new computation may use."""

from __future__ import annotations

import re
from pathlib import Path

from exoresist.core.errors import InputError


def free_memory() -> int | None:
    """Bytes that a new program may use, or None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


UNITS = {"b": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 2.0**10, "mib": 2.0**20, "gib": 2.0**30, "tib": 2.0**40}


def parse_memory(text: str, where: str) -> float:
    """Bytes from a text such as "8 GB". Raises InputError for anything else."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", text)
    if found is None or found[2].lower() not in UNITS:
        raise InputError(f"{where} '{text}' is no amount of memory", "a number with a unit: MB, GB, MiB or GiB", 'Write "8 GB"')
    return float(found[1]) * UNITS[found[2].lower()]
