"""A person says how a complaint should have been read, and so it is from then on. Called by service.py."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial, reduce

import structlog

from services.intake import announcements, corrections_store, metrics, store
from services.intake.domain.complaint import Complaint, State
from services.intake.domain.endings import as_severe, holder
from services.intake.domain.verdict import Correction
from shared.codes import language_code
from shared.contracts.escalation import CaseCorrected
from shared.database import Transaction
from shared.errors import Rejected, TemporaryFailure

log = structlog.get_logger()
# As companies name their categories, and as routing knows skills, languages and regions.
_FORMS = {
    "category": (re.compile(r"[a-z0-9][a-z0-9_]{0,39}"), "small letters, digits and _, at most 40"),
    "language": (re.compile(r"[a-z]{2,3}"), "a language of two or three letters, such as en"),
    "region": (re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"), "a region such as CZ"),
}


def correct(tx: Transaction, events: Sequence[CaseCorrected]) -> None:
    """Each correction becomes a new revision of its complaint, and is told to the others.

    Told twice, or after the complaint was forgotten, it changes nothing; of one that was merged meanwhile only how
    severe it is counts, for the one that has it now. Raises Rejected for words that nobody could use, TemporaryFailure
    for a complaint that is not known yet.
    """
    known = store.lock_complaints(tx, {e.case_id for e in events})
    known |= store.lock_holders(tx, known.values())
    for event in events:
        said, complaint = _said(event), _current(known, event)
        if complaint.merged_into or complaint.state is State.FORGOTTEN:
            log.info("correction_comes_late", complaint_id=complaint.id, state=complaint.state.value)
            _raise_holder(tx, known, complaint, said)
        elif corrections_store.add(tx, complaint.id, event.case_revision, said, complaint.revision + 1):
            corrected = complaint.with_correction(_standing(tx, complaint))
            known[complaint.id] = corrected
            store.save_complaints(tx, [corrected])
            tx.announce(announcements.facts(corrected, is_new=False))
            tx.once_committed(partial(metrics.count_correction, said))


def _raise_holder(tx: Transaction, known: dict[str, Complaint], complaint: Complaint, said: Correction) -> None:
    """Two operators at once, of whom one corrects and one merges: nobody called severe is forgotten for that."""
    before = holder(complaint, known.get)
    if complaint.state is State.FORGOTTEN or before.state is State.FORGOTTEN or said.severity is None:
        return
    after = as_severe(before, said.severity)
    if after is not before:
        known[after.id] = after
        store.save_complaints(tx, [after])
        tx.announce(announcements.facts(after, is_new=False))


def _current(known: dict[str, Complaint], event: CaseCorrected) -> Complaint:
    complaint = known.get(event.case_id)
    if complaint is None or complaint.state is State.EXPECTED:
        raise TemporaryFailure(f"no complaint {event.case_id} yet")
    return complaint


def _said(event: CaseCorrected) -> Correction:
    """Raises Rejected with each fault by its path."""
    category, region = event.category and event.category.strip(), event.region and event.region.strip()
    language = language_code(event.language)
    words = {"category": category, "language": language, "region": region}
    faults = [
        {"pointer": f"/{name}", "detail": detail}
        for name, (form, detail) in _FORMS.items()
        if getattr(event, name) is not None and not form.fullmatch(words[name] or "")
    ]
    if event.severity is None and not any(words.values()):
        faults = faults or [{"pointer": "/", "detail": "nothing is corrected"}]
    if faults:
        raise Rejected("the correction cannot be used", faults)
    severity_at = event.at if event.severity else None
    return Correction(event.by, event.at, event.severity, category, language, region, severity_at)


def _standing(tx: Transaction, complaint: Complaint) -> Correction:
    """What holds of all that was said, however it arrived; contacts that came after it may have raised the severity."""
    standing = reduce(Correction.under, corrections_store.said_of(tx, complaint.id))
    before = complaint.correction
    if before and (before.severity, before.severity_at) == (standing.severity, standing.severity_at):
        return replace(standing, raised_to=before.raised_to)
    if standing.severity_at is None:
        return standing
    since = corrections_store.severities_since(tx, complaint.id, standing.severity_at)
    return reduce(Correction.after, since, standing)
