"""Rate and observation laws: pure arithmetic. One function each, used on arrays, in compiled kernels and in documents."""

from exoresist.laws import action, cargo, delivery, drug, ferroptosis, growth, kinetics, metabolism, signalling, tissue, vesicles
from exoresist.laws.registry import Law, all_laws, law

__all__ = [
    "Law", "action", "all_laws", "cargo", "delivery", "drug", "ferroptosis", "growth", "kinetics", "law", "metabolism", "signalling",
    "tissue", "vesicles",
]  # fmt: skip
