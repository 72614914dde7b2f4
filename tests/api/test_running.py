"""The running services do what their documents say: the examples succeed, and whatever else is sent, nothing breaks."""

import hmac
import itertools
import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jsonschema
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode
from twilio.request_validator import RequestValidator

from apidocs.exposition import series_of
from ombud.local.broker import PrivateBroker
from ombud.local.postgres import PrivatePostgres
from shared import clock
from shared.api import A_COMPLAINT, A_THIRD_COMPLAINT, AN_ALERT, ANOTHER_COMPLAINT
from shared.bodies import MAX_BODY_BYTES
from shared.contracts.topology import SERVICES
from shared.links import Claim, mint
from tests.api import described_series
from tests.api.documents import Described, operations, resolved, stored, with_closed_answers
from tests.harness.monitoring import MonitoringPrograms
from tests.harness.process import ANSWER_WITHIN, PATIENCE, TOKEN, eventually
from tests.harness.system import System

SECRET = "secret-of-the-tests"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}", "X-Ombud-Token": SECRET}
SOURCES = """
sources:
  freshdesk: {kind: freshdesk, check: {scheme: header, name: X-Ombud-Token}, secrets: [{secret_env: SECRET}]}
"""
TWILIO_TOKEN, PUBLIC = "token-of-the-tests", "https://notify.example.org"
US = "of-the-tests"  # the source of the dead letters that are made here
EXAMPLES = 25  # of what is right, and of what is wrong, for each operation
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Values in paths that no example can hold, because they are made while the services run.
MADE_VALUES = {"token": lambda: mint(["key-of-the-tests"], Claim("1", A_COMPLAINT, "1", 1, "petr"))}
LETTERS = "/v1/dead-letters"
# What the services here are set up with, of the labels of which the page of metrics cannot name the values.
SET_UP = {
    "source": {"freshdesk"},
    "channel": {"email", "sms", "teams", "webhook", "apprise"},
    "provider": {"smtp", "twilio", "teams", "webhook", "apprise"},
}


def _body_fields() -> list[tuple[Described, str]]:
    """Every field of every body that is a marshmallow schema, but for those that take anything."""
    found = []
    for described in operations():
        content = described.operation.get("requestBody", {}).get("content", {}).values()
        references = [c["schema"]["$ref"] for c in content if "$ref" in c["schema"]]
        schemas = [resolved(stored(described.service), reference) for reference in references]
        found += [(described, field) for schema in schemas for field, of in schema["properties"].items() if of]
    return found


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker, postgres: PrivatePostgres
) -> Iterator[System]:
    """All four services, with a complaint that is escalated, one that waits, one to be merged with the first, one to be
    forgotten, and dead letters: nothing that they list is empty.
    """
    postgres.create_database("api")
    folder = tmp_path_factory.mktemp("api")
    (folder / "sources.yml").write_text(SOURCES)
    policy = Path(__file__).parents[2] / "samples" / "escalation.yml"
    settings = {
        "OMBUD_SOURCES": str(folder / "sources.yml"),
        "SECRET": SECRET,
        "OMBUD_SLACK_SIGNING_SECRET": SECRET,
        "OMBUD_ESCALATION_POLICY": str(policy),
        "OMBUD_NOTIFY_PUBLIC_URL": PUBLIC,
        "OMBUD_SMS_URL": f"http://AC0:{TWILIO_TOKEN}@127.0.0.1:9?from=%2B15551234567",  # where nobody listens
    }
    made = System(folder, postgres.url("api"), broker.add_vhost("api"), broker, **settings)
    try:
        made.start()
        _fill(made)
        yield made
    finally:
        made.stop()


def _fill(system: System) -> None:
    for override in (o for o in operations("escalation") if o.path == "/v1/duty/overrides"):
        send(system, override)  # the example of DELETE names it
    system.call("notify", "PUT", "/v1/contacts/leaver", {"name": "Lee", "email": "lee@example.org"})  # and so its own
    answer = send(system, *[o for o in operations("intake") if o.path == "/v1/complaints"])
    assert answer.json() == {"complaint_id": A_COMPLAINT}
    eventually(lambda: system.told("petr") or system.told("karin"), "a supervisor to be told", system.logs)
    waiting = system.send(customer={"region": "nowhere", "language": "zh"})
    eventually(lambda: system.assignment(waiting).get("state") == "waiting", "a complaint to wait", system.logs)
    assert system.send(source="webshop", external_id="A-2") == ANOTHER_COMPLAINT
    assert system.send(source="webshop", external_id="A-3") == A_THIRD_COMPLAINT
    system.send("The lamp is dark.", customer={"ref": "C-9", "email": "jan@example.org"})
    for service in SERVICES:
        eventually(lambda s=service: _make_letters(system, s), "dead letters", system.logs)  # type: ignore[misc]


_NUMBERS = itertools.count()


def _make_letters(system: System, service: str) -> bool:
    """So many, of what no service can know, that a test that discards some leaves enough."""
    here = len(_letters(system, service))
    for _ in range(here, 2 * EXAMPLES):
        exchange, key = ("complaints", "nonsense") if service == "intake" else ("intake.events", "complaint.merged")
        system.bus.raw(exchange, key, b"{}", {"ce-id": str(next(_NUMBERS)), "ce-source": US, "ce-type": "nonsense"})
    return here >= 2 * EXAMPLES


def _letters(system: System, service: str) -> list[dict[str, Any]]:
    """All of them, page by page, the newest first."""
    found, after = [], ""
    while True:
        page = system.call(service, "GET", f"{LETTERS}?{after}").json()
        found += page["dead_letters"]
        if page["next"] is None:
            return found
        after = urlencode({"after": page["next"]})


def _newest_letter(system: System, service: str) -> str:
    if not _letters(system, service):  # what the probes before replayed is still under way, on a busy machine
        eventually(lambda: _make_letters(system, service), "dead letters", system.logs)
    return str(_letters(system, service)[0]["id"])


def send(system: System, described: Described) -> requests.Response:
    """The example of an operation."""
    media, body = described.example_body or ("", None)
    return _ask(system, described, media, _with_an_alert(system, described, body))


def _with_an_alert(system: System, described: Described, body: Any) -> Any:
    """The example, about an alert that there is."""
    text = json.dumps(body)
    if AN_ALERT not in text:
        return body
    alerts = system.call(described.service, "GET", "/v1/alerts").json()["alerts"]
    return json.loads(text.replace(AN_ALERT, alerts[0]["id"]))


def _ask(system: System, described: Described, media: str, body: Any) -> requests.Response:
    headers = AUTHORIZED | ({"Content-Type": media} if media else {})
    is_form = media == "application/x-www-form-urlencoded"
    signature = RequestValidator(TWILIO_TOKEN).compute_signature(PUBLIC + described.path, body if is_form else {})
    headers |= {"X-Twilio-Signature": signature}
    sent = {"data": body} if is_form or isinstance(body, str) else {"json": body}
    address = _address(system, described)
    if described.path == "/v1/slack/actions":
        form = urlencode(body).encode()
        return requests.post(address, data=form, headers=headers | _of_slack(form), timeout=ANSWER_WITHIN)
    return requests.request(described.method, address, headers=headers, timeout=ANSWER_WITHIN, **sent)


def _of_slack(form: bytes) -> dict[str, str]:
    timestamp = str(int(clock.now().timestamp()))
    signature = hmac.new(SECRET.encode(), f"v0:{timestamp}:".encode() + form, "sha256").hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={signature}"}


def _address(system: System, described: Described) -> str:
    return system.services[described.service].url + described.path.format(**_path_values(system, described))


def _path_values(system: System, described: Described) -> dict[str, str]:
    names = [p["name"] for p in described.parameters if p["in"] == "path"]
    made = {name: make() for name, make in MADE_VALUES.items() if name in names}
    if described.path.startswith(LETTERS + "/"):
        made["id_"] = _newest_letter(system, described.service)
    missing = set(names) - described.example_path.keys() - made.keys()
    assert not missing, f"{described}: OPERATIONS of services/{described.service}/api.py need example_path: {missing}"
    return described.example_path | made


@pytest.mark.parametrize("described", operations(), ids=str)
def test_example_succeeds_and_its_answer_is_as_described(system: System, described: Described) -> None:
    answer = send(system, described)
    where = f"OPERATIONS of services/{described.service}/api.py"
    assert answer.ok, f"{described} answers {answer.status_code} to its example in {where}: {answer.text}"
    promised = described.operation["responses"].get(str(answer.status_code))
    assert promised, f"{described} answers {answer.status_code}, which is not in {where}"
    media = answer.headers["Content-Type"].partition(";")[0]
    assert media in promised["content"], f"{described} answers {media}, which is not in {where}"
    if media == "application/json":
        schema = with_closed_answers(described.service) | promised["content"][media]["schema"]
        jsonschema.Draft202012Validator(schema).validate(answer.json())


@pytest.mark.parametrize("described", [o for o in operations() if o.operation["security"]], ids=str)
def test_nobody_comes_in_without_a_token(system: System, described: Described) -> None:
    answer = requests.request(described.method, _address(system, described), timeout=ANSWER_WITHIN)
    assert answer.status_code == 401
    jsonschema.validate(answer.json(), stored(described.service)["components"]["schemas"]["Problem"])


@pytest.mark.parametrize(("described", "field"), _body_fields(), ids=str)
def test_every_described_field_of_a_body_is_looked_at(system: System, described: Described, field: str) -> None:
    """So a field that the service does not know, or knows by another name, is seen."""
    media, body = described.example_body or ("", {})
    answer = _ask(system, described, media, body | {field: [{"what": "nobody wants"}]})
    assert answer.status_code == 422, answer.text
    assert {e["pointer"].split("/")[1] for e in answer.json()["errors"]} == {field}


@pytest.mark.parametrize("address", ["/v1/{service}/%00", "/v1/summary?a=%00"])
@pytest.mark.parametrize("service", SERVICES)
def test_no_address_holds_nul(system: System, service: str, address: str) -> None:
    kind = {"intake": "complaints", "routing": "agents", "escalation": "cases", "notify": "contacts"}[service]
    answer = system.call(service, "GET", address.format(service=kind))
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    ("service", "path", "body"),
    [
        ("routing", "/v1/agents/n", {"name": "\0", "skills": [], "languages": [], "regions": [], "capacity": 1}),
        ("escalation", "/v1/supervisors/n", {"name": "\0", "role": "manager", "regions": ["*"]}),
        ("escalation", "/v1/supervisors/n", {"name": "n", "role": "manager", "regions": ["C\0"]}),
        ("escalation", "/v1/supervisors/n", {"name": "n", "role": "manager", "regions": ["*"], "languages": ["c\0"]}),
        ("notify", "/v1/contacts/n", {"name": "\0", "email": "n@example.org"}),
    ],
)
def test_no_name_holds_nul(system: System, service: str, path: str, body: dict[str, Any]) -> None:
    assert system.call(service, "PUT", path, body).status_code == 422


@pytest.mark.parametrize(
    ("service", "path", "entry"),
    [
        ("escalation", "supervisors", {"name": "n", "role": "manager", "regions": ["*"]}),
        ("notify", "contacts", {"name": "n", "email": "n@example.org"}),
        ("routing", "agents", {"name": "n", "skills": ["a"], "languages": ["en"], "regions": ["*"], "capacity": 1}),
    ],
)
def test_a_part_of_the_roster_may_be_long(system: System, service: str, path: str, entry: dict[str, Any]) -> None:
    key = "person" if service == "notify" else "id"
    body = {path: [entry | {key: f"{n:08}"} for n in range(8_000)]}
    assert len(json.dumps(body)) > MAX_BODY_BYTES
    answer = system.call(service, "PUT", f"/v1/{path}?check=true", body)
    assert (answer.status_code, len(answer.json().get("added", ()))) == (200, 8_000), answer.text


def test_no_presence_is_over_already(system: System) -> None:
    body = {"presence": "busy", "until": "2020-01-01T00:00:00Z"}
    answer = system.call("routing", "POST", "/v1/agents/jana/presence", body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/until")


DEEP = b"[" * 400 + b"]" * 400


@pytest.mark.parametrize(
    ("path", "media", "body"),
    [
        ("/v1/events", "application/cloudevents-batch+json", b'[{"data": ' + DEEP + b"}]"),
        (f"{LETTERS}/1/replay", "application/json", b'{"body": ' + DEEP + b"}"),
        ("/v1/complaints", "application/json", DEEP),
    ],
)
def test_no_body_is_nested_without_end(system: System, path: str, media: str, body: bytes) -> None:
    address, headers = system.services["intake"].url + path, AUTHORIZED | {"Content-Type": media}
    answer = requests.post(address, data=body, headers=headers, timeout=ANSWER_WITHIN)
    assert (answer.status_code, "nested" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("field", ["type", "content_type"])
def test_no_correction_holds_nul(system: System, service: str, field: str) -> None:
    path = f"{LETTERS}/{_letters(system, service)[0]['id']}/replay"
    assert system.call(service, "POST", path, {field: "a\0"}).status_code == 422


@cache
def _probed(service: str) -> Any:
    load_all_checks()
    schemathesis.serializer.alias("message/rfc822", "text/plain")
    return schemathesis.openapi.from_dict(with_closed_answers(service))


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda m: m.value)
@pytest.mark.parametrize("described", operations(), ids=str)
def test_nothing_that_is_sent_breaks_it(system: System, described: Described, mode: GenerationMode) -> None:
    operation = _probed(described.service)[described.path][described.method]
    url, checks = system.services[described.service].url, CHECKS.get_by_names(CHECKED)

    # Half of the probes go to what exists; a PUT makes what it names.
    to_what_exists = mode is GenerationMode.POSITIVE and described.method != "put"
    known = _path_values(system, described) if to_what_exists else {}
    is_of_a_letter = bool(known) and described.path.startswith(LETTERS)

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=known))
    def probe(case: Any) -> None:
        if is_of_a_letter:  # the one before may be gone
            case.path_parameters = _path_values(system, described)
        answer = case.call(base_url=url, headers=AUTHORIZED, timeout=ANSWER_WITHIN)
        case.validate_response(answer, checks=checks)

    with suppress(Unsatisfiable):  # nothing can be wrong about it
        probe()


def test_what_was_accepted_could_be_worked_off_by_all(system: System) -> None:
    system.settle(timed=False)
    put_aside = [letter for service in SERVICES for letter in _letters(system, service)]
    assert [x for x in put_aside if x["source"] != US and not x["queue"].startswith("intake.webhooks.")] == []


@pytest.mark.parametrize("service", SERVICES)
def test_what_runs_exposes_what_the_page_of_metrics_describes(system: System, service: str) -> None:
    """After all that the tests above have sent: no series and no value of a label came into being by it."""
    promised = described_series.described()[service]
    exposed = series_of(exposed_by(system, service))
    assert {name: series.type for name, series in exposed.items()} == {n: s.type for n, s in promised.items()}
    for name, series in promised.items():
        for label, values in series.labels.items():
            found = {value.replace(".freshdesk", ".<name>") for value in exposed[name].labels.get(label, ())}
            if values.is_open:
                found -= set_up(label, found - values.named)
            assert found == values.named or (values.is_single and len(found) == 1), (name, label)
        assert exposed[name].labels.keys() == series.labels.keys(), name


def exposed_by(system: System, service: str) -> str:
    return requests.get(f"{system.services[service].ops_url}/metrics", timeout=ANSWER_WITHIN).text


def set_up(label: str, found: set[str]) -> set[str]:
    """Regions are those of the roster, to which the tests above have sent any; promised is how many."""
    if label == "region":
        assert len(found) <= 40
        return found
    return SET_UP[label]


@pytest.mark.parametrize("service", SERVICES)
def test_promtool_finds_nothing_wrong_with_what_runs(
    system: System, monitoring: MonitoringPrograms, service: str
) -> None:
    said = monitoring.promtool_says("check", "metrics", told=exposed_by(system, service))
    assert (said.returncode, said.stdout) == (0, "")


def test_every_event_of_another_service_is_counted_with_its_age(system: System) -> None:
    system.settle(timed=False)
    routing, queue = system.services["routing"], 'queue="routing.intake.v1"'
    handled = routing.metric(f'ombud_events_total{{outcome="handled",{queue}}}')
    assert routing.metric(f"ombud_event_age_seconds_count{{{queue}}}") == handled > 0
    assert 0 < routing.metric(f"ombud_event_age_seconds_sum{{{queue}}}") < handled * PATIENCE


def test_forgetting_erases_whom_it_names_and_nobody_else(system: System) -> None:
    theirs = system.send("The blue chair wobbles.", customer={"ref": "C-forget"})
    other = system.send("The red chair wobbles.", customer={"ref": "C-forgets"})
    answer = system.call("intake", "POST", "/v1/customers/forget", {"ref": "C-forget"})
    assert (answer.json()["complaints"], answer.json()["contacts"]) == (1, 1)
    states = [system.call("intake", "GET", f"/v1/complaints/{id_}").json()["state"] for id_ in (theirs, other)]
    assert states == ["forgotten", "open"]
