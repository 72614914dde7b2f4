"""What an alert says, in whose language and zone, and what can never break out of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notify.domain.alert import Alert, Purpose
from services.notify.domain.contact import Contact
from services.notify.domain.hearing import escalation_from
from services.notify.domain.routes import next_alerts
from services.notify.texts.rendering import Writer
from services.notify.texts.templating import KINDS, TEMPLATES
from shared import links
from shared.contracts.event import Severity
from tests.harness.events import NOON
from tests.unit.notify.build import (
    BOTH,
    CASE,
    EMAIL,
    SMS,
    a_contact,
    escalated,
    exhausted,
    facts,
    failed,
    warned,
)

KEYS = ("key-of-the-tests",)
WRITER = Writer(KEYS, "https://ombud.example")
URGENT = warned(severity=Severity.CRITICAL, percent=100)
NASTY = 'it</blockquote><script>x</script> "q"\r\nBcc: all@example.org\n\n.\nRCPT\u202e\x00'


def written(event, contact: Contact | None = None, channel=EMAIL, writer: Writer = WRITER):
    contact = contact or a_contact()
    escalation = escalation_from(event, BOTH, NOON, None)
    assert escalation
    (alert,) = next_alerts(escalation, "ann", replace(contact, channels=(channel,)), frozenset(), BOTH, NOON)
    return writer.write(alert, escalation, contact), alert


def link_in(text: str) -> links.Claim:
    token = text.split("https://ombud.example/a/")[1].split()[0].split('"')[0]
    return links.check(KEYS, token, timedelta(days=1))


def test_mail_says_how_bad_why_and_until_when():
    letter, _ = written(escalated(respond_by=NOON + timedelta(minutes=30)), a_contact(timezone="Asia/Shanghai"))
    assert letter.subject == "[High] privacy and security, 0f8c2d11, level 1"
    for text in (letter.text, letter.html):
        assert "the complaint was read as this severe" in text
        assert "2 Nov 2026, 20:30 CST (UTC+8)" in text
        assert "my card was charged twice" in text
        assert "zendesk 4711" in text


@pytest.mark.parametrize("event", [escalated(), exhausted(), URGENT])
@pytest.mark.parametrize("channel", [EMAIL, SMS])
def test_link_names_the_alert_and_the_person(event, channel):
    letter, alert = written(event, channel=channel)
    wanted = links.Claim(alert.id, CASE, alert.escalation_id, alert.level, "ann")
    assert link_in(letter.text) == wanted
    assert channel is SMS or link_in(letter.html) == wanted


def test_sms_discloses_reference_severity_region_and_link_only():
    letter, _ = written(escalated(), channel=SMS)
    words = letter.text.split()
    assert (words[:-1], len(words)) == (["0f8c2d11", "High", "emea"], 4)


@pytest.mark.parametrize(
    "event",
    [
        escalated(
            facts=facts(excerpt=NASTY, source=NASTY, external_id=NASTY, region=NASTY, category=NASTY, agent_name=NASTY)
        ),
        exhausted(),
        escalated(facts=facts(children=2, regions=(NASTY,))),
        warned(clock=NASTY, severity=Severity.CRITICAL, percent=100),
        failed(reason=NASTY, failed_type=NASTY, failed_subject=NASTY, service=NASTY, severity=None),
    ],
)
def test_what_others_wrote_breaks_out_of_nothing(event):
    letter, _ = written(event)
    short, _ = written(event, channel=SMS)
    assert "\n" not in letter.subject + short.text
    assert "\r" not in letter.text
    assert not any(c in letter.subject + letter.text + short.text for c in "\u202e\x00")
    assert "<script" not in letter.html
    assert "</blockquote><" not in letter.html
    assert not [line for line in letter.text.splitlines() if line.startswith(("Bcc", ".", "RCPT"))]


def test_missing_facts_leave_no_holes():
    letter, _ = written(escalated(facts=facts(region=None, tier=None, product=None, flags=())))
    short, _ = written(escalated(facts=facts(region=None)), channel=SMS)
    assert "None" not in letter.text + letter.html + letter.subject + short.text
    assert "Customer" not in letter.text


def test_a_flag_that_says_what_the_category_says_is_not_told_beside_it():
    letter, _ = written(escalated(facts=facts(category="safety", flags=("safety", "legal"))))
    assert "category: safety (legal steps)" in letter.text
    assert "(" not in written(escalated(facts=facts(category="safety", flags=("safety",))))[0].text.splitlines()[0]


@pytest.mark.parametrize(("language", "word"), [("cs", "Vysoká"), ("cs-CZ", "Vysoká"), ("en", "High"), ("tlh", "High")])
def test_letter_is_in_the_language_of_the_contact_or_english(language, word):
    letter, _ = written(escalated(), a_contact(language=language))
    assert letter.subject.startswith(f"[{word}]")


def test_unknown_zone_is_told_in_utc():
    letter, _ = written(escalated(respond_by=NOON), a_contact(timezone="Mars/Olympus"))
    assert "2 Nov 2026, 12:00 UTC" in letter.text


@pytest.mark.parametrize(
    ("at", "zone", "shown"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "America/New_York", "1 Jan 1, 00:00 UTC"),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "Asia/Tokyo", "31 Dec 9999, 23:59 UTC"),
    ],
)
def test_time_that_no_calendar_of_the_contact_holds_is_told_in_utc(at, zone, shown):
    letter, _ = written(escalated(facts=facts(received_at=at)), a_contact(timezone=zone))
    assert shown in letter.text
    told, _ = written(failed(at=at), a_contact(timezone=zone))
    assert shown in told.text


@pytest.mark.parametrize("event", [escalated(), exhausted(), failed(), URGENT])
@pytest.mark.parametrize("channel", [EMAIL, SMS])
@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"received_at": "tomorrow"},
        {"received_at": None},
        {"flags": 7},
        {"flags": None},
        {"excerpt": []},
        {"regions": None},
        {"children": "many", "regions": [7]},
        {"due_at": 7, "percent": None, "clock": None},
    ],
)
def test_facts_that_cannot_be_read_silence_no_alert(event, channel, strange):
    """Facts are stored: another version of Ombud, older or newer, may have written them."""
    known = escalation_from(event, BOTH, NOON, None)
    assert known
    escalation = replace(known, facts={**known.facts, **strange} if strange else {})
    (alert,) = next_alerts(escalation, "ann", a_contact(channels=(channel,)), frozenset(), BOTH, NOON)
    letter = WRITER.write(alert, escalation, a_contact())
    assert escalation.purpose is Purpose.DEAD_LETTER or link_in(letter.text).case_id == CASE


@pytest.mark.parametrize(
    "event",
    [
        escalated(facts=facts(region="R" * 5000)),
        escalated(facts=facts(children=10**6, regions=("R" * 70,) * 70)),
        warned(clock="c" * 5000, severity=Severity.CRITICAL, percent=100),
        failed(failed_type="t" * 5000),
    ],
)
def test_text_message_stays_short_enough_for_the_provider_however_long_a_fact_is(event):
    letter, _ = written(event, channel=SMS)
    assert len(letter.text) <= 1600


def test_dead_letter_says_what_failed_and_has_no_link():
    letter, _ = written(failed(dead=True))
    assert letter.subject == "[Operator] routing: complaint.classified was given up and put aside"
    assert CASE in letter.text
    assert "/a/" not in letter.text + letter.html


def test_every_purpose_has_its_text_and_its_page():
    files = {path.name for path in TEMPLATES.iterdir()}
    assert {f"{kind}.{ending}" for kind in KINDS for ending in ("txt", "html")} <= files


def test_alert_is_not_written_differently_at_another_attempt():
    letter, alert = written(escalated())
    assert isinstance(alert, Alert)
    assert (letter.alert_id, letter.case_id) == (alert.id, CASE)
