"""A test alert goes to every address, as any other alert would; it is nobody's escalation."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from services.notify import schemas, tables, usecases
from services.notify.domain.alert import AlertState, ChannelName
from services.notify.domain.contact import Contact
from services.notify.domain.outcomes import Permanent, Reason
from services.notify.domain.places import place_of
from services.notify.domain.rules import Rules
from services.notify.domain.trial import Wanted
from services.notify.plans import trying
from services.notify.plans.trying import Trial
from services.notify.settings import LAST_RESORT
from services.notify.watch import overview
from shared.errors import NotFound, Rejected
from tests.unit.notify.build import BOTH, EMAIL, SMS, Office, a_contact, escalated

ANN, BOB = a_contact("ann"), a_contact("bob", phone=None)
ROOF = Contact(LAST_RESORT, LAST_RESORT, {EMAIL: "roof@example.org"})


def tries(office: Office, person: str | None = None, channel: ChannelName | None = None) -> Trial:
    return trying.try_addresses(office.db, office.rules, Wanted(person, channel))


def listed(office: Office, trial: Trial) -> dict[tuple[str, str], tuple[str, str | None]]:
    with office.db.read() as tx:
        alerts = usecases.list_alerts(tx, trial.test_id, "")["alerts"]
    return {(a["recipient"], a["channel"]): (a["state"], a["reason"]) for a in alerts}


def test_every_address_of_a_person_is_tried_even_one_that_no_channel_of_theirs_uses(office: Office):
    office.know(replace(ANN, channels=(EMAIL,)), BOB)
    trial = tries(office, "ann")
    assert [(a.person, a.channel, a.address, a.state) for a in trial.alerts] == [
        ("ann", EMAIL, "a***@example.org", AlertState.PENDING),
        ("ann", SMS, "+420***67", AlertState.PENDING),
    ]
    office.send()
    assert office.addresses() == ["ann@example.org", "+420601234567"]
    assert "test" in office.email.sent[0].text.lower()
    assert set(listed(office, trial).values()) == {("accepted", "accepted")}


def test_it_is_no_escalation_and_nobody_hears_of_its_end(office: Office):
    office.know(ANN)
    office.email.script["ann@example.org"] = [Permanent(Reason.RECIPIENT_REFUSED)]
    trial = tries(office, "ann")
    office.send()
    assert listed(office, trial)["ann", "email"] == ("failed", "recipient_refused")
    assert office.announced == []
    with office.db.read() as tx:
        counts = overview.counts(tx)
    assert (counts["escalations"], counts["unreachable"]) == (0, 0)


def test_one_channel_is_tried_alone_and_no_other_one_instead(office: Office):
    office.know(ANN)
    office.email.script["ann@example.org"] = [Permanent(Reason.RECIPIENT_REFUSED)]
    trial = tries(office, "ann", EMAIL)
    office.send()
    assert listed(office, trial) == {("ann", "email"): ("failed", "recipient_refused")}


def test_what_cannot_be_tried_ends_at_once_with_its_reason(office: Office):
    office.rules = Rules(frozenset({EMAIL, SMS}), receipts=frozenset({SMS}))
    office.know(replace(ANN, addresses=ANN.addresses | {ChannelName.SLACK: "U123"}))
    with office.db.transaction() as tx:
        tx.insert_many(tables.opt_outs, [{"channel": "sms", "address": ANN.addresses[SMS], "at": tx.now}])
    trial = tries(office, "ann")
    office.send()
    assert listed(office, trial) == {
        ("ann", "email"): ("accepted", "accepted"),
        ("ann", "sms"): ("suppressed", "opted_out"),
        ("ann", "slack"): ("failed", "not_configured"),
    }
    assert trial.receipts == (SMS,)


@pytest.mark.parametrize("part", [1, 2, 3, 100])
def test_everyone_is_tried_once_in_parts_of_any_size(office: Office, monkeypatch: pytest.MonkeyPatch, part: int):
    monkeypatch.setattr(trying, "PART", part)
    office.rules = replace(BOTH, last_resort=LAST_RESORT, last_resort_contact=ROOF)
    office.know(ANN, BOB, a_contact("carl", email=None))
    trial = tries(office)
    assert [(a.person, a.channel.value) for a in trial.alerts] == [
        ("ann", "email"),
        ("ann", "sms"),
        ("bob", "email"),
        ("carl", "sms"),
        (LAST_RESORT, "email"),
    ]
    office.send()
    assert sorted(office.addresses()) == sorted(
        ["ann@example.org", "bob@example.org", "roof@example.org", "+420601234567", "+420601234567"]
    )
    with office.db.read() as tx:
        assert tx.connection.scalar(select(func.count()).select_from(tables.escalations)) == 1


def test_the_last_resort_is_tried_by_that_name_whoever_it_is(office: Office):
    office.know(a_contact("boss", phone=None))
    assert [a.person for a in tries(office, LAST_RESORT).alerts] == ["boss"]
    office.rules = replace(BOTH, last_resort=LAST_RESORT, last_resort_contact=ROOF)
    assert [a.address for a in tries(office, LAST_RESORT).alerts] == ["r***@example.org"]
    office.rules = Rules(frozenset({EMAIL}))
    with pytest.raises(NotFound, match="OMBUD_LAST_RESORT"):
        tries(office, LAST_RESORT)


def test_nobody_to_try_is_refused(office: Office):
    with pytest.raises(NotFound, match="no contact stranger"):
        tries(office, "stranger")
    with pytest.raises(Rejected, match="no contact with an address"):
        tries(office)
    office.know(BOB)
    with pytest.raises(Rejected, match="bob has no sms address"):
        tries(office, "bob", SMS)


def test_a_test_calls_nobody_and_leaves_behind_what_does(office: Office):
    office.know(ANN)
    tries(office, "ann", EMAIL)
    office.hear(escalated("ann"))
    office.send()
    first, second = office.email.sent
    assert "Test" in second.subject and "Test" not in first.subject
    with office.db.read() as tx:
        (row,) = tx.execute(select(tables.alerts).where(tables.alerts.c.purpose == "escalation"))
    assert row.place < place_of(row.purpose, escalated().severity), "a first call, though a test was planned before"


def test_all_alerts_of_a_test_are_listed_page_by_page(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(overview, "LIST_LIMIT", 2)
    office.know(ANN, BOB)
    trial, after, seen = tries(office), "", []
    while after is not None:
        with office.db.read() as tx:
            page = usecases.list_alerts(tx, trial.test_id, after)
        seen += [a["id"] for a in page["alerts"]]
        after = page["next"]
    assert seen == sorted(a.id for a in trial.alerts)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"everyone": False},
        {"everyone": 1},
        {"person": "ann", "everyone": True},
        {"person": "a b"},
        {"person": "ann", "channel": "none"},
        {"person": "ann", "channel": "fax"},
        {"person": None},
        {"whom": "ann"},
        [],
    ],
)
def test_a_body_that_says_not_whom_is_refused(body: Any):
    with pytest.raises(Rejected) as refused:
        schemas.trial_from(body)
    assert refused.value.errors


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"person": "ann"}, Wanted("ann")),
        ({"person": "ann", "everyone": False, "channel": "sms"}, Wanted("ann", SMS)),
        ({"everyone": True}, Wanted()),
    ],
)
def test_a_body_says_whom(body: Any, wanted: Wanted):
    assert schemas.trial_from(body) == wanted


def test_a_failed_try_is_tried_again_for_a_day_only(office: Office):
    office.know(BOB)
    tries(office, "bob")
    with office.db.read() as tx:
        (row,) = tx.execute(select(tables.alerts))
    assert row.give_up_at - row.created_at == timedelta(days=1)


def test_a_test_that_nobody_tried_is_given_up_with_nothing_else_instead(office: Office):
    office.know(ANN)
    trial = tries(office, "ann", EMAIL)
    office.wait(days=1, minutes=1)
    assert office.give_up() == 1
    assert listed(office, trial) == {("ann", "email"): ("failed", "provider_away")}
    assert office.announced == []
