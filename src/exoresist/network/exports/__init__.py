"""A network in other people's forms: SBML, Antimony, LaTeX, graphs and tables.

Heavy libraries load when a form is asked for.
"""

from exoresist.network.exports.graph import to_dot, to_graphml
from exoresist.network.exports.latex import law_latex, to_latex
from exoresist.network.exports.sbml import to_antimony, to_sbml
from exoresist.network.exports.table import to_table, to_tsv

__all__ = ["law_latex", "to_antimony", "to_dot", "to_graphml", "to_latex", "to_sbml", "to_table", "to_tsv"]
