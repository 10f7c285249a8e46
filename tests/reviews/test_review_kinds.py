"""Review decisions: what each asks for and when to look again."""

from datetime import date

import pytest

from app.reviews.kinds import DECISIONS, next_review_on


def test_the_decisions_are_all_there() -> None:
    assert [decision.code for decision in DECISIONS] == [
        "continue",
        "continue_with_changes",
        "pause",
        "individual_first",
        "discernment",
        "structured_separation",
        "refer_out",
        "end_conjoint_support_parting",
        "end_completed",
    ]


def test_every_ending_asks_what_else_was_considered() -> None:
    assert all(decision.needs_alternatives for decision in DECISIONS if decision.closes)


def test_only_going_on_with_changes_asks_what_changes() -> None:
    assert [decision.code for decision in DECISIONS if decision.needs_changes] == ["continue_with_changes"]


@pytest.mark.parametrize(
    ("decision", "continuing", "on"),
    [
        ("continue", False, date(2026, 4, 1)),
        ("continue", True, date(2026, 1, 31)),
        ("pause", False, date(2026, 4, 1)),
        ("end_completed", False, None),
        ("end_conjoint_support_parting", True, None),
    ],
)
def test_the_next_review_is_proposed(decision: str, continuing: bool, on: date | None) -> None:
    assert next_review_on(decision, date(2026, 1, 1), continuing_betrayal=continuing) == on


def test_words_hold_no_verdict() -> None:
    words = " ".join(decision.words + decision.caution for decision in DECISIONS).casefold()

    assert not any(word in words for word in ("fail", "give up", "hopeless"))
