"""The port of health and metrics answers whatever the rest of the service waits for."""

import socket

import requests

from ombud.local.postgres import PrivatePostgres
from tests.harness.bus import Bus
from tests.harness.events import a_classified
from tests.harness.process import eventually
from tests.plumbing.conftest import Sink
from tests.plumbing.test_subscription import frozen


def test_a_silent_database_takes_neither_metrics_nor_readiness_with_it(
    postgres_sink: Sink, bus: Bus, postgres: PrivatePostgres
) -> None:
    sink = postgres_sink.start()
    bus.publish(a_classified("1"))
    eventually(lambda: sink.effects() == ["1"], "the first one")
    with frozen(postgres):
        assert requests.get(f"{sink.ops_url}/metrics", timeout=6).ok  # without a limit of its own it takes 15 s
        answer = requests.get(f"{sink.ops_url}/readyz", timeout=9)
        assert (answer.status_code, answer.text) == (503, "database: silent\n")
    eventually(sink.is_ready, "it to be ready again", sink.log)


def test_a_second_service_on_the_same_ports_is_refused_with_the_way_out(sink: Sink) -> None:
    sink.start()
    for name in ("OMBUD_PORT", "OMBUD_OPS_PORT"):
        second = sink.twin()
        second.launch(**{name: sink.settings[name]})
        assert second.wait() == 2
        assert f"set {name} or OMBUD_PORT_OFFSET" in second.log()


def test_more_connections_than_files_do_not_end_the_service(sink: Sink) -> None:
    """Each connection costs a file; the service gets few, and many people who only connect."""
    sink.launch_with_files(80)
    crowd = [socket.create_connection(("127.0.0.1", sink.port)) for _ in range(120)]
    eventually(lambda: "connection_not_accepted" in sink.log(), "the limit to be reached", sink.log)
    for one in crowd:
        one.close()
    eventually(lambda: sink.call("POST", "/v1/echo", "x").ok, "it to answer again", sink.log)
    assert sink.is_alive
