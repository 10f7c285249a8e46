"""The door: a request becomes an actor and a chart, and its answer leaves only after commit; every route passes it.

Open the store → sign in → replay a repeated POST → run the route → remember the answer → sign → commit → answer.
On a refusal: roll back, then sign the refusal in a transaction of its own. Where the door knows somebody, both lookups
travel with the route's first question; if they tell otherwise than was presumed, all is rolled back and begun again.
"""

import asyncio
import functools
import logging
import sqlite3
import traceback
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import psycopg
from fastapi import Depends, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from app.chart import audiences
from app.chart.chart import Actor, Chart, PresumedWrongly, Store, Visit
from app.chart.keys import SealBroken
from app.clock import Clock
from app.errors import Refusal
from app.practice import repeats
from app.practice.acquaintance import Acquaintances
from app.practice.issuer import Issuer, StepUp
from app.practice.pace import Pace, Standing
from app.practice.repeats import Repeatable, Running
from app.practice.sign_in import (
    NOBODY,
    Credential,
    brought,
    challenged,
    demand_scope,
    sign_in,
    unauthenticated,
)
from app.practice.solving import demand_declared, is_ambiguous, parameter_names, solver_for
from app.wire.types import ID

log = logging.getLogger("mendline.door")


@dataclass
class House:
    """What the door needs of the process: the store, the clock and the pace of keys."""

    store: Store
    clock: Clock
    pace: Pace
    issuer: Issuer | None = None
    step_up: StepUp | None = None
    acquainted: Acquaintances = field(default_factory=Acquaintances)
    running: Running = field(default_factory=Running)


@dataclass
class Knock:
    """A request before anybody is known: what the door read from it without touching the store."""

    house: House
    scope: str | None
    request: Request
    post: Repeatable | None = None
    step_up: bool = False


class Unopened:
    """Stands for the Chart while FastAPI solves parameters; the door puts the real one in its place."""

    def __init__(self, knock: Knock) -> None:
        self.knock = knock


def chart_for(scope: str | None, *, step_up: bool = False) -> Any:
    """The dependency behind `Reading`, `Writing` and their like: the scope needed, and whether a fresh proof is."""

    async def knock(request: Request) -> Unopened:
        if not request.headers.get("authorization"):
            raise unauthenticated()
        return Unopened(Knock(request.app.state.house, scope, request, await _repeatable(request), step_up))

    knock.__name__ = f"chart_for_{scope}"
    return Depends(knock)


async def _repeatable(request: Request) -> Repeatable | None:
    """A POST with an Idempotency-Key; what its body was is needed to tell a repetition from another request."""
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if key is None:
        return None
    target = f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"
    return Repeatable(key, target, await request.body())


Reading = Annotated[Chart, chart_for("record:read")]
Writing = Annotated[Chart, chart_for("record:write")]
Signing = Annotated[Chart, chart_for("record:write", step_up=True)]
Cosigning = Annotated[Chart, chart_for("record:cosign", step_up=True)]
SafetyReading = Annotated[Chart, chart_for("safety:read")]
SafetyWriting = Annotated[Chart, chart_for("safety:write")]
OwnNotesReading = Annotated[Chart, chart_for("process_notes:read")]
OwnNotesWriting = Annotated[Chart, chart_for("process_notes:write")]
BreakingGlass = Annotated[Chart, chart_for("break_glass:use")]
Accounting = Annotated[Chart, chart_for("access_reports:read")]
Auditing = Annotated[Chart, chart_for("audit:read")]
Judging = Annotated[Chart, chart_for("indicators:read")]
Importing = Annotated[Chart, chart_for("imports:write")]
PracticeReading = Annotated[Chart, chart_for("practice:read")]
PracticeWriting = Annotated[Chart, chart_for("practice:write")]
Anyone = Annotated[Chart, chart_for(None)]


class DoorRoute(APIRoute):
    """A route that can only be walked through the door: its endpoint runs inside one transaction of one actor."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, through_the_door(endpoint), **options)
        self._head, self._tail = self.path.partition("{")[0], self.path.rpartition("}")[2]
        self.parameters = parameter_names(self.dependant)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Most routes are ruled out by how an address begins and ends, before its expression is tried."""
        path = scope.get("path", "")
        if not (path.startswith(self._head) and path.endswith(self._tail)) and not scope.get("root_path"):
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Input errors are told only to somebody who may knock at all; so sign-in comes first even for bad bodies."""
        handler = super().get_route_handler()
        solve = solver_for(self.dependant)

        async def handle(request: Request) -> Response:
            values = await solve(request) if solve else None
            if values is not None:
                answer: Response = await self.endpoint(**values)
                return answer
            try:
                if self.body_field is not None:
                    await _demand_readable(request)
                return await handler(request)
            except RequestValidationError as wrong:
                broken = any(detail["type"] == "json_invalid" for detail in wrong.errors())
                refusal = Refusal("malformed_request" if broken else "invalid_input")
                await asyncio.to_thread(refuse_strangers, request, refusal)
                raise
            except HTTPException as wrong:
                refusal = Refusal(
                    "unsupported_media_type" if wrong.status_code == 415 else "malformed_request"
                )
                await asyncio.to_thread(refuse_strangers, request, refusal)
                raise

        return handle


async def _demand_readable(request: Request) -> None:
    """Read a body that FastAPI is to take; what stops it goes to the edge, FastAPI would call it malformed JSON."""
    if not _brings_json(request):
        raise HTTPException(415)
    await request.body()
    if await is_ambiguous(request):
        raise HTTPException(400)


def _brings_json(request: Request) -> bool:
    """Whether the body says that it is JSON; a request without a body is told so elsewhere."""
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return True
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def through_the_door(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an endpoint: one thread hop holds sign-in, route, trail and commit.

    The hop is made here, so that whoever calls, FastAPI too, draws on the same few threads and their connections.
    """
    if hasattr(endpoint, "passes_the_door"):  # a router included in another hands its endpoints on
        return endpoint

    @functools.wraps(endpoint)
    async def passes(**values: Any) -> Response:
        return await asyncio.to_thread(walk, **values)

    def walk(**values: Any) -> Response:
        name = next((n for n, v in values.items() if isinstance(v, Unopened)), None)
        if name is None:
            raise LookupError(f"{endpoint.__name__} takes no chart")
        knock: Knock = values[name].knock

        def call(chart: Chart) -> Response:
            values[name] = _with_eyes(chart, knock.request, values)
            response: Response = endpoint(**values)
            return response

        return admit(knock, call)

    passes.passes_the_door = True  # type: ignore[attr-defined]
    return passes


def _with_eyes(chart: Chart, request: Request, values: dict[str, Any]) -> Chart:
    """The chart with the eyes of the audience asked for; a route that takes none answers the treating team alone."""
    asked = (
        value if name == "audience" else getattr(value, "audience", None) for name, value in values.items()
    )
    told = next((name for name in asked if isinstance(name, str)), None)
    if request.scope["query_string"]:
        demand_declared(request, request.scope["route"].parameters)
    return chart if told is None else chart.for_audience(audiences.read(told))


@dataclass
class Caller:
    """Who turned out to stand at the door; nobody until the sign-in succeeds."""

    actor: Actor
    visit: Visit


def admit(knock: Knock, call: Callable[[Chart], Response]) -> Response:
    """Run a route for whoever knocks; every way out leaves one line on the trail once the caller is known."""
    credential = brought(knock.request.headers, knock.house.issuer, knock.house.clock())
    visit = _visit(knock.request)
    caller = Caller(replace(NOBODY, practice_id=credential.practice_id), visit)
    try:
        return _walk_or_replay(knock, credential, caller, call)
    except Refusal as refusal:
        if refusal.meaning.status < 500:
            _sign_if_known(knock.house, caller, refusal.meaning.status)
        raise
    except SealBroken as broken:
        _sign_if_known(knock.house, caller, 500)
        log.error("a sealed text does not open: %s", broken)  # names its place, never what it holds
        raise Refusal("record_damaged") from broken
    except Exception:
        _sign_if_known(knock.house, caller, 500)
        raise


def _walk_or_replay(
    knock: Knock, credential: Credential, caller: Caller, call: Callable[[Chart], Response]
) -> Response:
    """A repeated POST that lost to its twin in another process gets the twin's answer, if there is one by now."""
    try:
        return _walk(knock, credential, caller, call)
    except Refusal as lost:
        if knock.post is None or lost.meaning.status not in (409, 412):
            raise
        refusal = lost

    def refuse(_: Chart) -> Response:
        raise refusal

    return _walk(knock, credential, caller, refuse)


def _walk(
    knock: Knock, credential: Credential, caller: Caller, call: Callable[[Chart], Response]
) -> Response:
    """Whoever read an entry before another's correction of it was stored asks once more, and so is told of that one."""
    stranger = caller.actor
    try:
        return _presuming(knock, credential, caller, call)
    except Refusal as lost:
        if lost.code != "already_superseded" or not isinstance(lost.__cause__, _STORE_FAILURES):
            raise
    caller.actor, caller.visit = stranger, _visit(knock.request)
    return _presuming(knock, credential, caller, call)


def _presuming(
    knock: Knock, credential: Credential, caller: Caller, call: Callable[[Chart], Response]
) -> Response:
    """Somebody known is presumed to be who they were and to ask something new: one trip less for each lookup."""
    stranger = caller.actor
    try:
        return _through(knock, credential, caller, call, presuming=True)
    except PresumedWrongly as wrong:
        _empty(wrong)
        caller.actor, caller.visit = stranger, _visit(knock.request)
        return _through(knock, credential, caller, call, presuming=False)


def _through(
    knock: Knock,
    credential: Credential,
    caller: Caller,
    call: Callable[[Chart], Response],
    *,
    presuming: bool,
) -> Response:
    """One transaction: sign in, run, remember, sign the trail, commit; SQLite's reads are signed right after."""
    store, now = knock.house.store, knock.house.clock()
    writing = knock.request.method != "GET"
    together = writing or store.database.reads_may_write
    try:
        with (
            knock.house.running.twin_of(knock.post, credential.token) as twin,
            store.database.journey(caller.actor.practice_id, writing=writing) as journey,
        ):
            chart = Chart(store, journey, caller.actor, now, caller.visit, writing=writing)
            with _settled(chart):
                actor = sign_in(chart, credential, knock.house.acquainted, presuming=presuming)
                caller.actor = chart.actor = challenged(actor, knock.house.step_up, credential.claims, now)
                _check(knock, caller.actor)
                response = repeats.replayed(knock.post, chart) or _run(knock, chart, call, twin)
            if together:
                chart.sign(response.status_code)
        chart.committed()
    except sqlite3.ProgrammingError:
        raise
    except _STORE_FAILURES as failure:
        raise translated(failure) from failure
    if not together:
        sign_alone(knock.house, caller.actor, caller.visit, response.status_code)
    return response


@contextmanager
def _settled(chart: Chart) -> Iterator[None]:
    """Nothing is told, neither answer nor refusal, while it rests on what is only presumed."""
    try:
        yield
        chart.settle()
    except (Refusal, *_STORE_FAILURES):
        if chart.presuming:
            raise PresumedWrongly from None
        raise


def _run(knock: Knock, chart: Chart, call: Callable[[Chart], Response], twin: bool) -> Response:
    """Run the route, unless its twin does."""
    if twin:
        raise Refusal("idempotency_in_progress", headers={"Retry-After": "1"})
    return repeats.remember(knock.post, chart, call(chart))


def _check(knock: Knock, actor: Actor) -> None:
    _count(knock, actor)
    demand_scope(actor, knock.scope)
    if knock.step_up:
        actor.demand_fresh_proof()
    if knock.post is not None:
        knock.post.demand_valid()


def _sign_if_known(house: House, caller: Caller, status: int) -> None:
    if caller.actor.person_id:
        sign_alone(house, caller.actor, caller.visit, status)


_STORE_FAILURES = (
    sqlite3.DatabaseError,
    psycopg.OperationalError,
    psycopg.IntegrityError,
    psycopg.InternalError,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.RaiseException,
)


def translated(failure: Exception) -> Refusal:
    """A database's complaint as a refusal; constraint names say what it was, values are never repeated."""
    if not isinstance(failure, sqlite3.IntegrityError | psycopg.IntegrityError) or _is_the_trails(failure):
        log.error("store unavailable: %s", type(failure).__name__)
        return Refusal("service_unavailable", headers={"Retry-After": "2"})
    complaint = str(failure)
    if "supersedes_id" in complaint and "fk_" not in complaint:
        return Refusal("already_superseded")
    if "remembered_answer" in complaint:
        return Refusal("idempotency_in_progress", headers={"Retry-After": "1"})
    if isinstance(failure, psycopg.errors.ForeignKeyViolation) or "FOREIGN KEY" in complaint:
        return Refusal("not_found")
    log.error("integrity: %s", type(failure).__name__)
    return Refusal("conflict", "The record already holds something that excludes this.")


def _is_the_trails(failure: Exception) -> bool:
    """Whether the trail could not be written, rather than the deed: then the store is out of order."""
    if isinstance(failure, psycopg.Error):
        return failure.diag.table_name == "trail"
    trigger = getattr(failure, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_TRIGGER"
    return trigger or " trail." in str(failure)


def sign_alone(house: House, actor: Actor, visit: Visit, status: int) -> None:
    """A line on the trail in a transaction of its own: reads, and refusals after rollback. No trail, no answer."""
    now = house.clock()
    try:
        with house.store.database.journey(actor.practice_id, writing=True) as journey:
            Chart(house.store, journey, actor, now, visit).sign(status)
    except sqlite3.ProgrammingError:
        raise
    except _STORE_FAILURES as failure:
        raise translated(failure) from failure


def refuse_strangers(request: Request, refusal: Refusal) -> None:
    """Before a refusal of input is told: is this somebody? Raises what else stands against it; signs the trail."""
    knock = Knock(request.app.state.house, None, request)

    def refuse(_: Chart) -> Response:
        raise refusal

    try:
        admit(knock, refuse)
    except Refusal as told:
        if told is not refusal:
            raise
    finally:
        refusal.__traceback__ = None  # it holds this frame, which holds it: body, chart and all


def _empty(error: BaseException | None) -> None:
    """Nobody will read where it was raised: what those frames held is not to wait for the collector of cycles."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error.__traceback__, error = None, error.__context__


def demand_known(request: Request, scope: str) -> None:
    """Before a large body is read: may they send one? Only a refusal is signed yet; the request itself will be."""
    house = request.app.state.house
    credential = brought(request.headers, house.issuer, house.clock())
    actor = replace(NOBODY, practice_id=credential.practice_id)
    visit = _visit(request)
    try:
        with house.store.database.journey(credential.practice_id, writing=False) as journey:
            chart = Chart(house.store, journey, actor, house.clock(), visit)
            actor = sign_in(chart, credential, house.acquainted)
    except sqlite3.ProgrammingError:
        raise
    except _STORE_FAILURES as failure:
        raise translated(failure) from failure
    try:
        _check(Knock(house, scope, request), actor)
    except Refusal as refusal:
        refuse_strangers(request, refusal)
        raise


def _action(request: Request) -> str:
    route = request.scope.get("route")
    return str(getattr(route, "operation_id", None) or getattr(route, "name", "unknown"))


def _visit(request: Request) -> Visit:
    """What the trail knows before anything is looked up: operation, part of the API, and the ids in the address."""
    route, ids = request.scope.get("route"), request.path_params
    asked = next((each for each in map(_id, ids.values()) if each), None)
    partner_id = _id(ids.get("partner_id"))
    return Visit(
        _action(request),
        request.state.request_id,
        area=next(iter(getattr(route, "tags", ())), None),
        asked_id=asked,
        visibility="partner" if partner_id else None,
        visible_partner_id=partner_id,
    )


def _id(value: str | None) -> str | None:
    """An id as the trail keeps it, when it is one."""
    return value.lower() if value and ID.fullmatch(value) else None


def _count(knock: Knock, actor: Actor) -> None:
    """Rate limit per key, announced in headers (IETF draft RateLimit fields) on every answer."""
    state = knock.request.state
    standing: Standing = getattr(state, "rate", None) or knock.house.pace.count(actor.key_id or "")
    state.rate = standing
    if not standing.fits:
        raise Refusal("rate_limited", headers={"Retry-After": str(standing.wait)})
