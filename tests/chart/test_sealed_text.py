"""What somebody wrote is unreadable to whoever holds the database, and does not open in another place."""

import errno
import logging
import secrets
from pathlib import Path

import pytest

from app.chart.keys import MasterKey, SealBroken, load_master_key
from tests.chart import raw
from tests.people import Caller, World, a_betrayal, a_couple

CANARY = "Zwitscherkanarie"


def a_written_couple(world: World, therapist: Caller) -> str:
    """A couple with the canary in every word that one can write about it."""
    couple = a_couple(
        therapist,
        label=f"{CANARY} label",
        partner_a={"name": f"{CANARY} A"},
        partner_b={"name": f"{CANARY} B"},
        betrayals=[a_betrayal(description=f"{CANARY} description")],
    )
    path = f"/v1/couples/{couple['id']}"
    betrayal = therapist.get(f"{path}/betrayals").json()["items"][0]["id"]
    etag = therapist.get(f"/v1/betrayals/{betrayal}").headers["ETag"]
    corrected = therapist.post(
        f"/v1/betrayals/{betrayal}/corrections",
        a_betrayal(description=f"{CANARY} again", reason=f"{CANARY} reason"),
        headers={"If-Match": etag, "Idempotency-Key": "canary"},
    )
    assert corrected.status_code == 201
    colleague = world.somebody("clinician", name=f"{CANARY} colleague")
    grant = {"person_id": colleague.person_id, "part": "co_therapist", "purpose": f"{CANARY} purpose"}
    assert therapist.post(f"{path}/care-team", grant).status_code == 201
    return str(couple["id"])


def test_no_written_word_can_be_read_in_the_database(world: World, therapist: Caller) -> None:
    couple = a_written_couple(world, therapist)

    assert CANARY in therapist.get(f"/v1/couples/{couple}").text
    if raw.is_postgres(world.url):
        dump = repr(raw.everything(world.url)).encode()
    else:
        path = raw.file_of(world.url)
        dump = path.read_bytes() + Path(f"{path}-wal").read_bytes()
    assert b"couple" in dump
    assert CANARY.encode() not in dump
    assert CANARY.encode().hex().encode() not in dump


SWAPS = {
    "between rows": "UPDATE partner SET name = (SELECT o.name FROM partner o WHERE o.side = 'b') WHERE side = 'a'",
    "between columns": "UPDATE betrayal SET description = change_reason WHERE change_reason IS NOT NULL",
    "shortened": "UPDATE couple SET label = substr(label, 1, 20)",
    "between tables": "UPDATE couple SET label = (SELECT o.name FROM partner o WHERE o.side = 'b')",
}


@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
def test_a_ciphertext_moved_or_cut_does_not_open(
    world: World, therapist: Caller, swap: str, caplog: pytest.LogCaptureFixture
) -> None:
    couple = a_written_couple(world, therapist)
    raw.run_past_guards(world.url, swap)

    betrayals = [f"/v1/betrayals/{row[0]}" for row in raw.rows(world.url, "SELECT id FROM betrayal")]
    with caplog.at_level(logging.DEBUG):
        answers = [therapist.get(path) for path in (f"/v1/couples/{couple}", *betrayals)]

    assert 500 in {answer.status_code for answer in answers}
    broken = next(answer for answer in answers if answer.status_code == 500)
    assert broken.json()["code"] == "record_damaged"
    assert CANARY not in broken.text + caplog.text


def test_a_ciphertext_of_another_practice_does_not_open(world: World, therapist: Caller) -> None:
    a_written_couple(world, therapist)
    stranger = world.somebody(practice_id=world.a_practice("Elsewhere"))
    theirs = a_couple(stranger)["id"]
    raw.run(
        world.url,
        f"UPDATE couple SET label = (SELECT o.label FROM couple o WHERE o.id <> '{theirs}') WHERE id = '{theirs}'",  # noqa: S608 - our own table names
    )

    assert stranger.get(f"/v1/couples/{theirs}").status_code == 500


def test_another_master_key_opens_nothing_and_what_was_cut_off_does_not_open() -> None:
    wrapped = MasterKey(b"a" * 32).wrap(b"s" * 32, "practice/data_key/1/wrapped")

    for length in range(len(wrapped)):
        with pytest.raises(SealBroken):
            MasterKey(b"a" * 32).unwrap(wrapped[:length], "practice/data_key/1/wrapped")
    with pytest.raises(SealBroken):
        MasterKey(b"b" * 32).unwrap(wrapped, "practice/data_key/1/wrapped")
    with pytest.raises(SealBroken):
        MasterKey(b"a" * 32).unwrap(wrapped, "practice/data_key/2/wrapped")


def test_the_key_file_is_made_for_its_owner_alone_and_used_again(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "master.key"

    first, made = load_master_key("", path)
    second, again = load_master_key("", path)

    assert (made, again) == (True, False)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert first.derive("x") == second.derive("x")


def test_of_two_processes_that_begin_at_once_the_slower_one_takes_the_key_of_the_quicker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, secret = tmp_path / "master.key", secrets.token_bytes
    quicker: list[MasterKey] = []

    def meanwhile(size: int) -> bytes:
        monkeypatch.setattr("app.chart.keys.secrets.token_bytes", secret)
        quicker.append(load_master_key("", path)[0])
        return secret(size)

    monkeypatch.setattr("app.chart.keys.secrets.token_bytes", meanwhile)
    slower, made = load_master_key("", path)

    assert not made
    assert slower.derive("x") == quicker[0].derive("x") == load_master_key("", path)[0].derive("x")


def test_a_full_disk_leaves_no_half_key_in_the_way_of_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "master.key"

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            load_master_key("", path)

    assert not path.exists()
    assert load_master_key("", path)[1]


@pytest.mark.parametrize("broken", ["c2hvcnQ=", "not base64!", "QUJD" * 20])
def test_a_key_of_another_form_is_refused(broken: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        load_master_key(broken, tmp_path / "master.key")
