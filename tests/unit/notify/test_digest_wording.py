"""What a digest says of each case, in both languages, and what can never break out of it."""

import html
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.intake.redaction import EXCERPT_LENGTH
from services.notify.channels.channel import Letter
from services.notify.channels.sms_text import references
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact
from services.notify.domain.folding import FOLD
from services.notify.domain.hearing import escalation_from
from services.notify.domain.jobs import Job, Piece
from services.notify.domain.routes import next_alerts
from services.notify.texts.languages import languages
from services.notify.texts.rendering import digest_id
from services.notify.texts.vocabulary import CATEGORIES, REASONS
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity
from tests.harness.events import NOON
from tests.unit.notify.build import BOTH, CASE, a_contact, escalated, facts
from tests.unit.notify.test_rendering import NASTY, WRITER, link_in


def piece(event: Any, **stored: Any) -> Piece:
    escalation = escalation_from(event, BOTH, NOON, None)
    assert escalation
    (alert,) = next_alerts(escalation, "ann", a_contact(), frozenset(), BOTH, NOON)
    return Piece(alert, replace(escalation, facts={**escalation.facts, **stored}))


def pieces(*events: Any) -> tuple[Piece, ...]:
    return tuple(piece(event) for event in events)


def digest(told: tuple[Piece, ...], contact: Contact | None = None) -> Letter:
    return WRITER.letter(Job(told, contact or a_contact()))


ONE = escalated(
    case_id="11111111-1",
    severity=Severity.CRITICAL,
    reason=EscalationReason.ASKED,
    respond_by=NOON + timedelta(minutes=30),
    facts=facts(region="CZ", category="safety", excerpt="it burned my hand"),
)
OTHER = escalated(case_id="22222222-2", severity=Severity.LOW, level=2, facts=facts(region=None, excerpt="where is it"))
SAID = {
    "en": (
        "[Critical] 2 cases wait for you",
        "Critical, CZ, safety",
        "Waiting since: 2 Nov 2026, 13:00 CET, please answer by 2 Nov 2026, 13:30 CET",
        "Why you: the customer asks for a supervisor (level 1)",
    ),
    "cs": (
        "[Kritická] Čekají na vás 2 případy",
        "Kritická, CZ, ohrožení zdraví",
        "Čeká od: 2. 11. 2026 13:00 CET, odpovězte prosím do 2. 11. 2026 13:30 CET",
        "Proč vy: zákazník žádá nadřízeného (úroveň 1)",
    ),
}


@pytest.mark.parametrize("language", SAID)
def test_each_case_says_what_its_own_letter_would(language: str):
    letter = digest(pieces(ONE, OTHER), a_contact(language=language, timezone="Europe/Prague"))
    subject, what, since, why = SAID[language]
    shown = html.unescape(letter.html).replace("<b>", "").replace("</b>", "")
    assert (letter.subject, letter.language) == (subject, language)
    for text in (letter.text, shown):
        assert since in text
        assert what in text and why in text
        assert "it burned my hand" in text and "where is it" in text
        assert "11111111" in text and "22222222" in text
        assert "None" not in text


@pytest.mark.parametrize("language", SAID)
def test_each_case_has_its_own_link_in_text_and_markup(language: str):
    told = pieces(ONE, OTHER)
    letter = digest(told, a_contact(language=language))
    for text in (letter.text, letter.html):
        parts = text.split("https://ombud.example/a/")[1:]
        found = [link_in("https://ombud.example/a/" + part) for part in parts]
        assert [(c.alert_id, c.case_id, c.level, c.person) for c in found] == [
            (x.alert.id, x.alert.case_id, x.alert.level, "ann") for x in told
        ]


@pytest.mark.parametrize("language", SAID)
def test_what_others_wrote_breaks_out_of_nothing(language: str):
    nasty = facts(excerpt=NASTY, region=NASTY, category=NASTY, regions=(NASTY,), children=3)
    letter = digest(pieces(escalated(case_id="<b>1</b>", facts=nasty), ONE), a_contact(language=language))
    assert "\n" not in letter.subject
    assert "\r" not in letter.text
    assert not any(c in letter.subject + letter.text + letter.html for c in "\u202e\x00")
    assert "<script" not in letter.html and "</blockquote><s" not in letter.html and "<b>1<" not in letter.html
    assert not [line for line in letter.text.splitlines() if line.strip().startswith(("Bcc", "RCPT")) or line == "."]


@pytest.mark.parametrize("language", SAID)
def test_major_complaint_says_how_many_it_stands_for(language: str):
    letter = digest(
        pieces(ONE, escalated(case_id="3", facts=facts(children=12, regions=("CZ", "DE")))),
        a_contact(language=language),
    )
    said = {"en": "(12 complaints)", "cs": "(12 stížností)"}[language]
    assert said in letter.text and said in letter.html
    assert "CZ, DE" in letter.text


@pytest.mark.parametrize("strange", [{"flags": 7}, {"regions": None}, {"received_at": None}, {"excerpt": []}])
def test_case_whose_facts_cannot_be_read_keeps_its_link_and_silences_no_other(strange: dict[str, Any]):
    told = (*pieces(ONE), piece(OTHER, **strange))
    letter = digest(told)
    assert "it burned my hand" in letter.text
    assert letter.text.count("https://ombud.example/a/") == letter.html.count("https://ombud.example/a/") == 2
    assert "22222222" in letter.text


def test_reason_of_another_version_stands_as_it_is():
    known = piece(ONE)
    letter = digest((Piece(known.alert, replace(known.escalation, reason="of_the_future")), piece(OTHER)))
    assert "of the future" in letter.text and "of the future" in letter.html


def test_id_follows_from_the_alerts_in_whatever_order():
    one, other = pieces(ONE, OTHER)
    assert digest_id((one, other)) == digest_id((other, one))
    assert len({digest_id((one, other)), digest_id((one,)), digest_id((other,))}) == 3


def test_digest_goes_to_the_address_of_the_contact_and_belongs_to_no_case():
    letter = digest(pieces(ONE, OTHER), a_contact(email="ann@work.example"))
    assert (letter.address, letter.case_id) == ("ann@work.example", "")


@pytest.mark.parametrize("code", sorted(languages()))
def test_longest_digest_stays_below_what_mailboxes_show(code: str):
    language = languages()[code]
    reason, category = (
        max(words, key=lambda word: len(language.say(words[word]).encode())) for words in (REASONS, CATEGORIES)
    )
    about = facts(region="emea", category=category, excerpt="&" * EXCERPT_LENGTH)
    long = piece(escalated(case_id=CASE, severity=Severity.CRITICAL, facts=about))
    told = tuple(replace(long, escalation=replace(long.escalation, reason=reason)) for _ in range(FOLD))
    letter = digest(told, a_contact(language=code, timezone="Europe/Prague"))
    assert 75_000 < len(letter.html.encode()) < 100_000
    assert len(letter.text.encode()) < 100_000


def test_short_digest_names_every_case_however_long_their_places_are():
    """Else one that was in it would be sent anew after a doubt: it is looked up by its reference."""
    ids = [f"{n:08x}" for n in range(10)]
    told = pieces(*(escalated(case_id=f"{id_}-1", facts=facts(region="a" * 40)) for id_ in ids))
    by_sms = tuple(replace(each, alert=replace(each.alert, channel=ChannelName.SMS)) for each in told)
    text = digest(by_sms).text
    assert references(text) == set(ids)
    assert text.count("a" * 40) == 1
