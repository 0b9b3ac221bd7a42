"""Rate and observation laws: pure arithmetic. One function each, used on arrays, in compiled kernels and in documents."""

from exoresist.laws import cargo, delivery, drug, growth, kinetics, signalling, vesicles
from exoresist.laws.registry import Law, all_laws, law

__all__ = ["Law", "all_laws", "cargo", "delivery", "drug", "growth", "kinetics", "law", "signalling", "vesicles"]
