"""Whatever the policy calls a trigger leads to an alert in a mailbox, which says why; nothing does before its time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ombud.local.broker import PrivateBroker
from tests.harness.process import eventually
from tests.harness.stage import SOON, Story, at, hire, staged
from tests.harness.system import KETTLE, MILD, System

POLICY = """\
name: triggers
triggers:
  - {reason: severity, when: {severity: critical}}
  - {reason: asked, when: {asked: supervisor}}
  - {reason: flagged, when: {flags: legal}}
  - {reason: anger, when: {anger: 0.9}}
  - {reason: tier, when: {tier: gold}}
  - {reason: repeated, when: {contacts: 3}}
  - {reason: low_rating, when: {rating: 0.2}}
  - {reason: reopened, when: {reopenings: 2}}
  - {reason: unassigned, after: 20m}
  - {reason: declined}
  - {reason: overdue}
  - {reason: upstream_request}
  - {reason: agent_request}
clocks:
  - {name: first_answer, measures: first_answer, within: 2h, warn: [50], tell: "person:tom"}
  - {name: next_answer, measures: next_answer, within: 1h, warn: none}
  - {name: resolution, measures: resolution, within: 1d, warn: none}
  - {name: supervisor, measures: supervisor, within: 15m, warn: none}
ladders:
  - name: standard
    levels:
      - {name: supervisor, recipients: supervisor, respond_within: 30m}
      - {name: coordinator, recipients: coordinator, respond_within: 30m}
      - {name: manager, recipients: manager, respond_within: 30m}
"""
# Whoever is given the lamp has ten minutes, and nobody is asked after them.
ROUTING = """\
name: of-the-journey
attempts: 1
defaults: {answer_within: 30d}
rules:
  - {name: lamp, when: {product: Lamp 2}, answer_within: 10m}
  - {name: everything}
"""
LAWYER = "My lawyer will contact you about the parcel."
FURIOUS = "A disgrace, absolutely outrageous! You are thieves and liars, I am furious, sick and tired of you!!!"
ASKS = "My parcel has not arrived. I want to speak to a supervisor."
ASKS_FOR_ANYBODY = "My parcel has not arrived. I want to talk to a human being, not to a robot."


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker) -> Iterator[System]:
    with staged(tmp_path_factory.mktemp("triggers"), broker, "2027-03-15T09:00:00+01:00", POLICY, ROUTING) as system:
        hire(system, "dora", "supervisor", ["DE"])
        hire(system, "tom", "supervisor", ["nowhere"])
        yield system


@pytest.fixture
def story(system: System) -> Iterator[Story]:
    made = Story(system)
    yield made
    made.end()


@pytest.mark.parametrize(
    ("complaint", "reason", "words"),
    [
        ({"text": KETTLE}, "severity", "the complaint was read as this severe"),
        ({"text": ASKS}, "asked", "the customer asks for a supervisor"),
        ({"text": LAWYER}, "flagged", "the complaint touches what a supervisor must see"),
        ({"text": FURIOUS}, "anger", "the customer is very angry"),
        ({"text": MILD, "customer": {"tier": "Gold"}}, "tier", "the customer is one whom a supervisor looks after"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_what_is_read_in_a_complaint_is_told_with_its_reason(
    story: Story, complaint: dict[str, object], reason: str, words: str
) -> None:
    case_id = story.opens(**complaint)  # type: ignore[arg-type]
    assert words in story.hears("petr", case_id)["text"]
    case = story.case(case_id)
    assert (case["reason"], case["trigger"], case["level"]) == (reason, reason, 1)


def test_a_third_message_is_told_and_a_second_is_not(story: Story) -> None:
    case_id = story.opens()
    story.writes_again(case_id, "Could you look where it is?")
    assert story.heard(case_id, "petr") == {"petr": 0}
    story.writes_again(case_id, "Please do look where it is.")
    assert "the customer has had to write again and again" in story.hears("petr", case_id)["text"]


def test_a_low_rating_after_the_end_opens_the_case_again_and_a_better_one_does_not(story: Story) -> None:
    bad, fair = story.opens(), story.opens()
    for case_id, score in ((bad, 0.1), (fair, 0.3)):
        story.upstream(case_id, "complaint.resolved", by="agent 7")
        story.becomes(case_id, state="resolved")
        story.upstream(case_id, "complaint.rated", score=score)
    assert "the customer gave a very low rating" in story.hears("petr", bad)["text"]
    assert story.heard(fair, "petr") == {"petr": 0} and story.case(fair)["state"] == "resolved"


def test_the_second_reopening_is_told_and_the_first_is_not(story: Story) -> None:
    case_id = story.opens()
    for told in (0, 1):
        story.upstream(case_id, "complaint.resolved", by="agent 7")
        story.becomes(case_id, state="resolved")
        assert story.heard(case_id, "petr") == {"petr": 0}
        story.upstream(case_id, "complaint.reopened", by="agent 7")
        story.becomes(case_id, state="escalated" if told else "open")
    assert "the complaint was closed and is open again" in story.hears("petr", case_id)["text"]


def test_nobody_works_on_it_for_too_long(story: Story) -> None:
    case_id = story.opens(region="DE")  # where there are no agents
    story.passes(minutes=19)
    assert story.heard(case_id, "dora") == {"dora": 0}
    story.passes(minutes=1)
    assert "nobody has worked on the complaint for too long" in story.hears("dora", case_id)["text"]


def test_whoever_was_given_it_did_not_take_it(story: Story) -> None:
    case_id = story.opens(product="Lamp 2")
    eventually(lambda: story.agent(case_id) == "jana", "an agent", story.system.logs)
    story.passes(minutes=9)
    assert story.heard(case_id, "petr") == {"petr": 0}
    story.passes(minutes=1)
    assert "the agents have declined the complaint" in story.hears("petr", case_id)["text"]
    assert story.agent(case_id) is None


def test_handed_back_where_nobody_else_can_take_it_whoever_did_so_hears_at_once(story: Story) -> None:
    case_id = story.opens(KETTLE)
    eventually(lambda: story.agent(case_id) == "jana", "an agent", story.system.logs)
    story.hears("petr", case_id)
    story.answers(case_id, "hand-back", by="petr")
    assert "the agents have declined the complaint" in story.hears("petr", case_id, 2)["text"]
    assert story.agent(case_id) is None


def test_the_first_answer_comes_too_late_and_half_of_the_time_was_a_warning(story: Story) -> None:
    case_id = story.opens()
    (due,) = (at(c["due_at"]) for c in story.case(case_id)["clocks"] if c["name"] == "first_answer")
    half = due - timedelta(hours=1)
    story.comes(half - SOON)
    assert story.heard(case_id, "tom", "petr") == {"tom": 0, "petr": 0}
    story.comes(half)
    assert '50% of the time for "first answer" has gone' in story.hears("tom", case_id)["text"]
    story.comes(due - SOON)
    assert story.heard(case_id, "petr") == {"petr": 0}
    story.comes(due)
    assert "the customer has waited longer than agreed" in story.hears("petr", case_id)["text"]
    assert 'The time for "first answer" is over' in story.hears("tom", case_id, 2)["text"]


def test_answered_in_time_only_the_next_answer_can_be_late(story: Story) -> None:
    case_id = story.opens()
    story.upstream(case_id, "complaint.answered", by="jana")
    eventually(lambda: story.timeline(case_id, "answered"), "the answer", story.system.logs)
    story.passes(hours=3)
    assert story.heard(case_id, "petr", "tom") == {"petr": 0, "tom": 0}
    story.writes_again(case_id)
    eventually(lambda: story.timeline(case_id, "updated"), "the second message", story.system.logs)
    story.passes(minutes=59)
    assert story.heard(case_id, "petr") == {"petr": 0}
    story.passes(minutes=1)
    story.hears("petr", case_id)
    assert [row["details"]["clock"] for row in story.timeline(case_id, "clock_broken")] == ["next_answer"]


def test_answered_and_never_brought_to_an_end(story: Story) -> None:
    case_id = story.opens()
    story.upstream(case_id, "complaint.answered", by="jana")
    eventually(lambda: story.timeline(case_id, "answered"), "the answer", story.system.logs)
    story.passes(hours=23, minutes=59)
    assert story.heard(case_id, "petr") == {"petr": 0}
    story.passes(minutes=1)
    story.hears("petr", case_id)
    assert [row["details"]["clock"] for row in story.timeline(case_id, "clock_broken")] == ["resolution"]


def test_asked_for_a_human_and_no_named_person_came(story: Story) -> None:
    case_id = story.opens(ASKS_FOR_ANYBODY)
    story.passes(minutes=14)
    assert story.heard(case_id, "petr") == {"petr": 0}
    story.passes(minutes=1)
    story.hears("petr", case_id)
    assert [row["details"]["clock"] for row in story.timeline(case_id, "clock_broken")] == ["supervisor"]


def test_another_system_asks_for_a_supervisor(story: Story) -> None:
    case_id = story.opens()
    story.upstream(case_id, "complaint.escalation_requested", by="the shop")
    words = "the system that the complaint came from asks for a supervisor"
    assert words in story.hears("petr", case_id)["text"]
    assert story.case(case_id)["reason"] == "upstream_request"


@pytest.mark.parametrize(
    ("reason", "words"),
    [("agent_request", "the agent asks for a supervisor"), ("manual", "a colleague asks for a supervisor")],
)
def test_somebody_asks_for_a_supervisor(story: Story, reason: str, words: str) -> None:
    case_id = story.opens()
    assert story.answers(case_id, "escalate", by="jana", reason=reason)["level"] == 1
    assert words in story.hears("petr", case_id)["text"]
    (asked,) = story.timeline(case_id, "requested")
    assert (asked["actor"], asked["reason"]) == ("jana", reason)


def test_nobody_answers_it_climbs_to_the_last_resort_and_the_top_is_told_again_later(story: Story) -> None:
    case_id = story.opens(KETTLE)
    for person in ("petr", "karin", "max"):
        story.hears(person, case_id)
        assert not story.mails("duty", case_id)
        story.passes(minutes=30)
    assert "every level was alerted and nobody answered" in story.hears("duty", case_id)["text"]
    case = story.becomes(case_id, state="exhausted")
    story.comes(at(case["due_at"]) - SOON)
    assert story.heard(case_id, "petr", "karin", "max") == {"petr": 1, "karin": 1, "max": 1}
    story.comes(at(case["due_at"]))
    story.hears("max", case_id, 2)
    assert story.case(case_id)["state"] == "escalated"
    story.passes(minutes=30)
    story.hears("duty", case_id, 2)
    assert story.heard(case_id, "petr", "karin") == {"petr": 1, "karin": 1}
