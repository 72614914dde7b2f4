"""Reads submissions with the classifier, before the transaction; asked by the subscription and the HTTP doors."""

from dataclasses import asdict, replace
from typing import Any

import eventlet

from services.intake.classify import Classification, Classifier
from services.intake.domain import Read, Submission, Verdict
from services.intake.matters import MatterRules
from shared.contracts.event import Severity
from shared.messaging.envelope import Received


class Reader:
    """Turns what came in into what can be stored; steps (answered, resolved …) pass as they are."""

    def __init__(self, classifier: Classifier):
        self.classifier = classifier
        self.matters = MatterRules()

    def prepare(self, received: list[Received]) -> list[Received]:
        """Called by the subscription for each batch; yields between texts, so that the service stays awake."""
        return [self._prepare_one(r) for r in received]

    def _prepare_one(self, received: Received) -> Received:
        if not isinstance(received.event, Submission):
            return received
        eventlet.sleep(0)
        return replace(received, event=self.read(received.event))

    def read(self, submission: Submission) -> Read:
        found = self.classifier.classify(
            submission.text, subject=submission.subject, language_hint=submission.customer.language
        )
        return Read(submission, verdict_of(found), found.evidence)

    def classify(self, text: str, subject: str, language: str | None) -> dict[str, Any]:
        """The classification with its evidence as a document; stores nothing."""
        return asdict(self.classifier.classify(text, subject=subject, language_hint=language))


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
    )
