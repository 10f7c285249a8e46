"""Whatever is shown with a name has a meaning and a source that can be looked up."""

import ast
from pathlib import Path

import pytest

from app import errors
from app.markers.cessation_kinds import KINDS as CESSATION
from app.markers.kinds import KINDS
from app.timeline.rules import catalogue
from app.wire import faults

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


def test_every_fault_of_a_field_says_how_to_mend_it() -> None:
    silent = [kind for kind in faults._SENTENCES if not faults.sentences(kind, "said", {})[1]]
    silent += [
        code for code in _codes_told_without_a_hint() if not errors.invalid("", code, "").errors[0].hint
    ]

    assert silent == []


def _codes_told_without_a_hint() -> set[str]:
    """The codes of `invalid(pointer, code, detail)` throughout the house."""
    calls = (
        node
        for file in Path(errors.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "invalid"
    )
    codes = [call.args[1] for call in calls if len(call.args) == 3 and not call.keywords]
    return {str(code.value) for code in codes if isinstance(code, ast.Constant)}
