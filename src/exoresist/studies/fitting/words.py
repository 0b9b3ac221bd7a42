"""A fit in words: what was predicted, what was settled, whether the sampler may be believed, what to doubt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from exoresist.studies.answer import Row
from exoresist.studies.fitting.unknowns import SPREAD
from exoresist.studies.names import listed

if TYPE_CHECKING:
    from exoresist.studies.fitting.result import GeneralFit

_AGREE = 1.05


def sentences(result: GeneralFit) -> list[str]:
    """The result, most important first."""
    found = [*_predictions(result), *_settled(result), *_varying(result), _fits(result), _believed(result)]
    if result.history:
        found.append(result.history)
    return found


def warnings(result: GeneralFit) -> list[str]:
    """What a reader should doubt."""
    found = []
    for row in result.parameters:
        if row["name"] not in ("scale", "offset") and not row["prior_low"] <= row["value"] <= row["prior_high"]:
            found.append(
                f"{label(row)} = {row['value']:.3g} {row['unit']} lies outside the range expected of it, "
                f"{row['prior_low']:.3g} to {row['prior_high']:.3g}."
            )
    for row in result.readouts:
        if not row["fits"]:
            more = row["p_value"] < 0.5
            cause = "the model is wrong somewhere, or the noise is set too low" if more else "the noise is set too high"
            found.append(
                f"{row['readout']}: the readings lie {'farther from' if more else 'closer to'} the model than its noise explains "
                f"(p = {row['p_value']:.3g}): {cause}."
            )
    if result.search["agreeing"] < 2 and result.search["followed"] > 1:
        found.append(f"Of {result.search['followed']} ascents only one reached the best point: there may be a better one.")
    if not result.sampling["converged"]:
        found.append(
            f"The posterior is not sampled well yet ({result.sampling['effective']:.0f} independent draws, split R-hat "
            f"{result.sampling['r_hat']:.3f}): give `sampling` more `steps` before you lean on the intervals."
        )
    return found


def label(row: Row) -> str:
    """A parameter in words."""
    return f"{row['name']} ({row['subject']}{', ' + row['experiment'] if row['experiment'] else ''})"


def _predictions(result: GeneralFit) -> list[str]:
    rows = list(result.predictive.values())
    if not rows:
        return [f"{result.readings} readings were fitted and none held out, so nothing here shows that the model predicts."]
    found = []
    for readout in dict.fromkeys(row["readout"] for row in rows):
        own = [row for row in rows if row["readout"] == readout]
        unit = "" if own[0]["unit"] == "dimensionless" else f" {own[0]['unit']}"
        error = _pooled([row["error"] for row in own])
        known = [row["baseline"] for row in own if row["baseline"] is not None]
        text = f"On {_count(len(own), 'held-out condition')} ({readout}) the model is off by {error:.3g}{unit} (root mean square)"
        if len(known) == len(own):
            other = _pooled(known)
            kinds = ", ".join(dict.fromkeys(str(row["baseline_kind"]) for row in own))
            verdict = (
                "as good as" if math.isclose(error, other, rel_tol=0.03) else "better than" if error < other else "worse than"
            )
            text += f", {verdict} the baseline without mechanism ({other:.3g}; {kinds})"
        coverage = sum(row["coverage"] * row["readings"] for row in own) / sum(row["readings"] for row in own)
        spread = [row["replicate_error"] for row in own if row["replicate_error"] is not None]
        text += f". {100 * coverage:.0f} % of the held-out readings lie in their 90 % interval"
        text += f"; means over replicates are themselves known to {_pooled(spread):.3g}." if spread else "."
        found.append(text)
    return found


def _settled(result: GeneralFit) -> list[str]:
    known = [label(row) for row in result.parameters if row["identified"]]
    unknown = [label(row) for row in result.parameters if not row["identified"]]
    if not unknown:
        return [f"The data settle all {len(known)} parameters."]
    return [
        f"The data settle {listed(known) if known else 'none of the parameters'}; they leave open {listed(unknown)}: there the 90 % "
        "interval is more than half as wide as before the data, so these values rest on what was expected."
    ]


def _varying(result: GeneralFit) -> list[str]:
    """By how much numbers differ between experiments."""
    found = []
    rows = {(row["name"], row["subject"]): row for row in result.parameters}
    for row in result.parameters:
        name = str(row["name"]).removesuffix(SPREAD)
        if name == row["name"] or (name, row["subject"]) not in rows:
            continue
        own = [one for one in result.parameters if (one["name"], one["subject"]) == (name, row["subject"]) and one["experiment"]]
        folds = [math.exp(float(row[end])) for end in ("median", "low", "high")]
        found.append(
            f"{name} ({row['subject']}) differs between the {len(own)} experiments by a factor of {folds[0]:.3g} ({folds[1]:.3g} to "
            f"{folds[2]:.3g}), one standard deviation."
        )
    return found


def _fits(result: GeneralFit) -> str:
    parts = [
        f"{row['readout']} {100 * row['coverage']:.0f} % of {row['readings']} readings in their 90 % interval, p = {row['p_value']:.2g}"
        for row in result.readouts
    ]
    return (
        f"Do the fitted readings look as the model would make them? {'; '.join(parts)} (p: how often simulated readings lie farther from "
        "the model than the measured ones; near 0 or 1 something is wrong)."
    )


def _believed(result: GeneralFit) -> str:
    found = result.sampling
    verdict = "may be believed" if found["converged"] else "is not to be believed yet"
    agree = "agree" if found["r_hat"] <= _AGREE else "do not agree"
    return (
        f"The sampling {verdict}: two independent ensembles of {found['walkers']} walkers {agree} (split R-hat {found['r_hat']:.3f}), "
        f"draws forget each other after {found['autocorrelation']:.0f} steps, so {found['steps'] - found['warm_up']} steps after the "
        f"warm-up count as {found['effective']:.0f} independent draws of the slowest parameter. "
        f"{result.search['agreeing']} of {result.search['followed']} ascents ended at the same best point."
    )


def _pooled(errors: list[float]) -> float:
    return math.sqrt(sum(error**2 for error in errors) / len(errors))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
