"""The channel `apprise` against a receiver of the services that can be run on one's own host."""

from dataclasses import replace

import pytest

from services.notify.channels.channel import Letter, NotOurs
from services.notify.channels.guard import Allowed
from services.notify.channels.long_tail import LongTail, without_calls
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, Temporary
from tests.integration.notify.http_sink import DROP_AFTER, HttpSink, Say

# The library looks for a module of the standard library that later versions of Python have no more.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
HERE = Allowed.parse(["127.0.0.0/8"])
NOT_ALLOWED, AWAY = Permanent(Reason.INVALID_ADDRESS, "not_allowed"), Temporary(Reason.PROVIDER_AWAY)
LETTER = Letter("alert-1", "case-1", "", "charged <b>twice</b>, @everyone <!here>", "[High] billing")


def to(sink: HttpSink, form: str) -> Letter:
    return replace(LETTER, address=form.format(host=f"127.0.0.1:{sink.port}"))


@pytest.mark.parametrize("form", ["json://{host}/hook", "ntfy://{host}/alerts?mode=private"])
def test_letter_arrives_as_plain_text_that_calls_nobody(sink, form):
    assert LongTail(HERE).send(to(sink, form), lambda: None) == Accepted()
    (came,) = sink.taken
    text = came.body.decode()
    assert "charged <b>twice</b>" in text
    assert "[High] billing" in text
    assert "@everyone" not in text
    assert "<!here" not in text


@pytest.mark.parametrize("action", [Say(500), Say(404), Say(429), DROP_AFTER])
@pytest.mark.parametrize("form", ["json://{host}/hook", "json://{host}/hook?retry=3&optional=yes"])
def test_failure_is_ambiguous_and_is_not_tried_again_by_the_library(sink, action, form):
    sink.script = [action]
    assert LongTail(HERE).send(to(sink, form), lambda: None) == Ambiguous(Reason.PROVIDER_ERROR)
    assert len(sink.journal) == 1


@pytest.mark.parametrize("form", ["json://{host}/hook", "json://{host}/hook?redirect=yes"])
def test_redirect_is_not_followed(sink, form):
    sink.script = [Say(307, b"", {"Location": f"{sink.url}/elsewhere"})]
    assert isinstance(LongTail(HERE).send(to(sink, form), lambda: None), Ambiguous)
    assert [came.path for came in sink.journal] == ["/hook"]


@pytest.mark.parametrize("address", ["nonsense", "https://hooks.example.org/x", "tgram://", "syslog://", "dbus://"])
def test_what_the_library_cannot_reach_from_here_is_no_address(address):
    letter = replace(LETTER, address=address)
    assert LongTail(HERE).send(letter, lambda: None) == Permanent(Reason.INVALID_ADDRESS, "url")


def test_host_in_our_network_is_refused_before_the_hand_off(sink):
    def never() -> None:
        raise AssertionError("handed off")

    outcome = LongTail(Allowed()).send(to(sink, "json://{host}/hook"), never)
    assert outcome == Permanent(Reason.INVALID_ADDRESS, "not_allowed")
    assert sink.journal == []


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("mailto://user:password@8.8.8.8?smtp=127.0.0.1&from=a@example.org&to=b@example.org", NOT_ALLOWED),
        ("acs://a@example.org/aGVsbG8gaGVsbG8gaGVsbG8=/no-such-host.invalid/b@example.org", AWAY),
    ],
)
def test_every_host_that_an_address_names_is_looked_at(address, outcome):
    """Some services connect to one that stands in an option, or somewhere in the path."""
    assert LongTail(Allowed()).send(replace(LETTER, address=address), lambda: None) == outcome


def test_what_is_no_host_is_not_looked_up():
    """In the place of the host stands the id of a bot or of a hook, where a service has no host of one's own."""

    def not_ours() -> None:
        raise NotOurs

    letter = replace(LETTER, address="discord://123456789012345678/abcdefghijklmnop")
    with pytest.raises(NotOurs):
        LongTail(HERE).send(letter, not_ours)


def test_host_without_an_address_is_certainly_unsent():
    letter = replace(LETTER, address="json://no-such-host.invalid/hook")
    assert LongTail(HERE).send(letter, lambda: None) == Temporary(Reason.PROVIDER_AWAY)


@pytest.mark.parametrize(
    ("text", "calls"),
    [("@here now", "@here"), ("<@U01>", "<@U"), ("<!channel>", "<!ch"), ("a @ b < c", ""), ("<#C01>", "<#C")],
)
def test_call_is_broken_and_other_text_stays(text, calls):
    assert without_calls(text).replace("\u200b", "") == text
    assert not calls or calls not in without_calls(text)
    assert calls or without_calls(text) == text
