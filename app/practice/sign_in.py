"""Who stands behind a credential now, and what they may ask for; only the door comes in."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select

from app.chart.chart import Actor, Chart, Row
from app.errors import Refusal
from app.practice import credentials
from app.practice.acquaintance import Acquaintances
from app.practice.issuer import BadToken, Claims, Issuer, IssuerSilent, StepUp
from app.practice.tables import api_key, person, practice, sign_in_name

log = logging.getLogger("mendline.door")
NOBODY = Actor("00000000-0000-0000-0000-000000000000", "", "none", frozenset())

_BY_KEY = (
    select(
        api_key.c.id,
        api_key.c.person_id,
        api_key.c.scopes,
        api_key.c.expires_at,
        api_key.c.revoked_at,
        person.c.role,
        person.c.active,
        practice.c.zone,
    )
    .join(person, (person.c.practice_id == api_key.c.practice_id) & (person.c.id == api_key.c.person_id))
    .join(practice, practice.c.practice_id == api_key.c.practice_id)
    .where(api_key.c.digest == bindparam("digest", required=True))
)
_BY_TOKEN = (
    select(sign_in_name.c.id, sign_in_name.c.person_id, person.c.role, person.c.active, practice.c.zone)
    .join(
        person,
        (person.c.practice_id == sign_in_name.c.practice_id) & (person.c.id == sign_in_name.c.person_id),
    )
    .join(practice, practice.c.practice_id == sign_in_name.c.practice_id)
    .where(
        sign_in_name.c.digest == bindparam("digest", required=True),
        sign_in_name.c.ended_at.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class Credential:
    """What somebody brought: an API key, or a token of the issuer that holds, and the practice it names."""

    token: str
    practice_id: str
    claims: Claims | None = None


def unauthenticated() -> Refusal:
    """401 with the scheme that would help."""
    return Refusal("unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="mendline"'})


def brought(headers: Mapping[str, str], issuer: Issuer | None, now: datetime) -> Credential:
    """What the caller brought, as far as it can be judged without the store."""
    token = _token(headers)
    practice_id = credentials.practice_of(token)
    if practice_id is not None:
        return Credential(token, practice_id)
    if issuer is None:
        raise unauthenticated()
    try:
        claims = issuer.claims(token, now)
    except BadToken as bad:
        log.info("token refused: %s", bad)
        raise unauthenticated() from bad
    except IssuerSilent as silence:
        raise Refusal("service_unavailable", headers={"Retry-After": "10"}) from silence
    return Credential(token, claims.practice_id or _named_practice(headers), claims)


def _token(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise unauthenticated()
    return token.strip()


def _named_practice(headers: Mapping[str, str]) -> str:
    """The practice that a frontend names in a header, when the issuer's tokens do not; it opens nothing by itself."""
    try:
        return str(UUID(headers.get("mendline-practice", "")))
    except ValueError:
        raise unauthenticated() from None


def sign_in(
    chart: Chart, credential: Credential, acquainted: Acquaintances, *, presuming: bool = False
) -> Actor:
    """The actor behind a credential that is in force now; asked on every request, so that revocation acts at once."""
    claims = credential.claims
    statement = _BY_KEY if claims is None else _BY_TOKEN
    digest = credentials.digest(credential.token if claims is None else claims.subject)
    found = acquainted(digest) if presuming else None
    if found is not None:
        chart.presume(statement, [found], digest=digest)
    else:
        found = chart.find(statement, digest=digest)
    if found is None or not _in_force(found, chart.at):
        raise unauthenticated()
    acquainted.remember(digest, found)
    return _actor(chart, found, frozenset(found["scopes"].split()) if claims is None else claims.scopes)


def _in_force(found: Row, now: str) -> bool:
    ends = found.get("expires_at")
    return bool(found["active"]) and found.get("revoked_at") is None and (ends is None or ends > now)


def _actor(chart: Chart, found: Row, scopes: frozenset[str]) -> Actor:
    return Actor(
        practice_id=chart.actor.practice_id,
        person_id=found["person_id"],
        role=found["role"],
        scopes=credentials.ROLE_SCOPES[found["role"]] & scopes,
        key_id=found["id"],
        zone=found["zone"],
    )


def demand_scope(actor: Actor, scope: str | None) -> None:
    """403 unless the credential, and the role behind it, may ask for this."""
    if scope is not None and scope not in actor.scopes:
        raise Refusal("insufficient_scope", f"This operation needs the scope {scope}.")


def challenged(actor: Actor, step_up: StepUp | None, claims: Claims | None, now: datetime) -> Actor:
    """The actor, with what they must still prove before they sign or release; an API key can prove nothing."""
    if step_up is None or (claims is not None and step_up.met_by(claims, int(now.timestamp()))):
        return actor
    return replace(actor, challenge=step_up.challenge())
