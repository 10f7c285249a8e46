"""Whatever is shown with a name has a meaning and a source that can be looked up."""

import pytest

from app.markers.cessation_kinds import KINDS as CESSATION
from app.markers.kinds import KINDS
from app.timeline.rules import catalogue

RULES = [
    (group, rule) for group in ("indicators", "prerequisites", "stop_criteria") for rule in catalogue()[group]
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_marker_kind_has_label_definition_examples_and_source(kind: object) -> None:
    for name in ("label", "definition", "example", "counter_example", "source", "counts_as"):
        assert getattr(kind, name).strip(), name


@pytest.mark.parametrize("kind", CESSATION, ids=lambda kind: kind.code)
def test_every_kind_of_cessation_says_what_is_needed_and_what_follows(kind: object) -> None:
    for name in ("label", "definition", "evidence_needed", "effect"):
        assert getattr(kind, name).strip(), name


@pytest.mark.parametrize(
    ("group", "rule"), RULES, ids=lambda part: part if isinstance(part, str) else part["code"]
)
def test_every_indicator_and_criterion_says_what_it_is_and_where_it_comes_from(
    group: str, rule: dict[str, object]
) -> None:
    for name in ("code", "label", "definition", "source"):
        assert str(rule.get(name, "")).strip(), f"{group} {rule['code']}: {name}"


def test_codes_are_unique() -> None:
    for codes in ([k.code for k in KINDS], [k.code for k in CESSATION], [r["code"] for _, r in RULES]):
        assert len(set(codes)) == len(codes)
