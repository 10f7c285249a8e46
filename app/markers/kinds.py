"""Marker kinds: every behaviour a clinician can record, as data; for whoever records, shows or counts it."""

from dataclasses import dataclass
from typing import Final, Literal

Family = Literal["accountability", "transparency", "responsiveness", "affected", "mutual"]
# "0/+" and "0/-" lean by context: an honest answer; a belief that weighs only after months of evidence.
Polarity = Literal["+", "0", "-", "0/+", "0/-", "safety"]
About = Literal["betraying", "affected", "dyad", "either"]
EvidenceFamily = Literal["accountability", "transparency"]

EFT_PAGE: Final = "EFT practice page 'Rebuilding Trust After Betrayal: A Path to Healing and Connection'"
AWAN: Final = "Ali Ahmad Awan, 'How to Rebuild Trust in a Relationship After Betrayal', 2024"
CORLEY: Final = "Corley et al. 2013, doi 10.1080/10720162.2013.786659"
HERTLEIN: Final = "Hertlein et al. 2017, doi 10.1080/14681994.2017.1397952"
DISCERNMENT: Final = "Doherty, Harris & Wilde 2016, on discernment counselling"
MENDLINE: Final = "Mendline's own choice, to be confirmed by the clinician in charge"

NOT_EVIDENCE: Final = "not evidence; shown, never counted"
OPENS_CONCERN: Final = "opens a safety concern; suspends transparency"
STATED_WISH: Final = "not evidence; read as the partner's stated wish"


@dataclass(frozen=True, slots=True)
class MarkerKind:
    """One kind of behaviour, how to recognise it, and what the evidence makes of it."""

    code: str
    family: Family
    label: str
    polarity: Polarity
    about: About
    definition: str
    example: str
    counter_example: str
    source: str
    counts_as: str
    evidence_family: EvidenceFamily | None = None
    evidence_level: str | None = None
    stated_values: tuple[str, ...] = ()
    requires_earlier: str | None = None
    opens_safety_concern: bool = False
    task: str | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """How the clinician came to know of the behaviour."""

    code: str
    words: str


def _counted(
    code: str,
    family: EvidenceFamily,
    level: str,
    polarity: Polarity,
    label: str,
    definition: str,
    example: str,
    counter_example: str,
    source: str,
    *,
    about: About = "betraying",
    task: str | None = None,
) -> MarkerKind:
    """A marker that enters the evidence at the given level of its own family."""
    return MarkerKind(
        code, family, label, polarity, about, definition, example, counter_example, source,
        counts_as=f"{family}: {level}", evidence_family=family, evidence_level=level, task=task,
    )  # fmt: skip


def _shown(
    code: str,
    family: Family,
    about: About,
    polarity: Polarity,
    label: str,
    definition: str,
    example: str,
    counter_example: str,
    source: str,
    *,
    stated_values: tuple[str, ...] = (),
    requires_earlier: str | None = None,
    task: str | None = None,
) -> MarkerKind:
    """A marker the clinician sees and the calculation leaves alone."""
    return MarkerKind(
        code, family, label, polarity, about, definition, example, counter_example, source,
        counts_as=STATED_WISH if stated_values else NOT_EVIDENCE,
        stated_values=stated_values, requires_earlier=requires_earlier, task=task,
    )  # fmt: skip


ACCOUNTABILITY: Final[tuple[MarkerKind, ...]] = (
    _counted(
        "ACC-FULL", "accountability", "full_ownership", "+", "Owns the act",
        "Says plainly what was done and that it was a choice of their own, with nothing attached to it.",
        "'I kept the loans from you for two years. I decided to.'",
        "'I am sorry if that upset you.'",
        f"{AWAN}; {EFT_PAGE}",
    ),
    _counted(
        "ACC-IMPACT", "accountability", "acknowledged_harm", "+", "Names the harm",
        "Describes in particulars what the act did to the other.",
        "Tells how the partner now goes through the bills at night, and knows the reason.",
        "'I know it was bad.'",
        AWAN,
    ),
    _counted(
        "ACC-REPEAT", "accountability", "full_ownership", "+", "Acknowledges again when asked",
        "Gives the acknowledgement once more, without irritation, when it is needed once more.",
        "Answers the same question calmly for the fifth time.",
        "'We have been over this.'",
        AWAN,
    ),
    _shown(
        "ACC-CONTEXT", "accountability", "betraying", "0", "Explains the background, ownership intact",
        "Tells what they felt, feared or lacked, the act staying theirs; only once it has been owned.",
        "'I was ashamed of my salary and should have told you. Hiding it was still my doing.'",
        "The shame is offered as the reason why both are at fault: that is ACC-DEFL.",
        EFT_PAGE,
        requires_earlier="ACC-FULL",
    ),
    _counted(
        "ACC-PARTIAL", "accountability", "minimised", "0", "Owns a part, the rest on proof",
        "Owns some of what matters and other parts only when confronted with them.",
        "Admits to one credit card, then to a second when the statement is shown.",
        "Forgets a detail that changes nothing.",
        AWAN,
    ),
    _shown(
        "ACC-APOL", "accountability", "betraying", "0", "Apology or promise",
        "An apology or a promise with no new behaviour in it.",
        "'I swear that is over now.'",
        "An apology followed by an undertaking that is kept: record the commitment.",
        f"{AWAN}; {EFT_PAGE}",
    ),
    _counted(
        "ACC-MIN", "accountability", "minimised", "-", "Makes it small",
        "Makes the act, or the pain it caused, smaller than it is.",
        "'It was only a few messages', 'you are overreacting'.",
        "Politely puts a factual error right.",
        f"{AWAN}; {EFT_PAGE}",
    ),
    _counted(
        "ACC-DEFL", "accountability", "deflected", "-", "Moves the cause elsewhere",
        "Gives the affected partner, or circumstances, as the cause of the act.",
        "'If you had been home more, I would never have started.'",
        "Background told with ownership intact: that is ACC-CONTEXT.",
        AWAN,
    ),
    _counted(
        "ACC-BLAME", "accountability", "blame_shifted", "-", "Shares out the blame",
        "Claims that both are guilty of the betrayal itself, or sets it off against a fault of the other.",
        "'You have your faults and I have mine, so we are even.'",
        "Speaks of problems both have in the relationship without handing over the betrayal.",
        AWAN,
    ),
    _counted(
        "ACC-DENY", "accountability", "blame_shifted", "-", "Denies what is established",
        "Denies facts already established, or makes the other doubt what they saw.",
        "'You imagined that', with the document on the table.",
        "Denies something nobody has established.",
        EFT_PAGE,
    ),
)  # fmt: skip

TRANSPARENCY: Final[tuple[MarkerKind, ...]] = (
    _counted(
        "TRN-PRO", "transparency", "proactive", "+", "Tells before being asked",
        "Gives information or access before anyone asked for it.",
        "Mentions on the same evening that an old creditor rang.",
        "Tells when it has already been found out.",
        AWAN,
    ),
    _counted(
        "TRN-ROUTINE", "transparency", "proactive", "+", "Keeps an agreed openness",
        "Keeps a standing openness both agreed on, without being reminded.",
        "The shared budget hour takes place each Sunday.",
        "It takes place only after a reminder: that is TRN-COMPLY.",
        AWAN,
    ),
    _counted(
        "TRN-VOLDISC", "transparency", "proactive", "+", "Volunteers a slip or a new fact",
        "Tells of a slip or of something not known before, within the time agreed.",
        "Reports a lapse within a day.",
        "The lapse was found by the other: that is TRN-CONCEAL.",
        f"{EFT_PAGE}; {CORLEY}",
        task="Enter separately whether the behaviour has ended.",
    ),
    _counted(
        "TRN-ANSWER", "transparency", "responsive", "0/+", "Answers openly when asked",
        "Answers a fair question fully and without delay, though it took the question.",
        "Asked where the bonus went, names the account and the amount.",
        "Answers with a counter-question, or only what can be proved: TRN-WITHHELD or ACC-PARTIAL.",
        MENDLINE,
    ),
    _counted(
        "TRN-COMPLY", "transparency", "passive_compliance", "0", "Hands over on demand",
        "Hands over what is demanded and volunteers nothing.",
        "Gives the telephone when told to.",
        "Offers the statement before the agreed day: that is TRN-PRO.",
        AWAN,
    ),
    _counted(
        "TRN-SURV", "transparency", "surveillance_dependent", "-", "Calm rests on checking",
        "For now, feeling safe depends on checking a telephone, a location or accounts; nobody's fault.",
        "Looks up the location every hour and is at ease only then.",
        "A single look in acute distress.",
        f"{AWAN}; {HERTLEIN}",
        about="dyad",
        task="Talk over, with each alone, whether the checking helps or holds the alarm in place.",
    ),
    _counted(
        "TRN-WITHHELD", "transparency", "withheld", "-", "Holds back what was agreed",
        "Refuses or evades information both had agreed to share.",
        "Changes the passcode that was agreed to be known and says nothing.",
        "A private matter nobody agreed to share.",
        AWAN,
    ),
    _counted(
        "TRN-CONCEAL", "transparency", "concealment_discovered", "-", "Concealment found",
        "Something hidden came to light without being told.",
        "A second account is found.",
        "A fact told freely (TRN-VOLDISC), or one nobody agreed to share.",
        AWAN,
        task="Look again at whether the behaviour has ended, and at the clock.",
    ),
    MarkerKind(
        "TRN-COERCED", "transparency", "Access got by fear", "safety", "either",
        "Access or information is obtained by threat, force or fear; either partner may be the one coerced.",
        "'Show me where you are at all times or I take the children.'",
        "Access freely offered that can as freely be taken back.",
        MENDLINE,
        counts_as=OPENS_CONCERN, opens_safety_concern=True,
        task="See each partner alone and assess safety.",
    ),
)  # fmt: skip

RESPONSIVENESS: Final[tuple[MarkerKind, ...]] = (
    _shown(
        "RES-REMORSE", "responsiveness", "betraying", "+", "Remorse for the other's pain",
        "Feels for the pain of the other in a way that can be seen and is about something particular.",
        "The voice breaks while describing the partner's sleepless night.",
        "Distress about their own good name.",
        EFT_PAGE,
    ),
    _shown(
        "RES-PRESENT", "responsiveness", "betraying", "+", "Stays with the pain",
        "Remains within reach while the other is hurting.",
        "Turns towards the partner and asks what it is like at this moment.",
        "Repairs, explains, lectures.",
        EFT_PAGE,
    ),
    _shown(
        "RES-ACTION", "responsiveness", "betraying", "+", "Care in repeated acts",
        "Shows care again and again by acts that mean something to the other.",
        "Comes home first on the hard date without being asked.",
        "One grand gesture.",
        EFT_PAGE,
    ),
    _shown(
        "RES-PATIENT", "responsiveness", "betraying", "+", "Takes a setback as normal",
        "Accepts that a bad stretch belongs to recovery.",
        "'A hard week. I am here.'",
        "Bears it in silence, with visible resentment.",
        AWAN,
    ),
    _shown(
        "RES-WEAPON", "responsiveness", "betraying", "-", "Uses a setback as proof",
        "Holds a setback up as proof that the work is useless.",
        "'A whole year and we are back here. What for?'",
        "Says that they are tired.",
        AWAN,
    ),
    _shown(
        "RES-RUSH", "responsiveness", "betraying", "-", "Presses to move on",
        "Presses for forgiveness, or for the matter to be closed.",
        "Sets a date by which it has to be over.",
        "Asks how the other is doing.",
        f"{EFT_PAGE}; {AWAN}",
    ),
    _shown(
        "RES-DEFEND", "responsiveness", "betraying", "-", "Answers pain with defence",
        "Replies defensively when the other says what it did to them.",
        "Brings a complaint of their own in the same breath.",
        "Asks a question in order to understand.",
        AWAN,
    ),
    _shown(
        "RES-SHUT", "responsiveness", "betraying", "-", "Collapses or withdraws",
        "Sinks into shame or pulls away, so that the other's words cannot arrive.",
        "Says nothing for the rest of the session.",
        "Asks for five minutes and returns: that is MUT-SLOW.",
        AWAN,
    ),
)  # fmt: skip

AFFECTED: Final[tuple[MarkerKind, ...]] = (
    _shown(
        "AFF-EXPRESS", "affected", "affected", "+", "Impact said and received",
        "Says in full what it did to them, and is heard without being hurried or made small.",
        "Speaks for twenty minutes about the day of discovery and is not interrupted.",
        "Said but cut short: record ACC-MIN or RES-RUSH for the other.",
        EFT_PAGE,
    ),
    _shown(
        "AFF-VOICE", "affected", "affected", "+", "Anger that does not destroy",
        "Finds words for anger that leave both standing.",
        "'I am furious, and I want you to hear the reason.'",
        "Contempt or threats.",
        EFT_PAGE,
    ),
    _shown(
        "AFF-DESTRUCT", "affected", "affected", "-", "Contempt, humiliation, threat",
        "Anger that humiliates, despises or threatens.",
        "Insults the other before the children, or threatens to expose them.",
        "Strong weeping, or anger as such.",
        EFT_PAGE,
        task="Look at the safety of both, each alone.",
    ),
    _shown(
        "AFF-OPEN", "affected", "affected", "+", "Lets evidence count",
        "Lets something newly seen change the expectation, however little.",
        "'You said six and it was six, three weeks running. I noticed.'",
        "Acts as if all were well.",
        AWAN,
    ),
    _shown(
        "AFF-FIXED", "affected", "affected", "0/-", "Expects betrayal whatever happens",
        "Says it will happen again no matter what; after long evidence a reason to support, never to blame.",
        "'Whatever you do, it will happen again. Nothing could show me otherwise.'",
        "Doubt just after something hidden was found.",
        AWAN,
    ),
    _shown(
        "AFF-MARK", "affected", "affected", "+", "Names what would count",
        "Names something that can be seen and would count as evidence.",
        "'The bank statement on the table on the 1st, without my asking.'",
        "'I need to feel safe': that is AFF-VAGUE.",
        AWAN,
    ),
    _shown(
        "AFF-VAGUE", "affected", "affected", "0", "Only a general feeling",
        "Speaks of trust or distrust as a feeling and ties it to nothing in particular.",
        "'I simply do not feel it.'",
        "A feeling tied to a named act: that is AFF-MARK.",
        AWAN,
    ),
    _shown(
        "AFF-NOTICE", "affected", "affected", "+", "Notices what was kept",
        "Acknowledges, unprompted, that a commitment was kept.",
        "'You told me about the call before I asked.'",
        "Praise on request.",
        AWAN,
    ),
    _shown(
        "AFF-COPE", "affected", "affected", "+", "Comes down with support",
        "Uses their own means or other people to come down from an episode.",
        "Rings a friend, takes the agreed pause and is back within the hour.",
        "Hides the episode from everyone.",
        AWAN,
    ),
)  # fmt: skip

MUTUAL: Final[tuple[MarkerKind, ...]] = (
    _shown(
        "MUT-NEEDS", "mutual", "dyad", "+", "Needs said and heard",
        "Both can name a deeper unmet need and tell the other in a way that can be answered.",
        "'When you work late I think I do not matter', heard and answered.",
        "A list of complaints, or a need brought as excuse for the betrayal (ACC-DEFL).",
        EFT_PAGE,
    ),
    _shown(
        "MUT-SLOW", "mutual", "dyad", "+", "Slows down and comes back",
        "Heat is slowed with words agreed beforehand; a pause is kept and ended.",
        "One says the agreed word; they go on after ten minutes.",
        "Walks out and returns the next day: that is MUT-SHUTDOWN.",
        EFT_PAGE,
    ),
    _shown(
        "MUT-ESCALATE", "mutual", "dyad", "-", "Escalates beyond use",
        "The conflict rises until nothing can be done with it.",
        "Both shout over each other and the session is stopped.",
        "Loud grief that is heard.",
        AWAN,
    ),
    _shown(
        "MUT-SHUTDOWN", "mutual", "dyad", "-", "Shuts down",
        "One or both close down and do not return in the session.",
        "Twenty minutes of silence, ended early.",
        "Quiet thought.",
        AWAN,
    ),
    _shown(
        "MUT-BOND", "mutual", "dyad", "+", "Reaches and is met",
        "A vulnerable reach is met with comfort, and both confirm it.",
        "Asks to be held on the hard date, and is.",
        "Politeness.",
        EFT_PAGE,
    ),
    _shown(
        "MUT-CLOSER", "mutual", "dyad", "+", "Closer than before",
        "Both report being closer than before the betrayal.",
        "Each says so, asked apart.",
        "Relief in the first weeks after the facts were told.",
        EFT_PAGE,
    ),
    _shown(
        "MUT-BRICK", "mutual", "dyad", "+", "A named act of trust",
        "They name an act as one that builds trust, and do it.",
        "'This is one of our trust acts.'",
        "A present after a quarrel.",
        EFT_PAGE,
    ),
    # A choice and a lean belong to one person each, though the two are read side by side: hence "either".
    _shown(
        "MUT-CHOICE", "mutual", "either", "0", "States a conscious choice",
        "States a choice about the relationship that comes from understanding.",
        "Each says it calmly and apart from the other.",
        "A threat in the middle of a fight.",
        EFT_PAGE,
        stated_values=("stay", "part", "undecided"),
    ),
    _shown(
        "MUT-LEAN", "mutual", "either", "0", "States which way they lean",
        "Says, asked alone, whether they lean into the relationship or out of it.",
        "Asked alone, says 'rather out at present'.",
        "The other partner's guess.",
        DISCERNMENT,
        stated_values=("in", "out", "unsure"),
    ),
)  # fmt: skip

KINDS: Final[tuple[MarkerKind, ...]] = (*ACCOUNTABILITY, *TRANSPARENCY, *RESPONSIVENESS, *AFFECTED, *MUTUAL)
BY_CODE: Final[dict[str, MarkerKind]] = {kind.code: kind for kind in KINDS}

BASES: Final[tuple[Basis, ...]] = (
    Basis("observed_in_session", "seen or heard by the clinician in the session"),
    Basis("reported_by_affected", "reported by the affected partner"),
    Basis("reported_by_betraying", "reported by the involved partner"),
    Basis("reported_by_both", "reported by both partners"),
    Basis("third_party_with_release", "told by someone else, with a release on file"),
    Basis("document_seen", "seen in a document"),
)
BASES_BY_CODE: Final[dict[str, Basis]] = {basis.code: basis for basis in BASES}
