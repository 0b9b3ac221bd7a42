"""The figures of the MCF-7 dish (potencies, paclitaxel's whereabouts, P-glycoprotein add-back, the transfer law) are met by one set."""

from __future__ import annotations

import importlib.util
from pathlib import Path

PAGE = Path(__file__).parents[2] / "verification" / "figures.py"


def test_one_parameter_set_meets_all_figures():
    spec = importlib.util.spec_from_file_location("figures", PAGE)
    assert spec is not None and spec.loader is not None
    figures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(figures)
    rows = [*figures.potencies(), *figures.paclitaxel_share(), *figures.add_back(), *figures.transfer_law()]
    assert len(rows) == 11
    assert [row for row in rows if not row["passed"]] == []
