"""The examples in the documents, run as they stand there: a channel of one's own, and a receiver of webhooks."""

import re
from typing import Any

import pytest

from services.notify.channels.channel import Channel, Letter, NotOurs
from services.notify.channels.guard import Allowed
from services.notify.channels.webhook import Webhook, signer_of
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, RetryAfter
from tests.architecture.source import PROJECT
from tests.integration.notify.http_sink import DROP_AFTER, HttpSink, Say

HERE = Allowed.parse(["127.0.0.0/8"])
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def example(heading: str) -> dict[str, Any]:
    """The names that the Python of a section defines, on whichever page the section is."""
    pages = [page.read_text() for page in sorted((PROJECT / "docs").glob("*.md"))]
    (section,) = [text.partition(f"\n## {heading}\n")[2] for text in pages if f"\n## {heading}\n" in text]
    (code,) = re.findall(r"^```python\n(.*?)^```", section.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, heading, "exec"), names)
    return names


@pytest.fixture
def channel() -> Channel:
    made: Channel = example("Adding a channel")["Mattermost"](HERE, 1)
    return made


@pytest.fixture
def letter(sink: HttpSink) -> Letter:
    return Letter("alert-1", "case-1", f"{sink.url}/hooks/1", "charged @all [twice](https://evil.example)")


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        (Say(200), Accepted(detail="200")),
        (Say(429, headers={"Retry-After": "3"}), RetryAfter(3, Reason.PROVIDER_THROTTLED, "429")),
        (Say(404), Permanent(Reason.INVALID_ADDRESS, "404")),
        (Say(500), Ambiguous(Reason.PROVIDER_ERROR, "500")),
        (DROP_AFTER, Ambiguous(Reason.NO_ANSWER, "ConnectionError")),
    ],
)
def test_channel_of_the_example_works(channel, letter, sink, action, outcome):
    sink.script = [action]
    assert channel.send(letter, lambda: None) == outcome
    assert sink.journal[0].json == {"text": "charged \\@all \\[twice\\]\\(https\\://evil\\.example\\)"}


def test_channel_of_the_example_sends_nothing_that_is_not_ours(channel, letter, sink):
    def not_ours() -> None:
        raise NotOurs

    with pytest.raises(NotOurs):
        channel.send(letter, not_ours)
    assert sink.journal == []


def test_receiver_of_the_example_takes_what_is_signed_and_prints_it_once(letter, sink, capsys):
    receive = example("Webhooks")["receive"]
    webhook = Webhook(signer_of(SECRET), HERE, 1)
    webhook.send(letter, lambda: None)
    webhook.send(letter, lambda: None)
    assert [receive(SECRET, came.headers, came.body) for came in sink.journal] == [204, 204]
    assert receive(SECRET, sink.journal[0].headers, sink.journal[0].body + b" ") == 401
    assert capsys.readouterr().out == f"alert.escalation {letter.text}\n"
