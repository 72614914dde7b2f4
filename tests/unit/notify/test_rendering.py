"""What an alert says, in whose language and zone, and what can never break out of it."""

import html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notify.domain import Alert, Contact, Purpose
from services.notify.hearing import escalation_from
from services.notify.rendering import TEMPLATES, Writer
from services.notify.routes import next_alerts
from shared import links
from shared.contracts.escalation import EscalationReason
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
ANSWERED = Writer(KEYS, "https://ombud.example", sms_replies=True)
MAJOR = facts(children=12, regions=("CZ", "DE"))
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
    assert letter.subject == "[High] privacy security, 0f8c2d11, level 1"
    for text in (letter.text, letter.html):
        assert "the complaint was read as this severe" in text
        assert "2026-11-02 20:30 CST" in text
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


@pytest.mark.parametrize(("language", "word"), [("cs", "Vysoká"), ("cs-CZ", "Vysoká"), ("en", "High"), ("tlh", "High")])
def test_letter_is_in_the_language_of_the_contact_or_english(language, word):
    letter, _ = written(escalated(), a_contact(language=language))
    assert letter.subject.startswith(f"[{word}]")


def test_unknown_zone_is_told_in_utc():
    letter, _ = written(escalated(respond_by=NOON), a_contact(timezone="Mars/Olympus"))
    assert "2026-11-02 12:00 UTC" in letter.text


@pytest.mark.parametrize(
    ("at", "zone", "shown"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), "America/New_York", "1-01-01 00:00 UTC"),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "Asia/Tokyo", "9999-12-31 23:59 UTC"),
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


def test_every_purpose_is_there_in_english_and_each_text_has_its_markup():
    texts = {p.name.removesuffix(".txt") for p in TEMPLATES.glob("*.txt")}
    assert {f"{p}.en" for p in Purpose} <= texts == {p.name.removesuffix(".html") for p in TEMPLATES.glob("*.*.html")}


@pytest.mark.parametrize(("language", "before", "behind"), [("en", "Why you: ", " (level"), ("cs", "Proč vy: ", " (ú")])
def test_each_reason_has_words_of_its_own_in_every_language(language, before, behind):
    words = set()
    for reason in EscalationReason:
        letter, _ = written(escalated(reason=reason), a_contact(language=language))
        said = letter.text.split(before)[1].split(behind)[0]
        assert said != reason
        assert said in html.unescape(letter.html)
        words.add(said)
    assert len(words) == len(EscalationReason)


def test_reason_of_another_version_silences_no_alert():
    known = escalation_from(escalated(), BOTH, NOON, None)
    assert known
    (alert,) = next_alerts(known, "ann", a_contact(), frozenset(), BOTH, NOON)
    letter = WRITER.write(alert, replace(known, reason="of_the_future"), a_contact())
    assert "of_the_future" in letter.text and "of_the_future" in letter.html
    assert "my card was charged twice" in letter.text


@pytest.mark.parametrize(
    ("language", "changes", "said"),
    [
        ("en", {}, '80% of the time for "first answer" has gone: it is due at 2026-11-02 13:00 UTC.'),
        ("en", {"percent": 100}, 'The time for "first answer" is over: it was due at 2026-11-02 13:00 UTC.'),
        ("en", {"percent": 130}, 'The time for "first answer" is over: it was due at 2026-11-02 13:00 UTC.'),
        (
            "en",
            {"clock": "follow_up", "percent": 100},
            "You took this case and it has not gone on. That was due at 2026-11-02 13:00 UTC.",
        ),
        (
            "en",
            {"clock": "follow_up", "percent": 80},
            "You took this case and it has not gone on. That is due at 2026-11-02 13:00 UTC.",
        ),
        ("cs", {}, "Z času pro „first answer“ uplynulo 80 %: termín je 2026-11-02 13:00 UTC."),
        ("cs", {"percent": 100}, "Čas pro „first answer“ vypršel: termín byl 2026-11-02 13:00 UTC."),
        (
            "cs",
            {"clock": "follow_up", "percent": 100},
            "Tento případ jste převzali a nepokračuje. Termín byl 2026-11-02 13:00 UTC.",
        ),
    ],
)
def test_warning_says_which_clock_how_much_of_it_has_gone_and_when_it_is_due(language, changes, said):
    letter, _ = written(warned(**changes), a_contact(language=language))
    assert letter.text.startswith(said + "\n")
    assert said in html.unescape(letter.html)
    assert "None" not in letter.text + letter.subject


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({}, "[High] 80% gone: first answer, privacy security, 0f8c2d11"),
        ({"percent": 100}, "[High] too late: first answer, privacy security, 0f8c2d11"),
        ({"clock": "follow_up"}, "[High] not gone on, privacy security, 0f8c2d11"),
        ({"facts": MAJOR}, "[High] 80% gone: first answer, 12 complaints, privacy security, 0f8c2d11"),
    ],
)
def test_subject_of_a_warning_tells_it_in_one_line(changes, subject):
    assert written(warned(**changes))[0].subject == subject


@pytest.mark.parametrize("event", [escalated(facts=MAJOR), exhausted(MAJOR), warned(facts=MAJOR)])
def test_major_complaint_says_how_many_from_where_and_since_when(event):
    english, _ = written(event, a_contact(timezone="Europe/Prague"))
    czech, _ = written(event, a_contact(timezone="Europe/Prague", language="cs"))
    said = "A major complaint: it stands for 12 complaints from CZ, DE, since 2026-11-02 13:00 CET."
    assert said in english.text and said in english.html
    assert "12 complaints, " in english.subject
    said = "Hromadná stížnost (stížností: 12; CZ, DE), od 2026-11-02 13:00 CET."
    assert said in czech.text and said in czech.html
    assert "stížností: 12, " in czech.subject


def test_major_complaint_in_a_text_message_is_short():
    letter, _ = written(escalated(facts=MAJOR), channel=SMS)
    assert letter.text.startswith("0f8c2d11 High (12 complaints) CZ, DE https://")


def test_complaint_that_stands_for_itself_says_nothing_of_others():
    for event in (escalated(), exhausted(), URGENT):
        letter, _ = written(event)
        short, _ = written(event, channel=SMS)
        assert "complaints" not in letter.text + letter.html + letter.subject + short.text


def test_regions_that_are_not_known_leave_no_hole():
    letter, _ = written(escalated(facts=facts(children=1, regions=())))
    assert "it stands for 1 complaint, since" in letter.text


@pytest.mark.parametrize("language", ["en", "cs"])
def test_text_message_asks_for_a_reply_only_where_one_comes_back(language):
    contact = a_contact(language=language)
    silent, _ = written(escalated(), contact, SMS)
    asking, _ = written(escalated(), contact, SMS, ANSWERED)
    assert asking.text.startswith(silent.text + " ")
    assert re.search(r" 1 \(.*: 1 0f8c2d11\)$", asking.text)


@pytest.mark.parametrize("event", [exhausted(), URGENT, failed()])
def test_text_message_that_calls_nobody_to_a_level_asks_for_no_reply(event):
    assert written(event, channel=SMS, writer=ANSWERED)[0].text == written(event, channel=SMS)[0].text


def test_alert_is_not_written_differently_at_another_attempt():
    letter, alert = written(escalated())
    assert isinstance(alert, Alert)
    assert (letter.alert_id, letter.case_id) == (alert.id, CASE)
