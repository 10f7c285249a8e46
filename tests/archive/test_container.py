"""The archive's file by itself: whatever is changed in it is found, by its own reader and by an outsider's."""

import json
import os
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.archive import container
from app.archive.container import HEADER, MANIFEST, line_of, verify, writing
from app.archive.locks import Lock, NotOpened, Secret, from_file, from_passphrase
from app.archive.zipped import Broken, Zip, members
from tests.archive import outsider

KEY = b"k" * 32
SECRET = Secret(key=KEY)
COLUMNS = [{"name": "id", "kind": "plain"}, {"name": "words", "kind": "sealed"}]


def rows(table: str, many: int) -> Iterator[dict[str, Any]]:
    """Rows with words in them."""
    return ({"id": f"{table}-{number}", "words": "Sie sagte \u2028 وقت\n"} for number in range(many))


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three tables, one of several parts, one empty."""
    monkeypatch.setattr(container, "PART_BYTES", 200)
    return written(tmp_path / "whole.zip")


def written(path: Path, secret: Secret = SECRET) -> Path:
    with writing(path, secret, "practice") as out:
        out.table("couple", COLUMNS, rows("couple", 1))
        out.table("marker", COLUMNS, rows("marker", 9))
        out.table("stage", COLUMNS, rows("stage", 0))
        out.finish({"practice_id": "p"})
    return path


def finds(path: Path) -> tuple[bool, bool]:
    """Whether our reader and the outsider's find something wrong."""

    def troubled(check: Any, secret: Any) -> bool:
        try:
            check(path, secret)
        except (Broken, NotOpened, ValueError):
            return True
        return False

    return troubled(verify, SECRET), troubled(outsider.check, KEY)


def rewritten(source: Path, target: Path, found: list[tuple[str, bytes]]) -> Path:
    """Another file with these members, spelt as it should be."""
    with target.open("wb") as file:
        zipped = Zip(file)
        for name, data in found:
            zipped.add(name, data)
        zipped.close()
    assert target.read_bytes() != source.read_bytes()
    return target


def test_an_archive_reads_as_it_was_written(archive: Path) -> None:
    manifest = verify(archive, SECRET)
    read = outsider.check(archive, KEY)

    assert [(table["name"], table["rows"]) for table in manifest["tables"]] == [
        ("couple", 1),
        ("marker", 9),
        ("stage", 0),
    ]
    assert len(manifest["tables"][1]["parts"]) > 2
    assert read["manifest"] == manifest
    assert read["tables"]["marker"] == list(rows("marker", 9))
    assert finds(archive) == (False, False)
    assert archive.stat().st_mode & 0o077 == 0


def test_every_flipped_byte_is_found(archive: Path, tmp_path: Path) -> None:
    whole, changed = archive.read_bytes(), tmp_path / "changed.zip"
    missed = []
    for place in range(len(whole)):
        flipped = whole[place] ^ (1 << place % 8)
        changed.write_bytes(whole[:place] + bytes([flipped]) + whole[place + 1 :])
        if not container_finds(changed):
            missed.append(place)

    assert missed == []


def container_finds(path: Path) -> bool:
    try:
        verify(path, SECRET)
    except (Broken, NotOpened):
        return True
    return False


def test_an_outsider_finds_flipped_bytes_too(archive: Path, tmp_path: Path) -> None:
    whole, changed, draw = archive.read_bytes(), tmp_path / "changed.zip", random.Random(7)  # noqa: S311 - a seed, so that each run draws the same
    for place in draw.sample(range(len(whole)), 100):
        changed.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        assert finds(changed) == (True, True), place


@pytest.mark.parametrize("end", [1, 21, 22, 23, 200])
def test_a_file_cut_short_or_made_longer_is_found(archive: Path, end: int, tmp_path: Path) -> None:
    whole, changed = archive.read_bytes(), tmp_path / "changed.zip"

    for content in (whole[:-end], whole + b"\0" * end, b"\0" * end + whole, b""):
        changed.write_bytes(content)
        assert finds(changed) == (True, True)


def test_members_taken_away_added_or_moved_are_found(archive: Path, tmp_path: Path) -> None:
    found = list(members(archive))
    changed = tmp_path / "changed.zip"
    without = [found[:place] + found[place + 1 :] for place in range(len(found))]
    twice = [found[: place + 1] + found[place:] for place in range(len(found))]
    swapped = [
        [*found[:place], found[place + 1], found[place], *found[place + 2 :]]
        for place in range(len(found) - 1)
    ]
    renamed = [[*found[:1], (found[1][0], found[2][1]), (found[2][0], found[1][1]), *found[3:]]]

    for other in (*without, *twice, *swapped, *renamed, [*found, ("more", b"")]):
        assert finds(rewritten(archive, changed, other)) == (True, True), [name for name, _ in other]


def relined(archive: Path, target: Path, change: Any) -> Path:
    """A row changed by somebody who has the key, and who closes the part again."""
    found = list(members(archive))
    lock = Lock(SECRET, found[0][1])
    name, data = found[2]
    lines = change(lock.open(name, data).splitlines(keepends=True))
    found[2] = (name, lock.close(name, b"".join(lines)))
    return rewritten(archive, target, found)


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[1:],
        lambda lines: [*lines, lines[0]],
        lambda lines: lines[::-1],
        lambda lines: [lines[0].replace(b"Sie", b"Wer"), *lines[1:]],
        lambda lines: [line_of({"id": "new"}), *lines],
    ],
    ids=["taken away", "twice", "in another order", "changed", "added"],
)
def test_rows_changed_with_the_key_in_hand_are_found(archive: Path, tmp_path: Path, change: Any) -> None:
    assert finds(relined(archive, tmp_path / "changed.zip", change)) == (True, True)


@pytest.mark.parametrize(
    ("skip", "change"),
    [
        ("parts", lambda found, lock: [found[0], again(found[1], lock), *found[2:]]),
        ("members", lambda found, lock: [*found[:-1], beside(lock), found[-1]]),
        ("rows", lambda found, lock: [*found[:-1], manifest_with(found[-1], lock, rows=7)]),
        ("chain", lambda found, lock: [*found[:-1], manifest_with(found[-1], lock, chain="0" * 64)]),
    ],
)
def test_a_comparison_left_out_of_the_outsider_is_missed(
    archive: Path, tmp_path: Path, skip: str, change: Any
) -> None:
    """Planted flaws: each comparison is the only one that finds some change, so that none of them is for show."""
    found = list(members(archive))
    lock = Lock(SECRET, found[0][1])
    changed = rewritten(archive, tmp_path / "changed.zip", change(found, lock))

    assert finds(changed) == (True, True)
    with pytest.raises(ValueError, match=f"^{skip}$"):
        outsider.check(changed, KEY)
    also = {"parts": "chain"}.get(skip, "")  # a part closed anew breaks the chain too
    assert outsider.check(changed, KEY, skip=f"{skip} {also}")["manifest"]


def again(member: tuple[str, bytes], lock: Lock) -> tuple[str, bytes]:
    """The same content closed anew."""
    return member[0], lock.close(member[0], lock.open(*member))


def beside(lock: Lock) -> tuple[str, bytes]:
    """A part that nobody asked for."""
    return "rows/late/000000.ndjson", lock.close("rows/late/000000.ndjson", b"{}")


def manifest_with(member: tuple[str, bytes], lock: Lock, **changes: Any) -> tuple[str, bytes]:
    """The manifest telling something else of the archive or of its first table."""
    manifest = json.loads(lock.open(*member))
    changed = manifest if "chain" in changes else manifest["tables"][0]
    changed.update(changes)
    return MANIFEST, lock.close(MANIFEST, json.dumps(manifest).encode())


def test_the_flaw_planted_in_the_outsider_shows(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    place = (
        whole.index(b"rows/couple") - 20
    )  # the time of day in the member's own head, which no zip tool looks at
    changed = tmp_path / "changed.zip"
    changed.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])

    with pytest.raises(ValueError, match="spelling"):
        outsider.check(changed, KEY)
    assert outsider.check(changed, KEY, skip="spelling")["manifest"]
    assert finds(changed)[0]


def test_a_passphrase_opens_what_it_closed_and_nothing_else_does(tmp_path: Path) -> None:
    words = "a phrase of several words"
    path = written(tmp_path / "whole.zip", from_passphrase(words))

    assert verify(path, from_passphrase(words))["practice_id"] == "p"
    assert outsider.check(path, words.encode())["manifest"]["practice_id"] == "p"
    for other in (from_passphrase(words + "."), SECRET):
        with pytest.raises(NotOpened):
            verify(path, other)
    with pytest.raises(NotOpened, match="12 characters"):
        from_passphrase("too short")


def test_a_key_file_is_base64_of_32_bytes(tmp_path: Path) -> None:
    path = tmp_path / "archive.key"
    path.write_text("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=\n")
    assert from_file(path) == SECRET
    for wrong in ("", "kkk", "a2s="):
        path.write_text(wrong)
        with pytest.raises(NotOpened, match="no key file"):
            from_file(path)


def test_a_header_with_another_cost_is_not_obeyed(tmp_path: Path) -> None:
    """Whoever changes the header cannot make the reader spend memory."""
    path = written(tmp_path / "whole.zip", from_passphrase("a phrase of several words"))
    (name, header), *others = members(path)
    told = json.loads(header)
    told["key"]["n"] = 2**30
    changed = rewritten(path, tmp_path / "changed.zip", [(name, json.dumps(told).encode()), *others])

    with pytest.raises(NotOpened, match="opened with a passphrase"):
        verify(changed, from_passphrase("a phrase of several words"))


def test_words_and_ids_are_nowhere_in_the_clear(archive: Path) -> None:
    whole = archive.read_bytes()

    for clear in (b"Sie sagte", b"couple-1", b"practice_id"):
        assert clear not in whole
    assert [name for name, _ in members(archive)][:: len(list(members(archive))) - 1] == [HEADER, MANIFEST]


def test_nothing_is_overwritten_and_nothing_half_written_stays(tmp_path: Path) -> None:
    path = written(tmp_path / "whole.zip")
    before = path.read_bytes()

    with pytest.raises(FileExistsError):
        written(path)
    with pytest.raises(ZeroDivisionError), writing(tmp_path / "other.zip", SECRET, "practice") as out:
        out.table("couple", COLUMNS, ({"id": 1 // 0} for _ in range(1)))

    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["whole.zip"]


def test_what_a_killed_process_of_the_same_number_left_is_in_nobodys_way(tmp_path: Path) -> None:
    """In a container the next one has its number again."""
    (tmp_path / f".whole.zip.{os.getpid()}").write_bytes(b"half")

    assert verify(written(tmp_path / "whole.zip"), SECRET)["practice_id"] == "p"


def test_a_large_table_needs_no_large_memory(tmp_path: Path) -> None:
    many = ({"id": f"{number:08}", "words": "Sie sagte nichts. " * 100} for number in range(6000))  # 11 MB
    tracemalloc.start()
    with writing(tmp_path / "whole.zip", SECRET, "practice") as out:
        out.table("session", COLUMNS, many)
        out.finish({"practice_id": "p"})
    verify(tmp_path / "whole.zip", SECRET)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 7_000_000
