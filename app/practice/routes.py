"""HTTP for people, keys and care teams; administrators and treating clinicians come in."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.chart.chart import Chart, Row
from app.practice import service
from app.practice.door import Anyone, DoorRoute, PracticeReading, PracticeWriting
from app.practice.schemas import (
    KeyIn,
    KeyOut,
    KeyPage,
    KeyRotationIn,
    MeOut,
    NewKeyOut,
    PersonChange,
    PersonIn,
    PersonOut,
    PersonPage,
    SigningKeys,
    SignInNameIn,
    SignInNameOut,
    SignInNamePage,
)
from app.wire import pages
from app.wire.answers import IfMatch, IfNoneMatch, answer, created, documents, tagged, version_tag
from app.wire.types import Id

router = APIRouter(prefix="/v1", route_class=DoorRoute)


@router.get("/me", operation_id="getMe", tags=["practice"], **documents(MeOut))
def get_me(chart: Anyone) -> Response:
    """Who this key stands for, in which practice, with which scopes."""
    return answer(service.me(chart))


@router.post(
    "/people", operation_id="addPerson", tags=["practice"], **documents(PersonOut, 201, kind="create")
)
def add_person(body: PersonIn, chart: PracticeWriting) -> Response:
    """Take a clinician, supervisor, administrator or integration into the practice."""
    row = service.add_person(chart, body)
    return created(f"/v1/people/{row['id']}", row, version_tag(row))


@router.get("/people", operation_id="listPeople", tags=["practice"], **documents(PersonPage))
def list_people(
    chart: PracticeReading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """The practice's people in order of joining."""
    return _page(chart, "people", service.people, limit, cursor)


def _page(
    chart: Chart,
    name: str,
    rows: Callable[[Chart, str, int], list[Row]],
    limit: int,
    cursor: str | None,
) -> Response:
    """A page of what belongs to the practice, oldest first."""
    path, bound = f"/v1/{name}", {"path": name}
    return pages.by_id(chart, path, partial(rows, chart), bound, limit, cursor, begin=pages.LOWEST_ID)


@router.get("/people/{person_id}", operation_id="getPerson", tags=["practice"], **documents(PersonOut))
def get_person(person_id: Id, chart: PracticeReading, if_none_match: IfNoneMatch = None) -> Response:
    """One person."""
    row = service.read_person(chart, person_id)
    return tagged(row, version_tag(row), if_none_match)


@router.patch(
    "/people/{person_id}",
    operation_id="changePerson",
    tags=["practice"],
    **documents(PersonOut, kind="change"),
)
def change_person(
    person_id: Id, body: PersonChange, chart: PracticeWriting, if_match: IfMatch = None
) -> Response:
    """Rename somebody, or stop (`active: false`) all their keys at once."""
    row = service.change_person(chart, person_id, body, if_match)
    return tagged(row, version_tag(row), None)


@router.post("/keys", operation_id="createKey", tags=["practice"], **documents(NewKeyOut, 201, kind="create"))
def create_key(body: KeyIn, chart: PracticeWriting, request: Request) -> Response:
    """Make an API key for a program or an administrator; the secret is shown this once.

    Whoever makes a key knows its secret. So a clinician's or supervisor's key is made by the operator
    (`mendline keys create`), and nobody can give themselves a colleague's sight of the record.
    """
    row = service.make_key(
        chart,
        request.app.state.settings.environment,
        person_id=body.person_id,
        label=body.label,
        scopes=body.scopes,
        expires_at=body.expires_at,
    )
    return created(f"/v1/keys/{row['id']}", row, version_tag(row))


@router.get("/keys", operation_id="listKeys", tags=["practice"], **documents(KeyPage))
def list_keys(
    chart: PracticeReading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """The practice's keys, without their secrets."""
    return _page(chart, "keys", service.keys, limit, cursor)


@router.get("/keys/{key_id}", operation_id="getKey", tags=["practice"], **documents(KeyOut))
def get_key(key_id: Id, chart: PracticeReading, if_none_match: IfNoneMatch = None) -> Response:
    """One key, without its secret."""
    row = service.read_key(chart, key_id)
    return tagged(row, version_tag(row), if_none_match)


@router.post(
    "/keys/{key_id}/rotate",
    operation_id="rotateKey",
    tags=["practice"],
    **documents(NewKeyOut, 201, kind="change"),
)
def rotate_key(
    key_id: Id, body: KeyRotationIn, chart: PracticeWriting, request: Request, if_match: IfMatch = None
) -> Response:
    """A new key with the same person, label, scopes and length of life; the old one ends after the overlap.

    Its secret is shown this once.
    As with new keys: those of clinicians and supervisors are rotated by the operator (`mendline keys rotate`).
    """
    environment = request.app.state.settings.environment
    row = service.rotate_key(chart, environment, key_id, body.overlap_hours, if_match)
    return created(f"/v1/keys/{row['id']}", row, version_tag(row))


@router.delete(
    "/keys/{key_id}", operation_id="revokeKey", tags=["practice"], **documents(KeyOut, kind="change")
)
def revoke_key(key_id: Id, chart: PracticeWriting, if_match: IfMatch = None) -> Response:
    """Revoke a key, with effect on the next request; it stays listed."""
    row = service.revoke_key(chart, key_id, if_match)
    return tagged(row, version_tag(row), None)


@router.get("/signing-keys", operation_id="listSigningKeys", tags=["practice"], **documents(SigningKeys))
def list_signing_keys(chart: Anyone) -> Response:
    """The practice's public keys, by which anybody can check its seals."""
    return answer({"items": service.signing_keys(chart)})


@router.post(
    "/people/{person_id}/sign-in-names",
    operation_id="createSignInName",
    tags=["practice"],
    **documents(SignInNameOut, 201, kind="create"),
)
def create_sign_in_name(person_id: Id, body: SignInNameIn, chart: PracticeWriting) -> Response:
    """Let access tokens of the configured OpenID Connect issuer open the practice as this person.

    A subject stays with the person whose it was first, also after that name has ended.
    """
    row = service.name_at_issuer(chart, person_id, body.subject)
    return created(f"/v1/sign-in-names/{row['id']}", row, version_tag(row))


@router.get("/sign-in-names", operation_id="listSignInNames", tags=["practice"], **documents(SignInNamePage))
def list_sign_in_names(
    chart: PracticeReading, limit: pages.Limit = pages.DEFAULT_LIMIT, cursor: pages.Cursor = None
) -> Response:
    """Whose tokens open the practice as whom; ended ones stay listed."""
    return _page(chart, "sign-in-names", service.names, limit, cursor)


@router.get(
    "/sign-in-names/{sign_in_name_id}",
    operation_id="getSignInName",
    tags=["practice"],
    **documents(SignInNameOut),
)
def get_sign_in_name(
    sign_in_name_id: Id, chart: PracticeReading, if_none_match: IfNoneMatch = None
) -> Response:
    """One name at the issuer."""
    row = service.read_name(chart, sign_in_name_id)
    return tagged(row, version_tag(row), if_none_match)


@router.delete(
    "/sign-in-names/{sign_in_name_id}",
    operation_id="endSignInName",
    tags=["practice"],
    **documents(SignInNameOut, kind="change"),
)
def end_sign_in_name(sign_in_name_id: Id, chart: PracticeWriting, if_match: IfMatch = None) -> Response:
    """Stop a subject's tokens, with effect on the next request."""
    row = service.end_name(chart, sign_in_name_id, if_match)
    return tagged(row, version_tag(row), None)
