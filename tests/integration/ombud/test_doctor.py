"""`ombud doctor` on a real system: silent where all is well, and each planted fault is found, with what to do."""

import json
import socket
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from click.testing import CliRunner
from sqlalchemy import make_url

from ombud.commands import cli
from ombud.doctor import running, settings, shown
from ombud.doctor.command import all_checks
from ombud.doctor.finding import Found, Gravity, Subject
from ombud.doctor.secrets import Veil
from ombud.doctor.site import Site
from ombud.doors import Doors
from ombud.local.broker import PrivateBroker
from ombud.local.ports import free_ports
from ombud.local.postgres import PrivatePostgres
from ombud.roster.command import apply_unasked
from ombud.roster.form import read_file
from ombud.trouble import Trouble
from shared.contracts.topology import SERVICES
from shared.messaging import connection as broker_side
from tests.harness.process import PROJECT, TOKEN, eventually, frozen
from tests.harness.servers import stopped
from tests.harness.system import System
from tests.integration.notify.mail_server import MailServer
from tests.integration.ombud.conftest import Result

PASSWORD = "geheim/0815"
ALL, NOTHING = ".*", "^$"
SAMPLE_ROSTER = PROJECT / "samples" / "roster.yml"


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    server = MailServer(login=(b"ombud", b"right-password"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker, postgres: PrivatePostgres, mail_server: MailServer
) -> Iterator[System]:
    """All four services with everything that they need."""
    postgres.create_database("doctor")
    more = {"OMBUD_SMTP_URL": mail_server.url, "OMBUD_LAST_RESORT": "operations.duty"}
    folder, uri = tmp_path_factory.mktemp("doctor"), broker.add_vhost("doctor")
    made = System(folder, postgres.url("doctor"), uri, broker, **more)
    for service in made:
        service.settings.pop("OMBUD_CLOCK_FILE", None)
    try:
        made.start()
        doors = Doors({name: service.url for name, service in made.services.items()}, TOKEN)
        apply_unasked(SAMPLE_ROSTER, read_file(SAMPLE_ROSTER), doors)
        yield made
    finally:
        made.stop()
        broker.remove_vhost("doctor")


Look = Callable[..., list[Found]]


@pytest.fixture
def look(system: System) -> Look:
    """What the doctor finds of these services (all, if none is named), with some variables otherwise."""

    def look(*names: str, within: float = 60.0, management_url: str = "", **otherwise: str) -> list[Found]:
        environments = {name: system.services[name].settings | otherwise for name in names or SERVICES}
        asked = tuple(settings.read(name, variables) for name, variables in environments.items())
        site = Site(asked, otherwise, management_url)
        return running.run(list(all_checks(site)), Veil(environments.values(), management_url), within)

    return look


def faults(found: list[Found], subject: Subject) -> list[str]:
    return [each.finding.text for each in found if each.subject is subject and each.finding.gravity is Gravity.FAULT]


def test_a_healthy_system_has_neither_faults_nor_warnings(look: Look) -> None:
    found = look()
    assert [each for each in found if each.finding.gravity is not Gravity.NOTE] == []
    assert shown.exit_code(found) == 0


def test_looking_sends_no_mail_and_leaves_no_message(look: Look, system: System, mail_server: MailServer) -> None:
    before = {service: system.summary(service) for service in SERVICES}
    look()
    system.settle()
    assert mail_server.letters == []
    assert {service: system.summary(service) for service in SERVICES} == before


# -- the broker ---------------------------------------------------------------------------------------------------


def as_user(broker: PrivateBroker, vhost: str, configure: str, write: str, read: str) -> str:
    """The address of a new user with these rights there."""
    name = f"user-{uuid.uuid4().hex[:8]}"
    api, auth = f"{broker.management_url}/api", broker.credentials
    rights = {"configure": configure, "write": write, "read": read}
    told = {f"users/{name}": {"password": PASSWORD, "tags": ""}, f"permissions/{vhost}/{name}": rights}
    for path, body in told.items():
        requests.put(f"{api}/{path}", json=body, auth=auth, timeout=30).raise_for_status()
    return f"amqp://{name}:{quote(PASSWORD, safe='')}@127.0.0.1:{broker.ports.amqp}/{vhost}"


def test_the_question_who_may_publish_reaches_nobody_who_listens_to_everything(
    look: Look, broker: PrivateBroker
) -> None:
    uri = broker.uri.rpartition("/")[0] + "/doctor"
    connection = broker_side.connect(uri)
    try:
        channel = connection.channel()
        spy = channel.queue_declare("", exclusive=True).queue
        channel.queue_bind(spy, "routing.events", "#")
        assert faults(look("routing", OMBUD_AMQP_URI=uri), Subject.BROKER) == []
        assert channel.basic_get(spy) is None
    finally:
        connection.collect()


def test_a_wrong_password_of_the_broker_is_named_and_not_shown(look: Look, broker: PrivateBroker) -> None:
    uri = f"amqp://ombud:{quote(PASSWORD, safe='')}@127.0.0.1:{broker.ports.amqp}/doctor"
    found = look("routing", OMBUD_AMQP_URI=uri)
    (text,) = faults(found, Subject.BROKER)
    assert "refuses the login of ombud" in text
    assert "0815" not in str(shown.as_json(found, 1))
    assert shown.exit_code(found) == 2


def test_a_virtual_host_that_is_not_there_is_named(look: Look, broker: PrivateBroker) -> None:
    uri = broker.uri.rpartition("/")[0] + "/nowhere"
    (text,) = faults(look("routing", OMBUD_AMQP_URI=uri), Subject.BROKER)
    assert "no such virtual host" in text


def test_a_broker_that_is_away_is_one_fault_for_all_services(look: Look) -> None:
    uri = f"amqp://guest:guest@127.0.0.1:{free_ports(1)[0]}/"
    broken = [each for each in look(OMBUD_AMQP_URI=uri) if each.subject is Subject.BROKER]
    assert [each.services for each in broken] == [SERVICES]
    assert "cannot be reached" in broken[0].finding.text


def test_a_broker_that_says_nothing_keeps_no_other_check_up(look: Look) -> None:
    with socket.create_server(("127.0.0.1", free_ports(1)[0])) as silent:
        uri = f"amqp://guest:guest@127.0.0.1:{silent.getsockname()[1]}/"
        found = look("notify", within=20.0, OMBUD_AMQP_URI=uri, OMBUD_LAST_RESORT="nobody")
    assert len(faults(found, Subject.BROKER)) == 1
    assert faults(found, Subject.PEOPLE) == ["nobody hears of cases that nobody answered"]


@pytest.mark.parametrize(
    ("rights", "texts"),
    [
        ((NOTHING, ALL, ALL), ["its user may not declare exchange complaints"]),
        ((ALL, "^(?!notify.events).*$", ALL), ["its user may not publish to notify.events"]),
        ((ALL, "^(?!amq.default).*$", ALL), ["its user may not publish to amq.default"]),
        ((ALL, ALL, r"^(?!notify\.intake\.v1).*$"), ["its user may not consume from notify.intake.v1"]),
        (
            (ALL, r"^(?!notify\.intake\.v1).*$", ALL),
            ["its user may not bind notify.intake.v1 to intake.events"],
        ),
    ],
    ids=["configure", "publish", "default exchange", "consume", "bind"],
)
def test_each_missing_right_is_named(
    look: Look, broker: PrivateBroker, rights: tuple[str, str, str], texts: list[str]
) -> None:
    found = faults(look("notify", OMBUD_AMQP_URI=as_user(broker, "doctor", *rights)), Subject.BROKER)
    assert found[: len(texts)] == texts
    assert len(found) == len(texts) or rights[0] == NOTHING, found


def test_who_declares_nothing_needs_no_right_to(look: Look, broker: PrivateBroker) -> None:
    uri = as_user(broker, "doctor", NOTHING, r"^(routing\.events)$", r"^routing\.")
    assert faults(look("routing", OMBUD_AMQP_URI=uri, OMBUD_DECLARE_TOPOLOGY="false"), Subject.BROKER) == []


def test_a_queue_of_another_type_is_named(look: Look, broker: PrivateBroker) -> None:
    uri = broker.add_vhost("doctor-classic")
    connection = broker_side.connect(uri)
    try:
        connection.channel().queue_declare("routing.intake.v1", durable=True, auto_delete=False)
        (text,) = faults(look("routing", OMBUD_AMQP_URI=uri), Subject.BROKER)
    finally:
        connection.collect()
        broker.remove_vhost("doctor-classic")
    assert "the queue routing.intake.v1 is another than the code expects" in text


def test_where_nothing_is_declared_yet_it_is_a_fault_only_for_who_may_not(look: Look, broker: PrivateBroker) -> None:
    uri = broker.add_vhost("doctor-empty")
    try:
        assert faults(look("routing", OMBUD_AMQP_URI=uri), Subject.BROKER) == []
        (text,) = faults(look("routing", OMBUD_AMQP_URI=uri, OMBUD_DECLARE_TOPOLOGY="false"), Subject.BROKER)
    finally:
        broker.remove_vhost("doctor-empty")
    assert "20 exchanges and queues are not there" in text


def test_an_alarm_is_seen_with_and_without_the_management_api(look: Look, broker: PrivateBroker) -> None:
    user, password = broker.credentials
    api = broker.management_url.replace("://", f"://{quote(user)}:{quote(password)}@")
    broker.ctl("set_vm_memory_high_watermark", "0.00001")
    try:
        found = faults(look("routing", management_url=api), Subject.BROKER)
    finally:
        broker.ctl("set_vm_memory_high_watermark", "0.4")
    assert sorted("takes no messages" in text for text in found) == [True, True], found


def test_a_wrong_login_of_the_management_api_is_named(look: Look, broker: PrivateBroker) -> None:
    found = look("routing", management_url=broker.management_url.replace("://", "://ombud:wrong-one@"))
    assert faults(found, Subject.BROKER) == ["the management API refuses the login"]
    assert "wrong-one" not in str(shown.as_json(found, 1))


# -- the database -------------------------------------------------------------------------------------------------


@pytest.fixture
def role(postgres: PrivatePostgres) -> str:
    name = f"doctor_{uuid.uuid4().hex[:8]}"
    postgres.psql(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
    return name


def as_role(system: System, role: str, password: str = PASSWORD) -> str:
    url = make_url(system.database("notify")).set(username=role, password=password)
    return url.render_as_string(hide_password=False)


def test_a_wrong_password_of_the_database_is_named_and_not_shown(look: Look, system: System, role: str) -> None:
    found = look("notify", OMBUD_DATABASE_URL=as_role(system, role, "another/4711"))
    assert f"refuses the login of {role}" in faults(found, Subject.DATABASE)[0]
    assert "4711" not in str(shown.as_json(found, 1))


def test_a_role_without_rights_is_named_with_what_it_lacks(
    look: Look, system: System, role: str, postgres: PrivatePostgres
) -> None:
    postgres.psql(f"GRANT USAGE ON SCHEMA notify TO {role}", "doctor")
    postgres.psql(f"GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA notify TO {role}", "doctor")
    (text,) = faults(look("notify", OMBUD_DATABASE_URL=as_role(system, role)), Subject.DATABASE)
    assert text.startswith("its role may not INSERT alerts, ")


def test_a_schema_that_is_behind_is_named(look: Look, postgres_url: str) -> None:
    (text,) = faults(look("routing", OMBUD_DATABASE_URL=postgres_url), Subject.DATABASE)
    assert "run `ombud migrate`" in text


def test_a_database_that_is_away_is_a_fault(look: Look, postgres: PrivatePostgres) -> None:
    with stopped(postgres):
        found = look("routing")
    assert "cannot be used" in faults(found, Subject.DATABASE)[0]
    assert faults(found, Subject.BROKER) == []


# -- what they read, and whom they reach --------------------------------------------------------------------------


def test_a_mistake_in_a_policy_is_named_by_its_line(look: Look, tmp_path: Path) -> None:
    (tmp_path / "policy.yml").write_text("rules: []\n")
    found = faults(look("routing", OMBUD_ROUTING_POLICY=str(tmp_path / "policy.yml")), Subject.POLICIES)
    assert any(text.startswith(f"{tmp_path / 'policy.yml'}:") for text in found), found


def test_a_policy_that_names_an_unknown_person_is_a_fault(look: Look, tmp_path: Path) -> None:
    policy = (PROJECT / "services" / "escalation" / "policy.yml").read_text()
    named = policy.replace("recipients: manager,", 'recipients: ["person:nobody.here"],', 1)
    (tmp_path / "policy.yml").write_text(named)
    found = look("escalation", OMBUD_ESCALATION_POLICY=str(tmp_path / "policy.yml"))
    assert any("nobody.here" in text for text in faults(found, Subject.PEOPLE)), found


def test_a_last_resort_that_nobody_knows_is_a_fault(look: Look) -> None:
    found = look("notify", OMBUD_LAST_RESORT="somebody.else")
    assert faults(found, Subject.PEOPLE) == ["nobody hears of cases that nobody answered"]


def test_a_refused_login_of_the_mail_server_is_named_and_not_shown(look: Look, mail_server: MailServer) -> None:
    found = look("notify", OMBUD_SMTP_URL=mail_server.url.replace("right-password", "wrong-password"))
    (text,) = faults(found, Subject.PROVIDERS)
    assert "refuses the login of ombud" in text
    assert "wrong-password" not in str(shown.as_json(found, 1))


def test_a_mail_server_that_is_away_is_named(look: Look) -> None:
    (text,) = faults(look("notify", OMBUD_SMTP_URL=f"smtp://127.0.0.1:{free_ports(1)[0]}"), Subject.PROVIDERS)
    assert "cannot be reached" in text


def test_links_that_lead_nowhere_are_a_fault(look: Look) -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    found = look("escalation", OMBUD_PUBLIC_URL=url)
    assert f"lead to {urlsplit(url).netloc}, where nothing answers" in faults(found, Subject.ADDRESSES)[0]


def test_a_port_of_another_program_is_named(look: Look) -> None:
    with socket.create_server(("127.0.0.1", free_ports(1)[0])) as other:
        port = other.getsockname()[1]
        found = look("routing", OMBUD_PORT=str(port), OMBUD_OPS_PORT=str(free_ports(1)[0]))
    assert faults(found, Subject.PORTS) == [f"port {port} is taken by another program"]


# -- the command --------------------------------------------------------------------------------------------------


def test_the_command_looks_at_one_service_with_its_own_settings_only(system: System, tmp_path: Path) -> None:
    own = system.services["notify"].settings | {"OMBUD_DATA_DIR": str(tmp_path)}
    result = CliRunner().invoke(cli, ["doctor", "--service", "notify", "--json", "--within", "60"], env=own)
    told = json.loads(result.stdout)
    assert (result.exit_code, told["well"], told["checks"] > 10) == (0, True, True), told


def test_the_command_works_while_everything_is_down(ombud: Callable[..., Result], tmp_path: Path) -> None:
    result = ombud("doctor", "--within", "60")
    assert result.returncode == 2
    assert "settings, intake, routing, escalation, notify: OMBUD_AMQP_URI is not set" in result.stdout
    assert f"there is no database {tmp_path}/.ombud/notify.sqlite" in result.stdout
    assert not (tmp_path / ".ombud").exists(), "looking makes nothing"


# -- the books, of the same system --------------------------------------------------------------------------------


@pytest.fixture
def ask(system: System) -> Callable[..., tuple[int, Any]]:
    """A command's exit code and what it says as JSON; raises what it raises."""

    def ask(*args: str) -> tuple[int, Any]:
        urls = {f"OMBUD_{name.upper()}_URL": service.url for name, service in system.services.items()}
        result = CliRunner().invoke(cli, [*args, "--json"], env=urls | {"OMBUD_API_TOKEN": TOKEN})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, json.loads(result.stdout)

    return ask


def test_what_waits_while_the_broker_is_silent_is_shown_without_what_people_wrote(
    ask: Callable[..., tuple[int, Any]], system: System, broker: PrivateBroker
) -> None:
    assert {told["waiting"] for told in ask("outbox", "list")[1].values()} == {0}
    assert broker.pid
    with frozen(broker.pid):
        complaint = system.send("My kettle burned my child. Jan Novak")
        code, told = ask("outbox", "list", "--service", "intake")
        (event,) = told["intake"]["events"]
        _, (shown_one,) = ask("outbox", "show", str(event["id"]))
    assert (code, told["intake"]["waiting"], told["intake"]["by_type"]) == (0, 1, {"complaint.classified": 1})
    assert (shown_one["service"], shown_one["complaint_id"]) == ("intake", complaint)
    assert shown_one["facts"]["category"] == "safety"
    assert "kettle" not in str(shown_one) and "Novak" not in str(shown_one)
    eventually(lambda: ask("outbox", "list")[1]["intake"]["waiting"] == 0, "the event to leave", system.logs)
    system.settle()
    with pytest.raises(Trouble, match=r"no event .* waits in intake, routing"):
        ask("outbox", "show", str(event["id"]))


def test_books_that_add_up_are_well_until_a_case_is_missing(
    ask: Callable[..., tuple[int, Any]], system: System, postgres: PrivatePostgres
) -> None:
    complaint = system.send()
    system.settle()
    assert ask("audit") == (0, {"well": True, "found": {}})
    postgres.psql("ALTER TABLE escalation.case_events DISABLE TRIGGER ALL", "doctor")
    postgres.psql(f"DELETE FROM escalation.case_events WHERE case_id = '{complaint}'", "doctor")
    postgres.psql(f"DELETE FROM escalation.cases WHERE id = '{complaint}'", "doctor")
    assert ask("audit", "--patience", "1") == (1, {"well": False, "found": {"without a case": 1}})


def test_a_service_that_does_not_answer_is_named(ask: Callable[..., tuple[int, Any]], system: System) -> None:
    with pytest.raises(Trouble, match="intake does not answer at http"):
        ask("audit", "--intake-url", "http://127.0.0.1:1")
