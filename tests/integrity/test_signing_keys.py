"""A signing key is replaced while the service runs: what it signed stays checkable, and it signs nothing more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.archive import service as archive
from app.archive.container import verify
from app.chart import signing
from app.chart.chart import Chart
from app.chart.keys import MasterKey, context_of
from app.integrity import command, service
from app.practice import service as practice
from tests.archive.places import ELSEWHERE, SECRET, another_world
from tests.chart import raw
from tests.conftest import MASTER
from tests.house.test_command_line import Shell
from tests.house.test_command_line import founded as founded
from tests.house.test_command_line import shell as shell
from tests.integrity.test_verify_command import SESSION
from tests.people import Caller, World, a_couple


@contextmanager
def operating(world: World) -> Iterator[Chart]:
    with practice.operating(world.store, world.home(), world.watch(), "testSetup") as chart:
        yield chart


def faults(world: World) -> list[str]:
    with operating(world) as chart:
        service.seal_trail(chart, everything=True)
        return [f"{fault.where}: {fault.what}" for fault in service.verify(chart).faults]


def test_what_the_old_key_signed_is_checked_and_the_new_one_signs_on(
    world: World,
    therapist: Caller,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, kept = f"/v1/couples/{a_couple(therapist)['id']}/sessions", tmp_path / "anchors.jsonl"
    before = therapist.made(path, SESSION)
    command.anchors(world.store, [world.home()])
    kept.write_text(capsys.readouterr().out)

    row = command.rotate(world.store, world.home())
    after = therapist.made(path, SESSION)

    old, new = therapist.get("/v1/signing-keys").json()["items"]
    assert (row["id"], row["public_key"], row["replaced"]) == (new["id"], new["public_key"], [old["id"]])
    assert (old["retired_at"] is None, new["retired_at"]) == (False, None)
    signed_by = [
        therapist.get(f"/v1/sessions/{each['id']}/seals").json()["items"][0]["signing_key_id"]
        for each in (before, after)
    ]
    assert signed_by == [old["id"], new["id"]]
    assert command.verify(world.store, [world.home()], kept, everybody=True, seal=True, as_json=False)

    archive.export(world.store, world.watch(), world.home(), None, tmp_path / "practice.zip", SECRET)
    manifest = verify(tmp_path / "practice.zip", SECRET)
    assert archive.faults(tmp_path / "practice.zip", SECRET, manifest) == []
    with another_world(world, request, tmp_path, ELSEWHERE) as there:
        archive.bring_in(there.store, there.watch(), tmp_path / "practice.zip", SECRET)
        assert faults(there) == []


def test_of_a_replaced_key_only_the_public_half_is_left(world: World, therapist: Caller) -> None:
    with operating(world) as chart:
        key_id, key = signing.signer(chart)
    command.rotate(world.store, world.home())

    ((wrapped,),) = raw.rows(world.url, f"SELECT wrapped FROM signing_key WHERE id = '{key_id}'")  # noqa: S608
    context = context_of(world.home(), "signing_key", key_id, "wrapped")
    left = MasterKey(MASTER).unwrap(bytes(wrapped), context)
    assert left == signing.REPLACED + key.public_key().public_bytes_raw()
    assert faults(world) == []
    assert therapist.get("/v1/signing-keys").status_code == 200


def test_where_a_couple_arrived_alone_the_practices_own_key_is_replaced(
    world: World, therapist: Caller, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The key that came with the couple is nobody's to replace, and it is not taken for the new one."""
    couple_id = a_couple(therapist)["id"]
    therapist.made(f"/v1/couples/{couple_id}/sessions", SESSION)
    archive.export(world.store, world.watch(), world.home(), couple_id, tmp_path / "couple.zip", SECRET)
    with another_world(world, request, tmp_path, ELSEWHERE) as there:
        archive.bring_in(there.store, there.watch(), tmp_path / "couple.zip", SECRET)
        with operating(there) as chart:
            own, _ = signing.signer(chart)

        row = command.rotate(there.store, there.home())

        with operating(there) as chart:
            in_use, key = signing.signer(chart)
        assert (row["id"], row["replaced"]) == (in_use, [own])
        assert row["public_key"] == key.public_key().public_bytes_raw().hex()
        assert faults(there) == []


@pytest.mark.parametrize("newer_seal", [False, True])
def test_a_replaced_key_that_signs_is_found(
    world: World, therapist: Caller, monkeypatch: pytest.MonkeyPatch, newer_seal: bool
) -> None:
    """Whoever kept the old key signs with it behind the rotation, where the new one has sealed a session or none."""
    path = f"/v1/couples/{a_couple(therapist)['id']}/sessions"
    therapist.made(path, SESSION)
    with operating(world) as chart:
        stolen: tuple[str, Ed25519PrivateKey] = signing.signer(chart)
    command.rotate(world.store, world.home())
    if newer_seal:
        therapist.made(path, SESSION)
    assert faults(world) == []

    monkeypatch.setattr(signing, "signer", lambda _: stolen)
    therapist.made(path, SESSION)

    found = faults(world)
    assert "seals: was signed with a key that had been replaced" in found
    assert "trail: was signed with a key that had been replaced" in found


def test_it_is_done_from_the_shell_and_the_doctor_tells_the_age(founded: Shell) -> None:
    told = json.loads(founded.good("keys", "rotate", "--signing", "--json"))

    looked = json.loads(founded.good("doctor", "--json"))["findings"]
    old, new = [found["detail"] for found in looked if found["what"] == "signing key"]
    assert told["replaced"][0] in old
    assert "replaced on 20" in old
    assert f"{told['id']}, Ed25519 {told['public_key']}, in use since 20" in new
    assert founded.run("verify").returncode == 0
    assert "--signing" in founded.trouble("keys", "rotate", "--signing", "--data")
