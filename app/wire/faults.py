"""What validation finds, in sentences that name what a field takes and repeat nothing; whoever refuses comes in."""

from collections.abc import Mapping
from typing import Any, Final

NO_FORM: Final = "The value is not of the form this field takes."
FORM: Final = "The API document has its schema."
LIST: Final = "The API document lists the values and what they mean."

_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "missing": ("This field is needed.", "Send this field."),
    "no_body": ("A body is needed.", "Send a JSON object."),
    "extra_forbidden": (
        "This field is not known here.",
        "Leave it out, or look its name up in the API document.",
    ),
    "unknown_parameter": (
        "This parameter is not known here.",
        "Leave it out, or look its name up in the API document.",
    ),
    "repeated_parameter": ("This parameter stands there more than once.", "Send it once."),
    "literal_error": ("It takes one of these: {expected}.", LIST),
    "enum": ("It takes one of these: {expected}.", LIST),
    "string_type": ("It takes text.", "Write it in quotation marks."),
    "string_too_short": (
        "It takes text of {min_length} or more characters.",
        "Leave it out when there is nothing to say.",
    ),
    "string_too_long": ("It takes text of at most {max_length} characters.", "Say it in fewer words."),
    "string_pattern_mismatch": (
        "The text is not of the form this field takes.",
        "See `pattern` in the API document.",
    ),
    "int_type": ("It takes a whole number.", "Write it in digits alone, without quotation marks or a point."),
    "int_parsing": ("It takes a whole number.", "Write it in digits."),
    "int_from_float": ("It takes a whole number.", "Leave the fraction out."),
    "float_type": ("It takes a number.", "Write it in digits, without quotation marks."),
    "bool_type": ("It takes `true` or `false`.", "Write it without quotation marks."),
    "bool_parsing": ("It takes `true` or `false`.", "Write it in small letters."),
    "less_than_equal": ("It takes {le} at most.", "Send a smaller number."),
    "less_than": ("It takes less than {lt}.", "Send a smaller number."),
    "greater_than_equal": ("It takes {ge} at least.", "Send a greater number."),
    "greater_than": ("It takes more than {gt}.", "Send a greater number."),
    "list_type": ("It takes a list.", "Write it in square brackets."),
    "too_short": ("It takes a list of {min_length} or more.", "Send one at least."),
    "too_long": ("It takes a list of at most {max_length}.", "Send the rest in a request of its own."),
    "dict_type": ("It takes a JSON object.", "Write it in curly brackets."),
    "model_type": ("It takes a JSON object.", "Write it in curly brackets."),
    "model_attributes_type": ("It takes a JSON object.", "Write it in curly brackets."),
    "union_tag_invalid": (NO_FORM, FORM),
    "uuid_parsing": (NO_FORM, FORM),
    "datetime_from_date_parsing": (NO_FORM, FORM),
    "date_from_datetime_parsing": (NO_FORM, FORM),
    "day": ("{said}", "Such as 2026-03-01."),
    "day_range": ("{said}", "Such as 2026-03-01."),
    "instant": ("{said}", "End it with `Z` for UTC, or with an offset such as +02:00."),
    "id": ("{said}", "Take it from the `id` of the thing that is meant."),
    "zone": ("{said}", "The IANA time zone database lists the names."),
    "note_format": ("{said}", 'Such as {"format": "narrative", "text": "…"}.'),
    "note_empty": ("{said}", "Write one, or leave `note` out."),
    "note_too_long": ("{said}", "Say it in fewer words."),
    "text": ("{said}", "Take the character out."),
    "audience": ("{said}", "A partner's id stands in the couple's `partners`."),
}


def sentences(kind: str, said: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong and how to mend it, for a kind of finding; `said` is the validator's own sentence."""
    detail, hint = _SENTENCES.get(kind, ("{said}", ""))
    known = {**context, "said": _sentence(said)}
    if "expected" in known:
        known["expected"] = str(known["expected"]).replace("'", "`")
    try:
        return detail.format_map(known), hint
    except KeyError:
        return _sentence(said), hint


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")
