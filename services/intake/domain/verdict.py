"""What reading a complaint came to, and what a person says that it should have been; pure. Part of a complaint."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.contracts.event import Severity

CORRECTED = "any.person.corrected"  # stands among the rules, so that others see who decided


@dataclass(frozen=True)
class Verdict:
    """What reading all contacts of a complaint came to; evidence is that of the newest contact."""

    language: str
    category: str
    severity: Severity
    anger: float
    asks_supervisor: bool
    rules_version: str
    category_second: str | None = None
    asks_kind: str = "none"
    flags: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    campaign: str | None = None


@dataclass(frozen=True)
class Correction:
    """How the complaint should have been read, as persons say; what is None was right.

    by, at: who said the newest of it, and when. severity_at: when the severity was said. raised_to: what a contact that
    came after that reads as, if that is more severe.
    """

    by: str
    at: datetime
    severity: Severity | None = None
    category: str | None = None
    language: str | None = None
    region: str | None = None
    severity_at: datetime | None = None
    raised_to: Severity | None = None

    def of(self, verdict: Verdict) -> Verdict:
        """The verdict, put right."""
        category = self.category or verdict.category
        return replace(
            verdict,
            severity=self.raised_to or self.severity or verdict.severity,
            category=category,
            category_second=None if verdict.category_second == category else verdict.category_second,
            language=self.language or verdict.language,
            rules=tuple(dict.fromkeys((*verdict.rules, CORRECTED))),
        )

    def after(self, severity: Severity) -> "Correction":
        """A contact that the person did not know of reads as so severe: if that is more than they said, it counts."""
        holds = self.raised_to or self.severity
        if holds is None or severity.rank <= holds.rank:
            return self
        return replace(self, raised_to=severity)

    def under(self, newer: "Correction") -> "Correction":
        """With what was said later."""
        said = newer if newer.severity else self
        return Correction(
            newer.by,
            newer.at,
            said.severity,
            newer.category or self.category,
            newer.language or self.language,
            newer.region or self.region,
            said.severity_at,
            said.raised_to,
        )


def worse_of(old: Verdict | None, new: Verdict) -> Verdict:
    """A second contact can raise a complaint, never calm it down: the customer did not take the first one back."""
    if old is None:
        return new
    keeps_category = new.category == "other"
    return replace(
        new,
        category=old.category if keeps_category else new.category,
        category_second=old.category_second if keeps_category else new.category_second,
        severity=max(old.severity, new.severity, key=lambda s: s.rank),
        anger=max(old.anger, new.anger),
        asks_supervisor=old.asks_supervisor or new.asks_supervisor,
        asks_kind=new.asks_kind if new.asks_supervisor else old.asks_kind,
        flags=tuple(sorted({*old.flags, *new.flags})),
        language=old.language if new.language == "und" else new.language,
        campaign=new.campaign or old.campaign,
    )
