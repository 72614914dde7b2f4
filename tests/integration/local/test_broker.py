"""The private RabbitMQ: real nodes, started and stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import amqp
import psutil
import pytest
import requests

from ombud.local.broker import PrivateBroker
from ombud.local.errors import LocalError
from ombud.local.ports import free_ports, is_port_free
from tests.harness.process import ANSWER_WITHIN, PATIENCE, eventually
from tests.harness.servers import stopped


@contextmanager
def a_channel(uri: str) -> Iterator[amqp.Channel]:
    address = urlsplit(uri)
    vhost = unquote(address.path[1:]) or "/"
    with amqp.Connection(
        f"{address.hostname}:{address.port}",
        userid=address.username,
        password=address.password,
        virtual_host=vhost,
        confirm_publish=True,
    ) as connection:
        yield connection.channel()


def publish(uri: str, queue: str, body: str) -> None:
    with a_channel(uri) as channel:
        channel.queue_declare(queue, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
        channel.basic_publish_confirm(amqp.Message(body, delivery_mode=2), routing_key=queue, mandatory=True)


def take(uri: str, queue: str) -> str | None:
    with a_channel(uri) as channel:
        message = channel.basic_get(queue, no_ack=True)
        return message.body if message else None


def test_confirmed_message_comes_out_of_a_quorum_queue(broker: PrivateBroker) -> None:
    publish(broker.uri, "round.trip", "a complaint")
    assert take(broker.uri, "round.trip") == "a complaint"


def test_confirmed_message_survives_kill(broker: PrivateBroker) -> None:
    publish(broker.uri, "survivor", "a complaint")
    with stopped(broker, by=broker.kill):
        assert not broker.is_alive
    assert take(broker.uri, "survivor") == "a complaint"


def test_node_that_died_by_itself_starts_again(broker: PrivateBroker) -> None:
    assert broker.pid
    node = psutil.Process(broker.pid)
    node.kill()
    eventually(lambda: not broker.is_alive, "the node to be gone")
    broker.start()
    assert broker.is_alive
    assert broker.pid != node.pid


def test_virtual_host_is_separate_and_reachable(broker: PrivateBroker) -> None:
    uri = broker.add_vhost("tests/one")
    publish(uri, "separate", "a complaint")
    assert take(uri, "separate") == "a complaint"
    with pytest.raises(amqp.NotFound):
        take(broker.uri, "separate")


def test_management_answers_the_drawn_password_only(broker: PrivateBroker) -> None:
    overview = f"{broker.management_url}/api/overview"
    answer = requests.get(overview, auth=broker.credentials, timeout=ANSWER_WITHIN)
    assert answer.json()["node"] == "ombud@localhost"
    assert requests.get(overview, auth=("guest", "guest"), timeout=ANSWER_WITHIN).status_code == 401


def test_ctl_asks_this_node(broker: PrivateBroker) -> None:
    assert "ombud@localhost" in broker.ctl("eval", "node().")
    with pytest.raises(LocalError, match="nobody_here"):
        broker.ctl("delete_user", "nobody_here")


def test_ctl_that_does_not_answer_is_said_on_one_line(broker: PrivateBroker) -> None:
    with pytest.raises(LocalError, match=r"^rabbitmqctl eval node\(\)\.: no answer within 0 s$"):
        broker.ctl("eval", "node().", patience=0.01)


def test_an_expression_has_its_value_or_says_what_is_wrong_on_one_line(broker: PrivateBroker) -> None:
    assert broker.evaluate("{node(), 1 + 1}") == "{ombud@localhost, 2}"
    with pytest.raises(LocalError, match=r"^erl_call: .*syntax error before: [^\n]*$"):
        broker.evaluate("one two")
    with pytest.raises(LocalError, match=r"^erl_call: .*badarith"):
        broker.evaluate("1 div 0")
    with pytest.raises(LocalError, match=r"^erl_call: no answer within 0 s$"):
        broker.evaluate("timer:sleep(60000)", patience=0.1)


def test_a_virtual_host_goes_with_its_queues(broker: PrivateBroker) -> None:
    uri = broker.add_vhost("tests/gone")
    publish(uri, "gone", "a complaint")
    broker.remove_vhost("tests/gone")
    with pytest.raises(amqp.NotAllowed):
        take(uri, "gone")
    assert broker.evaluate('length(rabbit_amqqueue:list_names(<<"tests/gone">>))') == "0"


def test_all_ports_are_on_loopback(broker: PrivateBroker) -> None:
    doors = [tuple(each.laddr) for each in psutil.net_connections("tcp") if each.status == "LISTEN"]
    ours = [(host, port) for host, port in doors if port in broker.ports.all]
    assert {port for _, port in ours} == set(broker.ports.all)
    assert {host for host, _ in ours} <= {"127.0.0.1", "::1"}


def test_second_start_in_the_same_folder_names_the_first(broker: PrivateBroker) -> None:
    with pytest.raises(LocalError, match=rf"already running .*\(pid {broker.pid}\)"):
        PrivateBroker(broker.data_dir, free_ports(4)[0]).start()


def test_taken_port_is_named(broker: PrivateBroker, tmp_path: Path) -> None:
    with pytest.raises(LocalError, match=f"RabbitMQ needs port {broker.ports.amqp}, "):
        PrivateBroker(tmp_path, broker.ports.amqp).start()


@pytest.mark.parametrize("port", [5672, 5669, 15670, 25671, 4369])
def test_ports_of_the_machines_own_broker_are_refused(tmp_path: Path, port: int) -> None:
    with pytest.raises(LocalError, match="the machine's own RabbitMQ"):
        PrivateBroker(tmp_path, port).start()


@pytest.fixture
def broker_of_the_next_line(tmp_path: Path) -> Iterator[PrivateBroker]:
    """Not started; stopped in the end."""
    made = PrivateBroker(tmp_path, free_ports(4)[0], version="4")
    yield made
    made.stop()


def test_stop_of_a_second_node_of_the_next_line_leaves_nothing_behind(
    broker: PrivateBroker, broker_of_the_next_line: PrivateBroker
) -> None:
    before = set(psutil.Process().children())
    second = broker_of_the_next_line
    second.start()
    publish(second.uri, "separate.node", "a complaint")
    started = [each for child in set(psutil.Process().children()) - before for each in [child, *child.children(True)]]
    assert len(started) > 2, "epmd, the node, and what the node started"

    second.stop()

    _, alive = psutil.wait_procs(started, timeout=PATIENCE)
    assert alive == []
    assert all(is_port_free(port) for port in second.ports.all)
    assert broker.is_alive
    log = (second.data_dir / "log/ombud@localhost.log").read_text(errors="replace")
    assert log.index("to stop collect_statistics") < log.index("SIGTERM received"), "or it waits 5 s for itself"
