"""Well-mixed cultures: a network advanced as a lab would handle a well."""

from exoresist.compartments.well import culture, simulate

__all__ = ["culture", "simulate"]
