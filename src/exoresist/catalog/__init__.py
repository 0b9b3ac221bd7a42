"""The facts: sourced numbers, cell lines, drugs, pumps, cargo, interventions and reported axes. Simulates nothing."""

from exoresist.catalog.catalog import Catalog, check_report
from exoresist.catalog.check import Problem
from exoresist.catalog.knowledge import Alias, Axis, Identifier
from exoresist.catalog.parameter_file import load_parameter_file, write_parameter_file
from exoresist.catalog.path import Outcome, Step, format_path, net_direction, outcome, parse_path
from exoresist.catalog.records import Cargo, CellLine, Drug, Intervention, Pump, Source
from exoresist.catalog.search import Hit

__all__ = [
    "Alias",
    "Axis",
    "Cargo",
    "Catalog",
    "CellLine",
    "Drug",
    "Hit",
    "Identifier",
    "Intervention",
    "Outcome",
    "Problem",
    "Pump",
    "Source",
    "Step",
    "check_report",
    "format_path",
    "load_parameter_file",
    "net_direction",
    "outcome",
    "parse_path",
    "write_parameter_file",
]
