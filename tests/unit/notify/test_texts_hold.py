"""Whatever the facts are, in every language and by every channel: an alert is written, and nothing breaks out of it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from services.notify.channels.channel import Letter
from services.notify.channels.mime import Sender
from services.notify.channels.mime import write as as_mail
from services.notify.domain.alert import ChannelName, Purpose
from services.notify.domain.jobs import Job, Piece
from services.notify.domain.policy import Policy
from services.notify.texts.languages import languages
from services.notify.texts.rendering import ABOUT_A_CASE, Writer
from shared.contracts.event import Severity
from tests.unit.notify.build import EMAIL, SMS, a_contact
from tests.unit.notify.test_disclosure import piece
from tests.unit.notify.test_rendering import KEYS

CHANNELS = (EMAIL, SMS, ChannelName.SLACK, ChannelName.WEBHOOK)
WRITER = Writer(
    KEYS, "https://ombud.example", sms_replies=True, policy=lambda: Policy(excerpt_in=frozenset(ChannelName))
)
PLACES = {(purpose, channel): piece(purpose, channel) for purpose in Purpose for channel in CHANNELS}
TAGS = {"html", "head", "meta", "style", "body", "p", "b", "br", "ol", "li", "a", "blockquote"}
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
NASTY = [
    'it</blockquote><script>x</script> "q"\r\nBcc: all@example.org\n\n.\nRCPT\u202e\x00',
    "{{ 7*7 }}{% for x in y %} %(time)s %s %% {0}",
    "*bold* _it_ ~no~ `code` <!channel> <@U1> <https://evil.example|x> [x](https://evil.example) @here # |",
    "evil.example/pay",
    "\U0001f621" * 300_000,
    "Ω" * 1000 + "\ud800",
    'O\'Brien "Bob" <bob@evil.example> & Sons \\',
    "\u2067نص\u2069 \u200fabc",
    "",
]
TEXTS = st.one_of(st.sampled_from([nasty for nasty in NASTY if len(nasty) < 2000]), st.text(max_size=60))
VALUES = st.one_of(TEXTS, st.none(), st.integers(-5, 10**7), st.floats(allow_nan=True), st.lists(TEXTS, max_size=3))
NAMES = [
    "source",
    "external_id",
    "channel",
    "received_at",
    "language",
    "category",
    "excerpt",
    "flags",
    "region",
    "product",
    "tier",
    "agent_name",
    "children",
    "regions",
    "clock",
    "percent",
    "due_at",
    "by_name",
    "at",
    "what",
    "answer_by",
    "service",
    "queue",
    "failed_type",
    "subject",
    "reason",
    "severity",
    "dead",
]
FACTS = st.dictionaries(st.sampled_from(NAMES), TEXTS) | st.dictionaries(st.sampled_from(NAMES), VALUES)


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """What cannot be read is logged with its trace, which takes longer than the letter."""
    with capture_logs():
        yield


class Tags(HTMLParser):
    """The tags and link targets of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]


def check(letter: Letter, pieces: tuple[Piece, ...], links: int) -> None:
    channel = pieces[0].alert.channel
    assert not FORBIDDEN.search(letter.subject + letter.text + letter.html)
    assert "\n" not in letter.subject
    assert letter.text.strip() and "None" not in letter.subject
    assert letter.text.count("https://ombud.example/a/") == links
    if channel is SMS:
        assert "\n" not in letter.text and len(letter.text) <= 1600
    if channel is EMAIL:
        assert letter.subject and len(letter.html) < 120_000
        page = Tags(letter.html)
        assert page.tags <= TAGS
        assert page.attributes <= {"lang", "charset", "name", "content", "class", "href"}
        assert page.links == [link for link in re.findall(r"https://ombud\.example/a/\S+", letter.text)]
        as_mail(letter, Sender.parse("Ombud <ombud@example.org>"))
    else:
        words = re.sub(r"https://ombud\.example/a/\S+", "", f"{letter.subject}\n{letter.text}")
        assert not re.search(r"[*_~`<>|#@]|\w\.[^\W\d_]", words), words


@pytest.mark.parametrize("language", sorted(languages()))
@settings(max_examples=25, deadline=None)
@given(told=FACTS, purpose=st.sampled_from(Purpose), channel=st.sampled_from(CHANNELS), doubts=st.integers(0, 1))
def test_alert_is_written_and_nothing_breaks_out(
    language: str, told: dict[str, Any], purpose: Purpose, channel: ChannelName, doubts: int
) -> None:
    known = PLACES[purpose, channel]
    one = Piece(replace(known.alert, doubts=doubts), replace(known.escalation, facts=told))
    letter = WRITER.letter(Job((one,), a_contact(language=language, addresses={channel: "x@example.org"})))
    check(letter, (one,), int(purpose in ABOUT_A_CASE))
    assert letter.language == language


@settings(max_examples=30, deadline=None)
@given(told=st.lists(FACTS, min_size=2, max_size=4), channel=st.sampled_from(CHANNELS), number=st.integers(0, 7))
def test_digest_is_written_and_nothing_breaks_out(
    told: list[dict[str, Any]], channel: ChannelName, number: int
) -> None:
    language = sorted(languages())[number]
    known = PLACES[Purpose.ESCALATION, channel]
    pieces = tuple(Piece(known.alert, replace(known.escalation, facts=facts)) for facts in told)
    letter = WRITER.letter(Job(pieces, a_contact(language=language, addresses={channel: "x@example.org"})))
    check(letter, pieces, len(pieces) if channel is EMAIL else 1)


@pytest.mark.parametrize("nasty", NASTY)
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("purpose", Purpose)
def test_nasty_words_in_every_fact_at_once(nasty: str, channel: ChannelName, purpose: Purpose) -> None:
    known = PLACES[purpose, channel]
    told = dict.fromkeys(NAMES, nasty) | {"children": 3, "regions": [nasty], "flags": [nasty]}
    escalation = replace(known.escalation, facts=told, reason=nasty, case_id=nasty[:200], severity=Severity.CRITICAL)
    one = Piece(replace(known.alert, case_id=nasty[:200]), escalation)
    check(
        WRITER.letter(Job((one,), a_contact(addresses={channel: "x@example.org"}))),
        (one,),
        int(purpose in ABOUT_A_CASE),
    )


@pytest.mark.parametrize("channel", CHANNELS)
def test_fact_that_should_be_text_and_is_none_is_cleaned_like_one(channel: ChannelName) -> None:
    known = PLACES[Purpose.TAKEN, channel]
    one = Piece(known.alert, replace(known.escalation, facts={"by_name": [NASTY[0]], "what": 7, "at": {}}))
    check(WRITER.letter(Job((one,), a_contact(addresses={channel: "x@example.org"}))), (one,), 0)
