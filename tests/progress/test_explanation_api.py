"""Why an answer is what it is, over HTTP; and old versions asked for by name."""

import copy
import hashlib
from datetime import date
from typing import Any

import pytest

from app.progress.remembered import Memory
from app.progress.schemas import ASSESSMENT, Explanation, ExplanationOut
from app.timeline import CURRENT, MODEL_VERSION, NAMES, assess
from tests.people import Caller, Json, World, a_couple, same_refusal
from tests.progress.records import a_concern, a_falling_course, a_marker
from tests.timeline.documents import steady

DAY = "2026-01-06"
NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def explained(caller: Caller, couple: Json, **query: Any) -> Json:
    answer = caller.get(f"/v1/couples/{couple['id']}/explanation", params={"as_of": DAY, **query})
    assert answer.status_code == 200, answer.text
    ExplanationOut.model_validate(answer.json())
    (way,) = answer.json()["directions"]
    return dict(way)


def test_an_answer_is_explained_from_evidence_that_can_be_fetched(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple)
    way = explained(therapist, couple)
    told = way["explanation"]
    assert told["status"] == "on_track"
    assert len(told["influential_reports"]["reports"]) == 5
    assert told["contributions"]["frequency"]["high"] < 0
    assert {lack["indicator"] for lack in told["lacks"]} >= {
        "progress",
        "accountability",
        "continuing_betrayal",
    }
    assert "asks nobody" in way["note"]
    assert {group["code"] for group in told["ignored"]} == {"attendance"}
    for cited in way["evidence"][:3]:
        assert therapist.get(cited["href"]).status_code == 200


def test_the_same_explanation_is_not_sent_twice(therapist: Caller) -> None:
    couple = a_couple(therapist)
    path = f"/v1/couples/{couple['id']}/explanation"
    first = therapist.get(path)
    again = therapist.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_is_explained_while_a_safety_concern_is_open(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple)
    a_concern(therapist, couple)
    way = explained(therapist, couple)
    assert (way["suspended"], way["explanation"], way["evidence"]) == (True, None, [])


def test_openness_under_pressure_is_neither_scored_nor_explained(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    a_marker(therapist, couple, "TRN-COERCED", date(2026, 1, 2))
    for concern in therapist.get(f"/v1/couples/{couple['id']}/safety-concerns").json()["items"]:
        assert concern["state"]
    assert explained(therapist, couple)["explanation"] is None


def test_outside_the_care_team_there_is_nothing_to_explain(world: World, therapist: Caller) -> None:
    couple = a_couple(therapist)
    stranger = world.somebody("clinician", name="Dr. Other")
    mine = stranger.get(f"/v1/couples/{couple['id']}/explanation")
    assert mine.status_code == 404
    assert same_refusal(mine, stranger.get(f"/v1/couples/{NOBODY}/explanation"))


def test_every_released_version_can_be_asked_for_and_an_unknown_one_is_refused_with_the_list(
    world: World, therapist: Caller
) -> None:
    couple = a_couple(therapist)
    a_falling_course(world, therapist, couple)
    for question in ("progress", "stopping", "timeline", "explanation"):
        path = f"/v1/couples/{couple['id']}/{question}"
        current = therapist.get(path, params={"as_of": DAY})
        named = therapist.get(path, params={"as_of": DAY, "model_version": CURRENT.version})
        assert named.content == current.content
        for name in NAMES:
            answer = therapist.get(path, params={"as_of": DAY, "model_version": name}).json()
            assert answer["parameters_version"] == (CURRENT.version if name == MODEL_VERSION else name)
        wrong = therapist.get(path, params={"model_version": "1999.1"})
        (error,) = wrong.json()["errors"]
        assert (wrong.status_code, error["pointer"]) == (422, "#/query/model_version")
        assert (error["code"], all(name in error["detail"] for name in NAMES)) == ("unknown_version", True)


def test_a_document_is_explained_and_assessed_by_any_version_without_being_stored(therapist: Caller) -> None:
    explanation = therapist.post("/v1/assessments/explanations", ASSESSMENT)
    Explanation.model_validate(explanation.json())
    assert explanation.json()["lacks"]
    for path in ("/v1/assessments", "/v1/assessments/explanations"):
        for name in NAMES:
            answer = therapist.post(path, {**ASSESSMENT, "model_version": name})
            assert (answer.status_code, answer.json()["model_version"]) == (200, MODEL_VERSION)
        wrong = therapist.post(path, {**ASSESSMENT, "model_version": "0"})
        (error,) = wrong.json()["errors"]
        assert (wrong.status_code, error["pointer"], error["code"]) == (
            422,
            "/model_version",
            "unknown_version",
        )


def test_what_is_remembered_equals_what_is_calculated_and_cannot_be_changed() -> None:
    evidence, day, memory = steady(40, 12, change=-0.1), date(2022, 12, 1), Memory()
    first = memory.recall(assess, evidence, day, CURRENT)
    second = memory.recall(assess, evidence, day, CURRENT)
    second["progress"]["status"] = "spoilt"
    assert memory.recall(assess, evidence, day, CURRENT) == first == assess(evidence, day)


def test_other_evidence_another_day_or_another_version_is_another_question() -> None:
    calls: list[Any] = []

    def counted(document: Any, as_of: date, *, parameters: Any) -> list[int]:
        calls.append((document, as_of, parameters.version))
        return [len(calls)]

    evidence, memory = steady(40, 12), Memory()
    other = copy.deepcopy(evidence)
    other["threat_reports"][0]["episodes"] += 1
    for document, day in ((evidence, 1), (evidence, 1), (other, 1), (evidence, 2)):
        memory.recall(counted, document, date(2022, 12, day), CURRENT)
    assert len(calls) == 3


def noise(number: int) -> str:
    return hashlib.shake_256(number.to_bytes(2)).hexdigest(500)  # packed by half at most


@pytest.mark.parametrize("most", [0, 3_000])
def test_memory_is_bounded_and_forgets_the_oldest_first(most: int) -> None:
    memory, calls = Memory(most), list[int]()

    def filled(number: int, as_of: date, *, parameters: Any) -> str:
        calls.append(number)
        return noise(number)

    for number in range(50):
        assert memory.recall(filled, number, date(2022, 1, 1), CURRENT) == noise(number)
        assert memory._held == sum(map(len, memory._found.values())) <= most
    kept = len(memory._found)
    assert kept == (5 if most else 0)
    for number in range(50 - kept, 50):
        memory.recall(filled, number, date(2022, 1, 1), CURRENT)
    assert calls == list(range(50))
