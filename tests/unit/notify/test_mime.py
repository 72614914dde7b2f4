"""The bytes of a mail, read back by the standard library's own parser."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.channels.channel import Letter
from services.notify.channels.mime import Sender, is_address, write
from shared.settings import WrongSettings

SENDER = Sender.parse("Ombud <ombud@mail.example.org>")
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=120)


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert [d for part in message.walk() for d in part.defects] == []
    return message


def a_letter(**changes) -> Letter:
    defaults = {
        "alert_id": "a-1",
        "case_id": "c-1",
        "address": "ann@example.org",
        "text": "Hello\n",
        "subject": "Hi",
        "html": "<p>Hello</p>\n",
    }
    return Letter(**(defaults | changes))


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part
    return part.get_content().replace("\r\n", "\n").rstrip("\n")


def test_headers_that_mailboxes_and_robots_need():
    message = read(write(a_letter(), SENDER))
    assert message["From"] == "Ombud <ombud@mail.example.org>"
    assert message["To"] == "ann@example.org"
    assert message["Message-ID"] == "<a-1@mail.example.org>"
    assert message["References"] == message["In-Reply-To"] == "<c-1@mail.example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime


def test_letter_of_no_case_belongs_to_no_thread():
    message = read(write(a_letter(case_id=""), SENDER))
    assert (message["References"], message["In-Reply-To"]) == (None, None)
    assert message["Message-ID"] == "<a-1@mail.example.org>"


@given(subject=TEXT, line=TEXT, html=TEXT)
def test_any_text_comes_back_as_it_was(subject, line, html):
    message = read(
        _as_received(write(a_letter(subject=subject, text=f"a\n{line}\nb\n", html=f"<p>{html}</p>\n"), SENDER))
    )
    assert message["Subject"].strip() == subject.strip()
    assert body(message, "plain") == f"a\n{line}\nb"
    assert body(message, "html") == f"<p>{html}</p>"


@pytest.mark.parametrize("text", ["a" * 5000, ".\n..\n.x\n", "ř" * 2000, "\n.\n"])
def test_long_lines_and_dots_survive(text):
    message = read(_as_received(write(a_letter(text=text), SENDER)))
    assert body(message, "plain") == text.rstrip("\n")


@given(TEXT)
def test_no_line_is_too_long_and_none_ends_the_letter(line):
    lines = write(a_letter(text=line + "x" * 1200 + "\n.\n", subject=line * 3), SENDER).split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert b"." not in lines
    assert not [x for x in lines if b"\n" in x or b"\r" in x]


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "ann@example.org\r\nBcc: all@example.org"},
        {"address": "ann@example.org>"},
        {"address": "ann"},
        {"address": "a b@example.org"},
        {"address": "ann@example.org, bob@example.org"},
        {"address": "jiří@example.org"},
        {"subject": "Hi\r\nBcc: all@example.org"},
        {"subject": "Hi\nthere"},
        {"subject": "Hi\rthere"},
        {"subject": "\x00"},
    ],
)
def test_header_that_would_break_out_is_refused(changes):
    with pytest.raises(ValueError, match=r"header|address"):
        write(a_letter(**changes), SENDER)


def test_ids_hold_nothing_but_plain_characters():
    content = write(a_letter(case_id="x>\r\nBcc: all@example.org"), SENDER)
    assert read(content)["References"] == "<x...Bcc..all.example.org@mail.example.org>"


@pytest.mark.parametrize(
    "text",
    ["Ombud Alerts <o@example.org>", '"Ombud, Inc." <o@example.org>', "o@example.org", "Stížnosti ČR <o@example.org>"],
)
def test_sender_keeps_its_name(text):
    message = read(write(a_letter(), Sender.parse(text)))
    (address,) = message["From"].addresses
    assert address.addr_spec == "o@example.org"
    assert address.display_name == text.rpartition("<")[0].strip(' "')


@pytest.mark.parametrize("text", ["", "Ombud", "Ombud <o@>", "O <o@example.org>\r\nBcc: x@example.org", "a@b,c@d"])
def test_sender_without_an_address_is_refused(text):
    with pytest.raises(WrongSettings, match="OMBUD_MAIL_FROM"):
        Sender.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann.o'hara+x@mail.example.org", True),
        ("ann@[127.0.0.1]", True),
        ("a@b@c", False),
        ("@example.org", False),
        ("ann@", False),
        ("<ann@example.org>", False),
        ("ann@exam ple.org", False),
        ("a" * 250 + "@b.cz", False),
    ],
)
def test_plain_addresses(text, expected):
    assert is_address(text) is expected


def _as_received(content: bytes) -> bytes:
    """What a server keeps: the doubled dots are single again (RFC 5321 4.5.2)."""
    return b"\r\n".join(line[1:] if line.startswith(b"..") else line for line in content.split(b"\r\n"))
