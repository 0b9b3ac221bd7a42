"""The few functions a law may use besides plain arithmetic; rebound to SymPy when a law is traced."""

from __future__ import annotations

from typing import Any

from numpy import exp, log, maximum, minimum, sqrt, where

# A float or an array of floats; a SymPy expression while a law is traced.
Number = Any

__all__ = ["Number", "exp", "log", "maximum", "minimum", "sqrt", "where"]
