"""One reading in the units of a question: its dose of the drug that varies, and its value."""

from __future__ import annotations

import pytest

from exoresist.assembly.readings import Reading
from exoresist.core.errors import InputError


def reading(*doses: tuple[str, float, str], value: float = 55.0, unit: str = "") -> Reading:
    return Reading("", "a", 1.0, doses, "viability", value, unit, line=3)


def test_a_dose_is_of_the_drug_that_varies_in_nm() -> None:
    assert reading().dose_of("x") is None and reading().dose_of("") is None
    assert reading(("", 5.0, "nM")).dose_of("x") == 5.0
    assert reading(("x", 0.1, "uM")).dose_of("x") == pytest.approx(100.0)
    assert reading(("x", 7.0, "")).dose_of("x") == 7.0


@pytest.mark.parametrize(
    ("doses", "drug", "told"),
    [
        ((("y", 1.0, "nM"),), "x", "line 3 .* a dose of y"),
        ((("", 1.0, "nM"),), "", "a dose of what"),
        ((("", 1.0, "nM"), ("x", 1.0, "")), "x", "two doses of x"),
        ((("", 1.0, "h"),), "x", "in 'h'"),
    ],
)
def test_other_doses_are_refused(doses: tuple[tuple[str, float, str], ...], drug: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        reading(*doses).dose_of(drug)


def test_a_value_goes_by_its_unit() -> None:
    assert reading().value_in("") == 55.0 and reading().value_in("cell") == 55.0
    assert reading(unit="%").value_in("") == pytest.approx(0.55)
    for unit, target in (("%", "cell"), ("nM", ""), ("au", "")):
        with pytest.raises(InputError, match=f"line 3 .* in '{unit}'"):
            reading(unit=unit).value_in(target)
