"""A few of the files that verification/fuzz_scenarios.py tries by the thousand."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

SPECIFICATION = importlib.util.spec_from_file_location("fuzzing", Path(__file__).with_name("fuzzing.py"))
assert SPECIFICATION is not None and SPECIFICATION.loader is not None
fuzzing = importlib.util.module_from_spec(SPECIFICATION)
SPECIFICATION.loader.exec_module(fuzzing)


# Found examples are small enough to read as they are, and every step of shrinking one would be another run.
@settings(max_examples=30, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(fuzzing.scenario_files())
def test_any_file_is_answered_in_finite_numbers_or_refused_in_one_message(text: str):
    fuzzing.outcome(text)
