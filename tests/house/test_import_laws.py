"""The house keeps its laws, and each law catches what it is there for."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house import laws
from tests.house.laws import FLOORS, LAWS, Source, read

CHECKOUT = Path(__file__).parents[2]
HOUSE = CHECKOUT / "app"
Law = Callable[[Source], Iterator[str]]


@pytest.fixture(scope="module")
def house() -> list[Source]:
    """Every module of the house."""
    paths = sorted(HOUSE.rglob("*.py"))
    return [read(path.relative_to(HOUSE).as_posix(), path.read_text()) for path in paths]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_house_keeps_the_law(law: Law, house: list[Source]) -> None:
    broken = [f"app/{source.path}:{breach}" for source in house for breach in law(source)]

    assert not broken, "\n".join((f"{law.__name__}: {law.__doc__}", *broken))


def test_the_page_and_the_law_name_the_same_floors() -> None:
    page = (CHECKOUT / "docs" / "architecture.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)
    told = {int(number): set(re.findall(r"`([a-z_]+)`", names)) for number, names in rows}

    for room, floor in FLOORS.items():
        assert room in told[floor], f"docs/architecture.md: name `{room}` on floor {floor}"


SIGN = '"""What lives here; who may come in."""\n'
FLAWS: list[tuple[Law, str, str]] = [
    (laws.every_room_has_a_floor, "attic/service.py", SIGN),
    (laws.imports_only_go_down, "couples/service.py", SIGN + "from app.markers import service\n"),
    (laws.imports_only_go_down, "stages/service.py", SIGN + "from app.markers.service import kinds\n"),
    (laws.imports_only_go_down, "chart/chart.py", SIGN + "from app.wire.answers import answer\n"),
    (laws.imports_only_go_down, "errors.py", SIGN + "import app.clock\n"),
    (
        laws.imports_only_go_down,
        "practice/service.py",
        SIGN + "def f():\n    from app.main import create_app\n",
    ),
    (
        laws.a_slice_is_entered_by_its_service,
        "markers/service.py",
        SIGN + "from app.couples.tables import couple\n",
    ),
    (laws.a_slice_is_entered_by_its_service, "markers/service.py", SIGN + "from app.couples import tables\n"),
    (
        laws.a_slice_is_entered_by_its_service,
        "demo/story.py",
        SIGN + "from app.couples.routes import router\n",
    ),
    (laws.fastapi_stays_at_the_surface, "couples/service.py", SIGN + "from fastapi import Query\n"),
    (laws.fastapi_stays_at_the_surface, "chart/chart.py", SIGN + "import fastapi\n"),
    (laws.sql_stays_in_its_places, "couples/routes.py", SIGN + "from sqlalchemy import select\n"),
    (laws.sql_stays_in_its_places, "timeline/clock.py", SIGN + "import sqlalchemy as sa\n"),
    (laws.sql_stays_in_its_places, "front.py", SIGN + "import sqlite3\n"),
    (laws.no_sql_as_text, "couples/service.py", SIGN + "from sqlalchemy import text\nx = text('select 1')\n"),
    (
        laws.no_sql_as_text,
        "couples/service.py",
        SIGN + "def f(c):\n    return c.journey.connection.execute('x')\n",
    ),
    (laws.no_sql_as_text, "couples/service.py", SIGN + "import sqlalchemy as sa\nx = sa.text('select 1')\n"),
    (laws.the_timeline_is_pure, "timeline/clock.py", SIGN + "from app.couples.case import Case\n"),
    (laws.the_timeline_is_pure, "timeline/clock.py", SIGN + "import pydantic\n"),
    (
        laws.nobody_reads_the_clock,
        "couples/service.py",
        SIGN + "import datetime\nx = datetime.datetime.now()\n",
    ),
    (laws.nobody_reads_the_clock, "timeline/days.py", SIGN + "from datetime import date\nx = date.today()\n"),
    (laws.a_sign_on_every_door, "couples/service.py", "import os\n"),
    (laws.a_sign_on_every_door, "couples/service.py", '"""One thing. Another thing."""\n'),
    (laws.a_sign_on_every_door, "couples/service.py", '"""A sentence\nover two lines."""\n'),
    (laws.imports_stand_in_order, "couples/service.py", SIGN + "x = 1\nimport os\n"),
]


@pytest.mark.parametrize(("law", "path", "text"), FLAWS, ids=lambda part: getattr(part, "__name__", None))
def test_the_law_notices_a_breach_and_says_where(law: Law, path: str, text: str) -> None:
    breaches = list(law(read(path, text)))

    assert breaches
    assert re.match(r"\d+: .{20,}", breaches[0])


ALLOWED = [
    ("imports/columns.py", SIGN + "def text(x: str) -> str:\n    return x\n\n\nvalue = text('a')\n"),
    ("markers/service.py", SIGN + "from sqlalchemy import select\n\nfrom app.couples import facts\n"),
    (
        "sessions/service.py",
        SIGN + "from app.markers import service\nfrom app.markers.schemas import MarkerIn\n",
    ),
    ("wire/pages.py", SIGN + "from fastapi import Query\n\nfrom app.chart.chart import Chart\n"),
    ("timeline/clock.py", SIGN + "import math\n\nimport numpy as np\n\nfrom app.timeline.days import day\n"),
    ("main.py", SIGN + "from app import front\nfrom app.couples.routes import router\n"),
]


@pytest.mark.parametrize(("path", "text"), ALLOWED, ids=[path for path, _ in ALLOWED])
def test_what_the_house_needs_is_allowed(path: str, text: str) -> None:
    assert [breach for law in LAWS for breach in law(read(path, text))] == []
