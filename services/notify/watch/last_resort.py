"""Whether somebody hears of what nobody answered. Looked at when notify starts, by its audit, and for the summary."""

from enum import StrEnum

import structlog

from services.notify import metrics
from services.notify.domain.rules import Rules
from services.notify.people import contacts
from shared.contracts.event import Severity
from shared.database import Transaction

log = structlog.get_logger()


class LastResort(StrEnum):
    """How it stands with the last resort. NO_CHANNEL: there is a contact, and no configured channel to an address."""

    REACHABLE = "reachable"
    NOT_CONFIGURED = "not_configured"
    NO_CONTACT = "no_contact"
    NO_CHANNEL = "no_channel"


NOBODY = "nobody hears of cases that nobody answered: "
_HINTS = {
    LastResort.NOT_CONFIGURED: "set OMBUD_LAST_RESORT to a person or an e-mail address",
    LastResort.NO_CONTACT: "OMBUD_LAST_RESORT names no contact: apply a roster with that person",
    LastResort.NO_CHANNEL: "no configured channel leads to OMBUD_LAST_RESORT: set the channel, or give another address",
}


def find(tx: Transaction, rules: Rules) -> LastResort:
    """How it stands now; reachable only if it is so for every severity."""
    if rules.last_resort is None:
        return LastResort.NOT_CONFIGURED
    contact = contacts.reachable(tx, rules, [rules.last_resort]).get(rules.last_resort)
    if contact is None:
        return LastResort.NO_CONTACT
    usable = rules.configured - contact.opted_out
    leads = all(usable.intersection(contact.routes(severity)) for severity in Severity)
    return LastResort.REACHABLE if leads else LastResort.NO_CHANNEL


def show(found: LastResort) -> None:
    metrics.LAST_RESORT.set(0 if found is LastResort.NOT_CONFIGURED else 1)
    metrics.LAST_RESORT_REACHABLE.set(1 if found is LastResort.REACHABLE else 0)


def warn(found: LastResort) -> None:
    """A line in the log, unless all is well."""
    if found is LastResort.NOT_CONFIGURED:
        log.warning("last_resort_missing", hint=NOBODY + _HINTS[found])
    elif found is not LastResort.REACHABLE:
        log.warning("last_resort_unreachable", reason=found.value, hint=NOBODY + _HINTS[found])
