"""Size of a run before it begins, and what its first steps tell."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from numba import njit
from numba.core import event

from exoresist.core.errors import InputError
from exoresist.core.progress import Silent, say
from exoresist.numerics.compiling import LOCK, seconds_compiling
from exoresist.studies import tissue_size
from exoresist.studies.tissue_size import Meter, Size, refuse_what_does_not_fit, spoken_time
from exoresist.tissue.state import Pace


class Bar(Silent):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.done = 0.0

    def advance(self, amount: float = 1.0) -> None:
        self.done += amount

    def say(self, text: str) -> None:
        self.words.append(text)


PACE = Pace(life=0.1, network=0.1)


def tissue(cells: int, time: float = 0.0, pace: Pace = PACE) -> Any:
    return SimpleNamespace(cells=range(cells), time=time, pace=pace)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(tissue_size.time, "monotonic", lambda: now[0])
    return now


def run(
    meter: Meter, clock: list[float], steps: int, cells: int = 100, each: float = 2.0, pace: Pace = PACE, **more: float
) -> None:
    meter.begin()
    for number in range(steps):
        clock[0] += each
        meter.step(tissue(cells, 0.1 * (number + 1), pace), **more)


def test_cost_is_per_cell_and_hour_and_without_the_first_step(clock: list[float]) -> None:
    bar = Bar()
    meter = Meter(10.0, bar)
    clock[0] = 100.0
    meter.begin()
    clock[0] += 50.0  # compiling
    meter.step(tissue(100, 0.1))
    assert meter.seconds_left(100) is None and "left" not in bar.words[-1]
    for number in range(4):
        clock[0] += 2.0
        meter.step(tissue(100, 0.2 + 0.1 * number))
    assert meter.seconds_left(100) == pytest.approx(20.0 * 9.5) and meter.seconds_left(200) == pytest.approx(40.0 * 9.5)
    assert bar.words[-1] == "0.5 h, 100 cells, 3 min left" and bar.done == pytest.approx(0.05)


def compile_for(clock: list[float], seconds: float, nested: int = 2) -> None:
    """What Numba announces while it compiles one kernel for another."""
    for _ in range(nested):
        event.start_event(LOCK)
    clock[0] += seconds
    for _ in range(nested):
        event.end_event(LOCK)


def test_compiling_is_no_part_of_the_cost_in_whatever_step_it_happens(clock: list[float]) -> None:
    told: list[str] = []
    meter = Meter(10.0, Silent(), 0.1, told.append)  # 360 s are allowed, and 200 s are needed
    meter.begin()
    for number in range(8):
        if number in (0, 1, 3):  # a first dose, a first division: kernels that nobody needed before
            compile_for(clock, 300.0)
        clock[0] += 2.0
        meter.step(tissue(100, 0.1 * (number + 1)))
    assert meter.seconds_left(100) == pytest.approx(20.0 * 9.2)
    assert told and told[0].startswith("about 3 min left")
    # A run that is that slow by itself is refused.
    with pytest.raises(InputError, match="within"):
        run(Meter(10.0, Silent(), 0.1), clock, 8, each=100.0)


def test_real_compiling_is_seen() -> None:
    before = seconds_compiling()

    @njit
    def fresh(x: float) -> float:
        return x + 1.0

    assert fresh(1.0) == 2.0
    took = seconds_compiling() - before
    assert took > 0.0
    fresh(2.0)
    assert seconds_compiling() - before == took


def test_a_long_run_is_told_once_and_refused_when_it_may_not(clock: list[float]) -> None:
    told: list[str] = []
    run(Meter(10.0, Silent(), None, told.append), clock, 20, growth=2.0)
    assert len(told) == 1 and told[0].startswith("3 min to 6 min left") and told[0].endswith("so far")
    run(Meter(10.0, Silent(), None, told.append), clock, 20, pace=Pace(life=0.1, network=0.1, alert=0.01))
    assert told.pop().endswith("so far; while a drug is about, networks take 10 times as many steps")
    run(Meter(10.0, Silent(), 1.0, told.append), clock, 20)
    with pytest.raises(InputError, match="within"):
        run(Meter(10.0, Silent(), 0.01), clock, 20)


def test_a_short_run_is_not_talked_about(clock: list[float]) -> None:
    told: list[str] = []
    run(Meter(1.0, Silent(), None, told.append), clock, 9, each=1.5)
    assert told == []


def test_what_does_not_fit_is_refused_with_its_size(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    size = Size(1e6, 3e9, 2e9)
    monkeypatch.setattr(tissue_size, "free_memory", lambda: 4e9)
    monkeypatch.setattr(tissue_size.shutil, "disk_usage", lambda _: SimpleNamespace(free=3e9))
    refuse_what_does_not_fit(size, tmp_path / "not" / "there")
    refuse_what_does_not_fit(size, None)
    monkeypatch.setattr(tissue_size.shutil, "disk_usage", lambda _: SimpleNamespace(free=1e9))
    refuse_what_does_not_fit(size, None)
    with pytest.raises(InputError, match="1,907 MB on disk"):
        refuse_what_does_not_fit(size, tmp_path / "not" / "there")
    monkeypatch.setattr(tissue_size, "free_memory", lambda: 1e9)
    with pytest.raises(InputError, match="2,861 MB of memory"):
        refuse_what_does_not_fit(size, None)


def test_words() -> None:
    assert [spoken_time(one) for one in (3.0, 600.0, 9000.0)] == ["3 s", "10 min", "2.5 h"]

    class Mute:
        def advance(self, amount: float = 1.0) -> None:
            return None

    say(Mute(), "nothing happens")
