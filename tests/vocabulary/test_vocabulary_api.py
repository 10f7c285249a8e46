"""The published vocabulary: complete, cacheable, open to anyone with a key, and the examples of inputs hold."""

from typing import Any

import pytest

from app.markers.cessation_kinds import KINDS as CESSATION
from app.markers.kinds import KINDS
from app.markers.schemas import CessationIn, MarkerIn
from app.safety.schemas import ConcernIn, ScreenIn, StateIn
from app.threat_responses.bands import BANDS, TRIGGERS
from app.threat_responses.schemas import ThreatReportIn
from app.vocabulary.schemas import KindsOut
from app.wire.types import Input
from tests.people import World


def test_every_kind_is_published_to_anyone_with_a_key(world: World) -> None:
    anyone = world.somebody("administrator")

    answer = anyone.get("/v1/marker-kinds")

    content = answer.json()
    KindsOut.model_validate(content)
    assert [kind["code"] for kind in content["markers"]] == [kind.code for kind in KINDS]
    assert [kind["code"] for kind in content["cessation"]] == [kind.code for kind in CESSATION]
    assert [band["code"] for band in content["threat_bands"]] == [band.code for band in BANDS]
    assert [trigger["code"] for trigger in content["triggers"]] == [trigger.code for trigger in TRIGGERS]
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert anyone.get("/v1/marker-kinds", headers=etag).status_code == 304


def test_the_vocabulary_is_not_for_strangers(world: World) -> None:
    world.home()

    assert world.client().get("/v1/marker-kinds").status_code == 401


@pytest.mark.parametrize("model", [MarkerIn, CessationIn, ThreatReportIn, ConcernIn, ScreenIn, StateIn])
def test_the_examples_of_an_input_are_valid_as_they_stand(model: type[Input]) -> None:
    examples: Any = model.model_json_schema()["examples"]

    assert all(model.model_validate(example) for example in examples)


@pytest.mark.parametrize("model", [MarkerIn, CessationIn, ThreatReportIn])
def test_the_document_names_no_default_visibility_that_a_client_would_fill_in(model: type[Input]) -> None:
    assert "default" not in model.model_json_schema()["properties"]["visibility"]
