"""Who hears of what beside the alerts of their level: agents, colleagues, whoever tries the addresses, a watcher."""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from ombud.commands import cli
from ombud.local.broker import PrivateBroker
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact, Wish
from services.notify.people import contacts
from shared.database import Database
from tests.harness.process import TOKEN, eventually
from tests.harness.stage import Story, hire, link_in, staged
from tests.harness.system import KETTLE, MILD, System
from tests.harness.watcher import Watcher

POLICY = """\
name: heard
triggers:
  - {reason: severity, when: {severity: [high, critical]}}
  - {reason: overdue}
clocks:
  - {name: resolution, measures: resolution, within: 6h, warn: none, pauses: [waiting_for_customer]}
ladders:
  - name: standard
    levels: [{name: both, recipients: ["person:ivana", "person:otto"], respond_within: 30m}]
"""


@pytest.fixture(scope="module")
def watcher() -> Iterator[Watcher]:
    made = Watcher()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker, watcher: Watcher) -> Iterator[System]:
    beats = {"OMBUD_HEARTBEAT_URL": watcher.url, "OMBUD_HEARTBEAT_EVERY": "1"}
    with staged(tmp_path_factory.mktemp("heard"), broker, "2027-03-15T09:00:00+01:00", POLICY, **beats) as system:
        for person in ("ivana", "otto"):
            hire(system, person, "supervisor", ["nowhere"])
        wishes(system, jana=Wish.ASSIGNMENTS, otto=Wish.TAKEN, ivana=Wish.TAKEN)
        yield system


@pytest.fixture
def story(system: System) -> Iterator[Story]:
    made = Story(system)
    yield made
    made.end()


def wishes(system: System, **of: Wish) -> None:
    db = Database(system.database("notify"), "notify")
    for person, wish in of.items():
        with db.transaction() as tx:
            address = {ChannelName.EMAIL: f"{person}@example.org"}
            contacts.save_contact(tx, Contact(person, person.title(), address, wishes=frozenset({wish})))
    db.close()


def test_an_agent_who_wishes_hears_of_what_became_theirs(story: Story) -> None:
    case_id = story.opens(MILD)
    assert "is yours" in story.hears("jana", case_id)["text"]
    eventually(lambda: story.timeline(case_id, "alert_accepted"), "the timeline to tell of it", story.system.logs)


def test_a_colleague_hears_that_it_is_taken_and_whoever_took_it_does_not(story: Story) -> None:
    case_id = story.opens(KETTLE)
    story.hears("otto", case_id)
    assert story.by_link(link_in(story.hears("ivana", case_id)), act="take").status_code == 303
    assert "has been taken by Ivana" in story.hears("otto", case_id, times=2)["text"]
    assert len(story.mails("ivana", case_id)) == 1


def test_everyones_address_is_proven_and_a_watcher_hears_that_notify_lives(system: System, watcher: Watcher) -> None:
    people = {"petr", "karin", "max", "duty", "ivana", "otto", "jana"}
    before = {person: system.told(person) for person in people}
    asked = ["test-alert", "everyone", "--channel", "email", "--notify-url", system.services["notify"].url]
    shown = CliRunner().invoke(cli, [*asked, "--token", TOKEN])
    assert shown.exit_code == 0, shown.output
    assert f"{len(people)} of {len(people)} addresses proven" in shown.output
    assert {person: system.told(person) - before[person] for person in people} == dict.fromkeys(people, 1)
    failing = CliRunner().invoke(cli, [*asked[:1], "petr", *asked[4:], "--token", TOKEN])
    assert failing.exit_code == 1, "his number has no channel here"
    assert "not_configured" in failing.output and "1 of 2 addresses proven" in failing.output
    eventually(lambda: watcher.paths, "a beat", system.logs)


def test_a_last_resort_that_is_no_contact_is_said_at_the_start_and_mended_by_the_roster(system: System) -> None:
    assert system.services["notify"].log().count("last_resort_unreachable") == 1
    assert system.summary("notify")["last_resort_reachable"] is True
