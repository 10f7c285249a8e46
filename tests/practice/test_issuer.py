"""Tokens of an OpenID Connect issuer: those that hold open a practice as somebody; every other one opens nothing."""

import base64
import hmac
import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import sleep
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from app.practice.issuer import WAITING, BadToken, Issuer, IssuerSilent, Rules, StepUp, fetched
from app.settings import Settings
from tests.imports.sending import couple, errors, fates, told
from tests.people import Caller, World, a_couple

ISSUER, AUDIENCE = "https://sign-in.example", "https://mendline.example"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
NEXT = ECKey.generate_key("P-256", {"kid": "two", "use": "sig"})
OTHER = ECKey.generate_key("P-256", {"kid": "one"})  # same name, not published
RSA = RSAKey.generate_key(2048, {"kid": "three", "use": "sig"})
RULES = Rules(ISSUER, AUDIENCE, frozenset({"ES256", "RS256"}), f"{ISSUER}/keys")
Json = dict[str, Any]
SCOPES = "openid record:read record:write indicators:read"


class Published:
    """The issuer's side: which keys it publishes, how often it was asked, whether it answers."""

    def __init__(self, *keys: Any) -> None:
        self.keys, self.asked, self.silent = list(keys), 0, False

    def __call__(self, address: str) -> Json:
        self.asked += 1
        if self.silent:
            raise IssuerSilent("away")
        if address.endswith("openid-configuration"):
            return {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"}
        return {"keys": [key.as_dict(private=False) for key in self.keys]}


def claims(now: datetime = NOW, **changes: Any) -> Json:
    """The claims of a good token."""
    at = int(now.timestamp())
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "adler",
        "iat": at,
        "nbf": at,
        "exp": at + 300,
        "scope": SCOPES,
        "jti": "x",
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(told: Json, key: Any = KEY, **header: Any) -> str:
    """A signed token."""
    head = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid, **header}
    registry = jws.JWSRegistry(algorithms=[head["alg"]], strict_check_header=False)
    return jws.serialize_compact(head, json.dumps(told), key, registry=registry)


def segment(raw: bytes) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unsigned(told: Json) -> str:
    """A token that says it needs no signature."""
    return ".".join((segment(b'{"alg":"none","typ":"at+jwt","kid":"one"}'), token(told).split(".")[1], ""))


def shared_secret(told: Json) -> str:
    """The confusion attack: the published key's bytes taken for a secret that signs with HMAC."""
    head = segment(b'{"alg":"HS256","typ":"at+jwt","kid":"three"}')
    signed = f"{head}.{segment(json.dumps(told).encode())}"
    return f"{signed}.{segment(hmac.digest(RSA.as_pem(private=False), signed.encode(), 'sha256'))}"


def changed(signed: str) -> str:
    """A token whose claims were altered after signing."""
    head, body, mark = signed.split(".")
    other = token(claims(sub="somebody else")).split(".")[1]
    assert other != body
    return f"{head}.{other}.{mark}"


AT = int(NOW.timestamp())
BAD: dict[str, Callable[[], str]] = {
    "no signature wanted": lambda: unsigned(claims()),
    "the public key as a shared secret": lambda: shared_secret(claims()),
    "a key nobody publishes, under a published name": lambda: token(claims(), OTHER),
    "an unknown key": lambda: token(claims(), KEY, kid="stranger"),
    "keys fetched from where the token says": lambda: token(claims(), OTHER, jku="https://evil.example/keys"),
    "a key brought along": lambda: token(claims(), OTHER, jwk=OTHER.as_dict(private=False)),
    "another issuer": lambda: token(claims(iss="https://evil.example")),
    "another audience": lambda: token(claims(aud="https://other.example")),
    "an ID token": lambda: token(claims(), typ="JWT"),
    "no type": lambda: token(claims(), typ=""),
    "ended a second ago": lambda: token(claims(iat=AT - 300, exp=AT - 1)),
    "ends this very second": lambda: token(claims(iat=AT - 300, exp=AT)),
    "begins tomorrow": lambda: token(claims(nbf=AT + 86_400)),
    "made tomorrow": lambda: token(claims(iat=AT + 86_400, exp=AT + 86_460)),
    "lives eleven minutes": lambda: token(claims(exp=AT + 660)),
    "never ends": lambda: token(claims(exp=None)),
    "made nobody knows when": lambda: token(claims(iat=None)),
    "times that are not numbers": lambda: token(claims(exp=str(AT + 300))),
    "a time that is true": lambda: token(claims(iat=True)),
    "for nobody": lambda: token(claims(sub=None)),
    "an empty name": lambda: token(claims(sub="")),
    "a name with half a character": lambda: token(claims(sub="\ud800")),
    "nested without end": lambda: jws.serialize_compact(
        {"alg": "ES256", "typ": "at+jwt", "kid": "one"}, "[" * 6_000 + "]" * 6_000, KEY
    ),
    "demands something unknown": lambda: token(claims(), crit=["kid"]),
    "altered": lambda: changed(token(claims())),
    "cut short": lambda: token(claims())[:-10],
    "an algorithm off the list": lambda: token(claims(), RSA, alg="PS256"),
    "an algorithm of another family": lambda: token(claims(), RSA, kid="one", alg="RS256"),
    "no token": lambda: "eyJ.eyJ.x",
    "very long": lambda: token(claims(x="y" * 20_000)),
}


def test_a_token_that_holds_says_who_and_what_for() -> None:
    told = Issuer(RULES, Published(KEY)).claims(token(claims(auth_time=AT - 9, acr="phr")), NOW)

    assert (told.subject, told.practice_id, told.context, told.proved_at) == ("adler", None, "phr", AT - 9)
    assert told.scopes == frozenset(SCOPES.split())


@pytest.mark.parametrize("why", BAD)
def test_a_bad_token_does_not_hold(why: str) -> None:
    issuer = Issuer(RULES, Published(KEY, RSA))
    issuer.claims(token(claims()), NOW)

    with pytest.raises(BadToken):
        issuer.claims(BAD[why](), NOW)


def test_a_claim_that_stands_twice_is_refused() -> None:
    body = json.dumps(claims())[:-1] + ', "sub": "somebody else"}'
    twice = jws.serialize_compact({"alg": "ES256", "typ": "at+jwt", "kid": "one"}, body, KEY)

    with pytest.raises(BadToken):
        Issuer(RULES, Published(KEY)).claims(twice, NOW)


def test_a_new_key_is_fetched_when_it_is_first_named_and_an_old_one_ends() -> None:
    published = Published(KEY)
    issuer = Issuer(RULES, published)
    issuer.claims(token(claims()), NOW)
    published.keys = [NEXT]
    later = NOW + timedelta(seconds=30)

    assert issuer.claims(token(claims(later), NEXT), later).subject == "adler"
    with pytest.raises(BadToken):
        issuer.claims(token(claims(later)), later)


def test_a_withdrawn_key_opens_nothing_after_ten_minutes_though_nobody_names_another() -> None:
    published = Published(KEY)
    issuer = Issuer(RULES, published)
    issuer.claims(token(claims()), NOW)
    published.keys = [NEXT]
    later = NOW + timedelta(minutes=10, seconds=1)

    with pytest.raises(BadToken):
        issuer.claims(token(claims(later)), later)


def test_unknown_keys_do_not_make_the_issuer_be_asked_at_every_token() -> None:
    published = Published(KEY)
    issuer = Issuer(RULES, published)
    for _ in range(20):
        with pytest.raises(BadToken):
            issuer.claims(token(claims(), OTHER, kid="stranger"), NOW)

    assert published.asked == 1


def test_a_silent_issuer_is_bridged_for_an_hour_and_no_longer() -> None:
    published = Published(KEY)
    issuer = Issuer(RULES, published)
    issuer.claims(token(claims()), NOW)
    published.silent = True
    soon, late = NOW + timedelta(minutes=59), NOW + timedelta(minutes=61)

    assert issuer.claims(token(claims(soon)), soon).subject == "adler"
    with pytest.raises(IssuerSilent):
        issuer.claims(token(claims(late)), late)


def test_without_a_configured_address_the_discovery_document_tells_it() -> None:
    published = Published(KEY)

    Issuer(Rules(ISSUER, AUDIENCE, frozenset({"ES256"})), published).claims(token(claims()), NOW)

    assert published.asked == 2


def test_keys_that_lie_where_they_could_be_exchanged_are_not_fetched() -> None:
    asked = []

    def fetch(address: str) -> Json:
        asked.append(address)
        return {"issuer": ISSUER, "jwks_uri": "http://sign-in.example/keys"}

    with pytest.raises(IssuerSilent):
        Issuer(Rules(ISSUER, AUDIENCE, frozenset({"ES256"})), fetch).claims(token(claims()), NOW)

    assert asked == [f"{ISSUER}/.well-known/openid-configuration"]


def test_while_the_issuer_is_asked_few_wait_and_whose_key_is_known_do_not() -> None:
    """Who waits holds a thread, and API keys need threads too."""
    published, asking, go_on = Published(KEY), Event(), Event()

    def fetch(address: str) -> Json:
        told = published(address)
        if published.asked > 1:
            asking.set()
            assert go_on.wait(30)
        return told

    issuer = Issuer(RULES, fetch)
    issuer.claims(token(claims()), NOW)
    published.keys.append(NEXT)
    later = NOW + timedelta(seconds=30)
    renewed = token(claims(later), NEXT)
    with ThreadPoolExecutor(1 + WAITING) as callers:
        first = callers.submit(issuer.claims, renewed, later)
        assert asking.wait(30)
        assert issuer.claims(token(claims(later)), later).subject == "adler"
        waiting = [callers.submit(issuer.claims, renewed, later) for _ in range(WAITING)]
        while issuer._waiting._value:
            sleep(0.001)
        with pytest.raises(IssuerSilent):
            issuer.claims(renewed, later)
        go_on.set()
        assert {each.result(30).subject for each in (first, *waiting)} == {"adler"}
    assert published.asked == 2


@contextmanager
def answering(said: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says the same to everybody, and what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                with line, suppress(OSError):
                    asked.append(line.recv(65_536))
                    line.sendall(said)

        Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/keys", asked


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b" " * 9_000_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"[" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}",
        b"no HTTP at all",
    ],
    ids=["leads elsewhere", "huge", "nested without end", "no object", "failing", "rubbish"],
)
def test_an_issuer_that_says_anything_else_than_keys_is_silent(said: bytes) -> None:
    with answering(said) as (address, asked):
        with pytest.raises(IssuerSilent):
            fetched(address)
        assert len(asked) == 1  # nothing that it said led anywhere


@pytest.mark.parametrize("told", [{}, {"keys": 5}, {"keys": {"kty": "EC"}}])
def test_what_is_no_set_of_keys_blames_the_issuer_and_not_the_token(told: Json) -> None:
    with pytest.raises(IssuerSilent):
        Issuer(RULES, lambda _: told).claims(token(claims()), NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": ISSUER},
        {"oidc_issuer": "http://sign-in.example", "oidc_audience": AUDIENCE},
        {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE, "oidc_algorithms": "HS256"},
        {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE, "oidc_algorithms": "none"},
        {"step_up_contexts": "phr"},
    ],
)
def test_half_a_sign_in_is_not_configured(wrong: Json) -> None:
    with pytest.raises(ValueError, match="OIDC"):
        Settings(**wrong)


# --- through the door ---


@pytest.fixture
def issuer(world: World) -> Published:
    """The world's service trusts the issuer."""
    published = Published(KEY)
    world.app.state.house.issuer = Issuer(RULES, published)
    return published


@pytest.fixture
def named(world: World, therapist: Caller, issuer: Published) -> Json:
    """The therapist's name at the issuer."""
    return world.somebody("administrator").made(
        f"/v1/people/{therapist.person_id}/sign-in-names", {"subject": "adler"}
    )


def bearer(world: World, told: Json, practice_id: str | None = None) -> httpx.Client:
    """A frontend that speaks for its user with a token."""
    client = world.client(token(told))
    client.headers["Mendline-Practice"] = practice_id or world.home()
    return client


def test_a_token_opens_the_practice_as_the_person_it_names(
    world: World, therapist: Caller, named: Json
) -> None:
    couple = a_couple(therapist)
    frontend = bearer(world, claims(world.watch()))

    me = frontend.get("/v1/me").json()

    assert me["person_id"] == therapist.person_id
    assert me["scopes"] == sorted({"record:read", "record:write", "indicators:read"})
    assert frontend.get(f"/v1/couples/{couple['id']}").status_code == 200


def test_a_claim_of_the_practice_needs_no_header(world: World, therapist: Caller, named: Json) -> None:
    told = claims(world.watch(), mendline_practice=world.home())

    assert world.client(token(told)).get("/v1/me").json()["person_id"] == therapist.person_id


def test_a_token_holds_no_scope_that_it_does_not_name(world: World, named: Json) -> None:
    frontend = bearer(world, claims(world.watch(), scope="openid"))

    assert frontend.get("/v1/couples").json()["code"] == "insufficient_scope"


@pytest.mark.parametrize(
    "why", ["no name", "another practice", "name ended", "person stopped", "no practice"]
)
def test_a_good_token_of_nobody_opens_nothing(world: World, therapist: Caller, named: Json, why: str) -> None:
    admin = world.somebody("administrator")
    told, home = claims(world.watch()), world.home()
    if why == "no name":
        told["sub"] = "somebody else"
    elif why == "another practice":
        home = world.a_practice("Practice on the hill")
    elif why == "name ended":
        end(admin, named)
    elif why == "person stopped":
        person = admin.get(f"/v1/people/{therapist.person_id}")
        admin.patch(
            f"/v1/people/{therapist.person_id}",
            {"active": False},
            headers={"If-Match": person.headers["etag"]},
        ).raise_for_status()
    frontend = bearer(world, told, home)
    if why == "no practice":
        del frontend.headers["Mendline-Practice"]

    refused = frontend.get("/v1/me")

    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


def test_bad_tokens_get_the_answer_of_no_token(world: World, named: Json) -> None:
    nothing = world.client().get("/v1/me")
    for why in ("no signature wanted", "another audience", "an ID token"):
        refused = world.client(BAD[why]()).get("/v1/me")
        assert refused.status_code == 401, why
        assert refused.headers["www-authenticate"] == nothing.headers["www-authenticate"]
        assert refused.json()["detail"] == nothing.json()["detail"]


def test_an_issuer_that_cannot_be_asked_is_a_503(world: World, issuer: Published) -> None:
    issuer.silent = True

    assert bearer(world, claims(world.watch())).get("/v1/me").status_code == 503


def test_only_one_person_has_a_name_at_the_issuer(world: World, therapist: Caller, named: Json) -> None:
    other, admin = world.somebody(), world.somebody("administrator")

    taken = admin.post(f"/v1/people/{other.person_id}/sign-in-names", {"subject": "adler"})
    twice = admin.post(f"/v1/people/{therapist.person_id}/sign-in-names", {"subject": "adler"})

    assert taken.json()["errors"][0]["code"] == twice.json()["errors"][0]["code"] == "subject_taken"


def test_a_subject_stays_with_the_person_whose_it_was_first(
    world: World, therapist: Caller, issuer: Published
) -> None:
    admin = world.somebody("administrator")
    own = admin.made(f"/v1/people/{admin.person_id}/sign-in-names", {"subject": "adler"})
    end(admin, own)

    as_clinician = admin.post(f"/v1/people/{therapist.person_id}/sign-in-names", {"subject": "adler"})
    again = admin.post(f"/v1/people/{admin.person_id}/sign-in-names", {"subject": "adler"})

    assert as_clinician.json()["errors"][0]["code"] == "subject_taken"
    assert again.status_code == 201
    assert [row["ended_at"] is None for row in admin.get("/v1/sign-in-names").json()["items"]] == [
        False,
        True,
    ]


def test_a_clinician_names_nobody(therapist: Caller) -> None:
    refused = therapist.post(f"/v1/people/{therapist.person_id}/sign-in-names", {"subject": "adler"})

    assert refused.json()["code"] == "insufficient_scope"


def end(admin: Caller, named: Json) -> None:
    """Stop a name at the issuer."""
    address = f"/v1/sign-in-names/{named['id']}"
    admin.delete(address, headers={"If-Match": admin.get(address).headers["etag"]}).raise_for_status()


# --- a fresh, stronger sign-in ---


NOTED: Json = {
    "kind": "conjoint",
    "starts_at": "2026-03-01T09:00:00Z",
    "duration_minutes": 50,
    "zone": "Europe/Vienna",
    "attendance": {"a": {"status": "attended"}, "b": {"status": "attended"}},
    "note": {"format": "narrative", "text": "Both present."},
}


def a_noted_session(caller: Caller) -> tuple[str, str]:
    """A session ready to be signed: its address and its tag."""
    made = caller.post(f"/v1/couples/{a_couple(caller)['id']}/sessions", NOTED)
    assert made.status_code == 201, made.text
    return f"/v1/sessions/{made.json()['id']}/sign", made.headers["etag"]


@pytest.mark.parametrize(
    ("proof", "status"),
    [
        ({"acr": "phr", "auth_time": -60}, 200),
        ({"acr": "phr", "auth_time": -301}, 401),
        ({"acr": "pwd", "auth_time": -60}, 401),
        ({"acr": "phr"}, 401),
        ({}, 401),
    ],
)
def test_signing_can_demand_a_fresh_strong_sign_in(
    world: World, therapist: Caller, named: Json, proof: Json, status: int
) -> None:
    address, tag = a_noted_session(therapist)
    world.app.state.house.step_up = StepUp(("phr", "phrh"), 300)
    now = world.watch()
    if "auth_time" in proof:
        proof = {**proof, "auth_time": int(now.timestamp()) + proof["auth_time"]}

    answer = bearer(world, claims(now, **proof)).post(address, headers={"If-Match": tag})

    assert answer.status_code == status, answer.text
    if status == 401:
        assert answer.json()["code"] == "step_up_needed"
        assert 'acr_values="phr phrh", max_age="300"' in answer.headers["www-authenticate"]


def test_every_weighty_act_can_demand_it(world: World, therapist: Caller, named: Json) -> None:
    couple = a_couple(therapist)["id"]
    address, tag = a_noted_session(therapist)
    signed = therapist.post(address, headers={"If-Match": tag}).json()
    kept = f"/v1/confidences/{a_confidence(therapist, couple)}"
    held = therapist.get(kept).headers["ETag"]
    world.app.state.house.step_up = StepUp(("phr",), 300)
    document = world.client().get("/openapi.json").json()
    weighty = {
        f"/v1/couples/{couple}/authorisations": "recordAuthorisation",
        f"/v1/couples/{couple}/disclosures": "makeDisclosure",
        f"/v1/couples/{couple}/joint-summaries": "releaseJointSummary",
        f"/v1/sessions/{signed['id']}/addenda": "addAddendum",
        f"{kept}/sharing": "shareConfidence",
    }
    for address, name in weighty.items():
        told = next(
            path["post"]
            for path in document["paths"].values()
            if path.get("post", {}).get("operationId") == name
        )
        body = document["components"]["schemas"][
            told["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        ]["examples"][0]
        assert therapist.post(address, body).json()["code"] == "step_up_needed", name
    fresh = {"acr": "phr", "auth_time": int(world.watch().timestamp()) - 60}
    strong = bearer(world, claims(world.watch(), **fresh))
    added = strong.post(f"/v1/sessions/{signed['id']}/addenda", json={"kind": "addendum", "text": "x"})
    known = strong.post(
        f"{kept}/sharing",
        json={"permission_on": "2026-03-02", "reason": "Asked."},
        headers={"If-Match": held},
    )
    assert (added.status_code, known.status_code) == (201, 201), (added.text, known.text)


def a_confidence(caller: Caller, couple: str) -> str:
    """A marker that one partner told alone, kept in view; the id of the confidence."""
    whose = caller.get(f"/v1/couples/{couple}").json()["partners"][0]["id"]
    seen = {"observed_on": "2026-02-20", "visibility": "partner", "visible_partner_id": whose}
    marker = {"code": "ACC-IMPACT", "basis": "observed_in_session", **seen}
    item = caller.made(f"/v1/couples/{couple}/markers", marker)
    kept = {"item_kind": "marker", "item_id": item["id"], "relevance": "relevant"}
    return str(caller.made(f"/v1/couples/{couple}/confidences", kept)["id"])


def test_a_session_signed_as_it_is_recorded_demands_it_too(
    world: World, therapist: Caller, named: Json
) -> None:
    path = f"/v1/couples/{a_couple(therapist)['id']}/sessions"
    world.app.state.house.step_up = StepUp(("phr",), 300)
    now = world.watch()
    strong = bearer(world, claims(now, acr="phr", auth_time=int(now.timestamp()) - 60))

    for weak in (therapist.http, bearer(world, claims(now))):
        refused = weak.post(path, json={**NOTED, "sign": True})
        assert refused.json()["code"] == "step_up_needed"
        assert 'acr_values="phr"' in refused.headers["www-authenticate"]
        assert weak.post(path, json=NOTED).status_code == 201
    assert strong.post(path, json={**NOTED, "sign": True}).json()["state"] == "signed"


def test_co_signing_demands_it_too(world: World, therapist: Caller) -> None:
    address, tag = a_noted_session(therapist)
    signed = therapist.post(address, headers={"If-Match": tag})
    supervisor = world.somebody("supervisor")
    standing = {"person_id": supervisor.person_id, "part": "supervisor", "ends_at": "2026-12-31T00:00:00Z"}
    therapist.made(f"/v1/couples/{signed.json()['couple_id']}/care-team", standing)
    held = {"If-Match": signed.headers["etag"]}
    cosign = address.replace("/sign", "/cosign")
    world.app.state.house.step_up = StepUp(("phr",), 300)

    assert supervisor.post(cosign, headers=held).json()["code"] == "step_up_needed"
    world.app.state.house.step_up = None
    assert supervisor.post(cosign, headers=held).status_code == 200


def test_a_file_signs_no_session_without_it(world: World, therapist: Caller) -> None:
    world.app.state.house.step_up = StepUp(("phr",), 300)
    hour = {"kind": "session", "couple": "1", "ref": "h", "data": NOTED}

    report = told(therapist, couple("1"), {**hour, "data": {**NOTED, "sign": True}})
    assert errors(report) == [(2, "", "step_up_needed")]
    assert fates(told(therapist, couple("1"), hour)) == (1, 0, 0)


def test_an_api_key_cannot_step_up(world: World, therapist: Caller) -> None:
    address, tag = a_noted_session(therapist)
    world.app.state.house.step_up = StepUp(("phr",), 300)

    assert therapist.post(address, headers={"If-Match": tag}).json()["code"] == "step_up_needed"
