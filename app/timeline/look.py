"""One look at one case on one day: what was known, and each derived thing worked out at most once; internal."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from app.timeline import prerequisites, sufficiency
from app.timeline.clock import Clock, read_clock
from app.timeline.findings import Answer, Finding
from app.timeline.known_dates import ANNIVERSARY, Occasion, occasions
from app.timeline.ledger import Ledger
from app.timeline.once import once
from app.timeline.parameters import Parameters
from app.timeline.prerequisites.evidence_share import Weighed
from app.timeline.projecting import Projection, project
from app.timeline.records import Record, Report
from app.timeline.sufficiency import Enough
from app.timeline.table import Table, tabulate
from app.timeline.trend import Standstill, Trend, fit_trend, near_known_dates, stands_still


class Look:
    """What is known on the day ``as_of`` (an ordinal), seen with one set of parameters."""

    def __init__(
        self, record: Record, as_of: int, parameters: Parameters, ledger: Ledger | None = None
    ) -> None:
        """Keep only what was known on that day; everything else follows from it.

        Looks at one record may share its ``ledger``; what they say does not change by that.
        """
        self.as_of = as_of
        self.parameters = parameters
        self._ledger = (ledger or Ledger(record)).on(as_of)
        self.known = self._ledger.known(as_of)

    @once
    def clock(self) -> Clock:
        """The clock of repair."""
        return read_clock(self.known, self.as_of)

    @property
    def heard(self) -> tuple[Report, ...]:
        """Reports that have a place in the course, sorted by last day; setbacks are told of these.

        They have a count and a window of bearable length, their middle lies after the start, and they are
        neither older than the horizon nor from before the last few betrayals: what is answered about
        today must not cost more the longer a document is.
        """
        return self._heard[0]

    @property
    def heard_table(self) -> Table:
        """The same as columns."""
        return self._heard[1]

    @property
    def placed(self) -> tuple[Report, ...]:
        """Reports the trend can use: those heard that name no anniversary.

        On such a day a stronger response is expected whatever the trend, so a report of one says nothing about
        it. Left out altogether, it moves neither the trend nor any minimum of evidence, and so no criterion.
        """
        return self._placed[0]

    @once
    def _placed(self) -> tuple[tuple[Report, ...], Table]:
        heard, table = self._heard
        if self.parameters.trend.anniversaries_tell or not table.named.any():
            return heard, table
        kept = [place for place, report in enumerate(heard) if report.trigger != ANNIVERSARY]
        if len(kept) == len(heard):
            return heard, table
        return tuple(heard[place] for place in kept), table.of(np.array(kept, dtype=np.int64))

    @once
    def _heard(self) -> tuple[tuple[Report, ...], Table]:
        """The reports heard with their columns, which the ledger keeps sorted."""
        started, rules = self.clock.started_on, self.parameters.sufficiency
        if started is None:
            return (), tabulate(())
        since = max(started, self.as_of - rules.oldest_days, *self._last_betrayals()[:1])
        return self._ledger.reports(self.as_of, since, rules.longest_window_days)

    def counted_within(self, days: int) -> tuple[Report, ...]:
        """Return the counted reports that ended less than some days ago."""
        return self.counted[bisect_right(self.counted, self.as_of - days, key=attrgetter("end")) :]

    @once
    def year(self) -> tuple[Report, ...]:
        """Return the counted reports of the last year, on which the trend criteria rest."""
        return self.counted_within(self.parameters.stopping.window_days)

    @once
    def year_lacks(self) -> str | None:
        """Return what is missing before the trend can be judged over a year, or ``None``."""
        return sufficiency.judge_year(self.year, self.as_of, self.enough, self.parameters.stopping)

    def _last_betrayals(self) -> list[int]:
        """Return the days of the last betrayals if there were more than the trend can tell apart."""
        most = self.parameters.trend.most_steps
        days = [r.betrayal_on for r in self.clock.restarts]
        return days[-most:] if len(days) > most else []

    @once
    def counted(self) -> tuple[Report, ...]:
        """Placed reports that lie wholly after the clock's origin; gates and minimum evidence count these."""
        origin = self.clock.origin_on
        if origin is None or not self.clock.restarts:
            return self.placed
        return tuple(r for r in self.placed if r.start >= origin)

    @once
    def table(self) -> Table:
        """The placed reports as columns."""
        return self._placed[1]

    @once
    def near_known_dates(self) -> NDArray[np.bool_]:
        """Which of the placed reports carry the known-date effect."""
        if self.table is self.heard_table:
            return self.heard_near_known_dates
        return near_known_dates(self.table, self.occasion_days, self.parameters)

    @once
    def heard_near_known_dates(self) -> NDArray[np.bool_]:
        """Which of the reports heard carry it."""
        return near_known_dates(self.heard_table, self.occasion_days, self.parameters)

    @once
    def enough(self) -> Enough:
        """Whether the trend may be answered."""
        return sufficiency.judge(self.counted, self.clock, self.parameters.sufficiency)

    @once
    def trend(self) -> Trend | None:
        """The fitted trend, or ``None`` when too little is known."""
        if not self.enough.sufficient:
            return None
        return fit_trend(self.table, self.near_known_dates, self.clock, self.parameters)

    @once
    def standstill(self) -> Standstill | None:
        """What the trend criteria ask of the trend, or ``None`` when there is none."""
        return None if self.trend is None else self.trend.standstill

    @once
    def projection(self) -> Projection | None:
        """The trend carried forward, or ``None`` when there is none."""
        return None if self.trend is None else project(self.trend)

    @once
    def occasions(self) -> tuple[Occasion, ...]:
        """Known dates and anniversaries up to the day."""
        return occasions(self.known, self.as_of)

    @once
    def occasion_days(self) -> NDArray[np.int64]:
        """The days of the occasions alone, in order."""
        return np.array([o.day for o in self.occasions], dtype=np.int64)

    @once
    def prerequisites(self) -> dict[str, Finding]:
        """Findings of the prerequisites by code."""
        return {each.CODE: each.measure(self) for each in prerequisites.PREREQUISITES}

    @once
    def cessation(self) -> Finding:
        """The finding of cessation, which a prerequisite, the phases and a stop criterion share."""
        return prerequisites.cessation.judged(self.known, self.as_of, self.parameters)

    @once
    def standings(self) -> dict[str, Answer]:
        """Status of each prerequisite by code, which costs far less than the findings."""
        return {each.CODE: each.standing(self) for each in prerequisites.PREREQUISITES}

    @once
    def weighed(self) -> dict[str, Weighed]:
        """Evidence of the prerequisites that are shares of good evidence, by code."""
        known, rules = self.known, self.parameters
        return {each.CODE: each.weighed(known, self.as_of, rules) for each in prerequisites.SHARES}

    @property
    def contradicted(self) -> bool:
        """True while evidence of continuing behaviour stands without later verification."""
        return self.clock.stopped_on is not None


class Glance(Look):
    """A look on a day of the past that is only asked whether a criterion was met; it says what a look would say."""

    @once
    def standstill(self) -> Standstill | None:
        """What the trend criteria ask, fitted without all the other figures."""
        if not self.enough.sufficient:
            return None
        return stands_still(self.table, self.near_known_dates, self.clock, self.parameters)
