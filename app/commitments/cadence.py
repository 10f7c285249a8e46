"""Cadences: when a commitment falls due, as a small safe part of RFC 5545, in words and in dates; for commitments."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final, Literal, NoReturn

from dateutil.rrule import DAILY, MO, MONTHLY, WEEKLY, rrule, weekday
from dateutil.rrule import FR as _FR
from dateutil.rrule import SA as _SA
from dateutil.rrule import SU as _SU
from dateutil.rrule import TH as _TH
from dateutil.rrule import TU as _TU
from dateutil.rrule import WE as _WE

Freq = Literal["DAILY", "WEEKLY", "MONTHLY"]

MAX_RULE_LENGTH: Final = 200
MAX_EVENT_LENGTH: Final = 300
MAX_COUNT: Final = 400
MAX_LIMIT: Final = 400
# Beyond these a rhythm says nothing before the commitment's review, at most 90 days ahead, many times over.
MAX_INTERVAL: Final[dict[Freq, int]] = {"DAILY": 92, "WEEKLY": 26, "MONTHLY": 12}
# Long enough for a 29 February every twelfth month across 2100, short enough to end when nothing ever matches.
_HORIZON: Final = timedelta(days=366 * 45)

_DAYS: Final[dict[str, weekday]] = {
    "MO": MO,
    "TU": _TU,
    "WE": _WE,
    "TH": _TH,
    "FR": _FR,
    "SA": _SA,
    "SU": _SU,
}
_DAY_WORDS: Final[dict[str, str]] = {
    "MO": "Monday",
    "TU": "Tuesday",
    "WE": "Wednesday",
    "TH": "Thursday",
    "FR": "Friday",
    "SA": "Saturday",
    "SU": "Sunday",
}
_FREQS: Final[dict[str, Freq]] = {"DAILY": "DAILY", "WEEKLY": "WEEKLY", "MONTHLY": "MONTHLY"}
_DATEUTIL: Final[dict[Freq, Literal[1, 2, 3]]] = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY}
_PARTS: Final = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL"})
_POSITIONS: Final[dict[int, str]] = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
_ORDINALS: Final = (
    "",
    "",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
)
# Spelt out here, because the calendar module's names follow the machine's locale.
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_ORDINAL_DAY: Final = re.compile(r"([+-]?[0-9])?(MO|TU|WE|TH|FR|SA|SU)")
_VAGUE: Final = re.compile(
    r"(?:whenever |when |as |if )?(?:regularly|often|sometimes|always|frequently|occasionally|possible|needed|"
    r"necessary|required|convenient|(?:i|we|he|she|they) (?:can|want|wish)|more(?: often)?|from time to time)[.! ]*",
)


class CadenceError(ValueError):
    """A cadence that cannot be taken, with a stable code and what to write instead."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class MonthlyDay:
    """The first, second, third, fourth or last of a weekday in a month."""

    position: int
    day: str


@dataclass(frozen=True, slots=True)
class Cadence:
    """A recurrence, already checked; days stand in the order of the week, month days in the order of the month."""

    freq: Freq
    interval: int = 1
    days: tuple[str, ...] = ()
    monthly_days: tuple[MonthlyDay, ...] = ()
    month_days: tuple[int, ...] = ()
    count: int | None = None
    until: date | None = None

    def rule(self) -> str:
        """The same recurrence as canonical text: parse(cadence.rule()) == cadence."""
        days = [*self.days, *(f"{item.position}{item.day}" for item in self.monthly_days)]
        parts = [
            f"FREQ={self.freq}",
            f"INTERVAL={self.interval}" if self.interval > 1 else "",
            f"BYDAY={','.join(days)}" if days else "",
            f"BYMONTHDAY={','.join(map(str, self.month_days))}" if self.month_days else "",
            f"COUNT={self.count}" if self.count else "",
            f"UNTIL={self.until.isoformat().replace('-', '')}" if self.until else "",
        ]
        return ";".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Whenever:
    """Due whenever something happens: 'whenever leaving work is delayed by more than half an hour'."""

    event: str


@dataclass(frozen=True, slots=True)
class OnceBy:
    """Due once, on or before a day."""

    by: date


AnyCadence = Cadence | Whenever | OnceBy


def parse(rule: str) -> Cadence:
    """Read a recurrence rule; anything outside the small part we take is refused with a hint."""
    parts = _split(rule)
    freq = _freq(parts.get("FREQ"))
    interval = _number("INTERVAL", parts.get("INTERVAL", "1"), MAX_INTERVAL[freq])
    days, monthly_days = _by_day(freq, interval, parts.get("BYDAY"))
    month_days = _by_month_day(freq, parts.get("BYMONTHDAY"))
    if monthly_days and month_days:
        _refuse("conflict", "BYDAY and BYMONTHDAY together.", "Use one of them.")
    if "COUNT" in parts and "UNTIL" in parts:
        _refuse("conflict", "COUNT and UNTIL together.", "Use one of them.")
    count = _number("COUNT", parts["COUNT"], MAX_COUNT) if "COUNT" in parts else None
    until = _until(parts["UNTIL"]) if "UNTIL" in parts else None
    return Cadence(freq, interval, days, monthly_days, month_days, count, until)


def whenever(event: str) -> Whenever:
    """A cadence set off by an event that both can recognise."""
    text = " ".join(event.split())
    if len(text) > MAX_EVENT_LENGTH:
        _refuse("too_long", "The event is too long.", f"Use at most {MAX_EVENT_LENGTH} characters.")
    if any(0xD800 <= ord(char) <= 0xDFFF or char == "\x00" for char in text):
        _refuse("not_text", "The event holds characters that are not text.", "Write it in plain text.")
    vague = not any(char.isalnum() for char in text) or _VAGUE.fullmatch(text.casefold())
    if vague:
        _refuse(
            "vague_event",
            "No event that both could recognise.",
            "Name it: 'whenever plans change after six'.",
        )
    return Whenever(text)


def in_words(cadence: AnyCadence) -> str:
    """The cadence as a therapist would say it."""
    if isinstance(cadence, OnceBy):
        return f"once, by {_day_in_words(cadence.by)}"
    if isinstance(cadence, Whenever):
        event = cadence.event
        return event if event.casefold().startswith("whenever ") else f"whenever {event}"
    if cadence.freq == "MONTHLY":
        words = _monthly_in_words(cadence)
    elif cadence.days:
        words = _weekdays_in_words(cadence)
    else:
        words = f"every {_nth(cadence.interval)}{'day' if cadence.freq == 'DAILY' else 'week'}"
    return words + _end_in_words(cadence)


def next_dates(
    cadence: AnyCadence, start: date, after: date, exdates: Collection[date] = (), limit: int = 5
) -> list[date]:
    """The next due dates later than a day; start is the first day on which anything can fall due.

    An excluded date still uses up one of COUNT, as in RFC 5545.
    """
    if not 0 <= limit <= MAX_LIMIT:
        raise ValueError(f"Ask for 0 to {MAX_LIMIT} dates.")
    if isinstance(cadence, Whenever):
        return []
    if isinstance(cadence, OnceBy):
        due = cadence.by > after and cadence.by >= start and cadence.by not in exdates
        return [cadence.by][:limit] if due else []
    found: list[date] = []
    for moment in _occurrences(cadence, start, max(start, after)):
        if len(found) == limit:
            break
        day = moment.date()
        if day > after and day not in exdates:
            found.append(day)
    return found


def _refuse(code: str, message: str, hint: str) -> NoReturn:
    raise CadenceError(code, message, hint)


def _split(rule: str) -> dict[str, str]:
    if len(rule) > MAX_RULE_LENGTH:
        _refuse("too_long", "The rule is too long.", f"Use at most {MAX_RULE_LENGTH} characters.")
    # One test settles lone surrogates, foreign digits, control characters and spaces.
    if not re.fullmatch(r"[A-Za-z0-9;=,+:-]+", rule):
        _refuse("not_a_rule", "Not a recurrence rule.", "Write for example FREQ=WEEKLY;BYDAY=TU.")
    parts: dict[str, str] = {}
    for piece in rule.upper().split(";"):
        name, equals, value = piece.partition("=")
        if not equals or not value:
            _refuse("not_a_rule", "Each part is NAME=VALUE.", "Write for example FREQ=WEEKLY;BYDAY=TU.")
        if name not in _PARTS:
            _refuse(
                "unknown_part",
                f"{name or 'An unnamed part'} is not taken.",
                f"Use {', '.join(sorted(_PARTS))}.",
            )
        if name in parts:
            _refuse("duplicate_part", f"{name} stands twice.", "Give each part once.")
        parts[name] = value
    return parts


def _freq(value: str | None) -> Freq:
    if value is None:
        _refuse("no_freq", "FREQ is missing.", "Begin with FREQ=DAILY, FREQ=WEEKLY or FREQ=MONTHLY.")
    if value not in _FREQS:
        _refuse("freq_not_taken", f"FREQ={value} is not taken.", "Use DAILY, WEEKLY or MONTHLY.")
    return _FREQS[value]


def _number(name: str, value: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= most:
        _refuse("out_of_range", f"{name}={value} is not taken.", f"Use a whole number from 1 to {most}.")
    return int(value)


def _by_day(freq: Freq, interval: int, value: str | None) -> tuple[tuple[str, ...], tuple[MonthlyDay, ...]]:
    if value is None:
        return (), ()
    if freq == "DAILY" and interval > 1:
        _refuse("conflict", "BYDAY with every so many days.", "Use FREQ=WEEKLY with BYDAY.")
    found = [_one_day(freq, piece) for piece in value.split(",")]
    if len(set(found)) < len(found):
        _refuse("duplicate_day", "A day stands twice in BYDAY.", "Give each day once.")
    order = list(_DAYS)
    found.sort(key=lambda item: (item.position % 10, order.index(item.day)))  # -1, the last, sorts behind 4
    if freq == "MONTHLY":
        return (), tuple(found)
    return tuple(item.day for item in found), ()


def _one_day(freq: Freq, piece: str) -> MonthlyDay:
    match = _ORDINAL_DAY.fullmatch(piece)
    if match is None:
        _refuse("bad_day", f"{piece or 'An empty day'} is not a day.", "Use MO, TU, WE, TH, FR, SA, SU.")
    position, day = match.group(1), match.group(2)
    if freq != "MONTHLY":
        if position:
            _refuse("bad_day", f"{piece} needs FREQ=MONTHLY.", f"Use {day}, or FREQ=MONTHLY.")
        return MonthlyDay(0, day)
    if position is None:
        _refuse(
            "bad_day", f"{day} of each month is unclear.", f"Use 1{day}, -1{day}, or FREQ=WEEKLY;BYDAY={day}."
        )
    if int(position) not in _POSITIONS:
        _refuse(
            "bad_day", f"{piece} is not in every month.", f"Use 1{day} to 4{day}, or -1{day} for the last."
        )
    return MonthlyDay(int(position), day)


def _by_month_day(freq: Freq, value: str | None) -> tuple[int, ...]:
    if value is None:
        return ()
    if freq != "MONTHLY":
        _refuse("conflict", f"BYMONTHDAY with FREQ={freq}.", "Use FREQ=MONTHLY.")
    found = [_one_month_day(piece) for piece in value.split(",")]
    if len(set(found)) < len(found):
        _refuse("duplicate_day", "A day stands twice in BYMONTHDAY.", "Give each day once.")
    return tuple(sorted(found, key=lambda day: day % 100))  # -1, the last day, sorts behind 31


def _one_month_day(piece: str) -> int:
    if piece == "-1":
        return -1
    if not re.fullmatch(r"\+?[0-9]{1,2}", piece) or not 1 <= int(piece) <= 31:
        _refuse("out_of_range", f"BYMONTHDAY={piece} is not taken.", "Use 1 to 31, or -1 for the last day.")
    return int(piece)


def _until(value: str) -> date:
    if re.fullmatch(r"[0-9]{8}T[0-9]{6}Z?", value):
        _refuse(
            "bad_until", "UNTIL has a time of day.", f"A commitment falls due on a day: UNTIL={value[:8]}."
        )
    if not re.fullmatch(r"[0-9]{8}", value):
        _refuse("bad_until", f"UNTIL={value} is not a date.", "Write the date as 20260301.")
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        _refuse("bad_until", f"UNTIL={value} is not in the calendar.", "Write the date as 20260301.")


def _nth(interval: int) -> str:
    """'' for one, 'second ' for two: what stands between 'every' and the period."""
    if interval == 1:
        return ""
    return f"{_ORDINALS[interval] if interval < len(_ORDINALS) else _ordinal(interval)} "


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _weekdays_in_words(cadence: Cadence) -> str:
    days, every = cadence.days, f"every {_nth(cadence.interval)}"
    named = _listed([_DAY_WORDS[day] for day in days])
    if len(days) == 7:
        return "every day" if cadence.interval == 1 else f"{every}week on each day"
    if days == tuple(_DAYS)[:5]:
        return "every weekday" if cadence.interval == 1 else f"{every}week from Monday to Friday"
    return f"every {named}" if cadence.interval == 1 else f"{every}week on {named}"


def _monthly_in_words(cadence: Cadence) -> str:
    month = "each month" if cadence.interval == 1 else f"every {_nth(cadence.interval)}month"
    if cadence.monthly_days:
        named = _listed(
            [f"{_POSITIONS[item.position]} {_DAY_WORDS[item.day]}" for item in cadence.monthly_days]
        )
        return f"on the {named} of {month}"
    if cadence.month_days:
        named = _listed(["last day" if day == -1 else _ordinal(day) for day in cadence.month_days])
        skipped = " (short months are skipped)" if max(cadence.month_days) > 28 else ""
        return f"on the {named} of {month}{skipped}"
    return f"{month}, on the day of the month it began (months without that day are skipped)"


def _end_in_words(cadence: Cadence) -> str:
    if cadence.until:
        return f", until {_day_in_words(cadence.until)}"
    if cadence.count:
        return ", once only" if cadence.count == 1 else f", {cadence.count} times"
    return ""


def _day_in_words(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _occurrences(cadence: Cadence, start: date, after: date) -> Iterator[datetime]:
    """The occurrences from near a day on, none of them beyond the horizon."""
    first = start if cadence.count else _forwarded(cadence, start, after)
    last = min(after, date.max - _HORIZON) + _HORIZON
    month_days = cadence.month_days
    if cadence.freq == "MONTHLY" and not (month_days or cadence.monthly_days):
        month_days = (start.day,)
    by_days = [_DAYS[day] for day in cadence.days]
    by_days += [_DAYS[item.day](item.position) for item in cadence.monthly_days]
    rule = rrule(
        _DATEUTIL[cadence.freq],
        dtstart=_midnight(first),
        interval=cadence.interval,
        wkst=MO,
        until=_midnight(min(last, cadence.until or last)),
        byweekday=by_days or None,
        bymonthday=month_days or None,
    )
    # Counted here: dateutil takes COUNT or the horizon that keeps an impossible rule short, not both.
    return islice(rule, cadence.count)


def _forwarded(cadence: Cadence, start: date, after: date) -> date:
    """A start nearer to the day asked about, in the same rhythm, so that old commitments cost no more than new."""
    if cadence.freq == "MONTHLY":
        return _forwarded_by_months(cadence.interval, start, after)
    period = cadence.interval * (1 if cadence.freq == "DAILY" else 7)
    # One period is kept back: in its week, days before the forwarded start would otherwise be lost.
    return start + timedelta(days=max(0, (after - start).days // period - 1) * period)


def _forwarded_by_months(interval: int, start: date, after: date) -> date:
    months = (after.year - start.year) * 12 + after.month - start.month
    steps = max(0, months // interval - 1)
    if steps == 0:
        return start
    years, month = divmod(start.month - 1 + steps * interval, 12)
    return date(start.year + years, month + 1, 1)


def _midnight(day: date) -> datetime:
    # Naive on purpose: a cadence is made of calendar days, and a time zone could only move them.
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001
