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
        """Return the first weekly look, counted from the clock's origin, at which was met what is met ``now``.

        ``not_before_month`` is the gate before which it cannot be met. The look after the gate is asked first and
        the rest is searched by halves, so a short run between may be passed over: the day returned is one at
        which it was met, and a week before either the gate was closed or it was not.
        """
        origin = now.clock.origin_on
        if origin is None:
            return now.as_of
        first = -(-(now.as_of - origin) // WEEK)
        before = int(not_before_month * DAYS_PER_MONTH) // WEEK + 1
        # Most are met as soon as the gate opens, so that is asked first.
        if met(self.glance(origin + before * WEEK)):
            return min(now.as_of, origin + before * WEEK)
        while first - before > 1:
            middle = (before + first) // 2
            if met(self.glance(origin + middle * WEEK)):
                first = middle
            else:
                before = middle
        return min(now.as_of, origin + first * WEEK)
