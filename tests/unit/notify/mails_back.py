"""Mails that servers send back about a mail of ours, by hand after what the real ones write; used by the tests."""

from collections.abc import Callable

ALERT = "7f6d4d5e-3c5b-5d0c-9f51-0a4f8f1f6a11"
CASE = "0f8c2d11-58a7-5c0e-9a3e-0d3f6a4f1c22"

# As mime.py writes it, and as the servers give it back.
OURS = f"""\
From: Ombud <ombud@example.org>
To: ann@example.com
Subject: High: complaint 0f8c2d11
Date: Mon, 02 Nov 2026 08:30:00 +0000
Message-ID: <{ALERT}@example.org>
In-Reply-To: <{CASE}@example.org>
References: <{CASE}@example.org>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="=_{ALERT}"
"""
BODY = f"""\

--=_{ALERT}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

The customer quotes an error: 550 5.7.1 refused
--=_{ALERT}--
"""


def postfix(action: str = "failed", status: str = "5.1.1", ours: str = OURS) -> str:
    return f"""\
Return-Path: <>
Received: by mail.example.org (Postfix) id 4Q2x5Z1x9Jz1; Mon,  2 Nov 2026 08:30:02 +0000 (UTC)
Date: Mon,  2 Nov 2026 08:30:02 +0000 (UTC)
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: ombud@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4Q2x5Z1wRTz1.1793608202/mail.example.org"
Message-Id: <4Q2x5Z1x9Jz1@mail.example.org>

This is a MIME-encapsulated message.

--4Q2x5Z1wRTz1.1793608202/mail.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.example.org.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<ann@example.com>: host mx.example.com[192.0.2.7] said: 550 5.1.1
    <ann@example.com>: Recipient address rejected: User unknown (in reply to RCPT TO command)

--4Q2x5Z1wRTz1.1793608202/mail.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org
X-Postfix-Queue-ID: 4Q2x5Z0hQfz2
X-Postfix-Sender: rfc822; ombud@example.org
Arrival-Date: Mon,  2 Nov 2026 08:30:00 +0000 (UTC)

Final-Recipient: rfc822; ann@example.com
Original-Recipient: rfc822;ann@example.com
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown

--4Q2x5Z1wRTz1.1793608202/mail.example.org
Content-Description: Undelivered Message
Content-Type: message/rfc822

{ours}{BODY}
--4Q2x5Z1wRTz1.1793608202/mail.example.org--
"""


def exim() -> str:
    return f"""\
Received: from Debian-exim by mail.example.org with local (Exim 4.96)
\tid 1t7abc-000123-0A
\tfor ombud@example.org; Mon, 02 Nov 2026 08:30:03 +0000
X-Failed-Recipients: ann@example.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mail.example.org>
To: ombud@example.org
References: <{ALERT}@example.org>
Content-Type: multipart/report; report-type=delivery-status; boundary=1793608203-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1t7abc-000123-0A@mail.example.org>
Date: Mon, 02 Nov 2026 08:30:03 +0000

--1793608203-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@example.com
    host mx.example.com [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<ann@example.com>:
    550 No such user

--1793608203-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Action: failed
Final-Recipient: rfc822;ann@example.com
Status: 5.0.0
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 No such user

--1793608203-eximdsn-1804289383
Content-type: message/rfc822

Return-path: <ombud@example.org>
{OURS}{BODY}
--1793608203-eximdsn-1804289383--
"""


def exim_of_old() -> str:
    """Before 4.80 it wrote no reports."""
    return f"""\
X-Failed-Recipients: ann@example.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mail.example.org>
To: ombud@example.org
References: <{CASE}@example.org> <{ALERT}@example.org>
Subject: Mail delivery failed: returning message to sender

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@example.com
    SMTP error from remote mail server after RCPT TO:<ann@example.com>:
    550 5.1.1 No such user

------ This is a copy of the message, including all the headers. ------

{OURS}
"""


def exchange() -> str:
    return f"""\
From: <postmaster@contoso.example>
To: <ombud@example.org>
Date: Mon, 2 Nov 2026 08:30:04 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4b7a2d0e-1d2f-4e64-9f58-3a1f2f2a6c11"
X-MS-Exchange-Message-Is-Ndr:
Content-Language: en-US
Message-ID: <8f1c@contoso.example>
In-Reply-To: <{ALERT}@example.org>
References: <{ALERT}@example.org>
Subject: Undeliverable: High: complaint 0f8c2d11
Auto-Submitted: auto-replied
MIME-Version: 1.0

--4b7a2d0e-1d2f-4e64-9f58-3a1f2f2a6c11
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="inner"

--inner
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

RGVsaXZlcnkgaGFzIGZhaWxlZCB0byB0aGVzZSByZWNpcGllbnRz
--inner
Content-Type: text/html; charset="utf-8"

<p>Delivery has failed to these recipients or groups:</p>
--inner--

--4b7a2d0e-1d2f-4e64-9f58-3a1f2f2a6c11
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.exchangelabs.example
Received-From-MTA: dns;mail.example.org
Arrival-Date: Mon, 2 Nov 2026 08:30:03 +0000

Final-Recipient: rfc822;ann@example.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; ann@example.com not found by SMTP address lookup
X-Display-Name: ann

--4b7a2d0e-1d2f-4e64-9f58-3a1f2f2a6c11
Content-Type: message/rfc822

{OURS}{BODY}
--4b7a2d0e-1d2f-4e64-9f58-3a1f2f2a6c11--
"""


def gmail() -> str:
    return f"""\
Delivered-To: ombud@example.org
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: ombud@example.org
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <{ALERT}@example.org>
In-Reply-To: <{ALERT}@example.org>
X-Failed-Recipients: ann@example.com
Message-ID: <6727e8cb.050a0220.1f9@mx.google.com>
Date: Mon, 02 Nov 2026 00:30:05 -0800 (PST)
Content-Type: multipart/report; boundary="00000000000046ee4d0626"; report-type=delivery-status
MIME-Version: 1.0

--00000000000046ee4d0626
Content-Type: multipart/related; boundary="00000000000046e"

--00000000000046e
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to ann@example.com because the address couldn't be found.

--00000000000046e--

--00000000000046ee4d0626
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Mon, 02 Nov 2026 00:30:04 -0800 (PST)
X-Original-Message-ID: <{ALERT}@example.org>

Final-Recipient: rfc822; ann@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
Last-Attempt-Date: Mon, 02 Nov 2026 00:30:05 -0800 (PST)

--00000000000046ee4d0626
Content-Type: message/rfc822

{OURS}
----- Message truncated -----

--00000000000046ee4d0626--
"""


def ses() -> str:
    """Amazon gives mails a Message-ID of its own."""
    returned = OURS.replace(f"<{ALERT}@example.org>", "<0102018e-aaaa-000000@eu-west-1.amazonses.com>")
    return f"""\
From: MAILER-DAEMON@eu-west-1.amazonses.com
To: ombud@example.org
Subject: Delivery Status Notification (Failure)
Message-ID: <0102018e-bbbb-000000@eu-west-1.amazonses.com>
Date: Mon, 2 Nov 2026 08:30:06 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary="----=_Part_1"
MIME-Version: 1.0

------=_Part_1
Content-Type: text/plain; charset=us-ascii

An error occurred while trying to deliver the mail to the following recipients:
ann@example.com
------=_Part_1
Content-Type: message/delivery-status

Reporting-MTA: dns; a1-1.smtp-out.eu-west-1.amazonses.com

Action: failed
Final-Recipient: rfc822; ann@example.com
Diagnostic-Code: smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<451 4.3.0>
Status: 4.4.7

------=_Part_1
Content-Type: message/rfc822

{returned}{BODY}
------=_Part_1--
"""


def headers_only() -> str:
    """RET=HDRS: just the headers, folded, of a server of its own kind."""
    folded = OURS.replace("Message-ID: ", "Message-ID:\n ")
    return f"""\
From: postmaster@example.net
Subject: Delivery report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; example.net

Final-Recipient: rfc822; ann@example.com
Action: FAILED (delivery time expired)
Status: 5.4.7 (delivery time expired)

--b
Content-Type: text/rfc822-headers

{folded}
--b--
"""


def qmail() -> str:
    return f"""\
From: MAILER-DAEMON@example.net
To: ombud@example.org
Subject: failure notice
In-Reply-To: <{ALERT}@example.org>

Hi. This is the qmail-send program at example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@example.com>:
192.0.2.7 does not like recipient.
Remote host said: 550 user unknown
"""


BOUNCES: dict[str, tuple[Callable[[], str], str]] = {  # who wrote it, and the code in it
    "postfix": (postfix, "5.1.1"),
    "exim": (exim, "5.0.0"),
    "exim of old": (exim_of_old, "5.1.1"),
    "exchange": (exchange, "5.1.10"),
    "gmail": (gmail, "5.1.1"),
    "amazon ses": (ses, "4.4.7"),
    "headers only": (headers_only, "5.4.7"),
    "qmail": (qmail, ""),
}
