"""Rate and observation laws: pure arithmetic. One function each, used on arrays, in compiled kernels and in documents."""

from exoresist.laws import cargo, drug, growth, immune, kinetics, signalling, signals, vesicles
from exoresist.laws.registry import Law, all_laws, law

__all__ = [
    "Law", "all_laws", "cargo", "drug", "growth", "immune", "kinetics", "law", "signalling", "signals", "vesicles",
]  # fmt: skip
