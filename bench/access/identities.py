"""Every operation × everybody: strangers, keys not in force, keys with one scope, and those who may."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import httpx

from bench.access.tally import Kind, Tally
from tests.people import Caller
from tests.walks.matrix import (
    AUTHORS_OWN,
    CANARY,
    EMERGENCIES,
    MAKERS,
    NOBODY,
    OF_THE_PRACTICE,
    SAFETY_CANARY,
    TOLD_TO_ADMINISTRATORS,
    VOLATILE_MEMBERS,
    Estate,
    Operation,
    told,
)

Found = Iterator[tuple[Kind, str]]
NOBODYS: Final = dict.fromkeys(MAKERS, NOBODY)
OPEN_TO_ALL: Final = {"getMe", "listSigningKeys", "listStageKinds", "listMarkerKinds", "getIndicatorRules"}
JUDGED: Final = {
    "getProgress",
    "getStopping",
    "getTimeline",
    "getCaseload",
    "assess",
    "explainProgress",
    "explainAssessment",
    "listJointSummaries",
    "getJointSummary",
}
_SAFETY_IDS = ("concern_id", "screen_id")


def may_read_the_record(operation: Operation) -> bool:
    """What the scope record:read opens."""
    if operation.name in OPEN_TO_ALL:
        return True
    beyond = operation.tag in ("safety", "process notes", "access reports") or operation.name in JUDGED
    practices = operation.tag == "practice" and not operation.clinical
    return operation.method == "get" and not beyond and not practices


def may_read_indicators(operation: Operation) -> bool:
    """What the scope indicators:read opens."""
    return operation.name in OPEN_TO_ALL | JUDGED


def may_import(operation: Operation) -> bool:
    """What the scope imports:write opens."""
    return operation.name in OPEN_TO_ALL | {"importRecords"}


ALLOWED: Final[Mapping[str, Callable[[Operation], bool]]] = {
    "key for reading the record": may_read_the_record,
    "key for indicators": may_read_indicators,
    "key for imports": may_import,
    "integration without clinical scope": may_import,
}


@dataclass
class Etags:
    """The present ETags of the owner's things, read once: in these walks nothing of theirs changes."""

    estate: Estate
    _known: dict[str, str] = field(default_factory=dict)

    def __call__(self, operation: Operation) -> str | None:
        """The ETag that an operation would have to send."""
        if operation.method == "get" or operation.parameter is None:
            return None
        path = operation.path[: operation.path.index("}")]
        if path not in self._known:
            self._known[path] = self.estate.etag(operation)
        return self._known[path]


# --- strangers ---


def by_strangers(
    estate: Estate, tried: Iterable[Operation], callers: Mapping[str, Caller], tally: Tally
) -> None:
    """Whatever a stranger got, did or could tell from an answer."""
    guest = Estate(estate.world, estate.document, estate.owner, estate.administrator)
    guest.ids, guest.partners, guest.directions = dict(estate.ids), estate.partners, estate.directions
    guest.supervisor = estate.supervisor
    secrets, etags = _secrets(estate), Etags(estate)
    for operation in tried:
        body = guest.body(operation)
        etag = etags(operation)
        foreign = {who: caller for who, caller in callers.items() if _is_foreign(operation, who)}
        with tally.nothing_written(f"{operation.name} by strangers"):
            for who, caller in foreign.items():
                answer = guest.send(caller, operation, body, etag=etag)
                twin = guest.send(caller, operation, body, etag=etag, ids=NOBODYS)
                _note(tally, operation, who, chain(_shown(answer, secrets), _told_apart(answer, twin)))
        tally.tried["strangers"] += len(callers)
        for who in callers.keys() - foreign.keys():
            answer = guest.send(callers[who], operation, body, etag=etag)
            kept = secrets - _told_anyhow(estate, operation, who)
            _note(tally, operation, who, _shown(answer, kept))


def _note(tally: Tally, operation: Operation, who: str, wrong: Found) -> None:
    for kind, words in wrong:
        tally.found(kind, f"{operation.name} by {who}: {words}")


def _is_foreign(operation: Operation, who: str) -> bool:
    """Whether what an operation names in its address is not the caller's."""
    return operation.clinical or (operation.parameter is not None and who.endswith("another practice"))


def _secrets(estate: Estate) -> set[str]:
    secrets = {CANARY, SAFETY_CANARY, *estate.ids.values(), *estate.partners, *estate.directions}
    return secrets - {estate.ids[name] for name in OF_THE_PRACTICE if name in estate.ids}


def _told_anyhow(estate: Estate, operation: Operation, who: str) -> set[str]:
    names = TOLD_TO_ADMINISTRATORS.get(operation.name, set()) if who == "administrator" else set()
    return {estate.ids[name] for name in names if name in estate.ids}


def _shown(answer: httpx.Response, secrets: set[str]) -> Found:
    if answer.status_code >= 500:
        yield "error", f"answers {answer.status_code}"
    shown = _without_own_address(answer)
    if any(secret in shown for secret in secrets):
        yield "leak", "tells what is the owner's"


def _told_apart(answer: httpx.Response, twin: httpx.Response) -> Found:
    if answer.status_code not in (403, 404):
        yield "leak", f"answers {answer.status_code}"
    if told(answer) != told(twin):
        yield "oracle", f"tells {told(answer)} from {told(twin)}"


def _without_own_address(answer: httpx.Response) -> str:
    """Body and headers without the address that the caller sent."""
    body = answer.text
    if answer.status_code >= 400 and answer.content:
        body = json.dumps({key: value for key, value in answer.json().items() if key not in VOLATILE_MEMBERS})
    return body + repr(list(answer.headers.items()))


# --- keys ---


def by_the_shut_out(
    estate: Estate, tried: Iterable[Operation], callers: Mapping[str, Caller], tally: Tally
) -> None:
    """Whatever a key that is not in force got other than 401."""
    etags = Etags(estate)
    for operation in tried:
        body = estate.body(operation)
        with tally.nothing_written(f"{operation.name} by keys not in force"):
            for who, caller in callers.items():
                tally.tried["keys not in force"] += 1
                answer = estate.send(caller, operation, body, etag=etags(operation))
                if answer.status_code != 401 or set(answer.json()) & {"items", "couple_id"}:
                    tally.found("leak", f"{operation.name} by {who}: answers {answer.status_code}")


def by_narrow_key(
    estate: Estate,
    tried: Iterable[Operation],
    who: str,
    caller: Caller,
    tally: Tally,
) -> None:
    """Whatever a key with one scope got beyond it, of a couple in whose care team its person stands."""
    etags = Etags(estate)
    for operation in tried:
        tally.tried["narrow keys"] += 1
        body = estate.body(operation)
        if ALLOWED[who](operation):
            query = {"dry_run": True} if operation.name == "importRecords" else {}
            answer = estate.send(caller, operation, body, query=query)
            _note(tally, operation, who, _beyond_reading(estate, answer))
            continue
        with tally.nothing_written(f"{operation.name} by {who}"):
            answer = estate.send(caller, operation, body, etag=etags(operation))
            twin = estate.send(caller, operation, body, etag='"none"', ids=NOBODYS)
        if answer.status_code != 403 or told(answer) != told(twin):
            words = f"beyond its scopes, and is answered {answer.status_code}"
            tally.found("leak", f"{operation.name} by {who}: {words}")


def _beyond_reading(estate: Estate, answer: httpx.Response) -> Found:
    if answer.status_code != 200:
        yield "error", f"may, and is answered {answer.status_code}"
    if SAFETY_CANARY in answer.text or any(estate.ids[name] in answer.text for name in _SAFETY_IDS):
        yield "leak", "tells of safety"


def by_emergency(estate: Estate, tried: Iterable[Operation], caller: Caller, tally: Tally) -> None:
    """Whatever somebody whom an emergency let in wrote, and what they read of process notes."""
    etags = Etags(estate)
    for operation in tried:
        if not operation.clinical or operation.name in EMERGENCIES:
            continue
        body = estate.body(operation)
        with tally.nothing_written(f"{operation.name} in an emergency"):
            answer = estate.send(caller, operation, body, etag=etags(operation))
        tally.tried["emergencies"] += 1
        if operation.method != "get" and answer.status_code not in (403, 404):
            tally.found("leak", f"{operation.name} in an emergency: answers {answer.status_code}")
        if operation.tag == "process notes" and CANARY in answer.text:
            tally.found("leak", f"{operation.name} in an emergency: tells of process notes")
        if answer.status_code >= 500:
            tally.found("error", f"{operation.name} in an emergency: answers {answer.status_code}")


# --- those who may ---


def reached(estate: Estate, caller: Caller | None = None) -> dict[str, int]:
    """What everybody who may gets, each operation in a couple of its own; `caller` acts in the owner's stead."""
    statuses = {}
    for operation in estate.all.values():
        own = estate.fresh()
        if caller is not None:
            grant = {"person_id": caller.person_id, "part": "co_therapist"}
            own.owner.made(f"/v1/couples/{own.ids['couple_id']}/care-team", grant)
        own.prepared(operation)
        keeper = own.keeper(operation)
        stands_in = keeper is own.owner and operation.parameter not in AUTHORS_OWN
        acting = caller if caller is not None and stands_in else keeper
        statuses[operation.name] = own.send(acting, operation, own.body(operation)).status_code
    return statuses


def missed(statuses: Mapping[str, int]) -> dict[str, int]:
    """The operations that somebody who may did not reach."""
    return {name: status for name, status in statuses.items() if status not in (200, 201)}
