"""The guard at the door: malformed documents are refused with a pointer to the fault."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.timeline import EvidenceError, assess

TODAY = date(2026, 3, 1)
REPORT = {"id": "r", "window_start": "2026-01-01", "window_end": "2026-01-14", "episodes": 3}
CHECK_IN = {"id": "i", "date": "2026-01-01", "result": "kept"}
AN_ITEM = {"id": "a", "date": "2026-01-01", "level": "minimised"}


def a_report(**changes: Any) -> dict[str, Any]:
    return {"threat_reports": [REPORT, {**REPORT, "id": "s", **changes}]}


@pytest.mark.parametrize(
    ("evidence", "pointer"),
    [
        ([], ""),
        ({"schema_version": "2"}, "/schema_version"),
        ({"case_id": 7}, "/case_id"),
        ({"repair_started_on": "2026-13-01"}, "/repair_started_on"),
        ({"repair_started_on": "20260101"}, "/repair_started_on"),
        ({"repair_started_on": "2026-W01-1"}, "/repair_started_on"),
        ({"discovery_date": "1066-10-14"}, "/discovery_date"),
        ({"threat_reports": {}}, "/threat_reports"),
        ({"threat_reports": ["r"]}, "/threat_reports/0"),
        ({"threat_reports": [REPORT] * 20_001}, "/threat_reports"),
        ({"pauses": [{"id": "p", "start": "2026-01-01"}] * 1_001}, "/pauses"),
        (a_report(id=""), "/threat_reports/1/id"),
        (a_report(id="\ud800"), "/threat_reports/1/id"),
        ({"case_id": "\udfff"}, "/case_id"),
        ({"accountability": [{**AN_ITEM, "id": "\ud83d"}]}, "/accountability/0/id"),
        ({"accountability": [{**AN_ITEM, "basis": "\ude00"}]}, "/accountability/0/basis"),
        ({"commitments": [{"id": "m", "made_on": "2026-01-01", "owner": "\ud800"}]}, "/commitments/0/owner"),
        (a_report(window_end="2025-12-31"), "/threat_reports/1/window_end"),
        (a_report(window_start=None), "/threat_reports/1/window_start"),
        (a_report(episodes=-1), "/threat_reports/1/episodes"),
        (a_report(episodes=2.0), "/threat_reports/1/episodes"),
        (a_report(episodes=True), "/threat_reports/1/episodes"),
        (a_report(typical_duration_minutes="60"), "/threat_reports/1/typical_duration_minutes"),
        (a_report(typical_duration_minutes=float("nan")), "/threat_reports/1/typical_duration_minutes"),
        (a_report(peak_intensity=11), "/threat_reports/1/peak_intensity"),
        (a_report(recovery_minutes=float("inf")), "/threat_reports/1/recovery_minutes"),
        (a_report(trigger="moon"), "/threat_reports/1/trigger"),
        (a_report(recorded_on=5), "/threat_reports/1/recorded_on"),
        ({"pauses": [{"id": "p", "start": "2026-02-01", "end": "2026-01-01"}]}, "/pauses/0/end"),
        ({"known_dates": [{"id": "k", "date": "2026-01-01", "kind": "party"}]}, "/known_dates/0/kind"),
        ({"accountability": [{"id": "a", "date": "2026-01-01"}]}, "/accountability/0/level"),
        ({"cessation": [{"id": "c", "date": "2026-01-01", "status": []}]}, "/cessation/0/status"),
        (
            {
                "commitments": [
                    {
                        "id": "m",
                        "made_on": "2026-01-01",
                        "check_ins": [CHECK_IN, {**CHECK_IN, "result": "no"}],
                    }
                ]
            },
            "/commitments/0/check_ins/1/result",
        ),
    ],
)
def test_a_malformed_document_is_refused_at_the_fault(evidence: Any, pointer: str) -> None:
    with pytest.raises(EvidenceError) as refused:
        assess(evidence, TODAY)

    assert refused.value.pointer == pointer
    assert refused.value.message.startswith("must")


@pytest.mark.parametrize(
    ("most", "more", "field"),
    [
        (100_000, 100_001, "episodes"),
        (1_000_000, 1_000_000.1, "typical_duration_minutes"),
        (1_000_000.0, 1_000_001, "recovery_minutes"),
        (10, 10.01, "peak_intensity"),
        ("2026-01-01", "2025-12-31", "window_end"),
        ("2200-12-31", "2201-01-01", "recorded_on"),
        ("1900-01-01", "1899-12-31", "window_start"),
    ],
)
def test_each_field_is_taken_up_to_its_bound(most: Any, more: Any, field: str) -> None:
    assess(a_report(**{field: most}), TODAY)
    with pytest.raises(EvidenceError):
        assess(a_report(**{field: more}), TODAY)


def test_a_list_may_be_full_and_a_pause_may_be_empty() -> None:
    pause = {"id": "p", "start": "2026-01-01", "end": "2026-01-01"}

    assert assess({"pauses": [pause] * 1_000, "threat_reports": [REPORT] * 20_000}, TODAY)


def test_text_in_any_script_is_taken_and_comes_back_as_it_was() -> None:
    owner = "Ünal 信頼 😀"

    found = assess({"accountability": [{**AN_ITEM, "id": owner, "basis": owner}]}, TODAY)

    assert found["prerequisites"]["accountability"]["evidence_ids"] == [owner]


def test_the_day_must_be_a_date() -> None:
    with pytest.raises(EvidenceError) as refused:
        assess({}, "2026-01-01")  # type: ignore[arg-type]

    assert refused.value.pointer == "/as_of"


def test_unknown_keys_are_ignored() -> None:
    assert assess({"colour": "blue", **a_report(mood="grey")}, TODAY) == assess(a_report(), TODAY)


def test_of_two_entries_with_one_id_the_one_recorded_last_counts() -> None:
    first = {**REPORT, "episodes": 3, "recorded_on": "2026-01-15"}
    second = {**REPORT, "episodes": 30, "recorded_on": "2026-01-20"}

    both = assess({"threat_reports": [second, first]}, TODAY)

    assert both["evidence_digest"] == assess({"threat_reports": [second]}, TODAY)["evidence_digest"]


def test_the_digest_follows_what_is_known_and_nothing_else() -> None:
    later = {**REPORT, "id": "later", "window_end": "2026-03-02"}

    now = assess({"threat_reports": [REPORT]}, TODAY)
    with_later = assess({"threat_reports": [REPORT, later]}, TODAY)
    changed = assess(a_report(), TODAY)

    assert len(now["evidence_digest"]) == 64
    assert now["evidence_digest"] == with_later["evidence_digest"] != changed["evidence_digest"]


def test_the_longest_documents_are_answered_and_not_only_refused() -> None:
    """Twenty thousand reports of one fortnight, then as many over two centuries with a betrayal every month."""
    heap = [{**REPORT, "id": f"r{n}", "episodes": n % 40} for n in range(20_000)]
    start = date(1950, 1, 1).toordinal()

    def day(number: int) -> str:
        return date.fromordinal(start + number).isoformat()

    long = [
        {
            "id": f"r{n}",
            "window_start": day(4 * n),
            "window_end": day(4 * n + 3),
            "episodes": n % 9,
            "trigger": "stressor",
        }
        for n in range(20_000)
    ]
    swings = [
        {"id": f"c{n}", "date": day(30 * n), "status": ("continuing", "verified_ceased")[n % 2]}
        for n in range(2_400)
    ]

    crowded = assess({"repair_started_on": "2026-01-01", "threat_reports": heap}, TODAY)
    lasting = assess(
        {"repair_started_on": day(0), "threat_reports": long, "cessation": swings}, date(2147, 1, 1)
    )

    assert crowded["progress"]["status"] == "insufficient_evidence"
    assert len(lasting["clock"]["restarts"]) > 1000
