"""The peers of notify in alert rounds: they fail now and then, and keep a journal whatever becomes of notify."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from shared.links import Claim
from tests.faults.records import Heard, Taken
from tests.harness.mails import claims_in
from tests.harness.process import ANSWER_WITHIN, ServiceProcess
from tests.integration.notify import http_sink, mail_server, twilio
from tests.integration.notify.http_sink import Came, HttpSink, Say
from tests.integration.notify.mail_server import MailServer
from tests.integration.notify.twilio import Twilio

PUBLIC = "https://notify.example.org"
_REFERENCE = re.compile(r"\b[0-9a-f]{8}\b")
_SOON = {"Retry-After": "1"}
SLACK_TOOK = Say(200, {"ok": True, "ts": "1503435956.000247"})
# What befalls a letter now and then; "" = nothing.
MAIL_FAULTS = (
    ("RCPT", "451 4.2.0 later"),
    ("RCPT", "550 5.1.1 unknown"),
    ("MAIL", mail_server.DROP),
    ("DOT", mail_server.KEEP),
    ("DOT", mail_server.DROP),
    ("DOT", "451 4.3.0 later"),
    ("DOT", "554 5.7.1 no"),
)
SMS_FAULTS = (
    (429, {"code": 20429}, _SOON),
    (500, {"sid": "SM-lost"}, {}),
    (503, {}, {}),
    (400, {"code": 21211}, {}),
    twilio.DROP_AFTER,
    twilio.DROP_BEFORE,
)
HOOK_FAULTS = (
    Say(429, headers=_SOON),
    Say(500, keeps=True),
    Say(500),
    Say(410),
    http_sink.DROP_AFTER,
    http_sink.DROP_BEFORE,
)
SLACK_FAULTS = (
    Say(429, headers=_SOON),
    Say(200, {"ok": False, "error": "channel_not_found"}, keeps=False),
    Say(500, keeps=True),
    Say(503),
    http_sink.DROP_AFTER,
    http_sink.DROP_BEFORE,
)


@dataclass
class Peers:
    """references: of the cases by the first characters of their ids, each with its alerts by the number they go to."""

    mail: MailServer
    sms: Twilio
    hook: HttpSink
    slack: HttpSink
    random: random.Random
    pending: list[tuple[str, Any]] = field(default_factory=list)  # receipts that are still to be told
    heard: list[Heard] = field(default_factory=list)  # receipts that notify took, by the alert that they name
    strange: list[tuple[str, Any]] = field(default_factory=list)  # of these, what notify does not know the letter of
    _told_of: list[int] = field(default_factory=lambda: [0, 0])  # letters of which receipts were made, by peer

    def settings(self) -> dict[str, str]:
        return {
            "OMBUD_SMTP_URL": self.mail.url,
            "OMBUD_SMS_URL": self.sms.url,
            "OMBUD_NOTIFY_PUBLIC_URL": PUBLIC,
            "OMBUD_SLACK_TOKEN": "xoxb-1",
            "OMBUD_SLACK_SIGNING_SECRET": "signing-secret",
            "OMBUD_SLACK_URL": f"{self.slack.url}/api",
            "OMBUD_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "OMBUD_WEBHOOK_ALLOW": "127.0.0.1",
            "NO_PROXY": "127.0.0.1",
        }

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    def misbehave(self) -> None:
        """Each peer fails one or two of its next letters."""
        verb, answer = self.random.choice(MAIL_FAULTS)
        self.mail.script.setdefault(verb, []).extend(["" for _ in range(self.random.randint(0, 2))] + [answer])
        self.sms.script.append(self.random.choice(SMS_FAULTS))
        self.hook.script.append(self.random.choice(HOOK_FAULTS))
        self.slack.script.append(self.random.choice(SLACK_FAULTS))

    def behave(self) -> None:
        self.mail.script.clear()
        for each in (self.sms, self.hook, self.slack):
            each.script.clear()

    def take_away_hook(self) -> None:
        """Nobody listens there any more."""
        self.hook.stop()

    def bring_back_hook(self) -> None:
        journal = self.hook.journal
        self.hook = HttpSink(port=self.hook.port)
        self.hook.journal = journal

    def stop(self) -> None:
        for each in (self.mail, self.sms, self.hook, self.slack):
            each.stop()

    # -- what they tell afterwards ------------------------------------------------------------------------------------

    def make_receipts(self) -> None:
        """Of the letters that came since the last time: of text messages all, some of them twice; of mails a few."""
        seen, self._told_of = self._told_of, [len(self.sms.messages), len(self.mail.letters)]
        for number in range(seen[0], self._told_of[0]):
            status, code = self.random.choice((("delivered", None), ("delivered", None), ("undelivered", 30003)))
            copies = [self.sms.receipt(number, status, code)] * self.random.randint(1, 2)
            self.pending += [("sms", each) for each in copies]
        for letter in self.mail.letters[seen[1] : self._told_of[1]]:
            if self.random.random() < 0.15:
                name = str(letter["Message-ID"]).strip("<>").partition("@")[0]
                self.pending.append(("mail", {"alert_id": name, "provider_id": name, "kind": "bounced"}))
        self.random.shuffle(self.pending)

    def tell(self, notify: ServiceProcess) -> None:
        """What notify does not take, as it dies of it or does not know the letter yet, is told again another time."""
        self.make_receipts()
        waiting, self.pending, self.strange = self.pending, [], []
        for kind, what in waiting:
            try:
                answer = _call_back(notify, *what) if kind == "sms" else notify.call("POST", "/v1/receipts", what)
            except requests.RequestException:
                self.pending.append((kind, what))
                continue
            if answer.status_code == 200:
                self.heard.append(_heard(kind, what))
            else:
                assert answer.status_code in (404, 503), answer.text
                self.pending.append((kind, what))
                self.strange += [(kind, what)] if answer.status_code == 404 else []

    def give_up_on_strangers(self) -> None:
        """Of a digest whose sender died, nobody at notify has learnt the name."""
        self.pending = [each for each in self.pending if each not in self.strange]

    # -- what they have -----------------------------------------------------------------------------------------------

    def taken(self, alerts: dict[tuple[str, str], list[str]]) -> list[Taken]:
        """alerts: the ids by the number and the reference that a text message shows."""
        return [*self._mails(), *self._messages(alerts), *_posts("webhook", self.hook), *_posts("slack", self.slack)]

    def _mails(self) -> Iterator[Taken]:
        for letter in self.mail.letters:
            body = letter.get_body(("plain",))
            assert body
            ids = _ids(claims_in(body.get_content()))
            yield Taken("email", ids or (str(letter["Message-ID"]).strip("<>").partition("@")[0],))

    def _messages(self, alerts: dict[tuple[str, str], list[str]]) -> Iterator[Taken]:
        for message in self.sms.messages:
            words = dict.fromkeys(_REFERENCE.findall(message["Body"].partition(" http")[0]))
            yield Taken("sms", tuple(id_ for word in words for id_ in alerts.get((message["To"], word), ())))


def _posts(channel: str, sink: HttpSink) -> Iterator[Taken]:
    for came in sink.taken:
        yield Taken(channel, _in_hook(came) if channel == "webhook" else _ids(claims_in(came.body.decode())))


def _in_hook(came: Came) -> tuple[str, ...]:
    told = came.json["data"]["alert_id"]
    return (told,) if told == came.headers["webhook-id"] else ()


def _ids(claims: list[Claim]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(claim.alert_id for claim in claims))


def _heard(kind: str, what: Any) -> Heard:
    if kind == "mail":
        return Heard(what["alert_id"], what["kind"])
    address, form, _ = what
    return Heard(address.partition("alert=")[2], form["MessageStatus"])


def _call_back(
    notify: ServiceProcess, address: str, form: dict[str, str], headers: dict[str, str]
) -> requests.Response:
    """As Twilio does: signed for the address outside, and brought in by a proxy."""
    parts = urlsplit(address)
    headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{notify.url}{parts.path}?{parts.query}"
    return requests.post(url, data=urlencode(form), headers=headers, timeout=ANSWER_WITHIN)
