"""Scenario files and catalogue entries in, one checked network out."""
