"""The verdict in words."""

from __future__ import annotations

from exoresist.studies.answer import Row
from exoresist.studies.identify_bench import Bench
from exoresist.studies.names import listed

WORDS = {
    "transfer": "transfer (what vesicles deliver protects)",
    "soluble": "a soluble factor of the donors, or conditioned medium",
    "sink": "a drug sink (donors take drug away)",
    "decoy": "a decoy (vesicles bind drug outside the cells)",
    "growth": "a difference in growth beside donors",
    "no_effect": "no effect beyond what the catalogue's own numbers do",
    "several_with_transfer": "several at once, transfer among them",
    "several_without_transfer": "several at once, without transfer",
    "any": "any world of the prior",
}
FEW, STRANGE, MISFIT = 40.0, 1.0, 3.0


def percent(value: float) -> str:
    return f"{100.0 * value:.0f} %".replace("-0 %", "0 %") if abs(value) < 0.005 else f"{100.0 * value:.0f} %"


def sentences(answer: "IdentifyAnswer", made: Bench) -> list[str]:  # type: ignore[name-defined]  # noqa: F821, UP037
    """The answer, most important first."""
    low, high = answer.interval
    span = f"{percent(low)} to {percent(high)}"
    between = f"{percent(low)} and {percent(high)}"
    what = "the protection of arm '" + made.arms[made.of].label + "' over '" + made.arms[made.against].label + "'"
    told = [_verdict(answer.verdict, low, high, span, what)]
    before, after = answer.prior_interval, answer.posterior_interval
    told.append(
        f"The readings leave shares between {between} (90 %, whatever is held to be likely beforehand) and are explained best by "
        f"{percent(answer.likeliest)}."
    )
    told.append(
        f"Before any reading the share lay between {percent(before[0])} and {percent(before[1])}; with what the prior holds to be "
        f"likely, it now lies between {percent(after[0])} and {percent(after[1])}, the middle is {percent(answer.median)} (90 % each)."
    )
    others = [WORDS[name] for name in answer.confounders]
    if others:
        told.append(f"Without any transfer, these may explain the readings as well: {listed(others)}.")
    else:
        told.append("No rival by itself explains the readings without transfer; several at once may.")
    told += [_strength(row) for row in answer.strengths if row["rival"] == "transfer"]
    best = max(answer.worlds, key=lambda row: row["posterior"])
    told.append(
        f"The likeliest kind of world is: {WORDS[best['world']]} ({percent(best['posterior'])}; {percent(best['prior'])} before)."
    )
    every = next(row for row in answer.expected if row["world"] == "any")
    told.append(
        f"Over all worlds that the prior allows, this design identifies the share in {percent(every['identified'])}, bounds it in "
        f"{percent(every['bounded'])} and cannot tell in {percent(every['cannot_tell'])}."
        + (f" Of the verdicts that it gives, {percent(every['right'])} are true." if every["right"] == every["right"] else "")
    )
    if answer.simulated:
        told.append("No data were given: the readings are simulated from the scenario's central numbers, without any rival.")
    return told


def _verdict(word: str, low: float, high: float, span: str, what: str) -> str:
    if word == "identified":
        return f"Identified: of {what}, {span} travels in vesicles as cargo."
    if word == "bounded" and low >= 0.1:
        return (
            f"Bounded: of {what}, at least {percent(low)} travels in vesicles as cargo; how much more, this design does not tell."
        )
    if word == "bounded":
        return f"Bounded: of {what}, at most {percent(high)} travels in vesicles as cargo; it may be none."
    return f"This design cannot tell how much of {what} travels in vesicles as cargo: anything from {span} fits."


def _strength(row: Row) -> str:
    fits, tried = row["fitting"], row["tried"]
    name = WORDS[row["rival"]]
    if len(fits) == len(tried):
        return f"Practically not identifiable: every strength of {name} that was tried fits."
    if not fits:
        return f"Of {name} no strength that was tried comes close to the best fit; the one that fits lies between them."
    if fits[0] == tried[0]:
        return f"Practically identifiable from above only: {name} may add at most {percent(fits[-1])} to what recipients bear."
    if fits[-1] == tried[-1]:
        return f"Practically identifiable from below only: {name} adds at least {percent(fits[0])} to what recipients bear."
    return f"Practically identifiable: {name} adds between {percent(fits[0])} and {percent(fits[-1])} to what recipients bear."


def warnings(answer: "IdentifyAnswer", made: Bench) -> list[str]:  # type: ignore[name-defined]  # noqa: F821, UP037
    """Where the answer should be trusted less."""
    found = []
    quality = answer.quality
    if quality["effective_draws"] < FEW:
        found.append(f"only {quality['effective_draws']:.0f} draws carry the answer; ask for more with --draws")
    if quality["strange"] > STRANGE:
        found.append(
            "the readings lie farther from every world of the model than worlds lie from each other: the model may not fit them"
        )
    if quality["misfit"] > MISFIT:
        found.append(
            f"the best world misses the readings by {quality['misfit']:.1f} times the noise (mean square): trust no share "
            f"before that is mended"
        )
    if made.left_out:
        found.append(
            f"left out as thoughts that no laboratory can do, or for reading other cells: {listed([repr(arm) for arm in made.left_out])}"
        )
    missing = [name for name in ("transfer", "soluble", "sink", "decoy") if name not in made.space.rivals]
    if missing:
        found.append(f"this experiment cannot hold {listed([WORDS[name] for name in missing])}: not considered")
    return found
