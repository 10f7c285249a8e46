"""Ids of somebody else's in bodies, queries, addresses, cursors and repeated POSTs: each must be like nobody's."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.chart.chart import new_id
from bench.access.identities import NOBODYS
from bench.access.tally import Tally
from tests.people import Caller, Json
from tests.walks import matrix
from tests.walks.matrix import CANARY, MAKERS, NOBODY, OF_THE_PRACTICE, Estate, Operation, told

PEOPLE: Final = ("person_id", "treating_clinician_id")
OF_MANY: Final = {"listCouples", "getCaseload"}
"""Lists over all of somebody's couples: a cursor of one's own fits in any of them."""


def in_bodies(
    estate: Estate,
    attackers: Mapping[str, Estate],
    tally: Tally,
    *,
    thorough: bool = False,
    tried: Iterable[Operation] | None = None,
) -> None:
    """Every field that takes an id, with ids of the owner's couple, sent by people with couples of their own."""
    for who, own in attackers.items():
        for operation in tried or own.all.values():
            ways = list(dict.fromkeys(matrix.id_fields(estate.document, operation.schema)))
            if not ways:
                continue
            etag = own.etag(operation) if operation.parameter else None
            base = own.body(operation)
            bodies = {way: _with_visibility(own, operation, base, way) for way in ways}
            with tally.nothing_written(f"{operation.name} by {who}, foreign ids in the body"):
                for way, body in bodies.items():
                    _try_body(
                        own, _theirs(own, estate, way[-1], thorough), operation, body, way, who, etag, tally
                    )


def _with_visibility(own: Estate, operation: Operation, base: Json, way: tuple[Any, ...]) -> Json | None:
    """A body in which a partner named as the only one who may learn of an entry is looked at."""
    if way[-1] != "visible_partner_id":
        return base
    body = matrix.with_value(own.document, base, operation.schema, (*way[:-1], "visibility"), "partner")
    return body and own.with_own_ids(operation, body)


def _theirs(own: Estate, owners: Estate, name: str, thorough: bool) -> list[str]:
    """What of the owner's a field might be taken to mean, and their couple; or ids of every kind there is."""
    if thorough and own.owner is owners.owner:  # who may see all of them has most to try
        every = [value for kind, value in owners.ids.items() if kind not in OF_THE_PRACTICE]
        return list(dict.fromkeys([*owners.partners, *owners.directions, *every]))
    meant = _meant(owners, name)
    of_own_practice = own.practice == owners.practice and name in PEOPLE  # who may be named
    return [owners.ids["couple_id"]] if of_own_practice else [meant, owners.ids["couple_id"]]


def _meant(owners: Estate, name: str) -> str:
    """An id of the kind that a field takes, told by its name."""
    if name == "direction_id":
        return owners.directions[0]
    if name in PEOPLE:
        return owners.ids["person_id"]
    if name.endswith("partner_id") or name in ("about_id", "person_at_risk_id"):
        return owners.partners[0]
    return owners.ids[{"entry_id": "betrayal_id", "linked_id": "addendum_id"}.get(name, name)]


def _try_body(
    own: Estate,
    theirs: Iterable[str],
    operation: Operation,
    base: Json | None,
    way: tuple[Any, ...],
    who: str,
    etag: str | None,
    tally: Tally,
) -> None:
    """Whether an id of the owner's in one field is answered in another way than nobody's."""

    def sent(value: str) -> Any:
        body = prepared and matrix.with_value(own.document, prepared, operation.schema, way, value)
        return None if body is None else own.send(own.keeper(operation), operation, body, etag=etag)

    prepared = base
    if base is not None and not matrix.holds(base, way[:-1]):
        prepared = matrix.with_value(own.document, base, operation.schema, way, NOBODY)
        prepared = prepared and own.with_own_ids(operation, prepared, besides=way)

    place = f"{operation.name} by {who}: {'/'.join(map(str, way))}"
    nobody = sent(NOBODY)
    if nobody is None:
        tally.found("error", f"{place}: no body could be made")
        return
    if nobody.status_code < 400:
        tally.found("effect", f"{place}: takes the id of nobody")
    tally.tried["fields for ids"] += 1
    if f"/{'/'.join(map(str, way))}" not in [each["pointer"] for each in nobody.json().get("errors", ())]:
        tally.found("error", f"{place}: was not looked at, {nobody.status_code}")
    for value in theirs:
        tally.tried["ids in bodies"] += 1
        answer = sent(value)
        if told(answer) != told(nobody):
            tally.found("oracle", f"{place}: tells {value} from nobody")
        if CANARY in answer.text:
            tally.found("leak", f"{place}: tells what is the owner's")
        if answer.status_code >= 500:
            tally.found("error", f"{place}: {answer.status_code}")


def in_queries(
    estate: Estate, attackers: Mapping[str, Estate], tally: Tally, *, thorough: bool = False
) -> None:
    """Every parameter that takes an id, or a partner as audience, with ids of the owner's couple."""
    for who, own in attackers.items():
        for operation in own.all.values():
            fields = {
                name: "{}" for name, schema in operation.query.items() if matrix.takes_an_id(name, schema)
            }
            if "audience" in operation.query and thorough:
                fields["audience"] = "partner:{}"
            for name, form in fields.items():
                values = list(dict.fromkeys([*estate.ids.values(), *estate.partners, *estate.directions]))
                if own.practice == estate.practice:
                    values.remove(estate.ids["person_id"])
                if name == "audience":
                    values = estate.partners
                _try_query(
                    own, operation, name, [form.format(value) for value in (NOBODY, *values)], who, tally
                )


def _try_query(
    own: Estate, operation: Operation, name: str, values: list[str], who: str, tally: Tally
) -> None:
    body = own.body(operation)
    query = {"dry_run": True} if operation.name == "importRecords" else {}
    with tally.nothing_written(f"{operation.name} by {who}, foreign {name}"):
        twin, *answers = (
            own.send(own.owner, operation, body, query={**query, name: value}) for value in values
        )
    tally.tried["ids in queries"] += len(answers)
    if any(told(each) != told(twin) for each in answers):
        tally.found("oracle", f"{operation.name} by {who}: {name} tells the owner's from nobody's")
    if any(CANARY in each.text for each in answers):
        tally.found("leak", f"{operation.name} by {who}: {name} shows what is the owner's")


def in_addresses(estate: Estate, attackers: Mapping[str, Estate], tally: Tally) -> None:
    """Addresses with two ids, one's own couple and somebody else's partner; and the owner's ids of another kind."""
    for operation in estate.all.values():
        if operation.path.count("{") > 1:
            for who, own in attackers.items():
                theirs = own.send(own.owner, operation, ids={"partner_id": estate.partners[0]})
                twin = own.send(own.owner, operation, ids={"partner_id": NOBODY})
                tally.tried["ids in addresses"] += 1
                if told(theirs) != told(twin) or theirs.status_code != 404:
                    tally.found("oracle", f"{operation.name} by {who}: tells a partner of the owner's")
        if operation.parameter and operation.clinical:
            _try_other_kinds(estate, operation, tally)


def _try_other_kinds(estate: Estate, operation: Operation, tally: Tally) -> None:
    """An id of the caller's own, in the place of another kind of thing, is nothing there."""
    assert operation.parameter is not None
    body = estate.body(operation)
    twin = told(estate.send(estate.owner, operation, body, etag='"none"', ids=NOBODYS))
    same = {estate.ids[operation.parameter], estate.ids.get("item_id")}  # the item is a marker too
    others = {name: value for name, value in estate.ids.items() if value not in same}
    with tally.nothing_written(f"{operation.name}, ids of another kind"):
        for name, value in others.items():
            tally.tried["ids in addresses"] += 1
            answer = estate.send(
                estate.owner, operation, body, etag='"none"', ids={operation.parameter: value}
            )
            if told(answer) != twin:
                tally.found("oracle", f"{operation.name}: takes the {name} for its own, {answer.status_code}")


def in_cursors(estate: Estate, attackers: Mapping[str, Estate], tally: Tally) -> None:
    """A cursor of the owner's, brought by others, to their own lists and to the owner's; and one that was edited."""
    for operation in estate.all.values():
        if "cursor" not in operation.query or (operation.tag == "practice" and not operation.clinical):
            continue
        if operation.name not in OF_MANY and operation.parameter in MAKERS:
            _again(estate, operation)
        page = estate.send(estate.owner, operation, query={"limit": 1, **_history(operation)}).json()
        if page["next_cursor"] is None:
            continue
        query = {"limit": 1, "cursor": page["next_cursor"], **_history(operation)}
        for who, own in attackers.items():
            tally.tried["cursors"] += 1
            _try_cursor(estate, own, operation, query, who, tally)
        _try_edited(estate, operation, query, tally)


def _try_cursor(
    estate: Estate, own: Estate, operation: Operation, query: Json, who: str, tally: Tally
) -> None:
    theirs = own.send(own.owner, operation, query=query, ids=estate.ids)
    nobody = own.send(own.owner, operation, query=query, ids=NOBODYS)
    mine = own.send(own.owner, operation, query=query)
    shared = operation.name in OF_MANY or own.owner is estate.owner
    if not shared and told(theirs) != told(nobody):
        tally.found("oracle", f"{operation.name} by {who}: a cursor tells the owner's couple from none")
    if (own.practice != estate.practice or operation.clinical) and mine.status_code != 400:
        tally.found("leak", f"{operation.name} by {who}: takes the cursor, {mine.status_code}")
    if own.owner is not estate.owner and CANARY in mine.text + theirs.text:
        tally.found("leak", f"{operation.name} by {who}: a cursor tells what is the owner's")


def _try_edited(estate: Estate, operation: Operation, query: Json, tally: Tally) -> None:
    cursor = query["cursor"]
    for place in (0, len(cursor) // 2, len(cursor) - 1):
        letter = "B" if cursor[place] == "A" else "A"
        edited = {**query, "cursor": cursor[:place] + letter + cursor[place + 1 :]}
        tally.tried["cursors"] += 1
        status = estate.send(estate.owner, operation, query=edited).status_code
        if status not in (400, 422):
            tally.found("leak", f"{operation.name}: takes an edited cursor, {status}")


def _history(operation: Operation) -> Json:
    """Show superseded entries too, where a list can: a corrected entry makes a second item."""
    return {"history": True} if "history" in operation.query else {}


def _again(estate: Estate, operation: Operation) -> None:
    """One more item in a list of the owner's: a second entry, or the first one marked as entered in error."""
    kept = dict(estate.ids)
    estate.supervisor = None
    maker = operation.path.split("/")[-1]
    for parameter, name in MAKERS.items():
        made = estate.all[name]
        if made.path.split("/")[-1] == maker and made.path.startswith("/v1/couples/{"):
            answer = estate.send(estate.keeper(made), made, estate.body(made))
            if answer.status_code == 201:
                continue
            for void in estate.all.values():
                if void.parameter == parameter and void.path.endswith("in-error"):
                    estate.send(estate.owner, void, estate.body(void))
    estate.ids = kept


def in_repeated_posts(estate: Estate, strangers: Mapping[str, Caller], tally: Tally) -> None:
    """An idempotency key that the owner used, brought by others for the same POST, opens no remembered answer."""
    for name in dict.fromkeys(MAKERS.values()):
        operation = estate.all[name]
        if not operation.clinical or estate.keeper(operation) is not estate.owner:
            continue
        body, used = estate.body(operation), f"proof-{new_id()}"
        first = estate.send(estate.owner, operation, body, idempotency_key=used)
        if first.status_code != 201:
            continue
        again = estate.send(estate.owner, operation, body, idempotency_key=used)
        if again.content != first.content or "idempotent-replayed" not in again.headers:
            tally.found("effect", f"{name}: the owner's own repetition is not answered as at first")
        with tally.nothing_written(f"{name}, the owner's idempotency key"):
            for who, caller in strangers.items():
                tally.tried["repeated POSTs"] += 1
                theirs = estate.send(caller, operation, body, idempotency_key=used)
                twin = estate.send(caller, operation, body, idempotency_key=used, ids=NOBODYS)
                if told(theirs) != told(twin) or theirs.status_code not in (403, 404):
                    tally.found(
                        "leak", f"{name} by {who}: {theirs.status_code} for the owner's idempotency key"
                    )
