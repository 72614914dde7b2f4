"""Whether all is there is asked also where the broker tells it only to those who have a right to it."""

import pytest

from ombud.doctor import permissions
from ombud.doctor.permissions import Needs
from shared.contracts.topology import EXCHANGES, QUEUES, SERVICES, exchange_of
from shared.messaging.connection import NotFoundYet, check_topology
from tests.unit.shared.strict_broker import StrictBroker

ALL = {*EXCHANGES, *(queue.name for queue in QUEUES)}


def rights_of(service: str) -> set[str]:
    """As the deployment gives them; "" is the exchange without a name, which every broker has."""
    return {exchange_of(service), *(queue.name for queue in QUEUES if queue.consumer == service)} | (
        {""} if service == "notify" else set()
    )


def broker_of(service: str, *, without: str | None = None, configures: bool = False) -> StrictBroker:
    return StrictBroker((ALL | {""}) - {without}, rights_of(service), configures=configures)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_goes_on_though_it_does_not_hear_of_what_is_not_its_own(service: str) -> None:
    check_topology(broker_of(service))


@pytest.mark.parametrize("missing", ["routing.events", "routing.workforce.v1"])
def test_what_is_its_own_and_missing_is_still_named(missing: str) -> None:
    with pytest.raises(NotFoundYet, match=f"{missing}.*`ombud topology` makes it"):
        check_topology(broker_of("routing", without=missing))


@pytest.mark.parametrize("service", SERVICES)
def test_the_doctor_does_not_call_a_secret_a_lack(service: str) -> None:
    needs = Needs.of(service, declares=False)
    assert list(permissions.look(broker_of(service).channel, needs)) == []


@pytest.mark.parametrize("configures", [False, True])
@pytest.mark.parametrize("missing", ["routing.intake.v1", "routing.events"])
def test_the_doctor_names_what_is_missing_of_what_it_uses(missing: str, configures: bool) -> None:
    """Also where the first question is refused, and only the use of it shows that it is not there."""
    strict = broker_of("routing", without=missing, configures=configures)
    (found,) = permissions.look(strict.channel, Needs.of("routing", declares=False))
    assert found.text == f"1 exchanges and queues are not there ({missing})"
