"""What the page is about, as its templates ask for it. Used by page.py and state.py, made by the link's door."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from services.escalation.cases import store
from services.escalation.domain.case import TAKABLE, Case, What
from services.escalation.domain.clocks import Clock, has_kept, is_paused
from services.escalation.domain.policy import Policy
from services.escalation.pages import acts, story, wording
from services.escalation.pages.acts import Act
from services.escalation.pages.links import is_present, spent_link
from services.escalation.people import supervisors
from services.escalation.policy.policybook import PolicyBook
from shared.contracts.escalation import AlertFacts
from shared.database import Transaction
from shared.links import Claim

JUST_NOW = timedelta(minutes=1)


@dataclass(frozen=True)
class View:
    """What the page is about. people: names by id. parts: how many complaints are part of it. spent: for what the link
    was used, and when. is_present: the link is of the case's present escalation. zone: of the reader.
    """

    case: Case
    facts: AlertFacts
    claim: Claim
    policy: Policy
    people: Mapping[str, str]
    timeline: tuple[Mapping[str, Any], ...]
    notes: Mapping[str, str]
    parent: Case | None
    parts: int
    spent: tuple[str, datetime] | None
    is_present: bool
    now: datetime
    zone: tzinfo

    @property
    def acts(self) -> tuple[Act, ...]:
        """What the forms are for; a link that was used has none."""
        if self.spent:
            return ()
        return acts.offered(self.case, self.claim.person, self.is_present, self.policy, self.now)

    @property
    def levels(self) -> int:
        return self.policy.ladder(self.case.ladder).top_level

    @property
    def lengths(self) -> list[str]:
        return acts.lengths(self.policy)

    @property
    def category(self) -> str:
        return wording.category(self.facts.category)

    @property
    def text_language(self) -> str:
        """For screen readers; empty = not known, as HTML wants it."""
        return "" if self.facts.language == "und" else self.facts.language

    @property
    def is_waiting(self) -> bool:
        return self.case.state in TAKABLE and self.case.since is not None

    @property
    def waited(self) -> timedelta:
        return self.now - self.case.since if self.case.since else timedelta(0)

    @property
    def why(self) -> str:
        reason, trigger = self.case.reason, self.case.trigger
        if trigger in (reason, None):
            return wording.why(reason, self.case)
        return f"{wording.why(reason, self.case)}; escalated at first because {wording.why(trigger, self.case)}"

    @property
    def alerted(self) -> list[str]:
        return [self.name(r) + (" (you)" if r == self.claim.person else "") for r in self.case.recipients]

    @property
    def regions(self) -> tuple[str, ...]:
        return self.facts.regions or ((self.facts.region,) if self.facts.region else ())

    @property
    def story(self) -> list[story.Line]:
        return story.told(self.timeline, self.notes, self.case, self.name, self.zone)

    @property
    def just_now(self) -> str:
        """What the reader has done a moment ago, so that whoever pressed a button sees that it worked."""
        mine = [row for row in self.timeline if row["actor"] == self.claim.person and _is_act(row)]
        row = mine[-1] if mine else None
        if row is None or self.now - row["at"] > JUST_NOW:
            return ""
        return story.sentence(row, self.case, self.name, self.zone)

    def clock(self, clock: Clock) -> str:
        """How a clock stands, in words."""
        kept = has_kept(clock)
        if kept is not None:
            return "kept" if kept else "missed"
        if clock.due_at <= self.now:
            return "due now"
        if self._is_paused(clock):
            return f"stands still, {wording.span(clock.due_at - self.now)} left at least"
        return f"running, {wording.span(clock.due_at - self.now)} left"

    def _is_paused(self, clock: Clock) -> bool:
        pause = is_paused(self.case.pauses, self.now)
        return pause is not None and any(r.name == clock.name and pause.reason in r.pauses for r in self.policy.clocks)

    def last(self, *whats: What) -> Mapping[str, Any] | None:
        """The newest row of these kinds."""
        return next((row for row in reversed(self.timeline) if row["what"] in whats), None)

    def when(self, at: datetime) -> str:
        return wording.readable(at, self.zone)

    def name(self, person: str | None) -> str:
        return self.people.get(person, person) if person else "somebody"


def view_of(tx: Transaction, book: PolicyBook, claim: Claim, case: Case) -> View:
    assert case.facts is not None
    rows = tuple(store.timeline(tx, case.id))
    return View(
        case=case,
        facts=case.facts,
        claim=claim,
        policy=book.of(tx, case.policy_version),
        people={person.id: person.name for person in supervisors.everybody(tx)},
        timeline=rows,
        notes=store.notes_of(tx, case.id),
        parent=store.find_case(tx, case.parent_id) if case.parent_id else None,
        parts=store.count_parts(tx, case.id),
        spent=spent_link(tx, claim.alert_id),
        is_present=is_present(claim, case, rows),
        now=tx.now,
        zone=supervisors.zone_of(tx, claim.person),
    )


def _is_act(row: Mapping[str, Any]) -> bool:
    return not row["what"].startswith("alert_")
