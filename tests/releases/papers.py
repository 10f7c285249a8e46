"""Papers for tests: recipients, what each partner signed, disclosures; the tests of leaving the house come in."""

from collections.abc import Sequence

from tests.people import Caller, Json, partner

BOTH = ("conjoint_sessions", "markers", "threat_reports", "commitments", "summary", "indicators")
NOBODY = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"


def of(couple: Json, name: str) -> str:
    """The address of something that belongs to a couple."""
    return f"/v1/couples/{couple['id']}/{name}"


def a_recipient(caller: Caller, couple: Json, **changes: object) -> Json:
    """A colleague in another town."""
    return caller.made(of(couple, "recipients"), {"kind": "clinician", "name": "Dr. Lindner", **changes})


def a_form(
    couple: Json, side: str, recipient: Json, content: Sequence[str] = BOTH, **changes: object
) -> Json:
    """What a partner signed, as a caller sends it."""
    return {
        "partner_id": partner(couple, side),
        "recipient_id": recipient["id"],
        "content": list(content),
        "purpose": "Going on with the work in another town.",
        "valid_from": "2026-03-01",
        "expires_on": "2026-12-31",
        "language": "ur",
        "signed_on": "2026-03-01",
        "witnessed": "in_person",
        **changes,
    }


def signed(caller: Caller, couple: Json, side: str, recipient: Json, content: Sequence[str] = BOTH) -> Json:
    """An authorisation on record."""
    return caller.made(of(couple, "authorisations"), a_form(couple, side, recipient, content))


def revoke(caller: Caller, authorisation: Json) -> Json:
    """Take an authorisation back."""
    path = f"/v1/authorisations/{authorisation['id']}"
    etag = caller.get(path).headers["ETag"]
    answer = caller.post(f"{path}/revoke", {}, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def hold(caller: Caller, couple: Json, kind: str) -> Json:
    """A hold that stands."""
    return caller.made(
        of(couple, "holds"), {"kind": kind, "reason": "A letter came.", "effective_on": "2026-03-01"}
    )


def lift(caller: Caller, row: Json) -> Json:
    """Lift a hold."""
    path = f"/v1/holds/{row['id']}"
    etag = caller.get(path).headers["ETag"]
    answer = caller.post(f"{path}/lift", {"reason": "It is over."}, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
