"""Forms of the page that were filled in wrongly come back as they were, with what is wrong beside each field."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.escalation.answers.answer_schemas import LONGEST_NOTE
from services.escalation.doors import links
from shared.contracts.escalation import CaseEscalated, CaseHandedBack
from tests.unit.escalation.builders import ANNA, BEN
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.visits import LINKS, id_of, reader, severe, tags

ID = id_of()
Fields = dict[str, str | Sequence[str]]


@pytest.mark.parametrize(
    ("act", "fields", "field", "why"),
    [
        ("resolve", {}, "outcome", "this is needed"),
        ("resolve", {"outcome": "won"}, "outcome", "Must be one of: upheld"),
        ("resolve", {"outcome": "upheld", "remedies": ["gold"]}, "remedies", "Must be one of: apology"),
        ("resolve", {"outcome": "upheld", "note": "a\0"}, "note", "no NUL"),
        ("note", {}, "note", "this is needed"),
        ("note", {"note": " \r\n "}, "note", "this is needed"),
        ("note", {"note": "x" * (LONGEST_NOTE + 1)}, "note", "Length must be between 1 and 10000"),
        ("pause", {"until": ""}, "until", "this is needed"),
        ("pause", {"until": "tomorrow"}, "until", "write a date and a time"),
        ("pause", {"until": "2020-01-01T00:00"}, "until", "that time lies in the past"),
        ("pause", {"until": "9999-12-31T23:59"}, "until", "the policy does not allow so long a time"),
        ("pause", {"until": "2020-01-01T00:00", "reason": "holiday"}, "reason", "Must be one of: waiting_for_customer"),
        ("snooze", {}, "for", "this is needed"),
        ("snooze", {"for_": "forever"}, "for", "is no time up to"),
        ("snooze", {"for_": "25h"}, "for", "the policy does not allow so long a time"),
        ("hand_back", {"skill": "s" * 41}, "skill", "write a word in small letters"),
        ("hand_back", {"language": "čeština"}, "language", "write a language such as cs"),
        ("hand_back", {"region": "C\0"}, "region", "write a region such as CZ"),
        ("escalate", {"note": "\0"}, "note", "no NUL"),
    ],
)
def test_what_is_wrong_stands_beside_the_field(desk: Desk, act: str, fields: Fields, field: str, why: str) -> None:
    desk.hear(severe())
    token = reader(desk).press().reader
    before, told = desk.case(ID), len(desk.announced)
    page = token.send(act, **fields)
    assert page.status == 422
    label = f"{act}-{field}-fault"
    (fault,) = [tag for tag in tags(page.html, "span") if tag.get("id", "").endswith("-fault")]
    assert fault["id"] == label
    assert f'id="{label}">Not taken: ' in page.html and why in page.html
    marked = [tag for kind in ("input", "select", "textarea", "fieldset") for tag in tags(page.html, kind)]
    assert [tag["aria-describedby"] for tag in marked if "aria-invalid" in tag] == [label]
    assert (desk.case(ID), len(desk.announced)) == (before, told)
    assert token.press("note", note="and the link still works").status == 200


def test_the_form_comes_back_open_and_as_it_was_filled_in(desk: Desk) -> None:
    desk.hear(severe())
    page = reader(desk).press().reader.send("resolve", remedies=["refund"], note='He said "<b>no</b>"\r\nand left')
    assert page.html.count("<details open>") == 1
    assert [box["value"] for box in tags(page.html, "input") if "checked" in box] == ["refund"]
    assert "He said &#34;&lt;b&gt;no&lt;/b&gt;&#34;\nand left</textarea>" in page.html
    assert page.html.count("and left") == 1, "in its own form only"
    chosen = reader(desk, alert_id="2").send("snooze", for_="4h", note="\0")
    assert '<option value="4h" selected>' in chosen.html


def test_fields_that_a_form_does_not_have_are_not_looked_at(desk: Desk) -> None:
    """So nobody makes a form into another one: no level, no name of another person, no reason."""
    desk.hear(severe())
    page = reader(desk).send("escalate", level="3", by="ben", reason="agent_request", outcome="nonsense")
    assert page.status == 303
    assert desk.case(ID).level == 2
    assert [row["actor"] for row in desk.rows(ID) if row["what"] == "requested"] == ["anna"]
    assert desk.told(CaseEscalated)[-1].reason == "manual"


def test_a_form_that_the_page_does_not_have_is_refused(desk: Desk) -> None:
    desk.hear(severe())
    page = reader(desk).send("dance")
    assert page.status == 422 and "this page has no such form" in page.html


def test_a_post_with_nothing_in_it_takes_the_case(desk: Desk) -> None:
    desk.hear(severe())
    for kind, body in ((None, b""), ("application/json", b'{"act": "resolve"}'), ("multipart/form-data", b"\xff\0")):
        request = Request(EnvironBuilder(method="POST", data=body, content_type=kind).get_environ())
        answer = links.answer_by_link(desk.db, desk.book, LINKS, request, reader(desk).token)
        assert answer.status_code == 303, "the second and third are double clicks"
    assert desk.timeline(ID) == ["opened", "escalated", "acknowledged"]


def test_a_field_with_no_letters_of_ours_is_taken_as_it_is(desk: Desk) -> None:
    desk.hear(severe())
    reader(desk).press().reader.press("note", note="Zákazníčka volala ☎ 谢谢")
    assert desk.rows(ID)[-1]["note"] == "Zákazníčka volala ☎ 谢谢"


@pytest.mark.parametrize("zone", ["UTC", "Australia/Sydney", "Asia/Dubai"])
def test_times_are_those_of_the_reader(desk: Desk, zone: str) -> None:
    """As in the alert: nobody shall have to reckon what 20:16 UTC is where they are."""
    desk.start_over((replace(ANNA, timezone=zone), BEN))
    desk.hear(severe())
    until = (desk.now + timedelta(hours=3)).replace(second=0, microsecond=0)
    page = reader(desk).press()
    there = until.astimezone(ZoneInfo(zone))
    html = page.reader.press("pause", reason="waiting_for_customer", until=f"{there:%Y-%m-%dT%H:%M}").html
    assert desk.case(ID).pauses[-1].end == until
    name = {"Asia/Dubai": "UTC+04"}.get(zone, there.tzname())
    shown = f"{there.day} {there:%b %Y, %H:%M} {name}"
    assert f"stopped the clocks until {shown}" in html
    assert zone == "UTC" or " UTC<" not in html.replace(" UTC+", "")


def test_needs_that_are_not_written_play_no_part(desk: Desk) -> None:
    desk.hear(severe())
    reader(desk).press().reader.press("hand_back", skill="", language=" de-AT ", region="")
    assert desk.told(CaseHandedBack)[-1].needs == {"language": "de"}
