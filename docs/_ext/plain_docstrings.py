"""Shows the package's plain docstrings as they are meant: columns of names and meanings become lists."""

from __future__ import annotations

import re
from typing import Any

ENTRY = re.compile(r"^([A-Za-z_][\w, ]*?)\s{2,}(\S.*)$")


def tidied(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Rewrite `lines` in place: `name  meaning` becomes an entry of a list; ` is code, and a star or bar means itself."""
    result: list[str] = []
    in_list = False
    for line in lines:
        match = ENTRY.match(line)
        if match:
            if not in_list and result and result[-1]:
                result.append("")
            result.append(f"* **{match[1]}**: {escaped(match[2])}")
            in_list = True
        elif in_list and line.startswith("   "):
            result.append("  " + escaped(line.strip()))
        elif line.startswith("    "):  # an equation or example set apart
            if not result or result[-1]:
                result += ["", "::", ""] if not in_list else [""]
            result.append(line)
        else:
            if in_list and line:
                result.append("")
            in_list = in_list and not line
            result.append(escaped(line))
    lines[:] = result


def escaped(text: str) -> str:
    """reStructuredText's marks taken literally, apart from code."""
    parts = re.split(r"(`+[^`]+`+)", text)
    return "".join(f"``{part.strip('`')}``" if part.startswith("`") else re.sub(r"([*|_\\])", r"\\\1", part) for part in parts)


def setup(app: Any) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", tidied)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
