"""All looks at one case: each day is worked out once, and the first day of something met can be searched."""

from __future__ import annotations

from collections.abc import Callable

from app.timeline.ledger import Ledger
from app.timeline.look import Glance, Look
from app.timeline.parameters import DAYS_PER_MONTH, Parameters
from app.timeline.records import Record

WEEK = 7


class Course:
    """The looks at one record; lives as long as one call and is never shared."""

    def __init__(self, record: Record, parameters: Parameters) -> None:
        """Start without any look taken."""
        self._record, self._ledger = record, Ledger(record)
        self._parameters = parameters
        self._looks: dict[int, Look] = {}
        self._glances: dict[int, Glance] = {}

    def look(self, as_of: int) -> Look:
        """Return the look on a day."""
        if as_of not in self._looks:
            self._looks[as_of] = Look(self._record, as_of, self._parameters, self._ledger)
        return self._looks[as_of]

    def glance(self, as_of: int) -> Look:
        """Return a cheap look on a day of the past, for the statuses of stop criteria; no assessment is told of it."""
        if as_of not in self._glances:
            self._glances[as_of] = Glance(self._record, as_of, self._parameters, self._ledger)
        return self._glances[as_of]

    def first_met(self, now: Look, met: Callable[[Look], bool], not_before_month: float) -> int:
        """Return the first weekly look, counted from the clock's origin, of the run that is met ``now``.

        ``not_before_month`` is the gate before which it cannot be met. Searched by halves, so a short earlier
        run of being met may be passed over: the day returned is one at which it was met, with the look
        a week before at which it was not.
        """
        origin = now.clock.origin_on
        if origin is None:
            return now.as_of
        first = -(-(now.as_of - origin) // WEEK)
        earliest = min(first, max(0, int(not_before_month * DAYS_PER_MONTH) // WEEK))
        # Most are met as soon as the gate opens, so that is asked first.
        if earliest < first and met(self.glance(origin + (earliest + 1) * WEEK)):
            return min(now.as_of, origin + (earliest + 1) * WEEK)
        before = earliest + 1 if earliest < first else earliest
        while first - before > 1:
            middle = (before + first) // 2
            if met(self.glance(origin + middle * WEEK)):
                first = middle
            else:
                before = middle
        return min(now.as_of, origin + first * WEEK)
