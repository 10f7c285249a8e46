"""Threat reports over HTTP: zero is not missing, a refusal is not zero, and no day is told of twice."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.couples.facts import FAR_INSTANT
from app.practice.service import operating
from app.threat_responses import service
from tests.people import Caller, Json, World, a_betrayal, a_couple, partner, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def a_report(**changes: Any) -> Json:
    """A fortnight with nine episodes; a field set to None is left out."""
    body = {
        "window_start": "2026-02-07",
        "window_end": "2026-02-20",
        "episodes": 9,
        "source": "self_in_session",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def reports_of(couple: Json) -> str:
    """Where a couple's threat reports live."""
    return f"/v1/couples/{couple['id']}/threat-reports"


def corrected(caller: Caller, first: httpx.Response, body: Json) -> httpx.Response:
    """Correct a report that a POST has just made."""
    return caller.post(
        f"{first.headers['Location']}/corrections",
        {**body, "reason": "The diary says so."},
        headers={"If-Match": first.headers["ETag"]},
    )


def error(answer: httpx.Response) -> tuple[str, str]:
    """Code and pointer of the only field error."""
    assert answer.status_code == 422, answer.text
    (only,) = answer.json()["errors"]
    return only["code"], only["pointer"]


def test_a_report_is_the_affected_partners_and_is_read_back_as_answered(therapist: Caller) -> None:
    couple = a_couple(therapist)
    figures = {"typical_duration_minutes": 40, "recovery_minutes": 90, "peak_intensity": 7, "checking": 12}

    made = therapist.post(
        reports_of(couple),
        a_report(**figures, triggers=["reminder", "conflict", "reminder"], words="Nights."),
    )

    body = made.json()
    assert body["reporter_id"] == partner(couple, "a")
    assert {name: body[name] for name in figures} == figures
    assert body["triggers"] == ["reminder", "conflict", "reminder"]
    assert therapist.get(made.headers["Location"]).json() == body
    assert therapist.get(reports_of(couple)).json()["items"] == [body]
    same = therapist.get(made.headers["Location"], headers={"If-None-Match": made.headers["ETag"]})
    assert same.status_code == 304


def test_a_band_becomes_a_count_for_its_window_and_both_are_kept(therapist: Caller) -> None:
    couple = a_couple(therapist)

    made = therapist.made(reports_of(couple), a_report(episodes=None, band="most_days", peak_intensity=5))

    assert (made["band"], made["episodes"]) == ("most_days", 10)


def test_a_band_too_rare_for_its_window_still_tells_of_an_episode(therapist: Caller) -> None:
    couple = a_couple(therapist)
    body = a_report(episodes=None, band="weekly", window_start="2026-02-18", peak_intensity=6)

    assert therapist.made(reports_of(couple), body)["episodes"] == 0


def test_zero_a_refusal_and_no_report_are_three_things(therapist: Caller) -> None:
    couple = a_couple(therapist)

    none = therapist.made(reports_of(couple), a_report(episodes=0, peak_intensity=0))
    declined = therapist.made(
        reports_of(couple),
        a_report(episodes=None, declined=True, window_start="2026-02-21", window_end="2026-02-27"),
    )

    assert (none["episodes"], none["declined"]) == (0, False)
    assert (declined["episodes"], declined["declined"]) == (None, True)


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"episodes": None}, "one_of_needed", "/episodes"),
        ({"band": "daily"}, "one_of_needed", "/episodes"),
        ({"declined": True}, "one_of_needed", "/episodes"),
        ({"episodes": None, "declined": True, "peak_intensity": 0}, "figure_not_wanted", "/peak_intensity"),
        ({"episodes": None, "declined": True, "checking": 3}, "figure_not_wanted", "/checking"),
        ({"episodes": None, "declined": True, "triggers": ["none"]}, "figure_not_wanted", "/triggers"),
        ({"episodes": 0, "peak_intensity": 3}, "figure_not_wanted", "/peak_intensity"),
        ({"episodes": 0, "recovery_minutes": 3}, "figure_not_wanted", "/recovery_minutes"),
        ({"episodes": None, "band": "none", "peak_intensity": 3}, "figure_not_wanted", "/peak_intensity"),
        ({"episodes": -1}, "greater_than_equal", "/episodes"),
        ({"episodes": 2001}, "less_than_equal", "/episodes"),
        ({"peak_intensity": 11}, "less_than_equal", "/peak_intensity"),
        ({"typical_duration_minutes": 10_081}, "less_than_equal", "/typical_duration_minutes"),
        ({"triggers": ["boredom"]}, "literal_error", "/triggers/0"),
        ({"window_end": "2026-02-06"}, "end_before_start", "/window_end"),
        ({"window_start": "2026-01-20"}, "window_too_long", "/window_end"),
        ({"window_start": "2026-02-21", "window_end": "2026-03-03"}, "in_the_future", "/window_end"),
        ({"window_start": "2025-03-13", "window_end": "2025-03-20"}, "before_discovery", "/window_start"),
        ({"direction_id": NOBODY}, "unknown_direction", "/direction_id"),
    ],
)
def test_a_report_that_cannot_be_is_refused_where_it_is_wrong(
    therapist: Caller, changes: Json, code: str, pointer: str
) -> None:
    couple = a_couple(therapist)

    assert error(therapist.post(reports_of(couple), a_report(**changes))) == (code, pointer)


def test_a_report_may_begin_on_the_day_of_discovery_and_last_a_month(therapist: Caller) -> None:
    couple = a_couple(therapist)

    therapist.made(reports_of(couple), a_report(window_start="2025-03-14", window_end="2025-04-13"))


def test_a_report_that_both_are_told_begins_before_no_discovery_that_one_told_of_alone(
    therapist: Caller,
) -> None:
    couple = a_couple(therapist)
    alone = {"visibility": "partner", "visible_partner_id": partner(couple, "a")}
    earlier = a_betrayal(came_to_light_on="2025-02-01", **alone)
    therapist.made(f"/v1/couples/{couple['id']}/betrayals", earlier)
    window = {"window_start": "2025-02-10", "window_end": "2025-02-20"}

    joint = therapist.post(reports_of(couple), a_report(**window))

    assert error(joint) == ("before_discovery", "/window_start")
    assert "2025-03-14" in joint.json()["errors"][0]["hint"]
    therapist.made(reports_of(couple), a_report(**window, **alone))


def test_no_day_is_told_of_twice_by_the_same_partner(therapist: Caller) -> None:
    couple = a_couple(therapist, betrayals=[a_betrayal(), a_betrayal(affected="b")])
    first, second = (way["id"] for way in couple["directions"])
    made = therapist.made(reports_of(couple), a_report(direction_id=first))

    touching = therapist.post(
        reports_of(couple), a_report(direction_id=first, window_start="2026-02-20", window_end="2026-02-25")
    )

    assert (touching.status_code, touching.json()["code"]) == (409, "report_overlaps")
    assert touching.json()["overlapping_id"] == made["id"]
    assert len(therapist.get(reports_of(couple)).json()["items"]) == 1
    therapist.made(reports_of(couple), a_report(direction_id=second))
    therapist.made(
        reports_of(couple), a_report(direction_id=first, window_start="2026-02-21", window_end="2026-02-25")
    )


def test_of_several_callers_at_once_one_is_heard(therapist: Caller) -> None:
    couple = a_couple(therapist)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: therapist.post(reports_of(couple), a_report()), range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(therapist.get(reports_of(couple)).json()["items"]) == 1


def test_a_correction_may_cover_the_days_of_what_it_corrects_but_no_others(therapist: Caller) -> None:
    couple = a_couple(therapist)
    first = therapist.post(reports_of(couple), a_report(visibility="clinician"))
    other = therapist.made(reports_of(couple), a_report(window_start="2026-02-21", window_end="2026-02-25"))

    right = corrected(therapist, first, a_report(episodes=6))
    wide = corrected(therapist, right, a_report(window_end="2026-02-22"))

    assert (right.status_code, right.json()["episodes"]) == (201, 6)
    assert right.json()["visibility"] == "clinician"
    assert wide.json()["overlapping_id"] == other["id"]
    assert corrected(therapist, first, a_report()).json()["code"] == "already_superseded"


def test_a_report_entered_for_the_wrong_partner_is_not_told_to_that_partner(therapist: Caller) -> None:
    couple = a_couple(therapist, betrayals=[a_betrayal(), a_betrayal(affected="b")])
    first, second = (way["id"] for way in couple["directions"])
    a = partner(couple, "a")
    alone = a_report(direction_id=first, visibility="partner", visible_partner_id=a)
    made = therapist.post(reports_of(couple), alone)

    fewer = corrected(therapist, made, a_report(direction_id=first, episodes=4))
    moved = corrected(therapist, fewer, a_report(direction_id=second, episodes=4))

    assert (fewer.json()["visibility"], fewer.json()["visible_partner_id"]) == ("partner", a)
    assert (moved.json()["visibility"], moved.json()["visible_partner_id"]) == ("clinician", None)
    for_a = {"audience": f"partner:{a}", "history": "true"}
    assert therapist.get(reports_of(couple), params=for_a).json()["items"] == []


def test_days_of_a_report_entered_in_error_are_free_again(therapist: Caller) -> None:
    couple = a_couple(therapist)
    first = therapist.post(reports_of(couple), a_report())
    therapist.made(
        f"{first.headers['Location']}/entered-in-error",
        {"reason": "Another couple's."},
        headers={"If-Match": first.headers["ETag"]},
    )

    therapist.made(reports_of(couple), a_report())


def test_a_colleague_outside_the_care_team_cannot_tell_that_there_is_a_report(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    made = therapist.post(reports_of(couple), a_report())
    colleague = world.somebody("clinician")

    for path, nothing in (
        (made.headers["Location"], f"/v1/threat-reports/{NOBODY}"),
        (reports_of(couple), f"/v1/couples/{NOBODY}/threat-reports"),
    ):
        assert same_refusal(colleague.get(path), colleague.get(nothing))
    assert corrected(colleague, made, a_report()).status_code == 404
    assert same_refusal(
        colleague.post(reports_of(couple), a_report()),
        colleague.post(f"/v1/couples/{NOBODY}/threat-reports", a_report()),
    )


def test_a_supervisor_records_no_report(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    supervisor = world.somebody("supervisor")

    answer = supervisor.post(reports_of(couple), a_report())

    assert answer.json()["code"] == "insufficient_scope"


def test_evidence_holds_raw_codes_and_what_stood_as_known_then(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.post(reports_of(couple), a_report(triggers=["anniversary", "stressor"]))
    before = world.watch().isoformat(timespec="microseconds").replace("+00:00", "Z")
    corrected(therapist, made, a_report(episodes=4))

    with operating(world.store, world.home(), world.watch(), "test") as chart:
        (then,) = service.evidence(chart, couple["id"], before)
        (now,) = service.evidence(chart, couple["id"], FAR_INSTANT)

    assert (then["episodes"], then["triggers"], then["declined"]) == (9, "anniversary stressor", False)
    assert (now["episodes"], now["triggers"], now["window_end"]) == (4, "", "2026-02-20")


def test_nothing_is_added_to_a_closed_case(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    closing = {"outcome": "parted_with_clarity", "effective_on": "2026-03-01"}
    etag = therapist.get(path).headers["ETag"]
    assert therapist.post(f"{path}/close", closing, headers={"If-Match": etag}).status_code == 200

    assert therapist.post(reports_of(couple), a_report()).json()["code"] == "couple_closed"


def test_a_report_for_both_begins_where_both_know_of_the_betrayal(therapist: Caller) -> None:
    """The rule is published: an earlier report would tell that one of them knows of something earlier."""
    couple = a_couple(therapist)
    own = {"visibility": "partner", "visible_partner_id": partner(couple, "a")}
    earlier = a_betrayal(came_to_light_on="2025-01-10", **own)
    therapist.made(f"/v1/couples/{couple['id']}/betrayals", earlier)
    window = {"window_start": "2025-02-01", "window_end": "2025-02-14"}

    refused, alone = (therapist.post(reports_of(couple), a_report(**window, **seen)) for seen in ({}, own))

    assert refused.json()["errors"][0]["code"] == "before_discovery"
    assert refused.json()["errors"][0]["hint"] == "It came to light on 2025-03-14."
    assert alone.status_code == 201
