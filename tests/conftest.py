"""Fixtures: a service over a fresh database of each kind, migrated by the project's own migrations."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from sqlalchemy import make_url

from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.chart.migrations import migrate
from app.chart.plans import Plan
from app.main import create_app
from app.settings import Settings
from tests import postgres_server
from tests.people import Caller, Watch, World
from tests.shelf import Shelf

MASTER = b"0123456789abcdef0123456789abcdef"
BOTH = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """One event loop for all tests of a worker."""
    with start_blocking_portal() as loop:
        yield loop


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at head, to be copied."""
    path = tmp_path_factory.mktemp("template") / "mendline.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A PostgreSQL database at head, to be copied."""
    server = postgres_server.postgres_url()
    url = postgres_server.create_database(server, prefix="mendline_template")
    migrate(postgres_server.for_sqlalchemy(url))
    yield url.rsplit("/", 1)[1].split("?")[0]
    postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def shelf(postgres_template: str) -> Iterator[Shelf]:
    """The PostgreSQL databases that the tests of this worker have, one after the other."""
    kept = Shelf(postgres_template)
    yield kept
    kept.close()


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database at head: each test that asks runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "mendline.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    kept = request.getfixturevalue("shelf")
    loan = kept.borrow()
    yield postgres_server.for_sqlalchemy(loan.url)
    kept.give_back(loan)


@pytest.fixture(scope="session")
def application(sqlite_template: Path) -> FastAPI:
    """One application a worker: building its routes costs more than most tests; each world moves in with its store."""
    url = f"sqlite:///{sqlite_template}"
    store = Store(url, MasterKey(MASTER))
    app = create_app(Settings(database_url=url, environment="demo", rate_limit="100000/minute"), store=store)
    store.close()
    return app


@pytest.fixture(scope="session")
def plans() -> dict[str, dict[Any, Plan]]:
    """Statements compiled by earlier tests, for each kind of database."""
    return {kind: {} for kind in BOTH}


@pytest.fixture
def world(
    application: FastAPI,
    database_url: str,
    portal: BlockingPortal,
    plans: dict[str, dict[Any, Plan]],
    tmp_path: Path,
) -> Iterator[World]:
    """A service over a fresh database."""
    kind = make_url(database_url).get_backend_name()
    store = Store(database_url, MasterKey(MASTER), threads=4, plans=plans[kind])
    watch = Watch()
    before = application.state.house
    application.state.house = replace(before, store=store, clock=watch)
    application.state.settings = application.state.settings.model_copy(
        update={"data_dir": tmp_path, "database_url": database_url}
    )
    yield World(application, store, watch, portal, database_url)
    application.state.house = before
    store.close()


@pytest.fixture
def therapist(world: World) -> Caller:
    """A clinician with every scope of the role."""
    return world.somebody("clinician")
