"""The providers around a whole system for journeys: Twilio, Slack, and whoever takes posts; each on loopback.

What comes from them is signed as they sign it, for the clock and the public address of the system.
"""

import hmac
import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
import trustme

from tests.harness.process import ANSWER_WITHIN
from tests.harness.system import System
from tests.integration.notify.http_sink import Came, HttpSink, Say
from tests.integration.notify.twilio import SENDER, Twilio, signed

PUBLIC_URL = "https://ombud.example.org/notify"  # a proxy takes the path away
SLACK_SECRET = "signing-secret-of-the-tests"
WEBHOOK_SECRET = "whsec_" + "b21idWQ" * 6 + "b21idQ=="
_FORM = "application/x-www-form-urlencoded"


class Peers:
    """One of each, for all tests of a file; `sink` is Slack, Teams and the receiver of webhooks, by path."""

    def __init__(self, folder: Path):
        ca, tls = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        ca.issue_cert("127.0.0.1").configure_cert(tls)
        self._ca_file = folder / "ca.pem"
        ca.cert_pem.write_to_path(str(self._ca_file))
        self.twilio = Twilio()
        self.sink = HttpSink(Say(200, {"ok": True, "ts": "1805097600.000100"}), tls)

    @property
    def url(self) -> str:
        return self.sink.url.replace("http://", "https://")

    @property
    def settings(self) -> dict[str, str]:
        return {
            "OMBUD_SMS_URL": self.twilio.url,
            "OMBUD_SMS_REPLIES": "true",
            "OMBUD_NOTIFY_PUBLIC_URL": PUBLIC_URL,
            "OMBUD_SLACK_TOKEN": "xoxb-1",
            "OMBUD_SLACK_SIGNING_SECRET": SLACK_SECRET,
            "OMBUD_SLACK_URL": f"{self.url}/api",
            "OMBUD_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "OMBUD_WEBHOOK_ALLOW": "127.0.0.1",
            "REQUESTS_CA_BUNDLE": str(self._ca_file),
            "NO_PROXY": "127.0.0.1",
        }

    def stop(self) -> None:
        self.twilio.stop()
        self.sink.stop()

    def texts(self, number: str) -> list[str]:
        """What Twilio took for it, oldest first."""
        return [sent["Body"] for sent in self.twilio.messages if sent["To"] == number]

    def posts(self, path: str, word: str = "") -> list[Came]:
        return [came for came in self.sink.taken if came.path == path and word.encode() in came.body]

    def tells_status(self, system: System, text: str, status: str, code: int | None = None) -> None:
        """What became of the message with this text, from Twilio."""
        number = next(n for n, sent in enumerate(self.twilio.messages) if sent["Body"] == text)
        url, form, headers = self.twilio.receipt(number, status, code)
        answer = _post(system, url.removeprefix(PUBLIC_URL), urlencode(form).encode(), headers)
        assert answer.ok, answer.text

    def brings_text(self, system: System, sid: str, number: str, words: str) -> str:
        """A text message from the number; gives what is to be answered."""
        form = {"MessageSid": sid, "From": number, "To": SENDER, "Body": words}
        path = "/v1/twilio/messages"
        answer = _post(system, path, urlencode(form).encode(), signed(PUBLIC_URL + path, form))
        assert answer.ok, answer.text
        return answer.text

    def presses(self, system: System, user: str, post: Came, answer_to: str) -> None:
        """The user presses the button that takes the case, in a message of Slack's."""
        buttons = [b for block in post.json["blocks"] if block["type"] == "actions" for b in block["elements"]]
        pressed = next(button for button in buttons if "value" in button)
        payload = {
            "type": "block_actions",
            "user": {"id": user},
            "response_url": f"{self.url}{answer_to}",
            "actions": [pressed | {"action_ts": str(system.now().timestamp())}],
        }
        body, time = urlencode({"payload": json.dumps(payload)}).encode(), str(int(system.now().timestamp()))
        signature = hmac.new(SLACK_SECRET.encode(), f"v0:{time}:".encode() + body, "sha256").hexdigest()
        headers = {"X-Slack-Request-Timestamp": time, "X-Slack-Signature": f"v0={signature}"}
        answer = _post(system, "/v1/slack/actions", body, headers)
        assert answer.ok, answer.text


def _post(system: System, path: str, body: bytes, headers: dict[str, Any]) -> requests.Response:
    url = system.services["notify"].url + path
    return requests.post(url, body, headers={"Content-Type": _FORM} | headers, timeout=ANSWER_WITHIN)
