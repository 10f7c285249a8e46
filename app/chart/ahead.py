"""Questions asked ahead of their use, so that they travel with the next one in a single flush; only the chart comes in.

Asking ahead changes no answer: the first to ask the same then finds the rows here, unless something was written
meanwhile to a table that they came from.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from app.chart.database import Journey, Rows
from app.chart.plans import Plan

Question = tuple[str, frozenset[tuple[str, Any]]]


class PresumedWrongly(Exception):
    """The store tells otherwise than was presumed: the transaction must end without effect and be begun again."""


class Ahead:
    """What one transaction has asked ahead and nobody has taken yet."""

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._rows: dict[Question, Rows | None] = {}
        self._tables: dict[Question, frozenset[str]] = {}
        self.presuming = 0

    def ask(self, plan: Plan, params: Mapping[str, Any]) -> None:
        """Put a question on its way, unless it is already."""
        question = (plan.sql, frozenset(params.items()))
        if question in self._rows:
            return
        self._rows[question], self._tables[question] = None, plan.tables
        self._journey.ask(plan.sql, params, partial(self._arrived, question))

    def presume(self, plan: Plan, params: Mapping[str, Any], fits: Callable[[Rows], bool]) -> None:
        """Put a question on its way whose answer is taken as known; where it does not fit, the journey breaks off."""

        def arrived(rows: Rows) -> None:
            self.presuming -= 1
            if not fits(rows):
                raise PresumedWrongly

        self.presuming += 1
        self._journey.ask(plan.sql, params, arrived)

    def take(self, plan: Plan, params: Mapping[str, Any]) -> Rows | None:
        """The rows of a question that was asked ahead, once; None for any other."""
        if not self._rows:
            return None
        question = (plan.sql, frozenset(params.items()))
        if question not in self._rows:
            return None
        if self._rows[question] is None:
            self._journey.flush()
        del self._tables[question]
        return self._rows.pop(question)

    def written(self, table: str) -> None:
        """Forget what was read from a table that is written to now."""
        for question in [each for each, tables in self._tables.items() if table in tables]:
            del self._rows[question], self._tables[question]

    def forget(self) -> None:
        """Forget everything: what was read within a stretch of work that was taken back may never have been so."""
        self._rows.clear()
        self._tables.clear()

    def _arrived(self, question: Question, rows: Rows) -> None:
        if question in self._rows:
            self._rows[question] = rows
