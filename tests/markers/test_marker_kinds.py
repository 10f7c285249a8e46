"""Marker kinds: complete, consistent and mapped to evidence exactly as decided."""

import pytest

from app.markers.kinds import BASES, BY_CODE, KINDS, NOT_EVIDENCE, OPENS_CONCERN, STATED_WISH, MarkerKind

EVIDENCE = {
    "ACC-FULL": ("accountability", "full_ownership"),
    "ACC-REPEAT": ("accountability", "full_ownership"),
    "ACC-IMPACT": ("accountability", "acknowledged_harm"),
    "ACC-PARTIAL": ("accountability", "minimised"),
    "ACC-MIN": ("accountability", "minimised"),
    "ACC-DEFL": ("accountability", "deflected"),
    "ACC-BLAME": ("accountability", "blame_shifted"),
    "ACC-DENY": ("accountability", "blame_shifted"),
    "TRN-PRO": ("transparency", "proactive"),
    "TRN-VOLDISC": ("transparency", "proactive"),
    "TRN-ROUTINE": ("transparency", "proactive"),
    "TRN-ANSWER": ("transparency", "responsive"),
    "TRN-COMPLY": ("transparency", "passive_compliance"),
    "TRN-SURV": ("transparency", "surveillance_dependent"),
    "TRN-WITHHELD": ("transparency", "withheld"),
    "TRN-CONCEAL": ("transparency", "concealment_discovered"),
}
POLARITIES = {
    "+": "ACC-FULL ACC-IMPACT ACC-REPEAT TRN-PRO TRN-ROUTINE TRN-VOLDISC RES-REMORSE RES-PRESENT RES-ACTION "
    "RES-PATIENT AFF-EXPRESS AFF-VOICE AFF-OPEN AFF-MARK AFF-NOTICE AFF-COPE MUT-NEEDS MUT-SLOW MUT-BOND "
    "MUT-CLOSER MUT-BRICK",
    "0": "ACC-CONTEXT ACC-PARTIAL ACC-APOL TRN-COMPLY AFF-VAGUE MUT-CHOICE MUT-LEAN",
    "-": "ACC-MIN ACC-DEFL ACC-BLAME ACC-DENY TRN-SURV TRN-WITHHELD TRN-CONCEAL RES-WEAPON RES-RUSH RES-DEFEND "
    "RES-SHUT AFF-DESTRUCT MUT-ESCALATE MUT-SHUTDOWN",
    "0/+": "TRN-ANSWER",
    "0/-": "AFF-FIXED",
    "safety": "TRN-COERCED",
}
FAMILY_OF_PREFIX = {
    "ACC": "accountability",
    "TRN": "transparency",
    "RES": "responsiveness",
    "AFF": "affected",
    "MUT": "mutual",
}

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)


def test_every_code_is_there_once_with_its_polarity() -> None:
    expected = {code: polarity for polarity, codes in POLARITIES.items() for code in codes.split()}

    assert {kind.code: kind.polarity for kind in KINDS} == expected
    assert len(KINDS) == len(BY_CODE) == 45


@each_kind
def test_every_kind_says_all_a_clinician_needs(kind: MarkerKind) -> None:
    texts = (kind.label, kind.definition, kind.example, kind.counter_example, kind.source, kind.counts_as)

    assert all(text.strip() == text and text for text in texts)
    assert kind.family == FAMILY_OF_PREFIX[kind.code.split("-")[0]]


@each_kind
def test_no_kind_presumes_what_the_betrayal_was_or_who_the_partners_are(kind: MarkerKind) -> None:
    words = f"{kind.label} {kind.definition} {kind.example} {kind.counter_example} {kind.task}".casefold()

    assert not any(word in words for word in ("affair", "husband", "wife", "marriage", "infidel", "cheat"))


@each_kind
def test_evidence_is_exactly_what_was_decided(kind: MarkerKind) -> None:
    assert (kind.evidence_family, kind.evidence_level) == EVIDENCE.get(kind.code, (None, None))
    if kind.code in EVIDENCE:
        assert kind.counts_as == f"{kind.evidence_family}: {kind.evidence_level}"
        assert kind.evidence_family == kind.family
    else:
        assert kind.counts_as in (NOT_EVIDENCE, OPENS_CONCERN, STATED_WISH)


def test_only_coerced_access_opens_a_safety_concern() -> None:
    assert [kind.code for kind in KINDS if kind.opens_safety_concern] == ["TRN-COERCED"]
    assert BY_CODE["TRN-COERCED"].counts_as == OPENS_CONCERN


def test_only_lean_and_choice_take_a_stated_value() -> None:
    assert {kind.code: kind.stated_values for kind in KINDS if kind.stated_values} == {
        "MUT-LEAN": ("in", "out", "unsure"),
        "MUT-CHOICE": ("stay", "part", "undecided"),
    }


def test_background_may_only_be_recorded_after_ownership() -> None:
    assert BY_CODE["ACC-CONTEXT"].requires_earlier == "ACC-FULL"
    assert all(kind.requires_earlier in BY_CODE for kind in KINDS if kind.requires_earlier)


def test_the_checking_pattern_is_about_both_and_nobodys_fault() -> None:
    assert BY_CODE["TRN-SURV"].about == "dyad"
    assert BY_CODE["TRN-COERCED"].about == "either"


def test_the_six_bases_have_words() -> None:
    assert [basis.code for basis in BASES] == [
        "observed_in_session",
        "reported_by_affected",
        "reported_by_betraying",
        "reported_by_both",
        "third_party_with_release",
        "document_seen",
    ]
    assert all(basis.words for basis in BASES)


def test_the_codes_of_a_family_begin_alike_and_those_of_others_do_not() -> None:
    families = {(kind.code.split("-")[0], kind.family) for kind in KINDS}

    assert len(families) == len({prefix for prefix, _ in families}) == len({family for _, family in families})
