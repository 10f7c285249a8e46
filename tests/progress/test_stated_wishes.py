"""The criterion `stated_wish`: leaning out, deciding, turning back."""

from datetime import date

from app.progress.wishes import CHOICE, LEAN, Stated, stated_wish

TODAY = date(2026, 3, 2)


def said(number: int, kind: str, who: str, value: str, on: date) -> Stated:
    return Stated(f"m{number}", kind, who, value, on)


def test_without_anything_said_the_finding_is_insufficient_evidence() -> None:
    assert stated_wish([], TODAY)["status"] == "insufficient_evidence"


def test_one_lean_out_is_not_yet_a_wish() -> None:
    found = stated_wish([said(1, LEAN, "a", "out", date(2026, 1, 5))], TODAY)
    assert found["status"] == "not_met"


def test_leaning_out_twice_a_fortnight_apart_is_emerging() -> None:
    leans = [said(n, LEAN, "a", "out", date(2026, 1, day)) for n, day in ((1, 5), (2, 19))]
    found = stated_wish(leans, TODAY)
    assert (found["status"], found["evidence_ids"]) == ("emerging", ["m1", "m2"])


def test_thirteen_days_apart_are_not_enough() -> None:
    leans = [said(n, LEAN, "a", "out", date(2026, 1, day)) for n, day in ((1, 5), (2, 18))]
    assert stated_wish(leans, TODAY)["status"] == "not_met"


def test_leaning_in_again_clears_what_was_said_before() -> None:
    leans = [
        said(1, LEAN, "a", "out", date(2026, 1, 5)),
        said(2, LEAN, "a", "out", date(2026, 1, 19)),
        said(3, LEAN, "a", "unsure", date(2026, 2, 2)),
    ]
    assert stated_wish(leans, TODAY)["status"] == "not_met"


def test_both_leaning_out_is_met_from_the_day_the_second_did() -> None:
    leans = [said(1, LEAN, "a", "out", date(2026, 1, 5)), said(2, LEAN, "b", "out", date(2026, 2, 2))]
    found = stated_wish(leans, TODAY)
    assert (found["status"], found["first_met_on"]) == ("met", "2026-02-02")


def test_a_stated_decision_of_either_to_part_is_met_and_taking_it_back_clears_it() -> None:
    part = said(1, CHOICE, "b", "part", date(2026, 2, 2))
    stay = said(2, CHOICE, "b", "stay", date(2026, 2, 20))
    assert stated_wish([part], TODAY)["status"] == "met"
    assert stated_wish([part, stay], TODAY)["status"] == "not_met"


def test_what_was_said_later_does_not_count_yet() -> None:
    part = said(1, CHOICE, "b", "part", date(2026, 2, 2))
    assert stated_wish([part], date(2026, 2, 1))["status"] == "insufficient_evidence"


def test_the_words_never_say_who() -> None:
    found = stated_wish([said(1, CHOICE, "partner-b", "part", date(2026, 2, 2))], TODAY)
    assert "partner-b" not in found["basis"]
