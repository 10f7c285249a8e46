"""Markers and cessation over HTTP: what fits whom, what must stand first, what a sign of coercion does."""

from typing import Any

import httpx
import pytest

from app.chart.chart import Actor, Visit
from app.couples.case import open_for_writing
from app.couples.facts import FAR_INSTANT
from app.errors import InvalidInput
from app.markers import service
from app.markers.kinds import KINDS
from app.markers.schemas import MarkerIn
from app.practice.service import operating
from tests.people import Caller, Json, World, a_betrayal, a_couple, partner, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def a_marker(code: str = "ACC-IMPACT", **changes: Any) -> Json:
    """A marker as a caller sends it."""
    return {"code": code, "observed_on": "2026-02-20", "basis": "observed_in_session", **changes}


def an_ending(**changes: Any) -> Json:
    """A cessation entry as a caller sends it."""
    return {"status": "self_reported", "effective_on": "2026-02-20", **changes}


def markers_of(couple: Json) -> str:
    """Where a couple's markers live."""
    return f"/v1/couples/{couple['id']}/markers"


def cessation_of(couple: Json) -> str:
    """Where a couple's cessation entries live."""
    return f"/v1/couples/{couple['id']}/cessation"


def corrected(caller: Caller, first: httpx.Response, body: Json) -> httpx.Response:
    """Correct an entry that a POST has just made."""
    return caller.post(
        f"{first.headers['Location']}/corrections",
        {**body, "reason": "Misheard."},
        headers={"If-Match": first.headers["ETag"]},
    )


def error(answer: httpx.Response) -> tuple[str, str]:
    """Code and pointer of the only field error."""
    assert answer.status_code == 422, answer.text
    (only,) = answer.json()["errors"]
    return only["code"], only["pointer"]


def test_every_kind_is_recorded_about_whom_it_describes(therapist: Caller) -> None:
    couple = a_couple(therapist)
    whom = {"betraying": partner(couple, "b"), "affected": partner(couple, "a"), "dyad": None}

    for kind in sorted(KINDS, key=lambda kind: kind.requires_earlier is not None):
        stated = {"stated_value": kind.stated_values[0]} if kind.stated_values else {}
        about = {"about_id": partner(couple, "a")} if kind.about == "either" else {}
        made = therapist.made(markers_of(couple), a_marker(kind.code, **stated, **about))

        assert made["about_id"] == whom.get(kind.about, partner(couple, "a"))
        assert (made["label"], made["polarity"], made["task"]) == (kind.label, kind.polarity, kind.task)
    listed = therapist.get(markers_of(couple), params={"limit": 200}).json()["items"]
    assert {entry["code"] for entry in listed} == {kind.code for kind in KINDS}


def test_a_marker_is_read_back_as_it_was_answered(therapist: Caller) -> None:
    couple = a_couple(therapist)

    made = therapist.post(markers_of(couple), a_marker(strength=2, words="Named the nights."))

    path, etag = made.headers["Location"], made.headers["ETag"]
    again = therapist.get(path)
    assert (again.json(), again.headers["ETag"]) == (made.json(), etag)
    assert therapist.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert therapist.get(markers_of(couple)).json()["items"] == [made.json()]


def test_in_a_couple_with_two_directions_the_direction_says_who_betrayed(therapist: Caller) -> None:
    couple = a_couple(therapist, betrayals=[a_betrayal(), a_betrayal(affected="b")])
    second = next(
        way["id"] for way in couple["directions"] if way["affected_partner_id"] == partner(couple, "b")
    )

    without = therapist.post(markers_of(couple), a_marker())
    made = therapist.made(markers_of(couple), a_marker(direction_id=second))

    assert error(without) == ("direction_needed", "/direction_id")
    assert made["about_id"] == partner(couple, "a")


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"observed_on": "2026-03-03"}, "in_the_future", "/observed_on"),
        ({"observed_on": "1899-12-31"}, "day_range", "/observed_on"),
        ({"code": "ACC-NICE"}, "literal_error", "/code"),
        ({"basis": "hearsay"}, "literal_error", "/basis"),
        ({"strength": 4}, "less_than_equal", "/strength"),
        ({"about_id": NOBODY}, "unknown_partner", "/about_id"),
        ({"direction_id": NOBODY}, "unknown_direction", "/direction_id"),
        ({"stated_value": "stay"}, "stated_value_not_wanted", "/stated_value"),
        ({"code": "MUT-LEAN", "stated_value": "in"}, "about_needed", "/about_id"),
        ({"visibility": "partner"}, "partner_needed", "/visible_partner_id"),
        ({"visibility": "partner", "visible_partner_id": NOBODY}, "unknown_partner", "/visible_partner_id"),
        ({"visible_partner_id": NOBODY}, "partner_not_wanted", "/visible_partner_id"),
        ({"session_id": NOBODY}, "extra_forbidden", "/session_id"),
    ],
)
def test_a_marker_that_cannot_be_is_refused_where_it_is_wrong(
    therapist: Caller, changes: Json, code: str, pointer: str
) -> None:
    couple = a_couple(therapist)

    assert error(therapist.post(markers_of(couple), {**a_marker(), **changes})) == (code, pointer)


def test_a_marker_is_not_recorded_about_the_other_partner(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a, b = partner(couple, "a"), partner(couple, "b")

    for code, about_id in (("ACC-DEFL", a), ("AFF-OPEN", b), ("MUT-SLOW", a)):
        answer = therapist.post(markers_of(couple), a_marker(code, about_id=about_id))
        assert error(answer) == ("about_does_not_fit", "/about_id")


def test_a_stated_wish_takes_the_values_of_its_kind_and_is_its_partners_own(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a = partner(couple, "a")

    lean = therapist.made(markers_of(couple), a_marker("MUT-LEAN", about_id=a, stated_value="in"))
    missing = therapist.post(markers_of(couple), a_marker("MUT-CHOICE", about_id=a))
    other = therapist.post(markers_of(couple), a_marker("MUT-CHOICE", about_id=a, stated_value="in"))
    told = therapist.made(
        markers_of(couple), a_marker("MUT-CHOICE", about_id=a, stated_value="stay", visibility="joint")
    )

    assert (lean["visibility"], lean["visible_partner_id"]) == ("partner", a)
    assert told["visibility"] == "joint"
    assert error(missing) == ("stated_value_needed", "/stated_value")
    assert error(other) == ("stated_value_unknown", "/stated_value")


def test_background_is_recorded_only_where_ownership_stands_on_the_day_or_before(therapist: Caller) -> None:
    couple = a_couple(therapist, betrayals=[a_betrayal(), a_betrayal(affected="b")])
    first, second = (way["id"] for way in couple["directions"])
    background = a_marker("ACC-CONTEXT", direction_id=first)

    before = therapist.post(markers_of(couple), background)
    therapist.made(markers_of(couple), a_marker("ACC-FULL", direction_id=second))
    therapist.made(markers_of(couple), a_marker("ACC-FULL", direction_id=first, observed_on="2026-02-21"))
    later = therapist.post(markers_of(couple), background)
    owned = therapist.post(markers_of(couple), a_marker("ACC-FULL", direction_id=first))
    allowed = therapist.post(markers_of(couple), background)

    assert error(before) == error(later) == ("earlier_marker_missing", "/code")
    assert "ACC-DEFL" in before.json()["errors"][0]["hint"]
    assert allowed.status_code == 201
    assert error(corrected(therapist, owned, {**background, "observed_on": "2026-02-19"})) == (
        "earlier_marker_missing",
        "/code",
    )


def test_background_that_both_are_told_rests_on_no_ownership_that_one_said_alone(therapist: Caller) -> None:
    """Everybody may read the rule, so that background which may stand would tell of the ownership."""
    couple = a_couple(therapist)
    other, alone = ({"visibility": "partner", "visible_partner_id": partner(couple, side)} for side in "ab")
    therapist.made(markers_of(couple), a_marker("ACC-FULL", **alone))

    refused = [therapist.post(markers_of(couple), a_marker("ACC-CONTEXT", **seen)) for seen in ({}, other)]

    assert [error(each) for each in refused] == [("earlier_marker_missing", "/code")] * 2
    for own in (alone, {"visibility": "clinician"}):
        therapist.made(markers_of(couple), a_marker("ACC-CONTEXT", **own))
    therapist.made(markers_of(couple), a_marker("ACC-FULL"))
    therapist.made(markers_of(couple), a_marker("ACC-CONTEXT"))


def test_ownership_entered_in_error_carries_no_background(therapist: Caller) -> None:
    couple = a_couple(therapist)
    owned = therapist.post(markers_of(couple), a_marker("ACC-FULL"))
    therapist.made(
        f"{owned.headers['Location']}/entered-in-error",
        {"reason": "Said by the other."},
        headers={"If-Match": owned.headers["ETag"]},
    )

    answer = therapist.post(markers_of(couple), a_marker("ACC-CONTEXT"))

    assert error(answer) == ("earlier_marker_missing", "/code")


def test_the_markers_of_a_session_are_stored_in_any_order(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    bodies = [MarkerIn.model_validate(a_marker(code)) for code in ("ACC-CONTEXT", "RES-PRESENT", "ACC-FULL")]

    actor = Actor(world.home(), therapist.person_id, "clinician", frozenset(), zone="Europe/Vienna")

    with world.store.chart(actor, world.watch(), Visit("test", "r-1"), writing=True) as chart:
        case = open_for_writing(chart, couple["id"])
        rows = service.record_markers(chart, case, bodies, pointer="/markers")
        wrong = [MarkerIn.model_validate(a_marker("AFF-OPEN", about_id=partner(couple, "b")))]
        with pytest.raises(InvalidInput) as refused:
            service.record_markers(chart, case, wrong, pointer="/markers")

    assert [row["code"] for row in rows] == ["ACC-CONTEXT", "RES-PRESENT", "ACC-FULL"]
    assert refused.value.errors[0].pointer == "/markers/0/about_id"


def test_a_sign_of_coercion_opens_a_concern_even_for_a_caller_without_safety_scopes(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    a = partner(couple, "a")
    writer = world.somebody("clinician", scopes={"record:read", "record:write"})
    grant = {"person_id": writer.person_id, "part": "co_therapist"}
    assert therapist.post(f"/v1/couples/{couple['id']}/care-team", grant).status_code == 201

    made = writer.made(markers_of(couple), a_marker("TRN-COERCED", about_id=a, visibility="joint"))
    writer.made(markers_of(couple), a_marker("TRN-COERCED", about_id=a, observed_on="2026-02-27"))

    assert made["visibility"] == "clinician"
    (concern,) = therapist.get(f"/v1/couples/{couple['id']}/safety-concerns").json()["items"]
    assert (concern["kind"], concern["state"]) == ("coercive_control", "under_assessment")
    assert (concern["person_at_risk_id"], concern["raised_on"]) == (a, "2026-02-20")
    assert concern["direction_id"] == couple["directions"][0]["id"]


def test_a_marker_corrected_into_a_sign_of_coercion_opens_a_concern_and_leaving_it_does_not_widen(
    therapist: Caller,
) -> None:
    couple = a_couple(therapist)
    demanded = therapist.post(markers_of(couple), a_marker("TRN-COMPLY"))

    coerced = corrected(therapist, demanded, a_marker("TRN-COERCED"))
    back = corrected(therapist, coerced, a_marker("TRN-COMPLY"))

    assert coerced.json()["visibility"] == "clinician"
    assert len(therapist.get(f"/v1/couples/{couple['id']}/safety-concerns").json()["items"]) == 1
    assert back.json()["visibility"] == "clinician"


def test_a_correction_keeps_what_one_partner_said_alone_and_never_tells_it(therapist: Caller) -> None:
    couple = a_couple(therapist)
    b = partner(couple, "b")
    first = therapist.post(
        markers_of(couple), a_marker("ACC-PARTIAL", visibility="partner", visible_partner_id=b, strength=1)
    )

    second = corrected(therapist, first, a_marker("ACC-PARTIAL", strength=3))
    told = corrected(therapist, second, a_marker("ACC-PARTIAL", visibility="joint"))
    third = corrected(therapist, second, a_marker("ACC-PARTIAL", visibility="clinician"))
    twice = corrected(therapist, first, a_marker("ACC-PARTIAL"))

    assert (second.json()["visible_partner_id"], second.json()["strength"]) == (b, 3)
    assert told.json()["errors"][0]["code"] == "wider_than_before"
    assert (third.json()["visibility"], third.json()["visible_partner_id"]) == ("clinician", None)
    assert twice.json()["code"] == "already_superseded"
    assert [entry["id"] for entry in therapist.get(markers_of(couple)).json()["items"]] == [
        third.json()["id"]
    ]


def test_a_lean_that_was_entered_for_the_wrong_partner_is_not_told_to_that_partner(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a, b = partner(couple, "a"), partner(couple, "b")
    lean = a_marker("MUT-LEAN", about_id=b, stated_value="out", words="Said alone.")
    wrong_partner = therapist.post(markers_of(couple), {**lean, "about_id": a})
    wrong_code = therapist.post(markers_of(couple), a_marker("MUT-NEEDS"))

    moved, named = (corrected(therapist, entry, lean) for entry in (wrong_partner, wrong_code))

    assert (moved.json()["visibility"], moved.json()["visible_partner_id"]) == ("clinician", None)
    assert (named.json()["visibility"], named.json()["visible_partner_id"]) == ("partner", b)
    spelt = corrected(therapist, named, {**lean, "words": "Said alone, calmly."})
    assert (spelt.json()["visibility"], spelt.json()["visible_partner_id"]) == ("partner", b)
    for_a = {"audience": f"partner:{a}", "history": "true"}
    assert therapist.get(markers_of(couple), params=for_a).json()["items"] == []


def test_markers_are_listed_by_code_family_direction_and_session(therapist: Caller) -> None:
    couple = a_couple(therapist, betrayals=[a_betrayal(), a_betrayal(affected="b")])
    first, second = (way["id"] for way in couple["directions"])
    for code, way in (("ACC-FULL", first), ("ACC-MIN", first), ("TRN-PRO", first), ("TRN-PRO", second)):
        therapist.made(markers_of(couple), a_marker(code, direction_id=way))

    def codes(**asked: str) -> list[str]:
        page = therapist.get(markers_of(couple), params=asked).json()
        return sorted(entry["code"] for entry in page["items"])

    assert codes(code="TRN-PRO") == ["TRN-PRO", "TRN-PRO"]
    assert codes(family="accountability") == ["ACC-FULL", "ACC-MIN"]
    assert codes(family="accountability", code="TRN-PRO") == []
    assert codes(direction_id=second) == ["TRN-PRO"]
    assert codes(session_id=NOBODY) == []
    assert codes(history="true", direction_id=first) == ["ACC-FULL", "ACC-MIN", "TRN-PRO"]


def test_pages_of_a_filtered_list_follow_each_other(therapist: Caller) -> None:
    couple = a_couple(therapist)
    for day in range(1, 6):
        therapist.made(markers_of(couple), a_marker(observed_on=f"2026-02-0{day}"))
        therapist.made(markers_of(couple), a_marker("TRN-PRO", observed_on=f"2026-02-0{day}"))
    asked = {"code": "TRN-PRO", "limit": "2"}

    first = therapist.get(markers_of(couple), params=asked)
    second = therapist.get(first.headers["Link"].split(">")[0].removeprefix("<"))
    mixed = therapist.get(
        markers_of(couple), params={"code": "ACC-FULL", "cursor": first.json()["next_cursor"]}
    )

    days = [entry["observed_on"] for page in (first, second) for entry in page.json()["items"]]
    assert days == ["2026-02-05", "2026-02-04", "2026-02-03", "2026-02-02"]
    assert mixed.json()["code"] == "cursor_mismatch"


def test_a_colleague_outside_the_care_team_cannot_tell_that_there_is_a_marker(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    marker = therapist.post(markers_of(couple), a_marker())
    ending = therapist.post(cessation_of(couple), an_ending())
    colleague = world.somebody("clinician")

    for path, nothing in (
        (marker.headers["Location"], f"/v1/markers/{NOBODY}"),
        (ending.headers["Location"], f"/v1/cessation/{NOBODY}"),
        (markers_of(couple), f"/v1/couples/{NOBODY}/markers"),
        (cessation_of(couple), f"/v1/couples/{NOBODY}/cessation"),
    ):
        assert same_refusal(colleague.get(path), colleague.get(nothing))
    assert corrected(colleague, marker, a_marker()).status_code == 404
    assert colleague.post(markers_of(couple), a_marker()).status_code == 404


def test_a_supervisor_reads_markers_and_records_none(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    supervisor = world.somebody("supervisor")
    grant = {"person_id": supervisor.person_id, "part": "supervisor", "ends_at": "2026-04-01T00:00:00Z"}
    assert therapist.post(f"/v1/couples/{couple['id']}/care-team", grant).status_code == 201

    assert supervisor.get(markers_of(couple)).status_code == 200
    assert supervisor.post(markers_of(couple), a_marker()).json()["code"] == "insufficient_scope"


def test_cessation_is_recorded_corrected_and_taken_out(therapist: Caller) -> None:
    couple = a_couple(therapist)
    first = therapist.post(cessation_of(couple), an_ending())

    seen = corrected(therapist, first, an_ending(status="verified", grade="documented"))
    gone = therapist.post(
        f"{seen.headers['Location']}/entered-in-error",
        {"reason": "Another couple's."},
        headers={"If-Match": seen.headers["ETag"]},
    )

    assert first.json()["task"] is None
    assert (seen.json()["status"], seen.json()["supersedes_id"]) == ("verified", first.json()["id"])
    assert therapist.get(seen.headers["Location"]).json()["superseded_by"] == gone.json()["id"]
    assert therapist.get(cessation_of(couple)).json()["items"] == []
    assert len(therapist.get(cessation_of(couple), params={"history": "true"}).json()["items"]) == 3


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"status": "continuing"}, "grade_needed", "/grade"),
        ({"status": "new_betrayal"}, "grade_needed", "/grade"),
        ({"status": "self_reported", "grade": "admitted"}, "grade_does_not_fit", "/grade"),
        ({"effective_on": "2026-03-03"}, "in_the_future", "/effective_on"),
        ({"direction_id": NOBODY}, "unknown_direction", "/direction_id"),
        ({"status": "suspected"}, "literal_error", "/status"),
    ],
)
def test_a_cessation_entry_that_cannot_be_is_refused_where_it_is_wrong(
    therapist: Caller, changes: Json, code: str, pointer: str
) -> None:
    couple = a_couple(therapist)

    assert error(therapist.post(cessation_of(couple), an_ending(**changes))) == (code, pointer)


def test_a_suspicion_is_a_task(therapist: Caller) -> None:
    couple = a_couple(therapist)

    made = therapist.made(cessation_of(couple), an_ending(status="continuing", grade="suspicion"))

    assert made["task"].startswith("Look into")


def test_evidence_is_what_stood_as_known_then(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    marker = therapist.post(markers_of(couple), a_marker("ACC-MIN"))
    therapist.made(cessation_of(couple), an_ending())
    before = world.watch().isoformat(timespec="microseconds").replace("+00:00", "Z")
    corrected(therapist, marker, a_marker("ACC-DEFL"))

    with operating(world.store, world.home(), world.watch(), "test") as chart:
        then = service.evidence(chart, couple["id"], before)
        now = service.evidence(chart, couple["id"], FAR_INSTANT)
        (ending,) = service.cessation_evidence(chart, couple["id"], FAR_INSTANT)

    assert [row["code"] for row in then] == ["ACC-MIN"]
    assert [(row["code"], row["visibility"], row["observed_on"]) for row in now] == [
        ("ACC-DEFL", "joint", "2026-02-20")
    ]
    assert (ending["status"], ending["grade"], ending["effective_on"]) == (
        "self_reported",
        None,
        "2026-02-20",
    )


def test_nothing_is_added_to_a_closed_case(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    closing = {"outcome": "parted_with_clarity", "effective_on": "2026-03-01"}
    etag = therapist.get(path).headers["ETag"]
    assert therapist.post(f"{path}/close", closing, headers={"If-Match": etag}).status_code == 200

    assert therapist.post(markers_of(couple), a_marker()).json()["code"] == "couple_closed"
    assert therapist.post(cessation_of(couple), an_ending()).json()["code"] == "couple_closed"
