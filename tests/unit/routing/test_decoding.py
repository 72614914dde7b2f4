"""Messages of the exchange `workforce`: every form that CloudEvents has, and every fault named by its path."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.domain.presence import Presence, Said
from services.routing.roster.decoding import decode
from services.routing.roster.told import AgentTold, PresenceTold
from shared.messaging.envelope import Message, Undecodable

AGENT: dict[str, Any] = {
    "id": "eva",
    "name": "Eva Malá",
    "skills": {"billing": 4},
    "languages": ["cs"],
    "regions": ["cz"],
    "capacity": 3,
    "timezone": "Europe/Prague",
    "shifts": [{"days": "mon-fri", "from": "08:00", "to": "16:00", "breaks": [{"from": "12:00", "to": "12:30"}]}],
    "absences": [{"from": "2026-12-24", "to": "2026-12-26"}],
    "teams": ["recall"],
}
PRESENCE: dict[str, Any] = {"agent_id": "eva", "presence": "busy"}
NOON = "2026-11-02T12:00:00Z"
AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
STRUCTURED = "application/cloudevents+json"


def a_message(data: Any, key: str = "agent.changed", headers: dict[str, Any] | None = None, **more: Any) -> Message:
    return Message(key, headers or {}, json.dumps(data).encode(), **more)


def fault(message: Message) -> str:
    with pytest.raises(Undecodable) as caught:
        decode(message)
    return str(caught.value)


def test_bare_data_is_known_by_its_routing_key() -> None:
    received = decode(a_message(AGENT))
    assert isinstance(received.event, AgentTold)
    agent = received.event.agent
    assert (agent.id, agent.name, agent.skills, agent.languages) == ("eva", "Eva Malá", {"billing": 4}, {"cs": 3})
    assert (agent.regions, agent.capacity, agent.teams, agent.calendar.timezone) == (
        ("CZ",),
        3,
        ("recall",),
        "Europe/Prague",
    )
    assert agent.absences[0].start == datetime(2026, 12, 23, 23, tzinfo=UTC)
    assert agent.absences[0].end == datetime(2026, 12, 26, 23, tzinfo=UTC)
    assert (received.type, received.subject, received.source, received.event.at) == (
        "agent.changed",
        "eva",
        "workforce",
        None,
    )


def test_bare_data_is_never_taken_for_a_copy() -> None:
    assert decode(a_message(AGENT)).id != decode(a_message(AGENT)).id


@pytest.mark.parametrize("prefix", ["ce-", "CE-", "cloudEvents:", "cloudEvents_"])
def test_binary_form(prefix: str) -> None:
    names = {"id": "7", "source": "/hr", "type": "agent.presence", "time": NOON}
    received = decode(a_message(PRESENCE, "x", {f"{prefix}{name}": value for name, value in names.items()}))
    assert received.event == PresenceTold("eva", Said(Presence.BUSY, AT))
    assert (received.id, received.source) == ("7", "/hr")


def test_structured_form() -> None:
    body = {"specversion": "1.0", "id": "7", "source": "/hr", "type": "agent.changed", "time": NOON, "data": AGENT}
    received = decode(a_message(body, "x", content_type=f"{STRUCTURED}; charset=utf-8"))
    assert isinstance(received.event, AgentTold)
    assert (received.event.agent.id, received.event.at, received.id, received.source) == ("eva", AT, "7", "/hr")


def test_the_time_that_a_presence_names_comes_before_the_envelopes() -> None:
    data = {**PRESENCE, "at": "2026-11-02T11:00:00+00:00", "until": "2026-11-02T15:00:00+01:00"}
    said = decode(a_message(data, "agent.presence", {"ce-time": NOON})).event.said
    assert said == Said(Presence.BUSY, AT.replace(hour=11), AT.replace(hour=14))
    assert decode(a_message(PRESENCE, "agent.presence", {"ce-time": NOON})).event.said.at == AT


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (Message("agent.changed", {}, b"{"), "/: "),
        (a_message([AGENT]), "/: Not an object."),
        (a_message(None), "/: Not an object."),
        (a_message([], content_type=STRUCTURED), "/: Not an object."),
        (a_message({"type": "agent.changed"}, content_type=STRUCTURED), "/: Not an object."),
        (a_message(AGENT, "agent.hired"), "type 'agent.hired' is none of agent.changed, agent.presence"),
        (a_message(AGENT, headers={"ce-time": "yesterday"}), "/time: "),
        (a_message(AGENT, headers={"ce-time": 7}), "/time: "),
        (a_message(AGENT, headers={"ce-time": "2026-11-02T12:00:00"}), "/time: "),
    ],
)
def test_faults_of_the_envelope(message: Message, told: str) -> None:
    assert fault(message).startswith(told)


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"id": "no spaces"}, "/id"),
        ({"id": ["eva"]}, "/id"),
        ({"name": ""}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"skills": {"billing": 6}}, "/skills/billing"),
        ({"skills": {"billing": 0}}, "/skills/billing"),
        ({"skills": {"Billing!": 3}}, "/skills/Billing!"),
        ({"skills": "billing"}, "/skills"),
        ({"languages": ["c"]}, "/languages/0"),
        ({"regions": ["C Z"]}, "/regions/0"),
        ({"regions": "CZ"}, "/regions"),
        ({"capacity": -1}, "/capacity"),
        ({"capacity": "3"}, "/capacity"),
        ({"capacity": 1.5}, "/capacity"),
        ({"teams": [""]}, "/teams/0"),
        ({"timezone": "Prague"}, "/timezone"),
        ({"holidays": "XX"}, "/holidays"),
        ({"shifts": [{"days": "mon", "from": "8:00", "to": "16:00"}]}, "/shifts/0/from"),
        ({"shifts": [{"days": "someday", "from": "08:00", "to": "16:00"}]}, "/shifts/0/days"),
        ({"absences": [{"from": "2026-12-26", "to": "2026-12-24"}]}, "/absences/0/to"),
        ({"absences": [{"from": "2026-12-26T10:00", "to": "2026-12-27"}]}, "/absences/0/from"),
        ({"absences": [{"from": "0001-01-01", "to": "2026-12-27"}]}, "/absences/0/from"),
        ({"absences": [{"from": "2026-12-26", "to": "9999-12-31"}]}, "/absences/0/to"),
        ({"absences": [{"from": "2026-12-26", "to": "9999-12-31T23:59:59-10:00"}]}, "/absences/0/to"),
        ({"load": 3}, "/load"),
    ],
)
def test_faults_of_an_agent_are_told_by_their_path(changed: dict[str, Any], pointer: str) -> None:
    assert fault(a_message(AGENT | changed)).startswith(f"{pointer}: ")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"agent_id": None}, "/agent_id"),
        ({"agent_id": ""}, "/agent_id"),
        ({"presence": "asleep"}, "/presence"),
        ({"presence": ["busy"]}, "/presence"),
        ({"until": "soon"}, "/until"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "/until"),
        ({"at": 5}, "/at"),
        ({"since": NOON}, "/since"),
    ],
)
def test_faults_of_a_presence_are_told_by_their_path(changed: dict[str, Any], pointer: str) -> None:
    assert fault(a_message(PRESENCE | changed, "agent.presence")).startswith(f"{pointer}: ")


def test_what_is_missing_is_told_all_at_once() -> None:
    told = fault(a_message({}))
    assert all(f"/{name}: " in told for name in ("id", "name", "skills", "languages", "regions", "capacity"))


def test_too_large_a_message_is_not_looked_at() -> None:
    assert "bytes" in fault(Message("agent.changed", {}, b" " * (256 * 1024 + 1)))


WORDS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["eva", "cs", "CZ", "*", "mon-sun", "08:00", "24:00", "Europe/Prague", "America/Lima", NOON]),
    st.sampled_from(
        ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-13-01"]
    ),
    st.sampled_from(["busy", "available", "DE-BY", "XX", "\x00", "agent.changed"]),
)
NAMES = st.sampled_from([*AGENT, *PRESENCE, "until", "at", "holidays", "from", "to", "days", "breaks", "x"])
ANYTHING = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=4)
)
CHANGES = st.dictionaries(NAMES, ANYTHING, max_size=3)
HEADERS = st.dictionaries(
    st.sampled_from(["ce-id", "ce-type", "ce-time", "ce-source", "traceparent", "cloudEvents:type"]),
    WORDS | st.binary(max_size=5),
    max_size=3,
)
TYPES = st.sampled_from(["agent.changed", "agent.presence"])


def is_decoded_or_refused(message: Message) -> None:
    with suppress(Undecodable):
        received = decode(message)
        assert received.subject and received.id and received.source


@settings(max_examples=250)
@given(base=st.sampled_from([AGENT, PRESENCE, {}]), changes=CHANGES, key=TYPES, headers=HEADERS)
def test_whatever_stands_in_the_fields_nothing_else_is_raised(
    base: dict[str, Any], changes: dict[str, Any], key: str, headers: dict[str, Any]
) -> None:
    is_decoded_or_refused(a_message({**base, **changes}, key, headers))


@settings(max_examples=100)
@given(body=ANYTHING | CHANGES.map(lambda data: {"type": "agent.changed", "data": AGENT | data}), key=TYPES)
def test_whatever_the_body_of_a_structured_event_is(body: Any, key: str) -> None:
    is_decoded_or_refused(a_message(body, key, content_type=STRUCTURED))


@settings(max_examples=100)
@given(body=st.binary(max_size=60), key=TYPES, content_type=st.sampled_from(["", "text/plain", STRUCTURED]))
def test_whatever_the_bytes_are(body: bytes, key: str, content_type: str) -> None:
    is_decoded_or_refused(Message(key, {}, body, content_type))


@settings(max_examples=100)
@given(start=WORDS, end=WORDS, zone=st.sampled_from(["Europe/Prague", "Pacific/Kiritimati", "America/Lima", "UTC"]))
def test_whatever_the_days_of_an_absence_are(start: Any, end: Any, zone: str) -> None:
    is_decoded_or_refused(a_message(AGENT | {"timezone": zone, "absences": [{"from": start, "to": end}]}))
