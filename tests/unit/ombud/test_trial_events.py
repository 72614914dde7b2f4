"""What is tried is read from files, standard input or facts; every mistake in it is named with its place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from ombud.trouble import Trouble
from services.escalation.settings import SHIPPED_POLICY
from services.routing.settings import SHIPPED_POLICY as SHIPPED_ROUTES
from shared.contracts.event import to_data
from shared.contracts.intake import ComplaintAnswered, ComplaintClassified
from tests.unit.ombud.trials import (
    ID,
    KETTLE,
    LADDERS,
    ROSTER,
    SAMPLES,
    a_classified,
    an_assigned,
    attempt,
    course,
    on_the_bus,
    table,
    trial,
)

MONDAY = datetime(2024, 11, 4, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROUTES = SAMPLES / "routing.yml"
AT = ("--at", "2026-11-27T16:30:00Z")


def refused(*words: object, stdin: str | bytes = "") -> str:
    result = attempt(*words, stdin=stdin)
    assert result.exit_code == 1 and isinstance(result.exception, Trouble), result.output
    return str(result.exception)


def shown(*words: object) -> tuple[bool, bool]:
    """Whether routing's part is there, and escalation's."""
    said = trial(*words)
    return "in line for" in said, "escalates at once" in said


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ((), (True, True)),
        ((ROUTES,), (True, False)),
        ((LADDERS,), (False, True)),
        ((LADDERS, ROUTES), (True, True)),
        (("--routing", ROUTES), (True, False)),
        (("--escalation", LADDERS), (False, True)),
        (("--escalation", LADDERS, ROUTES), (True, True)),
    ],
)
def test_the_policies_that_are_named_are_tried_else_both(words: tuple[object, ...], parts: tuple[bool, bool]) -> None:
    assert shown(*words, "severity=high") == parts


def test_a_policy_of_the_settings_is_no_choice_of_what_to_try() -> None:
    said = attempt("severity=high", env={"OMBUD_ESCALATION_POLICY": str(LADDERS)}).stdout
    assert "in line for" in said and "policy        kestrel@" in said


def test_a_complaint_may_come_by_standard_input() -> None:
    said = trial(LADDERS, "-", *AT, stdin=KETTLE.read_text())
    assert said == trial(LADDERS, KETTLE, *AT)


def test_a_complaint_begins_when_it_was_received(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(orjson.dumps(orjson.loads(KETTLE.read_bytes()) | {"received_at": "2024-11-04T10:00:00Z"}))
    assert table(trial(SHIPPED_POLICY, file), "when")[0][0] == "Mon 2024-11-04 11:00"
    assert table(trial(SHIPPED_POLICY, file, *AT), "when")[0][0] == "Fri 2026-11-27 17:30"


def test_upstream_may_tell_of_further_contacts_and_steps_one_a_line(tmp_path: Path) -> None:
    base = {"source": "web", "external_id": "A-1", "customer": {"region": "GB", "language": "en"}}
    lines = [
        base | {"text": "The kettle leaks a little.", "received_at": "2024-11-04T10:00:00Z"},
        base | {"type": "complaint.answered", "at": "2024-11-04T11:00:00Z", "by": "eva"},
        base | {"type": "complaint.resolved", "at": "2024-11-04T12:00:00Z"},
        base
        | {
            "type": "complaint.contacted",
            "text": "I want to speak to your supervisor right now.",
            "received_at": "2024-11-04T13:00:00Z",
        },
    ]
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"\n".join(map(orjson.dumps, lines)) + b"\n\n")
    rows = course(trial(SHIPPED_POLICY, file))
    assert [row[:2] for row in rows[:5]] == [
        ("+0m", "opened"),
        ("+1h", "answered"),
        ("+2h", "resolved"),
        ("+3h", "reopened"),
        ("+3h", "updated"),
    ]
    assert ("+3h", "level 1 (supervisor) alerted", "role supervisor") in rows
    file.write_bytes(b"\n".join(map(orjson.dumps, [*lines, lines[-1]])))
    assert course(trial(SHIPPED_POLICY, file)) == rows, "a copy changes nothing"


def test_an_event_in_an_envelope_is_the_same_event(tmp_path: Path) -> None:
    event = a_classified(MONDAY)
    envelope = {"specversion": "1.0", "type": event.type, "source": "x", "id": "1", "data": to_data(event)}
    file, bare = tmp_path / "a.json", tmp_path / "b.json"
    file.write_bytes(orjson.dumps(envelope, option=orjson.OPT_INDENT_2))
    bare.write_bytes(orjson.dumps(to_data(event)))
    assert trial(SHIPPED_POLICY, file) == trial(SHIPPED_POLICY, bare) != ""


def test_what_comes_late_is_heard_after_what_stands_before_it(tmp_path: Path) -> None:
    told = [a_classified(MONDAY), an_assigned(MONDAY + 2 * HOUR), ComplaintAnswered(ID, 2, MONDAY + HOUR, "eva")]
    rows = course(trial(SHIPPED_POLICY, on_the_bus(tmp_path / "a.jsonl", told)))
    assert [row[:2] for row in rows[:3]] == [("+0m", "opened"), ("+2h", "assigned"), ("+2h", "answered")]


def test_events_may_stand_in_several_files(tmp_path: Path) -> None:
    first = on_the_bus(tmp_path / "a.json", [a_classified(MONDAY)])
    second = on_the_bus(tmp_path / "b.json", [an_assigned(MONDAY + HOUR)])
    assert course(trial(SHIPPED_POLICY, first, second))[1][:2] == ("+1h", "assigned")


CLASSIFIED = to_data(a_classified(MONDAY))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "a.json:1: no JSON"),
        (b'{\n "text": }', "a.json:2: no JSON"),
        (b'{"a": 1}\n\n{"b": ', "a.json:3: no JSON"),
        (b"\xff\xfe", "a.json:1: no JSON"),
        (b"[]", "a.json:1: is no JSON object"),
        (b'{"source": "web", "text": "x"}', "a.json:1: /external_id: Missing data for required field."),
        (
            b'{"source": "w", "external_id": "1", "text": "x", "customer": {"ref": 7}}',
            "a.json:1: /customer/ref: Not a valid",
        ),
        (
            b'{"type": "complaint.eaten"}',
            "a.json:1: /type: 'complaint.eaten' is none of complaint.answered, complaint.assigned",
        ),
        (b'{"type": ["x"]}', "a.json:1: /type: \"['x']\" is none of"),
        (b'{"specversion": "1.0", "type": "complaint.classified", "data": 7}', "a.json:1: /data: is no JSON object"),
        (b'{"complaint_id": "x"}', "a.json:1: /type: is missing"),
        (orjson.dumps(CLASSIFIED | {"severity": "hot"}), "a.json:1: /severity: Must be one of: low"),
        (orjson.dumps(CLASSIFIED | {"received_at": "yesterday"}), "a.json:1: /received_at: not an RFC 3339 time"),
        (
            orjson.dumps(CLASSIFIED | {"contacted_at": "9999-12-31T00:00:00Z"}),
            "a.json:1: 9999-12-31T00:00:00+00:00 is not between 1970-01-02 and 2200-01-01",
        ),
        (
            orjson.dumps(CLASSIFIED | {"received_at": "0001-01-01T00:00:00Z"}),
            "a.json:1: 0001-01-01T00:00:00+00:00 is not between",
        ),
        (
            orjson.dumps(CLASSIFIED) + b"\n" + orjson.dumps(CLASSIFIED | {"complaint_id": "other"}),
            "a.json:2: is about complaint other, what stands before it about",
        ),
        (
            b'{"type": "complaint.answered", "source": "web", "external_id": "1"}',
            "a.json: nothing tells of a complaint: neither one with its text nor complaint.classified",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(content)
    assert refused(SHIPPED_POLICY, file).startswith(f"{tmp_path}/{said}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing is told"),
        ((LADDERS,), "nothing is told"),
        (("no-such.json",), "no-such.json cannot be read: No such file or directory"),
        (("no-such.yml", "severity=low"), "facts and files do not go together: severity=low"),
        (("event",), "'event' is no fact; write name=value"),
        ((KETTLE, "severity=low"), "facts and files do not go together: severity=low"),
        (
            (LADDERS, SHIPPED_POLICY, "severity=low"),
            f"{SHIPPED_POLICY}: is another policy of escalation, beside {LADDERS}",
        ),
        (("--routing", ROUTES, SHIPPED_ROUTES, "severity=low"), "is another policy of routing"),
        ((ROSTER, "severity=low"), f"{ROSTER}:1: is no policy"),
        (("at=2026-11-26T20:00:00Z", *AT), "the time is said twice"),
        (("at=9999-12-31T20:00:00Z",), "at: 9999-12-31T20:00:00+00:00 is not between"),
        (("asked=nobody",), "asked: 'nobody' is none of none, supervisor, executive, human"),
        (("anger=1.1",), "anger: '1.1' is no number from 0 to 1"),
        (("anger=nan",), "anger: 'nan' is no number from 0 to 1"),
        (("contacts=0",), "contacts: '0' is no number of contacts"),
        (("product=" + 5000 * "x", "colour=red"), "'colour=red' is no fact"),
    ],
)
def test_what_cannot_be_tried_is_refused(words: tuple[object, ...], said: str) -> None:
    assert said in refused(*words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", "tomorrow"), "'tomorrow' is no time"),
        (("--at", "2026-11-26T20:00:00"), "does not say in which zone"),
        (("--for", "2 weeks"), "'2 weeks' is no time up to 400d"),
        (("--answer", "0m"), "'0m' is no time up to 400d"),
    ],
)
def test_an_option_that_cannot_be_read_is_a_mistake_of_the_command_line(words: tuple[str, ...], said: str) -> None:
    result = attempt("severity=low", *words)
    assert result.exit_code == 2 and said in " ".join(result.stderr.split())


def test_a_policy_or_a_roster_with_mistakes_is_not_tried(tmp_path: Path) -> None:
    ladder, roster = tmp_path / "ladder.yml", tmp_path / "roster.yml"
    ladder.write_text("name: x\nladders: []\n")
    result = attempt(ladder, "severity=low")
    assert isinstance(result.exception, Trouble) and result.stderr.startswith(f"{ladder}:")
    roster.write_text("supervisors:\n  - {id: a, name: A, role: king, regions: [CZ]}\nteams: []\n")
    result = attempt("severity=low", "--roster", roster)
    assert str(result.exception) == f"{roster} cannot be used: 2 mistakes"
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [f"{roster}:2", f"{roster}:3"]
    ladder.write_text("name: [\n")
    assert refused(ladder, "severity=low").startswith(f"{ladder}:2: not YAML")


def test_events_that_are_too_far_apart_end_the_trial(tmp_path: Path) -> None:
    critical = ComplaintClassified(**(vars(a_classified(MONDAY)) | {"asks_supervisor": True}))
    file = on_the_bus(tmp_path / "a.jsonl", [critical, ComplaintAnswered(ID, 2, MONDAY + 150 * 365 * 24 * HOUR)])
    assert "steps until" in refused(SHIPPED_POLICY, file) and "closer together" in refused(SHIPPED_POLICY, file)
