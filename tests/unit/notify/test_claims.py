"""Who is next, for each channel by itself: what one has no room for, or holds back, is not withheld from another."""

import pytest

from services.notify.domain.alert import ChannelName
from services.notify.domain.folding import EACH, Openings
from services.notify.senders import claims
from shared.contracts.event import Severity
from tests.unit.notify.build import Office, a_contact, escalated


@pytest.fixture
def waiting(office: Office) -> Office:
    """Two for Ann and one for Bob by mail, one for Cy by text message; none of them a first one."""
    office.know(a_contact("ann", phone=None), a_contact("bob"))
    office.know(a_contact("cy", email=None))
    for person in ("ann", "bob", "cy"):
        office.hear(escalated(person, case_id=f"first-{person}", severity=Severity.CRITICAL))
    office.send()
    for number, person in enumerate(("bob", "cy", "ann", "ann")):
        office.hear(escalated(person, case_id=f"case-{number}", severity=Severity.HIGH if number < 3 else Severity.LOW))
    return office


def heads(office: Office, **rooms: Openings) -> dict[str, list[str]]:
    with office.db.transaction() as tx:
        found = claims.heads(tx, {ChannelName(name): room for name, room in rooms.items()})
    return {channel.value: people for channel, people in found.items()}


def test_each_channel_has_its_own_line(waiting: Office):
    assert heads(waiting, email=Openings(9), sms=Openings(9), slack=Openings(9)) == {
        "email": ["bob", "ann", "ann"],
        "sms": ["cy"],
        "slack": [],
    }
    assert heads(waiting) == {}


def test_whoever_is_full_or_paced_is_so_in_that_channel_alone(waiting: Office):
    everybody = frozenset({"ann", "cy"})
    full = Openings(20, dict.fromkeys(everybody, EACH))
    assert heads(waiting, email=full, sms=Openings(9)) == {"email": ["bob"], "sms": ["cy"]}
    assert heads(waiting, email=Openings(9), sms=full) == {"email": ["bob", "ann", "ann"], "sms": []}
    paced = Openings(20, paced=everybody)
    assert heads(waiting, email=paced, sms=Openings(9)) == {"email": ["bob"], "sms": ["cy"]}
    assert heads(waiting, email=Openings(9), sms=paced) == {"email": ["bob", "ann", "ann"], "sms": []}
