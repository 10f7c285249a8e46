"""`mendline verify` and `mendline anchors` as an operator meets them."""

import json
from pathlib import Path

import pytest

from app.chart.keys import SealBroken
from app.integrity import command
from app.practice import service as practice
from tests.chart import raw
from tests.people import Caller, World, a_couple

SESSION = {
    "kind": "conjoint",
    "starts_at": "2026-03-01T16:00:00Z",
    "duration_minutes": 60,
    "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
    "note": {"format": "narrative", "text": "Both stayed in the room."},
    "sign": True,
}


def verified(
    world: World,
    anchors: Path | None = None,
    *,
    everybody: bool = False,
    seal: bool = False,
    as_json: bool = False,
) -> bool:
    practices = [world.home()]
    return command.verify(world.store, practices, anchors, everybody=everybody, seal=seal, as_json=as_json)


@pytest.fixture
def signed(world: World, therapist: Caller) -> World:
    """A practice with a signed session."""
    therapist.made(f"/v1/couples/{a_couple(therapist)['id']}/sessions", SESSION)
    return world


def test_a_sound_record_is_told_so(signed: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(signed, seal=True)

    told = capsys.readouterr().out
    assert "1 seals, 1 contents compared, " in told
    assert " 0 lines not sealed yet" in told
    assert "everything is as it was signed and written" in told


def test_what_was_changed_is_named_without_its_words(
    signed: World, capsys: pytest.CaptureFixture[str]
) -> None:
    raw.run_past_guards(
        signed.url,
        "UPDATE session SET duration_minutes = 45",
        "UPDATE trail SET status = 404 WHERE action = 'createCouple'",
    )

    assert not verified(signed)
    told = capsys.readouterr().out
    assert "WRONG seals 1: the session is not what was signed" in told
    assert "is not the line that was written" in told

    assert not verified(signed, as_json=True)
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert [fault["where"] for fault in faults] == ["seals", "trail"]


def test_anchors_kept_elsewhere_find_a_tail_that_was_cut(
    signed: World, therapist: Caller, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.anchors(signed.store, [signed.home()])
    kept = tmp_path / "anchors.jsonl"
    kept.write_text(capsys.readouterr().out)
    assert {json.loads(line)["chain"] for line in kept.read_text().splitlines()} == {"seals", "trail"}
    assert verified(signed, kept)

    start = "0" * 64
    raw.run_past_guards(
        signed.url,
        "DELETE FROM trail",
        "DELETE FROM trail_block",
        f"UPDATE chain_head SET number = 0, digest = '{start}' WHERE chain = 'trail'",  # noqa: S608
    )
    assert verified(signed)
    assert not verified(signed, kept)
    assert "an anchor knows this link, and it is gone" in capsys.readouterr().out


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_practice_that_anchors_know_and_the_database_does_not_is_missed(
    signed: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone, kept = practice.found(signed.store, signed.watch(), "Elsewhere", "UTC"), tmp_path / "anchors"
    command.anchors(signed.store, [signed.home(), gone])
    kept.write_text(capsys.readouterr().out)

    assert verified(signed, kept)  # one practice by its name
    assert not verified(signed, kept, everybody=True)
    told = capsys.readouterr().out
    assert f"practice {gone}: 0 seals" in told
    assert "WRONG anchors all: anchors know this practice, and it is not in the database" in told

    kept.write_text("".join(line + "\n" for line in kept.read_text().splitlines() if gone in line))
    with pytest.raises(command.NotAnchors, match="another database"):
        verified(signed, kept)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_without_anchors_is_refused(
    signed: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.anchors(signed.store, [signed.home()])
    odd = json.dumps(json.loads(capsys.readouterr().out.splitlines()[0]) | {"number": [1]})
    for number, text in enumerate(('{"chain": "seals"}', "no json", "[1]", "7", "", odd)):
        wrong = tmp_path / str(number)
        wrong.write_text(text)
        with pytest.raises(command.NotAnchors):
            verified(signed, wrong)


def test_the_keys_that_the_doctor_shows_are_those_of_the_api(signed: World, therapist: Caller) -> None:
    shown = [key["public"] for key in command.keys(signed.store, [signed.home()])]

    assert shown == [key["public_key"] for key in therapist.get("/v1/signing-keys").json()["items"]]


@pytest.mark.parametrize("strange", ["'hello'", "9000000000000000000"])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # whose columns keep values of any kind
def test_a_value_of_another_kind_is_told_as_damage_by_api_and_doctor(
    signed: World, therapist: Caller, strange: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ((session_id,),) = raw.rows(signed.url, "SELECT id FROM session")
    for place in ("signing_key SET public", "seal SET signature"):
        raw.run_past_guards(signed.url, f"UPDATE {place} = {strange}")

    for path in (f"/v1/sessions/{session_id}/seals", "/v1/signing-keys"):
        assert therapist.get(path).json()["code"] == "record_damaged"
    with pytest.raises(SealBroken):
        list(command.keys(signed.store, [signed.home()]))
    assert not verified(signed)
    assert "cannot be read" in capsys.readouterr().out


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_key_put_in_place_of_the_practices_own_is_noticed(
    signed: World, capsys: pytest.CaptureFixture[str]
) -> None:
    other = practice.found(signed.store, signed.watch(), "Elsewhere", "UTC")
    raw.run_past_guards(
        signed.url,
        f"UPDATE signing_key SET public = (SELECT k.public FROM signing_key k WHERE k.practice_id = '{other}')",  # noqa: S608
    )

    assert not verified(signed)
    assert "is not a key that the practice made" in capsys.readouterr().out
