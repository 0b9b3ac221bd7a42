"""Progress: whole, never back, never beyond, and on a terminal only."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exoresist.assembly.reader import bundled_scenarios, load_scenario
from exoresist.core import progress
from exoresist.core.progress import Silent, Stages, reporting
from exoresist.studies.workload import stage_work


class Recorder:
    """Adds up what it is told."""

    def __init__(self) -> None:
        self.places = [0.0]

    def advance(self, amount: float = 1.0) -> None:
        assert amount > 0.0
        self.places.append(self.places[-1] + amount)


stage = st.tuples(st.floats(0.0, 1e9), st.floats(0.0, 1e9), st.lists(st.floats(0.0, 1e9), max_size=5))


@given(st.lists(stage, min_size=1, max_size=5))
def test_stages_fill_the_whole_whatever_is_done_in_them(stages):
    recorder = Recorder()
    whole = Stages(recorder, {str(index): share for index, (share, _, _) in enumerate(stages)})
    for index, (_, expected, steps) in enumerate(stages):
        whole.begin(str(index), expected)
        for step in steps:
            whole.advance(step)
    assert recorder.places[-1] <= 1.0 + 1e-9
    whole.finish()
    assert recorder.places[-1] == pytest.approx(1.0)


def test_stages_within_stages():
    recorder = Recorder()
    outer = Stages(recorder, {"answer": 3.0, "writing": 1.0})
    outer.begin("answer")
    inner = Stages(outer, {"one": 1.0, "two": 1.0})
    inner.begin("one", 10.0)
    inner.advance(5.0)
    assert recorder.places[-1] == pytest.approx(0.1875)
    inner.finish()
    assert recorder.places[-1] == pytest.approx(0.75)


@pytest.mark.parametrize("name", sorted(name for name in bundled_scenarios() if not name.startswith("tumour_")))
def test_work_is_expected_of_every_scenario(name: str):
    work = stage_work(load_scenario(bundled_scenarios()[name]))
    assert all(amount >= 0.0 for amount in work.values()) and work["arms"] > 0.0


def test_silent_without_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with reporting(1.0, "work") as report:
        assert isinstance(report, Silent)


def test_bar_shows_itself_while_nothing_advances(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress.Bar, "delay", 0.05)
    with reporting(4.0, "compiling [once]") as report:
        time.sleep(0.4)
        assert "0 %" in terminal.getvalue() and "compiling [once]" in terminal.getvalue()
        report.advance(4.0)
        time.sleep(0.3)
        assert "100 %" in terminal.getvalue()


def test_quick_work_shows_no_bar(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with reporting(1.0, "work") as report:
        report.advance()
    assert terminal.getvalue() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_bar_of_a_run_on_a_terminal_rises_to_the_end(tmp_path: Path):
    import pty

    code = (
        "import exoresist.core.progress as progress; progress.Bar.delay = 0.0\n"
        "from exoresist.app.main import main\n"
        f"main(['run', {str(bundled_scenarios()['pgp_add_back'])!r}, '--out', {str(tmp_path)!r}])"
    )
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.DEVNULL,
        stderr=follower,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200"},
    )
    os.close(follower)
    shown = b""
    try:
        while piece := os.read(leader, 65536):
            shown += piece
    except OSError:  # Linux says so when the other end closes
        pass
    os.close(leader)
    assert process.wait() == 0
    places = [int(number) for number in re.findall(rb"(\d+) %", shown)]
    assert places == sorted(places)
    assert places[-1] >= 90
