"""Figures: valid for plotly, one stroke per arm everywhere, units on axes, no bars on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exoresist.report.drawing import log_ticks, tick_texts
from exoresist.report.figures import figures
from exoresist.report.overlap import coinciding, nested, uncovered
from exoresist.report.palette import STROKES, arm_strokes
from exoresist.report.wording import change_text, number_text, percent_text, prose, ratio_interval, ratio_text, wrapped
from exoresist.studies.answer import Answer, Estimate


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    found = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(found.get(key), dict)
        found[key] = merged(found[key], value) if both else value
    return found


def layouts(answer: Answer) -> list[tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    return [
        (figure.id, panel.data, merged(panel.layout, over))
        for figure in figures(answer).values()
        for panel in figure.panels
        for over in (panel.wide, panel.narrow)
    ]


def test_plotly_accepts_every_figure(example_answer: Callable[..., Answer]) -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    for _, data, layout in layouts(example_answer()):
        graph_objects.Figure({"data": data, "layout": layout})


def test_axes_have_titles_and_bars_never_stand_on_logarithmic_axes(example_answer: Callable[..., Answer]) -> None:
    for name, data, layout in layouts(example_answer()):
        assert layout["xaxis"]["title"]["text"], name
        logarithmic = "log" in (layout["xaxis"].get("type"), layout["yaxis"].get("type"))
        assert not (logarithmic and any(trace["type"] == "bar" for trace in data)), name
        assert layout["height"] >= 120 and not layout["showlegend"], name


def test_an_arm_has_one_colour_everywhere(example_answer: Callable[..., Answer]) -> None:
    answer = example_answer()
    strokes = arm_strokes(answer.arms)
    assert len({stroke.colour for stroke in strokes.values()}) == len(answer.arms)
    for name in ("dose-response", "ic50", "survivors", "small-pools"):
        for panel in figures(answer)[name].panels:
            for trace in panel.data:
                if "marker" in trace:
                    assert trace["marker"]["color"] == strokes[trace["legendgroup"]].colour


def test_many_arms_stay_distinct() -> None:
    arms = [{"id": str(number), "role": "treated"} for number in range(4 * len(STROKES))]
    strokes = arm_strokes(arms)
    assert len({(stroke.colour, stroke.dash) for stroke in strokes.values()}) == len(arms)


def test_mass_balance_sums_to_the_whole(example_answer: Callable[..., Answer]) -> None:
    answer = example_answer()
    traces = figures(answer)["mass-balance"].panels[0].data
    for position in range(len(answer.arms)):
        assert math.fsum(trace["x"][position] for trace in traces) == pytest.approx(100, rel=1e-4)
    assert "pmol" in traces[0]["customdata"][0]


def test_a_balance_that_the_medium_fills_shows_the_rest(example_answer: Callable[..., Answer]) -> None:
    places = {"medium": 98.0, "serum": 1.0, "cytosol": 0.7, "target": 0.3, "lysosome": 0.0}
    rows = [{"arm": "alone", "time": 72.0, "place": place, "amount": share} for place, share in places.items()]
    figure = figures(example_answer(mass_balance=rows))["mass-balance"]
    assert [trace["name"] for trace in figure.panels[0].data] == ["cytosol", "target"]
    assert math.fsum(trace["x"][0] for trace in figure.panels[0].data) == pytest.approx(1.0)


def add_back(example_answer: Callable[..., Answer], added: int = 0) -> Answer:
    rows = [
        {"arm": arm, "time": float(added + hour), "cargo": "ABCB1", "copies_per_cell": 1000 + gain, "low": 10, "high": 1e4}
        for arm, scale in (("alone", 0.0), ("coculture", 300.0))
        for hour in (0, 1, 4, 8, 24, 72)
        for gain in [scale * hour * math.exp(-hour / 10) / 4]
    ]
    rise = {
        "arm": "coculture", "peak_h": 10.0, "peak_h_low": 4.0, "peak_h_high": 20.0, "level_4h_over_max": 0.73,
        "level_4h_over_max_low": 0.3, "level_4h_over_max_high": 0.99, "added_h": float(added),
    }  # fmt: skip
    events = [{"arm": "coculture", "time": added + time, "what": what} for time, what in ((0, "added"), (24, "washed out"))]
    return example_answer(levels=rows, rises=[rise], events=events)


def test_cargo_over_time_marks_peak_and_four_hours(example_answer: Callable[..., Answer]) -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    answer = add_back(example_answer)
    figure = figures(answer)["levels"]
    assert len(figure.panels) == 2 and "peak after 10 h" in figure.alt
    marks = figure.panels[1].data[-1]
    assert marks["marker"]["symbol"] == ["star", "x"] and marks["x"] == [10.0, 4.0]
    assert marks["y"][1] / marks["y"][0] == pytest.approx(0.73, rel=1e-4)
    assert [shape["x0"] for shape in figure.panels[1].layout["shapes"]] == [0, 24]
    for name, data, layout in layouts(answer):
        if name == "levels":
            graph_objects.Figure({"data": data, "layout": layout})


def test_cargo_marks_count_from_the_addition(example_answer: Callable[..., Answer]) -> None:
    """Vesicles added at 24 h: the star stands 10 h after that, not at 10 h."""
    at_once, later = (figures(add_back(example_answer, added))["levels"].panels[1].data[-1] for added in (0, 24))
    assert later["x"] == [34.0, 28.0] and later["y"] == at_once["y"]


def test_coinciding_curves_are_nested_and_share_one_band() -> None:
    assert coinciding({"a": {1: 0.5}, "b": {1: 0.505}, "c": {1: 0.9}}, 0.01) == [["a", "b"], ["c"]]
    lines = {name: {"x": [1, 2, 3], "line": {"width": 2.5}, "marker": {"color": name, "size": 8}} for name in ("a", "b")}
    nested(lines, [["a", "b"]])
    assert lines["a"]["line"]["width"] > lines["b"]["line"]["width"]
    assert [sum(pair) for pair in zip(*(line["marker"]["opacity"] for line in lines.values()), strict=True)] == [1] * 3
    bands = {"a": {1.0: (0.0, 1.0)}, "b": {1.0: (0.0, 0.9)}, "c": {1.0: (2.0, 3.0)}}
    assert uncovered(bands, ["b", "a", "c"]) == (["b", "c"], {"a": "b"})


def test_an_arm_without_ic50_is_named_without_a_point(example_answer: Callable[..., Answer]) -> None:
    figure = figures(example_answer())["ic50"]
    assert len(figure.panels[0].data) == len(example_answer().arms) - 1
    assert "not reached" in figure.alt


def test_labels_cannot_use_markup_inside_plots(example_answer: Callable[..., Answer]) -> None:
    arms = [{**row, "label": "<a href='x'>arm</a>"} for row in example_answer().arms]
    for _, data, layout in layouts(example_answer(arms=arms)):
        assert "<a " not in str(data) + str(layout)


def test_figures_without_data_are_left_out(example_answer: Callable[..., Answer]) -> None:
    assert figures(Answer("bare")) == {}
    nothing = example_answer(titration=[{"vesicles_per_cell": 0.0, "fold": None, "low": None, "high": None}])
    assert "titration" not in figures(nothing)


def test_one_mark_without_the_other(example_answer: Callable[..., Answer]) -> None:
    figure = figures(example_answer(vesicles_needed=Estimate(None), dose_gap=Estimate(None)))["titration"]
    assert "no value within the range" in figure.caption


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.1), (1, 3000), (1e-9, 1e9), (20, 21), (5, 500)])
def test_ticks(low: float, high: float) -> None:
    ticks = log_ticks(low, high)
    assert 1 <= len(ticks) <= 9 and all(low * 0.99 <= tick <= high * 1.01 for tick in ticks)
    assert len(set(tick_texts(ticks))) == len(ticks)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (24, "24"), (24.04, "24"), (0.0131, "0.0131"), (1234.5, "1,234"), (1e-9, "10⁻⁹"),
        (3.2e6, "3.2\u00a0×\u00a010⁶"), (999.9, "1,000"), (-2.5, "−2.5"), (None, "not available"),
        (float("nan"), "not available"), (100, "100"), (9.996, "10"),
    ],
)  # fmt: skip
def test_numbers(value: float | None, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (1 + 1e-9, "1"), (1.0034, "1.003"), (1.09, "1.09"), (5.0, "5.00"), (190.9, "191")]
)
def test_ratios(value: float, text: str) -> None:
    assert ratio_text(value) == text


def test_intervals_of_ratios() -> None:
    assert ratio_interval(1.0000022, 1.19) == "1.00–1.19" and ratio_interval(1, 1) == "1"
    assert ratio_interval(1.000035, 1.0029) == "1.000–1.003" and ratio_interval(28.9, 31.8) == "28.9–31.8"
    assert change_text(1.0004) == "+0.04\u00a0%" and change_text(0.95) == "−5\u00a0%"


def test_sentences_are_typeset() -> None:
    assert prose("'A' takes 2.4 x 10^-4, 89% within 1e-06", ["A"]) == ("“A” takes 2.4\u00a0×\u00a010⁻⁴, 89\u00a0% within 10⁻⁶")


def test_small_words() -> None:
    assert percent_text(0.00021) == "0.021\u00a0%"
    assert wrapped("a long name that wraps", 10) == ["a long", "name that", "wraps"]
    assert wrapped("", 10) == [""]


def test_every_frame_of_a_moving_picture_has_its_colours():
    import base64
    import io
    from types import SimpleNamespace

    from PIL import Image

    from exoresist.report.tissue_drawing import LINEAGES
    from exoresist.report.tissue_figures import moving_picture

    def frame(time, dead):
        place = np.linspace(-40.0, 40.0, 5)
        state = np.array([0, 0, 0, 0, dead])
        return SimpleNamespace(
            time_h=time, x=place, y=place, radius=np.full(5, 9.0), kind=["tumour"] * 5, state=state, level=np.full(5, np.nan),
            fields={}, extent=(-60.0, 60.0, -60.0, 60.0), vessels=np.array([[10.0], [-20.0]]) if dead else np.zeros((2, 0)),
        )  # fmt: skip

    answer = SimpleNamespace(cargo="", types=["tumour"])
    film = moving_picture(answer, SimpleNamespace(sections=[frame(0.0, 0), frame(1.0, 0), frame(2.0, 2), frame(3.0, 2)]))
    image = Image.open(io.BytesIO(base64.b64decode(film.split(",", 1)[1])))
    wanted = np.array([int(LINEAGES[0][at : at + 2], 16) for at in (1, 3, 5)])
    assert image.n_frames == 4
    for number in range(4):
        image.seek(number)
        pixels = np.asarray(image.convert("RGB"), dtype=int).reshape(-1, 3)
        assert (np.abs(pixels - wanted).max(axis=1) < 12).sum() > 200
