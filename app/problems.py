"""Problems: every refusal as RFC 9457 problem+json, the framework's included, and a page for each; main comes in."""

import re
from html import escape
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match

from app.errors import BY_CODE, MEANINGS, FieldError, Refusal
from app.wire.faults import sentences

MEDIA_TYPE = "application/problem+json"
BY_STATUS = {
    400: "malformed_request",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "body_too_large",
    415: "unsupported_media_type",
}


class FieldProblem(BaseModel):
    """One thing wrong in the input."""

    pointer: str = Field(description="RFC 6901 pointer into the body, or #/query/…, #/path/….")
    code: str = Field(description="What kind of fault it is; stable.")
    detail: str = Field(description="What is wrong; never what was sent.")
    hint: str = Field(description="How to mend it; empty where nothing general can be said.")


class Problem(BaseModel):
    """RFC 9457 problem document; further members may stand beside these."""

    type: str = Field(description="Address of the page about this code.")
    title: str = Field(description="The code in a few words.")
    status: int = Field(description="The HTTP status once more.")
    detail: str = Field(description="What happened.")
    hint: str = Field(description="What to do about it.")
    instance: str = Field(description="The address that was asked, without its query.")
    code: str = Field(description="Stable; clients decide by this.")
    request_id: str = Field(description="Names this request in the trail and in logs.")
    errors: list[FieldProblem] = Field(
        default_factory=list, description="What is wrong with single fields; empty for other refusals."
    )


def problem_response(request: Request, refusal: Refusal) -> Response:
    """A refusal as its document."""
    meaning = refusal.meaning
    content: dict[str, Any] = {
        "type": f"/problems/{meaning.code}",
        "title": meaning.title,
        "status": meaning.status,
        "detail": refusal.detail or meaning.explanation,
        "hint": meaning.advice,
        "instance": request.url.path,
        "code": meaning.code,
        "request_id": getattr(request.state, "request_id", ""),
        "errors": [vars(error) for error in refusal.errors],
        **refusal.extra,
    }
    return Response(to_json(content, inf_nan_mode="null"), meaning.status, refusal.headers, MEDIA_TYPE)


def of_validation(error: RequestValidationError) -> Refusal:
    """Pydantic's findings as ours; what was sent is never repeated."""
    details = error.errors()
    broken = next((detail for detail in details if detail["type"] == "json_invalid"), None)
    if broken is not None:
        return Refusal("malformed_request", f"The body is not well-formed JSON{_from_where(broken)}.")
    return Refusal("invalid_input", errors=[_field(detail) for detail in details[:50]])


def _from_where(broken: dict[str, Any]) -> str:
    """Where reading stopped: a place, never what stands there."""
    place = broken["loc"][-1]
    return f" from character {place + 1} on" if isinstance(place, int) else ""


def _field(detail: dict[str, Any]) -> FieldError:
    where, *path = detail["loc"]
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in path]
    base = "" if where == "body" else f"#/{where}"
    pointer = base + "".join(f"/{step}" for step in steps)
    kind = str(detail["type"])
    if kind == "missing" and where == "body" and not path:
        return FieldError(pointer, kind, *sentences("no_body", "", {}))
    if kind == "extra_forbidden":  # the unknown name came from the caller and may be anything
        pointer = pointer[:200]
    return FieldError(pointer, kind, *sentences(kind, str(detail["msg"]), detail.get("ctx", {})))


def of_http(error: HTTPException) -> Refusal:
    """The framework's own refusals (404, 405, …) as ours."""
    code = BY_STATUS.get(
        error.status_code, "internal_error" if error.status_code >= 500 else "malformed_request"
    )
    words = "No operation has this address; none ends with a slash." if code == "not_found" else ""
    return Refusal(code, words, headers=dict(error.headers or {}))


def _methods(request: Request) -> list[str]:
    """Every method that the address answers to; the framework would name only its first route's."""
    app: FastAPI = request.app
    plain = {"type": "http", "path": request.scope["path"], "root_path": "", "headers": [], "app": app}
    return [
        method
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE")
        if any(route.matches({**plain, "method": method})[0] is Match.FULL for route in app.router.routes)
    ]


def install(app: FastAPI) -> None:
    """Every way an application can fail ends in a problem document."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refusal)
        return problem_response(request, error)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem_response(request, of_validation(error))

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        refusal = of_http(error)
        if refusal.meaning.status == 405:
            refusal.headers["Allow"] = ", ".join(_methods(request))
        return problem_response(request, refusal)

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_route("/problems/{code}", _page, include_in_schema=False)
    app.add_route("/problems", _index, include_in_schema=False)


async def _page(request: Request) -> Response:
    meaning = BY_CODE.get(request.path_params["code"])
    if meaning is None:
        return await run_in_threadpool(problem_response, request, Refusal("not_found"))
    rows = "".join(
        f"<dt>{name}</dt><dd>{_marked_up(str(value))}</dd>"
        for name, value in (
            ("Status", meaning.status),
            ("What happened", meaning.explanation),
            ("What to do", meaning.advice),
        )
    )
    back = '<p><a href="/problems">All problems</a></p>'
    return HTMLResponse(_document(meaning.title, f"<p><code>{meaning.code}</code></p><dl>{rows}</dl>{back}"))


async def _index(request: Request) -> Response:
    items = "".join(
        f'<li><a href="/problems/{m.code}"><code>{m.code}</code></a> {m.status} — {escape(m.title)}</li>'
        for m in MEANINGS
    )
    back = '<p><a href="/">Mendline</a></p>'
    return HTMLResponse(
        _document(
            "Problems", f"<p>Every refusal, by the <code>code</code> it carries.</p><ul>{items}</ul>{back}"
        )
    )


def _marked_up(words: str) -> str:
    """Words of ours as HTML: what stands in backticks is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(words))


def _document(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)} · Mendline</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/page.css">'
        f"<main><h1>{escape(title)}</h1>{body}</main></html>"
    )
