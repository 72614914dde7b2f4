"""The small readers below the kinds: HTML, threads of mails, times, forms, and what makes it all fit."""

import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake import schemas
from services.intake.domain.complaint import Submission
from services.intake.sources import mails
from services.intake.sources.fitting import NO_TEXT, fitted
from services.intake.sources.forms import form_fields
from services.intake.sources.jira import text_of
from services.intake.sources.kinds import KINDS
from services.intake.sources.plaintext import plain
from services.intake.sources.sendgrid import headers_of
from services.intake.sources.source import Account, Said
from services.intake.sources.threads import is_reply, thread_of
from services.intake.sources.times import instant
from shared.errors import Rejected
from tests.unit.intake.sources.payloads import BOUNDARY, multipart

NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("html", "text"), [
    ("<p>One&nbsp;two</p><p>Three &amp; four<br/>five</p>", "One two\n\nThree & four\nfive"),
    ("<style>p{}</style><script>alert(1)</script><b>Bold</b>", "Bold"),
    ("<div>Look: <img src=x alt='a crack'> there</div>", "Look: a crack there"),
    ("<ul><li>one</li><li>two</li></ul>", "one\n\ntwo"),
    ("Write to <me@example.org>, 3 <b than", "Write to <me@example.org>, 3 <b than"),
    ("<HEAD><title>t</title></HEAD><P ALIGN=left>Loud", "Loud"),
    ("no tags, 3 < 5 & 7 > 6 <3", "no tags, 3 < 5 & 7 > 6 <3"),
    ("I <3 you not", "I <3 you not"),
    ("<p>unclosed", "unclosed"),
    ("a<!-- hidden -->b", "ab"),
    ("", ""),
])  # fmt: skip
def test_html_becomes_what_a_person_reads(html: str, text: str) -> None:
    assert plain(html) == text


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<p",
        "<!--",
        "<a href='",
        "&",
        "</",
        "<![CDATA[",
        "<p><b>",
        "<!",
        "<?",
        "x",
        "<div>",
        "&amp",
        "<!--->",
        "<style>",
        "<img alt='",
    ],
)
def test_no_html_is_slow(piece: str) -> None:
    started = time.process_time()
    plain("<p>" + piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < 1


@pytest.mark.parametrize(("message_id", "in_reply_to", "references", "thread"), [
    ("<c@x>", "", "", "c@x"),
    ("<c@x>", "<b@x>", "", "b@x"),
    ("<c@x>", "<b@x>", "<a@x> <b@x>", "a@x"),
    ("<c@x>", "", "<a@x>\r\n\t<b@x>", "a@x"),
    ("<c@x>", "your mail of Monday", "", "c@x"),
    ("", "", "", ""),
])  # fmt: skip
def test_a_thread_is_known_by_its_first_mail(message_id: str, in_reply_to: str, references: str, thread: str) -> None:
    assert thread_of(message_id, in_reply_to, references) == thread
    assert is_reply(in_reply_to, references) is (thread not in ("c@x", ""))


def test_folded_and_repeated_headers_are_read() -> None:
    block = "References: <a@x>\n <b@x>\nreceived: one\nReceived: two\n\nbody"
    assert headers_of(block) == {"references": "<a@x> <b@x>", "received": "one"}


@pytest.mark.parametrize("written", [
    1773230400, 1773230400.0, "1773230400", 1773230400000, "1773230400000", "2026-03-11T12:00:00Z",
    "2026-03-11T12:00:00.000000000Z", "2026-03-11T13:00:00.000+0100", "Wed, 11 Mar 2026 05:00:00 -0700",
    "Wed, 11 Mar 2026 12:00:00 +0000 (UTC)",
])  # fmt: skip
def test_times_are_read_in_each_form(written: object) -> None:
    assert instant(written) == NOON


@pytest.mark.parametrize("written", [
    None, "", "yesterday", True, "2026-03-11 12:00:00", "2026-13-45T00:00:00Z", "9" * 16, {}, [], "9" * 500,
    "Wed, 99 Mar 2026 25:00:00 -0700", "-1", "nan", float("inf"),
])  # fmt: skip
def test_what_is_no_time_counts_as_not_given(written: object) -> None:
    assert instant(written) is None


NAMES = st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n"\\'), min_size=1, max_size=20)


@given(st.dictionaries(NAMES, st.text(max_size=100), max_size=8))
def test_urlencoded_fields_come_back(fields: dict[str, str]) -> None:
    found = form_fields("application/x-www-form-urlencoded", urlencode(fields).encode())
    assert {name: value.decode() for name, value in found.items()} == fields


@given(st.dictionaries(st.sampled_from(["text", "from", "zpráva"]), st.text(max_size=200)))
def test_multipart_fields_come_back_and_files_do_not(fields: dict[str, str]) -> None:
    found = form_fields(f"multipart/form-data; boundary={BOUNDARY}", multipart(fields, {}, with_file=True))
    assert {name: value.decode() for name, value in found.items()} == fields


@pytest.mark.parametrize(("kind", "body"), [
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=x", b"--x\r\nno headers"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n" * 2000),
    ("application/json", b"{}"),
])  # fmt: skip
def test_what_is_no_form_is_rejected(kind: str, body: bytes) -> None:
    with pytest.raises(Rejected):
        form_fields(kind, body)


def test_an_atlassian_document_is_read() -> None:
    document = {
        "type": "doc",
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "It"}, {"type": "text", "text": "burned."}]},
            {"type": "paragraph", "content": [{"type": "text", "text": "Twice."}, 7, None]},
        ],
    }
    assert text_of(document) == "It burned.\nTwice."
    deep: Any = {"text": "down here"}
    for _ in range(5000):
        deep = {"content": [deep]}
    assert text_of(deep) == ""


def said(**data: Any) -> Said:
    return Said("complaint.submitted", {"external_id": "1", **data}, "1")


def fit(**data: Any) -> Submission:
    defaults = {"region": "CZ", "channel": "web", "product": "P-1"}
    made = schemas.upstream(
        "complaint.submitted", fitted(said(**data), Account("shop", KINDS["zendesk"], defaults=defaults))
    )
    assert isinstance(made, Submission)
    return made


def test_defaults_stand_in_for_what_the_system_does_not_say() -> None:
    bare = fit(text="x")
    assert (bare.source, bare.channel, bare.product, bare.customer.region) == ("shop", "web", "P-1", "CZ")
    full = fit(text="x", channel="chat", customer={"region": "PL", "name": "Z"})
    assert (full.channel, full.customer.region, full.customer.name) == ("chat", "PL", "Z")


def test_a_message_without_words_is_a_message() -> None:
    assert fit().text == NO_TEXT
    assert fit(subject="Broken", text="").text == "Broken"


def test_what_is_too_long_is_cut_and_what_would_be_wrong_cut_is_left_out() -> None:
    customer = {"ref": "r" * 300, "name": "n" * 300, "email": "e" * 330 + "@x", "phone": "1" * 60}
    found = fit(text="t" * 200_000, subject="s" * 2000, channel="c" * 99, tags=["a" * 99] * 99, customer=customer)
    assert len(found.text) == schemas.MAX_TEXT and len(found.subject) == 1000 and len(found.channel) == 40
    assert len(found.tags) == 50 and len(found.tags[0]) == 60
    assert len(found.customer.ref or "") == 200 and len(found.customer.name or "") == 200
    assert (found.customer.email, found.customer.phone) == (None, None)


def test_long_names_of_two_threads_stay_two() -> None:
    one, two = fit(text="x", external_id="m" * 300 + "1"), fit(text="x", external_id="m" * 300 + "2")
    assert one.external_id != two.external_id and len(one.external_id) == 200


@pytest.mark.parametrize("message_id", ["", "none", "<>"])
@pytest.mark.parametrize("references", ["<a@shop.example>", ""])
def test_mails_without_a_name_are_told_apart_by_all_that_they_say(message_id: str, references: str) -> None:
    account = Account("mail", KINDS["mailgun"], options={"own_domains": []})

    def name(**changed: str) -> str:
        headers = {"message-id": message_id, "references": references, "date": "Wed, 11 Mar 2026 18:31:04 -0700"}
        fields = {"sender": "eva@example.org", "subject": "Late", "text": "Still waiting", "html": "", "stripped": ""}
        headers |= {name: changed.pop(name) for name in list(changed) if name in headers}
        (said,) = mails.said(mails.Mail(headers=headers, **fields | changed), account)
        assert isinstance(said, Said)
        return said.id

    other = [{"sender": "ivo@example.org"}, {"date": "Thu, 12 Mar 2026 18:31:04 -0700"}, {"text": "And now?"}]
    assert name() == name()
    assert len({name(), *(name(**changed) for changed in other)}) == 4
