"""POST /v1/imports: whole couples or nothing, twice the same as once, claimed instants, and who may."""

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.imports import service
from app.imports.schemas import KINDS
from tests.chart import raw
from tests.imports.sending import CLAIMED, EXAMPLES, couple, errors, fates, ndjson, pause, report, send, told
from tests.live import serving
from tests.people import Caller, World, a_couple, partner


def couples(caller: Caller) -> list[dict[str, Any]]:
    items = caller.get("/v1/couples").json()["items"]
    return sorted(items, key=lambda each: str(each["label"]))


def reports_of(caller: Caller, couple_id: str, **query: Any) -> list[dict[str, Any]]:
    answer = caller.get(f"/v1/couples/{couple_id}/threat-reports", params=query)
    return list(answer.json()["items"])


def test_the_example_file_holds_every_kind_and_goes_in_whole(therapist: Caller) -> None:
    file = (EXAMPLES / "import.ndjson").read_bytes()

    found = send(therapist, file).json()

    assert found["errors"] == []
    assert found["source"] == "old-practice-system"
    assert fates(found) == (2, 0, 0)
    assert list(found["records"]) == list(KINDS)
    stand = {case["label"]: case["status"] for case in couples(therapist)}
    assert stand == {"C-1044": "closed", "C-1051": "open"}


def test_the_example_sheet_goes_in_after_the_example_file(therapist: Caller) -> None:
    send(therapist, (EXAMPLES / "import.ndjson").read_bytes())
    sheet = (EXAMPLES / "threat-reports.csv").read_bytes()

    found = send(therapist, sheet, kind="threat_report", source="old-practice-system").json()

    assert found["errors"] == []
    assert found["records"] == {"threat_report": {"imported": 3, "unchanged": 0}}


def test_a_second_time_changes_nothing(therapist: Caller) -> None:
    file = (EXAMPLES / "import.ndjson").read_bytes()
    send(therapist, file)

    again = send(therapist, file).json()

    assert again["errors"] == []
    assert fates(again) == (0, 2, 0)
    assert all(counts["imported"] == 0 for counts in again["records"].values())
    assert len(couples(therapist)) == 2


def test_a_dry_run_checks_everything_and_stores_nothing(therapist: Caller) -> None:
    dry = told(therapist, couple(), report(), dry_run=True)

    assert dry["dry_run"] is True
    assert fates(dry) == (1, 0, 0)
    assert dry["records"]["threat_report"] == {"imported": 1, "unchanged": 0}
    assert couples(therapist) == []
    assert fates(told(therapist, couple(), report())) == (1, 0, 0)


def test_one_bad_line_refuses_its_couple_and_no_other(therapist: Caller) -> None:
    found = told(
        therapist,
        couple("1"),
        report("1"),
        couple("2"),
        pause("2"),
        report("2", episodes=-1),
        report("2", "r2", window_start="2025-06-01", window_end="2099-06-14"),
        couple("3"),
    )

    assert fates(found) == (2, 0, 1)
    assert errors(found)[0] == (5, "/data/episodes", "greater_than_equal")
    assert {line for line, _, _ in errors(found)} == {5, 6}
    assert "pause" not in found["records"]
    assert [case["label"] for case in couples(therapist)] == ["C-1", "C-3"]


def test_a_refused_couple_can_be_sent_again_once_mended(therapist: Caller) -> None:
    told(therapist, couple(), report(episodes=-1))

    assert fates(told(therapist, couple(), report())) == (1, 0, 0)


def test_new_records_of_a_known_couple_are_added(therapist: Caller) -> None:
    told(therapist, couple(), report())

    more = told(therapist, couple(), report(), pause())

    assert fates(more) == (1, 0, 0)
    assert more["records"]["pause"] == {"imported": 1, "unchanged": 0}
    assert more["records"]["threat_report"] == {"imported": 0, "unchanged": 1}


def test_changed_content_is_refused_with_advice(therapist: Caller) -> None:
    told(therapist, couple(), report())

    found = told(therapist, couple(), report(episodes=13))

    assert errors(found) == [(2, "/data", "changed_since_import")]
    assert "Correct" in found["errors"][0]["hint"]
    case = couples(therapist)[0]["id"]
    assert [row["episodes"] for row in reports_of(therapist, case)] == [12]


def test_records_without_a_name_are_known_by_their_content(therapist: Caller) -> None:
    lines = (couple(), report(ref=None), {**pause(), "ref": None}, {**pause(), "ref": None})

    first, second = told(therapist, *lines), told(therapist, *lines)

    assert first["records"]["pause"] == {"imported": 2, "unchanged": 0}
    assert second["records"]["pause"] == {"imported": 0, "unchanged": 2}


@pytest.mark.parametrize(
    ("lines", "where"),
    [
        ((couple("1"), couple("2"), pause("1")), (3, "/couple", "couple_came_back")),
        ((couple(), pause(), pause(ends_on="2025-07-20")), (3, "/ref", "ref_repeated")),
        ((couple(), couple(label="C-2")), (2, "/ref", "ref_repeated")),
        ((pause(),), (1, "/couple", "unknown_couple")),
        (
            (couple(), {**pause(), "recorded_at": "2199-01-01T00:00:00Z"}),
            (2, "/recorded_at", "in_the_future"),
        ),
        ((couple(), pause(direction_id="b")), (2, "/data/direction_id", "unknown_direction")),
        ((couple(), report(visibility="partner")), (2, "/data/visible_partner_id", "partner_needed")),
        ((couple(), pause(wife="Mrs Khan")), (2, "/data", "extra_forbidden")),
        ((couple(betrayals=[{"affected": "c"}]), pause()), (1, "/data/betrayals/0/kind", "missing")),
        *(
            (
                (
                    couple(),
                    {
                        "kind": "check_in",
                        "couple": "1",
                        "data": {"commitment_id": ref, "checked_on": "2025-06-01", "outcome": "kept"},
                    },
                ),
                (2, "/data/commitment_id", "unknown_commitment"),
            )
            for ref in ("none", "\ud800")
        ),
    ],
)
def test_each_error_names_line_place_and_reason(
    therapist: Caller, lines: tuple[dict[str, Any], ...], where: tuple[int, str, str]
) -> None:
    found = told(therapist, *lines)

    assert where in errors(found)
    assert "Khan" not in json.dumps(found)


def test_nothing_follows_a_closing(therapist: Caller) -> None:
    closing = {
        "kind": "closing",
        "couple": "1",
        "data": {"outcome": "dropped_out", "effective_on": "2025-09-01"},
    }

    found = told(therapist, couple(), closing, pause())

    assert errors(found) == [(3, "", "couple_closed")]


def test_what_the_earlier_system_claims_is_kept_as_claimed(therapist: Caller) -> None:
    told(therapist, couple(), {**report(), "recorded_at": "2025-05-15T20:00:00+02:00"}, pause())
    case = couples(therapist)[0]["id"]

    (row,) = reports_of(therapist, case)
    (paused,) = therapist.get(f"/v1/couples/{case}/pauses").json()["items"]
    (event,) = therapist.get(f"/v1/couples/{case}/betrayals").json()["items"]

    assert row["source_recorded_at"] == "2025-05-15T18:00:00.000000Z"
    assert row["recorded_basis"] == "claimed"
    assert row["recorded_by"] == therapist.person_id
    assert paused["recorded_basis"] == "witnessed"
    assert event["source_recorded_at"] == CLAIMED
    assert reports_of(therapist, case, known_at="2025-05-14") == []
    assert len(reports_of(therapist, case, known_at="2025-05-15")) == 1


def test_a_session_brings_what_it_carries_with_its_claimed_instant(therapist: Caller) -> None:
    lines = (EXAMPLES / "import.ndjson").read_bytes()
    send(therapist, lines)
    case = next(case["id"] for case in couples(therapist) if case["label"] == "C-1044")

    (session,) = therapist.get(f"/v1/couples/{case}/sessions").json()["items"]
    markers = therapist.get(f"/v1/couples/{case}/markers").json()["items"]

    inside = [marker for marker in markers if marker["session_id"] == session["id"]]
    assert session["source_recorded_at"] == "2025-04-02T19:00:00.000000Z"
    assert session["state"] == "signed"
    assert [marker["source_recorded_at"] for marker in inside] == ["2025-04-02T19:00:00.000000Z"]


# --- sheets ---


def test_a_sheet_adds_to_couples_of_the_same_source(therapist: Caller) -> None:
    told(therapist, couple("1051"), source="sheets")
    file = (EXAMPLES / "threat-reports.csv").read_bytes()

    found = send(therapist, file, kind="threat_report", source="sheets").json()

    assert found["errors"] == []
    assert found["records"] == {"threat_report": {"imported": 3, "unchanged": 0}}
    words = [row["words"] for row in reports_of(therapist, couples(therapist)[0]["id"])]
    assert "=the first calm weekend" in words
    again = send(therapist, file, kind="threat_report", source="sheets").json()
    assert fates(again) == (0, 1, 0)


def test_a_sheet_may_name_a_couple_by_its_id_and_mix_couples(therapist: Caller) -> None:
    one, two = a_couple(therapist, label="C-1")["id"], a_couple(therapist, label="C-2")["id"]
    rows = [f"{one},r1,2025-05-01", f"{two},r1,2025-05-01", f"{one.upper()},r2,2025-05-02"]
    file = "couple,ref,observed_on,code,basis,direction\n" + "".join(
        f"{row},ACC-FULL,observed_in_session,a\n" for row in rows
    )

    found = send(therapist, file.encode(), kind="marker").json()

    assert found["errors"] == []
    assert found["records"]["marker"] == {"imported": 3, "unchanged": 0}


def test_a_wrong_row_is_told_by_its_number_and_column(therapist: Caller) -> None:
    told(therapist, couple("1044"))
    file = b"couple;window_start;window_end;episodes;source\n1044;2025-05-01;14.05.2025;3;self_checkin\n"

    found = send(therapist, file, kind="threat_report").json()

    assert errors(found) == [(2, "/window_end", "day")]
    assert fates(found) == (0, 0, 1)


def test_a_sheet_does_not_make_couples(therapist: Caller) -> None:
    file = (EXAMPLES / "threat-reports.csv").read_bytes()

    found = send(therapist, file, kind="threat_report").json()

    assert errors(found) == [(2, "/couple", "unknown_couple")]


# --- who ---


def test_without_a_key_or_its_scope_nothing_is_read(world: World, therapist: Caller) -> None:
    nobody = Caller(world.client(), "", "")
    reader = world.somebody("clinician", scopes={"record:read", "record:write"})

    assert send(nobody, ndjson(couple())).status_code == 401
    refused = send(reader, ndjson(couple()))
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


def test_safety_entries_need_the_safety_scope_in_a_file_as_elsewhere(world: World) -> None:
    concern = {
        "kind": "safety_concern",
        "couple": "1",
        "ref": "s1",
        "data": {"kind": "fear_of_partner", "person_at_risk": "a", "raised_on": "2025-05-03"},
    }
    narrow = world.somebody("clinician", scopes={"imports:write", "record:read", "record:write"})

    refused = told(narrow, couple(), concern)

    assert [found[2] for found in errors(refused)] == ["insufficient_scope"]
    assert couples(narrow) == []


def test_an_integration_names_the_clinician_and_joins_the_care_team(world: World, therapist: Caller) -> None:
    program = world.somebody("integration")

    without = told(program, couple())
    found = told(program, couple(), report(), clinician_id=therapist.person_id)

    assert errors(without) == [(1, "/data/treating_clinician_id", "clinician_needed")]
    assert fates(found) == (1, 0, 0)
    assert len(couples(therapist)) == len(couples(program)) == 1


@pytest.mark.parametrize("who", ["01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d", "program"])
def test_only_a_clinician_of_the_practice_can_be_named(world: World, therapist: Caller, who: str) -> None:
    program = world.somebody("integration")
    clinician = program.person_id if who == "program" else who

    answer = send(therapist, ndjson(couple()), clinician_id=clinician)

    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == ["#/query/clinician_id"]


def test_a_couple_of_somebody_else_is_as_unknown_as_none(world: World, therapist: Caller) -> None:
    told(therapist, couple("1044"), report("1044"))
    theirs = couples(therapist)[0]["id"]
    stranger = world.somebody("clinician")

    def refusals(name: str) -> list[dict[str, Any]]:
        return list(told(stranger, report(name, "r9"))["errors"])

    assert refusals("1044") == refusals("9999") == refusals(theirs)
    own = told(stranger, couple("1044", label="Mine"), report("1044"))
    assert fates(own) == (1, 0, 0)
    assert [case["label"] for case in couples(stranger)] == ["Mine"]


def test_a_name_means_ones_own_couple_before_a_colleagues(world: World, therapist: Caller) -> None:
    colleague = world.somebody("clinician")
    told(therapist, couple("1044", label="Theirs"))
    told(colleague, couple("1044", label="Own"))
    theirs = couples(therapist)[0]["id"]
    covering = {"person_id": colleague.person_id, "part": "covering"}
    therapist.made(f"/v1/couples/{theirs}/care-team", covering)

    assert fates(told(colleague, report("1044"))) == (1, 0, 0)
    own = next(each["id"] for each in couples(colleague) if each["label"] == "Own")
    assert [len(reports_of(colleague, each)) for each in (own, theirs)] == [1, 0]


def test_one_name_from_two_systems_is_two_couples(therapist: Caller) -> None:
    assert fates(told(therapist, couple("1", label="Paper"), report("1"), source="paper")) == (1, 0, 0)
    assert fates(told(therapist, couple("1", label="Old"), source="old")) == (1, 0, 0)

    old, paper = couples(therapist)
    assert (old["label"], paper["label"]) == ("Old", "Paper")
    assert [len(reports_of(therapist, each["id"])) for each in (old, paper)] == [0, 1]


def test_an_import_for_an_existing_couple_does_not_move_other_couples(
    world: World, therapist: Caller
) -> None:
    mine = a_couple(therapist)
    other = a_couple(therapist, label="Other")

    told(therapist, report(mine["id"], direction_id="a"), pause(mine["id"], visibility="joint"))

    assert len(reports_of(therapist, mine["id"])) == 1
    assert reports_of(therapist, other["id"]) == []
    assert partner(mine, "a") != partner(other, "a")


def test_the_trail_names_of_each_couple_in_a_file_its_own_entries_alone(
    world: World, therapist: Caller
) -> None:
    told(therapist, couple("1"), couple("2"))
    told(therapist, couple("1"), report("1"), couple("2"))
    first, second = couples(therapist)
    stranger = world.somebody("clinician")
    entry = reports_of(therapist, first["id"])[0]["id"]
    assert stranger.get(f"/v1/threat-reports/{entry}").status_code == 404

    def refused(case: dict[str, Any]) -> int:
        whose = partner(therapist.get(f"/v1/couples/{case['id']}").json(), "a")
        items = therapist.get(f"/v1/couples/{case['id']}/partners/{whose}/access-report").json()["items"]
        return sum(each["deed"] == "refused" for each in items)

    assert (refused(first), refused(second)) == (1, 0)
    lines = raw.rows(world.url, "SELECT couple_id, target_id FROM trail WHERE action = 'importRecords'")
    assert {str(of) for of, target in lines if str(target) == entry} == {first["id"]}


# --- the request ---


def test_only_ndjson_and_csv_are_read(therapist: Caller) -> None:
    answer = therapist.post("/v1/imports", couple())

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"kind": "marker"}, "#/query/kind"),
        ({"source": "Mrs Khan"}, "#/query/source"),
        ({"dry_run": "2"}, "#/query/dry_run"),
    ],
)
def test_wrong_parameters_are_told(therapist: Caller, query: dict[str, str], pointer: str) -> None:
    headers = {"Content-Type": "application/x-ndjson"}

    answer = therapist.http.post("/v1/imports", content=ndjson(couple()), params=query, headers=headers)

    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]


def test_an_empty_file_is_a_report_of_nothing(therapist: Caller) -> None:
    found = told(therapist)

    assert fates(found) == (0, 0, 0)
    assert found["records"] == {}


def test_more_than_two_hundred_errors_are_counted(therapist: Caller) -> None:
    found = told(therapist, *(pause(str(n)) for n in range(230)))

    assert len(found["errors"]) == 200
    assert found["more_errors"] == 30
    assert fates(found) == (0, 0, 230)


def test_a_file_of_rubbish_is_not_read_to_its_end(therapist: Caller) -> None:
    found = send(therapist, b"{}\n" * 5_000).json()

    assert found["gave_up_at"] == 2_001
    assert len(found["errors"]) == 200
    assert found["more_errors"] > 2_000
    assert told(therapist, couple())["gave_up_at"] is None


def test_a_file_of_strangers_is_not_read_to_its_end(
    therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_REFUSED", 3)

    found = told(therapist, *(pause(str(n)) for n in range(20)))

    assert found["gave_up_at"] is not None
    assert found["couples"]["refused"] < 6


def test_a_couple_that_was_being_read_when_a_file_is_given_up_does_not_go_in_by_half(
    therapist: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_REFUSED", 1)

    found = told(therapist, pause("stranger"), couple("2"), report("2", "r1"))

    assert found["gave_up_at"] == 2  # whoever goes on from there leaves nothing out
    assert found["couples"]["imported"] == 0
    assert therapist.get("/v1/couples").json()["items"] == []


def test_a_word_in_place_of_a_record_is_told_without_our_names(therapist: Caller) -> None:
    found = told(therapist, couple(partner_a="A."))

    assert [each["pointer"] for each in found["errors"]] == ["/data/partner_a"]
    assert "PartnerIn" not in json.dumps(found["errors"])


def test_data_nested_deeper_than_any_record_refuses_its_couple_and_no_other(therapist: Caller) -> None:
    deep = b'{"kind":"marker","couple":"1","data":{"words":' + b"[" * 700 + b"]" * 700 + b"}}\n"

    found = send(therapist, ndjson(couple("1")) + deep + ndjson(couple("2"))).json()

    assert errors(found) == [(2, "/data", "nested_too_deeply")]
    assert fates(found) == (1, 0, 1)


def test_a_commitment_is_found_by_its_name_however_that_is_spelt_and_by_nothing_else(
    therapist: Caller,
) -> None:
    made = {
        "owner_partner_id": "b",
        "action": "Puts the three bank statements on the kitchen table",
        "cadence": {"kind": "recurring", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"},
        "made_on": "2025-05-01",
        "review_on": "2025-06-15",
        "agreed_by_both": True,
    }

    def check_in(name: str) -> dict[str, Any]:
        data = {"commitment_id": name, "checked_on": "2025-06-01", "outcome": "kept"}
        return {"kind": "check_in", "couple": "1", "data": data}

    agreed = {"kind": "commitment", "couple": "1", "ref": "agreed: u\u0308ber", "data": made}

    found = told(therapist, couple("1"), agreed, check_in(" agreed: u\u0308ber"))
    unknown = told(therapist, check_in("\ud800"), couple("2"))

    assert (errors(found), fates(found)) == ([], (1, 0, 0))
    assert errors(unknown) == [(1, "/data/commitment_id", "unknown_commitment")]
    assert fates(unknown) == (1, 0, 1)


def test_a_repeated_request_gives_the_first_report_again(therapist: Caller) -> None:
    headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": "import-1"}

    first, second = (
        therapist.http.post("/v1/imports", content=ndjson(couple(), report()), headers=headers)
        for _ in range(2)
    )

    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.json() == first.json()


@pytest.mark.parametrize(("scopes", "status"), [(None, 401), (["record:read"], 403)])
def test_a_file_of_somebody_who_may_not_send_one_is_not_waited_for(
    world: World, scopes: list[str] | None, status: int
) -> None:
    key = "ml_demo_x" if scopes is None else world.somebody(scopes=scopes).key
    head = b"POST /v1/imports HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 9999\r\n"
    with serving(world.app) as base:
        address = urlsplit(base)
        with socket.create_connection((str(address.hostname), int(address.port or 80)), timeout=60) as line:
            line.sendall(head + f"Authorization: Bearer {key}\r\n\r\n".encode())
            said = line.recv(4096)

    assert said.startswith(f"HTTP/1.1 {status} ".encode())


def test_an_id_in_another_spelling_is_a_name_like_any_other(therapist: Caller) -> None:
    real = a_couple(therapist)["id"]
    other_digits = "".join(chr(0x660 + int(letter)) if letter.isdigit() else letter for letter in real)

    for spelled in (other_digits, "----" + real.replace("-", "")):
        assert errors(told(therapist, report(spelled))) == [(1, "/couple", "unknown_couple")]
