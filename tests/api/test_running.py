"""The running services do what their documents say: the examples succeed, and whatever else is sent, nothing breaks."""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import jsonschema
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from ombud.local.broker import PrivateBroker
from ombud.local.postgres import PrivatePostgres
from shared.api import A_COMPLAINT
from shared.contracts.topology import SERVICES
from shared.links import Claim, mint
from tests.api.documents import Described, operations, resolved, stored, with_closed_answers
from tests.harness.process import ANSWER_WITHIN, TOKEN, eventually
from tests.harness.system import System

AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
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


def _body_fields() -> list[tuple[Described, str]]:
    """Every field of every body that is a marshmallow schema."""
    found = []
    for described in operations():
        content = described.operation.get("requestBody", {}).get("content", {}).values()
        references = [c["schema"]["$ref"] for c in content if "$ref" in c["schema"]]
        schemas = [resolved(stored(described.service), reference) for reference in references]
        found += [(described, field) for schema in schemas for field in schema["properties"]]
    return found


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker, postgres: PrivatePostgres
) -> Iterator[System]:
    """All four services, with a complaint that is escalated and one that waits: nothing that they list is empty."""
    postgres.create_database("api")
    made = System(tmp_path_factory.mktemp("api"), postgres.url("api"), broker.add_vhost("api"), broker)
    try:
        made.start()
        _fill(made)
        yield made
    finally:
        made.stop()


def _fill(system: System) -> None:
    answer = send(system, *[o for o in operations("intake") if o.path == "/v1/complaints"])
    assert answer.json() == {"complaint_id": A_COMPLAINT}
    eventually(lambda: system.told("petr") or system.told("karin"), "a supervisor to be told", system.logs)
    waiting = system.send(customer={"region": "nowhere", "language": "zh"})
    eventually(lambda: system.assignment(waiting).get("state") == "waiting", "a complaint to wait", system.logs)


def send(system: System, described: Described) -> requests.Response:
    """The example of an operation."""
    return _ask(system, described, *(described.example_body or ("", None)))


def _ask(system: System, described: Described, media: str, body: Any) -> requests.Response:
    headers = AUTHORIZED | ({"Content-Type": media} if media else {})
    address = _address(system, described)
    return requests.request(described.method, address, json=body, headers=headers, timeout=ANSWER_WITHIN)


def _address(system: System, described: Described) -> str:
    return system.services[described.service].url + described.path.format(**_path_values(described))


def _path_values(described: Described) -> dict[str, str]:
    names = [p["name"] for p in described.parameters if p["in"] == "path"]
    made = {name: make() for name, make in MADE_VALUES.items() if name in names}
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
        ("notify", "/v1/contacts/n", {"name": "\0", "email": "n@example.org"}),
    ],
)
def test_no_name_holds_nul(system: System, service: str, path: str, body: dict[str, Any]) -> None:
    assert system.call(service, "PUT", path, body).status_code == 422


@cache
def _probed(service: str) -> Any:
    load_all_checks()
    return schemathesis.openapi.from_dict(with_closed_answers(service))


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda m: m.value)
@pytest.mark.parametrize("described", operations(), ids=str)
def test_nothing_that_is_sent_breaks_it(system: System, described: Described, mode: GenerationMode) -> None:
    operation = _probed(described.service)[described.path][described.method]
    url, checks = system.services[described.service].url, CHECKS.get_by_names(CHECKED)

    # Half of the probes go to what exists; a PUT makes what it names.
    to_what_exists = mode is GenerationMode.POSITIVE and described.method != "put"
    known = _path_values(described) if to_what_exists else {}

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=known))
    def probe(case: Any) -> None:
        answer = case.call(base_url=url, headers=AUTHORIZED, timeout=ANSWER_WITHIN)
        case.validate_response(answer, checks=checks)

    with suppress(Unsatisfiable):  # nothing can be wrong about it
        probe()


def test_what_was_accepted_could_be_worked_off_by_all(system: System) -> None:
    system.settle(timed=False)
    put_aside = {service: system.summary(service)["plumbing"]["dead_letters"] for service in SERVICES}
    assert put_aside == dict.fromkeys(SERVICES, 0)
