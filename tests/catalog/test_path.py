"""Signed chains: what is read, what is refused, and that text and steps go both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exoresist.catalog import Step, format_path, net_direction, outcome, parse_path
from exoresist.core.errors import ExoresistError

NODES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,12}", fullmatch=True).filter(
    lambda word: word not in ("resistance", "sensitivity")
)
ENDS = st.builds("{}({})".format, st.sampled_from(["resistance", "sensitivity"]), NODES) | NODES


@st.composite
def chains(draw):
    nodes = [*draw(st.lists(NODES, min_size=1, max_size=8)), draw(ENDS)]
    signs = [1, *(draw(st.sampled_from([1, -1])) for _ in nodes[1:])]
    return [Step(sign, node) for sign, node in zip(signs, nodes, strict=True)]


@given(chains())
def test_a_chain_survives_writing_and_reading(steps):
    assert parse_path(format_path(steps)) == steps


@given(chains(), st.sampled_from(["", " ", "\t", "   "]))
def test_spaces_around_arrows_do_not_matter(steps, space):
    text = format_path(steps).replace(" ", space)
    assert parse_path(text) == steps


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_an_error_of_the_package(text):
    try:
        steps = parse_path(text)
    except ExoresistError:
        return
    assert len(steps) >= 2 and steps[0].sign == 1
    assert parse_path(format_path(steps)) == steps


@given(chains())
def test_turning_one_edge_turns_the_direction(steps):
    before = net_direction(steps)
    turned = [*steps[:-1], Step(-steps[-1].sign, steps[-1].node)]
    assert (before is None) == (outcome(steps) is None)
    assert before is None or {before, net_direction(turned)} == {"resistance", "sensitivity"}


def test_the_example_of_the_design():
    steps = parse_path("ciRS_122 -| miR_122 -| PKM2 -> glycolysis -> resistance(oxaliplatin)")
    assert steps[0] == (1, "ciRS_122")
    assert [step.sign for step in steps[1:]] == [-1, -1, 1, 1]
    assert outcome(steps) == ("resistance", "oxaliplatin")
    assert net_direction(steps) == "resistance"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("ABCB1", "no arrow"),
        ("-> efflux", "at its start"),
        ("ABCB1 ->", "at its end"),
        ("A -> -| B", "lacks a node"),
        ("A => B", "no arrow"),
        ("miR-122 -| PKM2", "'miR-122'"),
        ("A -> resistance", "names no drug"),
        ("A -> resistance(x) -> B", "goes on"),
        ("resistance(x) -> B", "goes on after the outcome"),
        ("A -> 9B", "'9B'"),
        (" -> ".join(["A"] * 40), "at most 30"),
    ],
)
def test_what_is_wrong_is_named(text, told):
    with pytest.raises(ExoresistError, match=told.replace("(", r"\(")):
        parse_path(text)
