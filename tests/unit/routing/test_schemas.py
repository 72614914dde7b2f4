"""The body of an agent: every fault is named by its path."""

from typing import Any

import pytest

from services.routing import schemas
from services.routing.roster import agent_schemas
from shared.errors import Rejected

BODY = {"name": "Eva Malá", "skills": ["billing"], "languages": ["cs"], "regions": ["CZ"], "capacity": 8}


def faults(id_: str, body: Any) -> list[str]:
    with pytest.raises(Rejected) as caught:
        agent_schemas.agent_from(id_, body)
    return [fault["pointer"] for fault in caught.value.errors]


def test_agent_is_read() -> None:
    agent = agent_schemas.agent_from("eva.mala", BODY)
    assert (agent.id, agent.name, agent.skills, agent.capacity) == ("eva.mala", "Eva Malá", {"billing": 3}, 8)


def test_codes_are_written_alike_and_once() -> None:
    agent = agent_schemas.agent_from("eva", BODY | {"languages": ["CS", "cs", "en"], "regions": ["cz", "CZ", "*"]})
    assert (agent.languages, agent.regions) == ({"cs": 3, "en": 3}, ("CZ", "*"))


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"name": ""}, ["/name"]),
        ({"name": "a\nb"}, ["/name"]),
        ({"name": "a\0b"}, ["/name"]),
        ({"name": "x" * 201}, ["/name"]),
        ({"skills": "billing"}, ["/skills"]),
        ({"skills": ["billing", "Not One", 3]}, ["/skills/1", "/skills/2"]),
        ({"skills": ["x"] * 201}, ["/skills"]),
        ({"languages": ["english"]}, ["/languages/0"]),
        ({"regions": ["**"]}, ["/regions/0"]),
        ({"regions": ["CZ\n"]}, ["/regions/0"]),
        ({"capacity": -1}, ["/capacity"]),
        ({"capacity": 10_001}, ["/capacity"]),
        ({"capacity": 1.5}, ["/capacity"]),
        ({"capacity": "8"}, ["/capacity"]),
        ({"capacity": None}, ["/capacity"]),
        ({"load": 0}, ["/load"]),
        ({"id": "other"}, ["/id"]),
    ],
)
def test_fault_is_named_by_its_path(change: dict[str, Any], pointers: list[str]) -> None:
    assert faults("eva", BODY | change) == pointers


def test_all_faults_are_named_at_once() -> None:
    assert faults("-eva", {"name": 3}) == ["/id", "/name", "/skills", "/languages", "/regions", "/capacity"]


@pytest.mark.parametrize("body", [None, [], "eva", 3])
def test_body_that_is_no_object_is_refused(body: Any) -> None:
    assert faults("eva", body) == ["/"]


@pytest.mark.parametrize("id_", ["", "-a", "a b", "a/b", "ž", "a" * 65, "a\n"])
def test_odd_id_is_refused(id_: str) -> None:
    assert faults(id_, BODY) == ["/id"]


@pytest.mark.parametrize(("text", "limit"), [(None, 100), ("1", 1), ("1000", 1000)])
def test_limit_of_the_queue(text: str | None, limit: int) -> None:
    assert schemas.limit_from(text) == limit


@pytest.mark.parametrize("text", ["", "0", "1001", "-1", "x", "²", "1" * 5000])
def test_odd_limit_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        schemas.limit_from(text)
