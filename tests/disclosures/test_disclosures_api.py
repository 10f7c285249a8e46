"""Disclosures over HTTP: nothing leaves on one signature that needs two, and no copy tells what the other said."""

import hashlib
import json
from typing import Any

import pytest

from app.chart.chart import Chart
from app.disclosures import content, service
from tests.disclosures.leaving import (
    ALL,
    CONSENTED,
    DAY,
    a_full_record,
    alone_with,
    b_alone,
    both_signed,
    copy_for,
    told_by,
    wanted,
)
from tests.people import Caller, Json, World, a_couple, partner, same_refusal
from tests.progress.records import a_concern, a_marker, a_session
from tests.releases.papers import BOTH, NOBODY, a_recipient, hold, lift, of, revoke, signed
from tests.walks import matrix
from tests.walks.matrix import another_key


def account(caller: Caller, couple: Json, side: str) -> list[Json]:
    """A person's account of disclosures."""
    answer = caller.get(f"/v1/couples/{couple['id']}/partners/{partner(couple, side)}/disclosures")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def parts(document: Json) -> dict[tuple[str, str | None], Json]:
    """The parts of a copy by class and by whose they are."""
    return {(each["content"], each["partner_id"]): each["entries"] for each in document["parts"]}


def refused(answer: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


# --- two signatures ---


def test_a_full_copy_leaves_on_both_signatures_and_stands_on_the_ledger(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    b_alone(therapist, couple)
    answer = therapist.post(of(couple, "disclosures"), wanted(both_signed(therapist, couple)))
    assert answer.status_code == 201, answer.text
    document = answer.json()["document"]
    a, b = partner(couple, "a"), partner(couple, "b")
    found = parts(document)
    assert set(found) == {
        *((code, None) for code in BOTH),
        *((code, who) for code in ("individual_sessions", "safety_screens") for who in (a, b)),
    }
    (session,) = found["conjoint_sessions", None]["sessions"]
    assert session["note"]["text"] == "Both were there."
    assert session["attendance"] == {"a": "attended", "b": "attended"}
    assert [row["words"] for row in found["markers", None]["markers"]] == ["Said it without a but."]
    assert len(found["commitments", None]["check_ins"]) == 1
    assert found["individual_sessions", b]["sessions"][0]["note"]["text"] == "What B said alone."
    assert found["safety_screens", a]["safety_screens"][0]["details"] == "Screen of a"
    spelled = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    ledger = therapist.get(answer.headers["Location"]).json()
    assert ledger["digest"] == hashlib.sha256(spelled.encode()).hexdigest()
    assert ledger["kept_until"] == "2032-03-02"
    assert session["id"] in next(p for p in ledger["parts"] if p["content"] == "conjoint_sessions")["entries"]
    assert all(len(part["authorisation_ids"]) == (1 if part["partner_id"] else 2) for part in ledger["parts"])
    (listed,) = therapist.get(of(couple, "disclosures")).json()["items"]
    assert listed["id"] == ledger["id"]


def test_what_the_team_keeps_and_what_is_only_drafted_leaves_in_no_copy(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    b_alone(therapist, couple)
    made = therapist.made(of(couple, "disclosures"), wanted(both_signed(therapist, couple)))
    told = json.dumps(made["document"])
    assert not [words for words in ("Not even B", "For the team", "A draft", "violence") if words in told]


def test_joint_content_never_leaves_on_one_signature(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    recipient = a_recipient(therapist, couple)
    b = partner(couple, "b")
    signed(therapist, couple, "a", recipient, BOTH)
    answer = therapist.post(of(couple, "disclosures"), wanted(recipient, BOTH))
    assert refused(answer) == (409, "authorisation_missing")
    missing = [{"partner_id": b, "content": code, "whose": None} for code in BOTH]
    assert answer.json()["missing"] == missing
    preview = therapist.post(of(couple, "disclosures/preview"), wanted(recipient, BOTH)).json()
    assert (preview["would_leave"], preview["missing"]) == (False, missing)
    alone = wanted(recipient, BOTH, form="one_partner", partner_id=partner(couple, "a"))
    assert refused(therapist.post(of(couple, "disclosures"), alone)) == (409, "authorisation_missing")
    assert therapist.get(of(couple, "disclosures")).json()["items"] == []


def test_what_both_signed_for_is_what_leaves(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    recipient = a_recipient(therapist, couple)
    forms = {
        "a": signed(
            therapist, couple, "a", recipient, ("conjoint_sessions", "markers", "individual_sessions")
        ),
        "b": signed(therapist, couple, "b", recipient, ("markers", "commitments", "individual_sessions")),
    }
    other = a_recipient(therapist, couple, name="Dr. Birke")
    signed(therapist, couple, "b", other, ("conjoint_sessions",))
    made = copy_for(therapist, couple, recipient, content=["conjoint_sessions", "markers", "commitments"])
    assert set(parts(made["document"])) == {("markers", None)}
    withheld = made["document"]["manifest"]["withheld"]
    assert {(line["content"], line["ground"]) for line in withheld} == {
        ("conjoint_sessions", "needs_both"),
        ("commitments", "needs_both"),
    }
    for side, form in forms.items():  # each account names the form that this partner signed
        assert [line["authorisation_id"] for line in account(therapist, couple, side)] == [form["id"]]
    whole = wanted(recipient, ("markers", "commitments"))  # a full copy holds all or does not leave
    assert therapist.post(of(couple, "disclosures/preview"), whole).json()["would_leave"] is False
    assert refused(therapist.post(of(couple, "disclosures"), whole)) == (409, "authorisation_missing")


def test_a_signature_taken_back_or_run_out_counts_no_more(world: World, therapist: Caller) -> None:
    couple = a_full_record(therapist)
    recipient = a_recipient(therapist, couple)
    first = signed(therapist, couple, "a", recipient)
    signed(therapist, couple, "b", recipient)
    body = wanted(recipient, ("markers",))
    therapist.made(of(couple, "disclosures"), body)
    revoke(therapist, first)
    assert refused(therapist.post(of(couple, "disclosures"), body)) == (409, "authorisation_missing")
    signed(therapist, couple, "a", recipient)
    therapist.made(of(couple, "disclosures"), body)
    world.watch.go(days=400)
    assert refused(therapist.post(of(couple, "disclosures"), body)) == (409, "authorisation_missing")
    assert len(account(therapist, couple, "a")) == 2


def test_under_no_secrets_what_one_said_alone_needs_both_signatures_to_leave(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    recipient = a_recipient(therapist, couple)
    signed(therapist, couple, "a", recipient, ("individual_sessions",))
    copy_for(therapist, couple, recipient, content=["individual_sessions"])
    therapist.made(of(couple, "policies"), {**CONSENTED, "code": "no_secrets"})
    body = wanted(recipient, ("individual_sessions",), form="one_partner", partner_id=partner(couple, "a"))
    answer = therapist.post(of(couple, "disclosures"), body)
    assert [line["partner_id"] for line in answer.json()["missing"]] == [partner(couple, "b")]

    loosened = {**CONSENTED, "code": "confidential", "acknowledged_by_b": False}
    policy = therapist.made(of(couple, "policies"), loosened)
    without_b = therapist.post(of(couple, "disclosures"), body)
    consent = {"partner_id": partner(couple, "b"), "acknowledged_on": str(DAY)}
    therapist.made(f"/v1/policies/{policy['id']}/acknowledgements", consent)

    assert refused(without_b) == (409, "authorisation_missing")  # B relies on what both consented to
    assert therapist.post(of(couple, "disclosures"), body).status_code == 201


# --- nothing of the other ---


def what_a_learns(caller: Caller, couple: Json, recipient: Json) -> str:
    """Everything of disclosures that is fit to be handed to partner A: the copy and, from before it, the account."""
    lines = account(caller, couple, "a")
    made = copy_for(caller, couple, recipient)
    own = [line for line in account(caller, couple, "a") if line["disclosure_id"] == made["id"]]
    told = [{name: line[name] for name in ("content", "amount", "digest")} for line in own]
    before = [line for line in lines if line["disclosure_id"] == couple.get("first")]
    return json.dumps([made["document"], told, before])


def differences(caller: Caller, couple: Json) -> bool:
    """Whether partner A could tell, from the copy or the account, that partner B said or gave anything alone."""
    recipient = both_signed(caller, couple)
    first = copy_for(caller, couple, recipient)
    known = {**couple, "first": first["id"]}
    before = what_a_learns(caller, known, recipient)
    b_alone(caller, couple)
    copy_for(caller, couple, recipient, "b", content=["individual_sessions", "safety_screens"])
    return what_a_learns(caller, known, recipient) != before


def test_a_copy_and_an_account_tell_nothing_of_what_the_other_said_alone(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    assert not differences(therapist, couple)
    lines = account(therapist, couple, "a")
    assert {line["partner_id"] for line in lines} == {None, partner(couple, "a")}
    assert len(account(therapist, couple, "b")) > len([line for line in lines if not line["partner_id"]])


def test_a_manifest_that_counts_what_it_withholds_is_found(
    therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = service._document

    def counting(chart: Chart, asked: service.Order, given: Any) -> Json:
        document = build(chart, asked, given)
        amounts = content.amounts(chart, asked.case, str(asked.body.partner_id))
        document["manifest"]["withheld"].append({"entries": amounts["other_individual"]})
        return document

    monkeypatch.setattr(service, "_document", counting)
    assert differences(therapist, a_full_record(therapist))


def test_a_partner_is_given_no_copy_but_their_own(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    recipient = a_recipient(therapist, couple, kind="partner", name=None, partner_id=partner(couple, "a"))
    for side in "ab":
        signed(therapist, couple, side, recipient, ALL)
    others = wanted(recipient, form="one_partner", partner_id=partner(couple, "b"))
    for body in (wanted(recipient), others):
        (error,) = therapist.post(of(couple, "disclosures"), body).json()["errors"]
        assert (error["pointer"], error["code"]) == ("/form", "own_copy_only")
    assert copy_for(therapist, couple, recipient)["document"]["recipient"]["partner_id"] == partner(
        couple, "a"
    )


# --- events, locks, who may ---


def test_events_have_letters_unless_their_neutral_label_is_asked_for(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    recipient = both_signed(therapist, couple)
    for asked, label in ((False, None), (True, "Money matters kept secret")):
        made = copy_for(therapist, couple, recipient, content=["summary"], label_events=asked)
        (event,) = parts(made["document"])["summary", None]["betrayals"]
        assert (event["event"], event["label"]) == ("event A", label)
        assert "kind" not in event
        assert "description" not in event


def test_an_addendum_is_told_to_nobody_to_whom_its_session_is_not(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    own = alone_with(therapist, couple, "a", "What A said alone.")
    added = {"kind": "correction", "text": "More of it."}
    own_id = own["id"]
    at = f"/v1/addenda/{therapist.made(f'/v1/sessions/{own_id}/addenda', added)['id']}"

    def told(audience: str) -> int:
        return therapist.get(at, params={"audience": audience}).status_code

    assert told(f"partner:{partner(couple, 'a')}") == 200
    assert (told("joint"), told(f"partner:{partner(couple, 'b')}")) == (404, 404)


def test_letters_go_on_after_z() -> None:
    assert [content.letters(number) for number in (0, 25, 26, 51, 52, 702)] == [
        *("A", "Z", "AA", "AZ", "BA", "AAA")
    ]


def test_that_the_work_ended_for_safety_is_told_to_the_treating_team_alone(therapist: Caller) -> None:
    told = []
    for outcome, words in (("ended_for_safety", "A is afraid of B."), ("other", None)):
        couple = a_couple(therapist)
        path = f"/v1/couples/{couple['id']}"
        closing = {"outcome": outcome, "words": words, "effective_on": "2026-03-01"}
        tag = {"If-Match": therapist.get(path).headers["ETag"]}
        assert therapist.post(f"{path}/close", closing, headers=tag).status_code == 200
        recipient = both_signed(therapist, couple, ("summary",))
        (copied,) = parts(copy_for(therapist, couple, recipient, content=["summary"])["document"])[
            "summary", None
        ]["status"]
        seen = [copied]
        for audience in ("joint", f"partner:{partner(couple, 'b')}"):
            seen += therapist.get(f"{path}/status", params={"audience": audience}).json()["items"]
        told.append([(step["status"], step["outcome"], step["words"]) for step in seen])
        (step,) = therapist.get(f"{path}/status").json()["items"]
        assert (step["outcome"], step["words"]) == (outcome, words)
    assert told[0] == told[1]


def test_an_export_lock_keeps_everything_in_until_it_is_lifted(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    body = wanted(both_signed(therapist, couple), ("markers",))
    lock = hold(therapist, couple, "export_lock")
    assert refused(therapist.post(of(couple, "disclosures"), body)) == (409, "export_locked")
    preview = therapist.post(of(couple, "disclosures/preview"), body).json()
    assert (preview["would_leave"], preview["cautions"]) == (False, ["export_locked", "drafts_left_out"])
    lift(therapist, lock)
    therapist.made(of(couple, "disclosures"), body)


def test_only_a_clinician_lets_content_out(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    recipient = both_signed(therapist, couple)
    program = world.somebody("integration")
    therapist.made(of(couple, "care-team"), {"person_id": program.person_id, "part": "integration"})
    answer = program.post(of(couple, "disclosures"), wanted(recipient))
    assert refused(answer) == (403, "clinician_needed")
    assert program.post(of(couple, "disclosures/preview"), wanted(recipient)).status_code == 200


def test_a_key_lets_out_nothing_that_it_may_not_read(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    recipient = both_signed(therapist, couple)
    narrow = world.somebody("clinician", scopes=["record:read", "record:write"])
    therapist.made(of(couple, "care-team"), {"person_id": narrow.person_id, "part": "co_therapist"})
    for code in ("safety_screens", "indicators"):
        answer = narrow.post(of(couple, "disclosures"), wanted(recipient, (code,)))
        assert refused(answer) == (403, "insufficient_scope")
    narrow.made(of(couple, "disclosures"), wanted(recipient, ("markers",)))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the body is refused before the store
@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"recipient_id": NOBODY}, "unknown_recipient", "/recipient_id"),
        ({"form": "one_partner"}, "partner_needed", "/partner_id"),
        ({"partner_id": NOBODY}, "partner_not_wanted", "/partner_id"),
        ({"form": "one_partner", "partner_id": NOBODY}, "unknown_partner", "/partner_id"),
        ({"access_request_id": NOBODY}, "unknown_request", "/access_request_id"),
        ({"content": []}, "too_short", "/content"),
    ],
)
def test_an_order_that_does_not_fit_is_refused(
    therapist: Caller, changes: Json, code: str, pointer: str
) -> None:
    couple = a_couple(therapist)
    body = wanted(a_recipient(therapist, couple), **changes)
    for path in ("disclosures", "disclosures/preview"):
        answer = therapist.post(of(couple, path), body)
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["code"], error["pointer"]) == (422, code, pointer)


def test_outside_the_care_team_no_disclosure_exists(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    recipient = both_signed(therapist, couple)
    made = copy_for(therapist, couple, recipient)
    colleague = world.somebody("clinician")
    foreign, nothing = (colleague.get(f"/v1/disclosures/{which}") for which in (made["id"], NOBODY))
    assert foreign.status_code == 404
    assert same_refusal(foreign, nothing)
    own = f"/v1/couples/{couple['id']}/partners/{partner(couple, 'a')}/disclosures"
    for path in (own, of(couple, "disclosures")):
        assert colleague.get(path).status_code == 404
        assert therapist.get(path).status_code == 200
    strange = f"/v1/couples/{couple['id']}/partners/{partner(a_couple(therapist), 'a')}/disclosures"
    assert therapist.get(strange).status_code == 404


def test_pages_of_an_account_follow_each_other(therapist: Caller) -> None:
    couple = a_couple(therapist)
    copy_for(therapist, couple, both_signed(therapist, couple))
    path = f"/v1/couples/{couple['id']}/partners/{partner(couple, 'a')}/disclosures"
    first = therapist.get(path, params={"limit": 3}).json()
    rest = therapist.get(path, params={"cursor": first["next_cursor"]}).json()
    assert [*first["items"], *rest["items"]] == account(therapist, couple, "a")
    assert rest["has_more"] is False


# --- requests that look into the record ---


def test_a_request_for_access_stands_in_for_the_partners_own_signature_and_for_no_other(
    therapist: Caller,
) -> None:
    couple = a_full_record(therapist)
    b_alone(therapist, couple)
    a = partner(couple, "a")
    asking = {"partner_id": a, "jurisdictions": ["us"], "received_on": "2026-03-01"}
    request = therapist.made(of(couple, "access-requests"), asking)
    path = f"/v1/access-requests/{request['id']}"

    def step(name: str, body: Json) -> None:
        etag = therapist.get(path).headers["ETag"]
        assert therapist.post(f"{path}/{name}", body, headers={"If-Match": etag}).status_code == 200

    split = {each["part"]: each for each in therapist.get(f"{path}/content").json()["parts"]}
    amounts = {name: each["amount"] for name, each in split.items()}
    assert amounts["own_individual"] == 2
    assert amounts["other_individual"] == 7
    assert amounts["own_safety"] == 1
    assert split["other_individual"]["may_be_decided"] is False
    recipient = a_recipient(therapist, couple, kind="partner", name=None, partner_id=a)
    body = wanted(recipient, form="one_partner", partner_id=a, access_request_id=request["id"])
    (error,) = therapist.post(of(couple, "disclosures"), body).json()["errors"]
    assert error["code"] == "identity_unchecked"
    step("identity", {"checked_on": "2026-03-02", "how": "document"})
    for part, decision in (("own_individual", "give"), ("conjoint", "give"), ("own_safety", "deny")):
        grounds = [] if decision == "give" else ["danger_to_life_or_safety"]
        step("decisions", {"part": part, "decision": decision, "grounds": grounds})
    signed(therapist, couple, "b", recipient, ("markers",))
    document = therapist.made(of(couple, "disclosures"), body)["document"]
    assert set(parts(document)) == {("markers", None), ("individual_sessions", a)}
    withheld = {line["content"]: line["ground"] for line in document["manifest"]["withheld"]}
    assert (withheld["safety_screens"], withheld["summary"]) == ("decided_in_request", "needs_both")
    assert {line["access_request_id"] for line in account(therapist, couple, "a")} == {request["id"]}
    assert {line["access_request_id"] for line in account(therapist, couple, "b")} == {None}
    b = partner(couple, "b")
    for changes in ({"kind": "lawyer"}, {"kind": "partner", "name": None, "partner_id": b}):
        stranger = a_recipient(therapist, couple, **changes)
        for path in ("disclosures", "disclosures/preview"):
            answer = therapist.post(of(couple, path), {**body, "recipient_id": stranger["id"]})
            assert answer.json()["errors"][0]["code"] in ("not_to_who_asked", "own_copy_only")


def test_one_partners_request_sets_nothing_of_the_others_free(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    asking = {"partner_id": partner(couple, "b"), "jurisdictions": ["us"], "received_on": "2026-03-01"}
    theirs = therapist.made(of(couple, "access-requests"), asking)
    a = partner(couple, "a")
    recipient = a_recipient(therapist, couple, kind="partner", name=None, partner_id=a)
    body = wanted(recipient, form="one_partner", partner_id=a, access_request_id=theirs["id"])
    for path in ("disclosures", "disclosures/preview"):
        (error,) = therapist.post(of(couple, path), body).json()["errors"]
        assert (error["pointer"], error["code"]) == ("/access_request_id", "not_their_request")


def test_a_preview_tells_of_safety_only_to_whom_safety_is_open(world: World, therapist: Caller) -> None:
    couple = a_full_record(therapist)
    a_concern(therapist, couple)
    narrow = another_key(world, therapist, {"record:read", "record:write"})
    body = wanted(a_recipient(therapist, couple), ("markers",))

    told, untold = (caller.post(of(couple, "disclosures/preview"), body) for caller in (therapist, narrow))
    assert (told.status_code, untold.status_code) == (200, 200)
    assert "safety_concern_open" in told.json()["cautions"]
    assert "safety_concern_open" not in untold.json()["cautions"]


def amendment(caller: Caller, couple: Json, entry: str, entry_id: str, side: str = "a") -> Any:
    """A partner asks for an entry to be put right."""
    body = {
        "partner_id": partner(couple, side),
        "jurisdictions": ["us"],
        "received_on": "2026-03-01",
        "entry": entry,
        "entry_id": entry_id,
        "asked": "It was otherwise.",
    }
    return caller.post(of(couple, "amendment-requests"), body)


def answered(caller: Caller, row: Json, name: str, body: Json) -> Any:
    """A step of a request to amend."""
    path = f"/v1/amendment-requests/{row['id']}"
    etag = caller.get(path).headers["ETag"]
    return caller.post(f"{path}/{name}", body, headers={"If-Match": etag})


def test_a_statement_of_disagreement_goes_where_its_entry_goes(world: World, therapist: Caller) -> None:
    couple = a_full_record(therapist)
    recipient = both_signed(therapist, couple)
    (marker,) = (
        row for row in therapist.get(of(couple, "markers")).json()["items"] if row["visibility"] == "joint"
    )
    row = amendment(therapist, couple, "marker", marker["id"]).json()
    assert row["due_on"] == "2026-04-30"
    early = answered(therapist, row, "statement", {"statement": "x", "stated_on": "2026-03-02"})
    assert refused(early) == (409, "conflict")
    denied = {"outcome": "denied", "basis": "accurate_and_complete"}
    assert answered(therapist, row, "decision", denied).status_code == 200
    stated = {"statement": "I said it otherwise.", "stated_on": "2026-03-02"}
    assert answered(therapist, row, "statement", stated).status_code == 200
    fixed = {
        "code": "ACC-FULL",
        "observed_on": str(DAY),
        "basis": "observed_in_session",
        "reason": "A word.",
        "about_id": partner(couple, "b"),
    }
    tag = {"If-Match": therapist.get(f"/v1/markers/{marker['id']}").headers["ETag"]}
    corrected = therapist.made(f"/v1/markers/{marker['id']}/corrections", fixed, headers=tag)
    document = copy_for(therapist, couple, recipient)["document"]
    told = {each["content"]: each["statements_of_disagreement"] for each in document["parts"]}
    (statement,) = told.pop("markers")
    assert (statement["about_id"], statement["statement"]) == (corrected["id"], "I said it otherwise.")
    assert not any(told.values())


def test_what_the_other_disputed_while_it_was_joint_stays_out_of_a_copy_of_ones_own(
    therapist: Caller,
) -> None:
    couple = a_full_record(therapist)
    recipient = both_signed(therapist, couple)
    (marker,) = (
        row for row in therapist.get(of(couple, "markers")).json()["items"] if row["visibility"] == "joint"
    )
    for side in "ab":
        row = amendment(therapist, couple, "marker", marker["id"], side).json()
        denied = {"outcome": "denied", "basis": "accurate_and_complete"}
        assert answered(therapist, row, "decision", denied).status_code == 200
        stated = {"statement": f"Disputed by {side}.", "stated_on": "2026-03-02"}
        assert answered(therapist, row, "statement", stated).status_code == 200
    narrowed = {
        "code": "ACC-FULL",
        "observed_on": str(DAY),
        "basis": "observed_in_session",
        "reason": "It was said alone.",
        "about_id": partner(couple, "b"),
        **told_by(couple, "a"),
    }
    tag = {"If-Match": therapist.get(f"/v1/markers/{marker['id']}").headers["ETag"]}
    therapist.made(f"/v1/markers/{marker['id']}/corrections", narrowed, headers=tag)
    document = copy_for(therapist, couple, recipient)["document"]
    told = [each["statement"] for part in document["parts"] for each in part["statements_of_disagreement"]]
    assert told == ["Disputed by a."]


def test_an_amendment_is_accepted_with_what_was_made_for_it(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    session = a_session(therapist, couple, DAY, note={"format": "narrative", "text": "."}, sign=True)
    row = amendment(therapist, couple, "session", session["id"]).json()
    other = a_session(therapist, couple, DAY, note={"format": "narrative", "text": "."}, sign=True)
    text = {"kind": "correction", "text": "At five, not at four."}
    foreign = therapist.made(f"/v1/sessions/{other['id']}/addenda", text)
    for linked in (NOBODY, foreign["id"], session["id"]):
        answer = answered(therapist, row, "decision", {"outcome": "accepted", "linked_id": linked})
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/linked_id", "unknown_entry")
    made = therapist.made(f"/v1/sessions/{session['id']}/addenda", text)
    for body, pointer in (
        ({"outcome": "accepted"}, "/linked_id"),
        ({"outcome": "denied"}, "/basis"),
        ({"outcome": "denied", "basis": "made_elsewhere", "linked_id": made["id"]}, "/linked_id"),
    ):
        (error,) = answered(therapist, row, "decision", body).json()["errors"]
        assert error["pointer"] == pointer
    done = answered(therapist, row, "decision", {"outcome": "accepted", "linked_id": made["id"]})
    assert (done.status_code, done.json()["linked_id"]) == (200, made["id"])
    again = answered(therapist, row, "decision", {"outcome": "accepted", "linked_id": made["id"]})
    assert refused(again) == (409, "conflict")


def test_an_amendment_is_accepted_with_a_correction_of_that_entry_and_of_no_other(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    (disputed, other) = (a_marker(therapist, couple, "ACC-IMPACT", DAY) for _ in range(2))
    row = amendment(therapist, couple, "marker", disputed["id"]).json()

    def corrected(marker: Json) -> str:
        body = {"code": "ACC-IMPACT", "observed_on": str(DAY), "basis": "observed_in_session", "reason": "x"}
        at = f"/v1/markers/{marker['id']}"
        held = {"If-Match": therapist.get(at).headers["ETag"]}
        return str(therapist.made(f"{at}/corrections", body, headers=held)["id"])

    wrong = answered(therapist, row, "decision", {"outcome": "accepted", "linked_id": corrected(other)})
    assert wrong.json()["errors"][0]["code"] == "unknown_entry"
    right = answered(therapist, row, "decision", {"outcome": "accepted", "linked_id": corrected(disputed)})
    assert right.status_code == 200


def test_a_partner_asks_about_no_entry_of_the_others_own(therapist: Caller) -> None:
    couple = a_full_record(therapist)
    (marker,) = (
        row for row in therapist.get(of(couple, "markers")).json()["items"] if row["visibility"] == "partner"
    )
    theirs, nothing = (amendment(therapist, couple, "marker", which, "b") for which in (marker["id"], NOBODY))
    assert theirs.status_code == 422
    assert same_refusal(theirs, nothing)
    assert amendment(therapist, couple, "cessation", marker["id"]).status_code == 422
    assert amendment(therapist, couple, "marker", marker["id"]).status_code == 201


def test_the_ledger_tells_of_no_screens_to_a_key_that_may_not_read_of_safety(
    world: World, therapist: Caller
) -> None:
    narrow = matrix.another_key(world, therapist, ["record:read"])
    told = []
    for screens in (0, 2):
        couple = a_couple(therapist)
        for _ in range(screens):
            therapist.made(of(couple, "safety-screens"), {**SCREEN, "partner_id": partner(couple, "a")})
        recipient = a_recipient(therapist, couple)
        for side in "ab":
            signed(therapist, couple, side, recipient, ("safety_screens",))
        made = therapist.made(of(couple, "disclosures"), wanted(recipient, ("safety_screens",)))
        seen = narrow.get(f"/v1/disclosures/{made['id']}").json()["parts"]
        (line,) = narrow.get(of(couple, f"partners/{partner(couple, 'a')}/disclosures")).json()["items"]
        assert "recipient_id" not in line  # it begins with the moment at which somebody named them
        told.append([*(_measured(each) for each in seen), _measured(line)])
        assert made["parts"][0]["amount"] == screens == len(made["parts"][0]["entries"])
        assert account(therapist, couple, "a")[0]["digest"] == made["parts"][0]["digest"] is not None

    assert told[0] == told[1]


def _measured(part: Json) -> list[Any]:
    return [part.get(name) for name in ("content", "amount", "digest", "entries")]


SCREEN: Json = {
    "screened_on": "2026-03-01",
    "separately": True,
    "result": "no_concern_stated",
    "occasion": "intake",
}
