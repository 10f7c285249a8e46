"""Whether there is enough evidence to speak of a trend, and what is missing; asked before any trend is fitted."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import NamedTuple

from app.timeline.clock import Clock
from app.timeline.parameters import DAYS_PER_MONTH, Stopping, Sufficiency
from app.timeline.records import Report
from app.timeline.wording import count, on

_START, _END = attrgetter("start"), attrgetter("end")


class Enough(NamedTuple):
    """Why nothing can be said yet, and what would change that; both empty when enough is known."""

    reasons: tuple[str, ...]
    needed_next: tuple[str, ...]

    @property
    def sufficient(self) -> bool:
        """True when the trend may be answered."""
        return not self.reasons


def judge(counted: tuple[Report, ...], clock: Clock, rules: Sufficiency) -> Enough:
    """Judge the reports with a count since the clock's origin, sorted by their last day."""
    if clock.started_on is None:
        return Enough(
            ("The day on which repair started is not recorded.",),
            ("Record when the work of repair started.",),
        )
    if clock.stopped_on is not None:
        return Enough(
            (
                (
                    f"Evidence of {on(clock.stopped_on)} says that the behaviour went on; the clock "
                    "stands still until its "
                    "end is verified."
                ),
            ),
            ("A verification, on a later day, that the behaviour has ended.",),
        )
    found = [_too_few(counted, clock, rules), _too_short(counted, rules)]
    found += [_too_old(counted, clock, rules), _too_thin(counted, clock, rules)]
    missing = [f for f in found if f is not None]
    return Enough(tuple(m[0] for m in missing), tuple(m[1] for m in missing))


def judge_year(recent: tuple[Report, ...], as_of: int, enough: Enough, rules: Stopping) -> str | None:
    """Return what is missing before the trend can be judged over the last year, or ``None``."""
    if not enough.sufficient:
        return " ".join(enough.reasons)
    filled = len({int((as_of - day) / DAYS_PER_MONTH) for day in map(_END, recent)})
    if len(recent) >= rules.reports and filled >= rules.months_with_reports:
        return None
    return (
        f"{count(len(recent), 'report')} in {count(filled, 'month')} of the last year; at least "
        f"{rules.reports} in {rules.months_with_reports} different months are needed."
    )


def _since(clock: Clock) -> str:
    word = "restart" if clock.restarts else "start"
    return f"since the {word} on {on(clock.origin_on or clock.as_of)}"


def _too_few(counted: tuple[Report, ...], clock: Clock, rules: Sufficiency) -> tuple[str, str] | None:
    missing = rules.reports - len(counted)
    if missing <= 0:
        return None
    return (
        (
            f"{count(len(counted), 'threat report').capitalize()} with a count {_since(clock)}; "
            f"at least {rules.reports} are needed."
        ),
        f"{count(missing, 'more threat report').capitalize()} with the number of episodes.",
    )


def _too_short(counted: tuple[Report, ...], rules: Sufficiency) -> tuple[str, str] | None:
    if not counted:
        return None
    span = counted[-1].end - min(map(_START, counted)) + 1
    if span >= rules.span_days:
        return None
    return (
        f"The reports cover {span} day{'' if span == 1 else 's'}; at least {rules.span_days} are needed.",
        f"Reports that reach to {on(counted[-1].end + rules.span_days - span)} or later.",
    )


def _too_old(counted: tuple[Report, ...], clock: Clock, rules: Sufficiency) -> tuple[str, str] | None:
    if not counted or clock.as_of - counted[-1].end <= rules.newest_within_days:
        return None
    return (
        (
            f"The newest report ends on {on(counted[-1].end)}, {clock.as_of - counted[-1].end} days ago; "
            f"at most {rules.newest_within_days} are allowed."
        ),
        "A new threat report for the last two weeks.",
    )


def _too_thin(counted: tuple[Report, ...], clock: Clock, rules: Sufficiency) -> tuple[str, str] | None:
    recent = len(counted) - bisect_right(counted, clock.as_of - rules.recent_days, key=_END)
    # With too few in all, the first reason already says so.
    if recent >= rules.recent_reports or len(counted) < rules.reports:
        return None
    return (
        (
            f"{count(recent, 'report').capitalize()} in the last {rules.recent_days} days; "
            f"at least {rules.recent_reports} are needed."
        ),
        f"{count(rules.recent_reports - recent, 'more report').capitalize()} in the coming weeks.",
    )
