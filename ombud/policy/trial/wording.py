"""The words of a trial of escalation's policy: why rules fit or not, what a step is, when; used by shown.py."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from ombud.policy.trial.people import in_words
from services.escalation.domain.case import Case, Change, What
from services.escalation.domain.conditions import Picture, When
from services.escalation.domain.ladder import Ladder
from services.escalation.domain.policy import Policy, Trigger
from services.escalation.domain.rungs import ladder_of
from services.escalation.domain.watching import picture
from services.escalation.pages.wording import words
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from shared.hours.intervals import in_words as length

# Triggers of which the complaint's facts alone decide nothing: something has to happen.
_LATER = {
    EscalationReason.DECLINED: "when all agents who could take it declined",
    EscalationReason.UPSTREAM_REQUEST: "when upstream asks for it",
    EscalationReason.AGENT_REQUEST: "when an agent asks for it",
}
_LEAST = ("anger", "contacts", "reopenings")


def verdict_on(trigger: Trigger, case: Case) -> str:
    """Whether the trigger escalates the case at once, may do so later, or why it does not fit."""
    seen = picture(case)
    assert seen is not None, "the complaint was read"
    lacking = list(_lacking(trigger.when, seen))
    if lacking:
        return f"no: {'; '.join(lacking)}"
    if trigger.reason in case.alarms:
        return "yes"
    if trigger.reason is EscalationReason.UNASSIGNED:
        return f"when nobody works on it for {length(trigger.after[case.severity])}"
    if trigger.reason is EscalationReason.OVERDUE:
        return f"when a clock runs out: {', '.join(sorted(trigger.clocks)) or 'any'}"
    return _LATER.get(trigger.reason, "no: no single contact fits, only all of them together")


def _lacking(when: When, seen: Picture) -> Iterator[str]:
    """The parts of the condition that do not fit, each asked by itself."""
    for part in fields(When):
        wanted = getattr(when, part.name)
        if wanted is not None and not When(**{part.name: wanted}).fits(seen):
            value = getattr(seen, "asks_kind" if part.name == "asked" else part.name)
            yield f"{part.name} is {_said(value)}, not {_wanted(part.name, wanted)}"


def _said(value: Any) -> str:
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    return "not known" if value is None else str(value)


def _wanted(name: str, wanted: Any) -> str:
    if isinstance(wanted, frozenset):
        return " or ".join(sorted(wanted, key=_order))
    return f"{wanted} or {'more' if name in _LEAST else 'less'}"


def _order(word: str) -> tuple[int, str]:
    return (word.rank if isinstance(word, Severity) else 0, word)


def rung(number: int, ladder: Ladder, severity: Severity) -> tuple[str, str, str, str]:
    """A level as the policy has it: number, whom it means, how long they have, what else."""
    level = ladder.level(number)
    more = [
        "begins here" if number == ladder.start_of(severity) > 1 else "",
        f"again {level.repeat}×" if level.repeat else "",
        "all must answer" if level.needed.value == "all" else "",
        f"in the hours {level.hours}, else {level.outside.value}" if level.hours else "",
    ]
    return (
        f"{number} {level.name}",
        ", ".join(map(in_words, level.recipients)),
        length(level.respond_within[severity]),
        ", ".join(filter(None, more)),
    )


def deed(change: Change, policy: Policy, again: bool) -> str:
    """What happened at a step; again: the level was alerted before."""
    details = change.details
    match change.what:
        case What.WARNED | What.REMINDED:
            return f"{change.what.value}: {details['percent']} % of {details['clock']}"
        case What.CLOCK_BROKEN:
            return f"clock broken: {details['clock']}"
        case What.ESCALATED:
            return f"{_place(change.case, policy)} alerted{' again' if again else ''}"
        case What.LEVEL_EMPTY:
            return f"{_place(change.case, policy)}: nobody is there"
        case What.LEVEL_CLOSED:
            return _closed(change, policy)
        case What.ACKNOWLEDGED | What.CONFIRMED:
            return f"{change.what.value} by"
    return words(change.what.value)


def _closed(change: Change, policy: Policy) -> str:
    """Of a level that is waited for, the case still stands on the one below."""
    if "opens_at" not in change.details:
        return f"{_place(change.case, policy)} is closed"
    return f"level {change.case.level + 1} is closed, and waited for"


def _place(case: Case, policy: Policy) -> str:
    return f"level {case.level} ({ladder_of(case, policy).level(case.level).name})"


def whom(change: Change, names: Mapping[str, str]) -> str:
    """Who hears of it, or who did it."""
    if change.what in (What.ACKNOWLEDGED, What.CONFIRMED):
        told = [change.actor]
    else:
        told = change.details.get("recipients", [])
    return ", ".join(names.get(id_, id_) for id_ in told)


def since(start: datetime, at: datetime) -> str:
    """How long after, exactly: +1d 2h 30m."""
    left = int((at - start) / timedelta(seconds=1))
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        parts += [f"{count}{unit}"] if count else []
    return f"+{' '.join(parts) or '0m'}"
