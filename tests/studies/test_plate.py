"""Simulated plates: layouts, keyed noise, and the way back to viabilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exoresist.core.errors import ExoresistError
from exoresist.studies.plate import (
    COLUMNS,
    PLATE_96,
    PLATE_384,
    PlateDesign,
    PlateFormat,
    ReadoutNoise,
    ordered_layout,
    plate_rows,
    viability_from_plate,
)

QUIET = ReadoutNoise(multiplicative=0.0)
SURVIVORS = {
    "alone": {0.0: 1000.0, 10.0: 800.0, 100.0: 250.0},
    "with donors": {0.0: 1200.0, 10.0: 1150.0, 100.0: 600.0},
}


def rows_of(seed=1, survivors=SURVIVORS, **design):
    return plate_rows(survivors, "doxorubicin", seed, time=72, design=PlateDesign(**design))


def test_plate_formats():
    assert len(PLATE_96.wells()) == 96 and len(PLATE_96.wells(edge=False)) == 60
    assert len(PLATE_384.wells()) == 384 and PLATE_384.wells()[-1] == "P24"
    assert PLATE_96.wells(edge=False)[0] == "B2"
    with pytest.raises(ExoresistError):
        PlateFormat(0, 12)


def test_rows_have_the_columns_and_keep_to_the_inner_wells():
    rows = rows_of()
    assert all(tuple(row) == COLUMNS for row in rows)
    assert len(rows) == 18 and len({row["well"] for row in rows}) == 18
    assert {row["well"] for row in rows} <= set(PLATE_96.wells(edge=False))
    assert {(row["drug"], row["dose_unit"], row["time"]) for row in rows} == {("doxorubicin", "nM", 72.0)}


def test_ordered_and_randomised_layouts():
    ordered = rows_of(layout=ordered_layout, noise=QUIET)
    assert [row["well"] for row in ordered[:3]] == ["B2", "B3", "B4"]
    assert [row["dose"] for row in ordered[:3]] == [0, 10, 100]
    assert [row["arm"] for row in rows_of()] != [row["arm"] for row in ordered]
    assert rows_of(seed=1) == rows_of(seed=1) != rows_of(seed=2)


def test_noise_belongs_to_the_condition_not_to_the_layout():
    def values(rows):
        return {(row["arm"], row["dose"], row["replicate"]): row["value"] for row in rows}

    randomised, ordered = values(rows_of()), values(rows_of(layout=ordered_layout))
    assert randomised == ordered
    alone = values(rows_of(survivors={"alone": SURVIVORS["alone"]}))
    assert all(randomised[key] == value for key, value in alone.items())


def test_noise_has_the_asked_size_and_no_bias():
    noise = ReadoutNoise(multiplicative=0.2, additive=5.0, background=50.0)
    rows = rows_of(survivors={"alone": {0.0: 1000.0}}, replicates=360, plate_format=PLATE_384, edge_wells=True, noise=noise)
    values = np.array([row["value"] for row in rows])
    assert values.mean() == pytest.approx(1050, rel=0.04)
    assert values.std() == pytest.approx(200, rel=0.15)


def test_many_replicates_spread_over_plates_with_their_own_controls():
    rows = rows_of(replicates=13, blanks=4, noise=ReadoutNoise(between_plates=0.3, background=20))
    assert {row["plate"] for row in rows} == {1, 2}
    for plate in (1, 2):
        arms = {row["arm"] for row in rows if row["plate"] == plate and row["dose"] == 0}
        assert arms == {"alone", "with donors", "blank"}
    table = viability_from_plate(rows)
    assert {row["replicates"] for row in table} == {13}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=8),
    st.floats(1, 1e6),
    st.integers(1, 7),
    st.floats(0, 100),
    st.integers(0, 2**31),
)
def test_without_noise_the_way_back_is_exact(signals, control, replicates, background, seed):
    survivors = {"a": {0.0: control} | {float(dose): signal for dose, signal in enumerate(signals, 1)}}
    noise = ReadoutNoise(multiplicative=0, between_plates=0.5, background=background)
    rows = rows_of(seed, survivors, replicates=replicates, blanks=2, noise=noise)
    found = {row["dose"]: row["viability"] for row in viability_from_plate(rows)}
    for dose, signal in survivors["a"].items():
        assert found[dose] == pytest.approx(signal / control, rel=1e-6, abs=1e-3 * background / control + 1e-9)


def test_viability_rows():
    table = viability_from_plate(rows_of(noise=QUIET))
    assert sorted((row["arm"], row["dose"]) for row in table) == sorted(
        (arm, dose) for arm, by_dose in SURVIVORS.items() for dose in by_dose
    )
    by_key = {(row["arm"], row["dose"]): row for row in table}
    assert by_key["alone", 100.0]["viability"] == pytest.approx(0.25)
    assert by_key["with donors", 100.0]["viability"] == pytest.approx(0.5)
    assert by_key["alone", 10.0]["standard_deviation"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "survivors",
    [{}, {"a": {}}, {"blank": {0.0: 1.0}}, {"a": {0.0: float("nan")}}, {"a": {-1.0: 5.0}}, {"a": {0.0: -5.0}}],
)
def test_unusable_survivors_are_refused(survivors):
    with pytest.raises(ExoresistError):
        rows_of(survivors=survivors)


def test_designs_that_do_not_fit_are_refused():
    with pytest.raises(ExoresistError, match="PLATE_384"):
        rows_of(survivors={"a": {float(dose): 1.0 for dose in range(70)}})
    with pytest.raises(ExoresistError):
        rows_of(replicates=0)
    with pytest.raises(ExoresistError):
        rows_of(layout=lambda wells, generator: ["A1"] * len(wells))
    with pytest.raises(ExoresistError):
        ReadoutNoise(multiplicative=-1)


def test_unusable_tables_are_refused():
    rows = rows_of(noise=QUIET)
    with pytest.raises(ExoresistError, match="untreated"):
        viability_from_plate([row for row in rows if row["dose"] > 0])
    with pytest.raises(ExoresistError, match="'well'"):
        viability_from_plate([{name: value for name, value in row.items() if name != "well"} for row in rows])
    with pytest.raises(ExoresistError, match="row 1"):
        viability_from_plate([rows[0] | {"value": "n/a"}, *rows[1:]])
    with pytest.raises(ExoresistError, match="more than the blank"):
        viability_from_plate([row | {"value": 0.0} for row in rows])
    with pytest.raises(ExoresistError):
        viability_from_plate([])
