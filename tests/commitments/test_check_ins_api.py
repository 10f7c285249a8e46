"""Check-ins over HTTP: how a commitment went, until an outcome closes it."""

import pytest

from app.commitments import service
from app.couples.facts import FAR_INSTANT
from app.practice import service as practice
from tests.commitments.test_commitments_api import NOBODY, a_commitment, path_of, refusals
from tests.people import Caller, Json, World, a_couple, partner, same_refusal


def a_check_in(**changes: object) -> Json:
    return {"checked_on": "2026-03-01", "outcome": "kept", **changes}


def a_place(caller: Caller, **changes: object) -> tuple[Json, str]:
    """A couple with one commitment, and the address of its check-ins."""
    couple = a_couple(caller)
    made = caller.made(path_of(couple), a_commitment(couple, made_on="2026-02-01", **changes))
    return couple, f"/v1/commitments/{made['id']}/check-ins"


def test_a_check_in_is_recorded_and_read(therapist: Caller) -> None:
    couple, path = a_place(therapist)

    made = therapist.post(path, a_check_in(outcome="missed_owned", words="Said so at breakfast."))

    assert made.status_code == 201
    assert made.json()["couple_id"] == couple["id"]
    assert made.json()["suggests_marker"] == "TRN-VOLDISC"
    read = therapist.get(made.headers["Location"])
    assert read.json() == made.json()
    assert read.headers["ETag"] == made.headers["ETag"]


WRONG_CHECK_INS: list[tuple[Json, str, str]] = [
    ({"checked_on": "2026-03-03"}, "/checked_on", "in_the_future"),
    ({"checked_on": "2026-01-31"}, "/checked_on", "before_made"),
    ({"outcome": "missed"}, "/outcome", "literal_error"),
    ({"commitment_id": NOBODY}, "/commitment_id", "extra_forbidden"),
    ({"visibility": "partner"}, "/visible_partner_id", "partner_needed"),
]


def test_what_a_check_in_cannot_be(therapist: Caller) -> None:
    _, path = a_place(therapist)

    for changes, pointer, code in WRONG_CHECK_INS:
        refused = therapist.post(path, a_check_in(**changes))
        assert (refused.status_code, refusals(refused)) == (422, [(pointer, code)])


@pytest.mark.parametrize("outcome", ["renegotiated", "withdrawn", "superseded"])
def test_a_closing_outcome_closes_it_and_what_came_before_may_still_be_told(
    therapist: Caller, outcome: str
) -> None:
    couple, path = a_place(therapist)
    one = path.removesuffix("/check-ins")
    therapist.made(path, a_check_in(outcome=outcome))

    same_day = therapist.post(path, a_check_in())
    later = therapist.post(path, a_check_in(checked_on="2026-03-02"))
    twice = therapist.post(path, a_check_in(checked_on="2026-02-20", outcome="withdrawn"))
    before = therapist.post(path, a_check_in(checked_on="2026-02-28"))

    assert [(a.status_code, a.json()["code"]) for a in (same_day, later, twice)] == [
        (409, "commitment_closed")
    ] * 3
    assert before.status_code == 201
    for told in (therapist.get(one).json(), therapist.get(path_of(couple)).json()["items"][0]):
        assert (told["closed_on"], told["closing_outcome"], told["next_dates"]) == ("2026-03-01", outcome, [])
    earlier = therapist.get(path_of(couple), params={"as_of": "2026-02-28"}).json()["items"][0]
    assert earlier["closed_on"] is None


@pytest.mark.parametrize("outcome", ["renegotiated", "withdrawn", "superseded"])
def test_a_closing_lies_on_or_after_the_last_day_that_is_told_of(therapist: Caller, outcome: str) -> None:
    _, path = a_place(therapist)
    later = therapist.post(path, a_check_in(checked_on="2026-03-01"))
    earlier = therapist.post(path, a_check_in(checked_on="2026-02-20"))

    refused = therapist.post(path, a_check_in(checked_on="2026-02-28", outcome=outcome))
    address, held = earlier.headers["Location"], {"If-Match": earlier.headers["ETag"]}
    body = {**a_check_in(checked_on="2026-02-20", outcome=outcome), "reason": "It was closed then."}
    turned = therapist.post(f"{address}/corrections", body, headers=held)
    for answer in (refused, turned):
        assert (answer.status_code, refusals(answer)) == (422, [("/checked_on", "before_last_check_in")])
    assert therapist.get(path.removesuffix("/check-ins")).json()["closed_on"] is None

    mistaken = {"If-Match": later.headers["ETag"]}
    therapist.made(
        f"{later.headers['Location']}/entered-in-error", {"reason": "Another one."}, headers=mistaken
    )
    assert therapist.post(f"{address}/corrections", body, headers=held).status_code == 201
    assert therapist.get(path.removesuffix("/check-ins")).json()["closed_on"] == "2026-02-20"


def test_a_closing_goes_on_the_day_of_the_last_check_in(therapist: Caller) -> None:
    _, path = a_place(therapist)
    therapist.made(path, a_check_in(checked_on="2026-03-01"))
    assert therapist.post(path, a_check_in(checked_on="2026-03-01", outcome="withdrawn")).status_code == 201


def test_correcting_or_voiding_the_closing_opens_it_again(therapist: Caller) -> None:
    _, path = a_place(therapist)
    one = path.removesuffix("/check-ins")
    closing = therapist.post(path, a_check_in(outcome="withdrawn"))

    corrected = therapist.post(
        f"{closing.headers['Location']}/corrections",
        {**a_check_in(outcome="excused_by_both"), "reason": "Only for this week."},
        headers={"If-Match": closing.headers["ETag"]},
    )
    assert corrected.status_code == 201
    assert therapist.get(one).json()["closed_on"] is None
    closing = therapist.post(path, a_check_in(outcome="withdrawn"))
    voided = therapist.post(
        f"{closing.headers['Location']}/entered-in-error",
        {"reason": "Another commitment."},
        headers={"If-Match": closing.headers["ETag"]},
    )

    assert voided.status_code == 201
    assert therapist.get(one).json()["closed_on"] is None
    assert therapist.post(path, a_check_in()).status_code == 201


def test_changing_a_check_in_needs_the_entry_that_was_read(therapist: Caller) -> None:
    _, path = a_place(therapist)
    made = therapist.post(path, a_check_in())
    body = {**a_check_in(outcome="kept_late"), "reason": "A day late."}

    without = therapist.post(f"{made.headers['Location']}/corrections", body)
    headers = {"If-Match": made.headers["ETag"]}
    first = therapist.post(f"{made.headers['Location']}/corrections", body, headers=headers)
    second = therapist.post(f"{made.headers['Location']}/corrections", body, headers=headers)

    assert [a.status_code for a in (without, first, second)] == [428, 201, 409]
    assert first.json()["commitment_id"] == made.json()["commitment_id"]
    assert second.json()["code"] == "already_superseded"


def test_the_list_holds_one_commitments_check_ins_in_pages(therapist: Caller) -> None:
    couple, path = a_place(therapist)
    other = therapist.made(path_of(couple), a_commitment(couple, made_on="2026-02-01"))
    therapist.made(f"/v1/commitments/{other['id']}/check-ins", a_check_in())
    made = [therapist.made(path, a_check_in(checked_on=f"2026-02-1{n}"))["id"] for n in range(3)]

    first = therapist.get(path, params={"limit": 2})
    second = therapist.get(path, params={"limit": 2, "cursor": first.json()["next_cursor"]}).json()
    elsewhere = therapist.get(
        f"/v1/commitments/{other['id']}/check-ins", params={"cursor": first.json()["next_cursor"]}
    )

    assert [item["id"] for item in [*first.json()["items"], *second["items"]]] == made[::-1]
    assert first.headers["Link"].startswith(f"<{path}?")
    assert elsewhere.json()["code"] == "cursor_mismatch"


def test_a_check_in_is_never_seen_more_widely_than_its_commitment(therapist: Caller) -> None:
    couple = a_couple(therapist)
    a, b = partner(couple, "a"), partner(couple, "b")
    own = {"visibility": "partner", "visible_partner_id": a}
    made = therapist.made(path_of(couple), a_commitment(couple, made_on="2026-02-01", **own))
    path = f"/v1/commitments/{made['id']}/check-ins"

    seen = [
        therapist.made(path, a_check_in(**asked))
        for asked in (
            {},
            own,
            {"visibility": "partner", "visible_partner_id": b},
            {"visibility": "clinician"},
        )
    ]

    assert [(row["visibility"], row["visible_partner_id"]) for row in seen] == [
        ("partner", a),
        ("partner", a),
        ("clinician", None),
        ("clinician", None),
    ]


def test_a_colleague_outside_the_care_team_finds_no_check_in(world: World, therapist: Caller) -> None:
    _, path = a_place(therapist)
    made = therapist.made(path, a_check_in())
    colleague = world.somebody("clinician")

    assert same_refusal(
        colleague.get(f"/v1/check-ins/{made['id']}"), colleague.get(f"/v1/check-ins/{NOBODY}")
    )
    assert same_refusal(
        colleague.post(path, a_check_in()),
        colleague.post(f"/v1/commitments/{NOBODY}/check-ins", a_check_in()),
    )
    assert (
        colleague.post(f"/v1/check-ins/{made['id']}/entered-in-error", {"reason": "No."}).status_code == 404
    )


def test_evidence_names_a_corrected_commitment_as_its_check_ins_do(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    first = therapist.post(path_of(couple), a_commitment(couple, made_on="2026-02-01"))
    checked = therapist.made(f"{first.headers['Location']}/check-ins", a_check_in())
    before = world.watch.now.isoformat().replace("+00:00", "Z")
    world.watch.go(hours=1)
    therapist.post(
        f"{first.headers['Location']}/corrections",
        {**a_commitment(couple, made_on="2026-02-02"), "reason": "A day later."},
        headers={"If-Match": first.headers["ETag"]},
    )

    with practice.operating(world.store, world.home(), world.watch(), "testEvidence") as chart:
        now = service.evidence(chart, couple["id"], FAR_INSTANT)
        then = service.evidence(chart, couple["id"], before)
        check_ins = service.check_in_evidence(chart, couple["id"], FAR_INSTANT)

    assert [(row["id"], row["made_on"]) for row in now] == [(first.json()["id"], "2026-02-02")]
    assert [(row["id"], row["made_on"]) for row in then] == [(first.json()["id"], "2026-02-01")]
    assert [(row["id"], row["commitment_id"], row["outcome"]) for row in check_ins] == [
        (checked["id"], first.json()["id"], "kept")
    ]


def test_a_commitment_that_is_taken_back_takes_its_check_ins_along(therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.made(f"/v1/couples/{couple['id']}/commitments", a_commitment(couple))
    checked = therapist.made(
        f"/v1/commitments/{made['id']}/check-ins", {"checked_on": "2026-03-02", "outcome": "kept"}
    )
    joint = {"audience": "joint"}
    assert therapist.get(f"/v1/check-ins/{checked['id']}", params=joint).status_code == 200

    tag = therapist.get(f"/v1/commitments/{made['id']}").headers["ETag"]
    body = {**a_commitment(couple), "visibility": "clinician", "reason": "It was said alone."}
    answer = therapist.post(f"/v1/commitments/{made['id']}/corrections", body, headers={"If-Match": tag})

    assert answer.status_code == 201, answer.text
    assert therapist.get(f"/v1/commitments/{made['id']}", params=joint).status_code == 404
    assert therapist.get(f"/v1/check-ins/{checked['id']}", params=joint).status_code == 404
    assert len(therapist.get(f"/v1/commitments/{made['id']}/check-ins").json()["items"]) == 1
