"""What the benchmark feeds is new to intake and can be assigned."""

import json
from pathlib import Path

import yaml

from benchmarks.samples import SOURCE, documents_of, roomy_roster, upstream
from shared.contracts.intake import complaint_id

SAMPLES = Path(__file__).parents[3] / "samples"
LINES = [
    b'{"source": "a", "external_id": "1", "text": "late"}',
    b'{"source": "a", "external_id": "1", "text": "late"}',
    b'{"type": "complaint.contacted", "source": "a", "external_id": "1", "text": "still late"}',
    b'{"type": "complaint.resolved", "source": "a", "external_id": "1"}',
    b'{"source": "a", "external_id": "2", "text": "broken", "customer": {"language": "ja"}}',
    b"{",
]


def test_only_distinct_complaints_are_taken():
    assert [document["text"] for document in documents_of(LINES)] == ["late", "broken"]


def test_all_complaints_of_the_samples_are_taken():
    with (SAMPLES / "complaints.jsonl").open("rb") as lines:
        assert len(documents_of(lines)) == 300


def test_texts_repeat_and_ids_do_not():
    made = upstream(documents_of(LINES), "run", 5)
    bodies = [json.loads(message.body) for message in made]
    assert [body["text"] for body in bodies] == ["late", "broken", "late", "broken", "late"]
    assert len({message.id for message in made}) == len({message.key for message in made}) == 5


def test_the_key_is_the_id_that_intake_will_give():
    (message,) = upstream(documents_of(LINES), "run", 1)
    assert message.key == complaint_id(SOURCE, json.loads(message.body)["external_id"])


def test_two_runs_share_no_complaint():
    documents = documents_of(LINES)
    assert not {m.key for m in upstream(documents, "one", 3)} & {m.key for m in upstream(documents, "two", 3)}


def test_somebody_speaks_every_language_that_is_asked_for_and_has_room():
    people = yaml.safe_load((SAMPLES / "roster.yml").read_text(encoding="utf-8"))
    before = json.dumps(people)
    roster = roomy_roster(people, documents_of(LINES))
    assert any("ja" in agent["languages"] and agent["regions"] == ["*"] for agent in roster["agents"])
    assert {agent["capacity"] for agent in roster["agents"]} == {10_000}
    assert roster["supervisors"] == people["supervisors"]
    assert json.dumps(people) == before
