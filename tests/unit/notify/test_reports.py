"""What the reports of mail servers mean, as the great ones write them; and that nothing else is taken for one."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify import metrics
from services.notify.domain.receipts import ReceiptKind
from services.notify.incoming.reports import MOST_NAMES, read
from shared.errors import Rejected
from tests.unit.notify import mails_back
from tests.unit.notify.mails_back import ALERT, BOUNCES, CASE, OURS, postfix

PARTS = """\
From: postmaster@example.net
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; example.net
{recipients}
--b
Content-Type: message/rfc822

{ours}
--b--
"""


def of(*recipients: str) -> str:
    """A report of several recipients, each as its fields."""
    return PARTS.format(recipients="".join(f"\n{each}\n" for each in recipients), ours=OURS)


def unreadable() -> float:
    (sample,) = (s for m in metrics.UNREADABLE_REPORTS.collect() for s in m.samples if s.name.endswith("_total"))
    return sample.value


@pytest.mark.parametrize("by", BOUNCES)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_bounce_names_our_mail_and_its_status(by: str, ends: str):
    write, code = BOUNCES[by]
    report = read(write().replace("\n", ends).encode())
    assert ALERT in report.names
    assert (report.kind, report.code) == (ReceiptKind.BOUNCED, code)


def test_mail_is_known_by_its_id_before_anything_else():
    assert read(postfix().encode()).names[0] == ALERT
    assert read(BOUNCES["exim of old"][0]().encode()).names == (CASE, ALERT)


def test_headers_that_are_given_back_may_begin_with_an_empty_line():
    headers = of("Final-Recipient: rfc822; ann@example.org\nAction: failed").replace(
        "message/rfc822", "text/rfc822-headers"
    )
    assert read(headers.replace(OURS, f"\n{OURS}").encode()).names[0] == ALERT


def test_mail_to_a_pipe_begins_with_the_line_of_its_mailbox():
    report = read(b"From MAILER-DAEMON  Mon Nov  2 08:30:02 2026\n" + postfix().encode())
    assert (report.names[0], report.kind) == (ALERT, ReceiptKind.BOUNCED)


@pytest.mark.parametrize(
    ("action", "status", "kind"),
    [
        ("failed", "5.1.1", ReceiptKind.BOUNCED),
        ("Failed", "4.4.7", ReceiptKind.BOUNCED),
        ("delayed", "4.4.1", None),
        ("relayed", "2.0.0", None),
        ("expanded", "2.0.0", None),
        ("delivered", "2.0.0", ReceiptKind.DELIVERED),
        ("", "5.1.1", ReceiptKind.BOUNCED),
        ("", "4.4.1", None),
        ("", "2.1.5", ReceiptKind.DELIVERED),
    ],
)
def test_action_decides_and_without_one_the_class_of_the_status(action: str, status: str, kind: ReceiptKind | None):
    assert read(postfix(action, status).encode()).kind is kind


@pytest.mark.parametrize(
    ("actions", "kind", "code"),
    [
        (["delivered 2.0.0", "failed 5.1.1"], ReceiptKind.BOUNCED, "5.1.1"),
        (["failed 5.1.1", "delivered 2.0.0"], ReceiptKind.BOUNCED, "5.1.1"),
        (["delivered 2.0.0", "delayed 4.4.1"], None, "4.4.1"),
        (["delivered 2.0.0", "delivered 2.1.5"], ReceiptKind.DELIVERED, "2.0.0"),
    ],
)
def test_of_several_recipients_the_one_that_was_not_reached_counts(actions, kind, code):
    fields = [f"Final-Recipient: rfc822; a@b.example\nAction: {a.split()[0]}\nStatus: {a.split()[1]}" for a in actions]
    report = read(of(*fields).encode())
    assert (report.kind, report.code) == (kind, code)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Warning: message 1t7abc delayed 24 hours", "This is a warning; 550 5.1.1 is what the other server says."),
        ("Mail", "We are still trying; 451 4.3.0 says the other server."),
    ],
)
def test_word_of_a_delay_settles_nothing(subject: str, text: str):
    raw = f"From: Mailer-Daemon@example.net\nSubject: {subject}\nIn-Reply-To: <{ALERT}@example.org>\n\n{text}\n"
    assert read(raw.encode()).kind is None


def test_what_our_own_mail_says_is_not_taken_for_the_servers_words():
    """Some give the whole mail back; a complaint may quote an error."""
    raw = f"""\
From: Mailer-Daemon@example.net
Subject: Mail
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

We have not heard of the other server yet.
--b
Content-Type: message/rfc822

{OURS}{mails_back.BODY}
--b--
"""
    assert read(raw.encode()).kind is None


OUT_OF_OFFICE = f"""\
From: Ann <ann@example.com>
Subject: Automatic reply: High: complaint 0f8c2d11
In-Reply-To: <{ALERT}@example.org>
Auto-Submitted: auto-replied
X-Auto-Response-Suppress: All

I am away until 5.11.2026. Call 550 123 instead. Error 550 5.1.1.
"""


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (OUT_OF_OFFICE, "no report"),
        ("", "no report"),
        ("\0\1\2", "no report"),
        ("From: ann@example.com\n\nI took it", "no report"),
        (postfix(ours="Subject: hello\n"), "names no mail"),
        ("From: mailer-daemon@example.net\n\n550 5.1.1 no", "names no mail"),
        (postfix("vanished", ""), "no known Action"),
        (f'From: "{"x" * 1000}" <mailer-daemon@example.net>\n\n550 5.1.1 no', "no report"),
        (of(), "no report|no known Action|neither"),
    ],
)
def test_whatever_is_no_report_is_refused_with_a_reason_and_counted(raw: str, reason: str):
    before = unreadable()
    if raw == of():  # a robot's mail without a recipient: nothing is settled by it
        assert read(raw.encode()).kind is None
        return
    with pytest.raises(Rejected, match=reason):
        read(raw.encode())
    assert unreadable() == before + 1


@pytest.mark.parametrize(
    "deep",
    [
        "Content-Type: message/rfc822\n\n" * 20_000,
        "Content-Type: message/rfc822\n\n" * 5_000,
        f"From: {'(' * 5_000}\n\n550 5.1.1 no",
        "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(21)),
        "From: postmaster@x.example\n" + "\n" * 20_000,
        "From: postmaster@x.example\n" + "\r" * 20_000,
        'Content-Type: multipart/report; x="' + ";" * 1_000,
        'content-type\t:\r\n multipart/report; x="' + "\r ;" * 1_000,
    ],
    ids=[
        *("messages", "messages in few lines", "brackets", "multiparts", "lines", "lines of old"),
        *("parameters", "parameters in lines"),
    ],
)
def test_what_would_keep_the_parser_busy_is_refused(deep: str):
    """Of brackets some parsers make as much as they take, others nothing: then it is from no mail server."""
    with pytest.raises(Rejected, match=r"too|nor from a mail server"):
        read(deep.encode())


def test_what_is_given_back_encoded_is_looked_at_as_well():
    endless = base64.b64encode(b'Content-Type: x/y; z="' + b";" * 1_000).decode()
    hidden = PARTS.replace("message/rfc822", "text/rfc822-headers\nContent-Transfer-Encoding: base64")
    report = hidden.format(recipients="\nFinal-Recipient: rfc822; a@example.org\nAction: failed\n", ours=endless)
    with pytest.raises(Rejected, match="too many parameters"):
        read(report.encode())


def test_long_digest_that_is_given_back_is_no_such_thing():
    assert read(postfix(ours=OURS + "\nline" * 10_000).encode()).kind is ReceiptKind.BOUNCED


def test_of_many_names_only_some_are_looked_at():
    many = " ".join(f"<{n}@example.org>" for n in range(500))
    assert len(read(f"From: postmaster@x.example\nReferences: {many}\n\n550 5.1.1 no".encode()).names) == MOST_NAMES


@pytest.mark.parametrize(
    "header", ["From: =?utf-8?b?w6k=?= <postmaster@x.example>", "From: \xe9 <postmaster@x.example>"]
)
def test_headers_in_any_bytes_are_read(header: str):
    raw = f"{header}\nIn-Reply-To: <{ALERT}@example.org>\n\n550 5.1.1 no".encode("latin-1")
    assert read(raw).kind is ReceiptKind.BOUNCED


SAMPLES = [write().encode() for write, _ in BOUNCES.values()]
CUTS = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=6)


@given(st.sampled_from(SAMPLES), CUTS)
def test_damaged_report_is_read_or_refused_and_nothing_else(raw: bytes, cuts: list[tuple[int, int, bytes]]):
    for start, length, new in cuts:
        raw = raw[:start] + new + raw[start + length :]
    try:
        report = read(raw)
    except Rejected:
        return
    assert report.names and all(0 < len(name) <= 200 for name in report.names)


@pytest.mark.parametrize(
    "header",
    [
        "Content-Type: multipart/report; boundary*=nonsense''%ff%fe",
        "Content-Type: multipart/report; boundary*0*=a''b; boundary*x=1",
        "Content-Type: =?a?b?c?=; boundary==?utf-8?q?x?=",
        "Content-Type: text/plain; charset=nonsense\nContent-Transfer-Encoding: uuencode",
        "Content-Transfer-Encoding: base64",
    ],
)
def test_strange_headers_are_refused_or_read(header: str):
    raw = f"From: postmaster@x.example\nIn-Reply-To: <{ALERT}@x>\n{header}\n\nbegin 666 x\nM\nend 550 5.1.1 no\n"
    assert read(raw.encode()).names == (ALERT,)
