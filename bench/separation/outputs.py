"""What an audience can ask, out of the OpenAPI document: every GET that takes an audience, or why it is not asked."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

Json = dict[str, Any]
Answer = tuple[int, tuple[tuple[str, str], ...], bytes]
Ask = Callable[[str], tuple[int, dict[str, str], bytes]]
NOBODY: Final = "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"
VOLATILE_HEADERS: Final = frozenset({"x-request-id", "ratelimit", "ratelimit-policy", "date"})
VOLATILE_MEMBERS: Final = frozenset({"request_id", "instance"})
MOST_IDS: Final = 4
SUMMARIES: Final = frozenset({"progress", "stopping", "timeline"})

_TEAM: Final = "for the treating team alone: takes no audience, and the door refuses any other"
_PRACTICE: Final = "of the practice, not of a couple"
_PUBLISHED: Final = "published rules and words, the same for everybody"
_ASKING_CHANGES_IT: Final = "tells of every access, so of being asked; `make prove-leaving` compares it"
REASONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "getMe", "listPeople", "getPerson", "listKeys", "getKey", "listSigningKeys", "listSignInNames",
            "getSignInName", "listBreakGlass", "getBreakGlass", "listAudit",
        ),
        _PRACTICE,
    ),
    "getAccessReport": _ASKING_CHANGES_IT,
    **dict.fromkeys(("listStageKinds", "listMarkerKinds", "getIndicatorRules"), _PUBLISHED),
    **dict.fromkeys(
        (
            "listCouples", "getCouple", "getCaseload", "listCareTeam", "getGrant", "getSafetyConcern",
            "getSafetyScreen", "getReview", "listSessionVersions", "listSeals", "getProcessNote",
            "listProcessNoteGrants", "getProcessNoteGrant", "listProcessNoteAccesses", "listBreakGlassOfCouple",
            "listRecipients", "getRecipient", "listAuthorisations", "getAuthorisation", "listHolds", "getHold",
            "listAccessRequests", "getAccessRequest", "listAmendmentRequests", "getAmendmentRequest",
            "listDisclosures", "getDisclosure", "splitForAccess", "explainProgress",
            "listJointSummaries", "getJointSummary", "getConfidence",
        ),
        _TEAM,
    ),
}  # fmt: skip
"""A new GET takes an audience, and is compared from then on; or it says here, in one line, why not."""

PLAIN: Final[Mapping[str, str]] = {}
# What a question may be varied by, where the operation takes it.
VARIANTS: Final[tuple[Mapping[str, str], ...]] = (
    {"history": "true"},
    {"limit": "2"},
    {"known_at": "2025-09-01"},
    {"as_of": "2025-10-01"},
    {"include": "entries"},
    {"state": "signed"},
    {"family": "accountability"},
)


@dataclass(frozen=True)
class Output:
    """One GET that takes an audience."""

    name: str
    path: str
    query: frozenset[str]

    @property
    def parameter(self) -> str:
        """The name of the id in its path."""
        return str(re.findall(r"{(\w+)}", self.path)[-1])


def outputs(document: Json) -> list[Output]:
    """Every GET of a document that takes an audience, or is about one partner and made for this partner."""
    return [
        Output(told["operationId"], path, frozenset(_queries(told)))
        for path, told in _gets(document)
        if "audience" in _queries(told) or ("{partner_id}" in path and told["operationId"] not in REASONS)
    ]


def unexplained(document: Json) -> list[str]:
    """Each GET that is neither compared nor listed with a reason, and each reason that has lost its GET."""
    names = {told["operationId"] for _, told in _gets(document)}
    compared = {each.name for each in outputs(document)}
    missing = [
        f"{name}: neither takes an audience nor says why not"
        for name in sorted(names - compared - set(REASONS))
    ]
    stale = [
        f"{name}: has a reason and is not left out"
        for name in sorted(set(REASONS) & compared | set(REASONS) - names)
    ]
    return missing + stale


def _gets(document: Json) -> Iterator[tuple[str, Json]]:
    return ((path, item["get"]) for path, item in document["paths"].items() if "get" in item)


def _queries(told: Json) -> list[str]:
    return [each["name"] for each in told.get("parameters", ()) if each["in"] == "query"]


def addresses(
    found: list[Output], ids: Mapping[str, list[str]], audiences: tuple[str, ...], random: Random
) -> list[str]:
    """What to ask: each output about what stands there, plainly and varied in two ways, by each audience."""
    return [
        f"{path}?{_query(audience, variant)}"
        for output in found
        for path in _paths(output, ids, random)
        for variant in _variants(output, random)
        for audience in (audiences if "audience" in output.query else (None,))
    ]


def _query(audience: str | None, variant: Mapping[str, str]) -> str:
    asked = variant if audience is None else {"audience": audience, **variant}
    return "&".join(f"{name}={value}" for name, value in asked.items())


def _paths(output: Output, ids: Mapping[str, list[str]], random: Random) -> list[str]:
    standing = ids.get(output.parameter, [])
    some = random.sample(standing, min(MOST_IDS, len(standing)))
    couple = ids.get("couple_id", [NOBODY])[0]
    return [output.path.format_map({"couple_id": couple, output.parameter: row_id}) for row_id in some]


def _variants(output: Output, random: Random) -> list[Mapping[str, str]]:
    if output.path.rsplit("/", 1)[-1] in SUMMARIES:
        return [PLAIN]
    fits = [each for each in VARIANTS if set(each) <= output.query]
    return [PLAIN, *random.sample(fits, min(2, len(fits)))]


def told(ask: Ask, address: str) -> list[Answer]:
    """What is answered, page by page to the last one, apart from what differs with every request."""
    pages = []
    while True:
        status, headers, body = ask(address)
        kept = tuple(sorted((k, v) for k, v in headers.items() if k not in VOLATILE_HEADERS))
        pages.append((status, kept, _bare(body) if status >= 400 else body))
        further = re.match(r'<([^>]+)>; rel="next"', headers.get("link", ""))
        if further is None:
            return pages
        address = further.group(1)


def _bare(body: bytes) -> bytes:
    content = {k: v for k, v in json.loads(body).items() if k not in VOLATILE_MEMBERS}
    return json.dumps(content, sort_keys=True).encode()
