"""An application over a throw-away store, for the house's own tests."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from app.chart.chart import Store
from app.chart.keys import KEY_BYTES, MasterKey
from app.main import create_app
from app.settings import Settings


@pytest.fixture(scope="session")
def app() -> Iterator[FastAPI]:
    """The application as it is served, over an empty database in memory."""
    store = Store("sqlite://", MasterKey(bytes(KEY_BYTES)), threads=1)
    yield create_app(Settings(), store=store)
    store.close()


@pytest.fixture(scope="session")
def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document as it is served."""
    return app.openapi()
