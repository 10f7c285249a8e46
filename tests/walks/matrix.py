"""The served document read as operations, and a couple with an entry of every kind; walks and proofs come in.

Driven by the document, so that a route added tomorrow is tried tomorrow. Who tries what of somebody else's stands in
`bench/access`, for the suite and for `make prove-access` alike.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

import httpx

from app.chart.chart import new_id
from app.practice import credentials
from app.practice import service as practice
from tests.people import Caller, Json, World

NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
CANARY, SAFETY_CANARY = "Zwitscherkanarie", "Sicherheitskanarie"
WORDS = (CANARY, SAFETY_CANARY)
METHODS = ("get", "post", "put", "patch", "delete")
VOLATILE_HEADERS = {"x-request-id", "ratelimit", "ratelimit-policy", "date"}
VOLATILE_MEMBERS = {"request_id", "instance"}

# What makes an id for each path parameter. A slice with a parameter of its own adds its line here.
MAKERS = {
    "couple_id": "createCouple",
    "partner_id": "createCouple",
    "summary_id": "releaseJointSummary",  # before anything that the joint answer must not reassure about
    "betrayal_id": "recordBetrayal",
    "grant_id": "joinCareTeam",
    "concern_id": "recordSafetyConcern",
    "screen_id": "recordSafetyScreen",
    "session_id": "recordSession",
    "addendum_id": "addAddendum",
    "pause_id": "recordPause",
    "known_date_id": "recordKnownDate",
    "stage_id": "recordStage",
    "marker_id": "recordMarker",
    "cessation_id": "recordCessation",
    "report_id": "recordThreatReport",
    "commitment_id": "recordCommitment",
    "check_in_id": "recordCheckIn",
    "review_id": "recordReview",
    "recipient_id": "nameRecipient",
    "authorisation_id": "recordAuthorisation",
    "hold_id": "placeHold",
    "access_request_id": "recordAccessRequest",
    "amendment_request_id": "recordAmendmentRequest",
    "disclosure_id": "makeDisclosure",
    "policy_id": "recordPolicy",
    "confidence_id": "recordConfidence",
    "process_note_id": "recordProcessNote",
    "note_grant_id": "grantProcessNotes",
    "break_glass_id": "breakGlass",
    "person_id": "addPerson",
    "key_id": "createKey",
    "sign_in_name_id": "createSignInName",
}
OF_THE_PRACTICE = {"person_id", "key_id", "sign_in_name_id"}

AUTHORS_OWN = {"process_note_id", "note_grant_id"}
"""What its author alone reaches, whatever care team somebody stands in."""
EMERGENCIES = {"breakGlass", "reportBreakGlass"}
"""What somebody outside the care team does. Whoever has that scope can tell a couple of the practice from none: it is
counted, limited and told at once; so the strangers of this matrix come without it."""
TOLD_TO_ADMINISTRATORS = {"listAudit": {"couple_id"}, "listBreakGlass": {"couple_id", "break_glass_id"}}
"""Ids without content, by which an administrator sees that something happened."""
TELLS_OF_LOOKING = {"getAccessReport", "listProcessNoteAccesses"}
"""What is longer after every look."""


# --- operations ---


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    name: str
    method: str
    path: str
    tag: str
    media: str | None
    schema: Json
    example: Any
    query: Mapping[str, Json]

    @property
    def parameter(self) -> str | None:
        """The name of the id in its path."""
        found = re.findall(r"{(\w+)}", self.path)
        return found[-1] if found else None

    @property
    def clinical(self) -> bool:
        """Whether its path leads into one couple's chart."""
        return self.parameter is not None and self.parameter not in OF_THE_PRACTICE


def operations(document: Json) -> dict[str, Operation]:
    """Every operation of a document, by name."""
    found = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = _operation(document, path, method, item[method])
                found[operation.name] = operation
    return found


def _operation(document: Json, path: str, method: str, told: Json) -> Operation:
    content = told.get("requestBody", {}).get("content", {})
    media = next(iter(content), None)
    schema = resolved(document, content[media]["schema"]) if media else {}
    example = content[media].get("example") if media else None
    return Operation(
        told["operationId"],
        method,
        path,
        told["tags"][0],
        media,
        schema,
        schema["examples"][0] if "examples" in schema else example,
        {each["name"]: each["schema"] for each in told.get("parameters", []) if each["in"] == "query"},
    )


def resolved(document: Json, schema: Json) -> Json:
    """A schema, or the one that it refers to."""
    name = schema.get("$ref")
    return dict(document["components"]["schemas"][name.split("/")[-1]]) if name else schema


def id_fields(document: Json, schema: Json, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a body takes ids, told by their form or by their name: the way to each."""
    schema = resolved(document, schema)
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from id_fields(document, option, at)
    if "items" in schema:
        yield from id_fields(document, schema["items"], (*at, 0))
    for name, inner in schema.get("properties", {}).items():
        if takes_an_id(name, inner):
            yield (*at, name)
        elif takes_an_id("", inner.get("items", {})):
            yield (*at, name, 0)
        else:
            yield from id_fields(document, inner, (*at, name))


def takes_an_id(name: str, schema: Json) -> bool:
    """Whether a field or parameter takes the id of something."""
    forms = [schema.get("format"), *(each.get("format") for each in schema.get("anyOf", ()))]
    return "uuid" in forms or name.endswith("_id")


def with_value(document: Json, body: Json, schema: Json, way: tuple[Any, ...], value: str) -> Json | None:
    """The body with a value somewhere inside, made up from examples where the way there is missing."""
    changed = deepcopy(body)
    here: Any = changed
    for step, following in pairwise(way):
        if isinstance(here, list) and not here:
            return None
        if isinstance(here, dict) and step not in here:
            made = _made_up(document, schema, way[: way.index(step) + 1], following)
            if made is None:
                return None
            here[step] = made
        here = here[step]
    here[way[-1]] = value
    return changed


def _made_up(document: Json, schema: Json, way: tuple[Any, ...], following: Any) -> Any:
    """The example of the part of a schema at the end of a way."""
    for step in way:
        schema = resolved(document, schema)
        schema = resolved(document, schema["items"] if step == 0 else schema["properties"][step])
    if following == 0:
        schema = resolved(document, schema.get("items", {}))
    example = schema.get("examples", [None])[0]
    if example is None:
        return None
    return [deepcopy(example)] if following == 0 else deepcopy(example)


# --- the owner's house ---


@dataclass
class Estate:
    """A couple with an entry of every kind, whoever keeps it, and the ids that lead there."""

    world: World
    document: Json
    owner: Caller
    administrator: Caller
    mark: Callable[[Operation, Any], Any] = lambda _, body: body
    supervisor: str | None = None
    ids: dict[str, str] = field(default_factory=dict)
    partners: list[str] = field(default_factory=list)
    directions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.all = operations(self.document)

    def fresh(self) -> "Estate":
        """Another couple of the same owner, with nothing in it yet."""
        other = Estate(self.world, self.document, self.owner, self.administrator, self.mark)
        other.make("couple_id")
        return other

    def filled(self) -> "Estate":
        """The same with an entry of every kind; of sessions a signed one with an addendum, and a draft."""
        self.make("session_id", "addAddendum")
        self.make("addendum_id")
        self.make("session_id")
        for parameter in MAKERS:
            self.need(parameter)
        return self

    def need(self, parameter: str, for_operation: str = "") -> str:
        """An id for a path parameter, made when there is none yet."""
        if parameter not in self.ids:
            self.make(parameter, for_operation)
        return self.ids[parameter]

    def make(self, parameter: str, for_operation: str = "") -> None:
        """Make an entry by its own operation, and remember its id."""
        maker = self.all[MAKERS[parameter]]
        answer = self.send(self.keeper(maker), maker, self.body(maker, for_operation))
        assert answer.status_code == 201, f"{maker.name}: {answer.status_code} {answer.text}"
        self.ids[parameter] = answer.json()["id"]
        if parameter == "couple_id":
            self.partners = [each["id"] for each in answer.json()["partners"]]
            self.ids["partner_id"] = self.partners[0]
            self.directions = [each["id"] for each in answer.json()["directions"]]

    def keeper(self, operation: Operation) -> Caller:
        """Who may do this: the owner, the administrator for what belongs to the practice, or somebody from outside."""
        if operation.name in EMERGENCIES:
            return self.outsider
        return (
            self.administrator
            if operation.tag == "practice" and not self._of_a_couple(operation)
            else self.owner
        )

    @cached_property
    def outsider(self) -> Caller:
        """A clinician of the practice who comes in an emergency."""
        return self.world.somebody("clinician", practice_id=self.practice)

    def _of_a_couple(self, operation: Operation) -> bool:
        return operation.clinical or operation.name == "getMe"

    def body(self, operation: Operation, for_operation: str = "") -> Any:
        """The documented example with this couple's ids in it."""
        if operation.example is None or operation.media != "application/json":
            return operation.example
        body = self.with_own_ids(operation, self.mark(operation, deepcopy(operation.example)))
        if operation.name == "createSignInName":
            body["subject"] = new_id()
        if operation.name == "recordSession":
            body["sign"] = for_operation == "addAddendum"
        if operation.name in ("recordSession", "addSessionEntries"):
            body.pop("threat_reports", None)  # the report on its own tells of the same days
        return body

    def with_own_ids(self, operation: Operation, body: Json, besides: tuple[Any, ...] = ()) -> Json:
        """A body with this couple's ids wherever it holds one, apart from one place."""
        for way in id_fields(self.document, operation.schema):
            value = self._own(way[-1], operation) if way != besides and holds(body, way) else None
            changed = value and with_value(self.document, body, operation.schema, way, value)
            body = changed or body
        return body

    def _supervisor(self) -> str:
        """A supervisor in the couple's care team."""
        if self.supervisor is None:
            self.supervisor = self.world.somebody("supervisor", practice_id=self.practice).person_id
            grant = {"person_id": self.supervisor, "part": "supervisor", "ends_at": "2027-06-01T00:00:00Z"}
            self.owner.made(f"/v1/couples/{self.ids['couple_id']}/care-team", grant)
        return self.supervisor

    def _own(self, name: str, operation: Operation) -> str | None:
        if operation.name == "grantProcessNotes":
            return self._supervisor()
        if name == "person_id":
            role = {"joinCareTeam": "supervisor", "createKey": "integration"}.get(operation.name, "clinician")
            return self.world.somebody(role, practice_id=self.practice).person_id
        if name == "direction_id":
            return self.directions[0]
        if name == "item_id":
            return self._said_alone()
        if name == "commitment_id":
            return self.need(name)
        if name == "recipient_id":
            if operation.name in ("makeDisclosure", "previewDisclosure"):
                self.need("authorisation_id")
            return self.need(name)
        if name == "entry_id":
            return self.need("betrayal_id")
        return self.partners[0] if name.endswith("partner_id") or name == "about_id" else None

    def _said_alone(self) -> str:
        """A marker of partner A's own, made once: a body that is only built changes nothing."""
        if "item_id" not in self.ids:
            marker = self.all["recordMarker"]
            own = {"visibility": "partner", "visible_partner_id": self.partners[0]}
            self.ids["item_id"] = self.send(self.owner, marker, {**self.body(marker), **own}).json()["id"]
        return self.ids["item_id"]

    @property
    def practice(self) -> str:
        """The practice that the owner works in."""
        return str(credentials.practice_of(self.owner.key))

    def prepared(self, operation: Operation) -> "Estate":
        """Make what an operation needs to stand before it can succeed."""
        if operation.parameter:
            if operation.parameter == "addendum_id" or operation.name == "addAddendum":
                self.make("session_id", "addAddendum")
            if operation.parameter == "check_in_id":
                self.need("commitment_id")
            if operation.parameter in ("key_id", "sign_in_name_id"):
                self.need("person_id")
            self.need(operation.parameter, operation.name)
        if operation.name == "stateDisagreement":
            deciding = self.all["decideAmendment"]
            assert self.send(self.owner, deciding, self.body(deciding)).status_code == 200
        if operation.name == "reopenCouple":
            closing = self.all["closeCouple"]
            assert self.send(self.owner, closing, self.body(closing)).status_code == 200
        return self

    def send(
        self,
        caller: Caller,
        operation: Operation,
        body: Any = None,
        *,
        ids: Mapping[str, str] | None = None,
        etag: str | None = None,
        query: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        """Do an operation on this couple, or on the ids given, with the ETag that its owner sees; an empty one is left
        out."""
        held = {**self.ids, **(ids or {})}
        path = operation.path.format_map(OrNobody(held))
        headers = {"Content-Type": operation.media} if operation.media else {}
        if operation.method != "get" and operation.parameter and etag != "":
            headers["If-Match"] = etag or self.etag(operation)
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        content = body if isinstance(body, str) else json.dumps(body)
        sent = content.encode() if operation.media else None
        return caller.http.request(
            operation.method, path, content=sent, headers=headers, params=dict(query or {})
        )

    def etag(self, operation: Operation) -> str:
        """The ETag of the thing that an operation is about, as its owner reads it."""
        path = operation.path[: operation.path.index("}") + 1].format_map(OrNobody(self.ids))
        keeper = self.administrator if operation.parameter in OF_THE_PRACTICE else self.owner
        return str(keeper.get(path).headers.get("ETag", '"none"'))

    def view(self) -> dict[str, Any]:
        """All that the owner can read of this couple and of the caseload."""
        return {
            each.name: told(self.send(self.owner, each))
            for each in self.all.values()
            if each.method == "get"
            and (each.clinical or each.name in ("listCouples", "getCaseload"))
            and each.name not in TELLS_OF_LOOKING
        }


class OrNobody(dict[str, str]):
    """Ids by name; the id of nobody for those that are not known."""

    def __missing__(self, key: str) -> str:
        return NOBODY


def holds(body: Any, way: tuple[Any, ...]) -> bool:
    """Whether a body has something at the end of a way."""
    for step in way:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def marked(operation: Operation, body: Any) -> Any:
    """The body with a canary in every word that somebody would write."""
    if operation.parameter is None and operation.name != "createCouple":
        return body  # people and keys: no clinical words
    canary = SAFETY_CANARY if operation.tag == "safety" else CANARY

    def mark(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: mark(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [mark(inner) for inner in value]
        written = isinstance(value, str) and (" " in value or name in ("label", "name"))
        own = SAFETY_CANARY if name == "safety_words" else canary
        return f"{value} {own}" if written else value

    return mark(body)


def told(answer: httpx.Response) -> Any:
    """What an answer tells: status, headers and body in their order, apart from what differs with every request."""
    headers = [(k, v) for k, v in answer.headers.multi_items() if k not in VOLATILE_HEADERS]
    if not answer.content:
        return answer.status_code, headers, None
    body = answer.json()
    if answer.status_code >= 400:
        body = {key: value for key, value in body.items() if key not in VOLATILE_MEMBERS}
    return answer.status_code, headers, json.dumps(body)


def another_key(
    world: World, caller: Caller, scopes: Iterable[str], expires_at: datetime | None = None
) -> Caller:
    """A second key of somebody."""
    home = str(credentials.practice_of(caller.key))
    with practice.operating(world.store, home, world.watch(), "testSetup") as chart:
        key = practice.make_key(
            chart,
            "demo",
            person_id=caller.person_id,
            label="test",
            scopes=list(scopes),
            expires_at=expires_at,
        )
        chart.sign(201)
    return Caller(world.client(key["secret"]), caller.person_id, key["secret"])
