"""What whoever leads the supervisors asks: how soon, how many, how content, by region and by category.

Counted by saving.py where a case's row changes; the regions are told by the first use case and by the service's look.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

from services.escalation.domain.case import Case, CaseState, Change, What
from services.escalation.domain.people import EVERYWHERE, Supervisor
from services.escalation.domain.policy import Policy
from services.escalation.domain.told import Told
from shared.contracts.intake import CATEGORIES

MINUTE, HOUR, DAY = 60, 3600, 86400
_ACKNOWLEDGED = (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY)
_ANSWERED = (5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, DAY, 2 * DAY, 5 * DAY, 15 * DAY)
_RESOLVED = (HOUR, 4 * HOUR, DAY, 2 * DAY, 3 * DAY, 5 * DAY, 10 * DAY, 15 * DAY, 35 * DAY, 56 * DAY)
_RATED = (0, 0.2, 0.4, 0.6, 0.8, 1)
MOST_REGIONS = 40  # beside the two below
NO_REGION, OTHER = "none", "other"


class Dimension(StrEnum):
    REGION = "region"
    CATEGORY = "category"


class Book:
    """The series by one dimension; two dimensions have a book each, so that there is no cross product."""

    def __init__(self, by: Dimension, registry: CollectorRegistry = REGISTRY):
        def counter(what: str, text: str) -> Counter:
            return Counter(f"ombud_{by}_cases_{what}_total", f"{text}, by {by}", [by], registry=registry)

        self.opened = counter("opened", "Cases that were opened, each once")
        self.resolved = counter("resolved", "Cases that were resolved, also after they were opened again")
        self.reopened = counter("reopened", "Resolved cases that were opened again")

        def histogram(what: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"ombud_{by}_{what}", f"{text}, by {by}", [by], registry=registry, buckets=buckets)

        self.acknowledgement = histogram(
            "acknowledgement_seconds",
            "From the latest escalation of a case to the person who took it",
            _ACKNOWLEDGED,
        )
        self.answer = histogram(
            "first_answer_seconds",
            "From when a complaint was received to the first answer that the customer got",
            _ANSWERED,
        )
        self.resolution = histogram(
            "resolution_seconds",
            "From when a complaint was received, or opened again, until it was resolved",
            _RESOLVED,
        )
        self.satisfaction = histogram(
            "satisfaction_ratio",
            "First rating of each complaint by its customer, 0 = worst, 1 = best",
            _RATED,
        )

    @property
    def _series(self) -> tuple[MetricWrapperBase, ...]:
        counters = (self.opened, self.resolved, self.reopened)
        return (*counters, self.acknowledgement, self.answer, self.resolution, self.satisfaction)

    def start_at_zero(self, names: Iterable[str]) -> None:
        for name in names:
            for series in self._series:
                series.labels(name)


class Regions:
    """Which regions have series of their own: those of the roster and the policy, at most MOST_REGIONS of them.

    Once one has them, it keeps them until the process ends: a counter must not vanish.
    """

    def __init__(self, book: Book):
        self._book = book
        self._known: set[str] = set()
        self.is_told = False

    def know(self, regions: Iterable[str]) -> None:
        """In the order of the alphabet, so that of too many each replica takes the same."""
        self.is_told = True
        new = sorted(set(regions) - self._known - {EVERYWHERE})[: MOST_REGIONS - len(self._known)]
        self._known.update(new)
        self._book.start_at_zero(new)

    def label(self, region: str | None) -> str:
        if region is None:
            return NO_REGION
        return region if region in self._known else OTHER


BY_REGION, BY_CATEGORY = Book(Dimension.REGION), Book(Dimension.CATEGORY)
BY_REGION.start_at_zero((NO_REGION, OTHER))
BY_CATEGORY.start_at_zero(CATEGORIES)
REGIONS = Regions(BY_REGION)


def know(policy: Policy, people: Iterable[Supervisor]) -> None:
    """The regions of the policy and of the roster; called when the first case is saved, and now and then after that."""
    hours = (region for one in policy.hours for region in one.regions)
    REGIONS.know([*hours, *(region for person in people for region in person.regions)])


def count(before: Case, change: Change, now: datetime) -> None:
    """What one transition of a case means to its lead: nothing, unless it is the case of a complaint that was read.

    Not of one that ended in another complaint or was forgotten, nor of a storm. What was told before the complaint was
    read counts once it is.
    """
    after = change.case
    if not _counts(after):
        return
    was_read, facts = _counts(before), after.facts
    assert facts is not None
    category = facts.category if facts.category in CATEGORIES else OTHER
    labels = ((BY_REGION, REGIONS.label(facts.region)), (BY_CATEGORY, category))
    for book, label in labels:
        _count_numbers(book, label, before if was_read else None, after)
        _count_times(book, label, before if was_read else None, change, now)


def _counts(case: Case) -> bool:
    return case.facts is not None and case.ending is None and not case.is_major


def _count_numbers(book: Book, label: str, before: Case | None, after: Case) -> None:
    was_resolved, is_resolved = before is not None and _is_resolved(before), _is_resolved(after)
    if before is None:
        book.opened.labels(label).inc()
    if is_resolved and not was_resolved:
        book.resolved.labels(label).inc()
    if was_resolved and not is_resolved:
        book.reopened.labels(label).inc()


def _count_times(book: Book, label: str, before: Case | None, change: Change, now: datetime) -> None:
    after, told = change.case, before.told if before else Told()
    if change.what in (What.ACKNOWLEDGED, What.TAKEN_OVER) and after.escalated_at:
        book.acknowledgement.labels(label).observe((now - after.escalated_at).total_seconds())
    if after.told.answers and not told.answers:
        book.answer.labels(label).observe(_seconds(after.told.first_at, after.told.answers[0].at))
    if _is_resolved(after) and not (before and _is_resolved(before)):
        book.resolution.labels(label).observe(_seconds(_waits_since(after), after.closed_at))
    if after.told.rating is not None and told.rating is None:
        book.satisfaction.labels(label).observe(after.told.rating)


def _is_resolved(case: Case) -> bool:
    return case.state is CaseState.RESOLVED


def _waits_since(case: Case) -> datetime | None:
    """From when the customer has waited: from the last time that it was opened again before the end, if it was."""
    again = [moment.at for moment in case.told.reopenings]
    if case.since and case.since != case.opened_at:
        again.append(case.since)
    return max((at for at in again if case.closed_at and at <= case.closed_at), default=case.told.first_at)


def _seconds(start: datetime | None, end: datetime | None) -> float:
    """None where nobody knows any more, and upstream's clock may be wrong: no time, then."""
    return max((end - start).total_seconds(), 0.0) if start and end else 0.0
