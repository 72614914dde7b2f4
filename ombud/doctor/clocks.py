"""How far the clocks of others are from ours: the database's, and that of every server that answers by HTTP."""

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial

import requests

from ombud.doctor.finding import Check, Finding, Subject, fault, warning
from ombud.doctor.site import Site
from shared import clock

TOLERATED, TOO_FAR = 2.0, 30.0  # seconds
DATES_ARE_WHOLE = 1.5  # seconds: the header `Date` has no fractions, and the answer took its time
TIMEOUT = 5.0


def checks(site: Site) -> Iterator[Check]:
    """The broker's by its management API, and another machine's by escalation's public address."""
    if site.management_url:
        yield Check(Subject.CLOCKS, "", partial(_by_http, "the broker's machine", site.management_url))
    if (one := site.service("escalation")) and one.settings is not None:
        yield Check(Subject.CLOCKS, "escalation", partial(_by_http, "the public address", one.common.public_url))


def apart(whose: str, theirs: datetime | None, ours: datetime, slack: float = 0.0) -> Iterator[Finding]:
    """Deadlines are the database's time, signed links and receipts this machine's: they must agree."""
    if theirs is None:
        return
    seconds = (theirs - ours).total_seconds()
    if abs(seconds) <= TOLERATED + slack:
        return
    text = f"the clock of {whose} is {abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'} this machine's"
    remedy = "set both by NTP: chronyc tracking, timedatectl"
    yield fault(text, remedy) if abs(seconds) > TOO_FAR else warning(text, remedy)


def _by_http(whose: str, url: str) -> Iterator[Finding]:
    try:
        answer = requests.head(url, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException:  # said by the check of the address
        return
    yield from apart(whose, told_by(answer), clock.now(), DATES_ARE_WHOLE)


def told_by(answer: requests.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError):
        return None
