"""The channel `slack` against a receiver that answers as Slack does: what leaves, and what the answers mean."""

import socket
from dataclasses import replace
from typing import Any

import pytest

from services.notify.channels.channel import Button, Entry, Letter, NotOurs
from services.notify.channels.http import Timeouts
from services.notify.channels.slack import Slack, Workspace, message
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, RetryAfter, Temporary
from tests.integration.notify.http_sink import DROP_AFTER, DROP_BEFORE, HANG, HttpSink, Say

TAKE_IT, LOOK = Button("Take it", token="signed"), Button("Open", url="https://ombud.example/a/x")
LETTER = Letter("alert-1", "case-1", "U0ANN", "my card was charged twice", "[High] billing", buttons=(TAKE_IT, LOOK))
EVIL = "<!channel> <@U0BOSS> <https://evil.example|your bank> *bold* &lt;!here&gt; https://evil.example"


def a_slack(sink: HttpSink, token: str = "xoxb-1", read: float = 30.0) -> Slack:
    return Slack(Workspace(token, f"{sink.url}/api", has_door=True), senders=2, timeouts=Timeouts(read=read))


def sent(sink: HttpSink, letter: Letter) -> Any:
    a_slack(sink).send(letter, lambda: None)
    return sink.journal[-1].json


def test_message_goes_to_the_address_with_our_token_and_its_time_is_its_id(sink):
    sink.usual = Say(200, {"ok": True, "channel": "D1", "ts": "1503435956.000247"})
    assert a_slack(sink).send(LETTER, lambda: None) == Accepted("1503435956.000247", "200")
    (came,) = sink.taken
    assert (came.path, came.headers["authorization"]) == ("/api/chat.postMessage", "Bearer xoxb-1")
    assert came.json["channel"] == "U0ANN"
    assert [block["type"] for block in came.json["blocks"]] == ["header", "section", "actions"]
    take, look = came.json["blocks"][-1]["elements"]
    assert (take["action_id"], take["value"], take["text"]["text"]) == ("ombud.take.0", "signed", "Take it")
    assert (look["action_id"], look["url"]) == ("ombud.open.1", LOOK.url)
    assert (came.json["unfurl_links"], came.json["unfurl_media"]) == (False, False)


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, text=EVIL, subject=EVIL),
        replace(LETTER, text=EVIL, subject="", entries=(Entry(EVIL, (LOOK,)), Entry(EVIL))),
        replace(LETTER, text=EVIL, subject="", entries=(Entry(EVIL),) * 50),
        replace(LETTER, buttons=(Button(EVIL, token="t"),)),
    ],
)
def test_nothing_in_a_letter_calls_anybody_or_is_a_link(sink, letter):
    body = sent(sink, letter)
    assert not {"<", ">"} & set(body["text"])
    assert (body["mrkdwn"], body["parse"], body["link_names"]) == (False, "none", False)
    texts = [block["text"] for block in body["blocks"] if "text" in block]
    texts += [e["text"] for block in body["blocks"] for e in block.get("elements", ())]
    assert {(text["type"], text["emoji"]) for text in texts} == {("plain_text", False)}


def test_escaped_text_is_escaped_again(sink):
    assert sent(sink, replace(LETTER, subject="&lt;!channel&gt;"))["text"] == "&amp;lt;!channel&amp;gt;"


def test_long_letter_keeps_slacks_limits(sink):
    letter = replace(LETTER, subject="s" * 500, text="t" * 7000, buttons=(Button("l" * 100, url="https://x"),))
    body = sent(sink, letter)
    head, *sections, actions = body["blocks"]
    assert (len(head["text"]["text"]), len(actions["elements"][0]["text"]["text"])) == (150, 75)
    assert [len(s["text"]["text"]) for s in sections] == [3000, 3000, 1000]


def test_every_case_of_a_large_digest_is_told_within_fifty_blocks(sink):
    entries = tuple(Entry(f"case-{n}.", (Button("Take", token=f"t{n}"),)) for n in range(120))
    body = sent(sink, replace(LETTER, entries=entries))
    shown = "\n".join(block["text"]["text"] for block in body["blocks"] if block["type"] == "section")
    assert [n for n in range(120) if f"case-{n}." not in shown] == []
    assert len(body["blocks"]) <= 50
    assert body["blocks"][2]["elements"][0]["value"] == "t0"


def test_without_a_door_there_is_no_button_that_would_answer():
    (actions,) = [b for b in message(LETTER, has_door=False)["blocks"] if b["type"] == "actions"]
    assert [element["action_id"] for element in actions["elements"]] == ["ombud.open.1"]
    assert "actions" not in [b["type"] for b in message(replace(LETTER, buttons=(TAKE_IT,)), has_door=False)["blocks"]]


@pytest.mark.parametrize(
    ("status", "word", "headers", "outcome"),
    [
        (200, "channel_not_found", {}, Permanent(Reason.INVALID_ADDRESS, "200 channel_not_found")),
        (200, "user_not_found", {}, Permanent(Reason.INVALID_ADDRESS, "200 user_not_found")),
        (200, "not_in_channel", {}, Permanent(Reason.RECIPIENT_REFUSED, "200 not_in_channel")),
        (200, "is_archived", {}, Permanent(Reason.RECIPIENT_REFUSED, "200 is_archived")),
        (200, "msg_too_long", {}, Permanent(Reason.MESSAGE_REFUSED, "200 msg_too_long")),
        (200, "something_new", {}, Permanent(Reason.MESSAGE_REFUSED, "200 something_new")),
        (200, "invalid_auth", {}, Temporary(Reason.LOGIN_REFUSED, "200 invalid_auth")),
        (200, "token_revoked", {}, Temporary(Reason.LOGIN_REFUSED, "200 token_revoked")),
        (200, "account_inactive", {}, Temporary(Reason.LOGIN_REFUSED, "200 account_inactive")),
        (200, "missing_scope", {}, Temporary(Reason.LOGIN_REFUSED, "200 missing_scope")),
        (200, "ratelimited", {}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "200 ratelimited")),
        (429, "ratelimited", {"Retry-After": "17"}, RetryAfter(17, Reason.PROVIDER_THROTTLED, "429 ratelimited")),
        (200, "service_unavailable", {}, RetryAfter(5, Reason.PROVIDER_DEFERRED, "200 service_unavailable")),
        (200, "internal_error", {}, Ambiguous(Reason.PROVIDER_ERROR, "200 internal_error")),
        (503, "service_unavailable", {}, Ambiguous(Reason.PROVIDER_ERROR, "503 service_unavailable")),
        (500, "", {}, Ambiguous(Reason.PROVIDER_ERROR, "500")),
        (200, "", {}, Ambiguous(Reason.PROVIDER_ERROR, "200")),
        (200, "No ann@example.org!", {}, Ambiguous(Reason.PROVIDER_ERROR, "200")),
        (403, "", {}, Temporary(Reason.LOGIN_REFUSED, "403")),
        (404, "", {}, Temporary(Reason.WRONG_SETTINGS, "404")),
        (302, "", {"Location": "/elsewhere"}, Temporary(Reason.WRONG_SETTINGS, "302")),
    ],
)
def test_answer_decides_the_outcome(sink, status, word, headers, outcome):
    sink.script = [Say(status, {"ok": False, "error": word} if word else b"<html>", headers)]
    assert a_slack(sink).send(LETTER, lambda: None) == outcome
    assert len(sink.journal) == 1


@pytest.mark.parametrize(("action", "taken"), [(DROP_AFTER, 1), (DROP_BEFORE, 0), (HANG, 0)])
def test_no_answer_is_ambiguous(sink, action, taken):
    sink.script = [action]
    outcome = a_slack(sink, read=0.3 if action == HANG else 30.0).send(LETTER, lambda: None)
    assert isinstance(outcome, Ambiguous)
    assert (outcome.reason, len(sink.journal), len(sink.taken)) == (Reason.NO_ANSWER, 1, taken)


def test_slack_that_is_not_there_is_a_temporary_failure():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and nobody listens
        slack = Slack(Workspace("t", f"http://127.0.0.1:{unused.getsockname()[1]}"), senders=1)
        assert slack.send(LETTER, lambda: None) == Temporary(Reason.PROVIDER_AWAY)


def test_alert_that_is_no_longer_ours_is_not_posted(sink):
    def not_ours() -> None:
        raise NotOurs

    with pytest.raises(NotOurs):
        a_slack(sink).send(LETTER, not_ours)
    assert sink.journal == []


def test_digest_that_became_shorter_leaves_as_that(sink):
    sink.usual = Say(200, {"ok": True, "ts": "1"})
    a_slack(sink).send(LETTER, lambda: replace(LETTER, subject="shorter"))
    assert sink.journal[0].json["text"] == "shorter"


def test_token_is_in_no_print():
    assert "xoxb" not in repr(Workspace("xoxb-1"))
