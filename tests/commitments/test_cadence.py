"""Cadences: the small part of RFC 5545 that is taken, its words and its dates."""

from contextlib import suppress
from datetime import date, timedelta
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commitments.cadence import (
    Cadence,
    CadenceError,
    OnceBy,
    Whenever,
    in_words,
    next_dates,
    parse,
    whenever,
)

TUESDAY = date(2026, 3, 3)


def taken(rule: str) -> Cadence | None:
    try:
        return parse(rule)
    except CadenceError:
        return None


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=2", "every second day"),
        ("FREQ=DAILY;INTERVAL=21", "every 21st day"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=WEEKLY", "every week"),
        ("FREQ=WEEKLY;BYDAY=FR,TH,WE,TU,MO", "every weekday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "every day"),
        ("FREQ=WEEKLY;BYDAY=SU", "every Sunday"),
        ("FREQ=WEEKLY;BYDAY=SU,TU,TH", "every Tuesday, Thursday and Sunday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "every second week on Tuesday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR", "every second week from Monday to Friday"),
        ("FREQ=MONTHLY;BYMONTHDAY=1", "on the 1st of each month"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,1", "on the 1st and 15th of each month"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=2", "on the 2nd of every third month"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "on the last day of each month"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "on the 31st of each month (short months are skipped)"),
        ("FREQ=MONTHLY;BYDAY=1MO", "on the first Monday of each month"),
        ("FREQ=MONTHLY;BYDAY=-1FR,+1MO", "on the first Monday and last Friday of each month"),
        (
            "FREQ=MONTHLY",
            "each month, on the day of the month it began (months without that day are skipped)",
        ),
        ("FREQ=WEEKLY;COUNT=6", "every week, 6 times"),
        ("FREQ=WEEKLY;COUNT=1", "every week, once only"),
        ("FREQ=DAILY;UNTIL=20260401", "every day, until 1 April 2026"),
        ("freq=weekly;byday=tu", "every Tuesday"),
    ],
)
def test_a_rule_reads_as_a_therapist_would_say_it(rule: str, words: str) -> None:
    assert in_words(parse(rule)) == words


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("", "not_a_rule"),
        ("every day", "not_a_rule"),
        ("FREQ", "not_a_rule"),
        ("FREQ=", "not_a_rule"),
        ("FREQ=DAILY;", "not_a_rule"),
        (";FREQ=DAILY", "not_a_rule"),
        ("FREQ=DAILY\n", "not_a_rule"),
        ("FREQ=DAILY;INTERVAL=٣", "not_a_rule"),
        ("FREQ=DAILY;COUNT=1_0", "not_a_rule"),
        ("FREQ=DAILY\ud800", "not_a_rule"),
        ("INTERVAL=2", "no_freq"),
        ("FREQ=SECONDLY", "freq_not_taken"),
        ("FREQ=MINUTELY", "freq_not_taken"),
        ("FREQ=HOURLY", "freq_not_taken"),
        ("FREQ=YEARLY", "freq_not_taken"),
        ("RRULE:FREQ=DAILY", "unknown_part"),
        ("FREQ=DAILY;BYHOUR=3", "unknown_part"),
        ("FREQ=DAILY;BYSETPOS=1", "unknown_part"),
        ("FREQ=WEEKLY;WKST=SU", "unknown_part"),
        ("FREQ=DAILY;=3", "unknown_part"),
        ("FREQ=DAILY;FREQ=DAILY", "duplicate_part"),
        ("FREQ=DAILY;INTERVAL=0", "out_of_range"),
        ("FREQ=DAILY;INTERVAL=-1", "out_of_range"),
        ("FREQ=DAILY;INTERVAL=93", "out_of_range"),
        ("FREQ=MONTHLY;INTERVAL=13", "out_of_range"),
        ("FREQ=DAILY;INTERVAL=99999999", "out_of_range"),
        ("FREQ=DAILY;COUNT=0", "out_of_range"),
        ("FREQ=DAILY;COUNT=401", "out_of_range"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "out_of_range"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "out_of_range"),
        ("FREQ=MONTHLY;BYMONTHDAY=-2", "out_of_range"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,", "out_of_range"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,1", "duplicate_day"),
        ("FREQ=WEEKLY;BYDAY=TU,TU", "duplicate_day"),
        ("FREQ=WEEKLY;BYDAY=XX", "bad_day"),
        ("FREQ=WEEKLY;BYDAY=TU,", "bad_day"),
        ("FREQ=WEEKLY;BYDAY=1TU", "bad_day"),
        ("FREQ=MONTHLY;BYDAY=TU", "bad_day"),
        ("FREQ=MONTHLY;BYDAY=5TU", "bad_day"),
        ("FREQ=MONTHLY;BYDAY=0TU", "bad_day"),
        ("FREQ=MONTHLY;BYDAY=-2TU", "bad_day"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "conflict"),
        ("FREQ=MONTHLY;BYDAY=1TU;BYMONTHDAY=1", "conflict"),
        ("FREQ=DAILY;INTERVAL=2;BYDAY=TU", "conflict"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260401", "conflict"),
        ("FREQ=DAILY;UNTIL=2026-04-01", "bad_until"),
        ("FREQ=DAILY;UNTIL=20260230", "bad_until"),
        ("FREQ=DAILY;UNTIL=00000101", "bad_until"),
        ("FREQ=DAILY;UNTIL=20260401T000000Z", "bad_until"),
        ("FREQ=DAILY;BYDAY=" + "MO," * 80, "too_long"),
    ],
)
def test_everything_else_is_refused_with_a_code_and_a_hint(rule: str, code: str) -> None:
    with pytest.raises(CadenceError) as refused:
        parse(rule)

    assert refused.value.code == code
    assert refused.value.message
    assert refused.value.hint


@settings(derandomize=True)
@given(st.text(alphabet=st.characters(), max_size=220))
def test_any_text_is_read_or_refused(text: str) -> None:
    parsed = taken(text)

    assert parsed is None or parse(parsed.rule()) == parsed


RULE_TEXT = st.lists(
    st.sampled_from(
        [
            "FREQ=DAILY",
            "FREQ=WEEKLY",
            "FREQ=MONTHLY",
            "INTERVAL=2",
            "INTERVAL=12",
            "BYDAY=MO,SU",
            "BYDAY=-1FR,2TU",
            "BYMONTHDAY=31,-1",
            "BYMONTHDAY=29",
            "COUNT=3",
            "UNTIL=20300101",
            "BYDAY=WE",
        ]
    ),
    min_size=1,
    max_size=5,
).map(";".join)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(RULE_TEXT, st.dates(), st.dates(), st.integers(0, 7))
def test_dates_rise_stay_after_the_day_asked_and_come_from_a_canonical_rule(
    text: str, start: date, after: date, limit: int
) -> None:
    cadence = taken(text)
    if cadence is None:
        return

    found = next_dates(cadence, start, after, limit=limit)

    assert parse(cadence.rule()) == cadence
    assert in_words(cadence)
    assert found == sorted(set(found))
    assert len(found) <= limit
    assert all(day > after and day >= start for day in found)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(RULE_TEXT, st.integers(0, 40), st.integers(0, 3000))
def test_starting_late_in_an_old_rhythm_gives_the_same_dates_as_walking_there(
    text: str, day: int, gap: int
) -> None:
    cadence = taken(text)
    if cadence is None:
        return
    start = date(2024, 1, 1) + timedelta(days=day)
    after = start + timedelta(days=gap)

    walked = [
        found for found in next_dates(cadence, start, start - timedelta(days=1), limit=400) if found > after
    ]

    # Walking is capped at 400 dates, so only what it reached can be compared.
    assert next_dates(cadence, start, after, limit=3)[: len(walked)] == walked[:3]


def test_the_start_itself_is_due_when_it_fits_and_the_day_asked_about_is_not() -> None:
    weekly = parse("FREQ=WEEKLY;BYDAY=TU")

    assert next_dates(weekly, TUESDAY, TUESDAY - timedelta(days=1), limit=1) == [TUESDAY]
    assert next_dates(weekly, TUESDAY, TUESDAY, limit=1) == [date(2026, 3, 10)]
    assert next_dates(weekly, TUESDAY, date(2020, 1, 1), limit=1) == [TUESDAY]


def test_every_second_week_keeps_its_rhythm_from_the_week_it_began() -> None:
    found = next_dates(parse("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU"), TUESDAY, date(2026, 4, 1), limit=3)

    assert found == [date(2026, 4, 13), date(2026, 4, 14), date(2026, 4, 27)]


def test_short_months_are_skipped_and_the_last_day_is_not() -> None:
    start = date(2026, 1, 31)

    by_31st = next_dates(parse("FREQ=MONTHLY;BYMONTHDAY=31"), start, start, limit=2)
    by_last = next_dates(parse("FREQ=MONTHLY;BYMONTHDAY=-1"), start, start, limit=2)
    by_start = next_dates(parse("FREQ=MONTHLY"), start, date(2026, 5, 31), limit=2)

    assert by_31st == [date(2026, 3, 31), date(2026, 5, 31)]
    assert by_last == [date(2026, 2, 28), date(2026, 3, 31)]
    assert by_start == [date(2026, 7, 31), date(2026, 8, 31)]


def test_an_excluded_date_still_uses_up_the_count() -> None:
    cadence = parse("FREQ=WEEKLY;COUNT=3")

    found = next_dates(cadence, TUESDAY, date(2026, 1, 1), {date(2026, 3, 10)})

    assert found == [TUESDAY, date(2026, 3, 17)]


def test_until_is_the_last_possible_day() -> None:
    cadence = parse("FREQ=DAILY;UNTIL=20260305")

    assert next_dates(cadence, TUESDAY, TUESDAY) == [date(2026, 3, 4), date(2026, 3, 5)]
    assert next_dates(cadence, date(2026, 3, 6), TUESDAY) == []


def test_the_end_of_the_calendar_is_no_accident() -> None:
    assert next_dates(parse("FREQ=DAILY"), TUESDAY, date.max) == []
    assert next_dates(parse("FREQ=DAILY"), date.max, TUESDAY) == [date.max]


@pytest.mark.parametrize("end", ["", ";COUNT=400"])
def test_a_rule_that_never_falls_due_ends_quickly(end: str) -> None:
    impossible = parse(f"FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31{end}")
    begun = process_time()

    found = next_dates(impossible, date(2026, 2, 1), date(2026, 3, 1))

    assert found == []
    assert process_time() - begun < 1.0


def test_the_number_of_dates_asked_for_is_bounded() -> None:
    with pytest.raises(ValueError, match="Ask for 0 to"):
        next_dates(parse("FREQ=DAILY"), TUESDAY, TUESDAY, limit=-1)


def test_a_cadence_can_wait_for_an_event() -> None:
    cadence = whenever("  leaving work is delayed \n by more than half an hour ")

    assert cadence == Whenever("leaving work is delayed by more than half an hour")
    assert in_words(cadence) == "whenever leaving work is delayed by more than half an hour"
    assert in_words(whenever("Whenever plans change")) == "Whenever plans change"
    assert next_dates(cadence, TUESDAY, TUESDAY) == []


@pytest.mark.parametrize(
    "text", ["", " . ", "Regularly", "whenever possible", "when I can", "as needed.", "often"]
)
def test_an_event_nobody_could_recognise_is_refused(text: str) -> None:
    with pytest.raises(CadenceError) as refused:
        whenever(text)

    assert refused.value.code == "vague_event"


@settings(derandomize=True)
@given(st.text(alphabet=st.characters(), max_size=400))
def test_any_event_text_is_taken_or_refused(text: str) -> None:
    with suppress(CadenceError):
        assert whenever(text).event.encode("utf-8")


def test_a_cadence_can_be_once_by_a_day() -> None:
    cadence = OnceBy(date(2026, 4, 1))

    assert in_words(cadence) == "once, by 1 April 2026"
    assert next_dates(cadence, TUESDAY, TUESDAY) == [date(2026, 4, 1)]
    assert next_dates(cadence, TUESDAY, date(2026, 4, 1)) == []
    assert next_dates(cadence, TUESDAY, TUESDAY, limit=0) == []


def test_a_cadence_is_a_value() -> None:
    assert parse("BYDAY=TU;FREQ=WEEKLY") == Cadence("WEEKLY", days=("TU",))
