"""Bearer tokens of one configured OpenID Connect issuer: whether a token holds, and what it claims; the door comes in.

A token holds when every rule of RFC 8725 and RFC 9068 does that can be checked without asking anybody: one signature by
a key that the issuer publishes now, an algorithm from the list, exact issuer and audience, the type of an access token,
and a life of at most ten minutes. Why a token was refused is never told to who brought it.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from app.settings import cannot_be_overheard

log = logging.getLogger("mendline.issuer")
Json = dict[str, Any]

FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
TYPES = frozenset({"at+jwt", "application/at+jwt"})  # RFC 9068: an ID token is no key to an API
LIFE = timedelta(minutes=10)
AHEAD = 5  # seconds that the issuer's clock may be ahead of ours; never added to the end of a token's life
KEYS_FRESH = timedelta(minutes=10)  # a key withdrawn by the issuer opens nothing after this
KEYS_KEPT = timedelta(hours=1)  # while the issuer cannot be reached
PATIENCE = timedelta(seconds=10)  # between two questions to the issuer, however many unknown keys are named
LONGEST = 16_384  # characters of a token
LARGEST = 1_048_576  # bytes of what the issuer publishes
SECONDS = 3.0  # for each step of an answer of the issuer's, and for all of its body
WAITING = 2  # who wait while somebody else asks the issuer; more would take the threads that API keys need


class BadToken(Exception):
    """This token does not hold; the reason is for the operator's log, never for who brought it."""


class IssuerSilent(Exception):
    """The issuer's keys could not be had, so nobody can be told whether the token holds."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator configured: whose tokens, made for whom, signed how."""

    issuer: str
    audience: str
    algorithms: frozenset[str]
    keys_address: str | None = None
    practice_claim: str = "mendline_practice"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token that holds says: who, of which practice if it says so, allowed what, and how they proved it."""

    subject: str
    practice_id: str | None
    scopes: frozenset[str]
    context: str | None
    proved_at: int | None


@dataclass(frozen=True, slots=True)
class StepUp:
    """How somebody must have proved who they are before they sign or release: how strongly, how long ago at most."""

    contexts: tuple[str, ...]
    within: int  # seconds

    def met_by(self, claims: Claims, now: int) -> bool:
        """Whether a token's holder has proved it; a token that does not say when has not."""
        recent = claims.proved_at is not None and -AHEAD <= now - claims.proved_at <= self.within
        return recent and claims.context in self.contexts

    def challenge(self) -> str:
        """The WWW-Authenticate value of RFC 9470."""
        return (
            'Bearer realm="mendline", error="insufficient_user_authentication", '
            f'acr_values="{" ".join(self.contexts)}", max_age="{self.within}"'
        )


def fetched(address: str) -> Json:
    """A JSON document of the issuer, without following redirects. Raises IssuerSilent."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    try:
        with httpx.stream("GET", address, timeout=SECONDS, follow_redirects=False, headers=headers) as answer:
            answer.raise_for_status()
            found = json.loads(_bounded(answer))
    except (httpx.HTTPError, ValueError, RecursionError) as failure:
        raise IssuerSilent(type(failure).__name__) from failure
    if not isinstance(found, dict):
        raise IssuerSilent("not an object")
    return found


def _bounded(answer: httpx.Response) -> bytes:
    """A body of bearable size that comes in bearable time."""
    content, until = b"", time.monotonic() + SECONDS
    for part in answer.iter_raw():
        content += part
        if len(content) > LARGEST or time.monotonic() > until:
            raise IssuerSilent("too large or too slow")
    return content


@dataclass
class Issuer:
    """The issuer as this process knows it: its rules and the keys that it published last."""

    rules: Rules
    fetch: Callable[[str], Json] = fetched
    _keys: Mapping[str, Key] = field(default_factory=dict)
    _had_at: datetime | None = None
    _asked_at: datetime | None = None
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(WAITING))

    def claims(self, token: str, now: datetime) -> Claims:
        """What a token says, if it holds at an instant. Raises BadToken, IssuerSilent."""
        try:
            return self._claims(token, now)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as wrong:
            raise BadToken(type(wrong).__name__) from wrong

    def _claims(self, token: str, now: datetime) -> Claims:
        if len(token) > LONGEST or not token.isascii():
            raise BadToken("size")
        header = jws.extract_compact(token.encode()).headers()
        algorithm = self._algorithm(header)
        key = self._key(str(header.get("kid", "")), now)
        _demand_fit(key, algorithm)
        signed = jws.deserialize_compact(token, key, algorithms=[algorithm])
        told = json.loads(signed.payload or b"", object_pairs_hook=_once)
        if not isinstance(told, dict):
            raise BadToken("payload")
        self._demand_claims(told, int(now.timestamp()))
        return _read(told, self.rules.practice_claim)

    def _algorithm(self, header: Mapping[str, Any]) -> str:
        """The header's algorithm. Keys or addresses of keys in a token are an attack or a mistake: both are refused."""
        algorithm = header.get("alg")
        if algorithm not in self.rules.algorithms or str(header.get("typ", "")).lower() not in TYPES:
            raise BadToken("header")
        if {"jku", "jwk", "x5u", "x5c", "crit", "zip", "b64"} & set(header):
            raise BadToken("header")
        return str(algorithm)

    def _demand_claims(self, told: Json, now: int) -> None:
        rules = jwt.JWTClaimsRegistry(
            now=now,
            leeway=AHEAD,
            iss={"essential": True, "value": self.rules.issuer},
            aud={"essential": True, "value": self.rules.audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        rules.validate(told)
        ends, began = told["exp"], told["iat"]
        if not all(isinstance(each, int) and not isinstance(each, bool) for each in (ends, began)):
            raise BadToken("times")
        if ends <= now or ends - began > LIFE.total_seconds():
            raise BadToken("life")

    # --- the issuer's keys ---

    def _key(self, kid: str, now: datetime) -> Key:
        """The published key of a name; asks the issuer again when the name is new or the keys are old."""
        if not kid:
            raise BadToken("kid")
        if self._wanting(kid, now) or self._turn.locked():
            self._ask_in_turn(kid, now)
        if not self._bridged(now):
            raise IssuerSilent("no keys")
        key = self._keys.get(kid)
        if key is None:
            raise BadToken("kid")
        return key

    def _wanting(self, kid: str, now: datetime) -> bool:
        stale = self._had_at is None or now - self._had_at > KEYS_FRESH or now < self._had_at
        return (stale or kid not in self._keys) and self._may_ask(now)

    def _bridged(self, now: datetime) -> bool:
        return self._had_at is not None and now - self._had_at <= KEYS_KEPT

    def _ask_in_turn(self, kid: str, now: datetime) -> None:
        """One asks. Whose key is known goes on with it meanwhile; of the others a few wait, and the rest come again."""
        if self._turn.acquire(blocking=False):
            try:
                if self._wanting(kid, now):
                    self._ask(now)
            finally:
                self._turn.release()
        elif not (self._bridged(now) and kid in self._keys):
            if not self._waiting.acquire(blocking=False):
                raise IssuerSilent("asked just now")
            with self._turn:
                self._waiting.release()

    def _may_ask(self, now: datetime) -> bool:
        return self._asked_at is None or abs(now - self._asked_at) >= PATIENCE

    def _ask(self, now: datetime) -> None:
        self._asked_at = now
        try:
            self._keys = _published(self.fetch(self._address()))
        except IssuerSilent as silence:
            log.warning("issuer's keys could not be read: %s", silence)
            return
        self._had_at = now

    def _address(self) -> str:
        if self.rules.keys_address:
            return self.rules.keys_address
        told = self.fetch(self.rules.issuer.rstrip("/") + "/.well-known/openid-configuration")
        address = told.get("jwks_uri")
        if told.get("issuer") != self.rules.issuer or not isinstance(address, str):
            raise IssuerSilent("another issuer answered")
        if not cannot_be_overheard(address):
            raise IssuerSilent("its keys lie where others could put theirs")
        return address


def _published(told: Json) -> dict[str, Key]:
    """The signing keys of a key set by name; private and symmetric ones have no business there."""
    found: dict[str, Key] = {}
    listed = told.get("keys")
    if not isinstance(listed, list):
        raise IssuerSilent("no set of keys")
    for each in listed:
        if not isinstance(each, dict) or each.get("kty") not in FAMILIES.values() or "d" in each:
            continue
        if each.get("use", "sig") != "sig" or not each.get("kid"):
            continue
        try:
            found[str(each["kid"])] = JWKRegistry.import_key(each)
        except (JoseError, ValueError, TypeError):
            log.warning("issuer publishes a key that cannot be read")
    return found


def _demand_fit(key: Key, algorithm: str) -> None:
    """A key serves its own family of algorithms, and only the one it names."""
    if key.key_type != FAMILIES[algorithm[:2]] or key.alg not in (None, algorithm):
        raise BadToken("algorithm of another key")


def _once(pairs: list[tuple[str, Any]]) -> Json:
    """An object in which every name stands once: what two parsers read differently is refused."""
    told = dict(pairs)
    if len(told) != len(pairs):
        raise BadToken("repeated claim")
    return told


def _read(told: Json, practice_claim: str) -> Claims:
    scope, practice, proved = told.get("scope", ""), told.get(practice_claim), told.get("auth_time")
    subject, context = told["sub"], told.get("acr")
    if not subject or len(subject.encode()) > 255:  # half a character is none: it has no bytes
        raise BadToken("sub")
    return Claims(
        subject=subject,
        practice_id=None if practice is None else str(UUID(practice)),
        scopes=frozenset(scope.split()),
        context=context if isinstance(context, str) else None,
        proved_at=proved if isinstance(proved, int) and not isinstance(proved, bool) else None,
    )
