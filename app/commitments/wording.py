"""Wording: what the English words of a commitment give away, and no more than that; for the concreteness checks.

Patterns see words, never intentions: they prompt the clinician, and text in another language passes them unseen.
"""

import re
import unicodedata
from typing import Final

_TOKEN: Final = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_NUMBER: Final = re.compile(r"\d+(?:st|nd|rd|th|am|pm|h|min)?")
_QUOTED: Final = re.compile(r"(?<!\w)(['\"]).{1,300}?\1(?!\w)")
# Curly single quotes, the modifier apostrophe, curly double quotes, guillemets.
_QUOTES: Final = str.maketrans("\u2018\u2019\u02bc\u201c\u201d\u00ab\u00bb", "'''" + '"' * 4)


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


# Words that carry no action: left over alone, they leave nothing a third person could see or hear.
_FILLER: Final = _words(
    "a an the this that these those it its of to for from with without by at in on into about as and or but so if than",
    "i me my we us our you your he him his she her they them their one ones who which what b myself himself herself",
    "themselves yourself ourselves other others each both all any every everything everyone anything nothing",
    "will would shall should must may might can could do does did done doing have has had having get gets getting go",
    "goes going make makes making made take takes give gives giving show shows showing keep keeps keeping act acts",
    "start starts stop stops stopping begin begins continue continues stay stays remain remains want wants",
    "need needs let lets let's",
    "not never no nor don't doesn't won't can't ever again always often regularly sometimes usually frequently only",
    "just really truly fully completely totally absolutely very much more most less better best well good bad harder",
    "hard enough too also even still now then once soon later today tomorrow tonight forever ever-after on-going",
    "day days night nights week weeks weekend weekends month months year years hour hours minute minutes time times",
    "daily weekly monthly nightly yearly morning mornings evening evenings spring summer autumn fall winter end",
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july august september",
    "october november december one two three four five six seven eight nine ten eleven twelve first second third",
    "partner partner's person man woman husband wife spouse human being relationship marriage family way ways thing",
    "things possible towards toward between together am is are was were been isn't aren't",
)
_VAGUE: Final = _words(
    "be being become becomes becoming try tries tried trying feel feels feeling feelings felt understand understands",
    "understanding understood respect respects respecting respectful trust trusts trusting trusted trustworthy love",
    "loves loving care cares caring honest honesty honestly open openness openly transparent transparency truthful",
    "truth truthfully sincere sincerity faithful loyal loyalty devoted committed commitment supportive support",
    "supports",
    "kind kinder kindness nice nicer gentle gentler patient patience affectionate affection attentive attention",
    "considerate thoughtful understanding mindful aware responsible responsibility reliable dependable available",
    "different new changed change changes changing improve improves improving improvement grow growth grown",
    "mature effort efforts rebuild rebuilds rebuilding repair repairs build builds communicate",
    "communicates communicating communication lie lies lying lied cheat cheats cheating",
    "betray betrays betraying secret secrets secretive hide hides hiding hidden hurt hurts hurting happen happens",
    "swear swears promise promises promised vow vows pledge pledges guarantee guarantees hope hopes wish believe",
    "believes think thinks know knows mean means value values appreciate appreciates sorry regret regrets accountable",
    "accountability vulnerable vulnerability safe safer safety secure security happy happier calm calmer emotional",
    "emotionally intimate intimacy close closer connected connection behave behaves behaviour behavior attitude leaf",
    "page heart deeply seriously serious",
)
_EMPTY_PHRASES: Final = _any(
    r"\bturn(?:s|ing)? over a new leaf\b",
    r"\bpay(?:s|ing)? (?:\w+ )?attention\b",
    r"\bdo(?:es|ing)? (?:\w+ ){0,2}best\b",
    r"\bgiv(?:e|es|ing) (?:\w+ )?word\b",
    r"\bcross (?:\w+ )?heart\b",
    r"\bwork(?:s|ing)? (?:on|at|harder|better|more)\b",
    r"\blisten(?:s|ing)? (?:harder|better|more)\b",
    r"\bmak(?:e|es|ing) (?:it )?up (?:for|to)\b",
    r"\b(?:is|are|be) over\b",
    r"\bin love\b|\bat peace\b",
    r"\b(?:be|being|is) there for\b",
)
_PROMISE: Final = _any(
    r"\b(?:swears?|promis(?:e|es|ed)|vows?|pledges?|guarantees?)\b",
    r"\bgiv(?:e|es) (?:my|his|her|their) word\b",
    r"\bnever\b[^.;]{0,80}\bagain\b",
    r"\bover now\b",
    r"\ba (?:\w+ )?(?:new|different|better|changed) (?:person|man|woman|partner|husband|wife|spouse)\b",
    r"\bwill change\b",
    r"\bturn(?:s|ing)? over a new leaf\b",
)

_FORGIVENESS: Final = _any(
    r"\b(?:un)?forg(?:iv(?:e|es|ing|en|eness)|ave)\b",
    r"\b(?:get|gets|getting) over (?:it|this|that|the (?:betrayal|past))\b",
    r"\b(?:let|lets|letting) (?:it|this|that|the past) go\b",
    r"\b(?:put|puts|putting) (?:it|this|that|the past|everything) behind\b",
)
# Ceasing to press for forgiveness is a fine commitment, and lenders forgive loans.
_NOT_FORGIVENESS: Final = _any(
    r"\b(?:stop|stops|stopping|not|never|no longer|without|refrains? from|doesn't|won't)\b"
    r" (?:[\w'-]+ ){0,3}(?:ask|press|demand|request|expect|push|beg|plead)\w* (?:[\w'-]+ ){0,4}forgiv\w+",
    r"\b(?:loan|debt|mortgage|rent|fee)s? (?:[\w'-]+ ){0,2}forgiv\w+",
    r"\bforgiv\w+ (?:of )?(?:the |a |any |his |her |their )?(?:loan|debt|mortgage|rent|fee)s?\b",
)

_UNOBSERVABLE: Final = re.compile(
    r"\b(?<!-)(?P<word>try|tries|tried|trying|feel|feels|feeling|feelings|understand|understands|understanding|"
    r"respect|respects|respecting|trust|trusts|trusting|be|being|become|becomes|becoming)\b(?!-)"
)
_NEVER_AGAIN: Final = re.compile(r"\bnever\b[^.;]{0,80}\bagain\b")
_AS_NOUN: Final = re.compile(
    r"\btrust(?= (?:accounts?|funds?|deeds?|company|acts?|officers?|bank|building|law)\b)"
    r"|(?:\bwith|\bin) respect(?= to\b)|\b(?:human|well|time) being\b"
)
# What was said about a feeling can be heard; only the feeling itself cannot.
_TOLD: Final = re.compile(
    r"\b(?:say|tell|name|write|describe|ask|share|speak|talk|read)s?\b[^.;]{0,80}$|\bsaying\b[^.;]{0,80}$"
)
_BE: Final = frozenset({"be", "being"})
_PLACES: Final = _words(
    "home there here back at in on by up off out outside inside ready due reachable alone awake asleep first last",
    "around near along across abroad away seen heard put paid kept left sent read shown given told held brought met",
    "set",
    "said bought sold cut done made taken written",
)

_PERSONAL_DEVICE: Final = (
    r"(?:(?:smart|mobile |cell ?)?phones?(?! (?:bill|call|number|contract|statement|company|record)s?\b)"
    r"|mobiles?|handsets?|laptops?|tablets?|computers?|devices?|messages|inbox(?:es)?|chats?|e-?mails|"
    r"whatsapp|(?:browser|browsing|search|call) history|social media)\b"
)
_GAP: Final = r"(?:[\w'-]+ )"
_WHOSE: Final = r"(?:the|his|her|their|my|your|our|all|any|both|[\w-]+'s?)"
_GRANT: Final = (
    r"(?:show|shows|showing|giv(?:e|es|ing)(?! up)|hand|hands|handing|let|lets|letting|allow|allows|allowing|grant|"
    r"grants|granting|share|shares|sharing|unlock|unlocks|unlocking)"
)
_ACCESS: Final = _any(
    rf"\b{_GRANT} {_GAP}{{0,5}}?{_WHOSE} {_GAP}{{0,2}}?{_PERSONAL_DEVICE}",
    rf"\bopens? {_GAP}{{0,4}}?{_PERSONAL_DEVICE} {_GAP}{{0,2}}?(?:to|for)\b",
    rf"\b{_PERSONAL_DEVICE} {_GAP}{{0,2}}?(?:unlocked|open)\b",
    rf"\b(?:may|can|gets? to) (?:look (?:at|through|into)|go through|check|read|see|search|use) {_GAP}{{0,3}}?"
    rf"{_PERSONAL_DEVICE}",
    rf"\bturns? (?:over )?{_GAP}{{0,3}}?{_PERSONAL_DEVICE} (?:over )?to\b",
    r"\baccounts? (?:is|are|stays?|remains?) (?:visible|open) (?:to|for)\b",
    r"\bunlocked (?:phone|mobile|laptop|tablet|computer|device)s?\b",
    rf"\b{_PERSONAL_DEVICE} (?:is|are|can be|may be|will be|gets?) {_GAP}{{0,2}}?"
    r"(?:checked|read|searched|inspected|seen|monitored|shown|handed|looked (?:at|through))\b",
    r"\b(?:phone|device|message|e-?mail|location|account|laptop) (?:checks?|access|sharing|tracking|monitoring|"
    r"inspections?)\b",
    rf"\baccess(?:es)? (?:to )?{_GAP}{{0,4}}?(?:{_PERSONAL_DEVICE}|accounts?\b|banking\b|location\b|profiles?\b)",
    r"\b(?:read-only|full|joint|shared|free|open|unlimited) access\b",
    r"\b(?:passwords?|passcodes?|pin codes?|pin (?:number|for|to)|log-?ins?|credentials|face id|fingerprints?|"
    r"unlock codes?)\b",
    r"\b(?:spyware|tracking apps?|trackers?|gps|air ?tags?|find my|life360)\b",
    r"\b(?:shar(?:e|es|ing)|show(?:s|ing)?|turn(?:s|ing)? on|switch(?:es|ing)? on|send(?:s|ing)?|track(?:s|ing)?|"
    r"see(?:s|ing)?|giv(?:e|es|ing)|check(?:s|ing)?|live|real-time) (?:(?!(?:at|in|to|from|near)\b)[\w'-]+ ){0,3}?"
    r"(?:location|whereabouts)\b(?! of (?:the|a|each)\b)",
    r"\blocation (?:(?:services|visible|is (?:on|shared|visible))\b|on(?=$|[.,;]))",
    rf"\b(?:let|lets|letting|allow|allows|giv(?:e|es|ing)|grants?|shares?|sharing|adds?|hands?) {_GAP}{{0,5}}?"
    r"(?:accounts?(?! (?:statement|balance|number|of|for)s?\b)|(?:online )?banking|profiles?)\b",
)
_CHECKS: Final = re.compile(
    r"\b(?:check(?:s|ing)?|reads?|reading|inspect(?:s|ing)?|monitor(?:s|ing)?|track(?:s|ing)?|search(?:es|ing)?|"
    r"look(?:s|ing)? (?:at|through|into)|go(?:es|ing)? through|scroll(?:s|ing)? through) "
    rf"{_GAP}{{0,2}}?(?P<owner>[^\W\d_][\w-]*'s?|my|his|her|their|your) (?:(?!own\b)[\w'-]+ ){{0,2}}?"
    rf"(?P<thing>{_PERSONAL_DEVICE}|(?:bank )?accounts?\b|location\b)"
)
_BETWEEN: Final = _words(
    "will can may must shall should always also regularly only just gets get to is are allowed then nightly daily",
    "weekly never often and each every night day evening morning",
)
_NOT_A_PARTNER: Final = _words(
    "family today tomorrow yesterday school bank child children son daughter company office group it that there what",
    "let team doctor month week day kid kids employer firm work",
)
_ANSWERED: Final = re.compile(r"\b(?:answer|repl(?:y|ies)|respond)")
_CHECKED_EVIDENCE: Final = re.compile(
    r"\b(?:check(?:s|ed|ing)?|inspect\w*|monitor\w*|track(?:s|ed|ing|er)?|surveil\w*|spot-checks?|looks? through)\b"
)

_CONTROL: Final = _any(
    r"\bpermission\b(?! (?:slip|form)s?\b)",
    r"\b(?:not|never|isn't|aren't|only|no longer) (?:be )?allowed\b",
    r"\ballowed (?:out|to (?:leave|go|see|meet|work|speak|talk|visit))\b",
    r"\b(?:forbid|forbids|forbidden|forbade|prohibit\w*)\b",
    r"\b(?:obey|obeys|obeying|obedient|submit to)\b",
    r"\b(?:[\w-]+'s|his|her|their|my) approval\b|\bapproval (?:of|from|by)\b",
    r"\b(?:must|has to|have to|needs to) ask\b",
    r"\bask(?:s|ing)? (?:[\w'-]+ ){0,2}?before (?:going|leaving|seeing|meeting|buying|spending|working)\b",
    r"\bwithout asking\b",
    r"\b(?:stops?|stopped|never|not|no longer|cuts? off|gives? up|breaks? off) (?:[\w'-]+ ){0,2}?"
    r"(?:see|sees|seeing|meet|meets|meeting|visit|visits|visiting|contact|speak|speaks|speaking|talk|talks|talking|"
    r"calling) (?:[\w'-]+ ){0,4}?"
    r"(?:friends?|family|mother|father|sisters?|brothers?|parents|relatives)\b",
    r"\b(?:not|never) (?:leave|leaves|leaving) the house\b",
    r"\b(?:quits?|gives? up|leaves?) (?:his|her|their) job\b",
    r"\bhands? over (?:[\w'-]+ ){0,3}?(?:wages|salary|pay|pay ?cheque|income)\b",
)


def normalised(text: str) -> str:
    """Lower case, plain quotes, single spaces, no invisible characters."""
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()
    return " ".join("".join(char for char in plain if unicodedata.category(char) != "Cf").split())


def without_quotations(text: str) -> str:
    """The text with quoted speech replaced: words to be spoken can be heard, whatever they speak of."""
    return _QUOTED.sub("«words»", text)


def has_observable_action(text: str, names: frozenset[str]) -> bool:
    """Whether anything is left once the words that carry no action are taken away."""
    left = _EMPTY_PHRASES.sub(" ", _AS_NOUN.sub("«noun»", without_quotations(text)))
    if any(match["word"] in _BE and _is_visible(match, left) for match in _UNOBSERVABLE.finditer(left)):
        return True
    empty = _FILLER | _VAGUE | names
    tokens = (token.removesuffix("'s") for token in _TOKEN.findall(left))
    return any(token not in empty and not _NUMBER.fullmatch(token) for token in tokens)


def is_promise(text: str) -> bool:
    """Whether it speaks like a promise or an assurance."""
    return _PROMISE.search(text) is not None


def asks_forgiveness(text: str) -> bool:
    """Whether forgiving, or getting over it, is the thing undertaken."""
    return _FORGIVENESS.search(_NOT_FORGIVENESS.sub(" ", text)) is not None


def unobservable_words(text: str) -> tuple[str, ...]:
    """Verbs nobody could see being kept, in the order they stand."""
    plain = _AS_NOUN.sub("«noun»", without_quotations(text))
    found = [match["word"] for match in _UNOBSERVABLE.finditer(plain) if not _is_visible(match, plain)]
    if _NEVER_AGAIN.search(plain):
        found.append("never again")
    return tuple(dict.fromkeys(found))


def watches_the_other(text: str, other: str) -> bool:
    """Whether someone goes through what belongs to someone else."""
    return any(_is_anothers(match, text, other) for match in _CHECKS.finditer(text))


def grants_access(text: str) -> bool:
    """Whether a device, a location or an account is opened to someone."""
    return _ACCESS.search(text) is not None


def access_granted(text: str) -> frozenset[str]:
    """The words by which a device, a location or an account is opened, or looked into."""
    return frozenset(match.group() for form in (_ACCESS, _CHECKS) for match in form.finditer(text))


def controls_the_other(text: str) -> bool:
    """Whether it puts one person under the other's control."""
    return _CONTROL.search(text) is not None


def rests_on_checking(text: str) -> bool:
    """Whether the evidence is that someone checks up."""
    return _CHECKED_EVIDENCE.search(text) is not None


def _is_visible(match: re.Match[str], text: str) -> bool:
    """A verb on the list that can be seen here after all: being home by six, saying how one feels."""
    word = match["word"]
    if word in _BE:
        following = _TOKEN.match(text, match.end() + 1)
        return following is not None and _is_place_or_participle(following.group())
    if word.startswith(("feel", "understand")):
        return _TOLD.search(text, 0, match.start()) is not None
    return False


def _is_place_or_participle(word: str) -> bool:
    if word in _PLACES or word.isdecimal():
        return True
    return word.endswith("ed") and word not in _VAGUE


def _is_anothers(match: re.Match[str], text: str, other: str) -> bool:
    owner = match["owner"].removesuffix("s").removesuffix("'")
    if match["thing"].endswith(("messages", "mails")) and _ANSWERED.search(text, match.end()):
        return False
    subject = _subject(text[: match.start()])
    if match["owner"] in ("my", "your"):
        return subject != ("i" if match["owner"] == "my" else "you")
    if match["owner"] in ("his", "her", "their"):
        crossed = (subject, match["owner"]) in {("she", "his"), ("he", "her")}
        return crossed or (other != "" and subject == other)
    return owner not in _NOT_A_PARTNER and owner != subject


def _subject(before: str) -> str:
    """The word the checking verb most likely belongs to: the last one before it that is not in between."""
    clause = re.split(r"[.;:,]", before)[-1]
    tokens = [token for token in _TOKEN.findall(clause) if token not in _BETWEEN]
    return tokens[-1] if tokens else ""
