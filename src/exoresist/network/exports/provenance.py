"""Where a parameter is from, as notes and annotations of an SBML element."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from exoresist.core.quantity import Quantity

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s;,\"'<>]+")


def doi_of(quantity: Quantity, known: Mapping[str, str]) -> str:
    """The DOI behind a quantity: of its source where that is known, else one written in its source, locator or note."""
    if known.get(quantity.source):
        return known[quantity.source]
    for text in (quantity.source, quantity.locator, quantity.note):
        match = _DOI.search(text)
        if match:
            return match.group(0).rstrip(".)")
    return ""


def notes(quantity: Quantity) -> str:
    """XHTML list of everything that a quantity says about itself."""
    rows = {
        "name": quantity.name,
        "subject": quantity.subject,
        "value": f"{quantity.value:.15g} {quantity.unit}",
        "low": f"{quantity.low:.15g}",
        "high": f"{quantity.high:.15g}",
        "distribution": quantity.distribution,
        "kind": quantity.kind,
        "source": quantity.source,
        "locator": quantity.locator,
        "note": quantity.note,
    }
    items = "".join(f"<li>{key}: {escape(_printable(text))}</li>" for key, text in rows.items() if text)
    return f'<body xmlns="http://www.w3.org/1999/xhtml"><ul>{items}</ul></body>'


def _printable(text: str) -> str:
    """Text without the control characters that XML forbids."""
    return "".join(character for character in text if character >= " " or character in "\t\n")


def annotate(element: Any, quantity: Quantity, dois: Mapping[str, str]) -> None:
    """Put a quantity's provenance on an SBML element: notes, and a MIRIAM reference where a DOI is known."""
    import libsbml

    element.setNotes(notes(quantity))
    doi = doi_of(quantity, dois)
    if not doi:
        return
    _refer(element, libsbml.BQB_IS_DESCRIBED_BY, f"doi:{doi}")


def identify(element: Any, identifier: str, exact: bool) -> None:
    """Say what an SBML element is (`bqbiol:is`), or of what it is a kind or state (`bqbiol:isVersionOf`), by identifiers.org."""
    import libsbml

    _refer(element, libsbml.BQB_IS if exact else libsbml.BQB_IS_VERSION_OF, identifier)


def _refer(element: Any, qualifier: int, identifier: str) -> None:
    import libsbml

    element.setMetaId(f"meta_{element.getId()}")
    term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
    term.setBiologicalQualifierType(qualifier)
    term.addResource(f"https://identifiers.org/{identifier}")
    element.addCVTerm(term)
