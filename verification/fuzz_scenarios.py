"""Two thousand broken scenario files through `exoresist run`: no traceback, no NaN, nothing half-written.

    python verification/fuzz_scenarios.py [EXAMPLES] [SEED] [--messages]

Last result (2026-11-20, seed 7, the code with metabolism, immunity and tissues merged): 2000 files, 786 answered, 1214 refused, 0 failures,
570 s on two shared cores. Before the merges: seed 7, 931 answered, 1069 refused, and seed 101, 902 answered, 1098 refused, 0 failures each.
A run just before had found one fault (file 1,564 of seed 7: a fold of zero was divided by): folds are never zero since.

Prints counts of answered and refused files and every distinct failure with the file that caused it; exit code 1 if
there is one.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

SOURCE = Path(__file__).parents[1] / "tests" / "app" / "fuzzing.py"
SLOW = 10.0  # seconds


def main(examples: int, start: int) -> int:
    """Run the examples, print what came out, return the exit code."""
    specification = importlib.util.spec_from_file_location("fuzzing", SOURCE)
    assert specification is not None and specification.loader is not None
    fuzzing = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(fuzzing)
    counts = {0: 0, 2: 0}
    failures: dict[str, str] = {}
    slow: list[tuple[float, str]] = []
    seen: set[str] = set()
    messages: set[str] = set()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(fuzzing.scenario_files())
    def run(text: str) -> None:
        if text in seen or len(seen) == examples:
            return
        seen.add(text)
        began = time.perf_counter()
        try:
            code, told = fuzzing.outcome(text)
            counts[code] += 1
            if code:
                messages.add(told)
        except AssertionError as error:
            if str(error)[:160] not in failures:  # told at once, so that a run that is stopped does not take it along
                print(f"FAILED, file {len(seen)}: {error}\n{text}", flush=True)
            failures.setdefault(str(error)[:160], f"{error}\n{text}")
        taken = time.perf_counter() - began
        if taken > SLOW:
            slow.append((taken, text))
        done = len(seen)
        if done % 100 == 0:
            print(f"{done} files, {counts[0]} answered, {counts[2]} refused, {len(failures)} failures", flush=True)

    began = time.perf_counter()
    while len(seen) < examples:  # Hypothesis repeats itself: as often as it takes
        seed(start)(run)()
        start += 1
    print(f"{len(seen)} files in {time.perf_counter() - began:.0f} s: {counts[0]} answered, {counts[2]} refused")
    for taken, text in slow:
        print(f"\nslow, {taken:.0f} s:\n{text}")
    if "--messages" in sys.argv:
        print("\n".join(sorted(messages)))
    for failure in failures.values():
        print(f"\nFAILED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:] if word.isdigit()]
    sys.exit(main(*words, *(2000, 1)[len(words) :]))
