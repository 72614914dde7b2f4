"""What each channel is told, by text, buttons and facts: as little as it needs, and no more than the policy allows."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.notify.channels.channel import Letter
from services.notify.channels.sms_text import references
from services.notify.domain.alert import ChannelName, Purpose
from services.notify.domain.folding import FOLDS
from services.notify.domain.hearing import escalation_from
from services.notify.domain.jobs import Job, Piece
from services.notify.domain.policy import Policy
from services.notify.domain.routes import next_alerts
from services.notify.texts.facts import Reader, facts_of
from services.notify.texts.languages import languages
from services.notify.texts.rendering import Writer
from services.notify.texts.templating import KINDS
from shared.contracts.event import Severity, to_text
from tests.harness.events import NOON
from tests.unit.notify.build import BOTH, CASE, EMAIL, SMS, a_contact, escalated, exhausted, facts, failed, warned
from tests.unit.notify.test_rendering import KEYS, link_in

SLACK, WEBHOOK = ChannelName.SLACK, ChannelName.WEBHOOK
EVERYWHERE = replace(BOTH, configured=frozenset(ChannelName))
SECRETS = {
    "excerpt": "it burned my hand",
    "external_id": "ext-4711",
    "product": "Kettle-9",
    "tier": "platinum",
    "agent_name": "Jana N",
}
TELLING = facts(**SECRETS, region="CZ", category="billing")
EVENTS = {
    Purpose.ESCALATION: escalated(facts=TELLING, respond_by=NOON + timedelta(minutes=30)),
    Purpose.WARNING: warned(facts=TELLING, severity=Severity.CRITICAL, percent=100),
    Purpose.EXHAUSTED: exhausted(TELLING),
    Purpose.DEAD_LETTER: failed(),
}
TOLD: dict[Purpose, dict[str, Any]] = {
    Purpose.ASSIGNMENT: {"category": "billing", "region": "CZ", "language": "cs", "answer_by": to_text(NOON)},
    Purpose.TAKEN: {"by_name": "Petr", "at": to_text(NOON), "what": "acknowledged"},
    Purpose.TEST: {},
}


def piece(purpose: Purpose, channel: ChannelName, **changes: Any) -> Piece:
    """An alert of that purpose by that channel."""
    known = escalation_from(EVENTS.get(purpose, EVENTS[Purpose.ESCALATION]), EVERYWHERE, NOON, None)
    assert known
    if purpose in TOLD:
        known = replace(known, purpose=purpose, facts=TOLD[purpose], reason=purpose.value)
    known = replace(known, **changes)
    contact = a_contact(channels=(channel,), addresses={channel: "somewhere"})
    alerts = next_alerts(known, "ann", contact, frozenset(), EVERYWHERE, NOON)
    (alert,) = (alert for alert in alerts if alert.channel is channel)
    return Piece(alert, known)


def letter_of(
    *pieces: Piece, quotes: frozenset[ChannelName] | None = None, language: str = "en", **rest: Any
) -> Letter:
    policy = Policy() if quotes is None else Policy(excerpt_in=quotes)
    channel = pieces[0].alert.channel
    contact = a_contact(language=language, addresses={channel: "somewhere"})
    return Writer(KEYS, "https://ombud.example", policy=lambda: policy, **rest).letter(Job(pieces, contact))


def told_by(letter: Letter) -> str:
    entries = [entry.text for entry in letter.entries]
    return "\n".join([letter.subject, letter.text, letter.html, repr(letter.facts), *entries])


def secrets_in(letter: Letter) -> set[str]:
    return {name for name, secret in SECRETS.items() if secret in told_by(letter)}


@pytest.mark.parametrize("purpose", [Purpose.ESCALATION, Purpose.WARNING, Purpose.EXHAUSTED])
@pytest.mark.parametrize("channel", [SMS, SLACK, WEBHOOK])
def test_customer_is_neither_quoted_nor_described_by_phone_and_chat(purpose: Purpose, channel: ChannelName) -> None:
    letter = letter_of(piece(purpose, channel))
    assert secrets_in(letter) == set()
    assert "billing" not in told_by(letter)
    shown = letter.subject + " " + letter.text
    assert "0f8c2d11" in shown and "CZ" in shown and link_in(letter.text).case_id == CASE


def test_mail_quotes_the_customer_only_where_the_policy_lets_it() -> None:
    assert secrets_in(letter_of(piece(Purpose.ESCALATION, EMAIL))) == set(SECRETS)
    silent = letter_of(piece(Purpose.ESCALATION, EMAIL), quotes=frozenset())
    assert secrets_in(silent) == set()
    assert "<blockquote>" not in silent.html and "Customer" not in silent.text
    digest = letter_of(piece(Purpose.ESCALATION, EMAIL), piece(Purpose.ESCALATION, EMAIL), quotes=frozenset())
    assert secrets_in(digest) == set()


def test_chat_quotes_the_customer_where_the_policy_lets_it() -> None:
    assert secrets_in(letter_of(piece(Purpose.ESCALATION, SLACK), quotes=frozenset({SLACK}))) == {"excerpt"}


def test_policy_is_asked_at_each_letter() -> None:
    policies = [Policy(excerpt_in=frozenset()), Policy()]
    writer = Writer(KEYS, "https://ombud.example", policy=lambda: policies.pop(0))
    job = Job((piece(Purpose.ESCALATION, EMAIL),), a_contact())
    assert [secrets_in(writer.letter(job)) for _ in range(2)] == [set(), set(SECRETS)]


def test_program_is_told_what_the_text_tells() -> None:
    one = piece(Purpose.ESCALATION, WEBHOOK)
    letter = letter_of(one)
    link = letter.facts["link"]
    assert link in letter.text
    assert letter.facts == {
        "alert_id": one.alert.id,
        "case_id": CASE,
        "purpose": "escalation",
        "reference": "0f8c2d11",
        "severity": "high",
        "level": 1,
        "reason": "severity",
        "region": "CZ",
        "link": link,
        "respond_by": "2026-11-02T12:30:00Z",
    }


def test_chat_has_a_button_to_take_the_case_and_one_to_see_it() -> None:
    letter = letter_of(piece(Purpose.ESCALATION, SLACK), language="cs")
    take, see = letter.buttons
    assert (take.label, take.url, see.label, see.token) == ("Převzít případ", "", "Zobrazit případ", "")
    assert see.url == f"https://ombud.example/a/{take.token}" == letter.facts["link"]


@pytest.mark.parametrize("clock", ["first_answer", "follow_up"])
@pytest.mark.parametrize("purpose", [Purpose.WARNING, Purpose.EXHAUSTED])
def test_what_a_press_cannot_answer_is_only_to_be_seen(purpose: Purpose, clock: str) -> None:
    """`clicks.py` takes a case for a call alone; whoever wants this one takes it on its page."""
    known = piece(purpose, SLACK)
    told = replace(known, escalation=replace(known.escalation, facts={**known.escalation.facts, "clock": clock}))
    (see,) = letter_of(told).buttons
    assert (see.label, see.token) == ("See the case", "")


@pytest.mark.parametrize("channel", [EMAIL, SMS])
def test_mail_and_text_message_have_their_link_in_the_text_and_no_buttons(channel: ChannelName) -> None:
    assert letter_of(piece(Purpose.ESCALATION, channel)).buttons == ()
    assert letter_of(*many(channel, Severity.LOW, Severity.HIGH)).entries == ()


@pytest.mark.parametrize("purpose", [Purpose.ASSIGNMENT, Purpose.TAKEN, Purpose.TEST, Purpose.DEAD_LETTER])
@pytest.mark.parametrize("channel", [EMAIL, SMS, SLACK])
def test_what_nobody_needs_to_take_has_no_link_and_no_button(purpose: Purpose, channel: ChannelName) -> None:
    letter = letter_of(piece(purpose, channel))
    assert "/a/" not in told_by(letter)
    assert letter.buttons == () and letter.facts["link"] is None


def test_agent_hears_which_complaint_is_theirs_and_until_when() -> None:
    letter = letter_of(piece(Purpose.ASSIGNMENT, EMAIL))
    assert letter.subject == "[High] The complaint 0f8c2d11 is yours. billing"
    for said in ("is yours.", "category: billing", "Region: CZ", "Language: Czech", "answer by 2 Nov 2026, 12:00 UTC."):
        assert said in letter.text
    bare = letter_of(piece(Purpose.ASSIGNMENT, EMAIL, facts={}))
    assert not any(said in bare.text for said in ("Region", "Language", "answer by", "None"))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"by_name": "Petr", "what": "acknowledged"}, "Case 0f8c2d11 has been taken by Petr."),
        ({"what": "acknowledged"}, "Case 0f8c2d11 has been taken by somebody else."),
        ({"by_name": "Petr", "what": "resolved"}, "Case 0f8c2d11 is resolved, by Petr."),
        ({"what": "resolved"}, "Case 0f8c2d11 is resolved."),
        ({}, "Case 0f8c2d11 has been taken by somebody else."),
    ],
)
def test_those_told_before_hear_what_became_of_it(told: dict[str, str], said: str) -> None:
    assert letter_of(piece(Purpose.TAKEN, SMS, facts=told)).text == said
    assert said in letter_of(piece(Purpose.TAKEN, EMAIL, facts=told)).text


def test_test_alert_says_by_what_it_came_and_that_there_is_nothing_to_do() -> None:
    assert "by this channel: e-mail." in letter_of(piece(Purpose.TEST, EMAIL)).text
    chat = letter_of(piece(Purpose.TEST, SLACK))
    assert "by this channel: Slack." in chat.subject and "nothing to do" in chat.text
    assert letter_of(piece(Purpose.TEST, SMS)).text == "Test alert of Ombud: there is nothing to do (0f8c2d11)"


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize(
    ("channel", "said"), [(EMAIL, "a second time"), (SMS, "May be a repetition."), (SLACK, "repet")]
)
def test_what_may_have_come_before_says_so(purpose: Purpose, channel: ChannelName, said: str) -> None:
    once = piece(purpose, channel)
    again = replace(once, alert=replace(once.alert, doubts=1))
    assert (letter_of(once).may_repeat, letter_of(again).may_repeat) == (False, True)
    assert channel is not EMAIL or (said in letter_of(again).html and said not in letter_of(once).html)
    if purpose is not Purpose.TEST:
        assert said in letter_of(again).text and said not in letter_of(once).text


def test_own_templates_get_the_reason_cleaned_too() -> None:
    known = piece(Purpose.ESCALATION, SLACK, reason="*x*\n<!channel>")
    reader = Reader(languages()["en"], "UTC", SLACK)
    assert facts_of(reader, known.alert, known.escalation, "")["reason"] == "x channel"


def many(channel: ChannelName, *severities: Severity, region: str = "CZ") -> list[Piece]:
    found = []
    for number, severity in enumerate(severities):
        known = piece(Purpose.ESCALATION, channel, case_id=f"{number:08}-1", severity=severity)
        facts_of_it = {**known.escalation.facts, "region": region}
        alert = replace(known.alert, case_id=f"{number:08}-1", severity=severity, id=f"alert-{number}")
        found.append(Piece(alert, replace(known.escalation, facts=facts_of_it)))
    return found


def test_digest_by_phone_counts_names_the_worst_and_links_to_it() -> None:
    pieces = many(SMS, Severity.LOW, Severity.CRITICAL, Severity.HIGH)
    text = letter_of(*pieces, sms_replies=True).text
    before, after = text.split("https://")
    assert before == "3 cases wait for you, highest severity: critical: 00000000 CZ, 00000001 CZ, 00000002 CZ "
    assert link_in(text).case_id == "00000001-1"
    assert after.endswith(" To take one reply: 1 00000001")
    assert "reply" not in letter_of(*pieces).text


def test_digest_by_phone_stays_short_however_many_cases_wait() -> None:
    """Each is named, as it may be looked up by its name; where they are is said as far as it fits."""
    most = FOLDS[SMS]
    text = letter_of(*many(SMS, *[Severity.LOW] * most, region="R" * 60)).text
    assert references(text) == {f"{n:08}" for n in range(most)}
    assert text.count("R" * 60) == 1
    assert len(text) < 400
    assert "RRR" not in letter_of(*many(SMS, Severity.LOW, Severity.LOW, region="R" * 5000)).text


def test_short_digest_leads_to_the_worst_case_and_of_equals_to_the_first() -> None:
    leads_to = [
        link_in(letter_of(*many(SMS, *severities)).text).alert_id
        for severities in ([Severity.LOW, Severity.HIGH, Severity.LOW], [Severity.HIGH, Severity.HIGH])
    ]
    assert leads_to == ["alert-1", "alert-0"]


def test_digest_in_a_chat_shows_each_case_with_buttons_of_its_own() -> None:
    pieces = many(SLACK, Severity.LOW, Severity.CRITICAL)
    letter = letter_of(*pieces)
    assert letter.subject == "[Critical] 2 cases wait for you: 00000000 CZ, 00000001 CZ"
    assert [entry.text.splitlines()[0] for entry in letter.entries] == ["[Low] 00000000, CZ", "[Critical] 00000001, CZ"]
    assert [link_in(entry.buttons[1].url).alert_id for entry in letter.entries] == ["alert-0", "alert-1"]
    assert letter.buttons == () and secrets_in(letter) == set()
    assert [told["case_id"] for told in letter.facts["cases"]] == ["00000000-1", "00000001-1"]


@pytest.mark.parametrize("channel", [EMAIL, SMS, SLACK])
def test_whatever_is_folded_can_be_said(channel: ChannelName) -> None:
    letter = letter_of(*[piece(purpose, channel) for purpose in Purpose if purpose is not Purpose.DEAD_LETTER])
    assert f"{len(Purpose) - 1} cases wait for you" in letter.subject + letter.text


def test_every_kind_has_its_sample() -> None:
    assert {purpose.value for purpose in [*EVENTS, *TOLD]} | {"digest"} == set(KINDS)
