"""What notify counts of alerts and shows of those that wait: once for each that is stored, at zero from start."""

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from services.notify import metrics, usecases
from services.notify.channels.breaker import Breaker
from services.notify.domain.alert import OPEN, ChannelName, EscalationState, Purpose
from services.notify.domain.outcomes import OPERATOR_FAULTS, Accepted, Ambiguous, Permanent, Reason, Temporary
from services.notify.domain.receipts import Receipt, ReceiptKind
from services.notify.incoming import receipts
from services.notify.plans import planning
from services.notify.watch import waiting
from tests.unit.notify.build import CASE, EMAIL, Office, a_contact, acknowledged, escalated


class Undone(Exception):
    """What a test raises to have a transaction rolled back."""


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, f"{name} {labels} is there from the start"
    return found


class Gain:
    """What a series gained since this was made."""

    def __init__(self, name: str, **labels: str):
        self._name, self._labels = name, labels
        self._before = value(name, **labels)

    @property
    def so_far(self) -> float:
        return round(value(self._name, **self._labels) - self._before, 3)


def gained(*series: Gain) -> list[float]:
    return [one.so_far for one in series]


def of_reason(reason: Reason) -> Gain:
    return Gain("ombud_alerts_by_reason_total", reason=reason.value)


def of_outcome(outcome: str, channel: str = "email") -> Gain:
    return Gain("ombud_alerts_total", channel=channel, outcome=outcome)


def looked(office: Office) -> None:
    with office.db.read() as tx:
        usecases.look(tx)


def open_alerts() -> dict[str, float]:
    return {s.value: n for s in OPEN if (n := value("ombud_alerts_open", state=s.value))}


def test_every_series_is_there_before_anything_happens() -> None:
    for channel in ChannelName:
        for outcome in metrics.OUTCOMES:
            value("ombud_alerts_total", channel=channel.value, outcome=outcome)
        for then in metrics.IN_DOUBT_THEN:
            value("ombud_alerts_in_doubt_total", channel=channel.value, then=then)
        for fault in OPERATOR_FAULTS:
            value("ombud_provider_faults_total", channel=channel.value, reason=fault.value)
        value("ombud_alerts_planned_total", channel=channel.value)
        value("ombud_alert_acceptance_seconds_count", channel=channel.value)
        value("ombud_alert_delivery_seconds_count", channel=channel.value)
    for reason in Reason:
        value("ombud_alerts_by_reason_total", reason=reason.value)
    for state in OPEN:
        value("ombud_alerts_open", state=state.value)
    for purpose in Purpose:
        for made in EscalationState:
            value("ombud_alert_plans_total", purpose=purpose.value, state=made.value)
    for name in ("ombud_alerts_due_oldest_seconds", "ombud_alerts_unaccounted", "ombud_last_resort_configured"):
        value(name)


def test_a_breaker_shows_its_series_as_soon_as_it_is_there() -> None:
    Breaker(EMAIL, "of_this_test")
    assert value("ombud_provider_breakers_open", channel="email", provider="of_this_test") == 0
    for to in ("open", "closed"):
        name = "ombud_provider_breaker_changes_total"
        assert value(name, channel="email", provider="of_this_test", to=to) == 0


# -- ends ---------------------------------------------------------------------------------------------------------


def test_an_end_counts_by_channel_and_outcome_and_by_reason_for_itself(office: Office) -> None:
    office.know(a_contact())
    office.email.script["ann@example.org"] = [Permanent(Reason.RECIPIENT_REFUSED)]
    failed, accepted = of_outcome("failed"), of_outcome("accepted", "sms")
    refused, taken = of_reason(Reason.RECIPIENT_REFUSED), of_reason(Reason.ACCEPTED)
    office.hear(escalated("ann"), escalated("ann"))
    office.send()
    assert gained(failed, accepted, refused, taken) == [1, 1, 1, 1]


def test_an_attempt_that_is_tried_again_is_no_end(office: Office) -> None:
    office.know(a_contact())
    office.email.script["ann@example.org"] = [Temporary(Reason.PROVIDER_AWAY), Accepted()]
    retried, away, taken = of_outcome("retried"), of_reason(Reason.PROVIDER_AWAY), of_reason(Reason.ACCEPTED)
    office.hear(escalated("ann"))
    office.send()
    assert gained(retried, away, taken) == [1, 0, 0]
    office.wait(minutes=2)
    office.send()
    assert gained(retried, away, taken) == [1, 0, 1]


def test_what_nobody_needs_any_more_counts_as_suppressed_with_its_reason(office: Office) -> None:
    office.know(a_contact())
    office.hear(escalated("ann"))
    suppressed, answered = of_outcome("suppressed"), of_reason(Reason.ANSWERED)
    office.hear(acknowledged())
    assert gained(suppressed, answered) == [1, 1]


def test_an_alert_that_may_have_arrived_is_ambiguous_and_says_why(office: Office) -> None:
    office.know(a_contact())
    office.email.script["ann@example.org"] = [Ambiguous(Reason.NO_ANSWER)] * 3
    ambiguous, why = of_outcome("ambiguous"), of_reason(Reason.NO_ANSWER)
    office.hear(escalated("ann"))
    for _ in range(3):
        office.send()
        office.wait(minutes=2)
    assert gained(ambiguous, why) == [1, 1]


def test_a_fault_that_only_an_operator_can_mend_counts_once_per_attempt(office: Office) -> None:
    office.know(a_contact())
    office.email.script["ann@example.org"] = [Temporary(Reason.LOGIN_REFUSED)]
    faults = Gain("ombud_provider_faults_total", channel="email", reason="login_refused")
    office.hear(escalated("ann"))
    office.send()
    assert faults.so_far == 1


def test_what_is_rolled_back_does_not_count(office: Office) -> None:
    office.know(a_contact())
    planned = Gain("ombud_alerts_planned_total", channel="email")
    told = Gain("ombud_alert_plans_total", purpose="escalation", state="planned")
    ended = of_reason(Reason.UNKNOWN_CONTACT)

    def work() -> None:
        with office.db.transaction() as tx:
            planning.hear(tx, office.rules, [escalated("ann", "stranger")])
            raise Undone

    with pytest.raises(Undone):
        work()
    assert gained(planned, told, ended) == [0, 0, 0]
    office.hear(escalated("ann", "stranger"))
    office.hear(escalated("ann", "stranger"))
    assert gained(planned, told, ended) == [1, 1, 1]


# -- conservation, latency ----------------------------------------------------------------------------------------


def test_every_alert_that_came_into_being_has_ended_or_waits(office: Office) -> None:
    office.know(a_contact())
    office.email.script["ann@example.org"] = [Permanent(Reason.RECIPIENT_REFUSED)]
    planned = [Gain("ombud_alerts_planned_total", channel=c.value) for c in ChannelName]
    ended = [of_reason(reason) for reason in Reason]
    office.hear(escalated("ann", "stranger"))
    looked(office)
    assert sum(g.so_far for g in planned) == sum(g.so_far for g in ended) + sum(open_alerts().values()) == 2
    office.send()
    looked(office)
    assert sum(g.so_far for g in planned) == sum(g.so_far for g in ended) == 3, "the fallback, too"
    assert open_alerts() == {}


def test_open_alerts_are_shown_by_state(office: Office) -> None:
    office.know(a_contact(), a_contact("bob", email="bob@example.org", phone=None))
    office.hear(escalated("ann"))
    office.claim()
    office.hear(escalated("bob", case_id="another", escalation_id="another"))
    looked(office)
    assert open_alerts() == {"claimed": 1, "pending": 1}


def test_the_alert_that_was_due_first_says_how_late_it_is_and_what_is_yet_to_be_due_does_not(office: Office) -> None:
    office.know(a_contact())
    office.email.script["ann@example.org"] = [Temporary(Reason.PROVIDER_AWAY)]
    office.hear(escalated("ann"))
    office.wait(seconds=40)
    looked(office)
    assert value("ombud_alerts_due_oldest_seconds") == pytest.approx(40, abs=5)
    office.send()
    looked(office)
    assert value("ombud_alerts_due_oldest_seconds") == 0


def test_delivery_is_measured_from_the_event_to_the_receipt_and_acceptance_to_the_provider(office: Office) -> None:
    office.know(a_contact())
    names = ("ombud_alert_acceptance_seconds", "ombud_alert_delivery_seconds")
    (accepted, took), (delivered, arrived) = (
        [Gain(f"{name}_{part}", channel="email") for part in ("count", "sum")] for name in names
    )
    office.hear(escalated("ann"))
    office.send()
    assert gained(accepted, delivered) == [1, 0]
    before = took.so_far
    office.wait(minutes=10)
    with office.db.read() as tx:
        (alert,) = usecases.list_alerts(tx, CASE)["alerts"]
    for _ in range(2):
        with office.db.transaction() as tx:
            receipts.take_receipt(tx, office.rules, Receipt(ReceiptKind.DELIVERED, alert["id"]))
    assert gained(accepted, delivered) == [1, 1]
    assert arrived.so_far - before == pytest.approx(600, abs=5)
    assert took.so_far == before


def test_the_look_reads_the_index_of_the_line_alone(office: Office) -> None:
    with office.db.read() as tx:
        for query in (waiting.BY_STATE, waiting.OLDEST):
            compiled = query.compile(tx.connection, compile_kwargs={"literal_binds": True})
            plan = "\n".join(str(row) for row in tx.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
            assert "USING COVERING INDEX alerts_in_line (state=?)" in plan, plan
