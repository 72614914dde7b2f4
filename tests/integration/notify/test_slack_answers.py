"""What is said back to Slack once a button was pressed: to whom, in what form, and that nothing depends on it."""

from datetime import timedelta

import pytest

from services.notify.domain.alert import ChannelName
from services.notify.domain.click import Click, Clicked, Pressed
from services.notify.doors.slack import Signed, SlackDoor
from tests.integration.notify.http_sink import DROP_BEFORE, HttpSink, Say


def tell(sink: HttpSink, made: Clicked) -> int:
    door = SlackDoor(Signed("s", ("key",), timedelta(hours=1), f"{sink.url}/api"), lambda tell, *call: tell(*call))
    return door.answered(
        Click(ChannelName.SLACK, "U0ANN", "alert-1", answer_to=f"{sink.url}/answers/1"), made
    ).status_code


def test_everybody_in_the_channel_sees_who_took_it_and_a_name_calls_nobody(sink):
    assert tell(sink, Clicked(Pressed.TAKEN, "0f8c2d11", "Ann <!channel>")) == 200
    (came,) = sink.taken
    assert (came.path, came.json["response_type"], came.json["replace_original"]) == ("/answers/1", "in_channel", False)
    assert came.json["text"] == "Ann &lt;!channel&gt; took 0f8c2d11."


@pytest.mark.parametrize("what", sorted(set(Pressed) - {Pressed.TAKEN}))
def test_what_came_to_nothing_only_the_one_who_pressed_sees(sink, what):
    tell(sink, Clicked(what, "0f8c2d11", "Ann"))
    assert sink.taken[0].json["response_type"] == "ephemeral"


@pytest.mark.parametrize("action", [Say(500), Say(404), Say(302, headers={"Location": "/elsewhere"}), DROP_BEFORE])
def test_sentence_that_is_not_taken_is_not_repeated_and_changes_nothing(sink, action):
    sink.script = [action]
    assert tell(sink, Clicked(Pressed.TAKEN, "0f8c2d11", "Ann")) == 200
    assert len(sink.journal) == 1
