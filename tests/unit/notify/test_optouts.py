"""STOP, START and HELP by text message: what they end and begin, and what is answered."""

from datetime import datetime, timedelta

import pytest

from services.notify import metrics, usecases
from services.notify.channels.sms_text import parts
from services.notify.domain.alert import AlertState
from services.notify.domain.optout import Word, word_in
from services.notify.domain.reply import Incoming, Made, Reply, ReplyAnswer
from services.notify.incoming import copies
from services.notify.people.contact_documents import contact_document
from services.notify.senders import sending
from services.notify.texts.languages import chosen, languages
from services.notify.texts.replies import OTHERS, SENTENCES, sentence
from shared.contracts.event import Severity
from shared.errors import NotFound
from tests.unit.notify.build import CASE, EMAIL, SMS, Office, a_contact, acknowledged, escalated

PHONE, ANN = "+420601234567", "ann@example.org"
FIRST = (SMS, EMAIL)


def reply(office: Office, text: str, at: datetime | None = None, number: str = PHONE) -> ReplyAnswer:
    with office.db.transaction() as tx:
        return usecases.take_reply(tx, office.rules, Reply(number, text, at))


def incoming(office: Office, text: str, sid: str = "SM1", number: str = PHONE, *, is_answered: bool = False) -> str:
    with office.db.transaction() as tx:
        return usecases.take_incoming(tx, office.rules, Incoming(sid, Reply(number, text), is_answered), chosen)


def opted_out(office: Office) -> list[str]:
    with office.db.read() as tx:
        return usecases.get_contact(tx, "ann")["opted_out"]


def counted(word: Word) -> float:
    return metrics.OPT_OUTS.labels(word.value)._value.get()


@pytest.fixture
def ann(office: Office) -> Office:
    office.know(a_contact(channels=FIRST))
    return office


# -- the words ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *((text, Word.STOP) for text in ("STOP", "stop", " Stop. ", "STOPALL", "stop all", "UNSUBSCRIBE", "Cancel")),
        *((text, Word.STOP) for text in ("END", "quit!", "optout", "REVOKE", "ＳＴＯＰ")),
        *((text, Word.START) for text in ("START", "Unstop", "yes")),
        ("Help?", Word.HELP),
        *((text, None) for text in ("", "1", "ACK", "stop it", "please stop", "cancel 0f8c2d11", "the end", "no")),
    ],
)
def test_word_counts_where_it_is_all_that_is_said(text: str, word: Word | None):
    assert word_in(text) is word


# -- what they do ------------------------------------------------------------------------------------------------------


def test_number_that_opted_out_gets_no_more_and_its_person_is_told_elsewhere(ann: Office):
    assert reply(ann, "STOP") == ReplyAnswer(Made.STOPPED)
    ann.hear(escalated())
    ann.send()
    assert ann.addresses() == [ANN]
    assert ann.alerts() == {("ann", "sms"): AlertState.SUPPRESSED, ("ann", "email"): AlertState.ACCEPTED}
    assert (ann.told(), ann.announced[0].reason) == (["alert.suppressed", "alert.accepted"], "opted_out")
    assert opted_out(ann) == ["sms"]


def test_what_waits_for_the_number_goes_on_to_the_next_channel_at_once(ann: Office):
    ann.hear(escalated())
    reply(ann, "STOP")
    ann.send()
    assert ann.addresses() == [ANN]
    assert ann.told() == ["alert.suppressed", "alert.accepted"]


def test_whoever_has_no_other_channel_is_unreachable(office: Office):
    office.know(a_contact(email=None))
    office.hear(escalated())
    reply(office, "STOP")
    assert office.told() == ["alert.suppressed", "escalation.unreachable"]
    office.hear(escalated(case_id="another"))
    assert office.told()[2:] == ["alert.suppressed", "escalation.unreachable"]


def test_message_that_was_claimed_is_withdrawn_before_it_leaves(ann: Office):
    ann.hear(escalated())
    ann.sms.before_hand_off = lambda: reply(ann, "STOP") and None
    ann.send()
    assert ann.addresses() == [ANN]


def test_message_that_is_claimed_after_the_word_does_not_leave(ann: Office):
    """Planned by somebody who had not heard of it yet."""
    ann.hear(escalated())
    with ann.db.transaction() as tx:
        tx.insert_many(sending.store.tables.opt_outs, [{"channel": "sms", "address": PHONE, "at": tx.now}])
    ann.send()
    assert ann.addresses() == [ANN]


def test_nothing_is_started_for_a_case_that_was_answered(ann: Office):
    ann.hear(acknowledged())
    ann.hear(escalated(revision=2))
    reply(ann, "STOP")
    ann.send()
    assert (ann.addresses(), ann.told()) == ([], [])


def test_messages_for_others_stay(ann: Office):
    ann.know(a_contact("ben", phone="+420777777777", channels=(SMS,)))
    ann.hear(escalated("ann", "ben"))
    reply(ann, "STOP")
    ann.send()
    assert sorted(ann.addresses()) == ["+420777777777", ANN]


def test_what_waits_to_leave_by_mail_stays(office: Office):
    office.know(a_contact(channels=(EMAIL, SMS)))
    office.hear(escalated())
    reply(office, "STOP")
    assert office.alerts() == {("ann", "email"): AlertState.PENDING}


def test_all_who_share_the_number_are_told_elsewhere(ann: Office):
    ann.know(a_contact("ben", channels=FIRST))
    reply(ann, "STOP")
    ann.hear(escalated("ann", "ben"))
    ann.send()
    assert sorted(ann.addresses()) == [ANN, "ben@example.org"]


def test_start_brings_the_messages_back(ann: Office):
    reply(ann, "STOP")
    assert reply(ann, "START") == ReplyAnswer(Made.STARTED)
    ann.hear(escalated())
    ann.send()
    assert (ann.addresses(), opted_out(ann)) == ([PHONE], [])


@pytest.mark.parametrize(
    ("told", "is_out"),
    [
        ("S1", True),
        ("S1 S1", True),
        ("S1 T2", False),
        ("T2 S1", False),
        ("S1 T2 S1", False),
        ("S1 T2 S3", True),
        ("S3 T2 S1", True),
        ("S1 S3 T2", True),
        ("S3 S1 T2", True),
        ("T2 S3 T2", True),
        ("S3 T4 T2 S1", False),
        ("T4 T2 S3", False),
    ],
)
def test_the_newest_word_counts_in_whatever_order_they_are_told(ann: Office, told: str, is_out: bool):
    with ann.db.read() as tx:
        start = tx.now - timedelta(hours=1)
    for word in told.split():
        reply(ann, {"S": "STOP", "T": "START"}[word[0]], start + timedelta(minutes=int(word[1])))
    assert opted_out(ann) == (["sms"] if is_out else [])


def test_word_of_a_clock_that_is_ahead_counts_as_said_now(ann: Office):
    with ann.db.read() as tx:
        ahead = tx.now + timedelta(days=1)
    reply(ann, "STOP", ahead)
    reply(ann, "START")
    assert opted_out(ann) == []


def test_changes_are_counted_and_repetitions_are_not(ann: Office):
    stopped, started = counted(Word.STOP), counted(Word.START)
    for text in ("STOP", "STOP", "START", "START", "STOP"):
        reply(ann, text)
    assert (counted(Word.STOP) - stopped, counted(Word.START) - started) == (2, 1)


def test_help_changes_nothing(ann: Office):
    assert reply(ann, "HELP") == ReplyAnswer(Made.HELPED)
    assert (opted_out(ann), ann.announced) == ([], [])


@pytest.mark.parametrize("text", ["STOP", "START", "HELP", "1"])
def test_stranger_is_refused(ann: Office, text: str):
    with pytest.raises(NotFound):
        reply(ann, text, number="+15550000000")


def test_roster_that_is_applied_again_neither_sees_nor_changes_who_opted_out(ann: Office):
    reply(ann, "STOP")
    again = {"ann": a_contact(channels=FIRST)}
    with ann.db.transaction() as tx:
        assert usecases.check_contacts(tx, again).changed == ()
        assert usecases.put_contacts(tx, again).changed == ()
    assert opted_out(ann) == ["sms"]


def test_channel_before_one_that_opted_out_has_all_the_time_of_the_level(office: Office):
    office.know(a_contact(channels=(EMAIL, SMS)))
    reply(office, "STOP")
    office.hear(escalated(severity=Severity.HIGH))
    (job,) = office.claim()
    assert job.alert.give_up_at - job.alert.created_at > timedelta(minutes=29)


def test_contact_shows_the_channels_in_order(office: Office):
    shown = contact_document(a_contact(opted_out=frozenset({SMS, EMAIL})))
    assert shown["opted_out"] == ["email", "sms"]


# -- through a provider that sends the answer -------------------------------------------------------------------------


def test_answer_says_what_was_made_of_it(ann: Office):
    ann.hear(escalated())
    ann.send()
    assert incoming(ann, "1") == "You took the case 0f8c2d11."
    assert incoming(ann, "what?", "SM2") == SENTENCES[Made.NOT_UNDERSTOOD]
    assert incoming(ann, "1 ffffffff", "SM3") == f"{SENTENCES[Made.NOTHING]} {OTHERS % {'others': '1 (0f8c2d11)'}}"
    assert incoming(ann, "HELP", "SM4") == SENTENCES[Made.HELPED]
    assert incoming(ann, "STOP", "SM5") == SENTENCES[Made.STOPPED]
    assert incoming(ann, "START", "SM6") == SENTENCES[Made.STARTED]


@pytest.mark.parametrize("code", sorted(languages()))
@pytest.mark.parametrize("made", Made)
def test_every_answer_has_a_sentence_of_three_text_messages_at_most(made: Made, code: str):
    others = {"others": 17, "other_references": ("aaaa1111", "bbbb2222", "cccc3333")} if made is Made.NOTHING else {}
    said = sentence(ReplyAnswer(made, reference="0f8c2d11", taken_by="Bob", **others), chosen(code))
    assert len(said) > 10 and len(parts(said)) <= 3
    assert (said == chosen("en").say(SENTENCES[made], reference="0f8c2d11", name="Bob")) is (
        code == "en" and not others
    )
    assert ("17 (aaaa1111, bbbb2222, cccc3333)" in said) is bool(others)


def test_answer_is_in_the_language_of_whoever_took_the_case_or_has_the_number(office: Office):
    office.know(a_contact(channels=FIRST, language="de-AT"), a_contact("zoe", channels=FIRST, language="fr"))
    office.hear(escalated("zoe"))
    office.send()
    assert incoming(office, "1") == "Vous avez pris en charge le dossier 0f8c2d11."
    assert incoming(office, "what?", "SM2").startswith("Nicht verstanden.")


def test_second_copy_is_answered_like_the_first_and_takes_nothing_more(ann: Office):
    ann.hear(escalated())
    ann.send()
    first = incoming(ann, "1")
    ann.hear(acknowledged(at=ann.announced[-1].at))
    ann.wait(minutes=2)
    ann.hear(escalated(case_id="bbbb2222-0000-5000-8000-000000000002"))
    ann.send()
    ann.forget()
    assert incoming(ann, "1") == first
    assert [(e.type, e.case_id) for e in ann.announced] == [("alert.answered", CASE)]


def test_older_stop_that_is_told_again_does_not_undo_a_start(ann: Office):
    incoming(ann, "STOP", "SM1")
    ann.wait(minutes=1)
    incoming(ann, "START", "SM2")
    ann.wait(minutes=1)
    incoming(ann, "STOP", "SM1")
    assert opted_out(ann) == []


def test_stranger_gets_no_answer_and_is_counted(ann: Office):
    before = metrics.STRANGERS._value.get()
    assert [incoming(ann, text, text, "+15550000000") for text in ("1", "STOP", "hello")] == ["", "", ""]
    assert incoming(ann, "1", "SM9", "whatsapp:" + PHONE) == ""
    assert metrics.STRANGERS._value.get() - before == 4


def test_what_the_provider_has_answered_is_done_and_not_answered_again(ann: Office):
    assert incoming(ann, "STOP", is_answered=True) == ""
    assert opted_out(ann) == ["sms"]


def test_names_of_messages_are_kept_for_a_month(ann: Office):
    incoming(ann, "HELP")
    ann.wait(days=29)
    with ann.db.transaction() as tx:
        assert copies.sweep(tx) == 0
    ann.wait(days=2)
    with ann.db.transaction() as tx:
        assert copies.sweep(tx) == 1
