"""Builds the application: lists the slices' routers and hangs door, edge, front and problems around them."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache

import anyio.to_thread
from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from limits import parse
from pydantic_core import to_json

from app import __version__, front, openapi, problems
from app.audit.routes import router as audit
from app.break_glass.routes import router as break_glass
from app.calendar.routes import router as calendar
from app.chart import file_keys
from app.chart.chart import Store
from app.chart.keys import KEY_BYTES, MasterKey, load_master_key, with_former
from app.chart.migrations import readiness
from app.client_requests.routes import router as client_requests
from app.clock import Clock, system_clock
from app.commitments.routes import router as commitments
from app.confidences.routes import router as confidences
from app.couples.routes import router as couples
from app.directory import Directory
from app.disclosures.routes import router as disclosures
from app.edge import Edge
from app.imports.routes import router as imports
from app.integrity.sealer import Sealer
from app.markers.routes import router as markers
from app.practice.door import House
from app.practice.issuer import Issuer, Rules, StepUp
from app.practice.pace import Pace
from app.practice.routes import router as practice
from app.process_notes.routes import router as process_notes
from app.progress.routes import router as progress
from app.releases.routes import router as releases
from app.reviews.routes import router as reviews
from app.safety.routes import router as safety
from app.sessions.routes import router as sessions
from app.settings import Settings
from app.stages.routes import router as stages
from app.threat_responses.routes import router as threat_responses
from app.vocabulary.routes import router as vocabulary

ROUTERS = (
    practice,
    imports,
    couples,
    safety,
    sessions,
    calendar,
    stages,
    markers,
    threat_responses,
    vocabulary,
    commitments,
    reviews,
    confidences,
    process_notes,
    break_glass,
    audit,
    releases,
    client_requests,
    disclosures,
    progress,
)

NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI would hand exceptions, which may quote what somebody wrote, to whatever collector the process is given."""

DESCRIPTION = (front.STATIC / "reference.md").read_text("utf-8")


def create_app(settings: Settings, *, clock: Clock = system_clock, store: Store | None = None) -> FastAPI:
    """The application over one store; tests pass their own clock and store."""
    record = store or open_store(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(settings.threads, "door"))
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.threads
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)  # rows and answers hold no cycles: look for them less often
        sealer = Sealer(record, clock, settings.seal_seconds)
        sealer.start()
        yield
        sealer.stop()
        if store is None:
            record.close()

    app = FastAPI(
        title="Mendline",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
    )
    app.state.settings = settings
    app.state.house = House(record, clock, Pace(parse(settings.rate_limit)), *_issuer(settings))
    for router in ROUTERS:
        app.router.routes.extend(router.routes)  # include_router would look at each of them twice a request
    app.router.routes.insert(0, Directory(app.router.routes))
    problems.install(app)
    app.add_middleware(Edge, limit_of=lambda path: _limit(settings, path))
    app.openapi = cache(lambda: openapi.document(app, openapi.TAGS))  # type: ignore[method-assign]
    front.install(
        app,
        ready=lambda: readiness(app.state.settings.url),
        described=cache(lambda: to_json(app.openapi())),
    )
    return app


def create_app_from_environment() -> FastAPI:
    """The application as the MENDLINE_ variables describe it: the factory that `mendline serve` gives to uvicorn."""
    return create_app(Settings())


def openapi_bytes() -> bytes:
    """The document as openapi/openapi.json holds it: two spaces, real characters, one newline at the end."""
    scratch = Store("sqlite://", MasterKey(bytes(KEY_BYTES)), threads=1)
    try:
        content = create_app(Settings(), store=scratch).openapi()
    finally:
        scratch.close()
    return json.dumps(content, indent=2, ensure_ascii=False).encode() + b"\n"


def open_store(settings: Settings) -> Store:
    """The record store that the settings name."""
    know_file(settings)
    return Store(settings.url, master_key(settings), settings.threads)


def know_file(settings: Settings) -> None:
    """Say, before the database is first opened, that its file is encrypted as a whole."""

    def known() -> MasterKey:
        if not settings.master_key and not settings.key_file.exists():  # opening a file never makes a key
            raise file_keys.FileLocked(
                f"the master key {settings.key_file} is missing: without it the encrypted file does not open"
            )
        return master_key(settings)

    if settings.sqlite_encryption:
        file_keys.encrypt(settings.url, known)


def master_key(settings: Settings) -> MasterKey:
    """The master key in use, with the former one while keys are rotated."""
    master, _ = load_master_key(settings.master_key, settings.key_file)
    return with_former(master, settings.former_master_key, settings.former_master_key_file)


def _issuer(settings: Settings) -> tuple[Issuer | None, StepUp | None]:
    """The OpenID Connect issuer that the settings name, and what it must have proved before signing."""
    if not settings.oidc_issuer:
        return None, None
    rules = Rules(
        settings.oidc_issuer,
        settings.oidc_audience,
        frozenset(settings.oidc_algorithms.split()),
        settings.oidc_keys_url or None,
        settings.oidc_practice_claim,
    )
    contexts = tuple(settings.step_up_contexts.split())
    return Issuer(rules), StepUp(contexts, settings.step_up_seconds) if contexts else None


def _limit(settings: Settings, path: str) -> int:
    return settings.import_limit if path == "/v1/imports" else settings.body_limit
