"""Flaws planted on purpose, each of which the walks must find: a proof that cannot fail proves nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final
from unittest import mock

from pydantic import BaseModel
from sqlalchemy import Table, bindparam, select, update
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app import openapi
from app.chart import plans
from app.chart.chart import Chart, Row
from app.couples import facts
from app.couples.case import Case
from app.couples.facts import FAR_INSTANT, FactKind, single
from app.couples.tables import couple
from app.errors import Refusal, invalid
from app.markers.tables import marker
from app.practice import door
from app.practice.door import DoorRoute, Writing
from app.practice.sign_in import sign_in
from app.releases import service as releases
from app.releases.tables import recipient
from app.wire.answers import answer, documents
from app.wire.types import Id
from bench.access import crowd, foreign, identities, owned, times
from bench.access.tally import Kind, Prints, Tally
from tests.walks.matrix import Estate

Plant = Callable[[Estate], AbstractContextManager[Any]]
Walk = Callable[[Estate, Tally], None]


@dataclass(frozen=True)
class Flaw:
    """A flaw, how it is planted, the walk that must find it, and what it is."""

    name: str
    words: str
    planted: Plant
    walk: Walk
    kind: Kind


def found(flaw: Flaw, estate: Estate, prints: Prints) -> list[str]:
    """What the walk finds of the flaw."""
    tally = Tally(prints=prints)
    estate.world.store._plans.clear()
    try:
        with flaw.planted(estate):
            flaw.walk(estate, tally)
    finally:
        estate.world.store._plans.clear()
    return [each.words for each in tally.findings if each.kind == flaw.kind]


# --- walks of a few operations ---


def _strangers(*names: str) -> Walk:
    def walk(estate: Estate, tally: Tally) -> None:
        tried = [estate.all[name] for name in names]
        identities.by_strangers(estate, tried, crowd.strangers(estate), tally)

    return walk


def _shut_out(estate: Estate, tally: Tally) -> None:
    identities.by_the_shut_out(estate, [estate.all["getCouple"]], crowd.shut_out(estate), tally)


def _narrow(estate: Estate, tally: Tally) -> None:
    who = "key for reading the record"
    tried = [estate.all["recordMarker"]]
    identities.by_narrow_key(estate, tried, who, crowd.narrow_keys(estate)[who], tally)


def _bodies(*names: str) -> Walk:
    def walk(estate: Estate, tally: Tally) -> None:
        attacker = estate.fresh()
        attacker.mark = lambda _, body: body
        tried = [estate.all[name] for name in names]
        attackers = {"owner, in another couple": attacker}
        foreign.in_bodies(estate, attackers, tally, thorough=True, tried=tried)

    return walk


def _fields(estate: Estate, tally: Tally) -> None:
    document = openapi.document(estate.world.app, openapi.TAGS)
    lax = replace(estate, document=document)
    lax.all = {"nickname": lax.all["nickname"]}
    owned.fields(lax, tally)


def _methods(estate: Estate, tally: Tally) -> None:
    owned.methods(estate, tally)


def _times(estate: Estate, tally: Tally) -> None:
    colleague = crowd.strangers(estate)["colleague"]
    times.measure(estate, "colleague", colleague, [estate.all["getMarker"]], 60, tally)


# --- flaws ---


def _for_markers(wrong: Callable[[Chart, Row], Any]) -> Plant:
    """When somebody asks for a marker that is not theirs, something is done that must not be."""

    @contextmanager
    def planted(_: Estate) -> Iterator[None]:
        right = facts.get

        def get(chart: Chart, kind: FactKind, fact_id: str) -> Row:
            try:
                return right(chart, kind, fact_id)
            except Refusal:
                found = chart.past_the_care_team().find(single(kind.table), row=fact_id, known=FAR_INSTANT)
                told = wrong(chart, found) if found and kind.table is marker else None
                if told is None:
                    raise
                return dict(told)

        with mock.patch.object(facts, "get", get):
            yield

    return planted


def _says_forbidden(_: Chart, __: Row) -> None:
    raise Refusal("insufficient_scope")


def _says_whose(_: Chart, row: Row) -> None:
    raise Refusal("not_found", "This marker belongs to somebody else.")


def _gives_a_tag(_: Chart, row: Row) -> None:
    raise Refusal("not_found", headers={"ETag": f'"{row["id"][-12:]}-0"'})


def _sleeps(_: Chart, __: Row) -> None:
    time.sleep(0.01)


_TOUCHED = (
    update(couple)
    .where(couple.c.id == bindparam("row", required=True))
    .values(evidence_version=couple.c.evidence_version + 1)
)


def _writes(chart: Chart, row: Row) -> None:
    """The refusal is told, and what was done before it stays."""
    other = chart.past_the_care_team()
    with chart.store.chart(other.actor, chart.now, chart.visit, writing=True) as beside:
        beside.run(_TOUCHED, row=row["couple_id"])


@contextmanager
def _no_practice_for_people(_: Estate) -> Iterator[None]:
    right = plans._predicates

    def wrong(table: Any, *, couple: bool, everything: bool) -> Iterator[Any]:
        original: Table = getattr(table, "element", table)
        return iter(()) if original.name == "person" else right(table, couple=couple, everything=everything)

    with mock.patch.object(plans, "_predicates", wrong):
        yield


@contextmanager
def _a_key_remembered(_: Estate) -> Iterator[None]:
    known: dict[str, Any] = {}
    right = sign_in

    def wrong(chart: Chart, brought: Any, acquainted: Any, *, presuming: bool = False) -> Any:
        if brought.token not in known:
            known[brought.token] = right(chart, brought, acquainted, presuming=presuming)
        return known[brought.token]

    with mock.patch.object(door, "sign_in", wrong):
        yield


def _scopes_unasked(_: Estate) -> AbstractContextManager[Any]:
    return mock.patch.object(door, "demand_scope", return_value=None)


_RECIPIENT = select(*recipient.c).where(recipient.c.id == bindparam("row", required=True))


def _recipients_of_anybody(_: Estate) -> AbstractContextManager[Any]:
    """A recipient named in a body is looked for in the whole practice."""

    def wrong(chart: Chart, case: Case, recipient_id: str, pointer: str) -> Row:
        row = chart.past_the_care_team().find(_RECIPIENT, row=recipient_id)
        if row is None:
            raise invalid(pointer, "unknown_recipient", "This is not one of the couple's recipients.")
        return row

    return mock.patch.object(releases, "recipient_of", wrong)


class Lax(BaseModel):
    """A body that takes whatever comes."""

    nickname: str
    model_config = {"extra": "allow", "json_schema_extra": {"examples": [{"nickname": "The two of May"}]}}


@contextmanager
def _a_lax_body(estate: Estate) -> Iterator[None]:
    def nickname(couple_id: Id, body: Lax, chart: Writing) -> Response:
        return answer({"nickname": body.nickname})

    route = DoorRoute(
        "/v1/couples/{couple_id}/nickname",
        nickname,
        methods=["POST"],
        operation_id="nickname",
        tags=["couples"],
        **documents(None),
    )
    with _with_route(estate, route):
        yield


@contextmanager
def _an_undeclared_method(estate: Estate) -> Iterator[None]:
    def put(request: Request) -> Response:
        return JSONResponse({"replaced": request.path_params["marker_id"]})

    with _with_route(estate, Route("/v1/markers/{marker_id}", put, methods=["PUT"])):
        yield


@contextmanager
def _with_route(estate: Estate, route: Any) -> Iterator[None]:
    routes = estate.world.app.router.routes
    before = list(routes)
    routes.append(route)
    try:
        yield
    finally:
        routes[:] = before


def _past_the_care_team(_: Chart, row: Row) -> Row:
    return row


FLAWS: Final = (
    Flaw(
        "care-team",
        "one read that forgets the care team",
        _for_markers(_past_the_care_team),
        _strangers("getMarker"),
        "leak",
    ),
    Flaw(
        "practice",
        "a table without the practice's wall",
        _no_practice_for_people,
        _strangers("getPerson"),
        "leak",
    ),
    Flaw(
        "forbidden",
        "403 for what is not theirs",
        _for_markers(_says_forbidden),
        _strangers("getMarker"),
        "oracle",
    ),
    Flaw(
        "words", "other words for what exists", _for_markers(_says_whose), _strangers("getMarker"), "oracle"
    ),
    Flaw("tag", "an ETag on a refusal", _for_markers(_gives_a_tag), _strangers("getMarker"), "oracle"),
    Flaw("time", "ten milliseconds more for what exists", _for_markers(_sleeps), _times, "oracle"),
    Flaw(
        "effect", "a refusal that leaves a change", _for_markers(_writes), _strangers("getMarker"), "effect"
    ),
    Flaw(
        "body",
        "an id in a body looked for in the whole practice",
        _recipients_of_anybody,
        _bodies("recordAuthorisation"),
        "oracle",
    ),
    Flaw("field", "a body that takes any field", _a_lax_body, _fields, "effect"),
    Flaw("method", "a method that no document declares", _an_undeclared_method, _methods, "leak"),
    Flaw("revoked", "a key that lives on in a memory", _a_key_remembered, _shut_out, "leak"),
    Flaw("scope", "a scope that nobody asks for", _scopes_unasked, _narrow, "leak"),
)
