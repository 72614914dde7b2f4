"""Canaries: what tells who the customer is stays in intake, and of a customer who is forgotten nothing stays at all."""

import re
from typing import Any

import orjson
import requests
from sqlalchemy import MetaData, NullPool, create_engine, select
from sqlalchemy.engine import make_url

from shared.contracts.topology import SERVICES
from tests.harness.process import ANSWER_WITHIN, eventually
from tests.harness.system import System

PLAIN = "zanzibarite"
PERSONAL = ("kanarek.person@example.org", "601 987 654", "601987654", "Wendelina", "C-77001")
TEXT = (
    f"My {PLAIN} kettle burned my child's hand! Wendelina Vogelsang, kanarek.person@example.org, +420 601 987 654, "
    "C-77001. I want to speak to the manager NOW."
)
CUSTOMER = {
    "ref": "C-77001", "name": "Wendelina Vogelsang", "email": "kanarek.person@example.org", "phone": "+420 601987654",
    "region": "CZ", "language": "en",
}  # fmt: skip
HOME = ("complaints", "contacts")  # intake's tables in which the customer's words are kept


def tables_of(system: System, service: str) -> dict[str, str]:
    """Everything that the service's database holds, by table: read by SQL, so without pages that SQLite has freed."""
    url = system.database(service)
    schema = service if make_url(url).get_backend_name() == "postgresql" else None
    engine = create_engine(url, poolclass=NullPool)
    metadata = MetaData()
    metadata.reflect(engine, schema=schema)
    with engine.connect() as connection:
        held = {
            table.name: str([tuple(r) for r in connection.execute(select(table))]) for table in metadata.tables.values()
        }
    engine.dispose()
    return held


def said_aloud(system: System) -> str:
    """Logs and metrics of all services."""
    metrics = [requests.get(f"{service.ops_url}/metrics", timeout=ANSWER_WITHIN).text for service in system]
    return "\n".join([*metrics, *(service.log() for service in system)])


def without_excerpts(data: Any) -> Any:
    """The same with every excerpt emptied, also in JSON that is held as text."""
    if isinstance(data, dict):
        return {key: "" if key == "excerpt" else without_excerpts(value) for key, value in data.items()}
    return [without_excerpts(item) for item in data] if isinstance(data, list) else data


def found_in(text: str, *words: str) -> list[str]:
    return [word for word in words if word in text]


def link_in(mail: dict[str, str]) -> str:
    found = re.search(r"http://\S+/a/\S+", mail["text"])
    assert found
    return found[0]


def test_canaries_stay_where_they_belong_and_are_gone_once_forgotten(system_on_both: System) -> None:
    system = system_on_both.start()
    taps = {service: system.bus.tap(service) for service in SERVICES}
    id_ = system.send(TEXT, "W-77", customer=CUSTOMER)
    (mail,) = system.wait_until_told("petr")
    system.settle()
    events = [(headers, data) for tap in taps.values() for headers, data in system.bus.take(tap)]
    assert {headers["ce-type"] for headers, _ in events} >= {"complaint.classified", "case.escalated", "alert.accepted"}

    # The reference travels with the complaint's facts, by design: it is how upstream finds its own customer.
    names = [word for word in PERSONAL if word != "C-77001"]
    assert found_in(str(events) + str(mail) + said_aloud(system), *names) == []
    held = {(service, table): text for service in SERVICES for table, text in tables_of(system, service).items()}
    at_home = {place for place in held if place[0] == "intake" and place[1] in HOME}
    assert all(found_in(held[place], *names) for place in at_home)
    assert {place for place in held if found_in(held[place], *PERSONAL)} == at_home
    assert found_in(said_aloud(system), PLAIN, *PERSONAL) == []

    page = requests.get(link_in(mail), timeout=ANSWER_WITHIN)
    assert PLAIN in mail["text"] and PLAIN in page.text, "the excerpt is shown by design"
    assert found_in(page.text + str(mail), *PERSONAL) == []
    assert PLAIN in str(events) and PLAIN not in str(without_excerpts([data for _, data in events]))
    with_plain = {place for place in held if PLAIN in held[place]}
    assert with_plain == at_home | {("escalation", "cases"), ("notify", "escalations")}

    answer = system.call("intake", "POST", "/v1/customers/forget", {"ref": "C-77001"})
    assert answer.ok and answer.json()["complaints"] == 1
    eventually(lambda: system.case(id_).get("ending") == "forgotten", "escalation to forget", system.logs)
    eventually(lambda: system.assignment(id_)["reason"] in ("forgotten", "case_resolved"), "routing to free the agent")
    system.settle()
    left = {(s, t): text for s in SERVICES for t, text in tables_of(system, s).items()}
    words = (PLAIN, "W-77", "Vogelsang", *PERSONAL)
    assert {place: found for place in left if (found := found_in(left[place], *words))} == {}
    later = [(headers, data) for tap in taps.values() for headers, data in system.bus.take(tap)]
    assert {headers["ce-type"] for headers, _ in later} >= {"complaint.forgotten", "case.resolved"}
    gone = requests.get(link_in(mail), timeout=ANSWER_WITHIN)
    assert gone.status_code == 410 and "erased" in gone.text
    assert found_in(str(later) + said_aloud(system) + gone.text, *words) == []


def test_forgotten_while_nobody_has_answered_it_climbs_no_more(system: System) -> None:
    system.start()
    id_ = system.send(TEXT, "W-78", customer=CUSTOMER)
    system.wait_until_told("petr")
    assert system.call("intake", "POST", "/v1/customers/forget", {"ref": "C-77001"}).ok
    eventually(lambda: system.case(id_)["state"] == "resolved", "the case to be closed")
    system.advance(minutes=30)
    system.settle()
    assert system.told("karin") == 0


def test_who_writes_again_after_being_forgotten_is_heard_as_a_new_matter(system: System) -> None:
    system.start()
    id_ = system.send(TEXT, "W-79", customer=CUSTOMER)
    system.wait_until_told("petr")
    assert system.call("intake", "POST", "/v1/customers/forget", {"ref": "C-77001"}).ok
    system.settle()
    system.send(TEXT, "W-79", customer=CUSTOMER)  # a copy of what was erased
    system.settle()
    assert system.told("petr") == 1
    system.send("Your kettle burned me again. I want to speak to the manager NOW.", "W-79", customer=CUSTOMER)
    system.wait_until_told("petr", 2)
    stone = system.call("intake", "GET", f"/v1/complaints/{id_}").json()
    assert stone["state"] == "forgotten" and system.case(stone["merged_into"])["state"] == "escalated"


def test_forgotten_before_the_others_heard_of_it_nothing_is_kept(system: System) -> None:
    system.start("intake")
    id_ = system.send(TEXT, "W-80", customer=CUSTOMER)
    assert system.call("intake", "POST", "/v1/customers/forget", {"phone": "00420601987654"}).ok
    for name in ("escalation", "notify", "routing"):
        system.services[name].start()
        system.apply_roster(name)
    eventually(lambda: system.case(id_).get("ending") == "forgotten", "escalation to forget")
    system.settle()
    assert system.mail.messages() == []
    held = "".join(text for service in SERVICES for text in tables_of(system, service).values())
    assert found_in(held, PLAIN, "W-80", *PERSONAL) == []


def test_what_could_not_be_read_is_the_one_exception_and_goes_with_the_customer(system: System) -> None:
    system.start()
    broken = {"source": "web", "external_id": "W-81", "text": [PLAIN], "customer": CUSTOMER}
    system.bus.raw("complaints", "complaint.submitted", orjson.dumps(broken))
    eventually(lambda: system.summary("intake")["plumbing"]["dead_letters"] == 1, "the message to be put aside")
    system.settle()
    held = {(s, t): text for s in SERVICES for t, text in tables_of(system, s).items()}
    assert {place for place in held if PLAIN in held[place]} == {("intake", "dead_letters")}
    answer = system.call("intake", "POST", "/v1/customers/forget", {"email": "kanarek.person@example.org"})
    assert answer.json()["messages"] == 1
    assert PLAIN not in str(tables_of(system, "intake"))
