"""What becomes of a complaint with each contact and step that comes in; pure. Asked by the use cases and by trials."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.domain.complaint import Complaint, Read, State, Step, StepKind
from services.intake.domain.matters import MatterRules, is_repeated, raised


@dataclass(frozen=True)
class Turn:
    """A revision that others hear of, with what led to it; is_first: the first contact of the complaint."""

    complaint: Complaint
    cause: Read | Step
    is_first: bool = False


@dataclass(frozen=True)
class Outcome:
    """The complaint as it is to be kept, and the turns that it took, in their order."""

    complaint: Complaint
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class Circumstances:
    """recent: contacts of the complaint that came before, within the time of the rules."""

    now: datetime
    rules: MatterRules
    recent: int


def contacted(before: Complaint, read: Read, shown: str, around: Circumstances) -> Outcome:
    """With a further contact, of which others see what is `shown`; then with the steps that waited for it."""
    turns = tuple(_turns(before, read, shown, around))
    return Outcome(turns[-1].complaint, turns)


def _turns(before: Complaint, read: Read, shown: str, around: Circumstances) -> Iterator[Turn]:
    is_first = before.verdict is None
    if before.state is State.RESOLVED:
        # Who writes again is not done with it: the complaint opens again, whatever upstream thinks.
        reopening = Step(StepKind.REOPENED, before.source, before.external_id, around.now)
        before = before.with_step(reopening)
        yield Turn(before, reopening)
    after = _raised_by_repetition(before.with_contact(read, shown, around.now), read, around)
    waiting, after = after.waiting_steps, replace(after, waiting_steps=())
    yield Turn(after, read, is_first)
    for step in waiting:
        if not after.has_taken(step):
            after = after.with_step(step)
            yield Turn(after, step)


def stepped(before: Complaint, step: Step) -> Outcome:
    """With a step of upstream; one that comes before the complaint itself waits, a copy changes nothing."""
    if before.state is State.EXPECTED:
        return Outcome(before.with_waiting(step))
    if before.has_taken(step):
        return Outcome(before)
    after = before.with_step(step)
    return Outcome(after, (Turn(after, step),))


def is_recent(read: Read, now: datetime, rules: MatterRules) -> bool:
    """Whether a contact counts when it is asked how often the customer has written lately."""
    return read.submission.written_at(now) > now - rules.repeat_within


def _raised_by_repetition(complaint: Complaint, read: Read, around: Circumstances) -> Complaint:
    if not is_recent(read, around.now, around.rules) or complaint.verdict is None:
        return complaint
    if not is_repeated(around.recent + 1, around.rules):
        return complaint
    return replace(complaint, verdict=raised(complaint.verdict, around.rules))
