"""What the templates may say of an alert: words, dates and names for one reader. Called by rendering.py."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notify.domain.alert import BROKEN, Alert, ChannelName, Escalation, Purpose, reference
from services.notify.texts.languages import Language
from services.notify.texts.vocabulary import (
    CATEGORIES,
    CHANNELS,
    CLOCKS,
    FLAGS,
    REASONS,
    SEVERITIES,
    assigned,
    complaints,
    major,
    passed,
    taken,
    warned,
    warned_shortly,
)
from shared.contracts.escalation import FOLLOW_UP

LONGEST_FACT = 300  # more than intake lets through; a text message of several stays below the 1600 of the provider
UNKNOWN = "?"
# What stands where a fact is missing: the version that stored them may have known fewer than these templates.
NO_FACTS: Mapping[str, Any] = {
    **dict.fromkeys(("source", "category", "channel", "language", "received_at"), UNKNOWN),
    **dict.fromkeys(("external_id", "excerpt", "region", "product", "tier", "agent_name", "by_name"), ""),
    **dict.fromkeys(("service", "queue", "failed_type", "subject", "clock", "percent", "due_at"), UNKNOWN),
    **dict.fromkeys(("answer_by", "at", "what", "respond_by"), ""),
    **dict.fromkeys(("reason_words", "complaints", "news"), ""),
    "flags": (),
    "regions": (),
    "children": 0,
    "is_part": False,
    "dead": True,
}
TEXTS = frozenset({name for name, value in NO_FACTS.items() if isinstance(value, str)} | {"reason"})
# Of the customer: for channels that the policy lets quote the complaint.
CONFIDENTIAL = frozenset({"excerpt", "external_id", "product", "tier", "agent_name"})
# Looked up among words of ours, or read as a time, before they are shown.
CODES = frozenset({"category", "channel", "language", "clock", "severity", "received_at", "due_at", "answer_by", "at"})
_BREAKS = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_MARKUP = re.compile(r"[*_~`<>\[\]|#@\\!:]+")
_DOT_IN_ADDRESS = re.compile(r"(?<=\w)\.(?=[^\W\d_])")  # phones and chats make a link of evil.example, too


@dataclass(frozen=True)
class Reader:
    """Whom a letter is for, and what may be in it.

    may_quote: words and facts of the customer. may_reply: to the message itself.
    """

    language: Language
    timezone: str
    channel: ChannelName
    may_quote: bool = False
    may_reply: bool = False

    def when(self, instant: Any) -> str:
        """The time where they are; nothing where there is none, and UNKNOWN for what is no time."""
        if not instant:
            return ""
        try:
            at = instant if isinstance(instant, datetime) else datetime.fromisoformat(instant)
            return self.language.when(at, self.timezone)
        except (TypeError, ValueError, OverflowError):
            return UNKNOWN

    def clean(self, text: str) -> str:
        return one_line(text) if self.channel is ChannelName.EMAIL else unmarked(text)

    def free(self, text: str) -> str:
        """What somebody else wrote, cleaned and no longer than a letter can bear."""
        return self.clean(text[: 4 * LONGEST_FACT])[:LONGEST_FACT]

    def word(self, words: Mapping[str, str], value: Any) -> str:
        """The word for a value of ours, or the value of somebody else's making, readably."""
        known = words.get(value) if isinstance(value, str) else None
        return self.language.say(known) if known else self.free(str(value).replace("_", " "))

    def language_name(self, code: Any) -> str:
        return self.free(self.language.name_of(code)) if isinstance(code, str) else UNKNOWN


def one_line(text: str) -> str:
    """Without line breaks, control characters and those that turn the direction of writing."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _BREAKS.sub(" ", text).strip()


def unmarked(text: str) -> str:
    """One line without what a chat takes for its markup, for a mention or for an address."""
    return one_line(_DOT_IN_ADDRESS.sub(". ", _MARKUP.sub(" ", text)))


def facts_of(reader: Reader, alert: Alert, escalation: Escalation, link: str) -> dict[str, Any]:
    """What the templates of the escalation's purpose read."""
    known = _known(reader, escalation.facts)
    facts = known | {
        "purpose": escalation.purpose.value,
        "severity": escalation.severity.value,
        "severity_word": reader.word(SEVERITIES, escalation.severity.value),
        "level": escalation.level,
        "reference": reader.clean(reference(escalation.case_id)),
        "case_id": reader.clean(escalation.case_id),
        "link": link,
        "place": known["region"],
        "replies": reader.may_reply,
        "may_repeat": alert.doubts > 0,
        "template_language": reader.language.code,
    }
    if escalation.purpose is Purpose.DEAD_LETTER:
        severity = known.get("severity")
        return facts | {
            "reason": known.get("reason", reader.free(escalation.reason)),
            "failed_severity": reader.word(SEVERITIES, severity).lower() if severity else "",
            "at": reader.when(escalation.caused_at),
        }
    if escalation.purpose in _FACTS:
        return facts | _FACTS[escalation.purpose](reader, facts)
    return facts | _of_case(reader, escalation, facts)


def _known(reader: Reader, stored: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        name: _readable(reader, name, value)
        for name, value in stored.items()
        if value is not None and (reader.may_quote or name not in CONFIDENTIAL)
    }
    return {**NO_FACTS, **found}


def _readable(reader: Reader, name: str, value: Any) -> Any:
    """Text where there should be text, whatever it is: another version may have stored something else."""
    if not isinstance(value, str):
        if name not in TEXTS:
            return value
        value = str(value)
    return one_line(value[:LONGEST_FACT]) if name in CODES else reader.free(value)


def _of_case(reader: Reader, escalation: Escalation, facts: Mapping[str, Any]) -> dict[str, Any]:
    language, children = reader.language, int(facts["children"])  # of which plurals are made
    regions = reader.free(", ".join(facts["regions"]))
    received_at, due_at = reader.when(facts["received_at"]), reader.when(facts["due_at"])
    found = {
        "reason": reader.free(escalation.reason),
        "reason_words": reader.word(REASONS, escalation.reason),
        "received_at": received_at,
        "respond_by": reader.when(escalation.respond_by),
        "due_at": due_at,
        "regions": regions,
        "place": regions or facts["region"],
        "complaints": complaints(language, children) if children else "",
        "major": major(language, children, regions, received_at) if children else "",
        "category": reader.word(CATEGORIES, facts["category"]),
        "channel": reader.word(CHANNELS, facts["channel"]),
        "language": reader.language_name(facts["language"]),
        "flags": reader.free(", ".join(_flags(reader, facts["flags"], but=reader.word(CATEGORIES, facts["category"])))),
        "customer": ", ".join(filter(None, (facts["region"], facts["product"], facts["tier"])))
        if reader.may_quote
        else "",
    }
    return found | _of_warning(reader, escalation, facts, due_at)


def _flags(reader: Reader, flags: Iterable[str], but: str) -> list[str]:
    """In words; without one that says again what the category is."""
    return [word for flag in flags if (word := reader.word(FLAGS, flag)) != but]


def _of_warning(reader: Reader, escalation: Escalation, facts: Mapping[str, Any], due_at: str) -> dict[str, Any]:
    if escalation.purpose is not Purpose.WARNING:
        return {}
    is_follow_up, is_over = facts["clock"] == FOLLOW_UP, escalation.reason == BROKEN
    clock = reader.word(CLOCKS, facts["clock"])
    state = {"is_over": is_over, "is_follow_up": is_follow_up}
    return {
        "clock": clock,
        "is_follow_up": is_follow_up,
        "news": warned(reader.language, clock, facts["percent"], due_at, **state),
        "in_short": warned_shortly(reader.language, clock, facts["percent"], **state),
    }


def _of_assignment(reader: Reader, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "category": reader.word(CATEGORIES, facts["category"]),
        "language": "" if facts["language"] == UNKNOWN else reader.language_name(facts["language"]),
        "answer_by": reader.when(facts["answer_by"]),
        "news": assigned(reader.language, facts["reference"]),
    }


def _of_taken(reader: Reader, facts: Mapping[str, Any]) -> dict[str, Any]:
    what, known = facts["what"], facts["reference"]
    if what == "passed":
        return {"news": passed(reader.language, known, is_part=bool(facts["is_part"])), "at": reader.when(facts["at"])}
    words = taken(reader.language, known, facts["by_name"], is_resolved=what == "resolved")
    return {"news": words, "at": reader.when(facts["at"])}


def _of_test(reader: Reader, _facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"sent_by": reader.word(CHANNELS, reader.channel.value)}


_FACTS: Mapping[Purpose, Callable[[Reader, Mapping[str, Any]], dict[str, Any]]] = {
    Purpose.ASSIGNMENT: _of_assignment,
    Purpose.TAKEN: _of_taken,
    Purpose.TEST: _of_test,
}
