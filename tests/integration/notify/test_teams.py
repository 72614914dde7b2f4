"""The channel `teams` against a receiver in the place of a workflow: the card, and what the answers mean."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from services.notify.channels.channel import Button, Entry, Letter
from services.notify.channels.guard import Allowed
from services.notify.channels.http import Timeouts
from services.notify.channels.teams import Teams, message
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, RetryAfter
from tests.integration.notify.http_sink import DROP_AFTER, HANG, HttpSink, Say

HERE = Allowed.parse(["127.0.0.0/8"])
LINK = Button("Open the case", url="https://ombud.example/a/x")
LETTER = Letter("alert-1", "case-1", "", "one\ntwo\n", "[High] billing", buttons=(Button("Take", token="signed"), LINK))
EVIL = "[your bank](https://evil.example) **now** <at>Boss</at> {{DATE(2026-01-01T00:00:00Z)}}\n# head\n- list"


def to(sink: HttpSink, letter: Letter = LETTER) -> Letter:
    return replace(letter, address=f"{sink.url}/workflows/1?sig=secret")


def card(letter: Letter) -> Any:
    (attachment,) = orjson.loads(message(letter))["attachments"]
    return attachment["content"]


def texts(content: Any) -> list[str]:
    return [element["inlines"][0]["text"] for element in content["body"] if element["type"] == "RichTextBlock"]


def test_card_goes_to_the_workflow(sink):
    sink.usual = Say(202, b"")
    assert Teams(HERE, 2).send(to(sink), lambda: None) == Accepted(detail="202")
    (came,) = sink.taken
    assert (came.path, came.json["type"]) == ("/workflows/1?sig=secret", "message")
    (attachment,) = came.json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    content = attachment["content"]
    assert (content["type"], content["version"]) == ("AdaptiveCard", "1.4")
    assert texts(content) == ["[High] billing", "one", "two"]
    assert content["actions"] == [{"type": "Action.OpenUrl", "title": "Open the case", "url": LINK.url}]


@pytest.mark.parametrize("letter", [replace(LETTER, text=EVIL, subject=EVIL), replace(LETTER, entries=(Entry(EVIL),))])
def test_nothing_in_a_letter_is_markup(letter):
    content = card(letter)
    # Of the elements with text only a TextRun is never read as Markdown, and without entities nobody is mentioned.
    assert {element["type"] for element in content["body"]} == {"RichTextBlock"}
    assert {run["type"] for element in content["body"] for run in element["inlines"]} == {"TextRun"}
    assert "entities" not in content["msteams"]


def test_cases_of_a_digest_have_links_of_their_own():
    entries = tuple(Entry(f"case {n}", (Button("Open", url=f"https://x/{n}"),)) for n in range(2))
    elements = card(replace(LETTER, subject="", entries=entries))["body"]
    assert [e.get("actions", [{}])[0].get("url") for e in elements] == [None, "https://x/0", None, "https://x/1"]


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, text="č" * 60_000),
        replace(LETTER, text="\n".join(f"line {n}" for n in range(5000))),
        replace(
            LETTER, entries=tuple(Entry(f"case {n}", (Button("o", url="https://x/" + "y" * 400),)) for n in range(120))
        ),
    ],
)
def test_card_stays_below_what_teams_takes_and_says_that_there_is_more(letter):
    body = message(letter)
    assert 2000 < len(body) <= 27_000
    assert card(letter)["actions"][0]["url"] == LINK.url
    assert len(letter.text) > 50_000 or texts(card(letter))[-1] == "…"


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, {}, Accepted(detail="200")),
        (429, {"Retry-After": "9"}, RetryAfter(9, Reason.PROVIDER_THROTTLED, "429")),
        (400, {}, Permanent(Reason.MESSAGE_REFUSED, "400")),
        (413, {}, Permanent(Reason.MESSAGE_REFUSED, "413")),
        (401, {}, Permanent(Reason.INVALID_ADDRESS, "401")),
        (403, {}, Permanent(Reason.INVALID_ADDRESS, "403")),
        (404, {}, Permanent(Reason.INVALID_ADDRESS, "404")),
        (410, {}, Permanent(Reason.INVALID_ADDRESS, "410")),
        (302, {"Location": "/elsewhere"}, Permanent(Reason.INVALID_ADDRESS, "302")),
        (408, {}, Ambiguous(Reason.PROVIDER_ERROR, "408")),
        (502, {}, Ambiguous(Reason.PROVIDER_ERROR, "502")),
    ],
)
def test_answer_decides_the_outcome(sink, status, headers, outcome):
    sink.script = [Say(status, b"", headers)]
    assert Teams(HERE, 1).send(to(sink), lambda: None) == outcome
    assert len(sink.journal) == 1


@pytest.mark.parametrize("action", [DROP_AFTER, HANG])
def test_no_answer_is_ambiguous(sink, action):
    sink.script = [action]
    outcome = Teams(HERE, 1, Timeouts(read=0.3)).send(to(sink), lambda: None)
    assert (type(outcome), outcome.reason) == (Ambiguous, Reason.NO_ANSWER)


def test_url_that_leads_into_our_network_is_refused_before_the_hand_off(sink):
    def never() -> None:
        raise AssertionError("handed off")

    assert Teams(Allowed(), 1).send(to(sink), never) == Permanent(Reason.INVALID_ADDRESS, "not_allowed")
    assert sink.journal == []
