"""People are reached where they are: at their hours, by their channels, in their language; and answered there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from standardwebhooks import Webhook

from ombud.commands import cli
from ombud.local.broker import PrivateBroker
from tests.harness.peers import WEBHOOK_SECRET, Peers
from tests.harness.process import ANSWER_WITHIN, TOKEN, eventually
from tests.harness.stage import Story, hire, link_in, staged
from tests.harness.system import KETTLE, WITH_A_SENDER, System
from tests.unit.notify.mails_back import postfix

LAWYER = "My lawyer will contact you about the parcel."  # high; the kettle is critical
LANGUAGES = {
    "cs": ("[Kritická]", "Převzít případ nebo zobrazit více:"),
    "el": ("[Κρίσιμη]", "Αναλάβετε την υπόθεση ή δείτε περισσότερα:"),
    "pl": ("[Krytyczna]", "Przejmij sprawę lub zobacz więcej:"),
    "zh": ("[紧急]", "接手此案件或查看详情："),
    "de": ("[Kritisch]", "Fall übernehmen oder mehr sehen:"),
    "es": ("[Crítica]", "Hacerse cargo del caso o ver más:"),
    "fr": ("[Critique]", "Prendre en charge le dossier ou en voir plus :"),
}
LADDERS = {
    "Quiet": ("nora", "ned"),
    "Refused": ("rita",),
    "Slow": ("sven",),
    "Lost": ("lena",),
    "Brought": ("bela",),
    "Reply": ("sara", "tom"),
    "Chat": ("ivana", "otto"),
    "Link": ("tara", "wim"),
    "Bounce": ("ben",),
    "World": tuple(LANGUAGES),
}
TOP = "olga"
NUMBERS = {
    person: f"+4206010002{n:02}" for n, person in enumerate(("rita", "sven", "lena", "bela", "sara", "ben"), start=1)
}
SLACK = {"ivana": "U0IVANA1", "otto": "U0OTTO11"}
POLICY = (
    """\
name: reached
triggers: [{reason: severity, when: {severity: [high, critical]}}, {reason: overdue}]
clocks: [{name: resolution, measures: resolution, within: 6h, warn: none, pauses: [waiting_for_customer]}]
ladders:
"""
    + "".join(
        f"""\
  - name: {name.lower()}
    when: {{product: {name}}}
    levels:
      - {{name: first, recipients: [{", ".join(f'"person:{p}"' for p in people)}], respond_within: 30m}}
      - {{name: top, recipients: ["person:{TOP}"], respond_within: 30m}}
"""
        for name, people in LADDERS.items()
    )
    + f'  - {{name: standard, levels: [{{name: top, recipients: ["person:{TOP}"], respond_within: 30m}}]}}\n'
)


def contacts(url: str) -> dict[str, dict[str, Any]]:
    """Everybody has a mailbox, but for those who say something else."""
    by_text = {p: {"phone": number, "channels": ["sms", "email"]} for p, number in NUMBERS.items()}
    by_mail = {p: by_text[p] | {"channels": ["email", "sms"]} for p in ("sven", "ben")}
    in_the_morning = {"hours": [{"days": "daily", "from": "06:00", "to": "12:00"}]}
    return {
        **by_text,
        **by_mail,
        **{p: {"quiet_hours": in_the_morning, "timezone": "Europe/Prague"} for p in LADDERS["Quiet"]},
        **{p: {"slack": id_, "channels": ["slack"]} for p, id_ in SLACK.items()},
        "tom": {"wishes": ["taken"]},
        "tara": {"teams": f"{url}/teams", "channels": ["teams"]},
        "wim": {"webhook": f"{url}/hook", "channels": ["webhook"]},
        **{language: {"language": language} for language in LANGUAGES},
        TOP: {},
    }


@pytest.fixture(scope="module")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peers]:
    made = Peers(tmp_path_factory.mktemp("peers"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker, peers: Peers) -> Iterator[System]:
    folder, begins = tmp_path_factory.mktemp("reached"), "2027-03-15T09:00:00+01:00"
    with staged(folder, broker, begins, POLICY, **peers.settings) as system:
        for person, contact in contacts(peers.url).items():
            hire(system, person, "supervisor", ["nowhere"], email=f"{person}@example.org", **contact)
        yield system


@pytest.fixture
def story(system: System) -> Iterator[Story]:
    made = Story(system)
    yield made
    made.end()


def ends(story: Story, case_id: str, *people: str) -> list[tuple[str, str, str, str]]:
    """How the alerts of these people ended, as the timeline tells it."""
    rows = [row for row in story.timeline(case_id) if row["what"].startswith("alert_") and row["actor"] in people]
    return [
        (row["actor"], row["details"]["channel"], row["what"].removeprefix("alert_"), row["reason"]) for row in rows
    ]


def tells(story: Story, case_id: str, *wanted: tuple[str, str, str, str]) -> None:
    """The timeline comes to tell just this of these people's alerts, in whatever order."""
    people = {person for person, *_ in wanted}
    eventually(
        lambda: sorted(ends(story, case_id, *people)) == sorted(wanted),
        f"the timeline to tell {wanted}",
        lambda: f"{ends(story, case_id, *people)}\n{story.system.logs()}",
    )


def texted(story: Story, peers: Peers, person: str, case_id: str) -> str:
    """The text message about the case, once there is one."""
    found: list[str] = []

    def arrived() -> bool:
        found[:] = [text for text in peers.texts(NUMBERS[person]) if case_id[:8] in text]
        return bool(found)

    eventually(arrived, f"a text message to {person}", lambda: f"{story.case(case_id)}\n{story.system.logs()}")
    assert len(found) == 1, found
    return found[0]


def is_with_a_sender(story: Story, case_id: str) -> bool:
    alerts = story.system.call("notify", "GET", f"/v1/alerts?case_id={case_id}").json()["alerts"]
    return any(alert["state"] in WITH_A_SENDER for alert in alerts)


def test_all_of_a_level_have_quiet_hours_and_the_next_level_hears_at_once(story: Story) -> None:
    case_id = story.opens(LAWYER, product="Quiet")
    story.hears(TOP, case_id)
    silenced = [(person, "none", "suppressed", "quiet_hours") for person in LADDERS["Quiet"]]
    tells(story, case_id, *silenced, (TOP, "email", "accepted", "accepted"))
    assert [row["reason"] for row in story.timeline(case_id, "escalated")] == ["severity", "unreachable"]
    assert story.heard(case_id, *LADDERS["Quiet"]) == {"nora": 0, "ned": 0}


def test_a_critical_case_reaches_them_in_spite_of_their_quiet_hours(story: Story) -> None:
    case_id = story.opens(KETTLE, product="Quiet")
    for person in LADDERS["Quiet"]:
        story.hears(person, case_id)
    assert story.heard(case_id, TOP) == {TOP: 0}


def test_a_number_that_is_refused_is_made_up_for_by_a_mail_at_once(story: Story, peers: Peers) -> None:
    peers.twilio.script = [(400, {"code": 21211, "message": "Invalid 'To' Phone Number"}, {})]
    case_id = story.opens(LAWYER, product="Refused")
    story.hears("rita", case_id)
    tells(story, case_id, ("rita", "sms", "failed", "invalid_address"), ("rita", "email", "accepted", "accepted"))
    assert story.case(case_id)["level"] == 1


def test_a_mail_server_that_hangs_is_overtaken_by_a_text_and_what_was_answered_is_not_mailed_any_more(
    story: Story, peers: Peers
) -> None:
    with story.system.mail.hanging():
        answered, open_ = (story.opens(KETTLE, product="Slow") for _ in range(2))
        for case_id in (answered, open_):
            eventually(lambda case_id=case_id: is_with_a_sender(story, case_id), "a mail that hangs", story.system.logs)  # type: ignore[misc]
        assert peers.texts(NUMBERS["sven"]) == []
        story.system.advance(minutes=2)
        texted(story, peers, "sven", answered)
        texted(story, peers, "sven", open_)
        peers.brings_text(story.system, "SM-slow", NUMBERS["sven"], f"1 {answered[:8]}")
        assert story.becomes(answered, state="acknowledged")["acknowledged_by"] == "sven"
        tells(story, answered, ("sven", "sms", "accepted", "accepted"), ("sven", "email", "suppressed", "answered"))
    story.hears("sven", open_)
    tells(story, open_, ("sven", "sms", "accepted", "accepted"), ("sven", "email", "accepted", "accepted"))
    assert story.heard(answered, "sven", TOP) == {"sven": 0, TOP: 0}


def test_a_text_that_was_taken_and_never_arrived_is_made_up_for_by_a_mail(story: Story, peers: Peers) -> None:
    case_id = story.opens(LAWYER, product="Lost")
    text = texted(story, peers, "lena", case_id)
    tells(story, case_id, ("lena", "sms", "accepted", "accepted"))
    assert story.mails("lena", case_id) == []
    peers.tells_status(story.system, text, "undelivered", 30005)
    story.hears("lena", case_id)
    tells(
        story,
        case_id,
        ("lena", "sms", "accepted", "accepted"),
        ("lena", "sms", "failed", "invalid_address"),
        ("lena", "email", "accepted", "accepted"),
    )


def test_a_text_that_arrived_is_shown_as_delivered_and_nothing_more_is_sent(story: Story, peers: Peers) -> None:
    case_id = story.opens(LAWYER, product="Brought")
    text = texted(story, peers, "bela", case_id)
    peers.tells_status(story.system, text, "delivered")
    peers.tells_status(story.system, text, "undelivered", 30003)  # late, and of no effect
    tells(story, case_id, ("bela", "sms", "accepted", "accepted"), ("bela", "sms", "delivered", "delivered"))
    assert story.heard(case_id, "bela") == {"bela": 0}


def test_answered_with_1_the_case_is_taken_and_a_colleague_hears_who_has_it(story: Story, peers: Peers) -> None:
    case_id = story.opens(LAWYER, product="Reply")
    story.hears("tom", case_id)
    texted(story, peers, "sara", case_id)
    tells(story, case_id, ("sara", "sms", "accepted", "accepted"), ("tom", "email", "accepted", "accepted"))
    assert f"You took the case {case_id[:8]}." in peers.brings_text(story.system, "SM-1", NUMBERS["sara"], "1")
    assert story.becomes(case_id, state="acknowledged")["acknowledged_by"] == "sara"
    assert "has been taken by Sara" in story.hears("tom", case_id, times=2)["text"]
    assert len(peers.texts(NUMBERS["sara"])) == 1


def test_after_stop_alerts_come_by_mail_at_once_and_after_start_as_before(story: Story, peers: Peers) -> None:
    before = len(peers.texts(NUMBERS["sara"]))
    peers.brings_text(story.system, "SM-stop", NUMBERS["sara"], "Stop")
    case_id = story.opens(LAWYER, product="Reply")
    story.hears("sara", case_id)
    tells(story, case_id, ("sara", "sms", "suppressed", "opted_out"), ("sara", "email", "accepted", "accepted"))
    assert len(peers.texts(NUMBERS["sara"])) == before
    peers.brings_text(story.system, "SM-start", NUMBERS["sara"], "START")
    texted(story, peers, "sara", story.opens(LAWYER, product="Reply"))


def test_a_button_in_slack_takes_the_case_and_who_presses_later_hears_who_has_it(story: Story, peers: Peers) -> None:
    case_id = story.opens(LAWYER, product="Chat")
    chat = "/api/chat.postMessage"
    eventually(lambda: len(peers.posts(chat, case_id[:8])) == 2, "two messages in Slack", story.system.logs)
    post = next(each for each in peers.posts(chat, case_id[:8]) if each.json["channel"] == SLACK["ivana"])
    peers.presses(story.system, SLACK["ivana"], post, "/said/ivana")
    assert story.becomes(case_id, state="acknowledged")["acknowledged_by"] == "ivana"
    peers.presses(story.system, SLACK["otto"], post, "/said/otto")
    eventually(lambda: peers.posts("/said/ivana") and peers.posts("/said/otto"), "both to be told", story.system.logs)
    said = {path: peers.posts(path)[0].json["text"] for path in ("/said/ivana", "/said/otto")}
    assert said == {
        "/said/ivana": f"Ivana took {case_id[:8]}.",
        "/said/otto": f"{case_id[:8]} was already taken by Ivana.",
    }


def test_a_card_in_teams_leads_to_the_page_that_takes_the_case(story: Story, peers: Peers) -> None:
    case_id = story.opens(LAWYER, product="Link")
    eventually(lambda: peers.posts("/teams", case_id[:8]), "a card", story.system.logs)
    (card,) = (part["content"] for part in peers.posts("/teams", case_id[:8])[0].json["attachments"])
    (link,) = (action["url"] for action in card["actions"])
    taken_on_the_page(story, case_id, link, "tara")


def test_a_webhook_is_signed_and_leads_to_the_page_that_takes_the_case(story: Story, peers: Peers) -> None:
    case_id = story.opens(LAWYER, product="Link")
    eventually(lambda: peers.posts("/hook", case_id), "a webhook", story.system.logs)
    (post,) = peers.posts("/hook", case_id)
    signed_at = datetime.fromtimestamp(int(post.headers["webhook-timestamp"]), UTC)
    assert abs(story.system.now() - signed_at) < timedelta(minutes=1)
    # `verify` of the library holds the time against the machine's clock, which is not that of the system here.
    signature = Webhook(WEBHOOK_SECRET).sign(post.headers["webhook-id"], signed_at, post.body.decode())
    assert post.headers["webhook-signature"] == signature
    taken_on_the_page(story, case_id, post.json["data"]["link"], "wim")


def taken_on_the_page(story: Story, case_id: str, link: str, by: str) -> None:
    page = requests.get(link, timeout=ANSWER_WITHIN)
    assert page.status_code == 200 and case_id[:8] in page.text
    assert story.case(case_id)["state"] == "escalated", "looking changes nothing"
    assert story.by_link(link, act="take").status_code == 303
    assert story.case(case_id)["acknowledged_by"] == by


def test_a_mail_that_comes_back_is_made_up_for_by_a_text(story: Story, peers: Peers) -> None:
    case_id = story.opens(LAWYER, product="Bounce")
    mail = story.hears("ben", case_id)
    assert peers.texts(NUMBERS["ben"]) == []
    ours = f"From: ombud@example.org\nTo: ben@example.org\nMessage-ID: {mail['message_id']}\n"
    notify = ["--notify-url", story.system.services["notify"].url, "--token", TOKEN]
    handed_in = CliRunner().invoke(cli, ["bounce", *notify], input=postfix(ours=ours))
    assert (handed_in.exit_code, handed_in.output) == (0, "alerts: 1 failed\n")
    texted(story, peers, "ben", case_id)
    tells(
        story,
        case_id,
        ("ben", "email", "accepted", "accepted"),
        ("ben", "email", "failed", "bounced"),
        ("ben", "sms", "accepted", "accepted"),
    )


def test_everybody_is_alerted_in_their_own_language(story: Story) -> None:
    case_id = story.opens(KETTLE, product="World")
    mails = {language: story.hears(language, case_id) for language in LANGUAGES}
    for language, (severity, invitation) in LANGUAGES.items():
        assert mails[language]["subject"].startswith(severity), mails[language]["subject"]
        assert invitation in mails[language]["text"]
    assert all(link_in(mail) for mail in mails.values())
