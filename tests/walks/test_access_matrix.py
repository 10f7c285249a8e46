"""Every operation × everybody: strangers meet what does not exist, narrow keys their scopes, owners what is theirs.

The small version of `make prove-access`: the same walks, without its fingerprints of all tables and its clock.
"""

import pytest
from fastapi import FastAPI

from bench.access import crowd, foreign, identities, owned
from bench.access.flaws import FLAWS, found
from bench.access.identities import missed, reached
from bench.access.tally import Prints, Tally
from tests.people import Json, World
from tests.walks import matrix
from tests.walks.matrix import CANARY, MAKERS, SAFETY_CANARY, Estate


@pytest.fixture
def document(world: World) -> Json:
    """The document as it is served."""
    return dict(world.app.openapi())


@pytest.fixture
def estate(world: World, document: Json) -> Estate:
    """A clinician's couple with an entry of every kind, late enough in the year for every documented example."""
    world.watch.go(days=263)
    owner, administrator = world.somebody("clinician", name="Dr. Owner"), world.somebody("administrator")
    return Estate(world, document, owner, administrator, matrix.marked).fresh().filled()


def test_every_path_parameter_has_somebody_who_makes_it(application: FastAPI) -> None:
    wanted = {each.parameter for each in matrix.operations(application.openapi()).values() if each.parameter}

    assert wanted == set(MAKERS)


def test_those_who_may_reach_every_operation(estate: Estate) -> None:
    owners = reached(estate)

    assert len(missed(owners)) <= 0.05 * len(owners), f"the matrix proves nothing about {missed(owners)}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_colleague_let_in_reaches_every_operation(estate: Estate) -> None:
    colleagues = reached(estate, estate.world.somebody("clinician"))

    assert len(missed(colleagues)) <= 0.05 * len(colleagues), f"nothing proved about {missed(colleagues)}"


def test_strangers_meet_what_does_not_exist_and_change_nothing(estate: Estate) -> None:
    strangers, tally = crowd.strangers(estate), Tally()
    before = estate.view()

    identities.by_strangers(estate, estate.all.values(), strangers, tally)

    assert tally.findings == []
    assert CANARY in repr(before)
    assert SAFETY_CANARY in repr(before)
    assert estate.view() == before


def test_keys_not_in_force_open_nothing_and_a_key_with_one_scope_what_that_scope_says(estate: Estate) -> None:
    shut_out, keys, tally = crowd.shut_out(estate), crowd.narrow_keys(estate), Tally()
    before = estate.view()

    identities.by_the_shut_out(estate, estate.all.values(), shut_out, tally)
    for who in ("key for reading the record", "integration without clinical scope"):
        identities.by_narrow_key(estate, estate.all.values(), who, keys[who], tally)

    assert tally.findings == []
    assert estate.view() == before


def test_foreign_ids_are_like_ids_of_nobody_and_cursors_open_nothing(estate: Estate) -> None:
    attackers, tally = crowd.attackers(estate), Tally()
    before = estate.view()

    foreign.in_bodies(estate, attackers, tally)
    foreign.in_queries(estate, attackers, tally)

    assert tally.findings == []
    left_out = {"listCouples", "getCaseload"}
    changed = {name for name, seen in estate.view().items() if seen != before[name]}
    assert changed <= left_out

    foreign.in_cursors(estate, attackers, tally)

    assert tally.findings == []
    assert tally.tried["ids in bodies"] > 500
    assert tally.tried["cursors"] > 60


def test_no_body_may_set_what_the_server_owns_and_no_undeclared_method_answers(estate: Estate) -> None:
    before, tally = estate.view(), Tally()

    owned.fields(estate, tally)
    owned.methods(estate, tally)

    assert tally.findings == []
    assert tally.tried["fields"] > 2000
    assert estate.view() == before


# --- the matrix can fail ---

SLOW = {"time", "method"}
"""Planted by the command alone: by the clock, and by every method on every address."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_planted_flaws_are_found(world: World, estate: Estate) -> None:
    prints = Prints(world.url)

    missed_flaws = [flaw.name for flaw in FLAWS if flaw.name not in SLOW and not found(flaw, estate, prints)]

    prints.close()
    assert missed_flaws == []
