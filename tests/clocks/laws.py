"""Laws of days and instants, 2024 to 2040, around month ends, leap days and clock changes; test and proof come in.

Each law takes what hypothesis draws and raises AssertionError. A cadence is held against a plain reading of RFC 5545,
day by day, that shares no code with it.
"""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import weekday
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from app.audit import service as audit
from app.calendar import service as known_dates
from app.clock import day_in, written
from app.commitments import cadence as cadences
from app.commitments.cadence import Cadence, MonthlyDay
from app.couples import facts, jurisdictions
from app.couples.jurisdictions import Period
from app.progress import rests
from app.progress import service as progress
from app.reviews import kinds as reviews
from app.sessions.kinds import is_late
from app.timeline import days as timeline_days
from app.timeline.clock import Clock
from app.timeline.parameters import DAYS_PER_MONTH

FIRST, LAST = date(2024, 1, 1), date(2040, 12, 31)
SIX = (
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
)
AT_MIDNIGHT = ("America/Santiago", "Africa/Cairo", "America/Havana", "Africa/Casablanca")
"""Zones whose clocks change at midnight, or twice a year more than others do."""
ZONES = (*SIX, *AT_MIDNIGHT)
WEEK = tuple(cadences._DAYS)


# --- what is drawn ---


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """Every instant at which a zone's clocks change, to the minute."""
    found, at, end = [], datetime(2024, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
    place = ZoneInfo(zone)
    while at < end:
        after = at + timedelta(days=1)
        if at.astimezone(place).utcoffset() != after.astimezone(place).utcoffset():
            low, high = at, after
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) / 2
                same = middle.astimezone(place).utcoffset() == at.astimezone(place).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high.replace(second=0, microsecond=0))
        at = after
    return tuple(found)


@st.composite
def days(draw: Any) -> date:
    """Any day, month ends and leap days often."""
    day: date = draw(st.dates(FIRST, LAST))
    where = draw(st.integers(0, 3))
    if where == 0:
        return day.replace(day=calendar.monthrange(day.year, day.month)[1])
    if where == 1:
        leap = day.year - day.year % 4
        return date(leap, 2, 29) + timedelta(days=draw(st.integers(-1, 1)))
    return day


@st.composite
def moments(draw: Any) -> tuple[str, datetime]:
    """A zone and an instant: near a change of its clocks, near a local midnight, or any."""
    zone = draw(st.sampled_from(ZONES))
    where = draw(st.integers(0, 2))
    if where == 0 and changes(zone):
        around = draw(st.sampled_from(changes(zone)))
    elif where == 1:
        around = datetime.combine(draw(days()), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    else:
        around = datetime.combine(draw(days()), datetime.min.time(), UTC)
    return zone, around + timedelta(
        seconds=draw(st.integers(-7300, 7300)), microseconds=draw(st.integers(0, 1))
    )


@st.composite
def cadence_and_days(draw: Any) -> tuple[Cadence, date, date, frozenset[date]]:
    """A cadence, its first day, a day after which to look, days left out."""
    freq = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY")))
    interval = draw(st.integers(1, 5))
    start = draw(days())
    count = draw(st.none() | st.integers(1, 12))
    until = None if count else draw(st.none() | st.just(start + timedelta(days=draw(st.integers(0, 500)))))
    named: tuple[str, ...] = ()
    monthly: tuple[MonthlyDay, ...] = ()
    month_days: tuple[int, ...] = ()
    if freq == "WEEKLY" or (freq == "DAILY" and interval == 1):
        chosen = draw(st.sets(st.sampled_from(WEEK), max_size=4))
        named = tuple(day for day in WEEK if day in chosen)
    if freq == "MONTHLY" and draw(st.booleans()):
        month_days = (draw(st.sampled_from((1, 15, 28, 29, 30, 31, -1))),)
    elif freq == "MONTHLY" and draw(st.booleans()):
        monthly = (MonthlyDay(draw(st.sampled_from((1, 2, 3, 4, -1))), draw(st.sampled_from(WEEK))),)
    after = start + timedelta(days=draw(st.integers(-40, 900)))
    out = frozenset(start + timedelta(days=n) for n in draw(st.sets(st.integers(0, 900), max_size=3)))
    return Cadence(freq, interval, named, monthly, month_days, count, until), start, after, out


def day_pairs() -> SearchStrategy[tuple[date, date]]:
    """Two days in order."""
    return st.tuples(days(), days()).map(lambda pair: (min(pair), max(pair)))


# --- commitments ---


def _falls_on(rule: Cadence, start: date, day: date) -> bool:
    """Whether a day is one of a rule's, by counting weeks and months from its start."""
    if rule.freq == "DAILY":
        return (day - start).days % rule.interval == 0 and (not rule.days or WEEK[day.weekday()] in rule.days)
    if rule.freq == "WEEKLY":
        monday = start - timedelta(days=start.weekday())
        named = rule.days or (WEEK[start.weekday()],)
        return (day - monday).days // 7 % rule.interval == 0 and WEEK[day.weekday()] in named
    if ((day.year - start.year) * 12 + day.month - start.month) % rule.interval:
        return False
    length = calendar.monthrange(day.year, day.month)[1]
    if rule.monthly_days:
        return any(
            WEEK[day.weekday()] == each.day
            and ((day.day - 1) // 7 + 1 == each.position if each.position > 0 else day.day + 7 > length)
            for each in rule.monthly_days
        )
    wanted = rule.month_days or (start.day,)
    return day.day in wanted or (-1 in wanted and day.day == length)


def cadence_is_the_plain_reading(given_: tuple[Cadence, date, date, frozenset[date]]) -> None:
    """The next days of a commitment are those that counting day by day gives: none missing, none twice."""
    rule, start, after, out = given_
    end = after + timedelta(days=1500)
    every = (start + timedelta(days=n) for n in range(max(0, (end - start).days) + 1))
    wanted = [day for day in every if _falls_on(rule, start, day) and not (rule.until and day > rule.until)]
    wanted = [day for day in wanted[: rule.count] if day > after and day not in out]
    found = cadences.next_dates(rule, start, after, out, 5)
    assert [day for day in found if day <= end] == wanted[:5]


def asking_on_is_asking_further(given_: tuple[Cadence, date, date, frozenset[date]]) -> None:
    """Asked from each of its days on, a commitment goes on as it was told before."""
    rule, start, after, out = given_
    found = cadences.next_dates(rule, start, after, out, 6)
    assert found == sorted(set(found))
    for place, day in enumerate(found):
        assert cadences.next_dates(rule, start, day, out, 5 - place) == found[place + 1 : 6]


# --- periods of law ---


PERIODS = st.builds(Period, st.integers(0, 8), st.integers(0, 14), st.integers(0, 61))


def a_period_ends_later_for_who_begins_later(given_: tuple[tuple[date, date], Period]) -> None:
    """A later beginning never gives an earlier end, and no end lies before its beginning."""
    (one, other), period = given_
    assert one <= period.after(one) <= period.after(other)


def a_month_on_is_the_same_day_or_the_months_last(given_: tuple[date, int]) -> None:
    """The stated rule: the same day of the month, or the last one where there is none; a year is twelve months."""
    day, months = given_
    end = Period(months=months).after(day)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == min(day.day, calendar.monthrange(end.year, end.month)[1])
    assert Period(years=months // 12, months=months % 12).after(day) == end


def more_laws_are_never_milder(given_: tuple[tuple[date, date], set[str]]) -> None:
    """A further law keeps a record no shorter, and answers a request no later; both go with the day."""
    (one, other), codes = given_
    few = [min(codes)]
    assert jurisdictions.kept_until(codes, one) >= jurisdictions.kept_until(few, one)
    for due in (jurisdictions.access_due, jurisdictions.amend_due):
        assert due(codes, one) <= due(few, one)
        assert one < due(codes, one) <= due(codes, other)
    for on in (jurisdictions.access_extended, jurisdictions.amend_extended):
        assert one < on(codes, one) <= on(codes, other)


# --- days that come round ---


def a_day_comes_round_once_a_year(given_: tuple[date, date]) -> None:
    """Anniversaries: one in each year, 29 February on the 28th in common years, alike in calendar and calculation."""
    day, until = given_
    found = [date.fromordinal(each) for each in timeline_days.yearly(day.toordinal(), until.toordinal())]
    assert found == [each for each in known_dates._gregorian_days(day, day, until) if each > day]
    for each in found:
        leapt = (day.month, day.day) == (2, 29) and not calendar.isleap(each.year)
        assert (each.month, each.day) == ((2, 28) if leapt else (day.month, day.day))
    assert [each.year for each in found] == list(range(day.year + 1, day.year + 1 + len(found)))


def a_review_is_proposed_after_the_last_one(given_: tuple[date, date]) -> None:
    """A later review never proposes an earlier next one."""
    for decision in reviews.BY_CODE:
        one, other = (reviews.next_review_on(decision, day) for day in given_)
        assert (one is None) == (other is None)
        assert one is None or other is None or given_[0] < one <= other


# --- the clock of repair ---


def _clock(start: date, as_of: date, pauses: list[tuple[int, int]]) -> Clock:
    first = start.toordinal()
    resting = timeline_days.union((first + begin, first + begin + length) for begin, length in pauses)
    return Clock(as_of.toordinal(), first, first, None, (), (), resting, False)


CLOCKS = st.tuples(
    st.tuples(days(), st.integers(0, 1600)).map(
        lambda drawn: (drawn[0], drawn[0] + timedelta(days=drawn[1]))
    ),
    st.lists(st.tuples(st.integers(-50, 1500), st.integers(1, 400)), max_size=5),
)


def months_without_pauses_only_grow(given_: tuple[tuple[date, date], list[tuple[int, int]]]) -> None:
    """A day more never makes the clock of repair run back, and a later start never gives more months."""
    (start, as_of), pauses = given_
    now, next_day = (_clock(start, day, pauses) for day in (as_of, as_of + timedelta(days=1)))
    assert 0 <= now.net_months <= next_day.net_months <= next_day.elapsed_months
    shifted = [(begin - 1, length) for begin, length in pauses]
    assert _clock(start + timedelta(days=1), as_of, shifted).net_months <= now.net_months
    for middle in (start, as_of, start + (as_of - start) / 2):
        at = middle.toordinal()
        assert now.net_days(start.toordinal(), at) + now.net_days(at, now.until) == now.net_days(
            start.toordinal(), now.until
        )


def a_border_of_months_lies_on_one_day_for_everybody(given_: tuple[date, int]) -> None:
    """18 and 36 months of 30.4375 days are crossed on the 548th and the 1,096th day, whatever day one began on."""
    start, _ = given_
    for months, day in ((18.0, 548), (36.0, 1096)):
        before, on = (_clock(start, start + timedelta(days=n), []).net_months for n in (day - 1, day))
        assert before < months <= on


def a_window_holds_its_months(given_: tuple[tuple[date, date], list[tuple[int, int]]]) -> None:
    """The window of the last 18 months begins where so many days without pauses have passed, or at the start."""
    (start, as_of), pauses = given_
    clock = _clock(start, as_of, pauses)
    begin, wanted = clock.window_start(18.0), round(18.0 * DAYS_PER_MONTH)
    assert start.toordinal() <= begin <= max(clock.until, start.toordinal())
    net = clock.net_days(begin, clock.until)
    assert net == wanted or (begin == start.toordinal() and net <= wanted)


def weeks_of_a_history_follow_each_other(given_: tuple[date, date]) -> None:
    """Every seventh day from the start and the day asked for: no week missing, none twice."""
    start, as_of = given_
    direction = SimpleNamespace(start=SimpleNamespace(on=start))
    found = list(progress._weeks(SimpleNamespace(directions=[direction], as_of=as_of)))  # type: ignore[arg-type]
    assert found[-1] == as_of
    within = found if len(found) <= progress.MOST_WEEKS else found[:-1]
    assert all(0 < (two - one).days <= 7 for one, two in pairwise(within))
    assert as_of <= start or (found[0] - start).days <= 7


def gaps_rest_between_contacts(given_: set[date]) -> None:
    """Rests of the couple's own clock lie between contacts, are known before the next one, and touch no contact."""
    contacts = sorted(given_)
    for rest in rests.gaps(contacts):
        assert rest.start not in contacts
        assert rest.end is None or rest.start < rest.end
        assert rest.end is None or rest.end in contacts


# --- instants, days and zones ---


def known_is_recorded_by_the_end_of_the_local_day(given_: tuple[str, datetime]) -> None:
    """`known_at` and the days of an access report cut exactly where the local day ends, also when clocks change."""
    zone, moment = given_
    day = day_in(moment, zone)
    asking: Any = SimpleNamespace(actor=SimpleNamespace(zone=zone), today=date.max)
    at = written(moment)
    assert facts.known_bound(asking, day - timedelta(days=1)) <= at < facts.known_bound(asking, day)
    span = audit._span(asking, day, day)
    assert span["since"] <= at < span["until"]
    following = audit._span(asking, day + timedelta(days=1), None)
    assert following["since"] == span["until"]


def text_order_is_time_order(given_: tuple[tuple[str, datetime], tuple[str, datetime]]) -> None:
    """Instants as text sort as instants, whatever offset they came with, and come back as they went in."""
    (zone, one), (other_zone, other) = given_
    here, there = one.astimezone(ZoneInfo(zone)), other.astimezone(ZoneInfo(other_zone))
    assert (written(here) < written(there)) == (one < other)
    assert datetime.fromisoformat(written(here)) == one


def a_day_follows_the_day_before(given_: tuple[str, datetime]) -> None:
    """An hour later is the same local day or the next, and a local day never comes back two days later."""
    zone, moment = given_
    here, later = day_in(moment, zone), day_in(moment + timedelta(hours=26), zone)
    assert timedelta(days=1) <= later - here <= timedelta(days=2)


def a_wall_time_that_comes_twice_or_never_is_one_instant(given_: tuple[str, datetime]) -> None:
    """A session's instant with its offset keeps its length and its lateness over a change of clocks."""
    zone, moment = given_
    said = datetime.fromisoformat(moment.astimezone(ZoneInfo(zone)).isoformat())
    assert written(said) == written(moment)
    assert day_in(said, zone) == day_in(moment, zone)
    assert not is_late(written(said), written(moment + timedelta(hours=72)))
    assert is_late(written(said), written(moment + timedelta(hours=72, microseconds=1)))


# --- all of them ---


@dataclass(frozen=True)
class Law:
    """What must hold, and for what."""

    holds: Callable[[Any], None]
    draws: SearchStrategy[Any]

    @property
    def name(self) -> str:
        return self.holds.__name__.replace("_", " ")

    @property
    def words(self) -> str:
        return " ".join((self.holds.__doc__ or "").split())


LAWS = tuple(
    Law(holds, draws)
    for holds, draws in (
        (cadence_is_the_plain_reading, cadence_and_days()),
        (asking_on_is_asking_further, cadence_and_days()),
        (a_period_ends_later_for_who_begins_later, st.tuples(day_pairs(), PERIODS)),
        (a_month_on_is_the_same_day_or_the_months_last, st.tuples(days(), st.integers(0, 120))),
        (
            more_laws_are_never_milder,
            st.tuples(day_pairs(), st.sets(st.sampled_from(sorted(jurisdictions.BY_CODE)), min_size=1)),
        ),
        (a_day_comes_round_once_a_year, day_pairs()),
        (a_review_is_proposed_after_the_last_one, day_pairs()),
        (months_without_pauses_only_grow, CLOCKS),
        (a_border_of_months_lies_on_one_day_for_everybody, st.tuples(days(), st.integers(0, 1))),
        (a_window_holds_its_months, CLOCKS),
        (weeks_of_a_history_follow_each_other, day_pairs()),
        (gaps_rest_between_contacts, st.sets(days(), max_size=8)),
        (known_is_recorded_by_the_end_of_the_local_day, moments()),
        (text_order_is_time_order, st.tuples(moments(), moments())),
        (a_day_follows_the_day_before, moments()),
        (a_wall_time_that_comes_twice_or_never_is_one_instant, moments()),
    )
)


FLAWS: dict[str, tuple[Any, str, Any, Callable[[Any], None]]] = {
    "a month on from 31 January is 2 March": (
        Period,
        "after",
        lambda period, day: (
            day + timedelta(days=period.days + round(30.4375 * (period.months + 12 * period.years)))
        ),
        a_month_on_is_the_same_day_or_the_months_last,
    ),
    "29 February comes round in leap years only": (
        timeline_days,
        "isleap",
        lambda year: True,
        a_day_comes_round_once_a_year,
    ),
    "a day of knowledge ends at midnight in Greenwich": (
        facts,
        "ZoneInfo",
        lambda zone: UTC,
        known_is_recorded_by_the_end_of_the_local_day,
    ),
    "weeks are counted from Sunday": (cadences, "MO", weekday(6), cadence_is_the_plain_reading),
    "a commitment is looked for from the day asked about": (
        cadences,
        "_forwarded",
        lambda cadence, start, after: max(start, after),
        cadence_is_the_plain_reading,
    ),
    "a pause that overlaps another counts twice": (
        timeline_days,
        "union",
        lambda stretches: tuple(stretches),
        months_without_pauses_only_grow,
    ),
    "instants are written without their zone": (
        facts,
        "written",
        lambda instant: instant.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
        known_is_recorded_by_the_end_of_the_local_day,
    ),
}
"""Planted flaws: where, what is put there, and the law that notices."""


def law_of(holds: Callable[[Any], None]) -> Law:
    """The law that a function states."""
    return next(law for law in LAWS if law.holds is holds)


def prove(law: Law, examples: int, *, smallest: bool = True) -> None:
    """Hold a law to so many examples, the same ones each time; raises with the smallest that breaks it."""
    phases = tuple(Phase) if smallest else (Phase.generate,)

    @settings(
        derandomize=True,
        max_examples=examples,
        deadline=None,
        report_multiple_bugs=False,
        phases=phases,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(law.draws)
    def tried(drawn: Any) -> None:
        law.holds(drawn)

    tried()
