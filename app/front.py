"""The front: start page, API reference, health; open to everybody, no clinical data behind any of it; main comes in."""

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).parent / "static"
DOCS_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:; "
    "frame-ancestors 'none'"
)

START = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Mendline</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/page.css">
<main><h1>Mendline</h1>
<p>Case notes for therapists who treat couples after a betrayal: the record of sessions, accountability and transparency
markers, threat responses and concrete commitments, and two questions answered from it with intervals and evidence —
<em>is trust repair moving, measured against an 18-month-to-3-year course?</em> and <em>has trying longer become its own
harm?</em></p>
<ul>
<li><a href="/docs">API reference</a>, made from the <a href="/openapi.json">OpenAPI document</a></li>
<li><a href="/problems">Problem codes</a>: every refusal this service can give, and what to do about it</li>
<li><a href="/readyz">Readiness</a> and <a href="/livez">liveness</a></li>
</ul>
<p>Programs come in with <code>Authorization: Bearer ml_…</code>. Indicators support a clinician's judgement; they never
replace it. The 18-to-36-month band is one clinician's published expectation and is not validated.</p>
</main></html>"""

DOCS = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Mendline API reference</title>
<meta name="viewport" content="width=device-width"><style>body { margin: 0 }</style>
<redoc spec-url="/openapi.json"></redoc><script src="/static/redoc/redoc.standalone.js"></script></html>"""


def install(app: FastAPI, *, ready: Callable[[], dict[str, str]], described: Callable[[], bytes]) -> None:
    """Hang the front's pages into the application; the API's document is made once, beside the requests."""

    async def start(_: Request) -> Response:
        return HTMLResponse(START)

    async def docs(_: Request) -> Response:
        return HTMLResponse(DOCS, headers={"Content-Security-Policy": DOCS_POLICY})

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    def document(_: Request) -> Response:
        return Response(described(), media_type="application/json")

    def readyz(_: Request) -> Response:
        checks = ready()
        good = all(value == "ok" for value in checks.values())
        return JSONResponse({"status": "ready" if good else "not ready", **checks}, 200 if good else 503)

    app.add_route("/", start, include_in_schema=False)
    app.add_route("/openapi.json", document, include_in_schema=False)
    app.add_route("/docs", docs, include_in_schema=False)
    app.add_route("/livez", livez, include_in_schema=False)
    app.add_route("/readyz", readyz, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
