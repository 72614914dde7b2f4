"""`ombud test-alert` follows its alerts until nothing more is to be heard of them, and fails unless all are proven."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result

from ombud.commands import cli

NOON, LATER = "2026-11-02T12:00:00+00:00", "2026-11-02T12:00:02.500000+00:00"


def an_alert(id_: str = "1", state: str = "accepted", **changes: Any) -> dict[str, Any]:
    ended = None if state in ("pending", "claimed") else LATER
    defaults = {"id": id_, "recipient": f"p{id_}", "channel": "email", "state": state, "reason": state}
    return defaults | {"created_at": NOON, "ended_at": ended} | changes


@dataclass
class Notify:
    """Answers as notify's doors do: with the pages of one look after the other, the last one again and again."""

    looks: list[list[list[dict[str, Any]]]] = field(default_factory=lambda: [[[an_alert()]]])
    receipts: list[str] = field(default_factory=list)
    refusal: tuple[int, dict[str, Any]] | None = None
    posted: list[Any] = field(default_factory=list)
    looked: int = 0

    def post(self, body: Any) -> tuple[int, dict[str, Any]]:
        self.posted.append(body)
        alerts = [{"id": a["id"], "address": f"{a['id']}***@x.org"} for page in self.looks[0] for a in page]
        return self.refusal or (202, {"test_id": "test-1", "alerts": alerts, "receipts": self.receipts})

    def get(self, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        assert query["case_id"] == ["test-1"]
        page = int(query["after"][0] or 0)
        pages = self.looks[min(self.looked, len(self.looks) - 1)]
        is_last = page + 1 == len(pages)
        self.looked += is_last
        return 200, {"alerts": pages[page], "next": None if is_last else str(page + 1)}


@pytest.fixture
def notify() -> Notify:
    return Notify()


@pytest.fixture
def run(notify: Notify) -> Iterator[Callable[..., Result]]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(notify.post(json.loads(self.rfile.read(int(self.headers["Content-Length"])))))

        def do_GET(self) -> None:
            self._answer(notify.get(parse_qs(urlsplit(self.path).query, keep_blank_values=True)))

        def _answer(self, answer: tuple[int, dict[str, Any]]) -> None:
            body = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    at = ["--notify-url", f"http://127.0.0.1:{server.server_port}", "--token", "t"]
    yield lambda *words: CliRunner().invoke(cli, ["test-alert", *words, *at])
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ombud.testalert.LOOK_EVERY", 0.0)


def test_it_follows_every_page_until_all_have_ended(run: Callable[..., Result], notify: Notify):
    open_ = [[an_alert("1", "pending")], [an_alert("2", "claimed")]]
    notify.looks = [open_, [[an_alert("1")], open_[1]], [[an_alert("1")], [an_alert("2", "delivered")]]]
    shown = run("everyone", "--channel", "email")
    assert shown.exit_code == 0, shown.output
    assert notify.posted == [{"everyone": True, "channel": "email"}]
    assert notify.looked == 3
    for word in ("p1", "1***@x.org", "accepted", "2.5", "delivered", "2 of 2 addresses proven"):
        assert word in shown.output


@pytest.mark.parametrize("state", ["failed", "suppressed", "ambiguous"])
def test_it_fails_when_one_was_not_proven_and_says_why(run: Callable[..., Result], notify: Notify, state: str):
    notify.looks = [[[an_alert("1"), an_alert("2", state, reason="not_configured")]]]
    shown = run("petr")
    assert shown.exit_code == 1
    assert notify.posted == [{"person": "petr"}]
    assert "not_configured" in shown.output and "1 of 2 addresses proven" in shown.output


def test_a_channel_without_settings_is_told_once_with_what_to_set(run: Callable[..., Result], notify: Notify):
    failed = {"state": "failed", "reason": "not_configured", "channel": "sms"}
    notify.looks = [[[an_alert("1"), an_alert("2", **failed), an_alert("3", **failed)]]]
    last = run("everyone").output.splitlines()[-2:]
    assert last == [
        "1 of 3 addresses proven",
        "nothing leaves by sms: set OMBUD_SMS_URL or OMBUD_SMS_PROVIDERS, and start notify anew",
    ]


def test_a_channel_that_somebody_added_is_told_too(run: Callable[..., Result], notify: Notify):
    notify.looks = [[[an_alert("1", "failed", reason="not_configured", channel="mattermost")]]]
    last = run("everyone").output.splitlines()[-1]
    assert last == "nothing leaves by mattermost: set what docs/channels.md says of it, and start notify anew"


def test_it_fails_when_one_is_still_open_at_the_end_of_the_wait(run: Callable[..., Result], notify: Notify):
    notify.looks = [[[an_alert("1", "pending")]]]
    shown = run("petr", "--wait", "0s")
    assert shown.exit_code == 1
    assert "pending, not ended" in shown.output


def test_where_receipts_come_it_waits_for_them(run: Callable[..., Result], notify: Notify):
    sms = {"channel": "sms"}
    notify.receipts = ["sms"]
    notify.looks = [[[an_alert("1"), an_alert("2", **sms)]], [[an_alert("1"), an_alert("2", "delivered", **sms)]]]
    assert run("petr").exit_code == 0
    assert notify.looked == 2


def test_no_receipt_within_the_wait_is_no_failure(run: Callable[..., Result], notify: Notify):
    notify.receipts = ["email"]
    assert run("petr", "--wait", "0s").exit_code == 0


@pytest.mark.parametrize("wait", ["soon", "-1s", "1h"])
def test_a_wait_that_is_none_is_refused(run: Callable[..., Result], notify: Notify, wait: str):
    assert run("petr", "--wait", wait).exit_code == 2
    assert notify.posted == []


def test_what_notify_refuses_is_said_in_one_line(run: Callable[..., Result], notify: Notify):
    notify.refusal = 404, {"detail": "no contact stranger"}
    shown = run("stranger")
    assert "no contact stranger" in str(shown.exception)


def test_nobody_there_is_said_in_one_line():
    shown = CliRunner().invoke(cli, ["test-alert", "petr", "--notify-url", "http://127.0.0.1:9", "--token", "t"])
    assert "notify does not answer" in str(shown.exception)
