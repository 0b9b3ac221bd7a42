"""BibTeX of the sources table, and of the citations that claims and hubs carry in words."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from exoresist.catalog.claim_search import NO_PATH
from exoresist.catalog.exports.tsv import Rows
from exoresist.catalog.records import Source

if TYPE_CHECKING:
    from exoresist.catalog.catalog import Catalog

_SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_SEVERAL = re.compile(r";\s*(?=[^\W\d_])")  # between citations; a volume after a semicolon belongs to the same one
_YEAR = re.compile(r"\b(19|20)\d\d\b")


def to_bibtex(catalog: Catalog, results: Rows = ()) -> dict[str, bytes]:
    """An entry per source, and one per citation in words of the claims; results add no source."""
    entries = [_source(source) for source in catalog.records("sources")]
    cited: dict[str, list[str]] = {}
    for claim in catalog.records("claims"):
        for citation in _SEVERAL.split(claim.citation):
            if citation not in NO_PATH:
                cited.setdefault(citation.strip(), []).append(claim.id)
    entries += [_citation(text, claims) for text, claims in cited.items()]
    return {"exoresist.bib": ("\n\n".join(entries) + "\n").encode()}


def _source(source: Source) -> str:
    note = [source.citation]
    if source.retracted == "yes":
        note.append("RETRACTED")
    if source.note:
        note.append(source.note)
    fields = {
        "title": source.title,
        "year": source.year,
        "doi": source.doi,
        "author": _first_author(source.citation),
        "note": "; ".join(note),
    }
    return _entry("article" if source.doi else "misc", source.id, fields)


def _citation(text: str, claims: list[str]) -> str:
    year = _YEAR.search(text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    first = re.sub(r"[^A-Za-z]", "", text.split(" ", 1)[0]).lower() or "anonymous"
    fields = {
        "author": _first_author(text),
        "year": year.group() if year else "",
        "note": text,
        "keywords": ", ".join(claims),
    }
    return _entry("misc", f"{first}{year.group() if year else ''}_{digest}", fields)


def _first_author(citation: str) -> str:
    """`Wang X et al. Title` -> `Wang, X and others`; "" where the words do not begin with a name."""
    match = re.match(r"([A-Z][\w'’-]+(?: [a-z]+)?) ([A-Z]{1,3})\b( et al)?", citation)
    return "" if match is None else f"{match.group(1)}, {match.group(2)}" + (" and others" if match.group(3) else "")


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    # A DOI is used as it is: programs read it, and an escaped underscore would break it.
    lines = [f"  {name} = {{{value if name == 'doi' else escaped(value)}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def escaped(text: str) -> str:
    """Text that TeX sets as it stands."""
    return "".join(_SIGNS.get(sign, sign) for sign in text)
