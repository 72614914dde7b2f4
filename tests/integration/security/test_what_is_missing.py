"""A service whose user lacks something says what, and goes on by itself once somebody has mended it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from ombud.local.broker import PrivateBroker
from shared.schema import migrate
from tests.harness.process import ANSWER_WITHIN, PROJECT, ServiceProcess, eventually
from tests.harness.secure import PASSWORD, BrokerUsers
from tests.harness.system import MILD

USER = "ombud-intake"
INTAKE_READS = ("intake.complaints.v1", "intake.escalation.v1")
COMPLAINT = {"source": "web", "external_id": "1", "channel": "email", "text": MILD, "customer": {"ref": "C-1"}}


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[ServiceProcess]:
    """Not started, and without a broker; its user may make nothing."""
    url = f"sqlite:///{tmp_path}/intake.sqlite"
    migrate(url, "intake", PROJECT / "services/intake/migrations")
    made = ServiceProcess("services.intake", tmp_path, OMBUD_DATABASE_URL=url, OMBUD_DECLARE_TOPOLOGY="false")
    yield made
    made.kill()


def readiness(service: ServiceProcess) -> str:
    try:
        return requests.get(f"{service.ops_url}/readyz", timeout=ANSWER_WITHIN).text
    except requests.ConnectionError:
        return ""


def test_each_thing_that_is_missing_is_named_until_it_is_there(
    intake: ServiceProcess, empty_host: Callable[[], BrokerUsers], broker: PrivateBroker
) -> None:
    users = empty_host()
    users.make(USER, "ombud-topology")
    users.set_password(USER, "another")
    intake.launch(OMBUD_AMQP_URI=users.uri(USER))
    eventually(lambda: "refuses the user 'ombud-intake" in readiness(intake), "the wrong password", intake.log)

    users.set_password(USER, PASSWORD)
    eventually(lambda: "no exchange 'complaints'" in intake.log(), "the missing topology", intake.log)
    assert "`ombud topology` makes it" in intake.log()

    users.declare()
    users.grant(USER, write="^$")
    intake.wait_until_ready()
    assert intake.call("POST", "/v1/complaints", COMPLAINT).status_code == 202
    eventually(lambda: "'intake.events'" in readiness(intake), "the missing right", intake.log)
    assert "no right to write" in readiness(intake)
    assert "no right to write" in intake.log()

    users.grant(USER)
    intake.wait_until_ready()
    eventually(lambda: intake.metric("ombud_outbox_waiting") == 0, "the event to leave", intake.log)

    said = times_refused(intake)
    users.set_password(USER, "a third")
    break_connections(broker)
    # Four tries take longer than an answer about readiness is kept.
    eventually(lambda: times_refused(intake) >= said + 4, "the password that was changed", intake.log)
    assert intake.is_ready(), "it has worked before: its HTTP doors stay open"


def test_who_may_not_read_its_queue_ends_and_says_so(
    intake: ServiceProcess, empty_host: Callable[[], BrokerUsers], broker: PrivateBroker
) -> None:
    """At its start, where a rollout stops; a service that runs goes on and tries again."""
    users = empty_host()
    users.make(USER, "ombud-topology")
    users.declare()
    intake.start(OMBUD_AMQP_URI=users.uri(USER))
    eventually(lambda: _consumers(users, broker) == len(INTAKE_READS), "it to read its queues", intake.log)
    users.grant(USER, read=r"^intake\.escalation\.v1$")
    break_connections(broker)
    eventually(lambda: "queue 'intake.complaints.v1'" in intake.log(), "the refusal", intake.log)
    assert intake.is_ready()
    users.grant(USER)
    eventually(lambda: _consumers(users, broker) == len(INTAKE_READS), "it to read again", intake.log)

    users.grant(USER, read=r"^intake\.escalation\.v1$")
    assert intake.stop() == 0
    assert intake.launch(OMBUD_AMQP_URI=users.uri(USER)).wait() == 1
    assert "queue 'intake.complaints.v1'" in intake.log()
    assert "no right to read" in intake.log()


def times_refused(service: ServiceProcess) -> int:
    return sum("relay_waits" in line and "refuses the user" in line for line in service.log().splitlines())


def break_connections(broker: PrivateBroker) -> None:
    broker.evaluate('[rabbit_networking:close_connection(P, "a test") || P <- rabbit_networking:connections()]')


def _consumers(users: BrokerUsers, broker: PrivateBroker) -> int:
    return int(broker.evaluate(f'length(rabbit_amqqueue:consumers_all(<<"{users.vhost}">>))'))
