"""Checks that notify's providers let us in: logs in at the mail server, looks up the accounts. Sends nothing."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests

from ombud.doctor import clocks, sms
from ombud.doctor.finding import Check, Finding, Subject, fault
from ombud.doctor.site import Site
from services.notify.channels.slack import Workspace
from services.notify.channels.smtp_session import Session, SmtpServer, Timeouts
from shared import clock

TIMEOUT = 5.0
NEEDED_SCOPE = "chat:write"


def checks(site: Site) -> Iterator[Check]:
    notify = site.service("notify")
    if notify is None or notify.settings is None:
        return
    if server := notify.settings.smtp:
        yield Check(Subject.PROVIDERS, "notify", partial(mail, server))
    if workspace := notify.settings.reach.slack:
        yield Check(Subject.PROVIDERS, "notify", partial(slack, workspace))
    for provider in notify.settings.sms_providers:
        yield Check(Subject.PROVIDERS, "notify", partial(sms.look, provider))


def mail(server: SmtpServer) -> Iterator[Finding]:
    """As a sender would: greeting, TLS, login; then it says good-bye."""
    where = f"the mail server {server.host}:{server.port}"
    try:
        Session(server, socket.gethostname(), Timeouts(command=TIMEOUT)).quit()
    except (smtplib.SMTPException, OSError) as error:
        yield _mail_refused(where, server, error)


def _mail_refused(where: str, server: SmtpServer, error: Exception) -> Finding:
    setting = "OMBUD_SMTP_URL"
    match error:
        case smtplib.SMTPAuthenticationError():
            return fault(
                f"{where} refuses the login of {server.user} ({error.smtp_code})", f"set the password in {setting}"
            )
        case smtplib.SMTPNotSupportedError():
            return fault(f"{where}: {error}", f"look at the scheme in {setting}: smtp, smtp+starttls or smtps")
        case ssl.SSLCertVerificationError():
            return fault(
                f"the certificate of {where} is not trusted: {error.verify_message}",
                "renew it there, trust its CA (SSL_CERT_FILE), or name the host as the certificate does",
            )
        case ssl.SSLError() | smtplib.SMTPServerDisconnected():
            return fault(f"{where} hangs up: {error.__class__.__name__}", f"look at scheme and port in {setting}")
        case smtplib.SMTPResponseException():
            return fault(
                f"{where} does not want us: {error.smtp_code}", "look into its log, and whether it takes mail from here"
            )
    return fault(
        f"{where} cannot be reached: {error or type(error).__name__}", f"see whether it runs; look at {setting}"
    )


def slack(workspace: Workspace) -> Iterator[Finding]:
    """https://docs.slack.dev/reference/methods/auth.test"""
    try:
        answer = requests.post(
            f"{workspace.url}/auth.test", headers={"Authorization": f"Bearer {workspace.token}"}, timeout=TIMEOUT
        )
        told: dict[str, Any] = answer.json()
    except (requests.RequestException, ValueError) as error:
        where = urlsplit(workspace.url).hostname
        yield fault(f"Slack does not answer at {where}: {type(error).__name__}", "see whether this machine gets out")
        return
    yield from clocks.apart("Slack", clocks.told_by(answer), clock.now(), clocks.DATES_ARE_WHOLE)
    if not told.get("ok"):
        yield fault(f"Slack refuses the token: {told.get('error')}", "set OMBUD_SLACK_TOKEN to that of the app, xoxb-…")
        return
    scopes = answer.headers.get("X-OAuth-Scopes")
    if scopes is not None and NEEDED_SCOPE not in [scope.strip() for scope in scopes.split(",")]:
        yield fault(
            f"the app lacks the scope {NEEDED_SCOPE} in Slack", "add it under OAuth & Permissions, install it anew"
        )
