"""The few functions a law may use besides plain arithmetic; rebound to SymPy when a law is traced."""

from __future__ import annotations

from numpy import exp, log, maximum, minimum, sqrt, where

__all__ = ["exp", "log", "maximum", "minimum", "sqrt", "where"]
