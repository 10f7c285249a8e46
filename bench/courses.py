"""Three years of made-up couples by arithmetic from a seed, as events in time order; filling comes in."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

SEED = 20_261_122
DAYS = 3 * 365
FULL = {"commitment": 20, "session": 120, "marker": 400, "check_in": 600, "report": 150}
"""What one couple leaves behind in three years."""

MARKERS = (
    "ACC-FULL",
    "ACC-IMPACT",
    "ACC-PARTIAL",
    "ACC-DEFL",
    "TRN-PRO",
    "TRN-ANSWER",
    "TRN-COMPLY",
    "TRN-VOLDISC",
)
CHECK_INS = ("kept", "kept", "kept", "kept", "partly_kept", "missed_owned")
SENTENCES = (
    "Both came on time and named what they wished to leave with today.",
    "A. described two evenings on which a late train was enough to bring the old alarm back.",
    "B. stayed with the question instead of explaining, and said what it must have been like to find the letters.",
    "We slowed the exchange down and put the sequence on the board: cue, alarm, question, answer, settling.",
    "The agreement about the accounts was read aloud; both could say it in their own words.",
    "Between sessions the walk on Sunday took place three times out of four.",
    "A. sleeps through most nights; the hour before midnight remains the hardest.",
    "B. asked what would help next time and wrote it down without being asked to.",
    "Plan: keep the Tuesday evening, bring the list, and look at the anniversary in good time.",
)


@dataclass(frozen=True, slots=True)
class Event:
    """The n-th thing of a kind that happens to a couple, on a day counted from the first."""

    day: int
    couple: int
    kind: str
    number: int


def chance(*parts: int) -> float:
    """A number in [0, 1) that the same parts always give."""
    state = SEED
    for part in parts:
        state = (state ^ (part + 0x9E3779B97F4A7C15)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        state ^= state >> 29
    state = state * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return (state >> 11) / 2.0**53


def begin(today: date) -> datetime:
    """The instant at which all cases are opened."""
    return datetime(today.year, today.month, today.day, 8, tzinfo=UTC) - timedelta(days=DAYS + 1)


def events(couples: int, depth: float) -> Iterator[Event]:
    """All events of all couples, day by day, so that one case is scattered over the whole table as in real life."""
    counts = {kind: max(1, round(number * depth)) for kind, number in FULL.items()}
    for day in range(DAYS):
        for couple in range(couples):
            for kind, count in counts.items():
                first, last = _so_far(day, couple, count), _so_far(day + 1, couple, count)
                for number in range(first, last):
                    yield Event(day, couple, kind, number)


def _so_far(day: int, couple: int, count: int) -> int:
    """How many of `count` events lie before a day: one on the first, then couples are out of step with each other."""
    if day in {0, DAYS}:
        return count if day else 0
    return min(count, 1 + int((day - 1) * count / DAYS + (couple % 97) / 97))


def instant(start: datetime, event: Event) -> datetime:
    """When an event happens: somewhere in its working day, no two at the same microsecond."""
    seconds = 3600 + event.couple % 29_000 + event.number % 60
    return start + timedelta(days=event.day, seconds=seconds, microseconds=event.couple * 7 % 1_000_000)


def note_text(event: Event, length: int = 2048) -> str:
    """A session's note of about `length` bytes."""
    words: list[str] = []
    size = 0
    while size < length:
        words.append(SENTENCES[int(chance(event.couple, event.number, size) * len(SENTENCES))])
        size += len(words[-1]) + 1
    return " ".join(words)[:length].strip()


def episodes(event: Event) -> int:
    """Threat episodes in the week of a report: fewer as time goes on, faster for some couples than for others."""
    pace = 260 + 520 * chance(event.couple, 1)
    expected = 1 + 7 * math.exp(-event.day / pace)
    return max(0, round(expected + 2.4 * (chance(event.couple, event.number, 2) - 0.5)))
