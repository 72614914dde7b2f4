"""Notify as a process, between a real broker and a real mail server."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.notify.domain.alert import ChannelName
from services.notify.domain.folding import FOLDS
from services.notify.domain.routes import alert_id
from shared.contracts.event import Severity
from shared.contracts.topology import DEAD_LETTERS_EXCHANGE, SERVICES
from shared.schema import migrate
from tests.harness.bus import Bus
from tests.harness.clock import set_shift
from tests.harness.mails import claims_in
from tests.harness.process import ServiceProcess, eventually
from tests.integration.notify.mail_server import MailServer
from tests.integration.notify.twilio import Twilio
from tests.unit.notify.build import (
    CASE,
    MIGRATIONS,
    acknowledged,
    escalated,
    failed,
    handed_back,
    muted,
    snoozed,
    warned,
)

ANN = {"name": "Ann", "email": "ann@example.org", "phone": "+420601234567"}
BOSS = "boss@example.org"


@pytest.fixture
def bus(amqp_uri: str) -> Iterator[Bus]:
    made = Bus(amqp_uri)
    yield made
    made.close()


@pytest.fixture
def start(
    amqp_uri: str, tmp_path: Path, bus: Bus, mail_server: MailServer, twilio: Twilio
) -> Iterator[Callable[..., ServiceProcess]]:
    started: list[ServiceProcess] = []

    def start(url: str, **settings: str) -> ServiceProcess:
        made = ServiceProcess(
            "services.notify",
            tmp_path,
            **{
                "OMBUD_DATABASE_URL": url,
                "OMBUD_AMQP_URI": amqp_uri,
                "OMBUD_SMTP_URL": mail_server.url,
                "OMBUD_SMS_URL": twilio.url,
                "OMBUD_LAST_RESORT": BOSS,
                **settings,
            },
        )
        started.append(made)
        made.start()
        assert made.call("PUT", "/v1/contacts/ann", ANN).status_code == 200
        return made

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path)}"


@pytest.fixture
def notify(start: Callable[..., ServiceProcess], sqlite_url: str) -> ServiceProcess:
    return start(sqlite_url)


def states(notify: ServiceProcess) -> dict[str, str]:
    alerts = notify.call("GET", f"/v1/alerts?case_id={CASE}").json()["alerts"]
    return {f"{alert['recipient']} {alert['channel']}": alert["state"] for alert in alerts}


def at_rest(notify: ServiceProcess, alerts: int) -> bool:
    seen = notify.call("GET", "/v1/summary").json()
    ended = sum(n for state, n in seen["alerts"].items() if state not in ("pending", "claimed", "handed_off"))
    return ended == alerts and seen["plumbing"]["outbox"] == 0


def test_escalation_becomes_one_mail_and_one_event_however_often_it_is_told(any_database, start, bus, mail_server):
    url = any_database.format(service="notify")
    migrate(url, "notify", MIGRATIONS)
    notify = start(url)
    tap = bus.tap("notify")
    event = escalated("ann")
    for copy in ("1", "1", "2"):
        bus.publish(event, event_id=copy)
    eventually(lambda: at_rest(notify, 1), "the alert to end", notify.log)
    bus.publish(event, event_id="3")
    eventually(lambda: bus.waiting("notify.escalation.v1") == 0, "the last copy to be read", notify.log)
    assert notify.stop() == 0
    (letter,) = mail_server.letters
    assert letter["Message-ID"] == f"<{alert_id(event.escalation_id, 'ann', 'email', 'escalation')}@localhost>"
    (taken,) = bus.take(tap)
    assert (taken[0]["ce-type"], taken[1]["channel"], taken[1]["case_id"]) == ("alert.accepted", "email", CASE)


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_mail_leaves_by_tls_with_a_login_to_a_server_of_a_private_ca(
    start, bus, sqlite_url, secure_mail_server, ca_file, scheme
):
    server = secure_mail_server(scheme)
    notify = start(sqlite_url, OMBUD_SMTP_URL=server.url, SSL_CERT_FILE=ca_file)
    bus.publish(escalated("ann"))
    eventually(lambda: at_rest(notify, 1), "the alert to end", notify.log)
    assert states(notify) == {"ann email": "accepted"}
    assert notify.stop() == 0  # before its server
    assert (server.logins, server.recipients) == (1, [["ann@example.org"]])


def test_refused_mail_becomes_a_text_message_and_the_log_keeps_quiet_about_people(notify, bus, mail_server, twilio):
    mail_server.script["RCPT"] = ["550 5.1.1 <ann@example.org> unknown"]
    bus.publish(escalated("ann"))
    eventually(lambda: at_rest(notify, 2), "both alerts to end", notify.log)
    assert states(notify) == {"ann email": "failed", "ann sms": "accepted"}
    assert (mail_server.letters, len(twilio.messages)) == ([], 1)
    for word in ("example.org", "+420", "charged twice", "to/ken"):
        assert word not in notify.log()


def test_answered_case_is_not_told_any_more(notify, bus, mail_server):
    bus.publish(acknowledged(3))
    eventually(lambda: bus.waiting("notify.escalation.v1") == 0, "the answer to be read", notify.log)
    bus.publish(escalated("ann", revision=2))
    bus.publish(escalated("ann", case_id="another"))
    eventually(lambda: at_rest(notify, 1), "the other alert to end", notify.log)
    assert (states(notify), len(mail_server.letters)) == ({}, 1)


def test_case_that_was_put_off_handed_back_or_muted_is_told_again_when_it_climbs(notify, bus, mail_server):
    answers = {"put-off": snoozed, "handed-back": handed_back, "muted": muted}
    for case_id, answer in answers.items():
        bus.publish(answer(3, case_id))
    eventually(lambda: bus.waiting("notify.escalation.v1") == 0, "the answers to be read", notify.log)
    for case_id in answers:
        bus.publish(escalated("ann", case_id=case_id, revision=2))
        bus.publish(escalated("ann", case_id=case_id, revision=4, level=2))
    eventually(lambda: at_rest(notify, len(answers)), "the alerts to end", notify.log)
    told = sorted(letter["Subject"] for letter in mail_server.letters)
    assert told == sorted(f"[High] privacy and security, {case_id[:8]}, level 2" for case_id in answers)


def test_warning_becomes_a_mail_and_nothing_climbs_when_it_fails(notify, bus, mail_server, twilio):
    tap = bus.tap("notify")
    bus.publish(warned("ann"))
    bus.publish(warned("stranger", percent=95))
    eventually(lambda: at_rest(notify, 2), "both alerts to end", notify.log)
    (letter,) = mail_server.letters
    assert letter["Subject"] == "[High] 80% gone: first answer, privacy and security, 0f8c2d11"
    told = sorted((headers["ce-type"], body["purpose"]) for headers, body in bus.take(tap))
    assert told == [("alert.accepted", "warning"), ("alert.failed", "warning")]
    assert twilio.messages == []


def test_reply_to_a_text_message_is_announced_as_the_answer_of_whoever_has_the_number(start, bus, sqlite_url, twilio):
    notify = start(sqlite_url, OMBUD_SMS_REPLIES="true")
    assert notify.call("PUT", "/v1/contacts/ann", ANN | {"channels": ["sms"]}).status_code == 200
    bus.publish(escalated("ann"))
    eventually(lambda: at_rest(notify, 1), "the alert to end", notify.log)
    assert "reply 1" in twilio.messages[0]["Body"]
    tap = bus.tap("notify")
    reply = {"channel": "sms", "from": ANN["phone"], "text": "1 0F8C2D11"}
    answer = notify.call("POST", "/v1/replies", reply)
    assert (answer.status_code, answer.json()["what"], answer.json()["case_id"]) == (200, "acknowledged", CASE)
    eventually(lambda: at_rest(notify, 1), "the answer to leave", notify.log)
    ((headers, body),) = bus.take(tap)
    assert (headers["ce-type"], headers["ce-subject"], body["by"]) == ("alert.answered", CASE, "ann")
    assert notify.call("POST", "/v1/replies", reply | {"text": "who?"}).json()["what"] == "not_understood"
    assert notify.call("POST", "/v1/replies", reply | {"from": "+420999999999"}).status_code == 404
    refused = notify.call("POST", "/v1/replies", reply | {"from": "me", "at": "now"})
    assert refused.status_code == 422
    assert {error["pointer"] for error in refused.json()["errors"]} == {"/from", "/at"}


def test_last_resort_hears_of_severe_failures_of_each_service(notify, bus, mail_server):
    for service in SERVICES:
        bus.publish(failed(service=service), service=service)
    eventually(lambda: len(mail_server.letters) == 4, "the mails", notify.log)
    assert mail_server.recipients == [[BOSS]] * 4


def test_last_resort_hears_of_what_the_broker_gave_up_on_and_it_is_kept(notify, bus, mail_server):
    """A message whose consumers die of it lands here after its last delivery, from whichever queue."""
    bus.raw(DEAD_LETTERS_EXCHANGE, "complaint.classified", b"deadly", {"ce-id": "1", "ce-source": "/ombud/intake"})
    eventually(lambda: len(mail_server.letters) == 1, "the mail", notify.log)
    assert mail_server.recipients == [[BOSS]]
    assert notify.call("GET", "/v1/summary").json()["plumbing"]["dead_letters"] == 1
    assert bus.waiting("notify.dead-letters.v1") == 0


def test_killed_after_hand_off_is_ambiguous_and_never_sent_again_by_mail(notify, bus, mail_server, twilio, tmp_path):
    notify.stop()
    shift = tmp_path / "shift"
    notify.settings["OMBUD_CLOCK_FILE"] = str(shift)
    notify.launch(OMBUD_FAILPOINTS="notify.sent=kill@1")
    bus.publish(escalated("ann"))
    assert notify.wait() != 0
    notify.start()
    set_shift(shift, timedelta(seconds=130))
    eventually(lambda: at_rest(notify, 2), "both alerts to end", notify.log)
    assert states(notify) == {"ann email": "ambiguous", "ann sms": "accepted"}
    assert (len(mail_server.letters), len(twilio.messages)) == (1, 1)


def test_killed_before_hand_off_is_sent_once_all_the_same(notify, bus, mail_server, tmp_path):
    notify.stop()
    shift = tmp_path / "shift"
    notify.settings["OMBUD_CLOCK_FILE"] = str(shift)
    notify.launch(OMBUD_FAILPOINTS="notify.claimed=kill@1")
    bus.publish(escalated("ann"))
    assert notify.wait() != 0
    notify.start()
    set_shift(shift, timedelta(seconds=70))
    eventually(lambda: at_rest(notify, 1), "the alert to end", notify.log)
    assert (states(notify), len(mail_server.letters)) == ({"ann email": "accepted"}, 1)


MANY = 20


def waiting_cases(notify: ServiceProcess, bus: Bus) -> None:
    """Told while notify is away, so that it finds them all at once; Ann was told of a critical case before."""
    bus.publish(escalated("ann", case_id="before", severity=Severity.CRITICAL))
    eventually(lambda: at_rest(notify, 1), "the first alert to end", notify.log)
    notify.stop()
    for n in range(MANY):
        bus.publish(escalated("ann", case_id=f"case-{n:02}"))


def told_by_mail(mail_server: MailServer) -> list[list[str]]:
    """The cases in each mail, by their links."""
    texts = [letter.get_body(("plain",)).get_content() for letter in mail_server.letters]
    return [[claim.case_id for claim in claims_in(text)] for text in texts]


def test_many_cases_are_one_mail_with_a_link_for_each(notify, bus, mail_server):
    waiting_cases(notify, bus)
    notify.start()
    eventually(lambda: at_rest(notify, 1 + MANY), "all alerts to end", notify.log)
    told = told_by_mail(mail_server)
    assert sorted(case_id for mail in told for case_id in mail) == ["before", *(f"case-{n:02}" for n in range(MANY))]
    assert len(told) < MANY / 2
    assert notify.call("GET", "/v1/summary").json()["mails"] == len(told)
    assert notify.metric('ombud_digests_total{outcome="accepted"}') == sum(len(mail) > 1 for mail in told) > 0
    assert notify.metric("ombud_digest_alerts_sum") == sum(len(mail) for mail in told if len(mail) > 1)


@pytest.mark.parametrize(
    ("failpoint", "seconds", "mails"), [("notify.handed_off", 130, 0), ("notify.sent", 130, 1)], ids=["before", "after"]
)
def test_killed_behind_the_hand_off_of_a_digest_each_alert_is_ambiguous(
    notify, bus, mail_server, twilio, tmp_path, failpoint, seconds, mails
):
    shift = tmp_path / "shift"
    notify.settings["OMBUD_CLOCK_FILE"] = str(shift)
    waiting_cases(notify, bus)
    notify.launch(OMBUD_FAILPOINTS=f"{failpoint}=kill@1")
    assert notify.wait() != 0
    notify.start()
    set_shift(shift, timedelta(seconds=seconds))
    eventually(lambda: notify.metric('ombud_alerts_total{channel="email",outcome="ambiguous"}') > 1, "the reaper")
    lost = int(notify.metric('ombud_alerts_total{channel="email",outcome="ambiguous"}'))
    eventually(lambda: at_rest(notify, 1 + MANY + lost), "all alerts to end", notify.log)
    ended = notify.call("GET", "/v1/alerts").json()["alerts"]
    ambiguous = {a["case_id"] for a in ended if a["state"] == "ambiguous"}
    accepted = [a["case_id"] for a in ended if a["state"] == "accepted"]
    assert len(ambiguous) == lost
    assert sorted(accepted) == sorted({a["case_id"] for a in ended})  # each once, the lost ones by text message
    in_mails = [case_id for mail in told_by_mail(mail_server) for case_id in mail]
    assert len(in_mails) == len(set(in_mails)) == 1 + MANY - lost * (1 - mails)
    assert len(twilio.messages) == 1 + -(-(lost - 1) // FOLDS[ChannelName.SMS])  # the first one is alone


def test_killed_before_the_hand_off_of_a_digest_all_is_sent_once(notify, bus, mail_server, tmp_path):
    shift = tmp_path / "shift"
    notify.settings["OMBUD_CLOCK_FILE"] = str(shift)
    waiting_cases(notify, bus)
    notify.launch(OMBUD_FAILPOINTS="notify.claimed=kill@1")
    assert notify.wait() != 0
    notify.start()
    set_shift(shift, timedelta(seconds=70))
    eventually(lambda: at_rest(notify, 1 + MANY), "all alerts to end", notify.log)
    assert sorted(case_id for mail in told_by_mail(mail_server) for case_id in mail) == [
        "before",
        *(f"case-{n:02}" for n in range(MANY)),
    ]
