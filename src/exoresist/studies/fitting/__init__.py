"""Fitting any scenario to readings: what may move, what is read, how probable it is, the best point, the posterior, the checks."""
