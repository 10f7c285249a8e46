"""The clock of repair: when it started, rested, stopped and began again; read by every gate and window."""

from __future__ import annotations

from typing import NamedTuple

from app.timeline.days import Stretch, months, shared_days, union
from app.timeline.parameters import DAYS_PER_MONTH
from app.timeline.records import CONTINUING, Observation, Record


class Restart(NamedTuple):
    """Contrary evidence on ``betrayal_on`` stopped the clock; verification on ``origin_on`` began it again."""

    betrayal_on: int
    origin_on: int
    evidence_ids: tuple[str, ...]


class Clock(NamedTuple):
    """Days as ordinals; ``origin_on`` is where months, gates and windows count from."""

    as_of: int
    started_on: int | None
    origin_on: int | None
    stopped_on: int | None
    open_ids: tuple[str, ...]
    restarts: tuple[Restart, ...]
    pauses: tuple[Stretch, ...]
    resting: bool

    @property
    def status(self) -> str:
        """Return ``not_started``, ``paused`` (also while stopped), ``restarted`` or ``running``."""
        if self.started_on is None:
            return "not_started"
        if self.stopped_on is not None or self.resting:
            return "paused"
        return "restarted" if self.restarts else "running"

    @property
    def until(self) -> int:
        """Day up to which time counts: the day asked for, or the day the clock was stopped."""
        return self.as_of if self.stopped_on is None else self.stopped_on

    @property
    def elapsed_months(self) -> float:
        """Months since repair started, pauses and stops included."""
        return 0.0 if self.started_on is None else months(self.as_of - self.started_on)

    @property
    def net_months(self) -> float:
        """Months since the origin without any pause."""
        return 0.0 if self.origin_on is None else months(self.net_days(self.origin_on, self.until))

    def net_days(self, start: int, end: int) -> int:
        """Return the days from ``start`` to ``end`` that lie in no pause."""
        return max(0, end - start - shared_days(self.pauses, start, end))

    def window_start(self, net_months: float) -> int:
        """Return the latest day from which ``net_months`` have passed without pauses, at earliest the origin."""
        assert self.origin_on is not None
        wanted = round(net_months * DAYS_PER_MONTH)
        end = self.until
        for start, stop in reversed(self.pauses):
            active = max(0, end - stop)
            if active >= wanted:
                break
            wanted, end = wanted - active, min(end, start)
        return max(self.origin_on, end - wanted)


def read_clock(known: Record, as_of: int) -> Clock:
    """Work out the clock from what is known on the day ``as_of``."""
    start = known.repair_started_on
    pauses = union((p.start, as_of if p.end is None else p.end) for p in known.pauses)
    resting = any(p.end is None for p in known.pauses)
    stopped, open_ids, restarts = _stops(known.cessation)
    counted = tuple(r for r in restarts if start is not None and r.origin_on > start)
    origin = counted[-1].origin_on if counted else start
    return Clock(as_of, start, origin, stopped, open_ids, counted, pauses, resting)


def _stops(cessation: tuple[Observation, ...]) -> tuple[int | None, tuple[str, ...], list[Restart]]:
    """Follow contrary evidence until a later day brings verification; a self-report alone ends nothing."""
    against: list[Observation] = []
    restarts: list[Restart] = []
    # A verification answers nothing of its own day, whatever the ids say of the order.
    for item in sorted(cessation, key=lambda c: (c.day, c.level not in CONTINUING, c.id)):
        if item.level in CONTINUING:
            against.append(item)
        elif item.level == "verified_ceased" and against and item.day > against[-1].day:
            restarts.append(Restart(against[0].day, item.day, tuple(a.id for a in against)))
            against = []
    return (against[0].day if against else None), tuple(a.id for a in against), restarts
