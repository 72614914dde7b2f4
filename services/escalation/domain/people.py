"""People on the ladder and whom a level means. Pure; used by the decisions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from services.escalation.domain.duty import Duty, Leave, Override, Rota, leave_at, on_duty
from services.escalation.domain.ladder import Kind, Recipient

EVERYWHERE = "*"


class Role(StrEnum):
    """What a person is on the ladder."""

    SUPERVISOR = "supervisor"
    COORDINATOR = "coordinator"
    MANAGER = "manager"


@dataclass(frozen=True)
class Supervisor:
    """A person who can be alerted; regions may hold EVERYWHERE. leads: the teams of agents that the person leads.

    timezone: in which the days of their absences were meant.
    """

    id: str
    name: str
    role: Role
    regions: tuple[str, ...]
    languages: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    absences: tuple[Leave, ...] = ()
    timezone: str = "UTC"


@dataclass(frozen=True)
class Wanted:
    """For whom somebody is looked for. regions: none = not known; several: of a major complaint. teams: the agent's."""

    regions: tuple[str, ...] = ()
    language: str = ""
    teams: tuple[str, ...] = ()


@dataclass(frozen=True)
class People:
    """Everybody who can be alerted, with the duty rotas as they stand now."""

    everybody: tuple[Supervisor, ...] = ()
    rotas: tuple[Rota, ...] = ()
    overrides: tuple[Override, ...] = ()

    def among(self, recipients: Iterable[Recipient], wanted: Wanted, now: datetime) -> tuple[str, ...]:
        """Ids of those who are meant and there now, or their stand-ins; nobody twice."""
        meant = (person for one in recipients for person in self._meant(one, wanted, now))
        return tuple(dict.fromkeys(meant))

    def duty_ends(self, recipients: Iterable[Recipient], person: str, now: datetime) -> datetime | None:
        """Until when the person surely has one of the duties that are meant; None if they have none of them."""
        duties = (d for r in recipients if r.kind is Kind.DUTY for d in self.duties(r.name, now))
        return max((duty.until for duty in duties if duty.person == person), default=None)

    def _meant(self, recipient: Recipient, wanted: Wanted, now: datetime) -> Sequence[str]:
        match recipient.kind:
            case Kind.PERSON:
                return self._present([recipient.name], now)
            case Kind.DUTY:
                return [duty.person for duty in self.duties(recipient.name, now)]
            case Kind.TEAM_LEAD:
                return self._present([p.id for p in self.everybody if set(p.leads) & set(wanted.teams)], now)
            case Kind.ROLE:
                return self._of_role(recipient.name, wanted, now)

    def _of_role(self, role: str, wanted: Wanted, now: datetime) -> list[str]:
        """Of each region those who speak the language, or all of the region if nobody does."""
        each: list[tuple[str, ...]] = [(region,) for region in wanted.regions] or [()]
        return [id_ for regions in each for id_ in self._of_region(role, regions, wanted.language, now)]

    def _of_region(self, role: str, regions: Sequence[str], language: str, now: datetime) -> list[str]:
        there = self._present([p.id for p in self.everybody if p.role == role and _covers(p, regions)], now)
        speaking = [id_ for id_ in there if language in self.known[id_].languages]
        return speaking or there

    def _present(self, ids: Iterable[str], now: datetime) -> list[str]:
        return [there for id_ in ids for there in self._there(id_, now)]

    def _there(self, id_: str, now: datetime) -> Iterator[str]:
        """The person, or whoever stands in, and for them again; nobody when the last of them is away."""
        seen: set[str] = set()
        while id_ in self.known and id_ not in seen:
            seen.add(id_)
            leave = leave_at(self.known[id_].absences, now)
            if leave is None:
                yield id_
                return
            id_ = leave.stand_in or ""

    def duties(self, name: str, now: datetime) -> tuple[Duty, ...]:
        """Who is on duty by that rota; without those whom nobody knows, for they cannot be alerted."""
        rota = next((r for r in self.rotas if r.name == name), None)
        found = on_duty(rota, self.overrides, self.leaves, now) if rota else ()
        return tuple(duty for duty in found if duty.person in self.known)

    @cached_property
    def known(self) -> dict[str, Supervisor]:
        return {p.id: p for p in self.everybody}

    @cached_property
    def leaves(self) -> Mapping[str, Sequence[Leave]]:
        return {p.id: p.absences for p in self.everybody if p.absences}


def _covers(person: Supervisor, regions: Sequence[str]) -> bool:
    # Where the region is not known, everybody with the role is asked: too many told beats nobody told.
    return not regions or EVERYWHERE in person.regions or not set(regions).isdisjoint(person.regions)
