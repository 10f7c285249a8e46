"""Attacks on a couple's record from within and without: what an enemy would try, and what stands against it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial as of
from typing import Any

import httpx
import pytest

from app.chart.chart import Actor, Visit, new_id
from app.couples import facts
from app.couples import service as couples
from app.couples.case import open_for_writing
from app.couples.schemas import BetrayalIn
from tests.imports import sending
from tests.people import Caller, Json, World, a_betrayal, a_couple, partner, same_refusal
from tests.walks import matrix
from tests.walks.matrix import Estate

SESSION: Json = {
    "kind": "conjoint",
    "starts_at": "2026-03-01T16:00:00Z",
    "duration_minutes": 60,
    "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
    "note": {"format": "narrative", "text": "Both came."},
}
MARKER: Json = {"code": "ACC-IMPACT", "observed_on": "2026-02-20", "basis": "observed_in_session"}


def at_once(*deeds: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """Several callers who begin in the same moment."""
    start = threading.Barrier(len(deeds))

    def go(deed: Callable[[], httpx.Response]) -> httpx.Response:
        start.wait(timeout=20)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as crowd:
        return list(crowd.map(go, deeds))


def a_year_of_examples(world: World) -> Estate:
    """A couple of its own for each documented example, late enough in the year for all of them."""
    world.watch.go(days=263)
    document = dict(world.app.openapi())
    return Estate(world, document, world.somebody("clinician"), world.somebody("administrator"))


# --- what one partner said alone ---

CORRECTED = (
    "betrayal_id", "pause_id", "known_date_id", "stage_id", "marker_id", "cessation_id", "report_id", "commitment_id",
    "check_in_id",
)  # fmt: skip


def test_a_correction_that_does_not_say_otherwise_tells_nobody_more(world: World) -> None:
    estate = a_year_of_examples(world)
    widened = []
    for parameter in CORRECTED:
        own = estate.fresh()
        said = {"visibility": "partner", "visible_partner_id": own.partners[0]}
        own.mark = of(_saying, said)
        own.need("commitment_id")
        own.need(parameter)
        own.mark = lambda _, body: body
        correct = next(
            each
            for each in own.all.values()
            if each.parameter == parameter and each.path.endswith("/corrections")
        )

        kept = own.send(own.owner, correct, own.body(correct))
        assert kept.status_code == 201, kept.text
        if {name: kept.json()[name] for name in said} != said:
            widened.append(parameter)

        own.ids[parameter] = kept.json()["id"]
        told = own.send(own.owner, correct, {**own.body(correct), "visibility": "clinician"})
        assert told.json()["visibility"] == "clinician", parameter

    assert widened == []


def _saying(said: Json, operation: matrix.Operation, body: Any) -> Any:
    """The body of an entry with who may learn of it."""
    takes = "visibility" in operation.schema.get("properties", {}) and operation.parameter is not None
    return {**body, **said} if takes else body


def test_an_entry_of_an_hour_alone_stays_there_when_it_is_corrected(therapist: Caller) -> None:
    couple = a_couple(therapist)
    alone = {
        **SESSION,
        "kind": "individual",
        "with_partner": "a",
        "attendance": {"a": {"status": "attended"}},
        "cessation": [{"status": "self_reported", "effective_on": "2026-02-20"}],
    }
    entry = therapist.made(f"/v1/couples/{couple['id']}/sessions", alone)["entries"]["cessation"][0]
    before = therapist.get(f"/v1/cessation/{entry}")

    body = {"status": "self_reported", "effective_on": "2026-02-21", "reason": "A day later."}
    after = therapist.post(
        f"/v1/cessation/{entry}/corrections", body, headers={"If-Match": before.headers["ETag"]}
    ).json()

    assert before.json()["visibility"] == after["visibility"] != "joint"


# --- safety, for a key that may not ask for it ---


def record_seen_by(caller: Caller, estate: Estate) -> dict[str, Any]:
    """Everything that a key for reading the record gets to see of a couple, ETags and counts included."""
    return {
        each.name: matrix.told(estate.send(caller, each))
        for each in estate.all.values()
        if each.method == "get" and each.clinical and each.tag not in ("safety", "indicators")
    }


def test_no_record_route_looks_different_because_of_a_safety_concern(world: World) -> None:
    estate = a_year_of_examples(world).fresh()
    for parameter in matrix.MAKERS:
        if parameter not in ("concern_id", "screen_id", "addendum_id"):
            estate.need(parameter)
    reader = matrix.another_key(world, estate.owner, ["record:read"])
    writer = matrix.another_key(world, estate.owner, ["record:read", "record:write"])
    preview = estate.all["previewCommitment"]
    harmless = estate.body(preview)
    access = {**harmless, "action": "Gives the phone's passcode so that the messages can be read"}
    before = record_seen_by(reader, estate)
    said = [matrix.told(estate.send(writer, preview, body)) for body in (harmless, access)]
    record = estate.all["recordCommitment"]
    refused = matrix.told(estate.send(writer, record, access))
    assert refused[0] == 409

    for name in ("recordSafetyScreen", "recordSafetyConcern"):
        operation = estate.all[name]
        for partner_id in estate.partners:
            body = estate.body(operation)
            body["partner_id" if "partner_id" in body else "person_at_risk_id"] = partner_id
            assert estate.send(estate.owner, operation, body).status_code == 201

    assert record_seen_by(reader, estate) == before
    assert [matrix.told(estate.send(writer, preview, body)) for body in (harmless, access)] == said
    assert matrix.told(estate.send(writer, record, access)) == refused


def told_to(caller: Caller, estate: Estate, audience: str) -> dict[str, Any]:
    """Everything that an audience is told of a couple."""
    return {
        each.name: matrix.told(estate.send(caller, each, query={"audience": audience}))
        for each in estate.all.values()
        if each.method == "get" and each.parameter == "couple_id" and "audience" in each.query
    }


def test_neither_partner_is_told_of_coercion_whoever_was_coerced(world: World) -> None:
    estate = a_year_of_examples(world).fresh()
    key = matrix.another_key(world, estate.owner, ["record:read", "indicators:read"])
    way = {"basis": "observed_in_session", "direction_id": estate.directions[0]}
    routine = {"code": "TRN-PRO", "observed_on": "2026-11-11", **way}
    sign = {"code": "TRN-COERCED", "observed_on": "2026-11-10", "about_id": estate.partners[0], **way}
    path, both = (
        f"/v1/couples/{estate.ids['couple_id']}/markers",
        [f"partner:{each}" for each in estate.partners],
    )
    before = [told_to(key, estate, audience) for audience in both]

    estate.owner.made(path, sign)
    first = estate.owner.made(path, routine)
    address, etag = f"/v1/markers/{first['id']}", {"If-Match": f'"{first["id"][-12:]}-0"'}
    assert [key.get(address, params={"audience": each}).status_code for each in both] == [200, 200]
    turned = estate.owner.post(f"{address}/corrections", {**sign, "reason": "It was."}, headers=etag)
    back = {**routine, "reason": "It was not.", "visibility": "joint"}
    tag = {"If-Match": turned.headers["ETag"]}
    widened = estate.owner.post(f"{turned.headers['Location']}/corrections", back, headers=tag)

    assert (turned.status_code, widened.status_code) == (201, 422)
    assert [told_to(key, estate, audience) for audience in both] == before
    for audience in both:
        hidden = (address, turned.headers["Location"], f"/v1/markers/{matrix.NOBODY}")
        told = [matrix.told(key.get(each, params={"audience": audience})) for each in hidden]
        assert told[0] == told[1] == told[2]


def test_what_a_review_says_of_safety_is_for_those_who_may_read_of_it(world: World) -> None:
    estate = a_year_of_examples(world).fresh()
    path = f"/v1/reviews/{estate.need('review_id')}"
    narrow = matrix.another_key(world, estate.owner, ["record:read", "record:write"])
    own, listed = estate.owner.get(path), f"/v1/couples/{estate.ids['couple_id']}/reviews"
    hidden = {"safety_words": None, "last_screen_on": None}

    for seen in (narrow.get(path).json(), narrow.get(listed).json()["items"][0]):
        assert {name: seen[name] for name in hidden} == hidden
    assert None not in {own.json()[name] for name in hidden}

    correction = estate.body(estate.all["correctReview"])
    del correction["last_screen_on"]
    kept = narrow.post(f"{path}/corrections", correction, headers={"If-Match": own.headers["ETag"]})
    assert (kept.status_code, kept.json()["last_screen_on"]) == (201, None)
    assert estate.owner.get(kept.headers["Location"]).json()["last_screen_on"] == own.json()["last_screen_on"]


# --- care teams ---


def the_grant(caller: Caller, couple_id: str, person_id: str) -> httpx.Response:
    """Somebody's standing in a care team."""
    items = caller.get(f"/v1/couples/{couple_id}/care-team").json()["items"]
    (grant_id,) = (item["id"] for item in items if item["person_id"] == person_id)
    return caller.get(f"/v1/care-team/{grant_id}")


def end(caller: Caller, grant: httpx.Response) -> httpx.Response:
    """End a standing as it was read."""
    return caller.delete(f"/v1/care-team/{grant.json()['id']}", headers={"If-Match": grant.headers["ETag"]})


def test_no_integration_lets_anybody_in_or_out(world: World, therapist: Caller) -> None:
    couple, machine = a_couple(therapist)["id"], world.somebody("integration")
    other, accomplice = world.somebody("integration"), world.somebody("clinician")
    path = f"/v1/couples/{couple}/care-team"
    therapist.made(path, {"person_id": machine.person_id, "part": "integration"})

    let_in = [
        machine.post(path, {"person_id": other.person_id, "part": "integration"}),
        machine.post(path, {"person_id": accomplice.person_id, "part": "co_therapist"}),
        end(machine, the_grant(machine, couple, therapist.person_id)),
        end(machine, the_grant(machine, couple, machine.person_id)),
    ]

    assert [(each.status_code, each.json()["code"]) for each in let_in] == [(403, "clinician_needed")] * 4
    assert therapist.get(f"/v1/couples/{couple}").status_code == 200
    assert accomplice.get(f"/v1/couples/{couple}").status_code == 404


def test_a_part_in_a_care_team_fits_the_role(world: World, therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/care-team"
    machine, colleague = world.somebody("integration"), world.somebody("clinician")

    for person, part in ((machine, "treating"), (machine, "covering"), (colleague, "integration")):
        answer = therapist.post(path, {"person_id": person.person_id, "part": part})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "part_and_role")


def test_a_standing_that_ended_is_not_ended_again(world: World, therapist: Caller) -> None:
    couple, colleague = a_couple(therapist)["id"], world.somebody("clinician")
    therapist.made(f"/v1/couples/{couple}/care-team", {"person_id": colleague.person_id, "part": "covering"})
    assert end(therapist, the_grant(therapist, couple, colleague.person_id)).status_code == 200
    ended = the_grant(therapist, couple, colleague.person_id)
    world.watch.go(days=40)

    again = end(therapist, ended)

    assert again.json() == ended.json()


def test_two_treating_clinicians_cannot_put_each_other_out_at_once(world: World, therapist: Caller) -> None:
    for _ in range(3):
        couple, colleague = a_couple(therapist)["id"], world.somebody("clinician")
        therapist.made(
            f"/v1/couples/{couple}/care-team", {"person_id": colleague.person_id, "part": "treating"}
        )
        mine = the_grant(therapist, couple, therapist.person_id)
        theirs = the_grant(therapist, couple, colleague.person_id)

        answers = at_once(of(end, therapist, theirs), of(end, colleague, mine))

        assert sorted(each.status_code for each in answers) in ([200, 404], [200, 409])
        seen = [each.get(f"/v1/couples/{couple}").status_code for each in (therapist, colleague)]
        assert sorted(seen) == [200, 404]


def test_nobody_is_let_in_twice_at_once(world: World, therapist: Caller) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/care-team"
    body = {"person_id": world.somebody("clinician").person_id, "part": "co_therapist"}

    answers = at_once(*[lambda: therapist.post(path, body)] * 4)

    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]


def test_a_couple_out_of_reach_is_refused_alone_when_it_is_brought_in_again(
    world: World, therapist: Caller
) -> None:
    machine, lines = world.somebody("integration"), [sending.couple("1"), sending.report("1")]
    sending.told(machine, *lines, clinician_id=therapist.person_id)
    couple = therapist.get("/v1/couples").json()["items"][0]["id"]
    end(therapist, the_grant(therapist, couple, machine.person_id))

    again = sending.told(machine, *lines, sending.couple("2"), clinician_id=therapist.person_id)

    assert sending.errors(again) == [(1, "/couple", "couple_out_of_reach")]
    assert sending.fates(again) == (1, 0, 1)
    assert len(therapist.get("/v1/couples").json()["items"]) == 2
    assert therapist.get(f"/v1/couples/{couple}/threat-reports").json()["items"]


# --- races ---


def test_of_many_who_change_one_draft_at_once_each_success_is_one_version(therapist: Caller) -> None:
    couple = a_couple(therapist)
    session = therapist.made(f"/v1/couples/{couple['id']}/sessions", {**SESSION, "note": None})
    path = f"/v1/sessions/{session['id']}"

    def change(minutes: int) -> int:
        won = 0
        for step in range(4):
            etag = therapist.get(path).headers["ETag"]
            body = {"duration_minutes": minutes + step}
            answer = therapist.patch(path, body, headers={"If-Match": etag})
            assert answer.status_code in (200, 412)
            won += answer.status_code == 200
        return won

    with ThreadPoolExecutor(5) as crowd:
        won = sum(crowd.map(change, (30, 40, 50, 60, 70)))

    versions = therapist.get(f"{path}/versions", params={"limit": 200}).json()["items"]
    assert therapist.get(path).json()["version"] == won + 1 > 1
    assert sorted(each["number"] for each in versions) == list(range(1, won + 1))


def test_a_draft_that_is_signed_meanwhile_is_not_changed(therapist: Caller) -> None:
    couple = a_couple(therapist)
    for _ in range(3):
        session = therapist.made(f"/v1/couples/{couple['id']}/sessions", SESSION)
        path = f"/v1/sessions/{session['id']}"
        held = {"If-Match": therapist.get(path).headers["ETag"]}

        answers = at_once(
            of(therapist.post, f"{path}/sign", headers=held),
            of(therapist.patch, path, {"duration_minutes": 90}, headers=held),
            of(therapist.post, f"{path}/entries", {"markers": [MARKER]}, headers=held),
        )

        assert sorted(each.status_code for each in answers) in (
            [200, 409, 409],
            [200, 409, 412],
            [200, 412, 412],
        )


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite lets one writer in at a time
def test_who_loses_a_race_to_correct_an_entry_is_told_of_the_one_that_won(
    therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = therapist.made(f"/v1/couples/{a_couple(therapist)['id']}/markers", MARKER)
    path = f"/v1/markers/{marker['id']}"
    held, anew = {"If-Match": therapist.get(path).headers["ETag"]}, {**MARKER, "reason": "Seen earlier."}
    correct = of(therapist.post, f"{path}/corrections", anew, headers=held)
    get, first = facts.get, list[httpx.Response]()

    def overtaken(*asked: Any) -> Any:
        row = get(*asked)
        if not first:  # the other one reads, corrects and is done, while this one has only read
            first.append(httpx.Response(102))
            first[0] = correct()
        return row

    monkeypatch.setattr(facts, "get", overtaken)
    late = correct()
    monkeypatch.undo()

    assert first[0].status_code == 201
    assert same_refusal(late, correct())
    assert (late.json()["code"], late.json()["superseded_by"]) == (
        "already_superseded",
        first[0].json()["id"],
    )


def test_nothing_is_recorded_in_a_case_that_is_being_closed(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    closing = {"effective_on": "2026-03-02", "outcome": "parted_with_clarity"}
    held = {"If-Match": therapist.get(path).headers["ETag"]}
    actor = Actor(world.home(), therapist.person_id, "clinician", frozenset())
    answers: list[httpx.Response] = []
    close = threading.Thread(
        target=lambda: answers.append(therapist.post(f"{path}/close", closing, headers=held))
    )

    with world.store.chart(actor, world.watch(), Visit("testWriting", new_id()), writing=True) as chart:
        case = open_for_writing(chart, couple["id"])
        close.start()
        close.join(timeout=0.3)
        assert close.is_alive(), "the case was closed under somebody who writes into it"
        couples.record_betrayal(
            chart, case, BetrayalIn.model_validate(a_betrayal(came_to_light_on="2025-06-01"))
        )
        chart.sign(201)
    close.join(timeout=20)

    assert [each.status_code for each in answers] == [200]
    assert therapist.post(f"{path}/markers", MARKER).json()["code"] == "couple_closed"


# --- conditions, cursors, days ---


def test_only_the_present_version_opens_a_change(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    present = therapist.get(path).headers["ETag"]
    other = a_couple(therapist)
    own, foreign = couple["id"][-12:], other["id"][-12:]
    refused = (
        *("*", '"*"', "", '""', "W/*", ", ,", '"1"', f"{present}x"),
        *(present.strip('"'), f'"x{present[1:]}', present[:-1], f'"{foreign}-1"', f'"{own}-2", "{own}-3"'),
    )

    for tag in refused:
        answer = therapist.patch(path, {"label": "changed"}, headers={"If-Match": tag})
        assert answer.status_code == 412, tag
    assert therapist.get(path).json()["label"] == couple["label"]
    assert (
        therapist.patch(path, {"label": "changed"}, headers={"If-Match": f'"old", {present}'}).status_code
        == 200
    )


def test_a_cursor_with_one_character_changed_is_refused(therapist: Caller) -> None:
    for _ in range(3):
        a_couple(therapist)
    cursor = therapist.get("/v1/couples", params={"limit": 1}).json()["next_cursor"]

    for place in range(0, len(cursor), 3):
        for letter in ("A", "=", ".", "é", "\x7f"):
            forged = cursor[:place] + letter + cursor[place + 1 :]
            answer = therapist.get("/v1/couples", params={"limit": 1, "cursor": forged})
            assert forged == cursor or answer.status_code in (400, 422), (place, letter)


@pytest.mark.parametrize(
    "day", ["1900-01-01", "2199-12-31", "0001-01-01", "9999-12-31", "-2026-01-01", "2026-02-30", ""]
)
def test_no_day_on_earth_makes_an_accident(world: World, therapist: Caller, day: str) -> None:
    estate = Estate(world, dict(world.app.openapi()), therapist, therapist)
    couple = a_couple(therapist)
    therapist.made(f"/v1/couples/{couple['id']}/sessions", {**SESSION, "markers": [MARKER]})
    for operation in estate.all.values():
        if "known_at" in operation.query and operation.parameter == "couple_id":
            for query in ({"as_of": day}, {"known_at": day}, {"as_of": day, "known_at": day}):
                answer = estate.send(therapist, operation, ids={"couple_id": couple["id"]}, query=query)
                assert answer.status_code in (200, 422), (operation.name, query)


@pytest.mark.parametrize(
    "end",
    [
        "%00",
        "%2e%2e",
        "..%2f",
        "%2F",
        "/",
        "//status",
        ";x=1",
        "%0d%0aSet-Cookie:%20a=b",
        "%E2%80%AE",
        "%ff",
        "?%00",
    ],
)
def test_odd_addresses_lead_nowhere_new(world: World, therapist: Caller, end: str) -> None:
    couple, stranger = a_couple(therapist), world.somebody("clinician")

    theirs = stranger.get(f"/v1/couples/{couple['id']}{end}")
    nobody = stranger.get(f"/v1/couples/{matrix.NOBODY}{end}")

    assert matrix.told(theirs) == matrix.told(nobody)
    assert theirs.status_code in (400, 404, 422)
    assert "set-cookie" not in theirs.headers


def test_what_is_entered_by_a_stranger_never_becomes_a_header(therapist: Caller) -> None:
    label = "x\r\nSet-Cookie: a=b"
    made = therapist.post(
        "/v1/couples", {"label": label, "partner_a": {"name": "A."}, "partner_b": {"name": "B."}}
    )
    odd = {"X-Request-Id": "a b", "Idempotency-Key": "k\u00e9y".encode("latin-1").decode("latin-1")}

    refused = therapist.get("/v1/me", headers={"X-Request-Id": odd["X-Request-Id"]})

    assert "set-cookie" not in made.headers
    assert refused.headers["X-Request-Id"] != "a b"
    assert made.headers["Location"] == f"/v1/couples/{made.json()['id']}"


def test_check_ins_and_corrections_stay_within_their_couple(therapist: Caller) -> None:
    one, other = a_couple(therapist), a_couple(therapist)
    commitment = therapist.made(f"/v1/couples/{other['id']}/commitments", a_commitment(partner(other, "b")))
    marker = therapist.made(f"/v1/couples/{one['id']}/markers", MARKER)
    etag = therapist.get(f"/v1/markers/{marker['id']}").headers["ETag"]

    inside = therapist.post(
        f"/v1/couples/{one['id']}/sessions",
        {
            **SESSION,
            "check_ins": [{"commitment_id": commitment["id"], "checked_on": "2026-03-01", "outcome": "kept"}],
        },
    )
    moved = therapist.post(
        f"/v1/markers/{marker['id']}/corrections",
        {**MARKER, "direction_id": other["directions"][0]["id"], "reason": "Moved."},
        headers={"If-Match": etag},
    )

    assert inside.json()["errors"][0]["code"] == "unknown_commitment"
    assert moved.json()["errors"][0]["code"] == "unknown_direction"
    assert therapist.get(f"/v1/couples/{one['id']}/sessions").json()["items"] == []


def a_commitment(owner_id: str) -> Json:
    """A commitment that passes the checks."""
    return {
        "owner_partner_id": owner_id,
        "action": "Puts the three bank statements on the kitchen table",
        "cadence": {"kind": "recurring", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"},
        "evidence_agreed": "Statements seen together",
        "made_on": "2026-02-20",
        "review_on": "2026-05-01",
        "agreed_by_both": True,
    }
