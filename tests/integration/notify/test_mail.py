"""The channel `email` against a real SMTP server that fails at each verb: what is certain, and what is not."""

import socket
from collections.abc import Callable, Iterator

import pytest

from services.notify.channels.channel import Letter, NotOurs
from services.notify.channels.email import Email
from services.notify.channels.mime import Sender
from services.notify.channels.smtp_session import SmtpServer, Timeouts
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, Temporary
from tests.integration.notify.mail_server import DROP, HANG, KEEP, MailServer

PATIENT = Timeouts(command=30.0, final_dot=30.0)
# Only for servers that say nothing. Where the one command that hangs is not the first, those before it need their time.
NO_REPLY = Timeouts(command=3.0, final_dot=30.0)
NO_FINAL_REPLY = Timeouts(command=30.0, final_dot=0.5)
Make = Callable[..., Email]
TLS = pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Email] = []

    def email(url: str, timeouts: Timeouts = PATIENT) -> Email:
        made.append(Email(SmtpServer.parse(url), Sender.parse("Ombud <ombud@example.org>"), timeouts))
        return made[-1]

    yield email
    for one in made:
        one.close()


def a_letter(number: int = 1, address: str = "ann@example.org") -> Letter:
    return Letter(f"alert-{number}", "case-1", address, "Hello\n.\nřeka\n", "Subject", "<p>Hello</p>\n")


class HandOff:
    """Counts how often the point of no return was reached."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def test_letter_arrives_once_for_one_recipient(mail_server, make):
    hand_off = HandOff()
    assert make(mail_server.url).send(a_letter(), hand_off) == Accepted(detail="250 2.0.0")
    (letter,) = mail_server.letters
    assert (letter["Message-ID"], letter["References"]) == ("<alert-1@example.org>", "<case-1@example.org>")
    assert letter.get_body(("plain",)).get_content().splitlines() == ["Hello", ".", "řeka"]
    assert (mail_server.recipients, hand_off.times) == ([["ann@example.org"]], 1)


BEFORE = [  # verb, what the server does, the outcome, whether the letter had been handed off
    ("EHLO", DROP, Temporary(Reason.PROVIDER_AWAY, "SMTPServerDisconnected"), 0),
    ("EHLO", HANG, Temporary(Reason.PROVIDER_AWAY, "SMTPServerDisconnected"), 0),
    ("MAIL", "451 4.3.0 later", Temporary(Reason.PROVIDER_DEFERRED, "451 4.3.0"), 0),
    ("MAIL", "550 5.7.1 ombud@example.org no", Temporary(Reason.WRONG_SETTINGS, "550 5.7.1"), 0),
    ("MAIL", "530 5.7.0 login first", Temporary(Reason.LOGIN_REFUSED, "530 5.7.0"), 0),
    ("MAIL", DROP, Temporary(Reason.PROVIDER_AWAY, "SMTPServerDisconnected"), 0),
    ("MAIL", HANG, Temporary(Reason.PROVIDER_AWAY, "SMTPServerDisconnected"), 0),
    ("RCPT", "450 4.2.1 grey", Temporary(Reason.PROVIDER_DEFERRED, "450 4.2.1"), 0),
    ("RCPT", "421 4.3.2 closing", Temporary(Reason.PROVIDER_DEFERRED, "421 4.3.2"), 0),
    ("RCPT", "550 5.1.1 <ann@example.org> unknown", Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1"), 0),
    ("RCPT", DROP, Temporary(Reason.PROVIDER_AWAY, "SMTPServerDisconnected"), 0),
    ("RCPT", HANG, Temporary(Reason.PROVIDER_AWAY, "SMTPServerDisconnected"), 0),
    ("DATA", "452 4.3.1 full", Temporary(Reason.PROVIDER_DEFERRED, "452 4.3.1"), 1),
    ("DATA", "554 5.7.1 no", Permanent(Reason.MESSAGE_REFUSED, "554 5.7.1"), 1),
    ("DATA", "250 nonsense", Temporary(Reason.PROVIDER_DEFERRED, "250"), 1),
    ("DATA", DROP, Temporary(Reason.PROVIDER_AWAY, "SMTPServerDisconnected"), 1),
    ("DATA", HANG, Temporary(Reason.PROVIDER_AWAY, "SMTPServerDisconnected"), 1),
    ("DOT", "451 4.3.0 later", Temporary(Reason.PROVIDER_DEFERRED, "451 4.3.0"), 1),
    ("DOT", "552 5.3.4 too big", Permanent(Reason.MESSAGE_REFUSED, "552 5.3.4"), 1),
]


@pytest.mark.parametrize(("verb", "action", "outcome", "handed_off"), BEFORE)
def test_failure_before_the_final_dot_is_certainly_unsent(mail_server, make, verb, action, outcome, handed_off):
    mail_server.script[verb] = [action]
    hand_off = HandOff()
    assert make(mail_server.url, NO_REPLY if action == HANG else PATIENT).send(a_letter(), hand_off) == outcome
    assert (mail_server.letters, hand_off.times) == ([], handed_off)


ADDRESSING = [case for case in BEFORE if case[0] in ("MAIL", "RCPT") and case[1] != HANG]


@pytest.mark.parametrize(("verb", "action", "outcome", "handed_off"), ADDRESSING)
def test_server_that_takes_commands_together_fails_with_the_same_outcomes(
    mail_server, make, verb, action, outcome, handed_off
):
    mail_server.pipelines = True
    mail_server.script[verb] = [action]
    hand_off, email = HandOff(), make(mail_server.url)
    assert email.send(a_letter(1), hand_off) == outcome
    assert (mail_server.letters, hand_off.times) == ([], handed_off)
    assert email.send(a_letter(2), hand_off) == Accepted(detail="250 2.0.0")
    assert [letter["Message-ID"] for letter in mail_server.letters] == ["<alert-2@example.org>"]


@pytest.mark.parametrize("is_offered", [True, False])
def test_sender_and_recipient_leave_together_where_the_server_offers_it(mail_server, make, is_offered):
    mail_server.pipelines = is_offered
    assert make(mail_server.url).send(a_letter(), HandOff()) == Accepted(detail="250 2.0.0")
    assert mail_server.behind_mail == [b"RCPT TO:<ann@example.org>\r\n" if is_offered else b""]
    assert mail_server.recipients == [["ann@example.org"]]


@pytest.mark.parametrize(("verb", "connections"), [("MAIL", 2), ("RCPT", 1)])
def test_session_with_an_unread_reply_is_not_used_again(mail_server, make, verb, connections):
    mail_server.pipelines = True
    mail_server.script |= {verb: ["451 4.3.0 later"], "STRAY": ["250 OK"]}
    email = make(mail_server.url)
    assert [type(email.send(a_letter(n), HandOff())) for n in (1, 2)] == [Temporary, Accepted]
    assert mail_server.connections == connections


@pytest.mark.parametrize(("action", "kept"), [(KEEP, 1), (DROP, 0), (HANG, 0)])
def test_no_answer_to_the_final_dot_is_ambiguous(mail_server, make, action, kept):
    mail_server.script["DOT"] = [action]
    timeouts = NO_FINAL_REPLY if action == HANG else PATIENT
    assert make(mail_server.url, timeouts).send(a_letter(), HandOff()) == Ambiguous(Reason.NO_ANSWER)
    assert len(mail_server.letters) == kept


def test_break_off_between_354_and_the_dot_is_seen_or_unsure_but_never_accepted(mail_server, make):
    mail_server.script["BODY"] = [DROP]
    outcome = make(mail_server.url).send(a_letter(), HandOff())
    # The write may still succeed into a dead connection: then only the missing answer tells, and that is no proof.
    assert outcome in (Temporary(Reason.PROVIDER_AWAY, "SMTPServerDisconnected"), Ambiguous(Reason.NO_ANSWER))
    assert mail_server.letters == []


def test_server_that_is_not_there_is_a_temporary_failure(make):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and nobody listens
        outcome = make(f"smtp://127.0.0.1:{unused.getsockname()[1]}").send(a_letter(), HandOff())
    assert outcome == Temporary(Reason.PROVIDER_AWAY, "ConnectionRefusedError")


def test_server_that_accepts_and_says_nothing_is_a_temporary_failure(make):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = make(f"smtp://127.0.0.1:{silent.getsockname()[1]}", NO_REPLY).send(a_letter(), HandOff())
    assert isinstance(outcome, Temporary)
    assert outcome.reason is Reason.PROVIDER_AWAY


def test_refused_login_is_the_operators_fault(make):
    server = MailServer(login=(b"ombud", b"right"))
    try:
        url = f"smtp://ombud:{{}}@127.0.0.1:{server.port}"
        assert make(url.format("wrong")).send(a_letter(), HandOff()) == Temporary(Reason.LOGIN_REFUSED, "535 5.7.8")
        assert isinstance(make(url.format("right")).send(a_letter(), HandOff()), Accepted)
    finally:
        server.stop()
    assert len(server.letters) == 1


@TLS
def test_login_and_letter_go_through_tls_to_a_server_of_a_private_ca(
    secure_mail_server, ca_file, make, monkeypatch, scheme
):
    server = secure_mail_server(scheme)
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    email = make(server.url, Timeouts())
    assert [email.send(a_letter(n), HandOff()) for n in (1, 2)] == [Accepted(detail="250 2.0.0")] * 2
    assert [letter["Message-ID"] for letter in server.letters] == ["<alert-1@example.org>", "<alert-2@example.org>"]
    assert (server.logins, server.connections) == (1, 1)


@TLS
@pytest.mark.parametrize(
    ("is_ca_known", "name", "expired"),
    [(False, "127.0.0.1", False), (True, "mail.example.org", False), (True, "127.0.0.1", True)],
)
def test_server_that_cannot_prove_who_it_is_learns_neither_password_nor_letter(
    secure_mail_server, ca_file, make, monkeypatch, scheme, is_ca_known, name, expired
):
    server = secure_mail_server(scheme, name, expired=expired)
    if is_ca_known:
        monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    hand_off = HandOff()
    outcome = make(server.url, Timeouts()).send(a_letter(), hand_off)
    assert outcome == Temporary(Reason.WRONG_SETTINGS, "SSLCertVerificationError")
    assert (server.logins, server.letters, hand_off.times) == (0, [], 0)


def test_server_without_tls_is_never_spoken_to_in_the_clear(mail_server, make):
    outcome = make(mail_server.url.replace("smtp://", "smtp+starttls://")).send(a_letter(), HandOff())
    assert outcome == Temporary(Reason.WRONG_SETTINGS, "SMTPNotSupportedError")
    assert mail_server.letters == []


def test_address_that_is_none_never_reaches_the_server(mail_server, make):
    outcome = make(mail_server.url).send(a_letter(address="ann@example.org>\r\nDATA"), HandOff())
    assert outcome == Permanent(Reason.INVALID_ADDRESS)
    assert mail_server.connections == 0


def test_session_is_kept_for_the_next_letters_also_after_a_refusal(mail_server, make):
    email = make(mail_server.url)
    mail_server.script["RCPT"] = ["", "550 5.1.1 no", "450 4.2.1 grey"]
    mail_server.script["DOT"] = ["", "552 5.3.4 too big"]
    outcomes = [type(email.send(a_letter(n), HandOff())) for n in range(5)]
    assert outcomes == [Accepted, Permanent, Temporary, Permanent, Accepted]
    assert mail_server.connections == 1


@pytest.mark.parametrize("pipelines", [False, True])
@pytest.mark.parametrize(("verb", "action"), [("MAIL", DROP), ("RCPT", DROP)])
def test_kept_session_that_died_is_replaced_without_a_word(mail_server, make, verb, action, pipelines):
    mail_server.pipelines = pipelines
    email = make(mail_server.url)
    email.send(a_letter(1), HandOff())
    mail_server.script[verb] = [action]
    assert isinstance(email.send(a_letter(2), HandOff()), Accepted)
    assert (len(mail_server.letters), mail_server.connections) == (2, 2)


def test_session_that_was_lost_at_hand_off_is_not_used_again(mail_server, make):
    email = make(mail_server.url)

    def broken() -> None:
        raise KeyError("database")

    with pytest.raises(KeyError):
        email.send(a_letter(1), broken)
    assert isinstance(email.send(a_letter(2), HandOff()), Accepted)
    assert [letter["Message-ID"] for letter in mail_server.letters] == ["<alert-2@example.org>"]


def test_alert_that_is_no_longer_ours_is_not_sent_and_the_session_stays(mail_server, make):
    email = make(mail_server.url)

    def not_ours() -> None:
        raise NotOurs

    with pytest.raises(NotOurs):
        email.send(a_letter(1), not_ours)
    assert isinstance(email.send(a_letter(2), HandOff()), Accepted)
    assert ([letter["Message-ID"] for letter in mail_server.letters], mail_server.connections) == (
        ["<alert-2@example.org>"],
        1,
    )


def test_letter_that_the_hand_off_gives_leaves_instead(mail_server, make):
    email = make(mail_server.url)
    shorter = Letter("alert-9", "case-9", "ann@example.org", "Less\n", "Shorter", "<p>Less</p>\n")
    assert isinstance(email.send(a_letter(1), lambda: shorter), Accepted)
    (letter,) = mail_server.letters
    assert (letter["Message-ID"], letter["Subject"]) == ("<alert-9@example.org>", "Shorter")
    assert letter.get_body(("plain",)).get_content().strip() == "Less"


def test_letter_that_cannot_be_written_anew_does_not_leave_and_the_next_does(mail_server, make):
    email = make(mail_server.url)
    broken = Letter("alert-9", "case-9", "nobody", "Less\n")
    with pytest.raises(ValueError, match="address"):
        email.send(a_letter(1), lambda: broken)
    assert isinstance(email.send(a_letter(2), HandOff()), Accepted)
    assert [letter["Message-ID"] for letter in mail_server.letters] == ["<alert-2@example.org>"]
