"""Notify's policy file: what it says is what the policy is; every mistake is named with its line."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from environs import Env
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.notify import usecases
from services.notify.domain.alert import ChannelName
from services.notify.domain.policy import NO_POLICY, InDoubt, Limit, Policy
from services.notify.lines import OWN
from services.notify.policyfile import parse, read
from services.notify.rulebook import RuleBook
from services.notify.service import make
from services.notify.settings import SHIPPED_POLICY
from services.notify.settings import read as read_settings
from shared.contracts.event import Severity
from shared.policy.page import PolicyError
from tests.unit.notify.build import BOTH

EMAIL, SMS, WEBHOOK, SLACK = ChannelName.EMAIL, ChannelName.SMS, ChannelName.WEBHOOK, ChannelName.SLACK
GOOD = """\
name: mine
in_doubt:
  sms: {critical: again, high: look_up}
  email: again
fall_back_after: {critical: 90s, high: 10m}
limits:
  person:
    sms: {most: 3, within: 5m}
    email: {most: 30, within: 1h}
  provider: {slack: {most: 1, within: 1s}, gate-way.2: {most: 50, within: 1s}}
excerpt_in: [email, webhook]
sms_segments: 3
"""


def said(text: str) -> Policy:
    return parse(text, "policy.yml")


def mistakes_in(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse(text, "policy.yml")
    return list(caught.value.mistakes)


def everywhere(doubt: InDoubt) -> dict[Severity, InDoubt]:
    return dict.fromkeys(Severity, doubt)


def test_the_policy_is_as_the_file_says() -> None:
    policy = said(GOOD)
    assert policy.version.startswith("mine@")
    assert policy.in_doubt == {
        SMS: {Severity.CRITICAL: InDoubt.AGAIN, Severity.HIGH: InDoubt.LOOK_UP},
        EMAIL: everywhere(InDoubt.AGAIN),
    }
    assert policy.doubt(SMS, Severity.LOW) is InDoubt.LEAVE
    assert policy.fall_back_after == {Severity.CRITICAL: timedelta(seconds=90), Severity.HIGH: timedelta(minutes=10)}
    assert policy.person_limits == {SMS: Limit(3, timedelta(minutes=5)), EMAIL: Limit(30, timedelta(hours=1))}
    assert policy.provider_limits == {
        "slack": Limit(1, timedelta(seconds=1)),
        "gate-way.2": Limit(50, timedelta(seconds=1)),
    }
    assert policy.excerpt_in == {EMAIL, WEBHOOK}
    assert policy.segments == 3


def test_the_shipped_policy_is_what_the_documents_promise() -> None:
    policy = read(SHIPPED_POLICY)
    assert {channel: policy.doubt(channel, severity) for channel in policy.in_doubt for severity in Severity} == {
        EMAIL: InDoubt.LEAVE,
        SMS: InDoubt.LOOK_UP,
        WEBHOOK: InDoubt.AGAIN,
        SLACK: InDoubt.LEAVE,
        ChannelName.TEAMS: InDoubt.LEAVE,
        ChannelName.APPRISE: InDoubt.LEAVE,
    }
    assert policy.fall_back_after == {Severity.CRITICAL: timedelta(minutes=2)}
    assert policy.person_limits == {SMS: Limit(5, timedelta(minutes=15))}
    assert policy.provider_limits == {"slack": Limit(4, timedelta(seconds=1))}
    assert (policy.excerpt_in, policy.segments) == ({EMAIL}, 6)


def test_what_the_file_does_not_say_is_not_so() -> None:
    policy = said("name: short\n")
    assert policy == Policy(version=policy.version) and policy.doubt(SMS, Severity.CRITICAL) is InDoubt.LEAVE
    assert said("name: silent\nexcerpt_in: []\n").excerpt_in == frozenset()


def test_one_time_for_all_severities() -> None:
    assert said("name: fast\nfall_back_after: 1m\n").fall_back_after == dict.fromkeys(Severity, timedelta(minutes=1))


def test_the_version_changes_with_the_text() -> None:
    assert said(GOOD).version == said(GOOD).version != said(GOOD + "# a word\n").version


@pytest.mark.parametrize(
    ("right", "wrong", "line", "about"),
    [
        ("name: mine", "name: a b", 1, "name: 'a b' cannot be used"),
        ("name: mine\n", "", 1, "name: is missing"),
        (
            "name: mine",
            "name: mine\nnane: mine",
            2,
            "nane: is not known here; known: name, in_doubt, fall_back_after, limits",
        ),
        ("{critical: again, high: look_up}", "maybe", 3, "in_doubt.sms: 'maybe' is none of leave, again, look_up"),
        ("{critical: again, high: look_up}", "{critcal: again}", 3, "in_doubt.sms.critcal: 'critcal' is none of low"),
        ("{critical: again, high: look_up}", "{high: 1}", 3, "in_doubt.sms.high: '1' is none of leave"),
        ("{critical: again, high: look_up}", "{}", 3, "in_doubt.sms: says nothing"),
        ("{critical: again, high: look_up}", "", 3, "in_doubt.sms: "),
        ("email: again", "email: look_up", 4, "in_doubt.email: 'look_up' is none of leave, again"),
        ("email: again", "slack: {high: look_up}", 4, "in_doubt.slack.high: 'look_up' is none of leave, again"),
        ("email: again", "fax: again", 4, "in_doubt.fax: 'fax' is none of email, sms, slack"),
        ("email: again", "none: again", 4, "in_doubt.none: 'none' is none of email, sms, slack"),
        ("email: again", "sms: again", 4, "'sms' stands here twice"),
        ("90s", "none", 5, "fall_back_after.critical: 'none' is no time up to 1d"),
        ("90s", "0s", 5, "fall_back_after.critical: '0s' is no time"),
        ("90s", "25h", 5, "fall_back_after.critical: '25h' is no time up to 1d"),
        ("{critical: 90s, high: 10m}", "{none: 90s}", 5, "fall_back_after.none: 'none' is none of low"),
        ("{critical: 90s, high: 10m}", "none", 5, "fall_back_after: 'none' is no time"),
        ("most: 3", "most: 0", 8, "limits.person.sms.most: '0' is no whole number from 1"),
        ("within: 5m", "within: 0m", 8, "limits.person.sms.within: '0m' is no time"),
        ("within: 5m", "within: 25h", 8, "limits.person.sms.within: '25h' is no time up to 1d"),
        ("{most: 3, within: 5m}", "{most: 3}", 8, "limits.person.sms.within: is missing"),
        ("{most: 3, within: 5m}", "3", 8, "limits.person.sms: must be a mapping"),
        ("{most: 3, within: 5m}", "{most: 3, within: 5m, per: day}", 8, "limits.person.sms.per: is not known here"),
        ("    email: {most", "    pager: {most", 9, "limits.person.pager: 'pager' is none of email"),
        ("    email: {most", "    none: {most", 9, "limits.person.none: 'none' is none of email"),
        ("gate-way.2", "Gate Way", 10, "limits.provider.Gate Way: 'Gate Way' cannot be used; write a provider"),
        ("  provider:", "  providers:", 10, "limits.providers: is not known here; known: person, provider"),
        ("[email, webhook]", "[email, fax]", 11, "excerpt_in.1: 'fax' is none of email"),
        ("[email, webhook]", "[sms]", 11, "excerpt_in.0: sms never quotes the complaint"),
        ("[email, webhook]", "[email, email]", 11, "excerpt_in.1: 'email' stands here twice"),
        ("[email, webhook]", "[[email]]", 11, "excerpt_in.0: must be one word"),
        ("[email, webhook]", "email", 11, "excerpt_in: must be a list of channels"),
        ("sms_segments: 3", "sms_segments: 0", 12, "sms_segments: '0' is no whole number from 1 to 10"),
        ("sms_segments: 3", "sms_segments: 11", 12, "sms_segments: '11' is no whole number from 1 to 10"),
        ("sms_segments: 3", "sms_segments:", 12, "sms_segments: says nothing"),
    ],
)
def test_every_mistake_is_named_with_its_line(right: str, wrong: str, line: int, about: str) -> None:
    assert right in GOOD
    (mistake,) = mistakes_in(GOOD.replace(right, wrong, 1))
    assert mistake.startswith(f"policy.yml:{line}: ") and about in mistake


@pytest.mark.parametrize(("number", "about"), [(0, "says nothing"), (50, ""), (51, "more than 50")])
def test_so_many_providers_may_have_a_limit(number: int, about: str) -> None:
    each = ", ".join(f"p{n}: {{most: 1, within: 1s}}" for n in range(number))
    text = f"name: x\nlimits: {{provider: {{{each}}}}}\n"
    if not about:
        assert len(said(text).provider_limits) == number
        return
    assert [about in mistake for mistake in mistakes_in(text)] == [True]


def test_all_mistakes_are_named_at_once() -> None:
    found = mistakes_in(GOOD.replace("most: 3,", "most: 0,").replace("90s", "0").replace("sms_segments: 3", "x: 1"))
    assert [mistake.split(": ")[0] for mistake in found] == ["policy.yml:5", "policy.yml:8", "policy.yml:12"]


@pytest.mark.parametrize("text", ["", "[]", "policy", "name: [", "name: {a: b}", "limits: []\nname: x", "in_doubt: x"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    assert all(mistake.startswith("policy.yml:1: ") for mistake in mistakes_in(text))


# -- the rule book ----------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yml"
    path.write_text(GOOD)
    return path


def rewrite(file: Path, text: str) -> None:
    file.write_text(text)
    later = file.stat().st_mtime_ns + 1_000_000_000
    os.utime(file, ns=(later, later))


def versions_shown() -> set[str]:
    samples = [s for metric in REGISTRY.collect() for s in metric.samples if s.name == "ombud_notify_policy_info"]
    return {sample.labels["version"] for sample in samples}


def test_the_rules_are_those_of_the_installation_with_the_policy_of_the_file(file: Path) -> None:
    book = RuleBook(BOTH, file, OWN)
    assert (book.current.configured, book.current.last_resort) == (BOTH.configured, BOTH.last_resort)
    assert book.current.policy == said(GOOD)
    assert versions_shown() == {book.current.policy.version}


def test_a_changed_file_is_taken_while_notify_runs(file: Path) -> None:
    book = RuleBook(BOTH, file, OWN)
    assert book.reload() is False
    rewrite(file, "name: calm\nsms_segments: 1\n")
    assert book.reload() is True
    assert (book.current.policy.segments, book.current.configured) == (1, BOTH.configured)
    assert versions_shown() == {book.current.policy.version}
    assert usecases.policy_document(book) == {
        "version": book.current.policy.version,
        "document": "name: calm\nsms_segments: 1\n",
    }


def test_a_file_with_a_mistake_changes_nothing_and_is_said_once(file: Path) -> None:
    book = RuleBook(BOTH, file, OWN)
    before = book.current
    rewrite(file, "name: calm\nsms_segments: 0\n")
    with capture_logs() as logs:
        assert (book.reload(), book.reload()) == (False, False)
    assert [(line["event"], len(line["mistakes"])) for line in logs] == [("policy_refused", 1)]
    assert book.current == before and book.document == GOOD
    file.unlink()
    assert book.reload() is False and book.current == before


def test_limit_of_a_provider_that_nobody_has_is_warned_of_at_start_and_at_each_change(file: Path) -> None:
    limited = "name: calm\nlimits:\n  provider:\n    {}: {{most: 1, within: 1s}}\n    acme: {{most: 1, within: 1s}}\n"
    file.write_text(limited.format("twillio"))
    with capture_logs() as logs:
        book = RuleBook(BOTH, file, OWN | {"acme"})
        book.reload()
        rewrite(file, limited.format("twilio"))
        book.reload()
        rewrite(file, limited.format("slck"))
        book.reload()
    warned = [line["provider"] for line in logs if line["event"] == "limit_of_unknown_provider"]
    assert warned == ["twillio", "slck"]


def settings(monkeypatch: pytest.MonkeyPatch, **values: str) -> Any:
    for name, value in ({"OMBUD_AMQP_URI": "amqp://", "OMBUD_LINK_KEYS": "key"} | values).items():
        monkeypatch.setenv(name, value)
    return read_settings(Env(prefix="OMBUD_"))


def test_notify_starts_with_the_shipped_policy_or_the_one_that_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = make(settings(monkeypatch, OMBUD_NOTIFY_POLICY=""))["rules"].current.policy
    assert shipped == read(SHIPPED_POLICY) != NO_POLICY
    assert make(settings(monkeypatch, OMBUD_NOTIFY_POLICY=str(file)))["rules"].current.policy == said(GOOD)


def test_notify_does_not_start_with_a_policy_that_it_cannot_use(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("name: calm\nsms_segments: 0\n")
    with pytest.raises(ValueError, match=rf"{file}:2: sms_segments: '0'"):
        make(settings(monkeypatch, OMBUD_NOTIFY_POLICY=str(file)))
