"""What a policy asks for that the people do not bring; asked by linter.py and printed by `ombud policy check`."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from services.escalation.domain.conditions import When
from services.escalation.domain.duty import Override
from services.escalation.domain.ladder import Kind as RecipientKind
from services.escalation.domain.ladder import Ladder, Level, Recipient
from services.escalation.domain.lint_duty import find_gaps
from services.escalation.domain.people import EVERYWHERE, Supervisor
from services.escalation.domain.policy import Policy
from shared.policy.findings import Finding
from shared.policy.words import ANY, NONE

MOST_SHOWN = 5


class Kind(StrEnum):
    """TOP_LEVEL_EMPTY is LEVEL_EMPTY where it hurts most: a case that gets there is exhausted at once."""

    PERSON_UNKNOWN = "person_unknown"
    STAND_IN_UNKNOWN = "stand_in_unknown"
    PERSON_UNREACHABLE = "person_unreachable"
    LEVEL_EMPTY = "level_empty"
    TOP_LEVEL_EMPTY = "top_level_empty"
    DUTY_GAP = "duty_gap"
    LEVEL_WITHOUT_DUTY = "level_without_duty"


def lint(
    policy: Policy,
    everybody: Sequence[Supervisor],
    overrides: Sequence[Override],
    now: datetime,
    reachable: frozenset[str] | None = None,
) -> tuple[Finding[Kind], ...]:
    """Everything that is found, nothing twice; duties are looked at for the 7 days from `now`.

    reachable: ids of those who have a channel; None = not known.
    """
    found = [
        *_unknown(policy, everybody),
        *_unreachable(policy, everybody, reachable),
        *(one for ladder in policy.ladders for one in _empty(policy, ladder, everybody)),
        *_gaps(policy, everybody, overrides, now),
    ]
    return tuple(dict.fromkeys(found))


def _unknown(policy: Policy, everybody: Sequence[Supervisor]) -> Iterator[Finding[Kind]]:
    known = {person.id for person in everybody}
    for place, recipients in _recipients(policy):
        for one in recipients:
            if one.kind is RecipientKind.PERSON and one.name not in known:
                yield Finding(Kind.PERSON_UNKNOWN, one.name, f"nobody has this id: {place}")
    for rota in policy.rotas:
        for id_ in dict.fromkeys(id_ for shift in rota.shifts for id_ in shift.people):
            if id_ not in known:
                yield Finding(Kind.PERSON_UNKNOWN, id_, f"nobody has this id: rota {rota.name}")
    for person in everybody:
        for leave in person.absences:
            if leave.stand_in is not None and leave.stand_in not in known:
                text = f"nobody has the id of the stand-in {leave.stand_in}, from {leave.start:%Y-%m-%d %H:%M} UTC"
                yield Finding(Kind.STAND_IN_UNKNOWN, person.id, text)


def _recipients(policy: Policy) -> Iterator[tuple[str, Sequence[Recipient]]]:
    """Everybody who is named for something, and for what."""
    for ladder in policy.ladders:
        for number, level in enumerate(ladder.levels, start=1):
            yield f"ladder {ladder.name}, {_shown(number, level)}", level.recipients
    for clock in policy.clocks:
        yield f"warnings of clock {clock.name}", clock.told


def _unreachable(
    policy: Policy, everybody: Sequence[Supervisor], reachable: frozenset[str] | None
) -> Iterator[Finding[Kind]]:
    if reachable is None:
        return
    named = [one for _, recipients in _recipients(policy) for one in recipients]
    for person in everybody:
        if person.id not in reachable and any(_means(policy, one, person) for one in named):
            yield Finding(Kind.PERSON_UNREACHABLE, person.id, "may be alerted, and has no channel")


def _empty(policy: Policy, ladder: Ladder, everybody: Sequence[Supervisor]) -> Iterator[Finding[Kind]]:
    for number, level in enumerate(ladder.levels, start=1):
        kind = Kind.TOP_LEVEL_EMPTY if number == ladder.top_level else Kind.LEVEL_EMPTY
        there = [person for person in everybody if any(_means(policy, one, person) for one in level.recipients)]
        if not there:
            yield Finding(kind, ladder.name, f"{_shown(number, level)}: nobody is meant by it")
            continue
        roles = [one for one in level.recipients if one.kind is RecipientKind.ROLE]
        if any(_means(policy, one, person) for one in level.recipients if one not in roles for person in there):
            continue
        lacking = [r for r in _regions(ladder.when, everybody) if not any(_covers(person, r) for person in there)]
        if lacking:
            yield Finding(kind, ladder.name, f"{_shown(number, level)}: nobody for {_listed(lacking)}")


def _means(policy: Policy, recipient: Recipient, person: Supervisor) -> bool:
    match recipient.kind:
        case RecipientKind.ROLE:
            return person.role == recipient.name
        case RecipientKind.PERSON:
            return person.id == recipient.name
        case RecipientKind.TEAM_LEAD:
            return bool(person.leads)
        case RecipientKind.DUTY:
            rota = policy.rota(recipient.name)
            return rota is not None and any(person.id in shift.people for shift in rota.shifts)


def _regions(when: When, everybody: Sequence[Supervisor]) -> list[str]:
    """Those from which a case may come to the ladder: the ones that it names, else all that anybody covers."""
    if when.region is not None and ANY not in when.region:
        return sorted(when.region - {NONE})
    return sorted({region for person in everybody for region in person.regions} - {EVERYWHERE})


def _covers(person: Supervisor, region: str) -> bool:
    return region in person.regions or EVERYWHERE in person.regions


def _gaps(
    policy: Policy, everybody: Sequence[Supervisor], overrides: Sequence[Override], now: datetime
) -> Iterator[Finding[Kind]]:
    leaves = {person.id: person.absences for person in everybody if person.absences}
    for ladder in policy.ladders:
        for number, level in enumerate(ladder.levels, start=1):
            gap = find_gaps(policy, level, overrides, leaves, now)
            if gap and gap.is_total:
                text = f"{_shown(number, level)}: nobody is on duty in all of its hours of the next 7 days"
                yield Finding(Kind.LEVEL_WITHOUT_DUTY, ladder.name, text)
            elif gap:
                yield Finding(Kind.DUTY_GAP, gap.rotas, gap.text)


def _shown(number: int, level: Level) -> str:
    return f"level {number} ({level.name})"


def _listed(words: Iterable[str]) -> str:
    all_ = list(words)
    more = f", and {len(all_) - MOST_SHOWN} more" if len(all_) > MOST_SHOWN else ""
    return f"{', '.join(all_[:MOST_SHOWN])}{more}"
