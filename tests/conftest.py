"""Fixtures: a service over a fresh database of each kind, migrated by the project's own migrations."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.chart.migrations import migrate
from app.main import create_app
from app.settings import Settings
from tests import postgres_server
from tests.people import Caller, Watch, World

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


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database at head: each test that asks runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "mendline.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgres_template")
    url = postgres_server.create_database(postgres_server.postgres_url(), template=template)
    yield postgres_server.for_sqlalchemy(url)
    postgres_server.drop_database(url)


@pytest.fixture
def world(database_url: str, portal: BlockingPortal, tmp_path: Path) -> Iterator[World]:
    """A service over a fresh database."""
    store = Store(database_url, MasterKey(MASTER), threads=4)
    watch = Watch()
    settings = Settings(data_dir=tmp_path, database_url=database_url, environment="demo", rate_limit="100000/minute")
    app = create_app(settings, clock=watch, store=store)
    yield World(app, store, watch, portal, database_url)
    store.close()


@pytest.fixture
def therapist(world: World) -> Caller:
    """A clinician with every scope of the role."""
    return world.somebody("clinician")
