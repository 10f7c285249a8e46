"""What was entered in error stays with the treating team: it may be about somebody else, and is nobody else's."""

from typing import Any

import httpx

from tests.people import Caller, Json, a_betrayal, a_couple, partner, same_refusal

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
WORDS = "Of another couple."
SEEN = {"observed_on": "2026-02-20", "basis": "observed_in_session"}
THERE = {"status": "attended"}

# What is recorded of a couple, where, and with which words that are somebody else's.
ENTRIES: dict[str, Json] = {
    "markers": {"code": "ACC-FULL", **SEEN, "words": WORDS},
    "cessation": {"status": "continuing", "grade": "admitted", "effective_on": "2026-02-20", "words": WORDS},
    "threat-reports": {
        "window_start": "2026-02-01",
        "window_end": "2026-02-14",
        "episodes": 9,
        "source": "self_in_session",
    },
    "pauses": {"kind": "travel", "starts_on": "2026-02-01", "ends_on": "2026-02-20", "words": WORDS},
    "known-dates": {"kind": "reminder", "on_day": "2026-02-20", "recurs": "none"},
    "betrayals": a_betrayal(affected="b", description=WORDS),
    "stages": {
        "stage": "stabilisation",
        "entered_on": "2026-02-20",
        "evidence": WORDS,
        "visibility": "joint",
    },
}


def a_commitment(couple: Json) -> Json:
    return {
        "owner_partner_id": partner(couple, "b"),
        "action": "Puts the three bank statements on the kitchen table",
        "cadence": {"kind": "recurring", "rule": "FREQ=MONTHLY;BYMONTHDAY=1"},
        "evidence_agreed": "Statements seen together",
        "review_on": "2026-04-13",
        "agreed_by_both": True,
    }


def a_session(**changes: Any) -> Json:
    return {
        "kind": "conjoint",
        "starts_at": "2026-02-20T16:00:00Z",
        "duration_minutes": 60,
        "attendance": {"a": THERE, "b": THERE},
        "note": {"format": "narrative", "text": WORDS},
        "markers": [{"code": "ACC-FULL", **SEEN, "words": WORDS}],
        "sign": True,
        **changes,
    }


def voided(caller: Caller, address: str) -> Json:
    """What is marked as entered in error, as the treating team is told."""
    held = {"If-Match": caller.get(address).headers["ETag"]}
    answer = caller.post(f"{address}/entered-in-error", {"reason": "The wrong couple."}, headers=held)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def others(couple: Json) -> tuple[str, ...]:
    """Both partners together, and one of them."""
    return ("joint", f"partner:{partner(couple, 'b')}")


def told(answer: httpx.Response) -> Any:
    """Status, tag, links and body of an answer."""
    return answer.status_code, answer.headers.get("ETag"), answer.headers.get("Link"), answer.content


def lists(caller: Caller, address: str, couple: Json) -> list[Any]:
    """A list as the others are told it: as it stands, with its history, as known then, and page by page."""
    asked: tuple[Json, ...] = ({}, {"history": "true", "limit": "1"})
    if not address.endswith("sessions"):
        asked += ({"history": "true", "known_at": "2026-03-02"},)
    return [
        told(caller.get(address, params={"audience": name, **query}))
        for name in others(couple)
        for query in asked
    ]


def is_nothing(caller: Caller, address: str, couple: Json) -> bool:
    """Whether the others are answered as about the id of nobody, and the treating team is not."""
    place = address.rsplit("/", 1)[0]
    return caller.get(address).status_code == 200 and all(
        same_refusal(
            caller.get(address, params={"audience": name}),
            caller.get(f"{place}/{NOBODY}", params={"audience": name}),
        )
        for name in others(couple)
    )


def test_an_entry_made_in_error_is_as_if_it_had_never_been(therapist: Caller) -> None:
    couple = a_couple(therapist)
    therapist.made(f"/v1/couples/{couple['id']}/markers", ENTRIES["markers"])
    for kind, body in ENTRIES.items():
        path = f"/v1/couples/{couple['id']}/{kind}"
        before = lists(therapist, path, couple)
        made = therapist.made(path, body)
        address = f"/v1/{kind}/{made['id']}"
        assert therapist.get(address, params={"audience": "joint"}).status_code == 200

        marked = voided(therapist, address)

        assert lists(therapist, path, couple) == before, kind
        assert is_nothing(therapist, address, couple), kind
        assert is_nothing(therapist, f"/v1/{kind}/{marked['id']}", couple), kind
        team = {row["id"] for row in therapist.get(path, params={"history": "true"}).json()["items"]}
        assert {made["id"], marked["id"]} <= team


def test_every_version_of_it_goes(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}/markers"
    before = lists(therapist, path, couple)
    first = therapist.made(path, ENTRIES["markers"])
    held = {"If-Match": therapist.get(f"/v1/markers/{first['id']}").headers["ETag"]}
    second = therapist.made(
        f"/v1/markers/{first['id']}/corrections", {**ENTRIES["markers"], "reason": "Misheard."}, headers=held
    )
    assert therapist.get(f"/v1/markers/{first['id']}", params={"audience": "joint"}).status_code == 200

    voided(therapist, f"/v1/markers/{second['id']}")

    assert lists(therapist, path, couple) == before
    assert all(is_nothing(therapist, f"/v1/markers/{row['id']}", couple) for row in (first, second))


def test_a_commitment_takes_its_check_ins_along(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}/commitments"
    before = lists(therapist, path, couple)
    made = therapist.made(path, a_commitment(couple))
    body = {"checked_on": "2026-03-02", "outcome": "kept", "words": WORDS}
    checked = therapist.made(f"/v1/commitments/{made['id']}/check-ins", body)
    assert therapist.get(f"/v1/check-ins/{checked['id']}", params={"audience": "joint"}).status_code == 200

    voided(therapist, f"/v1/commitments/{made['id']}")

    assert lists(therapist, path, couple) == before
    assert is_nothing(therapist, f"/v1/commitments/{made['id']}", couple)
    assert is_nothing(therapist, f"/v1/check-ins/{checked['id']}", couple)


def test_a_session_takes_its_addenda_and_entries_along(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}"
    before = [lists(therapist, f"{path}/{kind}", couple) for kind in ("sessions", "markers")]
    made = therapist.made(f"{path}/sessions", a_session())
    added = therapist.made(f"/v1/sessions/{made['id']}/addenda", {"kind": "addendum", "text": WORDS})
    assert therapist.get(f"/v1/addenda/{added['id']}", params={"audience": "joint"}).status_code == 200

    voided(therapist, f"/v1/sessions/{made['id']}")

    assert [lists(therapist, f"{path}/{kind}", couple) for kind in ("sessions", "markers")] == before
    for address in (
        f"sessions/{made['id']}",
        f"addenda/{added['id']}",
        f"markers/{made['entries']['markers'][0]}",
    ):
        assert is_nothing(therapist, f"/v1/{address}", couple)
    assert therapist.get(f"/v1/sessions/{made['id']}").json()["note"]["text"] == WORDS


def test_an_entry_of_a_session_that_stands_is_named_in_it_no_longer(therapist: Caller) -> None:
    couple = a_couple(therapist)
    made = therapist.made(f"/v1/couples/{couple['id']}/sessions", a_session())
    marker = made["entries"]["markers"][0]
    query = {"include": "entries", "audience": "joint"}
    at = f"/v1/sessions/{made['id']}"
    assert therapist.get(at, params=query).json()["entries"]["markers"] == [marker]

    voided(therapist, f"/v1/markers/{marker}")

    assert therapist.get(at, params=query).json()["entries"]["markers"] == []
    assert therapist.get(at, params={"include": "entries"}).json()["entries"]["markers"] == [marker]
