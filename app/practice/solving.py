"""A request's parameters: none is passed over, and a short way to those that FastAPI made; the door comes in.

Whatever is unusual (a value that does not fit, a missing one, a list) is left to FastAPI, whose refusals are the
documented ones. What is solved here is validated by the same fields, so that both ways give the same values.
"""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, get_args, get_origin

from fastapi.dependencies.models import Dependant
from fastapi.params import Body
from pydantic import BaseModel
from starlette.requests import Request

from app.errors import FieldError, InvalidInput, invalid
from app.wire.faults import sentences
from app.wire.types import SaidTwice, each_once

Values = dict[str, Any]
Solver = Callable[[Request], Awaitable[Values | None]]
MOST_KEYS = 100
SMALL = 16_384
"""Bytes in which no crowd of keys costs anything."""
_NOTHING: Mapping[str, Any] = {}


def solver_for(dependant: Dependant) -> Solver | None:
    """A quick solver for a route that takes the chart, plain parameters and at most one JSON body; None for others."""
    if dependant.cookie_params or dependant.request_param_name or not _one_model(dependant.body_params):
        return None
    if len(dependant.dependencies) != 1:
        return None
    (door,) = dependant.dependencies
    knock, name = door.call, door.name
    fields = [*dependant.path_params, *dependant.query_params, *dependant.header_params]
    if knock is None or name is None or any(_may_be_many(field.field_info.annotation) for field in fields):
        return None

    async def solve(request: Request) -> Values | None:
        query = request.query_params if request.scope["query_string"] else _NOTHING
        values: Values = {name: await knock(request)}
        fits = (
            _read(dependant.path_params, request.path_params, values)
            and _read(dependant.query_params, query, values)
            and _read(dependant.header_params, request.headers, values)
        )
        fits = fits and (
            not dependant.body_params or await _read_body(dependant.body_params[0], request, values)
        )
        return values if fits else None

    return solve


def parameter_names(dependant: Dependant) -> frozenset[str]:
    """Every name that may stand behind the question mark of a route's address."""
    names: set[str] = set()
    for field in dependant.query_params:
        model: Any = field.field_info.annotation
        names |= set(model.model_fields) if _is_model(field) else {field.alias}
    return frozenset(names)


def demand_declared(request: Request, known: frozenset[str]) -> None:
    """No parameter is passed over: a misspelt `audience` would give both partners the treating team's answer."""
    given = request.query_params
    if "audience" not in known and any(each != "clinician" for each in given.getlist("audience")):
        words = "This answer is for the treating team alone."
        raise invalid("#/query/audience", "clinician_only", words, "Leave it out.")
    taken = known | {"audience"}
    often = Counter(name for name, _ in given.multi_items())
    repeated = sorted(name for name in often if name in taken and often[name] > 1)
    wrong = [_parameter(f"#/query/{name}", "repeated_parameter") for name in repeated]
    if not taken.issuperset(often):  # the name came from the caller and may be anything: it is not told
        wrong.append(_unknown(known))
    if wrong:
        raise InvalidInput(*wrong)


def _parameter(pointer: str, code: str) -> FieldError:
    return FieldError(pointer, code, *sentences(code, "", {}))


def _unknown(known: frozenset[str]) -> FieldError:
    hint = (
        f"Known here: {', '.join(f'`{name}`' for name in sorted(known))}."
        if known
        else "Leave it out: none is."
    )
    return replace(_parameter("#/query", "unknown_parameter"), hint=hint)


def _one_model(fields: list[Any]) -> bool:
    """Whether a body, if there is any, is one model and nothing beside it."""
    return not fields or (len(fields) == 1 and type(fields[0].field_info) is Body and _is_model(fields[0]))


async def _read_body(field: Any, request: Request, values: Values) -> bool:
    """Add the body to the values; false when it does not call itself JSON, is none, or does not fit."""
    if request.headers.get("content-type") != "application/json":
        return False
    body = await request.body()
    try:
        given = json.loads(body, object_pairs_hook=each_once)
    except (ValueError, RecursionError):
        return False
    if len(body) > SMALL and crowded(given):
        return False
    values[field.name], errors = field.validate(given, loc=("body",))
    return not errors


async def is_ambiguous(request: Request) -> bool:
    """Whether a body says a field twice, or holds an object of more keys than any schema knows: each would be a
    finding of its own."""
    body = await request.body()
    try:
        return crowded(json.loads(body, object_pairs_hook=each_once)) and len(body) > SMALL
    except SaidTwice:
        return True
    except (ValueError, RecursionError):
        return False  # which FastAPI finds as well


def crowded(content: Any) -> bool:
    """Whether there is an object of too many keys anywhere inside; without recursion, which deep input would break."""
    waiting = [content]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if len(here) > MOST_KEYS:
                return True
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)
    return False


def _may_be_many(annotation: Any) -> bool:
    """Whether a parameter may be given several times."""
    kind = get_origin(annotation) or annotation
    return kind in (list, tuple, set, frozenset) or any(map(_may_be_many, get_args(annotation)))


def _read(fields: list[Any], given: Mapping[str, Any], values: Values) -> bool:
    """Add what was given to the values; false when it is missing, does not fit, or is beyond the short way."""
    for field in fields:
        raw = _raw(field, given)
        if raw is None and field.field_info.is_required():
            return False
        value, errors = (field.get_default(), []) if raw is None else field.validate(raw)
        if errors:
            return False
        values[field.name] = value
    return True


def _raw(field: Any, given: Mapping[str, Any]) -> Any:
    """What came for a field; a model of query parameters takes the short way only when nothing was given."""
    if _is_model(field):
        return None if given else {}
    return given.get(field.alias)


def _is_model(field: Any) -> bool:
    annotation = field.field_info.annotation
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
