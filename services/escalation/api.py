"""What escalation's HTTP doors take and answer, for the documents: `python -m apidocs` reads it."""

from dataclasses import dataclass

from services.escalation.documents import answers, cases, duty, people
from services.escalation.domain.lint import Kind
from shared.api import THIS_DOCUMENT, Operation, Plumbing
from shared.departures import api as departures
from shared.quarantine import api as quarantine


@dataclass(frozen=True)
class PolicyFinding:
    """name: of the level, the rota or the person."""

    kind: Kind
    name: str
    text: str


@dataclass(frozen=True)
class PolicyDocument:
    """document: the text of the file, as it was read; findings: of the last look at the people."""

    version: str
    document: str
    findings: tuple[PolicyFinding, ...]


@dataclass(frozen=True)
class Summary:
    """Counted from the tables. escalated: cases that ever were; escalations: all moves to a level.

    audit: what the auditor of the replica that answers found at its last look, by finding; must be 0.
    """

    cases: int
    early: int
    open: int
    escalated_now: int
    acknowledged: int
    snoozed: int
    muted: int
    resolved: int
    exhausted: int
    escalated: int
    escalations: int
    by_reason: dict[str, int]
    audit: dict[str, int]
    plumbing: Plumbing


OPERATIONS = {
    **answers.OPERATIONS,  # first, while the case of the examples can be taken
    **cases.OPERATIONS,
    **people.OPERATIONS,
    **duty.OPERATIONS,
    "get_policy": Operation("Show the policy that new cases start with", answer=PolicyDocument),
    "get_summary": Operation("Count what escalation has", answer=Summary),
    **departures.OPERATIONS,
    **quarantine.OPERATIONS,
    "get_openapi": THIS_DOCUMENT,
}
