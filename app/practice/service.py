"""What happens in a practice: founded, joined, given keys, care teams formed; routes, cli and slices come in."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select

from app.chart import signing
from app.chart.chart import Actor, Chart, Row, Store, Visit, among, new_id
from app.chart.inspection import past_the_walls
from app.chart.keys import stored
from app.chart.plans import BREAK_GLASS
from app.clock import written
from app.errors import Refusal, invalid
from app.practice import credentials
from app.practice.schemas import GrantIn, PersonChange, PersonIn
from app.practice.tables import api_key, care_team, person, practice, sign_in_name
from app.wire.answers import demand_match, version_tag

_PEOPLE = select(
    person.c.id, person.c.version, person.c.name, person.c.role, person.c.active, person.c.created_at
)
_KNOWN = _PEOPLE.where(among(person.c.id, bindparam("ids", required=True)))
_PERSON = _PEOPLE.where(person.c.id == bindparam("row", required=True))
_HELD = (
    select(person.c.id)
    .where(person.c.id == bindparam("row", required=True))
    .with_for_update(of=person, key_share=True)
)
_ALL_PEOPLE = (
    _PEOPLE.where(person.c.id > bindparam("above", required=True))
    .order_by(person.c.id)
    .limit(bindparam("most", required=True))
)
_KEYS = select(
    api_key.c.id,
    api_key.c.version,
    api_key.c.person_id,
    api_key.c.label,
    api_key.c.hint,
    api_key.c.scopes,
    api_key.c.created_at,
    api_key.c.expires_at,
    api_key.c.revoked_at,
)
_KEY = _KEYS.where(api_key.c.id == bindparam("row", required=True))
_ALL_KEYS = (
    _KEYS.where(api_key.c.id > bindparam("above", required=True))
    .order_by(api_key.c.id)
    .limit(bindparam("most", required=True))
)
_NAMES = select(
    sign_in_name.c.id,
    sign_in_name.c.version,
    sign_in_name.c.person_id,
    sign_in_name.c.subject,
    sign_in_name.c.created_at,
    sign_in_name.c.ended_at,
)
_NAME = _NAMES.where(sign_in_name.c.id == bindparam("row", required=True))
_ALL_NAMES = (
    _NAMES.where(sign_in_name.c.id > bindparam("above", required=True))
    .order_by(sign_in_name.c.id)
    .limit(bindparam("most", required=True))
)
_NAMED = select(sign_in_name.c.person_id, sign_in_name.c.ended_at).where(
    sign_in_name.c.digest == bindparam("digest", required=True)
)
_TEAM = select(
    care_team.c.id,
    care_team.c.version,
    care_team.c.couple_id,
    care_team.c.person_id,
    care_team.c.part,
    care_team.c.purpose,
    care_team.c.begins_at,
    care_team.c.ends_at,
    care_team.c.granted_by,
)
_TEAM_PAGE = (
    _TEAM.where(care_team.c.id > bindparam("above", required=True))
    .order_by(care_team.c.id)
    .limit(bindparam("most", required=True))
)
_GRANT = _TEAM.where(care_team.c.id == bindparam("row", required=True))
_PRACTICE = select(practice.c.name, practice.c.zone)
_PRACTICES = select(
    practice.c.practice_id.label("id"), practice.c.name, practice.c.zone, practice.c.created_at
).order_by(practice.c.practice_id)
_TREATING = (
    select(care_team.c.id, care_team.c.ends_at)
    .where(
        care_team.c.part == "treating"
    )  # ended ones too: what another request has just ended is seen as such
    .order_by(care_team.c.id)
    .with_for_update(of=care_team)
)
_STANDING = select(care_team.c.id).where(
    care_team.c.person_id == bindparam("who", required=True),
    or_(care_team.c.ends_at.is_(None), care_team.c.ends_at > bindparam("now", required=True)),
    care_team.c.part != BREAK_GLASS,
)

_BY_OPERATOR = (
    "the operator makes it at the command line (mendline keys), so that no colleague knows its secret."
)
_SUPERVISING = _STANDING.where(care_team.c.part == "supervisor")
OF_BOTH = {"visibility": "joint", "visible_partner_id": None}
"""Who stands in a care team is both partners' business: their access reports tell it."""


def practices(url: str) -> list[Row]:
    """All practices by name, for the command line; on PostgreSQL the address must be the owner's."""
    return past_the_walls(url, _PRACTICES)


def home(chart: Chart) -> Row | None:
    """The practice itself, if there is one."""
    return chart.find(_PRACTICE)


def operator(practice_id: str, zone: str = "UTC") -> Actor:
    """The actor behind the command line: stands in every care team, and is on the trail like everybody."""
    return Actor(practice_id, "", "operator", frozenset(credentials.SCOPES), zone=zone, everything=True)


def operating(store: Store, practice_id: str, now: datetime, action: str, zone: str = "UTC") -> Any:
    """A chart for the command line's own work; sign it before it closes."""
    return store.chart(operator(practice_id, zone), now, Visit(action, new_id()), writing=True)


def found(store: Store, now: datetime, name: str, zone: str) -> str:
    """Found a practice and give its id."""
    practice_id = new_id()
    with operating(store, practice_id, now, "foundPractice", zone) as chart:
        chart.add_practice(practice, name=name, zone=zone, created_at=written(now))
        chart.new_key(None)
        signing.found(chart)
        chart.sign(201)
    return practice_id


def add_person(chart: Chart, body: PersonIn) -> Row:
    """Take somebody into the practice."""
    person_id = chart.add(person, name=body.name, role=body.role, active=True, created_at=chart.at)
    chart.note(target_id=person_id)
    return read_person(chart, person_id)


def read_person(chart: Chart, person_id: str) -> Row:
    """One person of the practice."""
    chart.note(target_id=person_id)
    return chart.one(_PERSON, row=person_id)


def hold_caller(chart: Chart) -> None:
    """From now until this request is done, another request of the caller that asks for this waits."""
    chart.rows(_HELD, row=chart.actor.person_id)


def change_person(chart: Chart, person_id: str, body: PersonChange, if_match: str | None) -> Row:
    """Rename somebody, or stop and start all their keys."""
    row = read_person(chart, person_id)
    demand_match(if_match, version_tag(row))
    changes = body.model_dump(exclude_none=True)
    if not changes:
        raise invalid("", "nothing_to_change", "The patch changes nothing.")
    chart.amend(person, person_id, row["version"], **changes)
    return read_person(chart, person_id)


def people(chart: Chart, above: str, most: int) -> list[Row]:
    """The practice's people in order of joining."""
    return chart.rows(_ALL_PEOPLE, above=above, most=most)


def known_by_id(chart: Chart, ids: Collection[str]) -> dict[str, Row]:
    """People of the practice by their ids."""
    rows = chart.rows(_KNOWN, ids=chart.list_value(sorted(ids))) if ids else []
    return {row["id"]: row for row in rows}


def key_holder(chart: Chart, person_id: str) -> Row:
    """Who will hold a key."""
    row = chart.find(_PERSON, row=person_id)
    if row is None:
        raise invalid("/person_id", "unknown_person", "Nobody of this practice has this id.")
    return row


def make_key(
    chart: Chart,
    environment: str,
    *,
    person_id: str,
    label: str,
    scopes: Collection[str],
    expires_at: datetime | None = None,
) -> Row:
    """Make an API key; its secret is in the answer and nowhere else."""
    role = key_holder(chart, person_id)["role"]
    if not _may_give(chart, role):
        raise invalid("/person_id", "made_by_operator", f"A {role}'s key: {_BY_OPERATOR}")
    beyond = sorted(set(scopes) - credentials.ROLE_SCOPES[role])
    if beyond:
        raise invalid("/scopes", "beyond_role", f"The role {role} may not have: {', '.join(beyond)}.")
    stronger = _beyond_caller(chart, scopes)
    if stronger:
        raise invalid("/scopes", "beyond_key", f"The key that asks does not have: {', '.join(stronger)}.")
    if expires_at is not None and expires_at <= chart.now:
        raise invalid("/expires_at", "in_the_past", "The key would have expired already.")
    secret = credentials.make_key(environment, chart.actor.practice_id)
    key_id = chart.add(
        api_key,
        person_id=person_id,
        label=label,
        digest=credentials.digest(secret),
        hint=credentials.hint(secret),
        scopes=" ".join(sorted(set(scopes))),
        created_at=chart.at,
        expires_at=expires_at,
        revoked_at=None,
    )
    return {**read_key(chart, key_id), "secret": secret}


def _may_give(chart: Chart, role: str) -> bool:
    """Whoever makes a key knows its secret: no key may make one that reads as a clinician or supervisor."""
    return chart.actor.everything or role not in credentials.IN_PERSON


def _beyond_caller(chart: Chart, scopes: Collection[str]) -> list[str]:
    """Scopes of the caller's own role that the caller's key was not given: no narrow key makes itself a wide one."""
    if chart.actor.everything:
        return []
    return sorted((set(scopes) & credentials.ROLE_SCOPES[chart.actor.role]) - chart.actor.scopes)


def read_key(chart: Chart, key_id: str) -> Row:
    """One key, without its secret."""
    chart.note(target_id=key_id)
    return _key_out(chart.one(_KEY, row=key_id))


def keys(chart: Chart, above: str, most: int) -> list[Row]:
    """The practice's keys in order of making."""
    return [_key_out(row) for row in chart.rows(_ALL_KEYS, above=above, most=most)]


def revoke_key(chart: Chart, key_id: str, if_match: str | None) -> Row:
    """Revoke a key, with effect on the next request."""
    row = read_key(chart, key_id)
    demand_match(if_match, version_tag(row))
    if row["revoked_at"] is None:
        chart.amend(api_key, key_id, row["version"], revoked_at=chart.at)
    return read_key(chart, key_id)


def signing_keys(chart: Chart) -> list[Row]:
    """The public halves of the keys that sign seals and anchors."""
    return [
        {
            "id": row["id"],
            "algorithm": "Ed25519",
            "public_key": stored(row["public"]).hex(),
            "created_at": row["created_at"],
            "retired_at": row["retired_at"],
        }
        for row in signing.public_keys(chart)
    ]


def rotate_key(chart: Chart, environment: str, key_id: str, overlap_hours: int, if_match: str | None) -> Row:
    """A new key like this one; the old one ends after the overlap, in which programs take up the new one."""
    row = read_key(chart, key_id)
    demand_match(if_match, version_tag(row))
    role = key_holder(chart, row["person_id"])["role"]
    if not _may_give(chart, role):
        raise Refusal("conflict", f"A {role}'s key: {_BY_OPERATOR}")
    if _beyond_caller(chart, row["scopes"]):
        raise Refusal(
            "insufficient_scope", "This key may do more than the one that asks, which would learn its secret."
        )
    ends = written(chart.now + timedelta(hours=overlap_hours))
    if row["revoked_at"] is not None or (row["expires_at"] is not None and row["expires_at"] <= chart.at):
        raise Refusal("conflict", "This key is no longer in force; make a new one.")
    new = make_key(
        chart,
        environment,
        person_id=row["person_id"],
        label=row["label"],
        scopes=row["scopes"],
        expires_at=_as_long(chart, row),
    )
    if row["expires_at"] is None or row["expires_at"] > ends:
        chart.amend(api_key, key_id, row["version"], expires_at=ends)
    return new


def _as_long(chart: Chart, key: Row) -> datetime | None:
    """A key that ends is followed by one that lives as long: rotation takes no end away."""
    if key["expires_at"] is None:
        return None
    made, ends = (datetime.fromisoformat(key[name]) for name in ("created_at", "expires_at"))
    return chart.now + (ends - made)


def _key_out(row: Row) -> Row:
    return {**row, "scopes": row["scopes"].split()}


# --- names at the OpenID Connect issuer ---


def name_at_issuer(chart: Chart, person_id: str, subject: str) -> Row:
    """Let tokens of a subject open the practice as this person; whose it was once, it stays.

    Otherwise an administrator could end the name they sign in under, and take it again in a clinician's place.
    """
    read_person(chart, person_id)
    digest = credentials.digest(subject)
    before = chart.rows(_NAMED, digest=digest)
    if any(row["ended_at"] is None or row["person_id"] != person_id for row in before):
        words = "Somebody of this practice signs in under this subject, or did once."
        raise invalid("/subject", "subject_taken", words)
    name_id = chart.add(
        sign_in_name, person_id=person_id, subject=subject, digest=digest, created_at=chart.at, ended_at=None
    )
    return read_name(chart, name_id)


def read_name(chart: Chart, name_id: str) -> Row:
    """One name at the issuer."""
    chart.note(target_id=name_id)
    return chart.one(_NAME, row=name_id)


def names(chart: Chart, above: str, most: int) -> list[Row]:
    """The practice's names at the issuer, ended ones included."""
    return chart.rows(_ALL_NAMES, above=above, most=most)


def end_name(chart: Chart, name_id: str, if_match: str | None) -> Row:
    """Stop a subject's tokens, with effect on the next request."""
    row = read_name(chart, name_id)
    demand_match(if_match, version_tag(row))
    if row["ended_at"] is None:
        chart.amend(sign_in_name, name_id, row["version"], ended_at=chart.at)
    return read_name(chart, name_id)


# --- care teams ---


def treating_clinician(chart: Chart, person_id: str | None) -> str:
    """Who will treat a new couple: the caller, or the clinician named."""
    if person_id is None:
        if chart.actor.role != "clinician":
            raise invalid(
                "/treating_clinician_id", "clinician_needed", "Say which clinician treats this couple."
            )
        return chart.actor.person_id
    row = chart.find(_PERSON, row=person_id)
    if row is None or row["role"] != "clinician" or not row["active"]:
        raise invalid(
            "/treating_clinician_id", "unknown_clinician", "No clinician of this practice has this id."
        )
    return person_id


def join_care_team(chart: Chart, couple_id: str, clinician_id: str) -> None:
    """The first care team: the treating clinician and, when it is somebody else, who opened the case."""
    _stand(chart, couple_id, clinician_id, "treating")
    me = chart.actor
    if me.person_id and me.person_id != clinician_id:
        _stand(chart, couple_id, me.person_id, "integration" if me.role == "integration" else "co_therapist")


def _stand(
    chart: Chart,
    couple_id: str,
    person_id: str,
    part: str,
    *,
    ends_at: Any = None,
    purpose: str | None = None,
) -> str:
    return chart.add(
        care_team,
        couple_id=couple_id,
        person_id=person_id,
        part=part,
        purpose=purpose,
        begins_at=chart.at,
        ends_at=ends_at,
        granted_by=chart.actor.person_id or person_id,
    )


def grant(chart: Chart, couple_id: str, body: GrantIn) -> Row:
    """Let somebody into an opened couple's care team."""
    _demand_person(chart)
    holder = chart.find(_PERSON, row=body.person_id)
    if holder is None or not holder["active"] or holder["role"] == "administrator":
        raise invalid(
            "/person_id", "unknown_person", "Nobody of this practice who may join a care team has this id."
        )
    if (holder["role"] == "supervisor") != (body.part == "supervisor"):
        raise invalid("/part", "part_and_role", "Supervisors, and only they, join as supervisor.")
    if (holder["role"] == "integration") != (body.part == "integration"):
        raise invalid("/part", "part_and_role", "Integrations, and only they, join as integration.")
    if body.part == "supervisor" and body.ends_at is None:
        raise invalid("/ends_at", "end_needed", "A supervisor's grant is limited in time.")
    if body.ends_at is not None and body.ends_at <= chart.now:
        raise invalid("/ends_at", "in_the_past", "The grant would have ended already.")
    _treating(chart, couple_id)
    if chart.find(_STANDING, couple=couple_id, who=body.person_id, now=chart.at):
        raise Refusal("conflict", "This person stands in the care team already.")
    grant_id = _stand(chart, couple_id, body.person_id, body.part, ends_at=body.ends_at, purpose=body.purpose)
    return read_grant(chart, grant_id)


def stands(chart: Chart, couple_id: str, person_id: str) -> bool:
    """Whether somebody stands in a couple's care team now, and not only because of an emergency."""
    return chart.find(_STANDING, couple=couple_id, who=person_id, now=chart.at) is not None


def let_in_for_emergency(chart: Chart, couple_id: str, ends_at: datetime) -> str:
    """Let the caller read an opened couple's record until an instant; gives the standing's id."""
    return _stand(chart, couple_id, chart.actor.person_id, BREAK_GLASS, ends_at=ends_at)


def end_emergency(chart: Chart, grant_id: str) -> None:
    """End such a standing now, if it has not ended yet."""
    row = chart.one(_GRANT, row=grant_id)
    if _in_force(chart, row):
        chart.amend(care_team, grant_id, row["version"], ends_at=chart.at)


def supervises(chart: Chart, couple_id: str, person_id: str) -> bool:
    """Whether somebody stands in a couple's care team as supervisor now."""
    return chart.find(_SUPERVISING, couple=couple_id, who=person_id, now=chart.at) is not None


def read_grant(chart: Chart, grant_id: str) -> Row:
    """One standing in a care team."""
    row = chart.one(_GRANT, row=grant_id)
    chart.note(couple_id=row["couple_id"], target_id=grant_id, seen_by=OF_BOTH)
    return row


def team(chart: Chart, couple_id: str, above: str, most: int) -> list[Row]:
    """A couple's care team, past standings included."""
    return chart.rows(_TEAM_PAGE, couple=couple_id, above=above, most=most)


def end_grant(chart: Chart, grant_id: str, if_match: str | None) -> Row:
    """End somebody's standing now; the last treating clinician cannot leave."""
    row = read_grant(chart, grant_id)
    _demand_person(chart)
    demand_match(if_match, version_tag(row))
    if not _in_force(chart, row):
        return row
    others = [other for other in _treating(chart, row["couple_id"]) if other["id"] != grant_id]
    if row["part"] == "treating" and not others:
        raise Refusal(
            "conflict", "A couple keeps a treating clinician until further notice; let the next one in first."
        )
    chart.amend(care_team, grant_id, row["version"], ends_at=chart.at)
    return {**row, "ends_at": chart.at, "version": row["version"] + 1}


def _demand_person(chart: Chart) -> None:
    """Who may open a chart is a person's decision; no integration lets itself or others in."""
    if chart.actor.role == "integration":
        raise Refusal("clinician_needed", "A clinician decides who stands in a couple's care team.")


def _treating(chart: Chart, couple_id: str) -> list[Row]:
    """Who treats a couple until further notice; held, so that of two who change its care team at once one waits."""
    return [row for row in chart.rows(_TREATING, couple=couple_id) if row["ends_at"] is None]


def _in_force(chart: Chart, row: Row) -> bool:
    return row["ends_at"] is None or row["ends_at"] > chart.at


def me(chart: Chart) -> Row:
    """Who the key stands for."""
    home = chart.one(_PRACTICE)
    myself = chart.one(_PERSON, row=chart.actor.person_id)
    return {
        "practice_id": chart.actor.practice_id,
        "practice_name": home["name"],
        "zone": home["zone"],
        "person_id": chart.actor.person_id,
        "name": myself["name"],
        "role": chart.actor.role,
        "scopes": sorted(chart.actor.scopes),
        "today": chart.today.isoformat(),
    }
