"""The figures of the page, in reading order; a figure without data is left out."""

from __future__ import annotations

from exoresist.report.amount_figures import kinds, mass_balance, small_pools
from exoresist.report.course_figures import levels, survivors
from exoresist.report.drawing import Figure
from exoresist.report.effect_figures import dose_response, drivers, potency
from exoresist.report.titration_figure import titration
from exoresist.studies.answer import Answer


def figures(answer: Answer) -> dict[str, Figure]:
    """Figure id -> figure, in the order in which the page shows them."""
    makers = (dose_response, potency, levels, survivors, titration, mass_balance, small_pools, drivers, kinds)
    drawn = [make(answer) for make in makers]
    return {figure.id: figure for figure in drawn if figure is not None}
