"""The proof of what leaves, in small: a few random histories, each planted flaw found; whole: `make prove-leaving`."""

import pytest

from bench.leaving.proving import FLAWS, Flaw, prove
from bench.separation.proving import placed
from tests.people import World


def test_no_copy_and_no_account_of_one_partner_tells_of_the_others_own(world: World) -> None:
    with placed(world.app, world.store) as place:
        tally = prove(place, range(1, 3))
    assert tally.differences == []
    assert tally.entries > 0
    assert tally.kept > 0


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.words)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_flaw_planted_on_purpose_is_found(world: World, flaw: Flaw) -> None:
    with placed(world.app, world.store) as place, flaw.planted():
        assert any(prove(place, [seed]).differences for seed in range(1, flaw.histories + 1))
