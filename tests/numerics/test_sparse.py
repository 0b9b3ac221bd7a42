"""The static sparse LU, run as the plain Python it is written in, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.numerics.rosenbrock import factorise, solve
from exoresist.numerics.sparse import symbolic_factorisation


def solved(matrix, right):
    """Solution by symbolic factorisation, numeric factorisation and substitution."""
    pattern = [(int(row), int(column)) for row, column in np.argwhere(matrix)]
    symbolic = symbolic_factorisation(len(matrix), pattern)
    entries = np.zeros((symbolic.n_entries, 1))
    for row, column in pattern:
        entries[symbolic.position[row, column], 0] = matrix[row, column]
    unknown = right[:, None].copy()
    factorise(entries, symbolic.pivots, symbolic.lower, symbolic.updates, symbolic.upper)
    solve(entries, symbolic.pivots, symbolic.lower, symbolic.upper, unknown)
    return unknown[:, 0], symbolic


@settings(max_examples=60)
@given(st.integers(1, 25), st.floats(0.0, 0.6), st.integers(0, 2**31))
def test_random_patterns_are_solved(n, density, seed):
    generator = np.random.default_rng(seed)
    matrix = np.where(generator.random((n, n)) < density, generator.normal(size=(n, n)), 0.0)
    matrix += np.diag(np.abs(matrix).sum(axis=1) + generator.uniform(0.5, 2.0, n))  # as I/(h·gamma) − J is for small h
    right = generator.normal(size=n)
    found, _ = solved(matrix, right)
    np.testing.assert_allclose(found, np.linalg.solve(matrix, right), rtol=1e-9, atol=1e-12)


def test_chain_has_no_fill_in():
    n = 40
    matrix = 2.0 * np.eye(n) - np.eye(n, k=1) * 0.4 - np.eye(n, k=-1) * 0.5
    found, symbolic = solved(matrix, np.arange(n, dtype=float))
    np.testing.assert_allclose(matrix @ found, np.arange(n), atol=1e-10)
    assert symbolic.n_entries == 3 * n - 2


def test_arrow_is_taken_from_its_tip():
    """Row and column 0 are full: eliminated first they would fill the matrix, last they fill nothing."""
    n = 20
    matrix = 5.0 * np.eye(n)
    matrix[0, :] = matrix[:, 0] = 1.0
    matrix[0, 0] = 30.0
    found, symbolic = solved(matrix, np.ones(n))
    np.testing.assert_allclose(matrix @ found, np.ones(n), atol=1e-12)
    assert symbolic.n_entries == 3 * n - 2
    assert 0 in symbolic.pivots[-2:, 0]


@pytest.mark.parametrize("n", [1, 4])
def test_an_empty_pattern_is_diagonal(n):
    found, symbolic = solved(np.diag(np.arange(1.0, n + 1.0)), np.ones(n))
    np.testing.assert_allclose(found, 1.0 / np.arange(1.0, n + 1.0))
    assert symbolic.n_entries == n and len(symbolic.updates) == 0


def test_every_entry_is_placed_once():
    symbolic = symbolic_factorisation(4, [(0, 1), (1, 2), (3, 0)])
    assert sorted(symbolic.position.values()) == list(range(symbolic.n_entries))
    assert [symbolic.position[index, index] for index in range(4)] == symbolic.diagonal.tolist()
    assert sorted(symbolic.pivots[:, 0].tolist()) == [0, 1, 2, 3]
