"""Migrations go up, down and up again on a database that holds a record, on both databases."""

from pathlib import Path
from typing import Any

import pytest
from alembic import op
from alembic.script import ScriptDirectory

from app.chart.base import metadata
from app.chart.migrations import folder, head, migrate, revision_of
from tests.chart import raw
from tests.house.test_migrations_match import differences
from tests.people import Caller, World, a_couple


def later_revisions() -> list[tuple[str, str]]:
    """Every revision after the first record, with the one before it; newest first."""
    script = ScriptDirectory(str(folder()))
    found = [(r.revision, str(r.down_revision)) for r in script.walk_revisions()]
    return [(revision, before) for revision, before in found if revision > "0002"]


def test_the_first_record_goes_down_and_up_and_is_sound_again(world: World, therapist: Caller) -> None:
    a_couple(therapist)
    world.store.close()

    migrate(world.url, "base")
    assert revision_of(world.url) is None
    migrate(world.url)

    assert revision_of(world.url) == head()
    assert differences(world.url, metadata) == []
    assert {name for name, rows in raw.everything(world.url).items() if rows} == set()


def test_a_migration_that_breaks_off_leaves_nothing_and_can_be_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    create, made = op.create_table, list[str]()

    def create_some(name: str, *columns: Any, **options: Any) -> Any:
        made.append(name)
        if len(made) == 20:
            raise ZeroDivisionError
        return create(name, *columns, **options)

    monkeypatch.setattr(op, "create_table", create_some)
    with pytest.raises(ZeroDivisionError):
        migrate(url)
    monkeypatch.undo()

    assert revision_of(url) in (None, "0001")
    assert not {made[0], made[-2]} & {row[0] for row in raw.rows(url, "SELECT name FROM sqlite_master")}
    migrate(url)
    assert revision_of(url) == head()


def test_every_later_migration_keeps_each_row_on_the_way_down_and_up(world: World, therapist: Caller) -> None:
    a_couple(therapist)
    before = raw.everything(world.url)

    for revision, earlier in later_revisions():
        migrate(world.url, "-1")
        assert revision_of(world.url) == earlier
        migrate(world.url, revision)
        assert raw.everything(world.url) == before
        migrate(world.url, "-1")
    migrate(world.url)

    assert raw.everything(world.url) == before
    assert differences(world.url, metadata) == []
    assert len(therapist.get("/v1/couples").json()["items"]) == 1
