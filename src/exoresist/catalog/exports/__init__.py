"""The catalogue in other people's forms: tables, SQLite, INDRA, KGX, GraphML, SIF, SIGNOR-like rows, BibTeX.

Every function takes the catalogue and, where the form has room for them, the results of running the claims (rows of
`studies.claim_runs.axis_rows`, plain text; none by default) and returns file name -> content. Nothing is written here.
"""

from exoresist.catalog.exports.bibtex import to_bibtex
from exoresist.catalog.exports.graph import to_graphml, to_sif
from exoresist.catalog.exports.indra import to_indra
from exoresist.catalog.exports.kgx import to_kgx
from exoresist.catalog.exports.signor import to_signor
from exoresist.catalog.exports.sqlite import to_sqlite
from exoresist.catalog.exports.tsv import to_tsv

FORMATS = {
    "tsv": to_tsv,
    "sqlite": to_sqlite,
    "indra": to_indra,
    "kgx": to_kgx,
    "graphml": to_graphml,
    "sif": to_sif,
    "signor": to_signor,
    "bibtex": to_bibtex,
}
FOLDERS = ("tsv", "kgx")  # forms of several files; the others are one file

__all__ = [
    "FOLDERS",
    "FORMATS",
    "to_bibtex",
    "to_graphml",
    "to_indra",
    "to_kgx",
    "to_sif",
    "to_signor",
    "to_sqlite",
    "to_tsv",
]
