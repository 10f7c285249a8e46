"""Safety over HTTP: concerns open, change state and stay the clinician's own; screens count only when held alone."""

from datetime import date
from typing import Any

import httpx
import pytest

from app.chart.chart import Row
from app.couples.case import open_case
from app.couples.facts import FAR_INSTANT
from app.practice.service import operating
from app.safety import service
from tests.chart import raw
from tests.people import Caller, Json, World, a_couple, partner, same_refusal
from tests.releases.papers import hold, lift

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def a_concern(**changes: Any) -> Json:
    """A concern as a caller sends it."""
    return {"kind": "violence", "raised_on": "2026-02-20", "details": "Told alone.", **changes}


def a_screen(partner_id: str, **changes: Any) -> Json:
    """A screen of one partner, alone, with nothing stated."""
    return {
        "partner_id": partner_id,
        "screened_on": "2026-02-20",
        "separately": True,
        "result": "no_concern_stated",
        **changes,
    }


def concerns_of(couple: Json) -> str:
    """Where a couple's concerns live."""
    return f"/v1/couples/{couple['id']}/safety-concerns"


def screens_of(couple: Json) -> str:
    """Where a couple's screens live."""
    return f"/v1/couples/{couple['id']}/safety-screens"


def resolved(caller: Caller, concern: httpx.Response, **changes: Any) -> httpx.Response:
    """Resolve a concern."""
    return caller.post(
        f"{concern.headers['Location']}/state",
        {"state": "resolved", "on": "2026-03-01", "reason": "Both seen alone twice.", **changes},
        headers={"If-Match": concern.headers["ETag"]},
    )


def open_now(world: World, couple: Json, as_of: date | None = None) -> list[Row]:
    """What the slices above are told of a couple's open concerns."""
    with operating(world.store, world.home(), world.watch(), "test") as chart:
        return service.open_concerns(chart, couple["id"], FAR_INSTANT, as_of)


def error(answer: httpx.Response) -> tuple[str, str]:
    """Code and pointer of the only field error."""
    assert answer.status_code == 422, answer.text
    (only,) = answer.json()["errors"]
    return only["code"], only["pointer"]


def test_a_concern_opens_in_the_state_of_its_kind_and_is_the_clinicians_own(therapist: Caller) -> None:
    couple = a_couple(therapist)

    concern = therapist.post(concerns_of(couple), a_concern(person_at_risk_id=partner(couple, "b")))
    fear = therapist.made(concerns_of(couple), a_concern(kind="fear_of_partner"))

    body = concern.json()
    assert (body["state"], body["state_on"], body["visibility"]) == ("active", "2026-02-20", "clinician")
    assert body["tasks"]
    assert fear["state"] == "under_assessment"
    assert therapist.get(concern.headers["Location"]).json() == body
    unchanged = therapist.get(concern.headers["Location"], headers={"If-None-Match": concern.headers["ETag"]})
    assert unchanged.status_code == 304


def test_a_concern_is_resolved_by_an_entry_of_its_own_and_the_first_one_stays(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    concern = therapist.post(concerns_of(couple), a_concern())

    answer = resolved(therapist, concern)

    assert answer.status_code == 201
    body = answer.json()
    assert (body["state"], body["state_on"], body["tasks"]) == ("resolved", "2026-03-01", [])
    assert (body["supersedes_id"], body["details"]) == (concern.json()["id"], "Told alone.")
    assert [entry["id"] for entry in therapist.get(concerns_of(couple)).json()["items"]] == [body["id"]]
    assert len(therapist.get(concerns_of(couple), params={"history": "true"}).json()["items"]) == 2
    assert open_now(world, couple) == []
    assert [row["kind"] for row in open_now(world, couple, date(2026, 2, 25))] == ["violence"]
    assert open_now(world, couple, date(2026, 3, 1)) == []
    assert open_now(world, couple, date(2026, 2, 19)) == []


def test_a_state_needs_the_etag_a_new_state_and_a_day_that_fits(therapist: Caller) -> None:
    couple = a_couple(therapist)
    concern = therapist.post(concerns_of(couple), a_concern())
    path = f"{concern.headers['Location']}/state"
    step = {"state": "resolved", "on": "2026-03-01", "reason": "Seen."}

    assert therapist.post(path, step).json()["code"] == "precondition_required"
    assert therapist.post(path, step, headers={"If-Match": '"other-0"'}).json()["code"] == "stale_version"
    assert error(resolved(therapist, concern, on="2026-02-19")) == ("before_last_step", "/on")
    assert error(resolved(therapist, concern, on="2026-03-03")) == ("in_the_future", "/on")
    assert resolved(therapist, concern, state="active").json()["code"] == "conflict"
    assert resolved(therapist, concern).status_code == 201
    assert resolved(therapist, concern).json()["code"] == "already_superseded"


def test_a_correction_keeps_the_state_that_a_concern_has_reached(therapist: Caller) -> None:
    couple = a_couple(therapist)
    opened = therapist.post(concerns_of(couple), a_concern())
    closed = resolved(therapist, opened)
    correction = {
        **a_concern(raised_on="2026-02-10", details="Told on the telephone."),
        "reason": "Wrong day.",
    }

    right = therapist.post(
        f"{closed.headers['Location']}/corrections", correction, headers={"If-Match": closed.headers["ETag"]}
    )
    late = therapist.post(
        f"{right.headers['Location']}/corrections",
        {**correction, "raised_on": "2026-03-02"},
        headers={"If-Match": right.headers["ETag"]},
    )

    body = right.json()
    assert (body["state"], body["state_on"], body["raised_on"]) == ("resolved", "2026-03-01", "2026-02-10")
    assert error(late) == ("after_last_step", "/raised_on")


def test_a_concern_entered_in_error_no_longer_stands(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    concern = therapist.post(concerns_of(couple), a_concern())

    gone = therapist.post(
        f"{concern.headers['Location']}/entered-in-error",
        {"reason": "Another couple's."},
        headers={"If-Match": concern.headers["ETag"]},
    )

    assert gone.json()["entered_in_error"]
    assert therapist.get(concerns_of(couple)).json()["items"] == []
    assert open_now(world, couple) == []


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"raised_on": "2026-03-03"}, "in_the_future", "/raised_on"),
        ({"state_on": "2026-02-19"}, "before_raised", "/state_on"),
        ({"person_at_risk_id": NOBODY}, "unknown_partner", "/person_at_risk_id"),
        ({"direction_id": NOBODY}, "unknown_direction", "/direction_id"),
        ({"kind": "bad_mood"}, "literal_error", "/kind"),
    ],
)
def test_a_concern_that_cannot_be_is_refused_where_it_is_wrong(
    therapist: Caller, changes: Json, code: str, pointer: str
) -> None:
    couple = a_couple(therapist)

    assert error(therapist.post(concerns_of(couple), a_concern(**changes))) == (code, pointer)


def test_safety_has_scopes_of_its_own(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    concern = therapist.post(concerns_of(couple), a_concern())
    without = world.somebody("clinician", scopes={"record:read", "record:write"})
    supervisor = world.somebody("supervisor")

    assert without.get(concerns_of(couple)).json()["code"] == "insufficient_scope"
    assert without.post(concerns_of(couple), a_concern()).json()["code"] == "insufficient_scope"
    assert supervisor.post(concerns_of(couple), a_concern()).json()["code"] == "insufficient_scope"
    assert without.get(concern.headers["Location"]).json()["code"] == "insufficient_scope"


def test_a_colleague_outside_the_care_team_cannot_tell_that_there_is_a_concern(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    concern = therapist.post(concerns_of(couple), a_concern())
    screen = therapist.post(screens_of(couple), a_screen(partner(couple, "a")))
    colleague = world.somebody("clinician")

    for path, nothing in (
        (concern.headers["Location"], f"/v1/safety-concerns/{NOBODY}"),
        (screen.headers["Location"], f"/v1/safety-screens/{NOBODY}"),
        (concerns_of(couple), f"/v1/couples/{NOBODY}/safety-concerns"),
        (screens_of(couple), f"/v1/couples/{NOBODY}/safety-screens"),
    ):
        assert same_refusal(colleague.get(path), colleague.get(nothing))
    step = {"state": "resolved", "on": "2026-03-01", "reason": "Not mine."}
    path = f"{concern.headers['Location']}/state"
    assert colleague.post(path, step, headers={"If-Match": concern.headers["ETag"]}).status_code == 404
    assert colleague.post(concerns_of(couple), a_concern()).status_code == 404


def test_an_honour_based_threat_locks_the_record_in_until_a_clinician_lifts_it(therapist: Caller) -> None:
    couple = a_couple(therapist)
    threat = a_concern(kind="honour_based_threat", details="Said alone.")

    def locks() -> list[Json]:
        return list(therapist.get(f"/v1/couples/{couple['id']}/holds").json()["items"])

    resolved = therapist.post(concerns_of(couple), {**threat, "state": "resolved"})
    therapist.made(concerns_of(couple), a_concern())
    assert locks() == []

    open_again = {"state": "active", "on": "2026-03-01", "reason": "Said again."}
    path = f"{resolved.headers['Location']}/state"
    therapist.made(path, open_again, headers={"If-Match": resolved.headers["ETag"]})
    therapist.made(concerns_of(couple), threat)

    (lock,) = locks()
    assert (lock["kind"], lock["lifted_at"], lock["effective_on"]) == ("export_lock", None, "2026-03-02")
    assert not any(word in lock["reason"] for word in ("honour", "threat", "safety", "concern", "alone"))


def test_a_lock_on_another_ground_does_not_stand_in_for_that_of_a_threat(therapist: Caller) -> None:
    couple = a_couple(therapist)
    other = hold(therapist, couple, "export_lock")
    therapist.made(concerns_of(couple), a_concern(kind="honour_based_threat"))
    lift(therapist, other)

    standing = [
        row
        for row in therapist.get(f"/v1/couples/{couple['id']}/holds").json()["items"]
        if not row["lifted_at"]
    ]
    assert [(row["kind"], row["id"] == other["id"]) for row in standing] == [("export_lock", False)]


def test_a_damaged_reason_of_another_lock_keeps_no_threat_off_the_record(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    hold(therapist, couple, "export_lock")
    swapped = "UPDATE hold SET reason = (SELECT label FROM couple WHERE couple.id = hold.couple_id)"
    raw.run(world.url, swapped)

    therapist.made(concerns_of(couple), a_concern(kind="honour_based_threat"))

    assert raw.count(world.url, "hold", "kind = 'export_lock'") == 2


def test_however_an_honour_based_threat_comes_on_record_it_locks_the_record_in(therapist: Caller) -> None:
    threat = a_concern(kind="honour_based_threat")

    def recorded(couple: Json) -> None:
        therapist.made(concerns_of(couple), threat)

    def stated_in_a_screen(couple: Json) -> None:
        said = {"result": "concern_stated", "concern_kind": "honour_based_threat"}
        therapist.made(screens_of(couple), a_screen(partner(couple, "b"), **said))

    def taken_up_again(couple: Json) -> None:
        old = therapist.post(concerns_of(couple), {**threat, "state": "resolved"})
        step = {"state": "active", "on": "2026-03-01", "reason": "Said again."}
        held = {"If-Match": old.headers["ETag"]}
        therapist.made(f"{old.headers['Location']}/state", step, headers=held)

    def put_right(couple: Json) -> None:
        other = therapist.post(concerns_of(couple), a_concern())
        held = {"If-Match": other.headers["ETag"]}
        therapist.made(f"{other.headers['Location']}/corrections", {**threat, "reason": "x"}, headers=held)

    for comes in (recorded, stated_in_a_screen, taken_up_again, put_right):
        couple = a_couple(therapist)
        comes(couple)
        locks = therapist.get(f"/v1/couples/{couple['id']}/holds").json()["items"]
        assert [lock["kind"] for lock in locks] == ["export_lock"], comes.__name__


def test_what_both_state_alone_is_a_concern_of_each(therapist: Caller) -> None:
    couple = a_couple(therapist)
    for side in "ab":
        said = {"result": "concern_stated", "concern_kind": "fear_of_partner"}
        therapist.made(screens_of(couple), a_screen(partner(couple, side), **said))

    opened = therapist.get(concerns_of(couple)).json()["items"]
    assert {each["person_at_risk_id"] for each in opened} == {partner(couple, side) for side in "ab"}


def test_a_lock_that_was_lifted_does_not_come_back_with_a_word_put_right(therapist: Caller) -> None:
    couple = a_couple(therapist)
    threat = therapist.post(concerns_of(couple), a_concern(kind="honour_based_threat"))
    holds = f"/v1/couples/{couple['id']}/holds"
    (lock,) = therapist.get(holds).json()["items"]
    lift(therapist, lock)

    step = {"state": "under_assessment", "on": "2026-03-01", "reason": "Asked again."}
    path, tag = threat.headers["Location"], {"If-Match": threat.headers["ETag"]}
    stepped = therapist.post(f"{path}/state", step, headers=tag)
    corrected = {**a_concern(kind="honour_based_threat", details="Put right."), "reason": "A word."}
    tag = {"If-Match": stepped.headers["ETag"]}
    therapist.made(f"{stepped.headers['Location']}/corrections", corrected, headers=tag)
    assert [row["lifted_at"] is None for row in therapist.get(holds).json()["items"]] == [False]

    therapist.made(concerns_of(couple), a_concern(kind="honour_based_threat", details="A new one."))
    assert len(therapist.get(holds).json()["items"]) == 2


def test_only_separate_completed_screens_of_the_last_six_months_count(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    a, b = partner(couple, "a"), partner(couple, "b")
    therapist.made(screens_of(couple), a_screen(a, screened_on="2025-08-20"))
    therapist.made(screens_of(couple), a_screen(a, screened_on="2026-02-01"))
    therapist.made(screens_of(couple), a_screen(b, screened_on="2025-12-01"))
    together = therapist.made(screens_of(couple), a_screen(b, separately=False))
    therapist.made(screens_of(couple), a_screen(b, result="declined"))

    assert together["due_on"] is None
    with operating(world.store, world.home(), world.watch(), "test") as chart:
        case = open_case(chart, couple["id"])
        assert service.screens_current(chart, case, date(2026, 3, 1)) == {
            a: date(2026, 2, 1),
            b: date(2025, 12, 1),
        }
        assert service.both_screened(chart, case, date(2026, 3, 1))
        assert service.screens_current(chart, case, date(2026, 6, 2)) == {a: date(2026, 2, 1), b: None}
        assert not service.both_screened(chart, case, date(2026, 6, 2))
        assert service.screens_current(chart, case, date(2025, 9, 1)) == {a: date(2025, 8, 20), b: None}
        assert not service.both_screened(chart, case, date(2026, 3, 1), known="2026-01-01T00:00:00.000000Z")


def test_a_stated_concern_is_opened_with_the_screen_and_only_once(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    stated = a_screen(partner(couple, "b"), result="concern_stated", concern_kind="fear_of_partner")

    screen = therapist.post(screens_of(couple), stated)
    therapist.made(screens_of(couple), {**stated, "screened_on": "2026-02-27"})
    therapist.made(screens_of(couple), {**stated, "concern_kind": "dependant_at_risk"})

    assert therapist.get(screen.headers["Location"]).json()["concern_kind"] == "fear_of_partner"
    opened = therapist.get(concerns_of(couple)).json()["items"]
    assert {(entry["kind"], entry["person_at_risk_id"], entry["state"]) for entry in opened} == {
        ("fear_of_partner", partner(couple, "b"), "under_assessment"),
        ("dependant_at_risk", None, "under_assessment"),
    }
    assert len(opened) == 2


def test_a_word_put_right_does_not_open_a_resolved_concern_again_but_a_new_sign_does(
    therapist: Caller,
) -> None:
    couple = a_couple(therapist)
    sign = {"code": "TRN-COERCED", "observed_on": "2026-02-20", "basis": "observed_in_session"}
    stated = a_screen(partner(couple, "b"), result="concern_stated", concern_kind="fear_of_partner")
    marker = therapist.post(f"/v1/couples/{couple['id']}/markers", sign)
    screen = therapist.post(screens_of(couple), stated)
    for concern in therapist.get(concerns_of(couple)).json()["items"]:
        one = f"/v1/safety-concerns/{concern['id']}"
        step = {"state": "resolved", "on": "2026-03-01", "reason": "Seen alone, twice."}
        therapist.made(f"{one}/state", step, headers={"If-Match": therapist.get(one).headers["ETag"]})

    def corrected(entry: Any, body: Json) -> Any:
        headers = {"If-Match": entry.headers["ETag"]}
        return therapist.post(
            f"{entry.headers['Location']}/corrections", {**body, "reason": "Spelling."}, headers=headers
        )

    def still_open() -> list[str]:
        concerns = therapist.get(concerns_of(couple)).json()["items"]
        return sorted(each["kind"] for each in concerns if each["state"] != "resolved")

    spelt = corrected(marker, {**sign, "words": "A word put right."})
    noted = corrected(screen, {**stated, "details": "A word put right."})
    assert (spelt.status_code, noted.status_code, still_open()) == (201, 201, [])

    corrected(spelt, {**sign, "observed_on": "2026-03-02"})
    assert still_open() == ["coercive_control"]
    corrected(noted, {**stated, "screened_on": "2026-03-02"})
    assert still_open() == ["coercive_control", "fear_of_partner"]


def test_a_screen_is_corrected_and_taken_out(therapist: Caller) -> None:
    couple = a_couple(therapist)
    screen = therapist.post(screens_of(couple), a_screen(partner(couple, "a")))

    right = therapist.post(
        f"{screen.headers['Location']}/corrections",
        {**a_screen(partner(couple, "a"), result="unclear"), "reason": "Too soon."},
        headers={"If-Match": screen.headers["ETag"]},
    )
    gone = therapist.post(
        f"{right.headers['Location']}/entered-in-error",
        {"reason": "Other couple."},
        headers={"If-Match": right.headers["ETag"]},
    )

    assert (screen.json()["due_on"], right.json()["due_on"]) == ("2026-08-20", None)
    assert gone.status_code == 201
    assert therapist.get(screens_of(couple)).json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"partner_id": NOBODY}, "unknown_partner", "/partner_id"),
        ({"screened_on": "2026-03-03"}, "in_the_future", "/screened_on"),
        ({"result": "concern_stated"}, "concern_kind_needed", "/concern_kind"),
        ({"concern_kind": "violence"}, "concern_kind_not_wanted", "/concern_kind"),
    ],
)
def test_a_screen_that_cannot_be_is_refused_where_it_is_wrong(
    therapist: Caller, changes: Json, code: str, pointer: str
) -> None:
    couple = a_couple(therapist)

    answer = therapist.post(screens_of(couple), {**a_screen(partner(couple, "a")), **changes})

    assert error(answer) == (code, pointer)


def test_nothing_is_added_to_a_closed_case(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    etag = therapist.get(path).headers["ETag"]
    closing = {"outcome": "ended_for_safety", "effective_on": "2026-03-01"}
    assert therapist.post(f"{path}/close", closing, headers={"If-Match": etag}).status_code == 200

    assert therapist.post(concerns_of(couple), a_concern()).json()["code"] == "couple_closed"
    answer = therapist.post(screens_of(couple), a_screen(partner(couple, "a")))
    assert answer.json()["code"] == "couple_closed"
