"""What Slack posts: only what it signed counts, and what is said back goes to nobody else."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.notify.channels.slack import escaped
from services.notify.domain.alert import ChannelName
from services.notify.domain.click import Click, Clicked, Pressed
from services.notify.doors import slack
from services.notify.doors.slack import Signed, SlackDoor
from shared import clock
from shared.errors import NotFound
from shared.links import Claim, mint
from shared.web import BadRequest, Unauthorized
from tests.harness.clock import set_shift

SECRET, KEYS = "signing-secret", ("key",)
CLAIM = Claim("alert-1", "case-1", "esc-1", 1, "ann")
MADE = Clicked(Pressed.TAKEN, "0f8c2d11", "Ann <!channel>")
HOOK = "https://hooks.slack.com/actions/T1/2/3"


def a_door(told: list[Any] | None = None, secret: str = SECRET, url: str = "https://slack.com/api") -> SlackDoor:
    told = [] if told is None else told
    return SlackDoor(Signed(secret, KEYS, timedelta(hours=168), url), lambda *call: told.append(call))


def a_payload(**changes: Any) -> dict[str, Any]:
    action = {"action_id": "ombud.take.0", "value": mint(KEYS, CLAIM), "action_ts": "1548426417.840180"}
    usual = {"type": "block_actions", "user": {"id": "U0ANN"}, "response_url": HOOK, "actions": [action]}
    return usual | changes


def a_request(body: bytes, secret: str = SECRET, age: float = 0, **headers: str) -> Request:
    timestamp = str(int(clock.now().timestamp() - age))
    signature = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    signed = {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={signature}"}
    builder = EnvironBuilder(
        method="POST",
        data=body,
        headers=signed | headers,
        content_type="application/x-www-form-urlencoded",
    )
    return Request(builder.get_environ())


def form(payload: Any) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def pressed(**changes: Any) -> Click | None:
    return a_door().read(a_request(form(a_payload(**changes))))


def test_press_names_user_alert_time_and_where_to_answer():
    click = pressed()
    assert click is not None
    assert (click.channel, click.user, click.alert_id, click.fault) == (ChannelName.SLACK, "U0ANN", "alert-1", None)
    assert (click.at and click.at.timestamp(), click.answer_to) == (1548426417.84018, HOOK)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda body: a_request(body, secret="another"),
        lambda body: a_request(body, age=301),
        lambda body: a_request(body, age=-302),
        lambda body: a_request(body, **{"X-Slack-Signature": ""}),
        lambda body: a_request(body, **{"X-Slack-Request-Timestamp": ""}),
    ],
)
def test_what_slack_did_not_sign_is_refused(request_of: Callable[[bytes], Request]):
    with pytest.raises(Unauthorized):
        a_door().read(request_of(form(a_payload())))


def test_signature_is_looked_at_before_the_body():
    with pytest.raises(Unauthorized):
        a_door().read(a_request(b"\xff", secret="another"))


def test_without_the_secret_there_is_no_door():
    with pytest.raises(NotFound):
        a_door(secret="").read(a_request(form(a_payload()), secret=""))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"payload",
        b"other=1",
        b"payload=%7B",
        b"payload=[]",
        b"payload=1&payload=2",
        b"payload=" + b"[" * 101,
        b"payload=%7B%7D" + b"&a=1" * 10,
    ],
)
def test_body_that_is_none_of_slacks_is_refused(body):
    with pytest.raises(BadRequest):
        a_door().read(a_request(body))


@pytest.mark.parametrize("user", [None, {}, {"id": 1}, {"id": ""}, {"id": "U" * 101}, "U1"])
def test_press_of_nobody_is_refused(user):
    with pytest.raises(BadRequest):
        pressed(user=user)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "view_submission"},
        {"type": None},
        {"actions": None},
        {"actions": []},
        {"actions": [1, None]},
        {"actions": [{"action_id": "ombud.open.0"}]},
        {"actions": [{"action_id": "x.ombud.take.0"}]},
    ],
)
def test_what_else_slack_tells_is_no_press(changes):
    assert pressed(**changes) is None


@pytest.mark.parametrize("value", ["", "nonsense", None, 7, mint(("other",), CLAIM)], ids=range(5))
def test_button_that_we_did_not_sign_is_invalid(value):
    click = pressed(actions=[{"action_id": "ombud.take.0", "value": value}])
    assert click and (click.alert_id, click.fault) == (None, Pressed.INVALID)


@pytest.fixture
def shifted(tmp_path: Path) -> Iterator[Path]:
    clock.shift_from(tmp_path / "clock")
    yield tmp_path / "clock"
    clock.shift_from(None)


def test_button_expires_as_the_links_do(shifted: Path):
    payload = a_payload()
    set_shift(shifted, timedelta(hours=168, seconds=5))
    click = a_door().read(a_request(form(payload)))
    assert click and (click.alert_id, click.fault) == (None, Pressed.EXPIRED)


@pytest.mark.parametrize("action_ts", [None, "nan", "1e400", "soon", {}, []])
def test_time_that_is_none_is_left_out(action_ts):
    action = {"action_id": "ombud.take.0", "value": mint(KEYS, CLAIM), "action_ts": action_ts}
    click = pressed(actions=[action])
    assert click and (click.alert_id, click.at) == ("alert-1", None)


@pytest.mark.parametrize(
    ("url", "is_told"),
    [
        (HOOK, True),
        ("https://slack.company.example/hooks/1", True),
        ("http://hooks.slack.com/actions/1", False),
        ("https://hooks.slack.com.evil.example/1", False),
        ("https://hooks.slack.com@evil.example/1", False),
        ("https://evil.example/hooks.slack.com", False),
        ("https://hooks.slack.com:8443/1", False),
        ("http://169.254.169.254/", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_sentence_goes_to_slack_alone_and_the_answer_does_not_wait_for_it(url, is_told):
    told: list[Any] = []
    door = a_door(told, url="https://slack.company.example/api")
    response = door.answered(Click(ChannelName.SLACK, "U0ANN", "alert-1", answer_to=url), MADE)
    assert (response.status_code, response.get_data()) == (200, b"")
    assert [call[1] for call in told] == ([url] if is_told else [])


def test_more_sentences_than_may_be_on_their_way_are_not_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(slack, "AT_ONCE", 0)
    told: list[Any] = []
    click = Click(ChannelName.SLACK, "U0ANN", "alert-1", answer_to=HOOK)
    assert (a_door(told).answered(click, MADE).status_code, told) == (200, [])


def test_what_slack_would_read_as_markup_is_escaped_once():
    assert escaped("<!here> & &lt;") == "&lt;!here&gt; &amp; &amp;lt;"


def test_other_than_a_press_is_answered_and_nothing_said():
    told: list[Any] = []
    assert a_door(told).answered(None, None).status_code == 200
    assert told == []


def test_sentence_is_in_their_language():
    door = SlackDoor(Signed(SECRET, KEYS, timedelta(hours=168)))
    assert door.said(Clicked(Pressed.TAKEN, "0f8c2d11", "Ann <!channel>", "de"))["text"] == (
        "Ann &lt;!channel&gt; hat 0f8c2d11 übernommen."
    )
