"""Rate and observation laws: pure arithmetic. One function each, used on arrays, in compiled kernels and in documents."""

from exoresist.laws import cargo, drug, ferroptosis, growth, kinetics, metabolism, signalling, vesicles
from exoresist.laws.registry import Law, all_laws, law

__all__ = [
    "Law", "all_laws", "cargo", "drug", "ferroptosis", "growth", "kinetics", "law", "metabolism", "signalling", "vesicles",
]  # fmt: skip
