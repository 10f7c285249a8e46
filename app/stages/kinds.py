"""The four stages, and what speaks for entering or leaving each; for clinicians, who alone move a stage."""

from dataclasses import dataclass
from typing import Final

EFT_PAGE: Final = "EFT practice page 'Rebuilding Trust After Betrayal: A Path to Healing and Connection'"
MENDLINE: Final = "Mendline's own choice, to be confirmed by the clinician in charge"


@dataclass(frozen=True, slots=True)
class StageEvidence:
    """One thing that speaks for entering or leaving a stage."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it is for and what the record should show around it."""

    code: str
    number: int
    label: str
    aim: str
    entry: tuple[StageEvidence, ...]
    exit: tuple[StageEvidence, ...]
    counterpart: str
    source: str = f"{EFT_PAGE}; entry and exit evidence: {MENDLINE}"


@dataclass(frozen=True, slots=True)
class InjuryStep:
    """One step in resolving an attachment injury; an optional checklist for each betrayal."""

    number: int
    words: str


STAGES: Final[tuple[Stage, ...]] = (
    Stage(
        "stabilisation",
        1,
        "Stabilisation",
        "Enough emotional safety, by space or by structure, to slow down and do no further damage.",
        entry=(
            StageEvidence("betrayal_recorded", "the betrayal is on record"),
            StageEvidence("both_screened", "both partners were screened for safety, each alone"),
        ),
        exit=(
            StageEvidence("screens_current", "both safety screens are done and current"),
            StageEvidence("structure_agreed", "an agreement on space or structure exists"),
            StageEvidence("cessation_claimed", "the betrayal is at least said to have ended"),
            StageEvidence("no_crisis", "no unmanaged crisis for 30 days"),
            StageEvidence("calmer_sessions", "at most half of the last four sessions escalated or shut down"),
        ),
        counterpart="Impact, in three-stage affair treatment (Snyder, Baucom & Gordon); de-escalation, in "
        "EFT; the beginning of atonement, in Gottman work.",
    ),
    Stage(
        "understanding_the_injury",
        2,
        "Understanding the injury",
        "What it meant to the affected partner, and what the other believed, feared or avoided.",
        entry=(StageEvidence("stabilisation_left", "the first stage was left"),),
        exit=(
            StageEvidence("AFF-EXPRESS", "the impact was said in full and received"),
            StageEvidence("ACC-FULL", "the act was owned without condition"),
            StageEvidence("ACC-IMPACT", "the harm was named in particulars"),
            StageEvidence("meaning_stated", "the affected partner has said what it meant"),
            StageEvidence("ACC-CONTEXT", "the background was told with ownership intact"),
            StageEvidence("AFF-MARK", "at least one thing that would count as evidence was named"),
        ),
        counterpart="Finding meaning, in three-stage affair treatment; the middle steps of the attachment "
        "injury resolution model (Makinen & Johnson 2006).",
    ),
    Stage(
        "repair_and_reconnection",
        3,
        "Repair and reconnection",
        "New trust out of honesty, vulnerability and care met again and again; never out of apology alone.",
        entry=(
            StageEvidence("understanding_left", "the second stage was left"),
            StageEvidence("cessation_stands", "nothing contradicts that the betrayal has ended"),
        ),
        exit=(
            StageEvidence(
                "prerequisites_hold", "ownership, openness and ending have all held for six months"
            ),
            StageEvidence("commitments_kept", "at least 80 % of commitments were kept over six months"),
            StageEvidence("threat_falling", "alarm comes less often, or is rare"),
            StageEvidence("MUT-BOND", "in at least two sessions a vulnerable reach was met"),
        ),
        counterpart="Re-engagement and comfort, in the attachment injury resolution model; attune, then attach, "
        "in Gottman work.",
    ),
    Stage(
        "growth_and_redefinition",
        4,
        "Growth and redefinition",
        "A conscious choice out of understanding, together or apart.",
        entry=(
            StageEvidence(
                "repair_left_or_parting", "the third stage was left, or a decision to part is recorded"
            ),
        ),
        exit=(
            StageEvidence("MUT-CHOICE", "each has stated a choice"),
            StageEvidence("follow_up_planned", "the time after the ending is planned"),
        ),
        counterpart="Moving on, together or apart, in three-stage affair treatment; discernment (Doherty, Harris "
        "& Wilde 2016).",
    ),
)
BY_CODE: Final[dict[str, Stage]] = {stage.code: stage for stage in STAGES}

# Paraphrase of the eight steps of the attachment injury resolution model; wording still to be checked.
INJURY_STEPS: Final[tuple[InjuryStep, ...]] = (
    InjuryStep(1, "The affected partner brings it up with force; the other plays it down."),
    InjuryStep(2, "The affected partner goes further into what it did and meant."),
    InjuryStep(3, "The involved partner begins to hear in the pain how much they matter."),
    InjuryStep(4, "The affected partner puts grief and fear clearly into words."),
    InjuryStep(5, "The involved partner takes responsibility and is moved by what they hear."),
    InjuryStep(6, "The affected partner asks for the comfort that was missing then."),
    InjuryStep(7, "The involved partner gives it."),
    InjuryStep(8, "Together they tell a new story of it and of their bond."),
)
