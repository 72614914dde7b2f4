"""Every series that intake exposes beside the plumbing's."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram, Info

from services.intake.classify.model import Classification
from services.intake.domain.complaint import Read
from services.intake.domain.verdict import Correction
from shared.contracts.event import Severity
from shared.contracts.intake import CATEGORIES

OTHER = "other"  # whatever is not known by name when the service starts, or when its rules change
COMPLAINTS = Counter("ombud_complaints_total", "Complaints taken in for the first time, by severity", ["severity"])
BY_SOURCE = Counter("ombud_complaints_by_source_total", "Complaints taken in for the first time, by source", ["source"])
BY_LANGUAGE = Counter(
    "ombud_complaints_by_language_total", "Complaints taken in for the first time, by language", ["language"]
)
BY_CATEGORY = Counter(
    "ombud_complaints_by_category_total", "Complaints taken in for the first time, by category", ["category"]
)
CONTACTS = Counter("ombud_contacts_total", "Contacts taken in, the first of each complaint included")
REPEATED = Counter("ombud_contacts_repeated_total", "Contacts that were known already, and changed nothing")
ASKS = Counter("ombud_contacts_asking_total", "Contacts that ask for somebody, by whom", ["kind"])
CONFIDENCE = Histogram(
    "ombud_classifier_confidence_ratio",
    "How sure the classifier was of a contact, by what it read: 0 is a guess, 1 leaves no doubt",
    ["about"],
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1),
)
READING = Histogram(
    "ombud_classifier_duration_seconds",
    "Time to read one contact",
    buckets=(0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5),
)
WEBHOOKS = Counter("ombud_webhooks_total", "What webhooks said, by source and what became of it", ["source", "outcome"])
LIMITED = Counter("ombud_requests_limited_total", "Requests refused for how much their sender sent", ["limit"])

FORGOTTEN = Counter("ombud_complaints_forgotten_total", "Complaints that were erased because their customer asked")
CORRECTABLE = ("severity", "category", "language", "region")
CORRECTED = Counter("ombud_complaints_corrected_total", "What persons put right, by what it was", ["field"])
EXPIRED = Counter("ombud_dead_letters_expired_total", "Dead letters that were deleted because of their age")

RULES = Info("ombud_rules", "The version of the rules that read complaints now")
RELOADS = Counter("ombud_rules_reloads_total", "Changed rules that were taken, or refused for a mistake", ["outcome"])
SOURCES = Gauge("ombud_sources_configured", "Systems that the sources file names")

OUTCOMES = ("taken", "ignored", "quarantined", "deferred", "forged")
ABOUT = ("category", "language")  # of the severity the classifier says no such thing: a rule fired, or none did
for _outcome in ("taken", "refused"):
    RELOADS.labels(_outcome)
for _limit in ("rate", "size"):
    LIMITED.labels(_limit)
for _severity in Severity:
    COMPLAINTS.labels(_severity.value)
for _about in ABOUT:
    CONFIDENCE.labels(_about)
for _field in CORRECTABLE:
    CORRECTED.labels(_field)
for _kind in ("supervisor", "executive", "human"):
    ASKS.labels(_kind)


class _Named:
    """A counter by a label whose values are known when the service starts; all others count as `other`."""

    def __init__(self, counter: Counter, values: Iterable[str] = ()):
        self._counter, self._values = counter, set[str]()
        self.start_at_zero((*values, OTHER))

    def start_at_zero(self, values: Iterable[str]) -> None:
        """Values that were known stay known: a series that ends leaves a gap in every rate."""
        for value in values:
            self._values.add(value)
            self._counter.labels(value)

    def inc(self, value: str) -> None:
        self._counter.labels(value if value in self._values else OTHER).inc()


_by_source, _by_language, _by_category = _Named(BY_SOURCE), _Named(BY_LANGUAGE), _Named(BY_CATEGORY, CATEGORIES)


def know_sources(accounts: Iterable[str], names: Iterable[str]) -> None:
    """accounts: those of the sources file. names: what else may stand in the field `source`, from the settings."""
    accounts = tuple(accounts)
    SOURCES.set(len(accounts))
    _by_source.start_at_zero((*accounts, *names))
    for source in accounts:
        for outcome in OUTCOMES:
            WEBHOOKS.labels(source, outcome)


def know_rules(version: str, languages: Iterable[str], categories: Iterable[str]) -> None:
    """What the rules in force can say; called at start, and when they change."""
    RULES.info({"version": version})
    _by_language.start_at_zero(languages)
    _by_category.start_at_zero(categories)


def count(read: Read, *, is_new: bool) -> None:
    """Counts one contact that was not seen before."""
    verdict = read.verdict
    CONTACTS.inc()
    if is_new:
        COMPLAINTS.labels(verdict.severity.value).inc()
        _by_source.inc(read.submission.source)
        _by_language.inc(verdict.language)
        _by_category.inc(verdict.category)
    if verdict.asks_supervisor:
        ASKS.labels(verdict.asks_kind).inc()


def count_reading(found: Classification, seconds: float) -> None:
    """Counts one text that was read, stored or not."""
    READING.observe(seconds)
    CONFIDENCE.labels("category").observe(found.category_margin)
    CONFIDENCE.labels("language").observe(found.language_confidence)


def count_correction(said: Correction) -> None:
    for field in CORRECTABLE:
        if getattr(said, field) is not None:
            CORRECTED.labels(field).inc()
