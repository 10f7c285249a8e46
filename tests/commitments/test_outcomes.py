"""Check-in outcomes: what counts, what is left out, and what closes a commitment."""

from app.commitments.outcomes import BY_CODE, OUTCOMES


def test_scores_and_evidence_are_the_decided_ones() -> None:
    counted = {item.code: (item.score, item.evidence_result) for item in OUTCOMES if item.score is not None}

    assert counted == {
        "kept": (1.0, "kept"),
        "kept_late": (0.5, "partly"),
        "partly_kept": (0.5, "partly"),
        "missed_owned": (0.0, "missed"),
        "missed_discovered": (0.0, "missed"),
    }


def test_what_is_left_out_is_no_evidence_either() -> None:
    left_out = [item for item in OUTCOMES if item.score is None]

    assert {item.code for item in left_out} == {
        "not_due",
        "occasion_did_not_arise",
        "excused_by_both",
        "not_reported",
        "disputed",
        "renegotiated",
        "withdrawn",
        "superseded",
    }
    assert all(item.evidence_result is None for item in left_out)


def test_nobody_reporting_is_missing_and_never_missed() -> None:
    assert [item.code for item in OUTCOMES if item.missing] == ["not_reported"]
    assert BY_CODE["not_reported"].evidence_result is None


def test_only_an_ending_closes_and_an_ending_is_no_failure() -> None:
    closing = [item for item in OUTCOMES if item.closes]

    assert {item.code for item in closing} == {"renegotiated", "withdrawn", "superseded"}
    assert all(item.score is None for item in closing)
