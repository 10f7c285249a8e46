"""Audiences: what each may learn of a couple's record, and how what is kept from them leaves no trace."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select

from app.chart.audiences import CLINICIAN, JOINT, Audience, is_wider, partner, read
from app.chart.base import metadata
from app.chart.chart import Actor, Chart, Visit
from app.couples.case import open_case
from app.couples.tables import couple as couple_table
from app.markers.tables import marker
from app.progress.tables import indicator_result
from app.sessions.tables import session
from tests.people import Caller, Json, World, a_betrayal, a_couple, same_refusal
from tests.people import partner as partner_of

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


@dataclass
class House:
    """A couple with joint material, and what A said alone."""

    therapist: Caller
    couple: Json

    @property
    def a(self) -> str:
        return partner_of(self.couple, "a")

    @property
    def b(self) -> str:
        return partner_of(self.couple, "b")

    @property
    def path(self) -> str:
        return f"/v1/couples/{self.couple['id']}"

    def marker(self, **changes: Any) -> Json:
        body = {"code": "ACC-FULL", "observed_on": "2026-02-20", "basis": "observed_in_session", **changes}
        return self.therapist.made(f"{self.path}/markers", body)

    def corrected(self, row: Json, **changes: Any) -> Any:
        tag = self.therapist.get(f"/v1/markers/{row['id']}").headers["ETag"]
        body = {
            "code": "ACC-FULL",
            "observed_on": "2026-02-20",
            "basis": "observed_in_session",
            "reason": "Heard alone.",
            **changes,
        }
        return self.therapist.post(f"/v1/markers/{row['id']}/corrections", body, headers={"If-Match": tag})

    def seen(self, audience: str, path: str = "markers", **query: Any) -> list[str]:
        answer = self.therapist.get(f"{self.path}/{path}", params={"audience": audience, **query})
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["items"]]


@pytest.fixture
def house(therapist: Caller) -> House:
    return House(therapist, a_couple(therapist))


def own(partner_id: str) -> Json:
    return {"visibility": "partner", "visible_partner_id": partner_id}


# --- reading ---


def test_what_is_joint_but_about_a_betrayal_kept_alone_is_told_when_that_one_is(house: House) -> None:
    """It would tell of a direction that no other answer knows, in a copy even without its name."""
    alone = {"affected": "b", "came_to_light_on": "2026-02-01", **own(house.a)}
    therapist, betrayal = (
        house.therapist,
        house.therapist.made(f"{house.path}/betrayals", a_betrayal(**alone)),
    )
    joint = house.marker(direction_id=betrayal["direction_id"])
    day = {"kind": "reminder", "on_day": "2026-05-01", "recurs": "none"}
    dated = therapist.made(f"{house.path}/known-dates", {**day, "direction_id": betrayal["direction_id"]})

    def told(audience: str) -> list[list[str]]:
        return [house.seen(audience), house.seen(audience, "known-dates")]

    assert told("joint") == told(f"partner:{house.b}") == [[], []]
    asked = {"audience": f"partner:{house.b}"}
    assert same_refusal(
        *(therapist.get(f"/v1/markers/{each}", params=asked) for each in (joint["id"], NOBODY))
    )
    assert told("clinician") == told(f"partner:{house.a}") == [[joint["id"]], [dated["id"]]]
    therapist.made(f"{house.path}/betrayals", a_betrayal(affected="b", came_to_light_on="2026-02-01"))
    assert told("joint") == told(f"partner:{house.b}") == [[joint["id"]], [dated["id"]]]


def test_what_is_about_a_betrayal_entered_in_error_goes_with_it(house: House) -> None:
    body = a_betrayal(affected="b", came_to_light_on="2026-02-01")
    answer = house.therapist.post(f"{house.path}/betrayals", body)
    about = house.marker(direction_id=answer.json()["direction_id"])
    assert house.seen("joint") == [about["id"]]

    held = {"If-Match": answer.headers["ETag"]}
    path = f"{answer.headers['Location']}/entered-in-error"
    house.therapist.made(path, {"reason": "Other couple."}, headers=held)

    assert (house.seen("joint"), house.seen("clinician")) == ([], [about["id"]])


def test_each_audience_is_told_its_part(house: House) -> None:
    joint, alone = house.marker(), house.marker(**own(house.a))
    theirs, kept = house.marker(**own(house.b)), house.marker(visibility="clinician")

    assert house.seen("clinician") == [row["id"] for row in (kept, theirs, alone, joint)]
    assert house.seen("joint") == [joint["id"]]
    assert house.seen(f"partner:{house.a}") == [alone["id"], joint["id"]]
    assert house.seen(f"partner:{house.b}") == [theirs["id"], joint["id"]]


def test_another_partners_entry_is_like_nothing_at_all(house: House) -> None:
    alone = house.marker(**own(house.a))
    audience = {"audience": f"partner:{house.b}"}

    hidden = house.therapist.get(f"/v1/markers/{alone['id']}", params=audience)
    nothing = house.therapist.get(f"/v1/markers/{NOBODY}", params=audience)

    assert hidden.status_code == 404
    assert same_refusal(hidden, nothing)
    assert (
        house.therapist.get(
            f"/v1/markers/{alone['id']}", params={"audience": f"partner:{house.a}"}
        ).status_code
        == 200
    )


def test_a_partner_of_another_couple_meets_no_couple(house: House) -> None:
    stranger = partner_of(a_couple(house.therapist), "a")
    house.marker()

    for name in (stranger, NOBODY):
        answer = house.therapist.get(f"{house.path}/markers", params={"audience": f"partner:{name}"})
        assert answer.status_code == 404


@pytest.mark.parametrize("name", ["everybody", "partner:", "partner:x", "joint ", "partner"])
def test_an_audience_nobody_knows_is_refused(house: House, name: str) -> None:
    answer = house.therapist.get(f"{house.path}/markers", params={"audience": name})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "#/query/audience"


def test_a_route_without_an_audience_answers_the_treating_team_alone(house: House) -> None:
    refused = house.therapist.get(house.path, params={"audience": "joint"})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "clinician_only"
    assert house.therapist.get(house.path, params={"audience": "clinician"}).status_code == 200


def test_safety_and_reviews_yield_nothing_to_others(house: House) -> None:
    concern = {"kind": "fear_of_partner", "raised_on": "2026-02-20", "person_at_risk_id": house.b}
    house.therapist.made(f"{house.path}/safety-concerns", concern)

    for name in ("joint", f"partner:{house.a}", f"partner:{house.b}"):
        assert house.seen(name, "safety-concerns") == []
    assert len(house.seen("clinician", "safety-concerns")) == 1


def test_pages_count_and_lead_through_what_is_told_alone(house: House) -> None:
    told = [house.marker()["id"] for _ in range(3)]
    for _ in range(3):
        house.marker(**own(house.a))
    query = {"audience": "joint", "limit": 2}

    first = house.therapist.get(f"{house.path}/markers", params=query)
    cursor = first.json()["next_cursor"]
    second = house.therapist.get(first.headers["Link"].split(">")[0][1:])
    other = house.therapist.get(f"{house.path}/markers", params={"limit": 2, "cursor": cursor})

    assert [row["id"] for row in (*first.json()["items"], *second.json()["items"])] == told[::-1]
    assert "audience=joint" in first.headers["Link"]
    assert second.json()["has_more"] is False
    assert other.status_code == 400


# --- corrections ---


def test_what_is_taken_back_was_never_told(house: House) -> None:
    """Two corrections, the second of which says that it was heard alone: no version stays with the other."""
    first = house.marker(words="Said in front of both")
    second = house.corrected(first).json()
    third = house.corrected(second, **own(house.a)).json()

    for name in ("joint", f"partner:{house.b}"):
        assert house.seen(name, history=True) == []
        for row in (first, second, third):
            answer = house.therapist.get(f"/v1/markers/{row['id']}", params={"audience": name})
            assert answer.status_code == 404
    assert len(house.seen(f"partner:{house.a}", history=True)) == 3


def test_no_correction_tells_more_widely_than_before(house: House) -> None:
    alone, kept = house.marker(**own(house.a)), house.marker(visibility="clinician")

    for row, wider in ((alone, {"visibility": "joint"}), (alone, own(house.b)), (kept, own(house.a))):
        refused = house.corrected(row, **wider)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["code"] == "wider_than_before"
    assert house.corrected(alone, visibility="clinician").status_code == 201


def test_a_direction_that_one_partner_opened_alone_is_not_told(house: House, world: World) -> None:
    house.therapist.made(f"{house.path}/betrayals", {**a_betrayal(affected="b"), **own(house.b)})

    def directions(audience: Audience) -> int:
        actor = Actor(world.home(), house.therapist.person_id, "clinician", frozenset())
        with world.store.chart(actor, world.watch(), Visit("look", "r"), writing=False) as chart:
            return len(open_case(chart.for_audience(audience), house.couple["id"]).directions)

    assert directions(CLINICIAN) == directions(partner(house.b)) == 2
    assert directions(JOINT) == directions(partner(house.a)) == 1


def test_a_directions_id_does_not_say_when_one_partner_opened_it_alone(house: House) -> None:
    house.therapist.made(f"{house.path}/betrayals", {**a_betrayal(affected="b"), **own(house.b)})
    told = house.therapist.made(f"{house.path}/betrayals", a_betrayal(affected="b"))
    first = house.therapist.get(house.path).json()["directions"]

    assert told["direction_id"] in {way["id"] for way in first}
    assert {UUID(way["id"]).version for way in first} == {4}  # one of version 7 begins with the moment


IN_A_DIRECTION: dict[str, Json] = {
    "markers": {"code": "ACC-FULL", "observed_on": "2026-02-20", "basis": "observed_in_session"},
    "cessation": {"status": "self_reported", "effective_on": "2026-02-20"},
    "threat-reports": {
        "window_start": "2026-02-10",
        "window_end": "2026-02-20",
        "episodes": 4,
        "source": "self_in_session",
    },
    "stages": {"stage": "stabilisation", "entered_on": "2026-02-20", "evidence": "Seen."},
    "pauses": {"kind": "travel", "starts_on": "2026-02-20"},
    "known-dates": {"kind": "reminder", "on_day": "2026-02-20"},
}


def test_nothing_is_told_of_what_lies_in_a_direction_that_one_partner_opened_alone(house: House) -> None:
    """Joint is what an entry is when nobody says otherwise; its direction alone would tell that there is one."""
    opened = house.therapist.made(f"{house.path}/betrayals", {**a_betrayal(affected="b"), **own(house.b)})
    where = {"direction_id": opened["direction_id"], "visibility": "joint"}
    reported = changes_in_report(house)
    made = {
        path: house.therapist.made(f"{house.path}/{path}", {**body, **where})["id"]
        for path, body in IN_A_DIRECTION.items()
    }

    def told(audience: str) -> Json:
        return {path: house.seen(audience, path, history=True) for path in made}

    assert changes_in_report(house) == reported
    assert told("joint") == told(f"partner:{house.a}") == {path: [] for path in made}
    assert told(f"partner:{house.b}") == {path: [row_id] for path, row_id in made.items()}
    for path, row_id in made.items():
        missed, nobody = (
            house.therapist.get(f"/v1/{path}/{each}", params={"audience": "joint"})
            for each in (row_id, NOBODY)
        )
        assert same_refusal(missed, nobody)

    house.therapist.made(f"{house.path}/betrayals", a_betrayal(affected="b"))
    assert told("joint") == {path: [row_id] for path, row_id in made.items()}


def test_a_correction_takes_nothing_out_of_a_direction_that_one_partner_opened_alone(house: House) -> None:
    """It would name an entry that the other is told nothing of."""
    first = house.couple["directions"][0]["id"]
    opened = house.therapist.made(f"{house.path}/betrayals", {**a_betrayal(affected="b"), **own(house.b)})
    hidden = house.marker(direction_id=opened["direction_id"])

    refused = house.corrected(hidden, direction_id=first)
    kept = house.corrected(hidden, direction_id=first, **own(house.b))

    assert refused.json()["errors"][0]["code"] == "wider_than_before"
    assert kept.status_code == 201
    assert house.seen("joint", history=True) == []


def changes_in_report(house: House) -> list[Json]:
    """What A is told of what was done to the record, looks at it left out."""
    answer = house.therapist.get(f"{house.path}/partners/{house.a}/access-report", params={"limit": 200})
    assert answer.status_code == 200, answer.text
    return [line for line in answer.json()["items"] if line["deed"] != "read"]


# --- sessions ---


def a_session(**changes: Any) -> Json:
    there = {"status": "attended"}
    return {
        "kind": "conjoint",
        "starts_at": "2026-02-20T16:00:00Z",
        "duration_minutes": 60,
        "attendance": {"a": there, "b": there},
        "note": {"format": "narrative", "text": "Both spoke."},
        **changes,
    }


def test_a_session_tells_nothing_of_entries_that_are_kept(house: House) -> None:
    made = house.therapist.made(f"{house.path}/sessions", a_session())
    query = {"audience": f"partner:{house.b}", "include": "entries"}
    before = house.therapist.get(f"/v1/sessions/{made['id']}", params=query)
    entry = {"code": "ACC-FULL", "observed_on": "2026-02-20", "basis": "observed_in_session", **own(house.a)}
    tag = house.therapist.get(f"/v1/sessions/{made['id']}").headers["ETag"]

    added = house.therapist.post(
        f"/v1/sessions/{made['id']}/entries", {"markers": [entry]}, headers={"If-Match": tag}
    )
    after = house.therapist.get(f"/v1/sessions/{made['id']}", params=query)

    assert added.json()["version"] == 2
    assert after.content == before.content
    assert after.headers["ETag"] == before.headers["ETag"]


# --- the wall itself ---


def eyes(world: World, house: House, audience: Audience) -> Any:
    actor = Actor(world.home(), house.therapist.person_id, "clinician", frozenset())
    return world.store.chart(actor, world.watch(), Visit("look", "r"), writing=False), audience


def test_what_nobody_has_signed_yet_is_told_to_the_treating_team_alone(house: House) -> None:
    words = {"note": {"format": "narrative", "text": "Not thought over yet."}, "others_present": "Mina"}
    made = house.therapist.made(f"{house.path}/sessions", {**a_session(), **words})
    address, query = f"/v1/sessions/{made['id']}", {"audience": f"partner:{house.b}"}

    def told(**asked: str) -> Json:
        found = dict(house.therapist.get(address, params=asked).json())
        (item,) = house.therapist.get(f"{house.path}/sessions", params=asked).json()["items"]
        assert item["note_format"] == found["note_format"]
        return {name: found[name] for name in (*words, "note_format")}

    draft = told(**query)
    assert told() == {**words, "note_format": "narrative"}
    tag = {"If-Match": house.therapist.get(address).headers["ETag"]}
    assert house.therapist.post(f"{address}/sign", headers=tag).status_code == 200

    assert draft == dict.fromkeys((*words, "note_format"))
    assert told(**query) == told()


def test_reasons_and_whereabouts_are_told_to_the_treating_team_alone(house: House) -> None:
    there = {"status": "attended", "country": "AT", "subdivision": "AT-7"}
    body = {
        "kind": "conjoint",
        "starts_at": "2026-02-20T16:00:00Z",
        "duration_minutes": 60,
        "attendance": {"a": there, "b": there},
    }
    seen = house.therapist.made(f"{house.path}/sessions", body)
    address = f"/v1/sessions/{seen['id']}"
    corrected = house.corrected(house.marker()).json()

    for audience, told in (("clinician", True), ("joint", False), (f"partner:{house.b}", False)):
        query = {"audience": audience, "history": "true"}
        single = house.therapist.get(address, params={"audience": audience}).json()
        (item,) = house.therapist.get(f"{house.path}/sessions", params=query).json()["items"]
        entry = house.therapist.get(f"/v1/markers/{corrected['id']}", params={"audience": audience}).json()
        (listed, _) = house.therapist.get(f"{house.path}/markers", params=query).json()["items"]

        kept = {"status": "attended", "country": None, "subdivision": None}
        assert single["attendance"] == item["attendance"] == dict.fromkeys("ab", there if told else kept)
        assert entry["change_reason"] == listed["change_reason"] == ("Heard alone." if told else None)


def test_every_table_that_others_may_see_says_so(world: World, house: House) -> None:
    """Without a column `visibility` a table yields nothing beyond the treating team, unless it is declared."""
    told = {table.name for table in metadata.tables.values() if table.info.get("told")}
    assert told == {"couple", "partner", "data_key"}

    opened, audience = eyes(world, house, JOINT)
    with opened as chart:
        for table in metadata.tables.values():
            if "visibility" not in table.c and table.name not in told and "practice_id" in table.c:
                statement = select(table.c.practice_id)
                assert chart.for_audience(audience).tuples(statement) == [], table.name


def test_other_eyes_write_nothing(world: World, house: House) -> None:
    opened, audience = eyes(world, house, JOINT)
    with opened as chart:
        other: Chart = chart.for_audience(audience)
        with pytest.raises(LookupError, match="only reads"):
            other.add(marker, couple_id=house.couple["id"])
        with pytest.raises(LookupError, match="only reads"):
            other.amend(session, NOBODY, 1)


def test_an_outer_join_is_for_the_treating_team_alone(world: World, house: House) -> None:
    same = (indicator_result.c.practice_id == couple_table.c.practice_id) & (
        indicator_result.c.id == couple_table.c.id
    )
    joined = (
        select(couple_table.c.id, indicator_result.c.attention)
        .select_from(couple_table.outerjoin(indicator_result, same))
        .where(couple_table.c.status == bindparam("status", required=True))
    )
    opened, audience = eyes(world, house, JOINT)
    with opened as chart:
        assert len(chart.rows(joined, status="open")) == 1
        with pytest.raises(LookupError, match="outer join"):
            chart.for_audience(audience).rows(joined, status="open")


def test_names_of_audiences_are_read_as_they_are_written() -> None:
    for audience in (CLINICIAN, JOINT, partner(NOBODY)):
        assert read(str(audience)) == audience


@pytest.mark.parametrize(
    ("new", "old", "wider"),
    [
        ({"visibility": "joint", "visible_partner_id": None}, own("a"), True),
        (own("a"), own("b"), True),
        (own("a"), {"visibility": "clinician", "visible_partner_id": None}, True),
        (own("a"), own("a"), False),
        (own("a"), {"visibility": "joint", "visible_partner_id": None}, False),
        ({"visibility": "clinician", "visible_partner_id": None}, own("a"), False),
    ],
)
def test_wider_is_whatever_somebody_new_could_learn(new: Json, old: Json, wider: bool) -> None:
    assert is_wider(new, old) is wider


def test_only_the_joint_answer_looks_at_the_whole_record_for_others() -> None:
    """A chart with narrower eyes is widened again in one place, to see whether both computations agree."""
    house = Path(__file__).parents[2] / "app"
    widening = [
        str(path.relative_to(house))
        for path in house.rglob("*.py")
        if "for_audience(CLINICIAN" in path.read_text("utf-8")
    ]

    assert widening == ["progress/joint.py"]
