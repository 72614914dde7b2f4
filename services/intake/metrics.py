"""Every series that intake exposes beside the plumbing's."""

from collections.abc import Iterable

from prometheus_client import Counter, Info

from services.intake.classify.model import CATEGORIES
from services.intake.domain import Read
from services.intake.verdict import Correction
from shared.contracts.event import Severity

COMPLAINTS = Counter("ombud_complaints_total", "Complaints taken in for the first time, by severity", ["severity"])
CONTACTS = Counter("ombud_contacts_total", "Contacts taken in, the first of each complaint included")
BY_CATEGORY = Counter("ombud_contacts_by_category_total", "Contacts read, by category", ["category"])
WEBHOOKS = Counter("ombud_webhooks_total", "What webhooks said, by source and what became of it", ["source", "outcome"])
ASKS = Counter("ombud_contacts_asking_total", "Contacts that ask for somebody, by whom", ["kind"])
LIMITED = Counter("ombud_limited_total", "Requests that were refused for how much their sender sent", ["limit"])

FORGOTTEN = Counter("ombud_complaints_forgotten_total", "Complaints that were erased because their customer asked")
CORRECTABLE = ("severity", "category", "language", "region")
CORRECTED = Counter("ombud_complaints_corrected_total", "What persons put right, by what it was", ["field"])
EXPIRED = Counter("ombud_dead_letters_expired_total", "Dead letters that were deleted because of their age")

RULES = Info("ombud_rules", "The version of the rules that read complaints now")
RELOADS = Counter("ombud_rules_reloads_total", "Changed rules that were taken, or refused for a mistake", ["outcome"])

for _outcome in ("taken", "refused"):
    RELOADS.labels(_outcome)
for _limit in ("rate", "size"):
    LIMITED.labels(_limit)
for _severity in Severity:
    COMPLAINTS.labels(_severity.value)
for _category in CATEGORIES:
    BY_CATEGORY.labels(_category)
for _field in CORRECTABLE:
    CORRECTED.labels(_field)
for _kind in ("supervisor", "executive", "human"):
    ASKS.labels(_kind)


def start_at_zero(sources: Iterable[str]) -> None:
    """The sources are those of the sources file, so their number is limited."""
    for source in sources:
        for outcome in ("taken", "ignored", "quarantined", "deferred", "forged"):
            WEBHOOKS.labels(source, outcome)


def count(read: Read, *, is_new: bool) -> None:
    """Counts one contact that was not seen before."""
    verdict = read.verdict
    CONTACTS.inc()
    BY_CATEGORY.labels(verdict.category if verdict.category in CATEGORIES else "other").inc()
    if is_new:
        COMPLAINTS.labels(verdict.severity.value).inc()
    if verdict.asks_supervisor:
        ASKS.labels(verdict.asks_kind).inc()


def count_correction(said: Correction) -> None:
    for field in CORRECTABLE:
        if getattr(said, field) is not None:
            CORRECTED.labels(field).inc()
