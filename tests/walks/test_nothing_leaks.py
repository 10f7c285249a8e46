"""A sentence of one partner, sent everywhere it can be sent, is in no log, no refusal and no raw byte of the store."""

import base64
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.archive import service as archive
from app.archive.container import Reading
from app.archive.locks import Secret
from app.chart.chart import Chart
from app.logs import JsonLines
from tests.chart import raw
from tests.live import serving
from tests.people import Caller, World
from tests.walks import matrix, shouting
from tests.walks.matrix import CANARY, SAFETY_CANARY, Estate
from tests.walks.shouting import SENTENCE, garbage, holds, repeated, shouted, untold

LOGGERS = ("", "uvicorn", "uvicorn.error", "uvicorn.access", "mendline")
OF_THE_TEST = ("httpx", "httpcore")


@contextmanager
def everything_logged() -> Iterator[list[str]]:
    """Every line that any logger writes meanwhile, as the service would write it."""
    lines: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith(OF_THE_TEST):
                lines.append(self.format(record))

    keeping = Keeping(logging.DEBUG)
    keeping.setFormatter(JsonLines())
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.addHandler(keeping)
    try:
        yield lines
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
            logger.removeHandler(keeping)


def in_the_store(world: World) -> bytes:
    """The raw bytes of the store, or all its rows as an administrator reads them."""
    if raw.is_postgres(world.url):
        return repr(raw.everything(world.url)).encode()
    path = raw.file_of(world.url)
    return path.read_bytes() + Path(f"{path}-wal").read_bytes()


@pytest.fixture
def estate(world: World) -> Estate:
    """A couple with the sentence in every word of every entry."""
    world.watch.go(days=263)
    owner, administrator = world.somebody("clinician"), world.somebody("administrator")
    return Estate(world, dict(world.app.openapi()), owner, administrator, matrix.marked).fresh().filled()


@contextmanager
def a_failing_store() -> Iterator[None]:
    """A store that fails at every third row, in words that tell what stood in it."""
    plain, count = Chart.add, iter(range(1_000_000))

    def add(self: Chart, table: Any, **values: Any) -> str:
        if next(count) % 3 == 2:
            raise RuntimeError(f"cannot store {values!r}")
        return plain(self, table, **values)

    Chart.add = add  # type: ignore[method-assign]
    try:
        yield
    finally:
        Chart.add = plain  # type: ignore[method-assign]


def broken_off(estate: Estate) -> list[httpx.Response]:
    """Every entry told once more, while the store fails."""
    makers = [each for each in estate.all.values() if each.method == "post" and each.clinical]
    told = [(each, estate.body(each)) for each in makers]
    with a_failing_store():
        return [estate.send(estate.owner, each, body, etag='"none"') for each, body in told]


def test_a_sentence_sent_everywhere_is_found_nowhere(
    world: World, estate: Estate, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with serving(world.app) as base, everything_logged() as lines:
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {estate.owner.key}"}) as client:
            answers = shouted(estate, client, every=3 if raw.is_postgres(world.url) else 1)
        garbage(base)
        if not raw.is_postgres(world.url):
            assert untold(estate) == []
        failures = broken_off(estate)

    assert [each.status_code for each in failures].count(500) > 5
    assert repeated(failures) == []
    assert CANARY in estate.owner.get(f"/v1/couples/{estate.ids['couple_id']}").text
    assert [f"{each.request.url} {each.text}" for each in answers if each.status_code >= 500] == []
    assert repeated(answers) == []
    assert len(lines) > len(answers) > 200
    written = "\n".join(lines) + "".join(capfd.readouterr())
    places = {"log": written.encode(), "store": in_the_store(world), **carried_away(world, tmp_path)}
    assert [name for name, held in places.items() if holds(held, CANARY) or holds(held, SAFETY_CANARY)] == []
    assert "unhandled RuntimeError" in written
    assert b"remembered_answer" in places["store"]
    assert b"trail" in places["store"]


def carried_away(world: World, folder: Path) -> dict[str, bytes]:
    """A backup and an archive of the practice as they lie on a disk; opened, the archive has the words."""
    secret = Secret(key=bytes(32))
    backup, archive_of_it = folder / "backup", folder / "archive"
    archive.backup(world.store, world.watch(), world.url, backup, secret)
    archive.export(world.store, world.watch(), world.home(), None, archive_of_it, secret)
    assert holds(repr(list(Reading(archive_of_it, secret).rows())).encode())
    assert not holds(repr(list(Reading(backup, secret).rows())).encode())
    return {"backup": backup.read_bytes(), "archive": archive_of_it.read_bytes()}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_text_in_which_nobody_wrote_would_be_noticed(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(shouting.FORMS, "note", shouting.FORMS["note"][:3])
    estate.all = {"recordSession": estate.all["recordSession"]}
    assert "recordSession note/text" in untold(estate)


@pytest.mark.parametrize("before", ["", "x", "xy"])
def test_a_word_is_known_again_in_any_form(before: str) -> None:
    text = f"{before}{SENTENCE}".encode()
    forms = (text.upper(), text.hex().encode(), base64.b64encode(text), base64.urlsafe_b64encode(text),
             f"{before}{SENTENCE}".encode("utf-16-le"))  # fmt: skip

    assert all(holds(b"\x00\xff" + form + b"\xfe") for form in forms)
    assert not holds(base64.b64encode(b"Zwitscher, ein Kanarienvogel"))


def test_a_line_of_the_log_that_repeated_a_sentence_would_be_noticed() -> None:
    with everything_logged() as lines:
        logging.getLogger("mendline.stray").warning("body was %s", SENTENCE)

    assert any(CANARY in line for line in lines)


def test_a_stranger_with_a_key_finds_no_sentence_in_any_refusal(world: World, estate: Estate) -> None:
    stranger: Caller = world.somebody(practice_id=world.a_practice("Elsewhere"))
    found = []
    for operation in estate.all.values():
        for body in (estate.body(operation), None):
            answer = estate.send(stranger, operation, body)
            shown = answer.text + repr(answer.headers)
            if answer.status_code >= 400 and (CANARY in shown or SAFETY_CANARY in shown):
                found.append(operation.name)

    assert found == []
