"""How much memory a new computation may use."""

from __future__ import annotations

from pathlib import Path


def free_memory() -> int | None:
    """Bytes that a new program may use, or None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None
