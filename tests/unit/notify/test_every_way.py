"""Whatever people wish, limits say and providers answer: an escalation reaches somebody, or is unreachable, once."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.notify import tables
from services.notify.domain.alert import OPEN, ChannelName
from services.notify.domain.contact import Contact, QuietHours
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter, Temporary
from services.notify.domain.policy import InDoubt, Limit, Policy
from shared import clock
from shared.contracts.event import Severity
from shared.hours.calendar import Shift
from tests.harness.events import NOON
from tests.unit.notify.build import BOTH, EMAIL, SMS, Office, a_contact, escalated

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PHONES = {"ann": "+420601000001", "bob": "+420601000002", "cyd": "+420601000003"}
DAYS = frozenset(range(7))
ALL_DAY = (Shift(DAYS, time(0), time(12)), Shift(DAYS, time(12), time(0)))
OUTCOMES: list[Outcome] = [
    Accepted("1"),
    Permanent(Reason.RECIPIENT_REFUSED),
    Temporary(Reason.PROVIDER_AWAY),
    RetryAfter(200, Reason.PROVIDER_THROTTLED),
    Ambiguous(Reason.NO_ANSWER),
]
QUIET = st.sampled_from([None, QuietHours(ALL_DAY), QuietHours(ALL_DAY, frozenset())])
ANSWERS = st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=3)
SEVERITIES = st.sampled_from(list(Severity))


@dataclass(frozen=True)
class Person:
    contact: Contact
    stopped: bool
    answers: dict[ChannelName, list[Outcome]]

    def surely_hears(self, severity: Severity) -> bool:
        """Whether a critical call must reach them: a channel works, they did not leave it, and may be called now."""
        usable = [c for c in self.contact.routes(severity) if not (c is SMS and self.stopped)]
        works = any(set(self.answers[c]) == {OUTCOMES[0]} for c in usable if c in self.answers)
        return works and self.contact.quiet_until(severity, clock.now()) is None


@st.composite
def people(draw: st.DrawFn) -> list[Person]:
    made = []
    for name, phone in PHONES.items():
        channels = draw(st.permutations([EMAIL, SMS, ChannelName.SLACK]))[: draw(st.integers(1, 3))]
        contact = a_contact(
            name,
            phone=phone,
            addresses={ChannelName.SLACK: "U1"},
            channels=tuple(channels),
            quiet=draw(QUIET),
            gather=draw(st.sampled_from([None, 2 * MINUTE])),
        )
        made.append(Person(contact, draw(st.booleans()), {EMAIL: draw(ANSWERS), SMS: draw(ANSWERS)}))
    return made


POLICIES = st.builds(
    Policy,
    in_doubt=st.dictionaries(
        st.sampled_from([EMAIL, SMS]), st.dictionaries(SEVERITIES, st.sampled_from(list(InDoubt)), max_size=4)
    ),
    fall_back_after=st.dictionaries(SEVERITIES, st.sampled_from([MINUTE, 2 * MINUTE]), max_size=4),
    person_limits=st.dictionaries(st.sampled_from([EMAIL, SMS]), st.builds(Limit, st.integers(1, 3), st.just(HOUR))),
)
CALLS = st.lists(
    st.tuples(
        SEVERITIES,
        st.sets(st.sampled_from([*PHONES, "stranger"]), min_size=1),
        st.integers(0, 100),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people(), POLICIES, CALLS, st.sampled_from([None, *OUTCOMES[:1], OUTCOMES[2], OUTCOMES[4]]))
def test_every_escalation_reaches_somebody_or_is_unreachable_once(office: Office, known, policy, calls, found):
    _begin(office, known, policy, found)
    sure = {}
    for n, (severity, recipients, pause) in enumerate(calls):
        name = f"call-{n}"
        event = escalated(
            *sorted(recipients),
            case_id=name,
            severity=severity,
            escalation_id=name,
            respond_by=clock.now() + 8 * MINUTE,
        )
        office.hear(event, event)
        sure[name] = severity is Severity.CRITICAL and any(
            p.surely_hears(severity) for p in known if p.contact.person in recipients
        )
        office.dispatcher.send_due()
        office.wait(seconds=pause)
    _let_it_end(office)
    for name, is_sure in sure.items():
        _check(office, name, is_sure)
    ends = Counter(e.alert_id for e in office.announced if hasattr(e, "alert_id"))
    assert set(ends.values()) == {1}
    assert office.unaccounted() == 0


def _check(office: Office, name: str, is_sure: bool) -> None:
    told = Counter(e.type for e in office.announced if e.escalation_id == name)
    reached, unreachable = told["alert.accepted"] > 0, told["escalation.unreachable"]
    assert unreachable == (0 if reached else 1), told
    assert reached or not is_sure, told
    with office.db.read() as tx:
        rows = tx.execute(tables.alerts.select().where(tables.alerts.c.escalation_id == name)).all()
    assert len({(r.recipient, r.channel) for r in rows}) == len(rows)
    assert not [r for r in rows if r.state in OPEN]


def _begin(office: Office, known: list[Person], policy: Policy, found: Outcome | None) -> None:
    with office.db.transaction() as tx:
        for table in tables.metadata.tables.values():
            tx.execute(table.delete())
        for person in known:
            if person.stopped:
                phone = person.contact.address(SMS)
                tx.execute(tables.opt_outs.insert().values(channel="sms", address=phone, at=NOON))
    office.rules = replace(BOTH, policy=policy)
    office.know(*(person.contact for person in known))
    office.forget()
    for channel, scripted in ((EMAIL, office.email), (SMS, office.sms)):
        scripted.found = found
        scripted.script = {p.contact.address(channel) or "": list(p.answers[channel]) for p in known}


def _let_it_end(office: Office) -> None:
    for _ in range(12):
        office.send()
        office.wait(seconds=65)
        office.fall_back()
        office.give_up()
        office.reap()
    office.send()
