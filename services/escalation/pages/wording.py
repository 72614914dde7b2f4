"""What the page says in words: why a level, how long, when. Used by the page and its story."""

from datetime import UTC, datetime, timedelta, tzinfo

from services.escalation.domain.case import Case
from shared.contracts.escalation import EscalationReason


def why(reason: EscalationReason | None, case: Case) -> str:
    """Why the case moved to its level, as a sentence."""
    if reason is None:
        return "not known"
    if reason is EscalationReason.ASKED:
        kind = case.facts.asks_kind if case.facts else "supervisor"
        return f"the customer asks for {'an' if kind[:1] in tuple('aeiou') else 'a'} {kind}"
    below = f"level {case.level - 1}" if case.level > 1 else "a level"
    return _WHY[reason].format(below=below, severity=case.severity.value)


_WHY = {
    EscalationReason.SEVERITY: "the severity is {severity}",
    EscalationReason.ANGER: "the customer is very angry",
    EscalationReason.FLAGGED: "the complaint is marked as one that somebody must look at",
    EscalationReason.TIER: "the policy says so for customers like this one",
    EscalationReason.REPEATED: "the customer had to write again and again",
    EscalationReason.LOW_RATING: "the customer gave a low rating",
    EscalationReason.REOPENED: "the complaint was opened again",
    EscalationReason.UNASSIGNED: "no agent has had it for too long",
    EscalationReason.DECLINED: "all agents who could take it declined",
    EscalationReason.OVERDUE: "a deadline has passed",
    EscalationReason.UPSTREAM_REQUEST: "the system that the complaint came from asks for it",
    EscalationReason.AGENT_REQUEST: "the agent asks for it",
    EscalationReason.MANUAL: "somebody decided so",
    EscalationReason.STORM: "many complaints are alike",
    EscalationReason.UNANSWERED: "nobody answered in time",
    EscalationReason.UNREACHABLE: "nobody could be reached at {below}",
    EscalationReason.STALLED: "whoever had taken it did not go on with it in time",
    EscalationReason.SHIFT_ENDED: "the shift of whoever had taken it is over",
    EscalationReason.SNOOZE_ENDED: "the time that it was put off for is over",
}


def words(name: str) -> str:
    """A name of ours as it is said."""
    return name.replace("_", " ")


def category(name: str) -> str:
    """As notify's mails say it; a company's own is a name like any other."""
    return _CATEGORIES.get(name, words(name))


_CATEGORIES = {
    "technical": "technical problem",
    "conduct": "conduct of staff",
    "privacy_security": "privacy and security",
}


def listed(names: list[str]) -> str:
    return ", ".join(words(name) for name in names)


def span(length: timedelta) -> str:
    """A length of time in its two largest units: 2 days 3 hours."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    parts = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in units if n]
    return " ".join(parts[:2]) or "less than a minute"


def readable(at: datetime, zone: tzinfo = UTC) -> str:
    """As the clocks of the reader's zone show it, with the zone's name, or how far it is from UTC if it has none."""
    at = at.astimezone(zone)
    name = at.tzname() or ""
    return f"{at.day} {at:%b %Y, %H:%M} {name if name.isalpha() else f'UTC{name}'}"


def machine(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
