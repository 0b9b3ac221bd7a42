"""Writes the reference of laws before the pages are read: every equation is printed from the law that is simulated."""

from __future__ import annotations

import html
import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

from plain_docstrings import ENTRY

PLACE = "reference/laws"


def write(app: Any) -> None:
    """One page per room of `exoresist.laws`, with name, equation, units, limits and source of each law."""
    import exoresist.laws as package
    from exoresist.laws import all_laws

    rooms = [
        name
        for _, name, _ in sorted(pkgutil.iter_modules(package.__path__), key=lambda item: item[1])
        if name not in ("namespace", "registry")
    ]
    modules = {name: importlib.import_module(f"{package.__name__}.{name}") for name in rooms}
    laws = all_laws()
    folder = Path(app.srcdir) / PLACE
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for room, module in modules.items():
        own = [law for law in laws.values() if law.function.__module__ == module.__name__]
        if own:
            listed.append(room)
            changed(folder / f"{room}.md", page(room, (module.__doc__ or "").strip(), own))
    entries = "\n".join(f"{room}" for room in listed)
    count = sum(1 for law in laws.values() if law.function.__module__.startswith(f"{package.__name__}."))
    changed(
        folder / "index.md",
        f"# Laws\n\nThe {count} laws of the package. A law is one function of plain arithmetic.\n"
        "The compiled form, the Jacobian, the exported SBML and the equation shown here all come from that function,\n"
        "so what is printed is what is simulated. `[a]` stands for any unit, the same wherever it stands in a law.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n",
    )


def changed(path: Path, text: str) -> None:
    """Write only what differs, so that an unchanged page is not built anew."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def page(room: str, about: str, laws: list[Any]) -> str:
    """Markdown of one room of laws."""
    from exoresist.network.exports import law_latex
    from exoresist.report.equations import mathml

    parts = [f"# {room.replace('_', ' ').capitalize()}\n\n{about}\n"]
    for law in laws:
        latex = law_latex(law)
        equation = mathml(latex) or f"<pre>{html.escape(latex)}</pre>"
        rows = "\n".join(f"| `{name}` | {unit(law.units[name])} |" for name in law.arguments)
        parts.append(
            f"## {law.name}\n\n{law.summary}\n\n```{{raw}} html\n<div class='law'>{equation}</div>\n```\n\n"
            f"| argument | unit |\n|---|---|\n{rows}\n| **result** | {unit(law.returns)} |\n\n{notes(law.documentation)}\n"
        )
    return "\n".join(parts)


def unit(told: str) -> str:
    """A unit as the page prints it: `[a]` stands for any, the same wherever it stands in a law."""
    return re.sub(r"\$(\w+)", r"[\1]", told).replace("*", "·")


def notes(documentation: str) -> str:
    """What the docstring says after its first line: the equation as its author writes it, then what each name means."""
    entries: list[list[str]] = []
    text: list[str] = []
    for line in documentation.split("\n")[1:]:
        match = ENTRY.match(line)
        if match:
            entries.append([f"**{match[1]}**", match[2]])
        elif entries and line.startswith("   "):
            entries[-1][1] += " " + line.strip()
        elif line.strip():
            text.append(line.rstrip())
    told = "\n".join(f"- {name}: {html.escape(meaning)}" for name, meaning in entries)
    return ("```text\n" + "\n".join(text) + "\n```\n\n" if text else "") + told


def setup(app: Any) -> dict[str, bool]:
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
