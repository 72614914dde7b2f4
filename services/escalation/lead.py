"""What whoever leads the supervisors asks: how soon, how many, how content, by region and by category.

Counted by saving.py where a case's row changes; the regions are told by the tick that looks at the tables.
"""

from collections.abc import Iterable
from enum import StrEnum

from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

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

    def __init__(self, by: Dimension):
        self.opened = Counter(f"ombud_{by}_cases_opened_total", f"Cases that were opened, by {by}", [by])
        self.resolved = Counter(f"ombud_{by}_cases_resolved_total", f"Cases that were resolved, by {by}", [by])
        self.reopened = Counter(f"ombud_{by}_cases_reopened_total", f"Resolved cases opened again, by {by}", [by])
        self.acknowledgement = Histogram(
            f"ombud_{by}_acknowledgement_seconds",
            f"From the latest escalation of a case to the person who took it, by {by}",
            [by],
            buckets=_ACKNOWLEDGED,
        )
        self.answer = Histogram(
            f"ombud_{by}_first_answer_seconds",
            f"From when a complaint was received to the first answer that the customer got, by {by}",
            [by],
            buckets=_ANSWERED,
        )
        self.resolution = Histogram(
            f"ombud_{by}_resolution_seconds",
            f"From when a complaint was received, or opened again, until it was resolved, by {by}",
            [by],
            buckets=_RESOLVED,
        )
        self.satisfaction = Histogram(
            f"ombud_{by}_satisfaction_ratio",
            f"First rating of each complaint by its customer, 0 = worst, 1 = best, by {by}",
            [by],
            buckets=_RATED,
        )

    @property
    def series(self) -> tuple[MetricWrapperBase, ...]:
        counters = (self.opened, self.resolved, self.reopened)
        return (*counters, self.acknowledgement, self.answer, self.resolution, self.satisfaction)

    def start_at_zero(self, names: Iterable[str]) -> None:
        for name in names:
            for series in self.series:
                series.labels(name)


BY_REGION, BY_CATEGORY = Book(Dimension.REGION), Book(Dimension.CATEGORY)
BY_REGION.start_at_zero((NO_REGION, OTHER))
BY_CATEGORY.start_at_zero(CATEGORIES)
