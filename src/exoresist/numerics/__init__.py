"""Integrators and sparse factorisation. Knows no biology."""
