"""Who tries: strangers, keys that are not in force, keys with too little, and attackers with couples of their own."""

from datetime import timedelta

from app.practice import credentials
from tests.people import Caller
from tests.walks.matrix import Estate, another_key


def strangers(estate: Estate) -> dict[str, Caller]:
    """Everybody whom the owner's couple must look to as if it did not exist."""
    world = estate.world
    supervisor = world.somebody("supervisor", practice_id=estate.practice)
    grant = {"person_id": supervisor.person_id, "part": "supervisor"}
    ends_at = (world.watch() + timedelta(minutes=1)).isoformat()
    path = f"/v1/couples/{estate.ids['couple_id']}"
    estate.owner.made(f"{path}/care-team", {**grant, "ends_at": ends_at})
    assert supervisor.get(path).status_code == 200
    world.watch.go(minutes=2)
    return {
        "colleague": world.somebody(
            "clinician",
            practice_id=estate.practice,
            scopes=credentials.ROLE_SCOPES["clinician"] - {"break_glass:use"},
        ),
        "supervisor whose grant ended": supervisor,
        "administrator": estate.administrator,
        "integration nobody let in": world.somebody("integration", practice_id=estate.practice),
        "clinician of another practice": world.somebody(practice_id=world.a_practice("Elsewhere")),
    }


def shut_out(estate: Estate) -> dict[str, Caller]:
    """The owner's own keys that were used and are in force no longer, and none."""
    world, owner = estate.world, estate.owner
    expired = another_key(world, owner, credentials.CLINICAL, world.watch() + timedelta(minutes=1))
    revoked = another_key(world, owner, credentials.CLINICAL)
    for key in (expired, revoked):
        assert key.get("/v1/me").status_code == 200
    keys = estate.administrator.get("/v1/keys", params={"limit": 200}).json()["items"]
    hint = credentials.hint(revoked.key)
    (key_id,) = (key["id"] for key in keys if key["hint"] == hint)
    etag = estate.administrator.get(f"/v1/keys/{key_id}").headers["ETag"]
    assert estate.administrator.delete(f"/v1/keys/{key_id}", headers={"If-Match": etag}).status_code == 200
    world.watch.go(minutes=2)
    return {"revoked key": revoked, "expired key": expired, "no key": Caller(world.client(), "", "")}


def narrow_keys(estate: Estate) -> dict[str, Caller]:
    """Keys of people who do stand in the care team, with one scope."""
    world, owner = estate.world, estate.owner
    machine = world.somebody("integration", practice_id=estate.practice, scopes=["imports:write"])
    path = f"/v1/couples/{estate.ids['couple_id']}/care-team"
    owner.made(path, {"person_id": machine.person_id, "part": "integration"})
    return {
        "key for reading the record": another_key(world, owner, ["record:read"]),
        "key for indicators": another_key(world, owner, ["indicators:read"]),
        "key for imports": another_key(world, owner, ["imports:write"]),
        "integration without clinical scope": machine,
    }


def let_in_by_an_emergency(estate: Estate) -> Caller:
    """A clinician of the practice who broke the glass a moment ago: reads for an hour, and writes nothing."""
    comer = estate.world.somebody("clinician", practice_id=estate.practice)
    breaking = estate.all["breakGlass"]
    assert estate.send(comer, breaking, estate.body(breaking)).status_code == 201
    return comer


def attackers(estate: Estate) -> dict[str, Estate]:
    """Who brings a couple of their own along: a colleague, another practice, and the owner in another couple."""
    world = estate.world
    elsewhere = world.a_practice("Elsewhere")
    keepers = {
        "colleague": (world.somebody("clinician", practice_id=estate.practice), estate.administrator),
        "other practice": (
            world.somebody("clinician", practice_id=elsewhere),
            world.somebody("administrator", practice_id=elsewhere),
        ),
        "owner, in another couple": (estate.owner, estate.administrator),
    }
    return {
        who: Estate(world, estate.document, owner, administrator).fresh().filled()
        for who, (owner, administrator) in keepers.items()
    }
