"""Notify as a process with Slack: an alert arrives there, its button is pressed, and the case is taken."""

import hmac
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from services.notify.domain.alert import ChannelName
from services.notify.domain.routes import alert_id
from services.notify.people import contacts
from shared import clock
from shared.database import Database
from shared.links import Claim, mint
from tests.harness.bus import Bus
from tests.harness.process import ANSWER_WITHIN, ServiceProcess, eventually
from tests.integration.notify.http_sink import HANG, HttpSink, Say
from tests.unit.notify.build import CASE, a_contact, escalated

SECRET = "signing-secret"


@pytest.fixture
def bus(amqp_uri: str) -> Iterator[Bus]:
    made = Bus(amqp_uri)
    yield made
    made.close()


@pytest.fixture
def notify(amqp_uri: str, migrated_file: Path, tmp_path: Path, bus: Bus, sink: HttpSink) -> Iterator[ServiceProcess]:
    url = f"sqlite:///{shutil.copy(migrated_file, tmp_path)}"
    db = Database(url, "notify")
    with db.transaction() as tx:
        slack = {ChannelName.SLACK: "U0ANN"}
        contacts.save_contact(tx, a_contact("ann", None, None, addresses=slack, channels=(ChannelName.SLACK,)))
    db.close()
    made = ServiceProcess(
        "services.notify",
        tmp_path,
        OMBUD_DATABASE_URL=url,
        OMBUD_AMQP_URI=amqp_uri,
        OMBUD_SLACK_TOKEN="xoxb-1",
        OMBUD_SLACK_SIGNING_SECRET=SECRET,
        OMBUD_SLACK_URL=f"{sink.url}/api",
        OMBUD_LINK_KEYS="key",
        NO_PROXY="127.0.0.1",
    )
    made.start()
    yield made
    made.kill()


def press(notify: ServiceProcess, sink: HttpSink, token: str, secret: str = SECRET) -> requests.Response:
    payload = {
        "type": "block_actions",
        "user": {"id": "U0ANN"},
        "response_url": f"{sink.url}/answers/1",
        "actions": [{"action_id": "ombud.take.0", "value": token, "action_ts": str(clock.now().timestamp())}],
    }
    body, timestamp = urlencode({"payload": json.dumps(payload)}).encode(), str(int(clock.now().timestamp()))
    signature = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, "sha256").hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signature}",
    }
    return requests.post(f"{notify.url}/v1/slack/actions", body, headers=headers, timeout=ANSWER_WITHIN)


def test_alert_in_slack_is_answered_there(notify, bus, sink):
    sink.usual = Say(200, {"ok": True, "ts": "1503435956.000247"})
    tap, event = bus.tap("notify"), escalated("ann")
    bus.publish(event)
    eventually(lambda: sink.taken, "the message to arrive", notify.log)
    assert (sink.taken[0].path, sink.taken[0].json["channel"]) == ("/api/chat.postMessage", "U0ANN")

    alert = alert_id(event.escalation_id, "ann", "slack", "escalation")
    token = mint(["key"], Claim(alert, CASE, event.escalation_id, 1, "ann"))
    assert press(notify, sink, token, secret="another").status_code == 401
    sink.script = [HANG]  # Slack is slow to take what is said back
    began = time.monotonic()
    assert press(notify, sink, token).status_code == 200
    assert time.monotonic() - began < 2  # Slack waits three seconds
    assert press(notify, sink, token).status_code == 200
    eventually(lambda: len(sink.taken) == 2, "the sentence to be said", notify.log)
    assert (sink.taken[1].path, sink.taken[1].json["text"]) == ("/answers/1", "Ann took 0f8c2d11.")

    found: dict[str, list[dict[str, str]]] = {}
    eventually(lambda: _take(bus, tap, found).get("alert.answered"), "the answer to be told", notify.log)
    answer = found["alert.answered"][0]
    assert (answer["by"], answer["how"], answer["case_id"]) == ("ann", "chat", CASE)
    for word in ("xoxb", SECRET, "U0ANN", "charged twice", "/answers/"):
        assert word not in notify.log()


def _take(bus: Bus, tap: str, found: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    for headers, body in bus.take(tap):
        found.setdefault(headers["ce-type"], []).append(body)
    return found
