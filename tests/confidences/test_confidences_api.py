"""Confidences: what one partner said alone is kept in view, and reaches the other by an explicit act alone."""

from typing import Any

import httpx
import pytest

from tests.people import POLICY, Caller, Json, World, a_betrayal, a_couple, partner, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
SHARING = {"reason": "Asked for by the partner."}


def a_marker(caller: Caller, couple: Json, **changes: Any) -> Json:
    """What B said alone."""
    own = {"visibility": "partner", "visible_partner_id": partner(couple, "b")}
    body = {
        "code": "ACC-FULL",
        "observed_on": "2026-02-20",
        "basis": "observed_in_session",
        "words": "Said it.",
    }
    return caller.made(f"/v1/couples/{couple['id']}/markers", {**body, **own, **changes})


def keep(caller: Caller, couple: Json, item_id: str, **changes: Any) -> httpx.Response:
    body = {"item_kind": "marker", "item_id": item_id, "relevance": "relevant", **changes}
    return caller.post(f"/v1/couples/{couple['id']}/confidences", body)


def act(caller: Caller, row: Json, verb: str, body: Json) -> httpx.Response:
    path = f"/v1/confidences/{row['id']}"
    return caller.post(f"{path}/{verb}", body, headers={"If-Match": caller.get(path).headers["ETag"]})


def seen(caller: Caller, couple: Json, side: str) -> list[Json]:
    audience = {"audience": f"partner:{partner(couple, side)}", "history": True}
    return list(caller.get(f"/v1/couples/{couple['id']}/markers", params=audience).json()["items"])


def under(caller: Caller, code: str) -> Json:
    return a_couple(caller, policy={**POLICY, "code": code})


# --- kept in view ---


def test_an_entry_of_ones_own_is_kept_in_view(therapist: Caller) -> None:
    couple = a_couple(therapist)
    item = a_marker(therapist, couple)
    row = keep(therapist, couple, item["id"], relevance="misleading", disclosure_due="2026-03-20").json()

    listed = therapist.get(f"/v1/couples/{couple['id']}/confidences").json()["items"]
    for_the_other = therapist.get(f"/v1/couples/{couple['id']}/confidences", params={"audience": "joint"})

    assert (row["partner_id"], row["state"], row["visibility"]) == (partner(couple, "b"), "held", "clinician")
    assert listed == [therapist.get(f"/v1/confidences/{row['id']}").json()]
    assert for_the_other.json()["items"] == []
    assert keep(therapist, couple, item["id"]).status_code == 409


def test_only_what_is_one_partners_own_is_kept(therapist: Caller) -> None:
    couple, other = a_couple(therapist), a_couple(therapist)
    joint = a_marker(therapist, couple, visibility="joint", visible_partner_id=None)["id"]
    kept = a_marker(therapist, couple, visibility="clinician", visible_partner_id=None)["id"]

    refused = [
        keep(therapist, couple, item) for item in (joint, kept, a_marker(therapist, other)["id"], NOBODY)
    ]

    assert all(same_refusal(one, refused[-1]) for one in refused)
    assert refused[-1].json()["errors"][0]["code"] == "unknown_item"


@pytest.mark.parametrize(
    ("policy", "body", "code"),
    [
        ("limited_secrets", {"relevance": "misleading"}, "due_needed"),
        ("confidential", {"disclosure_due": "2026-03-20"}, "due_not_wanted"),
    ],
)
def test_the_policy_says_whether_there_is_a_day(
    therapist: Caller, policy: str, body: Json, code: str
) -> None:
    couple = under(therapist, policy)
    answer = keep(therapist, couple, a_marker(therapist, couple)["id"], **body)

    assert answer.json()["errors"][0]["code"] == code


def test_what_is_not_told_in_time_is_a_task_until_it_is(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    item = a_marker(therapist, couple)["id"]
    row = keep(therapist, couple, item, relevance="misleading", disclosure_due="2026-03-03").json()

    def due() -> list[str]:
        (mine,) = therapist.get("/v1/caseload").json()["items"]
        return [task["on"] for task in mine["tasks"] if task["code"] == "disclosure_overdue"]

    before = due()
    world.watch.go(days=3)
    overdue = due()
    body = {
        "relevance": "misleading",
        "disclosure_due": "2026-03-03",
        "told_on": "2026-03-04",
        "reason": "Told.",
    }
    told = act(therapist, row, "corrections", body).json()

    assert (before, overdue, due(), told["state"]) == ([], ["2026-03-03"], [], "told")


# --- made known to both ---


def test_sharing_makes_a_joint_entry_that_tells_nothing_of_the_old(therapist: Caller) -> None:
    couple = a_couple(therapist)
    item = a_marker(therapist, couple)
    assert seen(therapist, couple, "a") == []

    row = act(therapist, keep(therapist, couple, item["id"]).json(), "sharing", SHARING).json()
    (told,) = seen(therapist, couple, "a")
    current = therapist.get(f"/v1/couples/{couple['id']}/markers").json()["items"]

    assert (row["state"], row["shared_as_id"], row["shared_on"]) == ("shared", told["id"], "2026-03-02")
    assert row["recorded_by"] == therapist.person_id
    assert (told["words"], told["visibility"], told["supersedes_id"], told["change_reason"]) == (
        "Said it.",
        "joint",
        None,
        None,
    )
    assert [each["id"] for each in current] == [told["id"]]
    assert act(therapist, row, "sharing", SHARING).status_code == 409


def looks(caller: Caller, couple: Json, side: str) -> list[tuple[str, str, str]]:
    """One partner's access report, oldest first."""
    path = f"/v1/couples/{couple['id']}/partners/{partner(couple, side)}/access-report"
    told = [(each["part"], each["deed"], each["whose"]) for each in caller.get(path).json()["items"]]
    return [each for each in reversed(told) if each[0] != "access reports"]


def test_whose_it_was_has_it_once_and_is_still_told_that_somebody_looked(therapist: Caller) -> None:
    """The joint entry stands for the old one; in the old one's place B finds no second, and A no trace of one."""
    couple = a_couple(therapist)
    item = a_marker(therapist, couple)
    therapist.get(f"/v1/markers/{item['id']}")
    row = keep(therapist, couple, item["id"]).json()
    before = {side: looks(therapist, couple, side) for side in "ab"}

    act(therapist, row, "sharing", SHARING)

    assert before["b"][1:] == [("markers", "changed", "own"), ("markers", "read", "own")]
    (made,), joint = before["a"], ("markers", "changed", "joint")
    assert looks(therapist, couple, "a") == [made, joint]
    assert looks(therapist, couple, "b") == [made, *[("couples", "read", "joint")] * 2, joint]
    (told,) = seen(therapist, couple, "b")
    assert (told["words"], told["visibility"]) == ("Said it.", "joint")
    for side in "ab":
        audience = {"audience": f"partner:{partner(couple, side)}"}
        assert therapist.get(f"/v1/markers/{item['id']}", params=audience).status_code == 404
        assert therapist.get(f"/v1/markers/{told['id']}", params=audience).json()["words"] == "Said it."


def test_under_confidential_only_written_permission_shares(therapist: Caller) -> None:
    couple = under(therapist, "confidential")
    row = keep(therapist, couple, a_marker(therapist, couple)["id"]).json()

    refused = act(therapist, row, "sharing", SHARING)
    future = act(therapist, row, "sharing", {**SHARING, "permission_on": "2026-03-20"})
    unmoved = seen(therapist, couple, "a")
    shared = act(therapist, row, "sharing", {**SHARING, "permission_on": "2026-03-01"})

    assert (refused.status_code, refused.json()["code"]) == (409, "permission_needed")
    assert future.json()["errors"][0]["code"] == "in_the_future"
    assert unmoved == []
    assert (shared.status_code, shared.json()["permission_on"]) == (201, "2026-03-01")


def test_a_policy_that_one_partner_never_signed_is_no_permission(therapist: Caller) -> None:
    for side in "ab":
        policy = {**POLICY, "code": "no_secrets", f"acknowledged_by_{side}": False}
        couple = a_couple(therapist, policy=policy)
        row = keep(therapist, couple, a_marker(therapist, couple)["id"]).json()

        refused = act(therapist, row, "sharing", SHARING)

        assert (refused.status_code, refused.json()["code"]) == (409, "permission_needed")
        assert seen(therapist, couple, "a") == []
        assert act(therapist, row, "sharing", {**SHARING, "permission_on": "2026-03-01"}).status_code == 201


def test_a_later_policy_sets_nothing_free_that_was_said_under_an_earlier_one(
    world: World, therapist: Caller
) -> None:
    couple = under(therapist, "confidential")
    before = a_marker(therapist, couple)
    world.watch.go(days=2)
    corrected = {
        "code": "ACC-FULL",
        "observed_on": "2026-02-20",
        "basis": "observed_in_session",
        "reason": "A word.",
    }
    at = f"/v1/markers/{before['id']}"
    tag = {"If-Match": therapist.get(at).headers["ETag"]}
    newest = therapist.made(f"{at}/corrections", corrected, headers=tag)
    free = {**POLICY, "code": "no_secrets", "agreed_on": "2026-03-04"}
    therapist.made(f"/v1/couples/{couple['id']}/policies", free)
    after = a_marker(therapist, couple)

    old, new = (keep(therapist, couple, each["id"]).json() for each in (newest, after))
    refused = act(therapist, old, "sharing", SHARING)

    assert (refused.status_code, refused.json()["code"]) == (409, "permission_needed")
    assert act(therapist, new, "sharing", SHARING).status_code == 201
    assert act(therapist, old, "sharing", {**SHARING, "permission_on": "2026-03-04"}).status_code == 201


def test_a_policy_written_down_later_sets_nothing_free_whatever_day_it_bears(therapist: Caller) -> None:
    couple = under(therapist, "confidential")
    row = keep(therapist, couple, a_marker(therapist, couple)["id"]).json()
    for said in ({"agreed_on": "2026-01-05"}, {"agreed_on": "2026-03-02"}):
        policy = {
            **POLICY,
            **said,
            "code": "no_secrets",
            "acknowledged_by_a": False,
            "acknowledged_by_b": False,
        }
        made = therapist.made(f"/v1/couples/{couple['id']}/policies", policy)
        for side in "ab":
            consent = {"partner_id": partner(couple, side), "acknowledged_on": "2026-03-02"}
            therapist.made(f"/v1/policies/{made['id']}/acknowledgements", consent)
        refused = act(therapist, row, "sharing", SHARING)

        assert (refused.status_code, refused.json()["code"]) == (409, "permission_needed")


def test_a_report_made_known_counts_once(therapist: Caller) -> None:
    couple = a_couple(therapist)
    own = {"visibility": "partner", "visible_partner_id": partner(couple, "a")}
    report = {
        "window_start": "2026-02-07",
        "window_end": "2026-02-20",
        "episodes": 9,
        "source": "self_in_session",
    }
    made = therapist.made(f"/v1/couples/{couple['id']}/threat-reports", {**report, **own})
    row = keep(therapist, couple, made["id"], item_kind="threat_report").json()

    shared = act(therapist, row, "sharing", SHARING)
    standing = therapist.get(f"/v1/couples/{couple['id']}/threat-reports").json()["items"]

    assert [each["id"] for each in standing] == [shared.json()["shared_as_id"]]
    assert standing[0]["episodes"] == 9


PUT_RIGHT = {
    "code": "ACC-FULL",
    "observed_on": "2026-02-20",
    "basis": "observed_in_session",
    "reason": "A word.",
}


def changed(caller: Caller, item: Json, verb: str, body: Json) -> Json:
    """What became of an entry that is kept in view."""
    at = f"/v1/markers/{item['id']}"
    return caller.made(f"{at}/{verb}", body, headers={"If-Match": caller.get(at).headers["ETag"]})


def test_what_was_put_right_meanwhile_is_shared_as_it_stands(therapist: Caller) -> None:
    couple = a_couple(therapist)
    item = a_marker(therapist, couple)
    row = keep(therapist, couple, item["id"]).json()
    changed(therapist, item, "corrections", {**PUT_RIGHT, "words": "Put right."})

    assert keep(therapist, couple, item["id"]).status_code == 409  # kept already, under its newer id
    assert act(therapist, row, "sharing", SHARING).status_code == 201
    assert [each["words"] for each in seen(therapist, couple, "a")] == ["Put right."]


def test_what_is_no_longer_ones_own_or_was_an_error_is_not_shared(therapist: Caller) -> None:
    couple = a_couple(therapist)
    kept_back, error = a_marker(therapist, couple), a_marker(therapist, couple)
    rows = [keep(therapist, couple, each["id"]).json() for each in (kept_back, error)]
    narrow = {"visibility": "clinician", "visible_partner_id": None}
    changed(therapist, kept_back, "corrections", {**PUT_RIGHT, **narrow})
    changed(therapist, error, "entered-in-error", {"reason": "Other couple."})

    assert [act(therapist, row, "sharing", SHARING).status_code for row in rows] == [409, 409]
    assert seen(therapist, couple, "a") == []
    assert keep(therapist, couple, error["id"]).json()["errors"][0]["code"] == "unknown_item"


def test_a_shared_entry_says_nothing_of_the_session_in_which_it_was_said_alone(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    alone = {
        "kind": "individual",
        "with_partner": "b",
        "visibility": "partner",
        "starts_at": "2026-02-20T16:00:00Z",
        "duration_minutes": 50,
        "attendance": {"b": {"status": "attended"}},
        "markers": [{"code": "ACC-FULL", "observed_on": "2026-02-20", "basis": "observed_in_session"}],
    }
    therapist.made(f"{path}/sessions", alone)
    (item,) = therapist.get(f"{path}/markers").json()["items"]
    row = keep(therapist, couple, item["id"], relevance="misleading", disclosure_due="2026-03-03").json()
    act(therapist, row, "sharing", SHARING)

    assert item["session_id"] is not None
    assert [each["session_id"] for each in seen(therapist, couple, "a")] == [None]
    world.watch.go(days=3)
    (mine,) = therapist.get("/v1/caseload").json()["items"]
    assert "disclosure_overdue" not in {task["code"] for task in mine["tasks"]}


def test_what_lies_in_a_direction_of_ones_own_is_made_known_after_a_betrayal_in_it(
    therapist: Caller,
) -> None:
    couple = under(therapist, "limited_secrets")
    alone = {"visibility": "partner", "visible_partner_id": partner(couple, "b")}
    opened = therapist.made(f"/v1/couples/{couple['id']}/betrayals", {**a_betrayal(affected="b"), **alone})
    item = a_marker(therapist, couple, direction_id=opened["direction_id"])
    first = keep(therapist, couple, item["id"]).json()
    betrayal = keep(therapist, couple, opened["id"], item_kind="betrayal").json()

    too_early = act(therapist, first, "sharing", SHARING)
    assert (too_early.status_code, too_early.json()["code"]) == (409, "conflict")
    assert act(therapist, betrayal, "sharing", SHARING).status_code == 201
    assert act(therapist, first, "sharing", SHARING).status_code == 201
    assert len(seen(therapist, couple, "a")) == 1


def test_background_is_made_known_after_the_ownership_that_it_rests_on(therapist: Caller) -> None:
    couple = under(therapist, "limited_secrets")
    owned = a_marker(therapist, couple)
    background = a_marker(therapist, couple, code="ACC-CONTEXT")
    first, second = (keep(therapist, couple, each["id"]).json() for each in (background, owned))

    too_early = act(therapist, first, "sharing", SHARING)
    assert (too_early.status_code, too_early.json()["code"]) == (409, "conflict")
    assert act(therapist, second, "sharing", SHARING).status_code == 201
    assert act(therapist, first, "sharing", SHARING).status_code == 201


def test_outside_the_care_team_there_is_no_confidence(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    row = keep(therapist, couple, a_marker(therapist, couple)["id"]).json()
    stranger = world.somebody("clinician", name="Dr. Other")

    mine = stranger.post(f"/v1/confidences/{row['id']}/sharing", SHARING, headers={"If-Match": '"x"'})
    none = stranger.post(f"/v1/confidences/{NOBODY}/sharing", SHARING, headers={"If-Match": '"x"'})

    assert mine.status_code == 404
    assert same_refusal(mine, none)


def test_a_legal_hold_lets_nothing_be_marked_and_so_nothing_be_shared(therapist: Caller) -> None:
    couple = a_couple(therapist)
    row = keep(therapist, couple, a_marker(therapist, couple)["id"]).json()
    hold = {"kind": "legal_hold", "reason": "A court asked.", "effective_on": "2026-03-02"}
    therapist.made(f"/v1/couples/{couple['id']}/holds", hold)

    for verb, body in (("sharing", SHARING), ("entered-in-error", {"reason": "Twice."})):
        refused = act(therapist, row, verb, body)
        assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
