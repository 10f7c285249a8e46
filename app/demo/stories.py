"""Thirteen invented couples as plain data, month by month; the demo and the tests tell them, nobody edits them.

Month n is the n-th stretch of 30 days after the day repair started, so that a story has no calendar of its
own. Rates are episodes a week, durations minutes, peaks 0 to 10; ``None`` means that nobody reported.
Codes are those of the record: markers, cessation, check-in results and triggers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice

DAYS_A_MONTH = 30

Table = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something dated: the month (from 1), the day in it (1 to 30), a code, and a word on how it is known."""

    month: int
    code: str
    day: int = 15
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """A concrete commitment of one partner with its check-ins (codes ``kept``, ``partly_kept``, ``missed_owned``)."""

    owner: str
    action: str
    made_in: int
    check_ins: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a couple: who was hurt, by whom, how, and how it went month by month."""

    affected: str
    involved: str
    betrayal_kind: str
    rates: Table
    durations: Table
    peaks: Table
    triggers: tuple[Event, ...] = ()
    accountability: tuple[Event, ...] = ()
    transparency: tuple[Event, ...] = ()
    cessation: tuple[Event, ...] = ()
    commitments: tuple[Promise, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """One couple; ``sessions`` holds one month number for each session, ``pauses`` first and last month."""

    code: str
    title: str
    told: str
    directions: tuple[Direction, ...]
    sessions: tuple[int, ...]
    discovered_days_before: int = 20
    pauses: tuple[tuple[int, int], ...] = ()
    safety: tuple[Event, ...] = ()
    wishes: tuple[Event, ...] = ()
    reviews: tuple[Event, ...] = ()
    outcome: str | None = None

    @property
    def months(self) -> int:
        """Number of months the story covers."""
        return len(self.directions[0].rates)


def _line(first: float, last: float, months: int) -> Table:
    """Return whole numbers on a straight line from ``first`` to ``last``."""
    return tuple(float(round(first + (last - first) * n / max(1, months - 1))) for n in range(months))


def _monthly(first: int, last: int, *codes: str) -> tuple[Event, ...]:
    """Return the same events in each month, spread over its days."""
    days = [round((place + 0.5) * DAYS_A_MONTH / len(codes)) for place in range(len(codes))]
    return tuple(
        Event(month, code, day) for month in range(first, last + 1) for code, day in zip(codes, days)
    )


def _turns(first: int, last: int, each_month: int, *codes: str) -> tuple[Event, ...]:
    """Return codes taken in turn, ``each_month`` of them in a month."""
    months = [month for month in range(first, last + 1) for _ in range(each_month)]
    days = [round((place + 0.5) * DAYS_A_MONTH / each_month) for place in range(each_month)]
    return tuple(
        Event(month, code, day)
        for month, code, day in zip(months, islice(cycle(codes), len(months)), cycle(days))
    )


def _sessions(first: int, last: int, each_month: int = 2) -> tuple[int, ...]:
    return tuple(month for month in range(first, last + 1) for _ in range(each_month))


_OWNS = ("ACC-FULL", "ACC-IMPACT")
_OPEN = ("TRN-PRO", "TRN-ROUTINE")

V01 = Story(
    "V01",
    "Fast repair",
    "An emotional affair online, told unasked; contact ended with evidence in the first month.",
    (
        Direction(
            "A",
            "B",
            "emotional_affair",
            (24, 18, 12, 9, 7, 5, 4, 3, 2.5, 2, 1.5, 1.2, 1, 0.8, 0.7, 0.5, 0.4, 0.3, 0.25, 0.2),
            _line(90, 15, 20),
            _line(9, 3, 20),
            accountability=_monthly(1, 20, *_OWNS, "ACC-REPEAT"),
            transparency=_monthly(1, 20, *_OPEN, "TRN-PRO"),
            cessation=(
                Event(1, "self_reported", 2),
                Event(1, "verified", 20, "document_seen"),
                Event(4, "verified", 20, "both_partners"),
                Event(9, "verified", 20, "both_partners"),
                Event(14, "verified", 20, "both_partners"),
                Event(19, "verified", 20, "both_partners"),
            ),
            commitments=(
                Promise(
                    "B",
                    "Says the same evening when the former contact writes",
                    1,
                    _turns(1, 20, 2, *("kept",) * 12, "partly_kept"),
                ),
            ),
        ),
    ),
    _sessions(1, 20, 4),
)

V02 = Story(
    "V02",
    "Slow repair",
    "Hidden debts over six years, told in stages and settled in the first month.",
    (
        Direction(
            "A",
            "B",
            "financial",
            (
                28,
                28,
                26,
                25,
                24,
                22,
                21,
                20,
                18,
                16,
                14,
                12,
                11,
                10,
                9,
                8,
                7,
                6,
                5.5,
                5,
                4.5,
                4,
                3.7,
                3.5,
                3.2,
                3,
                2.8,
                2.5,
                2.2,
                2,
                1.9,
                1.7,
                1.5,
                1.4,
                1.2,
                1.1,
                1,
                0.9,
            ),
            _line(120, 30, 38),
            _line(9, 5, 38),
            accountability=_turns(1, 5, 2, "ACC-FULL", "ACC-PARTIAL") + _monthly(6, 38, *_OWNS),
            transparency=_turns(1, 6, 2, "TRN-PRO", "TRN-COMPLY") + _monthly(7, 38, *_OPEN),
            cessation=(
                Event(1, "self_reported", 5),
                *(Event(month, "verified", 10, "document_seen") for month in range(3, 39, 5)),
            ),
            commitments=(
                Promise(
                    "B",
                    "Puts the bank statements on the kitchen table on the first of the month",
                    1,
                    _turns(1, 12, 2, "kept", "kept", "kept", "missed_owned")
                    + _turns(13, 38, 2, *("kept",) * 11, "missed_owned"),
                ),
            ),
        ),
    ),
    _sessions(1, 38),
)

V03 = Story(
    "V03",
    "Two steps forward, one back",
    "Agreements broken again and again; good and bad months alternate while the course goes down.",
    (
        Direction(
            "A",
            "B",
            "lies_broken_agreements",
            (21, 14, 17, 10, 14, 8, 11, 6, 9, 5, 7, 4, 5, 3, 3, 2, 2, 1.5),
            _line(80, 25, 18),
            _line(9, 5, 18),
            accountability=_monthly(1, 18, *_OWNS, "ACC-REPEAT"),
            transparency=_turns(1, 18, 2, "TRN-PRO", "TRN-ANSWER", "TRN-COMPLY", "TRN-ANSWER"),
            cessation=(Event(1, "self_reported", 3), Event(9, "self_reported", 3)),
            commitments=(
                Promise(
                    "B",
                    "Sends a message when leaving work on weekdays",
                    1,
                    _turns(1, 18, 2, "kept", "kept", "kept", "partly_kept"),
                ),
            ),
        ),
    ),
    _sessions(1, 18),
)

V04 = Story(
    "V04",
    "Anniversary spike",
    "A sexual affair; the anniversary of its discovery falls into the twelfth month.",
    (
        Direction(
            "A",
            "B",
            "sexual_affair",
            (20, 16, 12, 10, 8, 6, 5, 4, 3, 2.5, 2, 12, 3, 1.5, 1.2),
            (90, 80, 70, 60, 55, 50, 45, 40, 35, 30, 30, 75, 35, 25, 25),
            (9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 5, 9, 6, 5, 4),
            triggers=(Event(12, "anniversary"),),
            accountability=_monthly(1, 15, *_OWNS),
            transparency=_monthly(1, 15, *_OPEN),
            cessation=(
                Event(1, "self_reported", 1),
                Event(4, "verified", 10, "both_partners"),
                Event(9, "verified", 10, "both_partners"),
                Event(14, "verified", 10, "both_partners"),
            ),
            commitments=(
                Promise(
                    "B",
                    "Comes home first on the hard dates",
                    1,
                    _turns(1, 15, 2, *("kept",) * 9, "partly_kept"),
                ),
            ),
        ),
    ),
    _sessions(1, 15),
)

V05 = Story(
    "V05",
    "Covert continuation, discovered late",
    "An affair that had ended by word only; messages are found on the first day of the tenth month.",
    (
        Direction(
            "A",
            "B",
            "sexual_affair",
            (21, 18, 15, 12, 10, 8, 7, 6, 5, 25, 24, 22, 20, 18, 16, 14, 12, 10, 9, 8, 7),
            _line(90, 60, 10)[:9] + _line(110, 50, 12),
            (9, 9, 8, 8, 8, 7, 7, 7, 6, 10, 10, 9, 9, 9, 8, 8, 8, 7, 7, 7, 6),
            triggers=(Event(10, "new_disclosure"),),
            accountability=_monthly(1, 9, *_OWNS) + _monthly(11, 21, *_OWNS),
            transparency=(
                *_turns(1, 9, 2, "TRN-PRO", "TRN-ANSWER"),
                Event(10, "TRN-CONCEAL", 1),
                *_monthly(11, 21, *_OPEN),
            ),
            cessation=(
                Event(1, "self_reported", 1),
                Event(10, "continuing", 1, "admitted"),
                Event(10, "self_reported", 2),
                Event(11, "verified", 1, "document_seen"),
                Event(14, "verified", 1, "both_partners"),
                Event(18, "verified", 1, "both_partners"),
            ),
            commitments=(
                Promise(
                    "B",
                    "Tells of any contact, wanted or not, the same day",
                    1,
                    _turns(1, 9, 2, "kept") + _turns(11, 21, 2, *("kept",) * 9, "partly_kept"),
                ),
            ),
        ),
    ),
    _sessions(1, 21),
)

V06 = Story(
    "V06",
    "Changed-form continuation",
    "The casino stopped in the first month; trading on the phone took its place and came out by a bank "
    "letter.",
    (
        Direction(
            "A",
            "B",
            "hidden_compulsion",
            (14, 12, 10, 9, 9, 8, 9, 9, 10, 10, 11, 10),
            (60,) * 12,
            (8, 8, 7, 7, 7, 7, 7, 7, 7, 8, 8, 8),
            accountability=_turns(1, 12, 1, "ACC-FULL", "ACC-MIN", "ACC-IMPACT"),
            transparency=_turns(1, 12, 1, "TRN-ANSWER", "TRN-COMPLY"),
            cessation=(Event(1, "self_reported", 10), Event(12, "continuing_changed_form", 20, "documented")),
            commitments=(
                Promise(
                    "B",
                    "Brings the attendance slip of the group each month",
                    1,
                    _turns(1, 12, 1, "kept", "kept", "missed_owned"),
                ),
            ),
        ),
    ),
    _sessions(1, 12),
)

V07 = Story(
    "V07",
    "Chronic deflection",
    "Money hidden and spent; the answer to the harm is, time after time, the other's fault.",
    (
        Direction(
            "A",
            "B",
            "financial",
            (21, 20, 18, 17, 16, 16, 17, 16, 16, 17, 16, 17, 16, 17),
            _line(90, 85, 14),
            (9,) * 14,
            accountability=(
                Event(1, "ACC-DEFL", 20),
                Event(2, "ACC-DEFL"),
                Event(4, "ACC-DEFL", 5),
                Event(4, "ACC-BLAME", 20),
                Event(5, "ACC-FULL"),
                Event(6, "ACC-DEFL"),
                Event(7, "ACC-BLAME", 5),
                Event(7, "ACC-DEFL", 20),
                Event(8, "ACC-DEFL", 5),
                Event(8, "ACC-FULL", 20),
                Event(9, "ACC-BLAME", 5),
                Event(9, "ACC-DEFL", 20),
                Event(10, "ACC-DEFL", 5),
                Event(10, "ACC-FULL"),
                Event(10, "ACC-BLAME", 25),
                Event(11, "ACC-DEFL", 5),
                Event(11, "ACC-DEFL", 20),
                Event(12, "ACC-BLAME", 5),
                Event(12, "ACC-FULL"),
                Event(12, "ACC-DEFL", 25),
                Event(13, "ACC-DEFL", 5),
                Event(13, "ACC-BLAME", 20),
                Event(14, "ACC-DEFL", 5),
                Event(14, "ACC-FULL", 20),
            ),
            transparency=_turns(1, 14, 1, "TRN-COMPLY", "TRN-WITHHELD", "TRN-COMPLY"),
            cessation=(Event(1, "self_reported", 10), Event(7, "self_reported", 10)),
            commitments=(
                Promise(
                    "B",
                    "Goes through the account together on Sundays",
                    2,
                    _turns(2, 14, 1, "kept", "missed_owned", "partly_kept"),
                ),
            ),
        ),
    ),
    _sessions(1, 14),
)

V08 = Story(
    "V08",
    "Threat at maximum for years",
    "A second family came to light; the involved partner is steady, the alarm does not fall.",
    (
        Direction(
            "A",
            "B",
            "secret_marriage_or_family",
            (
                25,
                24,
                26,
                25,
                24,
                25,
                23,
                25,
                26,
                24,
                25,
                25,
                24,
                26,
                25,
                24,
                25,
                25,
                24,
                25,
                26,
                25,
                24,
                25,
                25,
                26,
            ),
            (120,) * 26,
            (9,) * 26,
            accountability=_monthly(1, 26, *_OWNS),
            transparency=_monthly(1, 26, *_OPEN),
            cessation=(
                Event(1, "self_reported", 1),
                *(Event(month, "verified", 10, "both_partners") for month in range(4, 27, 5)),
            ),
            commitments=(
                Promise(
                    "B",
                    "Is reachable at the agreed hours",
                    1,
                    _turns(1, 26, 3, *("kept",) * 19, "partly_kept"),
                ),
            ),
        ),
    ),
    _sessions(1, 26),
)

_TWO_OF_FOURTEEN = {2: (10.0, 60.0, 7.0), 11: (6.0, 50.0, 6.0)}

V09 = Story(
    "V09",
    "Too little recorded",
    "Fourteen months, six sessions, and reports in two of the months only.",
    (
        Direction(
            "A",
            "B",
            "absence_at_need",
            tuple(_TWO_OF_FOURTEEN[m][0] if m in _TWO_OF_FOURTEEN else None for m in range(1, 15)),
            tuple(_TWO_OF_FOURTEEN[m][1] if m in _TWO_OF_FOURTEEN else None for m in range(1, 15)),
            tuple(_TWO_OF_FOURTEEN[m][2] if m in _TWO_OF_FOURTEEN else None for m in range(1, 15)),
            accountability=(Event(2, "ACC-FULL"), Event(11, "ACC-PARTIAL")),
            cessation=(Event(1, "self_reported", 5),),
        ),
    ),
    (1, 2, 2, 5, 11, 14),
)

_NO_WORD = (None,) * 6

V10 = Story(
    "V10",
    "A gap in treatment",
    "Repair begins well; the family moves abroad for six months without contact and comes back.",
    (
        Direction(
            "A",
            "B",
            "disparagement",
            (20, 18, 16, 14, 12, 10, 8, *_NO_WORD, 10, 9, 8, 6.5, 5.5, 5, 4, 3.5, 3),
            (90, 85, 80, 75, 70, 60, 55, *_NO_WORD, 60, 55, 50, 45, 45, 40, 35, 35, 30),
            (9, 9, 8, 8, 8, 7, 7, *_NO_WORD, 8, 7, 7, 7, 6, 6, 6, 5, 5),
            accountability=_monthly(1, 7, *_OWNS) + _monthly(14, 22, *_OWNS),
            transparency=_monthly(1, 7, *_OPEN) + _monthly(14, 22, *_OPEN),
            cessation=(
                Event(1, "self_reported", 5),
                Event(3, "verified", 10, "both_partners"),
                Event(14, "verified", 10, "both_partners"),
                Event(19, "verified", 10, "both_partners"),
            ),
            commitments=(
                Promise(
                    "B",
                    "Speaks to the family openly when the subject comes up",
                    1,
                    _turns(1, 7, 2, *("kept",) * 6, "partly_kept")
                    + _turns(14, 22, 2, *("kept",) * 6, "partly_kept"),
                ),
            ),
        ),
    ),
    _sessions(1, 7) + _sessions(14, 22),
    pauses=((9, 13),),
)

V11 = Story(
    "V11",
    "Mutual betrayal",
    "B had an affair; A had hidden a debt. Both came out in the first month, and only one course is moving.",
    (
        Direction(
            "A",
            "B",
            "sexual_affair",
            (18, 16, 14, 12, 10, 9, 7, 6, 5, 4.5, 4, 3.5, 3, 2.5),
            _line(80, 30, 14),
            _line(9, 5, 14),
            accountability=_monthly(1, 14, *_OWNS),
            transparency=_monthly(1, 14, *_OPEN),
            cessation=(
                Event(1, "self_reported", 5),
                *(Event(month, "verified", 10, "both_partners") for month in range(3, 15, 5)),
            ),
            commitments=(
                Promise(
                    "B",
                    "Shares the week's plan on Sunday",
                    1,
                    _turns(1, 14, 2, *("kept",) * 8, "missed_owned"),
                ),
            ),
        ),
        Direction(
            "B",
            "A",
            "financial",
            (10, 10, 9, 10, 9, 9, 10, 9, 9, 10, 9, 9, 10, 9),
            (45,) * 14,
            (7,) * 14,
            accountability=(
                Event(3, "ACC-MIN"),
                Event(6, "ACC-BLAME"),
                Event(9, "ACC-FULL"),
                Event(9, "ACC-BLAME", 25),
                Event(11, "ACC-MIN"),
                Event(12, "ACC-FULL"),
                Event(13, "ACC-BLAME"),
                Event(14, "ACC-DEFL"),
            ),
            transparency=_turns(1, 14, 1, "TRN-COMPLY", "TRN-ANSWER"),
            cessation=(Event(1, "self_reported", 8), Event(4, "verified", 10, "document_seen")),
            commitments=(
                Promise(
                    "A",
                    "Shows the credit card bill on arrival",
                    1,
                    _turns(1, 14, 1, "kept", "partly_kept", "missed_owned"),
                ),
            ),
        ),
    ),
    _sessions(1, 14),
)

V12 = Story(
    "V12",
    "Safety comes first",
    "Good figures; alone in the eighth month, B tells of threats, forced location sharing and once a "
    "hand at the throat.",
    (
        Direction(
            "A",
            "B",
            "emotional_affair",
            (16, 14, 11, 9, 7, 6, 5, 4),
            _line(60, 30, 8),
            _line(8, 5, 8),
            accountability=_monthly(1, 8, *_OWNS),
            transparency=_monthly(1, 8, "TRN-PRO", "TRN-PRO", "TRN-PRO"),
            cessation=(Event(1, "self_reported", 5), Event(3, "verified", 10, "both_partners")),
            commitments=(Promise("B", "Shares the location by day", 1, _turns(1, 8, 3, "kept")),),
        ),
    ),
    _sessions(1, 8),
    safety=(
        Event(8, "coercive_control", 20, "told_alone_by_B"),
        Event(8, "threat_of_exposure", 20, "told_alone_by_B"),
        Event(8, "strangulation", 20, "told_alone_by_B"),
    ),
)

V13 = Story(
    "V13",
    "Parting with clarity",
    "Absent at a bereavement and a birth; a good first year, then no further movement, and a decision "
    "made together.",
    (
        Direction(
            "A",
            "B",
            "absence_at_need",
            (22, 20, 17, 15, 13, 12, 11, 10, 9, 9, 9, 8.5, 9, 8.5, 9, 9, 8.5, 9, 9, 8.5, 9, 9, 9, 8.5, 9, 9),
            (100, 95, 85, 80, 70, 65, 60, 55, 55, 55, 55, 55, 50) + (55,) * 13,
            _line(9, 7, 26),
            accountability=_turns(1, 26, 2, "ACC-FULL", "ACC-PARTIAL", "ACC-PARTIAL"),
            transparency=_turns(1, 26, 2, "TRN-PRO", "TRN-COMPLY", "TRN-COMPLY", "TRN-ANSWER"),
            cessation=(
                Event(1, "self_reported", 5),
                Event(10, "self_reported", 5),
                Event(18, "self_reported", 5),
            ),
            commitments=(
                Promise(
                    "B",
                    "Is there on the named days",
                    1,
                    _turns(
                        1,
                        26,
                        2,
                        "kept",
                        "missed_owned",
                        "kept",
                        "kept",
                        "missed_owned",
                        "kept",
                        "missed_owned",
                        "kept",
                    ),
                ),
            ),
        ),
    ),
    _sessions(1, 26),
    wishes=(
        Event(25, "A:lean_out", 12),
        Event(25, "B:unsure", 14),
        Event(26, "A:lean_out", 12),
        Event(27, "A:part", 10),
        Event(27, "B:part", 10),
    ),
    reviews=(Event(25, "discernment", 5), Event(27, "end_conjoint_support_parting", 20)),
    outcome="parted_with_clarity",
)

STORIES = (V01, V02, V03, V04, V05, V06, V07, V08, V09, V10, V11, V12, V13)
