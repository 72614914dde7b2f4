"""The page behind the link of an alert."""

from dataclasses import replace
from datetime import timedelta

import pytest
from werkzeug.wrappers import Response

from services.escalation import doors
from services.escalation.domain.case import CaseState
from services.escalation.doors import Links
from services.escalation.pages import wording
from shared import links
from shared.contracts.escalation import CaseAcknowledged, CaseEscalated, EscalationReason
from shared.contracts.intake import ComplaintResolved, ComplaintUpdated, Customer
from shared.contracts.notify import AlertAccepted
from shared.contracts.routing import ComplaintAssigned
from shared.links import Claim
from tests.unit.escalation.builders import NOON, a_case
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.test_usecases import a_complaint, an_alert, id_of, severe

KEYS = ("key-1",)
LINKS = Links(KEYS, timedelta(days=7))


def token_for(desk: Desk, person: str = "anna") -> str:
    told = desk.told(CaseEscalated)[-1]
    return links.mint(KEYS, Claim("a-1", told.case_id, told.escalation_id, told.level, person))


def show(desk: Desk, token: str) -> Response:
    return doors.show_page(desk.db, LINKS, token)


def answer(desk: Desk, token: str) -> Response:
    return doors.answer_by_link(desk.db, LINKS, token)


def shown(desk: Desk, token: str) -> str:
    return show(desk, token).get_data(as_text=True)


def pressed(desk: Desk, token: str) -> str:
    return answer(desk, token).get_data(as_text=True)


def test_the_page_tells_what_the_supervisor_needs(desk: Desk) -> None:
    desk.hear(severe(customer=Customer(region="CZ", language="en", tier="gold")))
    desk.hear_owners(ComplaintAssigned(id_of("1"), 1, "g", "Gita", NOON))
    desk.hear_alerts(an_alert(AlertAccepted, desk.told(CaseEscalated)[0]))
    page = shown(desk, token_for(desk))
    for told in (
        id_of("1"),
        "Severity: critical",
        "Billing",
        "CZ",
        "the severity is critical",
        "charged twice",
        "Gita",
        "Ben Okafor",
        "gold",
        "I take this case",
        "Anna Nováková was alerted by email",
        "Waiting since",
        "Nobody has taken this case yet",
        '<html lang="en">',
        '<time datetime="',
    ):
        assert told in page, told


def test_looking_at_the_page_changes_nothing(desk: Desk) -> None:
    desk.hear(severe())
    before = desk.case(id_of("1"))
    assert show(desk, token_for(desk)).status_code == 200
    assert desk.case(id_of("1")) == before
    assert not desk.told(CaseAcknowledged)


def test_pressing_the_button_takes_the_case_for_the_person_of_the_link(desk: Desk) -> None:
    desk.hear(severe())
    page = pressed(desk, token_for(desk))
    assert "You have taken this case" in page and "I take this case" not in page
    assert [e.by for e in desk.told(CaseAcknowledged)] == ["anna"]
    assert "You have taken this case" in pressed(desk, token_for(desk))
    assert len(desk.told(CaseAcknowledged)) == 1


def test_whoever_comes_second_is_told_who_has_it(desk: Desk) -> None:
    desk.hear(severe())
    desk.take(id_of("1"), "ben")
    for page in (shown(desk, token_for(desk)), pressed(desk, token_for(desk))):
        assert "Ben Okafor has taken this case" in page and "<form" not in page


def test_a_resolved_case_says_by_whom(desk: Desk) -> None:
    desk.hear(severe())
    desk.hear(ComplaintResolved(id_of("1"), 2, NOON, "Call Centre"))
    for page in (shown(desk, token_for(desk)), pressed(desk, token_for(desk))):
        assert "Resolved by Call Centre" in page and "2 Nov 2026, 12:00 UTC" in page and "<form" not in page


def test_a_link_of_a_lower_level_says_that_the_case_has_climbed_and_still_works(desk: Desk) -> None:
    desk.hear(severe())
    token = token_for(desk)
    desk.jump(timedelta(hours=1))
    desk.tick()
    assert "You were alerted at level 1; the case is at level 2 now." in shown(desk, token)
    why = "nobody at level 1 answered in time; escalated at first because the severity is critical"
    assert why in shown(desk, token)
    pressed(desk, token)
    assert desk.case(id_of("1")).acknowledged_by == "anna"


def test_what_came_from_outside_is_escaped(desk: Desk) -> None:
    desk.hear(severe(excerpt="<script>alert(1)</script>", external_id='"><b>', product="<i>"))
    page = shown(desk, token_for(desk))
    assert "<script>" not in page and "<b>" not in page and "<i>" not in page
    assert "&lt;script&gt;" in page


def test_every_page_is_locked_down(desk: Desk) -> None:
    desk.hear(severe())
    for response in (show(desk, token_for(desk)), answer(desk, token_for(desk)), show(desk, "x")):
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script" not in policy and "frame-ancestors 'none'" in policy
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Frame-Options"] == "DENY"
        html = response.get_data(as_text=True)
        assert "<script" not in html and "src=" not in html


def test_a_bad_link_leads_to_a_clear_page(desk: Desk) -> None:
    desk.hear(severe())
    token = token_for(desk)
    for door in (show, answer):
        assert door(desk, token[:-2]).status_code == 404
        unknown = links.mint(KEYS, Claim("a", id_of("never"), "e", 1, "anna"))
        assert door(desk, unknown).status_code == 404
    desk.jump(timedelta(days=8))
    for door in (show, answer):
        response = door(desk, token)
        html = response.get_data(as_text=True)
        assert (response.status_code, "This link has expired" in html) == (410, True)
    assert not desk.told(CaseAcknowledged)


def test_the_page_of_an_open_case_after_an_update(desk: Desk) -> None:
    desk.hear(a_complaint())
    desk.hear(a_complaint(kind=ComplaintUpdated, revision=2))
    token = links.mint(KEYS, Claim("a-1", id_of("1"), "none", 0, "anna"))
    assert "The complaint was read again" in shown(desk, token)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (EscalationReason.SEVERITY, "the severity is low"),
        (EscalationReason.ASKED, "the customer asks for an executive"),
        (EscalationReason.OVERDUE, "the customer got no answer in time"),
        (EscalationReason.UNANSWERED, "nobody at level 1 answered in time"),
        (EscalationReason.UNREACHABLE, "nobody could be reached at level 1"),
        (None, "not known"),
    ],
)
def test_every_reason_has_words(reason: EscalationReason | None, said: str) -> None:
    case = a_case(CaseState.ESCALATED, level=2)
    assert case.facts is not None
    assert wording.why(reason, replace(case, facts=replace(case.facts, asks_kind="executive"))) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(days=1, hours=2, minutes=3), "1 day 2 hours"),
        (timedelta(seconds=-5), "less than a minute"),
    ],
)
def test_lengths_of_time_in_words(length: timedelta, said: str) -> None:
    assert wording.span(length) == said
