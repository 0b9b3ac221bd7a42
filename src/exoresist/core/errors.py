"""Errors that a user can cause, each saying what came, what was allowed and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ExoresistError(Exception):
    """Base of every error caused by input; the command line prints it and exits with code 2."""


class ModelError(ExoresistError):
    """A network that is wired wrongly: found before anything runs."""


class SolverError(ExoresistError):
    """An integration that could not be finished, with advice."""


class InputError(ExoresistError):
    """A value that cannot be used.

    came     what was given, as the user wrote it
    allowed  what would have been accepted
    advice   what to do now
    """

    def __init__(self, came: str, allowed: str = "", advice: str = "") -> None:
        parts = [came.rstrip(".") + "."]
        if allowed:
            parts.append(f"Allowed: {allowed.rstrip('.')}.")
        if advice:
            parts.append(advice if advice.endswith(("?", "!")) else advice.rstrip(".") + ".")
        super().__init__(" ".join(parts))
        self.came, self.allowed, self.advice = came, allowed, advice


def suggestion(name: str, available: Iterable[str], likeness: float = 0.55) -> str:
    """The nearest known name as a question, or an empty text where none is so like it (0 to 1, as difflib measures)."""
    near = difflib.get_close_matches(name, list(available), n=1, cutoff=likeness)
    return f"Did you mean '{near[0]}'?" if near else ""


def unknown_name(kind: str, name: str, available: Iterable[str]) -> InputError:
    """The error for a name that is in no table: lists alternatives and the nearest one."""
    known = sorted(available)
    shown = ", ".join(known[:30]) + (f" and {len(known) - 30} more" if len(known) > 30 else "")
    return InputError(f"{kind} '{name}' is not known", shown or "none are defined", suggestion(name, known))
