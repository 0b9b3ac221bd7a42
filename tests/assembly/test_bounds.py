"""What a parameter may be: numbers that the model divides by are never zero."""

from __future__ import annotations

import pytest

from exoresist.assembly.bounds import DIVISORS, FOLDS, bounds_of, check_value
from exoresist.catalog import Catalog
from exoresist.core.errors import InputError


@pytest.mark.parametrize("name", [*DIVISORS, *FOLDS])
def test_divisors_and_folds_are_never_zero(name: str) -> None:
    catalog = Catalog.load()
    row = next(row for row in catalog.parameters() if row.name == name)
    with pytest.raises(InputError, match=name):
        check_value(catalog, name, row.subject, 0.0, row.unit)
    check_value(catalog, name, row.subject, row.value, row.unit)


def test_a_rate_may_be_zero() -> None:
    catalog = Catalog.load()
    assert bounds_of(catalog, "decay_rate").hold(0.0)
