"""What is known of a complaint when rules are asked, and what a rule may ask of it. Pure; for every kind of rule."""

from dataclasses import dataclass

from shared.contracts.event import Severity
from shared.policy.words import ANY, NONE

NOT_ASKED = "none"
# Strongest first: a wish for a supervisor counts more than one for any human.
ASK_KINDS = ("supervisor", "executive", "human")


@dataclass(frozen=True)
class Picture:
    """What is known of a complaint when rules are asked: of one contact, with what upstream and customer did since."""

    severity: Severity
    asks_kind: str
    anger: float
    flags: frozenset[str]
    category: str
    channel: str
    region: str | None
    product: str | None
    tier: str | None
    contacts: int = 1
    rating: float | None = None
    reopenings: int = 0


@dataclass(frozen=True)
class When:
    """Conditions that all must hold; None = says nothing. A set: one of them; ANY = whatever is known, NONE = unknown.

    tier is compared in small letters. anger: at least; contacts, reopenings: at least; rating: at most.
    """

    severity: frozenset[Severity] | None = None
    asked: frozenset[str] | None = None
    flags: frozenset[str] | None = None
    category: frozenset[str] | None = None
    channel: frozenset[str] | None = None
    region: frozenset[str] | None = None
    product: frozenset[str] | None = None
    tier: frozenset[str] | None = None
    anger: float | None = None
    contacts: int | None = None
    rating: float | None = None
    reopenings: int | None = None

    def fits(self, seen: Picture) -> bool:
        return (
            (self.severity is None or seen.severity in self.severity)
            and (self.asked is None or seen.asks_kind in self.asked)
            and (self.flags is None or _any_of(self.flags, seen.flags))
            and _is_among(self.category, seen.category)
            and _is_among(self.channel, seen.channel)
            and _is_among(self.region, seen.region)
            and _is_among(self.product, seen.product)
            and _is_among(self.tier, seen.tier.casefold() if seen.tier else None)
            and (self.anger is None or seen.anger >= self.anger)
            and (self.contacts is None or seen.contacts >= self.contacts)
            and (self.rating is None or (seen.rating is not None and seen.rating <= self.rating))
            and (self.reopenings is None or seen.reopenings >= self.reopenings)
        )


def _is_among(wanted: frozenset[str] | None, value: str | None) -> bool:
    return wanted is None or value in wanted or (NONE if value is None else ANY) in wanted


def _any_of(wanted: frozenset[str], values: frozenset[str]) -> bool:
    return not wanted.isdisjoint(values) or (ANY in wanted and bool(values))


ANYTHING = When()
# Of a ladder that is climbed only where a storm names it.
NEVER = When(severity=frozenset())
