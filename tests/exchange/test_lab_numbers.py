import pytest
from hypothesis import given
from hypothesis import strategies as st

from exoresist.exchange.lab_headings import dose_in, hours_in
from exoresist.exchange.lab_numbers import NumberStyle, number_of, style_of, whole_of

numbers = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 4))


def written(value: float, decimal: str, group: str) -> str:
    """A number as a spreadsheet of some country prints it."""
    return f"{value:,.4f}".replace(",", "\0").replace(".", decimal).replace("\0", group)


@pytest.mark.parametrize(
    ("decimal", "group", "separator"),
    [(".", "", ","), (".", ",", ";"), (",", "", ";"), (",", ".", "\t"), (",", " ", "\t"), (".", "'", "\t")],
)
@given(values=st.lists(numbers, min_size=1, max_size=20))
def test_numbers_come_back_whatever_the_signs(decimal, group, separator, values):
    cells = [written(value, decimal, group) for value in values]
    style = style_of(cells, separator)
    assert [number_of(cell, style).value for cell in cells] == pytest.approx(values)


@given(value=numbers.filter(lambda value: abs(value) > 1e-3))
def test_powers_of_ten(value):
    for text in (f"{value:.6E}", f"{value:.6e}"):
        assert number_of(text, NumberStyle()).value == pytest.approx(value, rel=1e-5)
        comma = text.replace(".", ",")
        assert number_of(comma, style_of([comma], "\t")).value == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("", "empty"), (" ", "empty"), ("OVRFLW", "overflow"), ("*****", "overflow"), ("####", "overflow"),
        (">4.0", "overflow"), ("#N/A", "missing"), ("nan", "missing"),
        ("#DIV/0!", "missing"), ("Undetermined", "missing"), ("-", "missing"), ("1-Jan", "date"), ("01.02.2024", "date"),
        ("2024-01-05 00:00:00", "date"), ("Mar-01", "date"),
        ("<0.05", "below"), ("bubble", "text"), ("1.2.3", "text"), ("inf", "text"),
    ],
)  # fmt: skip
def test_what_is_no_number_says_why(text, flag):
    found = number_of(text, NumberStyle())
    assert found.value is None
    assert found.flag == flag


def test_a_starred_reading_and_a_percentage_are_numbers():
    assert number_of("1.234*", NumberStyle()).value == 1.234
    assert number_of("1.234*", NumberStyle()).flag == "starred"
    assert number_of("45.2 %", NumberStyle()).value == 45.2


def test_one_separator_with_three_digits_is_decided_by_the_rest_of_the_table():
    assert number_of("1,234", style_of(["1,234", "0,5"], ";")).value == 1.234
    assert number_of("1,234", style_of(["1,234", "2.5"], ",")).value == 1234.0
    alone = style_of(["1,234", "2,345"], ";")
    assert alone.doubtful
    assert number_of("1,234", alone).value == 1.234


def test_mixed_signs_are_told():
    assert style_of(["0,5", "0.5", "0,7"], ";") == NumberStyle(",", mixed=True)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("24 h", 24), ("Time: 0:30:00", 0.5), ("90 min", 1.5), ("Day 3", 72), ("1d6h0m", 30), ("72h", 72), ("36:00:00", 36),
        ("3600 s", 1), ("plate 1", None), ("37 C", None)],
)  # fmt: skip
def test_times(text, hours):
    assert hours_in(text) == hours


@pytest.mark.parametrize(
    ("text", "dose"),
    [("100 nM", (100, "nM")), ("6.25", (6.25, "")), ("0,5 uM", (0.5, "uM")), ("1e3 nM", (1000, "nM")), ("abc", None)],
)
def test_doses(text, dose):
    assert dose_in(text) == dose


def test_column_numbers():
    assert [whole_of(text) for text in ("1", "12.0", " 3 ", "1.5", "-1", "x", "")] == [1, 12, 3, None, None, None, None]
