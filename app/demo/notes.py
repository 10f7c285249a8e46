"""Session notes of the sample practice: varied sentences made from what a story holds for those weeks; records come in.

Behaviour on dates, both partners' own words apart, no third person, no verdict. The same story makes the same notes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

FORMATS: Final = ("soap", "dap", "birp", "narrative")

SEEN: Final[dict[str, tuple[str, ...]]] = {
    "ACC-FULL": (
        "{i} said in one sentence what was done and that it was a choice.",
        "{i} told the course of events again and left nothing to circumstances.",
        "{i} began with the act, before {a} had asked.",
    ),
    "ACC-IMPACT": (
        "{i} described what the evenings have been like for {a}, and {a} nodded.",
        "{i} named the sleepless nights and the reason for them.",
        "{i} spoke of what {a} no longer takes for granted.",
    ),
    "ACC-REPEAT": (
        "The same question came a fifth time; {i} answered it calmly.",
        "{a} asked again about the weeks in question, and {i} went through them once more.",
    ),
    "ACC-PARTIAL": (
        "{i} owned one part, and a second one only when {a} put it into words.",
        "{i} spoke of the first occasion; the second came when {a} asked for it.",
    ),
    "ACC-MIN": ("{i} called it smaller than {a} had described it.",),
    "ACC-DEFL": (
        "{i} gave the long working days of {a} as the reason.",
        "{i} said that it would not have come to this with more warmth at home.",
    ),
    "ACC-BLAME": (
        "{i} set it off against something {a} had done earlier.",
        "{i} said that both had hurt the other and that this made it even.",
    ),
    "TRN-PRO": (
        "{i} told {a} on the same evening about a call, unasked.",
        "{i} laid the month's papers out before {a} had asked for them.",
        "{i} mentioned a change of plans at noon, hours before it mattered.",
    ),
    "TRN-ROUTINE": (
        "The agreed hour on Sunday took place without a reminder.",
        "The openness both agreed on was kept each week.",
    ),
    "TRN-ANSWER": ("Asked where the afternoon had gone, {i} answered fully and at once.",),
    "TRN-COMPLY": (
        "{i} handed over what {a} asked for and added nothing.",
        "Asked for the statement, {i} brought it the next day without a word.",
    ),
    "TRN-WITHHELD": ("{i} kept back what both had agreed to share; {a} noticed on Tuesday.",),
    "TRN-CONCEAL": ("{a} found messages that {i} had not told of.",),
}
CHECKED: Final = {
    "kept": ("What was agreed was kept: {action}.", "{a} confirms it unasked: {action}."),
    "partly_kept": ("Kept in part: {action}. Both say which part was not.",),
    "missed_owned": ("Missed once: {action}. {i} said so before being asked.",),
}


@dataclass(frozen=True)
class Topic:
    """What an hour was about: seen, done, answered, agreed for the next time."""

    seen: str
    done: str
    answered: str
    next: str


STABILISING: Final = (
    Topic(
        "Voices rose twice; both used the agreed word and came back within ten minutes.",
        "Mapped the evening of the last quarrel step by step, each partner's part apart.",
        "Both could say at which point the evening turned.",
        "One conversation on the subject a day, at a set time, at most half an hour.",
    ),
    Topic(
        "{a} sat turned to the door for the first half hour, later towards {i}.",
        "Slowed down to one question at a time; {i} repeated each before answering.",
        "{a} noticed being able to hear the end of the sentence.",
        "Write down questions as they come and bring them here.",
    ),
    Topic(
        "Both slept badly; {i} looks at {a} before speaking.",
        "Agreed on who sleeps where for the next weeks, and on how the children are told.",
        "Relief that the evenings have an order.",
        "Keep the arrangement until the next session; no decisions about the future before then.",
    ),
    Topic(
        "{a} wept while speaking of the day it came out; {i} stayed seated and silent.",
        "Practised what {i} can do in such a minute: stay, look, say one sentence.",
        "{i} said one sentence and stayed; {a} breathed more slowly.",
        "Practise the sentence once a week on a small thing.",
    ),
)
UNDERSTANDING: Final = (
    Topic(
        "{a} spoke for twenty minutes about the first weeks and was not interrupted.",
        "Asked {a} what it meant, beyond what happened; {i} listened with the hands open.",
        "{a} named the loss: not being the first to know.",
        "{i} writes down in own words what was heard, and reads it out next time.",
    ),
    Topic(
        "{i} read out a page; the voice broke once.",
        "Kept to what the page said about {a}; the reasons were left for a later hour.",
        "{a} corrected one sentence and agreed with the rest.",
        "{a} names one thing that would count as evidence.",
    ),
    Topic(
        "A date on the calendar had brought it back on the weekend.",
        "Went through the hours of that day and what helped within them.",
        "Both found that an announced absence was easier than a surprise.",
        "Mark the next hard date together and plan the day.",
    ),
    Topic(
        "{a} asked about the beginning; {i} answered without looking for words of excuse.",
        "Put background and ownership on two sheets, so that neither swallows the other.",
        "{a} kept the sheet with the ownership.",
        "Bring the sheets again in a month.",
    ),
)
REPAIRING: Final = (
    Topic(
        "Both laughed once about the dog; it was quiet afterwards, without strain.",
        "Looked at what {i} did on the hard evening, minute by minute.",
        "{a} said that the hand on the shoulder had come at the right moment.",
        "Repeat it on the next hard evening without waiting to be asked.",
    ),
    Topic(
        "{a} told of noticing the third kept week in a row.",
        "Asked {a} to say to {i} what was noticed.",
        "{i} took it in without adding anything.",
        "One thing noticed is said aloud each week.",
    ),
    Topic(
        "A short setback on Thursday; both came down from it within the hour.",
        "Compared it with the first months, in minutes and in words.",
        "{i} called it a hard evening and not a proof of anything.",
        "Keep the list of what helps on the kitchen wall.",
    ),
    Topic(
        "They planned the summer and stopped twice to ask the other.",
        "Watched for who yields and who asks.",
        "{a} asked for what was missing last year, and {i} answered it.",
        "Book the week together, both names on the paper.",
    ),
)


@dataclass(frozen=True)
class Weeks:
    """What a story holds for the weeks before a session, for one direction."""

    affected: str
    involved: str
    episodes: int | None
    minutes: int
    peak: float
    change: str
    codes: Sequence[str] = ()
    checked: Sequence[tuple[str, str]] = ()
    trigger: str | None = None


def stage_of(month: int, months: int) -> Sequence[Topic]:
    """Topics for a time in the story; the first five months steady, then the meaning, then repair."""
    if month <= 4:
        return STABILISING
    return UNDERSTANDING if month <= max(8, months // 2) else REPAIRING


def note(weeks: Sequence[Weeks], topics: Sequence[Topic], number: int, turn: int) -> dict[str, Any]:
    """The note of one session, in the format whose turn it is."""
    lead, topic = (
        weeks[0],
        topics[(number + number // len(FORMATS)) % len(topics)],
    )  # each topic in each format
    told = [_filled(text, each) for each in weeks for text in _told(each, number)]
    alarm = " ".join(_alarm(each) for each in weeks)
    parts = [_filled(text, lead) for text in (topic.seen, topic.done, topic.answered, topic.next)]
    seen, done, answered, plan = parts
    course = " ".join(_filled(each.change, each) for each in weeks)
    match FORMATS[(number + turn) % len(FORMATS)]:
        case "soap":
            a, b = (alarm, " ".join(told)) if lead.affected == "A" else (" ".join(told), alarm)
            subjective = {"a": a or None, "b": b or None}
            sections: dict[str, Any] = {"subjective": subjective, "objective": f"{seen} {answered}"}
            return {"format": "soap", **sections, "assessment": course, "plan": f"{done} {plan}"}
        case "dap":
            data = " ".join((alarm, *told, seen))
            return {"format": "dap", "data": data, "assessment": f"{course} {answered}", "plan": plan}
        case "birp":
            behaviour = " ".join((seen, *told, alarm))
            return {
                "format": "birp",
                "behaviour": behaviour,
                "intervention": done,
                "response": answered,
                "plan": plan,
            }
        case _:
            text = " ".join((alarm, *told, seen, done, answered, course))
            return {"format": "narrative", "text": f"{text}\n\nUntil next time: {plan}"}


def _told(weeks: Weeks, number: int) -> list[str]:
    said = [SEEN[code][number % len(SEEN[code])] for code in dict.fromkeys(weeks.codes) if code in SEEN]
    for result, action in weeks.checked:
        words = CHECKED[result][number % len(CHECKED[result])]
        said.append(words.replace("{action}", f"{action[0].lower()}{action[1:]}"))
    return said


def _alarm(weeks: Weeks) -> str:
    if weeks.episodes is None:
        return f"{weeks.affected} kept no count in these weeks."
    if weeks.episodes == 0:
        return f"{weeks.affected} counts no episode of alarm in the last fortnight."
    times = "one episode" if weeks.episodes == 1 else f"{weeks.episodes} episodes"
    text = (
        f"{weeks.affected} counts {times} of alarm in the last fortnight, of some {weeks.minutes} minutes, "
    )
    text += f"at most {weeks.peak:g} of 10."
    if weeks.trigger == "anniversary":
        text += " The date itself had come round."
    return text


def _filled(text: str, weeks: Weeks) -> str:
    return text.replace("{a}", weeks.affected).replace("{i}", weeks.involved)
