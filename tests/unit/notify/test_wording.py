"""The words of an alert: why it comes, which clock runs out, how many complaints one stands for, how to reply."""

import html
import re
from dataclasses import replace

import pytest

from services.notify.domain.hearing import escalation_from
from services.notify.domain.routes import next_alerts
from services.notify.texts.rendering import Writer
from shared.contracts.escalation import EscalationReason
from tests.harness.events import NOON
from tests.unit.notify.build import BOTH, SMS, a_contact, escalated, exhausted, facts, failed, warned
from tests.unit.notify.test_rendering import KEYS, URGENT, WRITER, written

ANSWERED = Writer(KEYS, "https://ombud.example", sms_replies=True)
MAJOR = facts(children=12, regions=("CZ", "DE"))


@pytest.mark.parametrize(
    ("language", "before", "behind"),
    [
        ("en", "Why you: ", " (level"),
        ("cs", "Proč vy: ", " (ú"),
        ("el", "Γιατί εσείς: ", " (επ"),
        ("pl", "Dlaczego Państwo: ", " (poz"),
        ("zh", "通知您的原因：", "（第"),
        ("de", "Warum Sie: ", " (Stufe"),
        ("es", "Por qué usted: ", " (nivel"),
        ("fr", "Pourquoi vous : ", " (niveau"),
    ],
)
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
    assert "of the future" in letter.text and "of the future" in letter.html
    assert "my card was charged twice" in letter.text


@pytest.mark.parametrize(
    ("language", "changes", "said"),
    [
        ("en", {}, '80% of the time for "first answer" has gone: it is due on 2 Nov 2026, 13:00 UTC.'),
        ("en", {"percent": 100}, 'The time for "first answer" is over: it was due on 2 Nov 2026, 13:00 UTC.'),
        ("en", {"percent": 130}, 'The time for "first answer" is over: it was due on 2 Nov 2026, 13:00 UTC.'),
        (
            "en",
            {"clock": "follow_up", "percent": 100},
            "You took this case and it has not gone on. That was due on 2 Nov 2026, 13:00 UTC.",
        ),
        (
            "en",
            {"clock": "follow_up", "percent": 80},
            "You took this case and it has not gone on. That is due on 2 Nov 2026, 13:00 UTC.",
        ),
        ("cs", {}, "Z času pro „první odpověď“ uplynulo 80 %: termín je 2. 11. 2026 13:00 UTC."),
        ("cs", {"percent": 100}, "Čas pro „první odpověď“ vypršel: termín byl 2. 11. 2026 13:00 UTC."),
        (
            "cs",
            {"clock": "follow_up", "percent": 100},
            "Tento případ jste převzali a nepokračuje. Termín byl 2. 11. 2026 13:00 UTC.",
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
        ({}, "[High] 80% gone: first answer, privacy and security, 0f8c2d11"),
        ({"percent": 100}, "[High] too late: first answer, privacy and security, 0f8c2d11"),
        ({"clock": "follow_up"}, "[High] not gone on, privacy and security, 0f8c2d11"),
        ({"facts": MAJOR}, "[High] 80% gone: first answer, 12 complaints, privacy and security, 0f8c2d11"),
    ],
)
def test_subject_of_a_warning_tells_it_in_one_line(changes, subject):
    assert written(warned(**changes))[0].subject == subject


@pytest.mark.parametrize("event", [escalated(facts=MAJOR), exhausted(MAJOR), warned(facts=MAJOR)])
def test_major_complaint_says_how_many_from_where_and_since_when(event):
    english, _ = written(event, a_contact(timezone="Europe/Prague"))
    czech, _ = written(event, a_contact(timezone="Europe/Prague", language="cs"))
    said = "A major complaint: it stands for 12 complaints since 2 Nov 2026, 13:00 CET. Regions: CZ, DE."
    assert said in english.text and said in english.html
    assert "12 complaints, " in english.subject
    for letter in (english, czech):  # nobody wrote it, in whatever language and through whatever channel
        assert "4711" not in letter.text + letter.html
        assert not re.search("Received:|Přijato:", letter.text + letter.html)
    said = "Hromadná stížnost: zastupuje 12 stížností od 2. 11. 2026 13:00 CET. Regiony: CZ, DE."
    assert said in czech.text and said in czech.html
    assert "12 stížností, " in czech.subject


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
    assert "it stands for 1 complaint since" in letter.text and "Regions" not in letter.text


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
