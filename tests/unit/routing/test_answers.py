"""What the HTTP answers say."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.routing import documents, metrics
from services.routing.domain.reasons import Reason
from services.routing.placing import outlook
from services.routing.roster import agent_documents
from shared import clock
from shared.errors import NotFound
from tests.harness.clock import set_shift
from tests.unit.routing.builders import Office, an_agent, classified, reopened, resolved


def test_assignment_says_why(office: Office) -> None:
    office.employ(an_agent("ana"), an_agent("bea"), an_agent("dan", languages=("de",)), an_agent("max", capacity=0))
    office.tell(classified())
    answer = office.assignment()
    assert (answer["state"], answer["reason"]) == ("assigned", "best_score")
    assert answer["agent"] == {"id": "ana", "name": "Ana"}
    assert answer["needs"] == {
        "skill": "billing",
        "skill_level": 1,
        "language": "cs",
        "language_level": 1,
        "region": "CZ",
        "team": None,
    }
    score = {"total": 0.85, "skill": 0.6, "language": 0.6, "load": 1.0, "idle": 1.0}
    assert answer["candidates"] == [{"agent_id": id_, "score": score} for id_ in ("ana", "bea")]
    assert (answer["score"], answer["rejected"]) == (score, {"language": 1, "full": 1})
    assert (answer["attempt"], answer["policy_version"], answer["severity"], answer["weight"]) == (1, "test", "low", 1)
    assert answer["assigned_at"] == answer["decided_at"] >= answer["first_seen_at"]
    assert answer["assigned_at"].endswith("Z")


def test_released_assignment_remembers_its_agent(office: Office) -> None:
    office.employ(an_agent("ana"))
    office.tell(classified(), resolved())
    office.tell(reopened())
    office.tell(resolved(revision=4))
    answer = office.assignment()
    assert (answer["state"], answer["agent"], answer["last_agent"]["id"]) == ("released", None, "ana")
    assert answer["released_at"] is not None


def test_complaint_known_by_a_step_only_has_no_needs(office: Office) -> None:
    office.tell(resolved())
    answer = office.assignment()
    assert (answer["state"], answer["needs"], answer["candidates"]) == ("released", None, [])


def test_unknown_complaint_and_agent_are_not_found(office: Office) -> None:
    with pytest.raises(NotFound), office.db.read() as tx:
        documents.find_assignment(tx, office.desk, "nobody")
    with pytest.raises(NotFound), office.db.read() as tx:
        agent_documents.find_agent(tx, "nobody")


def test_queue_shows_place_reason_needs_and_age(office: Office, tmp_path: Path) -> None:
    office.tell(classified("c1"), classified("c2"))
    set_shift(tmp_path / "shift", timedelta(seconds=90))
    clock.shift_from(tmp_path / "shift")
    try:
        first, second = office.queue()
    finally:
        clock.shift_from(None)
    assert (first["place"], first["complaint_id"], second["place"], second["complaint_id"]) == (1, "c1", 2, "c2")
    assert (first["reason"], first["needs"]["skill"]) == ("nobody_qualified", "billing")
    assert 90 <= first["age_seconds"] < 900


def test_queue_shows_no_more_than_asked_for_and_counts_all(office: Office) -> None:
    office.tell(*(classified(f"c{n}") for n in range(5)))
    with office.db.read() as tx:
        answer = documents.queue(tx, office.desk, 2)
    assert (answer["waiting"], len(answer["complaints"])) == (5, 2)


def test_summary_counts_states(office: Office) -> None:
    office.employ(an_agent(capacity=1))
    office.tell(classified("c1"), classified("c2"), classified("c3", region="DE"), resolved("c4"), reopened("c5"))
    assert office.summary() == {
        "assigned": 1,
        "waiting": 2,
        "waiting_by_reason": {
            "nobody_qualified": 1,
            "nobody_at_work": 0,
            "all_full": 1,
            "out_of_hours": 0,
            "declined": 0,
        },
        "released": 1,
        "early": 1,
        "agents": 1,
        "plumbing": {"outbox": 0, "retries": 0, "dead_letters": 0},
    }


def test_agent_applied_again_is_unchanged_and_keeps_the_load(office: Office) -> None:
    office.employ(an_agent())
    office.tell(classified())
    office.woken.clear()
    office.employ(an_agent())
    with office.db.read() as tx:
        assert agent_documents.list_agents(tx) == {"agents": [agent_documents.find_agent(tx, "eva")]}
        assert agent_documents.find_agent(tx, "eva") == {
            "id": "eva",
            "name": "Eva",
            "skills": {"billing": 3},
            "languages": {"cs": 3},
            "regions": ("CZ",),
            "teams": (),
            "capacity": 5,
            "timezone": "UTC",
            "shifts": [],
            "absences": [],
            "holidays": None,
            "load": 1,
            "status": "available",
            "status_until": None,
            "presence": None,
        }
    assert office.woken == set()
    office.employ(an_agent(capacity=9, skills=("refund",)))
    assert office.loads() == {"eva": 1}


def test_waiting_is_shown_by_reason(office: Office) -> None:
    office.employ(an_agent(capacity=0))
    office.tell(classified("c1"), classified("c2"), classified("c3", region="DE"))
    with office.db.read() as tx:
        outlook.look(tx, office.desk)
    shown = {r: metrics.WAITING.labels(r.value)._value.get() for r in metrics.WAITING_REASONS}
    assert {r: n for r, n in shown.items() if n} == {Reason.ALL_FULL: 2, Reason.NOBODY_QUALIFIED: 1}


def test_decisions_are_counted_once(office: Office) -> None:
    def counts() -> list[float]:
        return [metrics.OUTCOMES.labels(o.value)._value.get() for o in metrics.Outcome]

    before = counts()
    office.employ(an_agent(capacity=1))
    office.tell(classified("c1"), classified("c2"))
    office.tell(resolved("c1"), resolved("c1"))
    office.tell(resolved("c1"))
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [2, 1, 1]
