"""The case's vocabulary: kinds of betrayal, dates, coming to light, confidentiality and endings."""

from app.couples.kinds import (
    BETRAYAL_KINDS,
    CAME_TO_LIGHT,
    CLOSING_OUTCOMES,
    DATE_PRECISIONS,
    POLICIES,
)


def test_every_kind_of_betrayal_is_there() -> None:
    assert [kind.code for kind in BETRAYAL_KINDS] == [
        "emotional_affair",
        "hidden_compulsion",
        "financial",
        "lies_broken_agreements",
        "disparagement",
        "absence_at_need",
        "sexual_affair",
        "emotional_dishonesty",
        "agreement_breach_cnm",
        "commercial_sex",
        "secret_marriage_or_family",
        "reproductive_deception",
        "health_concealment",
        "private_material_shared",
        "substance_use",
        "other",
    ]


def test_labels_are_neutral_enough_for_an_export() -> None:
    forbidden = ("affair", "cheat", "adulter", "unfaithful", "infidel", "victim", "guilt")

    assert not any(word in kind.label.casefold() for kind in BETRAYAL_KINDS for word in forbidden)


def test_every_kind_says_what_ending_and_changed_form_mean() -> None:
    assert all(kind.cessation and kind.diminished_or_changed and kind.source for kind in BETRAYAL_KINDS)


def test_dates_and_coming_to_light() -> None:
    assert [item.code for item in DATE_PRECISIONS] == ["day", "month", "year", "about"]
    assert [item.code for item in CAME_TO_LIGHT] == [
        "discovery",
        "voluntary",
        "on_confrontation",
        "facilitated",
    ]


def test_only_one_policy_needs_permission_and_only_one_has_disclosure_dates() -> None:
    assert [policy.code for policy in POLICIES] == ["no_secrets", "limited_secrets", "confidential"]
    assert [policy.code for policy in POLICIES if policy.needs_written_permission] == ["confidential"]
    assert [policy.code for policy in POLICIES if policy.has_disclosure_dates] == ["limited_secrets"]


def test_no_ending_is_called_a_failure() -> None:
    assert len(CLOSING_OUTCOMES) == 8
    assert not any("fail" in outcome.label.casefold() for outcome in CLOSING_OUTCOMES)
