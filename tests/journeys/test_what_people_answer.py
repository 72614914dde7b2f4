"""Whatever a person answers, by API, by link or by text message: everybody who must know hears of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from ombud.local.broker import PrivateBroker
from tests.harness.process import at_once, eventually
from tests.harness.stage import JANA, SOON, Story, at, hire, link_after, link_in, staged
from tests.harness.system import KETTLE, MILD, System
from tests.integration.notify.twilio import Twilio

POLICY = """\
name: answers
triggers:
  - {reason: severity, when: {severity: [high, critical]}}
  - {reason: overdue}
clocks:
  - {name: resolution, measures: resolution, within: 6h, warn: none, pauses: [waiting_for_customer]}
ladders:
  - name: board
    when: {product: Board 1}
    levels:
      - {name: both, recipients: ["person:ivana", "person:otto"], respond_within: 30m, answer: all}
      - {name: coordinator, recipients: coordinator, respond_within: 30m}
  - name: major
    when: storm
    levels: [{name: coordinator, recipients: coordinator, respond_within: 30m}]
  - name: standard
    levels:
      - {name: supervisor, recipients: supervisor, respond_within: 30m}
      - {name: coordinator, recipients: coordinator, respond_within: 30m}
      - {name: manager, recipients: manager, respond_within: 30m}
storms:
  - {name: product, of: product, more_than: 2, within: 10m, ladder: major, quiet_after: 1h, when: {product: Toaster 9}}
follow_up: {within: 2h, remind: 50}
snooze_at_most: 4h
"""
SAM = "+420601000111"


@pytest.fixture(scope="module")
def twilio() -> Iterator[Twilio]:
    made = Twilio()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker, twilio: Twilio) -> Iterator[System]:
    texts = {"OMBUD_SMS_URL": twilio.url, "OMBUD_SMS_REPLIES": "true"}
    with staged(tmp_path_factory.mktemp("answers"), broker, "2027-03-15T09:00:00+01:00", POLICY, **texts) as system:
        hire(system, "ivana", "supervisor", ["nowhere"])
        hire(system, "otto", "supervisor", ["nowhere"])
        hire(system, "sam", "supervisor", ["SK"], phone=SAM, channels=["sms"])
        yield system


@pytest.fixture
def story(system: System) -> Iterator[Story]:
    made = Story(system)
    yield made
    made.end()


def test_acknowledged_at_minute_29_the_next_level_is_never_told(story: Story) -> None:
    case_id = story.opens(KETTLE)
    mail = story.hears("petr", case_id)
    story.passes(minutes=29)
    assert story.by_link(link_in(mail), act="take", note="I will call them.").status_code == 303
    case = story.case(case_id)
    assert (case["state"], case["acknowledged_by"]) == ("acknowledged", "petr")
    assert [row["note"] for row in story.timeline(case_id, "acknowledged")] == ["I will call them."]
    story.passes(minutes=20)
    assert story.heard(case_id, "petr", "karin", "max") == {"petr": 1, "karin": 0, "max": 0}


def test_of_two_answers_at_once_one_wins_and_the_other_is_told_who(story: Story) -> None:
    case_id = story.opens(KETTLE)
    story.hears("petr", case_id)
    with ThreadPoolExecutor(2) as both:
        one, other = both.map(lambda by: story.answers(case_id, "acknowledge", by=by), ["petr", "karin"])
    assert {one["already"], other["already"]} == {True, False}
    assert one["acknowledged_by"] == other["acknowledged_by"] == ("karin" if one["already"] else "petr")
    assert len(story.timeline(case_id, "acknowledged")) == 1


def test_an_answer_and_the_deadline_at_once_end_in_one_story_that_everybody_shares(story: Story) -> None:
    case_id = story.opens(KETTLE)
    story.hears("petr", case_id)
    story.comes(at(story.case(case_id)["respond_by"]))
    answered = story.answers(case_id, "acknowledge", by="petr")
    story.passes(minutes=31)
    climbed = [row for row in story.timeline(case_id, "escalated") if row["level"] == 2]
    told = story.heard(case_id, "karin", "max")
    assert told["karin"] <= len(climbed) <= 1 and told["max"] == 0
    assert (answered["already"], story.case(case_id)["acknowledged_by"]) == (False, "petr")


def test_resolved_upstream_and_acknowledged_at_once_it_is_over(story: Story) -> None:
    case_id = story.opens(KETTLE)
    story.hears("petr", case_id)
    story.upstream(case_id, "complaint.resolved", by="agent 7")
    story.asks(case_id, "acknowledge", by="petr")
    story.becomes(case_id, state="resolved")
    story.passes(hours=3)
    assert story.heard(case_id, "petr", "karin") == {"petr": 1, "karin": 0}
    assert story.asks(case_id, "acknowledge", by="karin").status_code == 409


def test_whoever_comes_too_late_by_link_reads_who_has_it(story: Story) -> None:
    case_id = story.opens(KETTLE)
    mail = story.hears("petr", case_id)
    story.answers(case_id, "acknowledge", by="karin")
    page = story.by_link(link_in(mail), act="take")
    assert page.status_code == 200 and "Karin" in page.text
    assert story.case(case_id)["acknowledged_by"] == "karin"


def test_taken_over_it_is_the_other_ones_and_they_are_the_one_who_is_reminded(story: Story) -> None:
    case_id = story.opens(KETTLE)
    story.hears("petr", case_id)
    story.answers(case_id, "acknowledge", by="petr")
    story.passes(minutes=30)
    assert story.answers(case_id, "take-over", by="max")["acknowledged_by"] == "max"
    story.passes(minutes=59)
    assert story.heard(case_id, "petr", "max") == {"petr": 1, "max": 0}
    story.passes(minutes=1)
    assert "You took this case and it has not gone on." in story.hears("max", case_id)["text"]
    assert story.heard(case_id, "petr") == {"petr": 1}


def test_whoever_took_it_and_does_nothing_is_reminded_and_then_everybody_is_called_again(story: Story) -> None:
    case_id = story.opens(KETTLE)
    story.by_link(link_in(story.hears("petr", case_id)), act="take")
    follow_up_by = at(story.case(case_id)["follow_up_by"])
    story.comes(follow_up_by - timedelta(hours=1))
    assert "You took this case and it has not gone on." in story.hears("petr", case_id, 2)["text"]
    story.comes(follow_up_by - SOON)
    assert story.heard(case_id, "petr") == {"petr": 2} and story.case(case_id)["state"] == "acknowledged"
    story.comes(follow_up_by)
    assert "whoever took the case has not gone on with it" in story.hears("petr", case_id, 3)["text"]
    case = story.case(case_id)
    assert (case["state"], case["level"], case["reason"]) == ("escalated", 1, "stalled")
    story.passes(minutes=30)
    story.hears("karin", case_id)


def test_a_note_of_whoever_has_it_is_progress(story: Story) -> None:
    case_id = story.opens(KETTLE)
    story.hears("petr", case_id)
    story.answers(case_id, "acknowledge", by="petr")
    story.passes(minutes=50)
    story.answers(case_id, "notes", by="petr", note="They want a new kettle.")
    story.passes(minutes=50)
    assert story.heard(case_id, "petr") == {"petr": 1}
    (row,) = story.timeline(case_id, "remarked")
    assert (row["actor"], row["note"]) == ("petr", "They want a new kettle.")


def test_resolved_by_link_with_what_the_customer_got_the_agent_is_free(story: Story) -> None:
    case_id = story.opens(KETTLE)
    eventually(lambda: story.agent(case_id) == "jana", "an agent", story.system.logs)
    taken = story.by_link(link_in(story.hears("petr", case_id)), act="take")
    done = story.by_link(
        link_after(taken), act="resolve", outcome="upheld", remedies=["apology", "refund"], note="Paid."
    )
    assert done.status_code == 303, done.text
    case = story.case(case_id)
    assert (case["state"], case["closed_by"], case["outcome"]) == ("resolved", "petr", "upheld")
    assert case["remedies"] == ["apology", "refund"]
    eventually(lambda: story.system.assignment(case_id)["state"] == "released", "the agent", story.system.logs)
    story.passes(hours=3)
    assert story.heard(case_id, "petr", "karin") == {"petr": 1, "karin": 0}


def test_handed_back_with_needs_another_agent_gets_it_and_the_end_of_its_time_is_still_heard(story: Story) -> None:
    ludo = JANA | {"name": "Ludo", "skills": ["legal"], "languages": ["fr"]}
    assert story.system.call("routing", "PUT", "/v1/agents/ludo", ludo).ok
    case_id = story.opens(KETTLE)
    story.hears("petr", case_id)
    eventually(lambda: story.agent(case_id) == "jana", "an agent", story.system.logs)
    needs = {"skill": "legal", "language": "fr"}
    story.answers(case_id, "hand-back", by="petr", needs=needs, note="Ask our lawyers.")
    eventually(lambda: story.agent(case_id) == "ludo", "the other agent", story.system.logs)
    case = story.becomes(case_id, agent_id="ludo", state="open", level=0)
    (due,) = (at(clock["due_at"]) for clock in case["clocks"])
    story.comes(due - SOON)
    assert story.heard(case_id, "petr", "karin") == {"petr": 1, "karin": 0}
    story.comes(due)
    assert "the customer has waited longer than agreed" in story.hears("petr", case_id, 2)["text"]


def test_everything_that_the_page_offers_to_whoever_has_it_is_done_by_its_forms(story: Story) -> None:
    case_id = story.opens(KETTLE)
    eventually(lambda: story.agent(case_id) == "jana", "an agent", story.system.logs)
    mail = story.hears("petr", case_id)
    story.answers(case_id, "acknowledge", by="karin")
    done = story.by_link(link_in(mail), act="take_over")
    until = (story.system.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    for form in (
        {"act": "note", "note": "Asked for a photo."},
        {"act": "pause", "reason": "waiting_for_customer", "until": until},
        {"act": "resume"},
        {"act": "hand_back", "note": "Nobody was hurt."},
    ):
        done = story.by_link(link_after(done), **form)
    assert link_after(done)
    rows = story.timeline(case_id, "taken_over", "remarked", "paused", "resumed", "handed_back")
    assert [(row["what"], row["actor"], row["note"]) for row in rows] == [
        ("taken_over", "petr", None),
        ("remarked", "petr", "Asked for a photo."),
        ("paused", "petr", None),
        ("resumed", "petr", None),
        ("handed_back", "petr", "Nobody was hurt."),
    ]
    story.becomes(case_id, state="open", agent_id=None)


def test_a_link_is_good_for_one_answer(story: Story) -> None:
    case_id = story.opens(KETTLE)
    link = link_in(story.hears("petr", case_id))
    assert link_after(story.by_link(link, act="take"))
    story.passes(minutes=2)
    assert story.by_link(link, act="hand_back").status_code == 409
    assert story.case(case_id)["state"] == "acknowledged"


def test_escalated_to_level_three_the_manager_hears_and_nobody_in_between(story: Story) -> None:
    case_id = story.opens(KETTLE)
    story.hears("petr", case_id)
    assert story.answers(case_id, "escalate", by="petr", level=3)["level"] == 3
    mail = story.hears("max", case_id)
    assert "level 3" in mail["subject"] and "a colleague asks for a supervisor" in mail["text"]
    assert story.heard(case_id, "petr", "karin") == {"petr": 1, "karin": 0}
    assert story.asks(case_id, "escalate", by="petr", level=4).status_code == 409


def test_escalated_by_link_the_next_level_hears(story: Story) -> None:
    case_id = story.opens(KETTLE)
    assert (
        story.by_link(link_in(story.hears("petr", case_id)), act="escalate", note="Too much for me.").status_code == 303
    )
    story.hears("karin", case_id)
    assert [row["actor"] for row in story.timeline(case_id, "requested")] == ["petr"]


def test_put_off_it_is_told_again_then_though_every_service_was_restarted(story: Story) -> None:
    case_id = story.opens(KETTLE)
    assert story.by_link(link_in(story.hears("petr", case_id)), act="snooze", **{"for": "4h"}).status_code == 303
    until = at(story.case(case_id)["respond_by"])
    story.passes(hours=2)
    for service in story.system:
        service.kill()
    at_once(story.system)
    story.comes(until - SOON)
    assert story.heard(case_id, "petr", "karin") == {"petr": 1, "karin": 0}
    story.comes(until)
    assert "the case was put off until now" in story.hears("petr", case_id, 2)["text"]
    assert story.heard(case_id, "karin") == {"karin": 0}


def test_put_off_for_longer_than_the_policy_allows_is_refused(story: Story) -> None:
    case_id = story.opens(KETTLE)
    story.hears("petr", case_id)
    until = (story.system.now() + timedelta(hours=5)).isoformat()
    assert story.asks(case_id, "snooze", by="petr", until=until).status_code == 409
    assert story.case(case_id)["state"] == "escalated"


def test_corrected_to_severe_intake_shows_it_routing_follows_and_a_supervisor_hears(story: Story) -> None:
    case_id = story.opens(MILD)
    eventually(lambda: story.agent(case_id) == "jana", "an agent", story.system.logs)
    said = {"severity": "critical", "category": "safety", "language": "cs"}
    story.answers(case_id, "correct", by="petr", **said)
    assert "the complaint was read as this severe" in story.hears("petr", case_id)["text"]
    eventually(lambda: _reading(story, case_id)["severity"] == "critical", "intake", story.system.logs)
    reading = _reading(story, case_id)
    assert (reading["category"], reading["language"]) == ("safety", "cs")
    eventually(lambda: story.system.assignment(case_id)["severity"] == "critical", "routing", story.system.logs)
    assert story.heard(case_id, "petr", "karin") == {"petr": 1, "karin": 0}
    assert len(story.timeline(case_id, "corrected")) == 1


def test_corrected_to_another_region_its_people_hear_and_its_agents_get_it(story: Story, twilio: Twilio) -> None:
    zora = JANA | {"name": "Zora", "regions": ["SK"]}
    assert story.system.call("routing", "PUT", "/v1/agents/zora", zora).ok
    case_id = story.opens(KETTLE)
    story.hears("petr", case_id)
    eventually(lambda: story.agent(case_id) == "jana", "an agent", story.system.logs)
    story.answers(case_id, "hand-back", by="petr")
    story.answers(case_id, "correct", by="petr", region="SK")
    eventually(lambda: story.agent(case_id) == "zora", "an agent of the region", story.system.logs)
    story.answers(case_id, "escalate", by="zora", reason="manual")
    eventually(lambda: any(case_id[:8] in sent["Body"] for sent in twilio.messages), "the text", story.system.logs)
    assert story.heard(case_id, "petr") == {"petr": 1}


def _reading(story: Story, case_id: str) -> dict[str, Any]:
    document = story.system.call("intake", "GET", f"/v1/complaints/{case_id}").json()
    return dict(document["classification"])


def test_a_case_that_is_part_of_another_is_silent_and_ends_with_it(story: Story) -> None:
    part, whole = story.opens(KETTLE), story.opens(KETTLE)
    for case_id in (part, whole):
        story.hears("petr", case_id)
    assert story.answers(part, "link", by="petr", parent=whole)["state"] == "muted"
    story.passes(minutes=31)
    story.hears("karin", whole)
    assert story.heard(part, "karin") == {"karin": 0}
    story.answers(whole, "resolve", by="karin", outcome="partly_upheld", remedies=["replacement"])
    ended = story.becomes(part, state="resolved")
    assert (ended["outcome"], ended["remedies"], ended["closed_by"]) == ("partly_upheld", ["replacement"], "karin")
    eventually(lambda: story.system.assignment(part)["state"] == "released", "the agent", story.system.logs)


def test_while_it_is_paused_the_clock_stands_still_and_what_was_left_is_left_afterwards(story: Story) -> None:
    case_id = story.opens(MILD)
    due = _due(story, case_id)
    story.passes(hours=1)
    story.answers(case_id, "pause", by="jana", reason="waiting_for_customer", **{"for": "2d"})
    story.passes(hours=24)
    assert story.heard(case_id, "petr") == {"petr": 0}
    story.answers(case_id, "resume", by="jana")
    (begun,), (ended,) = ([at(row["at"]) for row in story.timeline(case_id, w)] for w in ("paused", "resumed"))
    assert _due(story, case_id) == due + (ended - begun)
    story.comes(_due(story, case_id) - SOON)
    assert story.heard(case_id, "petr") == {"petr": 0}
    story.comes(_due(story, case_id))
    story.hears("petr", case_id)


def _due(story: Story, case_id: str) -> Any:
    (clock,) = story.case(case_id)["clocks"]
    return at(clock["due_at"])


def test_a_text_message_is_answered_with_one_and_the_case_is_taken(story: Story, twilio: Twilio) -> None:
    case_id = story.opens(KETTLE, region="SK")
    reference = case_id[:8]
    eventually(lambda: any(reference in sent["Body"] for sent in twilio.messages), "the text", story.system.logs)
    story.system.settle()
    reply = {"channel": "sms", "from": SAM, "text": f"1 {reference}"}
    answered = story.system.call("notify", "POST", "/v1/replies", reply)
    assert answered.json()["what"] == "acknowledged", answered.text
    case = story.becomes(case_id, state="acknowledged")
    assert case["acknowledged_by"] == "sam"
    story.passes(minutes=31)
    assert story.heard(case_id, "karin", "max") == {"karin": 0, "max": 0}


def test_where_all_must_answer_one_is_not_enough(story: Story) -> None:
    case_id = story.opens(KETTLE, product="Board 1")
    mails = {person: story.hears(person, case_id) for person in ("ivana", "otto")}
    story.by_link(link_in(mails["ivana"]), act="take")
    assert story.case(case_id)["state"] == "escalated" and story.case(case_id)["confirmed_by"] == ["ivana"]
    story.passes(minutes=30)
    story.hears("karin", case_id)
    assert story.case(case_id)["level"] == 2


def test_where_all_must_answer_and_all_do_nobody_else_hears(story: Story) -> None:
    case_id = story.opens(KETTLE, product="Board 1")
    mails = {person: story.hears(person, case_id) for person in ("ivana", "otto")}
    story.by_link(link_in(mails["ivana"]), act="take")
    story.answers(case_id, "acknowledge", by="otto")
    assert (story.case(case_id)["state"], story.case(case_id)["acknowledged_by"]) == ("acknowledged", "otto")
    story.passes(minutes=31)
    assert story.heard(case_id, "karin") == {"karin": 0}


def test_a_storm_is_one_alert_to_the_coordinator_and_ends_together(story: Story) -> None:
    single = [story.opens(KETTLE, product="Toaster 9") for _ in range(2)]
    for case_id in single:
        story.hears("petr", case_id)
    single.append(story.opens(KETTLE, product="Toaster 9"))
    for case_id in single:
        story.becomes(case_id, state="muted")
    major = story.case(single[0])["parent_id"]
    text = story.hears("karin", major)["text"]
    assert "A major complaint: it stands for 3 complaints since" in text and "Regions: CZ." in text
    late = story.opens(KETTLE, product="Toaster 9")
    assert story.becomes(late, state="muted")["parent_id"] == major
    assert story.heard(late, "petr") == {"petr": 0}
    story.answers(major, "acknowledge", by="karin")
    story.passes(minutes=40)
    assert story.heard(single[0], "karin") == {"karin": 0}
    assert not story.mails("karin", single[1]) and not story.mails("karin", single[2])
    story.answers(major, "resolve", by="karin", outcome="upheld", remedies=["refund"])
    for case_id in (*single, late):
        assert story.becomes(case_id, state="resolved")["outcome"] == "upheld"
