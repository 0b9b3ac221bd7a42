"""Rate and observation laws: pure arithmetic. One function each, used on arrays, in compiled kernels and in documents."""

from exoresist.laws import (
    action,
    attribution,
    cargo,
    delivery,
    drug,
    ferroptosis,
    growth,
    immune,
    kinetics,
    metabolism,
    signalling,
    signals,
    tissue,
    vesicles,
)
from exoresist.laws.registry import Law, all_laws, law

__all__ = [
    "Law", "action", "all_laws", "attribution", "cargo", "delivery", "drug", "ferroptosis", "growth", "immune", "kinetics", "law",
    "metabolism", "signalling", "signals", "tissue", "vesicles",
]  # fmt: skip
