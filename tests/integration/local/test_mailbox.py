"""The mail catcher: a real process that takes real SMTP and shows what it took."""

import os
import smtplib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests

from ombud.local.ports import free_ports
from ombud.local.processes import Child
from tests.harness.process import ANSWER_WITHIN, STOP_WITHIN, eventually


@dataclass(frozen=True)
class Mailbox:
    child: Child
    smtp_port: int
    http_port: int

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.http_port}{path}", headers=headers, timeout=ANSWER_WITHIN)

    def messages(self, query: str = "") -> list[dict[str, Any]]:
        return list(self.get(f"/api/messages{query}").json())

    def send(self, message: EmailMessage, *to: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=ANSWER_WITHIN) as smtp:
            smtp.send_message(message, to_addrs=list(to) or None)

    def send_raw(self, content: bytes) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=ANSWER_WITHIN) as smtp:
            smtp.sendmail("ombud@example.org", ["sam@example.org"], content)


def a_mailbox(folder: Path, *options: str) -> Mailbox:
    smtp, http = free_ports(2)
    argv = [sys.executable, "-m", "ombud.local.mailbox", "--smtp-port", str(smtp), "--http-port", str(http)]
    child = Child("mailbox", [*argv, "--data-dir", str(folder), *options], dict(os.environ), folder / "mailbox.log")
    child.start()
    eventually(lambda: "mail catcher:" in child.log_tail() or not child.is_alive, "the mail catcher", child.log_tail)
    assert child.is_alive, child.log_tail()
    return Mailbox(child, smtp, http)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    mailbox = a_mailbox(tmp_path)
    yield mailbox
    mailbox.child.stop()


def a_mail(subject: str = "Case 1", to: str = "sam@example.org", html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ombud@example.org", to, subject
    message["Message-ID"] = "<alert-1@example.org>"
    message.set_content("Take it: http://127.0.0.1:8003/cases/1?a=1&b=2\n")
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def test_mail_is_listed_with_all_that_a_test_asks_for(mailbox: Mailbox) -> None:
    mailbox.send(a_mail("Fall 1 – überfällig", html="<p>Take it</p>"), "sam@example.org", "hidden@example.org")
    (found,) = mailbox.messages()
    assert found["to"] == ["sam@example.org", "hidden@example.org"]
    assert found["subject"] == "Fall 1 – überfällig"
    assert found["message_id"] == "<alert-1@example.org>"
    assert found["headers"]["From"] == "ombud@example.org"
    assert found["headers"]["Return-Path"] == "<ombud@example.org>"
    assert found["text"] == "Take it: http://127.0.0.1:8003/cases/1?a=1&b=2\n"
    assert found["html"] == "<p>Take it</p>\n"
    assert found["received_at"].endswith("Z")


def test_newest_come_first_and_can_be_asked_for_by_recipient(mailbox: Mailbox) -> None:
    for number, to in enumerate(("sam@example.org", "kim@example.org", "sam@example.org")):
        mailbox.send(a_mail(f"Case {number}", to))
    assert [mail["subject"] for mail in mailbox.messages()] == ["Case 2", "Case 1", "Case 0"]
    assert [mail["subject"] for mail in mailbox.messages("?limit=1")] == ["Case 2"]
    assert [mail["subject"] for mail in mailbox.messages("?to=SAM@example.org")] == ["Case 2", "Case 0"]
    assert mailbox.get("/api/count").json() == {"count": 3}


def test_delete_removes_all(mailbox: Mailbox) -> None:
    mailbox.send(a_mail())
    answer = requests.delete(f"http://127.0.0.1:{mailbox.http_port}/api/messages", timeout=ANSWER_WITHIN)
    assert answer.json() == {"removed": 1}
    assert mailbox.messages() == []


def test_acknowledged_mail_survives_a_kill(mailbox: Mailbox, tmp_path: Path) -> None:
    mailbox.send(a_mail(), "sam@example.org", "kim@example.org")
    before = mailbox.messages()
    mailbox.child.kill()
    (tmp_path / "mailbox.log").unlink()
    again = a_mailbox(tmp_path)
    assert again.messages() == before
    again.child.stop()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no header at all\r\n",
        b"Subject: no colon follows\r\nnonsense\r\n\r\ntext\r\n",
        b"Content-Type: text/plain; charset=martian\r\n\r\ntext\r\n",
        b"Content-Type: multipart/alternative\r\n\r\nno boundary\r\n",
        b"Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: image/png\r\n\r\n1\r\n--x--\r\n",
        b"Subject: =?martian?q?x?=\r\nFrom: @@\r\n\r\n\xff\xfe\r\n",
        b"Subject: dots\r\n\r\n.\r\n..\r\n" + b"x" * 998 + b"\r\n",
    ],
)
def test_nothing_odd_is_refused_or_breaks_the_pages(mailbox: Mailbox, content: bytes) -> None:
    mailbox.send_raw(content)
    (found,) = mailbox.messages()
    assert mailbox.get("/").status_code == 200
    assert mailbox.get(f"/messages/{found['id']}").status_code == 200


def test_any_password_gets_in(mailbox: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port, timeout=ANSWER_WITHIN) as smtp:
        smtp.login("someone", "anything")
        smtp.send_message(a_mail())
    assert len(mailbox.messages()) == 1


def test_pages_show_what_mails_say_and_run_none_of_it(mailbox: Mailbox) -> None:
    mailbox.send(a_mail("<script>alert(1)</script>", html="<script>alert(2)</script><p>hello</p>"))
    (found,) = mailbox.messages()
    listed, shown = mailbox.get("/").text, mailbox.get(f"/messages/{found['id']}").text
    assert "&lt;script&gt;alert(1)" in listed and "<script>" not in listed
    assert "&lt;script&gt;alert(1)" in shown and "<script>" not in shown
    assert '<a href="http://127.0.0.1:8003/cases/1?a=1&amp;b=2"' in shown
    assert 'sandbox="allow-popups' in shown
    html = mailbox.get(f"/messages/{found['id']}/html")
    assert "<p>hello</p>" in html.text
    assert html.headers["Content-Security-Policy"].startswith("sandbox ")
    assert "allow-scripts" not in html.headers["Content-Security-Policy"]


def test_unknown_mail_is_not_found(mailbox: Mailbox) -> None:
    assert mailbox.get("/messages/1-1").status_code == 404
    assert mailbox.get("/messages/..%2F..%2Fetc").status_code == 404


def test_other_names_for_this_machine_are_refused(mailbox: Mailbox) -> None:
    assert mailbox.get("/api/messages", Host="attacker.example").status_code == 400
    assert mailbox.get("/api/messages", Host=f"localhost:{mailbox.http_port}").status_code == 200


def test_every_mail_that_is_kept_was_acknowledged_even_at_the_end(mailbox: Mailbox, tmp_path: Path) -> None:
    def send_until_refused(sender: int) -> int:
        acknowledged = 0
        with (
            suppress(OSError, smtplib.SMTPException),
            smtplib.SMTP("127.0.0.1", mailbox.smtp_port, timeout=STOP_WITHIN) as smtp,
        ):
            while True:
                smtp.send_message(a_mail(f"Case {sender}.{acknowledged}"))
                acknowledged += 1
        return acknowledged

    with ThreadPoolExecutor(8) as pool:
        senders = [pool.submit(send_until_refused, sender) for sender in range(8)]
        try:
            eventually(lambda: mailbox.get("/api/count").json()["count"] >= 50, "fifty mails", mailbox.child.log_tail)
        finally:
            exit_code = mailbox.child.stop(STOP_WITHIN)
        acknowledged = sum(sender.result() for sender in senders)
    assert exit_code == 0
    assert len(list((tmp_path / "new").iterdir())) == acknowledged
    assert acknowledged >= 50


def test_counting_only_leaves_no_files(tmp_path: Path) -> None:
    mailbox = a_mailbox(tmp_path, "--no-store")
    try:
        mailbox.send(a_mail())
        mailbox.send(a_mail())
        assert mailbox.get("/api/count").json() == {"count": 2}
        assert list((tmp_path / "new").iterdir()) == []
    finally:
        mailbox.child.stop()


def test_taken_port_is_said_on_one_line(mailbox: Mailbox, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "ombud.local.mailbox", "--smtp-port", str(mailbox.smtp_port), "--http-port", "0"]
    second = Child("second", [*argv, "--data-dir", str(tmp_path / "2")], dict(os.environ), tmp_path / "second.log")
    second.start()
    assert second.wait() == 1
    assert "address already in use" in second.log_tail(100) and "Traceback" not in second.log_tail(100)
