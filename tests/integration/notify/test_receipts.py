"""What comes back from outside, at a notify between a real broker and real peers: a bounce, a status, an answer."""

import subprocess
import sys
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode

import requests
from twilio.request_validator import RequestValidator

from shared.contracts.event import Severity
from tests.harness.bus import Bus
from tests.harness.process import ANSWER_WITHIN, PATIENCE, PROJECT, TOKEN, ServiceProcess, eventually
from tests.integration.notify.mail_server import MailServer
from tests.integration.notify.test_service import bus, sqlite_url, start, states
from tests.integration.notify.twilio import TOKEN as TWILIO_TOKEN
from tests.integration.notify.twilio import Twilio
from tests.unit.notify.build import CASE, escalated

__all__ = ["bus", "sqlite_url", "start"]
PUBLIC = "https://notify.example.org/ombud"


def a_report(letter: EmailMessage) -> bytes:
    """What a server says of a mail that it could not deliver, with its headers."""
    headers = "".join(f"{name}: {value}\n" for name, value in letter.items())
    return f"""\
From MAILER-DAEMON  Mon Nov  2 08:30:02 2026
From: MAILER-DAEMON@mail.example.org
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; {letter["To"]}
Action: failed
Status: 5.2.2

--b
Content-Type: text/rfc822-headers

{headers}
--b--
""".encode()


def bounce(mail: bytes, folder: Path, url: str, token: str = TOKEN) -> subprocess.CompletedProcess[bytes]:
    """As an MTA pipes it in."""
    environment = {"PYTHONPATH": str(PROJECT), "OMBUD_NOTIFY_URL": url, "OMBUD_API_TOKEN": token}
    command = [sys.executable, "-m", "ombud", "bounce"]
    return subprocess.run(
        command, input=mail, env=environment, cwd=folder, capture_output=True, timeout=PATIENCE, check=False
    )


def call_back(notify: ServiceProcess, address: str, form: dict[str, str]) -> requests.Response:
    """As Twilio does: signed for the address outside, and brought in by a proxy."""
    signature = RequestValidator(TWILIO_TOKEN).compute_signature(address, form)
    inside = address.replace(PUBLIC, notify.url)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return requests.post(inside, data=urlencode(form), headers=headers, timeout=ANSWER_WITHIN)


def test_bounced_mail_becomes_a_text_message_that_is_delivered_and_answered(
    start: Callable[..., ServiceProcess],
    sqlite_url: str,
    bus: Bus,
    mail_server: MailServer,
    twilio: Twilio,
    tmp_path: Path,
):
    notify = start(sqlite_url, OMBUD_NOTIFY_PUBLIC_URL=PUBLIC)
    tap = bus.tap("notify")
    bus.publish(escalated("ann", severity=Severity.CRITICAL))
    eventually(lambda: states(notify) == {"ann email": "accepted"}, "the mail to be accepted", notify.log)

    done = bounce(a_report(mail_server.letters[0]), tmp_path, notify.url)
    assert (done.returncode, done.stdout) == (0, b"alerts: 1 failed\n"), done.stderr
    eventually(lambda: states(notify).get("ann sms") == "accepted", "the text message", notify.log)
    assert states(notify)["ann email"] == "failed"

    (message,) = twilio.messages
    status = call_back(notify, message["StatusCallback"], {"MessageSid": "SM0", "MessageStatus": "delivered"})
    assert (status.status_code, status.json()) == (200, {"alerts": 1, "effects": {"delivered": 1}})
    nobody_s = call_back(notify, f"{PUBLIC}/v1/twilio/status", {}).status_code
    assert (nobody_s, requests.post(f"{notify.url}/v1/twilio/messages", timeout=ANSWER_WITHIN).status_code) == (
        422,
        403,
    )

    form = {"MessageSid": "SM9", "From": message["To"], "Body": "1"}
    answer = call_back(notify, f"{PUBLIC}/v1/twilio/messages", form)
    assert "<Response><Message>You took the case 0f8c2d11.</Message></Response>" in answer.text
    eventually(lambda: notify.call("GET", "/v1/summary").json()["plumbing"]["outbox"] == 0, "the events", notify.log)
    told = [(headers["ce-type"], body["case_id"]) for headers, body in bus.take(tap)]
    order = ["alert.accepted", "alert.failed", "alert.accepted", "alert.delivered", "alert.answered"]
    assert told == [(type_, CASE) for type_ in order]

    assert bounce(b"From: ann@example.org\n\nhello", tmp_path, notify.url).returncode == 65
    assert bounce(b"", tmp_path, notify.url, token="nobody-s").returncode == 75
    notify.stop()
    away = bounce(b"", tmp_path, notify.url)
    assert (away.returncode, b"does not answer" in away.stderr) == (75, True)
