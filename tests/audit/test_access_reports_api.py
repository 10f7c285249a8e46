"""Who saw what about one partner: joint and own, refusals included; nothing of the other, of safety, process notes."""

import json
from pathlib import Path
from typing import Any

import pytest

from app import openapi
from app.audit import service
from app.audit.kinds import KEPT_FROM_PARTNERS, TOLD_TO_PARTNERS, deed
from app.chart.chart import Chart
from app.confidences import service as confidences
from app.couples import facts
from tests.commitments.test_commitments_api import a_commitment
from tests.people import Caller, Json, World, a_betrayal, a_couple, partner, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
MARKER = {"code": "ACC-IMPACT", "observed_on": "2026-02-20", "basis": "observed_in_session"}
SESSION = {"kind": "conjoint", "starts_at": "2026-02-20T09:00:00Z", "duration_minutes": 50, "outcome": "held",
           "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}}}  # fmt: skip


def of(couple: Json) -> str:
    """Where a couple is."""
    return f"/v1/couples/{couple['id']}"


def report(caller: Caller, couple: Json, side: str, **query: Any) -> list[Json]:
    """One partner's report."""
    answer = caller.get(f"{of(couple)}/partners/{partner(couple, side)}/access-report", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def lines(items: list[Json]) -> list[tuple[str, str, str]]:
    """What is told, oldest first, without the looks at reports themselves."""
    told = [(each["part"], each["deed"], each["whose"]) for each in reversed(items)]
    return [each for each in told if each[0] != "access reports"]


def own_marker(caller: Caller, couple: Json, side: str) -> str:
    """A marker that one partner told alone; where it is."""
    told = {"visibility": "partner", "visible_partner_id": partner(couple, side)}
    return f"/v1/markers/{caller.made(f'{of(couple)}/markers', {**MARKER, **told})['id']}"


def unseen(caller: Caller, couple: Json) -> None:
    """Everything of which B must not learn: A's own, the clinician's own, safety and process notes."""
    a = partner(couple, "a")
    marker = own_marker(caller, couple, "a")
    caller.get(marker)
    path = of(couple)
    screen = {"partner_id": a, "screened_on": "2026-02-20", "separately": True, "result": "no_concern_stated"}
    caller.made(f"{path}/safety-screens", screen)
    concern = {"kind": "fear_of_partner", "raised_on": "2026-02-20", "person_at_risk_id": a}
    caller.made(f"{path}/safety-concerns", concern)
    caller.get(f"{path}/safety-concerns")
    note = caller.made(f"{path}/process-notes", {"written_on": "2026-02-20", "text": "Own."})
    caller.get(f"/v1/process-notes/{note['id']}")
    hidden = caller.made(f"{path}/markers", {**MARKER, "visibility": "clinician"})
    caller.get(f"/v1/markers/{hidden['id']}")
    caller.get(f"{path}/partners/{a}/access-report")
    assert caller.post(f"{path}/markers", {}).status_code == 422  # badly made, it showed nothing
    assert caller.patch(path, {"label": "x"}).status_code == 428


def seen(caller: Caller, world: World, couple: Json) -> None:
    """What both partners may learn of, and B's own; and strangers who were refused."""
    path, stranger = of(couple), world.somebody("clinician", name="Dr. Stranger")
    joint = f"/v1/markers/{caller.made(f'{path}/markers', MARKER)['id']}"
    caller.get(joint)
    caller.get(f"{path}/markers")
    caller.get(f"{path}/progress")
    caller.get(own_marker(caller, couple, "b"))
    caller.made(f"{path}/sessions", SESSION)
    assert {stranger.get(each).status_code for each in (path, joint, f"{path}/timeline")} == {404}


LOOKED = ("couples", "read", "joint")
BOTH = [
    ("couples", "changed", "joint"),
    ("markers", "changed", "joint"),
    ("markers", "read", "joint"),
    ("markers", "read", "joint"),
    ("indicators", "read", "joint"),
    ("sessions", "changed", "joint"),
    ("couples", "refused", "joint"),
    ("markers", "refused", "joint"),
    ("indicators", "refused", "joint"),
]


def test_whatever_is_asked_about_what_one_partner_said_alone_is_in_no_report_of_the_other(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    own, path = seen_as(couple, "a"), of(couple)
    at = {"kind": "reminder", "on_day": "2026-05-01"}
    hour = {**SESSION, "kind": "individual", "with_partner": "a", "attendance": {"a": {"status": "attended"}}}
    session = therapist.made(f"{path}/sessions", {**hour, "visibility": "partner", "markers": [MARKER]})
    marker = own_marker(therapist, couple, "a").rpartition("/")[2]
    held = {"item_kind": "marker", "item_id": marker, "relevance": "relevant"}
    ids = {
        "session_id": session["id"],
        "marker_id": marker,
        "betrayal_id": therapist.made(f"{path}/betrayals", a_betrayal(affected="b", **own))["id"],
        "known_date_id": therapist.made(f"{path}/known-dates", {**at, "recurs": "none", **own})["id"],
        "confidence_id": therapist.made(f"{path}/confidences", held)["id"],
    }

    asked = [
        each.replace(f"{{{name}}}", row_id)
        for each, item in world.app.openapi()["paths"].items()
        for name, row_id in ids.items()
        if f"{{{name}}}" in each and "get" in item
    ]

    assert {therapist.get(each).status_code for each in asked} == {200}
    assert len(asked) > len(ids)
    assert lines(report(therapist, couple, "b")) == [BOTH[0]]
    assert len(lines(report(therapist, couple, "a"))) > len(asked)


def test_a_refused_hour_alone_is_told_to_the_other_as_little_as_a_recorded_one(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    program = world.somebody("integration")
    grant = {"person_id": program.person_id, "part": "integration", "purpose": "Calendar"}
    therapist.made(f"{of(couple)}/care-team", grant)
    before = {side: lines(report(therapist, couple, side)) for side in "ab"}
    alone = {"kind": "individual", "with_partner": "a", "attendance": {"a": {"status": "attended"}}}

    refused = program.post(f"{of(couple)}/sessions", {**SESSION, **alone, "sign": True})

    assert (refused.status_code, refused.json()["code"]) == (403, "clinician_needed")
    assert lines(report(therapist, couple, "b")) == before["b"]
    assert lines(report(therapist, couple, "a")) == [*before["a"], ("sessions", "refused", "own")]


def test_a_commitment_that_is_only_tried_is_told_to_whom_it_would_be_told(therapist: Caller) -> None:
    couple = a_couple(therapist)
    told = {"visibility": "partner", "visible_partner_id": partner(couple, "a")}
    body = {
        "owner_partner_id": partner(couple, "a"),
        "action": "Puts the statements on the table",
        "agreed_by_both": False,
        **told,
    }

    assert therapist.post(f"{of(couple)}/commitments/preview", body).status_code == 200

    assert [lines(report(therapist, couple, side))[1:] for side in "ab"] == [
        [("commitments", "changed", "own")],
        [],
    ]


def test_a_partner_is_told_who_saw_what_and_who_was_refused(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    seen(therapist, world, couple)

    told = report(therapist, couple, "b")

    own = [("markers", "changed", "own"), ("markers", "read", "own")]
    assert lines(told) == [*BOTH[:5], *own, *BOTH[5:]]
    assert {each["name"] for each in told if each["deed"] == "refused"} == {"Dr. Stranger"}
    assert told[-1]["person_id"] == therapist.person_id
    assert lines(report(therapist, couple, "a")) == BOTH


def test_what_is_not_a_partners_changes_nothing_in_the_report(world: World, therapist: Caller) -> None:
    plain, full = a_couple(therapist), a_couple(therapist)
    seen(therapist, world, plain)
    unseen(therapist, full)
    seen(therapist, world, full)
    unseen(therapist, full)

    def told(couple: Json) -> list[tuple[Any, ...]]:
        items = report(therapist, couple, "b")
        return [
            (each["name"], each["role"], each["emergency"], *line) for each, line in zip(items, lines(items))
        ]

    assert told(full) == told(plain)
    assert len(lines(report(therapist, full, "a"))) > len(lines(report(therapist, plain, "a")))


def test_what_a_correction_took_back_is_in_no_report_of_the_other(world: World, therapist: Caller) -> None:
    couple, stranger = a_couple(therapist), world.somebody("clinician", name="Dr. Stranger")
    first = therapist.made(f"{of(couple)}/markers", MARKER)
    second = put_right(therapist, first, {"visibility": "joint"})
    assert stranger.get(f"/v1/markers/{first['id']}").status_code == 404
    both = lines(report(therapist, couple, "a"))
    assert both == lines(report(therapist, couple, "b")) == [*BOTH[:2], BOTH[2], BOTH[1], BOTH[7]]

    own = {"visibility": "partner", "visible_partner_id": partner(couple, "a")}
    put_right(therapist, second, own)
    for each in (first, second):  # whoever reads an older version reads what is A's own
        therapist.get(f"/v1/markers/{each['id']}")
    stranger.get(f"/v1/markers/{first['id']}")

    assert lines(report(therapist, couple, "b")) == [BOTH[0]]
    told = lines(report(therapist, couple, "a"))
    assert told[: len(both)] == both
    assert ("markers", "changed", "own") in told


def put_right(caller: Caller, marker: Json, seen_by: Json) -> Json:
    """A correction of nothing but who may learn of a marker."""
    path = f"/v1/markers/{marker['id']}"
    held = {"If-Match": caller.get(path).headers["ETag"]}
    return caller.made(f"{path}/corrections", {**MARKER, **seen_by, "reason": "Better."}, headers=held)


def test_a_report_that_told_of_the_others_own_would_be_noticed(
    therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted flaw: visibility left out of the statement, and of what is taken out of it again."""
    couple = a_couple(therapist)
    own_marker(therapist, couple, "a")
    assert lines(report(therapist, couple, "b")) == [BOTH[0]]
    monkeypatch.setattr(facts, "kept_back", lambda *_: facts.KeptBack([], frozenset()))
    assert lines(report(therapist, couple, "b")) == [BOTH[0]]
    monkeypatch.setattr(service, "_theirs", lambda line: line.c.visibility.is_not(None))
    monkeypatch.setattr(service, "_REPORT", service._report())

    assert lines(report(therapist, couple, "b")) == [BOTH[0], ("markers", "changed", "own")]


def test_an_entry_touched_without_saying_who_may_learn_of_it_is_told_to_nobody(
    therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    couple = a_couple(therapist)
    plain = Chart.note
    monkeypatch.setattr(Chart, "note", lambda self, seen_by=None, **where: plain(self, **where))
    therapist.made(f"{of(couple)}/markers", MARKER)

    assert lines(report(therapist, couple, "a")) == [BOTH[0]]


def test_an_emergency_is_told_as_one(world: World, therapist: Caller) -> None:
    couple, outsider = a_couple(therapist), world.somebody("clinician", name="Dr. Outside")
    outsider.get(of(couple))
    outsider.made(f"{of(couple)}/break-glass", {"reason": "imminent_danger", "words": "Zwitscherkanarie."})
    outsider.get(f"{of(couple)}/markers")

    answer = therapist.get(f"{of(couple)}/partners/{partner(couple, 'a')}/access-report")

    told = [each for each in answer.json()["items"] if each["name"] == "Dr. Outside"]
    assert [(each["part"], each["deed"], each["emergency"]) for each in told] == [
        ("markers", "read", True),
        ("break glass", "changed", True),
        ("couples", "refused", False),
    ]
    therapist.get(f"{of(couple)}/markers")
    world.watch.go(hours=2)
    therapist.made(f"{of(couple)}/care-team", {"person_id": outsider.person_id, "part": "covering"})
    outsider.get(f"{of(couple)}/markers")
    later = report(therapist, couple, "a")
    assert [each["name"] for each in later if each["emergency"]] == ["Dr. Outside"] * 2
    assert (later[0]["name"], later[0]["emergency"]) == ("Dr. Outside", False)
    assert "imminent_danger" not in answer.text
    assert "Zwitscherkanarie" not in answer.text


def test_a_correction_is_told_to_whom_it_may_be_known_and_not_to_whom_the_entry_was_told_before(
    therapist: Caller,
) -> None:
    couple = a_couple(therapist)
    marker = f"/v1/markers/{therapist.made(f'{of(couple)}/markers', MARKER)['id']}"
    body = {
        **MARKER,
        "visibility": "partner",
        "visible_partner_id": partner(couple, "b"),
        "reason": "Said alone.",
    }
    held = {"If-Match": therapist.get(marker).headers["ETag"]}
    therapist.made(f"{marker}/corrections", body, headers=held)

    assert lines(report(therapist, couple, "a")) == [("couples", "changed", "joint")]
    assert ("markers", "changed", "own") in lines(report(therapist, couple, "b"))


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ("clinician", []),
        ("a", ["a"]),
        ("a clinician", ["a"]),
        ("a b", []),
        ("joint a", ["a", "b"]),
    ],
)
def test_what_is_entered_in_a_joint_draft_is_told_to_whom_the_entries_are(
    therapist: Caller, inside: str, told: list[str]
) -> None:
    couple = a_couple(therapist)
    session = therapist.post(f"{of(couple)}/sessions", SESSION)
    at, held = session.headers["Location"], {"If-Match": session.headers["ETag"]}
    before = {side: lines(report(therapist, couple, side)) for side in "ab"}
    entered = [{**MARKER, **seen_as(couple, who)} for who in inside.split()]

    added = therapist.post(f"{at}/entries", {"markers": entered}, headers=held)

    assert added.status_code == 200
    more = {side: lines(report(therapist, couple, side))[len(before[side]) :] for side in "ab"}
    assert [side for side in "ab" if more[side]] == told
    assert {whose for side in told for *_, whose in more[side]} <= {"joint" if "joint" in inside else "own"}


def seen_as(couple: Json, who: str) -> Json:
    """The visibility of an entry that is joint, the clinician's, or one partner's own."""
    if who in ("joint", "clinician"):
        return {"visibility": who}
    return {"visibility": "partner", "visible_partner_id": partner(couple, who)}


SHARED: dict[str, tuple[str, Json]] = {
    "marker": ("markers", MARKER),
    "cessation": ("cessation", {"status": "self_reported", "effective_on": "2026-02-20"}),
    "known_date": ("known-dates", {"kind": "reminder", "on_day": "2026-05-01", "recurs": "none"}),
    "pause": ("pauses", {"kind": "travel", "starts_on": "2026-02-20", "ends_on": "2026-02-27"}),
    "betrayal": ("betrayals", a_betrayal()),
    "stage": ("stages", {"stage": "stabilisation", "entered_on": "2026-02-20", "evidence": "Both screens."}),
    "threat_report": (
        "threat-reports",
        {
            "window_start": "2026-02-07",
            "window_end": "2026-02-20",
            "episodes": 9,
            "source": "self_in_session",
        },
    ),
}


def test_an_entry_made_known_to_both_is_told_like_one_that_both_were_told_at_once(therapist: Caller) -> None:
    """A joint entry without the line of its making would tell that it was said alone before."""
    plain, shared = a_couple(therapist), a_couple(therapist)
    assert SHARED.keys() == confidences.AREAS.keys() == confidences.ITEMS.keys()
    for name, (path, body) in SHARED.items():
        therapist.made(f"{of(plain)}/{path}", {**body, "visibility": "joint"})
        alone = therapist.made(f"{of(shared)}/{path}", {**body, **seen_as(shared, "a")})
        held = {"item_kind": name, "item_id": alone["id"], "relevance": "relevant"}
        kept = therapist.post(f"{of(shared)}/confidences", held)
        sharing = {"permission_on": "2026-02-20", "reason": "Asked for."}
        tag = {"If-Match": kept.headers["ETag"]}
        therapist.made(f"{kept.headers['Location']}/sharing", sharing, headers=tag)

    assert lines(report(therapist, shared, "b")) == lines(report(therapist, plain, "b"))
    assert len(lines(report(therapist, plain, "b"))) == 1 + len(SHARED)


def test_a_joint_session_entered_in_error_takes_its_lines_along(therapist: Caller) -> None:
    couple = a_couple(therapist)
    session = therapist.post(f"{of(couple)}/sessions", SESSION)
    at, held = session.headers["Location"], {"If-Match": session.headers["ETag"]}
    assert lines(report(therapist, couple, "b")) == [BOTH[0], ("sessions", "changed", "joint")]

    gone = therapist.post(f"{at}/entered-in-error", {"reason": "Other couple."}, headers=held)

    assert gone.status_code == 200
    for side in "ab":  # what was the other couple's never was theirs; that somebody looked was
        assert lines(report(therapist, couple, side)) == [BOTH[0], *[LOOKED] * 2]


def test_what_was_entered_in_error_is_told_as_a_look_and_as_nothing_more(
    world: World, therapist: Caller
) -> None:
    couple, stranger = a_couple(therapist), world.somebody("clinician", name="Dr. Stranger")
    first = therapist.made(f"{of(couple)}/markers", MARKER)
    second = put_right(therapist, first, {"visibility": "joint"})
    stands = therapist.made(f"{of(couple)}/markers", MARKER)
    in_error(therapist, f"/v1/markers/{second['id']}")
    for each in (first, second, stands):
        assert stranger.get(f"/v1/markers/{each['id']}").status_code == 404

    made_read_and_put_right, voided = [LOOKED] * 3, [LOOKED] * 2
    for side in "ab":
        told = report(therapist, couple, side)
        assert lines(told) == [
            BOTH[0],
            *made_read_and_put_right,
            BOTH[1],
            *voided,
            *[("couples", "refused", "joint")] * 2,
            BOTH[7],
        ]
        assert {each["name"] for each in told if each["deed"] == "refused"} == {"Dr. Stranger"}


def in_error(caller: Caller, path: str) -> None:
    """What stands there was entered in error."""
    held = {"If-Match": caller.get(path).headers["ETag"]}
    caller.made(f"{path}/entered-in-error", {"reason": "Other couple."}, headers=held)


def test_an_error_brings_back_nothing_that_was_the_others_or_was_taken_back(
    world: World, therapist: Caller
) -> None:
    couple, stranger = a_couple(therapist), world.somebody("clinician")
    own = {"visibility": "partner", "visible_partner_id": partner(couple, "a")}
    taken = therapist.made(f"{of(couple)}/markers", MARKER)
    narrowed = put_right(therapist, taken, own)
    alone = own_marker(therapist, couple, "a")
    before = report(therapist, couple, "b")

    for path in (f"/v1/markers/{narrowed['id']}", alone):
        in_error(therapist, path)
        stranger.get(path)
    for each in (taken, narrowed):
        therapist.get(f"/v1/markers/{each['id']}")

    assert lines(before) == lines(report(therapist, couple, "b")) == [BOTH[0]]
    told = lines(report(therapist, couple, "a"))
    assert told[0] == BOTH[0]
    assert set(told) == {BOTH[0], LOOKED, ("couples", "refused", "joint")}


def test_a_check_in_of_a_commitment_made_in_error_is_a_look_and_of_the_others_own_is_nothing(
    therapist: Caller,
) -> None:
    couple = a_couple(therapist)
    joint = therapist.made(f"{of(couple)}/commitments", a_commitment(couple))
    checked = check_in(therapist, joint)
    narrowed = therapist.made(f"{of(couple)}/commitments", a_commitment(couple))
    check_in(therapist, narrowed)
    at = f"/v1/commitments/{narrowed['id']}"
    own = {"visibility": "partner", "visible_partner_id": partner(couple, "a"), "reason": "Said alone."}
    held = {"If-Match": therapist.get(at).headers["ETag"]}
    alone = therapist.made(f"{at}/corrections", {**a_commitment(couple), **own}, headers=held)

    in_error(therapist, f"/v1/commitments/{joint['id']}")
    in_error(therapist, f"/v1/commitments/{alone['id']}")
    therapist.get(f"/v1/check-ins/{checked}")

    assert lines(report(therapist, couple, "b")) == [BOTH[0], *[LOOKED] * 5]
    assert len(lines(report(therapist, couple, "a"))) > 6


def check_in(caller: Caller, commitment: Json) -> str:
    """That a commitment was kept; its id."""
    body = {"checked_on": "2026-03-02", "outcome": "kept"}
    return str(caller.made(f"/v1/commitments/{commitment['id']}/check-ins", body)["id"])


def test_a_look_at_a_report_is_told_to_the_partner_whose_it_is(world: World, therapist: Caller) -> None:
    couple, stranger = a_couple(therapist), world.somebody("clinician")
    path = f"{of(couple)}/partners/{partner(couple, 'a')}/access-report"
    therapist.get(path)
    stranger.get(path)

    looks = {
        side: [
            (each["deed"], each["whose"])
            for each in report(therapist, couple, side)
            if each["part"] == "access reports"
        ]
        for side in "ab"
    }
    assert looks == {"a": [("refused", "own"), ("read", "own")], "b": []}


def test_days_and_pages(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    for _ in range(3):
        therapist.get(of(couple))
    world.watch.go(days=1)
    therapist.get(f"{of(couple)}/markers")
    path = f"{of(couple)}/partners/{partner(couple, 'a')}/access-report"

    first_day = report(therapist, couple, "a", to="2026-03-02")
    second_day = report(therapist, couple, "a", **{"from": "2026-03-03"})
    assert {each["at"][:10] for each in first_day} == {"2026-03-02"}
    assert {each["at"][:10] for each in second_day} == {"2026-03-03"}
    paged, cursor = [], None
    while True:
        query = {"limit": 2, "to": "2026-03-02", **({"cursor": cursor} if cursor else {})}
        page = therapist.get(path, params=query).json()
        paged += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == first_day
    page = therapist.get(path, params={"limit": 1})
    assert 'rel="next"' in page.headers["Link"]
    other = f"{of(couple)}/partners/{partner(couple, 'b')}/access-report"
    assert (
        therapist.get(other, params={"cursor": page.json()["next_cursor"]}).json()["code"]
        == "cursor_mismatch"
    )
    wrong = therapist.get(path, params={"from": "2026-03-03", "to": "2026-03-02"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "#/query/to")


def test_only_the_care_team_asks_and_only_for_its_couples_partners(world: World, therapist: Caller) -> None:
    couple, other = a_couple(therapist), a_couple(therapist)
    path = f"{of(couple)}/partners/{partner(couple, 'a')}/access-report"
    nothing = f"/v1/couples/{NOBODY}/partners/{NOBODY}/access-report"
    colleague, foreign = (
        world.somebody("clinician"),
        world.somebody(practice_id=world.a_practice("Elsewhere")),
    )

    for who, status in (
        (colleague, 404),
        (foreign, 404),
        (world.somebody("administrator"), 403),
        (world.somebody("supervisor"), 403),
        (world.somebody("integration"), 403),
        (world.somebody(scopes=["record:read"]), 403),
    ):
        assert who.get(path).status_code == status
        assert same_refusal(who.get(path), who.get(nothing))
    for id_ in (NOBODY, partner(other, "a")):
        assert therapist.get(f"{of(couple)}/partners/{id_}/access-report").status_code == 404
    colleague.made(f"{of(couple)}/break-glass", {"reason": "imminent_danger", "words": "x"})
    assert colleague.get(path).status_code == 404


def test_every_part_of_the_api_is_told_to_partners_or_kept_from_them() -> None:
    assert TOLD_TO_PARTNERS.isdisjoint(KEPT_FROM_PARTNERS)
    assert {name for name, _ in openapi.TAGS} == TOLD_TO_PARTNERS | KEPT_FROM_PARTNERS


def test_every_operation_that_reads_is_told_as_reading_and_no_other() -> None:
    document = json.loads(Path("openapi/openapi.json").read_text("utf-8"))
    told = {
        told["operationId"]: (method == "get", deed(told["operationId"], 200) == "read")
        for path in document["paths"].values()
        for method, told in path.items()
        if "operationId" in told
    }

    assert len(told) > 100
    assert {name for name, (reads, said) in told.items() if reads != said} == {"assess", "explainAssessment"}


# --- the practice's audit ---


def audit(administrator: Caller, **query: Any) -> list[Json]:
    """What an administrator is told."""
    answer = administrator.get("/v1/audit", params={"limit": 200, **query})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_an_administrator_reads_what_was_done_and_nothing_clinical(world: World, therapist: Caller) -> None:
    administrator, couple = world.somebody("administrator"), a_couple(therapist)
    therapist.get(of(couple))
    therapist.get(f"{of(couple)}/safety-concerns")
    therapist.get(f"{of(couple)}/progress")
    world.somebody("clinician").get(of(couple))
    administrator.get("/v1/people")

    told = audit(administrator)

    parts = {each["part"] for each in told}
    assert parts == {"record", "practice", "command line"}
    assert {each["operation"] for each in told if each["part"] == "record"} == {None}
    assert [each["deed"] for each in told if each["part"] == "record"] == [
        "refused",
        "read",
        "read",
        "read",
        "changed",
    ]
    assert "listPeople" in {each["operation"] for each in told}
    for word in ("safety", "progress", "Concern"):
        assert word not in str(told)
    mine = audit(administrator, person_id=therapist.person_id)
    assert {each["person_id"] for each in mine} == {therapist.person_id}
    assert len(mine) == 4
    assert audit(administrator, to="2026-03-01") == []


def test_the_audit_is_the_same_with_process_notes_and_without(world: World, therapist: Caller) -> None:
    administrator, couple = world.somebody("administrator"), a_couple(therapist)
    before = audit(administrator, person_id=therapist.person_id)

    note = therapist.made(f"{of(couple)}/process-notes", {"written_on": "2026-02-20", "text": "Own."})
    therapist.get(f"/v1/process-notes/{note['id']}")

    assert audit(administrator, person_id=therapist.person_id) == before


def test_only_administrators_read_the_audit(world: World, therapist: Caller) -> None:
    elsewhere = world.somebody("administrator", practice_id=world.a_practice("Elsewhere"))
    a_couple(therapist)

    for who in (therapist, world.somebody("supervisor"), world.somebody("integration")):
        assert who.get("/v1/audit").status_code == 403
    assert therapist.person_id not in {each["person_id"] for each in audit(elsewhere)}
