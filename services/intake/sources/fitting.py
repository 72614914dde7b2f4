"""Makes what a system said fit what intake takes: defaults filled in, what is too long cut. Called by webhooks.py."""

from collections.abc import Mapping
from typing import Any

from services.intake.schemas import MAX_TEXT
from services.intake.sources.source import CONTACTED, SUBMITTED, Account, Said
from shared.messaging.envelope import name_of

NO_TEXT = "(no text)"
NAMES = ("external_id", "contact_id")
LONGEST = {"text": MAX_TEXT, "subject": 1000, "channel": 40, "product": 200, "by": 200}
# What would be wrong when cut is left out.
LONGEST_OF_PERSON = {"email": 320, "phone": 50, "tier": 40, "region": 40, "language": 20, "timezone": 60}
MAX_TAGS, LONGEST_TAG = 50, 60
OF_COMPLAINT = ("channel", "product")


def fitted(said: Said, account: Account) -> dict[str, Any]:
    """The data as schemas.upstream takes it. What the system says wins over the account's defaults."""
    data: dict[str, Any] = {**said.data, "source": account.name}
    for name in NAMES:
        if data.get(name):
            data[name] = name_of(data[name])
    if said.type in (SUBMITTED, CONTACTED):
        data |= _contact(data, account.defaults)
    for name, longest in LONGEST.items():
        if isinstance(data.get(name), str):
            data[name] = data[name][:longest]
    return data


def _contact(data: Mapping[str, Any], defaults: Mapping[str, str]) -> dict[str, Any]:
    person = {name: value for name, value in defaults.items() if name not in OF_COMPLAINT}
    person |= _person(data.get("customer") or {})
    found = {"text": data.get("text") or data.get("subject") or NO_TEXT, "customer": person}
    found |= {name: data.get(name) or defaults[name] for name in OF_COMPLAINT if name in defaults}
    if isinstance(data.get("tags"), list):
        found["tags"] = [str(tag)[:LONGEST_TAG] for tag in data["tags"][:MAX_TAGS]]
    return found


def _person(customer: Mapping[str, Any]) -> dict[str, Any]:
    fits = {n: v for n, v in customer.items() if v and len(str(v)) <= LONGEST_OF_PERSON.get(n, len(str(v)))}
    if "ref" in fits:
        fits["ref"] = name_of(fits["ref"])
    if "name" in fits:
        fits["name"] = str(fits["name"])[:200]
    return fits
