"""The four stages and the evidence around them."""

import re

from app.markers.kinds import BY_CODE as MARKERS
from app.stages.kinds import INJURY_STEPS, STAGES


def test_there_are_four_stages_in_order() -> None:
    assert [(stage.number, stage.code) for stage in STAGES] == [
        (1, "stabilisation"),
        (2, "understanding_the_injury"),
        (3, "repair_and_reconnection"),
        (4, "growth_and_redefinition"),
    ]


def test_every_stage_says_what_speaks_for_entering_and_leaving_it() -> None:
    assert all(stage.aim and stage.entry and stage.exit and stage.counterpart for stage in STAGES)
    for stage in STAGES:
        codes = [item.code for item in (*stage.entry, *stage.exit)]
        assert len(set(codes)) == len(codes)
        assert all(item.words for item in (*stage.entry, *stage.exit))


def test_evidence_named_like_a_marker_is_one() -> None:
    codes = {item.code for stage in STAGES for item in (*stage.entry, *stage.exit)}

    assert {code for code in codes if re.fullmatch("[A-Z]{3}-[A-Z]+", code)} <= set(MARKERS)


def test_the_last_stage_is_open_to_those_who_part() -> None:
    assert any("part" in item.words for item in STAGES[-1].entry)


def test_the_injury_has_eight_steps() -> None:
    assert [step.number for step in INJURY_STEPS] == list(range(1, 9))
