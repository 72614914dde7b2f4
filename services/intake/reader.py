"""Reads submissions with the classifier, before the transaction; asked by the subscription and the HTTP doors."""

import time
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import eventlet
import structlog
from eventlet import tpool
from eventlet.semaphore import Semaphore

from services.intake import metrics
from services.intake.classify import Classification, Classifier, RulesError
from services.intake.classify.packfile import Pack
from services.intake.classify.packs import shipped_pack
from services.intake.domain.complaint import Read, Submission
from services.intake.domain.matters import MatterRules
from services.intake.domain.verdict import Verdict
from shared.contracts.event import Severity
from shared.messaging.envelope import Received

log = structlog.get_logger()
_compiling = Semaphore()
Stamp = dict[str, tuple[int, int]]  # of rule files by name: time and size


def load_rules(rules_dir: Path | None) -> Classifier:
    """For a service, which goes on while a text waits for the pack of its language: that takes up to half a second."""
    return Classifier.load(rules_dir, _compile_apart)


def _compile_apart(language: str) -> Pack:
    # One at a time: who asks for the same language meanwhile finds it compiled.
    with _compiling:
        pack: Pack = tpool.execute(shipped_pack, language)
    return pack


class Reader:
    """Turns what came in into what can be stored; steps (answered, resolved …) pass as they are."""

    def __init__(self, classifier: Classifier, rules_dir: Path | None = None, seen: Stamp | None = None):
        self.classifier = classifier
        self._rules_dir, self._seen = rules_dir, seen or {}
        self._tell_rules()

    @classmethod
    def of(cls, rules_dir: Path | None) -> "Reader":
        """With the rules of a folder, whose changes it takes; raises RulesError."""
        seen = _stamp(rules_dir)  # before it is read, which takes a second: what changes meanwhile is a change
        return cls(load_rules(rules_dir), rules_dir, seen)

    def reload(self) -> bool:
        """Takes changed rules, if there are any; with a mistake in them the old ones stay, and it is said once."""
        stamp = _stamp(self._rules_dir)
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            # In a thread of its own: reading all rules takes a second, in which the service goes on.
            self.classifier = tpool.execute(load_rules, self._rules_dir)
        except RulesError as error:
            metrics.RELOADS.labels("refused").inc()
            log.error("rules_refused", mistakes=list(error.mistakes)[:20])
            return False
        metrics.RELOADS.labels("taken").inc()
        self._tell_rules()
        log.info("rules_taken", rules_version=self.classifier.rules_version)
        return True

    def _tell_rules(self) -> None:
        known = self.classifier
        metrics.know_rules(known.rules_version, known.languages, known.categories)

    @property
    def matters(self) -> MatterRules:
        return self.classifier.company.matters

    def prepare(self, received: list[Received]) -> list[Received]:
        """Called by the subscription for each batch; yields between texts, so that the service stays awake."""
        return [self._prepare_one(r) for r in received]

    def _prepare_one(self, received: Received) -> Received:
        if not isinstance(received.event, Submission):
            return received
        eventlet.sleep(0)
        return replace(received, event=self.read(received.event))

    def read(self, submission: Submission) -> Read:
        started = time.perf_counter()
        found = self.classifier.classify(
            submission.text,
            subject=submission.subject,
            language_hint=submission.customer.language,
            product=submission.product,
            tier=submission.customer.tier,
        )
        metrics.count_reading(found, time.perf_counter() - started)
        named = submission if submission.product == found.product else replace(submission, product=found.product)
        return Read(named if found.product else submission, verdict_of(found), found.evidence)

    def classify(self, text: str, subject: str, language: str | None) -> dict[str, Any]:
        """The classification with its evidence as a document; stores nothing."""
        return asdict(self.classifier.classify(text, subject=subject, language_hint=language))


def _stamp(directory: Path | None) -> Stamp:
    """Sizes and times of the rule files: what a change would change."""
    found: Stamp = {}
    for path in sorted(directory.glob("*.yml")) if directory else ():
        with suppress(FileNotFoundError):  # an editor is replacing it this very moment
            stat = path.stat()
            found[path.name] = (stat.st_mtime_ns, stat.st_size)
    return found


def verdict_of(found: Classification) -> Verdict:
    return Verdict(
        language=found.language,
        category=found.category,
        severity=Severity(found.severity),
        anger=round(found.anger, 3),
        asks_supervisor=found.asks_supervisor,
        rules_version=found.rules_version,
        category_second=found.category_second,
        asks_kind=found.asks_kind,
        flags=found.flags,
        rules=tuple(dict.fromkeys(e.rule for e in found.evidence)),
        campaign=found.campaign,
    )
