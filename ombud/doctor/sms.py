"""Checks the providers of text messages: Twilio's account is looked up, of others the host is called and left alone."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import requests

from ombud.doctor import clocks, hosts
from ombud.doctor.finding import Finding, fault
from services.notify.channels.sms_file import SmsProvider
from services.notify.channels.twilio import TwilioAccount
from shared import clock

TIMEOUT = 5.0
_SETTING = "OMBUD_SMS_URL"


def look(provider: SmsProvider) -> Iterator[Finding]:
    if isinstance(provider, TwilioAccount):
        yield from twilio(provider)
    else:
        yield from hosts.look(provider.request.url, f"the SMS provider {provider.name}", "look at OMBUD_SMS_PROVIDERS")


def twilio(account: TwilioAccount) -> Iterator[Finding]:
    """https://www.twilio.com/docs/iam/api/account"""
    url = account.url.removesuffix("/Messages.json") + ".json"
    try:
        answer = requests.get(url, auth=(account.account, account.token), timeout=TIMEOUT)
    except requests.RequestException as error:
        where = urlsplit(url).hostname
        yield fault(f"Twilio does not answer at {where}: {type(error).__name__}", "see whether this machine gets out")
        return
    yield from clocks.apart("Twilio", clocks.told_by(answer), clock.now(), clocks.DATES_ARE_WHOLE)
    if answer.status_code in (401, 403):
        yield fault(
            "Twilio refuses the account or its token", f"set both in {_SETTING}, as Twilio's console shows them"
        )
    elif not answer.ok:
        yield fault(f"Twilio does not know the account (status {answer.status_code})", f"look at {_SETTING}")
    elif (status := _status(answer)) != "active":
        yield fault(f"the account at Twilio is {status}", "pay or open it again at Twilio")


def _status(answer: requests.Response) -> str:
    try:
        return str(answer.json().get("status"))
    except ValueError:
        return "of an unknown state"
