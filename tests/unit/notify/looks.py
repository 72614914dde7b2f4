"""What the tests of sending look at: cases in letters, reasons in events. By those of digests, turns and limits."""

import re
from dataclasses import replace
from datetime import timedelta

from services.notify.channels.channel import Letter
from services.notify.domain.policy import Policy
from shared import links
from shared.contracts.event import Severity
from tests.unit.notify.build import BOTH, Office, escalated

LINK = re.compile(r"https://ombud\.example/a/([\w.-]+)")


def with_policy(office: Office, **policy) -> Office:
    office.rules = replace(BOTH, policy=Policy(**policy))
    return office


def cases(number: int, person: str = "ann", severity: Severity = Severity.MEDIUM, start: int = 0) -> list:
    return [escalated(person, case_id=f"case-{n:04}", severity=severity) for n in range(start, start + number)]


def claims_in(text: str) -> list[links.Claim]:
    return [links.check(["key"], token, timedelta(days=1)) for token in LINK.findall(text)]


def cases_in(letter: Letter) -> list[str]:
    return [claim.case_id for claim in claims_in(letter.text)]


def sizes(office: Office) -> list[int]:
    return [len(cases_in(letter)) for letter in office.email.sent]


def reasons(office: Office) -> list[tuple[str, str]]:
    return [(e.type, getattr(e, "reason", "")) for e in office.announced]
